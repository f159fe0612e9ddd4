"""What `temper explain` says of a rank's activations beside what fake tensors hold at the same shapes.

    python benchmarks/memory.py           the shipped recipes' shapes: minutes
    python benchmarks/memory.py --small   four layers of each kind: seconds

A fake tensor has a shape and no memory: forward, fused head and backward of one micro-batch run through the model's own
code while torch's tracker counts what lives. Parameters are left out, and gradients dropped as they come, as a
reduce-scatter drops them. Prints a JSON line a shape.
"""

import argparse
import json
import warnings
from typing import Any

import torch
import transformers
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.distributed._tools.mem_tracker import MemTracker
from transformers import AttentionInterface, AttentionMaskInterface, PretrainedConfig, PreTrainedModel
from trl.kernels.chunked_logprob import ChunkedLogProbFunction

from temper.pipeline.memory import Shape, rank_bytes, sizes_of
from temper.policy import attention
from temper.policy.section import AdamWSection, LearnersSection
from temper.sft.loss import VOCABULARY_CHUNK

NAME = "fake_documents"
DOCUMENT = 8192
PERIOD = ["sliding_attention", "sliding_attention", "sliding_attention", "full_attention"]


def mellum(layers: int) -> PretrainedConfig:
    """The released 12B's, of so many layers."""
    rope = {"rope_type": "default", "rope_theta": 5e5}
    return transformers.MellumConfig(
        num_hidden_layers=layers,
        layer_types=(PERIOD * layers)[:layers],
        mlp_layer_types=["sparse"] * layers,
        max_position_embeddings=131_072,
        rope_parameters={"full_attention": rope, "sliding_attention": rope},
    )


def qwen3(layers: int) -> PretrainedConfig:
    """Qwen3-0.6B's, of so many layers."""
    return transformers.Qwen3Config(
        num_hidden_layers=layers,
        hidden_size=1024,
        num_attention_heads=16,
        num_key_value_heads=8,
        head_dim=128,
        intermediate_size=3072,
        vocab_size=151_936,
        tie_word_embeddings=True,
    )


def measured(config: PretrainedConfig, tokens: int, checkpointing: bool, autocast: bool) -> tuple[int, float, float]:
    """Parameters, and GiB that live beside them after the forward pass and at the peak."""
    with warnings.catch_warnings(), FakeTensorMode(allow_non_fake_inputs=True):
        warnings.simplefilter("ignore", UserWarning)  # the tracker's own, of gradients that are not there
        model = _model(config, torch.float32 if autocast else torch.bfloat16)
        if checkpointing:
            model.gradient_checkpointing_enable({"use_reentrant": False})
        ids_1T = torch.zeros(1, tokens, dtype=torch.long)
        tracker = MemTracker()
        tracker.track_external(model)
        with tracker, torch.autocast("cpu", torch.bfloat16, enabled=autocast):
            loss = _loss(model, ids_1T)
            after = _held(tracker, "current")
            loss.backward()  # type: ignore[no-untyped-call]
        return model.num_parameters(), after, _held(tracker, "peak")


def _model(config: PretrainedConfig, dtype: torch.dtype) -> PreTrainedModel:
    AttentionInterface.register(NAME, _attend)
    AttentionMaskInterface.register(NAME, attention._no_mask)
    model = transformers.AutoModelForCausalLM.from_config(config, dtype=dtype, attn_implementation=NAME)
    if getattr(config, "num_experts", 0):
        model.set_experts_implementation("grouped_mm")
    for parameter in model.parameters():
        parameter.register_post_accumulate_grad_hook(lambda done: setattr(done, "grad", None))
    return model.train()


def _attend(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    mask: None,
    scaling: float | None = None,
    sliding_window: int | None = None,
    **kwargs: Any,
) -> tuple[torch.Tensor, None]:
    """The GPU's variable-length attention over 16 documents; borders are not looked at here."""
    rows, _, tokens, _ = query.shape
    q, k, v = (x_BHTD.transpose(1, 2).flatten(0, 1).to(value.dtype) for x_BHTD in (query, key, value))
    borders = torch.zeros(17, dtype=torch.int32)
    found = attention._at_once(q, k, v, borders, min(tokens, DOCUMENT), scaling, sliding_window)
    return found.view(rows, tokens, *found.shape[1:]), None


def _loss(model: PreTrainedModel, ids_1T: torch.Tensor) -> torch.Tensor:
    """Fused head over all tokens, and the routers' share of it where there are some."""
    sparse = {"output_router_logits": True} if getattr(model.config, "num_experts", 0) else {}
    outputs = model.base_model(input_ids=ids_1T, position_ids=torch.zeros_like(ids_1T), use_cache=False, **sparse)
    hidden_TH, head = outputs.last_hidden_state.flatten(0, 1), model.get_output_embeddings().weight
    logprobs_T = ChunkedLogProbFunction.apply(hidden_TH, head, None, ids_1T[0], 1.0, VOCABULARY_CHUNK, None, 1.0, ())[0]
    balance = sum(logits.float().softmax(-1).mean() for logits in outputs.router_logits) if sparse else 0.0
    return -logprobs_T.sum() + balance


def _held(tracker: MemTracker, when: str) -> float:
    (held,) = tracker.get_tracker_snapshot(when).values()
    of = {str(getattr(kind, "value", kind)): count for kind, count in held.items()}
    return (of["Total"] - of["Parameter"]) / 2**30


def compared(name: str, config: PretrainedConfig, tokens: int, checkpointing: bool, deepspeed: str) -> dict[str, Any]:
    parameters, after, peak = measured(config, tokens, checkpointing, autocast=deepspeed == "none")
    learners = LearnersSection.model_validate(
        {"gpus": 1, "deepspeed": deepspeed, "gradient_checkpointing": checkpointing}
    )
    shape = Shape(parameters, sizes=sizes_of(config.to_dict()))
    parts = rank_bytes(shape, learners, tokens, AdamWSection())
    assert parts
    said = sum(parts.get(name, 0) for name in ("autocast's copies", "kept activations", "a layer or the head")) / 2**30
    return {
        "shape": name, "layers": config.num_hidden_layers, "tokens": tokens, "checkpointing": checkpointing,
        "deepspeed": deepspeed, "after_forward_gib": round(after, 2), "peak_gib": round(peak, 2),
        "explain_gib": round(said, 2), "ratio": round(said / peak, 3),
    }  # fmt: skip


SHIPPED = [
    ("mellum2 sft", mellum(28), 131_072, True, "zero3"),
    ("mellum2/thinking rlvr", mellum(28), 46_144, True, "zero3"),
    ("mellum2/instruct rlvr", mellum(28), 40_960, True, "zero3"),
    ("small sft", qwen3(28), 2048, True, "none"),
    ("small rlvr", qwen3(28), 8192, True, "none"),
]
SMALL = [
    ("sparse", mellum(4), 32_768, True, "zero3"),
    ("sparse, all kept", mellum(4), 16_384, False, "zero3"),
    ("dense", qwen3(4), 65_536, True, "zero3"),
    ("dense, autocast", qwen3(4), 65_536, True, "none"),
    ("dense, all kept", qwen3(8), 32_768, False, "none"),
    ("dense, a short batch", qwen3(4), 2048, True, "none"),
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true", help="four layers of each kind")
    for one in SMALL if parser.parse_args().small else SHIPPED:
        print(json.dumps(compared(*one)), flush=True)


if __name__ == "__main__":
    main()
