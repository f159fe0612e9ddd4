"""Functions and what they apply to: fractions, roots, logarithms, trigonometry, `\\sum` and `\\prod`.

A function without brackets takes the factors up to the next sign, operator, bracket or function.
"""

import re
from collections.abc import Callable

from temper.verifiers.latex.algebra import UnreadableError
from temper.verifiers.latex.parsing.atoms import group_end, group_or_one, number_set, read_name
from temper.verifiers.latex.parsing.cursor import Cursor, Node
from temper.verifiers.latex.parsing.tokens import MARKS, Token

_OF_SEVERAL = {"max", "min", "gcd", "lcm"}
_HYPERBOLIC: dict[str, Callable[[tuple[Node, ...]], Node]] = {
    "coth": lambda args: Node("product", (Node("call", args, "cosh"), Node("inverse", (Node("call", args, "sinh"),)))),
    "sech": lambda args: Node("inverse", (Node("call", args, "cosh"),)),
    "csch": lambda args: Node("inverse", (Node("call", args, "sinh"),)),
}
"""Functions that are quotients of others."""
_TOWARDS = ("{", "}", "\\to", "\\rightarrow", "->")
_ARROWS = {"\\to", "\\rightarrow", "\\longrightarrow", "->"}
_UNKNOWN = {"deg", "dim", "Pr", "arg", "Re", "Im", "det", "ker", "lim"}
"""Functions of which only the name is known."""


def function(here: Cursor) -> Node:
    name = here.take().text
    if name == "frac":
        top = _argument(here)
        return Node("product", (top, Node("inverse", (_argument(here),))))
    if name == "binom":
        return Node("call", (_argument(here), _argument(here)), "binom")
    if name in ("sqrt", "cbrt"):
        return _root(here, name)
    if name in ("sum", "prod"):
        return _big(here, name)
    if name in ("log", "lg"):
        return _logarithm(here, name)
    if name in _OF_SEVERAL:
        return _of_several(here, name)
    return _applied(here, name)


def _applied(here: Cursor, name: str) -> Node:
    known = name not in _UNKNOWN
    if name == "lim" and here.skip("mark", "_"):
        if (limit := _limit(here)) is not None:
            return limit
        start = here.at
        group_end(here)
        name += "".join(token.text for token in here.tokens[start : here.at] if token.text not in _TOWARDS)
    exponent = group_or_one(here) if here.skip("op", "^") else None
    call = Node("call", (_operand(here),), name if known else f"apply {name}")
    if name in _HYPERBOLIC:
        call = _HYPERBOLIC[name](call.args)
    if exponent is None:
        return call
    if exponent.kind == "neg" and exponent.args[0].text == "1" and name not in _HYPERBOLIC:
        return Node("call", call.args, "arc" + name)
    return Node("pow", (call, exponent))


def _limit(here: Cursor) -> Node | None:
    """`\\lim_{x \\to a^+}` of the factors behind it; None where what stands below is no name with its point."""
    start, end = here.mark(), here.closing()
    if not (here.skip("open", "{") and here.is_("name") and end < len(here.tokens)):
        here.reset(start)
        return None
    variable = read_name(here)
    if here.take().text not in _ARROWS:
        here.reset(start)
        return None
    inside = [token for token in here.tokens[here.at : end] if token.text not in "{}"]
    side = inside[-1].text if len(inside) > 1 and inside[-1].text in "+-" else ""
    stop = max(i for i in range(here.at, end) if here.tokens[i].text == "^") if side and inside[-2].text == "^" else end
    if (point := here.till(stop, here.sum)) is None:
        here.reset(start)
        return None
    here.at = end + 1
    here.nest("limits")
    body = here.product()
    here.depth -= 1
    return Node("limit", (point, _as_name(body, variable)), f"lim {variable} {side if stop < end else ''}".rstrip())


def _argument(here: Cursor) -> Node:
    """An argument of `\\frac`: a group, or one digit or letter, as in `\\frac12` and `\\frac 59`."""
    token = here.now
    if token.kind == "num" and re.fullmatch("[0-9]{2,}", token.text):
        here.tokens[here.at : here.at + 1] = [Token("num", token.text[0]), Token("num", token.text[1:])]
        return Node("num", text=here.take().text)
    return group_or_one(here)


def _root(here: Cursor, name: str) -> Node:
    index = Node("num", text="3" if name == "cbrt" else "2")
    if name == "sqrt" and here.skip("open", "["):
        index = here.sum()
        here.expect("close", "]")
    return Node("root", (group_or_one(here), index))


def _logarithm(here: Cursor, name: str) -> Node:
    base = Node("num", text="10") if name == "lg" else None
    if here.skip("mark", "_"):
        alone = here.peek().kind in ("end", "close", "sep") or here.peek().text in ("+", "-", "*", "/")
        base = _argument(here) if alone else group_or_one(here)  # nothing behind `\log_25`: it is of 5
    exponent = group_or_one(here) if here.skip("op", "^") else None
    operand = _operand(here)
    call = Node("log", (operand,) if base is None else (base, operand))
    return call if exponent is None else Node("pow", (call, exponent))


def _of_several(here: Cursor, name: str) -> Node:
    """`\\max(1, a)`, `\\gcd\\{a, b\\}`; of one thing (`\\max f`) it is a name."""
    if here.skip("mark", "_"):
        group_or_one(here)
    inside = here.bracket() if here.is_("open", "(", "{", "\\{", "[") else here.power()
    if inside.kind in ("group", "list"):
        return Node("call", inside.args, name)
    return Node("call", (inside,), "apply " + name)


def _big(here: Cursor, name: str) -> Node:
    """`\\sum_{k=1}^{n}` of the factors behind it."""
    low = high = None
    for _ in range(2):
        if here.skip("mark", "_"):
            low = _bound(here)
        elif here.skip("op", "^"):
            high = group_or_one(here)
    if low is None or (high is None) == (low[2] is None):
        raise UnreadableError(f"a {name} without bounds")
    variable, first, last = low
    here.nest("sums")
    body = here.product()
    here.depth -= 1
    return Node("big", (first, high or last or first, _as_name(body, variable)), f"{name} {variable}")


def _as_name(node: Node, variable: str) -> Node:
    """The body with its variable as a name, also where that is i or e."""
    if node.kind == "const" and node.text == variable:
        return Node("name", text=variable)
    return node._replace(args=tuple(_as_name(part, variable) for part in node.args))


def _bound(here: Cursor) -> tuple[str, Node, Node | None]:
    """The counter with where it begins, and where it ends if that stands there: `n \\ge 0` has no end,
    `1 \\le k \\le n` has both."""
    here.expect("open", "{")
    if here.now.kind != "name" or here.peek()[:2] in (("op", "<"), ("op", "<=")):
        return _between(here)
    variable = read_name(here)
    sign = here.take()
    last = None if sign.text == "=" else Node("inf")
    if sign.text == "in":
        first = _first_of_class(here)
    elif sign[:2] in (("op", "="), ("op", ">="), ("op", ">")):
        first = _next(here.sum()) if sign.text == ">" else here.sum()
    else:
        raise UnreadableError(f"a sum whose counter stands before {sign.text!r}")
    here.expect("close", "}")
    return variable, first, last


def _between(here: Cursor) -> tuple[str, Node, Node]:
    """`1 \\le k < n`."""
    first = here.sum()
    below = here.take().text
    if here.now.kind != "name":
        raise here.fail()
    variable = read_name(here)
    above = here.take().text
    if not {below, above} <= {"<", "<="}:
        raise UnreadableError("a sum whose counter has no end")
    last = here.sum()
    here.expect("close", "}")
    return variable, _next(first) if below == "<" else first, _next(last, -1) if above == "<" else last


def _next(node: Node, step: int = 1) -> Node:
    one = Node("num", text="1")
    return Node("sum", (node, one if step > 0 else Node("neg", (one,))))


def _first_of_class(here: Cursor) -> Node:
    """0 or 1; of the natural numbers alone it is not agreed, and the whole ones have none."""
    kinds = {*number_set(here).text.split()}
    if kinds & {"natural", "integer"} and kinds <= {"natural", "integer", "positive", "with0", "nonnegative"}:
        if "positive" in kinds:
            return Node("num", text="1")
        if kinds & {"with0", "nonnegative"}:
            return Node("num", text="0")
    raise UnreadableError("a sum over numbers of which the first is not said")


def _is_axis(here: Cursor) -> bool:
    """The bold i of `\\cos t \\mathbf{i}`, which is behind the cosine and not in it."""
    return (here.now.kind == "name" and here.now.upright and here.now.text in "ijk") or here.is_("mark", *MARKS)


def _operand(here: Cursor) -> Node:
    """What a function without brackets applies to: `sin 2x`, `ln cos t`, `tan 7/5 pi` stops at the slash."""
    if here.is_("func", "frac"):
        factors = [here.power()]
        while here.is_("mark", "\\pi") or here.is_("name"):
            factors.append(here.power())
        return Node("product", tuple(factors))
    if here.is_("func"):
        return here.power()
    if here.is_("open", "(", "[", "{"):
        return here.bracket()
    factors = [here.signed()]
    while here.starts_factor() and not here.is_("func") and not here.is_("open") and not _is_axis(here):
        factors.append(here.power())
    return Node("product", tuple(factors)) if len(factors) > 1 else factors[0]
