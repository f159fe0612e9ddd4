"""How much of a program's results is read and compared: a job's share, and no more than what the row expects costs."""

import random

import pytest

from temper.verifiers import output
from temper.verifiers.code import SHOWN, Code, _short

CHECKERS: list[output.Name] = ["lines", "unordered", "tokens", "exact"]


def _limits(tests: int, expected: str) -> tuple[int, int]:
    cases = [{"args": [], "expected": expected}] * tests
    limits = Code.model_validate({"tests": {"kind": "call", "entry_point": "f", "cases": cases}})._limits()
    return limits.result_kb, limits.parts


def test_many_tests_share_what_a_few_may_return() -> None:
    assert _limits(1, "") == _limits(12, "") == (64, 10_000)
    assert _limits(100, "") == (8, 1_250)
    assert _limits(1_000, "") == (4, 1_000)


def test_a_row_that_expects_much_reads_several_times_as_much_however_many_tests_it_has() -> None:
    assert _limits(100, "x" * 8192)[0] == 128
    assert _limits(1_000, "," * 8)[1] == 1_000


def _plainly(checker: output.Name, text: str) -> list[str]:
    """What a checker compares, as its docstring says it."""
    if checker == "tokens":
        return text.split()
    if checker == "exact":
        return [text]
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    return lines if checker == "lines" else sorted(lines)


@pytest.mark.parametrize("checker", CHECKERS)
def test_what_is_not_read_to_its_end_is_judged_as_if_it_were(checker: output.Name) -> None:
    draw = random.Random(5)
    agreed = 0
    for _ in range(4_000):
        expected, printed = ("".join(draw.choice("ab\n\n\r\t\v 1") for _ in range(draw.randint(0, 6))) for _ in "12")
        right = _plainly(checker, expected) == _plainly(checker, printed)
        assert output.accepts(checker, expected, printed) == right, (expected, printed)
        agreed += right
    assert agreed > 20


@pytest.mark.parametrize(
    ("expected", "printed", "right"),
    [
        ("1 2\n", "1.05 2", True),
        ("1 2", "1 2 3", False),
        ("1 2", "1", False),
        ("1 2", " 1\n2 \n\n", True),
        ("", "", True),
    ],
)
def test_numbers_under_a_tolerance_are_as_many_as_expected(expected: str, printed: str, right: bool) -> None:
    checker = output.Floats.model_validate({"floats": {"abs": 0.1}})
    assert output.accepts(checker, expected, printed) == right


def test_a_value_is_shown_by_its_beginning() -> None:
    assert _short([1, "a"]) == '[1, "a"]'
    shown = _short([["x" * 1_000]] * 1_000)
    assert shown == '[["' + "x" * (SHOWN - 3) + "..."
