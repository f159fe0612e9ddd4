"""Sequences that go on (`1, 3, 5, ...`), and what `n = 1, 2, 3, ...` says of the letter of a formula before it."""

from temper.verifiers.latex.parsing.cursor import Node

_FROM = {"0": "integer nonnegative", "1": "integer positive"}


def going_on(items: list[Node], conditions: list[Node]) -> list[Node]:
    """The items before a `...` with those that it goes on from as one sequence; behind a formula the values of a letter
    become a statement about it: `k = 0, +-1, +-2, ...` is `k in Z`, `n = 2, 3, ...` is `n >= 2`."""
    if (said := _equal(conditions[-1:])) is not None and len(items) > 1:
        conditions[-1:] = _about(said[0], [said[1], *items[1:]]) or conditions[-1:]
        return items[:1]
    if items[0].kind == "given" and (said := _equal(list(items[0].args[-1:]))) is not None and len(items) > 1:
        about = _about(said[0], [said[1], *items[1:]])
        return [items[0]._replace(args=(*items[0].args[:-1], *about))] if about else [Node("going", tuple(items))]
    start = next((i for i in range(len(items) - 1, -1, -1) if items[i].kind == "named"), None)
    if start is None:
        return [Node("going", tuple(items))]
    letter, values = items[start].text, [items[start].args[0], *items[start + 1 :]]
    if start and (about := _about(letter, values)):
        return [*items[:start], *about]
    return [*items[:start], items[start]._replace(args=(Node("going", tuple(values)),))]


def _equal(conditions: list[Node]) -> tuple[str, Node] | None:
    """The letter and the number of `n = 1`."""
    if not conditions or conditions[0].kind != "relation" or conditions[0].text != "=":
        return None
    left, right = conditions[0].args[0], conditions[0].args[-1]
    return (left.text, right) if left.kind == "name" and right.kind in ("num", "neg", "pm") else None


def _about(letter: str, values: list[Node]) -> list[Node]:
    """What a letter is that takes these values and so on; empty where they are not one apart."""
    if len(values) > 1 and values[0].text == "0" and all(value.kind == "pm" for value in values[1:]):
        return [Node("member", (Node("class", text="integer"),), letter)]
    numbers = [int(value.text) for value in values if value.kind == "num" and value.text.isdigit()]
    if len(numbers) < len(values) or numbers != list(range(numbers[0], numbers[0] + len(numbers))) or len(values) < 2:
        return []
    if (kind := _FROM.get(values[0].text)) is not None:
        return [Node("member", (Node("class", text=kind),), letter)]
    return [Node("relation", (Node("name", text=letter), values[0]), ">=")]
