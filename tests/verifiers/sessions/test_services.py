"""Sessions that a NeMo-Gym resource server or OpenEnv holds: what is called there, what never is, and whose fault."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from environments import Env, Gym, Log, answering

from temper.verifiers.problem import Problem
from temper.verifiers.rows import parse_problem
from temper.verifiers.sessions.keeper import Asked, Keeper
from temper.verifiers.sessions.services.service import RESERVED
from temper.verifiers.sessions.services.websocket import masked
from temper.verifiers.sessions.session import Exchange, Session, SessionError
from temper.verifiers.sessions.table import refuse_recipe_only, session_of

Place = tuple[str, Log]
KINDS = ("nemo_gym", "openenv")


@pytest.fixture
def gym() -> Iterator[Place]:
    with answering(Gym, counters={}) as place:
        yield place


@pytest.fixture
def env() -> Iterator[Place]:
    with answering(Env) as place:
        yield place


def functions(*names: str) -> list[dict[str, Any]]:
    schema = {"type": "object", "properties": {"by": {"type": "integer"}}, "additionalProperties": False}
    return [{"type": "function", "name": name, "parameters": schema, "strict": True} for name in names]


def at(kind: str, url: str, *names: str, **more: Any) -> Session:
    begin: dict[str, Any] = {"row" if kind == "nemo_gym" else "reset": {"begin": 40}}
    spec: dict[str, Any] = {"kind": kind, "url": url, "functions": functions(*names), "timeout_s": 5}
    session = session_of({**spec, **begin, **more})
    session.open(problem(session), None)
    return session


def problem(session: Session) -> Problem:
    return Problem(id="p", prompt="?", verifier="math", answer="42", tools=[dict(tool) for tool in session.tools()])


def test_a_resource_server_is_seeded_called_and_told_the_end(gym: Place) -> None:
    url, log = gym
    session = at("nemo_gym", url, "add", "say", "refuse", ends=True)
    assert session.call("add", {"by": 2}) == ('{"count": 42}', "")
    assert session.call("say", {}) == ("43", "")
    wrong = session.call("refuse", {"by": -1})
    assert wrong.detail == "arguments" and "by must be positive" in wrong.text
    session.close()
    session.close()
    assert [name for name, _ in log] == ["seed_session", "add", "say", "refuse", "end_session"]
    assert log[0][1] == {"begin": 40} and log[1][1] == {"by": 2}


def test_two_sessions_of_a_resource_server_do_not_meet(gym: Place) -> None:
    one, other = (at("nemo_gym", gym[0], "add") for _ in range(2))
    for session, count in ((one, 41), (other, 41), (one, 42)):
        assert json.loads(session.call("add", {}).text) == {"count": count}
    other.close()
    assert "end_session" not in [name for name, _ in gym[1]]


@pytest.mark.parametrize("status", [302, 400, 401, 404, 500, 503])
def test_what_fails_at_a_resource_server_is_ours(gym: Place, status: int) -> None:
    session = at("nemo_gym", gym[0], f"status{status}")
    with pytest.raises(SessionError, match=f"status {status}"):
        session.call(f"status{status}", {})
    assert [name for name, _ in gym[1]].count("seed_session") == 1, "a redirect is not followed"


def test_a_resource_server_that_drips_or_is_gone_is_ours(gym: Place) -> None:
    session = at("nemo_gym", gym[0], "drip", timeout_s=0.3)
    with pytest.raises(SessionError, match="timed out"):
        session.call("drip", {})
    for kind in KINDS:
        with pytest.raises(SessionError, match="Refused"):
            at(kind, "http://127.0.0.1:9", "add")


def test_openenv_is_reset_stepped_and_closed(env: Place) -> None:
    url, log = env
    session = at("openenv", url, "add", "parts", "complain", "last")
    assert session.call("add", {"by": 2}) == ('{"count": 42}', "")
    assert session.call("parts", {}) == ('{"count": 43}', "")
    assert session.call("complain", {}) == ("Error: no such file", "exception")
    assert session.call("last", {}) == ('{"count": 44}', "")
    assert session.call("add", {}).detail == "exception", "the episode is over"
    session.close()
    session.close()
    steps = [told["tool_name"] for kind, told in log if kind == "step"]
    assert steps == ["add", "parts", "complain", "last"] and ("pong", "are you there") in log
    assert log[0] == ("reset", {"begin": 40})


@pytest.mark.parametrize("name", ["server_error", "garbage", "masked", "huge", "latin", "gone", "silent"])
def test_what_fails_at_openenv_is_ours(env: Place, name: str) -> None:
    session = at("openenv", env[0], name, timeout_s=0.3 if name == "silent" else 5)
    with pytest.raises(SessionError, match="/ws: step"):
        session.call(name, {})
    session.close()


def test_what_speaks_no_websocket_is_ours(gym: Place) -> None:
    with pytest.raises(SessionError, match="no WebSocket there"):
        at("openenv", gym[0], "add")


@pytest.mark.parametrize("size", [0, 1, 3, 4, 125, 126, 65_535, 65_536, 100_001])
def test_a_mask_covers_every_byte(size: int) -> None:
    data = bytes(n % 251 for n in range(size))
    wanted = bytes(byte ^ b"abcd"[n % 4] for n, byte in enumerate(data))
    assert masked(data, b"abcd") == wanted and masked(wanted, b"abcd") == data


def test_long_texts_go_both_ways(env: Place) -> None:
    session = session_of({"kind": "openenv", "url": env[0], "functions": [{"name": "add"}], "timeout_s": 20})
    session.open(problem(session), None)
    for size in (200, 70_000):
        assert session.call("add", {"by": 1, "text": "x" * size}).detail == ""
    assert [len(told["arguments"]["text"]) for kind, told in env[1] if kind == "step"] == [200, 70_000]
    session.close()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["verify", "seed_session", "reset", "close", "../verify", "add/../verify", "say"])
def test_a_model_calls_nothing_that_the_row_does_not_list(gym: Place, env: Place, kind: str, name: str) -> None:
    url, log = gym if kind == "nemo_gym" else env
    spec: dict[str, Any] = {"kind": kind, "url": url, "functions": functions("add")}
    asked = problem(session_of(spec)).model_copy(update={"session": spec})
    said = "".join(f"<tool_call>{json.dumps({'name': one, 'arguments': {}})}</tool_call>" for one in (name, "add"))
    keeper = Keeper()
    heard = keeper.answer(Asked("k", asked, (), said))
    keeper.close()
    assert [one.fault for one in heard.answered] == ["unknown", ""] and heard.error == ""
    assert not any(name in json.dumps(one) for one in log if one[0] not in ("seed_session", "reset"))


def test_a_connection_that_is_lost_is_opened_anew_and_told(env: Place) -> None:
    """The calls are the truth: what was called before is called again, in a fresh session."""
    spec: dict[str, Any] = {"kind": "openenv", "url": env[0], "functions": functions("add")}
    asked = problem(session_of(spec)).model_copy(update={"session": spec})
    said = '<tool_call>{"name": "add", "arguments": {"by": 20}}</tool_call>'
    keeper = Keeper()
    first = keeper.answer(Asked("k", asked, (), said))
    keeper.end(["k"])
    second = keeper.answer(Asked("k", asked, (Exchange(said, first.answered),), said))
    keeper.close()
    assert json.loads(second.answered[0].text) == {"count": 40} and (second.replayed, second.differed) == (1, 0)


def test_a_service_that_fails_twice_drops_the_rollout_and_scores_nothing(gym: Place) -> None:
    spec: dict[str, Any] = {"kind": "nemo_gym", "url": gym[0], "functions": functions("status500")}
    asked = problem(session_of(spec)).model_copy(update={"session": spec})
    keeper = Keeper()
    heard = keeper.answer(Asked("k", asked, (), '<tool_call>{"name": "status500", "arguments": {}}</tool_call>'))
    assert heard.error.startswith("session: SessionError: ") and "status 500" in heard.error and not heard.answered
    assert [name for name, _ in gym[1]] == ["seed_session", "status500"] * 2 and keeper.num_open == 0


BAD: list[tuple[dict[str, Any], str]] = [
    ({"url": "http://user:secret@host"}, "'session.url': not an address"),
    ({"url": "file:///etc/passwd"}, "'session.url': not an address"),
    ({"url": "http://host/x?y"}, "'session.url': not an address"),
    ({"url": "http://host\r\nX: y"}, "'session.url': not an address"),
    ({"functions": []}, "'session.functions'"),
    ({"functions": [{"name": "../verify"}]}, "0: no function's name, got '../verify'; letters"),
    ({"functions": [{"name": "a/b"}]}, "no function's name"),
    ({"functions": [{"function": 5}]}, "no function's name, got None"),
    ({"timeout_s": 0}, "'session.timeout_s'"),
    ({"urls": "x"}, "urls"),
    *(({"functions": [{"name": name}]}, f"0: {name!r} is the service's own word") for name in sorted(RESERVED)),
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("wrong", "what"), BAD)
def test_what_no_service_takes_is_refused_with_its_field(kind: str, wrong: dict[str, Any], what: str) -> None:
    row = {"id": "p", "prompt": "?", "verifier": "math", "answer": "1"}
    spec = {"kind": kind, "url": "http://host:1", "functions": functions("add"), **wrong}
    with pytest.raises(ValueError, match="rows.jsonl:1: ") as caught:
        parse_problem({**row, "session": spec}, "rows.jsonl:1")
    assert what in str(caught.value)


@pytest.mark.parametrize("kind", KINDS)
def test_no_row_says_where_a_service_is(kind: str) -> None:
    with pytest.raises(ValueError, match=r"'session\.url': only a recipe may set it"):
        refuse_recipe_only({"kind": kind, "url": "http://169.254.169.254"})
