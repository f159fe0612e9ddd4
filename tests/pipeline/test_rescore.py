"""`temper rescore`: what today's verifiers say of a run's rollouts, flip by flip."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from temper.pipeline.cli import main
from temper.pipeline.ledger import Ledger
from temper.pipeline.loading import load
from temper.rlvr.dialogue import of_one_turn
from temper.rlvr.record import write_rollouts
from temper.rlvr.rollout import Completion, Group, Rollout
from temper.verifiers.problem import Problem
from temper.verifiers.verdict import Verdict, abstained, scored

WriteRecipe = Callable[..., Path]
PLUGIN = """
from temper.verifiers.verdict import scored
from temper.verifiers.verifier import Verifier

class Beside(Verifier):
    def verify(self, problem, completion, sandbox=None):
        return scored({score})
"""
TESTS = {"kind": "stdio", "cases": [{"input": "7", "output": "7"}]}
MATH = Problem(id="m", prompt="1+1?", verifier="math", answer="2")
CODE = Problem(id="c", prompt="echo", verifier="code", params={"tests": TESTS})
BESIDE = Problem(id="b", prompt="?", verifier="beside_recipe:Beside")
GATED = Problem(
    id="g", prompt="?", answer="2",
    verifier={"sum": [{"verifier": "math", "weight": 0.5}, {"verifier": "beside_recipe:Beside", "weight": 0.5}]},
)  # fmt: skip


def rollout(problem: Problem, text: str, verdict: Verdict | None) -> Rollout:
    completion = Completion(text, (1,), (-1.0,), "stop", (0,))
    made = of_one_turn(problem, (1,), completion)
    return replace(made, verdict=verdict, error="" if verdict else "sandbox: gone", reward=0.25)


@pytest.fixture
def run(write_recipe: WriteRecipe, tmp_path: Path) -> Callable[..., Path]:
    """A run folder as `temper run` leaves it, of one step a group of rollouts."""

    def make(*steps: list[Rollout]) -> Path:
        recipe = write_recipe()
        (recipe.parent / "beside_recipe.py").write_text(PLUGIN.format(score=0.5))
        ledger = Ledger(tmp_path / "out")
        folder = ledger.claim(load(recipe, ["sandbox.kind=local"]))
        stored = tmp_path / "out/stages/rlvr-x/rollouts"
        for step, rollouts in enumerate(steps, 1):
            groups = [Group(one.problem, (one,)) for one in rollouts]
            write_rollouts(stored / f"step-{step:06d}.parquet", step, groups)
        if steps:
            (folder / "rollouts").symlink_to("../stages/rlvr-x/rollouts")
        return folder

    return make


def report(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_every_flip_is_told_and_the_status_is_1(
    run: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    unknown = Problem(id="u", prompt="?", verifier="gone.module:Verifier")
    echo = "```python\nprint(input())\n```"
    folder = run(
        [rollout(MATH, "2", scored(1.0)), rollout(MATH, "3", scored(1.0, "old reason")), rollout(CODE, echo, None)],
        [
            rollout(BESIDE, "x", scored(0.5)), rollout(BESIDE, "y", abstained("no key")),
            rollout(unknown, "z", scored(1.0)), rollout(CODE, echo, scored(1.0)), rollout(GATED, "2", scored(0.75)),
        ],
    )  # fmt: skip
    assert main(["rescore", str(folder)]) == 1
    told = capsys.readouterr().out
    lines = report(folder / "rescore.jsonl")
    assert [(line["id"], line["step"]) for line in lines] == [("m", 1), ("c", 1), ("b", 2), ("u", 2)]
    wrong, once_lost, once_abstained, gone = lines
    assert wrong["old"] == {"outcome": "scored", "score": 1.0, "detail": "old reason"}
    assert wrong["new"]["outcome"] == "scored" and wrong["new"]["score"] == 0.0 and wrong["new"]["detail"]
    assert wrong["completion"] == "3" and wrong["reward"] == 0.25 and wrong["verifier"] == "math"
    assert once_lost["old"]["outcome"] == "error" and once_lost["new"]["score"] == 1.0
    assert once_abstained["old"]["outcome"] == "abstained" and once_abstained["new"]["score"] == 0.5
    assert gone["new"]["outcome"] == "error" and "'gone.module' is not listed" in gone["new"]["detail"]
    table = {line.split()[0]: line.split()[1:] for line in told.splitlines()[1:6]}
    assert table == {
        "beside_recipe:Beside": ["2", "1", "1", "0"],
        "code": ["2", "1", "1", "0"],
        "composition": ["1", "1", "0", "0"],
        "gone.module:Verifier": ["1", "0", "0", "1"],
        "math": ["2", "1", "1", "0"],
    }
    assert f"not the same: 4 of 8; all in {folder / 'rescore.jsonl'}" in told


def test_the_same_verdicts_are_status_0_and_an_empty_report(run: Callable[..., Path], tmp_path: Path) -> None:
    folder = run([rollout(MATH, "2", scored(1.0, "another detail")), rollout(MATH, "3", scored(0.0))])
    assert main(["rescore", str(folder), "--out", str(tmp_path / "deep/report.jsonl"), "--workers", "1"]) == 0
    assert (tmp_path / "deep/report.jsonl").read_text() == ""
    assert not (folder / "rescore.jsonl").exists()


def test_a_run_without_rollouts_is_refused(run: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    folder = run()
    assert main(["rescore", str(folder)]) == 2
    assert f"{folder}: no rollouts/*.parquet; give the folder OUT/<recipe name>" in capsys.readouterr().err
