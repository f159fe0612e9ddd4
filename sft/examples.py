"""An SFT example: a conversation whose assistant messages may carry reasoning.

Rows are checked here, before anything is trained: a role out of order, an empty conversation, a tool call without a
name or reasoning without an answer is refused with the row's place, or counted where the recipe drops bad rows. So is
an assistant message that holds chat markup: it was rendered for another template, and its `<think>` or `<tool_call>`
would be trained as plain text.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from temper.mistakes import first_mistake
from temper.policy.special_tokens import SPECIAL_TOKENS

log = logging.getLogger(__name__)

NAMED_ROWS = 5
"""Dropped rows that are named in the log, for each reason."""


class RowError(ValueError):
    """A row that cannot be trained on: where it is, what is wrong, what to do."""

    def __init__(self, message: str, reason: str = "malformed") -> None:
        super().__init__(message)
        self.reason = reason
        """What it is counted under."""


class Dropped:
    """Counts the rows that are left out, by reason; with `refuse`, the first bad one is raised instead."""

    def __init__(self, refuse: bool = True) -> None:
        self.refuse = refuse
        self.counts: Counter[str] = Counter()

    def bad(self, error: RowError) -> None:
        if self.refuse:
            raise error
        self.counts[error.reason] += 1
        if self.counts[error.reason] <= NAMED_ROWS:
            log.warning("dropped %s", error)

    def without_reasoning(self) -> None:
        """No fault of the row: the Thinking variant has no use for it."""
        self.counts["without_reasoning"] += 1


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

    def as_message(self) -> dict[str, Any]:
        """In the keys that chat templates know; what is empty is absent, because some ask only whether it is there."""
        message: dict[str, Any] = {"role": self.role, "content": self.content}
        if self.reasoning:
            message["reasoning_content"] = self.reasoning
        if self.tool_calls:
            message["tool_calls"] = [{"type": "function", "function": call.model_dump()} for call in self.tool_calls]
        return message


class Example(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    messages: tuple[Turn, ...]
    tools: tuple[dict[str, Any], ...] = ()


def parse_example(row: Mapping[str, Any], where: str) -> Example:
    """The example of one row; `reasoning` at the top is short for the last message's, a null field is absent. Raises
    RowError."""
    row = {key: value for key, value in row.items() if value is not None}
    if unknown := sorted(row.keys() - {"messages", "tools", "reasoning", "metadata", "id"}):
        raise RowError(f"{where}: unknown field {unknown[0]!r}; an example has messages, tools, reasoning")
    if not isinstance(row.get("messages"), list) or not row["messages"]:
        raise RowError(f"{where}: messages: got {row.get('messages')!r}; give a list of at least one message", "empty")
    messages = [_present(message) for message in row["messages"]]
    if reasoning := row.get("reasoning"):
        last = messages[-1]
        if last.get("reasoning", reasoning) != reasoning:
            raise RowError(f"{where}: reasoning: differs from the last message's, got {reasoning!r:.80}; give one")
        last["reasoning"] = reasoning
    given = {"messages": messages, "tools": row.get("tools") or ()}
    try:
        example = Example.model_validate(given)
    except ValidationError as error:
        field, what = first_mistake(error, Example, given)
        raise RowError(f"{where}: {field}: {what}") from None
    _check_order(example.messages, where)
    for index, turn in enumerate(example.messages):
        _check_turn(turn, f"{where}: messages.{index}")
    return example


def examples(rows: Iterable[tuple[str, Mapping[str, Any]]], dropped: Dropped) -> Iterator[tuple[str, Example]]:
    """(`where`, example) of (`where`, row) pairs, as they are asked for; bad rows are counted or raised."""
    for where, row in rows:
        try:
            example = parse_example(row, where)
        except RowError as error:
            dropped.bad(error)
            continue
        yield where, example


def _present(message: Any) -> dict[str, Any]:
    if not isinstance(message, Mapping):
        return {"role": message}  # which no role is: named as such
    present = {key: value for key, value in message.items() if value is not None}
    if isinstance(present.get("reasoning"), str) and not present["reasoning"].strip():
        del present["reasoning"]
    return present


_MAY_FOLLOW: dict[str, tuple[str, ...]] = {
    "": ("system", "user"),
    "system": ("user",),
    "user": ("assistant",),
    "assistant": ("user", "tool"),
    "tool": ("tool", "assistant", "user"),
}


def _check_order(turns: tuple[Turn, ...], where: str) -> None:
    previous, called = "", False
    for index, turn in enumerate(turns):
        place = f"{where}: messages.{index}"
        if turn.role not in _MAY_FOLLOW[previous]:
            follows = previous or "the start"
            raise RowError(f"{place}: role {turn.role!r} cannot follow {follows!r}; mend the order", "role_order")
        if turn.role == "assistant":
            called = bool(turn.tool_calls)
        if turn.role == "tool" and not called:
            raise RowError(f"{place}: a tool's result without a call before it; mend the order", "role_order")
        previous = turn.role
    if turns[-1].role != "assistant":
        raise RowError(
            f"{where}: messages: ends with {turns[-1].role!r}; the last message is the assistant's", "role_order"
        )


def _check_turn(turn: Turn, place: str) -> None:
    if turn.role == "assistant":
        if not (turn.content.strip() or turn.tool_calls):
            raise RowError(f"{place}: an assistant message without content or tool_calls; give it one", "no_answer")
        for token in SPECIAL_TOKENS:
            if token in turn.content or token in turn.reasoning:
                raise RowError(
                    f"{place}: chat markup in what the assistant writes, got {token!r}; give reasoning and tool_calls "
                    "in fields of their own (`map: sharegpt`, `openai` or `think_tags` does)",
                    "markup",
                )
    elif turn.reasoning or turn.tool_calls:
        raise RowError(f"{place}: a {turn.role} message has reasoning or tool_calls; only an assistant's may")
    elif turn.role == "user" and not turn.content.strip():
        raise RowError(f"{place}: a user message without content; give it one", "empty")
    if any(not call.name.strip() for call in turn.tool_calls):
        raise RowError(f"{place}: a tool call without a name; name the function", "unnamed_call")
