"""Exact values: quotients of polynomials over atoms, on which equality is a comparison of dictionaries.

A monomial maps atoms to rational exponents. An atom is (base, power): base is a prime, a name, pi, e, i, -1,
a function of a value or a polynomial under a root; power is the symbolic part of the exponent, so 2^(n+1) is
2 times the atom (2, n). Rationals, radicals of rationals, logarithms of rationals, sines and cosines of the
usual angles and algebra in any names come out in one form. Two values that compare equal are equal (for
positive names under roots and powers); values that compare different may still be equal by an identity that
is not known here.

Every operation spends from a budget before it works, numbers are capped in bits, and a power that is too
large stays a power: 9^(9^9) costs nothing and equals only itself. Nothing here executes text.
"""

import math
from fractions import Fraction
from typing import Any, NamedTuple

MAX_BITS = 24_000
"""Of a number that is written out; larger powers stay powers."""
MAX_TERMS = 300
MAX_WORK = 6_000
MAX_POWER = 64
"""Of a sum of several terms."""
MAX_FACTORIAL = 2_500

Base = tuple[Any, ...]
"""("p", prime), ("v", name), ("pi",), ("e",), ("i",), ("-1",), ("f", function, key...), ("poly", key)."""
Monomial = frozenset[tuple[tuple[Base, Any], Fraction]]
Poly = dict[Monomial, Fraction]

ONE: Monomial = frozenset()
_SMALL_PRIMES = [n for n in range(2, 1000) if all(n % d for d in range(2, math.isqrt(n) + 1))]
_POSITIVE = {"p", "pi", "e"}


class UnreadableError(ValueError):
    """The text is no value that this reader knows, or reading it would cost too much."""


class Value(NamedTuple):
    num: Poly
    den: Poly


UNIT = Fraction(1)
"""Nothing is multiplied by it: most products of monomials have no number of their own."""


def _monomial(base: Base, exponent: Fraction = Fraction(1), power: Monomial = ONE) -> Monomial:
    return frozenset({((base, power), exponent)})


class Algebra:
    """The operations, with one budget for all of them."""

    def __init__(self, work: int = MAX_WORK) -> None:
        self.left = work

    def spend(self, work: int) -> None:
        self.left -= work
        if self.left < 0:
            raise UnreadableError("too much work")

    # -- numbers and names

    def number(self, value: Fraction | int) -> Value:
        return Value({ONE: Fraction(value)} if value else {}, {ONE: Fraction(1)})

    def atom(self, *base: Any) -> Value:
        return Value({_monomial(base): Fraction(1)}, {ONE: Fraction(1)})

    def rational(self, value: Value) -> Fraction | None:
        """The value as a fraction, None when it is not one."""
        if value.den != {ONE: 1} or len(value.num) > 1:
            return None
        return value.num.get(ONE) if value.num else Fraction(0)

    # -- polynomials

    def _add(self, a: Poly, b: Poly, factor: int = 1) -> Poly:
        total = dict(a)
        for monomial, coefficient in b.items():
            # Work is counted in words of 256 bits, so that digits cost as terms do.
            self.spend(1 + _bits(coefficient) // 256)
            new = total.get(monomial, Fraction(0)) + factor * coefficient
            if new:
                total[monomial] = new
            else:
                total.pop(monomial, None)
        return _capped(total)

    def _times(self, a: Poly, b: Poly) -> Poly:
        total: Poly = {}
        for left, x in a.items():
            for right, y in b.items():
                self.spend(2 + (_bits(x) + _bits(y)) // 256)
                coefficient, monomial, rest = self._merge(left, right)
                product = x * y if coefficient is UNIT else coefficient * x * y
                term: Poly = {monomial: _checked(product)}
                for extra in rest:
                    term = self._times(term, extra)
                total = self._add(total, term) if rest else _put(total, monomial, term[monomial])
        return _capped(total)

    def _merge(self, a: Monomial, b: Monomial) -> tuple[Fraction, Monomial, list[Poly]]:
        """The product of two monomials as coefficient x monomial x polynomials."""
        if not a or not b:
            return UNIT, a or b, []
        exponents = dict(a)
        shared = []
        for atom, exponent in b:
            if atom in exponents:
                shared.append(atom)
                exponents[atom] += exponent
            else:
                exponents[atom] = exponent
        coefficient, rest = UNIT, []
        for atom in shared:
            factor, extra, exponents[atom] = self._reduce(atom, exponents[atom])
            coefficient = factor if coefficient is UNIT else coefficient * factor
            rest.extend(extra)
        return coefficient, frozenset((atom, e) for atom, e in exponents.items() if e), rest

    def _reduce(self, atom: tuple[Base, Any], exponent: Fraction) -> tuple[Fraction, list[Poly], Fraction]:
        """The canonical rest of an atom's exponent, with what it turned into."""
        base, power = atom
        if power:
            return UNIT, [], exponent
        # 2^(5/2) is 4 x 2^(1/2): the whole part of a prime's exponent is a number.
        if base[0] == "p":
            coefficient, exponent = _fold(base[1], exponent)
            return coefficient, [], exponent
        # i^2 = -1, i^3 = -i: two turns change the sign, an odd turn leaves an i.
        if base[0] == "i" and exponent.denominator == 1:
            turns = exponent.numerator % 4
            return Fraction(-1 if turns >= 2 else 1), [], Fraction(turns % 2)
        # sin^2 becomes 1 - cos^2, so one of two equal sums of squares is not missed.
        if base[:2] == ("f", "sin") and exponent.denominator == 1 and 2 <= exponent <= MAX_POWER:
            cosine = _monomial(("f", "cos", *base[2:]), Fraction(2))
            squares, rest = divmod(exponent.numerator, 2)
            return Fraction(1), [{ONE: Fraction(1), cosine: Fraction(-1)}] * squares, Fraction(rest)
        # (x + 1)^(3/2) is (x + 1) x (x + 1)^(1/2): whole powers of a sum are multiplied out.
        if base[0] == "poly" and exponent >= 1:
            whole = math.floor(exponent)
            if whole > MAX_POWER:
                raise UnreadableError("a power of a sum that is too large")
            return Fraction(1), [dict(base[1])] * whole, exponent - whole
        return UNIT, [], exponent

    # -- arithmetic

    def add(self, a: Value, b: Value, factor: int = 1) -> Value:
        if a.den == b.den:
            return Value(self._add(a.num, b.num, factor), a.den)
        # a/b + c/d = (a d + c b) / (b d), without a greatest common divisor: `equal` needs none.
        left, right = self._times(a.num, b.den), self._times(b.num, a.den)
        return self._value(self._add(left, right, factor), self._times(a.den, b.den))

    def negate(self, a: Value) -> Value:
        return Value({monomial: -c for monomial, c in a.num.items()}, a.den)

    def times(self, a: Value, b: Value) -> Value:
        return self._value(self._times(a.num, b.num), self._times(a.den, b.den))

    def divide(self, a: Value, b: Value) -> Value:
        if not b.num:
            raise UnreadableError("a division by zero")
        return self._value(self._times(a.num, b.den), self._times(a.den, b.num))

    def _value(self, num: Poly, den: Poly) -> Value:
        """A denominator of one plain term goes up into the numerator."""
        if not num:
            return self.number(0)
        if not den:
            raise UnreadableError("a division by zero")
        if len(den) == 1 and den != {ONE: 1}:
            ((monomial, coefficient),) = den.items()
            if not any(atom[0][0] == "poly" or atom[0][:2] == ("f", "sin") for atom, _ in monomial):
                inverse: Poly = {ONE: 1 / coefficient}
                for atom, exponent in monomial:
                    factor, extra, rest = self._reduce(atom, -exponent)
                    inverse = self._times(inverse, {frozenset({(atom, rest)} if rest else ()): factor})
                    for poly in extra:
                        inverse = self._times(inverse, poly)
                return Value(self._times(num, inverse), {ONE: Fraction(1)})
        return Value(num, den)

    def equal(self, a: Value, b: Value) -> bool:
        if a.den == b.den:
            return a.num == b.num
        # a/b = c/d where a d = c b: polynomials in normal form are equal or not.
        return self._times(a.num, b.den) == self._times(b.num, a.den)

    # -- powers

    def power(self, base: Value, exponent: Value) -> Value:
        constant = self.rational(exponent)
        if constant is not None:
            return self._constant_power(base, constant)
        if exponent.den != {ONE: 1} or not base.num:
            return self.atom("f", "pow", key(base), key(exponent))
        result = self.number(1)
        # x^(a + 2) is x^a x^2: one factor for each term of the exponent.
        for power, coefficient in exponent.num.items():
            if power == ONE:
                factor = self._constant_power(base, coefficient)
            else:
                factor = self._symbolic_power(base, power, coefficient)
            result = self.times(result, factor)
        return result

    def _symbolic_power(self, base: Value, power: Monomial, exponent: Fraction) -> Value:
        if len(base.num) > 1 or base.den != {ONE: 1}:
            return self._single(("f", "value", *key(base)), exponent, power)
        ((monomial, coefficient),) = base.num.items()
        result = self.number(1)
        for prime, count in self.factors(coefficient):
            result = self.times(result, self._single(("p", prime), count * exponent, power))
        if coefficient < 0:
            result = self.times(result, self._single(("-1",), exponent, power))
        for (inner, inner_power), times in monomial:
            result = self.times(result, self._single(inner, times * exponent, _joined(inner_power, power)))
        return result

    def _single(self, base: Base, exponent: Fraction, power: Monomial = ONE) -> Value:
        if not exponent:
            return self.number(1)
        factor, extra, rest = self._reduce((base, power), exponent)
        result = Value({_monomial(base, rest, power) if rest else ONE: factor}, {ONE: Fraction(1)})
        for poly in extra:
            result = self.times(result, Value(poly, {ONE: Fraction(1)}))
        return result

    def _constant_power(self, base: Value, exponent: Fraction) -> Value:
        if not base.num:
            if exponent <= 0:
                raise UnreadableError("zero to a power that is not positive")
            return base
        if exponent < 0:
            return self.divide(self.number(1), self._constant_power(base, -exponent))
        if len(base.num) == 1 and base.den == {ONE: 1}:
            return self._monomial_power(base, exponent)
        # A root of a quotient is the quotient of the roots; what is under it is a sum, and no monomial.
        if exponent.denominator > 1:
            return self.divide(self._root(base.num, exponent), self._root(base.den, exponent))
        if exponent > MAX_POWER:
            return self._opaque(base, exponent)
        result = self.number(1)
        for _ in range(exponent.numerator):
            result = self.times(result, base)
        return result

    def _opaque(self, base: Value, exponent: Fraction) -> Value:
        return self.atom("f", "pow", key(base), exponent)

    def _monomial_power(self, base: Value, exponent: Fraction) -> Value:
        ((monomial, coefficient),) = base.num.items()
        whole = exponent.denominator == 1
        for atom, times in monomial:
            # sqrt(x^2) is not x where x may be negative; sqrt(x^4) is x^2, sqrt(x) says that x is not.
            even = times.denominator == 1 and times.numerator % 2 == 0
            signless = times * exponent % 2 == 0 or atom[0][0] in _POSITIVE
            if not whole and even and not signless:
                return self._opaque(base, exponent)
        result = self._rational_power(coefficient, exponent)
        for (inner, power), times in monomial:
            if inner[0] == "i" and not whole:
                return self._opaque(base, exponent)
            result = self.times(result, self._single(inner, times * exponent, power))
        return result

    def _rational_power(self, base: Fraction, exponent: Fraction) -> Value:
        # Bits of the result, before any of it is computed: 9^(9^9) is refused here.
        size = _bits(base) * exponent
        if exponent.denominator == 1 and size <= MAX_BITS:
            self.spend(int(size) // 256)
            return self.number(base**exponent.numerator)
        result = self.number(1)
        if base < 0:
            if exponent.denominator == 1:
                result = self.number(-1 if exponent.numerator % 2 else 1)
            # (-4)^(3/2) is i^3 x 4^(3/2): a square root of -1 is i, other roots of a negative stay as they are.
            elif exponent.denominator == 2:
                result = self._single(("i",), Fraction(exponent.numerator))
            else:
                return self._opaque(self.number(base), exponent)
        for prime, times in self.factors(base):
            result = self.times(result, self._single(("p", prime), times * exponent))
        return result

    def root(self, base: Value, index: int) -> Value:
        """The real root where the index is odd: the cube root of -8 is -2."""
        known = self.rational(base)
        if known is not None and known < 0 and index % 2:
            return self.negate(self._constant_power(self.negate(base), Fraction(1, index)))
        return self._constant_power(base, Fraction(1, index))

    def _root(self, poly: Poly, exponent: Fraction) -> Value:
        if len(poly) == 1:
            return self._constant_power(Value(poly, {ONE: Fraction(1)}), exponent)
        if exponent == Fraction(1, 2):
            denested = self._denest(poly)
            if denested is not None:
                return denested
        # sqrt(8 + 4x) is 2 sqrt(2 + x): what all terms share comes out.
        content = _content(poly)
        primitive = {monomial: c / content for monomial, c in poly.items()}
        outside = self._rational_power(content, exponent)
        return self.times(outside, self._single(("poly", frozenset(primitive.items())), exponent))

    def _denest(self, poly: Poly) -> Value | None:
        """sqrt(a + b sqrt n) = sqrt((a + c) / 2) +- sqrt((a - c) / 2), c = sqrt(a^2 - b^2 n) rational."""
        surd = next((monomial for monomial in poly if monomial), ONE)
        if len(poly) != 2 or ONE not in poly:
            return None
        if any(atom[0][0] != "p" or atom[1] or exponent != Fraction(1, 2) for atom, exponent in surd):
            return None
        a, b = poly[ONE], poly[surd]
        n = math.prod(atom[0][1] for atom, _ in surd)
        # 3 + 2 sqrt 2: 9 - 8 = 1 is a square, so its root is sqrt((3 + 1)/2) + sqrt((3 - 1)/2) = sqrt 2 + 1.
        square = a * a - b * b * n
        if a <= 0 or square < 0:
            return None
        c = self.rational(self._rational_power(square, Fraction(1, 2))) if square else Fraction(0)
        if c is None:
            return None
        first, second = (self._constant_power(self.number((a + s * c) / 2), Fraction(1, 2)) for s in (1, -1))
        return self.add(first, second, 1 if b > 0 else -1)

    def factors(self, number: Fraction) -> list[tuple[int, int]]:
        return [
            (prime, times * sign)
            for n, sign in ((number.numerator, 1), (number.denominator, -1))
            for prime, times in self._factored(abs(n))
        ]

    def _factored(self, n: int) -> list[tuple[int, int]]:
        """Trial division by small primes; what is left counts as a prime unless it is a perfect power."""
        self.spend(20 + n.bit_length() // 8)
        found = []
        for prime in _SMALL_PRIMES:
            # No factor is left below sqrt(n): n is 1 or a prime.
            if n == 1 or (prime * prime > n):
                break
            times = 0
            while n % prime == 0:
                n, times = n // prime, times + 1
                self.spend(1 + n.bit_length() // 256)
            if times:
                found.append((prime, times))
        if n > 1:
            # A product of two large primes would take long to find; as one base of its own it compares just as well.
            root = math.isqrt(n)
            found.append((root, 2) if root * root == n and root > 1 else (n, 1))
        return found


def key(value: Value) -> tuple[Any, ...]:
    """A hashable form for a value inside an atom."""
    return frozenset(value.num.items()), frozenset(value.den.items())


def order(thing: Any) -> str:
    """A text that orders keys the same way under every hash seed."""
    if isinstance(thing, frozenset):
        return "{" + ",".join(sorted(order(part) for part in thing)) + "}"
    if isinstance(thing, tuple):
        return "(" + ",".join(order(part) for part in thing) + ")"
    if isinstance(thing, Fraction):
        return f"{thing.numerator:x}/{thing.denominator:x}"
    return format(thing, "x") if isinstance(thing, int) else str(thing)


def _joined(a: Monomial, b: Monomial) -> Monomial:
    exponents = dict(a)
    for atom, exponent in b:
        exponents[atom] = exponents.get(atom, Fraction(0)) + exponent
    return frozenset((atom, e) for atom, e in exponents.items() if e)


def _fold(prime: int, exponent: Fraction) -> tuple[Fraction, Fraction]:
    whole = math.floor(exponent)
    if not whole or abs(whole) * prime.bit_length() > MAX_BITS:
        return Fraction(1), exponent
    return Fraction(prime) ** whole, exponent - whole


def _content(poly: Poly) -> Fraction:
    numerator = math.gcd(*(c.numerator for c in poly.values()))
    return Fraction(numerator, math.lcm(*(c.denominator for c in poly.values())))


def _bits(value: Fraction) -> int:
    return value.numerator.bit_length() + value.denominator.bit_length()


def _checked(value: Fraction) -> Fraction:
    if _bits(value) > 4 * MAX_BITS:
        raise UnreadableError("a number with too many digits")
    return value


def _put(total: Poly, monomial: Monomial, coefficient: Fraction) -> Poly:
    if monomial in total:
        coefficient = total[monomial] + coefficient
    if coefficient:
        total[monomial] = coefficient
    else:
        total.pop(monomial, None)
    return total


def _capped(poly: Poly) -> Poly:
    if len(poly) > MAX_TERMS:
        raise UnreadableError("an expression with too many terms")
    return poly
