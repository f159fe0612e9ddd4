"""Whose failure it was. Whatever a verifier does wrong is an error of ours with its reason: no score, no exception, and
nothing that cannot travel or be written; an endpoint or a sandbox that breaks may be asked elsewhere."""

import json
import math
import pickle
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from temper.verifiers.doubles import Reply, says, scripted_endpoint
from temper.verifiers.judging import Judge, Judgement
from temper.verifiers.plugins import Plugins
from temper.verifiers.problem import Problem
from temper.verifiers.verdict import MAX_DETAIL, Verdict, abstained, scored
from temper.verifiers.verifier import Sandbox, SandboxError, Verifier


class UnspeakableError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


class Mine(Verdict):
    """A class of a verifier's own, which no other process knows."""

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("stays here")


def raises(error: BaseException) -> Callable[[], object]:
    def act() -> object:
        raise error

    return act


async def later() -> Verdict:
    return scored(1.0)


def unchecked(**fields: object) -> Verdict:
    return Verdict.model_construct(**{"outcome": "scored", "score": 1.0, "detail": "", "parts": {}, **fields})  # type: ignore[arg-type]


ACTS: dict[str, Callable[[], object]] = {}
"""What the verifier of a test does, by the completion's text."""


class Acts(Verifier):
    def verify(self, problem: Problem, completion: str, sandbox: Sandbox | None = None) -> Verdict:
        return ACTS[completion]()  # type: ignore[return-value]

    def longest_s(self, problem: Problem) -> float:
        return ACTS[str(problem.answer)]()  # type: ignore[return-value]


JUDGE = Judge(None, plugins=Plugins((__name__,)))


def judged(act: Callable[[], object]) -> Judgement:
    """In a thread, as actors do it."""
    ACTS["act"] = act
    found: list[Judgement] = []
    items = [(Problem(id="p", prompt="?", verifier=f"{__name__}:Acts"), "act")]
    thread = threading.Thread(target=lambda: found.extend(JUDGE.judge(items)))
    thread.start()
    thread.join()
    (judgement,) = found
    return judgement


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (lambda: 0.5, "VerifierError: verify returned 0.5, no Verdict; return scored(...) or abstained(...)"),
        (lambda: 1, "VerifierError: verify returned 1, no Verdict"),
        (lambda: True, "VerifierError: verify returned True, no Verdict"),
        (lambda: None, "VerifierError: verify returned None, no Verdict"),
        (lambda: {"score": 1.0}, "VerifierError: verify returned {'score': 1.0}, no Verdict"),
        (lambda: (1.0, "fine"), "VerifierError: verify returned (1.0, 'fine'), no Verdict"),
        (lambda: "x" * 10**7, "VerifierError: verify returned 'xxx"),
        (lambda: (scored(1.0) for _ in "a"), "VerifierError: verify returned <generator"),
        (later, "VerifierError: verify returned a coroutine, no Verdict; write a plain `def verify`, without async"),
        (lambda: scored(math.nan), "ValidationError"),
        (lambda: scored(math.inf), "ValidationError"),
        (lambda: scored(1.5), "ValidationError"),
        (lambda: scored(-0.1), "ValidationError"),
        (lambda: scored(None), "ValidationError"),  # type: ignore[arg-type]
        (lambda: scored(0.5, 7), "ValidationError"),  # type: ignore[arg-type]
        (lambda: scored(0.5, parts={"a": math.nan}), "ValidationError"),
        (lambda: unchecked(score=math.nan), "ValidationError"),
        (lambda: unchecked(score=7.0), "ValidationError"),
        (lambda: unchecked(score=None), "ValidationError"),
        (lambda: unchecked(outcome="fine"), "ValidationError"),
        (lambda: unchecked(detail=None), "TypeError"),
        (lambda: unchecked(parts=None), "AttributeError"),
        (raises(ZeroDivisionError("mine")), "ZeroDivisionError: mine"),
        (raises(KeyError("ten")), "KeyError: 'ten'"),
        (raises(SystemExit(3)), "SystemExit: 3"),
        (raises(KeyboardInterrupt()), "KeyboardInterrupt"),
        (raises(GeneratorExit()), "GeneratorExit"),
        (raises(UnspeakableError()), "UnspeakableError: its message raised RuntimeError"),
        (raises(ValueError("a\ud800")), "ValueError: a\\ud800"),
    ],
)
def test_what_is_no_verdict_is_an_error_of_ours_with_its_reason(act: Callable[[], object], said: str) -> None:
    judgement = judged(act)
    assert judgement.verdict is None and judgement.score is None and not judgement.retryable
    assert judgement.error.startswith(f"verifier: {said}")
    assert len(judgement.error) < 1000 and judgement.error.encode()
    assert "Traceback" in judgement.traceback
    assert pickle.loads(pickle.dumps(judgement)) == judgement  # noqa: S301 - our own


def test_a_verdict_travels_and_is_written_whatever_a_verifier_put_into_it() -> None:
    mine = Mine(outcome="scored", score=0.5, detail="a\ud800" + "b" * MAX_DETAIL, parts={"\udfff": 1.0})
    verdict = judged(lambda: mine).verdict
    assert verdict is not None and type(verdict) is Verdict and verdict.score == 0.5
    assert verdict.detail.startswith("a\\ud800bbb") and verdict.detail.endswith("b...")
    assert pickle.loads(pickle.dumps(verdict)) == verdict  # noqa: S301 - our own
    assert json.dumps(verdict.model_dump()).encode() and verdict.detail.encode()
    numbers = pytest.importorskip("numpy")
    verdict = judged(lambda: scored(numbers.float32(0.5), "x")).verdict
    assert verdict is not None and type(verdict.score) is float


def test_scores_and_abstentions_pass() -> None:
    assert judged(lambda: scored(0.25, "why", {"math": 0.5})).verdict == scored(0.25, "why", {"math": 0.5})
    assert judged(lambda: abstained("no key")).outcome == "abstained"


def test_ctrl_c_still_ends_a_judge_on_the_main_thread() -> None:
    ACTS["act"] = raises(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        JUDGE.judge([(Problem(id="p", prompt="?", verifier=f"{__name__}:Acts"), "act")])


@pytest.mark.parametrize(
    ("act", "longest"),
    [(lambda: 7, 7.0), (lambda: math.nan, 0.0), (lambda: math.inf, 0.0), (lambda: "x", 0.0), (lambda: None, 0.0),
     (raises(SystemExit(1)), 0.0)],
)  # fmt: skip
def test_a_time_that_is_no_number_asks_for_none(act: Callable[[], Coroutine[Any, Any, Any]], longest: float) -> None:
    ACTS["longest"] = act
    problem = Problem(id="p", prompt="?", verifier=f"{__name__}:Acts", answer="longest")
    assert JUDGE.longest_s(problem) == longest


class BreaksTheSandbox(Verifier):
    def verify(self, problem: Problem, completion: str, sandbox: Sandbox | None = None) -> Verdict:
        raise SandboxError("gone")


@pytest.mark.parametrize(
    ("answer", "error", "retryable"),
    [
        (Reply(b"busy", 503), "endpoint: http://", True),
        (says("no verdict"), "endpoint: http://", True),
        (Reply(b"who?", 401), "verifier: VerifierError: http://", False),
    ],
)
def test_an_endpoint_that_fails_is_infrastructure_and_one_that_refuses_is_not(
    answer: Reply, error: str, retryable: bool
) -> None:
    with scripted_endpoint(lambda n, body: answer) as endpoint:
        params = {"rubric": "r", "endpoint": endpoint.url, "model": "m", "retries": 0}
        (judgement,) = Judge(None).judge([(Problem(id="p", prompt="q", verifier="judge", params=params), "x")])
    assert judgement.verdict is None and judgement.retryable is retryable
    assert judgement.error.startswith(error)


def test_a_sandbox_that_breaks_may_be_asked_elsewhere() -> None:
    problem = Problem(id="p", prompt="q", verifier=f"{__name__}:BreaksTheSandbox")
    (judgement,) = JUDGE.judge([(problem, "x")])
    assert judgement.verdict is None and judgement.retryable
    assert judgement.error == "sandbox: gone"
