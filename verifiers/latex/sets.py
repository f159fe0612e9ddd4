"""Sets of real numbers: intervals, inequalities, set builders, unions, differences, points, in one form.

A set is disjoint parts from low to high. Ends are compared as floats where they differ and by the caller's exact
comparison where floats agree; a set with an end that is no number has no form here.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from temper.verifiers.latex.algebra import ONE, Algebra, Monomial, UnreadableError
from temper.verifiers.latex.evaluation import is_infinite
from temper.verifiers.latex.functions import approximate
from temper.verifiers.latex.meanings import (
    Collection,
    Given,
    Meaning,
    Member,
    Named,
    Numbers,
    Quantity,
    Relation,
    Words,
)
from temper.verifiers.latex.parsing.cursor import Node
from temper.verifiers.latex.wording import says_none

INTERVALS = ("()", "(]", "[)", "[]")
MAX_POINTS = 64
_NEAR = 1e-9
_BOUNDS = {
    "positive": (0.0, False), "nonnegative": (0.0, True), "natural": (0.0, False), "with0": (0.0, True),
}  # fmt: skip
"""The lower end that a class of numbers has."""
_DOMAINS = {"integer": "integer", "natural": "integer", "rational": "rational", "complex": "complex", "real": "real"}
_UNSUITED = {"odd", "even", "prime", "multiple"}


@dataclass(frozen=True)
class End:
    place: float
    closed: bool
    value: Quantity | None = None
    """None for what is no written number: an infinity, or the 0 of the positive numbers."""


@dataclass(frozen=True)
class Part:
    low: End
    high: End

    @property
    def is_empty(self) -> bool:
        return self.low.place > self.high.place or (
            self.low.place == self.high.place and not (self.low.closed and self.high.closed)
        )


@dataclass(frozen=True)
class RealSet:
    parts: tuple[Part, ...]
    domain: str = ""
    """integer, real, rational, complex, or empty where it is not said."""


WHOLE = RealSet((Part(End(-math.inf, False), End(math.inf, False)),))
EMPTY = RealSet(())


class Sets:
    """Meanings as sets, with one algebra."""

    def __init__(self, algebra: Algebra) -> None:
        self.algebra = algebra

    def of(self, meaning: Meaning) -> RealSet | None:
        """None for what is no set of real numbers."""
        try:
            return self._of(meaning)
        except UnreadableError:
            return None

    def _of(self, meaning: Meaning) -> RealSet:
        match meaning:
            case Quantity():
                if is_empty(meaning):
                    return EMPTY
                end = self._end(meaning, True)
                return RealSet((Part(end, end),))
            case Collection():
                return self._collection(meaning)
            case Relation():
                return self._relation(meaning)
            case Numbers():
                return _class(meaning)
            case Given():
                return self._intersection([meaning.item, *meaning.conditions])
            case Member():
                return self._of(meaning.numbers)
            case Named() if meaning.told:
                return self._of(meaning.item)
            case Words() if says_none(meaning.text):
                return EMPTY
        raise UnreadableError("no set of numbers")

    def _end(self, quantity: Meaning, closed: bool) -> End:
        if not isinstance(quantity, Quantity):
            raise UnreadableError("an end that is no number")
        node = quantity.node
        if is_infinite(node):
            return End(math.inf if node.kind == "inf" else -math.inf, closed)
        place = approximate(quantity.value) if quantity.value is not None else None
        if place is None:
            raise UnreadableError("an end that is no number")
        return End(place, closed, quantity)

    def _collection(self, meaning: Collection) -> RealSet:
        items = meaning.items
        if meaning.kind in INTERVALS and len(items) == 2:
            part = Part(self._end(items[0], meaning.kind[0] == "["), self._end(items[1], meaning.kind[1] == "]"))
            if part.is_empty:
                raise UnreadableError("an interval from high to low")
            return RealSet((part,))
        if meaning.kind == "{}" and any(_is_point(item) or _is_braced(item) or is_empty(item) for item in items):
            raise UnreadableError("items that are no numbers")
        if meaning.kind in ("{}", "union"):
            return _union([self._of(item) for item in items])
        if meaning.kind in ("cap", "chain"):
            return self._intersection(list(items))
        if meaning.kind == "difference" and (not isinstance(items[0], Quantity) or _is_letter(items[0])):
            # `all k except -2`: a small letter is any number
            return _minus(WHOLE if isinstance(items[0], Quantity) else self._of(items[0]), self._of(items[1]))
        if meaning.kind != "list":
            raise UnreadableError("no set of numbers")
        numbers = sum(isinstance(item, Quantity) for item in items)
        if numbers and numbers < len(items):
            raise UnreadableError("sets beside numbers")
        if len(names_said(meaning)) > 1 or len({item.label for item in items if isinstance(item, Named)}) > 1:
            raise UnreadableError("conditions on several names")
        if meaning.joined == "or" or numbers:
            return _union([self._of(item) for item in items])
        both = self._intersection(list(items))
        return both if both.parts or meaning.joined == "and" else _union([self._of(item) for item in items])

    def _intersection(self, meanings: list[Meaning]) -> RealSet:
        found = self._of(meanings[0])
        for meaning in meanings[1:]:
            found = _common(found, self._of(meaning))
        return found

    def _relation(self, relation: Relation) -> RealSet:
        """a x + b < 0 and the like, in one name."""
        difference = self.algebra.add(relation.left, relation.right, -1)
        names = [monomial for monomial in difference.num if monomial != ONE]
        if difference.den != {ONE: 1} or len(names) != 1 or not _is_name(names[0]) or relation.op == "=":
            raise UnreadableError("no inequality in one name")
        slope = difference.num[names[0]]
        root = -difference.num.get(ONE, Fraction(0)) / slope
        value = Quantity(self.algebra.number(root), Node("num", text=str(root)))
        if relation.op == "!=":
            point = End(float(root), True, value)
            return _minus(WHOLE, RealSet((Part(point, point),)))
        end = End(float(root), relation.op == "<=", value)
        infinite = End(math.inf, False)
        return RealSet((Part(End(-math.inf, False), end) if slope > 0 else Part(end, infinite),))


def _is_letter(item: Quantity) -> bool:
    return item.node.kind == "name" and len(item.node.text) == 1 and item.node.text.islower()


def _is_point(item: Meaning) -> bool:
    return isinstance(item, Collection) and item.kind == "()"


def _is_braced(item: Meaning) -> bool:
    return isinstance(item, Collection) and item.kind == "{}"


def _is_name(monomial: Monomial) -> bool:
    ((base, power), exponent), *others = monomial
    return not others and base[0] == "v" and power == ONE and exponent == 1


def names_said(meaning: Collection) -> set[str]:
    """The names that the items of a list are said of."""
    return {name for name in map(name_said, meaning.items) if name not in ("", "_")}


def name_said(meaning: Meaning) -> str:
    """The name of an inequality (`x > 2`, `x != 2`) or of `x = 2`; empty where none is said."""
    match meaning:
        case Collection():
            return meaning.about
        case Relation(op="!=", sides=(Node(kind="name", text=name), _)):
            return name
        case Named() if len(meaning.label) == 1:
            return meaning.label
    return ""


def is_empty(meaning: Meaning) -> bool:
    """Whether it is the sign of the empty set; in braces it is an item, and the set is empty no more."""
    return isinstance(meaning, Quantity) and meaning.node.kind == "name" and meaning.node.text == "\\emptyset"


def is_real(meaning: Meaning) -> bool:
    """Whether its numbers are real without a word: an interval in brackets, an inequality of x, y or z."""
    return is_bracketed(meaning) or (isinstance(meaning, Collection) and meaning.about in ("x", "y", "z"))


def is_bracketed(meaning: Meaning) -> bool:
    """Whether it is an interval in brackets, or a union of such, of which no name is said: it has all real numbers."""
    if not isinstance(meaning, Collection):
        return False
    if meaning.kind == "union":
        return any(map(is_bracketed, meaning.items))
    return meaning.kind in INTERVALS and not meaning.about


def is_set(meaning: Meaning) -> bool:
    """Whether nothing but a set can be meant; `(1, 2)` may be a point."""
    match meaning:
        case Collection(kind="list"):
            return any(map(is_set, meaning.items))
        case Collection(kind="()"):
            return any(isinstance(item, Quantity) and is_infinite(item.node) for item in meaning.items)
        case Collection():
            return meaning.kind in ("{}", "(]", "[)", "[]", "union", "cap", "difference", "chain")
        case Given():
            return is_set(meaning.item)
        case Quantity():
            return is_empty(meaning)
        case Named():
            return is_set(meaning.item)
        case Words():
            return says_none(meaning.text)
    return isinstance(meaning, Relation | Numbers | Member)


def holds(numbers: RealSet, place: float) -> bool:
    """Whether the number at this place is in the set."""
    return any(
        (part.low.closed if _near(part.low.place, place) else part.low.place < place)
        and (part.high.closed if _near(part.high.place, place) else place < part.high.place)
        for part in numbers.parts
    )


def same_set(key: RealSet, given: RealSet, same: Callable[[Quantity, Quantity], bool]) -> bool:
    if key.domain and given.domain and key.domain != given.domain:
        return False
    is_listed = bool(key.parts) and all(_is_whole_point(part) for part in key.parts)
    if (key.domain == "integer" and given.domain in ("", "integer")) or (given.domain == "integer" and is_listed):
        key, given = _whole(key), _whole(given)
    if len(key.parts) != len(given.parts):
        return False
    return all(
        _same_end(a.low, b.low, same) and _same_end(a.high, b.high, same)
        for a, b in zip(key.parts, given.parts, strict=True)
    )


def _is_whole_point(part: Part) -> bool:
    return part.low.place == part.high.place and part.low.place.is_integer()


def _same_end(key: End, given: End, same: Callable[[Quantity, Quantity], bool]) -> bool:
    if key.closed != given.closed or not _near(key.place, given.place):
        return False
    return key.value is None or given.value is None or same(key.value, given.value)


def _class(numbers: Numbers) -> RealSet:
    if numbers.kinds & _UNSUITED:
        raise UnreadableError("a class that is no interval")
    domains = {_DOMAINS[kind] for kind in numbers.kinds if kind in _DOMAINS}
    domain = "integer" if "integer" in domains else next(iter(domains), "")
    if "below0" in numbers.kinds:
        return RealSet((Part(End(-math.inf, False), End(0.0, False)),), domain)
    ends = [_BOUNDS[kind] for kind in ("with0", "nonnegative", "positive", "natural") if kind in numbers.kinds]
    found = RealSet((Part(End(*ends[0]), End(math.inf, False)),) if ends else WHOLE.parts, domain)
    zero = End(0.0, True)
    return _minus(found, RealSet((Part(zero, zero),))) if "nonzero" in numbers.kinds else found


def _joined(parts: list[Part]) -> Iterator[Part]:
    """Parts that overlap or touch as one."""
    current: Part | None = None
    for part in sorted(parts, key=lambda part: (part.low.place, not part.low.closed)):
        if current is None:
            current = part
        elif part.low.place < current.high.place or (
            _touch(part.low, current.high) and (part.low.closed or current.high.closed)
        ):
            highest = max(current.high, part.high, key=lambda end: (end.place, end.closed))
            current = Part(current.low, highest)
        else:
            yield current
            current = part
    if current is not None:
        yield current


def _touch(a: End, b: End) -> bool:
    return _near(a.place, b.place)


def _near(a: float, b: float) -> bool:
    return a == b or abs(a - b) < _NEAR * (1 + abs(a))


def _union(sets: list[RealSet]) -> RealSet:
    parts = [part for one in sets for part in one.parts]
    if len(parts) > MAX_POINTS:
        raise UnreadableError("a set of many parts")
    return RealSet(tuple(_joined(parts)), _domain(sets))


def _domain(sets: list[RealSet]) -> str:
    return next((one.domain for one in sets if one.domain), "")


def _common(a: RealSet, b: RealSet) -> RealSet:
    parts = [
        Part(
            max(p.low, q.low, key=lambda end: (end.place, not end.closed)),
            min(p.high, q.high, key=lambda end: (end.place, end.closed)),
        )
        for p in a.parts
        for q in b.parts
    ]
    domain = "integer" if "integer" in (a.domain, b.domain) else _domain([a, b])
    return RealSet(tuple(part for part in parts if not part.is_empty), domain)


def _minus(a: RealSet, b: RealSet) -> RealSet:
    """`a` without `b`, whose complement lies between its parts."""
    low, gaps = End(-math.inf, False), []
    for part in b.parts:
        gaps.append(Part(low, End(part.low.place, not part.low.closed, part.low.value)))
        low = End(part.high.place, not part.high.closed, part.high.value)
    gaps.append(Part(low, End(math.inf, False)))
    found = _common(a, RealSet(tuple(gap for gap in gaps if not gap.is_empty)))
    return RealSet(found.parts, a.domain)


def _whole(numbers: RealSet) -> RealSet:
    """Of whole numbers: every end closed, a short part as its points."""
    parts: list[Part] = []
    for part in numbers.parts:
        low = part.low.place if math.isinf(part.low.place) else math.floor(part.low.place) + 1.0
        high = part.high.place if math.isinf(part.high.place) else math.ceil(part.high.place) - 1.0
        low = part.low.place if part.low.closed and part.low.place.is_integer() else low
        high = part.high.place if part.high.closed and part.high.place.is_integer() else high
        if high - low <= MAX_POINTS:
            parts += [Part(End(float(n), True), End(float(n), True)) for n in range(int(low), int(high) + 1)]
        else:
            parts.append(Part(End(low, not math.isinf(low)), End(high, not math.isinf(high))))
    return RealSet(tuple(parts), numbers.domain)
