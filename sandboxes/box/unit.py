"""The tests' side of `unit`: runs asserts, unittest cases or pytest tests against a solution in another
process.

No code of the solution is here: its public names arrive as builtin values or as handles. Names that a builtin
has or that the interpreter or a test runner would react to (`sorted`, `__builtins__`, `test_x`, `setup_module`)
are reachable as `solution.NAME` only, lest a solution defines the `sorted` that its tests compare with; a row that
means one lists it in `entry_points`.

The verdict goes over a pipe that only this process holds. It is given once the tests ran to their end:
`SystemExit` and the like are failures, and a solution that dies ends them then and there.

An import, `dir`, `copy` and others ask a module for dunders and run what those name. The solution has none for
them: `solution` is no package, and a library module that the tests use without importing it is the library's.
"""

import ast
import builtins
import importlib
import io
import os
import signal
import sys
import traceback
import types
import unittest
from collections.abc import Iterable
from typing import Any, NoReturn

from temper.sandboxes.box import fence, handles, zygote

REACTED_TO = ("_", "test", "Test", "pytest", "setup", "teardown", "setUp", "tearDown", "load_tests")
PYTEST = ("pytest", "_pytest", "py", "pluggy", "iniconfig", "packaging")
TESTS, FILE = "test_solution", "test_solution.py"


class SolutionModule(types.ModuleType):
    """What the tests import as `solution`."""

    def __init__(self, names: dict[str, Any], handle: Any, shared: dict[str, Any]) -> None:
        super().__init__("solution")
        self.__dict__.update(names, __all__=list(shared))

        def missing(name: str) -> Any:
            if _dunder(name):
                raise AttributeError(f"module 'solution' has no attribute {name!r}")
            return getattr(handle, name)

        self.__dict__["__getattr__"] = missing


def say(channel: int, passed: bool, detail: str, died: bool = False) -> NoReturn:
    zygote.say(channel, {"passed": passed, "detail": detail[:500], "died": died})
    os._exit(0)


def main(payload: Any) -> NoReturn:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    box = sys.path.pop(0)
    os.environ["HOME"] = os.devnull
    channel, entry_points = zygote.CHANNEL, payload["entry_points"]
    if payload["path"]:
        sys.path.append(payload["path"])
    fence.put_up(box, payload["spaces"], lambda reason: say(channel, False, reason))
    solution = handles.Solution(zygote.PEER, entry_points, lambda reason: say(channel, False, reason, died=True))
    greeted, module = solution.greet()
    names = {name: item for name, item in greeted.items() if name.isidentifier() and not name.startswith("_")}
    shared = {name: item for name, item in names.items() if name in entry_points or not _reserved(name)}
    shared |= {name: importlib.import_module(name) for name in library_modules(payload["code"], shared)}
    sys.modules["solution"] = SolutionModule(names, module, shared)
    tests = types.ModuleType(TESTS)
    tests.__file__ = FILE
    sys.modules[TESTS] = tests
    tests.__dict__.update(shared)
    try:
        exec(compile(payload["prelude"], "prelude.py", "exec", dont_inherit=True), tests.__dict__)  # noqa: S102
        exec(compile(payload["code"], FILE, "exec", dont_inherit=True), tests.__dict__)  # noqa: S102
        detail = run_collected(tests)
    except ModuleNotFoundError as error:
        if error.name in PYTEST:
            zygote.say(channel, {"lacks": "the tests need pytest, which this sandbox does not have"})
            os._exit(0)
        detail = explain(error, payload["code"])
    except BaseException as error:  # an exit in the tests is no success either
        detail = explain(error, payload["code"])
    say(channel, not detail, detail)


def _reserved(name: str) -> bool:
    return hasattr(builtins, name) or name.startswith(REACTED_TO)


def _dunder(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


def library_modules(code: str, names: Iterable[str]) -> set[str]:
    """Which of these names are modules of the standard library that the tests take something of."""
    candidates = sys.stdlib_module_names.intersection(names)
    if not candidates:
        return set()
    taken = [node.value for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Attribute)]
    return {node.id for node in taken if isinstance(node, ast.Name) and node.id in candidates}


def explain(error: BaseException, code: str) -> str:
    """The exception and the line of the tests that it came from."""
    lines = code.splitlines()
    at = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == FILE]
    where = f" at line {at[-1]}: {lines[at[-1] - 1].strip()}" if at and at[-1] and at[-1] <= len(lines) else ""
    return f"{type(error).__name__}: {error}"[:300] + where


def run_collected(tests: types.ModuleType) -> str:
    """Runs the test functions and classes that the tests defined, if any; returns what failed, or nothing."""
    own = [(name, item) for name, item in vars(tests).items() if getattr(item, "__module__", "") == TESTS]
    functions = [item for name, item in own if name.startswith("test") and isinstance(item, types.FunctionType)]
    classes = [item for _, item in own if isinstance(item, type)]
    cases = [item for item in classes if issubclass(item, unittest.TestCase)]
    styled = [item for item in classes if item.__name__.startswith("Test") and item not in cases]
    wanted = any(function.__code__.co_argcount or hasattr(function, "pytestmark") for function in functions)
    if styled or wanted or ((functions or cases) and "pytest" in sys.modules):
        return run_pytest(tests)
    for function in functions:
        function()
    return run_cases(cases)


def run_cases(cases: list[type[unittest.TestCase]]) -> str:
    suite = unittest.TestSuite(map(unittest.defaultTestLoader.loadTestsFromTestCase, cases))
    result = unittest.TextTestRunner(io.StringIO()).run(suite)
    failures = [*result.failures, *result.errors]
    if failures:
        return f"{failures[0][0]}: {failures[0][1].strip().splitlines()[-1]}"
    return "" if result.wasSuccessful() else "a unittest case did not pass"


def run_pytest(tests: types.ModuleType) -> str:
    """Has pytest collect the module that was run already; every test must pass or be skipped, one at least
    pass.

    pytest wants a file, and imports what lies around it (`__init__.py`); so it gets one of the standard library, where
    nobody can write. No conftest and no configuration is read."""
    import pytest

    class Collected(pytest.Module):
        def _getobj(self) -> types.ModuleType:
            return tests

    class Plugin:
        reports: list[pytest.TestReport] = []

        def pytest_pycollect_makemodule(self, module_path: Any, parent: Any) -> pytest.Module:
            return Collected.from_parent(parent, path=module_path)

        def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
            self.reports.append(report)

    path = os.__file__
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    options = ["-q", "-c", os.devnull, "--noconftest", "-p", "no:cacheprovider", "--rootdir", os.path.dirname(path)]
    status = pytest.main([*options, path], plugins=[Plugin()])
    failed = [report for report in Plugin.reports if report.failed]
    if failed:
        return f"{failed[0].nodeid.rpartition('::')[2]}: {failed[0].longreprtext.strip().splitlines()[-1]}"
    passed = any(report.passed and report.when == "call" for report in Plugin.reports)
    return "" if status == 0 and passed else f"pytest ended with status {int(status)}"
