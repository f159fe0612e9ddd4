"""JSON as the standard has it, from text that nobody trusts.

NaN and Infinity are refused because they are not JSON and no other reader would take them, `1e400` because it would
become one of them; a key that stands twice in an object is refused because readers disagree about which one counts;
what is nested deeper than MAX_DEPTH, because whatever walks it afterwards may call itself once a level.
"""

import json
import math
import re
from collections.abc import Callable
from typing import Any

Json = Any
"""A value as JSON has them (null, true, a number, text, a list, an object), whose shape only the row decides."""
MAX_DEPTH = 200
"""Lists and objects inside each other."""
_BLANKS = re.compile(r"[ \t\r\n]*+")


def loads(text: str, number: Callable[[str], Json] = float) -> Json:
    """The one value that `text` is; `number` makes the numbers with a point or an exponent. Raises ValueError with the
    reason."""
    value, end = scan(text, 0, number)
    if (behind := _behind_blanks(text, end)) < len(text):
        raise ValueError(f"more follows the value: {text[behind : behind + 30].rstrip()!r}")
    return value


def scan(text: str, start: int, number: Callable[[str], Json] = float) -> tuple[Json, int]:
    """The value that begins at or, behind blanks, after `start`, and the place behind it. Raises ValueError."""
    decoder = _DECODER if number is float else _decoder(number)
    try:
        value, end = decoder.raw_decode(text, _behind_blanks(text, start))
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    # brackets bound the depth from above, also those within texts: most values are never walked
    if text.count("[", start, end) + text.count("{", start, end) > MAX_DEPTH and _depth(value) > MAX_DEPTH:
        raise ValueError(f"nested too deep, more than {MAX_DEPTH} levels")
    return value, end


def loads_with_infinity(text: str) -> Json:
    """As `loads`, but NaN and Infinity are read as Python writes them: for rows whose adapter makes others of them."""
    value, end = _WITH_INFINITY.raw_decode(text, _behind_blanks(text, 0))
    if _behind_blanks(text, end) < len(text) or _depth(value) > MAX_DEPTH:
        raise ValueError(f"more follows the value, or it is nested deeper than {MAX_DEPTH} levels")
    return value


def _behind_blanks(text: str, start: int) -> int:
    found = _BLANKS.match(text, start)
    assert found is not None, "no blank is a match too"
    return found.end()


def _depth(value: Json) -> int:
    level, depth = [value], 0
    while level := [item for item in level if isinstance(item, dict | list)]:
        depth += 1
        level = [inner for item in level for inner in (item.values() if isinstance(item, dict) else item)]
    return depth


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is not JSON")


def _finite(number: Callable[[str], Json]) -> Callable[[str], Json]:
    def read(text: str) -> Json:
        # as a double first: `1e400` is infinite in other readers, whatever `number` makes of it
        if math.isinf(float(text)):
            raise ValueError(f"the number {text[:30]} is too large")
        return number(text)

    return read


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    made = dict(pairs)
    if len(made) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"key {twice[:60]!r} stands twice in one object")
    return made


def _decoder(number: Callable[[str], Json]) -> json.JSONDecoder:
    return json.JSONDecoder(parse_constant=_refuse, parse_float=_finite(number), object_pairs_hook=_unique)


_DECODER = _decoder(float)
_WITH_INFINITY = json.JSONDecoder(object_pairs_hook=_unique)
