# in: {"kind": "circle", "radius": 2}
# in: {"kind": "square", "side": 3}
# out: circle 12.57
# out: square 9.00
import json
import math
import sys
from dataclasses import dataclass, field
from enum import StrEnum, auto
from typing import Protocol, assert_never


class Kind(StrEnum):
    CIRCLE = auto()
    SQUARE = auto()


class HasArea(Protocol):
    def area(self) -> float: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Circle:
    radius: float
    name: str = field(default="circle", init=False)

    def area(self) -> float:
        return math.pi * self.radius**2


@dataclass(frozen=True, slots=True, kw_only=True)
class Square:
    side: float

    def area(self) -> float:
        return self.side**2


def parse(line: str) -> tuple[Kind, HasArea]:
    match json.loads(line):
        case {"kind": "circle", "radius": float() | int() as radius}:
            return Kind.CIRCLE, Circle(radius=radius)
        case {"kind": "square", "side": float() | int() as side}:
            return Kind.SQUARE, Square(side=side)
        case other:
            assert_never(other)


for kind, shape in map(parse, sys.stdin):
    print(f"{kind} {shape.area():.2f}")
