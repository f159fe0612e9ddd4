"""Definitions by cases as functions of one real name: the same value everywhere, however the line is cut.

`|x|` is x for x >= 0 and -x for x < 0, and where two pieces meet in one value either may have the end. Decided at the
ends of all pieces and at points between; what has another name in it, a unit or a condition that is no set of reals is
none.
"""

from collections.abc import Iterator
from itertools import pairwise

from temper.verifiers.latex.equations import substituted
from temper.verifiers.latex.meanings import Cases, Collection, Given, Meaning, Quantity, Words
from temper.verifiers.latex.parsing.cursor import Node
from temper.verifiers.latex.sampling import agree, names_of
from temper.verifiers.latex.sets import WHOLE, End, RealSet, Sets, holds, name_said

MAX_PIECES, MAX_WHOLE = 12, 30
MAX_PARTS = 200
"""Nodes of all pieces together."""
_COUNTERS = {"n", "k", "m"}
"""Names of whole numbers: a sequence by cases is one of its terms."""
_REST = ("otherwise", "else", "elsewhere")
_BETWEEN = (0.083, 0.291, 0.4773, 0.7114, 0.929)
"""Parts of the way from one end to the next; five, so that no polynomial of an answer agrees by chance."""
_BEYOND = (0.371, 1.429, 3.317, 7.919, 20.113)
_SHIFT = Node("num", text="0.61803")
"""Added on both sides, for two zeros agree in no digit."""
Piece = tuple[RealSet | None, Node]
"""Where it holds, None for the rest of the line, and its value."""


def same_function(sets: Sets, key: Meaning, given: Meaning) -> bool:
    ours, theirs = _pieces(sets, key), _pieces(sets, given)
    names = {name for side in (ours, theirs) for _, node in side for name in names_of(node)} | _said(key) | _said(given)
    if not ours or not theirs or len(names) != 1 or len(ours) + len(theirs) > MAX_PIECES:
        return False
    if sum(_parts(node) for _, node in (*ours, *theirs)) > MAX_PARTS:
        return False
    name = names.pop()
    counts = name in _COUNTERS
    for place, point in _whole_points([*ours, *theirs]) if counts else _points(sets, [*ours, *theirs]):
        left, right = _at(ours, place), _at(theirs, place)
        if left is None or right is None:
            if left is not right:
                return False
            continue
        sides = (Node("sum", (substituted(side, name, point), _SHIFT)) for side in (left, right))
        if not agree(*sides):
            return False
    return True


def _parts(node: Node) -> int:
    """How much there is to evaluate at each point; a sum of many terms is too much."""
    return MAX_PARTS + 1 if node.kind == "big" else 1 + sum(map(_parts, node.args))


def _pieces(sets: Sets, meaning: Meaning) -> list[Piece]:
    """Empty for what is no function of the real line."""
    if isinstance(meaning, Quantity):
        return [(WHOLE, meaning.node)] if not meaning.unit else []
    rows = meaning.rows if isinstance(meaning, Cases) else ()
    found: list[Piece] = []
    for row in rows:
        if not isinstance(row.item, Quantity) or row.item.unit:
            return []
        where = None if _is_rest(row) else sets.of(_condition(row))
        if (where is None and not _is_rest(row)) or (where is not None and where.domain not in ("", "real", "integer")):
            return []
        found.append((where, row.item.node))
    return sorted(found, key=lambda piece: piece[0] is None)


def _is_rest(row: Given) -> bool:
    return any(isinstance(part, Words) and part.text in _REST for part in row.conditions)


def _condition(row: Given) -> Meaning:
    return row.conditions[0] if len(row.conditions) == 1 else Collection("list", row.conditions, "and")


def _said(meaning: Meaning) -> set[str]:
    """The names of which the conditions say something."""
    if isinstance(meaning, Collection) and meaning.kind == "list":
        return set[str]().union(*map(_said, meaning.items))
    if isinstance(meaning, Cases):
        return set[str]().union(*(_said(part) for row in meaning.rows for part in row.conditions))
    return {name_said(meaning)} - {""}


def _at(pieces: list[Piece], place: float) -> Node | None:
    return next((node for where, node in pieces if where is None or holds(where, place)), None)


def _points(sets: Sets, pieces: list[Piece]) -> Iterator[tuple[float, Node]]:
    """Every end as it is written, and numbers between the ends and beyond them."""
    ends: dict[float, Node] = {}
    for where, _ in pieces:
        for end in (end for part in (where.parts if where else ()) for end in (part.low, part.high)):
            if abs(end.place) < 1e9:
                ends.setdefault(round(end.place, 9), _written(sets, end))
    places = sorted(ends) or [0.0]
    yield from ends.items()
    numbers = [places[0] - step for step in _BEYOND] + [places[-1] + step for step in _BEYOND]
    numbers += [low + (high - low) * part for low, high in pairwise(places) for part in _BETWEEN]
    yield from ((number, _number(f"{number:.7f}")) for number in numbers)


def _whole_points(pieces: list[Piece]) -> Iterator[tuple[float, Node]]:
    """Whole numbers from the lowest end to some beyond the highest."""
    ends = [end.place for where, _ in pieces if where for part in where.parts for end in (part.low, part.high)]
    places = sorted(round(place) for place in ends if abs(place) < MAX_WHOLE)
    last = places[-1] + 12 if places else 0
    yield from ((float(n), _number(str(n))) for n in range(places[0] if places else 1, last))


def _written(sets: Sets, end: End) -> Node:
    exact = sets.algebra.rational(end.value.value) if end.value is not None and end.value.value is not None else None
    if exact is None:
        return end.value.node if end.value is not None else _number("0")
    return Node("product", (_number(str(exact.numerator)), Node("inverse", (_number(str(exact.denominator)),))))


def _number(text: str) -> Node:
    size = Node("num", text=text.lstrip("-"))
    return Node("neg", (size,)) if text.startswith("-") else size
