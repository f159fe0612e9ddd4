import time
import pytest
from solution import deprecated, memoize, repeat, timed

def test_memoize_calls_once():
    calls = []

    @memoize
    def square(x):
        """Squares."""
        calls.append(x)
        return x * x

    assert [square(3), square(3), square(4)] == [9, 9, 16]
    assert calls == [3, 4]
    assert square.__name__ == "square"
    assert square.__doc__ == "Squares."

def test_memoize_recursion():
    @memoize
    def fib(n):
        return n if n < 2 else fib(n - 1) + fib(n - 2)

    assert fib(25) == 75025

def test_repeat():
    heard = []

    @repeat(3)
    def say(word):
        heard.append(word)
        return word

    assert say("hi") == ["hi", "hi", "hi"]
    assert heard == ["hi"] * 3

def test_timed():
    result, seconds = timed(lambda a, b=2: a + b)(3, b=4)
    assert result == 7
    assert 0 <= seconds < 1

def test_deprecated():
    @deprecated("use new()")
    def old():
        return 1

    with pytest.warns(DeprecationWarning, match="use new"):
        assert old() == 1
# ---- right
import functools
import time
import warnings

def memoize(function):
    cache = {}

    @functools.wraps(function)
    def wrapper(*args):
        if args not in cache:
            cache[args] = function(*args)
        return cache[args]

    return wrapper

def repeat(times):
    def decorate(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            return [function(*args, **kwargs) for _ in range(times)]
        return wrapper
    return decorate

def timed(function):
    def wrapper(*args, **kwargs):
        start = time.perf_counter()
        result = function(*args, **kwargs)
        return result, time.perf_counter() - start
    return wrapper

def deprecated(reason):
    def decorate(function):
        def wrapper(*args, **kwargs):
            warnings.warn(reason, DeprecationWarning, stacklevel=2)
            return function(*args, **kwargs)
        return wrapper
    return decorate
# ---- wrong
def memoize(function): return function
def repeat(times): return lambda function: lambda word: [word] * times
def timed(function): return lambda *a, **k: (7, 0.5)
def deprecated(reason): return lambda function: function
