"""A job (one program, one or more tests) and what a sandbox says of it.

Nothing here compares: a result carries what the program printed or returned, and the verifier compares it
outside, so the expected output never enters the box. A program's own failure is an `outcome`; a failure of
the box is a `SandboxError`.
"""

from collections.abc import Callable
from typing import Any, Literal, Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict, Field


class SandboxError(Exception):
    """The sandbox broke, not the program: retry elsewhere; never a score."""


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Limits(Frozen):
    cpu_s: float = Field(10.0, gt=0, le=600)
    """CPU seconds of one test; wall time is a multiple of it."""
    memory_mb: int = Field(512, ge=16, le=65536)
    """Resident memory of one test, in MiB."""
    output_kb: int = Field(1024, ge=1, le=65536)
    """Bytes that a test may print, stdout and stderr together, in KiB; more kills it."""
    result_kb: int = Field(65536, ge=1, le=65536)
    """Bytes that are to be compared: what a test printed on stdout, or the encoded value that it returned, in KiB; more
    do not come out."""
    processes: int = Field(64, ge=1, le=4096)
    """Processes and threads of one test."""
    parts: int = Field(10_000, ge=1)
    """Items, keys and texts of a value that a call returns, as `box.parts` counts them; more do not come out."""


class Stdio(Frozen):
    """The program runs once per input, which it reads on stdin."""

    kind: Literal["stdio"] = "stdio"
    inputs: tuple[str, ...]


class Call(Frozen):
    """One function is called once per test; values are encoded as `sandboxes.values` says."""

    kind: Literal["call"] = "call"
    entry_point: str
    calls: tuple[tuple[Any, Any], ...]
    """(encoded args list, encoded kwargs object) of each call."""
    package: str = ""
    """A package of the box (`sandbox.packages`) that `source` needs. Then `source` must be ours and never the
    policy's: a process of its own loads it once, with the supervisor's rights, and every call is forked from there."""


class Unit(Frozen):
    """Asserts or pytest tests (`code`) run in a process of their own and talk to the solution by messages."""

    kind: Literal["unit"] = "unit"
    code: str
    prelude: str = ""
    """Trusted code run in both processes, before the solution and before `code`."""
    entry_points: tuple[str, ...] = ()
    """Names of the solution that are globals although a builtin has them, and classes whose `in` it may answer."""


class Program(Frozen):
    """Program and tests are one source, of a language with a command. What it writes to the descriptor `SAID`
    (`box.job`) comes back as the result's `value`; nothing of it is believed here."""

    kind: Literal["program"] = "program"
    secret: str
    """What it can read from the descriptor `SECRET`, and nowhere else."""


class Cells(Frozen):
    """An interpreter is told cells, one after the other; each is a test, and the last one is what is asked for.

    The slot may hold the interpreter after the job. Where it still does, and was told all cells but the last, these are
    `not_run`; else all are run, in a fresh one."""

    kind: Literal["cells"] = "cells"
    session: str = Field(min_length=16)
    """Whose interpreter: a name that nobody else uses, ever. None is handed to another."""
    cells: tuple[str, ...] = Field(min_length=1)
    earlier_s: float = Field(0.0, ge=0, le=600)
    """CPU seconds that all cells but the last may take together, where they are run again."""


Outcome = Literal[
    "finished", "wrong", "compile_error", "runtime_error", "time", "memory", "output", "processes",
    "broke_the_sandbox", "not_run",
]  # fmt: skip


class Result(Frozen):
    """What one test of a job did. `finished` says that it ended by itself with exit status 0, not that it is
    right; `wrong` is what a job's judge makes of it, `not_run` that an earlier test failed and the job stopped."""

    outcome: Outcome
    stdout: str = ""
    """What it printed (`stdio`)."""
    value: Any = None
    """The encoded value that it returned (`call`), meaningful when `outcome` is `finished`; what it wrote to `SAID`
    (`program`), the first characters as text."""
    passed: bool = False
    """Whether the tests' own process saw every assert hold (`unit`), or the cell raised nothing (`cells`)."""
    detail: str = ""
    """Why it did not finish, or what failed: an exception's class and message, the limit that it broke."""
    asks: str = ""
    """What the tests ask for that cannot be had, whatever the program is (`unit`): they judge nothing."""
    refused: str = ""
    """What of a failed test did not cross between tests and program, by the doing of the one or the other (`unit`)."""
    kept: bool = False
    """Whether the interpreter stays where it is (`cells`, of the last one)."""
    cpu_s: float = 0.0
    wall_s: float = 0.0


class Judged(Result):
    """What a judge keeps of a result: no `stdout`, no `value`, and in `detail` its finding."""


Judge = Callable[[int, Result], Judged]
"""Of the result of a test, with its number."""


class Job(Frozen):
    language: str = "python"
    standard: str = ""
    """Of the language, one of `Language.standards`; empty for the first of them."""
    source: str
    tests: Stdio | Call | Unit | Program | Cells = Field(discriminator="kind")
    limits: Limits = Limits()
    judge: Judge | None = Field(None, exclude=True)
    """Asked out here of each result as it comes, so that no more than one portion of what the tests printed is held at
    a time. It may be asked again from the start (a slot was lost), and is not asked of results that no slot gave."""
    stop_after_failure: bool = False
    """After a test that did not finish, or that the judge does not keep as `finished`, the rest is not run."""


@runtime_checkable
class KeepsInterpreters(Protocol):
    """A sandbox that may hold the interpreter of a session from job to job."""

    def forget(self, session: str) -> None:
        """Ends it, wherever it is; no harm where there is none."""
        ...


class Sandbox(Protocol):
    """Anything that runs jobs. One job at a time per slot; thread-safe; blocks until the job has its
    results."""

    def run(self, job: Job) -> list[Result]:
        """One result a test, in order (`unit` has one). Raises SandboxError when the box broke twice and the
        control job broke as well; a program that broke two healthy slots gets `broke_the_sandbox`."""
        ...

    def close(self) -> None:
        """Frees every container, process and folder."""
        ...
