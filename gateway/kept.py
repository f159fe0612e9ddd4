"""Verdicts by `Idempotency-Key`: who sends a request again gets what the first one got, and no second verdict.

A key belongs to its client and to the bytes that it first came with; another body under it is refused. Errors of ours
are not kept: who asks again asks anew. Bounded by time and by the bytes of what is kept; what is at work is never
dropped.
"""

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from temper.gateway.doors.refusals import RefusalError
from temper.gateway.workers import Answer

KEPT_S = 600.0
MOST_KEPT = 64 << 20
"""Bytes of all answers that are kept."""
ENTRY, ITEM = 1024, 512
"""Bytes that are reckoned for a request and for an answer beside its text."""
LONGEST_KEY = 256


@dataclass(eq=False)
class Entry:
    """The answers to one request, by the place of the row."""

    digest: bytes
    since: float
    answers: dict[int, asyncio.Future[Answer]] = field(default_factory=dict)

    def size(self) -> int:
        known = [one.result().body for one in self.answers.values() if settled(one)]
        return ENTRY + ITEM * len(self.answers) + sum(map(len, known))

    def at_work(self) -> bool:
        return any(not answer.done() for answer in self.answers.values())

    def once(self, place: int, ask: Callable[[], asyncio.Future[Answer]]) -> asyncio.Future[Answer]:
        """The answer that is there or under way, else a new one."""
        known = self.answers.get(place)
        if known is None or (known.done() and not (settled(known) and known.result().status != 503)):
            known = self.answers[place] = ask()
        return known


class Kept:
    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.entries: OrderedDict[tuple[Hashable, str], Entry] = OrderedDict()

    def entry(self, client: Hashable, key: str, body: bytes) -> Entry:
        """Raises RefusalError for a key that came with another body."""
        if len(key) > LONGEST_KEY:
            raise RefusalError(400, f"Idempotency-Key: over {LONGEST_KEY} characters; send a shorter one")
        self._forget()
        digest = hashlib.sha256(body).digest()
        entry = self.entries.get((client, key))
        if entry is None:
            entry = self.entries[client, key] = Entry(digest, self.clock())
        elif entry.digest != digest:
            raise RefusalError(422, "Idempotency-Key: came with another body; give every request its own")
        return entry

    def _forget(self) -> None:
        """What is too old; and, from the oldest on, what is too much."""
        now = self.clock()
        while self.entries:
            key, entry = next(iter(self.entries.items()))
            if entry.at_work() or now - entry.since <= KEPT_S:
                break
            del self.entries[key]
        if len(self.entries) % 64 == 0:  # the sum is a walk over all
            held = sum(entry.size() for entry in self.entries.values())
            for key, entry in list(self.entries.items()):
                if held <= MOST_KEPT:
                    break
                if not entry.at_work():
                    held -= entry.size()
                    del self.entries[key]


def settled(answer: asyncio.Future[Answer]) -> bool:
    return answer.done() and not answer.cancelled() and answer.exception() is None
