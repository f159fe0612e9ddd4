"""A row of a padded batch has the logprobs that it has alone, in the trainer as in the engine, whatever the family does
with positions."""

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, GPT2Config, LlamaConfig, OPTConfig, PretrainedConfig, Qwen3Config

from temper.policy.attention import count_positions
from temper.policy.checkpoint import load_tokenizer
from temper.policy.section import LearnersSection, ScheduleSection
from temper.policy.sources import GeneratedRows
from temper.rlvr.doubles import ScriptedFeed
from temper.rlvr.engines.transformers_engine import TransformersEngine
from temper.rlvr.rollout import BatchRow
from temper.rlvr.section import RlvrSection
from temper.rlvr.trl_seam import make_trainer

IDS: dict[str, Any] = {"vocab_size": 384, "bos_token_id": None, "eos_token_id": 28, "pad_token_id": 0}
SHAPE = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "max_position_embeddings": 64, **IDS}
CONFIGS: list[PretrainedConfig] = [
    GPT2Config(n_embd=32, n_layer=2, n_head=4, n_positions=64, **IDS),
    OPTConfig(**SHAPE, ffn_dim=32, word_embed_proj_dim=32),
    LlamaConfig(**SHAPE, intermediate_size=32),
    Qwen3Config(**SHAPE, intermediate_size=32, head_dim=8, num_key_value_heads=2),
]
ROWS = [
    ((40, 41, 42, 43, 44, 45, 46), (80, 81, 82)),
    ((50,), (90, 91, 92, 93, 94)),
    ((60, 61), (100,)),
    ((70,), (110,)),
]


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.model_type)
def test_a_padded_row_has_the_logprobs_that_the_engine_gives(
    config: PretrainedConfig, tiny_base: Path, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    AutoModelForCausalLM.from_config(config).save_pretrained(tmp_path / "base")
    load_tokenizer(tiny_base).save_pretrained(tmp_path / "base")
    section = RlvrSection.model_validate(
        {
            "data": (GeneratedRows(rows=1),), "steps": 1, "problems_per_step": 1, "group_size": 4,
            "max_prompt_tokens": 8, "max_completion_tokens": 8,
            "schedule": ScheduleSection(learning_rate=1e-3), "objective": {"kind": "mellum", "kl": 0.1},
        }
    )  # fmt: skip
    feed = ScriptedFeed(lambda step: pytest.fail(""))
    trainer = make_trainer(section, LearnersSection(threads=1), 0, tmp_path / "base", tmp_path / "work", feed)
    trainer.model.train()
    batch = [BatchRow(prompt, done, (-1.0,) * len(done), 1.0, in_loss=True) for prompt, done in ROWS]
    tensors = trainer._tensors(batch)
    engine = TransformersEngine(AutoModelForCausalLM.from_pretrained(tmp_path / "base"), load_tokenizer(tiny_base), 4)
    for name in ("old_per_token_logps", "ref_per_token_logps"):
        for said, wanted in zip(tensors[name].tolist(), engine.logprobs(ROWS), strict=True):
            assert said[: len(wanted)] == pytest.approx(wanted, abs=1e-5), name


def test_positions_that_are_given_stay() -> None:
    model = AutoModelForCausalLM.from_config(CONFIGS[0]).eval()
    ids, mask = torch.tensor([[5, 6, 7]]), torch.tensor([[1, 1, 1]])
    late = torch.tensor([[4, 5, 6]])
    with torch.no_grad():
        wanted = model(input_ids=ids, attention_mask=mask, position_ids=late).logits
        count_positions(model)
        assert torch.equal(model(input_ids=ids, attention_mask=mask, position_ids=late).logits, wanted)
        assert not torch.allclose(model(input_ids=ids, attention_mask=mask).logits, wanted)
