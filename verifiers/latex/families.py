"""Families of numbers, a + m k for every whole k: angles up to a turn, residues, odd numbers, multiples.

`pi/4 + k pi` and `5 pi/4 + n pi` are the same numbers, and so are `n = 4k + 2 or n = 4k + 3` and what is congruent to
2 or 3 modulo 4. A family is a list of starts and one period; a bound below (natural k, positive n) is not regarded.
"""

from dataclasses import dataclass
from fractions import Fraction

from temper.verifiers.latex.algebra import ONE, Algebra, Base, Monomial, Poly, UnreadableError, Value
from temper.verifiers.latex.equations import substituted
from temper.verifiers.latex.evaluation import Evaluation
from temper.verifiers.latex.meanings import Collection, Congruence, Given, Meaning, Member, Named, Numbers, Quantity
from temper.verifiers.latex.parsing.cursor import Node
from temper.verifiers.latex.sampling import names_of

MAX_STARTS = 64
PARAMETERS = {"k", "n", "m"}
"""Letters that count the members of a family where nothing says so."""
_ANGLES = {"x", "y", "z", "t", "theta", "alpha", "beta", "gamma", "phi", "A", "B", "C"}
"""Labels of what is only known up to a turn; `(n - 2) pi` without one of them is a formula in n."""
_WHOLE = {"integer", "natural"}
_NARROWER = {"prime", "odd", "even", "multiple"}
_DENSE = {"real", "rational", "complex"}
_MINUS_ONE = Node("neg", (Node("num", text="1"),))
_BOUNDED = {"positive", "nonnegative", "natural", "with0"}


@dataclass(frozen=True)
class Family:
    starts: tuple[Value, ...]
    period: Value


class Families:
    """Meanings as families, with one algebra."""

    def __init__(self, algebra: Algebra) -> None:
        self.algebra = algebra

    def of(self, meaning: Meaning, counts: bool = False) -> Family | None:
        """None for what is no family, or where nothing says that a letter counts; `counts`: the other side says so, as
        in `n = 3 (mod 7)` for `7k + 3`."""
        try:
            parts = self._of(meaning, frozenset(PARAMETERS if counts else ()))
            return self._merged(parts)
        except UnreadableError:
            return None

    def same(self, key: Family, given: Family) -> bool:
        """The same numbers: over a common period, the same starts."""
        try:
            ratio = self._ratio(key.period, given.period)
            common = self.algebra.times(key.period, self.algebra.number(ratio.denominator))
            left = self._spread(key, abs(ratio.denominator), common)
            right = self._spread(given, abs(ratio.numerator), common)
        except UnreadableError:
            return False
        return len(left) == len(right) and all(any(self._congruent(a, b, common) for b in right) for a in left)

    def _of(self, meaning: Meaning, letters: frozenset[str]) -> list[tuple[Value, Value]]:
        """(start, period) of each part; `letters` are those that were said to be whole numbers."""
        match meaning:
            case Numbers():
                return [self._class(meaning)]
            case Member():
                return self._of(meaning.numbers, letters)
            case Congruence():
                return [(meaning.rest, meaning.modulus)]
            case Named():
                usual = PARAMETERS - {meaning.label} if meaning.told and len(meaning.label) == 1 else set()
                return self._of(meaning.item, letters or frozenset(usual))
            case Given():
                return self._given(meaning, letters)
            case Collection() if meaning.kind in ("list", "{}", "union"):
                return [part for item in meaning.items for part in self._of(item, letters)]
            case Quantity() if meaning.value is not None and not meaning.unit:
                return [self._linear(value, node, letters) for value, node in self._by_parity(meaning, letters)]
        raise UnreadableError("no family")

    def _given(self, meaning: Given, letters: frozenset[str]) -> list[tuple[Value, Value]]:
        declared = set(letters)
        for condition in meaning.conditions:
            if not isinstance(condition, Member):
                raise UnreadableError("a family under a condition")
            names = set(condition.names.split())
            if condition.numbers.kinds & _NARROWER:
                raise UnreadableError("a family of which only some members are meant")
            if condition.numbers.kinds & _WHOLE:
                declared |= names
            elif condition.numbers.kinds & _DENSE and names & counting(meaning.item):
                raise UnreadableError("a letter that is no whole number")
        return self._of(meaning.item, frozenset(declared))

    def _class(self, numbers: Numbers) -> tuple[Value, Value]:
        number = self.algebra.number
        if "prime" in numbers.kinds:
            raise UnreadableError("no family")
        if {"multiple"} == numbers.kinds - {"integer"} and numbers.of is not None:
            return number(0), numbers.of
        if ("odd" in numbers.kinds or "even" in numbers.kinds) and "multiple" not in numbers.kinds:
            return number("odd" in numbers.kinds), number(2)
        raise UnreadableError("no family")

    def _linear(self, value: Value, node: Node, letters: frozenset[str]) -> tuple[Value, Value]:
        """a + m k in the one letter that counts: a declared one, or a usual one beside pi."""
        names = names_of(node)
        counting = names & (letters or (PARAMETERS if has_pi(node) else frozenset()))
        if len(counting) != 1 or value.den != {ONE: 1}:
            raise UnreadableError("no family")
        atom: tuple[Base, Monomial] = (("v", counting.pop()), ONE)
        start: Poly = {}
        period: Poly = {}
        for monomial, coefficient in value.num.items():
            exponent = dict(monomial).get(atom)
            if exponent not in (None, 1):
                raise UnreadableError("no family")
            rest = monomial - {(atom, Fraction(1))}
            (start if exponent is None else period)[rest] = coefficient
        if not period:
            raise UnreadableError("no family")
        return Value(start, {ONE: Fraction(1)}), Value(period, {ONE: Fraction(1)})

    def _by_parity(self, meaning: Quantity, letters: frozenset[str]) -> list[tuple[Value, Node]]:
        """`(-1)^k pi/6 + k pi` for even and for odd k; what has no such sign as it is."""
        assert meaning.value is not None
        counting = sorted(names_of(meaning.node) & (letters or PARAMETERS))
        if len(counting) != 1 or not _alternates(meaning.node, counting[0]):
            return [(meaning.value, meaning.node)]
        values, name = Evaluation(self.algebra, "e"), Node("name", text=counting[0])
        found = []
        for rest in ("0", "1"):
            turn = Node("sum", (Node("product", (Node("num", text="2"), name)), Node("num", text=rest)))
            node = substituted(self._signed(meaning.node, name.text, Node("num", text=rest)), name.text, turn)
            found.append((values.value(node), node))
        return found

    def _signed(self, node: Node, letter: str, rest: Node) -> Node:
        """The tree with `(-1)^(k + 1)` as the sign that it is for this rest of k modulo 2."""
        if not (node.kind == "pow" and _alternates(node, letter)):
            return node._replace(args=tuple(self._signed(part, letter, rest) for part in node.args))
        exponent = self.algebra.rational(Evaluation(self.algebra, "e").value(substituted(node.args[1], letter, rest)))
        if exponent is None or exponent.denominator != 1:
            raise UnreadableError("a sign with no whole exponent")
        return _MINUS_ONE if exponent % 2 else _MINUS_ONE.args[0]

    def _merged(self, parts: list[tuple[Value, Value]]) -> Family:
        """All parts over their common period."""
        period = parts[0][1]
        for _, other in parts[1:]:
            ratio = self._ratio(period, other)
            period = self.algebra.times(period, self.algebra.number(abs(ratio.denominator)))
        starts = []
        for start, own in parts:
            count = abs(int(1 / self._ratio(own, period))) if own != period else 1
            starts += self._spread(Family((start,), own), max(count, 1), period)
        return Family(tuple(starts), period)

    def _ratio(self, a: Value, b: Value) -> Fraction:
        """a / b. Raises UnreadableError where it is not rational."""
        ratio = self.algebra.rational(self.algebra.divide(a, b))
        if not ratio:
            raise UnreadableError("periods without a common multiple")
        return ratio

    def _spread(self, family: Family, times: int, period: Value) -> list[Value]:
        """The starts of `times` periods in a row, each kept once."""
        if times * len(family.starts) > MAX_STARTS:
            raise UnreadableError("a family of many starts")
        found: list[Value] = []
        for start in family.starts:
            for i in range(times):
                moved = self.algebra.add(start, self.algebra.times(family.period, self.algebra.number(i)))
                if not any(self._congruent(moved, other, period) for other in found):
                    found.append(moved)
        return found

    def _congruent(self, a: Value, b: Value, period: Value) -> bool:
        turns = self.algebra.rational(self.algebra.divide(self.algebra.add(a, b, -1), period))
        return turns is not None and turns.denominator == 1


def counting(meaning: Meaning) -> set[str]:
    """The letters that may count the members of a family."""
    match meaning:
        case Quantity():
            return names_of(meaning.node)
        case Named() | Given():
            return counting(meaning.item)
        case Collection():
            return set[str]().union(*map(counting, meaning.items))
    return set()


def turning(meaning: Meaning) -> set[str]:
    """The letters that are whole although nothing says so: the k of `x = pi/6 + k pi`."""
    match meaning:
        case Named():
            return counting(meaning.item) & PARAMETERS if meaning.label in _ANGLES and _turns(meaning.item) else set()
        case Quantity():
            return names_of(meaning.node) & PARAMETERS if _turns(meaning) else set()
        case Given():
            return turning(meaning.item)
        case Collection():
            return set[str]().union(*map(turning, meaning.items))
    return set()


def differ(key: Meaning, given: Meaning) -> bool:
    """Whether a sequence that begins somewhere, or a class with a first member, stands against another, or against a
    class without one."""
    sides = [_inside(side) for side in (key, given)]
    begun = [isinstance(side, Congruence) and side.begins for side in sides]
    if all(begun):
        return True
    bounded = [bool(side.kinds & _BOUNDED) if isinstance(side, Numbers) else None for side in sides]
    if None not in bounded:
        return bounded[0] != bounded[1]
    return any(begun) and False in bounded


def _inside(meaning: Meaning) -> Meaning:
    """Without braces and the name of a member."""
    if isinstance(meaning, Member):
        return meaning.numbers
    if isinstance(meaning, Collection) and meaning.kind == "{}" and len(meaning.items) == 1:
        return meaning.items[0]
    return meaning


def is_family(meaning: Meaning) -> bool:
    """Whether the text itself makes it a family: by a class (`odd`), a congruence, or a letter declared whole."""
    match meaning:
        case Numbers():
            return bool(meaning.kinds & {"odd", "even", "multiple"})
        case Member():
            return is_family(meaning.numbers)
        case Given():
            whole = any(isinstance(part, Member) and part.numbers.kinds & _WHOLE for part in meaning.conditions)
            return whole or is_family(meaning.item)
        case Collection(kind="list"):
            return any(map(is_family, meaning.items))
        case Named():
            return is_family(meaning.item) or (meaning.label in _ANGLES and _turns(meaning.item))
    return isinstance(meaning, Congruence)


def _turns(meaning: Meaning) -> bool:
    """`pi/6 + k pi`, or a list of such."""
    if isinstance(meaning, Collection):
        return meaning.kind in ("list", "{}") and all(map(_turns, meaning.items))
    return isinstance(meaning, Quantity) and has_pi(meaning.node) and len(names_of(meaning.node) & PARAMETERS) == 1


def _alternates(node: Node, letter: str) -> bool:
    """Whether a power of -1 stands in it, with this letter as counter: `(-1)^k`, `(-1)^(k + 1)`."""
    own = node.kind == "pow" and node.args[0] == _MINUS_ONE and names_of(node.args[1]) == {letter}
    return own or any(_alternates(part, letter) for part in node.args)


def has_pi(node: Node) -> bool:
    return node.kind == "degree" or (node.kind == "const" and node.text == "pi") or any(map(has_pi, node.args))
