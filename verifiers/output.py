"""What a program printed against what the row expects: the checkers of `stdio` tests.

`lines` (the default) forgives blanks at the end of a line and newlines at the end of the text, nothing else.
`tokens` compares what blanks separate, `unordered` the lines in any order, `exact` every character, `floats`
the tokens with numbers under a tolerance. A checker program is in `verifiers.code`: it needs a sandbox.
"""

import math
import re
from typing import Annotated, Literal

from pydantic import Field

from temper.sandboxes.job import Frozen


class FloatTolerance(Frozen):
    """How far a number may be off."""

    abs: float = Field(0.0, ge=0, allow_inf_nan=False)
    """Largest difference."""
    rel: float = Field(0.0, ge=0, allow_inf_nan=False)
    """Largest difference over the expected number's size."""


class Floats(Frozen):
    """Tokens are compared, numbers under a tolerance."""

    floats: FloatTolerance
    """A token of the output may differ from the expected number by the larger of `abs` and `rel` x |expected|."""


class CheckerProgram(Frozen):
    """A program that compares."""

    language: Literal["python"] = "python"
    """Language of the program."""
    code: str = Field(min_length=1)
    """Trusted. Reads one JSON object on stdin (`input`, `output`, `expected`) and prints `accept` or a reason."""


class ByProgram(Frozen):
    """A program of the row compares."""

    program: CheckerProgram
    """It runs in the sandbox, once a case."""


Name = Literal["lines", "tokens", "exact", "unordered"]
Checker = Annotated[Name | Floats | ByProgram, Field(union_mode="left_to_right")]

_NUMBER = re.compile(
    r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[+-]?(?:inf|infinity|nan)", re.IGNORECASE
)


def accepts(checker: Name | Floats, expected: str, printed: str) -> bool:
    if isinstance(checker, Floats):
        wanted = expected.split()
        return _has_tokens(printed, wanted) and _floats(checker.floats, wanted, printed.split())
    if checker == "exact":
        return expected == printed
    if checker == "tokens":
        return _has_tokens(printed, wanted := expected.split()) and wanted == printed.split()
    wanted, got = _lines(expected), _lines(printed, expected.count("\n") + 1)
    return wanted == got if checker == "lines" else sorted(wanted) == sorted(got)


def _has_tokens(printed: str, wanted: list[str]) -> bool:
    """Whether it has as many, at the cost of as many."""
    return len(printed.split(None, len(wanted))) == len(wanted)


def _lines(text: str, most: int = -1) -> list[str]:
    """Without the blanks that end a line and the newlines that end the text; what follows `most` lines is one."""
    text = text.rstrip()
    return [line.rstrip() for line in text.split("\n", most)] if text else []


def _floats(tolerance: FloatTolerance, expected: list[str], printed: list[str]) -> bool:
    if len(expected) != len(printed):
        return False
    return all(a == b or _close(tolerance, a, b) for a, b in zip(expected, printed, strict=True))


def _close(tolerance: FloatTolerance, expected: str, printed: str) -> bool:
    # the largest double has 309 digits; what is longer has been compared as text
    if len(expected) > 400 or len(printed) > 400 or not (_NUMBER.fullmatch(expected) and _NUMBER.fullmatch(printed)):
        return False
    wanted, got = float(expected), float(printed)
    # infinity less infinity is NaN, which is under no bound
    if not (math.isfinite(wanted) and math.isfinite(got)):
        return wanted == got or (math.isnan(wanted) and math.isnan(got))
    # 1,000 under `abs` 0.1 and `rel` 0.001 may be off by max(0.1, 1) = 1
    return abs(wanted - got) <= max(tolerance.abs, tolerance.rel * abs(wanted))
