"""Doubles shipped at the protocols: a scripted engine and scripted verifiers."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from temper.policy.checkpoint import tensor_hashes
from temper.rlvr.judge import Judgement
from temper.rlvr.rollout import Completion, Request, Sampling
from temper.verifiers.problem import Problem

if TYPE_CHECKING:
    import torch


class ScriptedEngine:
    """Answers each request with `script(index)`, a (text, stopped) pair; token ids are the text's bytes."""

    def __init__(self, script: Callable[[int], tuple[str, bool]]) -> None:
        self.script = script
        self.version = -1

    def push(self, weights: "Mapping[str, torch.Tensor]", version: int) -> dict[str, str]:
        self.version = version
        return tensor_hashes(weights)

    def generate(self, requests: Sequence[Request], sampling: Sampling) -> list[Completion]:
        return [self._completion(*self.script(index)) for index in range(len(requests))]

    def _completion(self, text: str, stopped: bool) -> Completion:
        tokens = tuple(text.encode())
        return Completion(text, tokens, (-1.0,) * len(tokens), "stop" if stopped else "length", self.version)


class ScriptedVerifiers:
    """Judges by a function of the problem and the text."""

    def __init__(self, script: Callable[[Problem, str], Judgement]) -> None:
        self.script = script

    def judge(self, items: Sequence[tuple[Problem, str]]) -> list[Judgement]:
        return [self.script(problem, text) for problem, text in items]
