"""The protocol of an engine: samples completions, and takes the trainer's weights between two tokens.

An engine does nothing by itself: it samples while it is asked to `collect`, so whoever drives it decides when time is
spent (in a process of its own that is `stepping`), and a push falls between two tokens. What is in flight then goes on
under the new weights, its keys and values computed anew: a completion may span versions, and says which token is whose.
Requests start in the order of `submit`.

A push is proven twice. Identity: the engine hashes what it now holds, tensor by tensor, and the controller compares
with the trainer's hashes. Function: both give the logprobs of the same tokens (`logprobs`). A difference is an
`EngineError`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar

from temper.rlvr.rollout import Completion, Request, Sampling

if TYPE_CHECKING:
    import torch

WAIT_S = 1.0
"""How long one `collect` may take: the longest that a push has to wait for its turn."""


TokenRow = tuple[tuple[int, ...], tuple[int, ...]]
"""(prompt tokens, completion tokens)."""


class EngineError(Exception):
    """The engine died or disagrees with the trainer; the controller decides."""


class EngineLostError(EngineError):
    """Its process is gone, with all that it had; `revive` may bring it back."""


Made = TypeVar("Made")


class Engine(Protocol):
    @property
    def replicas(self) -> "Sequence[Engine]":
        """Those that have to prove a push, each by itself: the engine, where it is one."""
        ...

    def push(self, weights: "Mapping[str, torch.Tensor]", version: int) -> dict[str, str]:
        """Takes the weights of `version`; returns a hash of each tensor as the engine now holds it."""
        ...

    def submit(self, requests: Sequence[Request], sampling: Sampling) -> None:
        """Takes requests behind those that it has."""
        ...

    def collect(self, wait_s: float = WAIT_S) -> list[tuple[int, Completion]]:
        """(request id, completion) of what has ended since the last call. Samples until one ends, nothing is in flight
        or `wait_s` is over."""
        ...

    def cancel(self) -> list[int]:
        """Forgets what has not been collected; returns the requests' ids in order."""
        ...

    def revive(self) -> bool:
        """Starts anew and empty after an EngineLostError, under the weights it began with; False where it cannot, or
        EngineError where there is more to say."""
        ...

    def logprobs(self, rows: Sequence[TokenRow], temperature: float = 1.0) -> list[tuple[float, ...]]:
        """The log of the probability of each completion token of the rows, all of them computed anew."""
        ...


def generate(engine: Engine, requests: Sequence[Request], sampling: Sampling) -> list[Completion]:
    """One completion a request, in order; ids must differ and nothing else be in flight."""
    engine.submit(requests, sampling)
    ended: dict[int, Completion] = {}
    while len(ended) < len(requests):
        ended.update(engine.collect())
    return [ended[request.id] for request in requests]


def with_revival(engine: Engine, work: Callable[[], Made]) -> Made:
    """What `work` returns, done once more where the engine is lost meanwhile and comes back."""
    try:
        return work()
    except EngineLostError:
        if not engine.revive():
            raise
    return work()
