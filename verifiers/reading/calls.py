"""The tool calls that a completion makes, as it wrote them.

After `</think>` only. Two forms are read: Hermes, `<tool_call>{"name": ..., "arguments": {...}}</tool_call>` blocks in
any text; and, where there is no such tag, a whole text (or its one fenced block) that is OpenAI's JSON: a call, a list
of calls, or `{"tool_calls": [...]}`, a call being `{"name", "arguments"}` or `{"function": {"name", "arguments"}}` with
the arguments as an object or as its JSON text. JSON inside other prose is no call. A tag that holds anything but one
call, or stands open, makes the whole completion unreadable: what a lenient reader would make of it is not known.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from temper.verifiers.reading import strict_json
from temper.verifiers.reading.extract import after_thinking
from temper.verifiers.reading.fences import JSON, unfenced

OPEN, CLOSE = "<tool_call>", "</tool_call>"
MAX_CALLS = 256


class Call(NamedTuple):
    name: str
    arguments: dict[str, Any]


class Said(NamedTuple):
    """The calls of a completion and whether text stands beside them."""

    calls: list[Call]
    text: bool


def find_calls(completion: str, empty: bool = False) -> Said:
    """Raises ValueError with what cannot be read; with `empty`, arguments as a text that is no JSON are none."""
    text = after_thinking(completion)
    if text is None:
        raise ValueError("the reasoning does not end: no </think>")
    text = text.strip()
    # a lone closing tag is no prose either: `_hermes` refuses it
    if OPEN in text or CLOSE in text:
        return _hermes(text, empty)
    try:
        value = strict_json.loads(unfenced(text, JSON))
    except ValueError:
        return Said([], bool(text))
    calls = _listed(value)
    return Said([], True) if calls is None else Said([_call(call, empty) for call in calls], False)


def _hermes(text: str, empty: bool) -> Said:
    calls: list[Call] = []
    rest, place = "", 0
    while (start := text.find(OPEN, place)) >= 0:
        rest += text[place:start]
        if len(calls) == MAX_CALLS:
            raise ValueError(f"more than {MAX_CALLS} calls")
        try:
            value, end = strict_json.scan(text, start + len(OPEN))
        except ValueError as error:
            raise ValueError(f"call {len(calls) + 1} is not JSON: {error}") from error
        place = end + len(text[end:]) - len(text[end:].lstrip())
        if not text.startswith(CLOSE, place):
            raise ValueError(
                f"call {len(calls) + 1}: expected {CLOSE} after its JSON, got {text[place : place + 30]!r}"
            )
        place += len(CLOSE)
        calls.append(_call(value, empty))
    rest += text[place:]
    if CLOSE in rest:
        raise ValueError(f"a {CLOSE} without its {OPEN}")
    return Said(calls, bool(rest.strip()))


def each_call(completion: str) -> list[Call | str]:
    """The calls of a turn one by one, each that cannot be read as the reason why: the others are still to be run.
    Nothing for a turn that calls nothing or does not end its reasoning. What follows a call that cannot be read goes on
    at the next tag."""
    text = (after_thinking(completion) or "").strip()
    if OPEN not in text:
        try:
            return list(find_calls(completion).calls)
        except ValueError as error:
            # a lone closing tag opens no call, and a value that only looks like one has its reason
            return [] if CLOSE in text or not text else [str(error)]
    found: list[Call | str] = []
    place = 0
    while (start := text.find(OPEN, place)) >= 0 and len(found) < MAX_CALLS:
        try:
            call, place = read_block(text, start)
            found.append(call)
        except ValueError as error:
            place = start + len(OPEN)
            found.append(str(error))
    return found


def read_block(text: str, start: int) -> tuple[Call, int]:
    """The call of the Hermes block that begins at `start`, and the place behind it. Raises ValueError with what cannot
    be read."""
    value, end = strict_json.scan(text, start + len(OPEN))
    close = end + len(text[end:]) - len(text[end:].lstrip())
    if not text.startswith(CLOSE, close):
        raise ValueError(f"expected {CLOSE} after its JSON, got {text[close : close + 30]!r}")
    return _call(value), close + len(CLOSE)


def _listed(value: Any) -> list[Any] | None:
    """The calls that an OpenAI-style value lists; None when it is some other JSON."""
    if isinstance(value, dict) and set(value) == {"tool_calls"}:
        value = value["tool_calls"]
    if isinstance(value, dict) and ({"name", "arguments"} <= set(value) or "function" in value):
        value = [value]
    looks = isinstance(value, list) and all(isinstance(v, dict) and ("name" in v or "function" in v) for v in value)
    return value if looks and value else None


def _call(value: Any, empty: bool = False) -> Call:
    if isinstance(value, dict) and isinstance(value.get("function"), dict) and set(value) <= {"id", "type", "function"}:
        value = value["function"]
    if not isinstance(value, Mapping) or not {"name", "arguments"} <= set(value) <= {"id", "type", "name", "arguments"}:
        raise ValueError(f"expected an object of name and arguments, got {value!r:.80}")
    name, arguments = value["name"], value["arguments"]
    if isinstance(arguments, str):
        try:
            arguments = strict_json.loads(arguments)
        except ValueError as error:
            if empty:
                return Call(str(name), {})
            raise ValueError(f"the arguments of {name!r:.40} are not JSON: {error}") from error
    if not isinstance(name, str) or not isinstance(arguments, dict):
        raise ValueError(f"expected a name and an object of arguments, got {value!r:.80}")
    return Call(name, arguments)
