from typing import Any

import pytest

from temper.sft.examples import parse_example

USER = {"role": "user", "content": "hi"}
DONE = {"role": "assistant", "content": "hello"}


def test_the_top_reasoning_is_short_for_the_last_messages() -> None:
    example = parse_example({"messages": [USER, DONE], "reasoning": "greet"}, "f:1")
    assert example.messages[-1].reasoning == "greet"


def test_null_fields_are_absent_and_blank_reasoning_is_none() -> None:
    columns = {"content": None, "reasoning": None, "tool_calls": None}
    row = {"messages": [{**columns, **USER}, {**columns, **DONE, "reasoning": " \n"}], "tools": None, "reasoning": None}
    assert parse_example(row, "f:1") == parse_example({"messages": [USER, DONE]}, "f:1")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({}, "f:1: messages: got None"),
        ({"messages": []}, "f:1: messages: got"),
        ({"messages": [DONE]}, "messages.0: role 'assistant' cannot follow"),
        ({"messages": [USER, USER, DONE]}, "messages.1: role 'user' cannot follow 'user'"),
        ({"messages": [USER]}, "ends with 'user'"),
        ({"messages": [USER, {"role": "assistant"}]}, "messages.1: an assistant message without content"),
        (
            {"messages": [USER, {"role": "assistant", "reasoning": "so"}]},
            "messages.1: an assistant message without",
        ),
        ({"messages": [{**USER, "reasoning": "x"}, DONE]}, "messages.0: a user message has reasoning"),
        (
            {"messages": [USER, {"role": "assistant", "tool_calls": [{"name": "", "arguments": {}}]}]},
            "messages.1: a tool call without a name",
        ),
        ({"messages": [USER, {"role": "assistant", "content": 7}]}, "messages.1.content"),
        ({"messages": [USER, {"role": "robot", "content": "x"}]}, "messages.1.role"),
        ({"messages": [USER, DONE], "answers": 3}, "unknown field 'answers'"),
        (
            {"messages": [USER, DONE, {"role": "tool", "content": "5"}, DONE]},
            "messages.2: a tool's result without a call",
        ),
        ({"messages": [USER, {**DONE, "reasoning": "a"}], "reasoning": "b"}, "reasoning: differs from the last"),
        ({"messages": [{**USER, "content": " "}, DONE]}, "messages.0: a user message without content"),
        (
            {"messages": [USER, {**DONE, "content": "a</think>b"}]},
            "messages.1: chat markup in what the assistant writes",
        ),
        ({"messages": ["hi"]}, "messages.0.role"),
    ],
)
def test_a_bad_row_is_refused_with_its_place(row: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match="f:1") as refused:
        parse_example(row, "f:1")
    assert message in str(refused.value)
