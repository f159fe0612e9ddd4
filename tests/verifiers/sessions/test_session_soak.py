"""10,000 sessions of 5 calls, 10% of them hostile, with evictions and lost sandboxes in between: one end each."""

import gc
import json
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from temper.verifiers.rows import parse_problem
from temper.verifiers.sessions.keeper import Asked, Keeper
from temper.verifiers.sessions.session import Exchange, Exchanges

TABLES = {"kind": "tables", "set": "row", "tables": {"t": [{"n": i, "s": "a"} for i in range(20)]}}
PROBLEM = parse_problem({"id": "p", "prompt": "?", "verifier": "math", "answer": "1", "session": TABLES}, "test")
CALLS = 5
HOSTILE = (
    "<tool_call>{bad", "<tool_call>" * 50, '<tool_call>{"name": "close", "arguments": {}}</tool_call>',
    '<tool_call>{"name": "set_value", "arguments": {"table": "t", "row": -1}}</tool_call>',
    '<tool_call>{"name": "sum_column", "arguments": {"table": "\\ud800", "column": "n"}}</tool_call>',
)  # fmt: skip


def call(name: str, **arguments: Any) -> str:
    return f"<tool_call>{json.dumps({'name': name, 'arguments': arguments})}</tool_call>"


def said(chance: random.Random, n: int, hostile: bool) -> str:
    """The n-th turn of a dialogue: a change, or what is to have its end as a text."""
    if hostile:
        return chance.choice(HOSTILE)
    return (
        call("set_value", table="t", row=n, column="s", value=f"b{n}") if n < CALLS - 1 else call("get_rows", table="t")
    )


def memory_mb() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmRSS"))) / 1024


def soak(sessions: int) -> None:
    keeper = Keeper(most_open=64)
    ends: dict[int, str] = {}
    replays = 0

    def converse(i: int) -> None:
        nonlocal replays
        chance, story = random.Random(i), Exchanges()
        for n in range(CALLS):
            text = said(chance, n, hostile=i % 10 == 0)
            if chance.random() < 0.1:
                keeper.end([str(i)])  # its owner is lost: the next turn tells another one all of it
            heard = keeper.answer(Asked(str(i), PROBLEM, story, text))
            assert not heard.error and heard.answered
            replays += heard.replayed
            story = (*story, Exchange(text, heard.answered))
        assert i not in ends, "an end twice"
        ends[i] = story[-1].answered[-1].text
        keeper.end([str(i)])

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(converse, range(min(sessions, 500))))
        gc.collect()
        before = memory_mb()
        list(pool.map(converse, range(500, sessions)))
    wanted = [{"n": n, "s": f"b{n}" if n < CALLS - 1 else "a"} for n in range(20)]
    assert len(ends) == sessions and replays
    assert all(json.loads(text) == wanted for i, text in ends.items() if i % 10), (
        "evicted or lost, the state is the same"
    )
    assert keeper.num_open == 0
    gc.collect()
    assert memory_mb() < before + 50


def test_a_thousand_sessions_have_one_end_each() -> None:
    soak(1_000)


@pytest.mark.slow
def test_ten_thousand_sessions_have_one_end_each_and_memory_is_flat() -> None:
    soak(10_000)
