"""A Python interpreter whose state lasts from call to call: the cells are the truth, the process is a cache.

A call runs a cell in a slot of the sandbox: stdout and stderr as they come, the value of a last expression echoed. The
slot may hold the interpreter until the next call; where it does no more (another job needed the slot, the slot was
lost, the cell left threads, processes or many files behind), all cells are run again first, silently, in a fresh one.
Seed, hash seed and what `os.urandom` gives are the same each time, and the clock stands still within a cell, so a cell
does what it did before; one that prints something else is counted, and the session goes on from there.

A cell that is ended by a limit, or that ends its process, leaves a fresh interpreter behind, and the result says so.
Nothing that is printed reaches a verdict: verifiers read what the policy says.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import Field, PrivateAttr

from temper.sandboxes.job import Cells, Job, KeepsInterpreters, Limits, Result, Sandbox
from temper.sandboxes.section import SandboxSection
from temper.verifiers.problem import Problem
from temper.verifiers.sessions.calling import MAX_CALLS, cut, plain
from temper.verifiers.sessions.session import Answered, BrokeSandboxError, Fault, Reply, Session, SessionError, Tool

NAME = "python"
ANEW = "the interpreter was started anew, its variables are gone]"
"""How a result ends behind which nothing is left of what was run before, and no other result."""
LONGEST_S = 600.0
"""CPU seconds that earlier cells are given at most, in all calls of a turn, when they are run again. A program that
leaves a thread behind has all of them run again with each call: 32 calls of 10 s could cost a turn 4,960 s."""


@dataclass
class Cell:
    code: str
    text: str
    """What it came to, as the model read it."""
    seconds: float
    """CPU time, or a third of the wall time where that is more: what it may take when it is run again."""


class Python(Session):
    """Runs cells."""

    takes_sandbox: ClassVar[bool] = True

    call_s: float = Field(10.0, gt=0, le=120)
    """CPU seconds of a call."""
    output_chars: int = Field(2_000, ge=100, le=100_000)
    """Characters of a result: head and tail of a longer one."""
    memory_mb: int = Field(1024, ge=64, le=65_536)
    """Memory, in MiB."""
    packages: tuple[str, ...] = ()
    """Packages that the sandbox must carry (`sandbox.packages`)."""
    tool: str = Field(NAME, min_length=1)
    """What the function is called."""
    _cells: list[Cell] = PrivateAttr(default_factory=list)
    _key: str = PrivateAttr("")
    """Names the interpreter in the sandbox."""
    _replays: tuple[int, int] = PrivateAttr((0, 0))
    _left_s: float = PrivateAttr(LONGEST_S)
    """What is left in this turn to run earlier cells again."""
    _sandbox: Sandbox | None = PrivateAttr(None)

    def tools(self) -> list[Tool]:
        said = (
            "Runs Python code. Variables stay from call to call; the value of a last expression is shown. "
            f"A call may take {self.call_s:g} seconds."
        )
        code: Any = {"type": "object", "properties": {"code": {"type": "string", "description": "The code"}}}
        parameters = {**code, "required": ["code"], "additionalProperties": False}
        return [{"type": "function", "function": {"name": self.tool, "description": said, "parameters": parameters}}]

    def check_sandbox(self, section: SandboxSection) -> None:
        if lacks := sorted(set(self.packages) - set(section.packages)):
            raise ValueError(f"field 'session.packages': the sandbox lacks {lacks[0]!r}; add it to sandbox.packages")
        if self.memory_mb > section.memory_mb:
            raise ValueError(
                f"field 'session.memory_mb': over the sandbox's {section.memory_mb}, got {self.memory_mb}; "
                "raise sandbox.memory_mb"
            )

    def open(self, problem: Problem, sandbox: Sandbox | None) -> None:
        if sandbox is None:
            raise SessionError("a python session needs a sandbox")
        self._sandbox, self._cells, self._key = sandbox, [], uuid.uuid4().hex

    def call(self, name: str, arguments: dict[str, Any]) -> Reply:
        code = str(arguments["code"])
        *earlier, result = self._run(code)
        if result.outcome == "broke_the_sandbox":
            raise BrokeSandboxError(result.detail)
        self._left_s = max(0.0, self._left_s - sum(map(seconds_of, earlier)))
        # a cell of before may end the interpreter the second time: then this one was not run
        lost = next((one for one in earlier if one.outcome not in ("finished", "not_run")), None)
        result = lost or result
        self._count(earlier)
        said = self._read(result)
        if result.outcome == "finished":
            self._cells.append(Cell(code, said, seconds_of(result)))
            return Reply(said, "" if result.passed else "exception")
        self._cells = []
        why = f"[{'an earlier call, run again: ' if lost else ''}{self._why(result, lost is not None)}; {ANEW}"
        return Reply("\n".join(filter(None, [said, why])), _FAULTS.get(result.outcome, "exception"))

    def _run(self, code: str) -> list[Result]:
        assert self._sandbox is not None, "the session is not open"
        # what the earlier cells took is theirs, and half as much again: the machine may be busier now
        earlier_s = min(self._left_s, 1.5 * sum(cell.seconds for cell in self._cells))
        limits = Limits(cpu_s=self.call_s, memory_mb=self.memory_mb, output_kb=8192, result_kb=8192)
        cells = (*(cell.code for cell in self._cells), code)
        return self._sandbox.run(
            Job(source="", tests=Cells(session=self._key, cells=cells, earlier_s=earlier_s), limits=limits)
        )

    def _count(self, again: Sequence[Result]) -> None:
        """`again`: what became of the earlier cells."""
        if not any(result.outcome == "finished" for result in again):
            return
        replayed, differed = self._replays
        for cell, result in zip(self._cells, again, strict=True):
            if result.outcome == "finished":
                differed += self._read(result) != cell.text
                cell.seconds = max(cell.seconds, seconds_of(result))
        self._replays = replayed + 1, differed

    def _read(self, result: Result) -> str:
        """What the model reads of a cell's output."""
        text = plain(cut(result.stdout, self.output_chars))
        return f"{text}\n" if text.endswith(ANEW) else text

    def _why(self, result: Result, is_again: bool) -> str:
        if result.outcome == "time":
            return "too much time" if is_again else f"the call took longer than {self.call_s:g} s"
        return result.detail or result.outcome

    def again(self, earlier: Sequence[Answered]) -> int:
        """Only the cells are taken: they run with the next call."""
        self._cells = []
        for one in earlier:
            if one.fault == "" or (one.fault == "exception" and not one.text.endswith(ANEW)):
                self._cells.append(Cell(str(one.arguments["code"]), one.text, self.call_s))
            elif one.fault in _FAULTS.values() or one.fault == "exception":
                self._cells = []
        self._replays = (-1 if self._cells else 0, 0)  # whoever asks for this counts it
        return 0

    def replays(self) -> tuple[int, int]:
        found, self._replays, self._left_s = self._replays, (0, 0), LONGEST_S
        return found

    def close(self) -> None:
        self._cells = []
        if isinstance(self._sandbox, KeepsInterpreters):
            self._sandbox.forget(self._key)

    def longest_s(self) -> float:
        # The wall time of a job is three times its CPU time, and a call's share of what a turn may run again is added:
        # 32 calls of 10 s may take 32 x 40 + 1,800 s.
        return 4 * self.call_s + 3 * LONGEST_S / MAX_CALLS


_FAULTS: dict[str, Fault] = {"time": "time", "output": "output", "memory": "exception", "processes": "exception"}


def seconds_of(result: Result) -> float:
    return max(result.cpu_s, result.wall_s / 3)
