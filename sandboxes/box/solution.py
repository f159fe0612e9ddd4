"""The solution's side of `unit`: runs the program as the module `solution` and does what the tests' side
asks.

Everything here shares a process with the program, so nothing here decides anything.
"""

import importlib
import operator
import sys
from collections.abc import Callable
from typing import Any

from temper.sandboxes.box import call, crossing, values, zygote

COMPARING = ("eq", "ne", "lt", "le", "gt", "ge", "contains")
ARITHMETIC = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow")
BITWISE = ("matmul", "and_", "or_", "xor", "lshift", "rshift", "neg", "pos", "invert")
ITEMS = ("getitem", "setitem", "delitem")
OPERATIONS: dict[str, Callable[..., Any]] = {
    "call": lambda target, *args, **kwargs: target(*args, **kwargs),
    "isinstance": lambda kind, value: isinstance(value, kind),
    "enter": lambda target: type(target).__enter__(target),
    "exit": lambda target, *error: type(target).__exit__(target, *error),
    "await": lambda target: importlib.import_module("asyncio").run(target),
}
OPERATIONS |= {kind.__name__: kind for kind in (getattr, setattr, delattr, iter, next, len, hash, abs, repr)}
OPERATIONS |= {kind.__name__: kind for kind in (str, bool, int, float)}
OPERATIONS |= {name.strip("_"): getattr(operator, name) for name in (*COMPARING, *ARITHMETIC, *BITWISE, *ITEMS)}


def _reflected(op: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda right, left: op(left, right)


OPERATIONS |= {f"r{name}": _reflected(OPERATIONS[name]) for name in ARITHMETIC}


class Server:
    def __init__(self, line: crossing.Line) -> None:
        self.line = line
        self.objects: list[Any] = []

    def handle(self, value: object) -> Any:
        self.objects.append(value)
        label = value.__name__ if isinstance(value, type) else type(value).__name__
        return {"$handle": [len(self.objects) - 1, label]}

    def encode(self, value: object, known: dict[int, int]) -> Any:
        def first(item: object) -> Any:
            if id(item) in known:
                return {"$ref": known[id(item)]}
            kind = type(item)
            if kind in crossing.DICTS:
                return values.encode(dict(item), first)  # type: ignore[call-overload]
            if isinstance(item, type) and issubclass(item, BaseException):
                return {"$exception": crossing.exception_name(item)}
            return None if kind in crossing.EXACT else self.handle(item)

        return values.encode(value, first)

    def describe(self, containers: list[crossing.Container], known: dict[int, int]) -> list[Any]:
        return [crossing.content(container, lambda item: self.encode(item, known)) for container in containers]

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        containers = [crossing.empty_container(kind) for kind, _ in request["table"]]

        def decode(encoded: Any) -> Any:
            return values.decode(
                encoded, lambda tag, body: (containers if tag == "$ref" else self.objects)[_index(body)]
            )

        for container, described in zip(containers, request["table"], strict=True):
            crossing.fill(container, described, decode)
        known = {id(container): number for number, container in enumerate(containers)}
        before = self.describe(containers, known)
        try:
            kwargs = {key: decode(item) for key, item in request["kwargs"].items()}
            reply = {"value": self.encode(OPERATIONS[request["op"]](*map(decode, request["args"]), **kwargs), known)}
        except StopIteration as stop:
            reply = {"stop": True, "raise": raised(stop)}
        except BaseException as error:  # whatever it is, it belongs to the tests
            reply = {"raise": raised(error)}
        after = self.describe(containers, known)
        reply["changed"] = {n: new for n, (old, new) in enumerate(zip(before, after, strict=True)) if old != new}
        return reply


def _index(body: Any) -> int:
    number: int = body[0] if isinstance(body, list) else body
    return number


def raised(error: BaseException) -> list[str]:
    """Builtin class and message of an exception."""
    try:
        message = error.args[0] if len(error.args) == 1 and type(error.args[0]) is str else str(error)
    except BaseException:
        message = "an exception without a text"
    return [crossing.exception_name(type(error)), message[:2000]]


def main(payload: Any) -> None:
    server = Server(crossing.Line(zygote.PEER))
    try:
        namespace = call.load(payload)
        public = {name: value for name, value in namespace.items() if not name.startswith("_")}
        names = {name: server.encode(value, {}) for name, value in public.items()}
        greeting = {"names": names, "module": server.handle(sys.modules.get("solution"))}
    except BaseException as error:  # also an exit while it is imported
        greeting = {"import": call.describe(error)}
    server.line.send(greeting)
    while True:
        try:
            request = server.line.receive()
        except crossing.PeerGone:
            return
        try:
            server.line.send(server.answer(request))
        except (ValueError, RecursionError, TypeError) as error:
            server.line.send({"raise": ["TypeError", f"cannot cross to the tests: {error}"]})
