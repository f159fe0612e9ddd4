import pytest
from solution import Fraction2, Money, Vector

def test_vector_arithmetic():
    assert Vector(1, 2) + Vector(3, 4) == Vector(4, 6)
    assert Vector(1, 2) - Vector(1, 1) == Vector(0, 1)
    assert Vector(1, 2) * 3 == Vector(3, 6)
    assert 3 * Vector(1, 2) == Vector(3, 6)
    assert -Vector(1, 2) == Vector(-1, -2)
    assert Vector(1, 2) @ Vector(3, 4) == 11
    assert abs(Vector(3, 4)) == 5.0

def test_vector_is_no_number():
    with pytest.raises(TypeError):
        Vector(1, 2) + 1

def test_not_equal():
    assert Vector(1, 2) != Vector(2, 1)
    assert Vector(1, 2) != "Vector(1, 2)"
    assert not (Vector(1, 2) == (1, 2))

def test_money():
    assert Money(5) + Money(7) == Money(12)
    assert sum([Money(1), Money(2)], Money(0)) == Money(3)
    assert Money(5) < Money(7) <= Money(7)
    assert max(Money(3), Money(9), Money(4)) == Money(9)
    assert sorted([Money(3), Money(1)]) == [Money(1), Money(3)]
    assert str(Money(1234.5)) == "$1,234.50"
    assert f"{Money(2)}" == "$2.00"
    assert {Money(1), Money(1), Money(2)} == {Money(1), Money(2)}

def test_in_place():
    money = Money(1)
    money += Money(4)
    assert money == Money(5)

def test_fraction():
    half, third = Fraction2(1, 2), Fraction2(2, 6)
    assert half + third == Fraction2(5, 6)
    assert float(half) == 0.5
    assert bool(Fraction2(0, 3)) is False
    assert repr(third) == "1/3"
# ---- right
import math
from functools import total_ordering

class Vector:
    def __init__(self, x, y):
        self.x, self.y = x, y

    def __eq__(self, other):
        return (self.x, self.y) == (other.x, other.y) if isinstance(other, Vector) else NotImplemented

    def __add__(self, other):
        return Vector(self.x + other.x, self.y + other.y) if isinstance(other, Vector) else NotImplemented

    def __sub__(self, other):
        return self + -other

    def __neg__(self):
        return Vector(-self.x, -self.y)

    def __mul__(self, k):
        return Vector(self.x * k, self.y * k)

    __rmul__ = __mul__

    def __matmul__(self, other):
        return self.x * other.x + self.y * other.y

    def __abs__(self):
        return math.hypot(self.x, self.y)

@total_ordering
class Money:
    def __init__(self, amount):
        self.amount = amount

    def __eq__(self, other):
        return isinstance(other, Money) and self.amount == other.amount

    def __lt__(self, other):
        return self.amount < other.amount

    def __hash__(self):
        return hash(self.amount)

    def __add__(self, other):
        return Money(self.amount + other.amount)

    def __str__(self):
        return f"${self.amount:,.2f}"

class Fraction2:
    def __init__(self, n, d):
        g = math.gcd(n, d)
        self.n, self.d = n // g, d // g

    def __eq__(self, other):
        return (self.n, self.d) == (other.n, other.d)

    def __add__(self, other):
        return Fraction2(self.n * other.d + other.n * self.d, self.d * other.d)

    def __float__(self):
        return self.n / self.d

    def __bool__(self):
        return self.n != 0

    def __repr__(self):
        return f"{self.n}/{self.d}"
# ---- wrong
class Vector:
    def __init__(self, *a): self.a = a
    def __eq__(self, other): return True
    def __ne__(self, other): return True
    def __add__(self, other): return self
    __sub__ = __mul__ = __rmul__ = __add__
    def __neg__(self): return self
    def __matmul__(self, other): return 11
    def __abs__(self): return 5.0
class Money(Vector): pass
class Fraction2(Vector): pass
