"""The engine's thread: takes what is asked from any thread, samples all of it together, tells every token at once.

An engine samples while somebody collects; here a thread of its own does, one step at a time. What was asked waits in a
`FairQueue` until the engine has a free row, so that a client with many requests takes no one's turn; what is dropped
frees its row at the next step. An engine that fails answers all that it had with the error and goes on empty; one that
cannot even be emptied ends the service (`broken`).
"""

import logging
import queue
import threading
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from temper.gateway.fair import FairQueue
from temper.rlvr.engines.sampled import Likeliest, Sampled
from temper.rlvr.rollout import Completion, Request, Sampling, StopReason
from temper.verifiers.judging import described

log = logging.getLogger(__name__)

Tell = Callable[["News"], None]
"""Called in the engine's thread; must not wait."""


class Live(Protocol):
    """An engine whose requests can be looked at and dropped while they are sampled."""

    @property
    def in_flight(self) -> Mapping[int, Sampled]: ...

    def submit(self, requests: Sequence[Request], sampling: Sampling) -> None: ...

    def collect(self, wait_s: float = ...) -> list[tuple[int, Completion]]: ...

    def cancel(self) -> list[int]: ...

    def drop(self, ids: Collection[int]) -> None: ...


@dataclass(frozen=True)
class News:
    """What has been sampled of a request since the last news."""

    tokens: tuple[int, ...] = ()
    logprobs: tuple[float, ...] = ()
    likeliest: tuple[Likeliest, ...] = ()
    """Of each token, where the sampling asks for them."""
    end: StopReason | None = None
    """Nothing follows; with `stop` the last token is one that ends a completion."""
    error: str = ""
    """Of ours; nothing follows."""


@dataclass(frozen=True)
class Asked:
    request: Request
    sampling: Sampling
    client: Hashable
    tell: Tell


@dataclass
class Row:
    """A request that the engine has."""

    asked: Asked
    ticket: int
    sampled: Sampled
    told: int = 0
    """Tokens."""


class Service:
    def __init__(self, engine: Live, batch: int) -> None:
        """`batch`: requests that the engine has at a time."""
        self.engine, self.batch = engine, batch
        self.broken = ""
        """Why nothing is answered any more."""
        self._inbox: queue.SimpleQueue[Asked | tuple[int, ...] | None] = queue.SimpleQueue()
        self._waiting: FairQueue[Asked] = FairQueue()
        self._queued: set[int] = set()
        """Those that wait, without those that were dropped."""
        self._rows: dict[int, Row] = {}
        self._numbers = iter(range(1, 1 << 62))
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)

    def start(self) -> "Service":
        self._thread.start()
        return self

    def close(self) -> None:
        self._inbox.put(None)
        self._thread.join()

    @property
    def at_work(self) -> int:
        return len(self._rows)

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def ask(self, prompt: tuple[int, ...], seed: int, sampling: Sampling, client: Hashable, tell: Tell) -> int:
        """A number by which it can be dropped."""
        number = next(self._numbers)
        self._inbox.put(Asked(Request(number, prompt, seed), sampling, client, tell))
        return number

    def drop(self, numbers: Collection[int]) -> None:
        """Nobody waits for these any more; those that have ended are none."""
        self._inbox.put(tuple(numbers))

    def _run(self) -> None:
        going = True
        while going:
            try:
                going = self._hear()
                self._begin()
                if self._rows:
                    self.engine.collect(0.0)
                self._report()
            except Exception as error:  # whatever the engine raises, whoever waits hears of it
                log.exception("the engine failed")
                self._fail(f"engine: {described(error)}")

    def _hear(self) -> bool:
        """Takes what was put in, and waits for it where there is nothing to do; False at the end."""
        idle = not self._rows and not len(self._waiting)
        while idle or not self._inbox.empty():
            heard = self._inbox.get()
            idle = False
            if heard is None:
                return False
            if isinstance(heard, Asked):
                self._waiting.put(heard.client, b"", heard)
                self._queued.add(heard.request.id)
            else:
                self._forget(heard)
        return True

    def _forget(self, numbers: Collection[int]) -> None:
        here = [number for number in numbers if number in self._rows]
        if here:
            self.engine.drop(here)
        for number in here:
            self._waiting.done(self._rows.pop(number).ticket)
        # Those that wait are passed over at their turn.
        self._queued -= set(numbers)

    def _begin(self) -> None:
        """Gives the engine what waits, as far as it has room."""
        while len(self._rows) < self.batch and (taken := self._waiting.take()):
            ticket, asked = taken
            if asked.request.id not in self._queued:
                self._waiting.done(ticket)
                continue
            self._queued.remove(asked.request.id)
            try:
                if self.broken:
                    raise ValueError(self.broken)
                self.engine.submit([asked.request], asked.sampling)
                self._rows[asked.request.id] = Row(asked, ticket, self.engine.in_flight[asked.request.id])
            except Exception as error:  # a ValueError is about this one alone
                self._waiting.done(ticket)
                asked.tell(News(error=str(error)))
                if not isinstance(error, ValueError):
                    raise

    def _report(self) -> None:
        for number, row in list(self._rows.items()):
            sampled, new = row.sampled, slice(row.told, None)
            logprobs = tuple(sampled.logprobs[new])
            if not logprobs and not sampled.ended:
                continue
            row.told += len(logprobs)
            tokens = tuple(sampled.sequence[-len(logprobs) :]) if logprobs else ()
            row.asked.tell(News(tokens, logprobs, tuple(sampled.likeliest[new]), sampled.stop_reason))
            if sampled.ended:
                self._waiting.done(self._rows.pop(number).ticket)

    def _fail(self, why: str) -> None:
        """All that the engine had ends here."""
        try:
            self.engine.cancel()
        except Exception:  # then it answers nothing any more
            log.exception("the engine cannot be emptied")
            self.broken = f"{why}; it is lost, start the server again"
        for row in self._rows.values():
            row.asked.tell(News(error=why))
            self._waiting.done(row.ticket)
        self._rows.clear()
