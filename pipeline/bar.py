"""How far a long row of verdicts or a stage is: a bar on a terminal, else lines."""

import contextlib
import logging
import sys
import time
from collections import Counter

from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm

log = logging.getLogger(__name__)

LINE_S = 30.0
"""Seconds between two lines where nobody watches."""


class Bar:
    """Counts what became of each of `total` rows; `counts` holds those that were there before."""

    def __init__(self, name: str, total: int, counts: Counter[str]) -> None:
        self.name, self.counts, self.before = name, counts, counts.total()
        self.started = self.told = time.monotonic()
        self.bar = tqdm(
            total=total, initial=self.before, desc=name, unit=" rows", file=sys.stderr, disable=None, dynamic_ncols=True
        )

    def count(self, outcome: str) -> None:
        self.counts[outcome] += 1
        if self.bar.disable:
            self._line()
        elif self.bar.update():
            self.bar.set_postfix(self.counts, refresh=False)

    def _line(self) -> None:
        now = time.monotonic()
        if now - self.told < LINE_S:
            return
        self.told = now
        counts = ", ".join(f"{name}={count}" for name, count in self.counts.items())
        line = tqdm.format_meter(
            self.counts.total(), self.bar.total, now - self.started, 0, f"{self.name}: ", unit=" rows",
            postfix=counts, initial=self.before,
        )  # fmt: skip
        log.info("%s", line)

    def close(self) -> None:
        self.bar.set_postfix(self.counts)
        self.bar.close()


class StageBar:
    """Steps of a stage on a terminal, with their rate and the time left; says nothing where nobody watches or where the
    lines of a run are not told either (`--quiet`). Lines that are logged meanwhile go above it."""

    def __init__(self, name: str, total: int | None) -> None:
        told = log.isEnabledFor(logging.INFO)
        self.bar = tqdm(
            total=total, desc=name, unit=" steps", file=sys.stderr, disable=None if told else True, dynamic_ncols=True
        )
        self._redirected = contextlib.ExitStack()
        if not self.bar.disable:
            self._redirected.enter_context(logging_redirect_tqdm())

    def show(self, step: int, numbers: str) -> bool:
        """Whether there is a bar to show the step on."""
        if self.bar.disable:
            return False
        self.bar.set_postfix_str(numbers, refresh=False)
        self.bar.update(step - self.bar.n)
        return True

    def close(self) -> None:
        self._redirected.close()
        self.bar.close()
