"""What a base weighs and what one rank of its training needs, without loading anything.

P parameters, R ranks, b bytes of a weight in training. Without DeepSpeed everything is float32, autocast or
not:

    weights 4 P + gradients 4 P + Adam's two moments 8 P, all of it on every rank

(Muon keeps one momentum, 4 P, and Adam's second moment of embeddings and head alone.) DeepSpeed on a GPU trains bf16
weights (2 P) with gradients (2 P) under a float32 master copy (4 P); on a CPU it is as above. ZeRO-1 divides the
optimizer's part and the master copy by R, ZeRO-2 the gradients too, ZeRO-3 the weights as well. Under LoRA all but the
weights is the adapters', a few percent of the weights, and left out. Activations of T tokens
in a micro-batch, L layers of width H and a vocabulary V:

    T (34 L H b + 4 V)         kept whole (34 is the usual count for a transformer layer, arXiv 2205.05198)
    T ((2 L + 34) H b + 4 V)   with gradient checkpointing: a layer's input each, and one layer at a time

Rough on purpose: attention's scores, sparse experts' buffers, fragmentation and the engine are left out.
Expect the real figure within half to twice of it.
"""

import json
import math
from dataclasses import dataclass
from pathlib import Path

from temper.pipeline.identity import safetensors_header
from temper.policy.bases import Base, FolderBase, HubBase, TinyBase
from temper.policy.section import LearnersSection, Optimizer


@dataclass(frozen=True)
class Shape:
    """What is known of a base before it is loaded; None where only the download would tell."""

    parameters: int | None = None
    layers: int | None = None
    hidden: int | None = None
    vocabulary: int | None = None
    context: int | None = None
    """Tokens that its positions reach."""


def shape_of(base: Base) -> Shape:
    """Raises ValueError when a folder holds no readable config or weights."""
    match base:
        case TinyBase():
            parameters = _tiny_parameters(base)
            return Shape(parameters, base.layers, base.hidden, base.vocabulary, base.context)
        case FolderBase():
            return _folder_shape(Path(base.path))
        case HubBase():
            return Shape(base.parameters)


def rank_bytes(
    shape: Shape, learners: LearnersSection, tokens: int, optimizer: Optimizer, lora: bool = False
) -> int | None:
    """Estimated bytes of one rank with `tokens` in a micro-batch; None when the base's size is not known."""
    if shape.parameters is None:
        return None
    # DeepSpeed on a CPU keeps float32 weights, whatever was asked for.
    mixed = learners.deepspeed != "none" and learners.gpus > 0
    weights, gradients, master = (2, 2, 4) if mixed else (4, 4, 0)
    zero = 0 if learners.deepspeed == "none" else int(learners.deepspeed[-1])
    # 12e9 parameters, bf16, 128 ranks of ZeRO-3: 24 GB / 128 = 0.19 GB of weights a rank.
    held = shape.parameters * weights / (learners.ranks if zero >= 3 else 1)
    if not lora:
        held += shape.parameters * gradients / (learners.ranks if zero >= 2 else 1)
        held += (shape.parameters * master + _moments(shape, optimizer)) / (learners.ranks if zero >= 1 else 1)
    activation_bytes = 2 if learners.gpus > 0 else 4
    return int(held) + _activations(shape, tokens, activation_bytes, learners.gradient_checkpointing)


def _moments(shape: Shape, optimizer: Optimizer) -> int:
    assert shape.parameters is not None
    if optimizer.kind == "adamw":
        return 8 * shape.parameters
    # Embedding and head have Adam's second moment beside the momentum that all have: 4 bytes each.
    embeddings = 2 * (shape.vocabulary or 0) * (shape.hidden or 0)
    return 4 * (shape.parameters + embeddings)


def _activations(shape: Shape, tokens: int, width: int, checkpointing: bool) -> int:
    if shape.layers is None or shape.hidden is None or shape.vocabulary is None:
        return 0
    kept = 2 * shape.layers + 34 if checkpointing else 34 * shape.layers
    # 8,192 tokens, 32 layers of 4,096 in bf16, V 32,000, checkpointed: 8,192 x (98 x 8,192 + 128,000) = 7.6 GB.
    return tokens * (kept * shape.hidden * width + 4 * shape.vocabulary)


def _tiny_parameters(base: TinyBase) -> int:
    head = base.hidden // base.heads
    attention = 2 * base.hidden * head * (base.heads + base.kv_heads) + 2 * head
    experts = base.experts * (3 * base.hidden * base.expert_width + base.hidden)
    layer = attention + experts + 2 * base.hidden
    return 2 * base.vocabulary * base.hidden + base.layers * layer + base.hidden


def _folder_shape(folder: Path) -> Shape:
    try:
        config = json.loads((folder / "config.json").read_bytes())
    except (OSError, ValueError) as error:
        raise ValueError(f"base.path: no readable config.json, got {str(folder)!r}; give a checkpoint") from error
    parameters = 0
    for path in folder.glob("*.safetensors"):
        header = json.loads(safetensors_header(path))
        parameters += sum(math.prod(v["shape"]) for name, v in header.items() if name != "__metadata__")
    return Shape(
        parameters or None,
        config.get("num_hidden_layers"),
        config.get("hidden_size"),
        config.get("vocab_size"),
        config.get("max_position_embeddings"),
    )
