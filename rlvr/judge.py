"""Verifies completions, and keeps whose failure it was: a verdict, or an error of ours with its kind.

`Judge` is plain and sync; `pipeline/` makes Ray actors of it. It never lets a verifier's exception pass as a score.
"""

import logging
import time
import traceback
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

from temper.verifiers.problem import Problem
from temper.verifiers.table import verifier_for
from temper.verifiers.verdict import EndpointError, Verdict
from temper.verifiers.verifier import Sandbox, SandboxError

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Judgement:
    """A verdict, or (with None) the error of ours: `sandbox: ...` and `endpoint: ...` may be retried elsewhere,
    `verifier: ...` not."""

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


def answered(judgement: Judgement) -> Future[Judgement]:
    future: Future[Judgement] = Future()
    future.set_result(judgement)
    return future


class Verifiers(Protocol):
    def judge(self, items: Sequence[tuple[Problem, str]]) -> list[Judgement]:
        """One judgement for each (problem, completion text), in order."""
        ...

    def ask(self, items: Sequence[tuple[Problem, str]]) -> list[Future[Judgement]]:
        """The same without waiting, each as soon as it is there."""
        ...


class Judge:
    """Judges one item after another with one sandbox; from several threads at a time, if need be. Of `tries` all but
    the first are for what may be retried."""

    def __init__(self, sandbox: Sandbox | None, tries: int = 1) -> None:
        self.sandbox, self.tries = sandbox, tries
        self._logged: set[str] = set()

    def judge(self, items: Sequence[tuple[Problem, str]]) -> list[Judgement]:
        return [self._persist(problem, text) for problem, text in items]

    def ask(self, items: Sequence[tuple[Problem, str]]) -> list[Future[Judgement]]:
        """Judges at once, in the calling thread."""
        return [answered(judgement) for judgement in self.judge(items)]

    def _persist(self, problem: Problem, text: str) -> Judgement:
        judgement = self._judge(problem, text)
        for _ in range(self.tries - 1):
            if judgement.retryable:
                judgement = self._judge(problem, text)
        return judgement

    def _judge(self, problem: Problem, text: str) -> Judgement:
        start = time.perf_counter()
        try:
            verdict = verifier_for(problem).verify(problem, text, self.sandbox)
        except SandboxError as error:
            return Judgement(None, f"sandbox: {error}", time.perf_counter() - start)
        except EndpointError as error:
            return Judgement(None, f"endpoint: {error}", time.perf_counter() - start)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # ours whatever it is, SystemExit included
            name, trace = str(problem.verifier), traceback.format_exc()
            if name not in self._logged:
                self._logged.add(name)
                log.error("verifier %s raised on problem %s:\n%s", name, problem.id, trace)
            return Judgement(None, f"verifier: {type(error).__name__}: {error}", time.perf_counter() - start, trace)
        return Judgement(verdict, "", time.perf_counter() - start)
