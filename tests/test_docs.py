"""What the documents name is there."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PLACES = re.compile(r"`([a-z_]+/[a-z_/]+\.py)(?::([A-Za-z_.]+))?`")
FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef
DOCS = sorted([*ROOT.glob("docs/*.md"), ROOT / "CONTRIBUTING.md", ROOT / "README.md"])


def names(path: Path) -> set[str]:
    """Functions, classes and methods of a file, as `function`, `Class` and `Class.method`."""
    found = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, FUNCTIONS | ast.ClassDef):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{inner.name}" for inner in node.body if isinstance(inner, FUNCTIONS)}
    return found


def test_the_way_through_the_code_is_there() -> None:
    assert len(PLACES.findall((ROOT / "docs/architecture.md").read_text())) > 60


@pytest.mark.parametrize("doc", DOCS, ids=lambda path: path.name)
def test_every_file_and_function_that_is_named_exists(doc: Path) -> None:
    for file, name in PLACES.findall(doc.read_text()):
        assert (ROOT / file).is_file(), f"{doc.name} names {file}, which is not there"
        assert not name or name in names(ROOT / file), f"{doc.name} names {name} of {file}, which is not there"


COMMANDS = re.compile(r"`(?:pytest|python) (?:-m \w+ )?([^`]*)`")


@pytest.mark.parametrize("doc", [*DOCS, ROOT / "benchmarks/README.md"], ids=lambda path: path.name)
def test_every_file_that_a_command_names_exists(doc: Path) -> None:
    for words in COMMANDS.findall(doc.read_text()):
        for word in words.split():
            if word.startswith(("tests/", "benchmarks/")):
                file = word.partition("::")[0]
                assert (ROOT / file).exists(), f"{doc.name} runs {file}, which is not there"


def test_the_report_names_commands() -> None:
    assert len(COMMANDS.findall((ROOT / "docs/report.md").read_text())) > 15
