import pytest
from solution import Line, Point, centroid

def test_point_is_a_tuple():
    p = Point(1, 2)
    assert p == (1, 2)
    assert p.x == 1 and p[1] == 2
    x, y = p
    assert (x, y) == (1, 2)
    assert isinstance(p, tuple)
    assert Point._fields == ("x", "y")
    assert p._asdict() == {"x": 1, "y": 2}
    assert p._replace(x=5) == Point(5, 2)
    assert repr(p) == "Point(x=1, y=2)"

def test_immutable():
    with pytest.raises(AttributeError):
        Point(1, 2).x = 3

def test_methods():
    assert Point(3, 4).norm() == 5.0
    assert Point(1, 1) + Point(2, 3) == Point(3, 4)

def test_line():
    line = Line(Point(0, 0), Point(3, 4))
    assert line.length == 5
    assert line.start == Point(0, 0)
    assert sorted([Point(2, 1), Point(1, 5)]) == [(1, 5), (2, 1)]

def test_centroid():
    assert centroid([Point(0, 0), Point(2, 4)]) == Point(1, 2)
    assert type(centroid([Point(0, 0)])).__name__ == "Point"
# ---- right
from typing import NamedTuple

class Point(NamedTuple):
    x: float
    y: float

    def norm(self):
        return (self.x**2 + self.y**2) ** 0.5

    def __add__(self, other):
        return Point(self.x + other.x, self.y + other.y)

class Line(NamedTuple):
    start: Point
    end: Point

    @property
    def length(self):
        return Point(self.end.x - self.start.x, self.end.y - self.start.y).norm()

def centroid(points):
    n = len(points)
    return Point(sum(p.x for p in points) / n, sum(p.y for p in points) / n)
# ---- wrong
from collections import namedtuple
Point = namedtuple("Point", "x y")
Point.norm = lambda self: self.x + self.y
Line = namedtuple("Line", "start end")
Line.length = 5
def centroid(points): return Point(1, 2)
