import json
from pathlib import Path

import pytest
import torch

from temper.policy.checkpoint import load_model, load_tokenizer, load_weights, save, tensor_hashes, weights_of


def test_a_saved_checkpoint_holds_the_same_tensors(tiny_base: Path, tmp_path: Path) -> None:
    model = load_model(tiny_base)
    with torch.no_grad():
        next(model.parameters()).add_(1.0)
    save(model, load_tokenizer(tiny_base), tmp_path / "copy")
    assert tensor_hashes(weights_of(load_model(tmp_path / "copy"))) == tensor_hashes(weights_of(model))
    assert [path.name for path in tmp_path.iterdir()] == ["copy"]


def test_a_checkpoint_without_an_expert_is_refused(tiny_base: Path, tmp_path: Path) -> None:
    model = load_model(tiny_base)
    state = {k: v for k, v in model.state_dict().items() if "layers.1.mlp.experts" not in k}
    model.save_pretrained(tmp_path, state_dict=state)
    with pytest.raises(ValueError, match="weights do not fit the architecture"):
        load_model(tmp_path)


def test_one_changed_element_changes_one_hash(tiny_base: Path) -> None:
    model = load_model(tiny_base)
    before = tensor_hashes(weights_of(model))
    name = "model.layers.2.mlp.experts.down_proj"
    with torch.no_grad():
        model.get_parameter(name)[1, 2, 3] += 1e-6
    after = tensor_hashes(weights_of(model))
    assert [key for key in before if before[key] != after[key]] == [name]


def test_weights_of_another_architecture_are_refused(tiny_base: Path) -> None:
    model = load_model(tiny_base)
    weights = weights_of(model)
    weights.pop("lm_head.weight")
    with pytest.raises(ValueError, match="names differ"):
        load_weights(model, weights)


def test_the_base_has_the_released_structure(tiny_base: Path) -> None:
    config = json.loads((tiny_base / "config.json").read_text())
    assert config["model_type"] == "mellum"
    assert config["layer_types"] == ["sliding_attention"] * 3 + ["full_attention"]
    assert config["mlp_layer_types"] == ["sparse"] * 4
    assert not config["tie_word_embeddings"] and not config["attention_bias"]
    assert {kind: rope["rope_theta"] for kind, rope in config["rope_parameters"].items()} == {
        "full_attention": 500_000.0,
        "sliding_attention": 500_000.0,
    }
