"""Rows of columns (Parquet, Hub sets, what a `map` returns) in the types of JSON, so that they mean what the same rows
mean as JSON Lines.

A struct column gives every row every field, null where the row has none, so a null field is absent, at any depth; rows
that must say null hold JSON text. Which text is JSON is decided by the field, not by what the text looks like: a column
of the logical type JSON is, and what can be no text (`messages`, `tools`, `params`, ...); a `prompt` where it is a list
of messages, a `verifier` where it is an object, an `answer` where it is a list of calls or a text in JSON's quotes. The
answer "[0, 1]" stays an interval. Dates and times become ISO 8601 text, numpy's values Python's, NaN (pandas' word for
nothing) null. Not told apart: a whole number from the float that pandas made of it.
"""

import datetime
import decimal
import json
import math
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from temper.verifiers.rows import RawRow

_NO_TEXT = ("params", "metadata", "messages", "conversations", "tools")
"""Fields that are objects or lists: text in them is JSON."""
_INDEX = "__index_level_"
"""How pandas names the index that it writes as a column."""


def from_columns(row: Mapping[str, Any], json_columns: frozenset[str] = frozenset()) -> RawRow:
    """The row as its JSON line would be read. Raises ValueError naming the field for a value that JSON has no word for,
    and for text that is not the JSON which its column promises."""
    found: RawRow = {}
    for name, value in row.items():
        if name.startswith(_INDEX):
            continue
        try:
            given = _without_nulls(plain(value))
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
        if given is not None:
            found[name] = _parsed(name, given, name in json_columns)
    return found


def plain(value: Any) -> Any:
    """The value in the types of JSON. Raises ValueError for one that has none."""
    # `type` and not `isinstance`: Enums and numpy's text are subclasses, and are made plain below.
    if value is None or type(value) in (str, bool, int):
        return value
    if isinstance(value, float):
        return None if math.isnan(value) else float(value)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, decimal.Decimal):
        return plain(int(value) if value == value.to_integral_value() else float(value))
    if isinstance(value, uuid.UUID | str | int):  # a subclass: an Enum's, numpy's text
        return str(value) if not isinstance(value, int) else int(value)
    if callable(getattr(value, "tolist", None)):  # numpy's scalars and arrays, pandas' series, torch's tensors
        return plain(value.tolist())
    raise ValueError(
        f"JSON has no word for it, got {value!r:.60} of type {type(value).__name__}; write text or numbers"
    )


def _without_nulls(value: Any) -> Any:
    """Null fields of structs are absent; a null in a list keeps its place."""
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _parsed(name: str, value: Any, is_json: bool) -> Any:
    if not isinstance(value, str):
        return value
    if is_json or name in _NO_TEXT:
        try:
            return json.loads(value)
        except ValueError as error:
            if is_json:
                raise ValueError(f"{name}: not JSON ({error}), got {value!r:.60}; mend the column") from None
            return value  # refused later, by whoever knows what the field must be
    return _parsed_if(value, _IS_JSON[name]) if name in _IS_JSON else value


def _parsed_if(text: str, is_meant: Callable[[Any], bool]) -> Any:
    if text[:1] not in '[{"':
        return text
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if is_meant(value) else text


def _are_messages(value: Any) -> bool:
    return _are_objects(value, "role")


def _is_answer(value: Any) -> bool:
    return isinstance(value, str) or _are_objects(value, "name")


def _are_objects(value: Any, key: str) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) and key in item for item in value)


_IS_JSON: dict[str, Callable[[Any], bool]] = {
    "prompt": _are_messages,
    "verifier": lambda value: isinstance(value, dict),
    "answer": _is_answer,
}
"""Fields that may be text, and what the JSON in them is."""
