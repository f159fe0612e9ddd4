"""What the tests ask for that they cannot have here, read from their text: such a row abstains, whatever solves it.

They may import what the sandbox lacks, or run and read what the solution wrote, which is not to happen in this process:
evaluate a text, unpickle, start a program, open the solution's file.
"""

import ast
import re
import sys
from collections.abc import Iterator

from temper.sandboxes.box.border import tests_text
from temper.sandboxes.box.border.verdict import Verdict

PYTEST = ("pytest", "_pytest", "pluggy", "iniconfig", "packaging")
RUNNING = ("eval", "exec", "compile", "__import__")
RUNNING_OF = {
    "pickle": ("loads", "load", "Unpickler"), "marshal": ("loads", "load"), "runpy": ("run_path", "run_module"),
    "shelve": ("open",), "code": ("interact", "InteractiveInterpreter"), "subprocess": (), "pty": (), "ctypes": (),
    "os": ("system", "popen", "spawnl", "spawnv", "execv", "execl", "posix_spawn", "fork"), "multiprocessing": (),
    "importlib": ("reload", "import_module"), "builtins": RUNNING, "inspect": ("getsource", "getsourcelines"),
}  # fmt: skip
"""Functions of a module that run or read what may be the solution's; none named is all of them."""
OWN_FILE = "solution.py"
HINTS = re.compile(
    rf"{OWN_FILE}|__file__|__import__|\b(?:eval|exec|compile|getsource\w*|{'|'.join(RUNNING_OF)})\b"
    r"|^ *class (?!Test)",
    re.MULTILINE,
)
"""In a text without any of these there is nothing to find but imports."""
IMPORTS = re.compile(r"^(?:import|from)\s+(\w+)", re.M)


def check(tests: tests_text.TestsText, entry_points: list[str], verdict: Verdict) -> None:
    """Ends by `verdict.lack` or `verdict.abstain` where the tests ask for too much."""
    for text in (tests.prelude, tests.text):
        if not HINTS.search(text) and not any(map(is_missing, IMPORTS.findall(text))):
            continue  # a tree costs more than most tests
        tree = tests.tree if text is tests.text else ast.parse(text)
        for module in filter(is_missing, imported(tree.body)):
            if module in PYTEST:
                verdict.lack(f"the tests need {module}, which this sandbox does not have")
            verdict.abstain(f"the tests import {module!r}, which the sandbox does not have")
        for asked in sorted(set(running(tree)).difference(entry_points)):
            verdict.abstain(f"the tests use {asked}, which may run or read what the solution wrote")
        for name in descriptors(tree):
            verdict.abstain(
                f"the tests put a {name} into a class of theirs; a descriptor of the solution works in its own"
            )


def is_missing(module: str) -> bool:
    if module in sys.modules or module == "solution":
        return False
    from importlib.util import find_spec

    return find_spec(module) is None


def imported(body: list[ast.stmt]) -> Iterator[str]:
    """The modules that are imported whatever happens."""
    for statement in body:
        if isinstance(statement, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom) and not statement.level and statement.module:
            yield statement.module.partition(".")[0]


def running(tree: ast.Module) -> Iterator[str]:
    aliases = dict(_aliases(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and OWN_FILE in node.value:
            yield f"the file {OWN_FILE}"
        elif isinstance(node, ast.Attribute) and node.attr == "__file__" and ast.unparse(node.value) == "solution":
            yield "solution.__file__"
        elif isinstance(node, ast.Call):
            name = _name(node.func, aliases)
            module, _, function = name.rpartition(".")
            runs = name in RUNNING or function in RUNNING_OF.get(module, ()) or RUNNING_OF.get(module) == ()
            constant = bool(node.args) and isinstance(node.args[0], ast.Constant)
            if runs and (not constant or module in ("subprocess", "os")):
                yield name


def descriptors(tree: ast.Module) -> Iterator[str]:
    """What the solution may have made that is an attribute of a class of the tests, which would have to run it."""
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "solution"]
    theirs = {alias.name for node in imports for alias in node.names}
    for kind in filter(_is_plain_class, ast.walk(tree)):
        for statement in kind.body:  # type: ignore[attr-defined]
            if isinstance(statement, (ast.Assign, ast.AnnAssign)) and isinstance(statement.value, ast.Call):
                name = ast.unparse(statement.value.func)
                if name in theirs or name.startswith("solution."):
                    yield name


def _is_plain_class(node: ast.AST) -> bool:
    """A class that is no set of tests, and may so have descriptors."""
    if not isinstance(node, ast.ClassDef) or node.name.startswith("Test"):
        return False
    return not any("TestCase" in ast.unparse(base) for base in node.bases)


def _aliases(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """(name in the tests, what is imported under it)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.asname or alias.name, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((alias.asname or alias.name, f"{node.module}.{alias.name}") for alias in node.names)


def _name(function: ast.expr, aliases: dict[str, str]) -> str:
    """The dotted name that is called, as it was imported."""
    if isinstance(function, ast.Name):
        return aliases.get(function.id, function.id)
    if isinstance(function, ast.Attribute):
        return f"{_name(function.value, aliases)}.{function.attr}"
    return ""
