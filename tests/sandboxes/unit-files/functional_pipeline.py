import functools
import math
import operator
from collections import deque
import pytest
from solution import Pipeline, curry, group_by, pipe, reduce_right, unfold

def test_pipe():
    assert pipe(3, lambda x: x + 1, str, "{:>3}".format) == "  4"
    assert pipe([3, 1], sorted, tuple) == (1, 3)

def test_curry():
    add = curry(lambda a, b, c: a + b + c)
    assert add(1)(2)(3) == 6
    assert add(1, 2)(3) == 6
    assert add(1)(2, 3) == 6
    assert curry(operator.mul, 2)(3)(4) == 12

def test_partial():
    power = functools.partial(pow, 2)
    assert list(map(power, [1, 2, 3])) == [2, 4, 8]
    assert Pipeline([1, 2, 3]).map(power).to_list() == [2, 4, 8]

def test_pipeline():
    result = Pipeline(range(10)).filter(lambda x: x % 2).map(math.sqrt).map(round).to_list()
    assert result == [1, 2, 2, 3, 3]
    assert Pipeline("hello").map(str.upper).reduce(operator.add) == "HELLO"
    assert Pipeline([]).reduce(operator.add, initial=0) == 0

def test_group_by():
    words = ["apple", "bob", "cat", "angle"]
    assert group_by(words, key=len) == {5: ["apple", "angle"], 3: ["bob", "cat"]}
    assert group_by(words, key=operator.itemgetter(0)) == {"a": ["apple", "angle"], "b": ["bob"], "c": ["cat"]}

def test_errors_pass_through():
    with pytest.raises(ZeroDivisionError):
        Pipeline([1, 0]).map(lambda x: 1 / x).to_list()

def test_unfold():
    assert unfold(lambda x: (x, x * 2) if x < 20 else None, 1) == [1, 2, 4, 8, 16]

def test_reduce_right():
    trace = deque()
    assert reduce_right(lambda a, b: trace.appendleft((a, b)) or a - b, [1, 2, 3]) == 2
    assert list(trace) == [(1, -1), (2, 3)]
# ---- right
import functools
import inspect

def pipe(value, *functions):
    for function in functions:
        value = function(value)
    return value

def curry(function, arity=None):
    arity = arity or len(inspect.signature(function).parameters)

    def collect(*args):
        if len(args) >= arity:
            return function(*args)
        return lambda *more: collect(*args, *more)

    return collect

class Pipeline:
    def __init__(self, items):
        self.items = items

    def map(self, function):
        return Pipeline(map(function, self.items))

    def filter(self, function):
        return Pipeline(filter(function, self.items))

    def reduce(self, function, **kwargs):
        start = [kwargs["initial"]] if "initial" in kwargs else []
        return functools.reduce(function, self.items, *start)

    def to_list(self):
        return list(self.items)

def group_by(items, key):
    out = {}
    for item in items:
        out.setdefault(key(item), []).append(item)
    return out

def unfold(step, state):
    out = []
    while (result := step(state)) is not None:
        value, state = result
        out.append(value)
    return out

def reduce_right(function, items):
    *rest, last = items
    for item in reversed(rest):
        last = function(item, last)
    return last
# ---- wrong
def pipe(value, *functions): return "  4" if value == 3 else (1, 3)
def curry(function, arity=None): return lambda *a: lambda *b: lambda *c: 6
class Pipeline:
    def __init__(self, items): self.items = items
    def map(self, f): return self
    filter = map
    def reduce(self, f, initial=None): return "HELLO"
    def to_list(self): return [2, 4, 8]
def group_by(items, key): return {}
def unfold(step, state): return [1, 2, 4, 8, 16]
def reduce_right(function, items): return 2
