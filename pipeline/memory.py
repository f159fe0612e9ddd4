"""What a base weighs and what one rank of its training and one engine need, by parts, without loading anything.

**State.** P parameters, R ranks. Without DeepSpeed everything is float32, autocast or not: weights 4 P, gradients 4 P,
Adam's two moments 8 P, all of it on every rank; on a GPU autocast's bfloat16 copies of the weights too, 2 P. (Muon
keeps one momentum, 4 P, and Adam's second moment of embeddings and head alone.) DeepSpeed on a GPU trains bfloat16
weights and gradients, 2 P each, under a float32 master copy, 4 P; on a CPU it is as above. ZeRO-1 divides the
optimizer's part and the master copy by R, ZeRO-2 the gradients too, ZeRO-3 the weights as well. Under LoRA gradients
and optimizer are the adapters', a few percent of the weights, and left out.

**Activations** of T tokens in L layers of width H, with q the width of all query heads, v that of the key heads, M the
width of the MLP or of an expert and k the experts of a token, in values of b bytes (of r in the residual stream):

    kept           T L H r                               with gradient checkpointing: a layer's input each
                   T L (9 H + 5 q + 5 v + m) b           without; m = 4 M dense, k (2 H + 4 M) sparse
    one layer      T (11 H + 6 q + 4 v + n) b            in its backward pass; n = 6 M dense, k (5 H + 4 M) sparse
    head           4 V H + 8 min(T, 4096) min(V, 32768) 4    the loss's tiles and the gradient of the head

The larger of a layer and the head counts, for they are not at once. The factors were read off fake tensors of Mellum
and Qwen3 by changing one width at a time; `benchmarks/memory.py` measures what is left of error. ZeRO-3 holds up to
10^9 gathered parameters, and ZeRO two buckets of 5 x 10^8 values (DeepSpeed's defaults). Fragmentation and the CUDA
context (about 0.5 GiB) are left out.
"""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from temper.pipeline.identity import safetensors_header
from temper.pipeline.recipe import ClusterSection, GpuSection, Recipe
from temper.policy.bases import Base, FolderBase, HubBase, SizesSection, TinyBase
from temper.policy.section import LearnersSection, Optimizer
from temper.rlvr.section import EngineSection, VllmEngineSection

TILE_ROWS, TILE_COLUMNS, TILES = 4096, 32_768, 8
"""Of TRL's fused head: tokens and vocabulary of a tile, and how many float32 copies of one live at once."""
GATHERED, BUCKET = 10**9, 5 * 10**8
"""Parameters that DeepSpeed's stage 3 keeps gathered, and values of a bucket, of which two are under way."""
DECODE_BLOCK = 64
"""Columns that the `transformers` engine's cache has beyond the longest row (`decode_cache.BLOCK`, beside torch)."""

Needs = dict[str, int]
"""Bytes by part."""


@dataclass(frozen=True)
class Shape:
    """What is known of a base before it is loaded; None where only the download would tell."""

    parameters: int | None = None
    context: int | None = None
    """Tokens that its positions reach."""
    vocabulary: int | None = None
    sizes: SizesSection | None = None

    @property
    def active(self) -> int | None:
        """Parameters that a token goes through."""
        return self.read_by(1)

    def read_by(self, tokens: float) -> int | None:
        """Parameters that a forward of so many tokens reads: of the experts those that one of them goes to at least,
        where tokens spread over experts evenly (where they do not it is fewer)."""
        if self.parameters is None or self.sizes is None:
            return self.parameters
        of = self.sizes
        # 12.1e9 with 64 experts of 3 x 2,304 x 896 in 28 layers, 8 chosen: of one token 8 work, 2.4e9 in all; of four
        # 64 (1 - (56 / 64)^4) = 26.5, 5.6e9; of 64 all.
        unread: float = of.experts * (1 - of.experts_per_token / of.experts) ** tokens
        return round(self.parameters - of.layers * unread * 3 * of.hidden * of.width)


def shape_of(base: Base) -> Shape:
    """Raises ValueError when a folder holds no readable config or weights."""
    match base:
        case TinyBase():
            return Shape(_tiny_parameters(base), base.context, base.vocabulary, _tiny_sizes(base))
        case FolderBase():
            return _folder_shape(Path(base.path))
        case HubBase():
            sizes = base.sizes or _cached_sizes(base)
            reach, vocabulary = (sizes.context, sizes.vocabulary) if sizes else (None, None)
            return Shape(base.parameters, reach, vocabulary, sizes)


def stage_bytes(recipe: Recipe, shape: Shape) -> dict[str, Needs]:
    """Of each training of the recipe, what one rank holds; nothing of one whose base is not known."""
    found: dict[str, Needs | None] = {}
    learners = recipe.cluster.sft
    extending = recipe.extend.train if recipe.extend else None
    packed = {"base": recipe.pretraining, "extend": extending, "sft": recipe.sft}
    for name, packs in packed.items():
        if packs:
            tokens = packs.packs_per_micro_batch * packs.pack_tokens // learners.sequence_ranks
            lora, mtp = packs.lora is not None, packs.mtp is not None
            found[name] = rank_bytes(shape, learners, tokens, packs.optimizer, lora, mtp)
    if section := recipe.rlvr:
        tokens = max(section.tokens_per_micro_batch, section.longest)
        lora, mtp = section.lora is not None, section.mtp is not None
        found["rlvr"] = rank_bytes(shape, recipe.cluster.rlvr, tokens, section.optimizer, lora, mtp)
    return {name: parts for name, parts in found.items() if parts is not None}


def gpu_bytes(recipe: Recipe, shape: Shape) -> dict[str, int]:
    """Of each training on GPUs, what the fullest GPU holds: a rank, an engine of RLVR, or both where each takes a part
    of one."""
    needed = {name: sum(parts.values()) for name, parts in stage_bytes(recipe, shape).items()}
    cluster = recipe.cluster
    found: dict[str, int] = {}
    if cluster.sft.gpus:
        found |= {name: count for name, count in needed.items() if name != "rlvr"}
    engine = sum((recipe.rlvr and engine_bytes(shape, recipe.engine, recipe.rlvr.longest, cluster.gpu) or {}).values())
    if "rlvr" in needed and cluster.rlvr.gpus:
        found["rlvr"] = needed["rlvr"] + engine if share_a_gpu(cluster) else max(needed["rlvr"], engine)
    return found


def rank_bytes(
    shape: Shape, learners: LearnersSection, tokens: int, optimizer: Optimizer, lora: bool = False, mtp: bool = False
) -> Needs | None:
    """Estimated bytes of one rank by part, with `tokens` in a micro-batch; None when the base's size is not known, no
    activations where its widths are not. `mtp`: one layer more, its parameters those of any other."""
    if shape.parameters is None:
        return None
    parts = _state(shape, learners, optimizer, lora)
    if shape.sizes and tokens:
        parts |= _activations(shape.sizes, learners, tokens, shape.sizes.layers + mtp)
    return parts


def engine_bytes(shape: Shape, engine: EngineSection, longest: int, gpu: GpuSection | None = None) -> Needs | None:
    """Estimated bytes of one engine on a GPU by part; `longest` is a row's tokens. Of a GPU whose memory is known keys
    and values take no more than `engine.memory` says. None when the base is not known, or where vLLM takes the share
    that it is given."""
    if shape.parameters is None or shape.sizes is None or isinstance(engine, VllmEngineSection):
        return None
    columns = round(keys_seen(shape.sizes, longest)) + shape.sizes.layers * DECODE_BLOCK
    # 128 rows of 1,024 + 64 tokens in 28 layers of 2 x 8 x 128 bfloat16 values: 128 x 30,464 x 4,096 = 16.0 GB.
    weights, keys = 2 * shape.parameters, engine.batch * columns * key_bytes(shape.sizes)
    if gpu is not None and gpu.memory_gib is not None:
        one = columns * key_bytes(shape.sizes)  # which has room in any case
        keys = min(keys, max(one, int(engine.memory * (gpu.memory_gib * 2**30 - weights))))
    return {"weights": weights, "keys and values": keys}


def keys_seen(of: SizesSection, tokens: float) -> float:
    """Keys that all layers together keep of a row of so many tokens, a window's where a layer has one."""
    full = of.layers if of.full_layers is None else of.full_layers
    return full * tokens + (of.layers - full) * min(tokens, of.window or tokens)


def key_bytes(of: SizesSection) -> int:
    """Of one of them with its value, in bfloat16."""
    return 2 * 2 * of.kv_heads * of.head_dim


def share_a_gpu(cluster: ClusterSection) -> bool:
    """Whether a learner of RLVR and an engine stand on one GPU."""
    learner, engine = cluster.rlvr.gpus, cluster.engine_gpus
    return learner > 0 and engine > 0 and learner + engine <= 1


def told(needed: Needs) -> str:
    """Each part with its GiB."""
    return ", ".join(f"{name} {gib(count)}" for name, count in needed.items())


def gib(count: int) -> str:
    gigabytes = count / 2**30
    return f"{gigabytes:.2g}" if gigabytes < 1 else f"{gigabytes:,.1f}" if gigabytes < 10 else f"{gigabytes:,.0f}"


def _state(shape: Shape, learners: LearnersSection, optimizer: Optimizer, lora: bool) -> Needs:
    assert shape.parameters is not None
    # DeepSpeed on a CPU keeps float32 weights, whatever was asked for.
    mixed = learners.deepspeed != "none" and learners.gpus > 0
    weights, gradients, master = (2, 2, 4) if mixed else (4, 4, 0)
    zero = 0 if learners.deepspeed == "none" else int(learners.deepspeed[-1])
    # 12e9 parameters, bf16, 128 ranks of ZeRO-3: 24 GB / 128 = 0.19 GB of weights a rank.
    parts = {"weights": shape.parameters * weights // (learners.ranks if zero >= 3 else 1)}
    if not lora:
        parts["gradients"] = shape.parameters * gradients // (learners.ranks if zero >= 2 else 1)
        moments = shape.parameters * master + _moments(shape, optimizer)
        parts["optimizer"] = moments // (learners.ranks if zero >= 1 else 1)
    if mixed:
        gathered = min(GATHERED, shape.parameters) if zero >= 3 else 0
        parts["gathered and buckets"] = 2 * (gathered + 2 * min(BUCKET, shape.parameters))
    elif learners.gpus:
        parts["autocast's copies"] = 2 * shape.parameters
    return parts


def _moments(shape: Shape, optimizer: Optimizer) -> int:
    assert shape.parameters is not None
    if optimizer.kind == "adamw":
        return 8 * shape.parameters
    # Embedding and head have Adam's second moment beside the momentum that all have: 4 bytes each.
    embeddings = 2 * shape.sizes.vocabulary * shape.sizes.hidden if shape.sizes else 0
    return 4 * (shape.parameters + embeddings)


def _activations(of: SizesSection, learners: LearnersSection, tokens: int, layers: int) -> Needs:
    inner = 2 if learners.gpus else 4
    stream = 2 if learners.gpus and learners.deepspeed != "none" else 4  # autocast leaves the residual stream as it is
    queries, keys = of.heads * of.head_dim, of.kv_heads * of.head_dim
    chosen, mlp = of.experts_per_token, of.width
    sparse = of.experts > 1
    rounded = 5 * of.hidden * (stream - inner)  # what stands beside its bfloat16 copy
    saved = chosen * (2 * of.hidden + 4 * mlp) if sparse else 4 * mlp
    at_work = chosen * (5 * of.hidden + 4 * mlp) if sparse else 6 * mlp
    whole = (9 * of.hidden + 5 * queries + 5 * keys + saved) * inner + rounded
    layer = (11 * of.hidden + 6 * queries + 4 * keys + at_work) * inner + rounded
    tile = min(tokens, TILE_ROWS) * min(of.vocabulary, TILE_COLUMNS) * 4
    head = 4 * of.hidden * (of.vocabulary + 2 * tokens) + TILES * tile
    # 131,072 tokens of the 12B: 28 x 2,304 x 2 bytes each kept, 16.9 GB; a layer 335 kB each, 43.9 GB.
    kept = tokens * layers * (of.hidden * stream if learners.gradient_checkpointing else whole)
    return {"kept activations": kept, "a layer or the head": max(tokens * layer, head)}


def _tiny_parameters(base: TinyBase) -> int:
    head = base.hidden // base.heads
    attention = 2 * base.hidden * head * (base.heads + base.kv_heads) + 2 * head
    experts = base.experts * (3 * base.hidden * base.expert_width + base.hidden)
    layer = attention + experts + 2 * base.hidden
    return 2 * base.vocabulary * base.hidden + base.layers * layer + base.hidden


def _tiny_sizes(base: TinyBase) -> SizesSection:
    return SizesSection(
        layers=base.layers,
        hidden=base.hidden,
        vocabulary=base.vocabulary,
        context=base.context,
        heads=base.heads,
        kv_heads=base.kv_heads,
        head_dim=base.hidden // base.heads,
        width=base.expert_width,
        experts=base.experts,
        experts_per_token=base.experts_per_token,
        window=base.window,
        full_layers=base.layers // 4,
    )


def _folder_shape(folder: Path) -> Shape:
    try:
        config = json.loads((folder / "config.json").read_bytes())
    except (OSError, ValueError) as error:
        raise ValueError(f"base.path: no readable config.json, got {str(folder)!r}; give a checkpoint") from error
    parameters = 0
    for path in folder.glob("*.safetensors"):
        header = json.loads(safetensors_header(path))
        parameters += sum(math.prod(v["shape"]) for name, v in header.items() if name != "__metadata__")
    context, vocabulary = config.get("max_position_embeddings"), config.get("vocab_size")
    return Shape(parameters or None, context, vocabulary, sizes_of(config))


def _cached_sizes(base: HubBase) -> SizesSection | None:
    try:
        from huggingface_hub import try_to_load_from_cache
    except ImportError:  # the light install
        return None
    found = try_to_load_from_cache(base.name, "config.json", revision=base.revision)
    return sizes_of(json.loads(Path(found).read_bytes())) if isinstance(found, str) else None


def sizes_of(config: dict[str, Any]) -> SizesSection | None:
    """Of a `config.json`; None where it does not say how wide its parts are, as not every architecture does."""
    config = config.get("text_config") or config
    experts = config.get("num_experts") or config.get("num_local_experts") or config.get("n_routed_experts") or 1
    width = config.get("moe_intermediate_size") if experts > 1 else None
    kinds = config.get("layer_types")
    try:
        hidden, heads = config["hidden_size"], config["num_attention_heads"]
        return SizesSection(
            layers=config["num_hidden_layers"],
            hidden=hidden,
            vocabulary=config["vocab_size"],
            context=config.get("max_position_embeddings"),
            heads=heads,
            kv_heads=config.get("num_key_value_heads") or heads,
            head_dim=config.get("head_dim") or hidden // heads,
            width=width or config["intermediate_size"],
            experts=experts,
            experts_per_token=config.get("num_experts_per_tok") or 1,
            window=config.get("sliding_window") or None,
            full_layers=kinds.count("full_attention") if kinds else None,
        )
    except (KeyError, TypeError, ValueError):
        return None
