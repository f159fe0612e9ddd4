"""Calculations with vectors: `(1, 2) + t(3, -1)` as the tuple of its entries."""

from temper.verifiers.latex.parsing.cursor import Node

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


def _scaled(node: Node) -> tuple[Node, ...]:
    """Numbers before one vector stand before each entry."""
    vectors = [part for part in node.args if part.kind in _MADE and vector(part)]
    if len(vectors) != 1:
        return ()
    factors = tuple(part for part in node.args if part is not vectors[0])
    return tuple(Node("product", (*factors, entry)) for entry in vector(vectors[0]))
