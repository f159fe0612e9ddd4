"""A tree as what it says: a quantity, words, a collection, or a relation.

Two things have more than one reading and are read under a stated one: `log` without a base (natural or
decimal) and a sign `+-` (every `+-` of one expression takes the same sign; in a tuple each entry takes its
own).
"""

import itertools
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from temper.verifiers.latex.algebra import Algebra, UnreadableError, Value
from temper.verifiers.latex.expressions import Node
from temper.verifiers.latex.functions import apply, binomial

MAX_ITEMS = 64


@dataclass(frozen=True)
class Quantity:
    value: Value
    unit: str = ""
    percent: bool = False
    places: int | None = None
    """Decimal places, for a decimal that stands alone."""


@dataclass(frozen=True)
class Words:
    text: str


@dataclass(frozen=True)
class Collection:
    kind: str
    """list, {}, (), (], [), [], union, matrix"""
    items: tuple["Meaning", ...]


@dataclass(frozen=True)
class Relation:
    """left op right, where the operator is <, <=, != or =."""

    op: str
    left: Value
    right: Value


@dataclass(frozen=True)
class Named:
    """`x = 5`, `f(x) = x + 1`, `(x, y) = (1, 2)`."""

    label: str
    item: "Meaning"
    equation: Relation | None = None
    """The same as an equation, where the label is a name and the item a value."""


Meaning = Quantity | Words | Collection | Relation | Named


class Reader:
    """Evaluates trees with one algebra, under one reading of `log`."""

    def __init__(self, algebra: Algebra, log_base: Literal["e", "10"] = "e") -> None:
        self.algebra = algebra
        self.log_base = log_base
        self.sign = 1

    def read(self, node: Node) -> Meaning:
        if node.kind == "list":
            return self._list(node)
        if node.kind == "named":
            return self._named(node)
        if node.kind == "words":
            return Words(node.text)
        if node.kind == "union":
            return Collection("union", tuple(self.read(part) for part in node.args))
        if node.kind == "group":
            return self._group(node)
        if node.kind == "matrix":
            return self._matrix(node)
        if node.kind == "relation":
            return self._relation(node)
        if node.kind == "quantity":
            return self._quantity(node.args[0], node.text)
        return self._quantity(node, "")

    def _named(self, node: Node) -> Named:
        item = self.read(node.args[0])
        equation = None
        if isinstance(item, Quantity) and "(" not in node.text:
            equation = Relation("=", self.algebra.atom("v", node.text), item.value)
        return Named(_label(node.text), item, equation)

    # -- collections

    def _list(self, node: Node) -> Meaning:
        items = self._flat(node.args)
        if node.text == "or" and all(_is_interval(item) for item in items):
            return Collection("union", items)
        return Collection("list", items)

    def _flat(self, nodes: tuple[Node, ...]) -> tuple[Meaning, ...]:
        """A `+-` among the items of a list or set is two items."""
        items: list[Meaning] = []
        for node in nodes:
            read = self.read(node)
            items.extend(read.items if isinstance(read, Collection) and read.kind == "list" else [read])
            if len(items) > MAX_ITEMS:
                raise UnreadableError(f"more than {MAX_ITEMS} items")
        return tuple(items)

    def _group(self, node: Node) -> Meaning:
        if node.text == "{}":
            return Collection("{}", self._flat(node.args))
        choices = []
        for part in node.args:
            read = self.read(part)
            choices.append(read.items if isinstance(read, Collection) and read.kind == "list" else (read,))
        tuples = [
            Collection(node.text, items) for items in itertools.islice(itertools.product(*choices), MAX_ITEMS + 1)
        ]
        if len(tuples) > MAX_ITEMS:
            raise UnreadableError(f"more than {MAX_ITEMS} tuples")
        return tuples[0] if len(tuples) == 1 else Collection("list", tuple(tuples))

    def _matrix(self, node: Node) -> Meaning:
        rows = [tuple(self._quantity(entry, "") for entry in row.args) for row in node.args]
        if len({len(row) for row in rows}) != 1:
            raise UnreadableError("rows of different lengths")
        if len(rows) == 1 or len(rows[0]) == 1:
            return Collection("()", tuple(entry for row in rows for entry in row))
        return Collection("matrix", tuple(Collection("()", row) for row in rows))

    # -- relations

    def _relation(self, node: Node) -> Meaning:
        ops = node.text.split()
        if all(op == "=" for op in ops):
            return self._equation(node)
        values = [self._value(part) for part in node.args]
        if len(ops) == 1 and ops[0] in ("!=",):
            return Relation("!=", values[0], values[1])
        if all(op in (">", ">=") for op in ops):
            values, ops, nodes = values[::-1], [op.replace(">", "<") for op in ops[::-1]], node.args[::-1]
        elif all(op in ("<", "<=") for op in ops):
            nodes = node.args
        else:
            raise UnreadableError("a chain of different relations")
        interval = self._interval(nodes, values, ops)
        if interval is not None:
            return interval
        relations = tuple(
            Relation(op, left, right) for op, left, right in zip(ops, values[:-1], values[1:], strict=True)
        )
        return relations[0] if len(relations) == 1 else Collection("chain", relations)

    def _interval(self, nodes: tuple[Node, ...], values: list[Value], ops: list[str]) -> Meaning | None:
        """a < x <= b with a name alone in its place is an interval."""
        infinity = self.algebra.atom("v", "\\infty")
        low, high = self.algebra.negate(infinity), infinity
        left, right = "(", ")"
        if len(ops) == 2 and nodes[1].kind == "name":
            low, high = values[0], values[2]
            left, right = "(["[ops[0] == "<="], ")]"[ops[1] == "<="]
        elif len(ops) == 1 and nodes[0].kind == "name" and nodes[1].kind != "name":
            high, right = values[1], ")]"[ops[0] == "<="]
        elif len(ops) == 1 and nodes[1].kind == "name" and nodes[0].kind != "name":
            low, left = values[0], "(["[ops[0] == "<="]
        else:
            return None
        return Collection(left + right, (Quantity(low), Quantity(high)))

    def _equation(self, node: Node) -> Meaning:
        """A chain `x = y = 5` of names and equal values is its last value; one equation stays an equation."""
        last = self.read(node.args[-1])
        if isinstance(last, Quantity):
            values = [self._value(part) for part in node.args[:-1]]
            names = [part.kind == "name" for part in node.args[:-1]]
            if all(name or self.algebra.equal(v, last.value) for name, v in zip(names, values, strict=True)):
                return last
            if len(values) == 1:
                return Relation("=", values[0], last.value)
        raise UnreadableError("a chain of equations")

    # -- quantities

    def _quantity(self, node: Node, unit: str) -> Meaning:
        if node.kind in ("words", "relation", "group", "list", "matrix", "union", "named"):
            if unit:
                raise UnreadableError(f"the words {unit!r} after what is no number")
            return self.read(node)
        if _has_signs(node):
            both = []
            for self.sign in (1, -1):
                both.append(Quantity(self._value(node), unit))
            self.sign = 1
            return Collection("list", tuple(both))
        places = None
        literal = node.args[0] if node.kind in ("neg", "percent") else node
        if literal.kind == "num" and "e" not in literal.text.lower():
            places = len(literal.text.partition(".")[2])
        return Quantity(self._value(node), unit, node.kind == "percent", places)

    def _value(self, node: Node) -> Value:
        algebra = self.algebra
        algebra.spend(2)
        if node.kind == "num":
            return algebra.number(_decimal(node.text))
        if node.kind == "name":
            return algebra.atom("v", node.text)
        if node.kind == "const":
            return algebra.atom(node.text)
        if node.kind == "inf":
            return algebra.atom("v", "\\infty")
        if node.kind not in ("neg", "pm") and any(map(_is_infinite, node.args)):
            raise UnreadableError("a calculation with infinity")
        values = [self._value(part) for part in node.args]
        if node.kind == "sum":
            total = values[0]
            for value in values[1:]:
                total = algebra.add(total, value)
            return total
        if node.kind == "product":
            total = values[0]
            for value in values[1:]:
                total = algebra.times(total, value)
            return total
        return self._operation(node, values)

    def _operation(self, node: Node, values: list[Value]) -> Value:
        algebra, first = self.algebra, values[0] if values else self.algebra.number(0)
        match node.kind:
            case "neg":
                return algebra.negate(first)
            case "pm":
                return first if (self.sign > 0) == (node.text == "pm") else algebra.negate(first)
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
                return algebra.power(first, values[1])
            case "root":
                index = algebra.rational(values[1])
                if index is None or index.denominator != 1 or not 2 <= index <= 100:
                    return algebra.power(first, algebra.divide(algebra.number(1), values[1]))
                return algebra.root(first, index.numerator)
            case "log":
                return self._log(values)
            case "call" if node.text == "binom":
                return binomial(algebra, first, values[1])
            case "call":
                return apply(algebra, node.text, first)
        raise UnreadableError(f"a {node.kind} where a value should stand")

    def _log(self, values: list[Value]) -> Value:
        top = apply(self.algebra, "ln", values[-1])
        if len(values) == 1 and self.log_base == "e":
            return top
        base = values[0] if len(values) == 2 else self.algebra.number(10)
        return self.algebra.divide(top, apply(self.algebra, "ln", base))


def has_bare_log(node: Node) -> bool:
    return (node.kind == "log" and len(node.args) == 1) or any(has_bare_log(part) for part in node.args)


def _has_signs(node: Node) -> bool:
    return node.kind == "pm" or any(_has_signs(part) for part in node.args)


def _is_infinite(node: Node) -> bool:
    return node.kind == "inf" or (node.kind in ("neg", "pm") and _is_infinite(node.args[0]))


def _is_interval(item: Meaning) -> bool:
    return isinstance(item, Collection) and item.kind in ("()", "(]", "[)", "[]", "union") and len(item.items) >= 2


def _label(text: str) -> str:
    return text.replace("\\", "").lower()


def _decimal(text: str) -> Fraction:
    """A numeral without any exponent that could make it long."""
    mantissa, _, exponent = text.lower().partition("e")
    if exponent and len(exponent) > 5:
        raise UnreadableError("an exponent of more than four digits")
    return Fraction(mantissa) * Fraction(10) ** int(exponent or 0)
