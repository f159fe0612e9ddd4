"""Pre-training: phases that shift the mixture, and what the section refuses."""

from collections import Counter
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from temper.pipeline.loading import load
from temper.policy.optim.schedule import share
from temper.recipes.texts import code, math, prose
from temper.recipes.tiny import split_of
from temper.sft.section import PretrainSection
from temper.sft.stream import phased

SOURCES = [{"kind": "generated", "generator": name, "rows": 50} for name in ("prose", "code", "math")]
SECTION: dict[str, Any] = {
    "data": SOURCES,
    "phases": [
        {"share": 0.6, "weights": [0.7, 0.2, 0.1]},
        {"share": 0.25, "weights": [1, 2, 2]},
        {"share": 0.15, "weights": [0, 0.5, 0.5]},
    ],
    "pack_tokens": 64,
    "packs_per_step": 8,
    "steps": 400,
    "schedule": {"learning_rate": 1e-3, "warmup_steps": 20, "decay": "hold", "decay_steps": 100},
}
PACKS = (37, 11, 23)


def section(**changes: Any) -> PretrainSection:
    return PretrainSection.model_validate({**SECTION, **changes})


@pytest.mark.parametrize("seed", range(5))
def test_each_phase_takes_of_each_source_what_its_weights_say(seed: int) -> None:
    of = section()
    indices = phased(of, PACKS, seed)
    first = [0, *accumulate(PACKS)]
    start = 0
    assert of.phase_steps == [240, 100, 60]
    for phase, steps in zip(of.phases, of.phase_steps, strict=True):
        some = indices[start * 8 : (start + steps) * 8]
        start += steps
        counts = Counter(next(i for i in range(3) if index < first[i + 1]) for index in some)
        for place, weight in enumerate(phase.weights):
            assert counts[place] / len(some) == pytest.approx(weight / sum(phase.weights), abs=0.01)
    assert len(indices) == 400 * 8


def test_a_source_is_seen_whole_before_it_is_seen_again_across_phases() -> None:
    indices = phased(section(), PACKS, 3)
    first = [0, *accumulate(PACKS)]
    for place, packs in enumerate(PACKS):
        own = [index - first[place] for index in indices if first[place] <= index < first[place + 1]]
        whole = len(own) // packs * packs
        for start in range(0, whole, packs):
            assert sorted(own[start : start + packs]) == list(range(packs))
        assert own[:packs] != own[packs : 2 * packs], "another order in another pass"


def test_every_step_of_a_phase_has_its_mixture() -> None:
    indices = phased(section(), PACKS, 0)
    prose_packs = [sum(index < PACKS[0] for index in indices[8 * step : 8 * step + 8]) for step in range(240)]
    assert set(prose_packs) <= {5, 6} and sum(prose_packs) == pytest.approx(0.7 * 8 * 240, abs=1)


def test_the_rate_rises_holds_and_falls_to_zero() -> None:
    rates = [share(section().schedule, 400, step) for step in (0, 10, 20, 200, 300, 350, 399)]
    assert rates == pytest.approx([1 / 21, 11 / 21, 1, 1, 1, 0.5, 0.01])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"phases": [{"share": 0.5, "weights": [1, 1, 1]}]}, "shares sum to 0.5"),
        ({"phases": [{"share": 1, "weights": [1, 1]}]}, r"phases.0.weights: \[1.0, 1.0\] for 3 sources"),
        ({"phases": [{"share": 1, "weights": [0, 0, 0]}]}, "not all 0"),
        ({"phases": [{"share": 1, "weights": [1, 1, -1]}]}, "greater than or equal to 0"),
        ({"steps": None, "epochs": 1}, "pre-training has steps"),
        ({"lora": {}, "mtp": None, "optimizer": {"kind": "adamw"}}, "no lora"),
        ({"data": [{**source, "weight": 1} for source in SOURCES]}, "data.0.weight: the phases weigh"),
    ],
)
def test_a_section_that_says_two_things_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        section(**changes)


def test_texts_are_of_one_split_and_their_own() -> None:
    for make in (prose, code, math):
        sides = {split: [row["text"] for row in make(split, 200, 0)] for split in ("train", "held_out")}
        assert all(split_of(text.partition("\n")[0]) == split for split, texts in sides.items() for text in texts)
        assert not set(sides["train"]) & set(sides["held_out"])
        assert [row["text"] for row in make("train", 200, 0)] == sides["train"]


def test_text_for_pre_training_is_refused_where_problems_or_examples_belong(tmp_path: Path) -> None:
    from temper.pipeline.preflight import preflight

    for field in ("sft.data", "rlvr.data"):
        with pytest.raises(ValueError, match=rf"{field}.0.generator: makes text to pre-train on alone, got 'prose'"):
            preflight(
                load("temper:tiny/instruct", [f"{field}=[{{kind: generated, generator: prose, rows: 5}}]"]), tmp_path
            )
