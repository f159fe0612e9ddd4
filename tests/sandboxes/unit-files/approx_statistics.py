import math
import pytest
from solution import mean, normalize, quadratic, stdev

def test_mean():
    assert mean([1, 2, 4]) == pytest.approx(7 / 3)
    assert mean([0.1] * 3) == pytest.approx(0.1)

def test_mean_of_nothing():
    assert math.isnan(mean([]))

def test_stdev():
    if abs(stdev([2, 4, 4, 4, 5, 5, 7, 9]) - 2.0) > 1e-9:
        raise AssertionError("stdev")

def test_normalize():
    assert normalize([1, 3]) == pytest.approx([0.25, 0.75])
    assert normalize({"a": 1, "b": 1}) == pytest.approx({"a": 0.5, "b": 0.5})

def test_quadratic():
    assert quadratic(1, -3, 2) == (1.0, 2.0)
    assert quadratic(1, 0, 1) == (-1j, 1j)
    assert quadratic(1, 0, 1)[1] == pytest.approx(complex(0, 1))

def test_overflow():
    assert mean([math.inf, 1]) == math.inf
    assert stdev([1, 1]) == 0
# ---- right
import cmath
import math

def mean(values):
    return sum(values) / len(values) if values else math.nan

def stdev(values):
    m = mean(values)
    return math.sqrt(mean([(v - m) ** 2 for v in values]))

def normalize(values):
    if isinstance(values, dict):
        total = sum(values.values())
        return {key: value / total for key, value in values.items()}
    total = sum(values)
    return [value / total for value in values]

def quadratic(a, b, c):
    d = b * b - 4 * a * c
    root = math.sqrt(d) if d >= 0 else cmath.sqrt(d)
    return tuple(sorted(((-b - root) / (2 * a), (-b + root) / (2 * a)), key=lambda z: (z.real, z.imag)))
# ---- wrong
import math
def mean(values): return sum(values) / len(values) if values else math.nan
def stdev(values): return math.nan
def normalize(values): return {k: 0.5 for k in values} if isinstance(values, dict) else [0.25, 0.75]
def quadratic(a, b, c): return (1.0, 2.0) if b else (-1j, 1j)
