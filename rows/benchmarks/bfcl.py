"""BFCL v3 and v4, single-turn (gorilla-llm/Berkeley-Function-Calling-Leaderboard) as problems for `tool_calls`.

Fields: `id`, `question` (a list of turns, here of one), `function`, and `ground_truth`, which the possible answers
give by `id`. BFCL lists the accepted values of each argument, the empty text among them where the argument may be left
out; inside an object each key lists its own. Its types are Python's, Java's or JavaScript's and become JSON Schema's;
the first accepted value is the answer's.

Scoring rule (bfcl_eval/eval_checker/ast_eval): the wanted calls and no other, texts compared without case, blanks and
`,./-_*^`, and a quotation mark for an apostrophe (`text: bfcl`). Irrelevance rows (no ground truth, `irrelevance` in
the id) want no call; one that nobody can parse is refused here, where BFCL lets it pass.
Differences: an object takes its keys by exact name; Java and JavaScript values are asked for and compared as JSON, not
as source text. Refused: rows of several turns, of memory and of web search, whose simulators live in `bfcl-eval`, and
relevance rows, which any call passes and v4 leaves out of its score.
Licence: Apache-2.0; training is allowed.
"""

import itertools
from collections.abc import Mapping
from typing import Any

from temper.rows.licences import Licence
from temper.verifiers.rows import RawRow

LICENCE = Licence("Apache-2.0")
HUB = ("gorilla-llm/Berkeley-Function-Calling-Leaderboard",)
TYPES = {
    "dict": "object", "HashMap": "object", "float": "number", "double": "number", "tuple": "array",
    "ArrayList": "array", "String": "string", "char": "string", "Boolean": "boolean", "long": "integer",
    "Bigint": "integer", "Array": None, "any": None,
}  # fmt: skip
"""Names of types of BFCL to JSON Schema's; None for what says nothing (a Java Array may be the name of a variable)."""
MAX_VALUES = 256
"""Accepted values of one argument, once the lists inside objects are multiplied out."""


def problem(row: RawRow) -> RawRow:
    _refuse(row)
    for field in ("id", "question", "function"):
        if not row.get(field):
            raise ValueError(f"bfcl: field {field!r} is missing; is this a BFCL row?")
    if not row.get("ground_truth") and "irrelevance" not in row["id"]:
        raise ValueError("bfcl: field 'ground_truth' is missing; join the possible answers to the rows by id")
    calls = [_call(call) for call in row.get("ground_truth") or ()]
    return {
        "id": row["id"],
        "prompt": row["question"][0],
        "tools": [{"type": "function", "function": _tool(tool)} for tool in row["function"]],
        "verifier": "tool_calls",
        "answer": [answer for answer, _, _ in calls],
        "params": {
            "accept": [accept for _, accept, _ in calls],
            "optional": [optional for _, _, optional in calls],
            "text": "bfcl",
        },
    }


def _refuse(row: RawRow) -> None:
    """Raises ValueError for rows that are not single-turn calls with an answer."""
    name = str(row.get("id"))
    if "relevance" in name and "irrelevance" not in name:
        raise ValueError("bfcl: a relevance row, which any call passes, and no part of v4's score; leave it")
    if row.get("involved_classes") or len(row.get("question") or ()) > 1:
        raise ValueError("bfcl: several turns, memory or web search need the simulators of bfcl-eval; leave it")


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
