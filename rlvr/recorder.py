"""What is made of a step's rollouts beside its batch, by a thread: their file, and the numbers that read every text.

`put` returns at once, so that no learner waits for a disk; steps are worked off in their order. `told` waits for a step
and gives its numbers, and raises what went wrong with any. Whoever leaves a checkpoint waits for all of them first: a
run that goes on from there does not come back to a step whose file is missing.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from temper.rlvr import monitor
from temper.rlvr.rollout import Group

Record = Callable[[int, Sequence[Group]], None]
"""Keeps the groups of a step."""


class Recorder:
    def __init__(self, record: Record) -> None:
        self.record = record
        self.before: Record = lambda step, groups: None
        """What is found of a step's groups before they are kept."""
        self._worker: ThreadPoolExecutor | None = None
        self._lock = threading.Lock()
        self._steps: dict[int, Future[dict[str, float]]] = {}
        """Those under way or failed, and the last one."""

    def put(self, step: int, groups: Sequence[Group]) -> None:
        with self._lock:
            # One thread: files of a step that is made again after a step back must not cross.
            self._worker = self._worker or ThreadPoolExecutor(1, "record")
            # One that failed stays until somebody has been told.
            self._steps = {of: future for of, future in self._steps.items() if not future.done() or future.exception()}
            self._steps[step] = self._worker.submit(self._work, step, groups)

    def told(self, step: int) -> dict[str, float]:
        """The numbers of a step that was put; none of one that was not."""
        with self._lock:
            future = self._steps.get(step)
        return future.result() if future is not None else {}

    def wait(self) -> None:
        """Until all that was put is kept."""
        with self._lock:
            futures = list(self._steps.values())
        for future in futures:
            future.result()

    def close(self) -> None:
        """Finishes what was put and forgets it; the next `put` begins anew."""
        with self._lock:
            worker, self._worker = self._worker, None
            self._steps = {}
        if worker is not None:
            worker.shutdown()

    def _work(self, step: int, groups: Sequence[Group]) -> dict[str, float]:
        self.before(step, groups)
        # On disk first: a text that the numbers stumble over can then be looked at.
        self.record(step, groups)
        return monitor.numbers(groups)
