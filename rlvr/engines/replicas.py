"""Several engines as one: each samples a share of the requests, each takes every push and has to prove it.

The requests of one prompt go to one replica, the one with the least in flight. They collect at the same time, so what
ends is handed on after `wait_s` at the latest. A lost replica is revived and the others are emptied with it: whoever
drives them asks again for all that was in flight.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from typing import TYPE_CHECKING, TypeVar

from temper.rlvr.engines.channel import Seat, seats
from temper.rlvr.engines.engine import WAIT_S, Engine, EngineLostError, TokenRow
from temper.rlvr.rollout import Completion, Request, Sampling

if TYPE_CHECKING:
    import torch

Answer = TypeVar("Answer")


class Replicas:
    """Two engines or more."""

    def __init__(self, replicas: Sequence[Engine]) -> None:
        self.replicas = tuple(replicas)
        self.holds: dict[int, int] = {}
        """Request id to the replica that has it."""

    def push(self, weights: "Mapping[str, torch.Tensor]", version: int) -> dict[str, str]:
        """Where replicas hold different tensors, the text names both hashes and so equals none of the trainer's."""
        with ThreadPoolExecutor(len(self.replicas)) as pool:
            given = seats(weights, len(self.replicas))
            held = list(pool.map(lambda engine, one: _take(engine, one, version), self.replicas, given))
        names = dict.fromkeys(name for hashes in held for name in hashes)
        return {name: " ".join(sorted({hashes.get(name, "none") for hashes in held})) for name in names}

    def submit(self, requests: Sequence[Request], sampling: Sampling) -> None:
        held = Counter(self.holds.values())
        load = [held[place] for place in range(len(self.replicas))]
        shares: list[list[Request]] = [[] for _ in self.replicas]
        for _, alike in groupby(requests, key=lambda request: request.prompt_tokens):
            place = load.index(min(load))
            some = list(alike)
            shares[place] += some
            load[place] += len(some)
            self.holds |= {request.id: place for request in some}
        for engine, share in zip(self.replicas, shares, strict=True):
            engine.submit(share, sampling)

    def collect(self, wait_s: float = WAIT_S) -> list[tuple[int, Completion]]:
        ended = [one for some in self._each(lambda engine: engine.collect(wait_s)) for one in some]
        for i, _ in ended:
            del self.holds[i]
        return ended

    def cancel(self) -> list[int]:
        self.holds.clear()
        return sorted(i for some in self._each(lambda engine: engine.cancel()) for i in some)

    def revive(self) -> bool:
        self.holds.clear()
        return all(self._each(_empty))

    def logprobs(self, rows: Sequence[TokenRow], temperature: float = 1.0) -> list[tuple[float, ...]]:
        """Those of the first replica."""
        return self.replicas[0].logprobs(rows, temperature)

    def _each(self, ask: Callable[[Engine], Answer]) -> list[Answer]:
        with ThreadPoolExecutor(len(self.replicas)) as pool:
            return list(pool.map(ask, self.replicas))


def as_one(engines: Sequence[Engine]) -> Engine:
    return engines[0] if len(engines) == 1 else Replicas(engines)


def _take(engine: Engine, weights: "Mapping[str, torch.Tensor] | Seat", version: int) -> dict[str, str]:
    try:
        return engine.push(weights, version)  # type: ignore[arg-type] # an engine in another process takes its seat
    except BaseException:
        if isinstance(weights, Seat):
            weights.give_up()  # the others wait for it
        raise


def _empty(engine: Engine) -> bool:
    try:
        engine.cancel()
    except EngineLostError:
        return engine.revive()
    return True
