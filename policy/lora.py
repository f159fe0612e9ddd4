"""Adapters (LoRA, arXiv 2106.09685), by `peft`: made from a recipe, and the whole weights that they amount to.

Both trainings wrap the model in a `PeftModel`; an engine injects the same adapters in a copy of its own. Below the
wrapper the names are the same, and the adapters are all that requires a gradient: `trained_weights` are theirs alone.
"""

import copy
from collections.abc import Iterator
from typing import Any

import torch
from peft import LoraConfig, inject_adapter_in_model
from peft.tuners.lora import LoraLayer, ParamWrapper
from torch import nn
from transformers import PreTrainedModel

from temper.policy.section import LoraSection

ADAPTER = "default"
"""The one that `peft` gives when not asked."""


def adapters(section: LoraSection, model: PreTrainedModel) -> LoraConfig:
    """The adapters of a recipe. Raises ValueError for a name that the model lacks, which would be left untrained."""
    if mistakes := lacking(section, model):
        raise ValueError(f"lora.{mistakes[0]}")
    return LoraConfig(
        r=section.rank,
        lora_alpha=section.alpha,  # type: ignore[arg-type]  # it is divided by the rank
        target_modules=list(section.modules),
        target_parameters=[f"experts.{name}" for name in section.experts],
        task_type="CAUSAL_LM",
    )


def lacking(section: LoraSection, model: PreTrainedModel) -> list[str]:
    """Field and remedy of each name that the model has no layer or no stacked experts for."""
    linear = {name.rpartition(".")[2] for name, module in model.named_modules() if isinstance(module, nn.Linear)}
    stacked = {name.rpartition(".")[2] for name, _ in model.named_parameters() if ".experts." in name}
    fields = (("modules", section.modules, linear), ("experts", section.experts, stacked))
    return [
        f"{field}: {type(model).__name__} has no {name!r}; " + (f"it has {', '.join(sorted(has))}" if has else "use []")
        for field, names, has in fields
        for name in names
        if name not in has
    ]


def adapted_copy(section: LoraSection, model: PreTrainedModel) -> PreTrainedModel:
    """A copy with fresh adapters in float32: what an engine makes its weights of, anew from the base's at each push."""
    adapted: PreTrainedModel = inject_adapter_in_model(adapters(section, model), copy.deepcopy(model), ADAPTER)
    for parameter in adapted.parameters():
        if parameter.requires_grad:
            # The trainer's adapters are float32; rounded to bfloat16 a small step of theirs would be lost.
            parameter.data = parameter.data.float()
    return adapted


@torch.no_grad()
def merged_weights(model: PreTrainedModel) -> Iterator[tuple[str, torch.Tensor]]:
    """Every weight by the name that it has in a model without adapters, one after another: the adapted ones summed in
    float32 (a stacked expert's product is rounded to its weight's type first), the others as they are."""
    layers: dict[torch.nn.Parameter, Any] = {
        _adapted(layer): layer for layer in model.modules() if isinstance(layer, LoraLayer)
    }
    for name, parameter in model.named_parameters():
        if parameter in layers:
            delta = layers[parameter].get_delta_weight(ADAPTER)
            yield name.replace(".base_layer", ""), (parameter.float() + delta.float()).to(parameter.dtype)
        elif not parameter.requires_grad or not layers:
            yield name.replace(".base_layer", ""), parameter.detach()


def _adapted(layer: Any) -> torch.nn.Parameter:
    name = layer.parameter_name if isinstance(layer, ParamWrapper) else "weight"
    parameter: torch.nn.Parameter = getattr(layer.get_base_layer(), name)
    return parameter
