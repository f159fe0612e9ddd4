"""A step of our RLVR against stock `GRPOTrainer`: same tiny model, problems, lengths and rewards, one run.

    python benchmarks/rlvr_step.py [--lengths spread|equal] [--steps 4] [--sandbox local|docker|auto]

Both sample 128 completions (16 problems, half arithmetic, half code) and score them: ours through the verifiers with
code in the sandbox, stock with a comparison and one subprocess a program. A model of so few steps never ends by itself,
so each completion is made to end at a length drawn for it, the same in both: log-normal around 64 tokens, the longest 8
times that, as rollouts are; or 64 for all. Every token of every completion is trained on. Ours overlaps at its default
staleness, the engine in a process of its own as in a run, a push proven while the learner computes its part of it, with
one thread of torch each; stock does one after the other, with one thread or two, whichever is faster.
`wait_verify_share` is the part of a step in which the trainer waits for verdicts alone, while nothing is generated;
`padding` is the share of the learner's tokens that are no row's. Prints one JSON line.
"""

import argparse
import json
import random
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from tiny_base import Clock, untrained_base  # first: it quiets the libraries

# isort: split
import ray
import torch
from datasets import Dataset
from transformers import LogitsProcessor, LogitsProcessorList, PrinterCallback
from trl import GRPOConfig, GRPOTrainer

from temper.pipeline.cluster import EngineProcess, RemoteEngine
from temper.pipeline.controlling import Awaited
from temper.pipeline.prompt_tokens import prompt_tokens
from temper.pipeline.recipe import ClusterSection
from temper.pipeline.sources import problems
from temper.pipeline.stages import sampling_of
from temper.policy.chat import dress
from temper.policy.checkpoint import load_model, load_tokenizer, tensor_hashes
from temper.policy.section import LearnersSection, ScheduleSection
from temper.policy.sources import GeneratedRows
from temper.rlvr.batches.dealing import Share
from temper.rlvr.controller import Controller
from temper.rlvr.doubles import ScriptedFeed
from temper.rlvr.engines.engine import WAIT_S, Engine
from temper.rlvr.engines.stepping import Stepping
from temper.rlvr.proof import Probe, ProbeLogprobs
from temper.rlvr.pushes import Pushes
from temper.rlvr.rollout import Completion, Request, Sampling
from temper.rlvr.section import RlvrSection, TransformersEngineSection
from temper.rlvr.trl_seam import make_trainer
from temper.sandboxes.pool import open_sandbox
from temper.sandboxes.section import SandboxSection
from temper.verifiers.judging import Judge
from temper.verifiers.problem import Problem

PROBLEMS, GROUP, TOKENS, MICRO = 16, 8, 64, 64
CAP = 8 * TOKENS
SPREAD = 1.0
"""Of the logarithm of a length."""

Length = Callable[[int], int]
"""Tokens of a step's completion."""


def spread(i: int) -> int:
    """Log-normal with a mean of 64 before the cap."""
    drawn = random.Random(f"length/{i % (PROBLEMS * GROUP)}").lognormvariate(0.0, SPREAD)
    return max(2, min(CAP, round(drawn * TOKENS / 1.65)))  # exp(1/2) = 1.65 is the mean of the draw


def equal(i: int) -> int:
    return TOKENS


LENGTHS: dict[str, Length] = {"spread": spread, "equal": equal}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--lengths", choices=sorted(LENGTHS), default="spread")
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--sandbox", choices=("local", "docker", "auto"), default="local")
    options = parser.parse_args()
    source = GeneratedRows(rows=PROBLEMS * options.steps)
    with tempfile.TemporaryDirectory() as folder:
        base = untrained_base(Path(folder), context=1024)
        dress(load_tokenizer(base), "instruct").save_pretrained(base)
        rows = problems([source])
        torch.set_num_threads(1)
        our_s, waited, batch = ours(Path(folder), base, rows, source, options)
        stock_s = {}
        for threads in (1, 2):
            torch.set_num_threads(threads)
            stock_s[threads] = stock(Path(folder) / f"stock{threads}", base, rows, options)
    drawn = [LENGTHS[options.lengths](i) for i in range(PROBLEMS * GROUP)]
    result = {"model": "tiny Mellum 2.1M", "rollouts": PROBLEMS * GROUP, "lengths": options.lengths}
    result |= {"mean_tokens": round(statistics.fmean(drawn)), "longest": max(drawn)}
    result |= {"padding": round(batch["padding"], 4), "micro_steps": batch["micro_steps"]}
    result |= {"sandbox": options.sandbox, "ours_step_s": our_s, "stock_step_s": stock_s}
    result["wait_verify_share"] = round(waited, 4)
    print(json.dumps(result | {"stock_over_ours": round(min(stock_s.values()) / our_s, 2)}))


def ours(
    folder: Path, base: Path, rows: list[Problem], source: GeneratedRows, options: argparse.Namespace
) -> tuple[float, float, dict[str, float]]:
    """Seconds a step, the share of them spent waiting for verdicts alone, and how the last batch was dealt."""
    section = RlvrSection(
        data=(source,), steps=options.steps, problems_per_step=PROBLEMS, group_size=GROUP,
        max_prompt_tokens=128, max_completion_tokens=CAP,
        schedule=ScheduleSection(learning_rate=1e-6),
    )  # fmt: skip
    tokenizer = load_tokenizer(base)
    ray.init("local", num_cpus=1, include_dashboard=False, logging_level="ERROR")
    engine = RemoteEngine(ray.remote(EndsThere).remote(base, options.lengths))
    sandbox = open_sandbox(SandboxSection(kind=options.sandbox, slots=1))
    try:
        controller = Controller(
            section, 0, rows, prompt_tokens(tokenizer), sampling_of(tokenizer, "rlvr", section), Pushes(engine),
            Judge(sandbox), lambda step, groups: None,
        )  # fmt: skip
        feed = Kept(controller)
        trainer = make_trainer(section, LearnersSection(), 0, base, folder / "work", feed)
        step_s = step_seconds(trainer)
        controller.close()
        waited = statistics.fmean(share.metrics["seconds/wait/verify"] for share in feed.taken[1:])
        last = trainer.state.log_history[-2]  # behind it stands the whole training's line
        return step_s, waited / step_s, {name: last[f"learner/{name}"] for name in ("padding", "micro_steps")}
    finally:
        sandbox.close()
        ray.shutdown()


class EndsThere(EngineProcess):
    """An engine as a run places one, whose completions end at lengths of that name."""

    def __init__(self, base: Path, lengths: str) -> None:
        self.lengths = lengths
        section = TransformersEngineSection(batch=PROBLEMS * GROUP)
        super().__init__(str(base), section, ClusterSection(engine_threads=1), -1, None)

    def _build(self, *arguments: Any) -> Engine:
        built = super()._build(*arguments)
        assert isinstance(built, Stepping)
        built.engine = EndsAt(built.engine, LENGTHS[self.lengths])
        return built


class EndsAt:
    """An engine whose completions end by themselves, each at its length."""

    def __init__(self, engine: Engine, length: Length) -> None:
        self.engine, self.length = engine, length

    @property
    def replicas(self) -> Sequence[Engine]:
        return self.engine.replicas

    def submit(self, requests: Sequence[Request], sampling: Sampling) -> None:
        self.engine.submit([replace(one, max_tokens=self.length(one.id)) for one in requests], sampling)

    def collect(self, wait_s: float = WAIT_S) -> list[tuple[int, Completion]]:
        return [(i, replace(done, stop_reason="stop")) for i, done in self.engine.collect(wait_s)]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.engine, name)


class EndRows(LogitsProcessor):  # type: ignore[misc]
    """The same for stock: from its length on a row can only end."""

    def __init__(self, length: Length, end_id: int) -> None:
        self.length, self.end_id, self.prompt = length, end_id, 0

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        self.prompt = self.prompt or input_ids.size(1)
        made = input_ids.size(1) - self.prompt
        over = torch.tensor([self.length(i) <= made + 1 for i in range(len(scores))])
        scores[:, self.end_id] = float("-inf")
        scores[over] = float("-inf")
        scores[over, self.end_id] = 0.0
        return scores


class Kept(ScriptedFeed):
    """A controller's feed that keeps what was taken."""

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller.take)
        self.controller = controller
        self.taken: list[Share] = []

    def push(self, weights: Mapping[str, torch.Tensor], version: int, probe: Probe) -> None:
        held = {name: tensor.clone() for name, tensor in weights.items()}
        told = Future[ProbeLogprobs]()
        awaited = Awaited(probe.rows, told)
        with ThreadPoolExecutor(1) as pool:
            pushing = pool.submit(self.controller.push, held, version, tensor_hashes(held), awaited)
            told.set_result(probe.logprobs)
            pushing.result()

    def take(self, step: int, rank: int, ranks: int, budget: int) -> Share:
        self.taken.append(self.controller.share(step, rank, ranks, budget))
        return self.taken[-1]

    def told(self, step: int) -> dict[str, float]:
        return self.controller.told(step)


def stock(folder: Path, base: Path, rows: list[Problem], options: argparse.Namespace) -> float:
    arguments = GRPOConfig(
        output_dir=str(folder), per_device_train_batch_size=MICRO, steps_per_generation=PROBLEMS * GROUP // MICRO,
        gradient_accumulation_steps=PROBLEMS * GROUP // MICRO, num_generations=GROUP, max_completion_length=CAP,
        max_steps=options.steps, learning_rate=1e-6, temperature=1.0, beta=0.0, loss_type="dapo", use_cpu=True,
        bf16=False, gradient_checkpointing=False, report_to="none", disable_tqdm=True, save_strategy="no",
        router_aux_loss_coef=0.0,
    )  # fmt: skip
    data = [{"prompt": p.messages(), "answer": p.answer or "", "tests": json.dumps(p.params)} for p in rows]
    model, tokenizer = load_model(base), load_tokenizer(base)
    plain = model.generate

    def generate(*args: Any, **kwargs: Any) -> Any:
        ends = EndRows(LENGTHS[options.lengths], tokenizer.eos_token_id)
        return plain(*args, **kwargs, logits_processor=LogitsProcessorList([ends]))

    model.generate = generate
    trainer = GRPOTrainer(
        model=model, reward_funcs=stock_reward, args=arguments, train_dataset=Dataset.from_list(data),
        processing_class=tokenizer,
    )  # fmt: skip
    return step_seconds(trainer)


def stock_reward(completions: Sequence[Any], answer: Sequence[str], tests: Sequence[str], **_: Any) -> list[float]:
    texts = [completion[0]["content"] for completion in completions]
    return [float(a in text) if a else run_program(text, t) for text, a, t in zip(texts, answer, tests, strict=True)]


def run_program(text: str, params: str) -> float:
    """The usual way: one interpreter a completion, the asserts appended to its program."""
    fenced = re.findall(r"```python\n(.*?)```", text, re.S)
    program = fenced[-1] if fenced else text
    cases = json.loads(params)["tests"]["cases"]
    asserts = "".join(f"\nassert f(*{case['args']!r}) == {case['expected']!r}" for case in cases)
    source = (program + asserts).encode(errors="replace")
    done = subprocess.run([sys.executable, "-"], input=source, capture_output=True, timeout=10)
    return float(done.returncode == 0)


def step_seconds(trainer: Any) -> float:
    clock = Clock()
    trainer.add_callback(clock)
    trainer.remove_callback(PrinterCallback)
    trainer.train()
    return round(statistics.median(clock.seconds), 3)


if __name__ == "__main__":
    main()
