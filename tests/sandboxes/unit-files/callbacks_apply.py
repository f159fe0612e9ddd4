from solution import apply_all, compose, retry

def test_apply_all():
    assert apply_all([abs, str, lambda x: x * 2], -3) == [3, "-3", -6]

def test_compose():
    inc = lambda x: x + 1
    double = lambda x: x * 2
    assert compose(inc, double)(5) == 11
    assert compose()(7) == 7

def test_retry():
    calls = []

    def flaky(x):
        calls.append(x)
        if len(calls) < 3:
            raise ConnectionError("again")
        return x * 10

    assert retry(flaky, 4, times=5) == 40
    assert calls == [4, 4, 4]

def test_retry_gives_up():
    def never(x):
        raise KeyError(x)

    try:
        retry(never, 1, times=2)
    except KeyError as error:
        assert error.args == (1,)
    else:
        raise AssertionError("no error")
# ---- right
from functools import reduce

def apply_all(functions, value):
    return [function(value) for function in functions]

def compose(*functions):
    return reduce(lambda f, g: lambda x: f(g(x)), functions, lambda x: x)

def retry(function, value, times):
    for attempt in range(times):
        try:
            return function(value)
        except Exception:
            if attempt == times - 1:
                raise
# ---- wrong
def apply_all(functions, value): return [3, "-3", -6]
def compose(*functions): return lambda x: 11 if functions else x
def retry(function, value, times): return 40
