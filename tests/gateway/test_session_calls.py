"""`POST /sessions`, its calls and its end: turns of a rollout that is sampled elsewhere, and who may not have them."""

import asyncio
import json
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from served import LIMITS, MATH, ONE, TWO, Reply, Served

from temper.gateway.doors.refusals import RefusalError
from temper.gateway.section import GatewaySection
from temper.gateway.sessions.kept import Sessions
from temper.gateway.sessions.turns import called_text
from temper.gateway.workers import Answer
from temper.verifiers.reading.calls import Call, each_call

Serve = Callable[..., AbstractContextManager[Served]]
SUMS: dict[str, Any] = {**MATH, "id": "s", "answer": "4.2", "session": {"kind": "arithmetic"}}
PATIENT = LIMITS.replace("verdict_s: 1.0", "verdict_s: 60")
CELLS: dict[str, Any] = {**SUMS, "session": {"kind": "python", "call_s": 1}}
ACTS: dict[str, Any] = {**SUMS, "session": {"kind": "does:Acts"}}


def opened(gateway: Served, problem: Any = SUMS, key: str = "", **more: Any) -> Any:
    body = json.dumps({"problem": problem, **more})
    reply = sound(lambda: gateway.send("/sessions", body, keyed(key)))
    assert reply.status == 200, reply.body
    return reply.json


def sound(ask: Callable[[], Reply]) -> Reply:
    """The answer, asked again where an error of ours came: a second is little on a busy machine."""
    deadline = time.monotonic() + 60
    while (reply := ask()).status == 503 and time.monotonic() < deadline:
        time.sleep(0.05)
    return reply


def keyed(key: str) -> dict[str, str]:
    return {"Idempotency-Key": key} if key else {}


def call(gateway: Served, name: str, body: Any, key: str = "", token: str = ONE) -> Reply:
    return sound(lambda: called(gateway, name, body, key, token))


def called(gateway: Served, name: str, body: Any, key: str = "", token: str = ONE) -> Reply:
    """Asked once."""
    return gateway.send(f"/sessions/{name}/call", json.dumps(body), keyed(key), token)


def add(a: float, b: float) -> dict[str, Any]:
    return {"name": "add", "arguments": {"a": a, "b": b}}


def act(what: str, argument: str = "") -> dict[str, Any]:
    return {"name": "act", "arguments": {"what": what, "argument": argument}}


def cell(gateway: Served, name: str, code: str) -> Any:
    reply = call(gateway, name, {"name": "python", "arguments": {"code": code}})
    assert reply.status == 200, reply.body
    answered = reply.json["answered"][0]
    return {**answered, "text": answered["text"].rstrip()}


def ended(gateway: Served, name: str, token: str = ONE) -> int:
    with closing(HTTPConnection("127.0.0.1", gateway.port, timeout=30)) as connection:
        connection.request("DELETE", f"/sessions/{name}", headers={"Authorization": f"Bearer {token}"})
        return connection.getresponse().status


def sessions(gateway: Served) -> int:
    return int(gateway.send("/health", token="").json["sessions"])


def test_a_session_is_opened_called_and_ended(gateway: Served) -> None:
    told = opened(gateway)
    assert {tool["function"]["name"] for tool in told["tools"]} >= {"add", "negate"} and told["idle_s"] > 0
    first = call(gateway, told["id"], add(1, 2)).json["answered"]
    assert [(one["name"], json.loads(one["text"]), one["fault"]) for one in first] == [("add", {"solution": 4.2}, "")]
    wrong = call(gateway, told["id"], {"name": "ad", "arguments": {}})
    assert wrong.status == 200 and wrong.json["answered"][0]["fault"] == "unknown"
    assert "did you mean 'add'" in wrong.json["answered"][0]["text"]
    whole = {"text": "".join(f"<tool_call>{json.dumps(add(n, n))}</tool_call>" for n in range(3))}
    assert len(call(gateway, told["id"], whole).json["answered"]) == 3
    assert call(gateway, told["id"], {"text": "it calls nothing"}).json["answered"] == []
    assert sessions(gateway) >= 1
    assert ended(gateway, told["id"]) == 200 and ended(gateway, told["id"]) == 404
    assert call(gateway, told["id"], add(1, 2)).status == 404


def test_its_turns_are_what_verify_takes_and_open_it_elsewhere(gateway: Served) -> None:
    turn = call(gateway, opened(gateway)["id"], add(1, 2)).json
    row = {"problem": SUMS, "completion": "\\boxed{4.2}", "turns": [turn, {"text": "\\boxed{4.2}"}]}
    reply = gateway.send("/verify", json.dumps(row))
    assert (reply.status, reply.json["score"]) == (200, 1.0), reply.body
    turn = call(gateway, opened(gateway, CELLS)["id"], {"name": "python", "arguments": {"code": "x = 6"}}).json
    assert cell(gateway, opened(gateway, CELLS, turns=[turn])["id"], "x * 7")["text"] == "42"


def test_python_sessions_keep_their_names_and_a_lost_process_takes_none(gateway: Served) -> None:
    """Two sessions take turns, and both processes die between two calls."""
    names = [opened(gateway, CELLS)["id"] for _ in range(2)]
    for place, name in enumerate(names):
        cell(gateway, name, f"x = {place} + 40")
    assert gateway.verify({"id": "d", "prompt": "?", "verifier": "does:Does"}, "die").status == 503
    assert [cell(gateway, name, "x += 1; x")["text"] for name in names] == ["41", "42"]
    assert [cell(gateway, name, "x += 1; x")["text"] for name in names] == ["42", "43"]


def test_a_cell_that_does_not_end_is_the_models_fault(gateway: Served) -> None:
    """And what it was to say before it, with the session, is still there."""
    name = opened(gateway, CELLS)["id"]
    slow = cell(gateway, name, "print('first', flush=True)\nwhile True: pass")
    assert slow["fault"] == "time" and slow["text"].startswith("first")
    assert cell(gateway, name, "6 * 7")["text"] == "42"


@pytest.mark.parametrize("what", [pytest.param("hang", marks=pytest.mark.whole), "die", "broken"])
def test_a_session_that_hangs_dies_or_breaks_is_ours_and_goes_on(gateway: Served, what: str) -> None:
    name = opened(gateway, ACTS)["id"]
    assert call(gateway, name, act("say", "a")).json["answered"][0]["text"] == "a"
    wrong = called(gateway, name, act(what))
    assert wrong.status == 503 and wrong.headers["retry-after"] == "1"
    assert wrong.json["outcome"] == "error" and "answered" not in wrong.json
    assert call(gateway, name, act("say", "b")).json["answered"][0]["text"] == "ab"


@pytest.mark.whole
def test_a_session_is_open_in_one_process_and_closed_with_its_end(serve: Serve, tmp_path: Path) -> None:
    """As a place at a service would be: each opening leaves a line, and so does each closing."""
    with serve(config=PATIENT) as gateway:
        is_open_in_one_process(gateway, tmp_path / "told")


def is_open_in_one_process(gateway: Served, told: Path) -> None:
    name = opened(gateway, {**ACTS, "session": {"kind": "does:Acts", "told": str(told)}})["id"]
    for _ in range(3):
        with ThreadPoolExecutor(2) as threads:  # whichever process is free, it is the same one that answers
            for one in [threads.submit(gateway.verify, MATH, "\\boxed{42}") for _ in range(2)]:
                one.result()
        assert call(gateway, name, act("say", "a")).status == 200
    lines = told.read_text().split()
    assert lines.count("open") - lines.count("close") == 1
    assert ended(gateway, name) == 200
    until(lambda: told.read_text().split().count("close") == told.read_text().split().count("open"))


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_what_comes_again_with_its_key_is_done_once(gateway: Served) -> None:
    with ThreadPoolExecutor(4) as pool:
        names = set(pool.map(lambda _: opened(gateway, ACTS, "once")["id"], range(4)))
        (name,) = names
        found = list(pool.map(lambda _: call(gateway, name, act("say", "a"), "once").body, range(4)))
    assert len(set(found)) == 1 and call(gateway, name, act("say", "b"), "once").status == 422
    assert call(gateway, name, act("say", "b")).json["answered"][0]["text"] == "ab"
    assert ended(gateway, name) == 200 and call(gateway, name, act("say", "a"), "once").body == found[0]


def test_two_calls_at_a_time_are_one_too_many(gateway: Served) -> None:
    name = opened(gateway, ACTS)["id"]
    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(reply.status for reply in pool.map(lambda _: call(gateway, name, act("wait")), range(4)))
    assert statuses[0] == 200 and statuses[-1] == 409 and set(statuses) == {200, 409}


STRANGE = ["../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%00", "0" * 32, "x" * 5000, "call", "%7e", "*"]


@pytest.mark.parametrize("name", STRANGE)
def test_an_id_that_is_guessed_is_not_there(gateway: Served, name: str) -> None:
    assert call(gateway, name, add(1, 2)).status == 404 and ended(gateway, name) == 404


def test_a_session_is_its_clients_alone(gateway: Served) -> None:
    name = opened(gateway)["id"]
    assert len(name) == 32 and name not in gateway.log.read_text()
    assert call(gateway, name, add(1, 2), token=TWO).status == 404 and ended(gateway, name, TWO) == 404
    assert call(gateway, name, add(1, 2), token="").status == 401 and ended(gateway, name, "x") == 401
    assert call(gateway, name, add(1, 2)).status == 200


BAD: list[tuple[Any, str]] = [
    ({"problem": {**SUMS, "session": None}}, "'session' is missing"),
    ({"problem": {**SUMS, "session": {"kind": "nowhere"}}}, "unknown session 'nowhere'"),
    ({"problem": {**SUMS, "session": {"kind": "os:Path"}}}, "rows may not name code"),
    ({"problem": {**SUMS, "session": {"kind": "tables", "folder": "/etc"}}}, "'session.folder': only a recipe may"),
    ({"problem": {**SUMS, "tools": [{"type": "function", "function": {"name": "system"}}]}}, "no function 'system'"),
    ({"problem": {**SUMS, "id": "../x"}}, "no id"),
    ({"problem": SUMS, "turns": [{"txt": "x"}]}, "turns"),
    ({"problem": SUMS, "url": "http://x"}, "unknown field 'url'"),
    ({"problem": 5}, "'problem': expected an object"),
    ({"turns": []}, "'problem'"),
    ([], "expected an object"),
]


@pytest.mark.parametrize(("body", "what"), BAD)
def test_a_bad_session_is_refused_and_none_is_open(gateway: Served, body: Any, what: str) -> None:
    before = sessions(gateway)
    reply = gateway.send("/sessions", json.dumps(body))
    assert reply.status == 422 and what in reply.json["error"], reply.body
    assert sessions(gateway) == before


def test_a_row_for_a_verdict_may_name_no_folder_either(gateway: Served) -> None:
    row, what = BAD[3]
    reply = gateway.verify(row["problem"], "x")
    assert reply.status == 422 and what in reply.json["error"]


BAD_CALLS: list[Any] = [{}, [], {"text": 5}, {"name": "add"}, {"name": 1, "arguments": {}}, {"text": "", "name": "x"}]


@pytest.mark.parametrize("body", BAD_CALLS, ids=str)
def test_a_bad_call_is_refused(body: Any) -> None:
    with pytest.raises(ValueError, match="body: .*; send"):
        called_text(json.dumps(body).encode())


def test_a_bad_call_is_refused_over_http_and_costs_the_session_nothing(gateway: Served) -> None:
    name = opened(gateway, ACTS)["id"]
    for body in (b"{", b"[" * 10_000 + b"]" * 10_000, b'{"text": 5}', b"", b"\xff"):
        reply = gateway.send(f"/sessions/{name}/call", body)
        assert reply.status == 422 and "body" in reply.json["error"]
    assert call(gateway, name, act("say", "a")).json["answered"][0]["text"] == "a"


@pytest.mark.parametrize("said", ["</think>", "</tool_call>", "<tool_call>", "\ud800", "\x00", "\u2028"])
def test_no_argument_ends_its_call(said: str) -> None:
    given = {"name": "python", "arguments": {"code": f"a{said}b"}}
    assert each_call(called_text(json.dumps(given).encode())) == [Call("python", {"code": f"a{said}b"})]


@pytest.mark.whole
def test_a_session_that_nobody_calls_ends(serve: Serve, tmp_path: Path) -> None:
    """Without anybody's asking: what it holds in its process is closed."""
    told = tmp_path / "told"
    with serve(config=f"{PATIENT}session_idle_s: 1.0\n") as gateway:
        name = opened(gateway, {**ACTS, "session": {"kind": "does:Acts", "told": str(told)}})["id"]
        assert call(gateway, name, act("say", "a")).status == 200
        until(lambda: told.read_text().split() == ["open", "close"])
        assert sessions(gateway) == 0 and call(gateway, name, act("say", "b")).status == 404


def test_a_flood_of_sessions_costs_its_client_alone_and_a_drain_answers_calls(serve: Serve) -> None:
    with serve(config=f"{PATIENT}max_sessions: 3\n") as gateway, ThreadPoolExecutor(8) as threads:
        row = json.dumps({"problem": ACTS})
        flood = list(threads.map(lambda _: gateway.send("/sessions", row), range(12)))
        assert sorted(reply.status for reply in flood) == [200] * 3 + [429] * 9
        assert {reply.headers.get("retry-after") for reply in flood if reply.status == 429} == {"1"}
        assert gateway.send("/sessions", row, token=TWO).status == 200
        (name, *_) = [reply.json["id"] for reply in flood if reply.status == 200]
        under_way = threads.submit(call, gateway, name, act("wait"))
        until(lambda: gateway.send("/health", token="").json["at_work"] >= 1)
        gateway.process.send_signal(signal.SIGTERM)
        assert under_way.result().json["answered"][0]["text"] == "waited"
        assert gateway.process.wait(30) == 0


@pytest.mark.whole
def test_sigkill_leaves_no_interpreter_of_a_session(serve: Serve) -> None:
    """One that waits in its slot, and one that is at work."""
    with serve() as gateway:
        waits, works = (opened(gateway, {**CELLS, "session": {"kind": "python"}})["id"] for _ in range(2))
        cell(gateway, waits, "x = 1")
        endless = {"name": "python", "arguments": {"code": "while True: pass"}}
        threading.Thread(target=_silently, args=(gateway, works, endless), daemon=True).start()
        until(lambda: gateway.send("/health", token="").json["at_work"] >= 1)
        time.sleep(0.5)
        processes = gateway.processes()
        gateway.process.kill()
        gateway.process.wait()
        until(lambda: not any(alive(pid) for pid in processes))


def alive(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def _silently(gateway: Served, name: str, body: Any) -> None:
    with pytest.raises(Exception, match=".*"):
        call(gateway, name, body)


def answer(outcome: str, body: bytes = b"{}") -> "asyncio.Future[Answer]":
    future: asyncio.Future[Answer] = asyncio.Future()
    future.set_result(Answer(503 if outcome == "error" else 200, "session", outcome, 0.0, body))
    return future


def test_what_is_kept_is_counted_and_what_is_idle_goes() -> None:
    now, gone = [0.0], list[str]()
    kept = Sessions(GatewaySection(max_sessions=2, session_idle_s=10), gone.append, lambda: now[0])

    async def script() -> None:
        old, new, bad = kept.add("a", b"{old}"), kept.add("a", b"{new}"), kept.add("b", b"{bad}")
        with pytest.raises(RefusalError, match="2 of yours are open"):
            kept.add("a", b"{}")
        for one, outcome in ((old, "opened"), (new, "opened"), (bad, "refused")):
            kept.opened(one, answer(outcome))
        assert gone == [bad.id] and kept.sizes == {"a": 10}
        assert kept.question(old, b"{call}") == f"call {old.id} 5 2\n".encode() + b"{old}[]{call}"
        with pytest.raises(RefusalError, match="under way"):
            kept.question(old, b"")
        now[0] = 11
        kept.forget()
        assert list(kept.kept) == [old.id] and gone == [bad.id, new.id]
        kept.called(old, answer("called", b"{turn}"))
        assert kept.question(old, b"").endswith(b"{old}[{turn}]") and kept.sizes == {"a": 11}
        kept.called(old, answer("error"))
        assert old.turns == [b"{turn}"] and not old.calling
        kept.question(old, b"")
        kept.called(old, answer("broke"))
        assert not kept.kept and not kept.sizes and not kept.counts and gone[-1] == old.id

    asyncio.run(script())


def test_what_is_idle_goes_though_nobody_asks() -> None:
    gone = list[str]()
    kept = Sessions(GatewaySection(session_idle_s=0.02), gone.append)

    async def script() -> None:
        one, called = kept.add("a", b"{}"), kept.add("a", b"{}")
        kept.opened(one, answer("opened"))
        async with asyncio.timeout(20):
            while not gone:
                await asyncio.sleep(0.01)
            assert gone == [one.id] and list(kept.kept) == [called.id]
            kept.opened(called, answer("opened"))
            while kept.kept:
                await asyncio.sleep(0.01)

    asyncio.run(script())
    assert len(gone) == 2


def test_what_is_ended_while_it_is_called_is_closed_behind_the_call() -> None:
    gone = list[str]()
    kept = Sessions(GatewaySection(), gone.append)

    async def script() -> None:
        one = kept.add("a", b"{}")
        kept.opened(one, answer("opened"))
        kept.question(one, b"")
        kept.drop(one)
        kept.called(one, answer("called", b"{}"))
        assert gone == [one.id, one.id] and not kept.sizes

    asyncio.run(script())


def test_bytes_of_sessions_are_bounded_by_client_and_for_all() -> None:
    kept = Sessions(GatewaySection(max_body=1024, max_held=1 << 20, max_sessions=999), lambda name: None)

    async def script() -> None:
        for _ in range(3):
            kept.add("a", b" " * 80_000)
        with pytest.raises(RefusalError, match="too many bytes"):
            kept.add("a", b" " * 80_000)
        one = kept.add("b", b"{}")
        kept.opened(one, answer("opened"))
        kept.question(one, b"")
        kept.called(one, answer("called", b" " * 1025))
        with pytest.raises(RefusalError, match="1025 bytes of turns, at most 1024"):
            kept.question(one, b"")

    asyncio.run(script())
