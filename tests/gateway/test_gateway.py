"""`temper gateway`, asked over HTTP: verdicts, streams, statuses, one verdict a request, whom a hanging one costs."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from served import ECHO, ECHOES, MATH, ONE, TWO, Reply, Served, does, line

from temper.verifiers.table import VERIFIERS


def test_a_row_gets_its_verdict(gateway: Served) -> None:
    right, wrong = gateway.verify(MATH, "\\boxed{42}"), gateway.verify(MATH, "\\boxed{41}")
    assert (right.status, right.json["id"], right.json["outcome"], right.json["score"]) == (200, "m", "scored", 1.0)
    assert (wrong.status, wrong.json["score"]) == (200, 0.0) and wrong.json["detail"]


def test_a_program_runs_in_the_sandbox(gateway: Served) -> None:
    assert gateway.verify(ECHO, ECHOES).json["score"] == 1.0
    assert gateway.verify(ECHO, "```python\nprint(8)\n```").json["score"] == 0.0


def test_the_parts_of_a_composition_are_told(gateway: Served) -> None:
    parts = [{"verifier": "math", "weight": 0.25}, {"verifier": "choice", "weight": 0.75}]
    told = gateway.verify({**MATH, "answer": "B", "verifier": {"sum": parts}}, "(B)").json
    assert set(told["parts"]) == {"math", "choice"} and 0 <= told["score"] <= 1


def test_a_row_that_cannot_be_judged_abstains_and_is_no_error(gateway: Served) -> None:
    told = gateway.verify({**ECHO, "params": {**ECHO["params"], "tests": UNIT}}, ECHOES)
    assert (told.status, told.json["outcome"], told.json["score"]) == (200, "abstained", None)


def test_lines_are_answered_in_order(gateway: Served) -> None:
    slow_first = [line(*does("sleep 0.2")), *(line(MATH, f"\\boxed{{{40 + n}}}") for n in range(30))]
    reply = gateway.stream(*slow_first, "", line(*does("ok")), "")
    assert reply.status == 200 and reply.headers["content-type"] == "application/x-ndjson"
    assert [one["id"] for one in reply.lines] == ["d", *["m"] * 30, "d"]
    assert [one["score"] for one in reply.lines[1:31]] == [1.0 if n == 2 else 0.0 for n in range(30)]


def test_a_stream_is_answered_while_its_later_rows_are_judged(gateway: Served) -> None:
    body = f"{line(MATH, 'x')}\n{line(*does('sleep 0.8'))}\n".encode()
    head = f"POST /verify HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ONE}\r\nContent-Type: application/x-ndjson\r\n"
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=10) as connection:
        connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        data, first = b"", None
        while data.count(b'"outcome"') < 2:
            data += connection.recv(65536)
            first = first or (time.monotonic() if b'"outcome"' in data else None)
        assert first and time.monotonic() - first > 0.4


UNIT = {"kind": "unit", "code": "from nowhere import it"}
BAD: dict[str, tuple[dict[str, Any], str]] = {
    "unknown verifier": ({**MATH, "verifier": "maths"}, "field 'verifier': unknown verifier 'maths'; did you mean"),
    "unknown field": ({**MATH, "anser": 1}, "unknown field 'anser'; did you mean 'answer'?"),
    "unknown param": ({**MATH, "params": {"percents": "x"}}, "math has no parameter 'percents'"),
    "no prompt": ({**MATH, "prompt": ""}, "field 'prompt' is empty"),
    "too long": ({**ECHO, "params": {**ECHO["params"], "time_limit_s": 300}}, "s, at most 600 here; lower `time_limit"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_row_is_refused_with_its_line_and_field_before_any_is_judged(gateway: Served, name: str) -> None:
    row, what = BAD[name]
    alone = gateway.verify(row, "x")
    assert alone.status == 422 and what in alone.json["error"]
    among = gateway.stream(line(*does("sleep 0.3")), "", line(row, "x"), line(MATH, "x"))
    assert among.status == 422 and "line 3" in among.json["error"] and what in among.json["error"]


@pytest.mark.parametrize(
    ("what", "detail", "again"),
    [
        ("broken", "sandbox: the box is gone", True),
        ("float", "verifier: VerifierError: verify returned 0.5", False),
        ("die", "process: lost twice: ended by signal 9", True),
        ("sleep 99", "verifier: took longer than 1 s", False),
    ],
)
def test_an_error_of_ours_is_503_and_no_score(gateway: Served, what: str, detail: str, again: bool) -> None:
    reply = gateway.verify(*does(what))
    assert reply.status == 503 and reply.headers["retry-after"] == "1"
    assert reply.json["outcome"] == "error" and reply.json["score"] is None and detail in reply.json["detail"]
    assert reply.json["retryable"] is again
    assert gateway.verify(*does("ok")).json["score"] == 1.0


def test_an_error_of_ours_in_a_stream_is_its_own_line(gateway: Served) -> None:
    reply = gateway.stream(line(*does("ok")), line(*does("broken")), line(*does("ok")))
    assert [one["outcome"] for one in reply.lines] == ["scored", "error", "scored"]


def test_a_row_whose_tests_may_take_long_is_waited_for(gateway: Served) -> None:
    assert gateway.verify(*does("sleep 1.2", patient=True)).json["score"] == 1.0


def test_health_metrics_and_verifiers_are_told(gateway: Served) -> None:
    gateway.verify(MATH, "\\boxed{42}")
    health = gateway.send("/health", token="").json
    assert health["status"] == "ready" and health["slots"] == 2 and {"at_work", "queue", "requests"} <= health.keys()
    metrics = gateway.send("/metrics").body.decode()
    counts = [text for text in metrics.splitlines() if text.startswith('temper_verdicts_total{verifier="math"')]
    assert counts and all(int(text.split()[-1]) > 0 for text in counts)
    for name in ("temper_request_seconds_bucket", "temper_queue ", "temper_slots 2", "temper_replaced_total"):
        assert name in metrics
    told = gateway.send("/verifiers").json["verifiers"]
    assert told.keys() == VERIFIERS.keys() and "percent" in told["math"]["params"]["properties"]
    assert "rubric" in told["judge"]["params"]["properties"] and "endpoint" not in told["judge"]["params"]["properties"]


def asked(gateway: Served, what: str, key: str | None, token: str = ONE) -> Reply:
    headers = {} if key is None else {"Idempotency-Key": key}
    return gateway.send("/verify", line(*does(what)), headers, token)


def test_a_request_that_comes_again_with_its_key_gets_the_same_verdict(gateway: Served) -> None:
    first, again = asked(gateway, "sleep 0.01", "k1"), asked(gateway, "sleep 0.01", "k1")
    assert first.json == again.json
    assert asked(gateway, "sleep 0.01", "k2").json["seconds"] != first.json["seconds"]
    assert asked(gateway, "sleep 0.01", "k1", TWO).json["seconds"] != first.json["seconds"], "another client's key"


def test_a_key_that_comes_twice_at_a_time_makes_one_verdict(gateway: Served) -> None:
    with ThreadPoolExecutor(4) as threads:
        replies = list(threads.map(lambda _: asked(gateway, "sleep 0.2", "k3"), range(4)))
    assert len({reply.body for reply in replies}) == 1 and replies[0].json["score"] == 1.0


def test_a_stream_that_comes_again_with_its_key_gets_the_same_verdicts(gateway: Served) -> None:
    lines = [line(*does(f"sleep 0.0{n}")) for n in range(1, 5)]
    assert gateway.stream(*lines, Idempotency_Key="s").body == gateway.stream(*lines, Idempotency_Key="s").body


def test_a_key_with_another_body_is_refused(gateway: Served) -> None:
    asked(gateway, "ok", "k4")
    assert asked(gateway, "other", "k4").status == 422


def test_an_error_of_ours_is_not_kept_under_its_key(gateway: Served) -> None:
    assert asked(gateway, "broken", "k5").status == asked(gateway, "broken", "k5").status == 503


def test_who_sends_what_hangs_costs_the_others_little(gateway: Served) -> None:
    """Both workers hang for the first client, and more of his waits; the second one's verdicts come meanwhile."""
    with ThreadPoolExecutor(3) as threads:
        hanging = [threads.submit(asked, gateway, "sleep 99", None) for _ in range(3)]
        time.sleep(0.3)
        for _ in range(5):
            assert asked(gateway, "ok", None, TWO).json["score"] == 1.0
        assert not all(one.done() for one in hanging), "it would have come after two rounds of 1 s"


def test_a_client_with_too_many_requests_is_told_to_come_again(gateway: Served) -> None:
    """41 at a time where 40 may be; the others' are not refused meanwhile."""
    with ThreadPoolExecutor(60) as threads:
        replies = [threads.submit(asked, gateway, "sleep 0.02", None) for _ in range(60)]
        time.sleep(0.2)
        assert asked(gateway, "ok", None, TWO).status == 200
    statuses = [reply.result().status for reply in replies]
    refused = [reply.result() for reply in replies if reply.result().status == 429]
    assert set(statuses) == {200, 429} and all(reply.headers["retry-after"] == "1" for reply in refused)
    assert {reply.headers["connection"] for reply in refused} == {"close"}, "a flood holds no connection"


def test_what_its_client_has_left_is_not_judged(gateway: Served) -> None:
    before = gateway.send("/metrics").body.decode()
    with ThreadPoolExecutor(8) as threads:
        for _ in range(8):
            threads.submit(_leave, gateway)
    assert asked(gateway, "ok", None).status == 200
    assert gateway.send("/health").json["requests"] <= 8 and "temper_queue" in before


def _leave(gateway: Served) -> None:
    body = line(*does("sleep 1.2")).encode()
    head = f"POST /verify HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ONE}\r\nContent-Length: {len(body)}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", gateway.port)) as connection:
        connection.sendall(head.encode() + body)
