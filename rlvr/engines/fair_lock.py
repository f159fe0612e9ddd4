"""A lock that a loop cannot keep by taking it again and again."""

import threading


class FairLock:
    """Whoever waits goes next, before the one that has just let go of it."""

    def __init__(self) -> None:
        self._next, self._turn = threading.Lock(), threading.Lock()

    def __enter__(self) -> None:
        # Whoever waits for the turn holds `_next`, so a loop that has just let go of the turn stands behind him.
        with self._next:
            self._turn.acquire()

    def __exit__(self, *_: object) -> None:
        self._turn.release()
