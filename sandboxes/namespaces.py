"""Starts the supervisor without Docker: in namespaces and a root folder of its own where the kernel allows.

Runs as `python -c TEXT` with one line of JSON on stdin: the files of the box, the configuration and which
plan to try. The plan `namespaces` makes user, mount, PID, network, IPC and UTS namespaces, a root of tmpfs
that holds the system's programs and this Python read-only and nothing else of the host (no home, no data, no
answers), and runs the supervisor as PID 1. The plan `plain` runs it as it is, with folders under the host's
temporary one. A plan that the kernel refuses ends with the reason on stderr, and the host tries the next.

The standard library alone; nothing is written on the host under `namespaces`.
"""

import contextlib
import ctypes
import glob
import json
import os
import signal
import socket
import struct
import sys
import tempfile
from typing import TYPE_CHECKING, Any, NoReturn, TypedDict

if TYPE_CHECKING:  # the box is not there yet when this text begins
    from temper.sandboxes.box.job import Config, Terms

NEWNS, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET = (
    0x20000,
    0x4000000,
    0x8000000,
    0x10000000,
    0x20000000,
    0x40000000,
)
RDONLY, NOSUID, NODEV, NOEXEC, REMOUNT, NOATIME, BIND, REC, PRIVATE = 1, 2, 4, 8, 32, 1024, 4096, 16384, 1 << 18
SYSTEM = (
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib64",
    "/lib32",
    "/etc/alternatives",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/mono",
    "/etc/php",
)
DEVICES = ("null", "zero", "full", "random", "urandom")
ROOT = "/tmp"  # noqa: S108
"""Where the new root is mounted, in our own mount namespace: a folder that every host has."""
SPACES = {"/box": "1777", "/tmp": "1777", "/dev/shm": "1777"}  # noqa: S108
SPACE_OPTIONS = "size=64m,nr_inodes=8192"
libc = ctypes.CDLL(None, use_errno=True)


class Order(TypedDict):
    """The line on stdin."""

    plan: str
    """"namespaces" or "plain"."""
    files: dict[str, str]
    """The texts of the box by their path under `temper/`."""
    config: "Terms"
    python: str
    """The folder of the host's Python, which the box shows."""
    read_only: list[tuple[str, str]]
    """What else of the host it shows: (path there, path in the box)."""


def check(result: int, what: str) -> None:
    if result < 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


def mount(source: str, target: str, kind: str, flags: int, data: str = "") -> None:
    arguments = [text.encode() if text else None for text in (source, target, kind)]
    check(libc.mount(*arguments, ctypes.c_ulong(flags), data.encode() or None), f"mount {target}")


def enter_namespaces(uids: list[int]) -> None:
    """A helper in the old namespace writes the maps: with several uids only the outer root may."""
    ready, go = os.pipe(), os.pipe()
    pid, outer = os.getpid(), os.getuid()
    helper = os.fork()
    if helper == 0:
        os.read(ready[0], 1)
        try:
            groups = f"0 {os.getgid()} 1\n" + "".join(f"{uid} {uid} 1\n" for uid in uids)
            users = f"0 {outer} 1\n" + "".join(f"{uid} {uid} 1\n" for uid in uids)
            if not uids:
                # user_namespaces(7): unless this is denied, only a privileged user may write gid_map
                write(f"/proc/{pid}/setgroups", "deny")
            write(f"/proc/{pid}/uid_map", users)
            write(f"/proc/{pid}/gid_map", groups)
            os.write(go[1], b"y")
        finally:
            os._exit(0)
    check(libc.unshare(NEWUSER | NEWNS | NEWPID | NEWNET | NEWIPC | NEWUTS), "unshare")
    # while this end is open the read below would wait for ever on a helper that died
    os.close(go[1])
    os.write(ready[1], b"x")
    if os.read(go[0], 1) != b"y":
        raise OSError("uid_map: the kernel refuses to map the job's uids")
    os.waitpid(helper, 0)
    for fd in (*ready, go[0]):
        os.close(fd)


def write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)


def build_root(python: str, read_only: list[tuple[str, str]]) -> None:
    """A tmpfs with the system, this Python and the paths asked for, read-only, and small writable folders."""
    # from here on no mount of ours reaches the host
    mount("", "/", "", REC | PRIVATE)
    inside = [path for path in (python, *(source for source, _ in read_only)) if path.startswith(ROOT + "/")]
    # opened before the tmpfs covers them: a Python under /tmp is reached through its descriptor
    kept = {path: os.open(path, os.O_PATH) for path in inside}
    mount("tmpfs", ROOT, "tmpfs", NOSUID | NODEV, "size=16m,mode=0755")
    for path in (*SYSTEM, *glob.glob("/etc/java-*-openjdk")):
        place(path, path, kept)
    for source, target in [(python, python), *read_only]:
        place(source, target, kept)
    for name in DEVICES:
        place(f"/dev/{name}", f"/dev/{name}", kept)
    for name, target in (("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")):
        os.symlink(f"/proc/self/fd{target}", f"{ROOT}/dev/{name}")
    for path, mode in SPACES.items():
        os.makedirs(ROOT + path, exist_ok=True)
        mount("tmpfs", ROOT + path, "tmpfs", NOSUID | NODEV | NOATIME, f"{SPACE_OPTIONS},mode={mode}")
    os.makedirs(ROOT + "/proc")
    mount("proc", ROOT + "/proc", "proc", NOSUID | NODEV)
    write(f"{ROOT}/etc/passwd", "root:x:0:0::/box:/bin/sh\n")


def place(source: str, target: str, kept: dict[str, int]) -> None:
    """Shows a path of the host under the new root, read-only; a link stays a link."""
    inner = ROOT + target
    if (source not in kept and not os.path.lexists(source)) or (target.startswith("/usr/") and target == source):
        return
    os.makedirs(os.path.dirname(inner), exist_ok=True)
    if source not in kept and os.path.islink(source):
        os.symlink(os.readlink(source), inner)
        return
    origin = f"/proc/self/fd/{kept[source]}" if source in kept else source
    if os.path.isdir(origin):
        os.makedirs(inner, exist_ok=True)
    else:
        os.close(os.open(inner, os.O_CREAT, 0o644))
    mount(origin, inner, "", BIND | REC)
    if not target.startswith("/dev/"):
        # a user namespace may not take these off a mount of the host: the kernel would refuse
        locked = os.statvfs(inner).f_flag & (NOSUID | NODEV | NOEXEC)
        mount("", inner, "", BIND | REMOUNT | RDONLY | NOSUID | locked)


def change_root() -> None:
    os.chdir(ROOT)
    # both on one place: the old root comes to lie on top, and 2 (MNT_DETACH) takes it off
    check(libc.pivot_root(b".", b"."), "pivot_root")
    check(libc.umount2(b".", 2), "umount2")
    os.chdir("/")
    for name, value in (("kernel/shmmni", "0"), ("kernel/msgmni", "0"), ("kernel/sem", "0 0 0 0")):
        with contextlib.suppress(OSError):
            write(f"/proc/sys/{name}", value)
    with contextlib.suppress(OSError):
        write("/proc/sys/user/max_user_namespaces", "0")
    mount("/proc/sys", "/proc/sys", "", BIND)  # a program with our uid owns what of it belongs to these namespaces
    mount("", "/proc/sys", "", BIND | REMOUNT | RDONLY | NOSUID | NODEV | NOEXEC)
    mount("", "/", "", BIND | REMOUNT | RDONLY | NOSUID | NODEV)


def loopback_up() -> None:
    import fcntl

    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        # SIOCSIFFLAGS with IFF_UP and IFF_RUNNING
        fcntl.ioctl(sock, 0x8914, struct.pack("16sh14x", b"lo", 0x1 | 0x40))


def install(files: dict[str, str], folder: str) -> None:
    """Writes the box's modules so that they import by the names that they have outside."""
    for name, text in files.items():
        os.makedirs(os.path.dirname(f"{folder}/temper/{name}"), exist_ok=True)
        write(f"{folder}/temper/{name}", text)
    sys.path[0] = folder


def start(order: Order) -> "Config":
    """Carries out the plan; returns the supervisor's configuration, in the process that is to be it."""
    config = order["config"]
    if order["plan"] == "plain":
        folder = tempfile.mkdtemp(prefix="temper-")
        os.chmod(folder, 0o711)
        install(order["files"], folder + "/lib")
        os.mkdir(folder + "/box")
        os.chmod(folder + "/box", 0o1777)
        os.environ.update(HOME=folder + "/box", TMPDIR=folder + "/box")
        return {**config, "box": folder + "/box", "spaces": [folder + "/box"], "remove": [folder]}
    enter_namespaces(config["uids"])
    pid = os.fork()
    if pid:
        # the supervisor alone holds the stream, so that its end is the stream's end
        os.closerange(0, 3)
        os._exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) & 0xFF)
    # PR_SET_PDEATHSIG: PID 1 dies with the process that waits for it
    libc.prctl(1, signal.SIGKILL, 0, 0, 0)
    build_root(order["python"], order["read_only"])
    install(order["files"], ROOT + "/opt")
    change_root()
    loopback_up()
    os.environ.update(HOME="/box")
    return begin_again({**config, "box": "/box", "spaces": list(SPACES)})


def begin_again(config: "Config") -> NoReturn:
    """Starts this text anew, now that all is in place. The memory of an interpreter and of all its forks belongs to the
    user namespace in which it was started, and only in its own may the supervisor look into its programs."""
    line = os.memfd_create("config", 0)
    os.write(line, json.dumps(config).encode() + b"\n")
    os.lseek(line, 0, os.SEEK_SET)
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:3], str(line)])


def read_line(fd: int) -> Any:
    text = bytearray()
    while not text.endswith(b"\n"):
        chunk = os.read(fd, 1 << 16)
        if not chunk:
            sys.exit("no order on stdin")
        text += chunk
    return json.loads(text)


def begin() -> "Config":
    """The supervisor's configuration, from the order on stdin, or from what `begin_again` left."""
    if len(sys.argv) == 1:
        return start(read_line(0))
    sys.path[0] = "/opt"
    line = int(sys.argv.pop())
    config: Config = read_line(line)
    os.close(line)
    return config


if __name__ == "__main__":
    _config = begin()
    from temper.sandboxes.box.supervisor import main

    _code, _namespace, _leave = main(_config)
    try:
        exec(_code, _namespace)  # noqa: S102
    finally:
        _leave(_namespace, *sys.exc_info())
