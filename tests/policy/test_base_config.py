"""What a base's config.json says beside its architecture decides nothing, or the base is refused."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, Gemma2Config, Qwen3MoeConfig

from temper.policy.base_config import unfit
from temper.policy.checkpoint import load_model
from temper.policy.section import LearnersSection
from temper.policy.training import model_to_train

SHAPE: dict[str, Any] = {
    "hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "head_dim": 8,
    "num_key_value_heads": 2, "vocab_size": 64, "bos_token_id": None, "eos_token_id": None, "pad_token_id": None,
}  # fmt: skip
IDS = torch.arange(2, 40)[None]
DECIDES_NOTHING = {
    "attn_implementation": "eager", "_attn_implementation": "eager", "dtype": "bfloat16", "torch_dtype": "float16",
    "use_cache": False, "output_router_logits": True, "output_hidden_states": True, "output_attentions": True,
    "return_dict": False, "gradient_checkpointing": True, "_experts_implementation": "eager", "torchscript": True,
    "experts_implementation": "batched_mm", "attention_dropout": 0.5, "chunk_size_feed_forward": 4,
    "problem_type": "regression", "router_jitter_noise": 0.5, "auto_map": {"AutoModelForCausalLM": "code.Model"},
}  # fmt: skip
REFUSED = {
    "quantization_config": ({"quant_method": "bitsandbytes", "load_in_8bit": True}, "quantised weights"),
    "is_causal": (False, "attends to what follows"),
    "use_bidirectional_attention": (True, "attends to what follows"),
    "attn_logit_softcapping": (50.0, "a cap on attention is not computed here"),
}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, torch.Tensor]:
    """A base, and its logits."""
    folder = tmp_path_factory.mktemp("config")
    torch.manual_seed(0)
    config = Qwen3MoeConfig(**SHAPE, num_experts=4, num_experts_per_tok=2, moe_intermediate_size=16)
    AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    return folder, load_model(folder)(input_ids=IDS).logits.detach()


def saying(base: Path, folder: Path, **said: Any) -> Path:
    for name in ("model.safetensors", "generation_config.json"):
        (folder / name).symlink_to(base / name)
    config = json.loads((base / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, **said}))
    return folder


@pytest.mark.parametrize("name", DECIDES_NOTHING)
def test_a_setting_decides_nothing(base: tuple[Path, torch.Tensor], tmp_path: Path, name: str) -> None:
    path = saying(base[0], tmp_path, **{name: DECIDES_NOTHING[name]})
    for model in (load_model(path), model_to_train(path, None, LearnersSection(threads=1)).train()):
        given = model(input_ids=IDS)
        assert torch.equal(given.logits, base[1])
        assert not (given.router_logits or given.hidden_states or given.attentions)
        assert model.dtype == torch.float32 and not model.is_gradient_checkpointing
        assert model.config._attn_implementation == "sdpa"


@pytest.mark.parametrize("name", REFUSED)
def test_what_no_training_computes_is_refused(base: tuple[Path, torch.Tensor], tmp_path: Path, name: str) -> None:
    value, why = REFUSED[name]
    assert why in unfit({name: value}) and why in unfit({"text_config": {name: value}})
    with pytest.raises(ValueError, match=f"config.json: .*{why}.*; take "):
        load_model(saying(base[0], tmp_path, **{name: value}))


def test_a_family_that_caps_attention_is_refused(tmp_path: Path) -> None:
    torch.manual_seed(0)
    AutoModelForCausalLM.from_config(Gemma2Config(**SHAPE, sliding_window=8)).save_pretrained(tmp_path)
    with pytest.raises(ValueError, match="attn_logit_softcapping 50.0: a cap on attention"):
        load_model(tmp_path)
