"""Letters of an answer that may be any letter: the argument of a function, the constants and counters of a family.

`f(z) = z` is `f(x) = x`; `3t, t an integer` is `3k`; `c x` is `k x` where both are any constant. A letter is renamed
only where one side alone has it, so `a x + b` is never `b x + a`.
"""

import itertools
import re
from collections.abc import Iterator

from temper.verifiers.latex.evaluation import is_infinite
from temper.verifiers.latex.families import has_pi
from temper.verifiers.latex.parsing.cursor import ORDERS, Node
from temper.verifiers.latex.sampling import names_of
from temper.verifiers.latex.vectors import vector

MAX_RENAMED = 3
_COUNTERS = {"k", "n", "m", "l", "j", "t"}
_CONSTANTS = {"a", "b", "c", "d", "A", "B", "C", "D", "k", "K", "m", "n", "t", "p", "q", "r", "\\lambda", "\\alpha"}
_INDEXED = re.compile("[Cc]_[1-9]")
_ALONG = {"t", "s", "k", "u", "\\lambda", "\\mu", "\\theta", "\\phi"}
"""Letters for the parameter of a line or a curve."""
_INTEGRATION = {"C", "c", "K", "C_1", "c_1", "C_0"}
"""Letters for a constant that an integral leaves open."""
_FREE = {"C", "c", "K", "C_1", "c_1"}
"""Letters of a constant in a family of curves, `x^2 + y^2 = C x`."""
_SOLUTION = {*_INTEGRATION, "A", "k", "A_1", "C_2"}
"""Letters for the constant of a differential equation's solution, `y = C e^x`."""


def renamings(key: Node, given: Node) -> Iterator[Node]:
    """The given tree, and then with letters of its own as the key's, in every way that both allow."""
    yield given
    ours, theirs = names_of(key), names_of(given)
    yield from _constants_in_any_order(given, ours, theirs)
    if ours == theirs:
        return
    left, right = sorted(ours - theirs - _ordered(_inner(key))), sorted(theirs - ours - _ordered(_inner(given)))
    if not 0 < len(left) == len(right) <= MAX_RENAMED or "name" in (key.kind, given.kind):
        return
    roles = _Roles(key, given)
    for names in itertools.permutations(left):
        if all(roles.may_rename(new, old) for old, new in zip(right, names, strict=True)):
            yield _renamed(given, dict(zip(right, names, strict=True)))


def said_of_others(key: Node, given: Node) -> bool:
    """Whether both are inequalities, each of one name alone, and of another one: `x > 2` and `y > 2`."""
    ours, theirs = _ordered(key), _ordered(given)
    return len(ours) == len(theirs) == 1 and ours != theirs


def _ordered(node: Node) -> set[str]:
    """The names that stand alone on a side of an inequality; empty for what is no list of inequalities."""
    if node.kind == "list":
        found = [_ordered(part) for part in node.args]
        return set[str]().union(*found) if all(found) else set()
    if node.kind == "named" and len(node.text) == 1 and _is_interval(node.args[0]):
        return {node.text}
    if node.kind != "relation" or not {*node.text.split()} <= ORDERS:
        return set()
    return {side.text for side in node.args if side.kind == "name"} - {"_"}


def _is_interval(node: Node) -> bool:
    """Of `x \\in [0, 4]`; `(0, 4)` may be a point."""
    if node.kind == "union":
        return any(map(_is_interval, node.args))
    return node.kind == "group" and ("[" in node.text or "]" in node.text or any(map(is_infinite, node.args)))


def _constants_in_any_order(given: Node, *sides: set[str]) -> Iterator[Node]:
    """`C_1 e^x + C_2 e^(-x)` with its constants in any order and by other letters, where one side has them with an
    index, which says that they are arbitrary."""
    indexed = [{name for name in names if _INDEXED.fullmatch(name)} for names in sides]
    if not any(map(bool, indexed)):
        return
    ours, theirs = (sorted(own or (sides[i] - sides[1 - i]) & _CONSTANTS) for i, own in enumerate(indexed))
    if not 2 <= len(ours) == len(theirs) <= MAX_RENAMED:
        return
    for names in itertools.permutations(ours):
        if list(names) != theirs:
            yield _renamed(given, dict(zip(theirs, names, strict=True)))


class _Roles:
    """What each letter of both trees is."""

    def __init__(self, key: Node, given: Node) -> None:
        self.trees = key, given
        self.bound = _arguments(key), _arguments(given)
        self.declared = _declared(key), _declared(given)
        self.is_function = bool(self.bound[0] or self.bound[1])
        self.are_equations = key.kind == given.kind == "relation" and key.text == given.text == "="
        self.is_curve = key.kind == "named" and key.text == "y"
        self.is_line = _is_line(_inner(key)) and _is_line(_inner(given))
        self.counts = all(has_pi(tree) or _has_short_label(tree) for tree in (key, given))

    def _is_added(self, name: str, side: int) -> bool:
        """Whether it stands as the constant of an integral does: as a term, or alone on a side. The C of `sin C` is an
        angle."""
        return _has_term(self.trees[side], name)

    def may_rename(self, ours: str, theirs: str) -> bool:
        if ours in _INTEGRATION and theirs in _INTEGRATION and self._is_added(ours, 0) and self._is_added(theirs, 1):
            return True
        if self.are_equations and ours in _FREE and theirs in _FREE:
            return True
        if self.is_curve and ours in _INTEGRATION and theirs in _SOLUTION:
            return True
        bound = ours in self.bound[0], theirs in self.bound[1]
        return all(bound) or (not any(bound) and self._is_open(ours, 0) and self._is_open(theirs, 1))

    def _is_open(self, name: str, side: int) -> bool:
        if name in self.declared[side] or (self.counts and name in _COUNTERS) or (self.is_line and name in _ALONG):
            return True
        return self.is_function and name in _CONSTANTS


def _has_term(node: Node, name: str) -> bool:
    own = node.kind in ("sum", "relation", "named") and any(
        part.kind == "name" and part.text == name for part in node.args
    )
    return own or any(_has_term(part, name) for part in node.args)


def _is_line(node: Node) -> bool:
    """A vector, or its entries by their labels."""
    labelled = node.kind == "list" and all(part.kind == "named" for part in node.args)
    return labelled or bool(vector(node))


def _inner(node: Node) -> Node:
    """Without label, conditions and braces."""
    if node.kind == "relation" and node.text == "=" and node.args[0].kind == "name":
        node = node.args[-1]  # `\\vec r = (1, 0) + t (2, 1)`
    while node.kind in ("named", "given", "builder") or (node.kind == "group" and len(node.args) == 1):
        node = node.args[0]
    return node


def _arguments(node: Node) -> set[str]:
    """Names in the brackets of labels: the x of `f(x) =`, the n of `a_n =`."""
    found: set[str] = set()
    if node.kind == "named" and "(" in node.text and not node.text.startswith("("):
        found = set(node.text.partition("(")[2].rstrip(")").split(","))
    elif node.kind == "named" and "_" in node.text:
        found = {node.text.partition("_")[2]}
    return found.union(*map(_arguments, node.args))


def _declared(node: Node) -> set[str]:
    found = set(node.text.split()) if node.kind == "member" else set()
    if node.kind == "given":
        found = set[str]().union(*map(_ordered, node.args[1:])) & _COUNTERS
    return found.union(*map(_declared, node.args))


def _has_short_label(node: Node) -> bool:
    return (node.kind == "named" and len(node.text) == 1) or any(map(_has_short_label, node.args))


def _renamed(node: Node, names: dict[str, str]) -> Node:
    args = tuple(_renamed(part, names) for part in node.args)
    text = node.text
    if node.kind == "name":
        text = names.get(text, text)
    elif node.kind in ("named", "member"):
        text = _renamed_label(text, names)
    return Node(node.kind, args, text)


def _renamed_label(text: str, names: dict[str, str]) -> str:
    """Of `f(x)`, `a_n` and the names of a declaration."""
    for old, new in names.items():
        if text.endswith(f"_{old}"):
            return text.replace(f"_{old}", f"_{new}")
    before, bracket, arguments = text.partition("(")
    if before and bracket and text.endswith(")"):
        return f"{before}({','.join(names.get(name, name) for name in arguments[:-1].split(','))})"
    return " ".join(names.get(name, name) for name in text.split())
