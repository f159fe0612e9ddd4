"""Tokens to the tree of an answer: lists of labelled values, relations and units, with their conditions.

    list := item ((',' | ';' | and | or) item)*
    item := option? label? relation condition*       option: `(C)`; label: `x =`, `f(x) =`, `the minimum is`

What does not fit raises `UnreadableError`; the whole is then compared as text.
"""

from temper.verifiers.latex.algebra import UnreadableError
from temper.verifiers.latex.parsing import brackets, calls, expressions
from temper.verifiers.latex.parsing.cursor import Cursor, Node
from temper.verifiers.latex.parsing.label import label, words_label
from temper.verifiers.latex.parsing.phrases import phrased
from temper.verifiers.latex.parsing.sequences import each_counted, going_on
from temper.verifiers.latex.parsing.statements import aside, condition, is_comment, relation, word_node
from temper.verifiers.latex.parsing.tokens import END, Token, tokens_of

_BREAKS = {"&": "and", "\\\\": ","}
"""Signs that separate answers outside a matrix."""
_MONEY = {"rs": "rupees", "inr": "rupees", "usd": "dollars", "eur": "euros", "gbp": "pounds", "rmb": "yuan"}
_CHOICES = ("option", "choice")
_OPTIONS = "ABCDEFG"


def parse(text: str) -> list[Node]:
    """The trees of an answer: as mathematics, and as words where it is nothing but words. Raises UnreadableError."""
    tokens = tokens_of(text)
    while tokens and tokens[-1].kind == "mark" and tokens[-1].text == ".":
        tokens.pop()
    if not tokens:
        raise UnreadableError("an empty answer")
    if not any(token.text == "\\begin" for token in tokens):
        tokens = [Token("sep", _BREAKS[token.text]) if token.text in _BREAKS else token for token in tokens]
    spoken = phrased(tokens)
    words = _all_words(tokens)
    found = [] if words is None else [words]
    if words is not None and all(token.kind in ("word", "sep", "name") for token in spoken):
        return found
    try:
        found.append(Parser(spoken).everything())
    except (UnreadableError, RecursionError):
        if not found:
            raise
    return found


def _all_words(tokens: list[Token]) -> Node | None:
    """An answer in words, or a list of them; a single letter in them is a name, as in `\\text{B}`."""
    if not any(token.kind == "word" for token in tokens) or (tokens[0].kind == "name" and tokens[0].text not in "aA"):
        return None
    if tokens[0].kind == "op" or any(
        token.kind not in ("word", "sep", "name") and token.text not in "-'\".!" for token in tokens
    ):
        return None
    items: list[list[str]] = [[]]
    for token in tokens:
        if token.kind in ("word", "name"):
            items[-1].append(token.text)
        elif token.kind == "sep" and items[-1]:
            items.append([])
    nodes = tuple(word_node(words) for words in items if words)
    return nodes[0] if len(nodes) == 1 else Node("list", nodes, ",")


class Parser(Cursor):
    """A whole answer, and every level of the grammar by name."""

    def __init__(self, tokens: list[Token]) -> None:
        super().__init__(tokens)
        self.has_colons = self.has_bars and _has_colons(tokens)
        """Whether it is a list like `x: 3, y: 4`."""

    def everything(self) -> Node:
        node = self.list_()
        if self.now is not END:
            raise self.fail()
        return node

    def sum(self) -> Node:
        return expressions.sum_(self)

    def product(self) -> Node:
        return expressions.product(self)

    def signed(self) -> Node:
        return expressions.signed(self)

    def power(self) -> Node:
        return expressions.power(self)

    def starts_factor(self) -> bool:
        return expressions.starts_factor(self)

    def function(self) -> Node:
        return calls.function(self)

    def environment(self) -> Node:
        return brackets.environment(self)

    def bracket(self) -> Node:
        self.nest("brackets")
        node = brackets.bracket(self)
        self.depth -= 1
        return node

    def list_(self) -> Node:
        self.nest("brackets")
        items, conditions, separators = [self.item()], [], set()
        while self.is_("sep"):
            while self.is_("sep"):
                separators.add(self.take().text)
            if self.now is END or self.is_("close") or self.is_("mark", "&"):
                break
            if self.is_("when") and words_label(self) is None:
                conditions.append(condition(self))
            elif self.skip("mark", "\\ldots"):
                items = going_on(items, conditions, self.last())
            else:
                items.append(self.item())
        self.depth -= 1
        return _listed(items, conditions, separators)

    def last(self) -> Node | None:
        """The end of a sequence behind its dots."""
        if not self.is_("sep", ",", ";") or self.peek().kind in ("end", "close", "when", "sep", "mark"):
            return None
        start = self.mark()
        self.at += 1
        node = self.item()
        if node.kind in ("num", "neg", "name", "sum", "product", "pow"):
            return node
        self.reset(start)
        return None

    def item(self) -> Node:
        while self.is_("when") and self.now.text != "unless":
            self.at += 1
        option, outer, self.currency = self.option(), self.currency, self.money()
        text = label(self, self.has_colons)
        node = self.item() if text.endswith("=") or (text and self.is_("mark", "\\int")) else relation(self)
        text = text.rstrip("=")
        if self.currency:
            node = _priced(node, self.currency)
        self.currency = outer
        node, conditions = self.conditions(node)
        if text:
            node = Node("member" if node.kind == "class" else "named", (node,), text)
        if conditions:
            node = Node("given", (node, *conditions))
        return Node("option", (node,), option) if option else node

    def conditions(self, node: Node) -> tuple[Node, list[Node]]:
        """The item with what stands in brackets behind it (an approximation, a unit), and its conditions."""
        found: list[Node] = []
        while self.is_("when") or (self.is_("open", "(") and (is_comment(self) or expressions.is_aside(self))):
            if self.is_("when"):
                found.append(condition(self))
            elif is_comment(self):
                self.at = self.closing() + 1
            else:
                inside = aside(self)
                if inside.kind == "approx" and len(inside.args) == 1:
                    node = Node("approx", (node, *inside.args))
                elif inside.kind == "words":
                    node = Node("quantity", (node,), inside.text)
                else:
                    found.append(inside)
        return node, found

    def option(self) -> str:
        """The letter of `(C) 12` and `C) 12`; a letter with nothing behind it is the answer itself."""
        start = self.mark()
        if self.is_("word") and self.now.text.lower() in _CHOICES and self.peek(2).text == ":":
            self.at += 1
        opened = self.skip("open", "(")
        letter = self.take()
        if self.at > start[0] + 1 and not opened and letter.text in _OPTIONS and self.skip("op", ":"):
            return letter.text
        if self.depth == 1 and letter.kind == "name" and letter.text in _OPTIONS and not opened:
            dotted = self.peek().kind in ("num", "func", "mark", "word", "name", "open") and self.peek().spaced
            if dotted and self.skip("mark", "."):
                return letter.text
        if self.depth == 1 and letter.kind == "name" and letter.text in _OPTIONS and self.skip("close", ")"):
            bare = self.now is END or self.now.kind in ("op", "sep", "close")
            if not bare and (self.now.spaced or not opened):
                return letter.text
        self.reset(start)
        return ""

    def money(self) -> str:
        """The `Rs` of `Rs. 500`."""
        money = _MONEY.get(self.now.text.lower(), "") if self.is_("word") else ""
        if money and self.peek().kind in ("num", "mark"):
            self.at += 1 if self.peek().kind == "num" else 2
            return money
        return ""


def _has_colons(tokens: list[Token]) -> bool:
    starts = [0, *(i + 1 for i, token in enumerate(tokens) if token.kind == "sep")]
    colons = [tokens[i + 1 : i + 2] for i in starts if i < len(tokens) and tokens[i].kind == "name"]
    return len(colons) == len(starts) > 1 and all(token and token[0].text == ":" for token in colons)


def _priced(node: Node, currency: str) -> Node:
    """The value with its sign of money, which stood in front."""
    if node.kind == "quantity":
        return Node("quantity", node.args, f"{currency} {node.text}")
    return Node("quantity", (node,), currency)


def _listed(items: list[Node], conditions: list[Node], separators: set[str]) -> Node:
    """The list, with the statements about its names (`k in Z`) as conditions of the whole."""
    items = _members(items)
    first = items[0]
    is_formula = first.kind == "named" and bool({*"(_"} & {*first.text})
    is_formula = is_formula or (first.kind == "relation" and first.text == "=")
    while len(items) > 1 and (
        (items[-1].kind == "member" and first.kind != "member")
        or _defines(items[-1], items[:-1])
        or (_is_order(items[-1]) and (is_formula or _restricts(items[-1], items[:-1])))
    ):
        conditions.insert(0, items.pop())
    items = _with_modulus(items)
    if len(items) > 1 and (values := each_counted(items, conditions)) is not None:
        items, conditions = values, []
    text = separators.pop() if len(separators) == 1 else "or" if separators == {"or", ","} else ","
    text = text if text in ("or", "and") else ","
    node = items[0] if len(items) == 1 else Node("list", tuple(items), text)
    return Node("given", (node, *conditions)) if conditions else node


def _members(items: list[Node]) -> list[Node]:
    """`(2^a, 2^b), a, b in Z`: the names before a class are in it too."""
    while len(items) > 1 and items[-1].kind == "member" and items[-1].text and items[-2].kind == "name":
        items = [*items[:-2], items[-1]._replace(text=f"{items[-2].text} {items[-1].text}")]
    return items


def _is_order(node: Node) -> bool:
    """An inequality behind `f(x) = ...,`: where the formula holds."""
    return node.kind == "relation" and not {*node.text.split()} & {"=", "in"}


def _defines(last: Node, items: list[Node]) -> bool:
    """`5 sin(x + a), tan a = 4/3`: an equation of a function of a letter in the one formula before it."""
    if len(items) != 1 or items[0].kind not in ("sum", "product", "call", "pow") or last.kind != "relation":
        return False
    left = last.args[0]
    names = names_in(left.args)
    return last.text == "=" and left.kind == "call" and bool(names) and names <= names_in(items[0].args)


_NO_FORMULAS = ("relation", "name", "words", "list", "class", "member", "congruence", "given", "union")


def _restricts(order: Node, items: list[Node]) -> bool:
    """`n = 2^k, k >= 0` and `(n, n + 1), n >= 1`: an inequality of a letter that stands in the one value before it."""
    items = [item for item in items if not _is_whole(item)]
    if len(items) != 1 or items[0].kind in _NO_FORMULAS or items[0].text == "{}":
        return False
    names = {side.text for side in order.args if side.kind == "name"}
    return bool(names) and names <= names_in(items[0].args) - ({items[0].text} if items[0].kind == "named" else set())


def _is_whole(item: Node) -> bool:
    """`k in Z`."""
    return item.kind == "member" and bool({*item.args[0].text.split()} & {"integer", "natural"})


def names_in(nodes: tuple[Node, ...]) -> set[str]:
    return {node.text for node in nodes if node.kind == "name"}.union(*(names_in(node.args) for node in nodes))


def _with_modulus(items: list[Node]) -> list[Node]:
    """`n = 2 or 3 (mod 4)` with a sign of congruence: one modulus for all that stand before it."""
    last = items[-1]
    if len(items) == 1 or items[0].kind != "congruence" or len(items[0].args) != 2 or last.text != "mod":
        return items
    left, modulus = items[0].args[0], last.args[1]
    rests = [items[0].args[1], *items[1:-1], last.args[0]]
    return [Node("congruence", (left, rest, modulus)) for rest in rests]
