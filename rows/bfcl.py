"""BFCL rows (ShishirPatil/gorilla: `question`, `function`, `ground_truth`) as problems for `tool_calls`.

BFCL lists the accepted values of each argument, the empty text among them where the argument may be left out; inside
an object each key lists its own. Its types are Python's and become JSON Schema's. The first accepted value is the
answer's.
"""

import itertools
from collections.abc import Mapping
from typing import Any

from temper.verifiers.rows import RawRow

TYPES = {"dict": "object", "float": "number", "tuple": "array", "any": None}
MAX_VALUES = 256
"""Accepted values of one argument, once the lists inside objects are multiplied out."""


def problem(row: RawRow) -> RawRow:
    for field in ("id", "question", "function", "ground_truth"):
        if not row.get(field):
            raise ValueError(f"bfcl: field {field!r} is missing; is this a BFCL row with its ground truth?")
    calls = [_call(call) for call in row["ground_truth"]]
    return {
        "id": row["id"],
        "prompt": row["question"][0],
        "tools": [{"type": "function", "function": _tool(tool)} for tool in row["function"]],
        "verifier": "tool_calls",
        "answer": [answer for answer, _, _ in calls],
        "params": {"accept": [accept for _, accept, _ in calls], "optional": [optional for _, _, optional in calls]},
    }


def _tool(tool: Mapping[str, Any]) -> dict[str, Any]:
    return {**tool, "parameters": _schema(tool["parameters"])}


def _schema(schema: Any) -> Any:
    """The same schema with JSON Schema's names of types."""
    if isinstance(schema, list):
        return [_schema(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    named = {key: _schema(value) for key, value in schema.items()}
    if isinstance(named.get("type"), str) and named["type"] in TYPES:
        named["type"] = TYPES[named["type"]]
        if named["type"] is None:
            del named["type"]
    return named


def _call(call: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, list[Any]], list[str]]:
    """(answer, accepted values, optional arguments) of one call."""
    ((name, arguments),) = call.items()
    accept, optional = {}, []
    for argument, values in arguments.items():
        accept[argument] = [value for given in values if given != "" for value in _values(given)]
        if "" in values:
            optional.append(argument)
    answer = {argument: values[0] for argument, values in accept.items() if values and argument not in optional}
    return (
        {"name": name, "arguments": answer},
        {a: v for a, v in accept.items() if v},
        # one whose only value is "" must be left out, so it is no argument at all
        [o for o in optional if accept[o]],
    )


def _values(given: Any) -> list[Any]:
    """What an accepted value stands for: an object's keys list their own, and `""` leaves one out."""
    if isinstance(given, Mapping):
        # {"a": [1, 2], "b": [3, ""]} stands for 2 * 2: {a: 1, b: 3}, {a: 1}, {a: 2, b: 3}, {a: 2}
        choices = [[(key, v) for v in _inner(values)] for key, values in given.items()]
        made: list[Any] = [{k: v for k, v in pairs if v != ""} for pairs in itertools.product(*choices)]
    elif isinstance(given, list) and any(isinstance(item, Mapping) for item in given):
        made = [list(items) for items in itertools.product(*map(_values, given))]
    else:
        made = [given]
    if len(made) > MAX_VALUES:
        raise ValueError(f"bfcl: field 'ground_truth': more than {MAX_VALUES} accepted values, got {given!r:.80}")
    return made


def _inner(values: Any) -> list[Any]:
    return [value for given in values for value in ([""] if given == "" else _values(given))]
