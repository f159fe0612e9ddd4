"""JSON with the numbers that were written, for comparisons that must be exact."""

from decimal import Decimal, InvalidOperation

from temper.verifiers.reading import strict_json
from temper.verifiers.reading.strict_json import Json

MAX_DIGITS = 4_000
"""Characters of a number; Python reads no longer whole number from text."""
MAX_EXPONENT = 400
"""Of ten, below the point; above it a double ends first."""


class Number(Decimal):
    """A number with a point or an exponent, shown as it was written."""

    def __repr__(self) -> str:
        return str(self)


def read(text: str) -> Json:
    """As `strict_json.loads`, numbers as `int` and `Number`. Raises ValueError."""
    return strict_json.loads(text, _number)


def exact(value: Json) -> Json:
    """A value that was read with floats, each as the shortest number that reads as it."""
    if isinstance(value, float):
        return Number(repr(value))
    if isinstance(value, list):
        return [exact(item) for item in value]
    if isinstance(value, dict):
        return {key: exact(item) for key, item in value.items()}
    return value


def _number(text: str) -> Number:
    if len(text) > MAX_DIGITS:
        raise ValueError(f"a number of {len(text)} characters; at most {MAX_DIGITS} are read")
    try:
        number = Number(text)
    except InvalidOperation as error:
        raise ValueError(f"the exponent of {text[:30]} is out of range") from error
    # zero whatever its exponent says, so that `0e999999` is never multiplied out
    if not number:
        return Number(0)
    # `1e-401` has -401 here: exact arithmetic with it would write out 10^401
    if number.adjusted() < -MAX_EXPONENT:
        raise ValueError(f"the number {text[:30]} is too small")
    return number


def is_number(value: Json) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def is_whole(value: Json) -> bool:
    return isinstance(value, int) or value == value.to_integral_value()


def cost(value: int | Decimal) -> int:
    """Units of work that arithmetic with the number takes beyond one: it grows with the square of the digits."""
    # a bit is 0.301 digits; 4,000 digits cost 4,000^2 / 8,000 = 2,000 units
    digits = value.bit_length() * 3 // 10 if isinstance(value, int) else len(value.as_tuple().digits)
    return digits * digits // 8_000


def is_multiple(value: int | Decimal, of: int | Decimal) -> bool:
    """Whether value / of is a whole number, exactly."""
    (above, below), (of_above, of_below) = value.as_integer_ratio(), of.as_integer_ratio()
    # 0.3 of 0.1 is 3/10 over 1/10: 3 * 10 = 30 is a multiple of 10 * 1
    return bool(of_above) and above * of_below % (below * of_above) == 0


def same(value: int | Decimal) -> str:
    """Equal for equal numbers. A text, because chosen numbers have the same hash."""
    above, below = value.as_integer_ratio()
    return f"{above:x}/{below:x}"
