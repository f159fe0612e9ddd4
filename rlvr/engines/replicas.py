"""Several engines as one: each samples a share of the requests, each takes every push and has to prove it.

The requests of one prompt go to one replica, the one with the least in flight. They collect at the same time, so what
ends is handed on after `wait_s` at the latest. Where one is lost the others go on: what it had is asked of them, it is
started anew meanwhile, and the next push takes it back (at once where nothing was ever pushed, so that it holds what
the others hold). Only with the last one are they lost together.
"""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import groupby
from typing import TYPE_CHECKING, TypeVar

from temper.rlvr.engines.channel import Seat, seats
from temper.rlvr.engines.engine import WAIT_S, Engine, EngineLostError, TokenRow
from temper.rlvr.rollout import Completion, Request, Sampling

if TYPE_CHECKING:
    import torch

log = logging.getLogger(__name__)

Answer = TypeVar("Answer")
Lost = Mapping[int, EngineLostError]
"""By the place of the replica."""


class Replicas:
    """Two engines or more."""

    def __init__(self, engines: Sequence[Engine]) -> None:
        self.engines = tuple(engines)
        self.out: dict[int, Future[bool]] = {}
        """Those that are lost, by place: whether they have come back, once that is known."""
        self.holds: dict[int, tuple[int, Request, Sampling]] = {}
        """Request id to the place of the replica that has it, and what was asked."""
        self.pushed = False

    @property
    def replicas(self) -> Sequence[Engine]:
        """Those that are there."""
        return tuple(self.engines[place] for place in self._there())

    def push(self, weights: "Mapping[str, torch.Tensor]", version: int) -> dict[str, str]:
        """Where replicas hold different tensors, the text names both hashes and so equals none of the trainer's."""
        self.pushed = True
        self._take_back()
        given = dict(zip(self._there(), seats(weights, len(self._there())), strict=True))
        # Who is lost is not known yet: of a push that is cut short every one that was in it tells.
        by_place, lost = self._each(lambda place, engine: _take(engine, given[place], version), given)
        for error in lost.values():
            raise error
        held = list(by_place.values())
        names = dict.fromkeys(name for hashes in held for name in hashes)
        return {name: " ".join(sorted({hashes.get(name, "none") for hashes in held})) for name in names}

    def submit(self, requests: Sequence[Request], sampling: Sampling) -> None:
        shares = self._dealt(requests)
        for place, some in shares.items():
            self.holds |= {request.id: (place, request, sampling) for request in some}
        _, lost = self._each(lambda place, engine: engine.submit(shares[place], sampling), shares)
        self._go_on_without(lost)

    def collect(self, wait_s: float = WAIT_S) -> list[tuple[int, Completion]]:
        if not self.pushed:
            self._take_back()
        by_place, lost = self._each(lambda _, engine: engine.collect(wait_s), self._there())
        ended = [one for some in by_place.values() for one in some]
        for i, _ in ended:
            del self.holds[i]
        self._go_on_without(lost)
        return ended

    def cancel(self) -> list[int]:
        cancelled = sorted(self.holds)
        self.holds.clear()
        self._go_on_without(self._each(lambda _, engine: engine.cancel(), self._there())[1])
        return cancelled

    def revive(self) -> bool:
        """Empties those that are there; where none is, waits for the first that comes back. Raises the first reason why
        none does."""
        self.holds.clear()
        self._leave(self._each(lambda _, engine: engine.cancel(), self._there())[1])
        left = set(self.out.values())
        while not self._there() and left:
            done, left = wait(left, return_when=FIRST_COMPLETED)
            self._take_back()
        if not self._there() and (why := [error for back in self.out.values() if (error := back.exception())]):
            raise why[0]
        return bool(self._there())

    def logprobs(self, rows: Sequence[TokenRow], temperature: float = 1.0) -> list[tuple[float, ...]]:
        """Those of the first replica."""
        return self.replicas[0].logprobs(rows, temperature)

    def _there(self) -> list[int]:
        return [place for place in range(len(self.engines)) if place not in self.out]

    def _dealt(self, requests: Sequence[Request]) -> dict[int, list[Request]]:
        load = Counter(place for place, _, _ in self.holds.values())
        shares: dict[int, list[Request]] = {}
        for _, alike in groupby(requests, key=lambda request: request.prompt_tokens):
            place = min(self._there(), key=lambda one: load[one])
            some = list(alike)
            shares.setdefault(place, []).extend(some)
            load[place] += len(some)
        return shares

    def _each(
        self, ask: Callable[[int, Engine], Answer], places: Iterable[int]
    ) -> tuple[dict[int, Answer], dict[int, EngineLostError]]:
        """The answers of the replicas at these places, all asked at once, and of which there is none as they are lost.
        Raises any other error."""
        with ThreadPoolExecutor(len(self.engines)) as pool:
            asked = {place: pool.submit(ask, place, self.engines[place]) for place in places}
        answers: dict[int, Answer] = {}
        lost: dict[int, EngineLostError] = {}
        for place, future in asked.items():
            if isinstance(error := future.exception(), EngineLostError):
                lost[place] = error
            else:
                answers[place] = future.result()
        return answers, lost

    def _go_on_without(self, lost: Lost) -> None:
        """What they had is asked of the others. Raises EngineLostError where nobody is left."""
        if not lost:
            return
        self._leave(lost)
        if not self._there():
            raise next(iter(lost.values()))
        theirs = [(request, sampling) for place, request, sampling in self.holds.values() if place in lost]
        for sampling, some in groupby(theirs, key=lambda one: one[1]):
            self.submit([request for request, _ in some], sampling)

    def _leave(self, lost: Lost) -> None:
        for place, error in lost.items():
            log.warning("engine %d of %d is lost (%s); it is started anew", place + 1, len(self.engines), error)
            self.out[place] = _in_background(self.engines[place].revive)

    def _take_back(self) -> None:
        for place, back in list(self.out.items()):
            if back.done() and back.exception() is None and back.result():
                log.warning("engine %d of %d is back", place + 1, len(self.engines))
                del self.out[place]


def as_one(engines: Sequence[Engine]) -> Engine:
    return engines[0] if len(engines) == 1 else Replicas(engines)


def _take(engine: Engine, weights: "Mapping[str, torch.Tensor] | Seat", version: int) -> dict[str, str]:
    try:
        return engine.push(weights, version)  # type: ignore[arg-type] # an engine in another process takes its seat
    except BaseException:
        if isinstance(weights, Seat):
            weights.give_up()  # the others wait for it
        raise


def _in_background(work: Callable[[], bool]) -> Future[bool]:
    """In a thread that no process waits for at its end."""
    found = Future[bool]()

    def run() -> None:
        try:
            found.set_result(work())
        except BaseException as error:
            found.set_exception(error)

    threading.Thread(target=run, name="revive", daemon=True).start()
    return found
