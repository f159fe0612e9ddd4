"""The line between the two processes of `unit`, and what crosses on it: values, containers, objects, exceptions.

Either end asks the other and serves it while it waits, so the solution may call a function of the tests that calls
the solution again. A message is a line of JSON: a request (`op`, `args`, `kwargs`) or its reply (`value`, `raise`,
`stop`); with it goes what the other end has to know first: descriptions of classes, changes of shared containers.

| encoded | |
|---|---|
| `null`, a bool, an int, a float, a string | itself |
| `{"$bytes": base64}` | |
| `{"$copy": [type, parts]}` | a value of the library (`known.COPIES`), as its parts |
| `{"$ref": n}` | a list, dict, set and the like, shared by both (`shared`) |
| `{"$name": "module.class"}`, `{"$class": n}` | a class known by name; one of the sender's own |
| `{"$error": [class, args, state, cause]}` | an exception of a class known by name |
| `{"$object": [n, class, extra]}` | an object that stays with the sender; its value, or its hash |
| `{"$yours": n}` | an object of the receiver |

All that arrives is data: each end makes its own objects of it.
"""

import threading
import types
import weakref
from collections.abc import Callable
from json import dumps, loads
from os import read, write
from typing import Any, TypedDict, cast

from temper.sandboxes.box import values
from temper.sandboxes.box.border import handles, known, shared

LINE_CAP = 16 * 1024 * 1024
MAX_DEPTH = 400
"""Calls that may wait for one another across the border."""
UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, RecursionError, ArithmeticError)
_ATOMS = frozenset((type(None), bool, float, str))
_PLAIN_HASH: object = object.__hash__
_NOTHING = (types.TracebackType, types.FrameType)
"""What crosses as None: it leads to everything."""


Message = TypedDict(
    "Message",
    {
        "op": str,
        "args": list[object],
        "kwargs": dict[str, object],
        "value": object,
        "raise": object,
        "stop": bool,
        "lost": str,
        "names": dict[str, object],
        "classes": list[tuple[int, handles.Description]],
        "changes": dict[int, shared.Content],
        "gone": list[int],
        "patches": object,
        "said": list[tuple[str, object]],
    },
    total=False,
)
"""`op`: a request; `value`, `raise` (encoded) or `stop`: its reply; `lost` or `names`: the solution's greeting, `lost`
also its reply where it has none. The rest goes along, `patches` to the solution and `said` from it. Keys that are
numbers arrive as texts, as in all JSON."""


class PeerGone(BaseException):
    """The other process ended, or does not keep to the protocol."""


class Line:
    """Messages over one descriptor."""

    def __init__(self, fd: int) -> None:
        self.fd, self.rest = fd, bytearray()

    def send(self, message: Message) -> None:
        view = memoryview(dumps(message).encode() + b"\n")
        try:
            while view:
                view = view[write(self.fd, view) :]
        except OSError as error:
            raise PeerGone(str(error)) from None

    def receive(self) -> Message:
        while (end := self.rest.find(b"\n")) < 0:
            try:
                chunk = read(self.fd, 1 << 18)
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
            message = loads(line)
        except (ValueError, RecursionError):
            raise PeerGone("a message is unreadable") from None
        if not isinstance(message, dict):
            raise PeerGone("a message is no object")
        return cast("Message", message)


class Border:
    """One end of the line. Its two subclasses say what it lends, what it does when it is asked, and what it refuses."""

    def __init__(self, fd: int, first: int) -> None:
        self.line, self.lock, self.depth = Line(fd), threading.RLock(), 0
        self.shared = shared.Shared(first, self.encode, self.decode)
        self.lent: list[Any] = []
        self.numbers: dict[int, int] = {}
        self.described: set[int] = set()
        self.news: list[tuple[int, handles.Description]] = []
        """Descriptions of classes that go out with the next message."""
        self.handles: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()
        self.kept: dict[int, Any] = {}
        self.classes: dict[int, Any] = {}
        self.decoders: dict[str, Callable[[Any], Any]] = {
            "$bytes": lambda body: values.decode({"$bytes": body}),
            "$copy": self._copy,
            "$ref": lambda number: self.shared.held[number],
            "$name": known.class_named,
            "$class": lambda number: self.classes[number],
            "$error": self._error,
            "$object": lambda body: self.handle(*body),
            "$yours": self._ours,
        }

    # -- to be said by the subclass

    def describe(self, kind: type) -> handles.Description:
        """What the other end makes its class of."""
        raise NotImplementedError

    def serve(self, op: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """Does what the other end asks."""
        raise NotImplementedError

    def operate(self, op: str, target: Any, /, *args: Any, **kwargs: Any) -> Any:
        """An operation of ours on an object of the other end."""
        return self.ask(op, target, *args, **kwargs)

    # -- messages

    def ask(self, op: str, /, *args: Any, **kwargs: Any) -> Any:
        """Has one operation done by the other end. Raises what it raised there."""
        with self.lock:
            request: Message = {"op": op, "args": [self.encode(arg) for arg in args]}
            if kwargs:
                request["kwargs"] = {name: self.encode(item) for name, item in kwargs.items()}
            reply = self.exchange(request)
            if "stop" in reply:
                raise StopAsyncIteration if op == "anext" else StopIteration
            found = self.found(reply)
            self.heard(reply)
        if "raise" not in reply:
            return found
        raise found

    def found(self, reply: Message) -> Any:
        """The value or the exception of a reply."""
        found = self.decode(reply["raise"] if "raise" in reply else reply["value"])
        if "gone" in reply:
            self.shared.forget(reply["gone"])
        return found

    def exchange(self, request: Message) -> Message:
        """Sends a request, and returns its reply."""
        with self.lock:
            self.send(request)
            return self.reply()

    def reply(self) -> Message:
        """The next reply of the other end, whose requests are served until it comes."""
        while "op" in (message := self.receive()):
            self.send(self.answer(message))
        return message

    def send(self, message: Message) -> None:
        if self.shared.held:
            message["changes"] = self.shared.changes()
            message["gone"] = self.shared.let_go()
        if self.news:
            message["classes"], self.news = self.news, []
        self.line.send(message)

    def heard(self, message: Message) -> None:
        """Carries out what came along with a message (`patches`, `said`)."""

    def receive(self) -> Message:
        message = self.line.receive()
        self.take_notice(message)
        return message

    def take_notice(self, message: Message) -> None:
        """Makes the classes and containers that the message speaks of. Raises one of UNREADABLE."""
        for number, description in message.get("classes", ()):
            self.classes[int(number)] = handles.make_class(self, int(number), description)
        if "changes" in message:
            self.shared.take_over(message["changes"])

    def answer(self, request: Message) -> Message:
        """The reply to a request, whatever happens in it. Only the work itself leaves the line to other threads."""
        self.depth += 1
        try:
            if self.depth > MAX_DEPTH:
                raise RecursionError(f"more than {MAX_DEPTH} calls wait for one another")
            with self.lock:
                args = [self.decode(item) for item in request["args"]]
                kwargs = {name: self.decode(item) for name, item in request.get("kwargs", {}).items()}
                self.shared.forget(request.get("gone", []))
                self.heard(request)
            value = self.serve(request["op"], args, kwargs)
            with self.lock:
                return {"value": self.encode(value)}
        except (StopIteration, StopAsyncIteration) as stop:
            return {"stop": True} if request["op"] in ("next", "anext") else self._raised(stop)
        except PeerGone:
            raise
        except BaseException as error:  # whatever it is, it belongs to who asked
            return self._raised(error)
        finally:
            self.depth -= 1

    def _raised(self, error: BaseException) -> Message:
        with self.lock:
            try:
                return {"raise": self.encode_error(error)}
            except ValueError as unable:
                return {"raise": self.encode_error(TypeError(f"an exception that cannot cross: {unable}"))}

    # -- outwards

    def encode(self, value: object) -> object:
        """Raises ValueError for an int that is too long for the line."""
        kind = type(value)
        if kind in _ATOMS:
            return value
        if kind is int or kind is bytes:
            return values.encode(value)
        if kind in shared.TYPES:
            return {"$ref": self.shared.number(value)}
        if (parts := known.parts_of(value)) is not None:
            return {"$copy": [known.tag_of(kind), [self.encode(part) for part in parts]]}
        if (number := handles.number_of(value)) is not None:
            return {"$yours": number}
        if isinstance(value, type):
            return self.encode_class(value)
        if kind in _NOTHING:
            return None
        if isinstance(value, BaseException):
            return self.encode_error(value)
        return self.encode_object(value, None)

    def encode_class(self, kind: type) -> object:
        name = known.name_of(kind)
        return {"$name": name} if name is not None else self.encode_own_class(kind)

    def encode_own_class(self, kind: type) -> object:
        if (theirs := handles.number_of(kind)) is not None:
            return {"$yours": theirs}
        number = self.lend(kind)
        if number not in self.described:
            self.described.add(number)
            description = self.describe(kind)
            self.news.append((number, description))
        return {"$class": number}

    def encode_bases(self, kind: type) -> list[object]:
        """The classes that the other end's class is to be derived from."""
        bases = [base for base in kind.__bases__ if base is not object]
        return [self.encode_class(base) if known.is_base(base) else self.encode_own_class(base) for base in bases]

    def encode_error(self, error: BaseException, causes: int = 3) -> object:
        if (number := handles.number_of(error)) is not None:
            return {"$yours": number}
        cause = self.encode_error(error.__cause__, causes - 1) if error.__cause__ and causes else None
        state = known.error_state(error)
        parts = [[self.encode(arg) for arg in error.args], {name: self.encode(item) for name, item in state.items()}]
        if known.name_of(type(error)) is None:
            return self.encode_object(error, [*parts, cause])
        return {"$error": [self.encode_class(type(error)), *parts, cause]}

    def encode_object(self, value: object, extra: object) -> object:
        kind = self.encode_own_class(type(value))
        return {"$object": [self.lend(value), kind, self.extra(value) if extra is None else extra]}

    def extra(self, value: object) -> object:
        """What the other end keeps of an object: its value where it is a builtin's, else a hash of its own."""
        base = next((base for base in type(value).__mro__ if base in known.VALUED), None)
        if base is not None:
            return self.encode(base(value))  # type: ignore[call-overload, arg-type]  # it is one of `base`
        try:
            return hash(value) if type(value).__hash__ is not _PLAIN_HASH else None
        except Exception:  # it has none
            return None

    def lend(self, value: object) -> int:
        number = self.numbers.get(id(value))
        if number is None:
            number = self.numbers[id(value)] = len(self.lent)
            self.lent.append(value)
        return number

    # -- inwards

    def decode(self, encoded: object) -> Any:
        """Raises one of UNREADABLE for what is no encoding."""
        if not isinstance(encoded, dict):
            return encoded
        ((tag, body),) = encoded.items()
        return self.decoders[tag](body)

    def handle(self, number: int, kind: Any, extra: Any) -> Any:
        """The object that stands for one of the other end: the same one as long as somebody holds it."""
        found = self.kept[number] if number in self.kept else self.handles.get(number)
        if found is None:
            found = handles.make_handle(self, number, self.decode(kind), extra)
            # Python has no weak reference to a number or a tuple
            (self.kept if isinstance(found, known.VALUED) else self.handles)[number] = found
        return found

    def _ours(self, number: int) -> Any:
        return self.lent[number]

    def _copy(self, body: Any) -> Any:
        tag, parts = body
        return known.MAKERS[tag](*(self.decode(part) for part in parts))

    def _error(self, body: Any) -> BaseException:
        kind, args, state, cause = body
        made = known.make_error(self.decode(kind), *self.error_parts(args, state))
        made.__cause__ = self.decode(cause)
        return made

    def error_parts(self, args: Any, state: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
        return tuple(self.decode(arg) for arg in args), {name: self.decode(item) for name, item in state.items()}
