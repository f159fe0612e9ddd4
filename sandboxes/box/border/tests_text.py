"""The tests' own text: what it says of not-a-number and of the arguments that it hands out, and the code that is run.

Every ordering with not-a-number is false, so `if abs(f(x) - y) > 1e-6: raise` lets it pass. The solution may return it
only where the tests speak of it: in a test (or a statement of the module) that names it or asks `x != x`, or anywhere
if a helper, a constant or the prelude does. What arithmetic of the tests makes of infinities is not-a-number too, so
an operand of `<`, `<=`, `>`, `>=` that is one ends the tests, but for an `assert` that it fails anyway.
"""

import ast
import functools
import re
import sys
import types
from collections.abc import Callable, Iterable, Iterator
from typing import NoReturn, TypeVar

from temper.sandboxes.box.border import arguments

Operand = TypeVar("Operand")
ORDERED = "<ordered>"
"""A name that no code can have."""
ORDERINGS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
CONDITIONS = (ast.If, ast.IfExp, ast.While, ast.BoolOp, ast.Try, ast.Match)
SPEAKS = re.compile(r"(?i)(?<![a-z])(?:is|all|any)?nans?(?![a-z])|not.a.number")
ORDERING = re.compile(r"<(?!<)|(?<![->])>(?!>)")
PLAIN_ASSERT = re.compile(r"\s*assert (?!.*(?:\b(?:not|if|any|sum|is|lambda)\b|[=!]=)).*")
Lines = tuple[int, int]


class TestsText:
    def __init__(self, code: str, prelude: str, file: str) -> None:
        self.text, self.prelude, self.file, self.module = code, prelude, file, file.removesuffix(".py")

    @functools.cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    def compiled(self) -> types.CodeType:
        lines = [line for line in self.text.splitlines() if ORDERING.search(line)]
        if all(PLAIN_ASSERT.fullmatch(line) for line in lines):  # a tree costs more than most tests
            return compile(self.text, self.file, "exec", dont_inherit=True)
        tree = Orderings(self).visit(ast.parse(self.text))
        return compile(ast.fix_missing_locations(tree), self.file, "exec", dont_inherit=True)

    # -- not-a-number

    def speaks_of_nan_here(self) -> bool:
        """Whether a line that is being run does."""
        return self._speaks_everywhere or any(self.speaks_of_nan(frame.f_lineno) for frame in self.frames())

    def speaks_of_nan(self, line: int) -> bool:
        return self._speaks_everywhere or any(first <= line <= last for first, last, _ in self._speaking)

    @functools.cached_property
    def _speaking(self) -> list[tuple[int, int, bool]]:
        """(first line, last line, whether it is a test) of each part that speaks of not-a-number."""
        parts = [part for part in parts_of(self.tree.body) if speaks_of_nan(part)]
        return [(first_line(part), part.end_lineno or part.lineno, is_test(part)) for part in parts]

    @functools.cached_property
    def _speaks_everywhere(self) -> bool:
        return SPEAKS.search(self.prelude) is not None or not all(test for *_, test in self._speaking)

    # -- what is being run

    def frames(self) -> Iterator[types.FrameType]:
        """Of this thread, those of the tests, innermost first."""
        frame: types.FrameType | None = sys._getframe()
        while frame is not None:
            if frame.f_code.co_filename == self.file:
                yield frame
            frame = frame.f_back

    def is_conditional_here(self) -> bool:
        """Whether a line that is being run is run in some cases only."""
        spans = [(node.lineno, node.end_lineno or 0) for node in ast.walk(self.tree) if isinstance(node, CONDITIONS)]
        return any(first <= frame.f_lineno <= last for frame in self.frames() for first, last in spans)

    def shares_arguments_here(self) -> bool:
        """Whether the call that is being made has its arguments in common with one that it is compared with."""
        frame = next(self.frames(), None)
        if frame is None:
            return False
        line, last_line, column, last_column = list(frame.f_code.co_positions())[frame.f_lasti // 2]
        return (line, column, last_line, last_column) in self._sharing

    @functools.cached_property
    def _sharing(self) -> set[tuple[int, int, int | None, int | None]]:
        calls = arguments.sharing_calls(self.tree)
        return {(call.lineno, call.col_offset, call.end_lineno, call.end_col_offset) for call in calls}


def parts_of(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of the module, and those of its classes in place of them."""
    for statement in body:
        yield from parts_of(statement.body) if isinstance(statement, ast.ClassDef) else [statement]


def is_test(part: ast.stmt) -> bool:
    if isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return part.name.startswith("test")
    return isinstance(part, (ast.Assert, ast.Expr, ast.If, ast.For, ast.While, ast.With, ast.Try))


def first_line(part: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(part, "decorator_list", [])
    return min([part.lineno, *(item.lineno for item in decorators)])


def speaks_of_nan(part: ast.AST) -> bool:
    for node in ast.walk(part):
        texts = [getattr(node, key, None) for key in ("id", "attr", "arg", "value", "name")]
        if any(isinstance(text, str) and SPEAKS.search(text) for text in texts) or asks_itself(node):
            return True
    return False


def asks_itself(node: ast.AST) -> bool:
    """`x != x`, which is true of not-a-number alone."""
    if not isinstance(node, ast.Compare) or not isinstance(node.ops[0], ast.NotEq):
        return False
    return ast.dump(node.left) == ast.dump(node.comparators[0])


class Orderings(ast.NodeTransformer):
    """Has every operand of an ordering looked at first."""

    def __init__(self, tests: TestsText) -> None:
        self.tests = tests

    def visit_Compare(self, node: ast.Compare) -> ast.Compare:
        self.generic_visit(node)
        if any(isinstance(op, ORDERINGS) for op in node.ops) and not self.tests.speaks_of_nan(node.lineno):
            node.left = looked_at(node.left)
            node.comparators = [looked_at(item) for item in node.comparators]
        return node


def looked_at(operand: ast.expr) -> ast.expr:
    return ast.copy_location(ast.Call(ast.Name(ORDERED, ast.Load()), [operand], []), operand)


def ordered(fail: Callable[[str], NoReturn]) -> Callable[[Operand], Operand]:
    def checked(value: Operand) -> Operand:
        items: Iterable[object] = value if type(value) in (list, tuple) else [value]  # type: ignore[assignment]
        if any(isinstance(item, float) and item != item for item in items):
            fail("a comparison of the tests met not-a-number")
        return value

    return checked
