"""Adapters of a recipe, and the whole weights that they amount to."""

import copy
from pathlib import Path

import pytest
import torch
from peft import PeftModel, get_peft_model

from temper.policy.checkpoint import load_model, load_weights, tensor_hashes, trained_weights, weights_of
from temper.policy.lora import adapted_copy, adapters, merged_weights
from temper.policy.section import LoraSection

SECTION = LoraSection(rank=4, alpha=8.0)


def moved(model: torch.nn.Module) -> None:
    """Adapters that a training might have left: both factors away from zero."""
    generator = torch.Generator().manual_seed(0)
    for tensor in trained_weights(model).values():
        tensor += 0.1 * torch.randn(tensor.shape, generator=generator)


def wrapped(base: Path) -> PeftModel:
    model = load_model(base)
    return get_peft_model(model, adapters(SECTION, model))


def test_fresh_adapters_leave_every_weight_as_it_is(tiny_base: Path) -> None:
    model = load_model(tiny_base)
    assert tensor_hashes(dict(merged_weights(adapted_copy(SECTION, model)))) == tensor_hashes(weights_of(model))
    assert tensor_hashes(dict(merged_weights(model))) == tensor_hashes(weights_of(model))


def test_merged_weights_are_those_of_peft(tiny_base: Path) -> None:
    model = wrapped(tiny_base)
    moved(model)
    merged = dict(merged_weights(model.get_base_model()))
    assert tensor_hashes(merged) == tensor_hashes(weights_of(copy.deepcopy(model).merge_and_unload()))
    base = weights_of(load_model(tiny_base))
    changed = {name.rpartition("layers.")[2].partition(".")[2] for name in base if not merged[name].equal(base[name])}
    assert changed == {
        *(f"self_attn.{name}_proj.weight" for name in "qkvo"), "mlp.experts.gate_up_proj", "mlp.experts.down_proj"
    }  # fmt: skip


def test_an_engines_copy_takes_a_learners_adapters_alone(tiny_base: Path) -> None:
    """In bfloat16 the copy's weights are the learner's rounded once, but for those on a border of two roundings."""
    learner = wrapped(tiny_base)
    moved(learner)
    sent = trained_weights(learner.get_base_model())
    assert all(".lora_" in name for name in sent)
    wanted = dict(merged_weights(learner.get_base_model()))
    for dtype in (torch.float32, torch.bfloat16):
        engine = adapted_copy(SECTION, load_model(tiny_base).to(dtype))
        load_weights(engine, sent)
        assert tensor_hashes(trained_weights(engine)) == tensor_hashes(sent)
        for name, weight in merged_weights(engine):
            assert weight.dtype == dtype
            # Three roundings (of the base, of a stacked product, of the sum) of at most 2**-9 of what they round.
            bound = 0.0 if dtype == torch.float32 else 2**-9 * 4 * float(wanted[name].abs().max())
            assert float((weight.float() - wanted[name]).abs().max()) <= bound, name


def test_a_name_that_the_model_lacks_is_refused(tiny_base: Path) -> None:
    model = load_model(tiny_base)
    with pytest.raises(ValueError, match="has no 'qkv'; it has k_proj"):
        adapters(LoraSection(modules=("q_proj", "qkv")), model)
    with pytest.raises(ValueError, match="has no 'w1'; it has down_proj, gate_up_proj"):
        adapters(LoraSection(experts=("w1",)), model)
