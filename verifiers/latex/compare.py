"""Whether two meanings are the same answer, under a policy. The answer key stands first everywhere."""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from temper.verifiers.latex.algebra import Algebra, Value
from temper.verifiers.latex.functions import approximate
from temper.verifiers.latex.values import Collection, Meaning, Named, Quantity, Relation, Words

INTERVALS = ("()", "(]", "[)", "[]")
_UNITS = {
    "kilometer": "km", "kilometre": "km", "meter": "m", "metre": "m", "centimeter": "cm",
    "centimetre": "cm", "millimeter": "mm", "millimetre": "mm", "kilogram": "kg", "gram": "g",
    "milligram": "mg", "second": "s", "sec": "s", "minute": "min", "hour": "h", "hr": "h", "day": "day",
    "week": "week", "month": "month", "year": "year", "liter": "l", "litre": "l", "milliliter": "ml",
    "inch": "in", "inche": "in", "foot": "ft", "feet": "ft", "mile": "mi", "yard": "yd", "pound": "lb",
    "ounce": "oz", "dollar": "dollar", "cent": "cent", "euro": "euro", "yen": "yen", "yuan": "yuan",
    "degree": "degree", "radian": "rad",
}  # fmt: skip
_KNOWN = set(_UNITS.values())


@dataclass(frozen=True)
class Policy:
    percent: Literal["strict", "optional"]
    units: Literal["agree", "ignore", "require"]
    rounding: Literal["shown", "exact", "answer"] | int
    order: Literal["free", "strict"]


class Comparison:
    def __init__(self, algebra: Algebra, policy: Policy) -> None:
        self.algebra = algebra
        self.policy = policy

    def same(self, key: Meaning, given: Meaning) -> bool:
        key, given = self._without_labels(key, given)
        if isinstance(key, Named) or isinstance(given, Named):
            return (
                isinstance(key, Named)
                and isinstance(given, Named)
                and key.label == given.label
                and self.same(key.item, given.item)
            )
        if isinstance(key, Quantity) and isinstance(given, Quantity):
            return self._quantities(key, given)
        if isinstance(key, Words) and isinstance(given, Words):
            return key.text == given.text
        if isinstance(key, Relation) and isinstance(given, Relation):
            return self._relations(key, given)
        if isinstance(key, Collection) and isinstance(given, Collection):
            return self._collections(key, given)
        return False

    def _without_labels(self, key: Meaning, given: Meaning) -> tuple[Meaning, Meaning]:
        """`x = 5` answers as `5` does, unless the other side has a label that says otherwise."""
        if isinstance(key, Named) and not isinstance(given, Named) and not isinstance(given, Relation):
            return key.item, given
        if isinstance(given, Named) and not isinstance(key, Named) and not isinstance(key, Relation):
            return key, given.item
        if isinstance(key, Named) and isinstance(given, Relation):
            return key.equation or key, given
        if isinstance(given, Named) and isinstance(key, Relation):
            return key, given.equation or given
        return key, given

    # -- quantities

    def _quantities(self, key: Quantity, given: Quantity) -> bool:
        if not self._units(key.unit, given.unit):
            return False
        if self._values(key.value, given.value, key.places, key.percent):
            return True
        if self.policy.rounding == "shown" and self._rounds(key, given):
            return True
        if self.policy.percent == "optional" and key.percent != given.percent:
            hundred = self.algebra.number(100)
            bare = [self.algebra.times(q.value, hundred) if q.percent else q.value for q in (key, given)]
            return self._values(bare[0], bare[1], key.places, False)
        return False

    def _units(self, key: str, given: str) -> bool:
        """Units of measure that both sides name must be the same; what else the words say is not judged."""
        if self.policy.units == "ignore":
            return True
        left, right = _unit(key), _unit(given)
        if self.policy.units == "require":
            return left == right
        return left == right or not (left.split("^")[0] in _KNOWN and right.split("^")[0] in _KNOWN)

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
        unit = Fraction(1, 10 ** (decimal.places + (2 if decimal.percent else 0)))
        return shown is not None and value is not None and abs(shown) >= 100 * unit and abs(shown - value) <= unit / 2

    def _real(self, value: Value) -> Fraction | None:
        exact = self.algebra.rational(value)
        if exact is not None:
            return exact if abs(exact) < 10**15 and (not exact or abs(exact) > Fraction(1, 10**15)) else None
        near = approximate(value)
        return Fraction(near) if near is not None and 1e-15 < abs(near) < 1e15 else None

    # -- relations

    def _relations(self, key: Relation, given: Relation) -> bool:
        if key.op != given.op:
            return False
        algebra = self.algebra
        if algebra.equal(key.left, given.left) and algebra.equal(key.right, given.right):
            return True
        if key.op == "!=":
            return algebra.equal(key.left, given.right) and algebra.equal(key.right, given.left)
        return key.op == "=" and self._equations(key, given)

    def _equations(self, key: Relation, given: Relation) -> bool:
        """left - right agrees up to a number; the sides of an equation may be swapped and moved."""
        left = self.algebra.add(key.left, key.right, -1)
        right = self.algebra.add(given.left, given.right, -1)
        if not left.num or not right.num or set(left.num) != set(right.num):
            return False
        if left.den != right.den:
            return False
        monomial = next(iter(left.num))
        ratio = left.num[monomial] / right.num[monomial]
        return all(c == ratio * right.num[m] for m, c in left.num.items())

    # -- collections

    def _collections(self, key: Collection, given: Collection) -> bool:
        if key.kind in ("list", "{}") and given.kind in ("list", "{}"):
            strict = key.kind == given.kind == "list" and self.policy.order == "strict"
            if not strict and self._by_label(key, given) is False:
                return False
            if key.kind == given.kind == "{}":
                key, given = self._distinct(key), self._distinct(given)
            return self._in_order(key, given) if strict else self._any_order(key, given)
        if key.kind == given.kind == "union":
            return self._any_order(key, given)
        if key.kind != given.kind:
            return self._vector_as_list(key, given)
        return self._in_order(key, given)

    def _vector_as_list(self, key: Collection, given: Collection) -> bool:
        """`1, 2, 3` and `(1, 2, 3)` are the same ordered values; `x_1 = 1, x_2 = 2` names them."""
        kinds = {key.kind, given.kind}
        return kinds == {"list", "()"} and len(key.items) > 1 and self._in_order(key, given)

    def _by_label(self, key: Collection, given: Collection) -> bool | None:
        """Where every item of both sides has a label, items of the same label must agree."""
        left = [item for item in key.items if isinstance(item, Named)]
        right = [item for item in given.items if isinstance(item, Named)]
        if len(left) != len(key.items) or len(right) != len(given.items):
            return None
        return sorted(item.label for item in left) == sorted(item.label for item in right)

    def _distinct(self, items: Collection) -> Collection:
        kept: list[Meaning] = []
        for item in items.items:
            if not any(self.same(other, item) for other in kept):
                kept.append(item)
        return Collection(items.kind, tuple(kept))

    def _in_order(self, key: Collection, given: Collection) -> bool:
        if len(key.items) != len(given.items):
            return False
        return all(self.same(a, b) for a, b in zip(key.items, given.items, strict=True))

    def _any_order(self, key: Collection, given: Collection) -> bool:
        """Each item of the key takes one item of the other side, each once."""
        if len(key.items) != len(given.items):
            return False
        left = list(given.items)
        for item in key.items:
            match = next((i for i, other in enumerate(left) if self.same(item, other)), None)
            if match is None:
                return False
            del left[match]
        return True


def _unit(words: str) -> str:
    word, caret, power = words.strip().lower().partition("^")
    if word.startswith("square "):
        word, caret, power = word.removeprefix("square "), "^", "2"
    if word.startswith("cubic "):
        word, caret, power = word.removeprefix("cubic "), "^", "3"
    singular = word[:-1] if len(word) > 2 and word.endswith("s") and not word.endswith("ss") else word
    return _UNITS.get(word, _UNITS.get(singular, singular)) + caret + power
