"""Keeps sessions open between the turns of their rollouts, and answers turns in them.

Whoever asks says all that was called before: a session that is not open (never was, put away to make room, lost with
its process) is opened and told (`Session.again`). So any keeper can answer any turn, and at most so many sessions are
open as there is room for: the one that waits longest goes first. What of ours fails is tried once more from the
beginning in a fresh session, then it is an error of ours.
"""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Protocol

from temper.sandboxes.job import Sandbox, SandboxError
from temper.verifiers.judging import described
from temper.verifiers.plugins import NO_PLUGINS, Plugins
from temper.verifiers.problem import Problem
from temper.verifiers.sessions.calling import calls_of, made
from temper.verifiers.sessions.session import Answered, BrokeSandboxError, Exchanges, Session
from temper.verifiers.sessions.table import session_for

MOST_OPEN = 4_096
"""Sessions without a slot that one keeper holds."""
TRIES = 2


@dataclass(frozen=True)
class Asked:
    """A turn to be answered."""

    key: str
    """Names the rollout's session, and no other one's ever."""
    problem: Problem
    earlier: Exchanges
    text: str
    """What the turn says."""
    last: bool = False
    """Whether no turn may follow: its calls are not made, only looked for."""


@dataclass(frozen=True)
class Heard:
    """What became of it: answers (none where the turn calls nothing), or what went wrong."""

    answered: tuple[Answered, ...] = ()
    pending: bool = False
    """Whether a turn that is the last one calls."""
    error: str = ""
    """Of ours; the rollout is dropped."""
    broke: str = ""
    """By the model's doing; the rollout scores 0."""
    seconds: float = 0.0
    replayed: int = 0
    """Times that the session was opened anew and told what was called before."""
    differed: int = 0
    """Calls that came to something else then."""
    evicted: int = 0
    """Sessions that were put away to make room."""


@dataclass
class Counts:
    """What it took to answer a turn."""

    replayed: int = 0
    differed: int = 0
    evicted: int = 0

    def told(self, heard: Heard, since: float) -> Heard:
        """With these, and the time since then."""
        seconds = time.perf_counter() - since
        return replace(heard, seconds=seconds, replayed=self.replayed, differed=self.differed, evicted=self.evicted)


class Sessions(Protocol):
    """Answers turns."""

    def ask(self, items: Sequence[Asked]) -> list[Future[Heard]]:
        """Without waiting, each as soon as it is there; one turn of a key at a time."""
        ...

    def end(self, keys: Iterable[str]) -> None:
        """Closes sessions that nobody asks again; no harm where there is none."""
        ...


@dataclass
class _Open:
    session: Session
    turns: int = 0
    """Turns that were answered in it."""
    busy: bool = True
    since: float = field(default_factory=time.monotonic)


class Keeper:
    """Thread-safe; `slots` is how many sessions that take a slot of the sandbox may be open."""

    def __init__(
        self,
        make_sandbox: Callable[[], Sandbox] | None = None,
        slots: int = 1,
        most_open: int = MOST_OPEN,
        plugins: Plugins = NO_PLUGINS,
    ) -> None:
        """`make_sandbox` is called once a session needs one."""
        self.plugins = plugins
        self.make_sandbox, self.slots, self.most_open = make_sandbox, slots, most_open
        self._sandbox: Sandbox | None = None
        self._open: dict[str, _Open] = {}
        self._changed = threading.Condition()

    @property
    def num_open(self) -> int:
        return len(self._open)

    def ask(self, items: Sequence[Asked]) -> list[Future[Heard]]:
        """Answers at once, in the calling thread."""
        found = []
        for item in items:
            future: Future[Heard] = Future()
            future.set_result(self.answer(item))
            found.append(future)
        return found

    def answer(self, asked: Asked) -> Heard:
        """Raises nothing."""
        since = time.perf_counter()
        calls = bool(calls_of(asked.text))
        if asked.last or not calls:
            return Heard(pending=calls)
        counts = Counts()
        error = ""
        for _ in range(TRIES):
            try:
                answered = self._answer(asked, counts)
                return counts.told(Heard(answered), since)
            except BrokeSandboxError as broke:
                self.end([asked.key])
                return counts.told(Heard(broke=str(broke)), since)
            except BaseException as wrong:  # whatever a session raises beside a reply is ours
                kind = "sandbox" if isinstance(wrong, SandboxError) else "session"
                error = f"{kind}: {described(wrong)}"
                self.end([asked.key])
        return counts.told(Heard(error=error), since)

    def end(self, keys: Iterable[str]) -> None:
        gone = []
        with self._changed:
            for key in keys:
                if (one := self._open.pop(key, None)) is not None:
                    gone.append(one)
            self._changed.notify_all()
        for one in gone:
            one.session.close()

    def close(self) -> None:
        self.end(list(self._open))
        if self._sandbox is not None:
            self._sandbox.close()

    def _answer(self, asked: Asked, counts: Counts) -> tuple[Answered, ...]:
        held = self._held(asked, counts)
        try:
            answered = tuple(made(held.session, asked.problem, asked.text))
            held.turns += 1
            replayed, differed = held.session.replays()
            counts.replayed += replayed
            counts.differed += differed
            return answered
        finally:
            with self._changed:
                held.busy, held.since = False, time.monotonic()
                self._changed.notify_all()

    def _held(self, asked: Asked, counts: Counts) -> _Open:
        """The rollout's session, having been told all that was called before."""
        with self._changed:
            held = self._open.get(asked.key)
            if held is not None and held.turns == len(asked.earlier):
                held.busy = True
                return held
        # One that is behind has missed a turn, which was answered elsewhere; one that is ahead answered a turn that was
        # sampled again since.
        self.end([asked.key])
        held = _Open(session_for(asked.problem, self.plugins))
        self._make_room(asked.key, held, counts)
        try:
            held.session.open(asked.problem, self._sandbox_of(held.session))
            if earlier := [one for exchange in asked.earlier for one in exchange.answered]:
                counts.replayed += 1
                counts.differed += held.session.again(earlier)
        except BaseException:
            self.end([asked.key])
            raise
        held.turns = len(asked.earlier)
        return held

    def _sandbox_of(self, session: Session) -> Sandbox | None:
        with self._changed:
            wanted = session.takes_sandbox or session.takes_slot
            if wanted and self._sandbox is None and self.make_sandbox is not None:
                self._sandbox = self.make_sandbox()
            return self._sandbox

    def _make_room(self, key: str, held: _Open, counts: Counts) -> None:
        """Puts away the session that waits longest, where there are as many as there may be; waits for one where all
        are at work."""
        while True:
            with self._changed:
                slot = held.session.takes_slot
                alike = {k: one for k, one in self._open.items() if one.session.takes_slot == slot}
                if len(alike) < (self.slots if slot else self.most_open):
                    self._open[key] = held
                    return
                idle = [k for k, one in alike.items() if not one.busy]
                if not idle:
                    self._changed.wait()
                    continue
                oldest = min(idle, key=lambda k: alike[k].since)
                gone = self._open.pop(oldest)
            gone.session.close()
            counts.evicted += 1
