"""Complex numbers of many decimal digits, for points at which two expressions are compared.

A number is a pair of `Decimal`, real and imaginary part, under the precision of the caller's context. What is not
defined (a logarithm of 0, a sine of a number with an imaginary part, an overflow) raises ArithmeticError.
"""

import decimal
import functools
from decimal import Decimal

Number = tuple[Decimal, Decimal]

ZERO, ONE = Decimal(0), Decimal(1)
IMAGINARY: Number = (ZERO, ONE)
MAX_ANGLE = Decimal(10) ** 6
MAX_EXPONENT = 100_000


def real(value: Decimal) -> Number:
    return value, ZERO


def add(a: Number, b: Number) -> Number:
    return a[0] + b[0], a[1] + b[1]


def times(a: Number, b: Number) -> Number:
    if not a[1] and not b[1]:
        return a[0] * b[0], ZERO
    return a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]


def inverse(a: Number) -> Number:
    if not a[1]:
        return ONE / a[0], ZERO
    size = a[0] * a[0] + a[1] * a[1]
    return a[0] / size, -a[1] / size


def size(a: Number) -> Decimal:
    return abs(a[0]) if not a[1] else (a[0] * a[0] + a[1] * a[1]).sqrt()


@functools.lru_cache(8)
def _pi(digits: int) -> Decimal:
    """Machin: pi = 16 atan(1/5) - 4 atan(1/239)."""
    with decimal.localcontext(prec=digits + 10):
        return +(16 * _arctangent_series(ONE / 5) - 4 * _arctangent_series(ONE / 239))


def pi() -> Decimal:
    return +_pi(decimal.getcontext().prec)


def exp(a: Number) -> Number:
    if abs(a[0]) > MAX_EXPONENT:
        raise OverflowError("an exponential of a large number")
    radius = a[0].exp()
    if not a[1]:
        return radius, ZERO
    sine, cosine = _sine_and_cosine(a[1])
    return radius * cosine, radius * sine


def ln(a: Number) -> Number:
    if not a[1] and a[0] > 0:
        return a[0].ln(), ZERO
    return size(a).ln(), angle(a)


def angle(a: Number) -> Decimal:
    """The argument, in (-pi, pi]."""
    x, y = a
    if not y:
        return ZERO if x >= 0 else pi()
    if abs(x) >= abs(y):
        turn = arctangent(y / x)
        return turn if x > 0 else turn + (pi() if y > 0 else -pi())
    return (pi() if y > 0 else -pi()) / 2 - arctangent(x / y)


def power(a: Number, b: Number) -> Number:
    if not b[1] and b[0] == b[0].to_integral_value() and abs(b[0]) <= MAX_EXPONENT:
        return _whole_power(a, int(b[0]))
    if not a[0] and not a[1]:
        if b[0] > 0:
            return ZERO, ZERO
        raise ZeroDivisionError("a power of zero")
    return exp(times(b, ln(a)))


def _whole_power(a: Number, n: int) -> Number:
    if n < 0:
        return inverse(_whole_power(a, -n))
    if not a[1]:
        return (a[0] ** n if n else ONE), ZERO
    result = real(ONE)
    while n:
        if n & 1:
            result = times(result, a)
        a, n = times(a, a), n >> 1
    return result


def root(a: Number, index: int) -> Number:
    """The real root of a real number where the index is odd, else the principal one."""
    if not a[1] and a[0] < 0 and index % 2:
        found = root((-a[0], ZERO), index)
        return -found[0], ZERO
    if not a[1] and index == 2:
        return (a[0].sqrt(), ZERO) if a[0] >= 0 else (ZERO, (-a[0]).sqrt())
    return power(a, (ONE / index, ZERO))


def _real_only(a: Number) -> Decimal:
    if a[1]:
        raise ArithmeticError("a function of a number that is not real")
    return a[0]


def sine(a: Number) -> Number:
    return _sine_and_cosine(_real_only(a))[0], ZERO


def cosine(a: Number) -> Number:
    return _sine_and_cosine(_real_only(a))[1], ZERO


def _sine_and_cosine(x: Decimal) -> tuple[Decimal, Decimal]:
    """Taylor series of an angle that is brought into [-pi, pi] and divided by 8, doubled three times after."""
    if abs(x) > MAX_ANGLE:
        raise OverflowError("a large angle")
    with decimal.localcontext() as context:
        context.prec += 12
        turn = 2 * pi()
        x = (x - turn * (x / turn).to_integral_value()) / 8
        term, n, s, c = ONE, 0, ZERO, ZERO
        small = Decimal(10) ** -context.prec
        while abs(term) > small:
            c += term if n % 4 == 0 else -term if n % 4 == 2 else ZERO
            s += term if n % 4 == 1 else -term if n % 4 == 3 else ZERO
            n += 1
            term = term * x / n
        for _ in range(3):
            s, c = 2 * s * c, c * c - s * s
    return +s, +c


def arctangent(x: Decimal) -> Decimal:
    """atan x = 2 atan(x / (1 + sqrt(1 + x^2))), until the series is short."""
    with decimal.localcontext() as context:
        context.prec += 10
        doubled = 0
        while abs(x) > Decimal("0.1"):
            x, doubled = x / (1 + (1 + x * x).sqrt()), doubled + 1
        result = _arctangent_series(x) * Decimal(2**doubled)
    return +result


def _arctangent_series(x: Decimal) -> Decimal:
    square, term, total, n = -x * x, x, ZERO, 1
    small = Decimal(10) ** -(decimal.getcontext().prec + 2)
    while abs(term) > small:
        total += term / n
        term *= square
        n += 2
    return total


def arcsine(a: Number) -> Number:
    x = _real_only(a)
    if abs(x) > 1:
        raise ArithmeticError("an angle whose sine is above 1")
    if abs(x) == 1:
        return x * pi() / 2, ZERO
    return arctangent(x / (1 - x * x).sqrt()), ZERO


def arctan(a: Number) -> Number:
    return arctangent(_real_only(a)), ZERO
