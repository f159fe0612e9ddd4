# entry_points: Address Customer Order
from dataclasses import FrozenInstanceError, asdict, astuple, is_dataclass
import pytest
from solution import Address, Customer, Order

def test_frozen():
    address = Address("Main St", "Oslo")
    with pytest.raises(FrozenInstanceError):
        address.city = "Bergen"
    assert {address, Address("Main St", "Oslo")} == {address}

def test_nested():
    customer = Customer("Ann", Address("Main St", "Oslo"), tags=["vip"])
    assert asdict(customer) == {"name": "Ann", "address": {"street": "Main St", "city": "Oslo"}, "tags": ["vip"]}
    assert astuple(customer.address) == ("Main St", "Oslo")
    assert is_dataclass(Customer)

def test_default_factory_is_not_shared():
    first, second = Customer("A", None), Customer("B", None)
    first.tags.append("x")
    assert first.tags == ["x"]
    assert second.tags == []

def test_ordering():
    orders = [Order(3, "c"), Order(1, "b"), Order(2, "a")]
    assert [order.name for order in sorted(orders)] == ["b", "a", "c"]
    assert Order(1, "z") < Order(2, "a")
    assert min(orders) == Order(1, "b")

def test_post_init():
    with pytest.raises(ValueError):
        Order(-1, "x")
    assert repr(Order(1, "x")) == "Order(number=1, name='x')"

def test_match():
    match Order(5, "m"):
        case Order(number=5, name=name):
            assert name == "m"
        case _:
            raise AssertionError("no match")
# ---- right
from dataclasses import dataclass, field

@dataclass(frozen=True)
class Address:
    street: str
    city: str

@dataclass
class Customer:
    name: str
    address: Address | None
    tags: list[str] = field(default_factory=list)

@dataclass(order=True)
class Order:
    number: int
    name: str = field(compare=True)

    def __post_init__(self):
        if self.number < 0:
            raise ValueError("number")
# ---- wrong
from dataclasses import dataclass

@dataclass(unsafe_hash=True)
class Address:
    street: str
    city: str
TAGS = []
class Customer:
    def __init__(self, name, address, tags=TAGS): self.name, self.address, self.tags = name, address, tags
@dataclass
class Order:
    number: int
    name: str
