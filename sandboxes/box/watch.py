"""Attends the children of one test until the main one ends or a limit breaks, and keeps what they print.

CPU time and memory are polled (RLIMIT_CPU has one-second grain; RLIMIT_AS is no measure of memory), CPU time and
resident pages are seen again in the exit accounting, so a peak between two looks counts as well. Wall time is a
multiple of CPU time.
"""

import math
import os
import resource
import select
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from temper.sandboxes.box.job import Bounds
from temper.sandboxes.box.meter import Use

MIB = 1024 * 1024
LOOK_S, LEAST_LOOK_S = 0.01, 0.001
"""Time between two looks at `/proc`: shorter as a limit comes near."""
CORES = os.cpu_count() or 1
WALL_FACTOR, WALL_SLACK_S = 3, 1.0
"""Wall limit of a test: factor times its CPU limit, and the slack."""
CHANNEL_SLACK = 4 * MIB
FILE_SIZE, STACK, DESCRIPTORS = 64 * MIB, 64 * MIB, 1024
ADDRESS_SLACK, ADDRESS_SLACK_OF_THREAD = 1024 * MIB, 2 * STACK
"""Address space beyond the memory limit, which is never touched: mappings, and each thread's stack and malloc
arena."""
OWN_PROCESSES = 8
"""Room in RLIMIT_NPROC over the polled limit, so that reaching it is seen and not only refused."""
Look = Callable[[], Use]
Until = Callable[[bytearray], bool]


class OwnerGone(BaseException):
    """Stdin closed: nobody waits for results any more."""


@dataclass
class Ended:
    """What was seen of one test. `broke` is the outcome of the limit that broke, if one did."""

    broke: str = ""
    detail: str = ""
    status: int = 0
    cpu_s: float = 0.0
    wall_s: float = 0.0
    memory: int = 0
    printed: list[bytearray] = field(default_factory=list)
    """One for each stream that was watched, in order."""

    def take(self, use: Use) -> None:
        self.cpu_s, self.memory = max(self.cpu_s, use.cpu_s), max(self.memory, use.memory)


def wall_limit_s(cpu_s: float) -> float:
    return WALL_FACTOR * cpu_s + WALL_SLACK_S


def rlimits(limits: Bounds, address_limit: bool, count_processes: bool) -> list[tuple[int, tuple[int, int]]]:
    """The kernel's own limits on a child, each (number, (soft, hard)): backstops of what is polled."""
    # Whole seconds, and behind the polled limit in any case: 1.5 s give 3.
    cpu = math.ceil(limits["cpu_s"]) + 1
    chosen = {
        "CPU": (cpu, cpu + 1),
        "FSIZE": (FILE_SIZE, FILE_SIZE),
        "CORE": (0, 0),
        "NOFILE": (DESCRIPTORS, DESCRIPTORS),
        "STACK": (STACK, -1),
        "MSGQUEUE": (0, 0),
    }
    if address_limit:
        slack = ADDRESS_SLACK + limits["processes"] * ADDRESS_SLACK_OF_THREAD
        chosen["AS"] = (limits["memory_mb"] * MIB + slack,) * 2
    if count_processes:
        chosen["NPROC"] = (limits["processes"] + OWN_PROCESSES,) * 2
    return [_allowed(getattr(resource, f"RLIMIT_{name}"), *pair) for name, pair in chosen.items()]


def _allowed(number: int, soft: int, hard: int) -> tuple[int, tuple[int, int]]:
    """At most what this process may have; -1 is all of it."""
    most = resource.getrlimit(number)[1]
    soft, hard = (most if wanted == -1 else wanted if most == -1 else min(wanted, most) for wanted in (soft, hard))
    return number, (soft, hard)


def attend(
    main: int, streams: list[int], channels: list[int], limits: Bounds, look: Look, until: Until | None = None
) -> Ended:
    """Returns once `main` ended or a limit broke, or what the last channel said is what the caller waits for; killing,
    reaping and the rest of the pipes are the caller's.

    `streams` count against the output limit, `channels` (ours) have a cap of their own. Raises OwnerGone."""
    ended = Ended(printed=[bytearray() for _ in streams + channels])
    buffers = dict(zip(streams + channels, ended.printed, strict=True))
    pidfd, poll = os.pidfd_open(main), select.poll()
    poll.register(0, 0)
    for fd in [pidfd, *buffers]:
        poll.register(fd, select.POLLIN)
    started = time.monotonic()
    next_look = started + LOOK_S
    try:
        while True:
            events = dict(poll.poll(max(0.0, next_look - time.monotonic()) * 1000))
            if 0 in events:
                raise OwnerGone
            for fd in buffers.keys() & events.keys():
                if not read_into(buffers[fd], fd):
                    poll.unregister(fd)
            now = time.monotonic()
            ended.wall_s = now - started
            check_output(ended, len(streams), limits)
            if not ended.broke and now >= next_look:
                check_use(ended, look(), limits)
                next_look = now + pause_s(ended, limits)
            if ended.broke or pidfd in events or (until and until(ended.printed[-1])):
                return ended
    finally:
        os.close(pidfd)


def pause_s(ended: Ended, limits: Bounds) -> float:
    """How long no limit on time can be passed: each core adds its own CPU time."""
    # With 0.02 s of CPU time left, 4 cores at work pass the limit after 0.005 s.
    left = min((limits["cpu_s"] - ended.cpu_s) / CORES, wall_limit_s(limits["cpu_s"]) - ended.wall_s)
    return max(LEAST_LOOK_S, min(LOOK_S, left))


def read_into(buffer: bytearray, fd: int) -> bool:
    """One read; False at the end of the stream."""
    try:
        chunk = os.read(fd, 1 << 18)
    except BlockingIOError:
        return True
    except OSError:
        return False
    buffer += chunk
    return bool(chunk)


def drain(ended: Ended, fds: list[int], limits: Bounds, streams: int) -> None:
    """Reads what the pipes still hold; every writer is dead by now, or refuses to close and is not waited
    for."""
    for fd, buffer in zip(fds, ended.printed, strict=True):
        size = -1
        while len(buffer) != size and not ended.broke:
            size = len(buffer)
            read_into(buffer, fd)
            check_output(ended, streams, limits)


def check_output(ended: Ended, streams: int, limits: Bounds) -> None:
    cap = limits["output_kb"] * 1024
    printed = sum(map(len, ended.printed[:streams]))
    if printed > cap:
        ended.broke, ended.detail = "output", f"printed more than {limits['output_kb']} KiB"
    elif any(len(said) > cap + CHANNEL_SLACK for said in ended.printed[streams:]):
        ended.broke, ended.detail = "output", f"returned more than {limits['output_kb']} KiB"


def check_use(ended: Ended, use: Use, limits: Bounds) -> None:
    """The limits on what a test uses."""
    ended.take(use)
    if use.tasks > limits["processes"]:
        ended.broke, ended.detail = "processes", f"more than {limits['processes']} processes and threads"
    judge_use(ended, limits)


def judge_use(ended: Ended, limits: Bounds) -> None:
    """Those on CPU, memory and wall time, from what `ended` has gathered."""
    if ended.broke:
        return
    if ended.cpu_s > limits["cpu_s"]:
        ended.broke, ended.detail = "time", f"more than {limits['cpu_s']:g} s of CPU time"
    elif ended.memory > limits["memory_mb"] * MIB:
        ended.broke, ended.detail = "memory", f"more than {limits['memory_mb']} MiB of memory"
    elif ended.wall_s > (wall_s := wall_limit_s(limits["cpu_s"])):
        ended.broke, ended.detail = "time", f"more than {wall_s:g} s of wall time"
