"""How far a long row of verdicts is: a bar on a terminal, else a line now and then."""

import logging
import sys
import time
from collections import Counter

from tqdm import tqdm

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
