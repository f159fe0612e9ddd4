"""What a stage takes from a checkpoint's tokenizer, and what it keeps in its folder."""

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from pydantic import JsonValue

from temper.pipeline.ledger import Ledger, plan
from temper.pipeline.loading import load
from temper.pipeline.stages import ControllerFactory, StageRun, _evaluate, stop_ids, trained
from temper.policy.chat import dress
from temper.policy.checkpoint import load_tokenizer
from temper.policy.rendering import Renderer
from temper.rlvr.doubles import ScriptedEngine
from temper.rlvr.engines.engine import EngineError
from temper.rlvr.proof import EXACT, Probed
from temper.rlvr.record import read_rollouts
from temper.rlvr.rollout import Request, Sampling
from temper.sft.section import SftSection
from temper.verifiers.judging import Judge


def test_stop_tokens_are_ids_of_the_checkpoints_tokenizer(tiny_base: Path) -> None:
    tokenizer = load_tokenizer(tiny_base)
    assert stop_ids(tokenizer, "rlvr", ("</think>", "<tool_call>")) == (24, 29)
    with pytest.raises(ValueError, match=r"^eval\.stop_tokens: the tokenizer lacks '</answer>'; name single tokens"):
        stop_ids(tokenizer, "eval", ("</think>", "</answer>"))


def test_what_is_told_of_a_training_is_what_its_steps_trained() -> None:
    """A card said the tokens that were prepared; a recipe of few `steps` trains a part of them, one of many more."""
    counts: dict[str, JsonValue] = {
        "samples": 60, "packs": 7, "tokens": 700, "trained_tokens": 300, "dropped_too_long": 2,
    }  # fmt: skip
    fields = {"data": [{"kind": "generated", "rows": 1}], "pack_tokens": 100, "packs_per_step": 4}
    section = SftSection.model_validate({**fields, "epochs": 1, "schedule": {"learning_rate": 1.0}})
    lines = [{"tokens": 400.0, "trained_tokens": 170.0}, {"tokens": 300.0, "trained_tokens": 130.0}]
    prepared = {f"prepared_{name}": n for name, n in counts.items() if name != "dropped_too_long"}
    known = {**prepared, "dropped_too_long": 2}
    assert trained(lines, section, counts) == {"steps": 2, "packs": 7, "tokens": 700, "trained_tokens": 300, **known}
    short = section.model_copy(update={"epochs": None, "steps": 1})
    assert trained(lines[:1], short, counts) == {"steps": 1, "packs": 4, "tokens": 400, "trained_tokens": 170, **known}


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


class CountedEngine(ScriptedEngine):
    counted = 0
    prompts: frozenset[tuple[int, ...]] = frozenset()

    def submit(self, requests: Sequence[Request], sampling: Sampling) -> None:
        self.counted += len(requests)
        self.prompts |= {request.prompt_tokens for request in requests}
        super().submit(requests, sampling)


def test_a_held_out_score_is_found_again_whatever_suites_stand_beside_it(tiny_base: Path, tmp_path: Path) -> None:
    """Of a base, which has no chat template: it is asked by that of SFT."""
    checkpoint = tmp_path / "stages/base-123/checkpoint"
    shutil.copytree(tiny_base, checkpoint)
    engine = CountedEngine(lambda i: ("\\boxed{1}", True))
    found, keys = [], set()
    small = ["sandbox.kind=local", "eval.problems=4", "eval.samples=2", "held_out=[{kind: generated, rows: 8}]"]
    for more in ([], ["eval.suites=[tiny]"], ["eval.temperature=0.5"]):
        loaded = load("temper:tiny/instruct", [*small, *more])
        run = StageRun(plan(loaded)[-1], loaded.recipe, Ledger(tmp_path), home=loaded.folder)
        assert loaded.recipe.eval
        problems = [problem for problem in run.problems(loaded.recipe.held_out) if problem.verifier == "math"][:4]
        found.append(_evaluate(run, "base", checkpoint, loaded.recipe.eval, problems, engine, Judge(None), None))
        keys.add(run.stage.key)
        assert len(list(read_rollouts(run.folder / "rollouts/base.parquet"))) == 8
        assert engine.counted == (16 if more == ["eval.temperature=0.5"] else 8)
    assert found[0] == found[1] and len(keys) == 3
    taught = Renderer(dress(load_tokenizer(tiny_base), "instruct"))
    assert engine.prompts == {tuple(taught.prompt_ids(problem.messages())) for problem in problems}
