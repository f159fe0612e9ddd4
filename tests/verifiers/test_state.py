"""End states compared by value: of the answer's calls, of more, of fewer, in another order."""

from typing import Any

import pytest

from temper.verifiers.problem import Problem
from temper.verifiers.sessions.session import Answered, Exchange
from temper.verifiers.sessions.state import State
from temper.verifiers.table import verifier_for

FIRST = {"name": "email_delete_email", "arguments": {"email_id": "00000001"}}
SECOND = {"name": "email_delete_email", "arguments": {"email_id": "00000002"}}
READ = {"name": "email_get_email_information_by_id", "arguments": {"email_id": "00000003", "field": "subject"}}
UNKNOWN = {"name": "email_delete_email", "arguments": {"email_id": "99999999"}}


def problem(*calls: dict[str, Any], **params: Any) -> Problem:
    row = {"id": "p", "prompt": "Tidy up.", "verifier": "state", "answer": list(calls), "params": params}
    return Problem.model_validate({**row, "session": {"kind": "tables"}})


PROBLEMS = [problem(FIRST), problem(FIRST, SECOND, order="free")]

Case = tuple[tuple[dict[str, Any], ...], tuple[dict[str, Any], ...]]
RIGHT: list[Case] = [
    ((FIRST,), (FIRST,)),
    ((FIRST, SECOND), (FIRST, SECOND)),
    ((FIRST, SECOND), (SECOND, FIRST)),  # both are gone
    ((FIRST,), (READ, FIRST, READ)),
    ((FIRST,), (UNKNOWN, FIRST)),
]
WRONG: list[Case] = [
    ((FIRST,), ()),
    ((FIRST,), (READ,)),
    ((FIRST,), (SECOND,)),
    ((FIRST,), (FIRST, SECOND)),
    ((FIRST, SECOND), (FIRST,)),
    ((FIRST,), (UNKNOWN,)),
    ((), (FIRST,)),
]


def score(wanted: tuple[dict[str, Any], ...], made: tuple[dict[str, Any], ...]) -> float | None:
    row = problem(*wanted)
    verifier = verifier_for(row)
    assert isinstance(verifier, State)
    turns = [Exchange("", (Answered(call["name"], call["arguments"], ""),)) for call in made]
    return verifier.verify_turns(row, (*turns, Exchange("Done."))).score


@pytest.mark.parametrize(("wanted", "made"), RIGHT)
def test_an_end_state_that_is_the_answers_scores_1(
    wanted: tuple[dict[str, Any], ...], made: tuple[dict[str, Any], ...]
) -> None:
    assert score(wanted, made) == 1.0


@pytest.mark.parametrize(("wanted", "made"), WRONG)
def test_another_end_state_scores_0(wanted: tuple[dict[str, Any], ...], made: tuple[dict[str, Any], ...]) -> None:
    assert score(wanted, made) == 0.0
