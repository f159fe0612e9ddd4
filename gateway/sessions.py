"""Sessions of rollouts that are sampled elsewhere: a problem's tools, called turn by turn over HTTP.

What is kept here is the row and what was called, which is the truth of a session; a process that judges holds the open
one, as a cache (`verifiers.sessions.keeper`). So a process may be killed, or another one answer the next call, and
nothing is lost. A session is its client's alone, takes one call at a time, and is forgotten after an idle limit.
"""

import asyncio
import json
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from pydantic import JsonValue

from temper.gateway.items import read_object
from temper.gateway.refusals import RefusalError, too_many
from temper.gateway.section import GatewaySection
from temper.gateway.workers import Answer
from temper.mistakes import shortened

FIELDS = ({"text"}, {"name", "arguments"})


@dataclass(eq=False)
class Kept:
    """One session between its calls."""

    id: str
    client: Hashable
    problem: JsonValue
    used: float
    turns: list[JsonValue] = field(default_factory=list)
    """Texts and what their calls came to, as `/verify` takes them."""
    size: int = 0
    """Bytes of row and turns."""
    calling: bool = False


class Sessions:
    """Not thread-safe: the server's loop alone uses it."""

    def __init__(self, section: GatewaySection, clock: Callable[[], float] = time.monotonic) -> None:
        self.section, self.clock = section, clock
        self.kept: OrderedDict[str, Kept] = OrderedDict()
        """Who was used longest ago first."""
        self.size = 0

    def add(self, client: Hashable, problem: JsonValue, size: int) -> Kept:
        """Raises RefusalError for one too many."""
        self._forget()
        mine = sum(one.client == client for one in self.kept.values())
        if mine >= self.section.max_sessions:
            raise too_many(f"sessions: {mine} of yours are open; DELETE those that have ended")
        self._fit(size)
        kept = Kept(secrets.token_hex(16), client, problem, self.clock(), size=size)
        self.kept[kept.id] = kept
        self.size += size
        return kept

    def get(self, client: Hashable, name: str) -> Kept:
        """Raises RefusalError for one that is not there, or another client's."""
        self._forget()
        kept = self.kept.get(name)
        if kept is None or kept.client != client:
            idle = self.section.session_idle_s
            raise RefusalError(404, f"session: {name[:64]!r} is not open (or was idle for {idle:g} s); open one")
        return kept

    def begin(self, kept: Kept) -> None:
        """A call of it. Raises RefusalError while another one is under way."""
        if kept.calling:
            raise RefusalError(409, "session: a call of it is under way; wait for its answer")
        kept.calling = True

    def end(self, kept: Kept, text: str, answer: "asyncio.Future[Answer]") -> None:
        """The call is over, and what it came to part of the session."""
        kept.calling, kept.used = False, self.clock()
        if kept.id not in self.kept:
            return
        self.kept.move_to_end(kept.id)
        if answer.cancelled() or answer.exception() is not None or answer.result().status != 200:
            return
        told = json.loads(answer.result().body)
        if "broke" in told:
            self.drop(kept)
            return
        turn: JsonValue = {"text": text, "answered": told["answered"]}
        size = len(text) + len(answer.result().body)
        kept.turns.append(turn)
        kept.size += size
        self.size += size

    def drop(self, kept: Kept) -> None:
        if self.kept.pop(kept.id, None) is not None:
            self.size -= kept.size

    def question(self, kept: Kept, text: str) -> bytes:
        """For a process. Raises RefusalError for a session that is too long."""
        row = {"problem": kept.problem, "completion": text, "turns": [*kept.turns, {"text": text}]}
        told = json.dumps(row).encode()
        if len(told) > self.section.max_body:
            raise RefusalError(413, f"session: over {self.section.max_body} bytes of turns; end it")
        self._fit(len(text))
        return told

    def _fit(self, size: int) -> None:
        if self.size + size > self.section.max_held:
            raise too_many("sessions: too many bytes are kept already; try again later")

    def _forget(self) -> None:
        now = self.clock()
        for kept in list(self.kept.values()):
            if now - kept.used <= self.section.session_idle_s:
                break
            if not kept.calling:
                self.drop(kept)


def called_text(data: bytes) -> str:
    """What a turn says, of `{"text"}` or of one call's `{"name", "arguments"}`. Raises RefusalError."""
    try:
        body = read_object(data, "body")
    except ValueError as error:
        raise RefusalError(422, str(error)) from error
    if set(body) not in FIELDS:
        remedy = "send text (a whole turn), or name and arguments"
        raise RefusalError(422, f"body: expected a call, got {shortened(body)}; {remedy}")
    if "text" in body:
        if not isinstance(text := body["text"], str):
            raise RefusalError(422, f"body: field 'text': expected a text, got {shortened(text)}; send one")
        return text
    if not isinstance(body["name"], str) or not isinstance(body["arguments"], dict):
        raise RefusalError(422, f"body: expected a name and an object of arguments, got {shortened(body)}; send them")
    return f"<tool_call>\n{json.dumps(body)}\n</tool_call>"
