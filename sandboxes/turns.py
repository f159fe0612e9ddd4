"""Who is next: places for so many at a time, given strictly in the order of asking.

A semaphore is not fair: a caller that comes as a place falls free takes it from those who waited. The wait has no
limit of its own: it ends as those in front do, and what a pool does for them has its longest time.
"""

import threading
from collections import deque


class Caller:
    """Waiting in line, inside, or recalled before its place came."""

    def __init__(self) -> None:
        self.called = threading.Event()
        self.recalled = False


class Turns:
    """At most `places` callers are inside at a time. Thread-safe."""

    def __init__(self, places: int) -> None:
        self.free = places
        self.line: deque[Caller] = deque()
        self.lock = threading.Lock()

    def enter(self, turn: Caller) -> bool:
        """Waits for a place. False when the turn was recalled first: then there is none to leave."""
        with self.lock:
            if turn.recalled:
                return False
            self.line.append(turn)
            self._call()
        turn.called.wait()
        return not turn.recalled

    def leave(self) -> None:
        with self.lock:
            self.free += 1
            self._call()

    def recall(self, turn: Caller) -> None:
        """Takes it out of the line; one that is inside already stays inside."""
        with self.lock:
            if not turn.called.is_set():
                turn.recalled = True
                turn.called.set()
                self._call()

    def _call(self) -> None:
        """The first in line get what is free; nobody who comes now can be before them."""
        # a recalled turn needs no place, so it leaves the line where none is free
        while self.line and (self.free or self.line[0].recalled):
            first = self.line.popleft()
            if not first.recalled:
                self.free -= 1
                first.called.set()
