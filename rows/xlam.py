"""Rows of Salesforce/xlam-function-calling-60k (CC-BY-4.0) as problems for `tool_calls`: `query`, `answers` and `tools`
as JSON text, the types of arguments by their names in Python."""

import json
import re
from typing import Any

from temper.mistakes import shortened
from temper.verifiers.rows import RawRow

TYPES = {
    "str": "string", "string": "string", "int": "integer", "integer": "integer", "float": "number", "number": "number",
    "bool": "boolean", "boolean": "boolean", "list": "array", "array": "array", "tuple": "array", "set": "array",
    "dict": "object", "object": "object",
}  # fmt: skip
_OPTIONAL = re.compile(r",\s*(optional|default\b.*)$", re.IGNORECASE)


def problem(row: RawRow) -> RawRow:
    for field in ("id", "query", "answers", "tools"):
        if row.get(field) in (None, ""):
            raise ValueError(f"xlam: field {field!r} is missing; is this a row of xlam-function-calling-60k?")
    answers, tools = _json(row, "answers"), _json(row, "tools")
    return {
        "id": str(row["id"]), "prompt": row["query"], "tools": [_tool(tool) for tool in tools],
        "verifier": "tool_calls", "answer": [{"name": a["name"], "arguments": a["arguments"]} for a in answers],
    }  # fmt: skip


def _json(row: RawRow, field: str) -> list[dict[str, Any]]:
    value = row[field]
    try:
        found = json.loads(value) if isinstance(value, str) else value
    except ValueError as error:
        raise ValueError(f"xlam: field {field!r}: not JSON ({error}), got {shortened(value)}") from error
    if not isinstance(found, list):
        raise ValueError(f"xlam: field {field!r}: expected a list, got {shortened(found)}")
    return found


def _tool(tool: dict[str, Any]) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    required: list[str] = []
    for name, said in tool.get("parameters", {}).items():
        told = str(said.get("type", ""))
        kind = _kind(_OPTIONAL.sub("", told))
        properties[name] = {**({"type": kind} if kind else {}), "description": said.get("description", "")}
        # A default says that it may be left out, as the word `optional` in its type does.
        if not _OPTIONAL.search(told) and "default" not in said:
            required.append(name)
    parameters = {"type": "object", "properties": properties, "required": required}
    return {
        "type": "function",
        "function": {"name": tool["name"], "description": tool.get("description", ""), "parameters": parameters},
    }


def _kind(told: str) -> str | None:
    """`List[int]` is a list; what is not known (`Union[int, str]`, `Any`) is no type."""
    name = re.split(r"[\[(<]", told.strip(), maxsplit=1)[0].strip().lower()
    return TYPES.get(name)
