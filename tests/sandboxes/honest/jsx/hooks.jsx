// call: Counter
// kwargs: {"start": 3}
// returns: "<button type=\"button\">3 of 10: a,b</button>"
import React, { useState, useMemo, useEffect, useRef, useCallback, useReducer, useId } from "react";

export function Counter({ start }) {
  const [count, setCount] = useState(() => start);
  const [limit] = useReducer((n) => n + 1, 10);
  const letters = useMemo(() => ["a", "b"].join(","), []);
  const button = useRef(null);
  const id = useId();
  const more = useCallback(() => setCount((n) => n + 1), []);
  useEffect(() => {
    throw new Error(`effects do not run on a server ${id}`);
  });
  return (
    <button type="button" ref={button} onClick={more}>
      {`${count} of ${limit}: ${letters}`}
    </button>
  );
}
