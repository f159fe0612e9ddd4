"""What a training makes of its base before the first step."""

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, GPT2Config, LlamaConfig, MixtralConfig, OPTConfig, PretrainedConfig

from temper.policy.section import LearnersSection
from temper.policy.training import model_to_train

SMALL: dict[str, Any] = {"vocab_size": 64, "max_position_embeddings": 32}
NOISY: list[PretrainedConfig] = [
    LlamaConfig(
        hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2, num_key_value_heads=1,
        attention_dropout=0.5, **SMALL,
    ),
    MixtralConfig(
        hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2, num_key_value_heads=1,
        num_local_experts=2, router_jitter_noise=0.5, **SMALL,
    ),
    GPT2Config(n_embd=16, n_layer=1, n_head=2, n_positions=32, vocab_size=64, resid_pdrop=0.5, attn_pdrop=0.5),
    OPTConfig(hidden_size=16, ffn_dim=16, num_hidden_layers=2, num_attention_heads=2, word_embed_proj_dim=16,
              dropout=0.5, layerdrop=0.5, **SMALL),
]  # fmt: skip


@pytest.mark.parametrize("config", NOISY, ids=[config.model_type for config in NOISY])
def test_no_noise_of_a_bases_configuration_is_trained_with(config: PretrainedConfig, tmp_path: Path) -> None:
    ids = torch.arange(2, 26)[None]
    noisy = AutoModelForCausalLM.from_config(config)
    noisy.save_pretrained(tmp_path)
    model = model_to_train(tmp_path, None, LearnersSection(threads=1))
    noisy.train()
    model.train()
    with torch.no_grad():
        # Sixteen: of two passes OPT drops both layers of both once in sixteen times.
        first, *others = (noisy(input_ids=ids).logits for _ in range(16))
        assert not all(torch.equal(first, one) for one in others), "the configuration asks for noise"
        assert torch.equal(model(input_ids=ids).logits, model(input_ids=ids).logits)
        assert torch.equal(model(input_ids=ids).logits, model.eval()(input_ids=ids).logits)
