"""What is said of values: relations, ratios and times, membership, and the conditions behind a value.

relation  := side (op side)*          op: = < <= > >= != in approx equiv
side      := ratio unit? | words
ratio     := sets (':' sets)*
condition := (for | where | if | ...) relation | '(' relation ')'
"""

from temper.verifiers.latex.algebra import UnreadableError
from temper.verifiers.latex.parsing.atoms import number_set, read_name
from temper.verifiers.latex.parsing.cursor import ORDERS, RELATIONS, Cursor, Node
from temper.verifiers.latex.parsing.expressions import excluded, is_minus_set, sets
from temper.verifiers.latex.parsing.measures import measured
from temper.verifiers.latex.parsing.tokens import END, SETS
from temper.verifiers.latex.units import DENYING, unit_of

_NAMELESS = Node("name", text="_")
"""The left side of `> 5` and `congruent to 2 modulo 4`."""
_NUMBERED = {
    "year", "day", "week", "room", "page", "step", "option", "case", "figure", "box", "machine", "team", "player",
    "problem", "question", "choice", "answer", "statement", "grade", "level", "term", "door", "bag", "urn", "house",
    "bus", "route",
}  # fmt: skip
"""What is known by its number: the number alone says the same."""
_MULTIPLE = {"simple", "double", "triple", "quadruple", "repeated"}
"""What a root is as often as: `2 (double root)`."""
_AFTER_COLON = ("num", "func", "name", "open", "mark")
LAST_HOUR = 24


# -- conditions


def condition(here: Cursor) -> Node:
    """What stands behind `for`, `where`, `if`; what cannot be read is kept as text up to the next separator."""
    while here.is_("when"):
        here.at += 1
    start = here.mark()
    try:
        node = _members(here) or relation(here)
        if here.now is END or here.now.kind in ("sep", "close", "when", "open"):
            return node
    except UnreadableError:
        pass
    here.reset(start)
    depth, texts = 0, []
    while here.now is not END and (depth or not (here.is_("sep") or here.is_("close"))):
        depth += here.is_("open") - here.is_("close")
        texts.append(here.take().text)
    if not texts:
        raise here.fail()
    return Node("words", text=" ".join(texts))


def _members(here: Cursor) -> Node | None:
    """`x, y in R`, `odd n`, `integers k`, `n odd`, `some constant c in R`."""
    start = here.mark()
    names = _names(here)
    if names:
        here.skip("op", "in", "=")
    if here.is_("class"):
        node = sets(here) if names else number_set(here)
        names = names or _names(here)
        if names and here.is_("op", "in") and here.peek().kind == "class":
            here.at += 1
            node = number_set(here)
        if not (here.now.kind == "op" and here.now.text in RELATIONS):
            return Node("member", (node,), " ".join(names))
    here.reset(start)
    return None


def _names(here: Cursor) -> list[str]:
    names = []
    while here.is_("name"):
        names.append(read_name(here))
        if here.is_("sep") and here.peek().kind == "name":
            here.at += 1
    return names


def is_comment(here: Cursor) -> bool:
    """Whether the bracket that opens here holds words alone, and no unit; or a letter behind words (`240 yuan (A)`)."""
    inside = here.tokens[here.at + 1 : here.closing()]
    if len(inside) == 1 and inside[0].kind == "name" and here.peek(-1).kind == "word":
        return True
    said = [token.text for token in inside if token.kind == "word"]
    if "other" not in said and any(token.text.lower() in DENYING or token[:2] == ("op", "!=") for token in inside):
        return False
    if {*said} & _MULTIPLE:
        return False
    alone = not any(token.kind in ("num", "name", "func", "open", "mark", "when") for token in inside)
    return alone and bool(said) and not (len(said) == len(inside) and unit_of(" ".join(said)).measures)


def aside(here: Cursor) -> Node:
    """A condition, an approximation or a unit in brackets."""
    here.at += 1
    found = [relation(here) if here.is_("op", "approx") else condition(here)]
    while here.skip("sep"):
        found.append(condition(here))
    here.expect("close", ")")
    return found[0] if len(found) == 1 else Node("list", tuple(found), "and")


# -- relations


def relation(here: Cursor) -> Node:
    if here.skip("op", "approx"):
        return Node("approx", (side(here),))
    if here.is_("class"):
        return _of_class(here)
    if here.is_("name") and here.peek().kind == "class":
        name = read_name(here)
        return Node("member", (number_set(here),), name)
    if here.is_("word") and here.now.text.lower() in _NUMBERED and here.peek().kind == "num":
        here.at += 1
    first = _NAMELESS if here.now.kind == "op" and here.now.text in (*ORDERS, "equiv") else side(here)
    node = _chain(here, first)
    if node is first and here.is_("op", "|") and not here.bars and here.peek().kind == "name":
        here.at += 1
        node = Node("member", (Node("class", (first,), "multiple"),), read_name(here))
    if here.skip("op", "approx"):
        return Node("approx", (node, side(here)))
    return node


def _chain(here: Cursor, first: Node) -> Node:
    """`a < b < c`; `x_1 = ... = x_n = 1` without its dots."""
    sides, ops = [first], []
    while here.now.kind == "op" and here.now.text in RELATIONS and here.now.text != "approx":
        ops.append(here.take().text)
        if here.skip("mark", "\\ldots") and here.is_("op", ops[-1]):
            here.at += 1
        sides.append(side(here))
    return _related(sides, ops)


def _of_class(here: Cursor) -> Node:
    """`all integers n >= 3`: a class with a name, and what else is said of the name."""
    node = number_set(here)
    start = here.mark()
    name = Node("name", text=read_name(here)) if here.is_("name") else _NAMELESS
    if here.is_("op", "setminus") or (here.is_("op") and is_minus_set(here)) or (here.is_("op", "!=")):
        here.at += 1
        return Node("difference", (node, excluded(here)))
    if here.now.kind == "op" and here.now.text in RELATIONS:
        if name is not _NAMELESS:
            here.reset(start)
            said = relation(here)
        else:
            said = _chain(here, name)
        return Node("given", (said, Node("member", (node,), name.text)))
    return node if name is _NAMELESS else Node("member", (node,), name.text)


def side(here: Cursor) -> Node:
    if not here.is_("word"):
        return _dimensions(here, measured(here, _ratio(here)))
    words = []
    while here.now.kind in ("word", "name", "class"):
        words.append(here.take().text)
    return word_node(words)


def _dimensions(here: Cursor, first: Node) -> Node:
    """`3 m \\times 4 m`, `3 m by 4 m`: what is measured in several directions; a product where more is said of it."""
    if first.kind not in ("quantity", "letters") or not _is_times(here):
        return first
    start, found = here.mark(), [first]
    while _is_times(here):
        here.at += 1
        found.append(measured(here, sets(here)))
    ends = here.now is END or here.now.kind in ("sep", "close", "when")
    if not ends or not all(part.kind in ("quantity", "letters") for part in found):
        here.reset(start)
        return first
    return Node("list", tuple(found), "by")


def _is_times(here: Cursor) -> bool:
    return (here.is_("op", "*") or here.is_("word", "by")) and here.peek().kind == "num"


def word_node(words: list[str]) -> Node:
    if len(words) == 1 and len(words[0]) == 1:
        return Node("name", text=words[0])
    return Node("words", text=" ".join(words))


def _related(sides: list[Node], ops: list[str]) -> Node:
    if not ops:
        return sides[0]
    left, right = sides[0], sides[-1]
    if len(ops) == 2 and ops[0] in ("in", "=") and sides[1].kind == "class" and ops[1] in ORDERS | {"!="}:
        return Node("given", (_related([left, right], ops[1:]), Node("member", (sides[1],), left.text)))
    if ops == ["equiv"]:
        modulus = right.args if right.kind == "call" and right.text == "mod" else (right,)
        return Node("congruence", (left, *modulus))
    if ops in (["in"], ["="]) and right.kind in ("class", "member"):
        return Node("member", right.args if right.kind == "member" else (right,), left.text)
    if ops == ["in"]:
        return _within(left, right)
    return Node("relation", tuple(sides), " ".join(ops))


def _within(left: Node, right: Node) -> Node:
    """`n in Z`, `x in (2, 3)`, `(x, y) in {...}`."""
    if right.kind == "name" and right.text in SETS:
        return Node("member", (Node("class", text=SETS[right.text]),), left.text)
    if right.kind == "words":
        return Node("list", (left, right), ",") if left.kind == "group" else Node("named", (right,), left.text)
    names = [part.text for part in left.args] if left.kind == "group" else [left.text]
    if left.kind not in ("name", "group") or not all(part.kind == "name" for part in left.args):
        raise UnreadableError("a membership of what is no name")
    return Node("named", (right,), names[0] if left.kind == "name" else f"({','.join(names)})")


# -- ratios and times


def _ratio(here: Cursor) -> Node:
    parts = [sets(here)]
    while (here.is_("op", ":") or here.is_("word", "to")) and here.peek().kind in _AFTER_COLON:
        here.at += 1
        parts.append(sets(here))
    if len(parts) <= 3 and _is_clock(parts):
        half = here.take().text.lower() if here.is_("word") and here.now.text.lower() in ("am", "pm") else ""
        if half or len(parts) > 1:
            return Node("clock", tuple(parts), half)
    return Node("ratio", tuple(parts)) if len(parts) > 1 else parts[0]


def _is_clock(parts: list[Node]) -> bool:
    """Whether the parts can be hours, minutes and seconds."""
    if not all(part.kind == "num" and part.text.isdigit() for part in parts):
        return False
    hours, *rest = (part.text for part in parts)
    return len(hours) <= 2 and int(hours) <= LAST_HOUR and all(len(text) == 2 and text < "60" for text in rest)
