"""An SFT example: a conversation whose assistant messages may carry reasoning.

Rows are checked here, before anything is trained: a role out of order, an empty conversation, a tool call without a
name or reasoning without an answer is refused with the row's place.
"""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError


class ToolCall(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    arguments: dict[str, Any]


class Turn(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Literal["system", "user", "assistant", "tool"]
    content: str = ""
    reasoning: str = ""
    tool_calls: tuple[ToolCall, ...] = ()


class Example(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    messages: tuple[Turn, ...]
    tools: tuple[dict[str, Any], ...] = ()


def parse_example(row: Mapping[str, Any], where: str) -> Example:
    """The example of one row; `reasoning` at the top is short for the last message's. Raises ValueError."""
    row = dict(row)
    reasoning = row.pop("reasoning", None)
    if not isinstance(row.get("messages"), list) or not row["messages"]:
        raise ValueError(f"{where}: messages: got {row.get('messages')!r}; give a list of at least one message")
    messages = [dict(message) if isinstance(message, Mapping) else message for message in row["messages"]]
    if reasoning:
        messages[-1] = {**messages[-1], "reasoning": reasoning}
    try:
        example = Example(messages=tuple(messages), tools=tuple(row.pop("tools", None) or ()))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise ValueError(f"{where}: {place}: {first['msg']}, got {first['input']!r}; see the row format") from None
    if unknown := sorted(row.keys() - {"messages", "metadata", "id"}):
        raise ValueError(f"{where}: unknown field {unknown[0]!r}; an example has messages, tools, reasoning")
    _check_order(example.messages, where)
    return example


_MAY_FOLLOW: dict[str, tuple[str, ...]] = {
    "": ("system", "user"),
    "system": ("user",),
    "user": ("assistant",),
    "assistant": ("user", "tool"),
    "tool": ("tool", "assistant", "user"),
}


def _check_order(turns: tuple[Turn, ...], where: str) -> None:
    previous = ""
    for index, turn in enumerate(turns):
        place = f"{where}: messages.{index}"
        if turn.role not in _MAY_FOLLOW[previous]:
            raise ValueError(f"{place}: role {turn.role!r} cannot follow {previous or 'the start'!r}; mend the order")
        if turn.role != "assistant" and (turn.reasoning or turn.tool_calls):
            raise ValueError(f"{place}: a {turn.role} message has reasoning or tool_calls; only an assistant's may")
        if turn.role == "assistant" and not (turn.content or turn.tool_calls):
            raise ValueError(f"{place}: an assistant message without content or tool_calls; give it one")
        if any(not call.name for call in turn.tool_calls):
            raise ValueError(f"{place}: a tool call without a name; name the function")
        previous = turn.role
    if turns[-1].role != "assistant":
        raise ValueError(f"{where}: messages: ends with {turns[-1].role!r}; the last message is the assistant's")
