"""`POST /sessions`, its calls and its end: turns of a rollout that is sampled elsewhere."""

import asyncio
import contextlib
import json
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from typing import Any

import pytest
from served import ONE, TWO, Reply, Served

from temper.gateway.refusals import RefusalError
from temper.gateway.section import GatewaySection
from temper.gateway.sessions import Sessions, called_text
from temper.gateway.workers import Answer

SUMS: dict[str, Any] = {
    "id": "s",
    "prompt": "?",
    "verifier": "math",
    "answer": "4.2",
    "session": {"kind": "arithmetic"},
}
CELLS: dict[str, Any] = {**SUMS, "session": {"kind": "python"}}


def opened(gateway: Served, problem: Any = SUMS, **how: str) -> Any:
    reply = gateway.send("/sessions", json.dumps({"problem": problem}), **how)  # type: ignore[arg-type]
    assert reply.status == 200, reply.body
    return reply.json


def call(gateway: Served, name: str, body: Any, key: str = "", **how: Any) -> Reply:
    headers = {"Idempotency-Key": key} if key else {}
    return gateway.send(f"/sessions/{name}/call", json.dumps(body), headers, **how)


def add(a: float, b: float) -> dict[str, Any]:
    return {"name": "add", "arguments": {"a": a, "b": b}}


def test_a_session_is_opened_called_and_ended(gateway: Served) -> None:
    told = opened(gateway)
    assert {tool["function"]["name"] for tool in told["tools"]} >= {"add", "negate"} and told["idle_s"] > 0
    first = call(gateway, told["id"], add(1, 2)).json["answered"]
    assert [(one["name"], json.loads(one["text"]), one["fault"]) for one in first] == [("add", {"solution": 4.2}, "")]
    wrong = call(gateway, told["id"], {"name": "ad", "arguments": {}}).json["answered"]
    assert wrong[0]["fault"] == "unknown" and "did you mean 'add'" in wrong[0]["text"]
    whole = {"text": "".join(f"<tool_call>{json.dumps(add(n, n))}</tool_call>" for n in range(3))}
    assert len(call(gateway, told["id"], whole).json["answered"]) == 3
    assert call(gateway, told["id"], {"text": "it calls nothing"}).json["answered"] == []
    assert gateway.send("/health", token="").json["sessions"] >= 1
    assert ended(gateway, told["id"]) == 200 and ended(gateway, told["id"]) == 404
    assert call(gateway, told["id"], add(1, 2)).status == 404


def ended(gateway: Served, name: str) -> int:
    with contextlib.closing(HTTPConnection("127.0.0.1", gateway.port, timeout=30)) as connection:
        connection.request("DELETE", f"/sessions/{name}", headers={"Authorization": f"Bearer {ONE}"})
        return connection.getresponse().status


def test_the_turns_of_a_session_are_what_verify_takes(gateway: Served) -> None:
    name = opened(gateway)["id"]
    turns = [{"text": "x", "answered": call(gateway, name, add(1, 2)).json["answered"]}, {"text": "\\boxed{4.2}"}]
    row = {"problem": SUMS, "completion": "\\boxed{4.2}", "turns": turns}
    reply = gateway.send("/verify", json.dumps(row))
    assert (reply.status, reply.json["score"]) == (200, 1.0), reply.body


def test_a_python_session_keeps_its_names_and_its_loss_is_none(gateway: Served) -> None:
    """Two sessions take turns, and a process that dies between two calls takes nothing with it."""
    names = [opened(gateway, CELLS)["id"] for _ in range(2)]
    tool = opened(gateway, CELLS)["tools"][0]["function"]

    def cell(name: str, code: str) -> str:
        body = {"name": tool["name"], "arguments": {next(iter(tool["parameters"]["properties"])): code}}
        reply = call(gateway, name, body)
        assert reply.status == 200, reply.body
        return str(reply.json["answered"][0]["text"])

    for place, name in enumerate(names):
        cell(name, f"x = {place} + 40")
    died = gateway.verify({"id": "d", "prompt": "?", "verifier": "does:Does", "params": {}}, "die")
    assert died.status == 503
    assert [cell(name, "x += 1; x") for name in names] == ["41", "42"]
    assert [cell(name, "x += 1; x") for name in names] == ["42", "43"]


def test_a_call_that_comes_again_with_its_key_is_made_once(gateway: Served) -> None:
    name = opened(gateway)["id"]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: call(gateway, name, add(1, 1), "once").body, range(4)))
    assert len(set(found)) == 1 and call(gateway, name, add(1, 2), "once").status == 422


def test_a_session_is_its_clients_alone(gateway: Served) -> None:
    name = opened(gateway)["id"]
    assert call(gateway, name, add(1, 2), token=TWO).status == 404
    assert gateway.send(f"/sessions/{name}/call", json.dumps(add(1, 2)), token="").status == 401
    assert call(gateway, "../../etc/passwd", add(1, 2)).status == 404


BAD: list[tuple[Any, str]] = [
    ({"problem": {**SUMS, "session": None}}, "'session' is missing"),
    ({"problem": {**SUMS, "session": {"kind": "nowhere"}}}, "unknown session 'nowhere'"),
    ({"problem": {**SUMS, "session": {"kind": "os:Path"}}}, "os"),
    ({"problem": SUMS, "turns": []}, "'problem' alone"),
    ({"completion": "x"}, "'problem' alone"),
    ([], "expected an object"),
]


@pytest.mark.parametrize(("body", "what"), BAD)
def test_a_bad_session_is_refused(gateway: Served, body: Any, what: str) -> None:
    reply = gateway.send("/sessions", json.dumps(body))
    assert reply.status == 422 and what in reply.json["error"]


BAD_CALLS: list[Any] = [{}, [], {"text": 5}, {"name": "add"}, {"name": 1, "arguments": {}}, {"text": "", "name": "x"}]


@pytest.mark.parametrize("body", BAD_CALLS, ids=str)
def test_a_bad_call_is_refused(body: Any) -> None:
    with pytest.raises(RefusalError, match="send") as caught:
        called_text(json.dumps(body).encode())
    assert caught.value.status == 422


def answered(outcome: str = "called", **told: Any) -> "asyncio.Future[Answer]":
    future: asyncio.Future[Answer] = asyncio.Future()
    status = 503 if outcome == "error" else 200
    future.set_result(Answer(status, "session", outcome, 0.0, json.dumps({"answered": [], **told}).encode()))
    return future


def test_what_is_idle_or_too_much_goes() -> None:
    now = [0.0]
    sessions = Sessions(GatewaySection(max_sessions=2, session_idle_s=10), lambda: now[0])

    async def script() -> None:
        old, new = sessions.add("a", {}, 5), sessions.add("a", {}, 5)
        with pytest.raises(RefusalError, match="2 of yours are open"):
            sessions.add("a", {}, 5)
        assert sessions.add("b", {}, 5) and sessions.size == 15
        sessions.begin(old)
        with pytest.raises(RefusalError, match="under way"):
            sessions.begin(old)
        now[0] = 11
        assert sessions.get("a", old.id) is old and new.id not in sessions.kept
        sessions.end(old, "x", answered())
        assert old.turns == [{"text": "x", "answered": []}] and sessions.size == old.size > 5
        for outcome, told in (("error", {}), ("called", {"broke": "two sandboxes"})):
            sessions.begin(old)
            sessions.end(old, "y", answered(outcome, **told))
        assert not sessions.kept and not sessions.size and len(old.turns) == 1

    asyncio.run(script())
