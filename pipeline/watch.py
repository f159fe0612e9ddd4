"""Says within a minute who holds a training up: an engine, a verifier, the trainer or the controller, since when."""

import logging
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

log = logging.getLogger(__name__)

ASK_EVERY_S, AFTER_S = 10.0, 40.0
"""A role that is at one thing for longer than the second is named at the next asking, and then once a minute."""


class Watch:
    """Asks `stalled(after_s)` from entry to exit."""

    def __init__(
        self, stalled: Callable[[float], list[str]], every_s: float = ASK_EVERY_S, after_s: float = AFTER_S
    ) -> None:
        self.stalled, self.every_s, self.after_s = stalled, every_s, after_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask, name="watch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _ask(self) -> None:
        quiet = 0.0
        while not self._stop.wait(self.every_s):
            # 60 s of quiet, 10 less at each asking: who still holds it up is named again at the sixth.
            quiet -= self.every_s
            if quiet <= 0 and (found := self.stalled(self.after_s)):
                log.warning("waiting for %s", "; ".join(found))
                quiet = 60.0
