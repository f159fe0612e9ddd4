"""The exact value of a tree, under one reading of `log` without a base."""

from fractions import Fraction
from typing import Literal

from temper.verifiers.latex.algebra import Algebra, UnreadableError, Value, key
from temper.verifiers.latex.functions import apply, binomial, exponential
from temper.verifiers.latex.parsing.cursor import Node
from temper.verifiers.latex.sampling import whole_function

MAX_SUMMANDS = 300
_OF_WHOLES = {"mod", "gcd", "lcm", "!!"}


class Evaluation:
    """One algebra, with the values of the variables of sums that are open."""

    def __init__(self, algebra: Algebra, log_base: Literal["e", "10"]) -> None:
        self.algebra = algebra
        self.log_base = log_base
        self.bound: dict[str, Value] = {}

    def value(self, node: Node) -> Value:
        algebra = self.algebra
        algebra.spend(2)
        match node.kind:
            case "num":
                return algebra.number(_decimal(node.text))
            case "name":
                return self.bound.get(node.text) or algebra.atom("v", node.text)
            case "const":
                return algebra.atom(node.text)
            case "inf":
                return algebra.atom("v", "\\infty")
            case "big":
                return self._big(node)
            case "based":
                digits, _, base = node.text.partition("_")
                return algebra.number(int(digits, int(base)))
            case "limit":  # of which only the text is known; `sampling.tends` tells whether a value is its own
                values = [self.value(part) for part in node.args if part.kind != "inf"]
                return algebra.atom(
                    "f", f"{node.text} {len(values)}", *(side for value in values for side in key(value))
                )
            case "letters":
                return self.value(
                    node.args[0]
                )  # inside a value nothing is measured: the g and h of sqrt(2gh) are names
        if node.kind not in ("neg", "pm") and any(map(is_infinite, node.args)):
            raise UnreadableError("a calculation with infinity")
        values = [self.value(part) for part in node.args]
        if node.kind in ("sum", "product"):
            join = algebra.add if node.kind == "sum" else algebra.times
            total = values[0]
            for value in values[1:]:
                total = join(total, value)
            return total
        return self._operation(node, values)

    def _operation(self, node: Node, values: list[Value]) -> Value:
        algebra, first = self.algebra, values[0] if values else self.algebra.number(0)
        match node.kind:
            case "neg":
                return algebra.negate(first)
            case "inverse":
                return algebra.divide(algebra.number(1), first)
            case "mixed":
                return algebra.add(first, algebra.divide(values[1], values[2]))
            case "percent":
                return algebra.divide(first, algebra.number(100))
            case "degree":
                turn = algebra.times(algebra.atom("pi"), algebra.number(Fraction(1, 180 * int(node.text))))
                return algebra.times(first, turn)
            case "pow":
                if node.args[0].kind == "const" and node.args[0].text == "e":
                    return exponential(algebra, values[1])
                return algebra.power(first, values[1])
            case "root":
                index = algebra.rational(values[1])
                if index is None or index.denominator != 1 or not 2 <= index <= 100:
                    return algebra.power(first, algebra.divide(algebra.number(1), values[1]))
                return algebra.root(first, index.numerator)
            case "log":
                return self._log(values)
            case "call":
                return self._call(node.text, values)
        raise UnreadableError(f"a {node.kind} where a value should stand")

    def _call(self, name: str, values: list[Value]) -> Value:
        if name == "binom":
            return binomial(self.algebra, values[0], values[1])
        if name in _OF_WHOLES or name in ("max", "min"):
            numbers = [self.algebra.rational(value) for value in values]
            if name in ("max", "min") and all(number is not None for number in numbers):
                known = [number for number in numbers if number is not None]
                return self.algebra.number(max(known) if name == "max" else min(known))
            if all(number is not None and number.denominator == 1 for number in numbers):
                self.algebra.spend(20 + max(abs(int(number or 0)).bit_length() for number in numbers) // 8)
                return self.algebra.number(whole_function(name, [int(number or 0) for number in numbers]))
            raise UnreadableError(f"{name} of names")
        if len(values) != 1:
            raise UnreadableError(f"{name} of several values")
        return apply(self.algebra, name, values[0])

    def _log(self, values: list[Value]) -> Value:
        top = apply(self.algebra, "ln", values[-1])
        if len(values) == 1 and self.log_base == "e":
            return top
        base = values[0] if len(values) == 2 else self.algebra.number(10)
        return self.algebra.divide(top, apply(self.algebra, "ln", base))

    def _big(self, node: Node) -> Value:
        """A sum or product between two whole numbers."""
        operation, variable = node.text.split()
        low, high = (self.algebra.rational(self.value(part)) for part in node.args[:2])
        if low is None or high is None or not low.denominator == high.denominator == 1 or high - low > MAX_SUMMANDS:
            raise UnreadableError("a sum whose bounds are no small numbers")
        outer = self.bound.get(variable)
        total = self.algebra.number(operation == "prod")
        for n in range(int(low), int(high) + 1):
            self.bound[variable] = self.algebra.number(n)
            term = self.value(node.args[2])
            total = (self.algebra.add if operation == "sum" else self.algebra.times)(total, term)
        self.bound.pop(variable, None)
        if outer is not None:
            self.bound[variable] = outer
        return total


def is_infinite(node: Node) -> bool:
    return node.kind == "inf" or (node.kind in ("neg", "pm") and is_infinite(node.args[0]))


def _decimal(text: str) -> Fraction:
    """A numeral without any exponent that could make it long."""
    mantissa, _, exponent = text.lower().partition("e")
    if exponent and len(exponent) > 5:
        raise UnreadableError("an exponent of more than four digits")
    return Fraction(mantissa.rstrip(".")) * Fraction(10) ** int(exponent or 0)
