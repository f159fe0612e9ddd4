"""The memory that the open files of a test's processes hold and no page table shows: files without a name, pipes,
sockets.

Seen through `/proc` and by taking a descriptor over for a moment, which asks for the rights of a tracer. Where those
are missing nothing is seen, nor anywhere what is on its way to another process (SCM_RIGHTS) and open nowhere.
"""

import contextlib
import fcntl
import os
import stat
import struct
import time
from collections.abc import Iterator

from temper.sandboxes.box.processes import Process, libc

PIDFD_GETFD, PIPE_SIZE, TO_READ, TO_SEND = 438, 1032, 0x541B, 0x5411
SPARSELY = 10
"""At most this part of the time is spent here: a program may have 60,000 files open."""
Name = tuple[int, int]
"""Device and inode."""


class OpenFiles:
    def __init__(self, ours: set[Name], counted: set[int]) -> None:
        """`ours`: files that are not the test's; `counted`: devices whose files somebody else counts."""
        self.ours, self.counted = ours, counted
        self.last, self.again = 0, 0.0

    def held(self, found: list[Process]) -> int:
        """Bytes; those of the last time when that was too costly to be repeated yet."""
        started = time.monotonic()
        if started >= self.again:
            known = set(self.ours)
            self.last = sum(size for process in found for size in self._sizes(process.pid, known))
            self.again = started + SPARSELY * (time.monotonic() - started)
        return self.last

    def _sizes(self, pid: int, known: set[Name]) -> Iterator[int]:
        """Of each file of this process that is not known yet."""
        folder = f"/proc/{pid}/fd"
        with contextlib.suppress(OSError):  # it ended, or may not be looked into
            for fd in os.listdir(folder):
                file = os.stat(f"{folder}/{fd}")
                name = file.st_dev, file.st_ino
                if name in known:
                    continue
                known.add(name)
                if stat.S_ISREG(file.st_mode):
                    yield 0 if file.st_nlink or file.st_dev in self.counted else file.st_blocks * 512
                elif stat.S_ISFIFO(file.st_mode) or stat.S_ISSOCK(file.st_mode):
                    yield waiting(pid, int(fd), stat.S_ISFIFO(file.st_mode))


def waiting(pid: int, number: int, is_pipe: bool) -> int:
    """Bytes that wait in a pipe (each takes a page if it comes alone, so all of its pages) or a socket of a process."""
    pidfd = os.pidfd_open(pid)
    fd = libc.syscall(PIDFD_GETFD, pidfd, number, 0)
    os.close(pidfd)
    if fd < 0:
        return 0
    try:
        if is_pipe:
            return fcntl.fcntl(fd, PIPE_SIZE) if _asked(fd, TO_READ) else 0
        return _asked(fd, TO_READ) + _asked(fd, TO_SEND)
    finally:
        os.close(fd)


def _asked(fd: int, request: int) -> int:
    try:
        return int(struct.unpack("i", fcntl.ioctl(fd, request, bytes(4)))[0])
    except OSError:
        return 0
