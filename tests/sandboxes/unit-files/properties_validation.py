import pytest
from solution import Celsius, Person, Temperature

def test_property():
    t = Temperature(25)
    assert t.fahrenheit == 77
    t.fahrenheit = 212
    assert t.celsius == pytest.approx(100)

def test_setter_validates():
    t = Temperature(0)
    with pytest.raises(ValueError, match="absolute zero"):
        t.celsius = -300
    assert t.celsius == 0

def test_read_only():
    with pytest.raises(AttributeError):
        Person("Ann", "Lee").full_name = "x"

def test_computed():
    person = Person("Ann", "Lee")
    assert person.full_name == "Ann Lee"
    person.first = "Bo"
    assert person.full_name == "Bo Lee"
    assert hasattr(person, "first")
    assert not hasattr(person, "middle")
    assert vars(person) == {"first": "Bo", "last": "Lee"}

def test_class_and_static():
    assert Temperature.from_kelvin(273.15).celsius == pytest.approx(0, abs=1e-9)
    assert Temperature.is_valid(-273.16) is False
    assert Temperature.ABSOLUTE_ZERO == -273.15

def test_value_class():
    c = Celsius(20.5)
    assert isinstance(c, float)
    assert c == 20.5
    assert c + 1 == 21.5
    assert c.label() == "20.5 C"
# ---- right
class Temperature:
    ABSOLUTE_ZERO = -273.15

    def __init__(self, celsius):
        self.celsius = celsius

    @staticmethod
    def is_valid(celsius):
        return celsius >= Temperature.ABSOLUTE_ZERO

    @classmethod
    def from_kelvin(cls, kelvin):
        return cls(kelvin - 273.15)

    @property
    def celsius(self):
        return self._celsius

    @celsius.setter
    def celsius(self, value):
        if not self.is_valid(value):
            raise ValueError("below absolute zero")
        self._celsius = value

    @property
    def fahrenheit(self):
        return self.celsius * 9 / 5 + 32

    @fahrenheit.setter
    def fahrenheit(self, value):
        self.celsius = (value - 32) * 5 / 9

class Person:
    def __init__(self, first, last):
        self.first, self.last = first, last

    @property
    def full_name(self):
        return f"{self.first} {self.last}"

class Celsius(float):
    def label(self):
        return f"{float(self)} C"
# ---- wrong
class Temperature:
    ABSOLUTE_ZERO = -273.15
    def __init__(self, celsius): self.celsius = celsius; self.fahrenheit = 77
    @staticmethod
    def is_valid(c): return False
    @classmethod
    def from_kelvin(cls, k): return cls(k - 273.15)
class Person:
    def __init__(self, first, last): self.first, self.last, self.full_name = first, last, "Ann Lee"
class Celsius(float):
    def label(self): return "20.5 C"
