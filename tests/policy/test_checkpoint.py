import json
from pathlib import Path

import pytest
import torch

from temper.policy.checkpoint import (
    load_model,
    load_tokenizer,
    load_weights,
    ordered_sum,
    save,
    tensor_hashes,
    weights_of,
)


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


SUMMED = [torch.float32, torch.bfloat16, torch.float16, torch.int64, torch.int8]


@pytest.mark.parametrize("dtype", SUMMED, ids=str)
def test_the_sum_of_a_push_is_that_of_the_words_at_their_places(dtype: torch.dtype) -> None:
    draw = torch.Generator().manual_seed(0)
    tensor = torch.randint(-100, 100, (7, 9), generator=draw).to(dtype)
    words = tensor.reshape(-1).view(torch.int16 if tensor.itemsize > 1 else torch.int8).tolist()
    by_hand = 0
    for place, word in enumerate(words):
        by_hand += ((word & 0xFFFF) + 1) * ((place * -7046029254386353131) | 1)
    assert ordered_sum(tensor) == by_hand % 2**64
    assert ordered_sum(tensor, at_once=5) == by_hand % 2**64  # however it is cut
    assert ordered_sum(tensor.T.contiguous().T) == by_hand % 2**64  # and however it lies in memory


@pytest.mark.parametrize("dtype", SUMMED, ids=str)
def test_the_sum_is_another_for_one_bit_one_swap_and_a_shift(dtype: torch.dtype) -> None:
    draw = torch.Generator().manual_seed(1)
    tensor = torch.randperm(126, generator=draw).to(dtype)
    own, raw = ordered_sum(tensor), tensor.view(torch.uint8)
    for bit in range(0, 8 * len(raw), 7):
        other = raw.clone()
        other[bit // 8] ^= 1 << bit % 8
        assert ordered_sum(other.view(dtype)) != own
    for first in range(0, 126, 5):
        for second in range(first + 1, 126, 7):
            swapped = tensor.clone()
            swapped[[first, second]] = tensor[[second, first]]
            assert ordered_sum(swapped) != own
    assert ordered_sum(tensor.roll(1)) != own
    assert ordered_sum(torch.zeros(4)) != ordered_sum(torch.zeros(5))
