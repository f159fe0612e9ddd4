"""Python sessions, more than there are slots, a tenth of them hostile, with slots and owners lost in between."""

import gc
import json
import os
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from temper.sandboxes import daemon
from temper.sandboxes.job import Job, Stdio
from temper.sandboxes.pool import Pool, open_sandbox
from temper.sandboxes.section import SandboxSection
from temper.verifiers.rows import parse_problem
from temper.verifiers.sessions.keeper import Asked, Heard, Keeper
from temper.verifiers.sessions.session import Exchange, Exchanges

SESSION = {"kind": "python", "call_s": 0.5, "memory_mb": 256}
PROBLEM = parse_problem({"id": "p", "prompt": "?", "verifier": "math", "answer": "1", "session": SESSION}, "test")
CALLS, SLOTS = 5, 4
HOSTILE = (
    "import os\nos._exit(0)", "import os\nos.fork()", "import os, signal\nos.kill(0, signal.SIGKILL)", "1 / 0",
    "import os\nos.write(3, b'{\"done\": 1, \"raised\": false}\\n')", "print('x' * 10_000_000)",
    "x = bytearray(1 << 30)",
    "import os\nos.closerange(0, 99)", "import threading, time\nthreading.Thread(target=time.sleep, args=(9,)).start()",
    "for n in range(99): open(str(n), 'w').write('left')", "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)",
    "import signal\nsignal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)\nsignal.signal(14, lambda *_: print('tick'))",
    "import sys\nsys.stdout = sys.stderr = None", "import builtins\nbuiltins.print = builtins.compile = None",
)  # fmt: skip
SLOW = "while True: pass"
LOOK = Job(
    source="import os\nprint(sorted(os.listdir('/box')), len([p for p in os.listdir('/proc') if p.isdigit()]) < 7)",
    tests=Stdio(inputs=("",)),
)


def memory_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def call(code: str) -> str:
    return f"<tool_call>{json.dumps({'name': 'python', 'arguments': {'code': code}})}</tool_call>"


def honest(i: int, n: int) -> tuple[str, str]:
    """The n-th cell of a session, and what it comes to."""
    if n == 0:
        return f"xs = [{i}]\ndef total(): return sum(xs)", ""
    return f"xs.append({n})\ntotal()", f"{i + n * (n + 1) // 2}\n"


class Soak:
    """`num_open` sessions at a time, each call of any of them before the next one of the same."""

    def __init__(self, kind: str, num_open: int) -> None:
        opened = open_sandbox(SandboxSection(kind=kind, slots=SLOTS))
        assert isinstance(opened, Pool)
        self.box, self.num_open = opened, num_open
        self.keeper = Keeper(lambda: self.box)
        self.lock = threading.Lock()
        self.replayed = self.killed = self.ended = 0

    def lose_a_slot(self, chance: random.Random) -> None:
        """As when its container is killed between two jobs."""
        with self.box.lock:
            if self.box.idle:
                chance.choice(self.box.idle)[0].stream.close()  # type: ignore[attr-defined]
                self.killed += 1

    def turn(self, i: int, n: int, story: Exchanges, chance: random.Random) -> Heard:
        hostile = i % 10 == 0
        code, wanted = honest(i, n)
        if hostile:
            code = SLOW if chance.random() < 0.05 else chance.choice(HOSTILE)
        drawn = chance.random()
        if drawn < 0.02:
            self.keeper.end([str(i)])  # its owner is lost
        elif drawn < 0.025:
            self.lose_a_slot(chance)
        heard = self.keeper.answer(Asked(str(i), PROBLEM, story, call(code)))
        assert not heard.error, heard.error
        assert hostile or [one.text for one in heard.answered] == [wanted], (i, n, heard)
        with self.lock:
            self.replayed += heard.replayed
        return heard

    def batch(self, first: int) -> None:
        stories = {i: Exchanges() for i in range(first, first + self.num_open)}
        for n in range(CALLS):

            def one(i: int, n: int = n) -> None:
                chance = random.Random(i * CALLS + n)
                heard = self.turn(i, n, stories[i], chance)
                stories[i] = (*stories[i], Exchange("", heard.answered))

            with ThreadPoolExecutor(8) as threads:
                list(threads.map(one, random.Random(first + n).sample(list(stories), len(stories))))
        self.ended += len(stories)
        self.keeper.end(map(str, stories))

    def run(self, sessions: int) -> None:
        try:
            self.batch(0)
            gc.collect()
            before = memory_mb()
            for first in range(self.num_open, sessions, self.num_open):
                self.batch(first)
            assert self.ended == sessions and self.replayed > sessions and self.killed
            assert self.keeper.num_open == 0 and not self.box.residents and len(self.box.idle) <= SLOTS
            with ThreadPoolExecutor(SLOTS) as threads:
                looks = list(threads.map(lambda _: self.box.run(LOOK)[0].stdout, range(2 * SLOTS)))
            assert looks == ["['program.py'] True\n"] * len(looks)
            gc.collect()
            assert memory_mb() < before + 50
        finally:
            self.keeper.close()


@pytest.mark.whole
@pytest.mark.parametrize("kind", ["local", pytest.param("docker", marks=pytest.mark.docker)])
def test_200_open_sessions_on_four_slots_each_come_to_what_they_would_alone(kind: str) -> None:
    reason = daemon.unreachable() if kind == "docker" else ""
    if reason and os.environ.get("TEMPER_REQUIRE_DOCKER") != "1":
        pytest.skip(reason)
    Soak(kind, 200).run(200)


@pytest.mark.slow
def test_ten_thousand_sessions_leave_nothing() -> None:
    Soak("docker" if not daemon.unreachable() else "local", 200).run(10_000)
