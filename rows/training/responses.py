"""The request of an OpenAI Responses call (`responses_create_params`, "rcp") as messages and tools of ours.

`input` is text or a list of items: messages (with or without `"type": "message"`, contents as text or parts),
`function_call` (`name`, `arguments` as JSON text, `call_id`), `function_call_output`, `reasoning`. Reasoning of earlier
turns is left out: no chat template of the report keeps it past the next user message. Calls in a row are one message.
"""

from collections.abc import Mapping
from typing import Any

from temper.rows.fields import parsed
from temper.verifiers.rows import RawRow


def request(row: RawRow, of: str) -> RawRow:
    """`prompt` and, where there are any, `tools`. Raises ValueError for an item of another kind."""
    given = row.get("responses_create_params")
    asked = given.get("input") if isinstance(given, Mapping) else None
    if not isinstance(given, Mapping) or not isinstance(asked, str | list) or not asked:
        raise ValueError(f"{of}: field 'responses_create_params.input' must be text or messages, got {asked!r:.80}")
    prompt: str | list[dict[str, Any]] = asked if isinstance(asked, str) else _messages(asked, of)
    if isinstance(prompt, list) and len(prompt) == 1 and prompt[0]["role"] == "user":
        prompt = prompt[0]["content"]
    tools = [_tool(tool, of) for tool in given.get("tools") or ()]
    return {"prompt": prompt, **({"tools": tools} if tools else {})}


def _messages(items: list[Any], of: str) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []
    for place, item in enumerate(items):
        kind = item.get("type", "message") if isinstance(item, Mapping) else None
        if kind == "message" and isinstance(item.get("role"), str):
            role = "system" if item["role"] == "developer" else item["role"]
            messages.append({"role": role, "content": _content(item.get("content"), place, of)})
        elif kind == "function_call":
            call = {"name": item["name"], "arguments": parsed(item["arguments"] or "{}", f"input.{place}", of)}
            if messages and messages[-1].get("tool_calls"):
                messages[-1]["tool_calls"].append({"type": "function", "function": call})
            else:
                calls = [{"type": "function", "function": call}]
                messages.append({"role": "assistant", "content": "", "tool_calls": calls})
        elif kind == "function_call_output":
            messages.append({"role": "tool", "content": _content(item.get("output"), place, of)})
        elif kind != "reasoning":
            raise ValueError(f"{of}: field 'responses_create_params.input.{place}': unknown item, got {item!r:.80}")
    return messages


def _content(given: Any, place: int, of: str) -> str:
    if isinstance(given, str):
        return given
    parts = given if isinstance(given, list) else [given]
    if not all(isinstance(part, Mapping) and isinstance(part.get("text"), str) for part in parts):
        raise ValueError(
            f"{of}: field 'responses_create_params.input.{place}': no text, got {given!r:.80}; leave it out"
        )
    return "".join(part["text"] for part in parts)


def _tool(tool: Any, of: str) -> dict[str, Any]:
    if not isinstance(tool, Mapping) or not isinstance(tool.get("name"), str):
        raise ValueError(f"{of}: field 'responses_create_params.tools': no function, got {tool!r:.80}; mend the row")
    function = {key: value for key, value in tool.items() if key not in ("type", "strict")}
    return {"type": "function", "function": function}
