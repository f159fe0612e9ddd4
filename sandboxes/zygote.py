"""The warm interpreter: it knows no job, forks a child per test, and makes of the child what the request
says.

The supervisor holds the jobs, so a child forked from it could read other tests' inputs off the heap; a child
of the zygote cannot. A child that is to run as `python program.py` leaves by `Become`, which unwinds to
module level, so that recursion depth, `atexit`, threads, exit status and uncaught exceptions are the
interpreter's own.

Requests and descriptors (stdin, stdout, stderr, channel, ...) arrive over one socket; replies are PIDs and,
asked for with `reap`, exit statuses. Descriptors of a child after set-up: 0, 1, 2, CHANNEL and, in `unit`,
PEER.
"""

import contextlib
import fcntl
import gc
import importlib
import importlib.machinery
import json
import marshal
import os
import resource
import signal
import socket
import sys
import types
from typing import Any, NoReturn

from temper.sandboxes import processes

CHANNEL, PEER = 3, 4
WARM = (
    "bisect", "collections", "copy", "dataclasses", "datetime", "decimal", "enum", "fractions", "functools",
    "heapq", "io", "itertools", "math", "operator", "queue", "random", "re", "statistics", "string",
    "threading", "typing", "unittest",
)  # fmt: skip
"""What programs import most: found loaded, as good as imported."""
BOX = ("box_call", "box_solution", "box_tests")
Request = dict[str, Any]


class Become(BaseException):
    """This process is a program now: carries its code and namespace to module level."""

    def __init__(self, code: types.CodeType, namespace: dict[str, Any]) -> None:
        super().__init__()
        self.code, self.namespace = code, namespace


def start() -> tuple[socket.socket, int]:
    """Forks the zygote; returns the supervisor's end of its socket and its PID. Raises Become in a child."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    pid = os.fork()
    if pid == 0:
        ours.close()
        _warm_up()
        _serve(theirs)
    theirs.close()
    return ours, pid


def _warm_up() -> None:
    null = os.open("/dev/null", os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    os.close(null)
    processes.prctl(processes.PR_SET_PDEATHSIG, signal.SIGKILL)
    processes.prctl(processes.PR_SET_DUMPABLE, 0)
    for number, handler in ((signal.SIGALRM, signal.SIG_DFL), (signal.SIGCHLD, signal.SIG_DFL)):
        signal.signal(number, handler)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for name in (*WARM, *(f"temper.sandboxes.{name}" for name in BOX)):
        importlib.import_module(name)
    gc.collect()
    gc.freeze()


def _serve(sock: socket.socket) -> NoReturn:
    while True:
        text, fds, _, _ = socket.recv_fds(sock, 65536, 8)
        if not text:
            os._exit(0)
        request = json.loads(text)
        if request["do"] == "reap":
            _, status, usage = os.wait4(request["pid"], 0)
            answer = {
                "status": status,
                "cpu_s": usage.ru_utime + usage.ru_stime,
                "rss": usage.ru_maxrss * 1024,
            }
        else:
            answer = {"pid": os.fork()}
            if answer["pid"] == 0:
                _be(request, fds)
        for fd in fds:
            os.close(fd)
        sock.send(json.dumps(answer).encode())


def _be(request: Request, fds: list[int]) -> NoReturn:
    """In the child. The last descriptor holds the payload (what only this child may know), as JSON."""
    try:
        payload = _take_descriptors(fds)
        _restrict(request)
        if request["do"] == "clean":
            _clean(request)
        elif request["do"] == "exec":
            _execute(payload)
        elif request["do"] == "program":
            _become_program(payload)
        else:
            importlib.import_module(f"temper.sandboxes.box_{request['do']}").main(payload)
        os._exit(0)
    except Become:
        raise
    except BaseException as error:  # a child must never return into the zygote's loop
        with contextlib.suppress(OSError):
            os.write(2, f"{type(error).__name__}: {error}\n".encode("utf-8", "replace"))
        os._exit(1)


def _take_descriptors(fds: list[int]) -> Any:
    high = [fcntl.fcntl(fd, fcntl.F_DUPFD, 200) for fd in fds]
    for target, fd in enumerate(high[:-1]):
        os.dup2(fd, target)
    with open(high[-1], closefd=False) as file:
        text = file.read()
    os.closerange(len(high) - 1, 256)
    return json.loads(text) if text else None


def _restrict(request: Request) -> None:
    os.setsid()
    with contextlib.suppress(OSError):
        fd = os.open("/proc/self/oom_score_adj", os.O_WRONLY)
        os.write(fd, b"1000")
        os.close(fd)
    for name, (soft, hard) in request.get("rlimits", {}).items():
        _, most = resource.getrlimit(name := getattr(resource, f"RLIMIT_{name}"))
        hard = hard if most == resource.RLIM_INFINITY else most if hard == -1 else min(hard, most)
        soft = soft if hard == resource.RLIM_INFINITY else hard if soft == -1 else min(soft, hard)
        resource.setrlimit(name, (soft, hard))
    if request["uid"] is not None:
        os.setgroups([])
        os.setresgid(request["uid"], request["uid"], request["uid"])
        os.setresuid(request["uid"], request["uid"], request["uid"])
    processes.drop_capabilities()
    processes.prctl(processes.PR_SET_DUMPABLE, 0)
    os.chdir(request["box"])
    sys.path[0] = request["box"]


def _clean(request: Request) -> None:
    if request["kill"]:
        processes.kill_everything()
    for folder in request["spaces"]:
        processes.wipe(folder, frozenset(request["keep"]))


def _execute(payload: Any) -> None:
    """Another language: its source is on disk when the first child has written it, then the command takes
    over."""
    if payload["source"] is not None:
        with open(payload["file"], "w", encoding="utf-8", errors="surrogatepass") as file:
            file.write(payload["source"])
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    os.closerange(CHANNEL, 256)
    os.execvp(payload["argv"][0], payload["argv"])


def compile_source(payload: Any, path: str) -> types.CodeType:
    """Writes the program to disk, compiles it and says so on the channel (`ok`, or why not) before any of it
    runs.

    The first child of a job with several tests also hands up the code object for the next ones."""
    try:
        source = payload["source"].encode("utf-8", "surrogatepass")
        with open(path, "wb") as file:
            file.write(source)
        if payload["code"] is not None:
            code: types.CodeType = marshal.loads(bytes.fromhex(payload["code"]))  # noqa: S302
        else:
            code = compile(source, path, "exec", dont_inherit=True)
        ready = {"compiled": marshal.dumps(code).hex() if payload["want_code"] else ""}
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
        say(CHANNEL, {"refused": f"{type(error).__name__}: {error}"})
        os._exit(1)
    say(CHANNEL, ready)
    return code


def say(fd: int, message: Any) -> None:
    """One JSON line, whole."""
    view = memoryview(json.dumps(message).encode() + b"\n")
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


def fresh_streams() -> None:
    """The interpreter's own streams over the new descriptors (the old ones remember the zygote's)."""
    for fd, name in ((0, "stdin"), (1, "stdout"), (2, "stderr")):
        old = getattr(sys, name)
        stream = open(fd, "w" if fd else "r", encoding=old.encoding, errors=old.errors, closefd=False)  # noqa: SIM115
        stream.buffer.raw.name = f"<{name}>"  # type: ignore[attr-defined]
        if fd == 2:
            stream.reconfigure(line_buffering=True)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def forget_ourselves() -> None:
    """Takes the supervisor's modules out of sight: the program finds the interpreter as it would start."""
    for name in [name for name in sys.modules if name == "temper" or name.startswith("temper.")]:
        del sys.modules[name]


def _become_program(payload: Any) -> NoReturn:
    path = os.path.join(os.getcwd(), payload["file"])
    code = compile_source(payload, path)
    os.close(CHANNEL)
    fresh_streams()
    sys.argv = [payload["file"]]
    namespace = main_module(path, "__main__").__dict__
    forget_ourselves()
    raise Become(code, namespace)
