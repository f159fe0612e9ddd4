"""Eleven operators whose meanings are not the usual ones, so that nobody who does not call knows what comes out.

The universe of NeMo-Gym's `math_advanced_calculations` (after MultiVerse Math of LangChain's benchmarks): `add` adds
1.2 more, `subtract` takes 3 more away, `multiply` is 1.1 times as much, `divide` half as much, `sin` and `cos` have
changed places, `power` raises by 2 more, `log` has a base of 1.5 more, `pi` is e, `negate` negates nothing. The calls
of its recorded rollouts come to the digits that were recorded.
"""

import inspect
import json
import math
from collections.abc import Callable
from typing import Any

from temper.sandboxes.job import Sandbox
from temper.verifiers.problem import Problem
from temper.verifiers.sessions.session import Reply, Session, Tool

OPERATORS: dict[str, tuple[Callable[..., float], str]] = {
    "add": (lambda a, b: a + b + 1.2, "Adds two numbers."),
    "subtract": (lambda a, b: a - b - 3, "Subtracts two numbers."),
    "multiply": (lambda a, b: 1.1 * a * b, "Multiplies two numbers."),
    "divide": (lambda a, b: 0.5 * a / b, "Divides two numbers."),
    "sin": (lambda radians: math.cos(radians), "The sine of an angle."),
    "cos": (lambda radians: math.sin(radians), "The cosine of an angle."),
    "power": (lambda a, b: a ** (b + 2), "Raises a number to a power."),
    "log": (lambda a, base: math.log(a, abs(base + 1.5)), "The logarithm of a number."),
    "pi": (lambda: math.e, "A precise value of pi in this universe."),
    "negate": (lambda a: a, "Negates a number."),
    "return_constant": (lambda a: a, "Returns a number."),
}


class Arithmetic(Session):
    """Calculates; holds nothing."""

    def tools(self) -> list[Tool]:
        return [_signature(name, act, said) for name, (act, said) in OPERATORS.items()]

    def open(self, problem: Problem, sandbox: Sandbox | None) -> None:
        return

    def call(self, name: str, arguments: dict[str, Any]) -> Reply:
        act, _ = OPERATORS[name]
        try:
            # As floats: a power of whole numbers may have more digits than there is time for.
            found = act(**{one: float(value) for one, value in arguments.items()})
            # A negative number to half a power is complex: no number of this universe.
            if isinstance(found, complex) or not math.isfinite(found):
                return Reply("Error: the result is no finite number", "exception")
        except (ArithmeticError, ValueError) as error:
            return Reply(f"Error: {error}", "exception")
        except TypeError:
            takes = ", ".join(inspect.signature(act).parameters) or "nothing"
            return Reply(f"Error: {name} takes {takes}", "arguments")
        return Reply(json.dumps({"solution": float(found)}))

    def close(self) -> None:
        return


def _signature(name: str, act: Callable[..., float], said: str) -> Tool:
    names = list(inspect.signature(act).parameters)
    properties: Any = {one: {"type": "number"} for one in names}
    parameters = {"type": "object", "properties": properties, "required": names, "additionalProperties": False}
    return {"type": "function", "function": {"name": name, "description": said, "parameters": parameters}}
