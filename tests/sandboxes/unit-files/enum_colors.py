from enum import Enum
import pytest
from solution import Color, Permission, Priority, mix

def test_members():
    assert [color.name for color in Color] == ["RED", "GREEN", "BLUE"]
    assert Color.RED.value == 1
    assert Color(2) is Color.GREEN
    assert Color["BLUE"] == Color.BLUE
    assert len(Color) == 3
    assert issubclass(Color, Enum)
    assert isinstance(Color.RED, Color)

def test_bad_value():
    with pytest.raises(ValueError):
        Color(9)
    with pytest.raises(KeyError):
        Color["PINK"]

def test_mix():
    assert mix(Color.RED, Color.RED) is Color.RED
    assert mix(Color.RED, Color.BLUE) == {Color.RED, Color.BLUE}

def test_priority():
    assert Priority.HIGH > Priority.LOW
    assert Priority.HIGH == 3
    assert sorted([Priority.HIGH, Priority.LOW]) == [Priority.LOW, Priority.HIGH]
    assert Priority.parse("high") is Priority.HIGH
    assert str(Priority.LOW) == "low priority"

def test_flags():
    both = Permission.READ | Permission.WRITE
    assert Permission.READ in both
    assert Permission.EXECUTE not in both
    assert both & Permission.READ == Permission.READ
# ---- right
from enum import Enum, Flag, IntEnum, auto

class Color(Enum):
    RED = 1
    GREEN = 2
    BLUE = 3

def mix(a, b):
    return a if a is b else {a, b}

class Priority(IntEnum):
    LOW = 1
    HIGH = 3

    @classmethod
    def parse(cls, text):
        return cls[text.upper()]

    def __str__(self):
        return f"{self.name.lower()} priority"

class Permission(Flag):
    READ = auto()
    WRITE = auto()
    EXECUTE = auto()
# ---- wrong
from enum import Enum, Flag, IntEnum, auto

class Color(Enum):
    RED = 1
    GREEN = 2
    BLUE = 3

def mix(a, b): return a

class Priority(IntEnum):
    LOW = 1
    HIGH = 2

class Permission(Flag):
    READ = auto()
    WRITE = auto()
    EXECUTE = auto()
