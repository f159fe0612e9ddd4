"""Names the process that a container or a folder belongs to, so that what a dead one left can be told and swept."""

import os
from pathlib import Path

OWNER = "temper.owner"
"""The label of a container, and the beginning of a folder's name."""


def owner_label() -> str:
    """Names this process for as long as the machine is up: boot, PID namespace, PID and start time."""
    return owner_label_of(os.getpid())


def owner_label_of(pid: int) -> str:
    return f"{_boot()} {pid} {_started(pid)}"


def _boot() -> str:
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return f"{boot} {Path('/proc/self/ns/pid').readlink()}"


def stat_of(pid: int) -> list[str]:
    """Fields of /proc/PID/stat behind the name, from the state on (proc(5), field 3); none where there is no such
    process."""
    try:
        # the name may itself hold blanks and brackets
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _started(pid: int) -> str:
    """The start time of a process in clock ticks since boot; empty when there is none."""
    found = stat_of(pid)
    return found[19] if found else ""


def owner_is_dead(label: str) -> bool:
    """True only if certain. Of an owner in another PID namespace (a container beside us) it cannot be known; the
    sandbox of such a one ends by itself after `MAX_LIFE_S`."""
    boot, _, rest = label.partition(" ")
    namespace, _, rest = rest.partition(" ")
    pid, _, started = rest.partition(" ")
    here, _, our_namespace = _boot().partition(" ")
    if boot != here:
        return True
    # a PID is given out again: the start time tells one process from the next
    return namespace == our_namespace and pid.isdigit() and _started(int(pid)) != started
