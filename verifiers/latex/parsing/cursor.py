"""The trees of an answer, and a position in its tokens.

The grammar is functions of a position, a file for each level: `atoms`, `calls`, `brackets`, `expressions`, `measures`,
`statements`, `label`, `grammar`. What a lower level asks of a higher one stands here by name.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import NamedTuple

from temper.verifiers.latex.algebra import UnreadableError
from temper.verifiers.latex.parsing.tokens import END, MAX_DEPTH, Token

ORDERS = frozenset(("<", "<=", ">", ">="))
RELATIONS = ORDERS | {"=", "!=", "in", "approx", "equiv"}
"""Operators between two sides of a statement."""


class Node(NamedTuple):
    kind: str
    """Values: num, name, const, inf, sum, product, neg, inverse, pow, pm, call, root, log, degree, percent, mixed,
    based, big, limit. Answers: list, group, matrix, union, cap, difference, relation, member, named, words, class,
    quantity, letters, compound, ratio, clock, approx, congruence, given, builder, cases, option, going. Sums and
    products are flat, so that a long one is not a deep one."""
    args: tuple["Node", ...] = ()
    text: str = ""


def has_signs(node: Node) -> bool:
    return node.kind == "pm" or any(has_signs(part) for part in node.args)


def with_sign(node: Node, sign: int) -> Node:
    """The tree under one choice of its `+-`; every one of a tree takes the same."""
    args = tuple(with_sign(part, sign) for part in node.args)
    if node.kind != "pm":
        return node._replace(args=args)
    return args[0] if (sign > 0) == (node.text == "pm") else Node("neg", args)


class Cursor(ABC):
    """A position in the tokens."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.at = 0
        self.depth = 0
        self.bars = 0
        """How many `|...|` are open."""
        self.currency = ""
        """The sign of money that stood before a number of this item."""
        self.has_words = any(token.kind == "word" for token in tokens)
        self.has_bars = any(token.text in ("|", ":") for token in tokens)

    @abstractmethod
    def list_(self) -> Node:
        """What may stand inside brackets and braces."""

    @abstractmethod
    def sum(self) -> Node:
        """One value."""

    @abstractmethod
    def product(self) -> Node:
        """One term of a sum."""

    @abstractmethod
    def signed(self) -> Node:
        """One factor with its sign."""

    @abstractmethod
    def power(self) -> Node:
        """One factor."""

    @abstractmethod
    def starts_factor(self) -> bool:
        """Whether what stands here goes on with a product."""

    @abstractmethod
    def bracket(self) -> Node:
        """A bracketed group, with what it closes as."""

    @abstractmethod
    def environment(self) -> Node:
        """A LaTeX environment."""

    @abstractmethod
    def function(self) -> Node:
        """A function with what it applies to."""

    @property
    def now(self) -> Token:
        return self.tokens[self.at] if self.at < len(self.tokens) else END

    def peek(self, ahead: int = 1) -> Token:
        return self.tokens[self.at + ahead] if 0 <= self.at + ahead < len(self.tokens) else END

    def take(self) -> Token:
        token = self.now
        self.at += 1
        return token

    def is_(self, kind: str, *texts: str) -> bool:
        token = self.tokens[self.at] if self.at < len(self.tokens) else END
        return token.kind == kind and (not texts or token.text in texts)

    def skip(self, kind: str, *texts: str) -> bool:
        if self.is_(kind, *texts):
            self.at += 1
            return True
        return False

    def expect(self, kind: str, text: str) -> None:
        if not self.skip(kind, text):
            raise self.fail()

    def fail(self) -> UnreadableError:
        return UnreadableError(
            f"{self.now.text!r} where a value should stand" if self.now is not END else "it ends too soon"
        )

    def nest(self, what: str) -> None:
        """One level of nesting deeper; its end is `self.depth -= 1`. Raises UnreadableError below MAX_DEPTH."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise UnreadableError(f"{what} more than {MAX_DEPTH} deep")

    def mark(self) -> tuple[int, int]:
        """Where to `reset` to when what begins here turns out to be something else."""
        return self.at, self.depth

    def reset(self, mark: tuple[int, int]) -> None:
        self.at, self.depth = mark

    def till(self, stop: int, read: Callable[[], Node]) -> Node | None:
        """What `read` makes of the tokens before `stop` as if there were no others; None where it cannot read them, or
        leaves some."""
        rest, self.tokens[stop:] = self.tokens[stop:], []
        try:
            found = read()
            return found if self.now is END else None
        except UnreadableError:
            return None
        finally:
            self.tokens.extend(rest)

    def closing(self) -> int:
        """Where the bracket that opens here closes; the end of the tokens where it does not."""
        depth = 0
        for at in range(self.at, len(self.tokens)):
            kind = self.tokens[at].kind
            depth += (kind == "open") - (kind == "close")
            if depth == 0:
                return at
        return len(self.tokens)
