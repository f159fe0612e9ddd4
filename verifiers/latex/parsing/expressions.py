"""One value of an answer, by recursive descent with a cap on depth: sums, products and powers.

    sets     := sum ((cup | cap | setminus) sum)*
    sum      := [sign] product ((+ | - | +- | -+) product)* [mod product] [over sum]
    product  := signed ((* | /) signed | power)*    a number stands in front: `x2` is nothing, `n 2^n` is a product
    power    := atom ('!' | % | degrees | ^ exponent)*

Two readings are fixed: an integer before a fraction of integers is a mixed number, and `a/bc` is (a/b)c. What does not
fit raises `UnreadableError`.
"""

import re

from temper.verifiers.latex.algebra import UnreadableError
from temper.verifiers.latex.parsing.atoms import ORDINALS, atom, group_or_one
from temper.verifiers.latex.parsing.cursor import RELATIONS, Cursor, Node
from temper.verifiers.latex.parsing.elided import elided
from temper.verifiers.latex.parsing.tokens import MARKS

MAX_MARKS = 8
_BELOW = re.compile(r"([0-9]{0,4})([a-z])(?:([+-])([0-9]{1,4}))?")
UNIT_LETTERS = {*"msghLlNJWVAKCFHTM", "\\Omega"}
"""Letters that are a unit when they stand upright behind a number."""
_BINARY = {"cup": "union", "cap": "cap", "setminus": "difference"}
_DEGREES = ("degrees", "degree", "deg")
_TEMPERATURES = {"c": "celsius", "celsius": "celsius", "f": "fahrenheit", "fahrenheit": "fahrenheit"}


def sets(here: Cursor) -> Node:
    node = sum_(here)
    while here.now.kind == "op" and (here.now.text in _BINARY or is_minus_set(here)):
        kind = _BINARY.get(here.take().text, "difference")
        other = excluded(here) if kind == "difference" else sum_(here)
        same = kind == node.kind == "union"
        node = Node(kind, (*node.args, other) if same else (node, other))
    return node


def is_minus_set(here: Cursor) -> bool:
    """The minus of `R - {0}`."""
    return here.now.text == "-" and here.peek().text == "\\{"


def excluded(here: Cursor) -> Node:
    """What stands behind `except`: a set, or numbers one after another."""
    if here.is_("name") and here.peek()[:2] == ("op", "="):
        here.at += 2
    items = [sum_(here)]
    while (
        items[0].kind != "group"
        and here.is_("sep")
        and here.peek().kind in ("num", "name", "open", "sep", "func", "op")
    ):
        here.at += 1
        if not here.is_("sep"):
            items.append(sum_(here))
    return items[0] if len(items) == 1 else Node("group", tuple(items), "{}")


def sum_(here: Cursor) -> Node:
    terms = [product(here)]
    while here.now.kind == "op" and here.now.text in ("+", "-", "pm", "mp") and not is_minus_set(here):
        op = here.take().text
        if op == "+" and here.skip("mark", "\\ldots"):
            terms = [_elided(here, terms)]
            continue
        term = product(here)
        terms.append(term if op == "+" else Node("neg" if op == "-" else "pm", (term,), op))
    node = Node("sum", tuple(terms)) if len(terms) > 1 else terms[0]
    return infix(here, node) if here.now.kind in ("op", "open") else node


def _elided(here: Cursor, terms: list[Node]) -> Node:
    """`1 + 2 + ... + n` up to its last term; of a number behind that nobody knows whether it belongs to it."""
    here.expect("op", "+")
    last = product(here)
    if here.now.text in ("+", "-") and here.peek().kind == "num":
        raise UnreadableError("an elided sum with a number behind its last term")
    return elided(terms, last)


def infix(here: Cursor, left: Node) -> Node:
    """`a \\over b`, `n \\choose k`, `a \\bmod m`, `a (mod m)`, `7 remainder 2`."""
    if here.skip("op", "over"):
        return Node("product", (left, Node("inverse", (sum_(here),))))
    if here.skip("op", "choose"):
        return Node("call", (left, sum_(here)), "binom")
    if here.skip("op", "rem"):
        return Node("group", (left, sum_(here)), "rem")
    if here.skip("op", "mod"):
        return Node("call", (left, modulus(here)), "mod")
    if here.is_("open", "(") and here.peek()[:2] == ("op", "mod"):
        here.at += 2
        node = Node("call", (left, modulus(here)), "mod")
        here.expect("close", ")")
        return node
    return left


def modulus(here: Cursor) -> Node:
    if not here.skip("open", "{"):
        return product(here)
    node = sum_(here)
    here.expect("close", "}")
    return node


def product(here: Cursor) -> Node:
    factors = [signed(here)]
    while True:
        token = here.now
        if token.kind == "op" and token.text in ("*", "/"):
            if is_unit(here, 1) or (token.upright and _is_dimension(here, factors)):
                break
            here.at += 1
            is_cross = token.upright and here.is_("mark", "sign", "arrow") and factors[-1].kind == "name"
            factor = signed(here)
            if is_cross and factor.kind == "name":
                factors[-1] = _cross(factors[-1], factor)
                continue
            factors.append(factor if token.text == "*" else Node("inverse", (factor,)))
        elif starts_factor(here):
            if says_again(here, factors[-1]):
                here.at += 3
            elif token.kind == "num" and here.peek(-1).kind == "num" and factors[-1].kind != "pow":
                factors[-1] = marked(here, mixed(here, factors[-1]))
            else:
                factors.append(power(here))
        else:
            break
    return Node("product", tuple(factors)) if len(factors) > 1 else factors[0]


def _is_dimension(here: Cursor, factors: list[Node]) -> bool:
    """Whether the sign stands between measures in one unit to the end of the item: `3 m \\times 4 m`."""
    unit = here.peek(-1)
    if len(factors) != 2 or factors[0].kind != "num" or unit.text not in UNIT_LETTERS or not unit.spaced:
        return False
    at = 0
    while here.peek(at)[:2] == ("op", "*") and here.peek(at + 1).kind == "num" and here.peek(at + 2)[:3] == unit[:3]:
        at += 3
    return at > 0 and here.peek(at).kind in ("end", "sep", "close")


def _cross(left: Node, right: Node) -> Node:
    """The vector product of two names as a name of its own: of B and v the negative of that of v and B."""
    first, second = sorted((left.text, right.text))
    name = Node("name", text=f"{first}\u00d7{second}")
    return name if left.text == first else Node("neg", (name,))


def says_again(here: Cursor, factor: Node) -> bool:
    """The bracket of `4 (four)`."""
    inside = here.peek()
    again = factor.kind == inside.kind == "num" and factor.text == inside.text
    return again and here.is_("open", "(") and here.now.spaced and inside.upright and here.peek(2).text == ")"


def mixed(here: Cursor, whole: Node) -> Node:
    """`6 1/64` in plain text; two numbers side by side are nothing else."""
    numerator = here.take()
    integers = whole.kind == "num" and re.fullmatch("[0-9]+", whole.text) and re.fullmatch("[0-9]+", numerator.text)
    if not (integers and numerator.spaced and here.is_("op", "/") and re.fullmatch("[0-9]+", here.peek().text)):
        raise UnreadableError("two numbers side by side")
    here.take()
    denominator = Node("num", text=here.take().text)
    return Node("mixed", (whole, Node("num", text=numerator.text), denominator))


def starts_factor(here: Cursor) -> bool:
    token = here.now
    if token.kind == "name":
        return not is_unit(here)
    if token.kind == "num":
        return (here.peek(-1).kind == "num" and here.peek(-2).text != "^") or (
            here.peek().text in ("^", "!") and here.peek(2).text != "\\circ"
        )
    if token.kind == "func":
        return not is_unit_fraction(here)
    if token.kind == "open":
        return token.text != "\\{" and not (token.text == "(" and is_aside(here))
    if token.kind == "mark":
        return token.text in ("\\pi", "\\infty", "\\begin", *MARKS)
    return token.text == "|" and token.kind == "op" and not here.bars and has_bar(here)


def is_unit(here: Cursor, ahead: int = 0) -> bool:
    """Whether a unit stands there: an upright letter, with nothing behind that a factor would need."""
    token, after = here.peek(ahead), here.peek(ahead + 1)
    if token.kind == "word":
        return ahead > 0
    if token.kind != "name" or token.text not in UNIT_LETTERS:
        return False
    if not token.upright:
        return token.spaced and here.peek(ahead - 1).kind == after.kind == "num" and after.spaced
    return (
        after.kind in ("end", "sep", "close", "when", "word", "mark", "num")
        or (after.kind == "op" and after.text not in ("+", "-", "pm", "mp", "!", "'"))
        or (after.kind == "name" and after.upright)
    )


def is_unit_fraction(here: Cursor) -> bool:
    """`\\frac{\\text{km}}{\\text{h}}`."""
    inside = here.peek(2)
    return (
        here.is_("func", "frac")
        and here.peek()[:2] == ("open", "{")
        and (inside.kind == "word" or (inside.upright and inside.text in UNIT_LETTERS))
    )


def is_aside(here: Cursor) -> bool:
    """Whether the bracket that opens here says a condition or an approximation, and is no factor."""
    inside = here.peek()
    if inside.kind in ("when", "class", "word") or (inside.kind == "op" and inside.text in ("approx", "mod", "in")):
        return True
    depth = 0
    for at in range(here.at, here.closing()):
        token = here.tokens[at]
        depth += (token.kind == "open") - (token.kind == "close")
        if depth == 1 and ((token.kind == "op" and token.text in RELATIONS) or token.kind == "class"):
            return True
    return False


def has_bar(here: Cursor) -> bool:
    """Whether a `|` follows in the same bracket."""
    depth = 0
    for at in range(here.at + 1, len(here.tokens)):
        kind, text = here.tokens[at][:2]
        depth += (kind == "open") - (kind == "close")
        if depth < 0 or (depth == 0 and kind == "sep"):
            return False
        if depth == 0 and kind == "op" and text == "|":
            return at > here.at + 1
    return False


def signed(here: Cursor) -> Node:
    token = here.now
    if token.kind != "op" or token.text not in ("-", "+", "pm", "mp"):
        return power(here)
    here.nest("signs")
    here.at += 1
    inner = signed(here)
    here.depth -= 1
    if token.text == "+":
        return inner
    if token.text == "-" and inner.kind == "quantity":
        return inner._replace(args=(Node("neg", inner.args),))  # -40 degrees Celsius
    return Node("neg", (inner,)) if token.text == "-" else Node("pm", (inner,), token.text)


def power(here: Cursor) -> Node:
    return marked(here, atom(here))


def marked(here: Cursor, node: Node) -> Node:
    """With the signs behind it: factorial, percent, degrees, exponent."""
    for _ in range(MAX_MARKS):
        token = here.now
        if token.kind == "op" and token.text == "!":
            here.at += 1
            node = Node("call", (node,), "!!" if here.skip("op", "!") else "!")
        elif token.kind == "mark" and token.text in ("%", "\\circ"):
            here.at += 1
            node = Node("percent", (node,)) if token.text == "%" else degrees(here, node)
        elif token.kind == "op" and token.text == "^":
            here.at += 1
            node = raised(here, node)
        elif token.kind == "word" and token.text.lower() in _DEGREES:
            here.at += 1
            node = degrees(here, node)
        else:
            return node
    raise UnreadableError(f"more than {MAX_MARKS} marks after one value")


def raised(here: Cursor, base: Node) -> Node:
    """`a^b^c` is a^(b^c)."""
    if is_circle(here, base):
        return degrees(here, base)
    if base.kind == "num" and ordinal(here):
        return base
    if base.kind == "group" and base.text in ("()", "[]") and _is_transposed(here):
        return base._replace(text="()")
    if base.kind == "matrix" and len({len(row.args) for row in base.args}) == 1 and _is_transposed(here):
        columns = zip(*(row.args for row in base.args), strict=True)
        return base._replace(args=tuple(Node("list", column) for column in columns))
    exponent = group_or_one(here)
    if exponent.kind in ("list", "words", "relation", "named", "group"):
        raise UnreadableError("an exponent that is no value")
    if here.skip("op", "^"):
        here.nest("powers")
        exponent = raised(here, exponent)
        here.depth -= 1
    return _chosen(base, exponent) or Node("pow", (base, exponent))


def _is_transposed(here: Cursor) -> bool:
    """Past the `T` of `(1, 2)^T`; whether one stood here."""
    braced = here.is_("open", "{")
    if here.peek(int(braced)).text not in ("T", "\\top", "\\intercal") or (braced and here.peek(2).text != "}"):
        return False
    here.at += 3 if braced else 1
    return True


def is_circle(here: Cursor, base: Node) -> bool:
    """Past the `\\circ` of degrees, or the letter o in its place; whether one stood here."""
    braced = here.is_("open", "{")
    sign = here.peek(int(braced))
    if sign[:2] != ("mark", "\\circ") and not (base.kind == "num" and sign.kind == "name" and sign.text == "o"):
        return False
    if braced and here.peek(2).text != "}":
        return False
    here.at += 3 if braced else 1
    return True


def degrees(here: Cursor, base: Node) -> Node:
    """With minutes and seconds of arc; a letter C or F behind makes a temperature of it."""
    if here.now.kind in ("name", "word") and here.now.text.lower() in _TEMPERATURES and here.now.text != "c":
        return Node("quantity", (base,), _TEMPERATURES[here.take().text.lower()])
    node = Node("degree", (base,), "1")
    parts = [node]
    while here.is_("num") and here.peek()[:2] == ("op", "'") and len(parts) < 3:
        number = Node("num", text=here.take().text)
        here.at += 2 if here.peek()[:2] == ("op", "'") else 1
        parts.append(Node("degree", (number,), "60" if len(parts) == 1 else "3600"))
    return Node("sum", tuple(parts)) if len(parts) > 1 else node


def ordinal(here: Cursor) -> bool:
    """`12^{th}`, `12^{\\text{th}}`: the mark is dropped."""
    letters = ""
    ahead = 1 if here.is_("open", "{") else 0
    while here.peek(ahead).kind in ("name", "word"):
        letters += here.peek(ahead).text
        ahead += 1
    if letters not in ORDINALS:
        return False
    here.at += ahead + (1 if here.is_("open", "{") else 0)
    return True


def _index(text: str) -> Node | None:
    """The `10`, `n`, `2n` or `n+1` below a C; None for anything else."""
    if text.isdigit():
        return Node("num", text=text)
    match = _BELOW.fullmatch(text)
    if match is None:
        return None
    node = Node("name", text=match[2])
    if match[1]:
        node = Node("product", (Node("num", text=match[1]), node))
    if match[4]:
        added = Node("num", text=match[4])
        node = Node("sum", (node, added if match[3] == "+" else Node("neg", (added,))))
    return node


def _chosen(base: Node, exponent: Node) -> Node | None:
    """`C_n^k`, a binomial coefficient in another notation, and `A_6^2` of arrangements; None for a power."""
    letter, _, index = base.text.partition("_")
    if base.kind != "name" or letter not in ("C", "A") or exponent.kind not in ("num", "name", "sum"):
        return None
    if (total := _index(index)) is None:
        return None
    if letter == "C":
        return Node("call", (total, exponent), "binom")
    if total.kind != "num" or exponent.kind != "num":
        return None
    return Node("product", (Node("call", (total, exponent), "binom"), Node("call", (exponent,), "!")))
