"""What stands for one value by itself: numbers, names, constants, absolute values, classes of numbers.

A name may have an index and primes; a mark of geometry (`\\overline{AB}`) makes one name of the letters behind it.
Brackets, environments and functions are read elsewhere and asked for here by name.
"""

from temper.verifiers.latex.algebra import UnreadableError
from temper.verifiers.latex.parsing.cursor import Cursor, Node
from temper.verifiers.latex.parsing.tokens import CURRENCIES, END, MARKS

ORDINALS = ("th", "st", "nd", "rd")
_APPLIED = set("fghFGHPQp") | {"\\phi", "\\psi", "\\Gamma", "\\zeta"}
"""Names that stand for a function when a bracket follows at once; any other name is a factor."""
_FACTORS = {("m", "g"), ("M", "g"), ("\\rho", "g"), ("n", "p")}
"""Pairs of names the second of which is no function of the bracket behind it: `mg(1 - cos x)`, `np(1 - p)`."""
_RESTRICTIONS = {
    "+": "positive", "++": "positive", ">0": "positive", ">=1": "positive", ">=0": "nonnegative", "+0": "nonnegative",
    "0": "with0", "*": "nonzero", "!=0": "nonzero", "-": "below0", "<0": "below0",
}  # fmt: skip
"""What may be raised or set below the sign of a class of numbers."""


def group_or_one(here: Cursor) -> Node:
    """An exponent or a LaTeX argument: a group in braces, or one token with its sign."""
    if here.skip("open", "{"):
        node = here.list_()
        here.expect("close", "}")
        return node
    if here.skip("op", "-"):
        here.nest("signs")
        node = Node("neg", (group_or_one(here),))
        here.depth -= 1
        return node
    return atom(here)


def atom(here: Cursor) -> Node:
    here.nest("brackets")
    node = _atom(here)
    here.depth -= 1
    return node


def _atom(here: Cursor) -> Node:
    token = here.now
    if token.kind == "num":
        return number(here)
    if token.kind == "name":
        return named_atom(here)
    if token.kind == "func":
        return here.function()
    if token.kind == "open":
        node = here.bracket()
        return based(here, node.text) if node.kind == "num" and here.is_("mark", "_") else node
    if token.kind == "op" and token.text in ("|", "||"):
        return absolute(here, token.text)
    if token.kind == "class":
        return number_set(here)
    if token.kind == "mark" and token.text in ("\\pi", "\\infty"):
        here.at += 1
        return Node("const", text="pi") if token.text == "\\pi" else Node("inf")
    if token.kind == "mark" and token.text == "\\begin":
        return here.environment()
    if token.kind == "mark" and token.text in MARKS:
        return signed_name(here)
    if token.kind == "mark" and token.text in CURRENCIES and not here.currency:
        here.at += 1
        here.currency = token.text
        return here.signed()
    raise here.fail()


def absolute(here: Cursor, bar: str) -> Node:
    here.at += 1
    here.bars += 1
    node = here.sum()
    here.bars -= 1
    here.expect("op", bar)
    return Node("call", (node,), "abs")


def number(here: Cursor) -> Node:
    node = Node("num", text=here.take().text)
    if here.now.kind == "func" and here.now.text == "frac" and node.text.isdigit():
        start = here.mark()
        fraction = here.function()
        parts = [part.args[0] if part.kind == "inverse" else part for part in fraction.args]
        if all(part.kind == "num" and part.text.isdigit() for part in parts):
            return Node("mixed", (node, *parts))
        here.reset(start)
    elif here.now.kind == "mark" and here.now.text in ("_", "\\_"):
        return based(here, node.text)
    elif here.now.kind in ("name", "word") and not here.now.spaced and suffix(here) in ORDINALS:
        here.at += 1 if here.now.kind == "word" else 2
    return node


def suffix(here: Cursor) -> str:
    return here.now.text if here.now.kind == "word" else here.now.text + here.peek().text


def based(here: Cursor, digits: str) -> Node:
    """`2041_5`, `2041_{5}`, `2041_{\\text{five}}`."""
    here.at += 1
    braced = here.skip("open", "{")
    bracketed = here.skip("open", "(")
    base = here.take()
    if bracketed:
        here.expect("close", ")")
    if braced:
        here.expect("close", "}")
    if base.kind != "num" or not base.text.isdigit() or not digits.isdigit() or not 2 <= int(base.text[:3]) <= 36:
        raise UnreadableError("a number with an index that is no base")
    if max(map(int, digits)) >= int(base.text):
        raise UnreadableError("a digit that its base lacks")
    return Node("based", text=f"{digits.lstrip('0') or '0'}_{base.text}")


def named_atom(here: Cursor) -> Node:
    first = here.now.text
    if first == "\\Delta" and here.peek().kind == "name":
        here.at += 1
        return Node("name", text="\\Delta " + read_name(here))
    before = here.peek(-1).text if here.at else ""
    text = read_name(here)
    if (before, text) in _FACTORS:
        return Node("name", text=text)
    if here.is_("open", "(") and not here.now.spaced and (first in _APPLIED or first.isupper()):
        inside = here.bracket()
        if first == "C" and inside.kind == "group" and len(inside.args) == 2:
            return Node("call", inside.args, "binom")
        if first not in _APPLIED and inside.kind != "group":
            return Node("product", (Node("name", text=text), inside))
        return Node("call", (inside,), "apply " + text)
    return Node("const" if text in ("e", "i") else "name", text=text)


def signed_name(here: Cursor) -> Node:
    """`\\overline{AB}`, `\\angle ABC`: a name of geometry, which no algebra takes apart. `\\hat{i}` is `\\mathbf{i}`,
    which is read as the imaginary unit."""
    if here.is_("mark", "bar") and (conjugate := _conjugated(here)) is not None:
        return conjugate
    marks = set()
    while here.is_("mark", *MARKS):
        marks.add(here.take().text)
        here.skip("op", "*")  # `\\nabla \\cdot F`
    letters = ""
    if here.skip("open", "{"):
        while here.now.kind in ("name", "word", "mark"):
            letters += read_name(here)
        here.expect("close", "}")
    else:
        while here.now.kind in ("name", "word"):
            letters += read_name(here)
    if not letters:
        raise here.fail()
    if letters == "i" and "bar" not in marks:
        return Node("const", text="i")
    if "angle" in marks and len(letters) == 3 and letters.isupper():
        letters = f"\u2220{min(letters[0], letters[2])}{letters[1]}{max(letters[0], letters[2])}"
    if "arrow" in marks and len(letters) == 2 and letters.isupper():
        letters = f"\u2192{letters}"
    is_plain = len(letters) == 1 and letters.islower() and "bar" not in marks
    return Node("name", text=letters if is_plain else f"\\sign {letters}")


def _conjugated(here: Cursor) -> Node | None:
    """`\\overline{3 - 2i}`, the number with the other sign of i; None for a bar over names or digits."""
    inside = here.tokens[here.at + 2 : _bar_end(here)]
    if not any(token.kind == "op" for token in inside) or not any(token[:2] == ("name", "i") for token in inside):
        return None
    if any(token.kind == "name" and token.text not in ("i", "e") for token in inside):
        return None
    here.at += 1
    return _other_sign(group_or_one(here))


def _bar_end(here: Cursor) -> int:
    """Where the argument of the bar ends."""
    here.at += 1
    end = here.closing() if here.is_("open", "{") else here.at
    here.at -= 1
    return end


def _other_sign(node: Node) -> Node:
    if node == Node("const", text="i"):
        return Node("neg", (node,))
    return node._replace(args=tuple(map(_other_sign, node.args)))


def number_set(here: Cursor) -> Node:
    """A class of numbers: `odd integers`, `\\mathbb{R}`, with what is raised or set below it."""
    found = []
    while here.now.kind == "class":
        found.append(here.take().text)
    arguments = (here.product(),) if "multiple" in found else ()
    while here.is_("op", "^") or here.is_("mark", "_"):
        found.append(restriction(here))
    return Node("class", arguments, " ".join(sorted({*found} - {""})))


def restriction(here: Cursor) -> str:
    """`^+`, `_{>0}`, `_{\\ge 0}`, `^*`, `_0`."""
    here.at += 1
    inside = []
    if here.skip("open", "{"):
        while here.now is not END and not here.is_("close"):
            inside.append(here.take().text)
        here.expect("close", "}")
    else:
        inside.append(here.take().text)
    text = "".join(inside)
    if text not in _RESTRICTIONS:
        raise UnreadableError(f"the set of numbers with {text!r}")
    return _RESTRICTIONS[text]


def read_name(here: Cursor) -> str:
    text = here.take().text
    if here.is_("mark", "_", "\\_"):
        here.at += 1
        start = here.at
        group_end(here)
        text += "_" + "".join(token.text for token in here.tokens[start : here.at] if token.text not in "{}")
    while here.skip("op", "'"):
        text += "'"
    return text


def group_end(here: Cursor) -> None:
    """Past a subscript: one token, or a group."""
    if not here.is_("open", "{"):
        if here.now is END:
            raise here.fail()
        here.at += 1
        return
    end = here.closing()
    if end == len(here.tokens):
        raise UnreadableError("an open subscript")
    here.at = end + 1
