"""What a rollout consists of, token by token: what was sampled, and what was put behind it.

A transcript only grows. Each token has its logprob under the engine and the version that sampled it; spans say which
tokens were not sampled: results of calls, what the template puts behind a turn, a `</think>` that was forced. These
have logprob 0 and the version of the last sampled token, and are in no loss and no count.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from temper.rlvr.columns import Logprobs, Tokens, Versions

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


class OfTokens(Protocol):
    """What holds values of tokens."""

    @property
    def tokens(self) -> Sequence[int]: ...
    @property
    def rollout_logprobs(self) -> Sequence[float]: ...
    @property
    def policy_versions(self) -> Sequence[int]: ...


def as_columns(one: OfTokens) -> None:
    """Lets it hold its values in columns, whatever sequences it was made of."""
    object.__setattr__(one, "tokens", Tokens(one.tokens))
    object.__setattr__(one, "rollout_logprobs", Logprobs(one.rollout_logprobs))
    object.__setattr__(one, "policy_versions", Versions(one.policy_versions))


@dataclass(frozen=True)
class Transcript:
    """Behind the prompt."""

    tokens: Sequence[int] = ()
    rollout_logprobs: Sequence[float] = ()
    policy_versions: Sequence[int] = ()
    """Of each token; never falls."""
    unsampled: Spans = ()
    """The tokens that the policy did not choose."""

    def __post_init__(self) -> None:
        as_columns(self)
        lengths = {len(self.tokens), len(self.rollout_logprobs), len(self.policy_versions)}
        assert len(lengths) == 1 and (not self.unsampled or self.unsampled[-1][1] <= len(self.tokens)), lengths

    def wrote(
        self,
        tokens: Sequence[int],
        rollout_logprobs: Sequence[float],
        policy_versions: Sequence[int],
        unsampled: Spans = (),
    ) -> "Transcript":
        """Grown by one sampling; `unsampled` counts from its first token."""
        if unsampled:
            # An engine says the probability that a forced token would have had: the policy did not choose it.
            chosen = outside(unsampled, len(tokens))
            rollout_logprobs = [lp if own else 0.0 for lp, own in zip(rollout_logprobs, chosen, strict=True)]
        start = len(self.tokens)
        moved = tuple((start + first, start + last) for first, last in unsampled)
        return Transcript(
            Tokens(self.tokens) + tokens,
            Logprobs(self.rollout_logprobs) + rollout_logprobs,
            Versions(self.policy_versions) + policy_versions,
            joined(self.unsampled, moved),
        )

    def read(self, tokens: Sequence[int]) -> "Transcript":
        """Grown by what the policy only reads; something was sampled before."""
        start, number = len(self.tokens), len(tokens)
        return Transcript(
            Tokens(self.tokens) + tokens,
            Logprobs(self.rollout_logprobs) + (0.0,) * number,
            Versions(self.policy_versions) + Versions.of_runs((last, number) for last in self.policy_versions[-1:]),
            joined(self.unsampled, ((start, start + number),) if tokens else ()),
        )

    @property
    def num_sampled(self) -> int:
        return len(self.tokens) - covered(self.unsampled)

    @property
    def sampled_versions(self) -> Counter[int]:
        """How many of the sampled tokens each version has."""
        found: Counter[int] = Counter()
        start = 0
        for version, count in Versions(self.policy_versions).runs:
            end = start + count
            found[version] += count - sum(max(0, min(end, b) - max(start, a)) for a, b in self.unsampled)
            start = end
        return +found
