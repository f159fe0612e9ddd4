"""The processes of a job, read from `/proc`, and their end: the supervisor's eyes and its sword.

A job's processes are all that are not the supervisor's own where there is a PID namespace, and the
descendants of the zygote and of the supervisor (a subreaper) elsewhere.

`wipe` runs in a child **under the job's uid**: uid 0 without DAC rights could not delete a folder of mode 0.
"""

import ctypes
import errno
import os
import resource
import signal
import stat
import struct
import time
from typing import NamedTuple

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS, PR_SET_PDEATHSIG = 4, 36, 38, 1
LIMITS = [number for name, number in vars(resource).items() if name.startswith("RLIMIT_")]
CPUCLOCK_SCHED = 2
"""The kernel's clock of another process's CPU time: this in the low bits under the inverted PID."""
MAX_WIPE_STEPS = 200_000
libc = ctypes.CDLL(None, use_errno=True)


class Process(NamedTuple):
    pid: int
    parent: int
    cpu_s: float
    """CPU time of itself and of the children that it waited for."""
    waited_s: float
    """CPU time of those children alone."""
    tasks: int
    memory: int
    """Resident pages, in bytes."""


def prctl(option: int, value: int) -> None:
    libc.prctl(option, value, 0, 0, 0)


def drop_capabilities() -> None:
    """Uid 0 of a user namespace keeps its capabilities over a fork; a program has none."""
    header = struct.pack("Ii", 0x20080522, 0)
    libc.capset(header, bytes(24))


def terms_of(pid: int) -> list[object]:
    """What a process of the same uid may change of another without a trace, and its children would inherit."""
    limits = [resource.prlimit(pid, number) for number in LIMITS]
    return [*limits, os.getpriority(os.PRIO_PROCESS, pid), os.sched_getscheduler(pid), os.sched_getaffinity(pid)]


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
    waited_s = (int(fields[13]) + int(fields[14])) / TICKS
    cpu_s = (own_cpu_s(pid) or (int(fields[11]) + int(fields[12])) / TICKS) + waited_s
    process = Process(pid, int(fields[1]), cpu_s, waited_s, int(fields[17]), int(fields[21]) * PAGE)
    if fields[0] not in b"ZX":
        return process
    return _without_leader(process) if process.tasks > 1 else process._replace(tasks=0)


def is_stopped(pid: int) -> bool:
    """Whether a signal has stopped a process, all of its threads with it."""
    return _read(f"/proc/{pid}/stat").rpartition(")")[2].split()[:1] == ["T"]


def own_cpu_s(pid: int) -> float:
    """What all threads of a process used, to the nanosecond (`/proc` rounds to 10 ms); 0 for one that has ended."""
    try:
        return time.clock_gettime((~pid << 3) | CPUCLOCK_SCHED)
    except OSError:
        return 0.0


def _without_leader(process: Process) -> Process:
    """A process whose first thread ended looks like a zombie without memory while its other threads run."""
    try:
        with open(f"/proc/{process.pid}/task/{max(map(int, os.listdir(f'/proc/{process.pid}/task')))}/statm") as file:
            pages = int(file.read().split()[1])
    except (OSError, ValueError):
        pages = 0
    return process._replace(memory=pages * PAGE)


def processes_of_job(ours: set[int], everywhere: bool) -> list[Process]:
    """Processes that the program started, the dead that nobody reaped as well (without tasks): they count among those
    of its uid. `ours`: the supervisor, its zygote, PID 1; `everywhere`: there is a PID namespace, so whatever is not
    ours is the job's."""
    found = [process for name in os.listdir("/proc") if name.isdigit() and (process := read_process(int(name)))]
    if everywhere:
        return [process for process in found if process.pid not in ours]
    roots, family = ours - {1}, set[int]()
    grew = True
    while grew:
        children = {p.pid for p in found if (p.parent in roots or p.parent in family) and p.pid not in ours}
        grew = not children <= family
        family |= children
    return [process for process in found if process.pid in family]


def ipc_is_open() -> bool:
    """Whether this place has objects of System V at all: where the namespace is its own, their number is set to 0."""
    limits = ("shmmni", "msgmni", "sem")
    return any(set(_read(f"/proc/sys/kernel/{name}").split()) - {"0"} for name in limits)


def ipc_objects(uids: list[int | None]) -> list[str]:
    """`KIND ID` of each object of System V that these uids own."""
    owners = {str(os.getuid() if uid is None else uid) for uid in uids}
    found = []
    for kind in ("shm", "msg", "sem"):
        head, *lines = [line.split() for line in _read(f"/proc/sysvipc/{kind}").splitlines()] or [[]]
        found += [f"{kind} {line[1]}" for line in lines if line[head.index("uid")] in owners]
    return found


def remove_ipc(uid: int | None) -> None:
    """Under this uid."""
    for kind, number in (found.split() for found in ipc_objects([uid])):
        getattr(libc, f"{kind}ctl")(int(number), 0, 0, 0)  # 0 is IPC_RMID, which semctl takes after a place


def _read(path: str) -> str:
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""


def mapped_files(pid: int) -> int:
    """Bytes of files in memory among the resident pages of a process."""
    lines = [line for line in _read(f"/proc/{pid}/status").splitlines() if line.startswith("RssShmem:")]
    return sum(int(line.split()[1]) for line in lines) * 1024


def kill_everything() -> None:
    """Kills every process that the caller may signal, at one instant (the kernel holds its task list
    meanwhile)."""
    try:
        os.kill(-1, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def wipe(folder: str, keep: frozenset[str]) -> None:
    """Empties a folder, but for the names to keep, whatever the program built in it: modes, depth, width and names
    are all hostile. Walks with `chdir`, for a path may be longer than the kernel takes and deeper than Python
    recurses. Each folder is read once: to read it again after each of its folders took minutes for thousands."""
    os.chdir(folder)
    waiting = [_folders_left(keep)]
    entered: list[str] = []
    for _ in range(MAX_WIPE_STEPS):
        if waiting[-1]:
            entered.append(waiting[-1].pop())
            os.chdir(entered[-1])
            waiting.append(_folders_left(frozenset()))
        elif entered:
            waiting.pop()
            os.chdir("..")
            _remains_after_removal(entered.pop())
        else:
            return


def _folders_left(keep: frozenset[str]) -> list[str]:
    """Deletes what this folder holds but for `keep`; returns the folders in it that have to be emptied first."""
    return [name for name in os.listdir(".") if name not in keep and _remains_after_removal(name)]


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
