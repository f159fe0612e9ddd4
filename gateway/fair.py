"""Whose turn it is: waiting questions of many clients, each client with its share of the processes' time.

Start-time fair queueing over two floors: clients (a token's name, or an address), and under each the names that it
gives itself, of which a flood of names gains nothing. Next comes the client that has used the least time, its questions
at work counted as they run; who comes anew, or again, begins where the least of the others stands, so nobody saves up.
Within a name it is first come, first served.

Absent on purpose: priorities, and weights.
"""

import time
import zlib
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

MOST_CLIENTS, MOST_NAMES = 256, 64
"""Shares that are told apart on each floor; more are put together."""
T = TypeVar("T")


@dataclass(eq=False)
class Share(Generic[T]):
    """What one client, or one of its names, has used and what of it waits."""

    used_s: float = 0.0
    begun: dict[int, float] = field(default_factory=dict)
    """When each of its questions at work began, by ticket."""
    waiting: int = 0
    below: dict[Hashable, "Share[T]"] = field(default_factory=dict)
    items: deque[T] = field(default_factory=deque)
    """Of a name: what waits."""

    def spent(self, now: float) -> float:
        return self.used_s + sum(now - begun for begun in self.begun.values())

    def turn(self, now: float) -> tuple[float, int]:
        """The least comes next."""
        return self.spent(now), len(self.begun)

    def child(self, name: Hashable, now: float) -> "Share[T]":
        """The share of that name, which does not fall behind those at work by having been away."""
        share = self.below.setdefault(name, Share())
        if not share.waiting and not share.begun:
            others = [one.spent(now) for one in self.below.values() if one.waiting or one.begun]
            share.used_s = max(share.used_s, min(others, default=0.0))
        return share

    def prune(self) -> None:
        """Forgets who is away, so that their number is bounded by those at work."""
        self.below = {name: share for name, share in self.below.items() if share.waiting or share.begun}


@dataclass(frozen=True)
class Taken(Generic[T]):
    """An item that is out of the queue, and whose it is."""

    client: Share[T]
    under: Share[T]
    item: T


class FairQueue(Generic[T]):
    """Not thread-safe: the server's loop alone uses it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.root = Share[T]()
        self.clock = clock
        self._at_work: dict[int, tuple[Share[T], Share[T]]] = {}
        self._tickets = 0

    def __len__(self) -> int:
        return self.root.waiting

    def put(self, client: Hashable, name: Hashable, item: T) -> None:
        now = self.clock()
        if client not in self.root.below and len(self.root.below) >= MOST_CLIENTS:
            self.root.prune()
            if len(self.root.below) >= MOST_CLIENTS:
                client = bucket(client, MOST_CLIENTS)
        share = self.root.child(client, now)
        if name not in share.below and len(share.below) >= MOST_NAMES:
            share.prune()
            if len(share.below) >= MOST_NAMES:
                name = bucket(name, MOST_NAMES)
        under = share.child(name, now)
        under.items.append(item)
        for one in (self.root, share, under):
            one.waiting += 1

    def take(self, only_idle: bool = False) -> tuple[int, T] | None:
        """A ticket and the next item, as `pop` gives it, which is at work from now on."""
        taken = self.pop(only_idle)
        return None if taken is None else (self.begin(taken), taken.item)

    def pop(self, only_idle: bool = False) -> Taken[T] | None:
        """The next item, which is neither waiting nor at work until it is begun or put back; on request only of a
        client that has nothing at work."""
        now = self.clock()
        clients = [share for share in self.root.below.values() if share.waiting]
        if only_idle:
            clients = [share for share in clients if not share.begun]
        if not clients:
            return None
        client = min(clients, key=lambda share: share.turn(now))
        under = min((one for one in client.below.values() if one.waiting), key=lambda share: share.turn(now))
        for one in (self.root, client, under):
            one.waiting -= 1
        return Taken(client, under, under.items.popleft())

    def begin(self, taken: Taken[T]) -> int:
        """Its ticket; it is at work from now on."""
        self._tickets += 1
        self._at_work[self._tickets] = (taken.client, taken.under)
        now = self.clock()
        for one in (taken.client, taken.under):
            one.begun[self._tickets] = now
        return self._tickets

    def back(self, taken: Taken[T]) -> None:
        """It is the first of its name's again."""
        taken.under.items.appendleft(taken.item)
        for one in (self.root, taken.client, taken.under):
            one.waiting += 1

    def is_one(self) -> bool:
        """Whether all that waits or is at work is of one name of one client: its order is then the order of all."""
        clients = [share for share in self.root.below.values() if share.waiting or share.begun]
        return len(clients) == 1 and sum(bool(one.waiting or one.begun) for one in clients[0].below.values()) == 1

    def done(self, ticket: int) -> None:
        now = self.clock()
        for share in self._at_work.pop(ticket):
            share.used_s += now - share.begun.pop(ticket)

    def waiting_of(self, client: Hashable) -> int:
        share = self.root.below.get(client)
        return share.waiting if share else 0

    def at_work(self) -> int:
        return len(self._at_work)

    def lately(self, seconds: float) -> int:
        """How many of those at work began within so many seconds."""
        since = self.clock() - seconds
        return sum(begun > since for share in self.root.below.values() for begun in share.begun.values())


def bucket(name: Hashable, number: int) -> int:
    return zlib.crc32(repr(name).encode()) % number
