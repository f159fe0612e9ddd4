"""One call of one function of the program, in the program's own process; the value goes up encoded.

The expected value is not here, so a program that forges what goes up has only returned another value.
"""

import os
import sys
from collections.abc import Callable
from typing import Any, cast

from temper.sandboxes.box import values, zygote

FRAMES = 12
"""Frames of ours below the program's on the stack: its recursion limit is raised by as many."""


def load(payload: Any, module_name: str = "solution") -> dict[str, Any]:
    """Runs the program as a module (its `if __name__ == "__main__"` part does not run) and returns its
    namespace."""
    path = os.path.join(os.getcwd(), payload["file"])
    code = zygote.compile_source(payload, path)
    sys.argv = [payload["file"]]
    sys.setrecursionlimit(sys.getrecursionlimit() + FRAMES)
    namespace = zygote.main_module(path, module_name).__dict__
    if payload.get("prelude"):
        exec(compile(payload["prelude"], "prelude.py", "exec", dont_inherit=True), namespace)  # noqa: S102
    exec(code, namespace)  # noqa: S102
    return namespace


def find(namespace: dict[str, object], entry_point: str) -> Callable[..., object]:
    """`function`, or `Class.method` of an instance made without arguments."""
    head, *rest = entry_point.split(".")
    if head not in namespace:
        raise NameError(f"the program defines no {head!r}")
    found: Any = namespace[head]
    for name in rest:
        found = getattr(found() if isinstance(found, type) else found, name)
    return cast("Callable[..., object]", found)


def describe(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:500]


def main(payload: Any) -> None:
    channel = os.dup(zygote.CHANNEL)
    try:
        namespace = load(payload)
        args, kwargs = values.decode(payload["args"]), values.decode(payload["kwargs"])
        answer = {"value": values.encode(find(namespace, payload["entry_point"])(*args, **kwargs))}
    except BaseException as error:  # whatever the program raises, `SystemExit` too, is its failure
        answer = {"raised": describe(error)}
    zygote.say(channel, answer)
