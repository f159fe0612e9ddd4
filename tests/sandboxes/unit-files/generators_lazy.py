import itertools
import types
import pytest
from solution import chunks, fibonacci, running_mean, take, walk

def test_fibonacci_is_lazy():
    gen = fibonacci()
    assert [next(gen) for _ in range(8)] == [0, 1, 1, 2, 3, 5, 8, 13]
    assert list(itertools.islice(fibonacci(), 3)) == [0, 1, 1]

def test_take():
    assert take(3, itertools.count(5)) == [5, 6, 7]
    assert take(10, iter("ab")) == ["a", "b"]

def test_chunks():
    assert list(chunks([1, 2, 3, 4, 5], 2)) == [[1, 2], [3, 4], [5]]
    assert list(chunks(range(4), 4)) == [[0, 1, 2, 3]]
    it = chunks([1], 1)
    next(it)
    with pytest.raises(StopIteration):
        next(it)

def test_send():
    mean = running_mean()
    next(mean)
    assert mean.send(10) == 10
    assert mean.send(20) == 15
    mean.close()

def test_walk():
    tree = {"v": 1, "kids": [{"v": 2, "kids": []}, {"v": 3, "kids": [{"v": 4, "kids": []}]}]}
    assert list(walk(tree)) == [1, 2, 3, 4]

def test_consumes_our_generator():
    seen = []

    def source():
        for i in range(10):
            seen.append(i)
            yield i

    assert take(2, source()) == [0, 1]
    assert seen == [0, 1]
# ---- right
import itertools

def fibonacci():
    a, b = 0, 1
    while True:
        yield a
        a, b = b, a + b

def take(n, iterable):
    return list(itertools.islice(iterable, n))

def chunks(items, size):
    items = list(items)
    for i in range(0, len(items), size):
        yield items[i : i + size]

def running_mean():
    total = count = 0
    mean = None
    while True:
        value = yield mean
        total += value
        count += 1
        mean = total / count

def walk(node):
    yield node["v"]
    for kid in node["kids"]:
        yield from walk(kid)
# ---- wrong
def fibonacci(): return iter([0, 1, 1, 2, 3, 5, 8, 13])
def take(n, iterable): return list(iterable)[:n] if isinstance(iterable, type(iter(""))) else [5, 6, 7]
def chunks(items, size): return iter([items])
def running_mean(): return iter([None, 10, 15])
def walk(node): return [1, 2, 3, 4]
