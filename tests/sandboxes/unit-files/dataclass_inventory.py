# entry_points: Item Inventory
import dataclasses
import pytest
from solution import Inventory, Item

def test_item_fields():
    item = Item("pen", 1.5, 10)
    assert item.name == "pen"
    assert item.total() == pytest.approx(15.0)
    assert [field.name for field in dataclasses.fields(item)] == ["name", "price", "quantity"]

def test_equality_by_fields():
    assert Item("pen", 1.5) == Item("pen", 1.5, 0)
    assert Item("pen", 1.5) != Item("pen", 1.6)

def test_as_dict():
    assert dataclasses.asdict(Item("pen", 1.5, 2)) == {"name": "pen", "price": 1.5, "quantity": 2}

def test_replace():
    assert dataclasses.replace(Item("pen", 1.5), quantity=3).quantity == 3

def test_inventory():
    inventory = Inventory()
    inventory.add(Item("pen", 1.5, 10))
    inventory.add(Item("ink", 4.0, 1))
    assert len(inventory.items) == 2
    assert inventory.items[0] == Item("pen", 1.5, 10)
    assert inventory.find("ink") is inventory.items[1]
    assert inventory.find("cup") is None
# ---- right
from dataclasses import dataclass, field

@dataclass
class Item:
    name: str
    price: float
    quantity: int = 0

    def total(self):
        return self.price * self.quantity

@dataclass
class Inventory:
    items: list = field(default_factory=list)

    def add(self, item):
        self.items.append(item)

    def find(self, name):
        return next((item for item in self.items if item.name == name), None)
# ---- wrong
from dataclasses import dataclass, field

@dataclass
class Item:
    name: str
    price: float
    quantity: int = 1

    def total(self):
        return 15.0

@dataclass
class Inventory:
    items: list = field(default_factory=list)

    def add(self, item):
        self.items.append(item)

    def find(self, name):
        return self.items[-1]
