"""What one process of `unit` may ask the other to do with an object that stays there, by the name of its dunder."""

import copy
import math
import operator
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

Result = TypeVar("Result")

ORDER = ("lt", "le", "gt", "ge")
BINARY = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor", "lshift", "rshift")
REFLECTED = tuple(f"r{name}" for name in BINARY)
IN_PLACE = tuple(f"i{name}" for name in BINARY)
UNARY = ("neg", "pos", "abs", "invert", "round", "trunc", "floor", "ceil")
TYPED: dict[str, type] = {
    "bool": bool, "len": int, "index": int, "int": int, "float": float, "complex": complex, "bytes": bytes,
    "str": str, "repr": str, "format": str, "contains": bool, "lt": bool, "le": bool, "gt": bool, "ge": bool,
}  # fmt: skip
"""Operations that must give a value of exactly this type."""
ITEMS = ("getitem", "setitem", "delitem", "iter", "next", "reversed", "call", "enter", "exit", "divmod")
ARITHMETIC = (*BINARY, *REFLECTED)
WAITED = ("aenter", "aexit", "anext")
SPECIAL = (*TYPED, *BINARY, *REFLECTED, *IN_PLACE, *UNARY, *ITEMS, *WAITED, "aiter", "await")
"""The dunders that an object of the other process has here where its class has them there."""
OF_VALUED = ("str", "repr", "format", "call", "enter", "exit")
"""Those of an object that holds a builtin's value here: it compares and computes as the builtin does."""


def run_to_end(waiting: Awaitable[Result]) -> Result:
    """The result of an awaitable, also where a loop is running that waits for us."""
    import asyncio
    from asyncio import events

    async def waited() -> Result:
        return await waiting

    running = events._get_running_loop()
    events._set_running_loop(None)
    try:
        return asyncio.run(waited())
    finally:
        events._set_running_loop(running)


def _reflected(op: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda right, left: op(left, right)


def _operator(name: str) -> Callable[..., Any]:
    found: Callable[..., Any] = getattr(operator, f"__{name}__")
    return found


def inherited(owner: type, target: object, name: str) -> object:
    """The attribute as `super()` finds it in a subclass of `owner`."""
    line = type(target).__mro__
    return getattr(super(line[line.index(owner) - 1], target), name)


OPERATIONS: dict[str, Callable[..., Any]] = {
    "call": lambda target, /, *args, **kwargs: target(*args, **kwargs),
    "enter": lambda target: type(target).__enter__(target),
    # Bound as `with` binds it: the double of a mock stands on the type and takes the error alone.
    "exit": lambda target, *error: target.__exit__(*error),
    "aenter": lambda target: run_to_end(type(target).__aenter__(target)),
    "aexit": lambda target, *error: run_to_end(type(target).__aexit__(target, *error)),
    "anext": lambda target: run_to_end(type(target).__anext__(target)),
    "aiter": lambda target: type(target).__aiter__(target),
    "await": run_to_end,
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "inherited": inherited,
    "trunc": math.trunc,
    "floor": math.floor,
    "ceil": math.ceil,
}
OPERATIONS |= {
    kind.__name__: kind for kind in (getattr, setattr, delattr, iter, next, reversed, divmod, len, repr, dir)
}
OPERATIONS |= {kind.__name__: kind for kind in (str, bool, int, float, complex, bytes, format, round, hash)}
OPERATIONS |= {name: _operator(name) for name in (*ORDER, *BINARY, *IN_PLACE, "eq", "contains", "index")}
OPERATIONS |= {name: _operator(name) for name in ("neg", "pos", "abs", "invert", "getitem", "setitem", "delitem")}
OPERATIONS |= {f"r{name}": _reflected(OPERATIONS[name]) for name in BINARY}
