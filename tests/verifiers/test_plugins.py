"""Data never chooses what code runs: a module that a row names is refused before it is imported, unless it is listed or
lies beside a recipe whose own file the row stands in. Tried at every place of a row that can name code."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from temper.pipeline.cli import main
from temper.pipeline.loading import load
from temper.pipeline.plugins import listed, plugins_for, plugins_of
from temper.pipeline.preflight import check_data
from temper.policy.sources import FileRows, HubRows
from temper.verifiers.judging import Judge
from temper.verifiers.plugins import NO_PLUGINS, Plugins
from temper.verifiers.problem import Problem
from temper.verifiers.rows import parse_problem

MODULE = """
import pathlib
pathlib.Path(__file__).with_suffix(".ran").touch()

from temper.verifiers.instruction.checks import Instruction
from temper.verifiers.verdict import scored
from temper.verifiers.verifier import Verifier

class Mine(Verifier):
    def verify(self, problem, completion, sandbox=None):
        return scored(1.0)

class Rule(Instruction):
    def missed(self, text):
        return ""
"""
NAME = "row_named_module"
CODE = f"{NAME}:Mine"
MATH: dict[str, Any] = {"verifier": "math", "weight": 0.5}

ROWS: list[dict[str, Any]] = [
    {"verifier": CODE},
    {"verifier": {"sum": [MATH, {"verifier": CODE, "weight": 0.5}]}},
    {"verifier": {"gate": {"verifier": CODE}, "then": {"verifier": "math"}}},
    {"verifier": {"gate": {"verifier": "math"}, "then": {"verifier": {"sum": [{"verifier": CODE, "weight": 1.0}]}}}},
    {"verifier": "instructions", "params": {"instructions": [{"id": f"{NAME}:Rule"}]}},
    {
        "verifier": {
            "gate": {"verifier": "math"},
            "then": {"verifier": "instructions", "params": {"instructions": [{"id": f"{NAME}:Rule", "kwargs": {}}]}},
        }
    },
]
"""Every place of a row that can name code."""


@pytest.fixture
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on the path with a module that says when it runs."""
    (tmp_path / f"{NAME}.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    sys.modules.pop(NAME, None)


def row(part: dict[str, Any]) -> dict[str, Any]:
    return {"id": "p", "prompt": "q", "answer": "4", **part}


def ran(folder: Path) -> bool:
    return (folder / f"{NAME}.ran").exists()


@pytest.mark.parametrize("part", ROWS)
@pytest.mark.parametrize("defaults", [None, {}])
def test_a_row_that_names_code_is_refused_before_anything_is_imported(
    part: dict[str, Any], defaults: dict[str, Any] | None, beside: Path
) -> None:
    with pytest.raises(ValueError, match=f"'{NAME}' is not listed.*--plugins {NAME}"):
        parse_problem(row(part), "f:1", defaults)
    (judgement,) = Judge().judge([(Problem(**row(part)), "4")])
    assert judgement.verdict is None and "is not listed" in judgement.error
    assert Judge().longest_s(Problem(**row(part))) == 0.0
    assert not ran(beside) and NAME not in sys.modules


@pytest.mark.parametrize("part", ROWS)
@pytest.mark.parametrize("by_folder", [False, True])
def test_a_listed_module_judges(part: dict[str, Any], by_folder: bool, beside: Path) -> None:
    plugins = Plugins(folder=beside) if by_folder else Plugins((NAME,))
    problem = parse_problem(row(part), "f:1", {}, plugins=plugins)
    assert Judge(plugins=plugins).judge([(problem, "4")])[0].score == 1.0
    assert ran(beside)


@pytest.mark.parametrize(
    ("name", "plugins", "may"),
    [
        ("mine", Plugins(("mine",)), True),
        ("mine.checks", Plugins(("mine",)), True),
        ("mine", Plugins(("mine.checks",)), False),
        ("mined", Plugins(("mine",)), False),
        ("os", Plugins(), False),
        ("os", Plugins(folder=Path("/tmp")), False),
        ("sys", Plugins(folder=Path("/")), False),
        ("no_such_module_anywhere", Plugins(folder=Path("/")), False),
        ("temper.verifiers.math", Plugins(), False),
    ],
)
def test_a_list_holds_what_is_below_its_names_and_nothing_beside(name: str, plugins: Plugins, may: bool) -> None:
    assert plugins.lists(name) is may


def test_a_folder_lists_what_an_import_takes_from_it(beside: Path) -> None:
    (beside / "json.py").write_text("")  # the standard library's own is what an import gives
    (beside / "packed").mkdir()
    (beside / "packed" / "checks.py").write_text("")
    folder = Plugins(folder=beside)
    assert folder.lists(NAME) and folder.lists("packed.checks") and not folder.lists("json")
    assert not Plugins(folder=beside / "packed").lists(NAME)


def test_the_recipes_folder_counts_for_rows_of_files_in_it_alone(tmp_path: Path) -> None:
    plugins = Plugins(("mine",), tmp_path / "recipe")
    inside = FileRows(path=str(tmp_path / "recipe" / "data" / "rows.jsonl"))
    elsewhere = FileRows(path=str(tmp_path / "elsewhere.jsonl"))
    hub = HubRows(name="a/b", revision="0" * 40, split="train")
    assert plugins_for(inside, plugins) == plugins
    assert plugins_for(elsewhere, plugins) == plugins_for(hub, plugins) == Plugins(("mine",))


def test_what_the_recipe_itself_names_is_listed(tmp_path: Path) -> None:
    recipe = {
        "verifiers": {"plugins": ["listed"], "math": {"order": "strict"}, "params.of:Class": {}},
        "rlvr": {"data": [{"verifier": {"gate": {"verifier": "gate.of:Class"}, "then": {"verifier": "row"}}}]},
        "held_out": [{"map": "map_of:function", "path": "/a:b"}],
    }
    assert plugins_of(recipe, tmp_path) == Plugins(("gate.of", "listed", "map_of", "params.of"), tmp_path)
    assert plugins_of({}, None) == NO_PLUGINS
    assert listed(" mine , other.checks,") == Plugins(("mine", "other.checks"))
    with pytest.raises(ValueError, match=r"--plugins: expected names of modules with commas, got 'a-b'"):
        listed("a-b")


def test_a_recipe_lists_a_module_for_rows_from_elsewhere(
    beside: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("recipe")
    rows = tmp_path_factory.mktemp("rows") / "rows.jsonl"
    rows.write_text(json.dumps(row(ROWS[0])) + "\n")
    recipe = folder / "recipe.yaml"
    recipe.write_text(
        f"extends: temper:tiny/instruct\nname: mine\nrlvr: {{data: [{{kind: file, path: '{rows}'}}]}}\n"
        f"held_out: [{{kind: file, path: '{rows}'}}]\n"
    )
    with pytest.raises(ValueError, match=rf"rows.jsonl:1: .*'{NAME}' is not listed"):
        check_data(load(recipe))
    assert not ran(beside)
    check_data(load(recipe, [f"verifiers.plugins=[{NAME}]"]))


def test_verify_takes_rows_that_name_code_with_plugins_alone(beside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows, out = beside / "rows.jsonl", beside / "out.jsonl"
    rows.write_text(json.dumps({"problem": row(ROWS[0]), "completion": "x"}) + "\n")
    words = ["verify", str(rows), "--out", str(out), "--sandbox", "local", "--workers", "1"]
    assert main(words) == 2
    told = capsys.readouterr().err
    assert f"rows.jsonl:1: problem: field 'verifier': verifier '{CODE}': rows may not name code" in told
    assert not out.exists() and not ran(beside)
    assert main([*words, "--plugins", NAME]) == 0
    assert json.loads(out.read_text())["score"] == 1.0
