"""A Python interpreter whose state lasts from call to call: the cells are the truth, the process is none.

A call runs in a slot of the sandbox all cells that were run before it, silently, and then its own, whose output is the
result: stdout and stderr as they come, the value of a last expression echoed. So a session holds nothing between two
calls: no process that could be lost, be looked at by another rollout or go on computing, and no slot. It costs the time
of the earlier cells again, and a limit of CPU time of a call is that time and its own. Seed, hash seed and what
`os.urandom` gives are the same each time, and the clock stands still within a cell, so a cell does what it did before.

A cell that is ended by a limit, or that ends its process, leaves a fresh interpreter behind, and the result says so.
Nothing that is printed reaches a verdict: verifiers read what the policy says.
"""

import json
from collections.abc import Sequence
from typing import Any, ClassVar

from pydantic import Field, PrivateAttr

from temper.sandboxes.job import Job, Limits, Result, Sandbox, Stdio
from temper.sandboxes.packages import PLACE
from temper.sandboxes.section import SandboxSection
from temper.verifiers.problem import Problem
from temper.verifiers.sessions.calling import cut
from temper.verifiers.sessions.session import Answered, BrokeSandboxError, Fault, Reply, Session, SessionError, Tool

NAME = "python"
RAISED = 97
"""Exit status after a cell that raised."""
PROGRAM = f"""import ast, json, os, random, sys, time, traceback

def _run(code, namespace):
    name = "<cell>"
    tree = ast.parse(code, name)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, name, "exec"), namespace)
    if last is not None:
        value = eval(compile(ast.Expression(last.value), name, "eval"), namespace)
        if value is not None:
            print(repr(value))

def _main():
    told = json.load(sys.stdin)
    sys.stdin = open(os.devnull)
    sys.path += [path for path in told["paths"] if os.path.isdir(path)]
    out, null = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.urandom = random._urandom = random.Random(1).randbytes
    random.seed(0)
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    namespace = {{"__name__": "__main__"}}
    raised = False
    for place, code in enumerate(told["cells"]):
        os.dup2(out if place == len(told["cells"]) - 1 else null, 1)
        os.dup2(1, 2)
        time.time = lambda now=1_735_689_600.0 + place: now
        raised = False
        try:
            _run(code, namespace)
        except BaseException as error:
            raised = True
            lines = traceback.format_exception(type(error), error, error.__traceback__)
            text = "".join(line for line in lines if "in _main" not in line and "in _run" not in line)
            sys.stderr.write(text)
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit({RAISED} if raised else 0)

_main()
"""


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
    _cells: list[str] = PrivateAttr(default_factory=list)
    _spent: float = PrivateAttr(0.0)
    """CPU seconds that the cells take."""
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
        self._sandbox, self._cells, self._spent = sandbox, [], 0.0

    def call(self, name: str, arguments: dict[str, Any]) -> Reply:
        result = self._run([*self._cells, str(arguments["code"])])
        said = cut(result.stdout, self.output_chars)
        if result.outcome == "broke_the_sandbox":
            raise BrokeSandboxError(result.detail)
        if result.outcome == "finished" or result.detail == f"exit status {RAISED}":
            self._cells.append(str(arguments["code"]))
            self._spent = result.cpu_s
            return Reply(said, "" if result.outcome == "finished" else "exception")
        self._cells, self._spent = [], 0.0
        why = f"[{self._why(result)}; the interpreter was started anew, its variables are gone]"
        return Reply("\n".join(filter(None, [said, why])), _FAULTS.get(result.outcome, "exception"))

    def _run(self, cells: Sequence[str]) -> Result:
        assert self._sandbox is not None, "the session is not open"
        # What the earlier cells took is theirs, and half as much again: the machine may be busier now.
        cpu_s = min(600.0, self.call_s + 1.5 * self._spent)
        limits = Limits(cpu_s=cpu_s, memory_mb=self.memory_mb, output_kb=8192, result_kb=8192)
        told = json.dumps({"cells": list(cells), "paths": [PLACE]})
        (result,) = self._sandbox.run(Job(source=PROGRAM, tests=Stdio(inputs=(told,)), limits=limits))
        return result

    def _why(self, result: Result) -> str:
        if result.outcome == "time":
            return f"the call took longer than {self.call_s:g} s"
        return result.detail or result.outcome

    def again(self, earlier: Sequence[Answered]) -> int:
        """Only the cells are taken: they run with the next call."""
        self._cells = []
        for one in earlier:
            if one.fault in ("", "exception") and "the interpreter was started anew" not in one.text:
                self._cells.append(str(one.arguments["code"]))
            elif one.fault in _FAULTS.values() or one.fault == "exception":
                self._cells = []
        self._spent = self.call_s * len(self._cells)
        return 0

    def close(self) -> None:
        self._cells = []

    def longest_s(self) -> float:
        # The wall time of a job is three times its CPU time; of two cells, the second one's calls both.
        return 4 * self.call_s


_FAULTS: dict[str, Fault] = {"time": "time", "output": "output", "memory": "exception", "processes": "exception"}
