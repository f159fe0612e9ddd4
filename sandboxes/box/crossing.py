"""What crosses between the tests' process and the solution's: framing, values, references and handles.

Values are those of `values`; on top of them cross `{"$ref": n}` (the n-th list, dict or set among a call's
arguments, so that aliases and in-place changes keep their identity), `{"$handle": [number, class name]}` (an
object that stays with the solution) and `{"$exception": name}` (a class, as its nearest builtin). Both sides
send one line of JSON at a time. The tests' side treats all that arrives as data.
"""

import builtins
import collections
import json
import os
from collections.abc import Callable
from typing import Any

from temper.sandboxes.box import values

Container = list[Any] | dict[Any, Any] | set[Any]
LINE_CAP = 16 * 1024 * 1024
EXACT = (type(None), bool, int, float, str, bytes, list, tuple, dict, set)
_TYPES = {name: kind for name, kind in vars(builtins).items() if isinstance(kind, type)}
EXCEPTIONS = {name: kind for name, kind in _TYPES.items() if issubclass(kind, BaseException)}
DICTS = (collections.defaultdict, collections.OrderedDict, collections.Counter)
"""Cross as the plain dict that they equal; honest solutions return them."""


class PeerGone(BaseException):
    """The other process ended, or does not keep to the protocol."""


class Line:
    """Messages over one descriptor."""

    def __init__(self, fd: int) -> None:
        self.fd, self.rest = fd, bytearray()

    def send(self, message: Any) -> None:
        view = memoryview(json.dumps(message).encode() + b"\n")
        try:
            while view:
                view = view[os.write(self.fd, view) :]
        except OSError as error:
            raise PeerGone(str(error)) from None

    def receive(self) -> dict[str, Any]:
        while (end := self.rest.find(b"\n")) < 0:
            try:
                chunk = os.read(self.fd, 1 << 18)
            except OSError as error:
                raise PeerGone(str(error)) from None
            if not chunk:
                raise PeerGone("the process ended")
            self.rest += chunk
            if len(self.rest) > LINE_CAP:
                raise PeerGone("a message is too large")
        line = bytes(self.rest[:end])
        del self.rest[: end + 1]
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            raise PeerGone("a message is unreadable") from None
        if not isinstance(message, dict):
            raise PeerGone("a message is no object")
        return message


class Outgoing:
    """Encodes a call's arguments; every mutable container is sent once, in `table`, and referred to by
    number."""

    def __init__(self, other: values.Encoder) -> None:
        self.containers: list[Container] = []
        self.table: list[Any] = []
        self._numbers: dict[int, int] = {}
        self._other = other

    def encode(self, value: object) -> Any:
        return values.encode(value, self._first)

    def _first(self, value: object) -> Any:
        if type(value) not in (list, dict, set):
            return self._other(value)
        if id(value) not in self._numbers:
            number = self._numbers[id(value)] = len(self.containers)
            self.containers.append(value)  # type: ignore[arg-type]
            self.table.append(None)
            self.table[number] = content(value, self.encode)  # type: ignore[arg-type]
        return {"$ref": self._numbers[id(value)]}


def content(container: Container, encode: Callable[[object], Any]) -> Any:
    """[type, encoded items] of one container."""
    if type(container) is dict:
        return ["dict", [[encode(key), encode(item)] for key, item in container.items()]]
    return [type(container).__name__, [encode(item) for item in container]]


def empty_container(kind: str) -> Container:
    made: dict[str, Callable[[], Container]] = {"list": list, "dict": dict, "set": set}
    return made[kind]()


def fill(container: Container, described: Any, decode: Callable[[Any], Any]) -> None:
    """Gives a container its described content in place. Raises ValueError when the description is of another
    type."""
    kind, items = described
    if kind != type(container).__name__:
        raise ValueError(f"container: a {type(container).__name__} came back as {kind!r}")
    if isinstance(container, list):
        container[:] = [decode(item) for item in items]
        return
    if isinstance(container, dict):
        pairs = [(decode(key), decode(item)) for key, item in items]
        container.clear()
        container.update(pairs)
        return
    members = [decode(item) for item in items]
    container.clear()
    container.update(members)


def exception_name(kind: type[BaseException]) -> str:
    """The nearest builtin class of an exception class."""
    return next((base.__name__ for base in kind.__mro__ if EXCEPTIONS.get(base.__name__) is base), "Exception")


def make_exception(name: str, message: Any) -> BaseException:
    """The builtin exception of that name. One that would end a loop in silence becomes a RuntimeError (as PEP
    479 does in generators): a solution that raises StopIteration inside `map` would else skip the asserts of
    its tests."""
    text = message if isinstance(message, str) else repr(message)
    kind = EXCEPTIONS.get(name, Exception)
    if issubclass(kind, (StopIteration, StopAsyncIteration, GeneratorExit)):
        return RuntimeError(f"the solution raised {name}: {text}")
    try:
        return kind(text)
    except TypeError:
        return next(base(text) for base in kind.__mro__[1:] if base in (ValueError, Exception, BaseException))
