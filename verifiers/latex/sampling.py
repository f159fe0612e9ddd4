"""Whether two expressions are equal at every one of many points, to more digits than their texts could agree by chance.

This decides the identities that `algebra` does not know: of inverse functions, of nested roots, of sums with a closed
form, of roundings. It is no proof. A point is a choice of a fixed rational number for each name, whole where the
expressions count (factorials, signs (-1)^n, roundings, sums up to n); a point where the key is not defined or not real
says nothing. The precision grows with the digits that stand in both texts, since p/q differs from an irrational number
of its size by about 1/q^2 at best, and nothing is decided for long ones.
"""

import decimal
import functools
import hashlib
import math
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from itertools import pairwise

from temper.verifiers.latex import decimals
from temper.verifiers.latex.algebra import UnreadableError
from temper.verifiers.latex.decimals import Number
from temper.verifiers.latex.parsing.cursor import Node

POINTS = 8
"""At which the two must agree."""
MAX_TRIES = 32
MAX_NAMES = 8
MAX_WHOLE = 40
"""Largest value of a name that is a whole number."""
MAX_DIGITS = 150
"""In both texts together; beyond that nothing is decided."""
MAX_STEPS = 3_000
"""Operations of one evaluation."""
FIRST_TERMS = 11
"""Of a sum without an end: two of them are the same where they are so term by term."""
_LARGE_WHOLE = (5, 8, 17, 32, 65, 128)
_LIMIT_DIGITS = 50
_FIRST_DIGITS = 20
"""Of the first look, which tells most different values apart."""
_NEAR = Decimal("1e-24")
_CONTINUOUS = set("xyztuvw\\")
"""First letters of names that are no whole numbers where an expression counts."""
_FUNCTIONS: dict[str, Callable[[Number], Number]] = {
    "sin": decimals.sine, "cos": decimals.cosine, "exp": decimals.exp, "ln": decimals.ln, "arcsin": decimals.arcsine,
    "arctan": decimals.arctan, "abs": lambda a: decimals.real(decimals.size(a)),
}  # fmt: skip
_LARGE = {"floor": decimal.ROUND_FLOOR, "ceil": decimal.ROUND_CEILING}
_BINDING = ("big", "limit")
_COUNTING = {"!", "!!", "binom", "floor", "ceil", "mod", "gcd", "lcm"}
UNDECIDED = (ArithmeticError, UnreadableError, ValueError, RecursionError)
"""What an evaluation raises where it has no value."""


def agree(key: Node, given: Node) -> bool:
    """True where both are equal at all points that count; False where they differ or nothing is known."""
    names = sorted(names_of(key) | names_of(given))
    digits = _digits(key) + _digits(given)
    if len(names) > MAX_NAMES or digits > MAX_DIGITS or is_endless(key) != is_endless(given):
        return False
    whole = _counts(key) or _counts(given)
    complex_ = _has_i(key) or _has_i(given)
    splits = not complex_ and _splits_logarithms(key, given)
    precision = 40 + 2 * digits
    found = 0
    for point in _points(names, whole, MAX_TRIES * 4 if splits else MAX_TRIES):
        for places in (_FIRST_DIGITS, precision) if not found else (precision,):
            with decimal.localcontext(prec=places):
                left = _defined(key, point, complex_)
                if left is None:
                    break
                right = _defined(given, point, True)
                if right is None and whole:
                    break
                if splits and right is not None and right[1]:
                    break
                if right is None or not _close(left, right, places):
                    return False
        else:
            found += bool(left is not None and (left[0] or left[1]))
        if found == (POINTS if names else 1):
            return True
    return False


def names_of(node: Node) -> set[str]:
    """The free names: the variable of a sum is not one of them."""
    found = {node.text} if node.kind == "name" else set()
    for part in node.args:
        found |= names_of(part)
    return found - {node.text.split()[1]} if node.kind in _BINDING else found


def _digits(node: Node) -> int:
    own = len(node.text) if node.kind in ("num", "based") else 0
    return own + sum(map(_digits, node.args))


def is_endless(node: Node) -> int:
    """How many sums and products without an end stand in it."""
    own = node.kind == "big" and node.args[1].kind == "inf"
    return own + sum(map(is_endless, node.args))


def _has_i(node: Node) -> bool:
    return (node.kind == "const" and node.text == "i") or any(map(_has_i, node.args))


def _counts(node: Node) -> bool:
    if node.kind == "big" or (node.kind == "call" and node.text in _COUNTING):
        return bool(names_of(node))
    if node.kind == "pow" and node.args[0].kind == "neg" and names_of(node.args[1]):
        return True
    return any(map(_counts, node.args))


def agree_but_for_constant(key: Node, given: Node) -> bool:
    """Of two antiderivatives, each with its `+ C`: whether their difference is one number at every point."""
    rests = [_without_constant(node) for node in (key, given)]
    if None in rests:
        return False
    left, right = (rest for rest in rests if rest is not None)
    names = sorted(names_of(left) | names_of(right))
    if (
        not 0 < len(names) <= MAX_NAMES
        or _digits(left) + _digits(right) > MAX_DIGITS
        or _counts(left)
        or _counts(right)
    ):
        return False
    difference = Node("sum", (left, Node("neg", (right,))))
    seen: list[Number] = []
    with decimal.localcontext(prec=2 * _FIRST_DIGITS):
        for point in _points(names, False, MAX_TRIES):
            size, other = _defined(left, point, False), _defined(right, point, False)
            if size is None and other is None:
                continue
            value = _defined(difference, point, False)
            if size is None or other is None or value is None:
                return False
            seen.append(value)
            if decimals.size((value[0] - seen[0][0], value[1])) > _NEAR * (1 + decimals.size(size)):
                return False
            if len(seen) == POINTS:
                return True
    return False


@functools.lru_cache(64)
def tends(limit: Node, value: Node) -> bool | None:
    """Whether the values towards the point of a limit come nearer and nearer to this one; False too where they come too
    slowly to tell, or to a point that is no single number. None for what nothing is known of: `f(x)`, `a_n`."""
    if _is_unknown(limit.args[-1]):
        return None
    if limit.kind != "limit" or _digits(limit) + _digits(value) > MAX_DIGITS:
        return False
    (point, body), (_, variable, *side) = limit.args, limit.text.split()
    others = sorted((names_of(body) | names_of(value) | names_of(point)) - {variable})
    if len(others) > MAX_NAMES:
        return False
    with decimal.localcontext(prec=_LIMIT_DIGITS):
        samples = list(_points(others, False, 3))
        return all(_comes_to(body, variable, point, side, value, sample) for sample in samples)


def _is_unknown(body: Node) -> bool:
    """A function or a sequence of which only the name is known."""
    own = body.kind == "limit" or body.text.startswith("apply ") or (body.kind == "name" and "_" in body.text)
    return own or any(map(_is_unknown, body.args))


def _comes_to(body: Node, variable: str, point: Node, side: list[str], value: Node, sample: dict[str, Number]) -> bool:
    try:
        sides = [_towards(body, variable, point, way, sample) for way in _ways(point, side)]
        goal = None if _is_infinite(value) else _real(_Evaluation(sample).value(value))
    except UNDECIDED:
        return False
    known = [places for places in sides if places]
    if goal is None:
        return bool(known) and all(_grows(places, 1 if value.kind == "inf" else -1) for places in known)
    return bool(known) and all(_nears(places, goal) for places in known)


def _ways(point: Node, side: list[str]) -> list[int]:
    if _is_infinite(point):
        return [1 if point.kind == "inf" else -1]
    return [1 if side[0] == "+" else -1] if side else [1, -1]


def _is_infinite(node: Node) -> bool:
    return node.kind == "inf" or (node.kind == "neg" and node.args[0].kind == "inf")


def _towards(body: Node, variable: str, point: Node, way: int, sample: dict[str, Number]) -> list[Decimal]:
    """The values at places ever nearer to the point, empty where there are none on this side."""
    counts = _counts(body)  # places of both parities, for the sake of `(-1)^n`
    if _is_infinite(point):
        steps = _LARGE_WHOLE if counts else (21, 200, 2_001, 20_000)
        between = Decimal(0 if counts or variable[0] not in _CONTINUOUS else "0.37")
        places = [way * (step + between) for step in steps]
    else:
        places = [_real(_Evaluation(sample).value(point)) + way * Decimal(10) ** -step for step in range(1, 7)]
    if _defined(body, {**sample, variable: decimals.real(places[-1])}, False) is None:
        return []
    found = [_defined(body, {**sample, variable: decimals.real(place)}, False) for place in places]
    return [value[0] for value in found if value is not None]


def _nears(values: list[Decimal], goal: Decimal) -> bool:
    """The last value is near, or those that halve their distance again and again would end near."""
    tiny = Decimal("1e-5") * (1 + abs(goal))
    first, *_, before, last = (abs(value - goal) for value in (*values[:1], *values))
    last = max(before, last)
    if len(values) < 3 or last > max(first / 3, tiny):
        return False
    a, b, c = values[-3:]
    turn = (c - b) - (b - a)
    end = c - (c - b) ** 2 / turn if turn else c
    return last <= tiny or abs(end - goal) <= 200 * tiny


def _grows(values: list[Decimal], way: int) -> bool:
    """Beyond every bound, as far as can be seen: by steps that do not become smaller."""
    steps = [way * (b - a) for a, b in pairwise(values)]
    return len(steps) > 2 and steps[0] > 0 and all(10 * b >= 9 * a for a, b in pairwise(steps))


def _without_constant(node: Node) -> Node | None:
    """A sum without its one term `C`; None where there is none, or where C stands elsewhere too."""
    if node.kind != "sum":
        return None
    rest = tuple(part for part in node.args if not (part.kind == "name" and part.text == "C"))
    if len(rest) != len(node.args) - 1 or any("C" in names_of(part) for part in rest):
        return None
    return rest[0] if len(rest) == 1 else Node("sum", rest)


def _splits_logarithms(key: Node, given: Node) -> bool:
    """Whether both have logarithms of names and neither an absolute value: `ln x + ln y` for `ln xy` is the same only
    where both are real."""
    return _has_logarithm(key) and _has_logarithm(given) and not (_has_bars(key) or _has_bars(given))


def _has_logarithm(node: Node) -> bool:
    own = node.kind == "log" or (node.kind == "call" and node.text == "ln")
    return (own and bool(names_of(node))) or any(map(_has_logarithm, node.args))


def _has_bars(node: Node) -> bool:
    return (node.kind == "call" and node.text == "abs") or any(map(_has_bars, node.args))


def _points(names: list[str], whole: bool, tries: int) -> Iterator[dict[str, Number]]:
    """Fixed for a name and a try, in both signs and of several sizes."""
    for attempt in range(tries if names else 1):
        yield {name: decimals.real(_coordinate(name, i, attempt, whole)) for i, name in enumerate(names)}


def _coordinate(name: str, place: int, attempt: int, whole: bool) -> Decimal:
    """The signs of the names are the binary digits of the try, so that every pattern of signs comes up."""
    drawn = int.from_bytes(hashlib.blake2b(f"{name} {attempt}".encode(), digest_size=8).digest())
    if whole and (name[0] not in _CONTINUOUS or attempt % 2):
        return Decimal(1 + (attempt + drawn % 5) % (6 if attempt < 6 else MAX_WHOLE))
    size = Decimal(drawn % 9_973 + 13) / Decimal(10_007) * (1, 3, 9)[attempt % 3]
    return -size if (attempt >> (place % 5)) & 1 else size


def _defined(node: Node, point: Mapping[str, Number], complex_: bool) -> Number | None:
    try:
        value = _Evaluation(point).value(node)
    except UNDECIDED:
        return None
    if not (value[0].is_finite() and value[1].is_finite()):
        return None
    tiny = Decimal(10) ** (8 - decimal.getcontext().prec)
    if abs(value[1]) <= tiny * abs(value[0]):
        value = value[0], decimals.ZERO
    return value if complex_ or not value[1] else None


def _close(a: Number, b: Number, places: int) -> bool:
    difference = decimals.size((a[0] - b[0], a[1] - b[1]))
    return difference <= Decimal(10) ** (12 - places) * max(decimals.size(a), decimals.size(b))


class _Evaluation:
    """The value of a tree at one point, within a number of steps."""

    def __init__(self, point: Mapping[str, Number]) -> None:
        self.point = dict(point)
        self.steps = MAX_STEPS

    def value(self, node: Node) -> Number:
        self.steps -= 1
        if self.steps < 0:
            raise UnreadableError("too many steps")
        match node.kind:
            case "num" | "based":
                return self._numeral(node)
            case "name":
                return self.point[node.text] if node.text in self.point else _unknown(node.text)
            case "const":
                return _constant(node.text)
            case "sum" | "product":
                total = self.value(node.args[0])
                join = decimals.add if node.kind == "sum" else decimals.times
                for part in node.args[1:]:
                    total = join(total, self.value(part))
                return total
            case "big":
                return self._big(node)
            case "quantity" | "letters":
                return self.value(node.args[0])
        if not node.args:
            raise UnreadableError(f"a {node.kind} where a value should stand")
        return self._operation(node, [self.value(part) for part in node.args])

    def _numeral(self, node: Node) -> Number:
        if node.kind == "based":
            digits, _, base = node.text.partition("_")
            return decimals.real(Decimal(int(digits, int(base))))
        return decimals.real(Decimal(node.text))

    def _operation(self, node: Node, values: list[Number]) -> Number:
        first = values[0]
        match node.kind:
            case "neg":
                return -first[0], -first[1]
            case "inverse":
                return decimals.inverse(first)
            case "mixed":
                return decimals.add(first, decimals.times(values[1], decimals.inverse(values[2])))
            case "percent":
                return first[0] / 100, first[1] / 100
            case "degree":
                return first[0] * decimals.pi() / (180 * int(node.text)), decimals.ZERO
            case "pow":
                return decimals.power(first, values[1])
            case "root":
                index = _whole(values[1])
                return decimals.root(first, index)
            case "log":
                top = decimals.ln(values[-1])
                return decimals.times(top, decimals.inverse(decimals.ln(first))) if len(values) == 2 else top
            case "call":
                return self._call(node.text, values)
        raise UnreadableError(f"a {node.kind} where a value should stand")

    def _call(self, name: str, values: list[Number]) -> Number:
        if name in _FUNCTIONS:
            return _FUNCTIONS[name](values[0])
        if name in _DERIVED:
            return _DERIVED[name](values[0])
        if name.startswith("apply "):
            return _unknown(name, *(f"{part:.25e}" for value in values for part in value))
        if name in _LARGE:
            return decimals.real(_rounded(values[0], _LARGE[name]))
        if name in ("max", "min"):
            return decimals.real((max if name == "max" else min)(_real(value) for value in values))
        return decimals.real(Decimal(whole_function(name, [_whole(value) for value in values])))

    def _big(self, node: Node) -> Number:
        operation, variable = node.text.split()
        low = _whole(self.value(node.args[0]))
        high = low + FIRST_TERMS if node.args[1].kind == "inf" else _whole(self.value(node.args[1]))
        if high - low > MAX_STEPS:
            raise UnreadableError("too many terms")
        total = decimals.real(decimals.ZERO if operation == "sum" else decimals.ONE)
        outer = self.point.get(variable)
        for n in range(low, high + 1):
            self.point[variable] = decimals.real(Decimal(n))
            term = self.value(node.args[2])
            total = (decimals.add if operation == "sum" else decimals.times)(total, term)
        self.point.pop(variable, None)
        if outer is not None:
            self.point[variable] = outer
        return total


def _constant(name: str) -> Number:
    if name == "i":
        return decimals.IMAGINARY
    return decimals.real(decimals.pi() if name == "pi" else decimals.ONE.exp())


def _unknown(*what: str) -> Number:
    """The value of a function or name that nothing is known of: the same for the same argument."""
    drawn = hashlib.blake2b(" ".join(what).encode(), digest_size=8).digest()
    return decimals.real(Decimal(int.from_bytes(drawn) % 99_991 + 7) / Decimal(20_011))


def _real(value: Number) -> Decimal:
    if value[1]:
        raise ArithmeticError("no real number")
    return value[0]


def _whole(value: Number) -> int:
    rounded = _real(value).to_integral_value()
    if abs(rounded) > 10**6 or abs(value[0] - rounded) > Decimal(10) ** (12 - decimal.getcontext().prec) * (
        1 + abs(rounded)
    ):
        raise ArithmeticError("no whole number")
    return int(rounded)


def _rounded(value: Number, mode: str) -> Decimal:
    """Down or up; what is whole but for the last digits is whole."""
    x = _real(value)
    near = x.to_integral_value()
    if abs(x - near) <= Decimal(10) ** (12 - decimal.getcontext().prec) * (1 + abs(x)):
        return near
    return x.to_integral_value(rounding=mode)


def whole_function(name: str, n: list[int]) -> int:
    """A function of whole numbers. Raises UnreadableError outside its domain, or where it would be long."""
    if name == "mod" and n[1] > 0:
        return n[0] % n[1]
    if name in ("gcd", "lcm"):
        return math.gcd(*n) if name == "gcd" else math.lcm(*n)
    if name == "binom" and n[1] >= 0 and 0 <= n[0] <= 2_500:
        return math.comb(n[0], n[1])
    if name == "!" and 0 <= n[0] <= 2_500:
        return math.factorial(n[0])
    if name == "!!" and -1 <= n[0] <= 2_500:
        return math.prod(range(n[0], 0, -2))
    raise UnreadableError(f"{name} of such numbers")


def _quotient(top: Callable[[Number], Number], bottom: Callable[[Number], Number]) -> Callable[[Number], Number]:
    return lambda a: decimals.times(top(a), decimals.inverse(bottom(a)))


def _hyperbolic(a: Number, sign: int) -> Number:
    """(e^a + sign e^-a) / 2."""
    one, other = decimals.exp(a), decimals.exp((-a[0], -a[1]))
    return (one[0] + sign * other[0]) / 2, (one[1] + sign * other[1]) / 2


def _area(a: Number, sign: int) -> Number:
    """ln(a + sqrt(a^2 + sign)), of a real number that is in the domain."""
    inside = a[0] * a[0] + sign
    if a[1] or inside < 0 or (sign < 0 and a[0] < 1):
        raise UnreadableError("an inverse of a hyperbolic function of such a number")
    return decimals.ln(decimals.real(a[0] + inside.sqrt()))


def _half_logarithm(a: Number) -> Number:
    """ln((1 + a) / (1 - a)) / 2, of a real number between -1 and 1."""
    if a[1] or not -1 < a[0] < 1:
        raise UnreadableError("an inverse of a hyperbolic function of such a number")
    found = decimals.ln(decimals.real((1 + a[0]) / (1 - a[0])))
    return found[0] / 2, found[1]


def _one(a: Number) -> Number:
    return decimals.real(decimals.ONE)


def _right_angle_less(function: Callable[[Number], Number]) -> Callable[[Number], Number]:
    return lambda a: decimals.real(decimals.pi() / 2 - function(a)[0])


_DERIVED: dict[str, Callable[[Number], Number]] = {
    "tan": _quotient(decimals.sine, decimals.cosine),
    "cot": _quotient(decimals.cosine, decimals.sine),
    "sec": _quotient(_one, decimals.cosine),
    "csc": _quotient(_one, decimals.sine),
    "arccos": _right_angle_less(decimals.arcsine),
    "arccot": _right_angle_less(decimals.arctan),
    "sinh": lambda a: _hyperbolic(a, -1),
    "cosh": lambda a: _hyperbolic(a, 1),
    "tanh": _quotient(lambda a: _hyperbolic(a, -1), lambda a: _hyperbolic(a, 1)),
    "arcsinh": lambda a: _area(a, 1),
    "arccosh": lambda a: _area(a, -1),
    "arctanh": lambda a: _half_logarithm(a),
    "cis": lambda a: decimals.exp(decimals.times(decimals.IMAGINARY, a)),
}
