"""Layer-selective YaRN: the full-attention layers reach further, the sliding ones keep their RoPE.

YaRN is arXiv 2309.00071; on global layers only, arXiv 2605.31268 (RULER at 64K: 0.64, uniform theta bump 0.52). What
changes is the configuration; no weight does. attention_factor = 0.1 ln(factor) + 1.
"""

import math
from pathlib import Path

from temper.policy.checkpoint import load_model, load_tokenizer, save
from temper.policy.section import Extend


def yarn(rope: dict[str, object], section: Extend, original_context: int) -> dict[str, object]:
    """The `rope_parameters` of a full-attention layer after extension."""
    return {
        "rope_type": "yarn",
        "rope_theta": rope["rope_theta"],
        "factor": section.factor,
        "original_max_position_embeddings": original_context,
        "beta_fast": section.beta_fast,
        "beta_slow": section.beta_slow,
        "attention_factor": 0.1 * math.log(section.factor) + 1.0,
    }


def extend(base: Path, out: Path, section: Extend) -> dict[str, int]:
    """Writes `base` with a longer context to `out`. Raises ValueError for a model without per-layer RoPE, or one that
    was extended before."""
    model = load_model(base)
    rope = model.config.rope_parameters
    if not isinstance(rope, dict) or "full_attention" not in rope:
        raise ValueError(
            f"{base}: config.rope_parameters has no `full_attention`; leave `extend` out of `stages` for this model"
        )
    if rope["full_attention"]["rope_type"] != "default":
        raise ValueError(f"{base}: RoPE is {rope['full_attention']['rope_type']!r} already; leave `extend` out")
    context = model.config.max_position_embeddings
    # A new configuration object per layer type: the loaded one may be shared between types.
    model.config.rope_parameters = {
        **{kind: dict(parameters) for kind, parameters in rope.items()},
        "full_attention": yarn(rope["full_attention"], section, context),
    }
    model.config.max_position_embeddings = int(context * section.factor)
    tokenizer = load_tokenizer(base)
    tokenizer.model_max_length = model.config.max_position_embeddings
    save(model, tokenizer, out)
    return {"context": model.config.max_position_embeddings}
