"""Rows of NeMo-Gym's servers (`responses_create_params` and what each server judges by) as problems with sessions or of
one call.

`responses_create_params` holds the prompt (`input`: a text or messages) and the tools, flat as OpenAI's Responses have
them. What a server keeps in a process of its own (a table, an interpreter) is the problem's session here. Answers of
the workplace name rows of its own tables: a recipe gives their folder in the source's `session`.

Where a server is more lenient than our verifiers, its rows are still judged strictly: a call with arguments beside the
expected ones, or with arguments that are no JSON, is refused.
"""

import json
from typing import Any

from temper.mistakes import shortened
from temper.verifiers.rows import RawRow


def workplace(row: RawRow) -> RawRow:
    """`workplace_assistant`: 27 tools, the end state compared; its comparison ignores case."""
    answer = [_call(call, "ground_truth") for call in _field(row, "ground_truth")]
    return {
        **_asked(row), "session": {"kind": "tables", "set": "workplace"}, "verifier": "state", "answer": answer,
        "params": {"letters": "any"},
    }  # fmt: skip


def math_with_code(row: RawRow) -> RawRow:
    """A Python interpreter whose state lasts; the boxed answer is judged."""
    return _with_python(row, str(_field(row, "expected_result")))


def ns_tools(row: RawRow) -> RawRow:
    """As `math_with_code`, of NeMo-Skills."""
    return _with_python(row, str(_field(row, "expected_answer")))


def xlam_fc(row: RawRow) -> RawRow:
    """One turn whose calls are compared."""
    answer = [_call(call, "expected_answers") for call in _field(row, "expected_answers")]
    return {**_asked(row), "verifier": "tool_calls", "answer": answer}


def next_action(row: RawRow) -> RawRow:
    """`swe_pivot` and `single_step_tool_use_with_argument_comparison`: the one next call of a recorded dialogue."""
    action = _field(row, "expected_action")
    if not isinstance(action, dict) or action.get("type") != "function_call":
        raise ValueError(f"nemo_gym: field 'expected_action': expected a function call, got {shortened(action)}")
    return {**_asked(row), "verifier": "tool_calls", "answer": [_call(action, "expected_action")]}


def _with_python(row: RawRow, answer: str) -> RawRow:
    asked = _asked(row)
    names = [tool["function"]["name"] for tool in asked["tools"]]
    if len(names) != 1:
        raise ValueError(f"nemo_gym: field 'tools': expected one that runs Python, got {names}")
    return {**asked, "session": {"kind": "python", "tool": names[0]}, "verifier": "math", "answer": answer}


def _asked(row: RawRow) -> RawRow:
    """Id, prompt and tools."""
    asked = _field(row, "responses_create_params")
    given = _field(asked, "input")
    identity = row.get("id", row.get("uuid"))
    if identity is None:
        raise ValueError("nemo_gym: field 'id' is missing; give each row one")
    tools = [_tool(tool) for tool in asked.get("tools") or []]
    prompt = given if isinstance(given, str) else _messages(given)
    return {"id": str(identity), "prompt": prompt, **({"tools": tools} if tools else {})}


def _messages(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Responses' items as chat messages: calls join the assistant's turn that makes them, results are messages of
    tools."""
    found: list[dict[str, Any]] = []
    for item in items:
        kind = item.get("type", "message")
        if kind == "message":
            role = {"developer": "system"}.get(item["role"], item["role"])
            found.append({"role": role, "content": _text(item["content"])})
        elif kind == "function_call":
            if not found or found[-1]["role"] != "assistant":
                found.append({"role": "assistant", "content": ""})
            call = _call(item, "input")
            found[-1].setdefault("tool_calls", []).append({"type": "function", "function": call})
        elif kind == "function_call_output":
            found.append({"role": "tool", "content": str(item["output"])})
    return found


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "".join(str(part.get("text", "")) for part in content or [])


def _tool(tool: dict[str, Any]) -> dict[str, Any]:
    inner = tool.get("function", tool)
    kept = {key: inner[key] for key in ("name", "description", "parameters") if key in inner}
    return {"type": "function", "function": kept}


def _call(call: Any, field: str) -> dict[str, Any]:
    arguments = call["arguments"]
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments)
        except ValueError as error:
            said = f"arguments are no JSON ({error}), got {shortened(arguments)}"
            raise ValueError(f"nemo_gym: field {field!r}: {said}") from error
    return {"name": call["name"], "arguments": arguments}


def _field(row: RawRow, name: str) -> Any:
    if row.get(name) is None:
        raise ValueError(f"nemo_gym: field {name!r} is missing; is this a row of that server?")
    return row[name]
