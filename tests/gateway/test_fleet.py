"""A run's verifiers at gateways: the same judgements as here, whatever becomes of the gateways meanwhile."""

import json
import logging
import pickle
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing
from typing import Any

import pytest
from served import MATH, ONE, Scripted, Served, does

from temper.gateway import fleet
from temper.gateway.fleet import GatewayVerifiers, line_of
from temper.verifiers.judging import Judge, Judgement
from temper.verifiers.plugins import Plugins
from temper.verifiers.problem import Problem
from temper.verifiers.sessions.session import Answered, Exchange

Serve = Callable[..., AbstractContextManager[Served]]
DOES = Plugins(("does",))


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet, "EVERY_S", 0.1)
    monkeypatch.setattr(fleet, "HEALTH_S", 1.0)


@pytest.fixture
def verifiers(gateway: Served) -> Iterator[GatewayVerifiers]:
    with closing(GatewayVerifiers([gateway.url], ONE)) as asked:
        yield asked


def problem(**fields: Any) -> Problem:
    return Problem.model_validate({**MATH, **fields})


def asks(what: str) -> tuple[Problem, str]:
    row, text = does(what)
    return Problem.model_validate(row), text


def told(judgement: Judgement) -> tuple[object, ...]:
    """All but the time that it took."""
    return judgement.verdict, judgement.error


def test_judgements_are_those_of_a_judge_here(verifiers: GatewayVerifiers) -> None:
    parts = [{"verifier": "math", "weight": 0.25}, {"verifier": "choice", "weight": 0.75}]
    items = [
        *[(problem(), f"\\boxed{{{n}}}") for n in range(40, 45)],
        (problem(params={"unreadable": "abstain"}, answer="\\frac{1}{"), "1"),
        (problem(verifier={"sum": parts}, answer="B"), "(B)"),
        asks("float"),
        asks("broken"),
        (problem(), "\ud800 \x00 \u2028 text that no file takes"),
    ]
    here = Judge(plugins=DOES).judge(items)
    assert [told(one) for one in verifiers.judge(items)] == [told(one) for one in here]
    assert {one.outcome for one in here} == {"scored", "abstained", "error"}


def test_a_row_that_the_gateway_refuses_is_an_error_of_ours_and_the_only_one(verifiers: GatewayVerifiers) -> None:
    items = [(problem(id=f"m{n}"), "\\boxed{42}") for n in range(30)]
    items[7] = (problem(id="../m7"), "\\boxed{42}")
    judgements = verifiers.judge(items)
    assert [one.score for one in judgements] == [1.0] * 7 + [None] + [1.0] * 22
    assert "refused the row" in judgements[7].error and not judgements[7].retryable


def test_what_only_a_gateway_may_say_does_not_travel() -> None:
    judge = {"rubric": "?", "endpoint": "http://secret", "model": "m", "api_key_env": "KEY", "max_score": 3}
    alone = json.loads(line_of((problem(verifier="judge", params=judge), "x")))["problem"]
    assert alone["params"] == {"rubric": "?", "max_score": 3}
    part = {"verifier": {"sum": [{"verifier": "judge", "weight": 1, "params": judge}]}}
    inside = {"gate": {"verifier": "math"}, "then": part}
    assert "secret" not in line_of((problem(verifier=inside), "x")).decode()


def test_turns_travel_as_they_are(verifiers: GatewayVerifiers, gateway: Served) -> None:
    answered = Answered("add", {"a": [1, {"b": None}]}, "3 \u2028", "time", 0.25)
    turns = (Exchange("first", (answered,)), Exchange("last"))
    item = (problem(verifier="does:ReadsTurns"), "last", turns)
    (away,), (here,) = verifiers.judge([item]), Judge(plugins=DOES).judge([item])
    assert told(away) == told(here) and away.detail == repr(turns)
    row = {"problem": {**MATH, "verifier": "does:ReadsTurns"}, "completion": "x", "turns": [{"txt": "x"}]}
    refused = gateway.send("/verify", json.dumps(row))
    assert refused.status == 422 and "field 'turns.0" in refused.json["error"]


def test_it_travels_to_other_processes(gateway: Served) -> None:
    with closing(pickle.loads(pickle.dumps(GatewayVerifiers([gateway.url], ONE)))) as asked:  # noqa: S301 - our own
        assert asked.judge([(problem(), "\\boxed{42}")])[0].score == 1.0


@pytest.mark.whole
def test_a_gateway_that_is_killed_and_one_that_hangs_lose_no_verdict(
    gateway: Served, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    """Beside a sound one: another is killed, comes back on its port, is stopped, and goes on."""
    with ExitStack() as others:
        first = others.enter_context(serve())
        with closing(GatewayVerifiers([gateway.url, first.url], ONE)) as asked, caplog.at_level(logging.WARNING):
            futures = asked.ask([asks("sleep 0.01") for _ in range(100)])
            first.process.kill()
            first.process.wait()
            assert [future.result().score for future in futures] == [1.0] * 100
            second = others.enter_context(serve(port=first.port))
            wait_for(lambda: "is there again" in caplog.text)
            second.process.send_signal(signal.SIGSTOP)
            futures = asked.ask([asks("ok")] * 100)
            try:
                assert [future.result().score for future in futures] == [1.0] * 100
            finally:
                second.process.send_signal(signal.SIGCONT)
            assert caplog.text.count("left out") >= 2


def wait_for(what: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not what() and time.monotonic() < until:
        time.sleep(0.05)
    assert what()


def test_without_any_gateway_it_waits_and_says_so(
    scripted: Callable[..., AbstractContextManager[Scripted]], serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    with scripted([]) as end:
        port = int(end.base.rpartition(":")[2])
    with closing(GatewayVerifiers([f"http://127.0.0.1:{port}"], ONE)) as asked, caplog.at_level(logging.ERROR):
        (future,) = asked.ask([(problem(), "\\boxed{42}")])
        wait_for(lambda: "verdicts wait until one does" in caplog.text)
        assert not future.done()
        with serve(port=port):
            assert future.result(60).score == 1.0


def test_closing_leaves_nobody_waiting() -> None:
    asked = GatewayVerifiers(["http://127.0.0.1:9"], ONE)
    futures = asked.ask([(problem(), "x")] * 3)
    threading.Timer(0.3, asked.close).start()
    assert {future.result(30).outcome for future in futures} == {"error"}
