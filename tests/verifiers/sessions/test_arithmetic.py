"""The universe of other operators."""
# ruff: noqa: E501

import json
import math
from typing import Any

import pytest

from temper.verifiers.problem import Problem
from temper.verifiers.rows import parse_problem
from temper.verifiers.sessions.calling import made
from temper.verifiers.sessions.session import Answered
from temper.verifiers.sessions.table import session_for

ROW: dict[str, Any] = {
    "id": "p", "prompt": "?", "verifier": "results", "answer": [17.2], "session": {"kind": "arithmetic"},
}  # fmt: skip


def problem(**changes: Any) -> Problem:
    return parse_problem({**ROW, **changes}, "test")


def answered(*calls: tuple[str, dict[str, Any]]) -> tuple[Answered, ...]:
    session = session_for(problem())
    session.open(problem(), None)
    text = "".join(f"<tool_call>{json.dumps({'name': n, 'arguments': a})}</tool_call>" for n, a in calls)
    return tuple(made(session, problem(), text))


@pytest.mark.parametrize(
    ("name", "arguments", "comes_to"),
    [
        # as recorded by NeMo-Gym
        ("add", {"a": 6, "b": 10}, 17.2), ("sin", {"radians": 4}, -0.6536436208636119), ("sin", {"radians": 5.0}, 0.28366218546322625),
        ("log", {"a": 2.0, "base": 2.0}, 0.5532947556651122), ("subtract", {"a": 9.0, "b": 9.0}, -3.0), ("divide", {"a": 1, "b": 1}, 0.5),
        ("multiply", {"a": 1.0, "b": 9.0}, 9.9), ("power", {"a": 4.0, "b": 6.0}, 65536.0), ("pi", {}, math.e), ("negate", {"a": 3}, 3.0),
        ("return_constant", {"a": 3}, 3.0), ("cos", {"radians": 0}, 0.0),
    ],
)  # fmt: skip
def test_an_operator_comes_to_what_its_universe_says(name: str, arguments: dict[str, Any], comes_to: float) -> None:
    (one,) = answered((name, arguments))
    assert json.loads(one.text)["solution"] == pytest.approx(comes_to, rel=1e-15) and not one.fault


@pytest.mark.parametrize(
    ("name", "arguments", "fault"),
    [
        ("divide", {"a": 1, "b": 0}, "exception"), ("log", {"a": -1, "base": 2}, "exception"), ("log", {"a": 2, "base": -0.5}, "exception"),
        ("power", {"a": -8, "b": 0.5}, "exception"), ("power", {"a": 9, "b": 10**9}, "exception"), ("power", {"a": 0, "b": -3}, "exception"),
        ("add", {"a": 10**400, "b": 1}, "exception"), ("add", {"a": 1}, "arguments"), ("add", {"a": "1", "b": 2}, "arguments"),
        ("sin", {"radians": 1, "b": 2}, "arguments"), ("exit", {}, "unknown"),
    ],
)  # fmt: skip
def test_what_has_no_value_is_a_text_for_the_model(name: str, arguments: dict[str, Any], fault: str) -> None:
    (one,) = answered((name, arguments))
    assert one.fault == fault and one.text.startswith("Error")
