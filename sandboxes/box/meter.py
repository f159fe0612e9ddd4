"""What one test uses: CPU of all that it starts, dead or alive, waited for or not, and memory, mapped or not.

In a container the kernel counts both (its cgroup): the CPU of the whole place less that of the supervisor and its
zygotes, the memory of the whole place less what it held before. Elsewhere both are put together at each look:

- CPU: of the living and those that they waited for; of the dead that we reap (orphans, brothers); of the other dead (a
  program may refuse to wait for its children) what was last seen, so of one between two looks nothing.
- Memory: resident pages, what the writable folders hold, and the open files that no page table shows.
"""

import os
from typing import NamedTuple

from temper.sandboxes.box import processes
from temper.sandboxes.box.cgroup import Cgroup
from temper.sandboxes.box.open_files import Name, OpenFiles
from temper.sandboxes.box.processes import Process

SHARED = 16 << 20
"""Memory that every forked child shares with the zygote, in bytes: charged once per test, not once per process."""
ROUNDING_S = 2 / processes.TICKS
"""By so much a parent's sum for the children that it waited for may be late: the kernel shows it in ticks, for the
user's time and the system's."""


class Use(NamedTuple):
    cpu_s: float
    memory: int
    tasks: int


class Meter:
    """Of one test; made just before its child is forked, read at every look and once when all has ended."""

    def __init__(self, cgroup: Cgroup | None, ours: set[int], spaces: dict[str, int], given: Name) -> None:
        """`ours`: processes that are not the test's; `spaces`: writable folders in memory and their devices; `given`:
        the file on its stdin."""
        self.cgroup, self.ours, self.spaces = cgroup, ours, spaces
        self.files = OpenFiles({given}, set(spaces.values()))
        self.tally = Tally()
        self.before = self._of_the_place()

    def read(self, found: list[Process], reaped_s: float) -> Use:
        """`found`: the test's processes as they are now; `reaped_s`: CPU of those that we reaped since the start."""
        (cpu_before, held_before), (cpu_now, held_now) = self.before, self._of_the_place()
        cpu_s = max(cpu_now - cpu_before, self.tally.add_up(found, reaped_s))
        pages, held = resident(found), held_now - held_before
        if self.cgroup is None:
            held += self.files.held(found)
            held = pages + max(0, held - mapped(found) if held > SHARED else held)
        return Use(cpu_s, max(pages, held), sum(process.tasks for process in found))

    def _of_the_place(self) -> tuple[float, int]:
        """CPU time and memory of all that is here but ours."""
        if self.cgroup is None:
            return 0.0, sum(taken(space) for space in self.spaces)
        return self.cgroup.cpu_s() - sum(map(processes.own_cpu_s, self.ours)), self.cgroup.held()


class Tally:
    """CPU time of the processes of a test, from looks at them."""

    def __init__(self) -> None:
        self.seen = dict[int, Process]()
        self.reaped_s = self.unexplained_s = self.lost_s = 0.0

    def add_up(self, found: list[Process], reaped_s: float) -> float:
        """What has gone since the last look was either waited for, and is in its parent's sum by the next look at the
        latest, or reaped by us; what is in neither is lost to the kernel and kept here."""
        now = {process.pid: process for process in found}
        explained = reaped_s - self.reaped_s
        explained += sum(p.waited_s - self.seen[pid].waited_s for pid, p in now.items() if pid in self.seen)
        gone = sum(process.cpu_s for pid, process in self.seen.items() if pid not in now)
        old = max(0.0, self.unexplained_s - explained)
        rounding = min(old, ROUNDING_S * len(now))
        self.lost_s += old - rounding
        self.unexplained_s = rounding + max(0.0, gone - max(0.0, explained - self.unexplained_s))
        self.seen, self.reaped_s = now, reaped_s
        return sum(process.cpu_s for process in found) + self.lost_s + reaped_s


def resident(found: list[Process]) -> int:
    """Pages that forked copies of the interpreter share are counted once; those of a program's own data are not told
    from private ones, and count for each of its processes."""
    largest, *others = sorted((process.memory for process in found), reverse=True) or [0]
    return largest + sum(max(0, memory - SHARED) for memory in others)


def mapped(found: list[Process]) -> int:
    """Bytes of files in memory that are among the resident pages."""
    return sum(processes.mapped_files(process.pid) for process in found)


def taken(space: str) -> int:
    room = os.statvfs(space)
    return (room.f_blocks - room.f_bfree) * room.f_frsize
