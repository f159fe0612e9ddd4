"""Classes that both processes of `unit` know by name, and values that cross as copies, as their canonical parts.

A copy is of exactly its type and is made by the library's own class on either side, so whoever compares two of them
runs no code of the other's. A name is taken from this table's modules alone: none of them does anything when it is
imported, and none holds what a test runner reacts to (`unittest.SkipTest`).
"""

import builtins
import contextlib
import datetime
import decimal
import enum
import fractions
import importlib
import random
import re
import types
from collections.abc import Callable, Iterable
from typing import Any

from temper.sandboxes.box.border import shared

MODULES = frozenset((
    "_queue", "asyncio.exceptions", "asyncio.queues", "binascii", "builtins", "collections", "concurrent.futures._base",
    "configparser", "csv", "_csv", "dataclasses", "datetime", "decimal", "enum", "fractions", "http.client",
    "json.decoder", "pathlib", "queue", "random", "re", "shutil", "sqlite3", "statistics", "struct", "subprocess",
    "types", "urllib.error", "uuid", "xml.etree.ElementTree", "zlib", "zoneinfo",
))  # fmt: skip
VALUED = (bool, int, float, complex, str, bytes, tuple, frozenset)
"""Builtins whose subclasses carry a value that a copy can be made of."""
BASES = (*VALUED, enum.Enum, enum.IntEnum, enum.StrEnum, enum.Flag, enum.IntFlag, getattr(enum, "ReprEnum", enum.Enum))
"""Classes that a class of the other side may be derived from here as well; exceptions beside them."""
Parts = tuple[Any, ...]


def name_of(kind: type) -> str | None:
    """Under which name the other side finds this class, None where it does not."""
    name = f"{kind.__module__}.{kind.__qualname__}"
    return name if kind.__module__ in MODULES and _found(name) is kind else None


def class_named(name: object) -> type:
    """Raises ValueError for a name that is not known."""
    found = _found(name) if isinstance(name, str) else None
    if found is None:
        raise ValueError(f"no class is known as {name!r:.80}")
    return found


def _found(name: str) -> type | None:
    module, _, attribute = name.rpartition(".")
    found = getattr(importlib.import_module(module), attribute, None) if module in MODULES else None
    crosses = isinstance(found, type) and (found in TYPES or tag_of(found) in LATER or issubclass(found, BaseException))
    return found if crosses else None


def is_base(kind: type) -> bool:
    return kind in BASES or (issubclass(kind, BaseException) and name_of(kind) is not None)


def _random(*state: Any) -> random.Random:
    made = random.Random()
    made.setstate(state)
    return made


def _singleton(name: str) -> Any:
    return {"Ellipsis": Ellipsis, "NotImplemented": NotImplemented}[name]


def _datetime(*parts: Any) -> datetime.datetime:
    return datetime.datetime(*parts[:-1], fold=parts[-1])


def _time(*parts: Any) -> datetime.time:
    return datetime.time(*parts[:-1], fold=parts[-1])


COPIES: dict[type, tuple[Callable[[Any], Iterable[Any]], Callable[..., Any]]] = {
    tuple: (tuple, lambda *items: items),
    frozenset: (tuple, lambda *items: frozenset(items)),
    complex: (lambda z: (z.real, z.imag), complex),
    range: (lambda r: (r.start, r.stop, r.step), range),
    slice: (lambda s: (s.start, s.stop, s.step), slice),
    datetime.date: (lambda d: (d.year, d.month, d.day), datetime.date),
    datetime.time: (lambda t: (t.hour, t.minute, t.second, t.microsecond, t.tzinfo, t.fold), _time),
    datetime.datetime: (lambda d: (*d.timetuple()[:6], d.microsecond, d.tzinfo, d.fold), _datetime),
    datetime.timedelta: (lambda t: (t.days, t.seconds, t.microseconds), datetime.timedelta),
    datetime.timezone: (lambda z: (z.utcoffset(None),), datetime.timezone),
    decimal.Decimal: (lambda d: (str(d),), decimal.Decimal),
    fractions.Fraction: (lambda f: (f.numerator, f.denominator), fractions.Fraction),
    re.Pattern: (lambda p: (p.pattern, int(p.flags & ~re.DEBUG)), re.compile),
    random.Random: (lambda r: r.getstate(), _random),
    type({}.keys()): (tuple, lambda *items: dict.fromkeys(items).keys()),
    type({}.values()): (tuple, lambda *items: dict(enumerate(items)).values()),
    type({}.items()): (tuple, lambda *items: dict(items).items()),
    types.MappingProxyType: (lambda m: (dict(m),), types.MappingProxyType),
    property: (lambda p: (p.fget, p.fset, p.fdel, p.__doc__), property),
    staticmethod: (lambda m: (m.__func__,), staticmethod),
    classmethod: (lambda m: (m.__func__,), classmethod),
    type(Ellipsis): (lambda _: ("Ellipsis",), _singleton),
    type(NotImplemented): (lambda _: ("NotImplemented",), _singleton),
}
"""How a value of exactly this type is taken apart and made again; the parts cross as values themselves."""
LATER: dict[str, tuple[Callable[[Any], Iterable[Any]], Callable[..., Any]]] = {
    "uuid.UUID": (lambda u: (u.int,), lambda number: _imported("uuid.UUID")(int=number)),
    "pathlib.PosixPath": (lambda p: (str(p),), lambda text: _imported("pathlib.PosixPath")(text)),
    "pathlib.PurePosixPath": (lambda p: (str(p),), lambda text: _imported("pathlib.PurePosixPath")(text)),
    "zoneinfo.ZoneInfo": (lambda z: (z.key,), lambda key: _imported("zoneinfo.ZoneInfo")(key)),
}
"""The same for types of modules that are imported only once a value of them crosses."""
TYPES = frozenset((*COPIES, *BASES, *shared.TYPES, object, type(None)))
"""Classes that cross as themselves. None of them, called with whatever arguments, does more than make a value."""


def tag_of(kind: type) -> str:
    return f"{kind.__module__.partition('.')[0]}.{kind.__qualname__}"


MAKERS = {tag_of(kind): make for kind, (_, make) in COPIES.items()} | {tag: make for tag, (_, make) in LATER.items()}


def parts_of(value: object) -> Iterable[object] | None:
    """The parts of a value that crosses as a copy, None for any other."""
    found = COPIES.get(type(value)) or LATER.get(tag_of(type(value)))
    return None if found is None else found[0](value)


def _imported(name: str) -> Any:
    module, _, attribute = name.partition(".")
    return getattr(importlib.import_module(module), attribute)


def error_state(error: BaseException) -> dict[str, object]:
    """What an exception holds beside its `args`."""
    state = {name: item for name, item in vars(error).items() if not name.startswith("_")}
    if isinstance(error, OSError) and error.filename is not None:
        state["filename"] = error.filename
    return state


def initialise(error: BaseException, args: Parts) -> None:
    """As its builtin base does, whose text may be kept outside of `args`."""
    base = next(base for base in type(error).__mro__ if base.__module__ == builtins.__name__)
    with contextlib.suppress(TypeError):
        base.__init__(error, *args)  # type: ignore[misc]
    BaseException.__setattr__(error, "args", args)  # a class of handles would ask the other end to set it


def make_error(kind: type[BaseException], args: Parts, state: dict[str, object]) -> BaseException:
    """An exception of a known class, without running an `__init__` that wants more than `args`."""
    made = kind.__new__(kind, *args)
    initialise(made, args)
    for name, item in state.items():
        if isinstance(name, str) and name.isidentifier() and not name.startswith("_"):
            setattr(made, name, item)
    return made
