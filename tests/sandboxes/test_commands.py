"""Programs that make an image end within their time, and so does what they started."""

import sys
import time
from pathlib import Path

import pytest

from temper.sandboxes.commands import carry_out

STUCK = """
import os, sys, time
if os.fork():
    with open(sys.argv[1], "w") as file: file.write(str(os.getpid()))
    print("asking the mirror", flush=True)
time.sleep(1000)
"""


def test_one_that_ends_well_says_nothing() -> None:
    carry_out("true", ["true"], "do nothing")


def test_one_that_fails_is_quoted_with_the_remedy() -> None:
    with pytest.raises(ValueError, match=r"image: sh failed, exit status 3, got 'no mirror'; give it one"):
        carry_out("sh", ["sh", "-c", "echo no mirror >&2; exit 3"], "give it one")


def test_one_that_never_ends_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    told = tmp_path / "group"
    with pytest.raises(ValueError, match=r"no end after 3 s, got 'asking the mirror'; wait"):
        carry_out("python", [sys.executable, "-c", STUCK, str(told)], "wait", within_s=3)
    group = told.read_text()

    def alive() -> list[Path]:
        found = Path("/proc").glob("[0-9]*/stat")
        return [path for path in found if _fields(path)[2:3] == [group] and _fields(path)[0] not in "ZX"]

    deadline = time.monotonic() + 10
    while alive():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _fields(path: Path) -> list[str]:
    """State, parent, group, ... of a process; nothing once it is gone."""
    try:
        return path.read_text().rpartition(")")[2].split()
    except OSError:
        return []
