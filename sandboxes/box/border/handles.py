"""Objects and classes of the other process as this one sees them: attributes, calls and dunders are asked over there.

A class of the other end is a class here (its name, its bases, the dunders that it has there), so `isinstance`, `except`
and `type(x).__name__` are Python's own; a class that is derived from one here is made there, and what it defines
is called back. An object whose class is derived from a builtin value or an exception holds that value as well and
compares, adds and sorts as the builtin does, whatever the other end would have done.
"""

import dataclasses
import enum
import types
from collections.abc import Callable
from typing import Any, Protocol, TypedDict

from temper.sandboxes.box.border import known, operations

ASKED_DUNDERS = frozenset(
    f"__{name}__" for name in ("name", "qualname", "wrapped", "annotations", "dict", "members", "match_args", "version")
)
"""What else is asked of an object there. All other dunders tell Python how to treat it, and are not the other end's to
say."""
NOT_SENT = ("__module__", "__qualname__", "__classcell__", "__slots__", "__dict__", "__weakref__", "__firstlineno__")
_read = object.__getattribute__


class Description(TypedDict):
    """A class of one end, as the other end needs it to make the class that stands for it there."""

    name: str
    bases: list[object]
    """Encoded."""
    names: list[str]
    """Its attributes that may be asked for."""
    specials: list[str]
    """Its dunders, as `operations.SPECIAL` names them."""
    fields: list[str]
    """Those of a dataclass."""
    equality: bool
    hashable: bool


class Asking(Protocol):
    """What a handle has of its end of the line (`crossing.Border`)."""

    classes: dict[int, Any]

    def ask(self, op: str, /, *args: Any, **kwargs: Any) -> Any: ...
    def operate(self, op: str, target: Any, /, *args: Any, **kwargs: Any) -> Any: ...
    def decode(self, encoded: object) -> Any: ...
    def error_parts(self, args: Any, state: Any) -> tuple[tuple[Any, ...], dict[str, Any]]: ...


def is_dunder(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


def is_code(name: str, item: object) -> bool:
    """Whether it belongs into a class that is derived here; a plain value is the instance's to change, over there."""
    return is_dunder(name) or callable(item) or hasattr(item, "__get__")


class HandleClass(type):
    """The class of the other end's classes."""

    def __new__(meta, name: str, bases: tuple[type, ...], namespace: dict[str, Any], /, **kwargs: Any) -> "HandleClass":
        """For a class statement here that derives from a class of the other end: makes the class there as well."""
        own = {key: item if is_code(key, item) else Asked(key) for key, item in namespace.items()}
        made = type.__new__(meta, name, bases, {"__slots__": (), **own})
        border = of(made)[0]
        body = {key: item for key, item in namespace.items() if key not in NOT_SENT}
        number = border.ask("subclass", name, bases, body, **kwargs)
        _settle(made, border, number)
        border.classes[number] = made
        return made

    def __init__(cls, *args: Any, **kwargs: Any) -> None:
        return

    def __call__(cls, /, *args: Any, **kwargs: Any) -> Any:
        return of(cls)[0].operate("call", cls, *args, **kwargs)

    def __getattr__(cls, name: str) -> Any:
        return _ask_attribute(cls, name)

    def __setattr__(cls, name: str, value: Any) -> None:
        _change_attribute(cls, "setattr", name, value)

    def __delattr__(cls, name: str) -> None:
        _change_attribute(cls, "delattr", name)

    def __iter__(cls) -> Any:
        return of(cls)[0].operate("iter", cls)

    def __len__(cls) -> int:
        return int(of(cls)[0].operate("len", cls))

    def __bool__(cls) -> bool:
        return True

    def __getitem__(cls, key: Any) -> Any:
        return of(cls)[0].operate("getitem", cls, key)

    def __contains__(cls, item: Any) -> bool:
        return bool(of(cls)[0].operate("contains", cls, item))

    def __dir__(cls) -> list[str]:
        return [str(name) for name in of(cls)[0].operate("dir", cls)]

    def __repr__(cls) -> str:
        return f"<class 'solution.{cls.__qualname__}'>"


class EnumHandleClass(HandleClass, enum.EnumType):  # type: ignore[misc]  # of `__bool__` they say the same
    """The same for what is derived from `Enum`, which has a metaclass of its own."""


class Handle:
    """What every object of the other end is here; made by `make_handle` alone."""

    def __getattr__(self, name: str) -> Any:
        return _ask_attribute(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        _change_attribute(self, "setattr", name, value)

    def __delattr__(self, name: str) -> None:
        _change_attribute(self, "delattr", name)

    @property
    def __dict__(self) -> Any:  # type: ignore[override]
        return _ask_attribute(self, "__dict__")

    def __copy__(self) -> Any:
        return of(self)[0].operate("copy", self)

    def __deepcopy__(self, memo: Any) -> Any:
        return of(self)[0].operate("deepcopy", self)

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError("an object of the other process cannot be pickled")


class SolutionModule(types.ModuleType):
    """What the tests import as `solution`."""

    def __init__(self, border: Asking, names: list[str]) -> None:
        super().__init__("solution")
        vars(self).update(__all__=names, _temper=(border, 0))

    def __getattr__(self, name: str) -> Any:
        if is_dunder(name):
            raise AttributeError(f"module 'solution' has no attribute {name!r}")
        return self._temper[0].operate("getattr", self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._temper[0].operate("setattr", self, name, value)

    def __delattr__(self, name: str) -> None:
        self._temper[0].operate("delattr", self, name)

    def __dir__(self) -> list[str]:
        return [str(name) for name in self._temper[0].operate("dir", self)]


class Asked:
    """An attribute that a class of theirs defines; here for `super()`, which looks in classes only."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __set_name__(self, owner: type, name: str) -> None:
        self.owner = owner

    def __get__(self, target: Any, kind: Any = None) -> Any:
        if target is None:
            return _ask_attribute(kind, self.name)
        if _first(type(target), self.name) is self.owner:
            return _ask_attribute(target, self.name)
        return of(target)[0].operate("inherited", self.owner, target, self.name)


def _first(kind: type, name: str) -> type:
    return next(base for base in kind.__mro__ if name in vars(base))


def of(handle: object) -> tuple[Asking, int]:
    """(border, number) of a handle or of a class of theirs."""
    found: tuple[Asking, int] = _read(handle, "_temper") if not isinstance(handle, type) else _of_class(handle)
    return found


def _of_class(kind: type) -> tuple[Asking, int]:
    found: tuple[Asking, int] = next(vars(base)["_temper"] for base in kind.__mro__ if "_temper" in vars(base))
    return found


def number_of(value: object) -> int | None:
    """The number of an object of the other end, None for one of this end."""
    if isinstance(value, (Handle, HandleClass, SolutionModule)):
        return of(value)[1]
    return None


def _settle(handle: object, border: Asking, number: int) -> None:
    (type if isinstance(handle, type) else object).__setattr__(handle, "_temper", (border, number))


def _ask_attribute(target: Any, name: str) -> Any:
    if is_dunder(name) and name not in ASKED_DUNDERS and name != "__doc__":
        raise AttributeError(f"{name!r} of an object of the other process is not asked for")
    return of(target)[0].operate("getattr", target, name)


def _change_attribute(target: Any, op: str, name: str, *value: Any) -> None:
    if is_dunder(name):
        (type if isinstance(target, type) else object).__setattr__(target, name, *value)
        return
    if value and isinstance(value[0], Asked):  # a patch puts back what it found in the class
        op, value = "delattr", ()
    of(target)[0].operate(op, target, name, *value)


def _special(op: str) -> Callable[..., Any]:
    """The dunder of a class of theirs. Python looks for it in the class, so it stands there as a function."""
    name = f"__{op}__"

    def asked(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        if vars(_first(type(self), name))[name] is outermost:
            return of(self)[0].operate(op, self, *args, **kwargs)
        owner = next(base for base in type(self).__mro__ if vars(base).get(name) is outermost)
        return of(self)[0].operate("inherited", owner, self, name)(*args, **kwargs)

    async def awaited(self: Any, /, *args: Any) -> Any:
        return asked(self, *args)

    def waiting(self: Any) -> Any:
        return asked(self)
        yield  # makes it the iterator that `await` wants

    outermost: Callable[..., Any] = {"await": waiting}.get(op, awaited if op in operations.WAITED else asked)
    return outermost


def _special_of_value(op: str) -> Callable[..., Any]:
    """Arithmetic of a class derived from a builtin value: the class's own between two of theirs, else the builtin's."""

    def asked(self: Any, other: Any) -> Any:
        if number_of(other) is not None:
            return of(self)[0].operate(op, self, other)
        base = next(base for base in type(self).__mro__ if base in known.VALUED)
        own = getattr(base, f"__{op}__", None)
        return NotImplemented if own is None else own(self, other)

    return asked


def _equal(self: Any, other: Any) -> Any:
    return of(self)[0].operate("eq", self, other)


def _hash(self: Any) -> int:
    found = _read(self, "_temper_hash")
    return found if type(found) is int else object.__hash__(self)


def describe(kind: type, bases: list[object], names: list[str], specials: tuple[str, ...]) -> Description:
    """What the other end makes its class of; `names` and `specials`: the attributes and dunders that it may ask for."""
    own = vars(kind)
    fields = getattr(kind, "__dataclass_fields__", None) if "__dataclass_fields__" in own else None
    return {
        "name": kind.__name__,
        "bases": bases,
        "names": [name for name in names if name in own],
        "specials": [op for op in specials if own.get(f"__{op}__") is not None],
        "fields": [name for name in fields if isinstance(name, str)] if isinstance(fields, dict) else [],
        "equality": "__eq__" in own,
        "hashable": own.get("__hash__") is not None,
    }


def make_class(border: Asking, number: int, description: Description) -> type:
    """The class that stands for one of the other end's. Raises TypeError or ValueError for a description of none."""
    bases = tuple(dict.fromkeys(border.decode(base) for base in description["bases"]))
    if not all(isinstance(base, HandleClass) or known.is_base(base) for base in bases):
        raise ValueError("a class of the other process has bases that it cannot have here")
    if not any(isinstance(base, HandleClass) for base in bases):
        bases = (*bases, Handle)
    valued = any(issubclass(base, known.VALUED) for base in bases)
    enumerated = any(isinstance(base, enum.EnumType) for base in bases)
    namespace = _namespace(description, valued, enumerated)
    made = type.__new__(EnumHandleClass if enumerated else HandleClass, namespace["__qualname__"], bases, namespace)
    _settle(made, border, number)
    return made


def _namespace(description: Description, valued: bool, enumerated: bool) -> dict[str, Any]:
    label = str(description["name"])[:200]
    attributes = [name for name in description["names"] if name.isidentifier() and not name.startswith("_")]
    attributes += ["name", "value"] if enumerated else []
    namespace: dict[str, Any] = {name: Asked(name) for name in (*attributes, "__doc__", "__init__", "__annotations__")}
    specials = [op for op in description["specials"] if op in operations.SPECIAL]
    if valued:
        namespace |= {f"__{op}__": _special(op) for op in specials if op in operations.OF_VALUED}
        namespace |= {f"__{op}__": _special_of_value(op) for op in specials if op in operations.ARITHMETIC}
    else:
        namespace |= {f"__{op}__": _special(op) for op in specials}
    if description["equality"] and not valued:
        namespace |= {"__eq__": _equal, "__hash__": _hash if description["hashable"] else None}
    elif enumerated and not valued:
        namespace["__hash__"] = _hash
    if fields := description["fields"]:
        namespace["__dataclass_fields__"] = vars(dataclasses.make_dataclass("Fields", fields))["__dataclass_fields__"]
    return {**namespace, "__module__": "solution", "__qualname__": label}


def make_handle(border: Asking, number: int, kind: object, extra: Any) -> object:
    """The object that stands for one of the other end's; `extra` is its value, its parts as an exception, or its
    hash."""
    if not isinstance(kind, HandleClass):
        raise ValueError("an object of the other process has no class here")
    base = next((base for base in kind.__mro__ if base in known.VALUED), None)
    if issubclass(kind, BaseException):
        args, state, cause = extra
        args, _ = border.error_parts(args, state)
        made: Any = kind.__new__(kind, *args)
        known.initialise(made, args)
        made.__cause__ = border.decode(cause)
    elif base is not None:
        value = border.decode(extra)
        if type(value) is not base:
            raise ValueError(f"a {base.__name__} of the other process has the value of a {type(value).__name__}")
        made = base.__new__(kind, value)  # type: ignore[arg-type]
    else:
        made = object.__new__(kind)
        object.__setattr__(made, "_temper_hash", extra)
    _settle(made, border, number)
    return made
