"""How a program ends: what the interpreter does after the last line, without taking the warm interpreter
apart.

Taking every module apart costs more than most programs do (it copies each page that the zygote shares). The
order is CPython's: the uncaught exception is shown, threads are joined, `atexit` runs, streams are flushed,
the program's own globals go (so that their `__del__` runs), the process ends with its status.
"""

import _thread
import atexit
import gc
import os
import sys
import threading
from types import TracebackType
from typing import NoReturn


def leave(
    namespace: dict[str, object],
    kind: type[BaseException] | None,
    error: BaseException | None,
    tb: TracebackType | None,
) -> NoReturn:
    """Ends this process as the interpreter would after `namespace` ran and `error` (or none) came out of
    it."""
    status = 1
    try:
        status = show(kind, error, tb)
        error = tb = None
        if _thread._count() or threading._threading_atexits:  # type: ignore[attr-defined]
            threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        status = flush(status)
        namespace.clear()
        gc.collect()
        flush(status)
    except BaseException:  # the program may have broken any of these; then so does its end
        os._exit(status or 1)
    os._exit(status)


def show(kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> int:
    """The exit status, after an uncaught exception was shown without our own frame."""
    if kind is None or error is None:
        return 0
    if isinstance(error, SystemExit):
        code = error.code
        if code is None or isinstance(code, int):
            return (code or 0) & 0xFF
        sys.stdout.flush()
        print(code, file=sys.stderr)
        return 1
    sys.excepthook(kind, error, tb.tb_next if tb else None)
    return 1


def flush(status: int) -> int:
    """As the interpreter: output that cannot be written turns success into 120."""
    try:
        if sys.stdout is not None and not sys.stdout.closed:
            sys.stdout.flush()
    except BaseException:
        status = status or 120
    try:
        if sys.stderr is not None and not sys.stderr.closed:
            sys.stderr.flush()
    except BaseException:
        return status
    return status
