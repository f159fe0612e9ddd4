"""What the solution may do with an object of the tests that it was given: what the tests gave it for, and no more.

A function may be called and has no attributes, for they lead to the tests' globals. An object of a class that the
tests define, a mock or a text stream shows its public names and the dunders of its class; an iterator may be
advanced, anything callable called. A mock's own methods (`assert_called_with`, `return_value`) and a test case are
not for the solution. All else it may only hold and hand back.
"""

import enum
import functools
import inspect
import io
import sys
import types
import unittest
from collections.abc import Callable
from typing import Any, NoReturn

from temper.sandboxes.box.border import handles, operations, tests_text
from temper.sandboxes.box.border.verdict import Verdict

STREAMS = (io.StringIO, io.BytesIO)
HOLDERS = (types.SimpleNamespace,)
ATTRIBUTES = ("getattr", "setattr", "delattr")
COPYING = ("copy", "deepcopy", "eq")
EVERYTHING = frozenset((*operations.SPECIAL, *COPYING))


class Lending:
    def __init__(self, tests: tests_text.TestsText, verdict: Verdict) -> None:
        self.tests, self.verdict = tests, verdict
        self.module = tests.file.removesuffix(".py")

    def allowed(self, kind: type) -> frozenset[str]:
        """The operations, attributes aside, that an object of this class is open to."""
        if self.is_open(kind):
            return EVERYTHING
        found = {op for op in ("call", "next", "await") if any(f"__{op}__" in vars(base) for base in kind.__mro__)}
        return frozenset(found | ({"iter"} if "next" in found else set()))

    def is_open(self, kind: type) -> bool:
        if issubclass(kind, unittest.TestCase):
            return False
        return kind.__module__ == self.module or kind in STREAMS or kind in HOLDERS or bool(own_names(kind))

    def describe(self, kind: type, bases: list[object]) -> handles.Description:
        names = [name for name in vars(kind) if not name.startswith("_")] if kind.__module__ == self.module else []
        allowed = self.allowed(kind)
        described = handles.describe(kind, bases, names, tuple(op for op in operations.SPECIAL if op in allowed))
        if not self.is_open(kind):
            described["equality"], described["fields"] = False, []
        return described

    def serve(self, op: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """Raises AttributeError or TypeError for what is not the solution's to do."""
        target = args[0]
        if op in ATTRIBUTES:
            self._check_attribute(op, target, *args[1:])
            if op == "getattr" and args[1] == "__dict__":
                return {name: item for name, item in vars(target).items() if not name.startswith("_")}
        elif isinstance(target, type) and op == "call":
            if target.__module__ != self.module:
                self.refuse(TypeError(f"{target.__name__!r} of the tests is not the solution's to call"))
        elif op not in self.allowed(type(target)):
            self.refuse(TypeError(f"{op} of a {type(target).__name__!r} of the tests is not the solution's to ask"))
        return operations.OPERATIONS[op](*args, **kwargs)

    def _check_attribute(self, op: str, target: Any, name: Any, *value: Any) -> None:
        kind = target if isinstance(target, type) else type(target)
        mocks = own_names(kind)
        closed = not isinstance(name, str) or not self.is_open(kind) or name in mocks
        closed = closed or (name.startswith("_") and (bool(mocks) or (op, name) != ("getattr", "__dict__")))
        closed = closed or (op != "getattr" and (kind in STREAMS or callable(getattr(kind, name, None))))
        if closed:
            self.refuse(AttributeError(f"{name!r} of a {kind.__name__!r} of the tests is not the solution's"))

    def refuse(self, error: Exception) -> NoReturn:
        self.verdict.refused.append(str(error))
        raise error

    def hand_over(self, value: object) -> None:
        """Notes what the tests hand to the solution although it can do nothing with it."""
        kind = type(value)
        useless = not self.is_open(kind) and not self.allowed(kind) and kind is not object and not callable(value)
        if useless and not isinstance(value, (BaseException, type)) and not self.tests.is_conditional_here():
            self.verdict.handed.append(f"a {kind.__module__}.{kind.__qualname__}, of which it can do nothing")


def own_names(kind: type) -> frozenset[str]:
    """The names that a mock has for its tests; none of what is no mock."""
    mock = sys.modules.get("unittest.mock")
    return _names_of_mocks() if mock is not None and issubclass(kind, mock.NonCallableMock) else frozenset()


@functools.cache
def _names_of_mocks() -> frozenset[str]:
    return frozenset(dir(sys.modules["unittest.mock"].Mock()))


def library_name(value: object) -> str | None:
    """`module:name` of a function, class or enumerated constant of the standard library, None for anything else."""
    if isinstance(value, enum.Enum):
        kind = library_name(type(value))
        return f"{kind}.{value.name}" if kind and value.name in type(value).__members__ else None
    if not callable(value):
        return None
    owner = getattr(value, "__objclass__", None)
    module = (getattr(owner, "__module__", None) if owner else getattr(value, "__module__", None)) or "builtins"
    name = getattr(value, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(name, str) or module.partition(".")[0] not in _LIBRARY:
        return None
    found: object = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return f"{module}:{name}" if found is value else None


_LIBRARY = sys.stdlib_module_names


def function_parts(function: types.FunctionType, encode: Callable[[object], object]) -> list[object]:
    """Of a function of the tests what the solution may know: names, text, parameters with defaults, annotations."""
    parameters = []
    for parameter in inspect.signature(function).parameters.values():
        default = [] if parameter.default is parameter.empty else [encode(parameter.default)]
        parameters.append([parameter.name, int(parameter.kind), default])
    hints = {name: encode(hint) for name, hint in function.__annotations__.items() if isinstance(hint, (type, str))}
    is_async = inspect.iscoroutinefunction(function)
    return [function.__name__, function.__qualname__, encode(function.__doc__), is_async, parameters, hints]
