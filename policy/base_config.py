"""What a base's configuration may not decide: how its attention is computed, what a forward returns, whether
activations are kept; and what no training of ours computes, so that a base which asks for it is refused.

Noise (dropout, jitter) is `training.without_noise`'s, ends and sampling defaults are `generation`'s.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from transformers import PreTrainedModel

RETURNED = {"output_hidden_states": False, "output_attentions": False, "output_router_logits": False}
"""What a forward returns beside logits, where nobody asks for it."""

CAPS = ("attn_logit_softcapping", "attention_logit_cap")
"""transformers' fast attention leaves them out without a word, and a published model computes them."""


def unfit(settings: Mapping[str, Any]) -> str:
    """Why a base of these settings (`config.json`) cannot be trained; empty where it can."""
    settings = {**settings, **(settings.get("text_config") or {})}
    if settings.get("quantization_config"):
        return "quantization_config: quantised weights are not trained; take the base's own in full precision"
    if settings.get("is_causal") is False or settings.get("use_bidirectional_attention"):
        return "it attends to what follows; take a causal language model"
    if capped := next((name for name in CAPS if settings.get(name)), ""):
        return f"{capped} {settings[capped]}: a cap on attention is not computed here; take another base"
    return ""


def pin(model: "PreTrainedModel") -> None:
    """Sets what the configuration may have said otherwise."""
    config = model.config.get_text_config()
    if model._supports_sdpa and config._attn_implementation == "eager":
        model.set_attn_implementation("sdpa")
    for name, value in RETURNED.items():
        if getattr(config, name, None) not in (None, value):
            setattr(config, name, value)
    if model.is_gradient_checkpointing:
        model.gradient_checkpointing_disable()
