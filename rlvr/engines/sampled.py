"""A request under way in an engine, whatever engine samples: its tokens so far, whether the next one is forced, and
where it ends."""

from collections.abc import Iterator, Sequence
from typing import Any

import torch

from temper.rlvr.rollout import Completion, Request, Sampling, StopReason
from temper.rlvr.routing.experts import Growing
from temper.rlvr.transcript import spans_of

Likeliest = tuple[tuple[int, float], ...]
"""(token, its logprob) at one place, the likeliest first."""


class Sampled:
    """A request and what was sampled of it so far, whatever engine samples."""

    def __init__(
        self, request: Request, sampling: Sampling, stop_ids: frozenset[int], think_ids: tuple[int, int]
    ) -> None:
        self.request, self.sampling = request, sampling
        self.max_tokens = sampling.max_tokens if request.max_tokens is None else request.max_tokens
        self.stop_ids, self.think_ids = stop_ids | set(sampling.stop_ids), think_ids
        self.uniforms: Iterator[float] = uniforms(request.seed)
        self.sequence = list(request.prompt_tokens)
        self.logprobs: list[float] = []
        self.versions: list[int] = []
        self.likeliest: list[Likeliest] = []
        self.experts = Growing(request.routed)
        """Of the tokens that were computed; empty unless `Sampling.experts`."""
        self.forced: list[int] = []
        self.stop_reason: StopReason | None = None
        self.dropped = False
        self.drafted = self.accepted = 0
        """Guesses of a next token, and those that it was."""
        self.thinking = open_thought(request.prompt_tokens, think_ids)
        self.thoughts = 0

    @property
    def tokens(self) -> list[int]:
        return self.sequence[len(self.request.prompt_tokens) :]

    @property
    def force(self) -> int:
        """The token that has to come next, -1 when it is drawn."""
        budget = self.sampling.thinking_tokens
        return self.think_ids[1] if self.thinking and budget is not None and self.thoughts >= budget else -1

    @property
    def ended(self) -> bool:
        return self.stop_reason is not None or self.dropped

    def take(self, token: int, logprob: float, version: int, likeliest: Likeliest = ()) -> None:
        # Before `_think`, which closes the thought: after it nothing is forced any more.
        if self.force >= 0:
            self.forced.append(len(self.logprobs))
        self._think(token)
        self.sequence.append(token)
        self.logprobs.append(logprob)
        self.versions.append(version)
        if self.sampling.likeliest:
            self.likeliest.append(likeliest)
        if token in self.stop_ids:
            self.stop_reason = "stop"
        elif len(self.logprobs) == self.max_tokens:
            self.stop_reason = "length"

    def completion(self, tokenizer: Any) -> Completion:
        """Of a row that ended."""
        assert self.stop_reason is not None
        body = self.tokens[:-1] if self.stop_reason == "stop" else self.tokens
        return Completion(
            text=tokenizer.decode(body, skip_special_tokens=False),
            tokens=tuple(self.tokens),
            rollout_logprobs=tuple(self.logprobs),
            stop_reason=self.stop_reason,
            policy_versions=tuple(self.versions),
            unsampled=spans_of(self.forced),
            drafted=self.drafted,
            accepted=self.accepted,
            experts=self.experts.done(),
        )

    def _think(self, token: int) -> None:
        if token in self.think_ids:
            self.thinking = token == self.think_ids[0]
        elif self.thinking:
            self.thoughts += 1


def open_thought(prompt: Sequence[int], think_ids: tuple[int, int]) -> bool:
    """Whether a prompt ends inside `<think>`: the last of its think tokens says so."""
    return [token for token in prompt if token in think_ids][-1:] == [think_ids[0]]


def uniforms(seed: int) -> Iterator[float]:
    """The uniform numbers of a request, without end: the same whatever is taken at a time."""
    generator = torch.Generator().manual_seed(seed)
    while True:
        yield from torch.rand(64, generator=generator, dtype=torch.float64).tolist()
