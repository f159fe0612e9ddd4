# abstains: eval
from solution import Point

def test_repr_round_trip():
    p = Point(1, 2)
    assert eval(repr(p)) == p
# ---- right
class Point:
    def __init__(self, x, y): self.x, self.y = x, y
    def __repr__(self): return f"Point({self.x}, {self.y})"
    def __eq__(self, other): return vars(self) == vars(other)
# ---- wrong
class Point:
    def __init__(self, x, y): pass
