"""`code` with the local sandbox: honest programs score 1, everything else 0 with a reason."""

import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from temper.sandboxes.job import Job, Result, Sandbox, SandboxError
from temper.sandboxes.pool import open_sandbox
from temper.sandboxes.section import SandboxSection
from temper.verifiers.code import Code
from temper.verifiers.output import Floats, FloatTolerance, accepts
from temper.verifiers.problem import Problem
from temper.verifiers.rows import parse_problem
from temper.verifiers.table import verifier_for
from temper.verifiers.trees import same
from temper.verifiers.verdict import Verdict, VerifierError

ADD = {
    "kind": "call",
    "entry_point": "add",
    "cases": [{"args": [1, 2], "expected": 3}, {"args": [1], "kwargs": {"b": -1}, "expected": 0}],
}
SUM = {"kind": "stdio", "cases": [{"input": "1 2\n", "output": "3\n"}, {"input": "5 6\n", "output": "11"}]}
UNIT = {
    "kind": "unit",
    "code": "import solution\nassert double(2) == 4\nassert solution.double([1]) == [1, 1]\n",
}
DOUBLE = "def double(x):\n    return x * 2\n"
ADDER = "def add(a, b):\n    return a + b\n"
SUMMER = "print(sum(map(int, input().split())))\n"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    opened = open_sandbox(SandboxSection(kind="local", slots=1))
    yield opened
    opened.close()


def problem(tests: object, **params: Any) -> Problem:
    row = {"id": "p", "prompt": "write it", "verifier": "code", "params": {"tests": tests, **params}}
    return parse_problem(row, "f:1")


def judge(sandbox: Sandbox, tests: object, source: str, **params: Any) -> Verdict:
    row = problem(tests, **params)
    return verifier_for(row).verify(row, f"```python\n{source}\n```", sandbox)


RIGHT: list[tuple[object, str]] = [
    (ADD, ADDER),
    (ADD, "add = lambda a, b: a + b"),
    (ADD, "import sys\ndef add(a, b):\n    print('noise')\n    return a + b"),
    (SUM, SUMMER),
    (
        SUM,
        "import sys\nfor line in sys.stdin:\n    print(sum(map(int, line.split())), ' ')\n    print()",
    ),
    (SUM, "a, b = map(int, open(0).read().split())\nprint(a + b)\nquit()"),
    (UNIT, DOUBLE),
    ({"kind": "unit", "code": "def test_it():\n    assert double(3) == 6\n"}, DOUBLE),
]


@pytest.mark.parametrize(("tests", "source"), RIGHT)
def test_an_honest_program_scores_one(sandbox: Sandbox, tests: object, source: str) -> None:
    verdict = judge(sandbox, tests, source)
    assert verdict.score == 1.0, verdict.detail


EQUAL = "class E(int):\n    def __eq__(self, other): return True\n    __hash__ = int.__hash__\n"


WRONG: list[tuple[object, str, str]] = [
    (ADD, "def add(a, b):\n    return a - b", "expected 3, got -1; input [1, 2]"),
    (ADD, "def add(a, b):\n    return 3", "1 of 2 tests; test 2: expected 0, got 3"),
    (ADD, "def add(a, b):\n    return float(a + b)", "expected 3, got 3.0"),
    (ADD, "def add(a, b):\n    return str(a + b)", "expected 3"),
    (ADD, "def add(a, b):\n    raise KeyError('x')", "runtime error"),
    (ADD, "def sub(a, b):\n    return a + b", "runtime error"),
    (ADD, "def add(a, b)\n    return a + b", "compile error"),
    (ADD, "import sys\nsys.exit(0)", "test 1"),
    (ADD, "import os\nos._exit(0)", "test 1"),
    (ADD, EQUAL + "def add(a, b): return E()", "test 1"),
    (ADD, "def add(a, b):\n    while True: pass", "time"),
    (SUM, "print(3)", "1 of 2 tests; test 2: expected '11', got '3\\n'; input '5 6\\n'"),
    (SUM, SUMMER + "raise SystemExit(1)", "test 1"),
    (SUM, SUMMER + "import os\nos.kill(os.getpid(), 9)", "test 1"),
    (SUM, "print(3)\nprint(11)", "test 1"),
    (SUM, "", "the program is empty"),
    (UNIT, "def double(x):\n    return x", "0 of 1 tests"),
    (UNIT, EQUAL + "def double(x): return E()", "0 of 1 tests"),
    (UNIT, "import sys\nsys.exit(0)", "0 of 1 tests"),
    (UNIT, "import os\nos._exit(0)", "0 of 1 tests"),
    (UNIT, "", "the program is empty"),
]


@pytest.mark.parametrize(("tests", "source", "reason"), WRONG)
def test_a_wrong_program_scores_zero_with_the_reason(sandbox: Sandbox, tests: object, source: str, reason: str) -> None:
    verdict = judge(sandbox, tests, source, time_limit_s=1)
    assert verdict.score == 0.0, verdict.detail
    assert reason in verdict.detail


def test_a_fraction_is_the_share_of_tests_that_pass(sandbox: Sandbox) -> None:
    assert judge(sandbox, ADD, "def add(a, b):\n    return 3", score="fraction").score == 0.5
    assert judge(sandbox, ADD, "def add(a, b):\n    return 9", score="fraction").score == 0.0
    assert judge(sandbox, ADD, ADDER, score="fraction").score == 1.0


def test_a_completion_without_a_program_needs_no_box(sandbox: Sandbox) -> None:
    row = problem(ADD)
    for completion in ("", "<think>\n" + ADDER, "```python\n" + ADDER, "x" * 300_000, "a\0b", "\ud800"):
        assert verifier_for(row).verify(row, completion, sandbox).score == 0.0


def test_a_prelude_helper_is_not_taken_from_the_solution(sandbox: Sandbox) -> None:
    tests = {
        "kind": "unit",
        "prelude": "def poly(x):\n    return x * x - 4\n",
        "code": "assert poly(root()) == 0\n",
    }
    assert judge(sandbox, tests, "def root():\n    return 2").score == 1.0
    assert judge(sandbox, tests, "def poly(x):\n    return 0\ndef root():\n    return 7").score == 0.0


def test_typed_values_cross_the_box(sandbox: Sandbox) -> None:
    tests = {
        "kind": "call",
        "entry_point": "f",
        "cases": [
            {"args": [{"$tuple": [1, 2]}], "expected": {"$tuple": [1, 2]}},
            {"args": [{"$set": [2, 1]}], "expected": {"$set": [1, 2]}},
            {"args": [{"$bytes": "AAE="}], "expected": {"$bytes": "AAE="}},
            {"args": [{"$dict": [[1, "a"], ["b", None]]}], "expected": {"$dict": [["b", None], [1, "a"]]}},
            {"args": [True], "expected": True},
        ],
    }
    assert judge(sandbox, tests, "def f(x):\n    return x").score == 1.0
    assert judge(sandbox, tests, "def f(x):\n    return list(x) if type(x) is tuple else x").score == 0.0
    assert judge(sandbox, tests, "def f(x):\n    return 1 if x is True else x").score == 0.0


def test_a_checker_program_decides(sandbox: Sandbox) -> None:
    checker = (
        "import json\n"
        "row = json.load(__import__('sys').stdin)\n"
        "n = int(row['input'])\n"
        "a, b = map(int, row['output'].split())\n"
        "print('accept' if a + b == n else f'{a} + {b} is not {n}')\n"
    )
    tests = {
        "kind": "stdio",
        "cases": [{"input": "10\n", "output": "5 5\n"}],
        "checker": {"program": {"language": "python", "code": checker}},
    }
    assert judge(sandbox, tests, "print(3, int(input()) - 3)").score == 1.0
    wrong = judge(sandbox, tests, "print(3, 3)")
    assert wrong.score == 0.0
    assert "3 + 3 is not 10" in wrong.detail
    assert judge(sandbox, tests, "print('accept')").score == 0.0
    broken = {**tests, "checker": {"program": {"code": "raise ValueError"}}}
    assert judge(sandbox, broken, "print(3, 7)").outcome == "abstained"


PROBLEMS = [
    problem(tests, solution=solution, time_limit_s=2)
    for tests, solution in ((ADD, ADDER), (SUM, SUMMER), (UNIT, DOUBLE))
]


@pytest.mark.parametrize("row", PROBLEMS, ids=["call", "stdio", "unit"])
def test_the_probes_hold(sandbox: Sandbox, row: Problem) -> None:
    verifier = verifier_for(row)
    names = set()
    for name, completion, expected in verifier.probes(row):
        names.add(name)
        verdict = verifier.verify(row, completion, sandbox)
        assert expected is None or verdict.score == expected, (name, verdict.detail)
    assert {"solution", "empty", "garbage", "prompt", "cut", "ends at once", "always equal", "1 MB"} <= names


class Keeping:
    """A sandbox that keeps the results of its last job."""

    def __init__(self, box: Sandbox) -> None:
        self.box, self.results = box, list[Result]()

    def run(self, job: Job) -> list[Result]:
        self.results = self.box.run(job)
        return self.results

    def close(self) -> None:
        return


STOPPED = "import time\nn = int(input())\ntime.sleep(0.1 * n)\nprint(n)"
NUMBERS = {"kind": "stdio", "cases": [{"input": f"{n}\n", "output": f"{min(n, 1)}\n"} for n in (0, 1, 2, 1, 0)]}


def test_a_job_stops_at_the_first_failure_where_that_decides_the_score(sandbox: Sandbox) -> None:
    keeping = Keeping(sandbox)
    verdict = judge(keeping, NUMBERS, STOPPED, score="all")
    assert verdict.score == 0.0
    assert verdict.detail == "2 of 5 tests; test 3: expected '1\\n', got '2\\n'; input '2\\n'"
    assert [result.outcome for result in keeping.results] == ["finished", "finished", "wrong", "not_run", "not_run"]
    assert {(result.stdout, result.value) for result in keeping.results} == {("", None)}
    verdict = judge(keeping, NUMBERS, STOPPED, score="fraction")
    assert verdict.score == 0.8
    assert [result.outcome for result in keeping.results] == ["finished", "finished", "wrong", "finished", "finished"]


def test_what_many_tests_print_is_not_held_at_once(sandbox: Sandbox) -> None:
    def peak(tests: int) -> int:
        cases = [{"input": f"{n}\n", "output": "1" * 60_000} for n in range(tests)]
        tracemalloc.start()
        verdict = judge(sandbox, {"kind": "stdio", "cases": cases}, "print('0' * 900_000)", score="fraction")
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert verdict.score == 0.0
        return most

    assert peak(48) < peak(12) + (16 << 20)  # 36 tests print 31 MiB


HUGE = [
    ("returns 900 lists", "def add(a, b=0): return [[]] * 900", "expected 3, got [[], [], []"),
    ("returns 9,000 lists", "def add(a, b=0): return [[]] * 9_000", "returned a value of more than 10000 parts"),
    ("returns a text", "def add(a, b=0): return 'x' * 70_000", "returned more than 64 KiB"),
    ("prints", "print('0' * 70_000)", "printed more than 64 KiB on stdout"),
]


@pytest.mark.parametrize(("name", "source", "detail"), HUGE, ids=[name for name, *_ in HUGE])
def test_of_a_huge_result_no_more_is_read_than_may_be_right(
    sandbox: Sandbox, name: str, source: str, detail: str
) -> None:
    verdict = judge(sandbox, SUM if name == "prints" else ADD, source)
    assert verdict.score == 0.0
    assert detail in verdict.detail


@pytest.mark.parametrize(
    "expected", [[0] * 40_000, "x" * 200_000, [[[]] * 3] * 9_000, {str(n): n for n in range(9_000)}]
)
def test_a_huge_result_that_the_row_expects_is_right(sandbox: Sandbox, expected: object) -> None:
    tests = {"kind": "call", "entry_point": "f", "cases": [{"args": [expected], "expected": expected}]}
    assert judge(sandbox, tests, "def f(x): return x").score == 1.0


def test_a_failure_out_here_while_a_job_runs_costs_the_slot_and_no_later_verdict(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> bool:
        raise RuntimeError("ours")

    with monkeypatch.context() as patched:
        patched.setattr("temper.verifiers.code.accepts", broken)
        with pytest.raises(RuntimeError, match="ours"):
            judge(sandbox, NUMBERS, STOPPED)
    assert judge(sandbox, SUM, SUMMER).score == 1.0


class Short:
    """A sandbox that loses results."""

    def run(self, job: Job) -> list[Result]:
        return []

    def close(self) -> None:
        return


def test_what_is_ours_raises() -> None:
    row = problem(ADD)
    with pytest.raises(SandboxError, match="0 results for 2 tests"):
        verifier_for(row).verify(row, ADDER, Short())
    with pytest.raises(VerifierError, match="needs a sandbox"):
        verifier_for(row).verify(row, ADDER)
    assert isinstance(verifier_for(row), Code)


FLOATS = Floats(floats=FloatTolerance(abs=1e-6, rel=1e-6))


@pytest.mark.parametrize(
    ("checker", "expected", "printed", "verdict"),
    [
        ("lines", "1\n2\n", "1 \n2\n\n", True),
        ("lines", "1\n2", "1\r\n2\r\n", True),
        ("lines", "1\n2\n", "1\n", False),
        ("lines", "1\n2\n", "1\n2\n3\n", False),
        ("lines", "1", " 1", False),
        ("lines", "1\n\n2", "1\n2", False),
        ("lines", "", "\n", True),
        ("tokens", "1 2\n3", "1\n2 3 ", True),
        ("tokens", "12", "1 2", False),
        ("exact", "1\n", "1\n", True),
        ("exact", "1\n", "1", False),
        ("unordered", "1\n2", "2\n1\n", True),
        ("unordered", "1\n1\n2", "1\n2\n2", False),
        (FLOATS, "0.5 x", "0.5000001 x", True),
        (FLOATS, "1000000", "1000000.5", True),
        (FLOATS, "0.5", "0.51", False),
        (FLOATS, "0.5", "nan", False),
        (FLOATS, "0.5", "0.5 0.5", False),
        (FLOATS, "inf", "Infinity", True),
        (FLOATS, "x", "y", False),
        (FLOATS, "5", "5_0", False),
    ],
)
def test_a_checker_forgives_what_it_says(checker: Any, expected: str, printed: str, verdict: bool) -> None:
    assert accepts(checker, expected, printed) is verdict


NAN = float("nan")


@pytest.mark.parametrize(
    ("expected", "got", "tolerance", "verdict"),
    [
        (1, 1, None, True),
        (1, True, None, False),
        (True, 1, None, False),
        (True, 1, 0.1, False),
        (1, 1.0, None, False),
        (1, 1.0, 0.0, True),
        (1.0, 1.05, 0.1, True),
        (1000.0, 1001.0, 0.01, True),
        (1.0, 1.2, 0.1, False),
        (10**400, 1.0, 0.1, False),
        (NAN, NAN, None, True),
        (NAN, 1.0, 0.5, False),
        (0.0, -0.0, None, True),
        ("1", 1, None, False),
        (None, False, None, False),
        ([1, 2], [1, 2], None, True),
        ([1, 2], [2, 1], None, False),
        ([1, 2], {"$tuple": [1, 2]}, None, False),
        ({"$tuple": [1]}, {"$tuple": [1]}, None, True),
        ({"$set": [1, 2]}, {"$set": [2, 1]}, None, True),
        ({"$set": [1, 2]}, {"$set": [1, 1]}, None, False),
        ({"$set": [1.0]}, {"$set": [1.05]}, 0.1, True),
        ({"a": 1}, {"a": 1, "b": 2}, None, False),
        ({"a": [1.0]}, {"a": [1.05]}, 0.1, True),
        ({"$dict": [[1, 2], [3, 4]]}, {"$dict": [[3, 4], [1, 2]]}, None, True),
        ({"$dict": [[1, 2]]}, {"$dict": [[True, 2]]}, None, False),
    ],
)
def test_values_are_compared_by_exact_type(expected: Any, got: Any, tolerance: float | None, verdict: bool) -> None:
    assert same(expected, got, tolerance) is verdict


def test_a_row_in_another_language_is_judged_and_probed_in_it() -> None:
    row = problem(SUM, language="bash", solution="read a b; echo $((a + b))")
    verifier = verifier_for(row)
    names = set()
    with closing(open_sandbox(SandboxSection(kind="local", slots=1, languages=("bash",)))) as box:
        for name, completion, expected in verifier.probes(row):
            names.add(name)
            verdict = verifier.verify(row, completion, box)
            assert expected is None or verdict.score == expected, (name, verdict.detail)
        checked = problem({**SUM, "checker": {"program": {"code": "print('accept')"}}}, language="bash")
        assert verifier_for(checked).verify(checked, "```sh\necho 1\n```", box).score == 1.0
    assert {"solution", "ends at once", "cut"} <= names
    assert "always equal" not in names
