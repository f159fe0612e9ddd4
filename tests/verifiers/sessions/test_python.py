"""The Python session: state, echo, limits, replays; what one rollout does is not seen by another."""

import json
import os
import threading
import time
from collections.abc import Iterator

import pytest
from docker.models.containers import Container

from temper.sandboxes import daemon
from temper.sandboxes.job import Cells, Job, Result
from temper.sandboxes.owner import OWNER, owner_label
from temper.sandboxes.pool import Pool, open_sandbox
from temper.sandboxes.section import SandboxSection
from temper.verifiers.judging import Judge
from temper.verifiers.rows import parse_problem
from temper.verifiers.sessions.keeper import Asked, Heard, Keeper
from temper.verifiers.sessions.python import ANEW, Python
from temper.verifiers.sessions.session import Exchange, Exchanges

ROW = {"id": "p", "prompt": "?", "verifier": "math", "answer": "42", "session": {"kind": "python", "call_s": 1}}
PROBLEM = parse_problem(ROW, "test")


@pytest.fixture(scope="module")
def keeper() -> Iterator[Keeper]:
    made = Keeper(lambda: open_sandbox(SandboxSection(kind="local", slots=1)), most_open=2)
    yield made
    made.close()


def cell(code: str) -> str:
    return f"<tool_call>\n{json.dumps({'name': 'python', 'arguments': {'code': code}})}\n</tool_call>"


def turn(of: Keeper, key: str, earlier: Exchanges, *code: str) -> tuple[Heard, Exchanges]:
    text = "".join(map(cell, code))
    heard = of.answer(Asked(key, PROBLEM, earlier, text))
    assert not heard.error, heard.error
    return heard, (*earlier, Exchange(text, heard.answered))


def test_state_lasts_and_the_last_expression_is_shown(keeper: Keeper) -> None:
    heard, story = turn(keeper, "a", (), "x = 40\nprint('set')", "x + 2")
    assert [one.text for one in heard.answered] == ["set\n", "42\n"]
    heard, _ = turn(keeper, "a", story, "import sys\nprint('out')\nprint('err', file=sys.stderr)\nx")
    assert heard.answered[0].text == "out\nerr\n40\n", "as they come"


def test_an_exception_is_text_and_what_was_done_before_it_stays(keeper: Keeper) -> None:
    heard, story = turn(keeper, "b", (), "y = 1\n1 / 0")
    assert heard.answered[0].fault == "exception" and "ZeroDivisionError" in heard.answered[0].text
    assert "_run" not in heard.answered[0].text
    heard, _ = turn(keeper, "b", story, "y", "def f(:")
    assert heard.answered[0].text == "1\n" and "SyntaxError" in heard.answered[1].text


def test_a_time_out_says_what_was_printed_before_and_that_all_is_fresh(keeper: Keeper) -> None:
    heard, story = turn(keeper, "c", (), "z = 1", "print('begun', end='')\nwhile True: pass")
    late = heard.answered[1]
    assert (
        late.fault == "time"
        and late.text.startswith("begun")
        and "longer than 1 s" in late.text
        and "started anew" in late.text
    )
    heard, _ = turn(keeper, "c", story, "z")
    assert heard.answered[0].fault == "exception" and "NameError" in heard.answered[0].text


def test_no_cell_says_that_its_interpreter_was_started_anew(keeper: Keeper) -> None:
    forge = f"import sys\nsys.stderr = None\nprint({ANEW!r}, end='')\nraise ValueError"
    heard, story = turn(keeper, "forges", (), "z = 1", f"print({ANEW!r}, end='')", forge)
    assert heard.answered[2].fault == "exception"
    keeper.end(["forges"])
    heard, _ = turn(keeper, "forges", story, "z")
    assert heard.answered[0].text == "1\n"


def test_a_replay_that_prints_something_else_is_counted_and_the_session_goes_on_from_it(keeper: Keeper) -> None:
    heard, story = turn(keeper, "chance", (), "import os\npid = os.getpid()\npid", "1")
    heard, story = turn(keeper, "chance", story, "2")
    assert (heard.replayed, heard.differed) == (0, 0), "it stayed"
    turn(keeper, "in the way", (), "1")
    heard, story = turn(keeper, "chance", story, "pid")
    assert (heard.replayed, heard.differed) == (1, 1)
    again, story = turn(keeper, "chance", story, "pid")
    assert again.answered[0].text == heard.answered[0].text and again.replayed == 0
    keeper.end(["chance"])
    heard, _ = turn(keeper, "chance", story, "3")
    assert heard.replayed == 1 and heard.differed >= 1


def test_a_verdict_is_the_same_after_evictions_and_chance_is_the_same_each_time(keeper: Keeper) -> None:
    draw = "import random, os, uuid, time\nr = (random.random(), os.urandom(4), uuid.uuid4(), time.time())\nr"
    heard, story = turn(keeper, "d", (), draw)
    first = heard.answered[0].text
    for key in "efgh":
        other, _ = turn(keeper, key, (), draw)
        assert other.answered[0].text == first
    heard, _ = turn(keeper, "d", story, "r")
    assert heard.answered[0].text == first and heard.replayed == 1 and keeper.num_open == 2


@pytest.mark.parametrize(
    "code",
    [
        "import os; os._exit(0)", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "raise SystemExit",
        "import os\nwhile os.fork() or True: pass", "x = bytearray(1 << 34)", "print('x' * 50_000_000)",
        "import sys; sys.setrecursionlimit(10**8)\ndef f(): f()\nf()", "import os; os.close(1); print(1)",
        "import os; open('/box/left', 'w').write('x'); os.fork()", "input()", "print('\\x00\\ud800')",
        "import socket; socket.create_connection(('1.1.1.1', 80), 1)",
    ],
)  # fmt: skip
def test_a_hostile_cell_is_its_own_rollouts_matter(keeper: Keeper, code: str) -> None:
    heard, _ = turn(keeper, "hostile", (), code)
    assert all(len(one.text) < 2_500 and "\x00" not in one.text for one in heard.answered)
    look = "import os; sorted(os.listdir('/box')), [p for p in os.listdir('/proc') if p.isdigit()].__len__() < 8"
    honest, _ = turn(keeper, "honest", (), "1 + 1", look)
    assert honest.answered[0].text == "2\n" and "left" not in honest.answered[1].text
    keeper.end(["hostile", "honest"])


class Forgetful:
    """A sandbox that holds no interpreter: a cell takes 100 CPU seconds each time."""

    def __init__(self) -> None:
        self.given: list[float] = []

    def run(self, job: Job) -> list[Result]:
        assert isinstance(job.tests, Cells)
        self.given.append(job.tests.earlier_s)
        took = 100.0 * (len(job.tests.cells) - 1)
        late = took > job.tests.earlier_s
        first = Result(outcome="time" if late else "finished", cpu_s=100.0, passed=not late)
        rest = Result(outcome="not_run") if late else first
        return [first, *[rest] * (len(job.tests.cells) - 1)]

    def close(self) -> None: ...


def test_a_turn_runs_earlier_cells_again_for_so_long_and_no_longer() -> None:
    session, sandbox = Python(), Forgetful()
    session.open(PROBLEM, sandbox)
    replies = [session.call("python", {"code": "1"}) for _ in range(5)]
    assert sandbox.given == [0.0, 150.0, 300.0, 300.0, 0.0]
    assert [reply.detail for reply in replies] == ["", "", "", "", "time"]
    assert replies[-1].text == f"[an earlier call, run again: too much time; {ANEW}"
    assert session.replays() == (3, 0)
    for _ in range(4):
        session.call("python", {"code": "1"})
    assert sandbox.given[5:] == [0.0, 150.0, 300.0, 300.0]


def test_what_the_tool_prints_is_not_the_answer(keeper: Keeper) -> None:
    heard, story = turn(keeper, "i", (), r"print('\\boxed{42}')")
    assert "42" in heard.answered[0].text
    turns = (*story, Exchange("I do not know."))
    (judgement,) = Judge().judge([(PROBLEM, turns[-1].text, turns)])
    assert judgement.score == 0.0


def test_a_session_that_the_sandbox_cannot_hold_is_refused() -> None:
    section = SandboxSection(memory_mb=512)
    for session in ({"kind": "python", "packages": ["numpy"]}, {"kind": "python", "memory_mb": 1024}):
        with pytest.raises(ValueError, match=r"^test: field 'session\."):
            parse_problem({**ROW, "session": session}, "test", sandbox=section)


def test_a_pool_of_one_slot_serves_many_sessions(keeper: Keeper) -> None:
    assert isinstance(keeper._sandbox, Pool)
    stories = {str(n): turn(keeper, f"many{n}", (), f"n = {n}")[1] for n in range(8)}
    for n, story in stories.items():
        heard, _ = turn(keeper, f"many{n}", story, "n")
        assert heard.answered[0].text == f"{n}\n"


@pytest.mark.docker
def test_a_slot_that_is_killed_between_calls_or_during_one_costs_no_state() -> None:
    reason = daemon.unreachable()
    if reason and os.environ.get("TEMPER_REQUIRE_DOCKER") != "1":
        pytest.skip(reason)
    client = daemon.connect()

    def running() -> list[Container]:
        found = client.containers.list(filters={"label": OWNER}, ignore_removed=True)
        return [container for container in found if container.labels[OWNER] == owner_label()]

    others = {container.id for container in running()}  # of a sandbox that this process keeps for other tests

    def kill() -> int:
        ours = [container for container in running() if container.id not in others]
        for container in ours:
            container.kill()
        return len(ours)

    of = Keeper(lambda: open_sandbox(SandboxSection(kind="docker", slots=1)))
    try:
        _, story = turn(of, "a", (), "x = 40", "y = 2")
        assert kill() == 1
        heard, story = turn(of, "a", story, "x + y")
        assert heard.answered[0].text == "42\n"

        def later() -> None:
            time.sleep(0.3)
            assert kill() == 1

        killer = threading.Thread(target=later)
        killer.start()
        heard, _ = turn(of, "a", story, "import time\ntime.sleep(0.8)\nx * y")
        killer.join()
        assert heard.answered[0].text == "80\n" and not heard.answered[0].fault
    finally:
        of.close()
        client.close()
