"""The score of a service: a number at a declared path, an abstention for null, and an error of ours for all else."""

import json
import re
from typing import Any

import pytest

from temper.verifiers.doubles import Reply, scripted_endpoint
from temper.verifiers.http import Http
from temper.verifiers.judging import Judge
from temper.verifiers.problem import Problem
from temper.verifiers.rows import parse_problem
from temper.verifiers.table import verifier_for


def problem(**params: Any) -> Problem:
    return Problem(id="p", prompt="?", verifier="http", answer="42", params={"retries": 0, "retry_wait_s": 0, **params})


def told(reply: object, **params: Any) -> tuple[str, float | None, str]:
    """Outcome, score and detail of what the service says."""
    body = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
    with scripted_endpoint(lambda place, asked: Reply(body)) as service:
        (judgement,) = Judge().judge([(problem(url=f"{service.url}/score", **params), "text")])
    return judgement.outcome, judgement.score, judgement.detail


RIGHT: list[tuple[object, dict[str, Any], float]] = [
    ({"score": 1}, {}, 1.0),
    ({"score": 0.25, "more": [1]}, {}, 0.25),
    ({"result": {"scores": [0.1, 0.5]}}, {"score_at": "result.scores.1"}, 0.5),
    ([0.75], {"score_at": "0"}, 0.75),
    ({"score": 3}, {"least": 1, "most": 5}, 0.5),
    ({"score": -1.0}, {"least": -1, "most": 1}, 0.0),
    ({"0": {"a b": 1.0}}, {"score_at": "0.a b"}, 1.0),
]


@pytest.mark.parametrize("reply, params, score", RIGHT)
def test_the_number_at_the_path_is_the_score(reply: object, params: dict[str, Any], score: float) -> None:
    assert told(reply, **params)[:2] == ("scored", score)


WRONG: list[tuple[object, dict[str, Any]]] = [
    ({"score": 1.01}, {}),
    ({"score": -0.01}, {}),
    ({"score": "1"}, {}),
    ({"score": True}, {}),
    ({"score": [1]}, {}),
    ({"scores": 1}, {}),
    ({"score": 1}, {"score_at": "score.value"}),
    ([1.0], {"score_at": "1"}),
    ([1.0], {"score_at": "-1"}),
    ([1.0], {"score_at": "a"}),
    ({"score": 1}, {"detail_at": "why"}),
    (b"", {}),
    (b"<html>", {}),
    (b'{"score": 1', {}),
    (b'{"score": NaN}', {}),
    (b'{"score": 1e999}', {}),
    (b'{"score": 1, "score": 0}', {}),
    (b'{"score": 1} {"score": 0}', {}),
    (b"\xff", {}),
    (b"[" * 10_000, {}),
    (b'{"score": 1, "more": "' + b"x" * 1_000_001 + b'"}', {}),
]


@pytest.mark.parametrize("reply, params", WRONG)
def test_whatever_is_no_score_is_the_services_failure(reply: object, params: dict[str, Any]) -> None:
    outcome, score, detail = told(reply, **params)
    assert (outcome, score) == ("error", None) and detail.startswith("endpoint: "), detail


def test_null_abstains_with_the_reason() -> None:
    found = told({"score": None, "why": "no \n key"}, detail_at="why")
    assert found == ("abstained", None, "no key")


def test_the_row_and_the_completion_are_sent_with_the_token_and_it_is_nowhere_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SERVICE_TOKEN", "a-secret-token")
    with scripted_endpoint(lambda place, asked: Reply(b'{"score": 1, "why": "a-secret-token"}')) as service:
        row = problem(url=f"{service.url}/score", token_env="SERVICE_TOKEN", detail_at="why")
        (judgement,) = Judge().judge([(row, "text \ud800")])
    assert judgement.score == 1.0 and "secret" not in judgement.detail
    assert service.heads[0]["authorization"] == "Bearer a-secret-token" and service.heads[0][":path"] == "/v1/score"
    assert service.asked[0]["completion"] == "text \ud800" and service.asked[0]["problem"]["answer"] == "42"


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_a_status_that_may_pass_is_asked_again(status: int) -> None:
    answers = [Reply(status=status), Reply(b'{"score": 0.5}')]
    with scripted_endpoint(lambda place, asked: answers[place]) as service:
        (judgement,) = Judge().judge([(problem(url=service.url, retries=1), "text")])
    assert judgement.score == 0.5 and len(service.asked) == 2


@pytest.mark.parametrize("status", [302, 400, 401, 404, 422])
def test_another_status_is_refused_at_once_and_is_ours(status: int) -> None:
    with scripted_endpoint(
        lambda place, asked: Reply(status=status, headers={"Location": "http://127.0.0.1:9/"})
    ) as it:
        (judgement,) = Judge().judge([(problem(url=it.url, retries=3), "text")])
    assert judgement.outcome == "error" and len(it.asked) == 1


@pytest.mark.parametrize(
    "params, what",
    [
        ({}, "field 'params.url': http has none; set the recipe's `verifiers.http.url`"),
        ({"url": "ftp://host/"}, "not an address"),
        ({"url": "http://user:word@host/"}, "not an address"),
        ({"url": "http://host/?key=1"}, "not an address"),
        ({"url": "http://host/", "least": 1.0}, "raise it"),
        ({"url": "http://host/", "token_env": "no name"}, "not the name of an environment variable"),
        ({"url": "http://host/", "token_env": "NOT_SET_ANYWHERE"}, "holds no token here"),
    ],
)
def test_what_is_wrong_with_the_params_is_refused(params: dict[str, Any], what: str) -> None:
    with pytest.raises(ValueError, match=re.escape(what)):
        verifier_for(problem(**params)).check(problem(**params))


@pytest.mark.parametrize("key", ["url", "token_env"])
def test_no_row_says_where_to_or_with_which_token(key: str) -> None:
    row = {"id": "p", "prompt": "?", "verifier": "http", "params": {key: "http://evil/"}}
    with pytest.raises(ValueError, match=rf"field 'params.{key}': only a recipe may set it"):
        parse_problem(row, "row", {"http": {"url": "http://host/"}})


PROBLEMS = [
    Problem(id="p", prompt="?", verifier="http", answer=answer, params={"retries": 0})
    for answer in ("42", None, {"a": 1})
]
"""As rows come: the address is the recipe's."""


@pytest.mark.parametrize("row", PROBLEMS)
def test_the_probes_ask_and_say_nothing(row: Problem) -> None:
    with scripted_endpoint(lambda place, asked: Reply(b'{"score": 1}')) as service:
        row = row.model_copy(update={"params": {**row.params, "url": service.url}})
        probes = verifier_for(row).probes(row)
        assert [verifier_for(row).verify(row, text).score for _, text, _ in probes] == [0.0, 0.0, 1.0]
        assert [expected for _, _, expected in probes] == [0.0, 0.0, None] and len(service.asked) == 1


def test_no_caller_need_give_up_before_the_last_request_has() -> None:
    assert Http(url="http://host/", retries=2, timeout_s=20.0).longest_s(problem()) == 3 * (10 + 20) + 2 * 60
