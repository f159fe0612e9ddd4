"""The client of `urllib`, against an endpoint that answers as scripted: three outcomes, retries, no second verdict."""

import json
import socket
from collections.abc import Callable
from typing import Any

import pytest
from served import MATH, ONE, Served, does

from temper.gateway.clients import plain
from temper.gateway.clients.plain import Finding, Gateway

Answers = list[tuple[int, dict[str, str], bytes]]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain, "WAIT_S", 0.01)


def verdict(score: float | None, outcome: str = "scored", **more: Any) -> bytes:
    return json.dumps({"id": "m", "outcome": outcome, "score": score, "detail": "why", "seconds": 0.1, **more}).encode()


def test_three_outcomes_are_kept(gateway: Served) -> None:
    client = Gateway(gateway.url, token=ONE, patience_s=0)
    row, broken = does("broken")
    found = client.verify_all([(MATH, "\\boxed{42}"), (MATH, "no"), (row, broken), (MATH, "\\boxed{42}")])
    assert [one.score for one in found] == [1.0, 0.0, None, 1.0]
    assert [one.outcome for one in found] == ["scored", "scored", "error", "scored"] and "box is gone" in found[
        2
    ].detail


def test_a_bad_row_and_a_wrong_token_are_refused_at_once(gateway: Served) -> None:
    with pytest.raises(ValueError, match=r"status 422: line 2: problem: field 'verifier'"):
        Gateway(gateway.url, token=ONE).verify_all([(MATH, "x"), ({**MATH, "verifier": "maths"}, "x")])
    with pytest.raises(ValueError, match="status 401"):
        Gateway(gateway.url, token="another").verify(MATH, "x")


def test_many_rows_go_in_several_requests_and_come_back_in_order(
    gateway: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plain, "ROWS", 7)
    client = Gateway(gateway.url, token=ONE)
    found = client.verify_all([(MATH, f"\\boxed{{{n}}}") for n in range(50)])
    assert [one.score for one in found] == [1.0 if n == 42 else 0.0 for n in range(50)]


def test_what_may_pass_is_asked_again_with_its_key(scripted: Callable[..., Any]) -> None:
    with scripted(
        [(503, {"Retry-After": "0"}, b"{}"), (429, {}, b'{"error": "full"}'), (200, {}, verdict(1.0))]
    ) as end:
        assert Gateway(end.base).verify(MATH, "x").score == 1.0
    keys = [head["idempotency-key"] for head in end.heads]
    assert len(keys) == 3 and len(set(keys)) == 1


def test_what_does_not_pass_is_an_error_and_no_score(scripted: Callable[..., Any]) -> None:
    with scripted([(503, {}, b'{"error": "draining"}')] * 50) as end:
        found = Gateway(end.base, patience_s=0.05).verify(MATH, "x")
    assert found == Finding("error", None, "draining")


def test_only_an_error_that_may_pass_is_asked_for_again(scripted: Callable[..., Any]) -> None:
    lines = b"\n".join(
        (verdict(1.0), verdict(None, "error", retryable=True), verdict(None, "error", retryable=False), verdict(0.0))
    )
    with scripted([(200, {}, lines), (200, {}, verdict(0.5))]) as end:
        found = Gateway(end.base).verify_all([(MATH, "x")] * 4)
    assert [one.score for one in found] == [1.0, 0.5, None, 0.0]
    assert [len(body) for body in end.bodies] == [4, 1]


def test_a_stream_that_is_cut_is_asked_for_the_rest(scripted: Callable[..., Any]) -> None:
    with scripted([(200, {}, verdict(1.0) + b"\n" + verdict(0.0)[:20]), (200, {}, verdict(0.25))]) as end:
        assert [one.score for one in Gateway(end.base).verify_all([(MATH, "x")] * 2)] == [1.0, 0.25]


def test_another_gateway_is_asked_where_one_is_gone(scripted: Callable[..., Any]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        gone = f"http://127.0.0.1:{taken.getsockname()[1]}"
    with scripted([(200, {}, verdict(1.0))]) as end:
        assert Gateway(gone, end.base).verify(MATH, "x").score == 1.0


def test_a_redirect_is_not_followed(scripted: Callable[..., Any]) -> None:
    with (
        scripted([(302, {"Location": "http://127.0.0.1:9/"}, b"")]) as end,
        pytest.raises(ValueError, match="status 302"),
    ):
        Gateway(end.base, token="secret").verify(MATH, "x")
    assert len(end.heads) == 1


@pytest.mark.parametrize("url", ["127.0.0.1:8100", "file:///etc/passwd", ""])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="no address"):
        Gateway(url)
