"""What a stage takes from a checkpoint's tokenizer, and what it keeps in its folder."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from temper.pipeline.ledger import Ledger, plan
from temper.pipeline.loading import load
from temper.pipeline.stages import ControllerFactory, StageRun, stop_ids
from temper.policy.checkpoint import load_tokenizer
from temper.rlvr.doubles import ScriptedEngine
from temper.rlvr.engine import EngineError
from temper.rlvr.proof import EXACT, Probed
from temper.verifiers.judging import Judge


def test_stop_tokens_are_ids_of_the_checkpoints_tokenizer(tiny_base: Path) -> None:
    tokenizer = load_tokenizer(tiny_base)
    assert stop_ids(tokenizer, "rlvr", ("</think>", "<tool_call>")) == (24, 29)
    with pytest.raises(ValueError, match=r"^eval\.stop_tokens: the tokenizer lacks '</answer>'; name single tokens"):
        stop_ids(tokenizer, "eval", ("</think>", "</answer>"))


def factory(path: Path, out: Path, *overrides: str) -> ControllerFactory:
    loaded = load(str(path), overrides)
    (stage,) = [stage for stage in plan(loaded) if stage.name == "rlvr"]
    run = StageRun(stage, loaded.recipe, Ledger(out))
    return ControllerFactory(run, out, [], ScriptedEngine(lambda i: ("", True)), Judge(None))


def test_the_bounds_of_a_run_lie_in_its_stages_folder_and_stay(
    write_recipe: Callable[..., Path], tmp_path: Path
) -> None:
    recipe, probe = write_recipe(), Probed((((1,) * 8, (2,) * 56),), ((-1.0,) * 56,))
    rounds = ["cluster.engine_gpus=1"]
    made = factory(recipe, tmp_path, *rounds)
    made.proof().prove(probe, [[[-1.02] * 56]], 0)
    (path,) = (tmp_path / "stages").glob("rlvr-*/proof.json")
    kept = json.loads(path.read_text())
    assert kept == {"64": pytest.approx([0.06, 0.06])}
    again = factory(recipe, tmp_path, *rounds).proof()
    with pytest.raises(EngineError, match="more than 0.06"):
        again.prove(probe, [[[-1.07] * 56]], 0)
    assert json.loads(path.read_text()) == kept
    assert factory(recipe, tmp_path).proof().bound(64) == EXACT, "on CPU all compute in float32"
    assert factory(recipe, tmp_path, "cluster.rlvr.gpus=1").proof().bound(64) == tuple(kept["64"])
