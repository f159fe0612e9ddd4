"""Rows in the shapes that public sets have, as the examples that they mean."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from temper.rows.chat import alpaca, openai, sharegpt, think_tags
from temper.sft.examples import RowError, parse_example

Row = dict[str, Any]
USER = {"role": "user", "content": "2 + 3?"}
TOOLS = [{"type": "function", "function": {"name": "add"}}]
ADD = {"name": "add", "arguments": {"a": 2}}


def call(name: str, arguments: str, id_: str) -> Row:
    return {"id": id_, "type": "function", "function": {"name": name, "arguments": arguments}}


SHAREGPT: Row = {
    "id": "x",
    "system": "Be brief.",
    "tools": json.dumps(TOOLS),
    "conversations": [
        {"from": "human", "value": "2 + 3?"},
        {"from": "function_call", "value": json.dumps(ADD)},
        {"from": "observation", "value": "5"},
        {"from": "gpt", "value": "<think>\nread it\n</think>\n\n5", "weight": 1},
    ],
}
HERMES: Row = {
    "conversations": [
        {"from": "human", "value": "2 + 3?"},
        {
            "from": "gpt",
            "value": f"<think>call</think>\nSo:\n<tool_call>\n{json.dumps(ADD)}\n</tool_call>\n<tool_call>\n"
            '{"arguments": {}, "name": "now"}\n</tool_call>',
        },
        {
            "from": "tool",
            "value": "<tool_response>\n5\n</tool_response>\n<tool_response>\nnoon\n</tool_response>",
        },
        {"from": "gpt", "value": "5 at noon"},
    ]
}
PARALLEL: Row = {
    "tools": TOOLS,
    "parallel_tool_calls": True,
    "messages": [
        {"role": "developer", "content": [{"type": "text", "text": "Be "}, {"type": "text", "text": "brief."}]},
        {**USER, "name": "ann"},
        {
            "role": "assistant",
            "content": None,
            "refusal": None,
            "reasoning_content": "both",
            "tool_calls": [call("add", '{"a": 2}', "c1"), call("now", "", "c2")],
        },
        {"role": "tool", "tool_call_id": "c2", "content": "noon"},
        {"role": "tool", "tool_call_id": "c1", "content": "5"},
        {"role": "assistant", "content": "5 at noon"},
    ],
}
BOTH_CALLS = [ADD, {"name": "now", "arguments": {}}]


@pytest.mark.parametrize(
    ("adapter", "row", "messages", "tools"),
    [
        (
            sharegpt,
            SHAREGPT,
            [
                {"role": "system", "content": "Be brief."},
                USER,
                {"role": "assistant", "content": "", "tool_calls": [ADD]},
                {"role": "tool", "content": "5"},
                {"role": "assistant", "content": "5", "reasoning": "read it"},
            ],
            TOOLS,
        ),
        (
            sharegpt,
            HERMES,
            [
                USER,
                {"role": "assistant", "content": "So:", "reasoning": "call", "tool_calls": BOTH_CALLS},
                {"role": "tool", "content": "5"},
                {"role": "tool", "content": "noon"},
                {"role": "assistant", "content": "5 at noon"},
            ],
            [],
        ),
        (
            alpaca,
            {"instruction": "Add.", "input": "2 and 3", "output": "5", "history": [["Hi", "Hello"]]},
            [
                {"role": "user", "content": "Hi"},
                {"role": "assistant", "content": "Hello"},
                {"role": "user", "content": "Add.\n\n2 and 3"},
                {"role": "assistant", "content": "5"},
            ],
            [],
        ),
        (
            alpaca,
            {"instruction": "Add 2 and 3.", "input": "", "output": "add</think>\n\n5", "system": "Be brief."},
            [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": "Add 2 and 3."},
                {"role": "assistant", "content": "5", "reasoning": "add"},
            ],
            [],
        ),
        (
            openai,
            PARALLEL,
            [
                {"role": "system", "content": "Be brief."},
                USER,
                {"role": "assistant", "content": "", "reasoning": "both", "tool_calls": BOTH_CALLS},
                {"role": "tool", "content": "5"},
                {"role": "tool", "content": "noon"},
                {"role": "assistant", "content": "5 at noon"},
            ],
            TOOLS,
        ),
        (
            think_tags,
            {"messages": [USER, {"role": "assistant", "content": "\n<think>\n\n</think>\n\n5"}]},
            [USER, {"role": "assistant", "content": "5"}],
            [],
        ),
    ],
)
def test_a_row_becomes_the_example_that_it_means(
    adapter: Callable[[Row], Row], row: Row, messages: list[Row], tools: list[Row]
) -> None:
    meant = {"messages": messages, "tools": tools}
    assert parse_example(adapter(row), "f:1") == parse_example(meant, "f:1")


def asked(content: Any, **fields: Any) -> Row:
    return {"messages": [USER, {"role": "assistant", "content": content, **fields}]}


def said(*speakers: str) -> Row:
    return {"conversations": [{"from": speaker, "value": "x"} for speaker in speakers]}


@pytest.mark.parametrize(
    ("adapter", "row", "message"),
    [
        (sharegpt, {"messages": []}, "conversations: must be a list of messages, got None"),
        (sharegpt, said("human", "bot"), "conversations.1.from: unknown speaker 'bot'"),
        (sharegpt, said("gpt", "human", "gpt"), "messages.0: role 'assistant' cannot follow 'the start'"),
        (sharegpt, said("human", "function_call"), "conversations.1.value: not JSON"),
        (sharegpt, {"conversations": [{"from": "human", "value": 3}]}, "content: must be text"),
        (alpaca, {"instruction": "x", "response": "y"}, "is this an Alpaca row?"),
        (alpaca, {"instruction": "", "output": "y"}, "messages.0: a user message without content"),
        (openai, asked([{"type": "image_url", "image_url": "x"}]), "only text parts are read"),
        (openai, asked("", tool_calls=[call("add", "{a: 2}", "c1")]), "tool_calls: arguments: not JSON"),
        (openai, asked("", tool_calls=[call("add", "[2]", "c1")]), "arguments: must be a valid dictionary"),
        (openai, asked("", tool_calls=[{"id": "c1", "function": {"arguments": "{}"}}]), "a tool call without a name"),
        (openai, asked("5", weight=0), "messages.1.weight: unknown key, got 'weight'; use one of content"),
        (openai, asked(None), "messages.1: an assistant message without content"),
        (
            openai,
            {"messages": [*PARALLEL["messages"][:3], {"role": "tool", "tool_call_id": "c9", "content": "5"}]},
            "messages.3.tool_call_id: answers no call before it, got 'c9'",
        ),
        (think_tags, asked("<think>only reasoning</think>"), "messages.1: an assistant message without content"),
        (think_tags, asked("<think>never closed"), "chat markup in what the assistant writes, got '<think>'"),
        (think_tags, asked("a<think>b</think>c"), "chat markup in what the assistant writes, got '<think>'"),
        (think_tags, asked("<think>a</think>b<think>c</think>d"), "chat markup in what the assistant writes"),
        (think_tags, asked("ok <tool_call>{not json}</tool_call>"), "<tool_call>: not JSON"),
    ],
)
def test_a_row_that_cannot_be_trained_on_is_refused(adapter: Callable[[Row], Row], row: Row, message: str) -> None:
    with pytest.raises((RowError, ValueError)) as refused:
        parse_example(adapter(row), "f:1")
    assert message in str(refused.value)
