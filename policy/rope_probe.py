"""A probe that the RoPE which a model computes with is the one that its checkpoint's configuration names.

The inverse frequencies and the attention factor of each layer type are computed here, in float64 and by a formula of
our own, and compared with the buffers of the loaded model: a release that reads the parameters of another layer type,
a class that ignores them, an engine that rewrites the configuration and a cast of the buffers to bfloat16 (at position
131,072 that is an error of whole turns) all train or sample without a word.

YaRN (arXiv 2309.00071, section 3.2): with b = rope_theta, d the rotated dimensions, L the original context, s the
factor and c(r) = d ln(L / (2 pi r)) / (2 ln b) the pair of dimensions that turns r times in L,

    f_i  = b^(-2i/d) ((1 - g_i) + g_i / s),  g_i = (i - low) / (high - low) clipped to [0, 1]
    low  = max(floor c(beta_fast), 0),  high = min(ceil c(beta_slow), d - 1)

The paper's ramp is linear in the number of turns; this is the one of its code, linear in i and rounded outwards, which
the released models were trained with. Other kinds of RoPE (llama3, longrope, dynamic, YaRN with mscale) are not probed.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import nn
from transformers import AutoConfig, PreTrainedConfig, TrainerCallback

TOLERANCE = 1e-5
"""Relative; float32 powers are within 1e-6, bfloat16 is 4e-3 off."""

Rope = Mapping[str, Any]


def check_rope(model: nn.Module, config: PreTrainedConfig) -> list[str]:
    """The layer types that were compared; '' is a model's only one. Raises ValueError naming the layer type, what the
    configuration says and what the model has."""
    config = config.get_text_config()
    head = config.to_dict().get("head_dim") or config.hidden_size // config.num_attention_heads
    found = []
    for _, module in rotary_modules(model):
        for kind, rope in by_layer_type(config.rope_parameters, config).items():
            if rope is None or not _known(rope):
                continue
            prefix = f"{kind}_" if kind else ""
            buffers = vars(module) | dict(module.named_buffers())
            if f"{prefix}inv_freq" in buffers:
                frequencies = buffers[f"{prefix}inv_freq"].double().tolist()
                _compare(kind, rope, head, frequencies, float(buffers[f"{prefix}attention_scaling"]))
                found.append(kind)
    return found


def rotary_modules(model: nn.Module) -> list[tuple[str, nn.Module]]:
    """(name, module) of what holds inverse frequencies for text, whatever the model is wrapped in."""
    return [
        (name, module)
        for name, module in model.named_modules()
        if "config" in vars(module) and any(n.endswith("inv_freq") for n, _ in module.named_buffers(recurse=False))
    ]


def by_layer_type(rope: Rope, config: PreTrainedConfig) -> dict[str, Rope | None]:
    """`rope_parameters` by layer type; under '' where all layers share one RoPE."""
    nested: list[str] = config.nested_rope_parameter_keys(rope)
    return {kind: rope[kind] for kind in nested} if nested else {"": rope}


def formula(rope: Rope, dimensions: int) -> tuple[list[float], float]:
    """(inverse frequency of each pair of `dimensions`, factor on cosine and sine)."""
    theta = float(rope["rope_theta"])
    plain = [theta ** (-2 * i / dimensions) for i in range(dimensions // 2)]
    if rope["rope_type"] == "default":
        return plain, 1.0
    factor, original = float(rope["factor"]), rope["original_max_position_embeddings"]

    def place(turns: float) -> float:
        return dimensions * math.log(original / (turns * 2 * math.pi)) / (2 * math.log(theta))

    low = max(math.floor(place(rope.get("beta_fast") or 32.0)), 0)
    high = min(math.ceil(place(rope.get("beta_slow") or 1.0)), dimensions - 1)
    # Where both bounds fall on one pair the ramp is a step.
    width = high - low or 0.001
    # With low 10 and high 30, pair 20 has ramp 0.5: halfway between its old frequency and that over the factor.
    ramp = [min(max((i - low) / width, 0.0), 1.0) for i in range(dimensions // 2)]
    frequencies = [f * ((1 - g) + g / factor) for f, g in zip(plain, ramp, strict=True)]
    return frequencies, float(rope.get("attention_factor") or attention_factor(factor))


def attention_factor(factor: float) -> float:
    """0.1 ln(factor) + 1 (arXiv 2309.00071, equation 22)."""
    return 0.1 * math.log(factor) + 1.0


def _known(rope: Rope) -> bool:
    kind = rope["rope_type"]
    return kind == "default" or (kind == "yarn" and not rope.get("mscale") and rope.get("truncate", True) is True)


def _compare(kind: str, rope: Rope, head: int, frequencies: list[float], scaling: float) -> None:
    wanted, factor = formula(rope, int(head * (rope.get("partial_rotary_factor") or 1.0)))
    remedy = "use the transformers release of constraints.txt, and keep the buffers in float32"
    where = f"RoPE of {kind or 'every layer'}"
    if len(frequencies) != len(wanted):
        raise ValueError(f"{where}: {len(wanted)} inverse frequencies by the config, got {len(frequencies)}; {remedy}")
    for i, (have, want) in enumerate(zip(frequencies, wanted, strict=True)):
        if not math.isclose(have, want, rel_tol=TOLERANCE):
            raise ValueError(f"{where}: inverse frequency {i} is {want:.6g} by the config, got {have:.6g}; {remedy}")
    if not math.isclose(scaling, factor, rel_tol=TOLERANCE):
        raise ValueError(f"{where}: attention factor is {factor:.6g} by the config, got {scaling:.6g}; {remedy}")


class RopeProbe(TrainerCallback):  # type: ignore[misc]
    """Probes a learner once it stands as it will train: wrapped, placed and cast."""

    def __init__(self, checkpoint: Path) -> None:
        self.checkpoint = checkpoint

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        check_rope(kwargs["model"], AutoConfig.from_pretrained(str(self.checkpoint)))
