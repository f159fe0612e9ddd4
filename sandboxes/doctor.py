"""What a machine has of what a sandbox needs, check by check, with the remedy of each lack.

What can be tried is tried: a slot of each kind runs a program in every language asked for, programs that break each
limit, and one that looks for what should be out of its reach.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from temper.sandboxes.box.languages import LANGUAGES
from temper.sandboxes.image import has_image, tag_of
from temper.sandboxes.job import Job, Limits, SandboxError, Stdio
from temper.sandboxes.local import LocalSlots, lacking
from temper.sandboxes.section import SandboxSection
from temper.sandboxes.slot import Slot

KERNEL = (5, 3)
"""pidfd_open, which the supervisor waits with."""
BREAKS = {
    "time": ("while True: pass", Limits(cpu_s=0.2)),
    "memory": ("x = b'x' * (96 << 20)\nwhile True: pass", Limits(memory_mb=64)),
    "output": ("print('x' * 99_000)", Limits(output_kb=16)),
    "processes": ("import os, time\nfor _ in range(9): os.fork() or time.sleep(9)\ntime.sleep(9)", Limits(processes=4)),
}
"""Outcome to a program that must have it, and under which limits."""
REACH = """
import os
status = dict(line.split(":\\t", 1) for line in open("/proc/self/status") if ":\\t" in line)
open_ = {
    "a capability": int(status["CapEff"], 16) != 0,
    "new privileges": status["NoNewPrivs"].strip() != "1",
    "every system call": status["Seccomp"].strip() != "2",
    "the network": sum(1 for line in open("/proc/net/dev")) > 3,
    "the root folder": os.access("/", os.W_OK),
}
print(*(name for name, is_open in open_.items() if is_open), sep="\\n")
"""
"""Prints what it can reach, a line each."""
NOT_OF_LOCAL = {"every system call"}
"""What `LocalSlots.limits_of_promise()` gives up under every plan."""


REMEDY_OF_CGROUPS = {
    "1": "boot with cgroup_enable=memory swapaccount=1, or use cgroup v2",
    "2": "enable cpu, memory and pids in the daemon's cgroup.subtree_control (under systemd: Delegate=yes)",
}


class Check(NamedTuple):
    name: str
    ok: bool
    detail: str
    remedy: str


def doctor(languages: tuple[str, ...] = ("python",)) -> list[Check]:
    """All checks, those of Docker first; none changes anything but starting and removing one slot of each
    kind."""
    return [*_docker(languages), _kernel(), *_local(languages)]


def _docker(languages: tuple[str, ...]) -> list[Check]:
    from temper.sandboxes import daemon, docker

    reason = daemon.unreachable()
    if reason:
        remedy = "apt-get install docker.io and start dockerd as root, or use sandbox.kind: local"
        return [Check("daemon", False, reason, remedy), _builder()]
    client = daemon.connect()
    try:
        info: dict[str, Any] = client.info()
        tag = tag_of(languages)
        built = has_image(client, tag)
    finally:
        client.close()
    checks = [Check("daemon", True, f"Docker {info.get('ServerVersion')}, API {client.api.api_version}", "")]
    checks += [_cgroups(info), _fences(info)]
    named = f"{tag} with {', '.join(languages)}"
    if not built:
        remedy = f"temper sandbox build --languages {','.join(languages)}"
        return [*checks, Check("image", False, f"{named} is not built", remedy), _builder()]
    section = SandboxSection(kind="docker", languages=languages)
    remedy = "read the daemon's log, then temper sandbox build"
    return [
        *checks,
        Check("image", True, named, ""),
        *_slot("container", lambda: docker.Containers(section)(), languages, set(), remedy),
    ]


def _cgroups(info: dict[str, Any]) -> Check:
    limits = ("MemoryLimit", "SwapLimit", "PidsLimit", "CpuCfsQuota")
    missing = [name for name in limits if not info.get(name)]
    version = str(info.get("CgroupVersion", "1"))
    detail = f"cgroup v{version}" + (f", without {', '.join(missing)}" if missing else "")
    remedy = REMEDY_OF_CGROUPS.get(version, "") if missing else ""
    return Check("cgroups", not missing, detail, remedy)


def _fences(info: dict[str, Any]) -> Check:
    options = ", ".join(info.get("SecurityOptions") or []) or "none"
    ok = "seccomp" in options
    return Check("seccomp", ok, options, "" if ok else "use a kernel and a daemon with seccomp")


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


def _local(languages: tuple[str, ...]) -> list[Check]:
    slots = LocalSlots()
    remedy = "allow user namespaces (sysctl user.max_user_namespaces), or use Docker"
    here = [name for name in LANGUAGES if not lacking([name])]
    tools = Check("local tools", True, f"for {', '.join(here)}", "")
    if lacks := lacking(languages):
        tools = Check("local tools", False, "; ".join(lacks), "or use Docker, whose image carries them")
    found = _slot("local", slots, tuple(name for name in languages if name in here), NOT_OF_LOCAL, remedy)
    if slots.plan:
        ok = slots.plan == "namespaces"
        uids = "uids of its own" if slots.uids else "this user's uid"
        found.insert(0, Check("local plan", ok, f"{slots.plan}, {uids}", "" if ok else remedy))
    return [tools, *found]


def _slot(
    name: str, start: Callable[[], Slot], languages: tuple[str, ...], allowed: set[str], remedy: str
) -> list[Check]:
    """Starts a slot and tries it. `allowed`: what a program may reach there."""
    try:
        slot = start()
    except (SandboxError, ValueError) as error:
        return [Check(name, False, str(error), remedy)]
    checks = []
    try:
        for part, complaints in (("", _wrong(slot, languages)), (" limits", _unlimited(slot, allowed))):
            found = "; ".join(complaints)
            good = "limits and fences hold" if part else f"honest programs come out right: {', '.join(languages)}"
            checks.append(Check(name + part, not found, found or good, remedy if found else ""))
    except SandboxError as error:
        checks.append(Check(name, False, str(error), remedy))
    finally:
        slot.close()
    return checks


def _wrong(slot: Slot, languages: tuple[str, ...]) -> Iterator[str]:
    for name in languages:
        job = Job(language=name, source=LANGUAGES[name].hello, tests=Stdio(inputs=("",)))
        (result,) = slot.run(job)
        if (result.outcome, result.stdout) != ("finished", "sound\n"):
            yield f"{name} fails: {result.outcome}, {result.detail}"


def _unlimited(slot: Slot, allowed: set[str]) -> Iterator[str]:
    for outcome, (source, limits) in BREAKS.items():
        (result,) = slot.run(Job(source=source, tests=Stdio(inputs=("",)), limits=limits))
        if result.outcome != outcome:
            yield f"no limit on {outcome}, got {result.outcome}"
    (result,) = slot.run(Job(source=REACH, tests=Stdio(inputs=("",))))
    if result.outcome != "finished":
        yield f"the fences cannot be seen, got {result.outcome}: {result.detail}"
    yield from (f"a program reaches {name}" for name in result.stdout.splitlines() if name and name not in allowed)
