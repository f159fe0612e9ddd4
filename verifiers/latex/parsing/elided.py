"""Sums with dots in them, `1 + 2 + ... + n`, as sums over a counter.

The last term says the rule where a letter of it, set to whole numbers in a row, gives all terms that are listed; a sum
of numbers is arithmetic or geometric, or its terms differ in numbers in equal steps (`1^2 + 2^2 + ... + 10^2`). Where
two rules fit (`2 + 4 + ... + 64`) none is taken.
"""

from fractions import Fraction
from math import isqrt

from temper.verifiers.latex.algebra import Algebra, UnreadableError, Value
from temper.verifiers.latex.evaluation import Evaluation
from temper.verifiers.latex.parsing.cursor import Node
from temper.verifiers.latex.sampling import names_of

MAX_TERMS = 300
_STARTS = range(4)
_COUNTER = Node("name", text="#")
"""A letter that no text has."""


def elided(terms: list[Node], last: Node) -> Node:
    """Raises UnreadableError where no rule is seen."""
    if len(terms) < 2:
        raise UnreadableError("an elided sum of one term")
    values = Evaluation(Algebra(), "e")
    listed = [values.value(term) for term in terms]
    found = [sum_ for name in sorted(names_of(last)) if (sum_ := _by_letter(values, listed, last, name)) is not None]
    if not found:
        found = _by_numbers(values, listed, terms, last)
    if len(found) != 1:
        raise UnreadableError("an elided sum whose rule is not seen")
    return found[0]


def _by_letter(values: Evaluation, listed: list[Value], last: Node, name: str) -> Node | None:
    for start in _STARTS:
        terms = [values.value(_put(last, name, _number(Fraction(start + i)))) for i in range(len(listed))]
        if all(map(values.algebra.equal, listed, terms)):
            return Node("big", (_number(Fraction(start)), Node("name", text=name), _put(last, name, _COUNTER)), "sum #")
    return None


def _by_numbers(values: Evaluation, listed: list[Value], terms: list[Node], last: Node) -> list[Node]:
    numbers = [values.algebra.rational(value) for value in (*listed, values.value(last))]
    known = [number for number in numbers if number is not None]
    if len(known) < len(numbers):
        return []
    sums = {total for rule in (_arithmetic, _geometric) if (total := rule(known)) is not None}
    is_plain = all(term.kind in ("num", "neg") for term in (*terms, last))
    if is_plain and len(listed) == 2 and (_ratio_fits(known) or _squares(known)):
        return []
    if is_plain:
        return [_number(total) for total in sums]
    template = _template(terms, last)
    return [template] if template is not None else [_number(total) for total in sums if len(listed) > 2]


def _arithmetic(numbers: list[Fraction]) -> Fraction | None:
    *listed, last = numbers
    step = listed[1] - listed[0]
    if not step or any(b - a != step for a, b in zip(listed, listed[1:], strict=False)):
        return None
    count = (last - listed[0]) / step + 1
    return count * (listed[0] + last) / 2 if count.denominator == 1 and count > len(listed) else None


def _geometric(numbers: list[Fraction]) -> Fraction | None:
    *listed, last = numbers
    if len(listed) < 3 or not all(listed):
        return None
    ratio = listed[1] / listed[0]
    if abs(ratio) == 1 or any(b / a != ratio for a, b in zip(listed, listed[1:], strict=False)):
        return None
    term, total = listed[-1], sum(listed, Fraction(0))
    for _ in range(MAX_TERMS):
        term *= ratio
        total += term
        if term == last:
            return total
    return None


def _ratio_fits(numbers: list[Fraction]) -> bool:
    """Whether the last number may be a power behind the first two: `2 + 4 + ... + 64`."""
    first, second, last = numbers
    return first != 0 and _geometric([first, second, second * second / first, last]) is not None


def _squares(numbers: list[Fraction]) -> bool:
    """`1 + 4 + ... + 100`."""
    return all(number.denominator == 1 and number >= 0 for number in numbers) and all(
        isqrt(int(number)) ** 2 == number for number in numbers
    )


def _template(terms: list[Node], last: Node) -> Node | None:
    """The sum over terms that differ in whole numbers alone, each in equal steps and all up to the same count."""
    counts: set[Fraction] = set()

    def merged(parts: list[Node], end: Node) -> Node | None:
        if all(part == end for part in parts):
            return end
        if end.kind == "num" and all(part.kind == "num" for part in parts):
            numbers = [Fraction(part.text) for part in (*parts, end)]
            step = numbers[1] - numbers[0]
            if not step or any(b - a != step for a, b in zip(numbers[:-1], numbers[1:-1], strict=False)):
                return None
            counts.add((numbers[-1] - numbers[0]) / step)
            return Node("sum", (_number(numbers[0]), Node("product", (_number(step), _COUNTER))))
        if any((part.kind, part.text, len(part.args)) != (end.kind, end.text, len(end.args)) for part in parts):
            return None
        found = [merged([part.args[i] for part in parts], arg) for i, arg in enumerate(end.args)]
        args = tuple(arg for arg in found if arg is not None)
        return end._replace(args=args) if args and len(args) == len(found) else None

    body = merged(terms, last)
    if body is None or len(counts) != 1:
        return None
    count = counts.pop()
    if count.denominator != 1 or not len(terms) - 1 < count <= MAX_TERMS:
        return None
    return Node("big", (_number(Fraction(0)), _number(count), body), "sum #")


def _put(node: Node, name: str, value: Node) -> Node:
    if node.kind == "name" and node.text == name:
        return value
    return node._replace(args=tuple(_put(part, name, value) for part in node.args))


def _number(value: Fraction) -> Node:
    node = Node("num", text=str(abs(value.numerator)))
    if value.denominator != 1:
        node = Node("product", (node, Node("inverse", (Node("num", text=str(value.denominator)),))))
    return Node("neg", (node,)) if value < 0 else node
