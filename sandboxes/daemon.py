"""The Docker daemon: whether one answers, and a client of it."""

import os
import socket
from typing import TYPE_CHECKING

from temper.sandboxes.container import TIMEOUT_S

if TYPE_CHECKING:
    import docker

SOCKET = "/var/run/docker.sock"


def connect(within_s: float = TIMEOUT_S) -> "docker.DockerClient":
    """A client of the daemon that the environment names; each word of an answer comes `within_s`, or requests' Timeout
    is raised. Raises ValueError without a daemon."""
    import docker

    try:
        _knock(os.environ.get("DOCKER_HOST") or f"unix://{SOCKET}")
        return docker.from_env(timeout=int(within_s), version="auto")
    except (docker.errors.DockerException, OSError) as error:
        raise ValueError(f"docker: no daemon answers, got {short(error)!r}; start dockerd") from error


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


def short(error: BaseException) -> str:
    return str(error)[:200]
