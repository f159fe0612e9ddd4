"""What a machine has of what a sandbox needs, check by check, with the remedy of each lack."""

import os
import shutil
from pathlib import Path
from typing import Any, NamedTuple

from temper.sandboxes.image import has_image, tag_of
from temper.sandboxes.job import SandboxError
from temper.sandboxes.section import SandboxSection

KERNEL = (5, 3)
"""pidfd_open, which the supervisor waits with."""


class Check(NamedTuple):
    name: str
    ok: bool
    detail: str
    remedy: str


def doctor(languages: tuple[str, ...] = ("python",)) -> list[Check]:
    """All checks, those of Docker first; none changes anything but starting and removing one slot of each
    kind."""
    return [*_docker(languages), _kernel(), _local()]


def _docker(languages: tuple[str, ...]) -> list[Check]:
    from temper.sandboxes import docker

    reason = docker.unreachable()
    if reason:
        remedy = "apt-get install docker.io and start dockerd as root, or use sandbox.kind: local"
        return [Check("daemon", False, reason, remedy), _builder()]
    client = docker.connect()
    try:
        info: dict[str, Any] = client.info()
        tag = tag_of(languages)
        built = has_image(client, tag)
    finally:
        client.close()
    checks = [Check("daemon", True, f"Docker {info.get('ServerVersion')}, API {client.api.api_version}", "")]
    checks += [_cgroups(info), _fences(info)]
    checks.append(
        Check("image", built, tag if built else f"{tag} is not built", "" if built else "temper sandbox build")
    )
    return [*checks, _slot(languages)] if built else [*checks, _builder()]


def _cgroups(info: dict[str, Any]) -> Check:
    limits = ("MemoryLimit", "SwapLimit", "PidsLimit", "CpuCfsQuota")
    lacking = [name for name in limits if not info.get(name)]
    detail = f"cgroup v{info.get('CgroupVersion', '1')}" + (f", without {', '.join(lacking)}" if lacking else "")
    remedy = "boot with cgroup_enable=memory swapaccount=1, or use cgroup v2" if lacking else ""
    return Check("cgroups", not lacking, detail, remedy)


def _fences(info: dict[str, Any]) -> Check:
    options = ", ".join(info.get("SecurityOptions") or []) or "none"
    ok = "seccomp" in options
    return Check("seccomp", ok, options, "" if ok else "use a kernel and a daemon with seccomp")


def _slot(languages: tuple[str, ...]) -> Check:
    from temper.sandboxes import docker

    try:
        slot = docker.Containers(SandboxSection(kind="docker", languages=languages))()
    except (SandboxError, ValueError) as error:
        return Check("container", False, str(error), "see the daemon's log")
    sound = slot.passes_control()
    slot.close()
    return Check("container", sound, "an honest program comes out right" if sound else "the control job failed", "")


def _builder() -> Check:
    ok = shutil.which("debootstrap") is not None and os.geteuid() == 0
    detail = "debootstrap, as root" if ok else "no debootstrap, or not root: the image needs a registry"
    return Check("image without a registry", ok, detail, "" if ok else "apt-get install debootstrap; run as root")


def _kernel() -> Check:
    release = os.uname().release
    numbers = tuple(int(part) for part in release.split("-")[0].split(".")[:2])
    spaces = Path("/proc/sys/user/max_user_namespaces")
    allowed = spaces.exists() and spaces.read_text().strip() != "0"
    ok = numbers >= KERNEL
    detail = f"Linux {release}, user namespaces {'allowed' if allowed else 'not allowed'}"
    return Check("kernel", ok, detail, "" if ok else "Linux 5.3 or newer is needed")


def _local() -> Check:
    from temper.sandboxes.local import LocalSlots

    slots = LocalSlots()
    try:
        slots().close()
    except SandboxError as error:
        return Check("local", False, str(error), "allow user namespaces, or use Docker")
    uids = "uids of its own" if slots.uids else "this user's uid"
    ok = slots.plan == "namespaces"
    return Check(
        "local",
        ok,
        f"{slots.plan}, {uids}",
        "" if ok else "allow user namespaces: sysctl user.max_user_namespaces",
    )
