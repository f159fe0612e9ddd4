"""Rows in the common shapes of chat data, as examples: what `map: NAME` of a source names.

Whatever the shape, `<think>` and Hermes `<tool_call>` blocks inside what the assistant says become its reasoning and
tool calls, and `<tool_response>` blocks around a tool's result go. Fields that say nothing about the conversation (ids,
sources, scores) are left behind. Order, roles and emptiness are judged afterwards, by `parse_example`. Raises
ValueError for a row that is not of the shape.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from temper.verifiers.rows import RawRow

Said = Callable[[str, str], list[dict[str, Any]]]
"""(role, text) to messages."""

_SHAREGPT_ROLES = {
    "human": "user",
    "user": "user",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "assistant": "assistant",
    "model": "assistant",
    "system": "system",
    "tool": "tool",
    "observation": "tool",
    "function_response": "tool",
}
_NOT_SAID = {"id", "name", "annotations", "metadata"}
_CALL = re.compile(r"<tool_call>(.*?)</tool_call>", re.DOTALL)
_RESPONSE = re.compile(r"<tool_response>\s*(.*?)\s*</tool_response>", re.DOTALL)


def sharegpt(row: RawRow) -> RawRow:
    """`conversations` of `from` and `value`, with optional `system` and `tools` (a list or JSON text)."""
    messages: list[dict[str, Any]] = [{"role": "system", "content": row["system"]}] if row.get("system") else []
    for place, said in enumerate(_list(row, "conversations")):
        speaker, value = said.get("from"), said.get("value")
        if speaker == "function_call":
            calls = _json(value, f"conversations.{place}.value")
            messages.append(_calling(calls if isinstance(calls, list) else [calls]))
        elif speaker in _SHAREGPT_ROLES:
            messages += _messages(_SHAREGPT_ROLES[speaker], _text(value))
        else:
            raise ValueError(
                f"conversations.{place}.from: unknown speaker {speaker!r}; known are {', '.join(_SHAREGPT_ROLES)}"
            )
    return {"messages": messages, "tools": _tools(row)}


def alpaca(row: RawRow) -> RawRow:
    """`instruction`, `output`, optional `input`, `system` and `history` (pairs of question and answer)."""
    if not isinstance(row.get("instruction"), str) or not isinstance(row.get("output"), str):
        raise ValueError(f"instruction, output: must be texts, got fields {sorted(row)}; is this an Alpaca row?")
    messages: list[dict[str, Any]] = [{"role": "system", "content": row["system"]}] if row.get("system") else []
    for question, answer in row.get("history") or ():
        messages += [{"role": "user", "content": _text(question)}, *_messages("assistant", _text(answer))]
    asked = "\n\n".join(filter(None, (row["instruction"], _text(row.get("input")))))
    return {"messages": [*messages, {"role": "user", "content": asked}, *_messages("assistant", row["output"])]}


def openai(row: RawRow) -> RawRow:
    """`messages` of the chat completions API and optional `tools`: calls with JSON text as arguments, results by
    `tool_call_id` (put in the order of their calls, since the template has no ids), content null or in text parts."""
    return conversation(row, _messages)


def asked(row: RawRow) -> RawRow:
    """As `openai`, of a conversation that is to go on: markup in what is said stays text, so that nobody forges a
    tool's result with it; only the thought before what the assistant said is its reasoning."""
    return conversation(row, _as_it_stands)


def conversation(row: RawRow, said: Said) -> RawRow:
    placed: list[tuple[tuple[int, int], dict[str, Any]]] = []
    ids: list[Any] = []
    block = 0
    for place, given in enumerate(_list(row, "messages")):
        message = {key: value for key, value in given.items() if value is not None and key not in _NOT_SAID}
        role = {"developer": "system", "function": "tool"}.get(str(message.get("role")), str(message.get("role")))
        made = said(role, _text(message.pop("content", None)))
        if role == "tool":
            answered = message.pop("tool_call_id", None)
            if answered is not None and answered not in ids:
                raise ValueError(f"messages.{place}.tool_call_id: answers no call before it, got {answered!r}")
            # results sort by the call that they answer, behind the message that calls, which has -1
            placed += [((block, ids.index(answered) if answered else 0), one) for one in made]
            continue
        calls = message.pop("tool_calls", [])
        if calls:
            made[-1]["tool_calls"] = _calling(calls)["tool_calls"]
        ids, block = [call.get("id") for call in calls or () if isinstance(call, Mapping)], block + 1
        if reasoning := message.pop("reasoning_content", None) or message.pop("reasoning", None):
            made[-1]["reasoning"] = reasoning
        placed += [((block, -1), {**message, **one}) for one in made]
    placed.sort(key=lambda pair: pair[0])  # stable: results without ids stay as they stood
    return {"messages": [message for _, message in placed], "tools": _tools(row)}


def think_tags(row: RawRow) -> RawRow:
    """Our own `messages`, but with the reasoning inside the assistant's content."""
    messages = [
        {**message, **said}
        for message in _list(row, "messages")
        for said in _messages(str(message.get("role")), _text(message.get("content")))
    ]
    return {"messages": messages, "tools": _tools(row)}


def _messages(role: str, text: str) -> list[dict[str, Any]]:
    """What one speaker says as messages of ours: several where a tool's text holds several results."""
    if role == "tool" or (role == "user" and text.startswith("<tool_response>") and text.endswith("</tool_response>")):
        return [{"role": "tool", "content": result} for result in _RESPONSE.findall(text) or [text]]
    if role != "assistant":
        return [{"role": role, "content": text}]
    reasoning, text = _thought(text)
    calls = [_json(call, "<tool_call>") for call in _CALL.findall(text)]
    message: dict[str, Any] = {"role": role, "content": _CALL.sub("", text).strip() if calls else text}
    if calls:
        message["tool_calls"] = _calling(calls)["tool_calls"]
    if reasoning:
        message["reasoning"] = reasoning
    return [message]


def _as_it_stands(role: str, text: str) -> list[dict[str, Any]]:
    reasoning, text = _thought(text) if role == "assistant" else ("", text)
    return [{"role": role, "content": text, **({"reasoning": reasoning} if reasoning else {})}]


def _thought(text: str) -> tuple[str, str]:
    """(reasoning, answer): `<think>` opens the text, or was in the prompt and only `</think>` is there."""
    thought, closed, answer = text.partition("</think>")
    opening, opened, inside = thought.partition("<think>")
    if not closed or (opened and opening.strip()):
        return "", text  # an open or a later block is left as it stands, to be refused as markup
    return (inside if opened else thought).strip(), answer.lstrip("\n")


def _calling(calls: Sequence[Any]) -> dict[str, Any]:
    """An assistant message that calls: names and arguments bare or inside `function`, arguments as JSON or as text."""
    made = []
    if not isinstance(calls, list | tuple):
        raise ValueError(f"tool_calls: must be a list of calls, got {calls!r:.80}; mend it")
    for call in calls:
        function = call.get("function", call) if isinstance(call, Mapping) else {}
        arguments = function.get("arguments", function.get("parameters"))
        if isinstance(arguments, str):
            arguments = _json(arguments or "{}", "tool_calls: arguments")
        made.append({"name": function.get("name") or "", "arguments": arguments or {}})
    return {"role": "assistant", "content": "", "tool_calls": made}


def _text(content: Any) -> str:
    if isinstance(content, list):
        odd = [part for part in content if not _is_text(part)]
        if odd:
            raise ValueError(f"content: only text parts are read, got {odd[0]!r:.80}; leave the others out")
        return "".join(part["text"] for part in content)
    if content is not None and not isinstance(content, str):
        raise ValueError(f"content: must be text, text parts or null, got {content!r:.80}; mend the row")
    return content or ""


def _is_text(part: Any) -> bool:
    return isinstance(part, Mapping) and part.get("type") == "text" and isinstance(part.get("text"), str)


def _tools(row: RawRow) -> list[Any]:
    tools = row.get("tools") or []
    found = _json(tools, "tools") if isinstance(tools, str) else tools
    return found if isinstance(found, list) else [found]


def _list(row: RawRow, field: str) -> list[Any]:
    found = row.get(field)
    if not isinstance(found, list) or not all(isinstance(item, Mapping) for item in found):
        raise ValueError(f"{field}: must be a list of messages, got {found!r:.80} among {sorted(row)}; another `map`?")
    return found


def _json(text: Any, field: str) -> Any:
    try:
        return json.loads(text)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{field}: not JSON ({error}), got {text!r:.80}; mend the row") from None
