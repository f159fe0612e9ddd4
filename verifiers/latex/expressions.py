"""One value of an answer, by recursive descent with a cap on depth: sums, products, powers, functions.

    sum      := [sign] product ((+ | - | +- | -+ | cup) product)*
    product  := signed ((* | / | :) signed | power)*    a number stands in front: `x2` is nothing
    power    := atom ('!' | % | degrees | ^ exponent)*

Two readings are fixed: an integer before a fraction of integers is a mixed number, and `a/bc` is (a/b)c. A
function without brackets takes the factors up to the next sign, operator, bracket or function. What does not
fit raises `UnreadableError`. Lists, labels, relations and brackets are in `grammar`.
"""

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass

from temper.verifiers.latex.algebra import UnreadableError
from temper.verifiers.latex.tokens import END, Token

MAX_DEPTH = 60
MAX_MARKS = 8
_APPLIED = set("fghFGH")
"""Names that stand for a function when a bracket follows at once; any other name is a factor."""


@dataclass(frozen=True, slots=True)
class Node:
    kind: str
    """num, name, const, inf, sum, product, neg, inverse, pow, pm, call, root, log, degree, percent, mixed;
    list, group, matrix, union, relation, named, words, quantity. Sums and products are flat, so that a long
    one is not a deep one."""
    args: tuple["Node", ...] = ()
    text: str = ""


class Expressions(ABC):
    """A position in the tokens, and what can be read from there as one value."""

    @abstractmethod
    def list_(self) -> Node:
        """What may stand inside brackets and braces."""

    @abstractmethod
    def bracket(self) -> Node:
        """A bracketed group, with what it closes as."""

    @abstractmethod
    def matrix(self) -> Node:
        """A LaTeX environment."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.at = 0
        self.depth = 0

    @property
    def now(self) -> Token:
        return self.tokens[self.at] if self.at < len(self.tokens) else END

    def peek(self, ahead: int = 1) -> Token:
        return self.tokens[self.at + ahead] if self.at + ahead < len(self.tokens) else END

    def take(self) -> Token:
        token = self.now
        self.at += 1
        return token

    def is_(self, kind: str, *texts: str) -> bool:
        return self.now.kind == kind and (not texts or self.now.text in texts)

    def skip(self, kind: str, *texts: str) -> bool:
        if self.is_(kind, *texts):
            self.at += 1
            return True
        return False

    def fail(self) -> UnreadableError:
        return UnreadableError(
            f"{self.now.text!r} where a value should stand" if self.now is not END else "it ends too soon"
        )

    # -- expressions

    def sum(self) -> Node:
        terms = [self.product()]
        united = [terms]
        while self.is_("op", "+", "-", "pm", "mp", "cup"):
            op = self.take().text
            term = self.product()
            if op == "cup":
                united.append(terms := [term])
            else:
                terms.append(term if op == "+" else Node("neg" if op == "-" else "pm", (term,), op))
        sums = [Node("sum", tuple(part)) if len(part) > 1 else part[0] for part in united]
        return Node("union", tuple(sums)) if len(sums) > 1 else sums[0]

    def product(self) -> Node:
        factors = [self.signed()]
        while True:
            if self.is_("op", "*", "/", ":"):
                op = self.take().text
                factor = self.signed()
                factors.append(factor if op == "*" else Node("inverse", (factor,)))
            elif self.starts_factor():
                if self.is_("num") and self.tokens[self.at - 1].kind == "num":
                    factors[-1] = self.mixed(factors[-1])
                else:
                    factors.append(self.power())
            else:
                return Node("product", tuple(factors)) if len(factors) > 1 else factors[0]

    def mixed(self, whole: Node) -> Node:
        """`6 1/64` in plain text; two numbers side by side are nothing else."""
        numerator = self.take()
        integers = whole.kind == "num" and re.fullmatch("[0-9]+", whole.text) and re.fullmatch("[0-9]+", numerator.text)
        if not (integers and numerator.spaced and self.is_("op", "/") and re.fullmatch("[0-9]+", self.peek().text)):
            raise UnreadableError("two numbers side by side")
        self.take()
        denominator = Node("num", text=self.take().text)
        return Node("mixed", (whole, Node("num", text=numerator.text), denominator))

    def starts_factor(self) -> bool:
        token = self.now
        if token.kind == "num":
            return self.tokens[self.at - 1].kind == "num"
        if token.kind in ("name", "func"):
            return True
        if token.kind == "mark":
            return token.text in ("\\pi", "\\infty")
        return token.kind == "open" and token.text != "\\{"

    def signed(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise UnreadableError(f"signs more than {MAX_DEPTH} deep")
        try:
            if self.skip("op", "-"):
                return Node("neg", (self.signed(),))
            if self.skip("op", "+"):
                return self.signed()
            if self.is_("op", "pm", "mp"):
                return Node("pm", text=self.take().text, args=(self.signed(),))
            return self.power()
        finally:
            self.depth -= 1

    def power(self) -> Node:
        node = self.atom()
        for _ in range(MAX_MARKS):
            if self.skip("op", "!"):
                node = Node("call", (node,), "!")
            elif self.skip("mark", "%"):
                node = Node("percent", (node,))
            elif self.skip("op", "^"):
                node = self.raised(node)
            else:
                return node
        raise UnreadableError(f"more than {MAX_MARKS} marks after one value")

    def raised(self, base: Node) -> Node:
        """`a^b^c` is a^(b^c)."""
        if self.skip("mark", "\\circ"):
            return self.degrees(base)
        if self.is_("open", "{") and self.peek().text == "\\circ" and self.peek(2).text == "}":
            self.at += 3
            return self.degrees(base)
        if base.kind == "num" and self.ordinal():
            return base
        exponent = self.group_or_one()
        if exponent.kind in ("list", "words", "relation", "named"):
            raise UnreadableError("an exponent that is no value")
        if self.skip("op", "^"):
            self.depth += 1
            if self.depth > MAX_DEPTH:
                raise UnreadableError(f"powers more than {MAX_DEPTH} deep")
            exponent = self.raised(exponent)
            self.depth -= 1
        return Node("pow", (base, exponent))

    def degrees(self, base: Node) -> Node:
        node = Node("degree", (base,), "1")
        if self.is_("num") and self.peek().text == "'":
            node = Node("sum", (node, Node("degree", (Node("num", text=self.take().text),), "60")))
            self.take()
        return node

    def ordinal(self) -> bool:
        """`12^{th}`, `12^{\\text{th}}`: the mark is dropped."""
        letters = ""
        ahead = 1 if self.is_("open", "{") else 0
        while self.peek(ahead).kind in ("name", "word"):
            letters += self.peek(ahead).text
            ahead += 1
        if letters not in ("th", "st", "nd", "rd"):
            return False
        self.at += ahead + (1 if self.is_("open", "{") else 0)
        return True

    def group_or_one(self) -> Node:
        """An exponent or a LaTeX argument: a group in braces, or one token with its sign."""
        if self.skip("open", "{"):
            node = self.list_()
            if not self.skip("close", "}"):
                raise self.fail()
            return node
        if self.skip("op", "-"):
            return Node("neg", (self.group_or_one(),))
        return self.atom()

    def argument(self) -> Node:
        """An argument of `\\frac`: a group, or one digit or letter, as in `\\frac12`."""
        if self.is_("num") and not self.now.spaced and re.fullmatch("[0-9]{2,}", self.now.text):
            digits = self.now.text
            self.tokens[self.at : self.at + 1] = [Token("num", digits[0]), Token("num", digits[1:])]
            return Node("num", text=self.take().text)
        return self.group_or_one()

    # -- atoms

    def atom(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise UnreadableError(f"brackets more than {MAX_DEPTH} deep")
        try:
            return self._atom()
        finally:
            self.depth -= 1

    def _atom(self) -> Node:
        token = self.now
        if token.kind == "num":
            return self.number()
        if token.kind == "name":
            return self.named_atom()
        if token.kind == "func":
            return self.function()
        if token.kind == "open":
            return self.bracket()
        if token.text == "|" and token.kind == "op":
            self.take()
            node = self.sum()
            if not self.skip("op", "|"):
                raise self.fail()
            return Node("call", (node,), "abs")
        if token.kind == "mark" and token.text in ("\\pi", "\\infty"):
            self.take()
            return Node("const", text="pi") if token.text == "\\pi" else Node("inf")
        if token.kind == "mark" and token.text == "\\begin":
            return self.matrix()
        if token.kind == "mark" and token.text == "$":
            self.take()
            return self.atom()
        raise self.fail()

    def number(self) -> Node:
        node = Node("num", text=self.take().text)
        if self.is_("func", "frac") and node.text.isdigit():
            start = self.at
            fraction = self.function()
            parts = [part.args[0] if part.kind == "inverse" else part for part in fraction.args]
            if all(part.kind == "num" and part.text.isdigit() for part in parts):
                return Node("mixed", (node, *parts))
            self.at = start
        return node

    def named_atom(self) -> Node:
        first = self.now.text
        text = self.name()
        if first in _APPLIED and self.is_("open", "(") and not self.now.spaced:
            return Node("call", (self.bracket(),), "apply " + text)
        if text in ("e", "i"):
            return Node("const", text=text)
        return Node("name", text=text)

    def name(self) -> str:
        text = self.take().text
        if self.skip("mark", "_", "\\_"):
            start = self.at
            self.group_end()
            text += "_" + "".join(token.text for token in self.tokens[start : self.at] if token.text not in "{}")
        while self.skip("op", "'"):
            text += "'"
        return text

    def group_end(self) -> None:
        """Past a subscript: one token, or a group."""
        if not self.is_("open", "{"):
            if self.now is END:
                raise self.fail()
            self.at += 1
            return
        depth = 0
        while True:
            token = self.take()
            if token is END:
                raise UnreadableError("an open subscript")
            depth += (token.text == "{") - (token.text == "}")
            if depth == 0:
                return

    def function(self) -> Node:
        name = self.take().text
        if name == "frac":
            return Node("product", (self.argument(), Node("inverse", (self.argument(),))))
        if name == "binom":
            return Node("call", (self.argument(), self.argument()), "binom")
        if name in ("sqrt", "cbrt"):
            return self.root(name)
        if name == "log" and self.skip("mark", "_"):
            base = self.group_or_one()
            return Node("log", (base, self.operand()))
        exponent = None
        if self.skip("op", "^"):
            exponent = self.group_or_one()
        call = Node("log" if name == "log" else "call", (self.operand(),), "" if name == "log" else name)
        if exponent is None:
            return call
        if exponent.kind == "neg" and exponent.args[0].text == "1":
            return Node("call", call.args, "arc" + name)
        return Node("pow", (call, exponent))

    def root(self, name: str) -> Node:
        index = Node("num", text="3" if name == "cbrt" else "2")
        if self.is_("open", "[") and name == "sqrt":
            self.take()
            index = self.sum()
            if not self.skip("close", "]"):
                raise self.fail()
        return Node("root", (self.argument(), index))

    def operand(self) -> Node:
        """What a function without brackets applies to: `sin 2x`, `ln cos t`, `tan 7/5 pi` stops at the
        slash."""
        if self.is_("open", "(", "[", "{") or self.is_("func"):
            return self.power_of_operand()
        factors = [self.signed()]
        while self.starts_factor() and not self.is_("func") and not self.is_("open"):
            factors.append(self.power())
        return Node("product", tuple(factors)) if len(factors) > 1 else factors[0]

    def power_of_operand(self) -> Node:
        if self.is_("func", "frac"):
            factors = [self.power()]
            while self.is_("mark", "\\pi") or self.is_("name"):
                factors.append(self.power())
            return Node("product", tuple(factors))
        if self.is_("func"):
            return self.power()
        return self.bracket()
