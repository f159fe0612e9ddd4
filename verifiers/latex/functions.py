"""Functions of exact values: logarithms, trigonometry, factorials, rounding, and a float for rounding
policies.

A function whose value has no exact form stays an atom of its argument, so that `sin 1` equals `sin 1` and
nothing else. tan, cot, sec and csc are written in sin and cos, the inverse and hyperbolic ones stay as they
are.
"""

import math
from collections.abc import Callable, Iterable
from fractions import Fraction

from temper.verifiers.latex.algebra import (
    MAX_FACTORIAL,
    ONE,
    Algebra,
    Base,
    Monomial,
    UnreadableError,
    Value,
    key,
    order,
)

HALF = Fraction(1, 2)
_FLOATS: dict[str, Callable[[float], float]] = {
    "sin": math.sin, "cos": math.cos, "ln": math.log, "arcsin": math.asin, "arccos": math.acos,
    "arctan": math.atan, "abs": abs, "floor": math.floor, "ceil": math.ceil,
}  # fmt: skip


def apply(algebra: Algebra, name: str, x: Value) -> Value:
    """The function `name` of one value."""
    algebra.spend(10)
    known = algebra.rational(x)
    if name == "exp":
        return exponential(algebra, x)
    if name == "cis":
        return exponential(algebra, algebra.times(algebra.atom("i"), x))
    if name == "ln":
        return _ln(algebra, x)
    if name in ("sin", "cos"):
        return _sine(algebra, x) if name == "sin" else _cosine(algebra, x)
    if name in ("tan", "cot"):
        top, bottom = (_sine(algebra, x), _cosine(algebra, x))[:: 1 if name == "tan" else -1]
        return algebra.divide(top, bottom)
    if name in ("sec", "csc"):
        return algebra.divide(algebra.number(1), (_cosine if name == "sec" else _sine)(algebra, x))
    if name == "!" and known is not None and known.denominator == 1 and 0 <= known <= MAX_FACTORIAL:
        algebra.spend(int(known))
        return algebra.number(math.factorial(known.numerator))
    if name in ("floor", "ceil", "abs"):
        return _rounded(algebra, name, x)
    return algebra.atom("f", name, *key(x))


def exponential(algebra: Algebra, x: Value) -> Value:
    """e^x; with an imaginary part e^(a + bi) = e^a (cos b + i sin b)."""
    turning: dict[Monomial, Fraction] = {}
    for monomial, coefficient in x.num.items():
        for atom, exponent in monomial:
            if atom == (("i",), ONE) and exponent == 1:
                turning[monomial - {(atom, exponent)}] = coefficient
    if not turning or x.den != {ONE: 1}:
        return algebra.power(algebra.atom("e"), x)
    angle = Value(turning, {ONE: Fraction(1)})
    size = algebra.power(algebra.atom("e"), algebra.add(x, algebra.times(algebra.atom("i"), angle), -1))
    turn = algebra.add(_cosine(algebra, angle), algebra.times(algebra.atom("i"), _sine(algebra, angle)))
    return algebra.times(size, turn)


def binomial(algebra: Algebra, n: Value, k: Value) -> Value:
    a, b = algebra.rational(n), algebra.rational(k)
    if a is None or b is None or a.denominator != 1 or b.denominator != 1 or not 0 <= b <= a <= MAX_FACTORIAL:
        return algebra.atom("f", "binom", *key(n), *key(k))
    algebra.spend(int(a))
    return algebra.number(math.comb(a.numerator, b.numerator))


def _rounded(algebra: Algebra, name: str, x: Value) -> Value:
    known = algebra.rational(x)
    if known is not None:
        whole = math.floor(known) if name == "floor" else math.ceil(known)
        return algebra.number(abs(known) if name == "abs" else whole)
    near = approximate(x)
    if name == "abs" and near is None and _negative(x):
        x = algebra.negate(x)  # |2 - z| is |z - 2|
    if near is None or abs(near) > 1e9 or abs(near - round(near)) < 1e-6:
        return algebra.atom("f", name, *key(x))
    if name == "abs":
        return x if near > 0 else algebra.negate(x)
    return algebra.number(math.floor(near) if name == "floor" else math.ceil(near))


def _ln(algebra: Algebra, x: Value) -> Value:
    """ln of a product is the sum where every factor is positive for certain."""
    if len(x.num) != 1 or x.den != {ONE: 1}:
        return algebra.atom("f", "ln", *key(x))
    ((monomial, coefficient),) = x.num.items()
    if coefficient <= 0 or any(base[0] not in ("p", "pi", "e") for (base, _), _ in monomial):
        return algebra.atom("f", "ln", *key(x))
    total = algebra.number(0)
    for prime, times in algebra.factors(coefficient):
        total = algebra.add(total, _scaled(algebra, _ln_atom(algebra, ("p", prime)), Fraction(times)))
    for (base, power), exponent in monomial:
        logarithm = algebra.number(1) if base == ("e",) else _ln_atom(algebra, base)
        symbolic = Value({power: exponent}, {ONE: Fraction(1)})
        total = algebra.add(total, algebra.times(logarithm, symbolic))
    return total


def _ln_atom(algebra: Algebra, base: Base) -> Value:
    return algebra.atom("f", "ln", *key(algebra.number(base[1]) if base[0] == "p" else algebra.atom(*base)))


def _scaled(algebra: Algebra, x: Value, by: Fraction) -> Value:
    return algebra.times(x, algebra.number(by))


def _turns(algebra: Algebra, x: Value) -> Fraction | None:
    """x / pi where that is rational."""
    return algebra.rational(algebra.divide(x, algebra.atom("pi")))


def _sine(algebra: Algebra, x: Value) -> Value:
    turns = _turns(algebra, x)
    if turns is not None:
        exact = _exact_sine(algebra, turns)
        if exact is not None:
            return exact
    if _negative(x):
        return algebra.negate(algebra.atom("f", "sin", *key(algebra.negate(x))))
    return algebra.atom("f", "sin", *key(x))


def _cosine(algebra: Algebra, x: Value) -> Value:
    turns = _turns(algebra, x)
    if turns is not None:
        exact = _exact_sine(algebra, turns + HALF)
        if exact is not None:
            return exact
    return algebra.atom("f", "cos", *key(algebra.negate(x) if _negative(x) else x))


def _negative(x: Value) -> bool:
    """A choice between x and -x that does not depend on how x was written."""
    if not x.num:
        return False
    sign = 1
    for poly in (x.num, x.den):
        leading = min(poly, key=order) if len(poly) > 1 else next(iter(poly))
        sign *= 1 if poly[leading] > 0 else -1
    return sign < 0


def _exact_sine(algebra: Algebra, turns: Fraction) -> Value | None:
    """sin(turns x pi) at multiples of pi/12."""
    twelfths = turns * 12
    if twelfths.denominator != 1:
        return None
    step = twelfths.numerator % 24
    sign = -1 if step >= 12 else 1
    step %= 12
    step = min(step, 12 - step)
    roots = {0: (0, 0), 1: (6, -2), 2: (4, 0), 3: (8, 0), 4: (12, 0), 5: (6, 2), 6: (16, 0)}
    first, second = roots[step]
    value = algebra.power(algebra.number(first), algebra.number(HALF)) if first else algebra.number(0)
    if second:
        root = algebra.power(algebra.number(abs(second)), algebra.number(HALF))
        value = algebra.add(value, root, 1 if second > 0 else -1)
    return _scaled(algebra, value, Fraction(sign, 4))


def approximate(value: Value) -> float | None:
    """The value as a float, None where a name stands in it or it leaves the range of floats."""
    try:
        result = _poly_float(value.num.items()) / _poly_float(value.den.items())
    except (OverflowError, ValueError, ZeroDivisionError, UnreadableError):
        return None
    return result if math.isfinite(result) else None


def _poly_float(terms: Iterable[tuple[Monomial, Fraction]]) -> float:
    total = 0.0
    for monomial, coefficient in terms:
        product = float(coefficient)
        for (base, power), exponent in monomial:
            number = _base_float(base)
            if number < 0 and (power or exponent.denominator > 1):
                raise UnreadableError("no real number")
            product *= number ** (float(exponent) * _poly_float([(power, Fraction(1))]))
        total += product
    return total


def _base_float(base: Base) -> float:
    if base[0] in ("pi", "e", "p"):
        return {"pi": math.pi, "e": math.e}.get(base[0]) or float(base[1])
    if base[0] == "poly":
        return _poly_float(base[1])
    if base[0] == "f" and base[1] in _FLOATS:
        return _FLOATS[base[1]](_poly_float(base[2]) / _poly_float(base[3]))
    raise UnreadableError("no number")
