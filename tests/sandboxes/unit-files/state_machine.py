from enum import Enum, auto
import pytest
from solution import InvalidTransition, State, TrafficLight, Turnstile

def test_cycle():
    light = TrafficLight()
    assert light.state is State.RED
    seen = [light.next() for _ in range(4)]
    assert seen == [State.GREEN, State.YELLOW, State.RED, State.GREEN]
    assert light.state.name == "GREEN"

def test_hooks_are_called():
    events = []
    light = TrafficLight(on_change=lambda old, new: events.append((old, new)))
    light.next()
    assert events == [(State.RED, State.GREEN)]
    assert {old for old, _ in events} == {State.RED}

def test_state_as_key():
    durations = {State.RED: 30, State.GREEN: 25, State.YELLOW: 5}
    light = TrafficLight(durations=durations)
    assert light.duration() == 30
    light.next()
    assert light.duration() == 25

def test_turnstile():
    gate = Turnstile()
    with pytest.raises(InvalidTransition, match="locked"):
        gate.push()
    gate.coin()
    gate.push()
    assert gate.history == ["coin", "push"]
    assert gate.locked

def test_our_own_states():
    class Door(Enum):
        OPEN = auto()
        CLOSED = auto()

    machine = Turnstile.with_states(Door.CLOSED, {Door.CLOSED: Door.OPEN, Door.OPEN: Door.CLOSED})
    assert machine.step() is Door.OPEN
    assert machine.step() is Door.CLOSED
# ---- right
from enum import Enum

class State(Enum):
    RED = "red"
    GREEN = "green"
    YELLOW = "yellow"

class InvalidTransition(RuntimeError):
    pass

class TrafficLight:
    NEXT = {State.RED: State.GREEN, State.GREEN: State.YELLOW, State.YELLOW: State.RED}

    def __init__(self, on_change=None, durations=None):
        self.state, self.on_change, self.durations = State.RED, on_change, durations or {}

    def next(self):
        old, self.state = self.state, self.NEXT[self.state]
        if self.on_change:
            self.on_change(old, self.state)
        return self.state

    def duration(self):
        return self.durations[self.state]

class Turnstile:
    def __init__(self):
        self.locked, self.history = True, []

    def coin(self):
        self.locked = False
        self.history.append("coin")

    def push(self):
        if self.locked:
            raise InvalidTransition("it is locked")
        self.locked = True
        self.history.append("push")

    @staticmethod
    def with_states(start, table):
        return Machine(start, table)

class Machine:
    def __init__(self, state, table):
        self.state, self.table = state, table

    def step(self):
        self.state = self.table[self.state]
        return self.state
# ---- wrong
from enum import Enum
class State(Enum):
    RED = 1
    GREEN = 2
    YELLOW = 3
class InvalidTransition(RuntimeError): pass
class TrafficLight:
    def __init__(self, on_change=None, durations=None): self.state = State.RED
    def next(self):
        self.state = State.GREEN
        return self.state
    def duration(self): return 30
class Turnstile:
    locked, history = True, ["coin", "push"]
    def coin(self): pass
    def push(self): raise InvalidTransition("locked")
    with_states = None
