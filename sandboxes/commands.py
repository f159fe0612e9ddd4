"""Programs of this machine that make an image: each ends within its time, with all that it started."""

import os
import signal
import subprocess
import tempfile
from collections.abc import Sequence

COMMAND_S = 3600.0
"""Debian's packages over a slow line take their time; one that has stopped answering takes for ever."""


def carry_out(what: str, argv: Sequence[str], remedy: str, within_s: float = COMMAND_S) -> None:
    """Raises ValueError with what the program said last, when it fails or does not end."""
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True)
        try:
            status = process.wait(within_s)
            got = f"exit status {status}" if status else ""
        except subprocess.TimeoutExpired:
            got = f"no end after {within_s:g} s"
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(within_s)
        said.seek(0)
        last = said.read()[-300:].decode("utf-8", "replace").strip()
    if got:
        raise ValueError(f"image: {what} failed, {got}, got {last!r}; {remedy}")
