"""Tokens to a tree: lists of labelled values, relations and units, and brackets around them.

    list     := item ((',' | ';' | and | or) item)*
    item     := label? relation unit?            label: `x =`, `f(x) =`, `(x, y) =`, `Minimum:`
    relation := sum ((= | < | <= | > | >= | != | in) sum)*

A `sum` is in `expressions`. What does not fit raises `UnreadableError`; the whole is then compared as text.
"""

from temper.verifiers.latex.algebra import UnreadableError
from temper.verifiers.latex.expressions import MAX_DEPTH, Expressions, Node
from temper.verifiers.latex.tokens import END, Token, tokens_of

_RELATIONS = {"=", "<", "<=", ">", ">=", "!="}
_PAIRS = {"(": (")", "]"), "[": ("]", ")"), "{": ("}",), "\\{": ("\\}",), "\\langle": ("\\rangle",)}
_MATRICES = {"pmatrix", "bmatrix", "matrix", "vmatrix", "array", "smallmatrix"}


def parse(text: str) -> Node:
    """The tree of an answer. Raises UnreadableError."""
    tokens = tokens_of(text)
    while tokens and tokens[-1].kind == "mark" and tokens[-1].text in (".", "?"):
        tokens.pop()
    if not tokens:
        raise UnreadableError("an empty answer")
    words = _all_words(tokens)
    return words if words is not None else _Parser(tokens).everything()


def _all_words(tokens: list[Token]) -> Node | None:
    """An answer in words, or a list of them; a single letter in them is a name, as in `\\text{B}`."""
    if not any(token.kind == "word" for token in tokens):
        return None
    if any(token.kind not in ("word", "sep", "name") for token in tokens) or tokens[0].kind == "name":
        return None
    items: list[list[str]] = [[]]
    for token in tokens:
        if token.kind != "sep":
            items[-1].append(token.text)
        elif items[-1]:
            items.append([])
    nodes = tuple(_word_node(words) for words in items if words)
    return nodes[0] if len(nodes) == 1 else Node("list", nodes, ",")


def _word_node(words: list[str]) -> Node:
    if len(words) == 1 and len(words[0]) == 1:
        return Node("name", text=words[0])
    return Node("words", text=" ".join(words))


class _Parser(Expressions):
    def everything(self) -> Node:
        node = self.list_()
        if self.now is not END:
            raise self.fail()
        return node

    def list_(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise UnreadableError(f"brackets more than {MAX_DEPTH} deep")
        items, separators = [self.item()], set()
        while self.is_("sep"):
            separators.add(self.take().text)
            while self.is_("sep", "and", "or"):
                separators.add(self.take().text)
            if self.now is END:
                break
            items.append(self.item())
        self.depth -= 1
        if len(items) == 1:
            return items[0]
        return Node("list", tuple(items), "or" if separators == {"or"} else ",")

    # -- items

    def item(self) -> Node:
        if self.is_("word") and self.peek().text == ":":
            self.at += 2
        label = self.label()
        if self.is_("name") and self.peek().text == "in":
            self.at += 2
        node = self.unit(self.relation())
        if self.skip("word", "for"):
            self.qualifier()
        return Node("named", (node,), label) if label else node

    def label(self) -> str:
        """`x =`, `x_1 =`, `f(x) =`, `(x, y) =`, where what follows is no further relation's left side."""
        start = self.at
        text = self.label_text()
        if text and self.skip("op", "="):
            return text
        self.at = start
        return ""

    def label_text(self) -> str:
        text = ""
        if self.is_("name"):
            text = self.name()
        if self.is_("open", "(") and (not text or len(text) == 1 or text.startswith("\\")):
            closing = next((i for i in range(self.at, len(self.tokens)) if self.tokens[i].text == ")"), None)
            if closing is None:
                return ""
            inside = self.tokens[self.at + 1 : closing]
            allowed = all(token.kind in ("name", "sep") or (text and token.kind == "num") for token in inside)
            if not inside or not allowed:
                return ""
            self.at = closing + 1
            text += "(" + "".join(token.text for token in inside) + ")"
        return text

    def qualifier(self) -> None:
        """`for all x in Z` says nothing more; any other condition is not understood."""
        if not self.skip("word", "all"):
            raise self.fail()
        depth = 0
        while self.now is not END and (depth or not (self.is_("sep") or self.is_("close"))):
            depth += self.is_("open") - self.is_("close")
            self.at += 1

    def unit(self, node: Node) -> Node:
        words: list[str] = []
        while self.is_("word") and not self.is_("word", "for"):
            words.append(self.take().text)
            if self.is_("op", "^") and self.peek().kind in ("num", "open"):
                self.take()
                exponent = self.group_or_one()
                words[-1] += "^" + exponent.text
            if self.is_("op", "/") and self.peek().kind in ("word", "name"):
                self.take()
                words.append("/")
                if self.is_("name"):
                    words.append(self.take().text)
        return Node("quantity", (node,), " ".join(words)) if words else node

    def relation(self) -> Node:
        items, ops = [self.sum()], []
        while self.now.kind == "op" and self.now.text in _RELATIONS:
            ops.append(self.take().text)
            items.append(self.sum())
        return Node("relation", tuple(items), " ".join(ops)) if ops else items[0]

    # -- brackets

    def bracket(self) -> Node:
        opening = self.take().text
        if opening in ("\\lceil", "\\lfloor"):
            node = self.list_()
            if not self.skip("close", opening.replace("\\l", "\\r")):
                raise self.fail()
            return Node("call", (node,), "ceil" if "ceil" in opening else "floor")
        if opening in ("\\{", "{"):
            self.builder()
        inside = self.list_()
        if not self.is_("close", *_PAIRS[opening]):
            raise self.fail()
        closing = self.take().text
        return self.grouped(opening, inside, closing)

    def grouped(self, opening: str, inside: Node, closing: str) -> Node:
        """A group is a tuple, a set or an interval; brackets around one value are nothing."""
        if opening in ("{", "\\{"):
            condition = inside.kind == "relation" or (inside.kind == "list" and inside.text == "or")
            if condition or (opening == "{" and inside.kind != "list"):
                return inside
            return Node("group", inside.args if inside.kind == "list" else (inside,), "{}")
        if inside.kind != "list":
            if opening + closing in ("()", "[]"):
                return inside
            raise UnreadableError("a bracket that closes as another")
        return Node("group", inside.args, "()" if opening == "\\langle" else opening + closing)

    def builder(self) -> None:
        """`x |`, `x in R :` of a set builder; what follows is the set's condition."""
        start = self.at
        if self.is_("name"):
            self.name()
            if self.skip("op", "in"):
                self.name() if self.is_("name") else None
                if self.is_("open", "{"):
                    self.group_end()
            if self.skip("op", "|", ":"):
                return
        self.at = start

    def matrix(self) -> Node:
        self.take()
        name = self.environment()
        if name not in _MATRICES:
            raise UnreadableError(f"the environment {name!r}")
        if name == "array" and self.is_("open", "{"):
            self.group_end()
        rows, row = [], [self.sum()]
        while not self.skip("mark", "\\end"):
            if self.skip("mark", "&"):
                row.append(self.sum())
            elif self.skip("mark", "\\\\"):
                rows.append(Node("list", tuple(row)))
                row = [] if self.is_("mark", "\\end") else [self.sum()]
            else:
                raise self.fail()
        if row:
            rows.append(Node("list", tuple(row)))
        self.environment()
        return Node("matrix", tuple(rows))

    def environment(self) -> str:
        if not (self.skip("open", "{") and self.is_("word")):
            raise self.fail()
        name = self.take().text
        if not self.skip("close", "}"):
            raise self.fail()
        return name
