import pytest
from solution import Cart, Catalog

@pytest.fixture(scope="module")
def catalog():
    return Catalog({"apple": 30, "pear": 45})

@pytest.fixture
def cart(catalog):
    cart = Cart(catalog)
    yield cart
    cart.clear()
    assert cart.total() == 0

@pytest.fixture(params=[1, 2, 5])
def quantity(request):
    return request.param

def test_empty(cart):
    assert cart.total() == 0
    assert cart.lines == []

def test_quantity(cart, quantity):
    cart.add("apple", quantity)
    assert cart.total() == 30 * quantity
    assert cart.lines == [("apple", quantity)]

def test_unknown(cart):
    with pytest.raises(KeyError, match="plum"):
        cart.add("plum")

class TestDiscount:
    @pytest.fixture(autouse=True)
    def filled(self, cart):
        cart.add("pear", 2)
        self.cart = cart

    def test_half(self):
        self.cart.discount(0.5)
        assert self.cart.total() == pytest.approx(45)

    @pytest.mark.parametrize("share", [-0.1, 1.1])
    def test_out_of_range(self, share):
        with pytest.raises(ValueError):
            self.cart.discount(share)
# ---- right
class Catalog:
    def __init__(self, prices):
        self.prices = prices

class Cart:
    def __init__(self, catalog):
        self.catalog = catalog
        self.clear()

    def clear(self):
        self.lines, self.share = [], 0

    def add(self, name, quantity=1):
        if name not in self.catalog.prices:
            raise KeyError(name)
        self.lines.append((name, quantity))

    def discount(self, share):
        if not 0 <= share <= 1:
            raise ValueError("share")
        self.share = share

    def total(self):
        return sum(self.catalog.prices[name] * n for name, n in self.lines) * (1 - self.share)
# ---- wrong
class Catalog:
    def __init__(self, prices): self.prices = prices
class Cart:
    lines = []
    def __init__(self, catalog): self.catalog = catalog
    def clear(self): pass
    def add(self, name, quantity=1):
        self.catalog.prices[name]
        self.lines.append((name, quantity))
    def discount(self, share): pass
    def total(self): return sum(self.catalog.prices[name] * n for name, n in self.lines)
