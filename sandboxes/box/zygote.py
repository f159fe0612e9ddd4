"""The warm interpreter: it knows no job, forks a child per test, and makes of the child what the request
says.

The supervisor holds the jobs, so a child forked from it could read other tests' inputs off the heap; a child
of the zygote cannot. A child that is to run as `python program.py` leaves by `Become`, which unwinds to
module level, so that recursion depth, `atexit`, threads, exit status and uncaught exceptions are the
interpreter's own.

A child costs what it copies: each page that it is the first to write, and a reference count is a write. So the
zygote rehearses what every child does first, and forks by the C library's `fork`, without the interpreter's hooks:
it has one thread, and nothing to mend.

Requests and descriptors (stdin, stdout, stderr, channel, ...) arrive over one socket; replies are PIDs and,
asked for with `reap`, exit statuses; `bury` reaps whoever else ended. Descriptors of a child after set-up: 0, 1, 2,
CHANNEL and, in `unit`, PEER; those of `program` are named in `job`.
"""

import contextlib
import ctypes
import gc
import importlib
import importlib.machinery
import json
import marshal
import os
import random
import resource
import signal
import socket
import struct
import sys
import threading
import types
from typing import Any, NoReturn

from temper.sandboxes.box import processes

CHANNEL, PEER = 3, 4
WARM = (
    "bisect", "collections", "copy", "dataclasses", "datetime", "decimal", "enum", "fractions", "functools",
    "heapq", "io", "itertools", "math", "operator", "queue", "random", "re", "statistics", "string",
    "threading", "typing", "unittest",
)  # fmt: skip
"""The modules that programs import most: preloaded, so to import them costs nothing."""
MODULES = {"call": "call", "cells": "cells", "solution": "border.solution", "unit": "border.unit", "warm": "warm"}
"""What a child may be but a program: the request's word, and the module of the box that the zygote loads for it."""
BOX: dict[str, Any] = {}
"""Those modules by the request's word, once they are loaded."""
WAIT_FOR_ANY = 0x40000000
"""`__WALL`: children whose end sends another signal than SIGCHLD as well."""
ROOM = socket.CMSG_SPACE(8 * struct.calcsize("i"))
REHEARSALS = 20
REHEARSAL = """
import sys
def first(items, *rest, key=None): return items[0]
numbers = sorted(map(int, input().split()), key=lambda n: -n)
seen = {}
for place, line in enumerate(sys.stdin):
    seen.setdefault(line.strip(), []).append(place)
for name, places in sorted(seen.items()):
    print(name, first(places), f"{sum(numbers)}", " ".join(str(n) for n in numbers))
"""
Request = dict[str, Any]
libc = ctypes.PyDLL(None)


class Become(BaseException):
    """This process is a program now: carries its code and namespace to module level."""

    def __init__(self, code: types.CodeType, namespace: dict[str, object]) -> None:
        super().__init__()
        self.code, self.namespace = code, namespace


def start(box: str, other_uids: bool) -> tuple[socket.socket, int]:
    """Forks the zygote, whose children work in the folder `box`, and under other uids or its own; returns the
    supervisor's end of its socket and its PID. Raises Become in a child."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    pid = os.fork()
    if pid == 0:
        ours.close()
        _warm_up()
        _settle(box, other_uids)
        serve(theirs)
    theirs.close()
    return ours, pid


def _warm_up() -> None:
    null = os.open("/dev/null", os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    os.close(null)
    die_with_parent()
    processes.prctl(processes.PR_SET_DUMPABLE, 0)
    for number, handler in ((signal.SIGALRM, signal.SIG_DFL), (signal.SIGCHLD, signal.SIG_DFL)):
        signal.signal(number, handler)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for name in WARM:
        importlib.import_module(name)
    for word, name in MODULES.items():
        BOX[word] = importlib.import_module(f"temper.sandboxes.box.{name}")
    _rehearse()
    _forget_ourselves()
    gc.collect()
    gc.freeze()


def _settle(box: str, other_uids: bool) -> None:
    """What every child is to inherit."""
    if other_uids:
        os.setgroups([])
    os.chdir(box)
    sys.path[0] = box


def _rehearse() -> None:
    """Runs a small program many times, so that what the interpreter allocates, looks up and specialises for one is
    there in every child. Leaves fresh streams over a file and two pipes, as a child has them."""
    keep = [os.dup(fd) for fd in (0, 1, 2)]
    reader, writer = os.pipe()
    core = resource.getrlimit(resource.RLIMIT_CORE)
    with open("/proc/self/oom_score_adj", "rb") as file:
        score = file.read()
    program = marshal.dumps({"source": REHEARSAL, "code": None, "want_code": False})
    for _ in range(REHEARSALS):
        stdin, payload = memory_file(b"3 1 2\n\na\nb\n"), memory_file(program)
        code, _ready = _compile(_take_descriptors([stdin, writer, writer, payload]), os.devnull)
        os.close(stdin)
        os.close(payload)
        _go_first(score)
        resource.setrlimit(resource.RLIMIT_CORE, core)
        processes.prctl(processes.PR_SET_DUMPABLE, 0)
        _fresh_streams()
        exec(code, _main_namespace(os.devnull))  # noqa: S102
        sys.stdout.flush()
        sys.stderr.flush()
        BOX["unit"].rehearse()
    _fresh_streams()
    for target, fd in enumerate(keep):
        os.dup2(fd, target)
    for fd in (*keep, reader, writer):
        os.close(fd)


def die_with_parent() -> None:
    processes.prctl(processes.PR_SET_PDEATHSIG, signal.SIGKILL)


def serve(sock: socket.socket) -> NoReturn:
    """Forks and reaps as it is asked. While a child lives, each page that this process writes is copied, so it does
    little then."""
    while True:
        text, passed, _, _ = sock.recvmsg(65536, ROOM)
        if not text:
            os._exit(0)
        request = marshal.loads(text)  # noqa: S302 - the supervisor's
        if request["do"] == "reap":
            _, status, usage = os.wait4(request["pid"], 0)
            sock.send(marshal.dumps((status, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)))
            continue
        if request["do"] == "bury":
            sock.send(marshal.dumps(_bury()))
            continue
        fds = memoryview(passed[0][2]).cast("i").tolist()
        # On this core: the kernel would start the child on the idlest one, and with two zygotes at work each test would
        # find its pages in the other core's cache. From there it may go where it likes.
        cores = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {libc.sched_getcpu()})
        pid = libc.fork()
        os.sched_setaffinity(0, cores)
        if pid == 0:
            _be(request, fds)
        sock.send(marshal.dumps(pid))
        random.seed()  # not even the two children of one `unit` test may know each other's numbers
        for fd in fds:
            os.close(fd)


def _bury() -> float:
    """Reaps who ended and was not asked for; returns their CPU seconds. A program makes itself brothers (CLONE_PARENT),
    which are children of this process, and would count among the processes of its uid for good."""
    seconds = 0.0
    with contextlib.suppress(ChildProcessError):
        while (found := os.wait4(-1, os.WNOHANG | WAIT_FOR_ANY))[0]:
            seconds += found[2].ru_utime + found[2].ru_stime
    return seconds


def _be(request: Request, fds: list[int]) -> NoReturn:
    """In the child. The last descriptor holds the payload (what only this child may know)."""
    try:
        payload = _take_descriptors(fds)
        os.closerange(len(fds) - 1, 256)
        if request["do"] == "zygote":
            BOX["warm"].become(payload)
        _restrict(request)
        if request["do"] == "clean":
            _clean(request)
        elif request["do"] == "exec":
            _execute(payload)
        elif request["do"] == "program":
            _become_program(payload)
        else:
            BOX[request["do"]].main(payload)
        os._exit(0)
    except Become:
        raise
    except BaseException as error:  # a child must never return into the zygote's loop
        with contextlib.suppress(OSError):
            os.write(2, f"{type(error).__name__}: {error}\n".encode("utf-8", "replace"))
        os._exit(1)


def _take_descriptors(fds: list[int]) -> Any:
    """Their numbers ascend, each over its target, so none is lost before its turn."""
    *places, payload = fds
    for target, fd in enumerate(places):
        os.dup2(fd, target)
    return marshal.loads(os.pread(payload, os.fstat(payload).st_size, 0))  # noqa: S302 - the supervisor's


def _go_first(score: bytes) -> None:
    """With the highest score the kernel kills this process first when the container runs out of memory."""
    with contextlib.suppress(OSError):
        fd = os.open("/proc/self/oom_score_adj", os.O_WRONLY)
        os.write(fd, score)
        os.close(fd)


def _restrict(request: Request) -> None:
    os.setsid()
    _go_first(b"1000")
    for number, limits in request["rlimits"]:
        resource.setrlimit(number, limits)
    uid: int | None = request["uid"]
    if uid is not None:
        os.setresgid(uid, uid, uid)
        real: int = request.get("real_uid", uid)
        os.setresuid(real, uid, real)
    else:
        processes.drop_capabilities()
    processes.prctl(processes.PR_SET_DUMPABLE, 0)


def _clean(request: Request) -> None:
    if request["kill"]:
        processes.kill_everything()
    for folder, keep in request["spaces"].items():
        processes.wipe(folder, frozenset(keep))
    processes.remove_ipc(request["uid"])


def _execute(payload: Any) -> None:
    """Another language: its source is on disk when the first child has written it, then the command takes
    over."""
    if payload["source"] is not None:
        with open(payload["file"], "w", encoding="utf-8", errors="surrogatepass") as file:
            file.write(payload["source"])
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    os.closerange(payload.get("open", CHANNEL), 256)
    os.execvp(payload["argv"][0], payload["argv"])


def compile_source(payload: Any, path: str) -> types.CodeType:
    """Writes the program to disk, compiles it and says so on the channel (`ok`, or why not) before any of it
    runs.

    The first child of a job with several tests also hands up the code object for the next ones."""
    try:
        code, ready = _compile(payload, path)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
        say(CHANNEL, {"refused": f"{type(error).__name__}: {error}"})
        os._exit(1)
    write_all(CHANNEL, ready)
    return code


def _compile(payload: Any, path: str) -> tuple[types.CodeType, bytes]:
    """The code, and the line that says so."""
    source = payload["source"].encode("utf-8", "surrogatepass")
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
    write_all(fd, source)
    os.close(fd)
    if payload["code"] is not None:
        code: types.CodeType = marshal.loads(bytes.fromhex(payload["code"]))  # noqa: S302
    else:
        code = compile(source, path, "exec", dont_inherit=True)
    text = marshal.dumps(code).hex() if payload["want_code"] else ""
    return code, b'{"compiled": "%s"}\n' % text.encode()


def memory_file(content: bytes) -> int:
    """A descriptor that reads like a file redirected to stdin: it has a size, seeks, and can be opened
    again."""
    fd = os.memfd_create("input", os.MFD_CLOEXEC)
    write_all(fd, content)
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


def say(fd: int, message: object) -> None:
    """One JSON line."""
    write_all(fd, json.dumps(message).encode() + b"\n")


def write_all(fd: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(fd, view) :]


def main_module(path: str, name: str) -> types.ModuleType:
    """A module as the interpreter makes `__main__` for a script."""
    module = types.ModuleType(name)
    loader = importlib.machinery.SourceFileLoader(name, path)
    module.__dict__.update(__file__=path, __builtins__=sys.modules["builtins"], __loader__=loader, __cached__=None)
    module.__dict__["__annotations__"] = {}
    sys.modules[name] = module
    return module


def _fresh_streams() -> None:
    """The interpreter's own streams, as at its start (those that are there remember what they were used for)."""
    for fd, name in ((0, "stdin"), (1, "stdout"), (2, "stderr")):
        old = getattr(sys, name)
        stream = open(fd, "w" if fd else "r", encoding=old.encoding, errors=old.errors, closefd=False)  # noqa: SIM115
        stream.buffer.raw.name = f"<{name}>"  # type: ignore[attr-defined]
        if fd == 2:
            stream.reconfigure(line_buffering=True)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def _forget_ourselves() -> None:
    """Takes the supervisor's modules out of sight: the program finds the interpreter as it would start."""
    for name in [name for name in sys.modules if name == "temper" or name.startswith("temper.")]:
        del sys.modules[name]


def _become_program(payload: Any) -> NoReturn:
    path = os.path.join(os.getcwd(), payload["file"])
    code = compile_source(payload, path)
    os.close(CHANNEL)
    sys.argv = [payload["file"]]
    raise Become(code, _main_namespace(path))


def _main_namespace(path: str) -> dict[str, Any]:
    threading.main_thread()._native_id = os.getpid()  # type: ignore[attr-defined]
    return main_module(path, "__main__").__dict__
