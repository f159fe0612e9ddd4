"""What stops a training whose numbers are none, or that learns nothing."""

import math
from pathlib import Path
from typing import Any

import pytest
import torch

from temper.policy.checkpoint import load_model, load_tokenizer, save, weights_of
from temper.policy.export import export
from temper.policy.health import (
    EMPTY,
    Health,
    NotFiniteError,
    NothingLearnedError,
    hold_still,
    refuse_unless_finite,
    why_empty,
)
from temper.policy.optim.muon import MuonOptimizer
from temper.policy.section import MuonSection

HEALTH = Health(0.25, lambda: "packs 3 and 4")


@pytest.mark.parametrize("name", ["loss", "grad_norm"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_step_whose_numbers_are_not_finite_is_named_with_its_batch(name: str, value: float) -> None:
    line = {"loss": 1.0, "grad_norm": 1.0, name: value}
    with pytest.raises(NotFiniteError, match=rf"^step 7: {name} {value}, no finite number; the batch: packs 3 and 4;"):
        HEALTH.check(7, 100, [{"loss": 1.0}, line])


def test_finite_numbers_pass() -> None:
    HEALTH.check(1, 4, [{"loss": 0.0, "grad_norm": 0.0, EMPTY: 0.0}])
    HEALTH.check(1, 4, [{"loss": 1e30}])


def test_empty_steps_stop_above_their_share_of_the_stage_and_not_below() -> None:
    empty, full = {EMPTY: 1.0, "trained_tokens": 0.0}, {EMPTY: 0.0}
    HEALTH.check(4, 8, [empty, full, full, empty])  # 2 of 8 is the share itself
    with pytest.raises(
        NothingLearnedError, match=r"step 5: nothing could be learned in 3 steps, more than .* 0.25 of 8"
    ):
        HEALTH.check(5, 8, [empty, full, full, empty, empty])
    HEALTH.check(6, 8, [empty, full, full, empty, empty, full])  # a step that learns stops nothing
    with pytest.raises(NothingLearnedError):
        Health(0.0, str).check(1, 8, [empty])


def test_an_empty_step_says_why() -> None:
    assert why_empty({"trained_tokens": 0.0}) == "no token is trained"
    assert why_empty({"reward": 0.0, "completion/truncated": 1.0, "rollouts/abstained": 0.0}) == (
        "100% of completions truncated"
    )
    assert why_empty({"reward": 0.0, "completion/truncated": 0.5, "rollouts/abstained": 4.0}) == (
        "50% of completions truncated, 4 rollouts abstained"
    )
    assert why_empty({"reward": 1.0, "completion/truncated": 0.0}) == "no reward differs within its group"


@pytest.mark.parametrize("kind", ["adamw", "muon"])
def test_a_step_held_still_moves_nothing_whatever_decay_and_momentum_would(tiny_base: Path, kind: str) -> None:
    model = load_model(tiny_base)
    optimizer: torch.optim.Optimizer
    if kind == "muon":
        optimizer = MuonOptimizer(model, MuonSection(weight_decay=0.5), 1e-2)
    else:
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2, weight_decay=0.5)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1.0)

    def step(gradient: float) -> dict[str, torch.Tensor]:
        for parameter in model.parameters():
            parameter.grad = torch.full_like(parameter, gradient)
        optimizer.step()
        schedule.step()
        return {name: tensor.clone() for name, tensor in weights_of(model).items()}

    before = step(1.0)
    hold_still(optimizer)
    held = step(0.0)
    assert all(torch.equal(before[name], held[name]) for name in before)
    moved = step(0.0)
    assert not any(torch.equal(held[name], moved[name]) for name in held if held[name].dim() > 1), "the rate is back"


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_weights_that_are_no_numbers_are_neither_saved_nor_exported(
    tiny_base: Path, tmp_path: Path, value: float
) -> None:
    model, tokenizer = load_model(tiny_base), load_tokenizer(tiny_base)
    name = "model.layers.2.mlp.experts.down_proj"
    with torch.no_grad():
        model.get_parameter(name)[1, 2, 3] = value
    with pytest.raises(NotFiniteError, match=rf"1 of \d+ weights are not finite, first \['{name}'\]"):
        save(model, tokenizer, tmp_path / "saved")
    model.save_pretrained(tmp_path / "broken")
    tokenizer.save_pretrained(tmp_path / "broken")
    with pytest.raises(NotFiniteError, match=name):
        export(tmp_path / "broken", tmp_path / "out", {})
    assert not (tmp_path / "saved").exists() and not (tmp_path / "out").exists()


def test_a_weight_that_the_published_type_cannot_hold_is_not_exported(tiny_base: Path, tmp_path: Path) -> None:
    model, tokenizer = load_model(tiny_base), load_tokenizer(tiny_base)
    with torch.no_grad():
        model.lm_head.weight[0, 0] = 1e6
    save(model, tokenizer, tmp_path / "large")
    with pytest.raises(NotFiniteError, match="lm_head"):
        export(tmp_path / "large", tmp_path / "out", {}, dtype="float16")


def test_what_is_finite_passes() -> None:
    weights: dict[str, Any] = {"a": torch.zeros(3), "b": torch.tensor([3e38]), "c": torch.zeros(0)}
    refuse_unless_finite(weights, "here")
