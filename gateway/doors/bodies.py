"""Bodies of requests, read under a limit each, a limit for all of a client's and one for everybody's."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Hashable, Iterator
from contextlib import contextmanager
from typing import Protocol

from temper.gateway.doors.refusals import RefusalError, too_large, too_many


class Limits(Protocol):
    """A section that says how much is taken."""

    @property
    def max_body(self) -> int: ...
    @property
    def max_held(self) -> int: ...
    @property
    def body_s(self) -> float: ...


class Bodies:
    def __init__(self, section: Limits) -> None:
        self.section = section
        self.held: Counter[Hashable] = Counter()
        """Bytes by client."""
        self.total = 0

    @contextmanager
    def room(self, client: Hashable) -> Iterator["Room"]:
        """What is read into it is given back at its end."""
        room = Room(self, client)
        try:
            yield room
        finally:
            room.take(-room.size)


class Room:
    def __init__(self, bodies: Bodies, client: Hashable) -> None:
        self.bodies, self.client, self.size = bodies, client, 0

    def take(self, size: int) -> None:
        self.size += size
        self.bodies.total += size
        self.bodies.held[self.client] += size
        if not self.bodies.held[self.client]:
            del self.bodies.held[self.client]

    async def read(self, parts: AsyncIterator[bytes], declared: str | None) -> bytes:
        """The body. Raises RefusalError for one that is too long, comes too slowly or finds no room now."""
        most = self.bodies.section.max_body
        if declared is not None and declared.isdecimal() and int(declared[:20]) > most:
            raise too_large(most)
        body: list[bytes] = []
        try:
            async with asyncio.timeout(self.bodies.section.body_s):
                async for part in parts:
                    self._hold(len(part))
                    body.append(part)
                    if self.size > most:
                        raise too_large(most)
        except TimeoutError:
            late = f"body: not there within {self.bodies.section.body_s:g} s; send it faster"
            raise RefusalError(408, late, {"Connection": "close"}) from None
        return b"".join(body)

    def _hold(self, size: int) -> None:
        most = self.bodies.section.max_held
        if self.bodies.total + size > most or self.bodies.held[self.client] + size > most // 4:
            refusal = too_many("body: too many bytes wait already; send it again later")
            refusal.headers["Connection"] = "close"
            raise refusal
        self.take(size)
