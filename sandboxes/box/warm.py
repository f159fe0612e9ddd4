"""A program of ours that is slow to load: loaded once in a zygote of its own, then called in a child a test.

What a call returns goes up as in `call`. The program must never be the policy's: it runs with the zygote's rights.
"""

import gc
import marshal
import os
import socket
import sys
from typing import Any, NoReturn

from temper.sandboxes.box import call, values, zygote

PROGRAM: dict[str, Any] = {}
"""The loaded program's namespace; empty but below `become`."""


def become(payload: Any) -> NoReturn:
    """Loads the program, says `ready` (or what it lacks) on the channel, and serves there as a zygote."""
    zygote.die_with_parent()
    sock = socket.socket(fileno=zygote.CHANNEL)
    sys.path.insert(1, payload["path"])
    namespace = zygote.main_module("program.py", "program").__dict__
    try:
        exec(compile(payload["source"], "program.py", "exec", dont_inherit=True), namespace)  # noqa: S102
    except Exception as error:  # ours is broken or its package is not there: nobody's score
        sock.send(marshal.dumps({"lacks": call.describe(error)}))
        os._exit(1)
    PROGRAM.update(namespace)
    sock.send(marshal.dumps({"ready": True}))
    gc.collect()
    gc.freeze()
    zygote.serve(sock)


def main(payload: Any) -> None:
    channel = os.dup(zygote.CHANNEL)
    try:
        args, kwargs = values.decode(payload["args"]), values.decode(payload["kwargs"])
        answer = {"value": values.encode(call.find(PROGRAM, payload["entry_point"])(*args, **kwargs))}
    except BaseException as error:
        answer = {"raised": call.describe(error)}
    zygote.say(channel, answer)
