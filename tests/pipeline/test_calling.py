"""Session actors: turns answered where the session is open, and elsewhere when its process is gone."""

import json
import os
import signal
import time
from collections.abc import Iterator

import pytest
import ray

from temper.pipeline.calling import RemoteSessions, start_sessions
from temper.pipeline.failures import until_there
from temper.pipeline.recipe import ClusterSection
from temper.sandboxes.section import SandboxSection
from temper.verifiers.plugins import NO_PLUGINS
from temper.verifiers.rows import parse_problem
from temper.verifiers.sessions.keeper import Asked, Heard
from temper.verifiers.sessions.session import Exchange, Exchanges

SESSION = {"kind": "tables", "set": "row", "tables": {"t": [{"n": "a"}]}}
ROW = {"id": "p", "prompt": "?", "verifier": "math", "answer": "1", "session": SESSION}
PROBLEM = parse_problem(ROW, "test")
PYTHON = parse_problem({**ROW, "session": {"kind": "python"}}, "test")


@pytest.fixture(scope="module")
def sessions() -> Iterator[RemoteSessions]:
    environment = {"env_vars": {"RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}}
    ray.init(num_cpus=4, include_dashboard=False, log_to_driver=False, logging_level="ERROR", runtime_env=environment)
    made = start_sessions(SandboxSection(kind="local", slots=1), ClusterSection(sessions=2), NO_PLUGINS)
    yield made
    made.close()
    ray.shutdown()


def call(name: str, **arguments: object) -> str:
    return f"<tool_call>\n{json.dumps({'name': name, 'arguments': arguments})}\n</tool_call>"


def turn(of: RemoteSessions, key: str, story: Exchanges, text: str) -> tuple[Heard, Exchanges]:
    heard = of.ask([Asked(key, PROBLEM, story, text)])[0].result(60)
    return heard, (*story, Exchange(text, heard.answered))


def test_a_turn_is_answered_by_the_actor_that_has_the_session(sessions: RemoteSessions) -> None:
    _, story = turn(sessions, "a", (), call("set_value", table="t", row=0, column="n", value="b"))
    heard, story = turn(sessions, "a", story, call("get_rows", table="t"))
    assert heard.answered[0].text == '[{"n": "b"}]' and heard.replayed == 0
    assert turn(sessions, "a", story, "Done.")[0].answered == ()
    sessions.end(["a"])
    give_up = time.monotonic() + 30
    while sum(ray.get([actor.num_open.remote() for actor in sessions.actors])):
        assert time.monotonic() < give_up
        time.sleep(0.05)


def test_a_session_whose_process_is_killed_goes_on_elsewhere(sessions: RemoteSessions) -> None:
    _, story = turn(sessions, "b", (), call("set_value", table="t", row=0, column="n", value="c"))
    home = sessions._homes["b"]
    pid = ray.get(sessions.actors[home].pid.remote())
    os.kill(pid, signal.SIGKILL)
    heard, _ = turn(sessions, "b", story, call("get_rows", table="t"))
    assert heard.answered[0].text == '[{"n": "c"}]' and heard.replayed == 1 and not heard.error
    assert sessions._homes["b"] != home


def test_python_runs_in_the_actors_sandbox(sessions: RemoteSessions) -> None:
    asked = [Asked(f"p{n}", PYTHON, (), call("python", code=f"{n} * 111")) for n in range(4)]
    texts = [future.result(120).answered[0].text for future in sessions.ask(asked)]
    assert texts == ["0\n", "111\n", "222\n", "333\n"]


def test_turns_that_meet_actors_on_their_way_up_wait_for_them(sessions: RemoteSessions) -> None:
    def pids() -> list[int]:
        return [ray.get(actor.pid.remote()) for actor in sessions.actors]

    for pid in until_there(pids, 60):  # one of them may be on its way up since the test before
        os.kill(pid, signal.SIGKILL)
    asked = [Asked(f"w{n}", PROBLEM, (), call("get_rows", table="t")) for n in range(16)]
    heard = [future.result(120) for future in sessions.ask(asked)]
    assert {one.error for one in heard} == {""} and {one.answered[0].text for one in heard} == {'[{"n": "a"}]'}
