"""The words behind a value: a unit of measure or what is counted, as one text for `units`."""

from temper.verifiers.latex.parsing.atoms import group_or_one
from temper.verifiers.latex.parsing.cursor import Cursor, Node
from temper.verifiers.latex.parsing.expressions import UNIT_LETTERS, is_unit, is_unit_fraction
from temper.verifiers.latex.parsing.tokens import CURRENCIES

MAX_WORDS = 12
_JOINING = ("/", "*", "per")
_BEFORE_INCH = ("/", "per", "square", "cubic", "sq", "cu")


def measured(here: Cursor, node: Node) -> Node:
    """The value with its unit, and what follows as a smaller unit of the same (`5 feet 3 inches`)."""
    words = [] if node.kind == "name" and here.now.kind == "class" else _words(here)
    if not words:
        return _letters(here, node)
    if (letters := _letters(here, node)).kind == "letters":  # `3 m/s east`
        said = Node("quantity", (node,), " ".join(words))
        return Node("letters", (said, letters.args[1]), f"{letters.text} {said.text}")
    found = [Node("quantity", (node,), " ".join(words))]
    while here.is_("num") and len(found) < 4:
        number = here.power()
        words = _words(here) or _upright(here)
        found.append(Node("quantity", (number,), " ".join(words)))
    return found[0] if len(found) == 1 else Node("compound", tuple(found))


def _words(here: Cursor) -> list[str]:
    words: list[str] = []
    while len(words) < MAX_WORDS and (found := _part(here, words)) is not None:
        words += found
    return words


def _part(here: Cursor, words: list[str]) -> list[str] | None:
    """What belongs to the unit here, taken; None where it has ended."""
    token = here.now
    joined = bool(words) and (words[-1] in _JOINING or (token.spaced and token.text in UNIT_LETTERS))
    is_name = token.kind == "name" and (is_unit(here) or joined)
    if token.text == "by" and here.peek().kind == "num":
        return None  # `3 cm by 4 cm`
    if token.kind in ("word", "class") or is_name or (token.kind == "mark" and token.text in CURRENCIES):
        return [here.take().text]
    if is_unit_fraction(here):
        return _fraction(here)
    if token.kind == "op":
        return _sign(here, words)
    if token.kind == "mark" and token.text == "." and words and here.peek().kind in ("word", "end", "sep", "op"):
        here.at += 1  # `ft.`
        return []
    return None


def _sign(here: Cursor, words: list[str]) -> list[str] | None:
    """The `/`, `*` or exponent inside a unit, and the `in` of inches; None where it is none of these."""
    op, after = here.now.text, here.peek()
    if op == "in" and (not words or words[-1] in _BEFORE_INCH):
        if after.kind not in ("end", "sep", "close") and after.text not in ("^", "."):
            return None
        here.at += 1
        return ["inch"]
    if op == "^" and words and (after.kind == "num" or (after.kind == "open" and here.peek(2).kind in ("num", "op"))):
        here.at += 1
        exponent = group_or_one(here)
        sign = "-" if exponent.kind == "neg" else ""
        return [f"^{sign}{(exponent.args[0] if sign else exponent).text}"]
    if op == "/" and words and after[:2] == ("open", "("):
        return _denominator(here)
    if op in ("/", "*") and (after.kind == "word" or (after.kind == "name" and (words or after.upright))):
        here.at += 1
        return [op]
    return None


def _denominator(here: Cursor) -> list[str]:
    """`/(mol K)` as `/ mol / K`."""
    start = here.mark()
    here.at += 2
    parts = _words(here) or _upright(here)
    if "/" in parts or "per" in parts or not here.skip("close", ")"):
        here.reset(start)
        raise here.fail()
    found: list[str] = []
    for part in parts:
        found += [part] if part.startswith("^") else [] if part == "*" else ["/", part]
    return found


def _fraction(here: Cursor) -> list[str]:
    """`\\frac{\\text{km}}{\\text{h}}`."""
    here.at += 1
    parts = []
    for _ in range(2):
        here.expect("open", "{")
        parts.append(_words(here) or _upright(here))
        here.expect("close", "}")
    return [*parts[0], "/", *parts[1]]


def _upright(here: Cursor) -> list[str]:
    if here.now.kind != "name":
        raise here.fail()
    return [here.take().text]


def _letters(here: Cursor, node: Node) -> Node:
    """`5 m`, `10 m/s` in plain text may be a product of names or a number with its unit: both are kept."""
    if node.kind != "product" or node.args[0].kind not in ("num", "mixed"):
        return node
    if node.args[-1].kind == "product":  # `5 \\frac{m}{s}`
        node = node._replace(args=(*node.args[:-1], *node.args[-1].args))
    first = next((i for i, factor in enumerate(node.args) if not _is_number(factor)), len(node.args))
    names: list[str] = []
    for factor in node.args[first:]:
        sign = "/" if factor.kind == "inverse" else ""
        factor = factor.args[0] if sign else factor
        exponent = ""
        if factor.kind == "pow" and factor.args[1].kind == "num":
            factor, exponent = factor.args[0], f"^{factor.args[1].text}"
        if factor.kind != "name" or factor.text not in UNIT_LETTERS:
            return node
        names += [part for part in (sign, factor.text, exponent) if part]
    number = node.args[0] if first == 1 else Node("product", node.args[:first])
    return Node("letters", (node, number), " ".join(names)) if names else node


def _is_number(factor: Node) -> bool:
    if factor.kind == "pow":
        return all(part.kind == "num" or (part.kind == "neg" and _is_number(part.args[0])) for part in factor.args)
    return factor.kind in ("num", "mixed") or (factor.kind == "inverse" and _is_number(factor.args[0]))
