"""How one container is spoken to: over its attached stdin and stdout, or past the daemon, which costs a tenth of a
short job.

The first line always goes over stdin. By then a folder of ours is mounted in the container, with a socket in it; the
supervisor connects before it says that it is ready, and from then on that carries the messages. The folder is gone
before the first job. A daemon elsewhere cannot mount it: then stdin and stdout stay in use.
"""

import contextlib
import os
import shutil
import socket
import struct
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from temper.sandboxes.owner import OWNER, owner_is_dead, owner_label

if TYPE_CHECKING:
    from docker.models.containers import Container

TIMEOUT_S = 60
LAST_WORDS_S = 0.05
"""How long a lost container's stderr is waited for."""
DOOR = "/run/temper"
"""Where a container finds the folder of the socket."""


class Door:
    """The way past the daemon: a socket of ours in a folder that is mounted in one container. The supervisor there
    connects before its first job; only the first connection is taken, then the socket is removed."""

    def __init__(self) -> None:
        from docker.types import Mount

        self.folder = Path(tempfile.mkdtemp(prefix=f"{OWNER} {owner_label()} "))
        inside = self.folder / "in"  # the supervisor may be another uid out here; the folder around keeps others away
        inside.mkdir()
        inside.chmod(0o755)
        self.mount = Mount(DOOR, str(inside), type="bind", read_only=True)
        self.listener = socket.socket(socket.AF_UNIX)
        folder = os.open(inside, os.O_PATH | os.O_CLOEXEC)
        self.listener.bind(f"/proc/self/fd/{folder}/slot")  # a socket's own path has to be short
        os.close(folder)
        (inside / "slot").chmod(0o666)
        self.listener.listen(1)
        self.listener.setblocking(False)

    def enter(self) -> socket.socket | None:
        """The connection of a supervisor that said it is ready; None where it could not connect."""
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
        # 0 would not wait at all, and raise another error than a deadline that passed
        self.direct.settimeout(max(0.001, timeout_s))
        return self.direct.recv(1 << 18)

    def _attached(self, timeout_s: float) -> bytes:
        deadline = time.monotonic() + timeout_s
        while True:
            # a header: a byte of kind (1 is stdout), three empty ones, four of size
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
            if self.direct:
                _end(self.direct)
                with contextlib.suppress(OSError):
                    self._attached(LAST_WORDS_S)
            _end(self.socket)
            with contextlib.suppress(OSError):
                self.connection.close()
            with contextlib.suppress(docker.errors.APIError, OSError):
                self.container.remove(force=True)
            with contextlib.suppress(docker.errors.DockerException, OSError):
                self.container.client.close()  # type: ignore[union-attr]
        return self.stderr[-500:].decode("utf-8", "replace").strip()


def _end(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)  # wakes whoever waits for an answer
    with contextlib.suppress(OSError):
        sock.close()


def sweep_doors() -> None:
    """Removes the folders of owners that died while a container of theirs started."""
    for folder in Path(tempfile.gettempdir()).glob(f"{OWNER} *"):
        if owner_is_dead(folder.name.removeprefix(f"{OWNER} ").rpartition(" ")[0]):
            shutil.rmtree(folder, ignore_errors=True)
