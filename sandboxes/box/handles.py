"""The solution as the tests see it: a module whose names are values or handles, answered by the other
process.

Calls, attributes, items and iteration of a handle are forwarded. What would let the solution judge itself
(`==`, ordering, bool, hash, len, `in`, isinstance) is refused unless the row lists the class in
`entry_points`, and even then the answer must be an exact builtin. Arithmetic may give another handle only, unless
the class is listed: an object whose `-` gives 0.0 would else be near every number. A handle is new each time, so
`is` tells nothing that the solution chose.
"""

import threading
from collections.abc import Callable
from typing import Any, NoReturn

from temper.sandboxes.box import crossing, values

GUARDED: dict[str, type] = {
    "eq": bool,
    "ne": bool,
    "lt": bool,
    "le": bool,
    "gt": bool,
    "ge": bool,
    "contains": bool,
    "bool": bool,
}
GUARDED |= {"hash": int, "len": int, "isinstance": bool}
TEXTS: dict[str, type] = {"str": str, "repr": str, "int": int, "float": float}
FORWARDED = ("getitem", "setitem", "delitem", "iter", "next", "enter", "exit", "call")
ARITHMETIC = (
    "abs", "neg", "pos", "invert", "add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or",
    "xor", "lshift", "rshift", "radd", "rsub", "rmul", "rtruediv", "rfloordiv", "rmod", "rpow",
)  # fmt: skip
UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, RecursionError, OverflowError)


class Solution:
    """The other process. `give_up(reason)` ends the tests: no `except` of theirs may swallow a dead
    solution."""

    def __init__(self, fd: int, entry_points: list[str], give_up: Callable[[str], NoReturn]) -> None:
        self.line, self.lock = crossing.Line(fd), threading.RLock()
        self.entry_points, self.give_up = entry_points, give_up

    def greet(self) -> tuple[dict[str, Any], Any]:
        """The public names of the solution, and a handle of its module."""
        message = self._exchange(None)
        if "import" in message:
            self.give_up(str(message["import"])[:500])
        try:
            names = {str(name): self._decode(item, []) for name, item in message["names"].items()}
            return names, self._decode(message["module"], [])
        except UNREADABLE as error:
            self.give_up(f"the solution sent what cannot be read: {error}")

    def ask(self, op: str, *args: object, **kwargs: object) -> Any:
        """Has one operation done there, and takes over what it changed in its arguments. Raises what it
        raised."""
        out = crossing.Outgoing(encode_handle)
        try:
            request: dict[str, Any] = {"op": op, "args": [out.encode(arg) for arg in args]}
            request |= {"kwargs": {key: out.encode(item) for key, item in kwargs.items()}, "table": out.table}
        except ValueError as error:
            raise TypeError(f"cannot cross to the solution: {error}") from None
        reply = self._exchange(request)
        try:
            for number, described in reply.get("changed", {}).items():
                container = out.containers[int(number)]
                crossing.fill(container, described, lambda item: self._decode(item, out.containers))
            if "raise" not in reply and "stop" not in reply:
                return self._decode(reply["value"], out.containers)
            stop = op == "next" and "stop" in reply
            raised = StopIteration() if stop else crossing.make_exception(*reply["raise"])
        except UNREADABLE as unreadable:
            self.give_up(f"the solution sent what cannot be read: {unreadable}")
        raise raised from None

    def _exchange(self, request: Any) -> dict[str, Any]:
        with self.lock:
            try:
                if request is not None:
                    self.line.send(request)
                return self.line.receive()
            except crossing.PeerGone as gone:
                self.give_up(f"the solution's process: {gone}")

    def _decode(self, encoded: Any, containers: list[crossing.Container]) -> Any:
        def other(tag: str, body: Any) -> object:
            if tag == "$ref":
                return containers[body]
            if tag == "$exception":
                return crossing.EXCEPTIONS[body]
            if tag == "$handle" and type(body[0]) is int and type(body[1]) is str:
                handle = Handle(self, body[0], body[1])
                return awaiting(handle) if body[1] == "coroutine" else handle
            raise ValueError(f"unknown tag {tag[:20]!r}")

        return values.decode(encoded, other)


class Handle:
    """An object that stays with the solution. `label` is the name of its class, or its own when it is a
    class."""

    __slots__ = ("_number", "_label", "_solution")

    def __init__(self, solution: Solution, number: int, label: str) -> None:
        for name, value in zip(self.__slots__, (number, label, solution), strict=True):
            object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> Any:
        return ask(self, "getattr", name)

    def __setattr__(self, name: str, value: object) -> None:
        ask(self, "setattr", name, value)

    def __delattr__(self, name: str) -> None:
        ask(self, "delattr", name)

    def __mro_entries__(self, bases: object) -> NoReturn:
        raise TypeError("a class of the solution cannot be subclassed by the tests")


def ask(handle: Handle, op: str, *args: object, **kwargs: object) -> Any:
    """Forwards one operation, or refuses it."""
    read = object.__getattribute__
    solution, label = read(handle, "_solution"), read(handle, "_label")
    expected = GUARDED.get(op) or TEXTS.get(op)
    listed = label in solution.entry_points
    if op in GUARDED and not listed:
        raise TypeError(f"{op} of a {label!r} is judged by the solution; list the class in entry_points to allow it")
    answer = solution.ask(op, handle, *args, **kwargs)
    if op in ARITHMETIC and not listed and type(answer) is not Handle:
        raise TypeError(f"{op} of a {label!r} gave a {type(answer).__name__}; list the class in entry_points")
    if expected is not None and type(answer) is not expected:
        raise TypeError(
            f"{op} of a {label!r} gave a {type(answer).__name__}; an exact {expected.__name__} must come back"
        )
    return answer


async def awaiting(handle: Handle) -> Any:
    """Stands for a coroutine of the solution, which runs to its end over there."""
    return ask(handle, "await")


def encode_handle(value: object) -> Any:
    if type(value) is Handle:
        return {"$handle": [object.__getattribute__(value, "_number"), ""]}
    return None


def _forward(op: str) -> Callable[..., Any]:
    return lambda handle, *args, **kwargs: ask(handle, op, *args, **kwargs)


for _op in [*GUARDED, *TEXTS, *FORWARDED, *ARITHMETIC]:
    setattr(Handle, "__instancecheck__" if _op == "isinstance" else f"__{_op}__", _forward(_op))
