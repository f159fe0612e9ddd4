// call: Field
// kwargs: {"label": "Age"}
// returns: "<label>Age<input name=\"age\"/></label>"
import { memo, forwardRef } from "react";

const Input = forwardRef(function Input(props, ref) {
  return <input ref={ref} {...props} />;
});

export const Field = memo(({ label }) => (
  <label>
    {label}
    <Input name={label.toLowerCase()} />
  </label>
));
