"""Calls of the tests that one comparison hands the same arguments.

`f(xs) == reference(xs)` asks the reference about what `f` has made of `xs`, and an `f` that empties its list and
returns it would be right whatever it should have done. So what such a call changes in place is not taken over.
"""

import ast
from collections.abc import Iterator

ONE_OBJECT = ("id", "next")
"""Calls that ask about an object itself."""


def sharing_calls(tree: ast.Module) -> Iterator[ast.Call]:
    """Both calls of each such comparison, also where names hold their results."""
    for node in ast.walk(tree):
        for body in (getattr(node, name, None) for name in ("body", "orelse", "finalbody")):
            if isinstance(body, list):
                yield from _in_block(body)


def _in_block(body: list[ast.stmt]) -> Iterator[ast.Call]:
    results: dict[str, ast.Call] = {}
    for statement in body:
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Call):
            names = [target.id for target in statement.targets if isinstance(target, ast.Name)]
            results |= dict.fromkeys(names, statement.value)
        for operands in _comparisons(statement):
            sides = [list(_calls(operand, results)) for operand in operands]
            for left, right in zip(sides, sides[1:], strict=False):
                for one in left:
                    for other in right:
                        if one is not other and given(one) and given(one) == given(other):
                            yield from (one, other)


def _comparisons(statement: ast.stmt) -> Iterator[list[ast.expr]]:
    for node in ast.walk(statement):
        if isinstance(node, ast.Compare):
            yield [node.left, *node.comparators]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node.args if node.func.attr.startswith("assert") else []


def _calls(operand: ast.expr, results: dict[str, ast.Call]) -> Iterator[ast.Call]:
    for node in ast.walk(operand):
        if isinstance(node, ast.Call):
            yield node
        elif isinstance(node, ast.Name) and node.id in results:
            yield results[node.id]


def given(call: ast.Call) -> str:
    """The arguments as text, empty where none can be changed in place."""
    if isinstance(call.func, ast.Name) and call.func.id in ONE_OBJECT:
        return ""
    items = [*call.args, *(keyword.value for keyword in call.keywords)]
    named = any(isinstance(node, ast.Name) for item in items for node in ast.walk(item))
    return "".join(ast.dump(item) for item in (*call.args, *call.keywords)) if named else ""
