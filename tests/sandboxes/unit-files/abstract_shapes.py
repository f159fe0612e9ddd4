import pytest
from solution import Circle, Rectangle, Shape

def test_shape_is_abstract():
    with pytest.raises(TypeError):
        Shape()

def test_areas():
    assert Rectangle(2, 3).area() == 6
    assert Circle(1).area() == pytest.approx(3.14159265)

def test_subclass_of_our_own():
    class Square(Shape):
        def __init__(self, side):
            self.side = side

        def area(self):
            return self.side ** 2

    assert Square(4).describe() == "Square of area 16"
    assert isinstance(Square(4), Shape)

def test_incomplete_subclass():
    class Blob(Shape):
        pass

    with pytest.raises(TypeError):
        Blob()
# ---- right
import math
from abc import ABC, abstractmethod

class Shape(ABC):
    @abstractmethod
    def area(self): ...

    def describe(self):
        return f"{type(self).__name__} of area {self.area()}"

class Rectangle(Shape):
    def __init__(self, w, h):
        self.w, self.h = w, h

    def area(self):
        return self.w * self.h

class Circle(Shape):
    def __init__(self, r):
        self.r = r

    def area(self):
        return math.pi * self.r ** 2
# ---- wrong
class Shape:
    def area(self): return 6
    def describe(self): return "Square of area 16"
class Rectangle(Shape):
    def __init__(self, *a): pass
class Circle(Shape):
    def __init__(self, r): pass
    def area(self): return 3.14159265
