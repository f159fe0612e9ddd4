"""A tree as what it says: a quantity, words, a collection, a relation, something under conditions.

Two things have more than one reading and are read under a stated one: `log` without a base (natural or
decimal) and a sign `+-` (every `+-` of one expression takes the same sign; in a tuple each entry takes its
own).
"""

import itertools
from dataclasses import replace
from typing import Literal

from temper.verifiers.latex.algebra import Algebra, UnreadableError, Value
from temper.verifiers.latex.evaluation import Evaluation
from temper.verifiers.latex.labels import label_of
from temper.verifiers.latex.lists import equal_entries
from temper.verifiers.latex.meanings import (
    Approximate,
    Based,
    Cases,
    Collection,
    Congruence,
    Given,
    Meaning,
    Member,
    Named,
    Numbers,
    Option,
    Quantity,
    Ratio,
    Relation,
    Words,
)
from temper.verifiers.latex.parsing.cursor import Node, has_signs, with_sign
from temper.verifiers.latex.relations import equal_names, equal_sides, relation, unequal
from temper.verifiers.latex.sampling import is_endless, names_of
from temper.verifiers.latex.units import is_coin, unit_of
from temper.verifiers.latex.vectors import matrix, parameter, vector

MAX_ITEMS = 64
_NO_QUANTITIES = {
    "words", "relation", "group", "list", "matrix", "union", "cap", "difference", "named", "class", "member", "given",
    "builder", "cases", "congruence", "ratio", "clock", "approx", "based", "option", "compound", "quantity", "letters",
    "going",
}  # fmt: skip
_ARTICLES = {"a", "an", "the"}


class Reader:
    """Evaluates trees with one algebra, under one reading of `log`."""

    def __init__(self, algebra: Algebra, log_base: Literal["e", "10"] = "e") -> None:
        self.algebra = algebra
        self.values = Evaluation(algebra, log_base)

    def read(self, node: Node) -> Meaning:
        match node.kind:
            case "list":
                return self._list(node)
            case "named":
                return self._named(node)
            case "words":
                return words(node.text)
            case "union" | "cap" | "difference":
                return Collection(node.kind, tuple(self.read(part) for part in node.args))
            case "group":
                return self._group(node)
            case "matrix":
                return self._matrix(node)
            case "relation":
                return relation(self, node)
            case "quantity":
                return self.quantity(node.args[0], node.text)
            case "letters":
                return self._letters(node)
            case "compound":
                return self._compound(node)
            case "ratio" | "clock":
                return self._ratio(node)
            case "based":
                digits, _, base = node.text.partition("_")
                return Based(digits, int(base))
        return self._conditional(node)

    def _conditional(self, node: Node) -> Meaning:
        match node.kind:
            case "call" if node.text.startswith("apply ") and node.args[0].kind == "group" and node.text[6:].isupper():
                return Named(node.text[6:], self.read(node.args[0]))
            case "given":
                return _given(self.read(node.args[0]), tuple(self.read(part) for part in node.args[1:]))
            case "builder":
                return self._builder(node)
            case "cases":
                return Cases(
                    tuple(Given(self.read(row.args[0]), tuple(map(self.read, row.args[1:]))) for row in node.args)
                )
            case "class":
                return self._numbers(node)
            case "member":
                return self._member(node)
            case "going":
                return self._going_on(node)
            case "call" if node.text == "mod":
                return Congruence("_", self.value(node.args[0]), self.value(node.args[1]))
            case "congruence" if len(node.args) == 2:
                return Named(label_of(node.args[0]), self.read(node.args[1]))
            case "congruence":
                left = node.args[0]
                if has_signs(node.args[1]):
                    both = (self.read(with_sign(node, sign)) for sign in (1, -1))
                    return Collection("list", tuple(both), "or")
                rest, modulus = (self.value(part) for part in node.args[1:])
                return Congruence(label_of(left), rest, modulus)
            case "approx":
                return self._approximate(node)
            case "option":
                return Option(node.text, self.read(node.args[0]))
        return self.quantity(node, "")

    def value(self, node: Node) -> Value:
        return self.values.value(node)

    # -- labels

    def _named(self, node: Node) -> Meaning:
        if node.args[0].kind not in ("group", "list") and has_signs(node.args[0]):
            both = (self._named(node._replace(args=(with_sign(node.args[0], sign),))) for sign in (1, -1))
            return Collection("list", tuple(both), "or")
        inner = node.args[0]
        if inner.kind == "relation" and {*inner.text.split()} == {"="} and all(x.kind == "name" for x in inner.args):
            return equal_names(self, (Node("name", text=node.text), *inner.args))
        if inner.kind == "relation" and {*inner.text.split()} == {"="} and len(node.text) == 1:
            whole = (Node("name", text=node.text), *inner.args)
            if (sides := equal_sides(self, whole)) is not None:
                return sides
        item = self.read(inner)
        equation = None
        if isinstance(item, Quantity) and item.value is not None and not item.unit and not {*"( "} & {*node.text}:
            left = Node("name", text=node.text)
            equation = Relation("=", self.value(left), item.value, (left, item.node))
        return Named(label_of(Node("name", text=node.text)), item, equation)

    # -- collections

    def _list(self, node: Node) -> Meaning:
        items = self.flat(node.args)
        if len(items) > 1 and (points := equal_entries(items)):
            return Named(points[0].label, Collection("list", tuple(point.item for point in points), node.text))
        if (whole := self._compound_list(node)) is not None:
            return whole
        first, rest = items[0], items[1:]
        if isinstance(first, Relation) and first.op == "!=" and all(isinstance(item, Quantity) for item in rest):
            # `x != 1, -1` is two inequalities
            others = tuple(unequal(self, first.sides[0], part) for part in node.args[1:])
            return Collection("list", (first, *others), "and")
        if isinstance(first, Named) and rest and all(type(item) is type(first.item) for item in rest):
            # the label of `n = 1, 2, 3` is that of all
            return replace(first, item=Collection("list", (first.item, *rest), node.text), equation=None)
        return Collection("list", items, node.text)

    def _compound_list(self, node: Node) -> Meaning | None:
        """`2 hours and 30 minutes`, `6 feet, 2 inches` is one quantity."""
        if node.text in ("or", "by") or not all(part.kind == "quantity" for part in node.args):
            return None
        if any(is_coin(part.text) for part in node.args):
            return None
        try:
            return self._compound(node)
        except UnreadableError:
            return None

    def flat(self, nodes: tuple[Node, ...]) -> tuple[Meaning, ...]:
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
            return Collection("{}", self.flat(node.args))
        if node.text == "[]" and all(part.kind == "group" and part.text == "[]" for part in node.args):
            return self._matrix(node)
        if node.text == "[]" and len(node.args) > 2:
            node = node._replace(text="()")  # no interval has three ends
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
        rows = [tuple(self.quantity(entry, "") for entry in row.args) for row in node.args]
        if len({len(row) for row in rows}) != 1:
            raise UnreadableError("rows of different lengths")
        if len(rows) == 1 or len(rows[0]) == 1:
            return Collection("()", tuple(entry for row in rows for entry in row))
        return Collection("matrix", tuple(Collection("()", row) for row in rows))

    # -- classes and conditions

    def _numbers(self, node: Node) -> Numbers:
        kinds = frozenset(node.text.split())
        return Numbers(kinds - {"number"} or kinds, self.value(node.args[0]) if node.args else None)

    def _member(self, node: Node) -> Meaning:
        numbers = self.read(node.args[0])
        return Member(node.text, numbers) if isinstance(numbers, Numbers) else numbers

    def _builder(self, node: Node) -> Meaning:
        """`{x | ...}` is what the conditions say of x, `{2k | k in Z}` the expression under them."""
        left, *conditions = node.args
        if left.kind == "member":
            conditions, left = [left, *conditions], Node("name", text=left.text)
        if left.kind != "name":
            return _given(self.read(left), tuple(map(self.read, conditions)))
        about = [part for part in conditions if part.kind != "member"]
        members = tuple(self.read(part) for part in conditions if part.kind == "member")
        if not about:
            return _all_of(members)
        item = self.read(about[0] if len(about) == 1 else Node("list", tuple(about), "and"))
        return _given(item, members)

    def _going_on(self, node: Node) -> Meaning:
        """`3, 4, 5, ...` are the whole numbers from 3, `1, 3, 5, ...` the odd ones."""
        values = [self.value(part) for part in node.args]
        if len(values) < 2:
            raise UnreadableError("a sequence of one number")
        step = self.algebra.add(values[1], values[0], -1)
        if any(
            not self.algebra.equal(self.algebra.add(b, a, -1), step) for a, b in zip(values, values[1:], strict=False)
        ):
            return Collection("going", tuple(self.quantity(part, "") for part in node.args))
        if self.algebra.rational(step) == 1:
            start = Collection("[)", (self.quantity(node.args[0], ""), self.quantity(Node("inf"), "")))
            return Given(start, (Member("", Numbers(frozenset({"integer"}))),))
        return Congruence("_", values[0], step, begins=True)

    # -- quantities

    def quantity(self, node: Node, unit: str) -> Meaning:
        if node.kind in _NO_QUANTITIES:
            if unit and (entries := vector(node)):
                return Collection("()", tuple(self.quantity(entry, unit) for entry in entries))
            if unit:
                raise UnreadableError(f"the words {unit!r} after what is no number")
            return self.read(node)
        if node.kind in ("product", "sum", "neg") and (entries := vector(node)):
            along = parameter(node) if node.kind == "sum" else ""
            return Collection("()", tuple(self.quantity(entry, unit) for entry in entries), along or ",")
        if node.kind in ("product", "sum", "neg") and (whole := matrix(node)) is not None:
            return self._matrix(whole)
        if has_signs(node) and vector(with_sign(node, 1)):
            both = (self.quantity(with_sign(node, sign), unit) for sign in (1, -1))
            return Collection("list", tuple(both))
        if has_signs(node):
            both = (Quantity(self._value_or_none(one), one, unit) for one in (with_sign(node, 1), with_sign(node, -1)))
            return Collection("list", tuple(both))
        literal = node.args[0] if node.kind in ("neg", "percent") else node
        places = None
        if literal.kind == "num" and "e" not in literal.text.lower():
            places = len(literal.text.partition(".")[2])
        percent = node.kind == "percent" or (node.kind == "neg" and literal.kind == "percent")
        return Quantity(self._value_or_none(node), node, unit, percent, places)

    def _value_or_none(self, node: Node) -> Value | None:
        """None for what only a point can tell: sums with a name as bound, functions of whole numbers."""
        try:
            return self.value(node)
        except UnreadableError:
            if (names_of(node) and _counts(node)) or is_endless(node):
                return None
            raise

    def _letters(self, node: Node) -> Meaning:
        product, measured = self.quantity(node.args[0], ""), self.quantity(node.args[1], node.text)
        if not isinstance(product, Quantity) or not isinstance(measured, Quantity):
            return product
        return Quantity(product.value, product.node, letters=measured)

    def _compound(self, node: Node) -> Meaning:
        """`5 feet 3 inches` in its first unit."""
        parts = [(self.value(part.args[0]), unit_of(part.text)) for part in node.args]
        total, first = parts[0]
        for value, unit in parts[1:]:
            ratios = first.ratios(unit)
            if len(ratios) != 1 or not (ratio := ratios.pop()) < 1:
                raise UnreadableError("units that do not add up")
            total = self.algebra.add(total, self.algebra.times(value, self.algebra.number(ratio)))
        return Quantity(total, node, node.args[0].text)

    def _ratio(self, node: Node) -> Ratio:
        clock = tuple(int(part.text) for part in node.args) if node.kind == "clock" else ()
        return Ratio(tuple(self.value(part) for part in node.args), clock, node.text)

    def _approximate(self, node: Node) -> Meaning:
        decimal = self.read(node.args[-1])
        if len(node.args) == 1:
            return decimal
        if node.args[0].kind == "name":
            return Named(label_of(node.args[0]), decimal)
        exact = self.read(node.args[0])
        if isinstance(exact, Named):
            return replace(exact, item=_approximately(exact.item, decimal), equation=None)
        return _approximately(exact, decimal)


def _approximately(exact: Meaning, decimal: Meaning) -> Approximate:
    if not isinstance(decimal, Quantity):
        raise UnreadableError("an approximation that is no number")
    return Approximate(exact, decimal)


def _all_of(members: tuple[Meaning, ...]) -> Meaning:
    """The numbers that are in every class: of `{n in N : n is even}` those that are natural and even."""
    classes = [member.numbers for member in members if isinstance(member, Member)]
    if len(classes) < len(members):
        if len(members) > 1:
            raise UnreadableError("several conditions, one of which is no class of numbers")
        return members[0]
    of = [numbers.of for numbers in classes if numbers.of is not None]
    if len(of) > 1:
        raise UnreadableError("multiples of several numbers")
    return Numbers(frozenset[str]().union(*(numbers.kinds for numbers in classes)), of[0] if of else None)


def words(text: str) -> Words:
    """Small letters, no articles; one letter is as it stands."""
    kept = [word for word in text.casefold().split() if word not in _ARTICLES]
    return Words(" ".join(kept) or text.casefold())


def _given(item: Meaning, conditions: tuple[Meaning, ...]) -> Meaning:
    """Under conditions; of a name alone (`n such that n > 3`) what the conditions say of it."""
    only_named = isinstance(item, Member) or (isinstance(item, Quantity) and item.node.kind == "name")
    about = tuple(part for part in conditions if not isinstance(part, Member | Words))
    if only_named and about and not all(isinstance(part, Quantity) for part in about):
        rest = tuple(part for part in conditions if part not in about)
        said = about[0] if len(about) == 1 else Collection("list", about, "and")
        return _given(said, (*rest, item) if isinstance(item, Member) else rest)
    if isinstance(item, Given):
        return Given(item.item, (*item.conditions, *conditions))
    return Given(item, conditions) if conditions else item


def has_bare_log(node: Node) -> bool:
    return (node.kind == "log" and len(node.args) == 1) or any(has_bare_log(part) for part in node.args)


def _counts(node: Node) -> bool:
    own = node.kind == "big" or (node.kind == "call" and node.text in ("mod", "gcd", "lcm", "max", "min", "!!"))
    return own or any(map(_counts, node.args))
