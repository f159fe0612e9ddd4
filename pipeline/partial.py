"""A file of JSON lines that grows beside its place and appears there whole: locked, and resumed after a kill.

The name of what grows (`.OUT.<identity>.partial`) says what its lines are made of. So another identity starts anew, and
what is left of the former one is removed. One process at a time writes for an OUT: the lock is the kernel's and ends
with its holder. Lines reach the kernel one by one; a line that a power cut left half written is dropped when the file
is opened again, and what follows it.
"""

import contextlib
import fcntl
import glob
import json
import logging
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from temper.policy.atomic import put_in_place

log = logging.getLogger(__name__)


DIGITS = 12
"""Of an identity, in the name."""


class Partial:
    """Lines that are there, and those to come."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file

    def kept(self) -> Iterator[dict[str, Any]]:
        """The lines that are there, one at a time; afterwards the file ends with the last whole one."""
        end = 0
        self.file.seek(0)
        for line in self.file:
            try:
                row = json.loads(line) if line.endswith(b"\n") else None
            except ValueError:
                row = None
            if not isinstance(row, dict):
                break
            end += len(line)
            yield row
        self.file.seek(end)
        self.file.truncate()

    def append(self, row: Mapping[str, Any]) -> None:
        self.file.write(json.dumps(row).encode() + b"\n")
        self.file.flush()


@contextlib.contextmanager
def growing(out: Path, identity: str) -> Iterator[Partial]:
    """The partial file of `out`, which takes its place when the body ends well. `identity` is a SHA-256 in hex. Raises
    ValueError while another process writes it."""
    identity = identity[:DIGITS]
    out.parent.mkdir(parents=True, exist_ok=True)
    path = out.with_name(f".{out.name}.{identity}.partial")
    with _locked(path, out) as file:
        # The names of what other identities began: twelve hex digits, so that no file of the user's matches.
        for other in out.parent.glob(f".{glob.escape(out.name)}.{'[0-9a-f]' * DIGITS}.partial"):
            if other != path:
                with _locked(other, out):
                    log.info("%s: what was begun is of other rows, verifiers or options; starting anew", out)
                    other.unlink()
        yield Partial(file)
        file.flush()
        put_in_place(path, out)


@contextlib.contextmanager
def _locked(path: Path, out: Path) -> Iterator[BinaryIO]:
    with path.open("a+b") as file:
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ValueError(f"{out}: another process writes it; wait for its end, or end it and run again") from None
        # Between open and lock another process may have put the file in its place: then this one is a stranger's.
        if not path.exists() or not os.path.samestat(path.stat(), os.fstat(file.fileno())):
            raise ValueError(f"{out}: another process has just written it; run again to judge anew")
        yield file
