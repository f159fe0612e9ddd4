"""JSON as the standard has it, from text that nobody trusts.

NaN and Infinity are refused because they are not JSON and no other reader would take them, `1e400` because it would
become one of them; a key that stands twice in an object is refused because readers disagree about which one counts.
"""

import json
import math
from typing import Any


def loads(text: str) -> Any:
    """The one value that `text` is. Raises ValueError with the reason."""
    value, end = scan(text, 0)
    if text[end:].strip(_BLANK):
        raise ValueError(f"more follows the value: {text[end : end + 30].strip(_BLANK)!r}")
    return value


def scan(text: str, start: int) -> tuple[Any, int]:
    """The value that begins at `start`, blanks before it aside, and where it ends. Raises ValueError."""
    begin = start + len(text[start:]) - len(text[start:].lstrip(_BLANK))
    try:
        value, end = _DECODER.raw_decode(text, begin)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    return value, end


_BLANK = " \t\r\n"


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is not JSON")


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"the number {text[:30]} is too large")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"key {twice!r} stands twice in one object")
    return made


_DECODER = json.JSONDecoder(parse_constant=_refuse, parse_float=_finite, object_pairs_hook=_unique)
