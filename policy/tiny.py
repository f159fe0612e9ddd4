"""A tiny base that needs no download: a byte-level BPE tokenizer and a `MellumForCausalLM` of a few million parameters.

The structure is the released one (sparse experts, three sliding layers to one full, GQA, q/k norm, untied
embeddings), only smaller. The configuration names every field: the class defaults differ from the release. What trains
it is SFT's trainer (`base.train`).
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from temper.policy.bases import TinyBase
from temper.policy.special_tokens import END_OF_TURN, PAD, SPECIAL_TOKENS

if TYPE_CHECKING:
    from transformers import MellumConfig, PreTrainedModel, PreTrainedTokenizerFast

TINY_VERSION = 1
"""Part of the identity of a tiny base: raise it when what is built changes."""


def build_tokenizer(lines: Iterable[str], vocabulary: int) -> "PreTrainedTokenizerFast":
    """Byte-level BPE over `lines`, digits apart (numbers are computed digit by digit), the released special ids.

    Control tokens in `lines` are no text: nothing is learned from how they are spelt."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    control = re.compile("|".join(map(re.escape, SPECIAL_TOKENS)))
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(r"\d"), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(
        (part for line in lines for part in control.split(line)),
        trainers.BpeTrainer(
            vocab_size=vocabulary,
            special_tokens=list(SPECIAL_TOKENS),
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=PAD,
        pad_token=PAD,
        eos_token=END_OF_TURN,
        clean_up_tokenization_spaces=False,
    )


def build_config(section: TinyBase) -> "MellumConfig":
    """The architecture."""
    from transformers import MellumConfig

    rope: dict[str, Any] = {"rope_type": "default", "rope_theta": 500_000.0}
    kinds = ["full_attention" if layer % 4 == 3 else "sliding_attention" for layer in range(section.layers)]
    return MellumConfig(
        vocab_size=section.vocabulary,
        hidden_size=section.hidden,
        intermediate_size=section.expert_width,
        num_hidden_layers=section.layers,
        num_attention_heads=section.heads,
        num_key_value_heads=section.kv_heads,
        head_dim=section.hidden // section.heads,
        max_position_embeddings=section.context,
        rope_parameters={"full_attention": dict(rope), "sliding_attention": dict(rope)},
        sliding_window=section.window,
        moe_intermediate_size=section.expert_width,
        num_experts=section.experts,
        num_experts_per_tok=section.experts_per_token,
        layer_types=kinds,
        mlp_layer_types=["sparse"] * section.layers,
        tie_word_embeddings=False,
        router_aux_loss_coef=0.001,
        bos_token_id=SPECIAL_TOKENS.index(PAD),
        pad_token_id=SPECIAL_TOKENS.index(PAD),
        eos_token_id=SPECIAL_TOKENS.index(END_OF_TURN),
    )


def build_model(section: TinyBase, seed: int) -> "PreTrainedModel":
    """Randomly initialised weights in float32."""
    import torch
    from transformers import MellumForCausalLM

    torch.manual_seed(seed)
    model: PreTrainedModel = MellumForCausalLM(build_config(section)).to(torch.float32)
    for name, weights in model.named_parameters():
        if name.endswith(("q_norm.weight", "k_norm.weight")):
            torch.nn.init.constant_(weights, section.attention_norm)
    return model


def write_untrained(section: TinyBase, lines: Sequence[str], seed: int, out: Path) -> None:
    """A tokenizer learned from `lines`, and random weights."""
    from temper.policy.checkpoint import save

    save(build_model(section, seed), build_tokenizer(lines, section.vocabulary), out)
