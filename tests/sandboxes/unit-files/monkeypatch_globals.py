import pytest
import solution

def test_rate(monkeypatch):
    assert solution.price(3) == 6
    monkeypatch.setattr(solution, "RATE", 5)
    assert solution.price(3) == 15

def test_rate_is_back():
    assert solution.RATE == 2
    assert solution.price(3) == 6

def test_settings(monkeypatch):
    monkeypatch.setitem(solution.SETTINGS, "currency", "NOK")
    assert solution.label(10) == "10 NOK"

def test_clock(monkeypatch):
    monkeypatch.setattr("solution.now", lambda: 100.0)
    solution.start()
    monkeypatch.setattr("solution.now", lambda: 107.5)
    assert solution.elapsed() == 7.5

def test_direct_assignment():
    solution.RATE = 10
    try:
        assert solution.price(1) == 10
    finally:
        solution.RATE = 2

def test_counter_moves():
    before = solution.counter
    solution.tick()
    assert solution.counter == before + 1

def test_delattr(monkeypatch):
    monkeypatch.delattr(solution, "label")
    with pytest.raises(AttributeError):
        solution.label(1)
# ---- right
import time

RATE = 2
SETTINGS = {"currency": "EUR"}
counter = 0
_started = None

def now():
    return time.time()

def start():
    global _started
    _started = now()

def elapsed():
    return now() - _started

def price(n):
    return n * RATE

def label(n):
    return f"{n} {SETTINGS['currency']}"

def tick():
    global counter
    counter += 1
# ---- wrong
RATE = 2
SETTINGS = {"currency": "NOK"}
counter = 0
def now(): return 0
def start(): pass
def elapsed(): return 7.5
def price(n): return n * 2
def label(n): return f"{n} NOK"
def tick(): pass
