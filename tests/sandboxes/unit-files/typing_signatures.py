import inspect
import pytest
from solution import Validator, enforce, dispatch, describe_function

def test_enforce_types():
    @enforce
    def greet(name: str, times: int = 1) -> str:
        return name * times

    assert greet("ab", 2) == "abab"
    assert greet("a") == "a"
    with pytest.raises(TypeError, match="times"):
        greet("a", "b")

def test_describe():
    def sample(a, b=2, *args, key=None, **rest):
        """Sample text."""

    info = describe_function(sample)
    assert info["name"] == "sample"
    assert info["doc"] == "Sample text."
    assert info["parameters"] == ["a", "b", "args", "key", "rest"]
    assert info["defaults"] == {"b": 2, "key": None}

def test_dispatch():
    assert dispatch(3) == "int"
    assert dispatch("x") == "str"
    assert dispatch([1, 2]) == "list of 2"
    assert dispatch(None) == "object"
    assert dispatch(True) == "bool"
    assert dispatch(2.5) == "float"

def test_validator():
    rules = Validator({"age": int, "name": (str, bytes)})
    assert rules.check({"age": 3, "name": "x"}) == []
    assert rules.check({"age": "3"}) == ["age: expected int, got str", "name: missing"]

def test_kinds():
    rules = Validator({"when": object})
    assert rules.kinds == {"when": object}
    assert Validator({"n": int}).kinds["n"] is int
# ---- right
import functools
import inspect

def enforce(function):
    signature = inspect.signature(function)

    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        for name, value in signature.bind(*args, **kwargs).arguments.items():
            kind = function.__annotations__.get(name)
            if kind is not None and not isinstance(value, kind):
                raise TypeError(f"{name} must be {kind.__name__}")
        return function(*args, **kwargs)

    return wrapper

def describe_function(function):
    parameters = inspect.signature(function).parameters
    defaults = {n: p.default for n, p in parameters.items() if p.default is not p.empty}
    return {"name": function.__name__, "doc": function.__doc__, "parameters": list(parameters), "defaults": defaults}

@functools.singledispatch
def dispatch(value):
    return "object"

@dispatch.register(bool)
@dispatch.register(int)
@dispatch.register(float)
@dispatch.register(str)
def _(value):
    return type(value).__name__

@dispatch.register(list)
def _(value):
    return f"list of {len(value)}"

class Validator:
    def __init__(self, kinds):
        self.kinds = kinds

    def check(self, data):
        problems = []
        for name, kind in self.kinds.items():
            if name not in data:
                problems.append(f"{name}: missing")
            elif not isinstance(data[name], kind):
                problems.append(f"{name}: expected {kind.__name__}, got {type(data[name]).__name__}")
        return problems
# ---- wrong
def enforce(function): return function
def describe_function(f): return {"name": "sample", "doc": "Sample text.", "parameters": [], "defaults": {}}
def dispatch(value): return type(value).__name__
class Validator:
    def __init__(self, kinds): self.kinds = kinds
    def check(self, data): return []
