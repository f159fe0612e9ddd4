"""The interpreter of a session, in a process of its own: it runs cells as they come, in one namespace.

A cell comes as a file over a socket. Its output goes to one pipe, unbuffered, so what was printed is there whenever the
process is ended; that a cell is done, and whether it raised, is said on the channel. A cell may forge that, and has
then only said it of itself. Seed and `os.urandom` are the same in each process, and the clock stands still within
a cell.
"""

import ast
import io
import marshal
import os
import random
import socket
import struct
import sys
import threading
import time
import traceback
import types
from typing import Any

from temper.sandboxes.box import call, zygote

NAME = "<cell>"
BEGIN = 1_735_689_600.0
"""The time of the first cell; each is a second later than the one before."""
WHAT = struct.Struct("q")
"""A message on the line: the cell's number. Its text is the file beside it."""


def main(payload: Any) -> None:
    line, process = socket.socket(fileno=zygote.PEER), os.getpid()
    threading.main_thread()._native_id = process  # type: ignore[attr-defined]
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    sys.argv, sys.path = [""], [*sys.path, *filter(os.path.isdir, [payload["path"]])]
    sys.setrecursionlimit(sys.getrecursionlimit() + call.FRAMES)
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    _settle()
    while (told := receive(line)) is not None:
        number, text = told
        time.time = lambda now=BEGIN + number: now  # type: ignore[misc]
        raised = _run(text, module.__dict__)
        if os.getpid() != process:  # a fork that fell out of its cell
            os._exit(0)
        zygote.say(zygote.CHANNEL, {"done": number, "raised": raised})


def send(line: socket.socket, number: int, text: str) -> None:
    """The other end. Raises OSError where the interpreter does not listen."""
    file = zygote.memory_file(marshal.dumps(text))
    try:
        socket.send_fds(line, [WHAT.pack(number)], [file])
    finally:
        os.close(file)


def receive(line: socket.socket) -> tuple[int, str] | None:
    """Number and text of the next cell; None when there is nobody any more."""
    what, (*fds,), _, _ = socket.recv_fds(line, WHAT.size, 1)
    if not what or not fds:
        return None
    text: str = marshal.loads(os.pread(fds[0], os.fstat(fds[0]).st_size, 0))  # noqa: S302 - the supervisor's
    os.close(fds[0])
    return int(WHAT.unpack(what)[0]), text


def _settle() -> None:
    """Streams without buffers, and chance that is the same each time."""
    for fd, name in ((1, "stdout"), (2, "stderr")):
        errors = "backslashreplace" if fd == 2 else "surrogateescape"
        stream = io.TextIOWrapper(
            open(fd, "wb", 0, closefd=False),  # noqa: SIM115
            encoding="utf-8", errors=errors, write_through=True,
        )  # fmt: skip
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    os.urandom = random._urandom = random.Random(1).randbytes  # type: ignore[attr-defined]
    random.seed(0)


def _run(text: str, namespace: dict[str, Any]) -> bool:
    """Whether it raised; the value of a last expression is shown, as an exception is."""
    try:
        try:
            tree, last = ast.parse(text, NAME), None
            if tree.body and isinstance(shown := tree.body[-1], ast.Expr):
                tree.body.pop()
                last = ast.Expression(shown.value)
            exec(compile(tree, NAME, "exec", dont_inherit=True), namespace)  # noqa: S102
            if last is not None:
                value = eval(compile(last, NAME, "eval", dont_inherit=True), namespace)  # noqa: S307
                if value is not None:
                    print(repr(value))
            return False
        except BaseException as error:
            sys.stderr.write(_shown(error))
            return True
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
    except BaseException:  # what the cell has made of the streams, or of its exception
        return True


def _shown(error: BaseException) -> str:
    """With the cell's own frames alone."""
    tb = error.__traceback__
    while tb is not None and tb.tb_frame.f_code.co_filename != NAME:
        tb = tb.tb_next
    return "".join(traceback.format_exception(type(error), error, tb))
