"""Doubles shipped at the protocols: a scripted engine, scripted verifiers and a trainer's scripted feed."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING

from temper.policy.checkpoint import tensor_hashes
from temper.rlvr.batches.dealing import Share, shares
from temper.rlvr.engines.engine import WAIT_S, Engine, TokenRow
from temper.rlvr.proof import Probe
from temper.rlvr.rollout import Batch, Completion, Request, Sampling
from temper.rlvr.routing.experts import Experts
from temper.verifiers.judging import Item, Judgement, answered, parts_of
from temper.verifiers.problem import Problem

if TYPE_CHECKING:
    import torch


class ScriptedEngine:
    """Answers a request with `script(id)`, a (text, stopped) pair; token ids are the text's bytes. A collect ends at
    most `at_once` of the requests, in order. Later turns are answered with `later`, of the whole request. Where experts
    are asked for, each token has gone to one, in one layer, that its token id names."""

    def __init__(
        self,
        script: Callable[[int], tuple[str, bool]],
        at_once: int | None = None,
        later: Callable[[Request], tuple[str, bool]] | None = None,
    ) -> None:
        self.script, self.at_once, self.later = script, at_once, later
        self.asked: list[Request] = []
        """All that was ever submitted, in order."""
        self.version = -1
        self.experts = False
        self.waiting: list[Request] = []

    @property
    def replicas(self) -> Sequence[Engine]:
        return (self,)

    def push(self, weights: "Mapping[str, torch.Tensor]", version: int) -> dict[str, str]:
        self.version = version
        return tensor_hashes(weights)

    def submit(self, requests: Sequence[Request], sampling: Sampling) -> None:
        self.asked += requests
        self.experts = sampling.experts
        self.waiting = [*(r for r in requests if r.turn), *self.waiting, *(r for r in requests if not r.turn)]

    def collect(self, wait_s: float = WAIT_S) -> list[tuple[int, Completion]]:
        ended, self.waiting = self.waiting[: self.at_once], self.waiting[len(self.waiting[: self.at_once]) :]
        return [(request.id, self._completion(request, *self._said(request))) for request in ended]

    def _said(self, request: Request) -> tuple[str, bool]:
        return self.later(request) if request.turn and self.later else self.script(request.id)

    def cancel(self) -> list[int]:
        cancelled, self.waiting = self.waiting, []
        return [request.id for request in cancelled]

    def revive(self) -> bool:
        self.waiting = []
        return True

    def logprobs(self, rows: Sequence[TokenRow], temperature: float = 1.0) -> list[tuple[float, ...]]:
        return [(-1.0,) * len(completion) for _, completion in rows]

    def _completion(self, request: Request, text: str, stopped: bool) -> Completion:
        tokens = tuple(text.encode())
        versions, logprobs = (self.version,) * len(tokens), (-1.0,) * len(tokens)
        computed = (*request.prompt_tokens, *tokens)[request.routed : -1]
        experts = Experts(bytes(token % 256 for token in computed), 1, 1) if self.experts else Experts()
        return Completion(text, tokens, logprobs, "stop" if stopped else "length", versions, experts=experts)


class ScriptedFeed:
    """A trainer's feed: the batch of a step is `script(step)`; what was pushed is kept by version."""

    def __init__(self, script: Callable[[int], Batch]) -> None:
        self.script = script
        self.pushed: dict[int, Mapping[str, torch.Tensor]] = {}

    def push(self, weights: "Mapping[str, torch.Tensor]", version: int, probe: Probe) -> None:
        self.pushed[version] = {name: tensor.clone() for name, tensor in weights.items()}

    def take(self, step: int, rank: int, ranks: int, budget: int) -> Share:
        return shares(self.script(step), ranks, budget)[rank]

    def told(self, step: int) -> dict[str, float]:
        return {}

    def save(self, path: Path) -> None:
        path.write_bytes(b"")

    def restore(self, saved: Path | None) -> None:
        return


class ScriptedVerifiers:
    """Judges by a function of the problem and the text."""

    def __init__(self, script: Callable[[Problem, str], Judgement]) -> None:
        self.script = script

    def judge(self, items: Sequence[Item]) -> list[Judgement]:
        return [self.script(problem, text) for problem, text, _ in map(parts_of, items)]

    def ask(self, items: Sequence[Item]) -> list[Future[Judgement]]:
        return [answered(judgement) for judgement in self.judge(items)]
