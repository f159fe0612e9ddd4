import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from solution import Counter, accumulate_by, make_counter, make_multipliers, parallel_map

def test_make_counter():
    counter = make_counter(10)
    assert [counter(), counter(), counter(step=5)] == [10, 11, 12]
    assert counter() == 17
    other = make_counter()
    assert other() == 0

def test_multipliers():
    assert [f(10) for f in make_multipliers(4)] == [0, 10, 20, 30]

def test_accumulate_by():
    assert accumulate_by([1, 2, 3, 4], lambda a, b: a * b) == [1, 2, 6, 24]
    assert accumulate_by(["a", "b"], str.__add__) == ["a", "ab"]
    assert accumulate_by([3, 1, 2], max) == [3, 3, 3]

def test_thread_safe():
    counter = Counter()
    threads = [threading.Thread(target=counter.increment) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counter.value == 8

def test_parallel_map():
    assert parallel_map(lambda x: x * x, range(6)) == [0, 1, 4, 9, 16, 25]

def test_from_a_pool():
    counter = Counter()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: counter.increment(), range(20)))
    assert counter.value == 20
# ---- right
import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

def make_counter(start=0):
    n = start

    def counter(step=1):
        nonlocal n
        now = n
        n += step
        return now

    return counter

def make_multipliers(n):
    return [lambda x, i=i: x * i for i in range(n)]

def accumulate_by(items, function):
    return list(itertools.accumulate(items, function))

def parallel_map(function, items):
    with ThreadPoolExecutor(3) as pool:
        return list(pool.map(function, items))

class Counter:
    def __init__(self):
        self.value = 0
        self.lock = threading.Lock()

    def increment(self):
        with self.lock:
            self.value += 1
# ---- wrong
def make_counter(start=0): return lambda step=1: start
def make_multipliers(n): return [lambda x: x * i for i in range(n)]
def accumulate_by(items, function): return items
def parallel_map(function, items): return [0, 1, 4, 9, 16, 25]
class Counter:
    value = 8
    def increment(self): pass
