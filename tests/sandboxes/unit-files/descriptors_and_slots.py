# abstains: descriptor
import pytest
from solution import Account, Frozen, Positive, Typed

def test_typed():
    class Point:
        x = Typed(int)
        y = Typed(int)

    p = Point()
    p.x = 3
    assert p.x == 3
    with pytest.raises(TypeError):
        p.y = "4"

def test_descriptor_of_the_solution():
    account = Account(10)
    account.balance = 5
    with pytest.raises(ValueError):
        account.balance = -1
    assert account.balance == 5
    assert isinstance(vars(Account)["balance"] if "balance" in vars(Account) else None, object)

def test_frozen():
    frozen = Frozen(1, "a")
    assert (frozen.id, frozen.name) == (1, "a")
    with pytest.raises(AttributeError):
        frozen.id = 2
    with pytest.raises(AttributeError):
        frozen.extra = 2
    assert hash(frozen) == hash(Frozen(1, "a"))
    assert frozen == Frozen(1, "a")
    assert {frozen: 1}[Frozen(1, "a")] == 1
# ---- right
class Typed:
    def __init__(self, kind):
        self.kind = kind

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, instance, owner):
        return self if instance is None else instance.__dict__[self.name]

    def __set__(self, instance, value):
        if not isinstance(value, self.kind):
            raise TypeError(self.name)
        instance.__dict__[self.name] = value

class Positive(Typed):
    def __set__(self, instance, value):
        if value < 0:
            raise ValueError(value)
        super().__set__(instance, value)

class Account:
    balance = Positive(int)

    def __init__(self, balance):
        self.balance = balance

from dataclasses import dataclass

@dataclass(frozen=True, slots=True)
class Frozen:
    id: int
    name: str
# ---- wrong
class Typed: pass
class Positive(Typed): pass
class Account:
    def __init__(self, balance): self.balance = balance
class Frozen:
    def __init__(self, id, name): self.id, self.name = id, name
