"""What the solution prints, warns and logs, for the tests: it reaches them with the next message, in its order."""

import io
import sys
import warnings
from collections.abc import Callable, Iterable, Sized
from typing import Any

MAX_KEPT = 1 << 16
"""Characters that are kept until a message goes; beyond them one is sent for their sake."""
Said = list[tuple[str, object]]


class Relays:
    """The solution's side."""

    def __init__(self) -> None:
        self.said: Said = []
        self.kept = 0
        self.streams = [Stream(self, name) for name in ("stdout", "stderr")]
        self.full: Callable[[], None] = lambda: None
        """Called when much is kept."""

    def put_up(self, program: str) -> None:
        """For a program of this text."""
        sys.stdout, sys.stderr = self.streams
        if "warn" in program:
            warnings.simplefilter("always")
            warnings.showwarning = lambda message, category, *_: self.say("warning", (str(message), category))
        if "logging" in program:
            self._follow_logs()

    def _follow_logs(self) -> None:
        import logging

        handler = logging.Handler()
        handler.emit = lambda record: self.say("log", (record.name, record.levelno, record.getMessage()))  # type: ignore[method-assign]
        logging.getLogger().addHandler(handler)
        logging.getLogger().setLevel(1)

    def say(self, what: str, value: Sized) -> None:
        self.said.append((what, value))
        self.kept += len(value)
        if self.kept > MAX_KEPT:
            self.full()

    def take(self) -> Said:
        for stream in self.streams:
            stream.flush()
        said, self.said, self.kept = self.said, [], 0
        return said


class Stream(io.TextIOWrapper):
    """Text and, under it, bytes that go the same way."""

    def __init__(self, relays: Relays, name: str) -> None:
        super().__init__(Bytes(relays, name), encoding="utf-8", errors="surrogatepass")  # type: ignore[arg-type]


class Bytes(io.RawIOBase):
    def __init__(self, relays: Relays, name: str) -> None:
        self.relays, self.stream = relays, name

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        self.relays.say(self.stream, bytes(content).decode("utf-8", "replace"))
        return len(content)


def hear(said: Iterable[tuple[str, object]], decode: Callable[[object], Any]) -> None:
    """The tests' side: prints, warns and logs as the solution did."""
    for what, encoded in said:
        value = decode(encoded)
        if what in ("stdout", "stderr"):
            getattr(sys, what).write(value)
        elif what == "warning":
            warnings.warn(value[0], value[1], stacklevel=2)
        else:
            _log(*value)


def _log(name: str, level: int, message: str) -> None:
    import logging

    logger = logging.getLogger(name)
    if logger.isEnabledFor(level):
        logger.handle(logger.makeRecord(name, level, "solution.py", 0, message, (), None))
