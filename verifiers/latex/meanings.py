"""What an answer can say."""

from dataclasses import dataclass

from temper.verifiers.latex.algebra import Value
from temper.verifiers.latex.parsing.cursor import Node


@dataclass(frozen=True, slots=True)
class Quantity:
    value: Value | None
    """None where the algebra has no form for it; the tree may still have a value at a point."""
    node: Node
    unit: str = ""
    percent: bool = False
    places: int | None = None
    """Decimal places, for a decimal that stands alone."""
    letters: "Quantity | None" = None
    """The other reading of `5 m`: the number with its unit, where this one is a product of names."""


@dataclass(frozen=True, slots=True)
class Words:
    text: str


@dataclass(frozen=True, slots=True)
class Collection:
    kind: str
    """list, {}, (), (], [), [], union, cap, difference, matrix, chain, rem, equal, going"""
    items: tuple["Meaning", ...]
    joined: str = ","
    """What stands between the items of a list: `,`, `or`, `and`, `by` of dimensions; of a line its parameter, as
    `along t`."""
    about: str = ""
    """The variable of an interval that was written as an inequality: x in `x > 2`."""


@dataclass(frozen=True, slots=True)
class Relation:
    """left op right, where the operator is <, <=, != or =."""

    op: str
    left: Value
    right: Value
    sides: tuple[Node, Node]


@dataclass(frozen=True, slots=True)
class Named:
    """`x = 5`, `f(x) = x + 1`, `(x, y) = (1, 2)`, `AB = 3`, `the minimum is 4`."""

    label: str
    item: "Meaning"
    equation: Relation | None = None
    """The same as an equation, where both sides have a value."""
    told: bool = True
    """Whether the left side only names what the right one is; `2x` of `2x = 8` does more."""
    loose: bool = True
    """Whether it may be such a name: `x + y` of `x + y = 5` may be what was asked for."""


@dataclass(frozen=True, slots=True)
class Ratio:
    parts: tuple[Value, ...]
    clock: tuple[int, ...] = ()
    """Hours, minutes, seconds, where the text can be a time of day."""
    half: str = ""
    """am, pm, or empty."""


@dataclass(frozen=True, slots=True)
class Based:
    """A number in another base, by its digits."""

    digits: str
    base: int


@dataclass(frozen=True, slots=True)
class Approximate:
    """`exact = decimal`, up to the digits shown."""

    exact: "Meaning"
    decimal: Quantity


@dataclass(frozen=True, slots=True)
class Numbers:
    """A class of numbers: the reals, odd integers, multiples of 3."""

    kinds: frozenset[str]
    of: Value | None = None


@dataclass(frozen=True, slots=True)
class Congruence:
    name: str
    rest: Value
    modulus: Value
    begins: bool = False
    """Whether it is a sequence that begins with the rest: `1, 3, 5, ...`."""


@dataclass(frozen=True, slots=True)
class Member:
    """`k in Z`, `n is odd`."""

    names: str
    numbers: Numbers


@dataclass(frozen=True, slots=True)
class Given:
    """What holds under conditions."""

    item: "Meaning"
    conditions: tuple["Meaning", ...]


@dataclass(frozen=True, slots=True)
class Cases:
    """One value for each condition."""

    rows: tuple[Given, ...]


@dataclass(frozen=True, slots=True)
class Option:
    """A letter of a choice, with what it stands for."""

    letter: str
    item: "Meaning"


Meaning = (
    Quantity | Words | Collection | Relation | Named | Ratio | Based | Approximate | Numbers | Congruence | Member
    | Given | Cases | Option
)  # fmt: skip
