"""YaRN by layer type: the full-attention layers reach further, the sliding ones keep their RoPE.

YaRN is arXiv 2309.00071; on global layers only, arXiv 2605.31268 (RULER at 64K: 0.64, uniform theta bump 0.52). What
changes is the configuration; no weight does, nor its dtype. A model with one RoPE for all its layers is extended whole
where all of them attend fully; where some slide, that is refused unless the recipe asks for it (`layers: all`), because
its class cannot tell them apart and a sliding layer is only harmed.
"""

from pathlib import Path
from typing import Any

from transformers import PreTrainedConfig

from temper.policy.checkpoint import load_model, load_tokenizer, save
from temper.policy.rope_probe import Rope, attention_factor, by_layer_type, check_rope, rotary_modules
from temper.policy.section import ExtendSection


def yarn(rope: Rope, section: ExtendSection, original_context: int) -> dict[str, Any]:
    """The `rope_parameters` of an extended layer type."""
    factor = section.factor_from(original_context)
    kept = {key: rope[key] for key in ("rope_theta", "partial_rotary_factor") if key in rope}
    return {
        "rope_type": "yarn",
        **kept,
        "factor": factor,
        "original_max_position_embeddings": original_context,
        "beta_fast": section.beta_fast,
        "beta_slow": section.beta_slow,
        "attention_factor": section.attention_factor or attention_factor(factor),
    }


def extend(base: Path, out: Path, section: ExtendSection) -> dict[str, int]:
    """Writes `base` with a longer context to `out`. Raises ValueError for a model that cannot be extended as the
    section says, that was extended before, or whose class does not compute what was written."""
    model = load_model(base, dtype="auto")
    config = model.config.get_text_config()
    if not config.to_dict().get("rope_parameters"):
        raise ValueError(f"{base}: config has no rope_parameters; leave `extend` out of `stages` for this model")
    context: int = config.max_position_embeddings
    ropes = by_layer_type(config.rope_parameters, config)
    chosen = _chosen(ropes, config, section, base)
    # A new dictionary for each layer type: the loaded one may be shared between types.
    longer = {
        kind: yarn(rope, section, context) if rope and kind in chosen else rope and dict(rope)
        for kind, rope in ropes.items()
    }
    # Where all layers share one RoPE the configuration holds it bare, not under a layer type.
    config.rope_parameters = longer.get("", longer)
    config.max_position_embeddings = round(context * section.factor_from(context))
    # Frequencies are buffers made when a module is: the loaded ones are still the old context's.
    for name, module in rotary_modules(model):
        model.set_submodule(name, type(module)(config))
    if unproven := chosen - set(check_rope(model, config)):
        raise ValueError(f"{base}: extend: no RoPE of {sorted(unproven)} in the model's modules; leave `extend` out")
    tokenizer = load_tokenizer(base)
    tokenizer.model_max_length = config.max_position_embeddings
    save(model, tokenizer, out, base=base)
    return {"context": config.max_position_embeddings}


def _chosen(ropes: dict[str, Rope | None], config: PreTrainedConfig, section: ExtendSection, base: Path) -> set[str]:
    """The layer types to extend."""
    if section.layers == "none":
        return set()
    chosen = {kind for kind, rope in ropes.items() if rope}
    # Under '' one RoPE serves every layer, and there is nothing to choose.
    if section.layers == "full" and "" not in ropes:
        chosen &= {"full_attention"}
    if section.layers == "full" and (not chosen or ("" in ropes and _slides(config))):
        raise ValueError(
            f"{base}: extend.layers: 'full' wants a RoPE of the full-attention layers alone, got "
            f"{'one for sliding layers too' if chosen else sorted(ropes)}; take 'all', or leave `extend` out"
        )
    for kind in sorted(chosen):
        if (known := (ropes[kind] or {})["rope_type"]) != "default":
            raise ValueError(f"{base}: RoPE of {kind or 'every layer'} is {known!r} already; leave `extend` out")
    return chosen


def _slides(config: PreTrainedConfig) -> bool:
    """Whether some layer does not attend to the whole context."""
    fields = config.to_dict()
    kinds = fields.get("layer_types")
    return bool(set(kinds) - {"full_attention"} if kinds else fields.get("sliding_window"))
