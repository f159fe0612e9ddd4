"""What the processes of a job use, read from `/proc`, and their end: the supervisor's eyes and its sword.

A job's processes are all that are not the supervisor's own where there is a PID namespace, and the
descendants of the zygote and of the supervisor (a subreaper) elsewhere. CPU is what the kernel counts for the
living and their reaped children; memory is resident pages, less the warm interpreter that every forked copy
shares.

`wipe` runs in a child **under the job's uid**: uid 0 without DAC rights could not delete a folder of mode 0.
"""

import ctypes
import errno
import os
import signal
import stat
import struct
from typing import NamedTuple

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS, PR_SET_PDEATHSIG = 4, 36, 38, 1
MAX_WIPE_STEPS = 200_000
libc = ctypes.CDLL(None, use_errno=True)


class Process(NamedTuple):
    pid: int
    parent: int
    state: str
    cpu_s: float
    tasks: int
    memory: int


def prctl(option: int, value: int) -> None:
    libc.prctl(option, value, 0, 0, 0)


def drop_capabilities() -> None:
    """Uid 0 of a user namespace keeps its capabilities over a fork; a program has none."""
    header = struct.pack("Ii", 0x20080522, 0)
    libc.capset(header, bytes(24))


def read_process(pid: int) -> Process | None:
    """One line of `/proc/PID/stat`; None when it is gone."""
    try:
        fd = os.open(f"/proc/{pid}/stat", os.O_RDONLY)
    except OSError:
        return None
    try:
        text = os.read(fd, 1024)
    except OSError:
        return None
    finally:
        os.close(fd)
    fields = text[text.rindex(b")") + 2 :].split()
    cpu = int(fields[11]) + int(fields[12]) + int(fields[13]) + int(fields[14])
    return Process(pid, int(fields[1]), chr(fields[0][0]), cpu / TICKS, int(fields[17]), int(fields[21]) * PAGE)


def processes_of_job(ours: set[int], everywhere: bool) -> list[Process]:
    """Living processes that the program started. `ours`: the supervisor, its zygote, PID 1; `everywhere`:
    there is a PID namespace, so whatever is not ours is the job's."""
    found = [process for name in os.listdir("/proc") if name.isdigit() and (process := read_process(int(name)))]
    if everywhere:
        return [process for process in found if process.pid not in ours and process.state not in "ZX"]
    roots, family = ours - {1}, set[int]()
    grew = True
    while grew:
        children = {p.pid for p in found if (p.parent in roots or p.parent in family) and p.pid not in ours}
        grew = not children <= family
        family |= children
    return [process for process in found if process.pid in family and process.state not in "ZX"]


def last_pid() -> int:
    """The newest PID of this namespace: unchanged since a child was forked, that child started no other."""
    with open("/proc/loadavg") as file:
        return int(file.read().split()[4])


def oom_kills() -> int:
    """How often the kernel killed in this container for want of memory; 0 where no cgroup says."""
    for path in ("/sys/fs/cgroup/memory/memory.oom_control", "/sys/fs/cgroup/memory.events"):
        try:
            with open(path) as file:
                for line in file:
                    if line.startswith("oom_kill "):
                        return int(line.split()[1])
        except OSError:
            continue
    return 0


def kill_everything() -> None:
    """Kills every process that the caller may signal, at one instant (the kernel holds its task list
    meanwhile)."""
    try:
        os.kill(-1, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def wipe(folder: str, keep: frozenset[str]) -> None:
    """Empties a folder, but for the names to keep, whatever the program built in it: modes, depth and names
    are all hostile. Walks with `chdir`, for a path may be longer than the kernel takes and deeper than Python
    recurses."""
    os.chdir(folder)
    depth = 0
    for _ in range(MAX_WIPE_STEPS):
        names = [name for name in os.listdir(".") if depth or name not in keep]
        inner = [name for name in names if _remains_after_removal(name)]
        if inner:
            os.chdir(inner[0])
            depth += 1
        elif depth:
            os.chdir("..")
            depth -= 1
        else:
            return


def _remains_after_removal(name: str) -> bool:
    """Deletes a name of this folder; True when it is a folder that has to be emptied first."""
    try:
        if not stat.S_ISDIR(os.lstat(name).st_mode):
            os.unlink(name)
            return False
        os.chmod(name, 0o700)
        os.rmdir(name)
    except OSError as error:
        return error.errno == errno.ENOTEMPTY
    return False
