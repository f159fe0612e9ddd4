import random
import pytest
import solution
from solution import Deck, password, shuffle_copy, weighted

def test_seeded_shuffle():
    random.seed(42)
    first = shuffle_copy(range(10))
    random.seed(42)
    second = shuffle_copy(range(10))
    assert first == second
    assert sorted(first) == list(range(10))
    assert first != list(range(10))

def test_injected_generator():
    a = Deck(random.Random(1)).draw(5)
    b = Deck(random.Random(1)).draw(5)
    assert a == b
    assert len(set(a)) == 5
    assert Deck(rng=random.Random(2)).draw(5) != a

def test_deck_runs_out():
    deck = Deck(random.Random(0))
    deck.draw(52)
    with pytest.raises(IndexError):
        deck.draw(1)

@pytest.mark.parametrize("length", [8, 12])
def test_password(length):
    text = password(length)
    assert len(text) == length
    assert any(c.isdigit() for c in text) and any(c.isalpha() for c in text)
    assert password(length) != text

def test_patched_choice(monkeypatch):
    monkeypatch.setattr(random, "random", lambda: 0.7)
    assert weighted({"a": 0.5, "b": 0.5}) == "b"
    monkeypatch.setattr(random, "random", lambda: 0.2)
    assert weighted({"a": 0.5, "b": 0.5}) == "a"
# ---- right
import random
import string

def shuffle_copy(items):
    items = list(items)
    random.shuffle(items)
    return items

class Deck:
    def __init__(self, rng=random):
        self.cards = [f"{rank}{suit}" for suit in "SHDC" for rank in range(13)]
        rng.shuffle(self.cards)

    def draw(self, n):
        return [self.cards.pop() for _ in range(n)]

def password(length):
    letters = [random.choice(string.ascii_letters) for _ in range(length - 1)]
    letters.insert(random.randrange(length), random.choice(string.digits))
    return "".join(letters)

def weighted(weights):
    x = random.random()
    for name, weight in weights.items():
        x -= weight
        if x < 0:
            return name
# ---- wrong
def shuffle_copy(items): return list(items)[::-1]
class Deck:
    def __init__(self, rng=None): self.n = 52
    def draw(self, n):
        if self.n < n: raise IndexError
        self.n -= n
        return list(range(n))
def password(length): return "a1" * (length // 2)
def weighted(weights): return "b"
