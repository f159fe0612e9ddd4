"""The controller alone: how long the learner idles at each staleness, and what a completion costs; one JSON line.

    python benchmarks/rlvr_controller.py [--seconds 6] [--plot docs/controller.svg]
    python benchmarks/rlvr_controller.py --take [--tokens 8000] [--ranks 64]

Engine, verifiers and learner are simulated in real time: 256 problems x 16 rollouts a step, 1,024 decoded at a time,
log-normal lengths (median 148 tokens, the longest 1,024), verdicts with a heavy tail (Pareto, up to a step) of which
1% fail, a learner whose step takes `--seconds`. Generating a step takes about 0.8 of that. The last figure is of a run
in which all of them cost nothing: what is left is the controller's own work on one core. Completions have all of their
tokens.

`--take` is of one step at the recipes' size, 4,096 completions of `--tokens` on average: bytes that the controller
holds a token, CPU that its process spends until each of `--ranks` has its pickled share (the Parquet file and the
numbers that read texts are a thread's, `recorded_cpu_s` of it behind the last share), and how long the engine, which is
a process of its own as in a run, makes no step meanwhile (`longest_pause_ms`; its steps take 2 ms here).
"""

import argparse
import heapq
import itertools
import json
import pickle
import random
import tempfile
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import ray
import torch

from temper.pipeline.cluster import EngineProcess, RemoteEngine
from temper.pipeline.recipe import ClusterSection
from temper.policy.checkpoint import tensor_hashes
from temper.policy.section import ScheduleSection
from temper.policy.sources import GeneratedRows
from temper.rlvr.batches.columns import Column, Logprobs, Tokens, Versions
from temper.rlvr.controller import Controller
from temper.rlvr.engines.engine import WAIT_S, Engine, TokenRow
from temper.rlvr.engines.stepping import Stepping
from temper.rlvr.pushes import Pushes
from temper.rlvr.record import write_rollouts
from temper.rlvr.rollout import Completion, Request, Rollout, Sampling
from temper.rlvr.section import RlvrSection, TransformersEngineSection
from temper.verifiers.judging import Judgement, answered
from temper.verifiers.problem import Problem
from temper.verifiers.verdict import scored

PROBLEMS, GROUP, AT_ONCE = 256, 16, 1024
AT_ONE_STEP, ENDING = 16, 300 * GROUP
STEPS, WARM_UP = 8, 2
WEIGHTS = {"w": torch.zeros(4)}
LONGEST = 36_864
IDS, LOGPROBS = Tokens(range(1000, 1000 + LONGEST)), Logprobs([-0.5] * LONGEST)
"""Every completion is the beginning of these."""


class Simulated(ABC):
    """What both engines have: requests that wait, and no weights."""

    def __init__(self) -> None:
        self.version = -1
        self.waiting: list[Request] = []

    @property
    def replicas(self) -> Sequence[Engine]:
        return (self,)

    def push(self, weights: Mapping[str, torch.Tensor], version: int) -> dict[str, str]:
        self.version = version
        return tensor_hashes(weights)

    def submit(self, requests: Sequence[Request], sampling: Sampling) -> None:
        self.waiting += requests

    @abstractmethod
    def collect(self, wait_s: float = WAIT_S) -> list[tuple[int, Completion]]: ...

    @abstractmethod
    def cancel(self) -> list[int]: ...

    def revive(self) -> bool:
        return False

    def logprobs(self, rows: Sequence[TokenRow], temperature: float = 1.0) -> list[tuple[float, ...]]:
        return [(-0.5,) * len(completion) for _, completion in rows]


class SimulatedEngine(Simulated):
    """Decodes `AT_ONCE` requests at a time, each for as long as its length takes at `token_s`; 0: at once."""

    def __init__(self, token_s: float) -> None:
        super().__init__()
        self.token_s = token_s
        self.running: list[tuple[float, int, int, int]] = []
        """(end, id, tokens, version at the start), a heap."""

    def collect(self, wait_s: float = WAIT_S) -> list[tuple[int, Completion]]:
        now = time.monotonic()
        self._admit(now)
        if self.token_s and self.running:
            time.sleep(min(wait_s, max(0.02, self.running[0][0] - now)))
            now = time.monotonic()
        ended = []
        while self.running and self.running[0][0] <= now:
            _, i, tokens, version = heapq.heappop(self.running)
            ended.append((i, self._completion(tokens, version)))
        return ended

    def _admit(self, now: float) -> None:
        count = AT_ONCE - len(self.running)
        for request in self.waiting[:count]:
            tokens = min(1024, int(random.Random(request.seed).lognormvariate(5.0, 0.7)) + 1)
            heapq.heappush(self.running, (now + tokens * self.token_s, request.id, tokens, self.version))
        del self.waiting[:count]

    def _completion(self, tokens: int, version: int) -> Completion:
        first = tokens // 2
        versions = Versions.of_runs([(version, first), (self.version, tokens - first)])
        return Completion(str(tokens), IDS[:tokens], LOGPROBS[:tokens], "stop", versions)

    def cancel(self) -> list[int]:
        cancelled = sorted([i for _, i, _, _ in self.running] + [request.id for request in self.waiting])
        self.running, self.waiting = [], []
        return cancelled


class SimulatedVerifiers:
    """Verdicts after a Pareto time; 0: at once."""

    def __init__(self, scale_s: float) -> None:
        self.scale_s, self.draw, self.count = scale_s, random.Random(0), itertools.count()
        self.due: list[tuple[float, int, Future[Judgement], Judgement]] = []
        self.changed = threading.Condition()
        threading.Thread(target=self._answer, daemon=True).start()

    def judge(self, items: Sequence[tuple[Problem, str]]) -> list[Judgement]:
        return [future.result() for future in self.ask(items)]

    def ask(self, items: Sequence[tuple[Problem, str]]) -> list[Future[Judgement]]:
        verdicts = [self._verdict() for _ in items]
        if not self.scale_s:
            return [answered(verdict) for verdict in verdicts]
        futures: list[Future[Judgement]] = [Future() for _ in items]
        with self.changed:
            for future, verdict in zip(futures, verdicts, strict=True):
                after = self.scale_s * min(200.0, self.draw.paretovariate(1.2))
                heapq.heappush(self.due, (time.monotonic() + after, next(self.count), future, verdict))
            self.changed.notify()
        return futures

    def _verdict(self) -> Judgement:
        if self.draw.random() < 0.01:
            return Judgement(None, "sandbox: simulated")
        return Judgement(scored(float(self.draw.random() < 0.4)))

    def _answer(self) -> None:
        while True:
            with self.changed:
                while not self.due or self.due[0][0] > time.monotonic():
                    self.changed.wait(None if not self.due else self.due[0][0] - time.monotonic())
                ready = []
                while self.due and self.due[0][0] <= time.monotonic():
                    ready.append(heapq.heappop(self.due))
            for _, _, future, verdict in ready:
                future.set_result(verdict)


def run(staleness: int, train_s: float) -> dict[str, Any]:
    """`STEPS` steps; idle share of the learner after the first `WARM_UP`."""
    section = RlvrSection(
        data=(GeneratedRows(rows=1),), steps=STEPS, problems_per_step=PROBLEMS, group_size=GROUP,
        max_prompt_tokens=8, max_completion_tokens=1024,
        schedule=ScheduleSection(learning_rate=1e-6), max_staleness=staleness,
    )  # fmt: skip
    # 4,096 rollouts of 190 tokens on average (exp(5 + 0.245)), 1,024 at a time, in 0.8 of the learner's step
    engine = SimulatedEngine(token_s=0.8 * train_s / (4 * 190))
    problems = [Problem(id=str(i), prompt="?", verifier="math") for i in range(1000)]
    verifiers = SimulatedVerifiers(train_s / 200)
    controller = Controller(
        section, 0, problems, lambda p: (1,) * 4, Sampling(1.0, 1024), Pushes(engine), verifiers,
        lambda step, groups: None,
    )  # fmt: skip
    waits, stale, start, cpu = [], 0.0, 0.0, time.process_time()
    for step in range(STEPS):
        if step == WARM_UP:
            start = time.monotonic()
        controller.push(WEIGHTS, step, tensor_hashes(WEIGHTS))
        began = time.monotonic()
        batch = controller.take(step)
        waits.append(time.monotonic() - began)
        stale = max(stale, batch.metrics["staleness/max"])
        time.sleep(train_s)
    seconds, cpu = time.monotonic() - start, time.process_time() - cpu
    controller.close()
    assert stale <= staleness
    return {
        "staleness": staleness, "largest_staleness": int(stale), "step_s": round(seconds / (STEPS - WARM_UP), 2),
        "learner_idle": round(sum(waits[WARM_UP:]) / seconds, 3),
        "completions_per_cpu_s": round(STEPS * PROBLEMS * GROUP / cpu),
    }  # fmt: skip


class Ends(Simulated):
    """An engine that makes a step in 2 ms, in which `AT_ONE_STEP` of the first `ENDING` completions end and none of the
    others; keeps the longest time between two steps."""

    def __init__(self, tokens: int) -> None:
        super().__init__()
        self.tokens = tokens
        self.pause_s, self.last = 0.0, 0.0

    def collect(self, wait_s: float = WAIT_S) -> list[tuple[int, Completion]]:
        if self.last:
            self.pause_s = max(self.pause_s, time.monotonic() - self.last)
        ended = [request for request in self.waiting[:AT_ONE_STEP] if request.id < ENDING]
        self.waiting = self.waiting[len(ended) :]
        time.sleep(0.002)
        self.last = time.monotonic()
        return [(request.id, self._completion(request)) for request in ended]

    def _completion(self, request: Request) -> Completion:
        drawn = random.Random(request.seed).lognormvariate(0.0, 0.8) / 1.377  # exp(0.32) is the mean of the draw
        tokens = max(2, min(LONGEST, round(drawn * self.tokens)))
        # A column of its own each: one that all share would be counted once.
        ids, logprobs = (type(of)(list(of[:tokens])) for of in (IDS, LOGPROBS))
        return Completion("word " * tokens, ids, logprobs, "stop", Versions.of_runs([(self.version, tokens)]))

    def cancel(self) -> list[int]:
        return []


class EndsThere(EngineProcess):
    """Such an engine, as a run places one."""

    def __init__(self, tokens: int) -> None:
        self.ends = Ends(tokens)
        super().__init__("", TransformersEngineSection(), ClusterSection(), -1, None)

    def _build(self, *_: Any) -> Engine:
        return Stepping(self.ends)

    def pause(self) -> float:
        """The longest since the last call, in seconds."""
        longest, self.ends.pause_s = self.ends.pause_s, 0.0
        return longest


def take(tokens: int, ranks: int) -> dict[str, Any]:
    """One step's batch for every rank."""
    section = RlvrSection(
        data=(GeneratedRows(rows=1),), steps=3, problems_per_step=PROBLEMS, group_size=GROUP, max_prompt_tokens=512,
        max_completion_tokens=LONGEST, schedule=ScheduleSection(learning_rate=1e-6), max_staleness=1,
    )  # fmt: skip
    problems = [Problem(id=str(i), prompt="?", verifier="math") for i in range(1000)]
    ray.init("local", num_cpus=2, include_dashboard=False, logging_level="ERROR")
    place = ray.remote(EndsThere).remote(tokens)
    engine = RemoteEngine(place)
    with tempfile.TemporaryDirectory() as folder:
        controller = Controller(
            section, 0, problems, lambda p: (1,) * 500, Sampling(1.0, LONGEST), Pushes(engine), SimulatedVerifiers(0.0),
            lambda step, groups: write_rollouts(Path(folder) / f"{step}.parquet", step, groups),
        )  # fmt: skip
        controller.push(WEIGHTS, 0, tensor_hashes(WEIGHTS))
        while not controller.groups.ready():
            time.sleep(0.1)
        rollouts = [r for group in controller.groups.queue.values() for r in group.rollouts.values()][
            : PROBLEMS * GROUP
        ]
        held = sum(_bytes(rollout) for rollout in rollouts)
        total = sum(len(rollout.transcript.tokens) for rollout in rollouts)
        ray.get(place.pause.remote())
        cpu, began = time.process_time(), time.monotonic()
        sent = sum(len(pickle.dumps(controller.share(0, rank, ranks, 40_960), protocol=5)) for rank in range(ranks))
        cpu, seconds = time.process_time() - cpu, time.monotonic() - began
        pause, after = ray.get(place.pause.remote()), time.process_time()
        controller.told(0)
        after = time.process_time() - after
        controller.close()
    ray.shutdown()
    return {
        "rollouts": len(rollouts), "tokens": total, "ranks": ranks, "bytes_held_a_token": round(held / total, 2),
        "bytes_sent_a_token": round(sent / total, 2), "take_cpu_s": round(cpu, 2), "take_s": round(seconds, 2),
        "longest_pause_ms": round(pause * 1e3), "recorded_cpu_s": round(after, 2),
    }  # fmt: skip


def _bytes(rollout: Rollout) -> int:
    """What the rollout's tokens, logprobs and versions take, those of its turns beside its transcript's, each once."""
    held = {id(rollout.transcript): rollout.transcript, **{id(t): t.completion for t in rollout.turns}}.values()
    columns = [column for one in held for column in (one.tokens, one.rollout_logprobs)]
    buffers = {id(column.buffer.obj): column.nbytes for column in columns if isinstance(column, Column)}
    return sum(buffers.values()) + sum(16 * len(Versions(one.policy_versions).runs) for one in held)


def plot(rows: Sequence[dict[str, Any]], train_s: float, path: Path) -> None:
    from matplotlib import pyplot

    figure, axis = pyplot.subplots(figsize=(6, 3))
    names = [str(row["staleness"]) for row in rows]
    idle = [row["step_s"] * row["learner_idle"] for row in rows]
    axis.bar(names, [row["step_s"] - wait for row, wait in zip(rows, idle, strict=True)], label="trains")
    axis.bar(names, idle, bottom=[row["step_s"] - wait for row, wait in zip(rows, idle, strict=True)], label="waits")
    axis.set(
        xlabel="max_staleness", ylabel="seconds a step", title=f"simulated: 4,096 rollouts, {train_s:g} s to train"
    )
    axis.legend()
    figure.tight_layout()
    figure.savefig(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--take", action="store_true")
    parser.add_argument("--tokens", type=int, default=8000)
    parser.add_argument("--ranks", type=int, default=64)
    options = parser.parse_args()
    if options.take:
        print(json.dumps(take(options.tokens, options.ranks)))
        return
    rows = [run(staleness, options.seconds) for staleness in (0, 1, 2, 4)]
    alone = run(2, 0.0)
    if options.plot:
        plot(rows, options.seconds, options.plot)
    print(json.dumps({"simulated": rows, "completions_per_cpu_s": alone["completions_per_cpu_s"]}))


if __name__ == "__main__":
    main()
