from collections.abc import Mapping, MutableMapping
import pytest
from solution import CaseInsensitiveDict, invert, merge_deep

@pytest.fixture
def headers():
    return CaseInsensitiveDict({"Content-Type": "text/html"})

def test_lookup(headers):
    assert headers["content-type"] == "text/html"
    assert headers.get("CONTENT-TYPE") == "text/html"
    assert headers.get("x") is None
    assert headers.get("x", 1) == 1

def test_in(headers):
    assert list(headers) == ["Content-Type"]
    assert len(headers) == 1
    headers["content-TYPE"] = "text/plain"
    assert dict(headers) == {"content-TYPE": "text/plain"}

def test_views(headers):
    headers["Accept"] = "*"
    assert sorted(headers.keys()) == ["Accept", "Content-Type"]
    assert set(headers.values()) == {"text/html", "*"}
    assert ("Accept", "*") in list(headers.items())

def test_unpacking(headers):
    def accept(**kwargs):
        return kwargs

    assert accept(**CaseInsensitiveDict({"a": 1})) == {"a": 1}
    assert {**headers} == {"Content-Type": "text/html"}

def test_pop(headers):
    assert headers.pop("content-type") == "text/html"
    assert not headers
    with pytest.raises(KeyError):
        del headers["content-type"]

def test_invert():
    assert invert({"a": 1, "b": 2, "c": 1}) == {1: ["a", "c"], 2: ["b"]}
    assert invert({"a": 1}).keys() == {1}

def test_merge_deep():
    base = {"a": {"x": 1}, "b": 2}
    assert merge_deep(base, {"a": {"y": 2}}) == {"a": {"x": 1, "y": 2}, "b": 2}
    assert base == {"a": {"x": 1}, "b": 2}
# ---- right
from collections.abc import MutableMapping

class CaseInsensitiveDict(MutableMapping):
    def __init__(self, data=()):
        self._store = {}
        self.update(data)

    def __setitem__(self, key, value):
        self._store[key.lower()] = (key, value)

    def __getitem__(self, key):
        return self._store[key.lower()][1]

    def __delitem__(self, key):
        del self._store[key.lower()]

    def __iter__(self):
        return (key for key, _ in self._store.values())

    def __len__(self):
        return len(self._store)

def invert(d):
    out = {}
    for key, value in d.items():
        out.setdefault(value, []).append(key)
    return out

def merge_deep(a, b):
    out = dict(a)
    for key, value in b.items():
        both = isinstance(value, dict) and isinstance(out.get(key), dict)
        out[key] = merge_deep(out[key], value) if both else value
    return out
# ---- wrong
class CaseInsensitiveDict(dict): pass
def invert(d): return {v: [k] for k, v in d.items()}
def merge_deep(a, b):
    a.update(b)
    return a
