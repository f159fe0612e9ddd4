"""Whether the tests of a row let the solution say itself what its results are worth: read from the row alone."""

from collections.abc import Sequence

import pytest

from temper.sandboxes.job import Job, Result, Sandbox
from temper.verifiers.code import Code
from temper.verifiers.problem import Problem
from temper.verifiers.reading.helpers import Helpers, helpers
from temper.verifiers.verdict import Verdict

UNJUDGED = [
    "assert close(f(2, 3), 6)",
    "assert close(f(2, 3), 6) is True",
    "assert close(6, got=f(2, 3)) == True, 'not close'",
    "assert close(f(2, 3), 6) != False",
    "assert not differs(f(2, 3), 6)",
    "assert differs(f(2, 3), 6) is False",
    "assert bool(close(f(2, 3), 6))",
    "x = f(2, 3)\nassert close(x, 6)",
    "x: int = f(2, 3)\ny = x + 0\nassert close(y, 6)",
    "for x, y in zip(f(3), [1, 2, 3]):\n    assert close(x, y)",
    "assert all(close(x, y) for x, y in zip(f(3), [1, 2, 3]))",
    "assert all([close(f(x), x * x) for x in range(9)])",
    "with f() as x:\n    assert close(x, 6)",
    "if (x := f(2)) and not close(x, 6):\n    raise AssertionError(x)",
    "if not close(f(2), 6):\n    assert False, 'wrong'",
    "from solution import close, f\ndef test_f():\n    assert close(f(2), 6)",
    "from solution import close as near, f\ndef test_f():\n    assert near(f(2), 6)",
    "import solution as s\ndef test_f():\n    assert s.close(s.f(2), 6)",
    "def check(candidate):\n    assert close(candidate(2), 6)\ncheck(f)",
    "def check(candidate):\n    x = candidate(2)\n    assert close(x, 6) and close(6, x)\ncheck(f)",
    "import unittest\nclass T(unittest.TestCase):\n    def test_f(self):\n        self.assertTrue(close(f(2), 6))",
    "import unittest\nclass T(unittest.TestCase):\n    def test_f(self):\n        self.assertFalse(differs(f(2), 6))",
    "import pytest\ndef test_f():\n    if differs(f(2), 6):\n        pytest.fail('wrong')",
    "assert_close(f(2), 6)",
    "check_same(f(2), 6)\ncheck_same(f(3), 9)",
    "expect = 6\n_verify(f(2), expect)",
    "class Case:\n    given = f(2)\n    assert close(given, 6)",
]
"""A helper that says yes to all would do."""

JUDGED = [
    "assert f(2, 3) == 6",
    "assert decode(encode('x')) == 'x'",
    "assert find_zero([1, 2]) == -0.5 and abs(poly([1, 2], find_zero([1, 2]))) < 1e-4",
    "assert is_prime(7)",
    "assert is_prime(7) is True and is_prime(8) is False",
    "assert is_sorted([1, 2])\nassert is_sorted(sort([2, 1]))",
    "s = Stack()\nassert is_empty(s)\npush(s, 1)\nassert not is_empty(s)",
    "s = Stack()\npush(s, 1)\nassert pop(s) == 1",
    "s = Stack()\nassert s.is_empty()\ns.push(1)\nassert s.peek() == 1",
    "assert close(f(2), 6)\nassert close(1, 1 + 1e-9)\nassert not close(1, 2)",
    "def close(x, y): return abs(x - y) < 1e-6\nassert close(f(2), 6)",
    "from math import isclose\nassert isclose(f(2), 6)",
    "import math\nassert math.isclose(f(2), 6)",
    "assert math.isclose(f(2), 6)",
    "assert isinstance(f(2), int) and all(f(3)) and callable(f)",
    "assert sorted(f(2)) == [1, 2] and sum(g(f(2))) == 3",
    "close = lambda x, y: x == y\nassert close(f(2), 6)",
    "tree = build([2, 1, 3])\nassert contains(tree, 2) is True\nassert contains(tree, 5) is False",
    "assert f(2, 3)",
    "result = parse('1+1')\nevaluate(result)\nassert evaluate(result) == 2",
    "from helpers import *\nassert close(f(2), 6)",
    "assert close(f(2), 6",
    "x = f(2)\ndef test_a():\n    assert is_even(2)\ndef test_b():\n    x = 3\n    assert not is_even(x)",
]
"""Every assertion compares with what the tests hold, or a constant answer of the solution fails one."""


@pytest.mark.parametrize("code", UNJUDGED)
def test_a_helper_that_only_the_solution_defines_is_found(code: str) -> None:
    (name,) = helpers(code, "", ()).names
    assert name in ("close", "differs", "near", "assert_close", "check_same", "_verify")
    assert helpers(code, f"def {name}(*a, **k): ...", ()).names == () or "solution" in code
    assert helpers(code, "", (name,)).names == ()


@pytest.mark.parametrize("code", JUDGED)
def test_what_the_tests_compare_with_a_value_of_theirs_is_no_helper(code: str) -> None:
    assert helpers(code, "", ()).names == ()


def test_what_else_the_tests_ask_is_seen() -> None:
    assert helpers("assert close(f(2), 6)", "", ()) == Helpers(("close",), others=False)
    assert helpers("assert close(f(2), 6)\nassert f(0) == 0", "", ()) == Helpers(("close",), others=True)
    assert helpers("assert_close(f(2), 6)", "", ()) == Helpers(("assert_close",), others=False)


class Passes(Sandbox):
    """Every program passes in it, as a cheat would have it."""

    def run(self, job: Job) -> list[Result]:
        return [Result(outcome="finished", passed=True, detail="", cpu_s=0, wall_s=0)]

    def close(self) -> None: ...


def judged(code: str, prompt: str, entry_points: Sequence[str] = (), **params: str) -> tuple[Verdict, str | None]:
    row = {"tests": {"kind": "unit", "code": code, "entry_points": list(entry_points)}, **params}
    problem = Problem(id="p", prompt=prompt, verifier="code", params=row)
    verifier = Code.model_validate(row)
    return verifier.verify(problem, "def f(x): return 0", Passes()), verifier.unread(problem)


HELPED, ALSO = "assert close(f(2), 6)", "\nassert f(0) == 0"


@pytest.mark.parametrize(
    ("code", "prompt", "more", "outcome"),
    [
        (HELPED, "Triple a number.", {}, 0.0),
        (HELPED + ALSO, "Triple a number.", {}, 0.0),
        (HELPED, "Write f and close.", {}, "abstained"),
        (HELPED + ALSO, "Write f and close.", {}, 1.0),
        (HELPED + ALSO, "Given def close(a, b): ..., write f.", {}, "abstained"),
        (HELPED, "Triple a number.", {"solution": "def close(a, b): ...\ndef f(x): ..."}, "abstained"),
        (HELPED, "Triple a number.", {"entry_points": ("f", "close")}, 1.0),
        (ALSO, "Triple a number.", {}, 1.0),
    ],
)
def test_such_a_row_pays_nobody_and_is_named(code: str, prompt: str, more: dict[str, str], outcome: object) -> None:
    verdict, unread = judged(code, prompt, **more)
    assert (verdict.score if verdict.outcome == "scored" else verdict.outcome) == outcome
    if outcome == 1.0:
        assert unread is None
    else:
        assert unread == verdict.detail and "define" in unread and "close" in unread
