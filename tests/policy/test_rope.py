import math
from pathlib import Path

import pytest
import torch

from temper.policy.checkpoint import load_model, tensor_hashes, weights_of
from temper.policy.rope import extend
from temper.policy.section import Extend


def test_yarn_sits_on_the_full_attention_layers_only(tiny_base: Path, tmp_path: Path) -> None:
    assert extend(tiny_base, tmp_path / "long", Extend(factor=16)) == {"context": 64 * 16}
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


def test_a_model_that_was_extended_before_is_refused(tiny_base: Path, tmp_path: Path) -> None:
    extend(tiny_base, tmp_path / "once", Extend(factor=4))
    with pytest.raises(ValueError, match="'yarn' already"):
        extend(tmp_path / "once", tmp_path / "twice", Extend(factor=4))
