"""Whether two equations say the same, and whether a value is what an equation gives for one of its letters."""

from fractions import Fraction
from itertools import combinations

from temper.verifiers.latex.algebra import ONE, Algebra, Base, Monomial, Poly, UnreadableError, Value
from temper.verifiers.latex.evaluation import Evaluation, is_infinite
from temper.verifiers.latex.functions import approximate
from temper.verifiers.latex.meanings import Collection, Meaning, Quantity, Relation
from temper.verifiers.latex.parsing.cursor import Node
from temper.verifiers.latex.sampling import names_of

_CONSTANT: Base = ("v", "C")
_LEFT_OPEN: tuple[Monomial, ...] = (frozenset({((_CONSTANT, ONE), Fraction(1))}), ONE)
"""The constant of an integral, and a number beside it."""
_OF_CURVES = {"x", "y", "t", "u", "v"}


def same_relation(algebra: Algebra, key: Relation, given: Relation) -> bool:
    """left - right agrees up to a constant factor, a positive one for an inequality; a denominator is no part of an
    equation."""
    if key.op != given.op:
        return False
    if algebra.equal(key.left, given.left) and algebra.equal(key.right, given.right):
        return True
    left, right = (algebra.add(relation.left, relation.right, -1) for relation in (key, given))
    is_equation = key.op in ("=", "!=")
    if not left.num or not right.num or (not is_equation and left.den != right.den):
        return False
    ours, theirs = _by_names(_cleared(algebra, left.num)), _by_names(_cleared(algebra, right.num))
    if is_equation and _is_integral(algebra, ours) and _is_integral(algebra, theirs):
        ours, theirs = (
            {names: value for names, value in side.items() if names not in _LEFT_OPEN} for side in (ours, theirs)
        )
    if ours.keys() != theirs.keys():
        return False
    names = next(iter(ours))
    factor = algebra.divide(ours[names], theirs[names])
    if not is_equation and not (approximate(factor) or 0) > 0:
        return False
    return all(algebra.equal(value, algebra.times(factor, theirs[part])) for part, value in ours.items())


def _is_integral(algebra: Algebra, parts: dict[Monomial, Value]) -> bool:
    """Whether it is F(x, y) = C, which is 1 - F = C as well: C stands once and alone, beside letters of a curve."""
    bases = [{base for (base, _), _ in part} for part in parts]
    curve = set[Base]().union(*bases) - {_CONSTANT}
    open_parts = [algebra.rational(parts[part]) for part in _LEFT_OPEN if part in parts]
    return (
        _LEFT_OPEN[0] in parts
        and None not in open_parts
        and sum(_CONSTANT in part for part in bases) == 1
        and bool(curve)
        and all(base[0] == "v" and base[1] in _OF_CURVES for base in curve)
    )


def _cleared(algebra: Algebra, poly: Poly) -> Poly:
    """Without negative powers of names: 1/x + y = 0 is 1 + x y = 0."""
    lowest: dict[tuple[Base, Monomial], Fraction] = {}
    for monomial in poly:
        for atom, exponent in monomial:
            if atom[0][0] == "v" and exponent < lowest.get(atom, Fraction(0)):
                lowest[atom] = exponent
    if not lowest:
        return poly
    factor = Value({frozenset((atom, -exponent) for atom, exponent in lowest.items()): Fraction(1)}, {ONE: Fraction(1)})
    return algebra.times(Value(poly, {ONE: Fraction(1)}), factor).num


def _by_names(poly: Poly) -> dict[Monomial, Value]:
    """The coefficient of each product of names."""
    parts: dict[Monomial, Poly] = {}
    for monomial, coefficient in poly.items():
        names = frozenset((atom, exponent) for atom, exponent in monomial if atom[0][0] not in ("p", "pi", "e", "i"))
        parts.setdefault(names, {})[monomial - names] = coefficient
    return {names: Value(part, {ONE: Fraction(1)}) for names, part in parts.items()}


def as_relation(values: Evaluation, meaning: Meaning) -> Relation | None:
    """An inequality, also where it was read as an interval with one end."""
    if isinstance(meaning, Relation):
        return meaning
    if not isinstance(meaning, Collection) or not meaning.about or len(meaning.items) != 2:
        return None
    name, (low, high) = Node("name", text=meaning.about), meaning.items
    if not isinstance(low, Quantity) or not isinstance(high, Quantity):
        return None
    if is_infinite(low.node) and high.value is not None and not is_infinite(high.node):
        return Relation("<=" if meaning.kind[1] == "]" else "<", values.value(name), high.value, (name, high.node))
    if is_infinite(high.node) and low.value is not None:
        return Relation("<=" if meaning.kind[0] == "[" else "<", low.value, values.value(name), (low.node, name))
    return None


def solves(values: Evaluation, equation: Relation, solution: Quantity) -> bool:
    """Whether `solution` is what the equation gives for a letter that stands in it to the first power, and not in the
    solution."""
    if solution.value is None or solution.unit:
        return False
    names = names_of(equation.sides[0]) | names_of(equation.sides[1])
    for letter in sorted(names - names_of(solution.node)):
        if not _is_linear(values.algebra, equation, letter):
            continue
        try:
            left, right = (values.value(substituted(side, letter, solution.node)) for side in equation.sides)
        except UnreadableError:
            continue
        if values.algebra.equal(left, right):
            return True
    return False


def same_line(values: Evaluation, key: Collection, given: Collection) -> bool:
    """Lines through other points of each other: `(1, 2) + t(3, -1)` and `(4, 1) + s(-6, 2)`, `(x - 1)/3 = 2 - y = z`
    and the like."""
    try:
        (axes, point, way), (others, place, direction) = (_point_and_way(values, side) for side in (key, given))
    except UnreadableError:
        return False
    if axes != others:
        return False
    between = [values.algebra.add(a, b, -1) for a, b in zip(point, place, strict=True)]
    on_it = not any(part.num for part in between) or _parallel(values.algebra, way, between)
    return on_it and _parallel(values.algebra, way, direction)


def _point_and_way(values: Evaluation, line: Collection) -> tuple[list[str], list[Value], list[Value]]:
    """The axes by their names or numbers, a point and the direction. Raises UnreadableError for what is no line."""
    nodes = [item.node for item in line.items if isinstance(item, Quantity)]
    by_sides = line.kind == "equal"
    letters = [" ".join(names_of(node)) if by_sides else line.joined.removeprefix("along ") for node in nodes]
    axes = letters if by_sides else [str(i) for i in range(len(nodes))]
    if len(nodes) < len(line.items) or len({*axes}) < len(axes) or not (by_sides or line.joined.startswith("along ")):
        raise UnreadableError("no line")
    starts, ways = [], []
    for _, letter, node in sorted(zip(axes, letters, nodes, strict=True)):
        a, b, c = (values.value(substituted(node, letter, Node("num", text=text))) for text in "012")
        step = values.algebra.add(b, a, -1)
        if not values.algebra.equal(step, values.algebra.add(c, b, -1)) or (by_sides and not step.num):
            raise UnreadableError("no line")
        # a side a + b x is the parameter t: x = -a/b + t/b
        starts.append(values.algebra.divide(values.algebra.negate(a), step) if by_sides else a)
        ways.append(values.algebra.divide(values.algebra.number(1), step) if by_sides else step)
    return sorted(axes), starts, ways


def _parallel(algebra: Algebra, a: list[Value], b: list[Value]) -> bool:
    """Neither of them zero, and one a multiple of the other."""
    if not any(part.num for part in a) or not any(part.num for part in b):
        return False
    return all(
        algebra.equal(algebra.times(a[i], b[j]), algebra.times(a[j], b[i])) for i, j in combinations(range(len(a)), 2)
    )


def _is_linear(algebra: Algebra, equation: Relation, letter: str) -> bool:
    difference = algebra.add(equation.left, equation.right, -1)
    base: Base = ("v", letter)
    return _degree(difference.num, base) == 1 and _degree(difference.den, base) == 0


def _degree(poly: Poly, base: Base) -> int | None:
    """In one name, 0 or 1; None where it stands in a function, a root or an exponent."""
    degree = 0
    for monomial in poly:
        for (inner, power), exponent in monomial:
            if inner == base and power == ONE and exponent == 1:
                degree = 1
            elif _stands_in(base, inner) or _stands_in(base, power):
                return None
    return degree


def _stands_in(base: Base, thing: object) -> bool:
    return thing == base or (isinstance(thing, tuple | frozenset) and any(_stands_in(base, part) for part in thing))


def substituted(node: Node, name: str, value: Node) -> Node:
    if node.kind == "name" and node.text == name:
        return value
    return node._replace(args=tuple(substituted(part, name, value) for part in node.args))
