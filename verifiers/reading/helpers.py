"""Helpers of unit tests that nobody defines but the solution: what they say of the solution's results is no finding.

`assert close(f(2, 3), 6)` compares nothing that the tests hold: `close` is not in the tests, so it is the completion's,
and one that says True to everything passes. Read from the row alone, so that no completion can bring it about. A name
is such a helper where every use of it in the tests is asked for its truth (always the same one: a constant would do)
and is given what the solution returned or made. Honest are functions that are asked about values of the tests anywhere
(`assert is_prime(7)`), whose result is compared (`assert decode(encode(x)) == x`), or that must say both yes and no.
A call that stands alone (`check_close(f(2), 4)`) is one where its name says that it asserts.
"""

import ast
import builtins
import functools
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

TRUTH_OF = ("all", "any", "bool")
ASSERTS = {"assertTrue": True, "assertFalse": False, "assert_": True, "failUnless": True, "failIf": False}
COMPARES = re.compile(r"assert(?!True$|False$|_$)\w+|approx|raises|fail")
SAYS_IT_ASSERTS = re.compile(r"(?i)_*(?:assert|check|verify|expect|ensure|require)")
UNIT = "solution"
Scope = ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class Helpers:
    """What the solution would have to say of itself."""

    names: tuple[str, ...]
    others: bool
    """Whether the tests also ask what the solution cannot answer for itself."""


@functools.lru_cache(maxsize=256)
def helpers(code: str, prelude: str, entry_points: tuple[str, ...]) -> Helpers:
    """Of the tests of a row; none where they cannot be parsed here, which whoever runs them will say."""
    try:
        tree, before = ast.parse(code), ast.parse(prelude)
        found = _Tests(tree, before, entry_points)
        return Helpers(tuple(sorted(found.helpers())), found.judges)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Helpers((), True)


def asked_names(code: str, prelude: str) -> set[str]:
    """Names that the tests take of the solution."""
    try:
        tests = _Tests(ast.parse(code), ast.parse(prelude), ())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    loaded = [node for node in ast.walk(tests.tree) if isinstance(node, (ast.Name, ast.Attribute))]
    imports = [node for node in ast.walk(tests.tree) if isinstance(node, ast.ImportFrom) and node.module == UNIT]
    taken = {alias.name for node in imports for alias in node.names if alias.name != "*"}
    return (set(filter(None, map(tests.name_of, loaded))) - tests.imported) | taken


@dataclass
class _Use:
    """All that the tests do with one name of the solution's."""

    truths: set[bool] = field(default_factory=set)
    """What it must say, where its truth is all that is asked."""
    alone: bool = False
    """It stands alone somewhere, as a statement."""
    other: bool = False
    """It is asked about values of the tests, or its result is compared or kept."""


class _Tests:
    def __init__(self, tree: ast.Module, before: ast.Module, entry_points: tuple[str, ...]) -> None:
        self.tree, self.entry_points = tree, entry_points
        self.modules = {alias.asname or alias.name for alias in _imports(tree) if alias.name == UNIT}
        taken = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == UNIT]
        self.imported = {alias.asname or alias.name for node in taken for alias in node.names}
        self.bound = (_bound(tree) | _bound(before) | set(dir(builtins))) - self.imported
        self.stars = any(a.name == "*" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) for a in n.names)
        self.uses: dict[str, _Use] = defaultdict(_Use)
        self.judges = False

    def helpers(self) -> Iterator[str]:
        self._read(self.tree, frozenset())
        if self.stars and not self.modules | self.imported:
            return  # a name may be of what is imported whole
        for name, use in self.uses.items():
            asked = len(use.truths) == 1 or (use.alone and SAYS_IT_ASSERTS.match(name))
            if asked and not use.other and len(use.truths) < 2 and name not in self.entry_points:
                yield name

    def _read(self, scope: Scope, outer: frozenset[str]) -> None:
        """Every statement of one scope, with the variables that hold what the solution gave."""
        given = outer | self._parameters(scope)
        inside = list(_inside(scope))
        while more := frozenset(self._assigned(inside, given)) - given:
            given |= more
        counted: set[ast.Call] = set()
        for node in inside:
            counted |= self._asked(node, given)
        for node in inside:
            if isinstance(node, ast.Call) and node not in counted and (name := self.name_of(node.func)):
                self.uses[name].other = True
            if isinstance(node, (*FUNCTIONS, ast.Lambda)):
                self._read(node, given)

    def _asked(self, node: ast.AST, given: frozenset[str]) -> set[ast.Call]:
        """Notes what a statement asks; the calls that are used for no more than that."""
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            call = node.value
            if isinstance(call.func, ast.Attribute) and call.func.attr in ASSERTS and call.args:
                return self._truth(call.args[0], ASSERTS[call.func.attr], given)
            name = self.name_of(call.func)
            self.judges |= not name and COMPARES.match(_last_name(call.func)) is not None
            if name and self.is_given(call, given):
                self.uses[name].alone = True
                return {call}
        if isinstance(node, ast.Assert):
            return self._truth(node.test, True, given)
        if isinstance(node, ast.If) and any(map(_fails, node.body)):
            return self._truth(node.test, False, given)
        if isinstance(node, ast.With):
            self.judges |= any(COMPARES.match(_last_name(item.context_expr)) for item in node.items)
        return set()

    def _truth(self, asked: ast.expr, truth: bool, given: frozenset[str]) -> set[ast.Call]:
        if isinstance(asked, ast.UnaryOp) and isinstance(asked.op, ast.Not):
            return self._truth(asked.operand, not truth, given)
        if isinstance(asked, ast.BoolOp):
            return set().union(*(self._truth(value, truth, given) for value in asked.values))
        if isinstance(asked, ast.Compare) and (said := _said(asked)) is not None:
            return self._truth(asked.left, truth == said, given)
        if isinstance(asked, (ast.GeneratorExp, ast.ListComp)):
            return self._truth(asked.elt, truth, given | frozenset(self._assigned(asked.generators, given)))
        if isinstance(asked, ast.Call):
            if isinstance(asked.func, ast.Name) and asked.func.id in TRUTH_OF and len(asked.args) == 1:
                return self._truth(asked.args[0], truth, given)
            name = self.name_of(asked.func)
            if name and self.is_given(asked, given):
                self.uses[name].truths.add(truth)
                return {asked}
        self.judges = True
        return set()

    def is_given(self, call: ast.Call, given: frozenset[str]) -> bool:
        """Whether an argument holds what the solution returned or made."""
        parts = [*call.args, *(keyword.value for keyword in call.keywords)]
        return any(self._is_of_solution(part, given) for part in parts)

    def _is_of_solution(self, value: ast.AST, given: frozenset[str]) -> bool:
        for node in ast.walk(value):
            if isinstance(node, ast.Name) and (node.id in given or self.name_of(node)):
                return True
            if isinstance(node, ast.Attribute) and self.name_of(node):
                return True
        return False

    def name_of(self, function: ast.AST) -> str:
        """The solution's name of what is called; empty where it is the tests' own."""
        if isinstance(function, ast.Name) and function.id not in self.bound | self.modules:
            return function.id
        if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
            return function.attr if function.value.id in self.modules else ""
        return ""

    def _assigned(self, nodes: Iterable[ast.AST], given: frozenset[str]) -> Iterator[str]:
        """Variables that are given what the solution returned or made."""
        for node in nodes:
            match node:
                case ast.Assign(targets=targets, value=value) if self._is_of_solution(value, given):
                    yield from (name for target in targets for name in _names(target))
                case (
                    ast.AnnAssign(target=target, value=ast.expr() as value) | ast.NamedExpr(target=target, value=value)
                ) if self._is_of_solution(value, given):
                    yield from _names(target)
                case ast.For(target=target, iter=value) | ast.comprehension(target=target, iter=value) if (
                    self._is_of_solution(value, given)
                ):
                    yield from _names(target)
                case ast.withitem(context_expr=value, optional_vars=ast.expr() as target) if self._is_of_solution(
                    value, given
                ):
                    yield from _names(target)

    def _parameters(self, scope: Scope) -> frozenset[str]:
        """Parameters of a function of the tests that is handed a function of the solution, as in `check(candidate)`."""
        if not isinstance(scope, FUNCTIONS):
            return frozenset()
        calls = [
            node for node in ast.walk(self.tree) if isinstance(node, ast.Call) and _last_name(node.func) == scope.name
        ]
        names = [parameter.arg for parameter in scope.args.args]
        handed = {i for call in calls for i, value in enumerate(call.args) if self._is_of_solution(value, frozenset())}
        return frozenset(name for i, name in enumerate(names) if i in handed)


def _inside(scope: Scope) -> Iterator[ast.AST]:
    """The nodes of a scope, without those of functions in it but with the functions themselves."""
    waiting: list[ast.AST] = list(scope.body) if isinstance(scope.body, list) else [scope.body]
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, (*FUNCTIONS, ast.Lambda)):
            waiting += ast.iter_child_nodes(node)


def _imports(tree: ast.Module) -> Iterator[ast.alias]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from node.names


def _bound(tree: ast.Module) -> set[str]:
    """Every name that the text gives a meaning, wherever."""
    bound: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            bound.add(node.name)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            bound.add(node.id)
        elif isinstance(node, ast.alias):
            bound.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name:
            bound.add(node.name)
    return bound


def _names(target: ast.expr) -> Iterator[str]:
    return (node.id for node in ast.walk(target) if isinstance(node, ast.Name))


def _last_name(function: ast.AST) -> str:
    match function:
        case ast.Call(func=called):
            return _last_name(called)
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return str(name)
    return ""


def _said(compared: ast.Compare) -> bool | None:
    """The truth value that something must have, as in `is True` or `!= True`; None where it is compared otherwise."""
    if len(compared.ops) != 1 or not isinstance(compared.comparators[0], ast.Constant):
        return None
    value = compared.comparators[0].value
    if not isinstance(value, bool) or not isinstance(compared.ops[0], (ast.Eq, ast.Is, ast.NotEq, ast.IsNot)):
        return None
    return value == isinstance(compared.ops[0], (ast.Eq, ast.Is))


def _fails(statement: ast.stmt) -> bool:
    """Whether it ends the test: `raise`, `assert False`, `pytest.fail(...)`, `self.fail(...)`, `sys.exit(...)`."""
    if isinstance(statement, ast.Assert):
        return isinstance(statement.test, ast.Constant) and not statement.test.value
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        return _last_name(statement.value.func) in ("fail", "exit")
    return isinstance(statement, ast.Raise)
