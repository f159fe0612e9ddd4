"""Runs what the tests' module defines: test functions, unittest cases, or all of it by pytest."""

import io
import os
import sys
import types
import unittest
from typing import Any


def run_collected(tests: types.ModuleType) -> str:
    """Runs the test functions and classes that the tests defined, if any; returns what failed, or nothing."""
    own = [(name, item) for name, item in vars(tests).items() if getattr(item, "__module__", "") == tests.__name__]
    functions = [item for name, item in own if name.startswith("test") and isinstance(item, types.FunctionType)]
    classes = [item for _, item in own if isinstance(item, type)]
    cases = [item for item in classes if issubclass(item, unittest.TestCase)]
    styled = [item for item in classes if item.__name__.startswith("Test") and item not in cases]
    wanted = any(function.__code__.co_argcount or hasattr(function, "pytestmark") for function in functions)
    if styled or wanted or ((functions or cases) and "pytest" in sys.modules):
        return run_pytest(tests)
    for function in functions:
        function()
    return run_cases(cases) if cases else ""


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
    if os.environ.get("TMPDIR"):
        options += ["--basetemp", os.path.join(os.environ["TMPDIR"], "pytest")]
    status = pytest.main([*options, path], plugins=[Plugin()])
    failed = [report for report in Plugin.reports if report.failed]
    if failed:
        return f"{failed[0].nodeid.rpartition('::')[2]}: {failed[0].longreprtext.strip().splitlines()[-1]}"
    passed = any(report.passed and report.when == "call" for report in Plugin.reports)
    return "" if status == 0 and passed else f"pytest ended with status {int(status)}"
