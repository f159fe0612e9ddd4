"""The interpreter that a slot holds between calls: a cache of its cells. It acts only in them, and nobody meets it."""

import os
import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from oracles import PAIRS, Oracle, by_two, classes, ends_of, left_over, needs_met, oracles, slot_of
from test_cheats import is_tried
from test_pool import ScriptedSlot

from temper.sandboxes.job import Cells, Job, Limits, Result, Sandbox, Stdio
from temper.sandboxes.local import LocalSlots
from temper.sandboxes.pool import Pool

OTHER = Job(source="print(input())", tests=Stdio(inputs=("other",)))
SIGCONT_TIMER = """
import ctypes, signal, struct
libc, made = ctypes.CDLL(None), ctypes.c_void_p()
event = struct.pack("Qii", 0, signal.SIGCONT, 0).ljust(64, b"\\0")
libc.timer_create(0, ctypes.create_string_buffer(event, 64), ctypes.byref(made))
libc.timer_settime(made, 0, ctypes.create_string_buffer(struct.pack("qqqq", 0, 50_000_000, 0, 50_000_000), 32), None)
n = 0
def count(*_):
    global n
    n += 1
    print("acts")
signal.signal(signal.SIGCONT, count)
"""
ACTS = {
    "a timer that wakes it": SIGCONT_TIMER,
    "a thread": "import threading, time\ndef go():\n  while True: time.sleep(0.01); print('acts')\n"
    "threading.Thread(target=go, daemon=True).start()",
    "a child": "import os, time\nif os.fork() == 0:\n  while True: time.sleep(0.01); os.write(1, b'acts')",
    "an orphan": "import os, time\nif os.fork() == 0:\n  if os.fork() == 0: time.sleep(9)\n  os._exit(0)",
    "a child that wakes it": "import os\np = os.getpid()\nif os.fork() == 0:\n  while True: os.kill(p, 18)",
    "many files": "for n in range(200): open(str(n), 'w').close()",
    "memory": "x = bytearray(300 << 20)",
}
"""What is not kept, or not for long."""


class Story:
    """A session: its cells so far, and what each came to."""

    def __init__(self, box: Sandbox, cpu_s: float = 5.0, memory_mb: int = 512) -> None:
        self.box, self.limits = box, Limits(cpu_s=cpu_s, memory_mb=memory_mb)
        self.key = f"{random.getrandbits(128):032x}"
        self.cells = list[str]()
        self.replays = 0

    def tell(self, code: str) -> Result:
        tests = Cells(session=self.key, cells=(*self.cells, code), earlier_s=self.limits.cpu_s * len(self.cells))
        *earlier, last = self.box.run(Job(source="", tests=tests, limits=self.limits))
        self.replays += any(result.outcome != "not_run" for result in earlier)
        self.cells = [*self.cells, code] if last.outcome == "finished" else []
        return last


def program(chance: random.Random) -> list[str]:
    """Cells that change and show state of every sort: names, objects, functions, files, chance, the clock, errors."""
    kinds = [
        "x{a} = {b}", "x{a} = x{b} + 1", "xs.append({b}); xs", "d[{a}] = d.get({b}, 0) + 1\nd", "next(g)", "f({b})",
        "k = K({a}); k.n", "k.n += {b}\nk", "import random\nrandom.random(), random.randint(0, 99)", "1 / ({a} - {b})",
        "import os\nos.urandom(4).hex()", "import time\nint(time.time())", "print({a}, end='')\nprint({b})", "x{a} = (",
        "open('f{a}', 'a').write('{b}')", "open('f{a}').read()", "import sys\nprint('e', file=sys.stderr)\nprint('o')",
        "f = lambda n, old=f: old(n) * {a} + 1", "def f(n): return n - {b}", "del x{a}", "import math\nmath.sqrt({a})",
        "hash('{a}'), [*{{'a', 'b', 'c{b}'}}]", "global_{a} = globals().get('global_{a}', 0) + 1\nglobal_{a}",
        "import sys\nsys.setrecursionlimit({b}00 + 500)\nsys.getrecursionlimit()", "raise SystemExit({a})",
        "import os\nos.environ['A{a}'] = '{b}'\nsorted(n for n in os.environ if n[0] == 'A')", "'\\ud800' + str({a})",
    ]  # fmt: skip
    k = "class K:\n  def __init__(self, n): self.n = n\n  def __repr__(self): return f'K{self.n}'\n"
    cells = [k + "xs, d, f = [], {}, abs; g = (i * i for i in range(10**9)); k = K(0); x0 = x1 = x2 = 0"]
    for _ in range(7):
        cells.append(chance.choice(kinds).format(a=chance.randrange(3), b=chance.randrange(1, 4)))
    return cells


def by_evictions(box: Sandbox, cells: list[str], evicts: Callable[[], bool]) -> tuple[list[tuple[str, bool]], int]:
    story, found = Story(box), []
    for code in cells:
        result = story.tell(code)
        assert result.outcome == "finished", (code, result)
        found.append((result.stdout, result.passed))
        if evicts():
            assert [one.stdout for one in box.run(OTHER)] == ["other\n"]
    return found, story.replays


@pytest.mark.parametrize("seed", range(4))
def test_the_interpreter_that_stays_and_the_one_that_is_told_again_are_equal(pair: list[Sandbox], seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(6):
        cells = program(chance)
        kept, no_replays = by_evictions(pair[0], cells, lambda: False)
        told, replays = by_evictions(pair[0], cells, lambda: True)
        mixed, _ = by_evictions(pair[1], cells, lambda: chance.random() < 0.4)
        assert kept == told == mixed, cells
        assert (no_replays, replays) == (0, len(cells) - 1), "kept wherever nobody else came"


def test_two_sessions_take_turns_and_never_meet(pair: list[Sandbox]) -> None:
    stories = [Story(pair[0]) for _ in range(5)]
    for round_ in range(4):
        for n, story in enumerate(stories):
            said = story.tell(f"x = globals().get('x', {n}) + 10\nopen('mine{n}', 'w').close()\nx")
            assert said.stdout == f"{n + 10 * (round_ + 1)}\n"
            files = story.tell("import os\nsorted(os.listdir('.')), [p for p in os.listdir('/proc') if p.isdigit()]")
            assert files.stdout.startswith(f"(['mine{n}'],") and files.stdout.count("'") < 14
    assert left_over(pair[0]) == []


@pytest.mark.parametrize("what", ACTS)
def test_nothing_acts_between_two_calls(pair: list[Sandbox], what: str) -> None:
    story = Story(pair[0])
    assert story.tell("begun = 1").kept
    first = story.tell(ACTS[what])
    time.sleep(0.3)
    assert left_over(pair[0]) == [], "and not for whoever comes next"
    assert not first.kept or what == "a timer that wakes it"
    assert "2" in story.tell("begun + 1").stdout
    assert story.replays == 1


def test_one_that_wakes_itself_is_ended(pair: list[Sandbox]) -> None:
    story = Story(pair[0])
    assert story.tell(SIGCONT_TIMER).kept
    time.sleep(0.3)
    story.tell("n")
    assert story.replays == 1, "without anybody else's job"


def test_a_word_that_is_forged_is_its_own_cells(pair: list[Sandbox]) -> None:
    forge = "import os, time\nos.write(3, b'{\"done\": %d, \"raised\": false}\\n')\ntime.sleep(0.05)\nprint('late')"
    story = Story(pair[0], cpu_s=1.0)
    story.tell("x = 1")
    story.tell(forge % 1)
    story.tell("x")
    for garbage in ("b'[' * 99_999", "b'\\xff\\n'", "b'{}\\n'", "b'null\\n'", "b'{\"done\": 1e999}\\n'"):
        Story(pair[0], cpu_s=0.3).tell(f"import os\nos.write(3, {garbage})")
    assert Story(pair[0]).tell("6 * 7").stdout == "42\n"
    assert left_over(pair[0]) == []


@pytest.mark.parametrize("kind", ["one uid", "plain"])
def test_without_fences_nothing_is_kept(kind: str, one_uid_pair: list[Sandbox]) -> None:
    box: Sandbox = one_uid_pair[0]
    if kind == "plain":
        slots = LocalSlots()
        slots.plan, slots.uids = "plain", 2
        box = Pool(slots, 1)
    story = Story(box)
    assert [story.tell(code).stdout for code in ("x = 40", "x + 2", "x + 3")] == ["", "42\n", "43\n"]
    assert story.replays == 2
    if kind == "plain":
        box.close()


def stopped_children() -> int:
    """Stopped processes below this one."""
    parents, stopped = dict[int, int](), list[int]()
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = path.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        parents[int(path.parent.name)] = int(parent)
        stopped += [int(path.parent.name)] if state == "T" else []

    def is_ours(pid: int) -> bool:
        return pid == os.getpid() or (pid in parents and is_ours(parents[pid]))

    return sum(map(is_ours, stopped))


def test_a_session_that_ends_takes_its_interpreter_with_it(local_pair: list[Sandbox]) -> None:
    box = local_pair[0]
    assert isinstance(box, Pool)
    box.run(OTHER)
    before, story = stopped_children(), Story(box)
    assert story.tell("x = 1").kept and stopped_children() == before + 1
    box.forget("another")
    box.forget(story.key)
    deadline = time.monotonic() + 5
    while stopped_children() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert stopped_children() == before
    assert story.tell("x").stdout == "1\n" and story.replays == 1


class HoldingSlot(ScriptedSlot):
    """Says that it keeps the interpreter of every session; tells who came, and whom it is to forget."""

    def __init__(self, came: list[tuple[int, str]]) -> None:
        super().__init__(set())
        self.came = came

    def run(self, job: Job) -> list[Result]:
        self.came.append((id(self), job.tests.session if job.tests.kind == "cells" else "job"))
        return [Result(outcome="finished", kept=job.tests.kind == "cells")]

    def forget(self, session: str) -> None:
        self.came.append((id(self), f"forget {session}"))


def test_a_session_finds_its_slot_and_a_job_ends_no_interpreter_where_a_slot_is_free() -> None:
    came = list[tuple[int, str]]()
    pool = Pool(lambda: HoldingSlot(came), 3)

    def run(session: str = "") -> tuple[int, str]:
        tests = Cells(session=session.ljust(16), cells=("1",)) if session else Stdio(inputs=("",))
        pool.run(Job(source="", tests=tests))
        return came[-1]

    homes = {name: run(name)[0] for name in "ab"}
    assert len(set(homes.values())) == 2, "a second session starts a slot rather than end the first one's interpreter"
    assert [run(name)[0] for name in "abba"] == [homes[name] for name in "abba"]
    free = run("c")[0]
    assert free not in homes.values() and len(pool.idle) == 3
    pool.forget("c".ljust(16))
    assert came[-1] == (free, "forget " + "c".ljust(16))
    assert {run()[0] for _ in range(4)} == {free}
    assert run("d")[0] == free and run()[0] == homes["b"], "of those that hold one the longest idle"
    assert run()[0] == homes["b"] and run("a")[0] == homes["a"] and len(pool.idle) == 3


def in_docker(name: str) -> object:
    """A class of cheats; the two that take over a minute each are soaks."""
    return pytest.param(name, marks=pytest.mark.slow if name in ("results", "solution-module") else ())


@pytest.mark.whole
@pytest.mark.docker
@pytest.mark.parametrize("name", [in_docker(name) for name in classes("cheats")])
def test_no_cheat_in_a_call_outlives_it(docker_pair: list[Sandbox], name: str) -> None:
    """As a cell, in an interpreter that goes on: what it patched, forged or left is there in its own later cells, and
    nowhere else."""
    try_as_cells(docker_pair, name)


@pytest.mark.slow
@pytest.mark.parametrize("name", classes("cheats"))
def test_nor_does_one_in_local(local_pair: list[Sandbox], name: str) -> None:
    try_as_cells(local_pair, name)


def try_as_cells(pair: list[Sandbox], name: str) -> None:
    cheats = [cheat for cheat in oracles("cheats", name) if cheat.language == "python" and is_tried(cheat, pair[0])]
    assert by_two(pair, cheats, try_as_cell) == []
    assert [needs_met(box) for box in pair] == [[], []]


def try_as_cell(box: Sandbox, cheat: Oracle) -> list[str]:
    slot = slot_of(box)
    story = Story(box, float(cheat.get("cpu_s", "0.4")), int(cheat.get("memory_mb", "128")))
    given = "\\n".join(f"{a} {b}" for a, b in PAIRS)
    for code in (f"import io, sys\nsys.stdin = io.StringIO('{given}\\n')", cheat.source, "f(3, 4)", "1 + 1"):
        story.tell(code)
    complaints = [f"{cheat.name} leaves {left}" for left in left_over(box)]
    if slot_of(box) is not slot and "broke_the_sandbox" not in ends_of(cheat):
        complaints.append(f"{cheat.name} loses its slot")
    honest = Story(box)
    if [honest.tell(code).stdout for code in ("x = 20", "x * 2 + 2")] != ["", "42\n"] or honest.replays:
        complaints.append(f"{cheat.name} changes the next session")
    return complaints
