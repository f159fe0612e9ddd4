"""Ordinary programs must run as they do outside of any sandbox (`honest/`); and what a failing one says.

A language that a kind of sandbox lacks here is left out: the image of the tests carries nine.
"""

import pytest
from oracles import by_two, classes, oracles, try_honest

from temper.sandboxes.job import Job, Sandbox, Stdio, Unit
from temper.sandboxes.pool import Pool

pytestmark = pytest.mark.whole
CLASSES = classes("honest")
FAILURES = {
    "an exception": ("1 / 0", "ZeroDivisionError"),
    "exit status": ("import sys\nprint(1)\nsys.exit(3)", "exit status 3"),
    "exit with a text": ("exit('no')", "no"),
    "a signal": ("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)", "SIGSEGV"),
    "end of input": ("input()", "EOFError"),
    "a thread's main error": (
        "import threading\nt = threading.Thread(target=print)\nt.start()\nraise KeyError(1)",
        "KeyError: 1",
    ),
}


def test_the_honest_programs_are_many_and_of_many_languages() -> None:
    programs = oracles("honest")
    assert len(programs) >= 280
    per_language = {
        language: [p for p in programs if p.language == language] for language in {p.language for p in programs}
    }
    assert sum(len(found) >= 20 for found in per_language.values()) >= 5
    assert all(set(program.header) & {"in", "out", "call", "assert", "computed"} for program in programs)


@pytest.mark.parametrize("name", CLASSES)
def test_an_honest_program_is_accepted(pair: list[Sandbox], name: str) -> None:
    programs = oracles("honest", name)
    assert isinstance(pair[0], Pool)
    lacking = {program.language for program in programs} - set(pair[0].languages)
    if lacking:
        pytest.skip(f"this sandbox lacks {', '.join(sorted(lacking))}")
    assert by_two(pair, programs, try_honest) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in CLASSES if name.startswith("python")])
def test_an_idiom_is_accepted_ten_times(pair: list[Sandbox], name: str) -> None:
    assert by_two(pair, oracles("honest", name) * 10, try_honest) == []


@pytest.mark.parametrize("name", FAILURES)
def test_a_failing_program_says_why(box: Sandbox, name: str) -> None:
    source, reason = FAILURES[name]
    (result,) = box.run(Job(source=source, tests=Stdio(inputs=("",))))
    assert result.outcome == "runtime_error"
    assert reason in result.detail


def test_each_test_starts_afresh(box: Sandbox) -> None:
    source = "import os\nprint(sorted(os.listdir('.')), input())\nopen('left', 'w')\nos.mkdir('d')"
    results = box.run(Job(source=source, tests=Stdio(inputs=("a", "b"))))
    assert [r.stdout for r in results] == ["['program.py'] a\n", "['program.py'] b\n"]


def test_a_program_that_does_not_compile_says_so_for_every_test(box: Sandbox) -> None:
    for source in ("print(", "a\0b", "x = '\ud800", "(" * 3000, "x" * 2_000_000):
        results = box.run(Job(source=source, tests=Stdio(inputs=("", ""))))
        assert [r.outcome for r in results] == ["compile_error"] * 2, source[:20]


def test_another_language_runs_by_its_command(box: Sandbox) -> None:
    results = box.run(Job(language="bash", source='read x; echo "$((x + 1))"', tests=Stdio(inputs=("1\n", "2\n"))))
    assert [(r.outcome, r.stdout) for r in results] == [("finished", "2\n"), ("finished", "3\n")]


def test_after_a_failure_the_rest_is_not_run(box: Sandbox) -> None:
    job = Job(source="print(1 // int(input()))", tests=Stdio(inputs=("1", "0", "1")), stop_after_failure=True)
    assert [r.outcome for r in box.run(job)] == ["finished", "runtime_error", "not_run"]


def test_the_prelude_runs_in_both_processes_and_shadows_the_solution(box: Sandbox) -> None:
    tests = Unit(code="assert f(2) == helper(2) == 3", prelude="def helper(x): return x + 1")
    honest = box.run(Job(source="def f(x): return helper(x)", tests=tests))
    cheat = box.run(Job(source="def helper(x): return 0\ndef f(x): return 0", tests=tests))
    assert (honest[0].passed, cheat[0].passed) == (True, False)


@pytest.mark.parametrize(
    "code",
    [
        "assert f() == 2",
        "import unittest\nclass T(unittest.TestCase):\n  def test_f(self):\n    self.assertEqual(f(), 2)",
        "import pytest\ndef test_f(): assert f() == 2",
    ],
)
def test_a_failing_assert_is_no_pass_and_says_where(box: Sandbox, code: str) -> None:
    (result,) = box.run(Job(source="def f(): return 1", tests=Unit(code=code)))
    assert (result.outcome, result.passed) == ("finished", False)
    assert "Assert" in result.detail
