"""The tests' side of `unit`: runs asserts, unittest cases or pytest tests against a solution in another
process.

No code of the solution is here: its public names arrive as values or as handles (`guarding`). Names that a builtin
has or that the interpreter or a test runner would react to (`sorted`, `__builtins__`, `test_x`, `setup_module`)
are reachable as `solution.NAME` only, lest a solution defines the `sorted` that its tests compare with; a row that
means one lists it in `entry_points`. A library module that the tests use without importing it is the library's.

The verdict goes over a pipe that only this process holds, with a token that only it knows. It is given once the tests
ran to their end: `SystemExit` and the like are failures, and a solution that dies ends them then and there.
"""

import ast
import builtins
import importlib
import linecache
import os
import re
import signal
import socket
import sys
import traceback
import types
from collections.abc import Iterable
from typing import Any, NoReturn

from temper.sandboxes.box import files, zygote
from temper.sandboxes.box.border import (
    asks,
    crossing,
    fence,
    guarding,
    handles,
    patches,
    relays,
    running,
    solution,
    tests_text,
)
from temper.sandboxes.box.border.verdict import Verdict

REACTED_TO = ("_", "test", "Test", "pytest", "setup", "teardown", "setUp", "tearDown", "load_tests")
TESTS, FILE = "test_solution", "test_solution.py"
WORD = re.compile(r"\w+")
REHEARSED_PROGRAM = "def f(a, b=1): return [a, b]\nclass P:\n  def __init__(self, x): self.x = x\n"
REHEARSED_TESTS = "assert f(2, 3) == [2, 3]\nassert P({'a': (1, 2.5)}).x['a'][0] == 1\nassert f('x') != f('y')\n"


def main(payload: Any) -> NoReturn:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    verdict = Verdict(payload["token"])
    box = sys.path.pop(0)
    os.environ["HOME"] = os.devnull
    if payload["path"]:
        sys.path.append(payload["path"])
    fence.put_up(box, payload["spaces"], payload["shared"], verdict.fail)
    if payload["shared"]:
        files.work_in(payload["shared"])
    code, prelude = payload["code"], payload["prelude"]
    linecache.cache[FILE] = (len(code), None, code.splitlines(keepends=True), FILE)
    try:
        tests = tests_text.TestsText(code, prelude, FILE)
        asks.check(tests, payload["entry_points"], verdict)
        watched = patches.Patches(f"{prelude}\n{code}")
        border = guarding.TestsEnd(zygote.PEER, payload["entry_points"], tests, watched, verdict)
        border.folder = payload["shared"]
        detail = run(border)
    except BaseException as error:  # an exit in the tests is no success either
        detail = explain(error, code)
    verdict.give(not detail, detail)


def run(border: guarding.TestsEnd) -> str:
    """What failed, or nothing."""
    tests = border.tests
    module = types.ModuleType(TESTS)
    module.__file__ = FILE
    sys.modules[TESTS] = module
    module.__dict__.update(shared_names(border))
    module.__dict__[tests_text.ORDERED] = tests_text.ordered(border.verdict.fail)
    exec(compile(tests.prelude, "prelude.py", "exec", dont_inherit=True), module.__dict__)  # noqa: S102
    exec(tests.compiled(), module.__dict__)  # noqa: S102
    return running.run_collected(module)


def shared_names(border: guarding.TestsEnd) -> dict[str, object]:
    """The names of the solution that the tests speak of, as their globals; makes the module `solution`."""
    words = set(WORD.findall(f"{border.tests.prelude}\n{border.tests.text}"))
    greeted = {name: item for name, item in border.greeting().items() if name in words}
    names = [name for name in greeted if name in border.entry_points or not _reserved(name)]
    module = sys.modules["solution"] = handles.SolutionModule(border, names)
    shared = {name: importlib.import_module(name) for name in library_modules(border.tests, names)}
    return {name: getattr(module, name) if greeted[name] is None else greeted[name] for name in names} | shared


def _reserved(name: str) -> bool:
    return hasattr(builtins, name) or name.startswith(REACTED_TO)


def library_modules(tests: tests_text.TestsText, names: Iterable[str]) -> set[str]:
    """Which of these names are modules of the standard library that the tests take something of."""
    candidates = sys.stdlib_module_names.intersection(names)
    if not candidates:
        return set()
    taken = [node.value for node in ast.walk(tests.tree) if isinstance(node, ast.Attribute)]
    return {node.id for node in taken if isinstance(node, ast.Name) and node.id in candidates}


def explain(error: BaseException, code: str) -> str:
    """The exception and the line of the tests that it came from."""
    lines = code.splitlines()
    at = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == FILE]
    where = f" at line {at[-1]}: {lines[at[-1] - 1].strip()}" if at and at[-1] and at[-1] <= len(lines) else ""
    return f"{type(error).__name__}: {error}"[:300] + where


def rehearse() -> None:
    """Runs small tests against a module of ours, both ends in this process: what that touches is there in every
    child."""
    ours, theirs = socket.socketpair()
    program = types.ModuleType("solution")
    exec(REHEARSED_PROGRAM, program.__dict__)  # noqa: S102
    end = solution.SolutionEnd(theirs.fileno(), relays.Relays())
    end.lend(program)
    end.greet(program.__dict__)
    verdict = Verdict("")
    tests = tests_text.TestsText(REHEARSED_TESTS, "", FILE)
    asks.check(tests, [], verdict)
    border = guarding.TestsEnd(ours.fileno(), [], tests, patches.Patches(REHEARSED_TESTS), verdict)
    border.line = Served(ours.fileno(), end)
    run(border)
    del sys.modules["solution"], sys.modules[TESTS]
    ours.close()
    theirs.close()


class Served(crossing.Line):
    """A line whose other end is served by whoever reads from this one."""

    def __init__(self, fd: int, end: solution.SolutionEnd) -> None:
        super().__init__(fd)
        self.end, self.greeted = end, False

    def receive(self) -> crossing.Message:
        if self.greeted:
            self.end.serve_one()
        self.greeted = True
        return super().receive()
