"""An engine that samples on by itself: it decodes in a thread of its own, whether or not anybody collects just now.

A controller that deals a step out to its learners, or waits for a slower engine, then costs the others no token. Who
pushes, submits or asks waits for one decoding step, or `STEP_S` where those are shorter. What has ended lies here until
it is collected; a push may come first, and its tokens keep the version that sampled them.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from temper.rlvr.engines.engine import WAIT_S, Engine, TokenRow
from temper.rlvr.engines.fair_lock import FairLock
from temper.rlvr.rollout import Completion, Request, Sampling

if TYPE_CHECKING:
    import torch

STEP_S = 0.05
"""How long the thread keeps the engine at most, beyond one decoding step."""

Answer = TypeVar("Answer")


class Stepping:
    """What fails in the thread is raised to whoever collects next, until `cancel`."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.ended: list[tuple[int, Completion]] = []
        self.left = 0
        """Requests that the engine still has."""
        self.failure: Exception | None = None
        self._lock = FairLock()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    @property
    def replicas(self) -> Sequence[Engine]:
        return (self,)

    def push(self, weights: "Mapping[str, torch.Tensor]", version: int) -> dict[str, str]:
        return self._asked(lambda: self.engine.push(weights, version))

    def submit(self, requests: Sequence[Request], sampling: Sampling) -> None:
        with self._lock:
            self.engine.submit(requests, sampling)
            with self._changed:
                self.left += len(requests)
                self._changed.notify_all()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="samples", daemon=True)
            self._thread.start()

    def collect(self, wait_s: float = WAIT_S) -> list[tuple[int, Completion]]:
        with self._changed:
            self._changed.wait_for(lambda: self.ended or self.failure or not self.left, wait_s)
            ended, self.ended = self.ended, []
            if self.failure and not ended:
                raise self.failure
            return ended

    def cancel(self) -> list[int]:
        """In order of their numbers, which is that of their asking."""
        with self._lock:
            cancelled = self.engine.cancel()
            with self._changed:
                cancelled += [i for i, _ in self.ended]
                self.ended, self.left, self.failure = [], 0, None
        return sorted(cancelled)

    def revive(self) -> bool:
        return self._asked(self.engine.revive)

    def logprobs(self, rows: Sequence[TokenRow], temperature: float = 1.0) -> list[tuple[float, ...]]:
        return self._asked(lambda: self.engine.logprobs(rows, temperature))

    def _asked(self, ask: Callable[[], Answer]) -> Answer:
        with self._lock:
            return ask()

    def _run(self) -> None:
        """The thread's: it lives as long as the process."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self.left and not self.failure)
            with self._lock:
                self._step()

    def _step(self) -> None:
        ended: list[tuple[int, Completion]] = []
        failure = None
        try:
            ended = self.engine.collect(STEP_S)
        except Exception as error:  # of any class: whoever collects is told
            failure = error
        with self._changed:
            self.ended += ended
            self.left -= len(ended)
            self.failure = failure
            self._changed.notify_all()
