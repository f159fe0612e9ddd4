"""What one GPU can show of temper in ten minutes, at the 12B's shapes with fewer layers; one JSON line a measurement.

    python benchmarks/gpu.py [attention|hosts|muon|sft|learner|decode ...] [--layers 4] [--tokens 131072] [--small]

`--small` runs the same on a CPU in float32 at toy shapes: whether the script works, not what it measures. Needs torch,
transformers and TRL beside temper, and neither Ray, vLLM nor DeepSpeed. FLOPs count causal attention once a pair that
is seen, a sparse layer by the experts of a token, and three times the forward for a training step; `mfu` is over the
H100's 989e12 a second in bf16 (an H200 has the same).

    attention   the kernel against each document in float32, output and three gradients; its speed
    hosts       what a push through the host costs on one side: to the host, hashed there, and back in place
    muon        Newton-Schulz of a layer's experts, and the singular values that it leaves
    sft         a micro-step of one pack: loss, router losses, checkpointing
    learner     a micro-batch of a long and a short rollout, padded under a mask against its real tokens
    decode      a step of the `transformers` engine for 128 rows
"""

import argparse
import copy
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from transformers import logging
from transformers.models.mellum import MellumConfig, MellumForCausalLM

from temper.policy import attention
from temper.policy.attention import attend_by_document, borders
from temper.policy.checkpoint import tensor_hashes
from temper.policy.optim.muon import orthogonalise
from temper.rlvr.engines.decode_cache import DecodeCache
from temper.sft.loss import RouterLoss, add_pack_loss

PEAK = 989e12
"""bf16 FLOPs a second of an H100 or H200, dense."""
SMALL = {
    "hidden_size": 64, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 32, "moe_intermediate_size": 32,
    "num_experts": 8, "num_experts_per_tok": 2, "vocab_size": 512, "sliding_window": 64,
}  # fmt: skip


@dataclass(frozen=True)
class Place:
    """Where it runs, and at which shapes."""

    config: MellumConfig
    device: str
    dtype: torch.dtype
    tokens: int

    @property
    def cuda(self) -> bool:
        return self.device == "cuda"

    def model(self) -> Any:
        torch.manual_seed(0)
        with torch.device(self.device):
            model = MellumForCausalLM(copy.deepcopy(self.config)).to(self.dtype)
        model.set_experts_implementation("grouped_mm")
        return model

    def trained(self) -> Any:
        """Under gradient checkpointing; gradients go as they come, which reduce-scatter would do with them."""
        model = self.model().train()
        model.gradient_checkpointing_enable({"use_reentrant": False})
        for parameter in model.parameters():
            parameter.register_post_accumulate_grad_hook(lambda p: setattr(p, "grad", None))
        return model

    def ids(self, *shape: int) -> torch.Tensor:
        return torch.randint(0, self.config.vocab_size, shape, device=self.device)

    def seconds(self, run: Callable[[], object], times: int = 3) -> float:
        """Of a run, after one that warms up."""
        run()
        self.wait()
        began = time.perf_counter()
        for _ in range(times):
            run()
        self.wait()
        return (time.perf_counter() - began) / times

    def wait(self) -> None:
        if self.cuda:
            torch.cuda.synchronize()

    def peak_gb(self) -> float:
        return torch.cuda.max_memory_allocated() / 1e9 if self.cuda else 0.0


def place(small: bool, layers: int, tokens: int) -> Place:
    small = small or not torch.cuda.is_available()
    kinds = (["sliding_attention"] * 3 + ["full_attention"]) * 7
    rope = {"rope_type": "default", "rope_theta": 5e5}
    config = MellumConfig(
        num_hidden_layers=layers, layer_types=kinds[:layers], mlp_layer_types=["sparse"] * layers,
        max_position_embeddings=131072, rope_parameters={"full_attention": rope, "sliding_attention": rope},
        **(SMALL if small else {}),
    )  # fmt: skip
    if small:
        torch.set_num_threads(1)
        return Place(config, "cpu", torch.float32, 512)
    return Place(config, "cuda", torch.bfloat16, tokens)


def documents(at: Place, tokens: int, mean: float) -> torch.Tensor:
    """Positions (1, tokens) of documents of log-normal lengths."""
    draw = torch.Generator().manual_seed(0)
    lengths: list[int] = []
    while (left := tokens - sum(lengths)) > 0:
        drawn = torch.empty(()).log_normal_(0.0, 0.8, generator=draw)
        lengths.append(min(left, max(2, round(float(drawn) * mean / 1.377))))  # exp(0.32) is the mean of the draw
    return torch.cat([torch.arange(length) for length in lengths])[None].to(at.device)


def pairs(lengths: torch.Tensor, window: int | None) -> float:
    """Of queries and keys that causal attention sees, to a token."""
    lengths = lengths.double().cpu()
    seen = lengths * lengths / 2 if window is None else lengths * lengths.clamp(max=window)
    return float(seen.sum())


def forward_flops(at: Place, positions: torch.Tensor) -> float:
    config, lengths = at.config, borders(positions)[0].diff()
    heads = config.head_dim * (2 * config.num_attention_heads + 2 * config.num_key_value_heads)
    experts = config.num_experts_per_tok * 3 * config.moe_intermediate_size
    linear = config.num_hidden_layers * config.hidden_size * (heads + experts) + config.hidden_size * config.vocab_size
    attended = sum(
        pairs(lengths, None if kind == "full_attention" else config.sliding_window) for kind in config.layer_types
    )
    return 2 * positions.numel() * linear + 4 * config.num_attention_heads * config.head_dim * attended


def measure_attention(at: Place) -> None:
    config, tokens = at.config, min(at.tokens, 16384)
    positions = documents(at, tokens, tokens / 8)
    cu, longest = borders(positions)
    shapes = (config.num_attention_heads, config.num_key_value_heads, config.num_key_value_heads)
    for window in (None, config.sliding_window):
        qkv = [
            torch.randn(1, heads, tokens, config.head_dim, device=at.device, dtype=at.dtype, requires_grad=True)
            for heads in shapes
        ]
        exact = [x.detach().float().requires_grad_() for x in qkv]

        def attended(parts: list[torch.Tensor], window: int | None = window) -> torch.Tensor:
            return attention.attend(
                torch.nn.Identity(), *parts, None, sliding_window=window, cu_seq_lens_q=cu, max_length_q=longest
            )[0]  # fmt: skip

        out, wanted = attended(qkv), attended(exact)
        upstream = torch.randn_like(out)
        ours = (out, *torch.autograd.grad(out, qkv, upstream))
        theirs = (wanted, *torch.autograd.grad(wanted, exact, upstream.float()))
        apart = [float((a.float() - b).detach().norm() / b.detach().norm()) for a, b in zip(ours, theirs, strict=True)]
        seconds = at.seconds(lambda q=qkv, u=upstream, f=attended: torch.autograd.grad(f(q), q, u))
        flops = 3.5 * 4 * config.num_attention_heads * config.head_dim * pairs(cu.diff(), window)
        say(
            "attention",
            window=window or 0,
            tokens=tokens,
            relative_errors=apart,
            seconds=seconds,
            tflops=flops / seconds / 1e12,
        )


def measure_hosts(at: Place) -> None:
    weights = {name: parameter.detach() for name, parameter in at.model().named_parameters()}
    gigabytes = sum(tensor.numel() * tensor.element_size() for tensor in weights.values()) / 1e9
    began = time.perf_counter()
    host = {name: tensor.to("cpu", copy=True) for name, tensor in weights.items()}
    out_s = time.perf_counter() - began
    began = time.perf_counter()
    hashes = tensor_hashes(host)
    hash_s = time.perf_counter() - began
    back_s = at.seconds(lambda: [tensor.copy_(host[name]) for name, tensor in weights.items()], 1)
    same = tensor_hashes({name: tensor.cpu() for name, tensor in weights.items()}) == hashes
    rates = {"to_host_gb_s": out_s, "hash_gb_s": hash_s, "in_place_gb_s": back_s}
    say("hosts", gigabytes=gigabytes, same=same, **{name: gigabytes / seconds for name, seconds in rates.items()})


def measure_muon(at: Place) -> None:
    config = at.config
    shape = (2 * config.num_experts, config.moe_intermediate_size, config.hidden_size)
    matrices = torch.randn(shape, device=at.device, dtype=at.dtype)
    seconds = at.seconds(lambda: orthogonalise(matrices, 5))
    few, many = sorted(shape[1:])
    flops = 5 * shape[0] * (4 * few * few * many + 2 * few**3)
    values = torch.linalg.svdvals(orthogonalise(matrices[:1], 5)[0].float().cpu())
    say(
        "muon", matrices=shape[0], seconds=seconds, tflops=flops / seconds / 1e12, smallest=float(values.min()),
        largest=float(values.max()), a_rank_of_64_s=seconds * 1.5 * 28 / 64,
    )  # fmt: skip


def measure_sft(at: Place) -> None:
    model, positions = at.trained(), documents(at, at.tokens, at.tokens / 16)
    attend_by_document(model)
    add_pack_loss(model, RouterLoss(1e-4, "layer", 1e-3))
    cu, longest = borders(positions)
    ids = at.ids(1, at.tokens)

    def step() -> None:
        found = model(
            input_ids=ids, position_ids=positions, shift_labels=ids, real=torch.ones_like(ids, dtype=torch.bool),
            cu_seq_lens_q=cu, max_length_q=longest, pack_loss=True,
        )  # fmt: skip
        (found["loss_sum"] / at.tokens + found["router"]).backward()

    say_step("sft", at, at.seconds(step, 2), positions)


def measure_learner(at: Place) -> None:
    """The padded one as TRL has it."""
    long, short = (32768, 6000) if at.cuda else (200, 40)
    positions = torch.cat([torch.arange(long), torch.arange(short)])[None].to(at.device)
    cu, longest = borders(positions)
    mask = torch.ones(2, long, dtype=torch.long, device=at.device)
    mask[1, short:] = 0
    given = {
        "padded": {"input_ids": at.ids(2, long), "attention_mask": mask},
        "real tokens": {
            "input_ids": at.ids(1, long + short), "position_ids": positions, "cu_seq_lens_q": cu,
            "max_length_q": longest,
        },
    }  # fmt: skip
    for kind, inputs in given.items():
        model = at.trained()
        if kind == "real tokens":
            attend_by_document(model)

        def step(model: Any = model, inputs: dict[str, Any] = inputs) -> None:
            model.base_model(**inputs, use_cache=False).last_hidden_state.float().mean().backward()

        try:
            say_step("learner", at, at.seconds(step, 1), positions, kind=kind)
        except torch.OutOfMemoryError as error:
            say("learner", kind=kind, error=str(error)[:80])


def measure_decode(at: Place) -> None:
    model = at.model().eval()
    rows, past = (128, 4096) if at.cuda else (4, 40)
    with torch.inference_mode():
        cache = DecodeCache(model)
        cache.remake([], rows, past)
        ids = torch.zeros(rows, 1, dtype=torch.long, device=at.device)
        mask = torch.zeros(rows, 1, 1, past + 1, device=at.device, dtype=at.dtype)

        def step() -> None:
            cache.expect(past)
            model(
                input_ids=ids, attention_mask=mask, position_ids=torch.full_like(ids, past), past_key_values=cache,
                use_cache=True,
            )  # fmt: skip

        seconds = at.seconds(step, 10)
    whole = seconds * 28 / at.config.num_hidden_layers
    say("decode", rows=rows, past=past, seconds=seconds, of_28_layers_s=whole, tokens_s_of_28_layers=rows / whole)


def say_step(what: str, at: Place, seconds: float, positions: torch.Tensor, **more: object) -> None:
    flops, tokens = 3 * forward_flops(at, positions), positions.numel()
    rates = {"tokens_s": tokens / seconds, "mfu": flops / seconds / PEAK, "peak_gb": at.peak_gb()}
    say(what, **more, layers=at.config.num_hidden_layers, tokens=tokens, seconds=seconds, **rates)


def say(what: str, **numbers: object) -> None:
    print(json.dumps({"what": what, **{name: _short(value) for name, value in numbers.items()}}), flush=True)


def _short(value: object) -> object:
    if isinstance(value, list):
        return [_short(one) for one in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value


MEASURES: dict[str, Callable[[Place], None]] = {
    "attention": measure_attention,
    "hosts": measure_hosts,
    "muon": measure_muon,
    "sft": measure_sft,
    "learner": measure_learner,
    "decode": measure_decode,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("which", nargs="*", help=f"of {', '.join(MEASURES)}; all when left out")
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--tokens", type=int, default=131072)
    parser.add_argument("--small", action="store_true")
    options = parser.parse_args()
    if unknown := [name for name in options.which if name not in MEASURES]:
        parser.error(f"unknown measurement {unknown[0]!r}; known: {', '.join(MEASURES)}")
    logging.set_verbosity_error()
    at = place(options.small, options.layers, options.tokens)
    name = torch.cuda.get_device_name() if at.cuda else "cpu"
    say("device", name=name, torch=torch.__version__, layers=options.layers)
    for which in options.which or MEASURES:
        MEASURES[which](at)


if __name__ == "__main__":
    main()
