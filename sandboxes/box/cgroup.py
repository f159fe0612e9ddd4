"""What the kernel counts for a whole container, of either version of control groups.

The files are read for every test, so they stay open. Without a cgroup of its own a place has none of this.
"""

import os

PAGE = os.sysconf("SC_PAGE_SIZE")
FOLDER = "/sys/fs/cgroup"
VERSION_2 = ("memory.events", "memory.current", "memory.stat", "cpu.stat")
VERSION_1 = (
    "memory/memory.oom_control", "memory/memory.usage_in_bytes", "memory/memory.stat", "cpuacct/cpuacct.usage",
)  # fmt: skip


class Cgroup:
    def __init__(self, paths: tuple[str, ...]) -> None:
        files = [os.open(path, os.O_RDONLY | os.O_CLOEXEC) for path in (*paths, "/proc/self/statm")]
        self.kills, self.memory, self.parts, self.cpu, self.ours = files

    def oom_kills(self) -> int:
        """How often the kernel killed in this container for want of memory."""
        return _after(b"\noom_kill ", os.pread(self.kills, 4096, 0))

    def cpu_s(self) -> float:
        """CPU time of all that ran here, dead or alive."""
        text = os.pread(self.cpu, 4096, 0)
        return int(text) / 1e9 if text[0:1].isdigit() else _after(b"usage_usec ", text) / 1e6

    def held(self) -> int:
        """Bytes of memory that are neither this process's nor a cache of files: pages of programs, files without a
        disk, pipes, sockets, what the kernel keeps for its processes."""
        parts = os.pread(self.parts, 8192, 0)
        cache = _after(b"\ninactive_file ", parts) + _after(b"\nactive_file ", parts)
        ours = int(os.pread(self.ours, 4096, 0).split()[1]) * PAGE
        return int(os.pread(self.memory, 4096, 0)) - cache - ours


def find(own: bool) -> Cgroup | None:
    """`own`: what is mounted as the cgroup is this place's alone. That of the whole machine has no `memory.current`."""
    for names in (VERSION_2, VERSION_1):
        paths = tuple(f"{FOLDER}/{name}" for name in names)
        if own and all(os.access(path, os.R_OK) for path in paths):
            return Cgroup(paths)
    return None


def _after(name: bytes, text: bytes) -> int:
    """The number on the line of this name."""
    start = text.index(name) + len(name)
    return int(text[start : text.index(b"\n", start)])
