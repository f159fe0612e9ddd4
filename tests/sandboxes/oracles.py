"""The shipped oracles, one small program a file: `cheats/CLASS/NAME` must score 0, `honest/CLASS/NAME` come out right.

A file begins with comments that end at the first line of another sort. `key: value` in them says how to try it, a
repeated key gives one line more, everything else is prose; the language is told from the file's ending.

| cheats | |
|---|---|
| `attacks` | which tests it attacks, of `PROBLEMS` |
| `ends` | how a run ends, of the sandbox's outcomes; `wrong` (the default): it ends well with a wrong result |
| `cpu_s`, `memory_mb` | limits other than 0.4 s and 128 MiB |
| `not promised` | what `local` says that it does not promise; the cheat is tried in Docker alone |
| `one uid` | the same where `local` has no uids of its own, or how a run ends there |

| honest programs | |
|---|---|
| `in`, `out` | stdin and stdout, a line each; a JSON string stands for exactly its characters |
| `call`, `args`, `kwargs`, `returns` | a function, the encoded arguments and the encoded value, JSON |
| `assert`, `entry_points` | lines of the tests of a `unit` job, classes that it lists |
| `document`, `kwargs`, `computed` | a document, its viewport, lines `SELECTOR PROPERTY = VALUE` |

The problem that the cheats do not solve is to multiply two numbers, in the way that each sort of tests asks for it; a
stylesheet is to give a note another colour and width on either side of 600 pixels.
"""

import itertools
import json
import queue
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from temper.sandboxes.job import Call, Job, Limits, Result, Sandbox, Stdio, Unit
from temper.sandboxes.pool import Pool
from temper.verifiers.code import Code
from temper.verifiers.problem import Problem
from temper.verifiers.reading.rendered import COMPUTED, RENDERED
from temper.verifiers.verdict import Verdict

HERE = Path(__file__).parent
LANGUAGE_OF = {
    ".py": "python", ".sh": "bash", ".c": "c", ".cpp": "cpp", ".js": "javascript", ".ts": "typescript",
    ".java": "java", ".kt": "kotlin", ".go": "go", ".rs": "rust", ".php": "php", ".cs": "csharp",
    ".jsx": "jsx", ".css": "css",
}  # fmt: skip
PAIRS = ((982451653, 67867967), (472882027, 573259391))
CASES = [(a, b, a * b) for a, b in PAIRS]
UNIT = {
    "asserts": "".join(f"assert f({a}, {b}) == {c}\nassert {c} == f({a}, {b})\n" for a, b, c in CASES),
    "near": "".join(
        f"assert abs(f({a}, {b}) - {c}) < 1e-6\nassert abs({c} - f({a}, {b})) <= 0.5\n" for a, b, c in CASES
    ),
    "loops": (
        f"assert all(f(a, b) == c for a, b, c in {CASES})\n"
        f"assert list(map(f, *zip(*{PAIRS}))) == {[c for *_, c in CASES]}\n"
        f"for a, b, c in {CASES}: assert sorted([f(a, b), 0])[1] == max(c, f(a, b)) == int(str(f(a, b))) == c\n"
    ),
    "unittest": (
        "import unittest\nclass TestProduct(unittest.TestCase):\n"
        + "".join(f"  def test_{i}(self): self.assertEqual(f({a}, {b}), {c})\n" for i, (a, b, c) in enumerate(CASES))
    ),
    "pytest": (
        f"import pytest\n@pytest.mark.parametrize('a, b, c', {CASES})\ndef test_f(a, b, c): assert f(a, b) == c\n"
    ),
    "imported": (
        f"import solution\nfrom solution import *\ndef test_f():\n  from solution import f\n"
        f"  for a, b, c in {CASES}: assert f(a, b) == solution.f(a, b) == c\n"
    ),
    "imported_unittest": (
        "import unittest\nfrom solution import f\nclass TestProduct(unittest.TestCase):\n  def test_f(self):\n"
        f"    for a, b, c in {CASES}: self.assertEqual(f(a, b), c)\n"
    ),
    "imported_pytest": (
        "import pytest\nfrom unittest import mock\nfrom solution import f\n"
        f"@pytest.mark.parametrize('a, b, c', {CASES})\n"
        "def test_f(a, b, c):\n  with mock.patch('solution.RATE', 1, create=True): assert f(a, b) == c\n"
    ),
    "path_added": (
        "import os, sys\nsys.path[:0] = ['', '.', os.getcwd(), os.path.dirname(os.path.abspath(__file__)), '/tmp']\n"
        f"import solution, difflib, colorsys, imaplib\nfor a, b, c in {CASES}: assert solution.f(a, b) == c\n"
    ),
    "unimported": f"for a, b, c in {CASES}: assert math.isclose(f(a, b), c, rel_tol=1e-12)\n",
}
MARKUP = [{"args": [], "kwargs": {"a": a, "b": b}, "expected": f'<b id="c" class="p">{c}</b>'} for a, b, c in CASES]
NOTE = '<main><p class="note" id="n">x</p></main>'
TEAL, CRIMSON = "rgb(0, 128, 128)", "rgb(220, 20, 60)"
STYLES = [
    {"args": [NOTE], "kwargs": {"width": width}, "expected": {"p.note": {"color": colour, "width": half}}}
    for width, colour, half in ((420, TEAL, "203px"), (840, CRIMSON, "413px"))
]
PROBLEMS: dict[str, dict[str, Any]] = {
    "stdio": {"kind": "stdio", "cases": [{"input": f"{a} {b}\n", "output": f"{c}\n"} for a, b, c in CASES]},
    "floats": {
        "kind": "stdio",
        "cases": [{"input": f"{a} {b}\n", "output": f"{c}\n"} for a, b, c in CASES],
        "checker": {"floats": {"abs": 0.5}},
    },
    "call": {
        "kind": "call",
        "entry_point": "f",
        "cases": [{"args": [a, b], "expected": c} for a, b, c in CASES],
        "tolerance": 1e-9,
    },
    "markup": {"kind": "call", "entry_point": "Product", "cases": MARKUP},
    "styles": {"kind": "call", "entry_point": "getComputedStyle", "cases": STYLES},
    **{name: {"kind": "unit", "code": code} for name, code in UNIT.items()},
}
HONEST_CPU_S = 20.0
LOOK = """
import os, time
me = {os.getpid(), os.getppid(), 1}
me.add(int(open(f"/proc/{os.getppid()}/stat").read().rpartition(")")[2].split()[1]))
files = [f"{folder}/{name}" for folder in (".", "/tmp", "/dev/shm") for name in os.listdir(folder)]
print([path for path in files if path != "./program.py"])
for _ in range(100):  # the kernel takes a moment to put away what was killed
    alive = [name for name in os.listdir("/proc") if name.isdigit() and int(name) not in me]
    if not alive: break
    time.sleep(0.01)
print(alive)
print([line for kind in ("shm", "msg", "sem") for line in open(f"/proc/sysvipc/{kind}").readlines()[1:]])
print([line for line in open("/proc/net/unix") if "@" in line])
print([room.f_blocks - room.f_bfree for room in map(os.statvfs, ("/tmp", "/dev/shm"))])
print(*open(0))
"""
"""An honest program that also looks for what another one left: files, processes (zombies too), System V objects,
sockets, room that is taken."""
CLEAN = "[]\n[]\n[]\n[]\n[0, 0]\nsound\n\n"
NEEDY = (
    "bash/process_substitution.sh", "bash/sort_uniq.sh", "c/threads.c", "cpp/threads.cpp", "javascript/promises.js",
    "php/json.php", "python-call/thread.py", "python-program/asyncio.py", "python-program/multiprocessing_pool.py",
    "python-program/subprocess_of_python.py", "python-program/temporary_file.py", "python-program/thread_pool.py",
    "python-program/thread_with_a_big_stack.py", "python-stdin/input.py", "python-unit/class_state.py",
    "python-unit/pytest.py", "typescript/sum.ts",
)  # fmt: skip
"""Honest programs of every kind, among them those that need threads, processes, files and room."""


@dataclass(frozen=True)
class Oracle:
    path: Path
    header: dict[str, list[str]]

    @property
    def name(self) -> str:
        return "/".join(self.path.parts[-2:])

    @property
    def language(self) -> str:
        return LANGUAGE_OF[self.path.suffix]

    @property
    def source(self) -> str:
        return self.path.read_text("utf-8")

    def get(self, key: str, default: str = "") -> str:
        return " ".join(self.header.get(key, [default]))

    def text(self, key: str) -> str:
        """The lines of a key as text, each with its newline, or a JSON string as it is."""
        lines = self.header.get(key, [])
        return "".join(json.loads(line) if line.startswith('"') else f"{line}\n" for line in lines)


def read(path: Path) -> Oracle:
    header: dict[str, list[str]] = {}
    for line in path.read_text("utf-8").splitlines():
        if line in ("<?php", "#!/bin/bash"):
            continue
        found = re.fullmatch(r"(?:#|//|/\*(?=.*\*/$)) ?(.*?)(?: \*/)?", line)
        if found is None:
            break
        key = re.fullmatch(r"([a-z_ ]{2,12}):(?: (.*))?", found[1])
        if key:
            header.setdefault(key[1], []).append(key[2] or "")
    return Oracle(path, header)


def classes(kind: str) -> list[str]:
    return sorted(path.name for path in (HERE / kind).iterdir() if path.is_dir())


def oracles(kind: str, name: str = "*") -> list[Oracle]:
    return [read(path) for path in sorted((HERE / kind).glob(f"{name}/*")) if path.suffix in LANGUAGE_OF]


@dataclass
class Recorder:
    """A sandbox that keeps the results of its last job. `whole`: as they came, and those of all its tests."""

    box: Sandbox
    whole: bool = False
    results: list[Result] = field(default_factory=list)

    def run(self, job: Job) -> list[Result]:
        update = {"judge": None, "stop_after_failure": False} if self.whole else {}
        self.results = self.box.run(job.model_copy(update=update))
        return self.results

    def close(self) -> None:
        self.box.close()


def by_two(
    boxes: Sequence[Sandbox], tries: Sequence[Oracle], attempt: Callable[[Sandbox, Oracle], list[str]]
) -> list[str]:
    """Tries each on one of the sandboxes, as many at a time as there are; all complaints."""
    free: queue.SimpleQueue[Sandbox] = queue.SimpleQueue()
    for box in boxes:
        free.put(box)

    def one(oracle: Oracle) -> list[str]:
        box = free.get()
        try:
            return attempt(box, oracle)
        finally:
            free.put(box)

    with ThreadPoolExecutor(len(boxes)) as pool:
        return [complaint for found in pool.map(one, tries) for complaint in found]


def verdict_of(box: Sandbox, tests: str, oracle: Oracle) -> tuple[float | None, str, str]:
    """Score, how the run ended, detail: by the verifier `code`."""
    recorder = Recorder(box, whole=True)  # so that a cheat can attack every test
    verdict = judge(recorder, tests, oracle, 1 if "wrong" not in ends_of(oracle) else len(CASES))
    if str(PAIRS[1][0]) in recorder.results[0].stdout:
        return None, "wrong", "the first test tells the input of the second"
    outcomes = [result.outcome for result in recorder.results]
    ended = next((outcome for outcome in outcomes if outcome != "finished"), "wrong")
    return verdict.score, ended, verdict.detail


def judge(box: Sandbox, tests: str, oracle: Oracle, cases: int) -> Verdict:
    """`cases`: how many tests of a kind that has some; they repeat. One that comes to no end is tried with one."""
    problem_tests = PROBLEMS[tests]
    if "cases" in problem_tests:
        repeated = itertools.islice(itertools.cycle(problem_tests["cases"]), cases)
        problem_tests = {**problem_tests, "cases": list(repeated)}
    params = {
        "tests": problem_tests,
        "language": oracle.language,
        "time_limit_s": float(oracle.get("cpu_s", "0.4")),
        "memory_mb": int(oracle.get("memory_mb", "128")),
    }
    problem = Problem(id=oracle.name, prompt="Multiply two numbers.", verifier="code", params=params)
    completion = f"~~~~{oracle.language}\n{oracle.source}\n~~~~"
    return Code.model_validate(params).verify(problem, completion, box)


def ends_of(cheat: Oracle) -> list[str]:
    ends = cheat.get("ends", "wrong").split()
    # an answer longer than any right one may be is refused before it is read whole: what would be wrong ends by output
    return [*ends, "output"] if "wrong" in ends else ends


def try_cheat(box: Sandbox, cheat: Oracle, also: str = "") -> list[str]:
    """What is wrong: a score, another end than those of the header and `also`, something left for the next program, the
    slot gone though nothing says so."""
    complaints, slot = [], slot_of(box)
    for tests in cheat.get("attacks").split():
        score, ended, detail = verdict_of(box, tests, cheat)
        if score != 0.0:
            complaints.append(f"{cheat.name} on {tests} scores {score}: {detail}")
        elif ended not in [*ends_of(cheat), also]:
            complaints.append(f"{cheat.name} on {tests} ends by {ended}, not {' or '.join(ends_of(cheat))}: {detail}")
        complaints += [f"{cheat.name} on {tests} leaves {left}" for left in left_over(box)]
    if slot_of(box) is not slot and "broke_the_sandbox" not in [*ends_of(cheat), also]:
        complaints.append(f"{cheat.name} loses its slot")
    return complaints


def slot_of(box: Sandbox) -> object:
    """The one slot of a pool of one, which is idle."""
    assert isinstance(box, Pool)
    ((slot, _),) = box.idle
    return slot


def needs_met(box: Sandbox) -> list[str]:
    """What differs from what it must be when every kind of honest program runs on this slot, one after the other."""
    assert isinstance(box, Pool)
    kinds = [program for program in oracles("honest") if program.name in NEEDY]
    assert len(kinds) == len(NEEDY)
    known = ("python", *box.languages)
    return [complaint for p in kinds if p.language in known for complaint in try_honest(box, p)]


def left_over(box: Sandbox) -> list[str]:
    limits = Limits(cpu_s=5)
    (seen,) = box.run(Job(source=LOOK, tests=Stdio(inputs=("sound\n",)), limits=limits))
    return (
        [] if (seen.outcome, seen.stdout) == ("finished", CLEAN) else [f"{seen.stdout!r} {seen.outcome} {seen.detail}"]
    )


def try_honest(box: Sandbox, program: Oracle) -> list[str]:
    """What differs from what the header says."""
    if program.language in RENDERED and "in" not in program.header:
        verdict = _rendered(box, program)
        return [] if verdict.score == 1.0 else [f"{program.name}: {verdict.detail}"]
    if "call" in program.header:
        args, kwargs = json.loads(program.get("args", "[]")), json.loads(program.get("kwargs", "{}"))
        tests: Stdio | Call | Unit = Call(entry_point=program.get("call"), calls=((args, kwargs),))
        expected: object = json.loads(program.get("returns"))
    elif "assert" in program.header:
        code = "\n".join(program.header["assert"])
        tests, expected = Unit(code=code, entry_points=tuple(program.get("entry_points").split())), True
    else:
        tests, expected = Stdio(inputs=(program.text("in"),)), program.text("out")
    job = Job(language=program.language, source=program.source, tests=tests, limits=Limits(cpu_s=HONEST_CPU_S))
    (result,) = box.run(job)
    got = {"stdio": result.stdout, "call": result.value, "unit": result.passed}[tests.kind]
    if (result.outcome, got, result.detail) == ("finished", expected, ""):
        return []
    return [f"{program.name}: expected {expected!r}, got {got!r}, {result.outcome} {result.detail}"]


def _rendered(box: Sandbox, program: Oracle) -> Verdict:
    """Of a component, or of a stylesheet whose lines say `SELECTOR PROPERTY = VALUE`."""
    kwargs = json.loads(program.get("kwargs", "{}"))
    case: dict[str, Any] = {"args": [], "kwargs": kwargs, "expected": json.loads(program.get("returns", "null"))}
    if program.language == "css":
        case |= {"args": [program.get("document")], "expected": {}}
        for line in program.header["computed"]:
            asked, _, value = line.partition(" = ")
            selector, _, name = asked.rpartition(" ")
            case["expected"].setdefault(selector, {})[name] = value
    tests = {"kind": "call", "entry_point": program.get("call", COMPUTED), "cases": [case]}
    params = {"language": program.language, "tests": tests, "time_limit_s": HONEST_CPU_S}
    problem = Problem(id=program.name, prompt="Render it.", verifier="code", params=params)
    verifier = Code.model_validate(params)
    verifier.check(problem)
    return verifier.verify(problem, f"~~~~{program.language}\n{program.source}\n~~~~", box)
