"""Salesforce/xlam-function-calling-60k (gated) as problems for `tool_calls`.

Fields: `id`, `query`, `answers` (JSON text of `[{"name", "arguments"}]`), `tools` (JSON text of
`[{"name", "description", "parameters": {argument: {"type": "str, optional", "description", "default"?}}}]`, types in
Python's names). Scoring rule: exactly the calls, in any order; an argument whose default the answer gives may be left
out. Licence: CC-BY-4.0; training is what it is for.
"""

import re
from typing import Any

from temper.rows.fields import listed, text
from temper.rows.licences import Licence
from temper.verifiers.rows import RawRow

LICENCE = Licence("CC-BY-4.0")
HUB = ("Salesforce/xlam-function-calling-60k",)
TYPES = {
    "str": "string", "int": "integer", "float": "number", "bool": "boolean", "list": "array", "set": "array",
    "tuple": "array", "dict": "object",
}  # fmt: skip


def problem(row: RawRow) -> RawRow:
    tools = [_tool(tool) for tool in listed(row, "tools", "xlam")]
    answer = [{"name": one["name"], "arguments": one["arguments"]} for one in listed(row, "answers", "xlam")]
    defaults = {tool["name"]: _defaults(tool) for tool in listed(row, "tools", "xlam")}
    return {
        "id": f"xlam-{row.get('id')}",
        "prompt": text(row, "query", "xlam"),
        "tools": tools,
        "verifier": "tool_calls",
        "answer": answer,
        "params": {"optional": [_left_out(one, defaults.get(one["name"], {})) for one in answer]},
    }


def _defaults(tool: RawRow) -> dict[str, Any]:
    return {name: given["default"] for name, given in (tool.get("parameters") or {}).items() if "default" in given}


def _left_out(call: RawRow, defaults: dict[str, Any]) -> list[str]:
    return [name for name, value in call["arguments"].items() if name in defaults and defaults[name] == value]


def _tool(tool: RawRow) -> RawRow:
    parameters, required = {}, []
    for name, given in (tool.get("parameters") or {}).items():
        kind = str(given.get("type") or "")
        base = re.split(r"[\[,\s]", kind, maxsplit=1)[0]
        told = {key: given[key] for key in ("description", "default") if given.get(key) not in (None, "")}
        parameters[name] = told | ({"type": TYPES[base]} if base in TYPES else {})
        if "optional" not in kind and "default" not in given:
            required.append(name)
    schema = {"type": "object", "properties": parameters, "required": required}
    function = {"name": tool["name"], "description": tool.get("description", ""), "parameters": schema}
    return {"type": "function", "function": function}
