"""`base.add_tokens`: a base without ChatML tokens, or with fewer embeddings than tokens, is given them."""

from pathlib import Path

import pytest
import torch
import toy_tokenizers
from transformers import AutoModelForCausalLM as Auto
from transformers import GemmaConfig, GPT2Config, LlamaConfig, PretrainedConfig, PreTrainedTokenizerFast

from temper.policy.added_tokens import ADDED, with_tokens
from temper.policy.chat import dress
from temper.policy.checkpoint import load_model, load_tokenizer
from temper.policy.rendering import Renderer
from temper.policy.special_tokens import END_OF_TURN, PAD

SMALL = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
BASES: dict[str, tuple[str, PretrainedConfig]] = {
    "llama": ("llama, legacy", LlamaConfig(**SMALL, num_key_value_heads=1)),
    "gemma, tied": ("gemma", GemmaConfig(**SMALL, num_key_value_heads=1, head_dim=8)),
    "gpt2, tied": ("gpt2", GPT2Config(n_embd=16, n_layer=1, n_head=2, n_positions=64)),
}


def base(folder: Path, family: str, config: PretrainedConfig, spare: int) -> PreTrainedTokenizerFast:
    """Saves a base whose tokenizer knows none of our tokens and which has `spare` rows more than tokens."""
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=toy_tokenizers.FAMILIES[family]())
    config.vocab_size = len(tokenizer) + spare
    config.bos_token_id = config.eos_token_id = config.pad_token_id = None
    torch.manual_seed(0)
    Auto.from_config(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return tokenizer


@pytest.mark.parametrize("spare", [-3, 0, 5, 64])
@pytest.mark.parametrize("name", BASES)
def test_a_base_is_given_the_tokens_that_it_lacks(tmp_path: Path, name: str, spare: int) -> None:
    family, config = BASES[name]
    base(tmp_path / "base", family, config, spare)
    own = load_tokenizer(tmp_path / "base")  # as its family's class reads it
    before = load_model(tmp_path / "base")
    counts = with_tokens(tmp_path / "base", None, tmp_path / "out")
    model, tokenizer = load_model(tmp_path / "out"), load_tokenizer(tmp_path / "out")
    lacking = ADDED if own.pad_token else (*ADDED, PAD)
    assert counts["added_tokens"] == sum(token not in own.get_vocab() for token in lacking)
    rows = before.get_input_embeddings().weight
    assert counts["added_embeddings"] == max(0, len(tokenizer) - len(rows))
    kept = min(len(own), len(rows))
    for layer, layer_before in (
        (model.get_input_embeddings(), before.get_input_embeddings()),
        (model.get_output_embeddings(), before.get_output_embeddings()),
    ):
        assert torch.equal(layer.weight[:kept], layer_before.weight[:kept])
        ids = [tokenizer.get_vocab()[token] for token in ADDED if token not in own.get_vocab()]
        assert layer.weight[ids].std(0).max() == 0, "every new row is the same"
        assert model.config.vocab_size == len(layer.weight) > max(ids)
    assert tokenizer("so it is")["input_ids"] == own("so it is")["input_ids"]
    dress(tokenizer, "thinking")
    ids = Renderer(tokenizer).prompt_ids([{"role": "user", "content": "so it is"}])
    assert ids.count(tokenizer.convert_tokens_to_ids(END_OF_TURN)) == 1
    assert model(input_ids=torch.tensor([ids])).logits.isfinite().all()
    again = with_tokens(tmp_path / "out", None, tmp_path / "again")
    assert again == {"added_tokens": 0, "added_embeddings": 0}


def test_what_was_not_asked_for_is_refused_with_the_remedy(tmp_path: Path) -> None:
    tokenizer = base(tmp_path, *BASES["llama"], spare=0)
    with pytest.raises(ValueError, match=r"tokenizer: lacks \['<\|im_start\|>'.*; set base.add_tokens: true"):
        dress(tokenizer, "instruct")
