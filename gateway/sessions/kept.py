"""What the server keeps of sessions between their calls: the row as it came and the turns that were answered.

These are the truth of a session; a process that judges holds the open one, as a cache (`verifiers.sessions.keeper`). So
a process may be killed, or another one answer the next call, and nothing is lost. Nothing of them is read here: they
are bytes, put together for a process that can be killed.

A session is its client's alone, takes one call at a time, and goes after an idle limit whether or not anybody asks.
"""

import asyncio
import secrets
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from temper.gateway.doors.refusals import RefusalError, too_many
from temper.gateway.section import GatewaySection
from temper.gateway.workers import Answer


@dataclass(eq=False)
class Session:
    id: str
    client: Hashable
    row: bytes
    """The body that opened it."""
    used: float
    turns: list[bytes] = field(default_factory=list)
    """As JSON, each as `/verify` takes it."""
    size: int = 0
    """Bytes of row and turns."""
    calling: bool = True
    """Whether it is being opened, or a call of it is under way."""


class Sessions:
    """Not thread-safe: the server's loop alone uses it."""

    def __init__(
        self, section: GatewaySection, gone: Callable[[str], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`gone` is told the id of each that ends."""
        self.section, self.gone, self.clock = section, gone, clock
        self.kept: OrderedDict[str, Session] = OrderedDict()
        """Who was used longest ago first."""
        self.counts, self.sizes = Counter[Hashable](), Counter[Hashable]()
        """Sessions and bytes by client."""
        self._look: asyncio.TimerHandle | None = None

    def add(self, client: Hashable, row: bytes) -> Session:
        """One that is being opened. Raises RefusalError for one too many."""
        if (mine := self.counts[client]) >= self.section.max_sessions:
            raise too_many(f"sessions: {mine} of yours are open; DELETE those that have ended")
        session = Session(secrets.token_hex(16), client, row, self.clock())
        self._fit(client, len(row))
        self.kept[session.id] = session
        self.counts[client] += 1
        self._grow(session, len(row))
        self._look_later()
        return session

    def opened(self, session: Session, answer: "asyncio.Future[Answer]") -> None:
        """It stays where the row was sound."""
        session.calling, session.used = False, self.clock()
        if not answered(answer, "opened"):
            self.drop(session)

    def get(self, client: Hashable, name: str) -> Session:
        """Raises RefusalError for one that is not there, which another client's is as well."""
        session = self.kept.get(name)
        if session is None or session.client != client:
            idle = self.section.session_idle_s
            raise RefusalError(404, f"session: {name[:64]!r} is not open (or was idle for {idle:g} s); open one")
        return session

    def question(self, session: Session, call: bytes) -> bytes:
        """For a process: a call under way from now on. Raises RefusalError where one is already, and for what is too
        long."""
        if session.calling:
            raise RefusalError(409, "session: a call of it is under way; wait for its answer", {"Retry-After": "1"})
        turns = sum(map(len, session.turns))
        if turns > self.section.max_body:
            raise RefusalError(413, f"session: {turns} bytes of turns, at most {self.section.max_body}; end it")
        self._fit(session.client, len(call))
        session.calling = True
        before = b"[" + b",".join(session.turns) + b"]"
        head = f"call {session.id} {len(session.row)} {len(before)}\n".encode()
        return head + session.row + before + call

    def called(self, session: Session, answer: "asyncio.Future[Answer]") -> None:
        """The call is over, and what it came to part of the session."""
        session.calling, session.used = False, self.clock()
        if self.kept.get(session.id) is not session:
            self.gone(session.id)  # it was ended meanwhile, and the call opened it once more
        elif answered(answer, "broke"):
            self.drop(session)
        else:
            self.kept.move_to_end(session.id)
            if answered(answer, "called"):
                session.turns.append(answer.result().body)
                self._grow(session, len(answer.result().body))

    def drop(self, session: Session) -> None:
        if self.kept.get(session.id) is not session:
            return
        del self.kept[session.id]
        self._grow(session, -session.size)
        self.counts[session.client] -= 1
        for count in (self.counts, self.sizes):
            if not count[session.client]:
                del count[session.client]
        self.gone(session.id)

    def forget(self) -> None:
        """What was idle for too long."""
        now = self.clock()
        for session in list(self.kept.values()):
            if now - session.used <= self.section.session_idle_s:
                break
            if not session.calling:
                self.drop(session)

    def _fit(self, client: Hashable, size: int) -> None:
        most = self.section.max_held
        if self.sizes.total() + size > most or self.sizes[client] + size > most // 4:
            raise too_many("sessions: too many bytes are kept already; DELETE those that have ended")

    def _grow(self, session: Session, size: int) -> None:
        session.size += size
        self.sizes[session.client] += size

    def _look_later(self) -> None:
        if self._look is None:
            self._look = asyncio.get_running_loop().call_later(self.section.session_idle_s / 4, self._look_again)

    def _look_again(self) -> None:
        self._look = None
        self.forget()
        if self.kept:
            self._look_later()


def answered(answer: "asyncio.Future[Answer]", outcome: str) -> bool:
    """Whether it is there and came to that."""
    there = answer.done() and not answer.cancelled() and answer.exception() is None
    return there and answer.result().outcome == outcome
