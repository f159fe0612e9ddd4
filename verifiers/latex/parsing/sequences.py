"""Sequences that go on (`1, 3, 5, ...`) or to an end (`1, 2, ..., 10`), and what a listed or bounded counter says of
the formula before it: `k = 1, 2, 3, ...` is a statement about k, `k = 0, 1, 2` makes three values of it."""

from itertools import pairwise

from temper.verifiers.latex.parsing.cursor import Node

MAX_VALUES = 64
MAX_NODES = 4_000
"""Of all values of a formula together; a set in a set multiplies them."""
_FROM = {"0": "integer nonnegative", "1": "integer positive"}
_COUNTERS = {"k", "n", "m", "i", "j", "l"}
"""Letters that are whole where a bound on both sides says nothing else of them; the x of `0 <= x <= 4` is real."""
_NO_FORMULAS = {"name", "num", "neg", "list", "words", "relation", "member", "class", "given", "going", "congruence"}
_I = Node("const", text="i")


def going_on(items: list[Node], conditions: list[Node], last: Node | None) -> list[Node]:
    """The items before a `...` with those that it goes on from as one sequence, up to `last` where that stands behind
    it; behind a formula the values of a letter become a statement about it: `k = 0, +-1, +-2, ...` is `k in Z`,
    `n = 2, 3, ...` is `n >= 2`, `k = 0, ..., n - 1` is `0 <= k <= n - 1`."""
    if (said := _equal(conditions[-1:])) is not None and (len(items) > 1 or last is not None):
        values = [said[1], *items[1:]]
        if (whole := _up_to(values, last)) is not None:
            return [items[0], *whole[1:]]
        conditions[-1:] = _about(said[0], values, last) or conditions[-1:]
        return items[:1]
    if items[0].kind == "given" and (said := _equal(list(items[0].args[-1:]))) is not None:
        values = [said[1], *items[1:]]
        if (whole := _up_to(values, last)) is not None:
            return [items[0], *whole[1:]]
        about = _about(said[0], values, last) if len(values) > 1 or last is not None else []
        return [items[0]._replace(args=(*items[0].args[:-1], *about))] if about else [Node("going", tuple(items))]
    start = next((i for i in range(len(items) - 1, -1, -1) if items[i].kind == "named"), None)
    if start is None:
        return _sequence(items, last)
    letter, values = items[start].text, [items[start].args[0], *items[start + 1 :]]
    if (whole := _up_to(values, last)) is not None:
        return [*items[:start], items[start]._replace(args=whole[:1]), *whole[1:]]
    if start and (about := _about(letter, values, last)):
        return [*items[:start], *about]
    first, *rest = _sequence(values, last)
    return [*items[:start], items[start]._replace(args=(first,)), *rest]


def _sequence(values: list[Node], last: Node | None) -> list[Node]:
    whole = _up_to(values, last)
    if whole is not None:
        return list(whole)
    return [Node("going", tuple(values))] + ([] if last is None else [last])


def _up_to(values: list[Node], last: Node | None) -> tuple[Node, ...] | None:
    """All values of `1, 3, ..., 9`, one apart where a single one stands before the dots; None where they are no whole
    numbers in equal steps, or too many."""
    numbers = [_whole(value) for value in (*values, *(() if last is None else (last,)))]
    known = [number for number in numbers if number is not None]
    if last is None or len(known) < len(numbers):
        return None
    *listed, end = known
    step = listed[1] - listed[0] if len(listed) > 1 else 1
    count = (end - listed[-1]) // step if step else 0
    even = all(b - a == step for a, b in pairwise(listed)) and listed[-1] + count * step == end
    if not even or not 0 < count <= MAX_VALUES - len(listed):
        return None
    return tuple(_number(listed[0] + i * step) for i in range(len(listed) + count))


def _whole(node: Node) -> int | None:
    if node.kind == "neg" and node.args[0].kind == "num":
        number = _whole(node.args[0])
        return None if number is None else -number
    return int(node.text) if node.kind == "num" and node.text.isdigit() and len(node.text) < 10 else None


def _number(value: int) -> Node:
    size = Node("num", text=str(abs(value)))
    return Node("neg", (size,)) if value < 0 else size


def _equal(conditions: list[Node]) -> tuple[str, Node] | None:
    """The letter and the number of `n = 1`."""
    if not conditions or conditions[0].kind != "relation" or conditions[0].text != "=":
        return None
    left, right = conditions[0].args[0], conditions[0].args[-1]
    return (left.text, right) if left.kind == "name" and right.kind in ("num", "neg", "pm") else None


def _about(letter: str, values: list[Node], last: Node | None) -> list[Node]:
    """What a letter is that takes these values and so on; empty where they are not one apart."""
    if last is None and len(values) > 1 and values[0].text == "0" and all(value.kind == "pm" for value in values[1:]):
        return [Node("member", (Node("class", text="integer"),), letter)]
    numbers = [int(value.text) for value in values if value.kind == "num" and value.text.isdigit()]
    if len(numbers) < len(values) or numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        return []
    if last is not None:
        return [Node("relation", (values[0], Node("name", text=letter), last), "<= <=")]
    if len(values) < 2:
        return []
    if (kind := _FROM.get(values[0].text)) is not None:
        return [Node("member", (Node("class", text=kind),), letter)]
    return [Node("relation", (Node("name", text=letter), values[0]), ">=")]


# -- counters


def counted(formula: Node, conditions: tuple[Node, ...]) -> tuple[Node, ...] | None:
    """The values of `2^k` for `k = 0, 1, 2`, for `k in {0, 1, 2}` and for `0 <= k <= 2` where k is whole; None for any
    other formula or condition."""
    if formula.kind in _NO_FORMULAS:
        return None
    if len(conditions) == 1 and conditions[0].kind == "given":
        conditions = conditions[0].args
    letter, values = _listed(conditions) or _bounded(conditions) or ("", ())
    if not letter or not 0 < len(values) <= MAX_VALUES or not _stands_in(letter, formula):
        return None
    if _size(formula) * len(values) > MAX_NODES:
        return None
    return tuple(_put(formula, letter, value) for value in values)


def each_counted(items: list[Node], conditions: list[Node]) -> list[Node] | None:
    """`x = 2^k, k = 0, 1, 2` and `2^k for k = 0, 1, 2` as three values; None for any other list."""
    first, *rest = items
    if first.kind == "given" and len(first.args) == 2 and not conditions:
        first, conditions = first.args[0], [first.args[1]]
    if len(conditions) == 1 and (said := _equal(conditions)) is not None:
        rest = [Node("named", said[1:], said[0]), *rest]
    elif conditions:
        return None
    if len(rest) < 2 or rest[0].kind != "named" or rest[0].text not in _COUNTERS:
        return None
    formula = first.args[0] if first.kind == "named" else first
    if (values := counted(formula, tuple(rest))) is None:
        return None
    return [first._replace(args=values[:1]), *values[1:]] if first.kind == "named" else list(values)


def _listed(conditions: tuple[Node, ...]) -> tuple[str, tuple[Node, ...]] | None:
    first, *rest = conditions
    if first.kind != "named" or len(first.text) != 1:
        return None
    inside = first.args[0]
    values = inside.args if inside.kind == "group" and inside.text == "{}" and not rest else (inside, *rest)
    return (first.text, tuple(values)) if all(_whole(value) is not None for value in values) else None


def _bounded(conditions: tuple[Node, ...]) -> tuple[str, tuple[Node, ...]] | None:
    """`0 <= k < 5`, with or without `k in Z`; `k in N` says nothing of 0."""
    orders = [part for part in conditions if part.kind == "relation"]
    members = [part for part in conditions if part.kind == "member"]
    if len(orders) != 1 or len(orders) + len(members) < len(conditions) or len(orders[0].args) != 3:
        return None
    (low, middle, high), signs = orders[0].args, orders[0].text.split()
    first, last = _whole(low), _whole(high)
    letter = middle.text if middle.kind == "name" or middle == _I else ""
    if first is None or last is None or not {*signs} <= {"<", "<="} or not (members or letter in _COUNTERS):
        return None
    first, last = first + (signs[0] == "<"), last - (signs[1] == "<")
    kinds = {kind for part in members for kind in part.args[0].text.split()}
    if any(part.text != letter for part in members) or not kinds <= {"integer", "natural", "positive", "nonnegative"}:
        return None
    if (members and not kinds & {"integer", "natural"}) or ("natural" in kinds and first < 1):
        return None
    if first < ("positive" in kinds) or ("nonnegative" in kinds and first < 0) or last - first >= MAX_VALUES:
        return None
    return letter, tuple(map(_number, range(first, last + 1)))


def _size(node: Node) -> int:
    return 1 + sum(map(_size, node.args))


def _stands_in(letter: str, node: Node) -> bool:
    """Free, and nowhere as the counter of a sum."""
    if node.kind in ("big", "limit"):
        return node.text.split()[1] != letter and any(_stands_in(letter, part) for part in node.args)
    own = (node.kind == "name" and node.text == letter) or (letter == "i" and node == _I)
    return own or any(_stands_in(letter, part) for part in node.args)


def _put(node: Node, letter: str, value: Node) -> Node:
    if (node.kind == "name" and node.text == letter) or (letter == "i" and node == _I):
        return value
    return node._replace(args=tuple(_put(part, letter, value) for part in node.args))
