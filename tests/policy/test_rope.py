import math
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, LlamaConfig, MistralConfig, PreTrainedConfig, Qwen3Config
from transformers.models.mellum.modeling_mellum import MellumAttention

from temper.policy.checkpoint import load_model, load_tokenizer, save, tensor_hashes, weights_of
from temper.policy.rope import extend
from temper.policy.rope_probe import check_rope, formula
from temper.policy.section import ExtendSection

SMALL = {
    "vocab_size": 384, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "head_dim": 8, "max_position_embeddings": 64,
}  # fmt: skip


def saved(config: PreTrainedConfig, tokenizer: Path, folder: Path) -> Path:
    save(AutoModelForCausalLM.from_config(config), load_tokenizer(tokenizer), folder)
    return folder


def test_yarn_sits_on_the_full_attention_layers_only(tiny_base: Path, tmp_path: Path) -> None:
    assert extend(tiny_base, tmp_path / "long", ExtendSection(factor=16)) == {"context": 64 * 16}
    before, after = load_model(tiny_base), load_model(tmp_path / "long")
    rope = after.config.rope_parameters
    assert rope["sliding_attention"] == before.config.rope_parameters["sliding_attention"]
    assert rope["full_attention"] == {
        "rope_type": "yarn",
        "rope_theta": 500_000.0,
        "factor": 16.0,
        "original_max_position_embeddings": 64,
        "beta_fast": 32.0,
        "beta_slow": 1.0,
        "attention_factor": pytest.approx(1.2772588722239782),  # the released value for factor 16
    }
    assert rope["full_attention"]["attention_factor"] == 0.1 * math.log(16) + 1
    old, new = before.model.rotary_emb, after.model.rotary_emb
    assert torch.equal(old.sliding_attention_inv_freq, new.sliding_attention_inv_freq)
    assert not torch.equal(old.full_attention_inv_freq, new.full_attention_inv_freq)
    assert tensor_hashes(weights_of(before)) == tensor_hashes(weights_of(after))
    assert load_tokenizer(tmp_path / "long").model_max_length == 1024


def test_a_context_in_tokens_and_the_recipes_own_values_are_taken(tiny_base: Path, tmp_path: Path) -> None:
    section = ExtendSection(context=256, attention_factor=1.5, beta_fast=16, beta_slow=2)
    extend(tiny_base, tmp_path / "long", section)
    rope = load_model(tmp_path / "long").config.rope_parameters["full_attention"]
    assert [rope[key] for key in ("factor", "attention_factor", "beta_fast", "beta_slow")] == [4.0, 1.5, 16.0, 2.0]


@pytest.mark.parametrize(
    ("layers", "kinds"),
    [("all", {"full_attention": "yarn", "sliding_attention": "yarn"}),
     ("none", {"full_attention": "default", "sliding_attention": "default"})],
)  # fmt: skip
def test_the_two_others_that_it_is_compared_with(
    tiny_base: Path, tmp_path: Path, layers: Any, kinds: dict[str, str]
) -> None:
    assert extend(tiny_base, tmp_path / "long", ExtendSection(factor=4, layers=layers)) == {"context": 256}
    model = load_model(tmp_path / "long")
    assert {kind: rope["rope_type"] for kind, rope in model.config.rope_parameters.items()} == kinds
    assert sorted(check_rope(model, model.config)) == ["full_attention", "sliding_attention"]


def test_a_weight_keeps_its_dtype(tiny_base: Path, tmp_path: Path) -> None:
    save(load_model(tiny_base, dtype="bfloat16"), load_tokenizer(tiny_base), tmp_path / "half")
    extend(tmp_path / "half", tmp_path / "long", ExtendSection(factor=4))
    half, long = (load_model(folder, dtype="auto") for folder in (tmp_path / "half", tmp_path / "long"))
    assert tensor_hashes(weights_of(half)) == tensor_hashes(weights_of(long))


def test_one_rope_for_layers_that_all_attend_fully_is_extended_whole(tiny_base: Path, tmp_path: Path) -> None:
    base = saved(LlamaConfig(**SMALL), tiny_base, tmp_path / "llama")
    extend(base, tmp_path / "long", ExtendSection(factor=4))
    model = load_model(tmp_path / "long")
    assert model.config.rope_parameters["rope_type"] == "yarn"
    assert model.config.max_position_embeddings == 256
    assert check_rope(model, model.config) == [""]


@pytest.mark.parametrize(
    "config",
    [
        Qwen3Config(**SMALL, use_sliding_window=True, sliding_window=16, max_window_layers=1),
        MistralConfig(**SMALL, sliding_window=16),
    ],
    ids=["some layers slide", "all layers slide"],
)
def test_one_rope_for_sliding_layers_too_is_refused(config: PreTrainedConfig, tiny_base: Path, tmp_path: Path) -> None:
    base = saved(config, tiny_base, tmp_path / "base")
    with pytest.raises(ValueError, match=r"extend.layers: 'full' wants .* got one for sliding layers too; take 'all'"):
        extend(base, tmp_path / "long", ExtendSection(factor=4))
    assert not (tmp_path / "long").exists()
    extend(base, tmp_path / "long", ExtendSection(factor=4, layers="all"))
    assert load_model(tmp_path / "long").config.rope_parameters["rope_type"] == "yarn"


def test_a_model_that_was_extended_before_is_refused(tiny_base: Path, tmp_path: Path) -> None:
    extend(tiny_base, tmp_path / "once", ExtendSection(factor=4))
    with pytest.raises(ValueError, match="RoPE of full_attention is 'yarn' already"):
        extend(tmp_path / "once", tmp_path / "twice", ExtendSection(factor=4))


def test_a_context_that_is_not_longer_is_refused(tiny_base: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="extend.context: 64 is not above the base's 64"):
        extend(tiny_base, tmp_path / "long", ExtendSection(context=64))


@pytest.mark.parametrize(
    ("section", "said"),
    [({}, "one of factor and context"), ({"factor": 2, "context": 128}, "one of factor and context"),
     ({"factor": 2, "beta_fast": 1}, "beta_fast 1 is not above beta_slow 1")],
)  # fmt: skip
def test_an_extend_section_that_cannot_be_meant_is_refused(section: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        ExtendSection(**section)


def test_the_released_rope_by_hand() -> None:
    """Head of 128, theta 500,000, 8,192 -> 131,072: pairs up to 18 turn 32 times or more in the old context and keep
    their frequency, from 35 on less than once and are divided by 16."""
    plain = [500_000 ** (-i / 64) for i in range(64)]
    rope = {"rope_type": "yarn", "rope_theta": 500_000.0, "factor": 16.0, "original_max_position_embeddings": 8192,
            "beta_fast": 32.0, "beta_slow": 1.0, "attention_factor": 1.2772588722239782}  # fmt: skip
    frequencies, factor = formula(rope, 128)
    assert factor == 1.2772588722239782
    ratios = [f / p for f, p in zip(frequencies, plain, strict=True)]
    assert ratios[:19] == [1.0] * 19
    assert ratios[35:] == pytest.approx([1 / 16] * 29)
    assert ratios[27] == pytest.approx(1 - 9 / 17 * 15 / 16)


def test_every_layer_turns_by_the_rope_of_its_type(tiny_base: Path, tmp_path: Path) -> None:
    """What each attention is given at a far position, against cosines of our own formula."""
    extend(tiny_base, tmp_path / "long", ExtendSection(factor=16))
    model = load_model(tmp_path / "long")
    given: dict[int, torch.Tensor] = {}

    def keep(module: Any, args: Any, kwargs: dict[str, Any]) -> None:
        given[module.layer_idx] = kwargs["position_embeddings"][0][0, -1]

    for module in model.modules():
        if isinstance(module, MellumAttention):
            module.register_forward_pre_hook(keep, with_kwargs=True)
    position = 1023
    model(input_ids=torch.tensor([[1, 2]]), position_ids=torch.tensor([[0, position]]))
    assert sorted(given) == [0, 1, 2, 3]
    for layer, cosines in given.items():
        kind = model.config.layer_types[layer]
        frequencies, factor = formula(model.config.rope_parameters[kind], model.config.head_dim)
        wanted = [math.cos(position * f) * factor for f in frequencies] * 2
        assert cosines.tolist() == pytest.approx(wanted, abs=2e-4), (layer, kind)


def test_the_probe_names_the_layer_type_and_both_values(tiny_base: Path, tmp_path: Path) -> None:
    extend(tiny_base, tmp_path / "long", ExtendSection(factor=16))
    model = load_model(tmp_path / "long")
    rotary: Any = model.model.rotary_emb
    right = rotary.full_attention_inv_freq
    rotary.full_attention_inv_freq = rotary.sliding_attention_inv_freq
    with pytest.raises(ValueError, match=r"RoPE of full_attention: inverse frequency \d is [\d.e-]+ .*got [\d.e-]+;"):
        check_rope(model, model.config)
    rotary.full_attention_inv_freq = right
    rotary.full_attention_attention_scaling = 1.0
    with pytest.raises(ValueError, match=r"full_attention: attention factor is 1.27726 by the config, got 1;"):
        check_rope(model, model.config)


def test_the_probe_sees_buffers_cast_to_bfloat16(tiny_base: Path) -> None:
    model = load_model(tiny_base).to(torch.bfloat16)
    with pytest.raises(ValueError, match="keep the buffers in float32"):
        check_rope(model, model.config)
    kept = load_model(tiny_base, dtype="bfloat16")
    assert sorted(check_rope(kept, kept.config)) == ["full_attention", "sliding_attention"]
