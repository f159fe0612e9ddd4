from decimal import Decimal, InvalidOperation
from fractions import Fraction
import pytest
from solution import add_tax, mean_of, split, to_decimal

@pytest.mark.parametrize(("net", "rate", "gross"), [("10.00", "0.19", "11.90"), ("0.10", "0.07", "0.11"), ("99.99", "0", "99.99")])
def test_add_tax(net, rate, gross):
    assert add_tax(Decimal(net), Decimal(rate)) == Decimal(gross)

def test_two_places():
    assert str(add_tax(Decimal("10"), Decimal("0.1"))) == "11.00"
    assert add_tax(Decimal("10"), Decimal("0.1")).as_tuple().exponent == -2

def test_split():
    parts = split(Decimal("10.00"), 3)
    assert sum(parts) == Decimal("10.00")
    assert parts == [Decimal("3.34"), Decimal("3.33"), Decimal("3.33")]

def test_invalid():
    with pytest.raises(InvalidOperation):
        to_decimal("ten")

def test_mean():
    assert mean_of([Fraction(1, 2), Fraction(1, 3)]) == Fraction(5, 12)
    assert isinstance(mean_of([Fraction(1)]), Fraction)
# ---- right
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")

def add_tax(net, rate):
    return (net * (1 + rate)).quantize(CENT, ROUND_HALF_UP)

def split(total, n):
    part = (total / n).quantize(CENT, "ROUND_DOWN")
    extra = int((total - part * n) / CENT)
    return [part + CENT] * extra + [part] * (n - extra)

def to_decimal(text):
    return Decimal(text)

def mean_of(values):
    return sum(values) / len(values)
# ---- wrong
from decimal import Decimal

def add_tax(net, rate): return Decimal(float(net) * (1 + float(rate)))
def split(total, n): return [total / n] * n
def to_decimal(text): return Decimal(text)
def mean_of(values): return float(sum(values)) / len(values)
