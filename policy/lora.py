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
from transformers import PreTrainedModel

from temper.policy.section import Lora

ADAPTER = "default"
"""The one that `peft` gives when not asked."""


def adapters(section: Lora, model: PreTrainedModel) -> LoraConfig:
    """The adapters of a recipe. Raises ValueError for a name that the model lacks, which would be left untrained."""
    known = {name.rpartition(".")[2] for name, _ in model.named_modules()}
    stacked = [f"experts.{name}" for name in section.experts]
    parameters = [name for name, _ in model.named_parameters()]
    lacking = [name for name in section.modules if name not in known]
    lacking += [name for name in stacked if not any(parameter.endswith(f".{name}") for parameter in parameters)]
    if lacking:
        raise ValueError(f"lora: {type(model).__name__} has no {lacking[0]!r}; name its own layers, or leave it out")
    return LoraConfig(
        r=section.rank,
        lora_alpha=section.alpha,  # type: ignore[arg-type]  # it is divided by the rank
        target_modules=list(section.modules),
        target_parameters=stacked,
        task_type="CAUSAL_LM",
    )


def adapted_copy(section: Lora, model: PreTrainedModel) -> PreTrainedModel:
    """A copy with fresh adapters in float32: what an engine makes its weights of, anew from the base's at each push."""
    adapted: PreTrainedModel = inject_adapter_in_model(adapters(section, model), copy.deepcopy(model), ADAPTER)
    for parameter in adapted.parameters():
        if parameter.requires_grad:
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
