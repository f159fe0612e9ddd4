"""What a training multiplies its matrices in, and why it cannot.

`bfloat16` is autocast's: weights, norms, router and loss stay in float32 (DeepSpeed keeps bfloat16 weights beside a
master copy). `fp8` is `torchao`'s scaled float8 on top of it, a scale a tensor made anew at each product: E4M3 for
inputs and weights, E5M2 for gradients (arXiv 2209.05433), in the linear layers of attention, of dense MLPs and of the
head for one token more. Output layer, embedding and routers stay as they are, and so do stacked experts, whose grouped
product torchao's training does not convert. What is written is the same checkpoint.

On a GPU nobody here has tried it. It needs compute capability 8.9; a test computes the same rounding by emulation.
"""

import importlib.util
from typing import TYPE_CHECKING

from temper.policy.section import LearnersSection, Precision

if TYPE_CHECKING:
    from torch import nn
    from transformers import PreTrainedModel

CAPABILITY = (8, 9)
"""Of the first GPUs with products in float8."""
SIDE = 16
"""Rows and columns of such a product come in multiples of it."""
ROUTERS = ("gate", "router")
"""Last names of the layers that choose experts."""


def computed_in(precision: Precision | None, learners: LearnersSection) -> Precision:
    """What a recipe that says nothing means: bfloat16 on GPUs, float32 on a CPU."""
    return precision or ("bfloat16" if learners.gpus else "float32")


def unfit(precision: Precision | None, learners: LearnersSection) -> str:
    """Why no machine's learners of this kind compute so, with the remedy; empty where some do."""
    if precision == "fp8" and not learners.gpus:
        return "needs GPUs of compute capability 8.9 or more, got learners on the CPU; give them gpus, or take bfloat16"
    if precision == "bfloat16" and not learners.gpus and learners.deepspeed != "none":
        return f"on the CPU not under DeepSpeed, got {learners.deepspeed!r}; take float32"
    return ""


def lacking(precision: Precision | None) -> str:
    """What this machine lacks for it, with the remedy; empty where it lacks nothing."""
    if precision != "fp8":
        return ""
    if importlib.util.find_spec("torchao") is None:
        return "needs torchao; pip install 'temper-rlvr[fp8]', or take bfloat16"
    import torch

    if not torch.cuda.is_available():
        return "needs a CUDA GPU, got none on this machine; take bfloat16"
    if (found := torch.cuda.get_device_capability()) < CAPABILITY:
        return f"needs a GPU of compute capability 8.9 or more, got {found[0]}.{found[1]}; take bfloat16"
    return ""


def compute_in_fp8(model: "PreTrainedModel", emulate: bool = False) -> list[str]:
    """Exchanges the linear layers that float8 takes, whose weights stay what they are; returns their names. `emulate`
    rounds the same and multiplies in the weights' type, on any device."""
    from torchao.float8 import Float8LinearConfig, convert_to_float8_training

    output, taken = model.get_output_embeddings(), list[str]()

    def takes(module: "nn.Module", name: str) -> bool:
        sides: tuple[int, int] = module.in_features, module.out_features  # type: ignore[assignment]
        fits = module is not output and name.rpartition(".")[2] not in ROUTERS and not any(n % SIDE for n in sides)
        taken.extend([name] if fits else [])
        return fits

    # A step's tokens are the inner dimension of a weight's gradient: any number of them, filled up.
    config = Float8LinearConfig(emulate=emulate, pad_inner_dim=True)
    convert_to_float8_training(model, module_filter_fn=takes, config=config)
    return taken
