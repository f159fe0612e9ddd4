"""`explain` says what would run, from the recipe and local files alone."""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from temper.pipeline.explain import explain
from temper.pipeline.ledger import Ledger, plan
from temper.pipeline.loading import load
from temper.verifiers.rows import parse_problem
from temper.verifiers.table import verifier_for

WriteRecipe = Callable[..., Path]


def test_the_sizes_of_each_stage_are_told(write_recipe: WriteRecipe) -> None:
    lines = explain(load(write_recipe())).splitlines()
    for line in (
        "base      tiny: 1.9M parameters, context 256, made here, not trained (no base.train)",
        "  context   256 -> 1,024 (YaRN x 4, full attention only)",
        "  batch     4 packs = 1 ranks x 1 at once x 4 accumulated",
        "  tokens    4,096 a step",
        "  batch     8 problems x 4 = 32 rollouts dealt to 1 ranks, at most 16,384 tokens at once",
        "  tokens    at most 6,400 a step",
        "  scored    500 problems x 4 samples at temperature 1",
        "  data      generated tiny held_out: 500 rows (code 250, math 250)",
    ):
        assert line in lines
    assert any(line.endswith("problems.jsonl: 2 rows (math 2)") for line in lines)


def test_how_many_verifiers_a_step_needs_is_told_by_the_limits_of_its_rows(
    write_recipe: WriteRecipe, tmp_path: Path
) -> None:
    def told(*sets: str) -> str:
        lines = explain(load(write_recipe(), list(sets))).splitlines()
        return next(line for line in lines if line.startswith("  verdicts"))

    assert told() == "  verdicts  no test in 2 rows: none takes a limit of its own"
    rows = [
        {"id": f"c{n}", "prompt": "p", "verifier": "code", "params": {
            "time_limit_s": limit, "tests": {"kind": "stdio", "cases": [{"input": "", "output": "1"}] * 3},
        }}
        for n, limit in enumerate((2.0, 4.0))
    ]  # fmt: skip
    (tmp_path / "tests.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = [parse_problem(row, "tests.jsonl") for row in rows]
    longest = [verifier_for(problem).longest_s(problem) for problem in found]
    mean = sum(longest) / 2
    assert mean > 9  # three tests, the wall's limit above the CPU's
    line = told(f"rlvr.data=[{{kind: file, path: {tmp_path}/tests.jsonl}}]", "cluster.verifiers=4")
    assert f"at most {mean:,.0f} s each by the limits of 2 rows; a step's" in line
    assert line.endswith(f"{32 * mean / 4:,.0f} s on 4 verifiers")
    hub = "{kind: hub, name: a/b, split: train, revision: " + "a" * 40 + ", map: gsm8k, verifier: math}"
    assert told(f"rlvr.data=[{hub}]") == "  verdicts  unknown: rows of 1 sources are not here"


def test_the_keys_are_those_that_run(write_recipe: WriteRecipe) -> None:
    loaded = load(write_recipe())
    text = explain(loaded)
    assert all(stage.folder_name in text for stage in plan(loaded))


def test_epochs_are_told_as_unknown_steps(write_recipe: WriteRecipe) -> None:
    text = explain(load(write_recipe(), ["sft.steps=null", "sft.epochs=3"]))
    assert "3 epochs; known after packing" in text


def test_what_is_finished_or_begun_is_told(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    loaded = load(write_recipe())
    ledger = Ledger(tmp_path / "out")
    base, extend, *rest = plan(loaded)
    ledger.finish(base, {})
    ledger.work(extend)
    text = explain(loaded, ledger.out)
    assert f"{base.folder_name}  finished" in text
    assert f"{extend.folder_name}  would resume" in text
    assert all(f"{stage.folder_name}  would run" in text for stage in rest)


def test_a_missing_file_is_told_and_the_rest_explained(write_recipe: WriteRecipe) -> None:
    text = explain(load(write_recipe(), ["rlvr.data.0.path=gone.jsonl"]))
    assert "gone.jsonl: MISSING" in text
    assert "keys      unknown" in text
    assert "at most 6,400 a step" in text


EXPLAIN = """
import sys
from temper.pipeline.cli import main
main(['explain', 'temper:tiny/instruct'])
heavy = {'torch', 'ray', 'trl', 'transformers', 'datasets', 'vllm'} & set(sys.modules)
sys.exit(f'imported {heavy}' if heavy else 0)
"""


def test_explaining_imports_nothing_heavy() -> None:
    subprocess.run([sys.executable, "-c", EXPLAIN], check=True, capture_output=True)


@pytest.mark.slow
def test_explaining_is_quick(tmp_path: Path) -> None:
    """In CPU time, the second time: the first one parses the code for the keys, half a second more."""
    spent = []
    for _ in range(2):
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        subprocess.run([sys.executable, "-c", EXPLAIN], check=True, env={**os.environ, "XDG_CACHE_HOME": str(tmp_path)})
        spent.append(resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before)
    assert spent[1] < 2, spent  # 0.7 s on an idle machine
