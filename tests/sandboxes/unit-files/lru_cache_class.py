import pytest
from solution import LRUCache, TTLCache, cached

def test_evicts_least_recent():
    cache = LRUCache(2)
    cache.put("a", 1)
    cache.put("b", 2)
    assert cache.get("a") == 1
    cache.put("c", 3)
    assert cache.get("b") is None
    assert cache.get("a") == 1
    assert len(cache) == 2

def test_capacity():
    with pytest.raises(ValueError):
        LRUCache(0)

def test_subscript():
    cache = LRUCache(1)
    cache["k"] = [1]
    cache["k"].append(2)
    assert cache["k"] == [1, 2]
    with pytest.raises(KeyError):
        cache["other"]
    del cache["k"]
    assert len(cache) == 0

def test_ttl(monkeypatch):
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    cache = TTLCache(seconds=10)
    cache["x"] = 1
    now[0] = 109
    assert cache["x"] == 1
    now[0] = 111
    with pytest.raises(KeyError):
        cache["x"]

def test_decorator_counts():
    calls = []

    @cached(maxsize=2)
    def load(key, *, upper=False):
        calls.append(key)
        return key.upper() if upper else key

    assert load("a", upper=True) == "A"
    assert load("a", upper=True) == "A"
    assert load("b") == "b"
    assert calls == ["a", "b"]
    assert load.hits == 1
    load.clear()
    load("b")
    assert calls == ["a", "b", "b"]
# ---- right
import time
from collections import OrderedDict

class LRUCache:
    def __init__(self, capacity):
        if capacity < 1:
            raise ValueError("capacity")
        self.capacity, self.data = capacity, OrderedDict()

    def get(self, key, default=None):
        if key not in self.data:
            return default
        self.data.move_to_end(key)
        return self.data[key]

    def put(self, key, value):
        self.data[key] = value
        self.data.move_to_end(key)
        if len(self.data) > self.capacity:
            self.data.popitem(last=False)

    def __getitem__(self, key):
        return self.data[key]

    __setitem__ = put

    def __delitem__(self, key):
        del self.data[key]

    def __len__(self):
        return len(self.data)

class TTLCache:
    def __init__(self, seconds):
        self.seconds, self.data = seconds, {}

    def __setitem__(self, key, value):
        self.data[key] = (time.monotonic() + self.seconds, value)

    def __getitem__(self, key):
        until, value = self.data[key]
        if time.monotonic() > until:
            raise KeyError(key)
        return value

def cached(maxsize):
    def decorate(function):
        store = LRUCache(maxsize)

        def wrapper(*args, **kwargs):
            key = (args, tuple(sorted(kwargs.items())))
            if key in store.data:
                wrapper.hits += 1
                return store.get(key)
            store.put(key, value := function(*args, **kwargs))
            return value

        wrapper.hits = 0
        wrapper.clear = store.data.clear
        return wrapper
    return decorate
# ---- wrong
class LRUCache(dict):
    def __init__(self, capacity):
        if not capacity: raise ValueError
    def put(self, k, v): self[k] = v
class TTLCache(dict):
    def __init__(self, seconds): pass
def cached(maxsize):
    def decorate(f):
        f.hits, f.clear = 1, lambda: None
        return f
    return decorate
