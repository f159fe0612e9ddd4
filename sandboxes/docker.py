"""Slots in Docker: one warm hardened container each.

What the container has: no network, a read-only root, small tmpfs (bytes and inodes), no capability but
SETUID, SETGID and KILL (the supervisor's; a program has none), no-new-privileges, Docker's seccomp profile,
limits on PIDs, memory (no swap) and CPU, no SysV IPC, no log, an init that reaps, and a supervisor that ends
after `MAX_LIFE_S` or when its stdin closes. Each container names its owner by label; `sweep` removes those
whose owner is dead.

`docker` is imported when a daemon is asked for, not before.
"""

import contextlib
import os
import random
from typing import TYPE_CHECKING, Any

from temper.sandboxes.box.job import Config
from temper.sandboxes.container import DOOR, ContainerStream, Door, sweep_doors
from temper.sandboxes.daemon import connect, short
from temper.sandboxes.image import build
from temper.sandboxes.job import SandboxError
from temper.sandboxes.owner import OWNER, owner_is_dead, owner_label
from temper.sandboxes.packages import PLACE
from temper.sandboxes.section import SandboxSection
from temper.sandboxes.slot import MAX_LIFE_S, Slot, SlotLostError

if TYPE_CHECKING:
    from docker.models.containers import Container

    import docker

TMPFS = "rw,exec,nosuid,nodev,noatime,size=64m,nr_inodes=8192"
SPACES = {"/box": f"{TMPFS},mode=1777", "/tmp": f"{TMPFS},mode=1777", "/dev/shm": f"{TMPFS},mode=1777"}  # noqa: S108
NO_IPC = {"kernel.shmmni": "0", "kernel.msgmni": "0", "kernel.sem": "0 0 0 0", "fs.mqueue.queues_max": "0"}
PIDS = 4608
"""Over what a job may ask for, so that the supervisor can always fork."""
CPUS = 2.0
SUPERVISOR_MB = 256
"""Memory of a container beyond its jobs' ceiling: the supervisor and the tmpfs."""


class Containers:
    """Makes slots in containers; builds the image first if it is not there."""

    def __init__(self, section: SandboxSection) -> None:
        self.image = build(section.languages, section.packages)
        self.memory_mb = section.memory_mb

    def __call__(self) -> Slot:
        """Starts a slot. Raises SlotLostError when the daemon does not give one."""
        import docker

        with contextlib.ExitStack() as stack:
            try:
                door = stack.enter_context(contextlib.closing(Door()))
                container = self._create(connect(), door)
            except (docker.errors.DockerException, OSError, ValueError) as error:
                raise SlotLostError(f"sandbox docker: no container can be made, got {short(error)!r}") from error
            return self._start(container, door)

    def _create(self, client: "docker.DockerClient", door: Door) -> "Container":
        import docker

        try:
            return client.containers.create(**self.settings(), mounts=[door.mount])
        except docker.errors.APIError:  # a daemon elsewhere has no such folder
            return client.containers.create(**self.settings())

    def _start(self, container: "Container", door: Door) -> Slot:
        import docker

        stream = None
        try:
            connection = container.attach_socket(params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1})
            stream = ContainerStream(container, connection)
            container.start()
            slot = Slot(stream, self.first_line(), f"docker ({container.short_id})")
            stream.direct = door.enter()
            return slot
        except (docker.errors.DockerException, OSError, SandboxError) as error:
            if stream:
                stream.close()
            else:
                _remove(container)
            raise SlotLostError(f"sandbox docker: no slot can be started, got {short(error)!r}") from error

    def first_line(self) -> Config:
        """The supervisor's configuration. The uids are this slot's alone: RLIMIT_NPROC counts across
        containers."""
        base = random.SystemRandom().randrange(100_000, 2_000_000_000)
        return {
            "box": "/box",
            "spaces": list(SPACES),
            "tests_path": "",
            "packages_path": PLACE,
            "pid_namespace": True,
            "uids": [base, base + 1],
            "init_reaps": True,
            "own_cgroup": True,
            "dies_with_parent": False,
            "max_life_s": MAX_LIFE_S,
            "door": f"{DOOR}/slot",
        }

    def settings(self) -> dict[str, Any]:
        from docker.types import LogConfig, Ulimit

        memory = f"{self.memory_mb + SUPERVISOR_MB}m"
        return {
            "image": self.image,
            "command": ["python3", "/opt/supervise.py"],
            "environment": {"HOME": "/box", "LANG": "C.UTF-8", "PYTHONHASHSEED": "0"},
            "labels": {OWNER: owner_label()},
            "stdin_open": True,
            "init": True,
            "auto_remove": True,
            "network_mode": "none",
            "read_only": True,
            "tmpfs": SPACES,
            "ipc_mode": "private",
            "sysctls": NO_IPC,
            "cap_drop": ["ALL"],
            "cap_add": ["SETUID", "SETGID", "KILL"],
            "security_opt": ["no-new-privileges"],
            "pids_limit": PIDS,
            "mem_limit": memory,
            # memory and swap together: as much as the memory leaves no swap
            "memswap_limit": memory,
            "nano_cpus": int(min(CPUS, os.cpu_count() or 1) * 1e9),
            "ulimits": [Ulimit(name="core", soft=0, hard=0)],
            "log_config": LogConfig(type="none"),
            "working_dir": "/",
        }


def _remove(container: "Container") -> None:
    import docker

    with contextlib.suppress(docker.errors.APIError, OSError):
        container.remove(force=True)


def sweep() -> int:
    """Removes the containers of dead owners, and their doors; returns how many containers."""
    sweep_doors()
    client = connect()
    try:
        found = client.containers.list(all=True, filters={"label": OWNER}, ignore_removed=True)
        dead = [container for container in found if owner_is_dead(container.labels[OWNER])]
        for container in dead:
            _remove(container)
        return len(dead)
    finally:
        client.close()
