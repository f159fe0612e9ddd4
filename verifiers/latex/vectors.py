"""Calculations with vectors and matrices: `(1, 2) + t(3, -1)` as the tuple of its entries."""

from collections.abc import Callable

from temper.verifiers.latex.parsing.cursor import Node
from temper.verifiers.latex.sampling import names_of

_ALONG = {"t", "s", "k", "u", "\\lambda", "\\mu"}
_MADE = ("group", "matrix", "neg", "product", "sum")


def vector(node: Node) -> tuple[Node, ...]:
    """The entries of a tuple, a column or a row, of a multiple of one, and of a sum of such of one length; empty for
    what is no vector."""
    match node.kind:
        case "group" if node.text == "()":
            return node.args
        case "matrix":
            rows = [row.args for row in node.args]
            is_line = len(rows) == 1 or all(len(row) == 1 for row in rows)
            return tuple(entry for row in rows for entry in row) if is_line else ()
        case "neg":
            return tuple(Node("neg", (entry,)) for entry in vector(node.args[0]))
        case "product":
            return _scaled(node)
        case "sum":
            if not vector(node.args[0]):
                return ()
            terms = [vector(part) for part in node.args]
            if len({len(term) for term in terms}) != 1:
                return ()
            return tuple(Node("sum", entries) for entries in zip(*terms, strict=True))
    return ()


def parameter(node: Node) -> str:
    """`along t` of a line with its point and its direction, `(1, 2) + t(3, -1)`; empty for any other sum."""
    points = [part for part in node.args if not names_of(part)]
    ways = [part for part in node.args if part.kind == "product" and len(part.args) == 2 and names_of(part)]
    if len(points) != 1 or len(ways) != 1 or len(node.args) != 2 or not vector(points[0]):
        return ""
    letters = [part.text for part in ways[0].args if part.kind == "name"]
    others = [part for part in ways[0].args if part.kind != "name" and vector(part) and not names_of(part)]
    return f"along {letters[0]}" if len(letters) == len(others) == 1 and letters[0] in _ALONG else ""


def matrix(node: Node) -> Node | None:
    """The matrix that a multiple of one, its negative or a sum of such of one shape is; None for anything else."""
    match node.kind:
        case "matrix":
            return node
        case "neg" if (inner := matrix(node.args[0])) is not None:
            return _each(inner, lambda entry: Node("neg", (entry,)))
        case "product":
            inside = [part for part in node.args if part.kind in ("matrix", "neg", "sum") and matrix(part) is not None]
            factors = tuple(part for part in node.args if part not in inside)
            inner = matrix(inside[0]) if len(inside) == 1 else None
            return None if inner is None else _each(inner, lambda entry: Node("product", (*factors, entry)))
        case "sum" if (terms := [matrix(part) for part in node.args])[0] is not None:
            shapes = {tuple(len(row.args) for row in term.args) if term is not None else () for term in terms}
            return _added([term for term in terms if term is not None]) if len(shapes) == 1 else None
    return None


def _added(terms: list[Node]) -> Node:
    rows = (zip(*(row.args for row in rows), strict=True) for rows in zip(*(term.args for term in terms), strict=True))
    return Node("matrix", tuple(Node("list", tuple(Node("sum", entries) for entries in row)) for row in rows))


def _each(whole: Node, change: Callable[[Node], Node]) -> Node:
    return whole._replace(args=tuple(row._replace(args=tuple(map(change, row.args))) for row in whole.args))


def _scaled(node: Node) -> tuple[Node, ...]:
    """Numbers before one vector stand before each entry."""
    vectors = [part for part in node.args if part.kind in _MADE and vector(part)]
    if len(vectors) != 1:
        return ()
    factors = tuple(part for part in node.args if part is not vectors[0])
    return tuple(Node("product", (*factors, entry)) for entry in vector(vectors[0]))
