"""How long a step of RLVR takes on GPUs, by roofline: what is slowest, and whether it is worth another GPU.

N rollouts of a prompt and a completion, each a quarter of its cap long (what a run measures is in its metrics), on R
ranks and E engines. F operations and B bytes a second are the recipe's (`cluster.gpu`); A the parameters that a token
goes through, P all of them, K the bytes of a token's keys and values:

    train      N (prompt + completion) / R x passes x (2 A + attention) / F
    generate   the larger of  N completion / E / rows x s(rows)  and  cap x s(1) / (max_staleness + 1)
               a decoding step of `rows` rows takes s = 2 W / B + rows x context x K / B + what the engine itself costs,
               W the parameters that it reads: of the experts those that one of its tokens goes to
    push       2 P bytes at 8.25 GB/s by a process group; x 7 s a GB through the host and Ray's object store

passes: 1 forward, 2 backward, 1 more where activations are computed anew, 1 more for a KL reference. Verdicts are left
out: how long they take is in their rows, and the controller judges while engines generate. Generation goes on while the
learner trains, so a step takes about the larger of the two, and the push.
"""

from temper.pipeline.memory import Shape, key_bytes, keys_seen
from temper.pipeline.recipe import PushWay, Recipe
from temper.policy.bases import SizesSection
from temper.rlvr.section import RlvrSection

USED = 0.25
"""Share of the caps that prompts and completions are taken to fill."""
PUSH_S_A_GB = 7.0
"""Gather, hash, pickle, broadcast, unpickle, load: 1 / (1/6 + 1/0.75 + 1/0.5 + 1/1.75 + 1/0.7 + 1/0.65) GB/s."""
GROUP_GB_S = 8.25
"""What verl publishes for its NCCL/NIXL checkpoint engine: Qwen3-30B to 30 receivers on InfiniBand. Ours is untried."""
DECODE_S = {"transformers": 0.035, "vllm": 0.0064}
"""Of a decoding step beside the memory's traffic: kernels started one by one, or as a graph. vLLM's was measured by
others (github.com/tenstorrent/tt-inference-server, issue 340): Qwen3-30B-A3B alone on an A100 takes 9.6 ms a token, of
which its 3.3e9 parameters are 3.2 ms at 2.04 TB/s. It has 48 layers, so it is much for fewer."""


def step_seconds(recipe: Recipe, shape: Shape) -> dict[str, float]:
    """Seconds by part; empty for a recipe without GPUs, or where the base is not known."""
    section, cluster = recipe.rlvr, recipe.cluster
    on_gpus = cluster.rlvr.gpus and cluster.engine_gpus
    if section is None or shape.sizes is None or shape.parameters is None or not on_gpus:
        return {}
    return {
        "generate": _generate(recipe, section, shape, shape.sizes),
        "train": train_s(recipe, section, shape, shape.sizes, USED * section.longest),
        "push": push_s(shape.parameters, cluster.push),
    }


def push_s(parameters: int, way: PushWay) -> float:
    """A push of all weights in two bytes each."""
    gigabytes = 2 * parameters / 1e9
    return gigabytes / GROUP_GB_S if way == "group" else gigabytes * PUSH_S_A_GB


def decode_s(recipe: Recipe, shape: Shape, of: SizesSection, rows: float, keys: float) -> float:
    """A decoding step of an engine whose rows keep so many keys in all layers together."""
    read = 2 * (shape.read_by(rows) or 0) + keys * key_bytes(of)
    return read / (recipe.cluster.gpu.bandwidth_tb_s * 1e12) + DECODE_S[recipe.engine.kind]


def train_s(recipe: Recipe, section: RlvrSection, shape: Shape, of: SizesSection, length: float) -> float:
    """A step's rows, each of `length` tokens, through the learners."""
    learners = recipe.cluster.rlvr
    # A token sees half of a row on average: 2 products of 2 operations for each of its pairs.
    attention = 4 * of.heads * of.head_dim * keys_seen(of, length / 2)
    passes = 3 + learners.gradient_checkpointing + bool(section.objective.kl)
    operations = section.rollouts_per_step * length * passes * (2 * (shape.active or 0) + attention)
    return operations / learners.ranks / (recipe.cluster.gpu.tflops * 1e12)


def _generate(recipe: Recipe, section: RlvrSection, shape: Shape, of: SizesSection) -> float:
    rows = min(recipe.engine.batch, section.rollouts_per_step)
    # 256 rows of 4,000 tokens, 7 full layers and 21 of a window of 1,024: 256 x 49,504 x 2,048 B = 26 GB, 8 ms.
    step = decode_s(recipe, shape, of, rows, rows * keys_seen(of, USED * section.longest))
    completions = section.rollouts_per_step * USED * section.max_completion_tokens
    # The longest completion is alone at its end: 36,864 tokens, half of their keys on average.
    alone = decode_s(recipe, shape, of, 1, keys_seen(of, section.longest / 2))
    return max(
        completions / recipe.cluster.engines / rows * step,
        section.max_completion_tokens * alone / (section.max_staleness + 1),
    )
