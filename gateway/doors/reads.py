"""Whose connection is read next: the selector of a server's loop, which hands on little of what is ready at a time.

asyncio serves in one go all that is ready, so ten thousand requests of one client would stand between each step of
another's and the next. Here a turn of the loop serves everything of the server's own (the processes that judge) and of
connections at most `AT_A_TIME`, by start-time fair queueing over owners, each of whom has an epoll of his own: what one
has ready costs no other's turn anything. What a connection says first counts to its address; new connections are taken
when those that were taken have been read, and the kernel keeps the rest.

Not promised: anything between connections of one owner.
"""

import select
import selectors
from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

AT_A_TIME = 2
"""Connections that a turn serves: each costs below a millisecond, and an answer takes about seven turns."""
MOST_SHARES = 256
"""Owners that are told apart; more are put together."""


@dataclass(frozen=True)
class Owner:
    """Whose a connection is."""

    name: str
    new: bool = False
    """Whether it has not said so, and `name` is its address."""


LISTENER, OTHERS = Owner("listener"), Owner("others")


class Share:
    """What one owner has open."""

    def __init__(self, owner: Owner) -> None:
        self.owner, self.poll = owner, select.epoll()
        self.open = 0
        self.end = 0
        """Where its next turn begins, in turns."""


class HasFile(Protocol):
    def fileno(self) -> int: ...


Key = selectors.SelectorKey
File = int | HasFile


class Reads(selectors.BaseSelector):
    """`own`, `put` and `gone` beside what a selector does. Connections are told by their descriptor."""

    def __init__(self) -> None:
        self.own = selectors.EpollSelector()
        """The server's descriptors, and one for each share."""
        self.shares: dict[Owner, Share] = {}
        self.placed: dict[int, Share] = {}
        self.keys: dict[int, Key] = {}
        """Of connections that are waited for."""
        self._now = 0

    def put(self, file: int, owner: Owner) -> None:
        """From now on it is his."""
        before = self.placed.get(file)
        if before is not None and before.owner == owner:
            return
        key = self.keys.get(file)
        self.gone(file)
        if owner not in self.shares and len(self.shares) >= MOST_SHARES:
            owner = OTHERS
        if owner not in self.shares:
            self.shares[owner] = Share(owner)
            self.own.register(self.shares[owner].poll, selectors.EVENT_READ, self.shares[owner])
        self.placed[file] = self.shares[owner]
        self.placed[file].open += 1
        if key is not None:
            self.register(key.fileobj, key.events, key.data)

    def gone(self, file: int) -> None:
        if file in self.keys:
            self.unregister(file)
        if (share := self.placed.pop(file, None)) is not None:
            share.open -= 1
            if not share.open:
                del self.shares[share.owner]
                self.own.unregister(share.poll)
                share.poll.close()

    def register(self, fileobj: File, events: int, data: Any = None) -> Key:
        file = _number(fileobj)
        if file not in self.placed:
            return self.own.register(fileobj, events, data)
        self.placed[file].poll.register(file, _mask(events))
        self.keys[file] = Key(fileobj, file, events, data)
        return self.keys[file]

    def unregister(self, fileobj: File) -> Key:
        file = _number(fileobj)
        if file not in self.keys:
            return self.own.unregister(fileobj)
        self.placed[file].poll.unregister(file)
        return self.keys.pop(file)

    def modify(self, fileobj: File, events: int, data: Any = None) -> Key:
        file = _number(fileobj)
        if file not in self.keys:
            return self.own.modify(fileobj, events, data)
        if events != self.keys[file].events:
            self.placed[file].poll.modify(file, _mask(events))
        self.keys[file] = Key(fileobj, file, events, data)
        return self.keys[file]

    def select(self, timeout: float | None = None) -> list[tuple[Key, int]]:
        ready = self.own.select(timeout)
        chosen = [one for one in ready if not isinstance(one[0].data, Share)]
        shares = [key.data for key, _ in ready if isinstance(key.data, Share)]
        if any(share.owner.new for share in shares):
            shares = [share for share in shares if share.owner != LISTENER]
        served: dict[int, tuple[Key, int]] = {}
        while shares and len(served) < AT_A_TIME:
            self._next(shares, served)
        return chosen + list(served.values())

    def _next(self, shares: list[Share], served: dict[int, tuple[Key, int]]) -> None:
        """One more of him whose turn begins first; who has no more is left out."""
        share = min(shares, key=lambda one: max(self._now, one.end))
        found = share.poll.poll(0, 1)
        if not found or found[0][0] in served:
            shares.remove(share)
            return
        self._now = max(self._now, share.end)
        share.end = self._now + 1
        file, mask = found[0]
        served[file] = (self.keys[file], _events(mask) & self.keys[file].events)

    def close(self) -> None:
        for share in self.shares.values():
            share.poll.close()
        self.own.close()

    def get_map(self) -> Mapping[Any, Key]:
        return ChainMap(self.keys, self.own.get_map())  # type: ignore[arg-type]


def _number(file: File) -> int:
    return file if isinstance(file, int) else file.fileno()


def _mask(events: int) -> int:
    reads, writes = events & selectors.EVENT_READ, events & selectors.EVENT_WRITE
    return (select.EPOLLIN if reads else 0) | (select.EPOLLOUT if writes else 0)


def _events(mask: int) -> int:
    """What ends or fails is ready for both."""
    reads = selectors.EVENT_READ if mask & ~select.EPOLLOUT else 0
    return reads | (selectors.EVENT_WRITE if mask & ~select.EPOLLIN else 0)
