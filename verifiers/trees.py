"""Values that a tested function returned against those that the row expects, both as encoded trees.

Only exact builtin types meet here, in the encoding of `sandboxes.values`, and nothing of the program's is
ever called. A list is not a tuple, an int not a bool, an int equals a float only under a tolerance, NaN
equals NaN.
"""

import json
import math

from temper.verifiers.reading.strict_json import Json


def same(expected: Json, got: Json, tolerance: float | None = None) -> bool:
    """`tolerance`: numbers may differ by tolerance x max(1, |expected|), ints and floats mixed."""
    if _is_number(expected) and _is_number(got) and (type(expected) is type(got) or tolerance is not None):
        return _close(expected, got, tolerance)
    if type(expected) is not type(got):
        return False
    if isinstance(expected, list):
        return len(expected) == len(got) and all(same(a, b, tolerance) for a, b in zip(expected, got, strict=True))
    if not isinstance(expected, dict):
        return bool(expected == got)
    if expected.keys() != got.keys():
        return False
    if "$set" in expected:
        return _same_items(expected["$set"], got["$set"], tolerance)
    if "$dict" in expected:
        return _same_items(expected["$dict"], got["$dict"], tolerance)
    return all(same(value, got[key], tolerance) for key, value in expected.items())


def _is_number(value: Json) -> bool:
    return type(value) is int or type(value) is float


def _close(expected: float, got: float, tolerance: float | None) -> bool:
    if expected == got:
        return True
    if isinstance(expected, float) and isinstance(got, float) and math.isnan(expected) and math.isnan(got):
        return True
    if tolerance is None:
        return False
    # float() of an int beyond 1.8e308 raises, and no other number is close to it than its equal, found above
    try:
        difference, scale = abs(float(expected) - float(got)), max(1.0, abs(float(expected)))
    except OverflowError:
        return False
    # a tolerance of 0.001 allows 2,000 to be off by 2, and 0.5 by 0.001
    return math.isfinite(difference) and difference <= tolerance * scale


def _same_items(expected: list[Json], got: list[Json], tolerance: float | None) -> bool:
    """Items in any order: an exact pass by text first, a match of each with each only for what is left."""
    if len(expected) != len(got):
        return False
    left: dict[str, list[Json]] = {}
    for item in got:
        left.setdefault(json.dumps(item, sort_keys=True), []).append(item)
    missing = []
    for item in expected:
        twins = left.get(json.dumps(item, sort_keys=True))
        if twins:
            twins.pop()
        else:
            missing.append(item)
    rest = [item for twins in left.values() for item in twins]
    # each with each takes the square: a million comparisons at most
    if len(missing) > 1_000:
        return False
    for item in missing:
        match = next((i for i, other in enumerate(rest) if same(item, other, tolerance)), None)
        if match is None:
            return False
        del rest[match]
    return True
