"""The words behind a value: a unit of measure or what is counted, as one text for `units`."""

from temper.verifiers.latex.parsing.atoms import group_or_one
from temper.verifiers.latex.parsing.cursor import Cursor, Node
from temper.verifiers.latex.parsing.expressions import UNIT_LETTERS, is_unit, is_unit_fraction
from temper.verifiers.latex.parsing.tokens import CURRENCIES

MAX_WORDS = 12


def measured(here: Cursor, node: Node) -> Node:
    """The value with its unit, and what follows as a smaller unit of the same (`5 feet 3 inches`)."""
    words = [] if node.kind == "name" and here.now.kind == "class" else _words(here)
    if not words:
        return _letters(here, node)
    found = [Node("quantity", (node,), " ".join(words))]
    while here.is_("num") and len(found) < 4:
        number = here.power()
        words = _words(here) or _upright(here)
        found.append(Node("quantity", (number,), " ".join(words)))
    return found[0] if len(found) == 1 else Node("compound", tuple(found))


def _words(here: Cursor) -> list[str]:
    words: list[str] = []
    while len(words) < MAX_WORDS:
        token = here.now
        if (
            token.kind in ("word", "class")
            or (words and token.kind == "name" and words[-1] in ("/", "*", "per"))
            or token.kind == "name"
            and is_unit(here)
            or token.kind == "mark"
            and token.text in CURRENCIES
        ):
            words.append(here.take().text)
        elif is_unit_fraction(here):
            words += _fraction(here)
        elif token.kind == "op" and not _sign(here, words):
            break
        elif token.kind == "mark" and token.text == "." and words and here.peek().kind in ("word", "end", "sep", "op"):
            here.at += 1
        elif token.kind not in ("op", "mark") or token.kind == "mark":
            break
    return words


def _sign(here: Cursor, words: list[str]) -> bool:
    """Takes the `/`, `*` or exponent inside a unit, and the `in` of inches; False where it is none of these."""
    op, after = here.now.text, here.peek()
    if op == "in" and (not words or words[-1] in ("/", "per", "square", "cubic", "sq", "cu")):
        if after.kind not in ("end", "sep", "close") and after.text not in ("^", "."):
            return False
        words.append("inch")
    elif op == "^" and words and (after.kind == "num" or (after.kind == "open" and here.peek(2).kind in ("num", "op"))):
        here.at += 1
        exponent = group_or_one(here)
        sign = "-" if exponent.kind == "neg" else ""
        words.append(f"^{sign}{(exponent.args[0] if sign else exponent).text}")
        return True
    elif op in ("/", "*") and (after.kind == "word" or (after.kind == "name" and (words or after.upright))):
        words.append(op)
    else:
        return False
    here.at += 1
    return True


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
    return factor.kind in ("num", "mixed") or (factor.kind == "inverse" and _is_number(factor.args[0]))
