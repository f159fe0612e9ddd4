"""`10:30` and `2:3`: times of day and ratios, which are written alike.

Two parts that can be hours and minutes are a time where they say so (a.m., a leading zero) and where no ratio would be
left so (6:30 would be 1:5), or where the minutes are quarters of an hour; else they are read as a ratio too.
"""

import math

from temper.verifiers.latex.algebra import Algebra, Value
from temper.verifiers.latex.meanings import Meaning, Quantity, Ratio

QUARTER = 15


def is_time(ratio: Ratio) -> bool:
    """Whether it can be nothing but a time of day."""
    if not ratio.clock:
        return False
    if len(ratio.clock) == 1 or says_time(ratio):
        return True
    hours, minutes = ratio.clock[:2]
    return len(ratio.clock) == 2 and (minutes % QUARTER == 0 or math.gcd(hours, minutes) > 1)


def says_time(ratio: Ratio) -> bool:
    """Whether it is written as a time of day: with its half of the day, or with a zero before the minutes."""
    return bool(ratio.half) or (len(ratio.clock) > 1 and min(ratio.clock[1:]) < 10)


def same_time(key: Ratio, given: Ratio) -> bool:
    """On a dial of twelve hours where one side does not say which half of the day it is."""
    ours, theirs = _seconds(key), _seconds(given)
    if ours is None or theirs is None:
        return False
    if bool(key.half) == bool(given.half):
        return ours == theirs
    return ours % 43_200 == theirs % 43_200 and not _beyond_noon(key, given)


def _beyond_noon(key: Ratio, given: Ratio) -> bool:
    """`14:45` is no a.m."""
    bare, told = (given, key) if key.half else (key, given)
    return bare.clock[0] > 12 and told.half == "am"


def _seconds(ratio: Ratio) -> int | None:
    if not ratio.clock:
        return None
    hours, minutes, seconds = (*ratio.clock, 0, 0)[:3]
    if ratio.half:
        hours = hours % 12 + (12 if ratio.half == "pm" else 0)
    return (hours * 60 + minutes) * 60 + seconds


def ratio_of(algebra: Algebra, meaning: Meaning) -> tuple[Value, ...]:
    """The parts; a number is its ratio to 1. Empty for what is neither."""
    if isinstance(meaning, Ratio):
        return meaning.parts
    if isinstance(meaning, Quantity) and meaning.value is not None and not meaning.unit:
        return meaning.value, algebra.number(1)
    return ()
