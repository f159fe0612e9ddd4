"""The solution's side of `unit`: runs the program as the module `solution` and does what the tests' side asks.

Everything here shares a process with the program, so nothing here decides anything.
"""

import dataclasses
import importlib
import inspect
import operator
import os
import sys
import types
from collections.abc import Callable
from typing import Any

from temper.sandboxes.box import call, files, zygote
from temper.sandboxes.box.border import crossing, handles, operations, patches, relays

KINDS = {kind.value: kind for kind in inspect._ParameterKind}


class SolutionEnd(crossing.Border):
    def __init__(self, fd: int, said: relays.Relays) -> None:
        super().__init__(fd, first=1)
        self.relays, self.patched = said, patches.Patched()
        self.folder = ""
        self.replaced: dict[tuple[int, str], Any] = {}
        self.functions: dict[int, Any] = {}
        self.lent_functions: dict[int, int] = {}
        """Number of each by its identity."""
        self.decoders |= {"$function": self._function, "$library": _library}

    def describe(self, kind: type) -> handles.Description:
        names = [name for name in vars(kind) if isinstance(name, str) and not name.startswith("_")]
        return handles.describe(kind, self.encode_bases(kind), names, operations.SPECIAL)

    # -- messages

    def greet(self, namespace: dict[str, object]) -> None:
        """Tells the public names, and lends the functions right away: they are what most tests want."""
        public = {name: item for name, item in namespace.items() if not name.startswith("_")}
        functions = {name: item for name, item in public.items() if type(item) is types.FunctionType}
        self._send({"names": {name: self.encode(functions.get(name)) for name in public}})

    def serve_one(self) -> None:
        with self.lock:
            request = self.receive()
        self._send(self.answer(request))

    def _send(self, message: crossing.Message) -> None:
        with self.lock:
            try:
                self.send(message)
            except ValueError as error:
                self.line.send({"lost": f"the solution returned what cannot cross: {error}"})

    def send(self, message: crossing.Message) -> None:
        if said := self.relays.take():
            message["said"] = [(what, self.encode(value)) for what, value in said]
        if self.folder:
            files.open_up(self.folder)
        super().send(message)

    def heard(self, message: crossing.Message) -> None:
        if "patches" in message:
            self.patched.apply(self.decode(message["patches"]))

    # -- what the tests ask for

    def serve(self, op: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        own: dict[str, Callable[..., Any]] = {
            "subclass": self._subclass,
            "setattr": self._put,
            "delattr": self._take_away,
        }
        own |= {"fields": fields, "content": content}
        return (own.get(op) or operations.OPERATIONS[op])(*args, **kwargs)

    def _subclass(self, name: str, bases: tuple[type, ...], body: dict[str, Any], /, **kwargs: Any) -> int:
        """The number of a class that the tests derive from one of here; they have it already."""
        number = self.lend(types.new_class(name, bases, kwargs, lambda namespace: namespace.update(body)))
        self.described.add(number)
        return number

    def _put(self, target: Any, name: str, value: Any) -> None:
        if isinstance(target, (type, types.ModuleType)) and name in vars(target):
            self.replaced.setdefault((id(target), name), vars(target)[name])
        setattr(target, name, value)

    def _take_away(self, target: Any, name: str) -> None:
        """What the tests put in place of something in a module or class is taken away by putting that back."""
        key = (id(target), name)
        if key in self.replaced:
            setattr(target, name, self.replaced.pop(key))
        else:
            delattr(target, name)

    # -- functions of the tests

    def encode_object(self, value: object, extra: object) -> object:
        number = value.number if type(value) is Lent else self.lent_functions.get(id(value))
        return super().encode_object(value, extra) if number is None else {"$yours": number}

    def _function(self, body: Any) -> Any:
        number, name, qualified, text, is_async, parameters, hints = body
        if number not in self.functions:
            made = function_of(Lent(self, number), parameters, is_async, self.decode)
            made.__name__, made.__qualname__, made.__doc__ = name, qualified, self.decode(text)
            made.__annotations__ = {key: self.decode(hint) for key, hint in hints.items()}
            self.functions[number] = made
            self.lent_functions[id(made)] = number
        return self.functions[number]


class Lent:
    """A function of the tests, by its number."""

    def __init__(self, border: SolutionEnd, number: int) -> None:
        self.border, self.number = border, number

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        return self.border.ask("call", self, *args, **kwargs)


class _Verbatim:
    """A default value in the text of a signature."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


def function_of(
    lent: Lent, parameters: list[tuple[str, int, list[object]]], is_async: bool, decode: Callable[[object], object]
) -> Any:
    """A function that calls a lent one and has its parameters, for programs that look at the signature."""
    defaults: list[Any] = []
    shown, passed = [], []
    for name, kind, default in parameters:
        text: Any = inspect.Parameter.empty
        if default:
            text = _Verbatim(f"_defaults[{len(defaults)}]")
            defaults.append(decode(default[0]))
        shown.append(inspect.Parameter(name, KINDS[kind], default=text))
        passed.append({2: f"*{name}", 3: f"{name}={name}", 4: f"**{name}"}.get(kind, name))
    head, answer = ("async def", "await _lent") if is_async else ("def", "_lent")
    source = f"{head} made{inspect.Signature(shown)}: return {answer}({', '.join(passed)})"
    namespace = {"_lent": lent, "_defaults": defaults}
    exec(source, namespace)  # noqa: S102 - names of the tests' parameters
    return namespace["made"]


def _library(name: str) -> Any:
    module, _, attribute = name.partition(":")
    return operator.attrgetter(attribute)(importlib.import_module(module))


def fields(target: object) -> list[tuple[str, object]]:
    """What two equal objects have alike."""
    if dataclasses.is_dataclass(target):
        names = [field.name for field in dataclasses.fields(target) if field.compare]
    else:
        slots = [vars(base) for base in type(target).__mro__]
        names = [name for own in slots for name, item in own.items() if isinstance(item, types.MemberDescriptorType)]
        names += vars(target) if hasattr(target, "__dict__") else []
    return [(name, getattr(target, name)) for name in names if hasattr(target, name)]


def content(target: Any) -> object:
    """The builtin that an object of a derived class is equal to."""
    return next(base for base in type(target).__mro__ if base in (list, dict, set))(target)


def main(payload: Any) -> None:
    said = relays.Relays()
    border = SolutionEnd(zygote.PEER, said)
    said.full = lambda: border.ask("said")
    said.put_up(payload["source"])
    if payload["shared"]:
        payload["file"] = os.path.abspath(payload["file"])
        border.folder = payload["shared"]
        files.work_in(payload["shared"])
    try:
        namespace = call.load(payload)
        module = sys.modules.get("solution")
    except BaseException as error:  # also an exit while it is imported
        border.line.send({"lost": call.describe(error)})
        return
    border.lend(module)
    border.greet(namespace)
    try:
        while True:
            border.serve_one()
    except crossing.PeerGone:
        return
