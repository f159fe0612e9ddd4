"""Whether two quantities are the same: values, units, percent, degrees, rounding, and points where no algebra helps."""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from temper.verifiers.latex.algebra import Algebra, UnreadableError, Value
from temper.verifiers.latex.evaluation import Evaluation
from temper.verifiers.latex.functions import approximate
from temper.verifiers.latex.meanings import Quantity
from temper.verifiers.latex.parsing.cursor import Node
from temper.verifiers.latex.sampling import agree, agree_but_for_constant, names_of
from temper.verifiers.latex.units import unit_of
from temper.verifiers.latex.wording import says_otherwise

_ONE, _T = Node("num", text="1"), Node("name", text="T")
_OF_MATRICES = {Node("neg", (_ONE,)): {"-1"}, _T: {"T"}, Node("neg", (_T,)): {"-1", "T"}}
"""Exponents of a capital letter that make a matrix of it; twice the same one is none."""
MAX_SAMPLINGS = 12
"""In one verdict."""
_PLAIN = {"num", "name", "sum", "product", "neg", "inverse", "mixed", "percent", "degree", "based", "inf"}
"""Kinds whose values the algebra compares for certain."""


@dataclass(frozen=True)
class Policy:
    percent: Literal["strict", "omitted", "optional"]
    units: Literal["agree", "ignore", "require", "convert"]
    rounding: Literal["shown", "exact", "answer"] | int
    order: Literal["free", "strict"]


class Quantities:
    def __init__(self, algebra: Algebra, policy: Policy, values: Evaluation) -> None:
        self.algebra = algebra
        self.policy = policy
        self.values = values
        self.samplings = MAX_SAMPLINGS

    def same(self, key: Quantity, given: Quantity) -> bool:
        if _other_order(key.node, given.node):
            return False
        if self._same(key, given):
            return True
        if (key.letters or key.unit) and (given.letters or given.unit) and (key.letters or given.letters):
            return self._same(key.letters or key, given.letters or given)
        return False

    def _same(self, key: Quantity, given: Quantity) -> bool:
        ratio = self._ratio(key.unit, given.unit)
        if ratio is None:
            return False
        if key.value is None or given.value is None:
            return self._at_points(key.node, given.node)
        value = given.value if ratio == 1 else self.algebra.times(given.value, self.algebra.number(ratio))
        return (
            self._values(key.value, value, key.places, key.percent)
            or (self.policy.rounding == "shown" and self._rounds(key, given))
            or self._without_percent(key, given)
            or self._without_degrees(key, given)
            or (ratio == 1 and self._at_points(key.node, given.node, key.value, given.value))
        )

    # -- units

    def _ratio(self, key: str, given: str) -> Fraction | None:
        """By what the given number is multiplied, None where the units do not agree."""
        if self.policy.units == "ignore" or key == given:
            return Fraction(1)
        ours, theirs = unit_of(key), unit_of(given)
        if self.policy.units == "require":
            same = ours.ratios(theirs) == {1} if ours.measures and theirs.measures else ours == theirs
            return Fraction(1) if same else None
        if ours.noun and theirs.noun and says_otherwise(ours.noun, theirs.noun):
            return None
        if ours.measures and theirs.measures:
            ratios = ours.ratios(theirs)
            if 1 in ratios:
                return Fraction(1)
            return ratios.pop() if len(ratios) == 1 and self.policy.units == "convert" else None
        if (ours.measures and theirs.noun) or (theirs.measures and (ours.noun or theirs.changes_number)):
            return None
        if theirs.changes_number and ours.noun != theirs.noun:
            return None
        if ours.changes_number and theirs.noun not in ("", ours.noun):
            return None
        return Fraction(1)

    def same_units(self, key: str, given: str) -> bool:
        return self._ratio(key, given) == 1

    def _without_percent(self, key: Quantity, given: Quantity) -> bool:
        """`28` for `28%`, and for `percent: optional` the other way round as well."""
        if self.policy.percent == "strict" or key.percent == given.percent or key.value is None or given.value is None:
            return False
        if (given.percent and self.policy.percent != "optional") or unit_of(given.unit).measures:
            return False
        hundred = self.algebra.number(100)
        bare = [self.algebra.times(q.value, hundred) if q.percent and q.value else q.value for q in (key, given)]
        if bare[0] is None or bare[1] is None:
            return False
        return self._values(bare[0], bare[1], key.places, False)

    def _without_degrees(self, key: Quantity, given: Quantity) -> bool:
        """`74` for 74 degrees."""
        if self.policy.units == "require" or given.unit or given.value is None:
            return False
        if not _has_degrees(key.node) or _has_degrees(given.node):
            return False
        try:
            return self.algebra.equal(self.values.value(_without_circles(key.node)), given.value)
        except UnreadableError:
            return False

    # -- values

    def _values(self, key: Value, given: Value, places: int | None, percent: bool) -> bool:
        if self.algebra.equal(key, given):
            return True
        rounding = self.policy.rounding
        if rounding == "shown" or rounding == "exact":
            return False
        left, right = self._real(key), self._real(given)
        if left is None or right is None:
            return False
        if rounding == "answer":
            if places is None:
                return False
            return abs(left - right) <= Fraction(1, 2 * 10 ** (places + (2 if percent else 0)))
        if left == 0 or right == 0:
            return left == right
        digits = rounding - 1 - math.floor(math.log10(abs(left)))
        return round(left, digits) == round(right, digits)

    def _rounds(self, decimal: Quantity, exact: Quantity) -> bool:
        """Whether a decimal of three digits or more is the rounded form of what is no decimal."""
        if not decimal.places or exact.places is not None:
            return False
        shown, value = self._real(decimal.value), self._real(exact.value)
        unit = _last_place(decimal)
        return shown is not None and value is not None and abs(shown) >= 100 * unit and abs(shown - value) <= unit / 2

    def rounds_to(self, exact: Quantity, decimal: Quantity) -> bool:
        """Whether the decimal shows the other's digits, rounded or cut off."""
        shown, value = self._real(decimal.value), self._real(exact.value)
        if shown is None or value is None:
            return False
        if decimal.places is None:
            return abs(shown - value) <= abs(value) / 200
        return abs(shown - value) < _last_place(decimal)

    def shows(self, given: Quantity, decimal: Quantity) -> bool:
        """Whether a decimal is the other one, with more digits or as many."""
        longer, value = self._real(given.value), self._real(decimal.value)
        if longer is None or value is None:
            return False
        return longer == value or ((given.places or 0) > (decimal.places or 0) and self.rounds_to(given, decimal))

    def _real(self, value: Value | None) -> Fraction | None:
        if value is None:
            return None
        exact = self.algebra.rational(value)
        if exact is not None:
            return exact if abs(exact) < 10**15 and (not exact or abs(exact) > Fraction(1, 10**15)) else None
        near = approximate(value)
        return Fraction(near) if near is not None and 1e-15 < abs(near) < 1e15 else None

    def _at_points(self, key: Node, given: Node, ours: Value | None = None, theirs: Value | None = None) -> bool:
        """By `sampling`, where functions or roots stand that the algebra may not see through."""
        if ours is not None and theirs is not None:
            if _is_plain(key) and _is_plain(given):
                return {"C"} <= names_of(key) & names_of(given) and agree_but_for_constant(key, given)
            if self.algebra.rational(ours) is not None and self.algebra.rational(theirs) is not None:
                return False
        self.samplings -= 1
        return self.samplings >= 0 and (agree(key, given) or agree_but_for_constant(key, given))


def _matrices(node: Node) -> list[str]:
    """The capital letters of a product in which one is inverted or transposed, in order and with their exponents:
    `A^{-1} B` is of matrices, no `B A^{-1}`; `(AB)^T` is `B^T A^T`. A small letter counts where it is transposed
    (`x^T A x`). Empty for any other value."""
    if node.kind == "pow":
        is_one = node.args[0].kind == "product" and node.args[1] in _OF_MATRICES
    else:
        is_one = node.kind == "product" and any(_is_turned(part) for part in node.args)
    factors = _factors(node) if is_one else []
    vectors = {name for name, exponent in factors if "T" in exponent}
    if not any(name.isupper() for name, _ in factors):
        return []
    factors = [(name, exponent) for name, exponent in factors if name.isupper() or name in vectors]
    return [f"{name} {sorted(exponent)}" for name, exponent in factors] if len(factors) > 1 else []


def _is_turned(node: Node) -> bool:
    return node.kind == "pow" and node.args[1] in _OF_MATRICES and bool(_factors(node.args[0]))


def _factors(node: Node) -> list[tuple[str, frozenset[str]]]:
    """The names of a product with their exponents; what is inverted or transposed as a whole is turned round."""
    if node.kind == "name":
        return [(node.text, frozenset())]
    if node.kind == "product":
        return [factor for part in node.args for factor in _factors(part)]
    if node.kind != "pow":
        return []
    if (turn := _OF_MATRICES.get(node.args[1])) is not None:
        return [(name, exponent ^ turn) for name, exponent in reversed(_factors(node.args[0]))]
    return [(node.args[0].text, frozenset({str(node.args[1])}))] if node.args[0].kind == "name" else []


def _other_order(key: Node, given: Node) -> bool:
    """Whether the matrices of two products stand in another order; where a letter comes again (`P^{-1} A P`), the other
    side must be such a product too."""
    if not (ours := _matrices(key)) or ours == (theirs := _matrices(given)):
        return False
    return bool(theirs) or len({factor.split()[0] for factor in ours}) < len(ours)


def _last_place(decimal: Quantity) -> Fraction:
    return Fraction(1, 10 ** ((decimal.places or 0) + (2 if decimal.percent else 0)))


def _is_plain(node: Node) -> bool:
    if node.kind == "pow":
        return node.args[1].kind == "num" and node.args[1].text.isdigit() and _is_plain(node.args[0])
    return node.kind in _PLAIN and all(map(_is_plain, node.args))


def _has_degrees(node: Node) -> bool:
    return node.kind == "degree" or (node.kind != "call" and any(map(_has_degrees, node.args)))


def _without_circles(node: Node) -> Node:
    """The tree with every degree sign left out that does not stand in a function."""
    if node.kind == "degree" and node.text == "1":
        return node.args[0]
    if node.kind == "call":
        return node
    return node._replace(args=tuple(map(_without_circles, node.args)))
