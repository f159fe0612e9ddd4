"""Runs any verifier, and keeps whose failure it was: a verdict, or an error of ours with its kind.

`Judge` is plain and sync; `pipeline/` makes Ray actors of it. Whatever a verifier raises or returns that is no verdict
is an error of ours with its reason, never a score. What it hands on is made of plain values anew, so a verdict travels
between processes and into files whatever a verifier put into it.
"""

import inspect
import logging
import math
import threading
import time
import traceback
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

from temper.mistakes import shortened
from temper.verifiers.plugins import NO_PLUGINS, Plugins
from temper.verifiers.problem import Problem
from temper.verifiers.sessions import replay
from temper.verifiers.sessions.replay import replayed
from temper.verifiers.sessions.session import Exchange, Exchanges, SessionError
from temper.verifiers.shown import shown
from temper.verifiers.table import verifier_for
from temper.verifiers.verdict import EndpointError, Verdict, VerifierError, writable
from temper.verifiers.verifier import Sandbox, SandboxError

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Judgement:
    """A verdict, or (with None) the error of ours: `sandbox: ...`, `session: ...` and `endpoint: ...` may be retried
    elsewhere, `verifier: ...` not."""

    verdict: Verdict | None
    error: str = ""
    seconds: float = 0.0
    traceback: str = ""
    """Where a verifier raised."""

    @property
    def outcome(self) -> str:
        """`scored`, `abstained` or `error`."""
        return self.verdict.outcome if self.verdict else "error"

    @property
    def score(self) -> float | None:
        return self.verdict.score if self.verdict else None

    @property
    def detail(self) -> str:
        return self.verdict.detail if self.verdict else self.error

    @property
    def retryable(self) -> bool:
        return self.verdict is None and not self.error.startswith("verifier")


Item = tuple[Problem, str] | tuple[Problem, str, Exchanges]
"""A problem, what the last turn says, and all turns where there are several."""


def parts_of(item: Item) -> tuple[Problem, str, Exchanges]:
    return item if len(item) == 3 else (*item, ())


def answered(judgement: Judgement) -> Future[Judgement]:
    future: Future[Judgement] = Future()
    future.set_result(judgement)
    return future


class Verifiers(Protocol):
    def judge(self, items: Sequence[Item]) -> list[Judgement]:
        """One judgement for each, in order."""
        ...

    def ask(self, items: Sequence[Item]) -> list[Future[Judgement]]:
        """The same without waiting, each as soon as it is there."""
        ...


class Judge:
    """Judges one item after another with one sandbox; from several threads at a time, if need be. Of `tries` all but
    the first are for what may be retried. A problem may name classes of the modules in `plugins` alone."""

    def __init__(self, sandbox: Sandbox | None = None, tries: int = 1, plugins: Plugins = NO_PLUGINS) -> None:
        self.sandbox, self.tries, self.plugins = sandbox, tries, plugins
        self._logged: set[str] = set()

    def judge(self, items: Sequence[Item]) -> list[Judgement]:
        return [self._persist(*parts_of(item)) for item in items]

    def ask(self, items: Sequence[Item]) -> list[Future[Judgement]]:
        """Judges at once, in the calling thread."""
        return [answered(judgement) for judgement in self.judge(items)]

    def _persist(self, problem: Problem, text: str, turns: Exchanges) -> Judgement:
        judgement = self._judge(problem, text, turns)
        for _ in range(self.tries - 1):
            if judgement.retryable:
                judgement = self._judge(problem, text, turns)
        return judgement

    def longest_s(self, problem: Problem, turns: Exchanges = ()) -> float:
        """`Verifier.longest_s` of the row's verifier, and what calls that are still to be made may take; 0 where a
        verifier of somebody's own gives no number."""
        try:
            calls_s = replay.longest_s(problem, turns, self.plugins)
            longest = calls_s + float(verifier_for(problem, self.plugins).longest_s(problem))
        except BaseException as error:  # the verifier's own, as in `verify`
            self._log_once(problem, f"longest_s: {described(error)}", traceback.format_exc())
            return 0.0
        # nobody can wait for NaN or infinity
        return longest if math.isfinite(longest) else 0.0

    def _judge(self, problem: Problem, text: str, turns: Exchanges) -> Judgement:
        start = time.perf_counter()
        try:
            verifier = verifier_for(problem, self.plugins)
            if verifier.reads_turns(problem):
                turns = replayed(problem, turns, self.sandbox, self.plugins)
                verdict = _plain(verifier.verify_turns(problem, turns or (Exchange(text),), self.sandbox))
            else:
                verdict = _plain(verifier.verify(problem, text, self.sandbox))
        except SandboxError as error:
            return Judgement(None, f"sandbox: {_message(error)}", time.perf_counter() - start)
        except SessionError as error:
            return Judgement(None, f"session: {_message(error)}", time.perf_counter() - start)
        except EndpointError as error:
            return Judgement(None, f"endpoint: {_message(error)}", time.perf_counter() - start)
        except BaseException as error:  # ours whatever it is, SystemExit included
            if isinstance(error, KeyboardInterrupt) and threading.current_thread() is threading.main_thread():
                raise  # Ctrl-C comes to the main thread alone; elsewhere a verifier raised it
            what, trace = described(error), traceback.format_exc()
            self._log_once(problem, what, trace)
            return Judgement(None, f"verifier: {what}", time.perf_counter() - start, trace)
        return Judgement(verdict, "", time.perf_counter() - start)

    def _log_once(self, problem: Problem, what: str, trace: str) -> None:
        """One traceback a verifier, with the row on which it came first."""
        name = str(problem.verifier)
        if name not in self._logged:
            self._logged.add(name)
            log.error(
                "verifier %s on problem %s: %s\n%s",
                shown(name), shown(problem.id), shown(what), shown(trace, lines=True),
            )  # fmt: skip


def described(error: BaseException) -> str:
    """`Class: message`, also of an error that cannot be made text."""
    message = _message(error)
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def _message(error: BaseException) -> str:
    try:
        return writable(str(error))
    except Exception as worse:
        return f"its message raised {type(worse).__name__}"


def _plain(found: object) -> Verdict:
    """The verdict, checked again and made of plain values: a subclass, or one made around the checks, has not passed
    them. Raises VerifierError for what is no verdict, ValueError for one that breaks its own rules."""
    if inspect.iscoroutine(found):
        found.close()
        raise VerifierError("verify returned a coroutine, no Verdict; write a plain `def verify`, without async")
    if not isinstance(found, Verdict):
        raise VerifierError(f"verify returned {shortened(found)}, no Verdict; return scored(...) or abstained(...)")
    return Verdict(
        outcome=found.outcome,
        score=None if found.score is None else float(found.score),
        detail=writable(found.detail),
        parts={writable(name): float(score) for name, score in found.parts.items()},
    )
