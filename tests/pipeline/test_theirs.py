"""Score files as bfcl-eval writes them: read as a benchmark of a suite, named as its, refused where they are none."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from temper.pipeline.cli import main
from temper.pipeline.ledger import plan
from temper.pipeline.loading import load
from temper.pipeline.mistakes import RecipeError
from temper.pipeline.preflight import check_data
from temper.pipeline.reward_card import standings
from temper.pipeline.scoring import Scorer
from temper.pipeline.standing import standing
from temper.pipeline.theirs import read
from temper.rlvr.suite import TheirsSection
from temper.verifiers.plugins import NO_PLUGINS
from temper.view.report import suite_tables

CATEGORY = "multi_turn_base"
Lines = list[dict[str, Any]]


def failed(number: int, kind: str = "multi_turn:instance_state_mismatch") -> dict[str, Any]:
    """As its `_evaluate_single_multi_turn_entry` has it, without what is long."""
    error = {"error_message": ["two\u2028lines"], "error_type": kind}
    head = {"id": f"{CATEGORY}_{number}", "model_name": "served", "test_category": CATEGORY, "valid": False}
    return {**head, "error": error, "prompt": {}, "model_result_raw": [], "possible_answer": []}


def lines_of(total: int, *rows: dict[str, Any]) -> Lines:
    right = total - len(rows)
    return [{"accuracy": right / total, "correct_count": right, "total_count": total}, *rows]


def written(folder: Path, checkpoint: str, lines: Lines, category: str = CATEGORY) -> TheirsSection:
    path = folder / checkpoint / f"BFCL_v4_{category}_score.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
    return TheirsSection(path=str(folder / "{checkpoint}" / path.name))


def test_rows_that_failed_are_0_and_the_others_1(tmp_path: Path) -> None:
    cut, never = failed(2, "multi_turn:force_terminated"), failed(4, "multi_turn:inference_error")
    found = read(written(tmp_path, "sft", lines_of(5, failed(0), cut, never)), "sft")
    assert {name: one["scores"] for name, one in found.items()} == {
        f"{CATEGORY}_{number}": [float(number in (1, 3))] for number in range(5)
    }
    assert [one["truncated"] for one in found.values()] == [0, 0, 1, 0, 0]
    assert [one["unscored"] for one in found.values()] == [0, 0, 0, 0, 1]


SUITE = """
benchmarks:
  - {{name: base, theirs: {{path: "{0}/{{checkpoint}}/BFCL_v4_multi_turn_base_score.json"}}}}
  - {{name: again, theirs: {{path: "{0}/{{checkpoint}}/BFCL_v4_multi_turn_base_score.json"}}}}
  - {{name: mean, mean_of: [base, again]}}
"""


def loaded(tmp_path: Path) -> Any:
    suite = tmp_path / "turns.yaml"
    suite.write_text(SUITE.format(tmp_path))
    return load("temper:tiny/instruct", [f"eval.suites=[{suite}]"])


def test_its_scores_stand_in_the_table_as_its_with_paired_differences(tmp_path: Path) -> None:
    written(tmp_path, "sft", lines_of(4, failed(0), failed(1), failed(3)))
    written(tmp_path, "rlvr", lines_of(4, failed(1)))
    recipe = loaded(tmp_path)
    check_data(recipe)
    run = Scorer(tmp_path, recipe.recipe, NO_PLUGINS, recipe.folder)
    found = standing(run, [(name, tmp_path / name) for name in ("sft", "rlvr")])["turns"]
    one = found["base"]["rlvr"]
    # differences 1, 0, 0, 1: mean 0.5, deviation 0.577, error 0.289
    assert (one["value"], one["difference"], one["scored_by"]) == (75.0, 50.0, "bfcl-eval")
    assert one["difference_stderr"] == pytest.approx(28.87, abs=0.01)
    assert found["mean"]["sft"]["scored_by"] == "bfcl-eval"
    table = suite_tables({"turns": found})
    assert table[2].startswith("base (by bfcl-eval)") and "25.0" in table[2]
    assert len({line.index(" sft ") for line in table if " sft " in line}) == 1
    assert "whose score it is" in standings({"turns": found})[0]


def test_other_files_are_another_evaluation_and_other_recipes_keep_their_key(tmp_path: Path) -> None:
    def key() -> str:
        return plan(loaded(tmp_path))[-1].key

    before = key()
    written(tmp_path, "sft", lines_of(2, failed(0)))
    one = key()
    written(tmp_path, "sft", lines_of(2))
    assert len({before, one, key()}) == 3


def test_a_file_that_is_missing_is_refused_before_anything_starts(tmp_path: Path) -> None:
    written(tmp_path, "sft", lines_of(2, failed(0)))
    with pytest.raises(
        RecipeError, match=r"eval.suites.turns.base.theirs: path: no score file of 'rlvr', got '.*/rlvr/"
    ):
        check_data(loaded(tmp_path))


@pytest.mark.parametrize(
    ("told", "scored"),
    [([], {"base", "sft", "rlvr"}), (["--set", "eval.checkpoints=[rlvr]"], {"rlvr"})],
    ids=["by itself", "as told"],
)
def test_temper_eval_scores_the_base_too_unless_it_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], told: list[str], scored: set[str]
) -> None:
    loaded(tmp_path)
    words = ["eval", "temper:tiny/instruct", "--suite", str(tmp_path / "turns.yaml"), "--out", str(tmp_path / "out")]
    assert main([*words, "--set", "sandbox.kind=local", *told]) == 2
    assert set(re.findall(r"no score file of '(\w+)'", capsys.readouterr().err)) == scored
    assert not (tmp_path / "out").exists()


def changed(what: Callable[[Lines], Any]) -> Lines:
    lines = lines_of(4, failed(0), failed(1))
    what(lines)
    return lines


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([], ":1: not a JSON object, got ''"),
        ([{"total_count": 2}], ":1: accuracy must be correct_count of total_count, got None"),
        (changed(lambda lines: lines[0].update(accuracy=0.75)), ":1: accuracy must be"),
        (changed(lambda lines: lines[0].update(total_count=True)), ":1: accuracy must be"),
        (changed(lambda lines: lines.pop()), "2 rows failed by its first line, got 1"),
        (changed(lambda lines: lines[2].update(id=f"{CATEGORY}_0")), ":3: no row of multi_turn_base that failed"),
        (changed(lambda lines: lines[2].update(valid=True)), ":3: no row of multi_turn_base that failed"),
        (changed(lambda lines: lines[2].update(test_category="live_simple")), ":3: no row of multi_turn_base"),
        (changed(lambda lines: lines[2].update(id=f"{CATEGORY}_9")), "is none of its 4 rows; evaluate the whole"),
    ],
)
def test_a_file_that_does_not_add_up_is_refused(tmp_path: Path, lines: Lines, why: str) -> None:
    with pytest.raises(ValueError, match="BFCL_v4_multi_turn_base_score.json") as refused:
        read(written(tmp_path, "sft", lines), "sft")
    assert why in str(refused.value)


def test_what_is_no_file_of_its_turns_is_refused(tmp_path: Path) -> None:
    theirs = written(tmp_path, "sft", lines_of(2), "simple_python")
    with pytest.raises(ValueError, match="got 'BFCL_v4_simple_python_score.json'; take its own file"):
        read(theirs, "sft")
    theirs = written(tmp_path, "sft", lines_of(2))
    theirs.of("sft").write_text('[1]\n{"a"')
    with pytest.raises(ValueError, match=r":1: not a JSON object, got '\[1\]'"):
        read(theirs, "sft")
