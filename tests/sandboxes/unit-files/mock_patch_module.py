from unittest.mock import MagicMock, patch
import pytest
import solution
from solution import Weather, roll, wait_for

@patch("solution.random.randint", return_value=4)
def test_roll(randint):
    assert roll(3) == 12
    assert randint.call_count == 3
    randint.assert_called_with(1, 6)

def test_sleep():
    with patch("solution.time.sleep") as sleep:
        assert wait_for(lambda: True) == 0
        sleep.assert_not_called()
    ready = iter([False, False, True])
    with patch("time.sleep") as sleep:
        assert wait_for(lambda: next(ready), pause=0.5) == 2
        sleep.assert_called_with(0.5)

def test_fetch():
    client = MagicMock()
    client.get.return_value = {"temp": 21.5}
    weather = Weather(client)
    assert weather.temperature("Oslo") == 21.5
    client.get.assert_called_once_with("/weather", city="Oslo")

def test_fetch_error():
    client = MagicMock()
    client.get.side_effect = TimeoutError("slow")
    assert Weather(client).temperature("Oslo") is None

def test_patched_method():
    with patch.object(Weather, "temperature", return_value=-3):
        assert Weather(None).is_freezing("Oslo")
    with patch.object(Weather, "temperature", return_value=12):
        assert not Weather(None).is_freezing("Oslo")

def test_function_of_the_module(monkeypatch):
    monkeypatch.setattr(solution, "roll", lambda n: 99)
    assert solution.lucky() is True
    monkeypatch.undo()
    with patch("solution.roll", return_value=1):
        assert solution.lucky() is False
# ---- right
import random
import time

def roll(n):
    return sum(random.randint(1, 6) for _ in range(n))

def lucky():
    return roll(2) > 10

def wait_for(ready, pause=0.1):
    waited = 0
    while not ready():
        time.sleep(pause)
        waited += 1
    return waited

class Weather:
    def __init__(self, client):
        self.client = client

    def temperature(self, city):
        try:
            return self.client.get("/weather", city=city)["temp"]
        except TimeoutError:
            return None

    def is_freezing(self, city):
        return self.temperature(city) < 0
# ---- wrong
import random, time
def roll(n): return 12
def lucky(): return True
def wait_for(ready, pause=0.1): return 0
class Weather:
    def __init__(self, client): self.client = client
    def temperature(self, city): return 21.5
    def is_freezing(self, city): return True
