"""Seconds of a step by what was going on, for metrics and for saying who holds the others up.

What overlaps counts under each name. `wait/verify` is the part of `wait` in which verdicts were due and nothing was
generating: what generation does not hide of the time that rewards take.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

NAMES = ("generate", "tools", "verify", "push", "wait")


class Clock:
    """Thread-safe."""

    def __init__(self) -> None:
        self.since: dict[str, float] = {}
        """What is going on, and since when (monotonic)."""
        self.last_take = time.monotonic()
        self._total = dict.fromkeys((*NAMES, "wait/verify"), 0.0)
        self._at = time.monotonic()
        self._lock = threading.Lock()

    def set(self, name: str, going_on: bool) -> None:
        with self._lock:
            if going_on != (name in self.since):
                # The time up to now belongs to what was going on, so it is counted before that changes.
                now = self._advance()
                if going_on:
                    self.since[name] = now
                else:
                    del self.since[name]

    @contextmanager
    def busy(self, name: str) -> Iterator[None]:
        self.set(name, True)
        try:
            yield
        finally:
            self.set(name, False)

    def take(self) -> dict[str, float]:
        """`seconds/...` since the last call."""
        with self._lock:
            self.last_take = self._advance()
            total = {f"seconds/{name}": seconds for name, seconds in self._total.items()}
            self._total = dict.fromkeys(self._total, 0.0)
            return total

    def _advance(self) -> float:
        now = time.monotonic()
        for name in self._total.keys() & self.since.keys():
            self._total[name] += now - self._at
        if {"wait", "verify"} <= self.since.keys() and "generate" not in self.since:
            self._total["wait/verify"] += now - self._at
        self._at = now
        return now
