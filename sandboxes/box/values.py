"""The canonical encoding of exact builtin values: what a tested function takes and returns, as JSON.

`None`, bool, int, float, str, list and dict with plain string keys are themselves; the rest is tagged:
`{"$tuple": [...]}`, `{"$set": [...]}`, `{"$bytes": base64}`, `{"$dict": [[key, value], ...]}` (keys that are
no strings, or start with `$`). Equal values of equal types encode equally, but for floats' NaN and the order
of a dict.

- A subclass is refused, `bool` is no `int`, and nothing is compared, hashed or called that a program could
  have overloaded: only `type(value)` decides.
- NaN and the infinities are floats (Python's JSON writes them as `NaN`, `Infinity`); lone surrogates travel
  as `\\uXXXX`.
- An int of more than 14,000 bits (about 4,200 digits, what Python's JSON reads back) is refused, as is what
  nests too deep.

The standard library alone: this file also runs inside the box.
"""

import base64
import binascii
import json
from collections.abc import Callable
from typing import Any

MAX_INT_BITS = 14_000
MAX_DEPTH = 200

Encoder = Callable[[object], object]
"""Tried first on each value; returns its encoding, or None to use the rules above."""
Decoder = Callable[[str, Any], object]
"""Decodes a tag (`$name`) that the rules above do not know; raises ValueError for one that it does not know
either."""


def encode(value: object, first: Encoder | None = None, depth: int = 0) -> object:
    """The value as JSON. Raises ValueError naming a type that is no exact builtin, unless `first` encodes it."""
    if depth > MAX_DEPTH:
        raise ValueError(f"value: nests deeper than {MAX_DEPTH} levels")
    if first is not None and (taken := first(value)) is not None:
        return taken
    kind = type(value)
    if value is None or kind is bool or kind is float or kind is str:
        return value
    if kind is int:
        if value.bit_length() > MAX_INT_BITS:  # type: ignore[attr-defined]
            raise ValueError(f"value: an int of more than {MAX_INT_BITS} bits")
        return value
    if kind is bytes:
        return {"$bytes": base64.b64encode(value).decode()}  # type: ignore[arg-type]
    if kind is dict:
        return _encode_dict(value, first, depth + 1)  # type: ignore[arg-type]
    if kind is list or kind is tuple or kind is set:
        items = [encode(item, first, depth + 1) for item in value]  # type: ignore[attr-defined]
        if kind is list:
            return items
        return {"$tuple": items} if kind is tuple else {"$set": sorted(items, key=json.dumps)}
    raise ValueError(f"value: {kind.__name__[:100]!r} is no exact builtin type")


def _encode_dict(value: dict[Any, Any], first: Encoder | None, depth: int) -> Any:
    if all(type(key) is str and not key.startswith("$") for key in value):
        return {key: encode(item, first, depth) for key, item in value.items()}
    return {"$dict": [[encode(key, first, depth), encode(item, first, depth)] for key, item in value.items()]}


def decode(encoded: object, other: Decoder | None = None, depth: int = 0) -> Any:
    """The value of an encoding. Raises ValueError for an unknown tag, a bad shape or an unhashable key."""
    if depth > 2 * MAX_DEPTH:
        raise ValueError(f"value: nests deeper than {MAX_DEPTH} levels")
    if isinstance(encoded, list):
        return [decode(item, other, depth + 1) for item in encoded]
    if not isinstance(encoded, dict):
        return encoded
    tags = [key for key in encoded if key.startswith("$")]
    if not tags:
        return {key: decode(item, other, depth + 1) for key, item in encoded.items()}
    if len(encoded) != 1:
        raise ValueError(f"value: {tags[0][:20]!r} beside other keys; keys that start with '$' need '$dict'")
    tag, body = tags[0], encoded[tags[0]]
    if tag == "$bytes":
        return _decode_bytes(body)
    if tag not in ("$tuple", "$set", "$dict"):
        if other is None:
            raise ValueError(f"value: unknown tag {tag[:20]!r}; known are $tuple, $set, $bytes, $dict")
        return other(tag, body)
    if not isinstance(body, list):
        raise ValueError(f"value: {tag!r} holds a {type(body).__name__}; give a list")
    items = [decode(item, other, depth + 1) for item in body]
    if tag == "$tuple":
        return tuple(items)
    try:
        return set(items) if tag == "$set" else dict(items)
    except (TypeError, ValueError) as error:
        raise ValueError(f"value: bad {tag!r}: {error}") from None


def check(encoded: object, depth: int = 0) -> None:
    """Raises ValueError unless this is shaped as an encoding. Builds no set and no dict of what it reads: a program
    chooses ints that all hash alike, and a hundred thousand of them take minutes."""
    if depth > 2 * MAX_DEPTH:
        raise ValueError(f"value: nests deeper than {MAX_DEPTH} levels")
    body: object = encoded
    if isinstance(encoded, dict) and (tags := [key for key in encoded if key.startswith("$")]):
        tag, body = tags[0], encoded[tags[0]]
        if len(encoded) != 1 or tag not in ("$tuple", "$set", "$bytes", "$dict"):
            raise ValueError(f"value: unknown tag {tag[:20]!r}; known are $tuple, $set, $bytes, $dict")
        if not isinstance(body, str if tag == "$bytes" else list):
            raise ValueError(f"value: {tag!r} holds a {type(body).__name__}")
    for item in body.values() if isinstance(body, dict) else body if isinstance(body, list) else ():
        check(item, depth + 1)


def _decode_bytes(body: Any) -> bytes:
    try:
        return base64.b64decode(body, validate=True)
    except (TypeError, ValueError, binascii.Error) as error:
        raise ValueError(f"value: '$bytes' is no base64: {error}") from None
