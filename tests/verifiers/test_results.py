"""Numbers among results of calls: what must be accepted, the longer list of what must not, rows that are refused."""

from typing import Any

import pytest

from temper.verifiers.judging import Judge
from temper.verifiers.problem import Problem
from temper.verifiers.rows import parse_problem
from temper.verifiers.sessions.session import Answered, Exchange, Fault
from temper.verifiers.table import verifier_for

ROW: dict[str, Any] = {
    "id": "p", "prompt": "?", "verifier": "results", "answer": [17.2, -3.0], "session": {"kind": "arithmetic"},
}  # fmt: skip


def problem(**changes: Any) -> Problem:
    return parse_problem({**ROW, **changes}, "test")


PROBLEMS = [problem(), problem(answer=[1])]
Case = tuple[str, ...]
RIGHT: list[Case] = [
    ('{"solution": 17.2}', '{"solution": -3}'),
    ("-3.0", "17.2"),
    ('{"solution": 5}', '{"solution": -3.0}', '{"solution": 17.200000000000003}'),
]
WRONG: list[Case] = [
    (), ('{"solution": 17.2}',), ("17.2", "-2.9"), ("17.2", "3"), ("17.2", '"-3"'), ("17.2", "[-3]"),
    ("17.2", "-3 or so"), ("17.2", '{"other": -3}'),
    ("17.2", '{"solution": true}'), ("17.2", "NaN"), ("17.2000001", "-3"),
]  # fmt: skip


def score(row: Problem, texts: Case, fault: Fault = "") -> float | None:
    answered = tuple(Answered("add", {}, text, fault) for text in texts)
    turns = (Exchange("call", answered), Exchange("17.2, -3"))
    return Judge().judge([(row, turns[-1].text, turns)])[0].score


@pytest.mark.parametrize("texts", RIGHT)
def test_numbers_that_calls_came_to_are_found(texts: Case) -> None:
    assert score(problem(), texts) == 1.0
    assert score(problem(), texts, "arguments") == 0.0, "a call that was refused came to nothing"


@pytest.mark.parametrize("texts", WRONG)
def test_what_no_call_came_to_scores_0(texts: Case) -> None:
    assert score(problem(), texts) == 0.0


def test_what_the_policy_says_counts_for_nothing() -> None:
    said = '17.2, -3.0, {"solution": 17.2}, {"solution": -3}'
    assert Judge().judge([(problem(), said)])[0].score == 0.0
    for name, turns, expected in verifier_for(problem()).turn_probes(problem()):
        assert Judge().judge([(problem(), turns[-1].text, turns)])[0].score == expected, name


@pytest.mark.parametrize("answer", [None, [], ["17.2"], 17.2, [True], [[1.0]]])
def test_an_answer_of_no_numbers_is_refused(answer: Any) -> None:
    with pytest.raises(ValueError, match="field 'answer': results expects a list of numbers"):
        problem(answer=answer)


def test_without_a_session_there_are_no_results() -> None:
    with pytest.raises(ValueError, match="field 'session': missing"):
        problem(session=None)
