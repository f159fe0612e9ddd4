"""Every shipped recipe is a recipe, and the fields of a recipe agree."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from temper.pipeline.loading import load, shipped
from temper.policy.section import MuonSection
from temper.rlvr.objective import Mellum

WriteRecipe = Callable[..., Path]

ROOT = Path(__file__).parents[2] / "recipes"
YAMLS = sorted(path for path in ROOT.glob("*/*.yaml") if path.parent.name != "suites")
WHOLE = [path for path in YAMLS if path.name != "base.yaml"]


@pytest.mark.parametrize("path", WHOLE, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_shipped_recipe_loads_and_opens_with_what_it_is_for(path: Path) -> None:
    loaded = load(path)
    assert loaded.recipe.name == f"{path.parent.name}-{path.stem}"
    assert loaded.recipe.variant == {"tools": "instruct"}.get(path.stem, path.stem)
    opening = path.read_text().partition("extends:")[0]
    assert opening.startswith("# ")
    assert "Hardware:" in opening
    assert "Run: temper run" in opening
    assert len(path.read_text().splitlines()) <= 60


def test_every_shipped_folder_has_both_variants() -> None:
    folders = {path.parent for path in YAMLS}
    assert {folder.name for folder in folders} == {"mellum2", "small", "tiny"}
    assert all((folder / f"{variant}.yaml").exists() for folder in folders for variant in ("instruct", "thinking"))


def test_every_shared_file_is_loaded_through_a_recipe_that_extends_it() -> None:
    extended = {(path.parent / yaml.safe_load(path.read_text())["extends"]).resolve() for path in WHOLE}
    assert extended == {path.resolve() for path in YAMLS} - {path.resolve() for path in WHOLE}


def test_every_shipped_file_has_a_name_from_anywhere() -> None:
    assert shipped() == [f"temper:{path.parent.name}/{path.stem}" for path in YAMLS]


def test_the_published_values_of_mellum2_stand_in_the_recipes() -> None:
    instruct, thinking = (load(f"temper:mellum2/{variant}").recipe for variant in ("instruct", "thinking"))
    for recipe, steps, longest in ((instruct, 500, 16_384), (thinking, 100, 40_960)):
        assert recipe.sft
        assert recipe.rlvr
        assert recipe.sft.packs_per_step * recipe.sft.pack_tokens == 64 * 131_072
        assert (recipe.sft.epochs, recipe.sft.router_loss, recipe.sft.unfold) == (3, 1e-4, 5)
        assert recipe.sft.optimizer == MuonSection(
            momentum=0.95, nesterov=True, iterations=5, scale=0.2, weight_decay=0.1
        )
        assert recipe.sft.optimizer.betas == (0.9, 0.95)
        assert recipe.sft.mtp and recipe.sft.mtp.weight == 0.1
        assert (recipe.rlvr.steps, recipe.rlvr.rollouts_per_step) == (steps, 4096)
        assert recipe.rlvr.max_prompt_tokens + recipe.rlvr.max_completion_tokens == longest
        assert recipe.rlvr.objective == Mellum(clip_low=0.2, clip_high=0.28, icepop=(0.5, 5.0), kl=0.0)
        assert recipe.rlvr.problems_asked == 1.5 * 256 and recipe.rlvr.shaping.overlong
        assert bool(recipe.rlvr.shaping.concision) == (recipe is instruct), "the concision penalty is Instruct's alone"
        assert recipe.rlvr.schedule.learning_rate == 1e-6
        assert recipe.rlvr.max_turns == 10 and recipe.eval and recipe.eval.max_turns == 10
        assert recipe.sandbox.kind == "docker"
    assert instruct.extend
    assert instruct.extend.factor == 16


@pytest.mark.parametrize(
    ("override", "complaint"),
    [
        ("stages=[sft, eval]", "without gaps"),
        ("stages=[]", "stages is empty"),
        ("rlvr=null", "stages names 'rlvr' but the recipe has no `rlvr` section; add one"),
        ("held_out=[]", "eval and validation need `held_out` sources"),
        ("name=stages", "taken by the folder of the stages, got 'stages'"),
        ("name=a/b", "name: must match pattern"),
        ("cluster.sft.ranks=3", "sft.packs_per_step: not a multiple of cluster.sft.ranks 3"),
        ("cluster.rlvr.ranks=33", "cluster.rlvr.ranks: more than the 32 rollouts of a step, got 33; lower it"),
        ("sft.epochs=1", "sft: set one of epochs and steps"),
        ("sft.data.0={kind: generated, rows: 9, weight: 2, epochs: 3}", "weight 2 and epochs 3 exclude each other"),
        ("sft.data=[{kind: generated, rows: 9, weight: 2}, {kind: generated, rows: 9}]", "sft: data.1 has no weight"),
        ("rlvr.data.0.weight=2", "rlvr.data.0.weight: only sft.data is mixed by weight; use `epochs`"),
        ("sft.schedule.min_learning_rate=1", "sft.schedule: min_learning_rate is above learning_rate"),
    ],
)
def test_fields_that_do_not_agree_are_refused(write_recipe: WriteRecipe, override: str, complaint: str) -> None:
    with pytest.raises(ValueError, match="mine.yaml|--set") as refused:
        load(write_recipe(), [override])
    assert complaint in str(refused.value)


@pytest.mark.parametrize("stage", ["sft", "rlvr"])
def test_adapters_are_refused_where_no_rank_holds_whole_weights(write_recipe: WriteRecipe, stage: str) -> None:
    overrides = [f"{stage}.lora={{}}", f"cluster.{stage}.deepspeed=zero3"]
    with pytest.raises(ValueError, match=f"{stage}.lora: .* got cluster.{stage}.deepspeed 'zero3'; take zero2"):
        load(write_recipe(), overrides)
    assert load(write_recipe(), overrides[:1])


def test_ranks_are_not_asked_of_a_stage_that_does_not_run(write_recipe: WriteRecipe) -> None:
    loaded = load(write_recipe(), ["stages=[eval]", "cluster.sft.ranks=3"])
    assert loaded.recipe.stages == ("eval",)
