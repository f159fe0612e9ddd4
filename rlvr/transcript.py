"""What a rollout consists of, token by token: what was sampled, and what was put behind it.

A transcript only grows. Each token has its logprob under the engine and the version that sampled it; spans say which
tokens were not sampled: results of calls, what the template puts behind a turn, a `</think>` that was forced. These
have logprob 0 and the version of the last sampled token, and are in no loss and no count.
"""

from collections.abc import Iterable
from dataclasses import dataclass

Spans = tuple[tuple[int, int], ...]
"""Places from the first of a pair up to and without the second, in order, apart from each other."""


AROUND_RESULTS = 64
"""Tokens that a template may put around a turn's results; most take a dozen."""


def read_tokens(turns: int, result_tokens: int) -> int:
    """All that a rollout of so many turns may read behind its prompt."""
    return (turns - 1) * (result_tokens + AROUND_RESULTS)


def spans_of(places: Iterable[int]) -> Spans:
    """Of places in rising order: 2, 3, 4, 7 are (2, 5) and (7, 8)."""
    found: list[tuple[int, int]] = []
    for place in places:
        if found and found[-1][1] == place:
            found[-1] = (found[-1][0], place + 1)
        else:
            found.append((place, place + 1))
    return tuple(found)


def joined(first: Spans, then: Spans) -> Spans:
    """Both, where all of `then` lies behind `first`; two that meet become one."""
    if first and then and first[-1][1] == then[0][0]:
        return (*first[:-1], (first[-1][0], then[0][1]), *then[1:])
    return first + then


def covered(spans: Spans) -> int:
    """How many places they hold."""
    return sum(end - start for start, end in spans)


def places(spans: Spans) -> tuple[int, ...]:
    """The other way round."""
    return tuple(place for start, end in spans for place in range(start, end))


def outside(spans: Spans, length: int) -> list[int]:
    """1 for each of `length` places that no span holds, else 0."""
    mask = [1] * length
    for start, end in spans:
        mask[start:end] = [0] * (end - start)
    return mask


@dataclass(frozen=True)
class Transcript:
    """Behind the prompt."""

    tokens: tuple[int, ...] = ()
    rollout_logprobs: tuple[float, ...] = ()
    policy_versions: tuple[int, ...] = ()
    """Of each token; never falls."""
    unsampled: Spans = ()
    """The tokens that the policy did not choose."""

    def __post_init__(self) -> None:
        lengths = {len(self.tokens), len(self.rollout_logprobs), len(self.policy_versions)}
        assert len(lengths) == 1 and (not self.unsampled or self.unsampled[-1][1] <= len(self.tokens)), lengths

    def wrote(
        self,
        tokens: tuple[int, ...],
        rollout_logprobs: tuple[float, ...],
        policy_versions: tuple[int, ...],
        unsampled: Spans = (),
    ) -> "Transcript":
        """Grown by one sampling; `unsampled` counts from its first token."""
        chosen = outside(unsampled, len(tokens))
        # An engine says the probability that a forced token would have had: the policy did not choose it.
        logprobs = tuple(lp if own else 0.0 for lp, own in zip(rollout_logprobs, chosen, strict=True))
        start = len(self.tokens)
        moved = tuple((start + first, start + last) for first, last in unsampled)
        return Transcript(
            self.tokens + tokens,
            self.rollout_logprobs + logprobs,
            self.policy_versions + policy_versions,
            joined(self.unsampled, moved),
        )

    def read(self, tokens: tuple[int, ...]) -> "Transcript":
        """Grown by what the policy only reads; something was sampled before."""
        start, number = len(self.tokens), len(tokens)
        return Transcript(
            self.tokens + tokens,
            self.rollout_logprobs + (0.0,) * number,
            self.policy_versions + self.policy_versions[-1:] * number,
            joined(self.unsampled, ((start, start + number),) if tokens else ()),
        )

    @property
    def num_sampled(self) -> int:
        return len(self.tokens) - covered(self.unsampled)

    @property
    def sampled_versions(self) -> list[int]:
        """Of the sampled tokens alone."""
        chosen = outside(self.unsampled, len(self.tokens))
        return [version for version, own in zip(self.policy_versions, chosen, strict=True) if own]
