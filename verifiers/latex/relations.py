"""Relations as what they say: a labelled value, an interval, an equation, an inequality, a chain of them."""

from typing import Protocol

from temper.verifiers.latex.algebra import Algebra, UnreadableError, Value
from temper.verifiers.latex.labels import is_label, is_loose_label, label_of
from temper.verifiers.latex.meanings import Collection, Meaning, Named, Quantity, Relation
from temper.verifiers.latex.parsing.cursor import Node, has_signs, with_sign
from temper.verifiers.latex.sampling import names_of, tends

_SAID_OF_ANSWERS = {
    "answer", "solution", "minimum", "maximum", "number", "result", "total", "sum", "product", "root", "probability",
    "area", "volume", "length", "limit", "average", "mean", "ratio", "distance", "angle", "possibility",
}  # fmt: skip
"""What an answer may be called behind itself; of any other word (`4 is wrong`) nothing is known."""


class Reads(Protocol):
    """What reads the sides of a relation."""

    algebra: Algebra

    def read(self, node: Node) -> Meaning: ...

    def value(self, node: Node) -> Value: ...

    def quantity(self, node: Node, unit: str) -> Meaning: ...

    def flat(self, nodes: tuple[Node, ...]) -> tuple[Meaning, ...]: ...


def relation(reader: Reads, node: Node) -> Meaning:
    ops = node.text.split()
    if all(op == "=" for op in ops):
        return _equation(reader, node)
    if ops == ["!="]:
        return unequal(reader, node.args[0], node.args[1])
    if (inside := _within_bars(node) if len(ops) == 1 else _between_bars(node)) is not None:
        return relation(reader, inside) if inside.kind == "relation" else reader.read(inside)
    values = [reader.value(part) for part in node.args]
    nodes = node.args
    if all(op in (">", ">=") for op in ops):
        values, ops, nodes = values[::-1], [op.replace(">", "<") for op in ops[::-1]], node.args[::-1]
    elif not all(op in ("<", "<=") for op in ops):
        raise UnreadableError("a chain of different relations")
    interval = _interval(reader, nodes, values, ops)
    if interval is not None:
        return interval
    relations = tuple(Relation(op, values[i], values[i + 1], (nodes[i], nodes[i + 1])) for i, op in enumerate(ops))
    return relations[0] if len(relations) == 1 else Collection("chain", relations)


def _equation(reader: Reads, node: Node) -> Meaning:
    """A chain of equal values is the value, one of names alone says that all of them are the same; else the left side
    names what the last one is."""
    if len(node.args) > 2 and all(part.kind == "name" for part in node.args):
        return equal_names(reader, node.args)
    *before, last_side = node.args
    if last_side.kind == "words" and last_side.text.lower().split()[-1] in _SAID_OF_ANSWERS:
        # `4 is the minimum`, `x = 5 is the only solution`
        if len(before) > 1:
            return _equation(reader, node._replace(args=tuple(before)))
        return Named(label_of(last_side), reader.read(before[0]))
    if node.args[-1].kind == "name" and not _is_open(node.args[0]):
        node = node._replace(args=node.args[::-1])
    if any(map(has_signs, node.args[:-1])):
        return Collection("list", tuple(_equation(reader, with_sign(node, sign)) for sign in (1, -1)), "or")
    if any(part.kind == "limit" or part.text.startswith("apply lim") for part in node.args[:-1]):
        node = _tending(node)
    first, last = node.args[0], reader.read(node.args[-1])
    if len(node.args) > 2 and (sides := equal_sides(reader, node.args)) is not None:
        return sides
    if not any(map(_is_open, node.args)):
        values = [reader.value(part.args[0] if part.kind == "quantity" else part) for part in node.args]
        if not all(reader.algebra.equal(values[0], value) for value in values[1:]):
            raise UnreadableError("an equation that does not hold")
        return last
    equation = None
    if isinstance(last, Quantity) and last.value and not last.unit and len(node.args) == 2 and first.kind != "ratio":
        equation = _as_relation(reader, first, last.node, last.value)
    if isinstance(last, Quantity) and last.value is not None and not names_of(last.node):
        _check_middle(reader, node.args[1:-1], last.value)
    for part in node.args[-2:0:-1]:
        last = Named(label_of(part), last) if part.kind == "name" else last
    told = is_label(first) or (equation is None and len(node.args) == 2)
    return Named(label_of(first), last, equation, told, told or is_loose_label(first))


def _tending(node: Node) -> Node:
    """`\\lim ... = 3` without the limits between the first side and the value that they have. Raises UnreadableError
    where one has another value, or one that cannot be told; a limit of `f(x)` is a label."""
    *sides, last = node.args
    if any(tends(part, last) is False for part in sides if part.kind == "limit" or part.text.startswith("apply lim")):
        raise UnreadableError("a limit that has another value, or one that cannot be told")
    kept = [part for i, part in enumerate(sides) if i == 0 or part.kind != "limit"]
    return Node("relation", (*kept, last), " ".join("=" * len(kept)))


def equal_sides(reader: Reads, sides: tuple[Node, ...]) -> Meaning | None:
    """`(x - 1)/2 = (y + 2)/3 = z`, a line in space, in any order; None where the sides derive a value one from another,
    or the first one is a label of the others (`P = U I = I^2 R`)."""
    compound = [side for side in sides if side.kind != "name" and names_of(side)]
    if len(compound) < 2 or (is_label(sides[0]) and sides[0].kind != "name"):
        return None
    names = [names_of(side) for side in sides]
    if any(len(each) > 1 for each in names) or len({*map(frozenset, names)}) < len(names):
        return None
    return Collection("equal", tuple(reader.quantity(side, "") for side in sides))


def equal_names(reader: Reads, names: tuple[Node, ...]) -> Meaning:
    """`a = b = c`, in any order."""
    return Collection("equal", tuple(reader.quantity(name, "") for name in sorted(set(names), key=lambda n: n.text)))


def _is_open(node: Node) -> bool:
    """Whether a name stands in it, or a function of which nothing else is known."""
    return node.kind == "name" or node.text.startswith("apply ") or any(map(_is_open, node.args))


def _as_relation(reader: Reads, left: Node, right: Node, value: Value) -> Relation | None:
    """None where the left side has no value, so that it can only be a label."""
    try:
        return Relation("=", reader.value(left), value, (left, right))
    except UnreadableError:
        return None


def _check_middle(reader: Reads, middle: tuple[Node, ...], last: Value) -> None:
    """`AB = 3 + 4 = 7`: what stands between and has no names is the same."""
    for part in middle:
        if not names_of(part) and not reader.algebra.equal(reader.value(part), last):
            raise UnreadableError("an equation that does not hold")


def _within_bars(node: Node) -> Node | None:
    """`|x| < 3` as -3 < x < 3, `|x| > 3` as x < -3 or x > 3; None for any other inequality."""
    left, right = node.args
    op = node.text
    if right.kind == "call" and right.text == "abs":
        left, right, op = right, left, op.translate(str.maketrans("<>", "><"))
    if left.kind != "call" or left.text != "abs" or _is_open(right):
        return None
    low = Node("neg", (right,))
    if op in ("<", "<="):
        return Node("relation", (low, left.args[0], right), f"{op} {op}")
    below = Node("relation", (left.args[0], low), op.replace(">", "<"))
    return Node("list", (below, Node("relation", (left.args[0], right), op)), "or")


def _between_bars(node: Node) -> Node | None:
    """`2 < |x| < 3` as -3 < x < -2 or 2 < x < 3; None for any other chain."""
    ops = node.text.split()
    if len(ops) != 2 or node.args[1].kind != "call" or node.args[1].text != "abs":
        return None
    low, middle, high = node.args if ops[0] in ("<", "<=") else node.args[::-1]
    if ops[0] not in ("<", "<="):
        ops = [op.replace(">", "<") for op in ops[::-1]]
    if low.kind != "num" or _is_open(high) or not {*ops} <= {"<", "<="}:
        return None
    above = Node("relation", (low, middle.args[0], high), " ".join(ops))
    below = (Node("neg", (high,)), middle.args[0], Node("neg", (low,)))
    return Node("list", (Node("relation", below, " ".join(ops[::-1])), above), "or")


def unequal(reader: Reads, left: Node, right: Node) -> Meaning:
    """`x != 2`; of several values (`x != +-2`) none."""
    value = reader.value(left)
    others = reader.flat((right,))
    if not all(isinstance(other, Quantity) and other.value is not None for other in others):
        raise UnreadableError("an inequality of what is no number")
    relations = tuple(
        Relation("!=", value, other.value, (left, other.node))
        for other in others
        if isinstance(other, Quantity) and other.value is not None
    )
    return relations[0] if len(relations) == 1 else Collection("list", relations, "and")


def _interval(reader: Reads, nodes: tuple[Node, ...], values: list[Value], ops: list[str]) -> Meaning | None:
    """a < x <= b with a name alone in its place is an interval."""
    low, high = Node("neg", (Node("inf"),)), Node("inf")
    left, right, name = "(", ")", nodes[-1]
    if len(ops) == 2 and nodes[1].kind == "name":
        name = nodes[1]
        low, high = nodes[0], nodes[2]
        left, right = "(["[ops[0] == "<="], ")]"[ops[1] == "<="]
    elif len(ops) == 1 and nodes[0].kind == "name" and nodes[1].kind != "name":
        high, right, name = nodes[1], ")]"[ops[0] == "<="], nodes[0]
    elif len(ops) == 1 and nodes[1].kind == "name" and nodes[0].kind != "name":
        low, left = nodes[0], "(["[ops[0] == "<="]
    else:
        return None
    return Collection(left + right, (reader.quantity(low, ""), reader.quantity(high, "")), about=name.text)
