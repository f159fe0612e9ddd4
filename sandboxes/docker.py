"""Slots in Docker: one warm hardened container each.

The first line goes over its attached stdin; from then on a Unix socket carries the messages past the daemon, which
costs a tenth of a short job. The socket is unlinked before the first job; where the container cannot reach it (a daemon
elsewhere) its stdin and stdout stay in use.

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
import shutil
import socket
import struct
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from temper.sandboxes.image import build
from temper.sandboxes.job import SandboxError
from temper.sandboxes.packages import PLACE
from temper.sandboxes.section import SandboxSection
from temper.sandboxes.slot import MAX_LIFE_S, Slot, SlotLostError

if TYPE_CHECKING:
    from docker.models.containers import Container

    import docker

OWNER = "temper.owner"
TMPFS = "rw,exec,nosuid,nodev,size=64m,nr_inodes=8192"
SPACES = {"/box": f"{TMPFS},mode=1777", "/tmp": f"{TMPFS},mode=1777", "/dev/shm": f"{TMPFS},mode=1777"}  # noqa: S108
NO_IPC = {"kernel.shmmni": "0", "kernel.msgmni": "0", "kernel.sem": "0 0 0 0", "fs.mqueue.queues_max": "0"}
PIDS = 4608
"""Over what a job may ask for, so that the supervisor can always fork."""
CPUS = 2.0
SUPERVISOR_MB = 256
"""Memory of a container beyond its jobs' ceiling: the supervisor and the tmpfs."""
TIMEOUT_S = 60
LAST_WORDS_S = 0.05
"""How long a lost container's stderr is waited for."""
SOCKET = "/var/run/docker.sock"
DOOR = "/run/temper"
"""Where a container finds the folder of the socket past the daemon."""


def connect() -> "docker.DockerClient":
    """A client of the daemon that the environment names. Raises ValueError without one."""
    import docker

    try:
        _knock(os.environ.get("DOCKER_HOST") or f"unix://{SOCKET}")
        return docker.from_env(timeout=TIMEOUT_S, version="auto")
    except (docker.errors.DockerException, OSError) as error:
        raise ValueError(f"docker: no daemon answers, got {_short(error)!r}; start dockerd") from error


def _knock(host: str) -> None:
    """Raises OSError where nobody listens (the SDK would leave its socket open)."""
    if host.startswith("unix://"):
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(TIMEOUT_S)
            probe.connect(host.removeprefix("unix://"))


def unreachable() -> str:
    """Why no daemon can be used; empty when one answers."""
    try:
        connect().close()
    except ValueError as error:
        return str(error)
    return ""


def _short(error: BaseException) -> str:
    return str(error)[:200]


class Door:
    """A socket of ours in a folder that is mounted in one container, whose supervisor connects before its first job:
    the way past the daemon. Only the first one gets in, and then the door is gone."""

    def __init__(self) -> None:
        from docker.types import Mount

        self.folder = Path(tempfile.mkdtemp(prefix=f"{OWNER} {owner_label()} "))
        inside = self.folder / "in"  # the supervisor may be another uid out here; the folder around keeps others away
        inside.mkdir(mode=0o755)
        self.mount = Mount(DOOR, str(inside), type="bind", read_only=True)
        self.listener = socket.socket(socket.AF_UNIX)
        folder = os.open(inside, os.O_PATH | os.O_CLOEXEC)
        self.listener.bind(f"/proc/self/fd/{folder}/slot")  # a socket's own path has to be short
        os.close(folder)
        (inside / "slot").chmod(0o666)
        self.listener.listen(1)
        self.listener.setblocking(False)

    def enter(self) -> socket.socket | None:
        """The supervisor's end, once it said that it is ready; None where it did not find the door."""
        try:
            return self.listener.accept()[0]
        except BlockingIOError:
            return None

    def close(self) -> None:
        self.listener.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class ContainerStream:
    """A container's stdin and stdout over one hijacked connection (frames of 8 bytes of header and a payload), or
    `direct`, a socket past the daemon; then that connection carries stderr alone."""

    def __init__(self, container: "Container", connection: Any) -> None:
        self.container, self.connection = container, connection
        self.socket: socket.socket = getattr(connection, "_sock", connection)
        self.direct: socket.socket | None = None
        self.frame, self.stderr = bytearray(), bytearray()
        self.closed = False

    def send(self, data: bytes) -> None:
        sock = self.direct or self.socket
        sock.settimeout(TIMEOUT_S)
        sock.sendall(data)

    def receive(self, timeout_s: float) -> bytes:
        if self.direct is None:
            return self._attached(timeout_s)
        self.direct.settimeout(max(0.001, timeout_s))
        return self.direct.recv(1 << 18)

    def _attached(self, timeout_s: float) -> bytes:
        deadline = time.monotonic() + timeout_s
        while True:
            while len(self.frame) >= 8 and len(self.frame) >= 8 + (size := struct.unpack(">I", self.frame[4:8])[0]):
                kind, payload = self.frame[0], bytes(self.frame[8 : 8 + size])
                del self.frame[: 8 + size]
                if kind == 1 and payload:
                    return payload
                self.stderr = (self.stderr + payload)[-2000:]
            self.socket.settimeout(max(0.001, deadline - time.monotonic()))
            chunk = self.socket.recv(1 << 18)
            if not chunk:
                return b""
            self.frame += chunk

    def close(self) -> str:
        import docker

        if not self.closed:
            self.closed = True
            ends = [self.socket] if self.direct is None else [self.direct, self.socket]
            if self.direct:
                with contextlib.suppress(OSError):
                    self._attached(LAST_WORDS_S)
            for end in ends:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)  # wakes whoever waits for an answer
            for end in (self.connection, *ends):
                with contextlib.suppress(OSError):
                    end.close()
            with contextlib.suppress(docker.errors.APIError, OSError):
                self.container.remove(force=True)
            with contextlib.suppress(docker.errors.DockerException, OSError):
                self.container.client.close()  # type: ignore[union-attr]
        return self.stderr[-500:].decode("utf-8", "replace").strip()


class Containers:
    """Makes slots in containers; builds the image first if it is not there."""

    def __init__(self, section: SandboxSection) -> None:
        self.image = build(section.languages, section.packages)
        self.memory_mb = section.memory_mb

    def __call__(self) -> Slot:
        """Starts a slot. Raises SlotLostError when the daemon does not give one."""
        import docker

        with contextlib.closing(Door()) as door:
            try:
                container = self._create(connect(), door)
            except (docker.errors.DockerException, OSError, ValueError) as error:
                raise SlotLostError(f"sandbox docker: no container can be made, got {_short(error)!r}") from error
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
            raise SlotLostError(f"sandbox docker: no slot can be started, got {_short(error)!r}") from error

    def first_line(self) -> dict[str, Any]:
        """The supervisor's configuration. The uids are this slot's alone: RLIMIT_NPROC counts across
        containers."""
        base = random.SystemRandom().randrange(100_000, 2_000_000_000)
        places = {
            "box": "/box",
            "spaces": list(SPACES),
            "tests_path": "",
            "packages_path": PLACE,
            "pid_namespace": True,
        }
        return {
            **places,
            "uids": [base, base + 1],
            "init_reaps": True,
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


def owner_label() -> str:
    """Names this process for as long as the machine is up: boot, PID namespace, PID and start time."""
    return owner_label_of(os.getpid())


def owner_label_of(pid: int) -> str:
    return f"{_boot()} {pid} {_started(pid)}"


def _boot() -> str:
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return f"{boot} {Path('/proc/self/ns/pid').readlink()}"


def _started(pid: int) -> str:
    """The start time of a process in clock ticks since boot; empty when there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return ""


def owner_is_dead(label: str) -> bool:
    """Only what is certain: an owner in another PID namespace (a container beside us) is left to its own
    life's end."""
    boot, _, rest = label.partition(" ")
    namespace, _, rest = rest.partition(" ")
    pid, _, started = rest.partition(" ")
    here, _, our_namespace = _boot().partition(" ")
    if boot != here:
        return True
    return namespace == our_namespace and pid.isdigit() and _started(int(pid)) != started


def sweep() -> int:
    """Removes the containers of dead owners, and their doors; returns how many containers."""
    for folder in Path(tempfile.gettempdir()).glob(f"{OWNER} *"):
        if owner_is_dead(folder.name.removeprefix(f"{OWNER} ").rpartition(" ")[0]):
            shutil.rmtree(folder, ignore_errors=True)
    client = connect()
    try:
        found = client.containers.list(all=True, filters={"label": OWNER}, ignore_removed=True)
        dead = [container for container in found if owner_is_dead(container.labels[OWNER])]
        for container in dead:
            _remove(container)
        return len(dead)
    finally:
        client.close()
