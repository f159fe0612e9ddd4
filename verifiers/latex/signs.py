"""The sign `+-`, which is two values in one."""

from temper.verifiers.latex.parsing.cursor import Node


def has_signs(node: Node) -> bool:
    return node.kind == "pm" or any(has_signs(part) for part in node.args)


def with_sign(node: Node, sign: int) -> Node:
    """The tree under one choice of its `+-`; every one of a tree takes the same."""
    args = tuple(with_sign(part, sign) for part in node.args)
    if node.kind != "pm":
        return node._replace(args=args)
    return args[0] if (sign > 0) == (node.text == "pm") else Node("neg", args)
