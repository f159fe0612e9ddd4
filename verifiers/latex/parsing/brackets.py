"""Brackets of an answer: tuples, sets, intervals, set builders, rounding, matrices and cases."""

from temper.verifiers.latex.algebra import UnreadableError
from temper.verifiers.latex.parsing.cursor import Cursor, Node
from temper.verifiers.latex.parsing.sequences import counted
from temper.verifiers.latex.parsing.tokens import END

_PAIRS = {
    "(": (")", "]"), "[": ("]", ")"), "{": ("}",), "\\{": ("\\}",), "\\langle": ("\\rangle",),
    "\\lceil": ("\\rceil",), "\\lfloor": ("\\rfloor",), "]": ("[",),
}  # fmt: skip
_MATRICES = {"pmatrix", "bmatrix", "matrix", "array", "smallmatrix", "Bmatrix"}
_CASES = {"cases", "dcases", "rcases", "aligned", "align", "gathered", "split"}
_CONDITIONS = {"relation", "member", "congruence"}


def bracket(here: Cursor) -> Node:
    opening = here.take().text
    if opening in ("\\lceil", "\\lfloor"):
        inside = here.sum()
        here.expect("close", _PAIRS[opening][0])
        return Node("call", (inside,), opening[2:])
    if opening in ("\\{", "{") and (node := _builder(here, opening)) is not None:
        return node
    if here.is_("close", *_PAIRS[opening]):
        here.at += 1
        if opening in ("\\{", "{"):
            return Node("name", text="\\emptyset")
        raise UnreadableError("a bracket with nothing inside")
    inside = here.list_()
    if not here.is_("close", *_PAIRS[opening]):
        raise here.fail()
    return _grouped(opening, inside, here.take().text)


def _grouped(opening: str, inside: Node, closing: str) -> Node:
    """A group is a tuple, a set or an interval; brackets around one value are nothing."""
    if opening in ("{", "\\{"):
        if opening == "{" and inside.kind != "list":
            return inside
        if inside.kind in _CONDITIONS or (inside.kind == "list" and inside.text == "or"):
            return inside
        return Node("group", inside.args if inside.kind == "list" else (inside,), "{}")
    if inside.kind != "list":
        if opening + closing in ("()", "[]", "\\langle\\rangle"):
            return inside
        raise UnreadableError("a bracket that closes as another")
    if inside.text == "or":
        return inside
    return Node("group", inside.args, "()" if opening == "\\langle" else opening + closing)


def _builder(here: Cursor, opening: str) -> Node | None:
    """`{x | conditions}`, `{2k : k in Z}`; None where no bar or colon stands at this depth."""
    bar = _bar(here) if here.has_bars else None
    if bar is None:
        return None
    start = here.mark()
    if (left := here.till(bar, here.list_)) is None:
        here.reset(start)
        return None
    here.at = bar + 1
    inside = here.list_()
    here.expect("close", _PAIRS[opening][0])
    conditions = inside.args if inside.kind == "list" and inside.text != "or" else (inside,)
    values = counted(left, conditions)
    return Node("builder", (left, *conditions)) if values is None else Node("group", values, "{}")


def _bar(here: Cursor) -> int | None:
    """The first bar or colon of this bracket behind a value; one that opens `|x|` stands first or behind a sign."""
    depth = 0
    for place in range(here.at, len(here.tokens)):
        token, before = here.tokens[place], here.tokens[place - 1]
        depth += (token.kind == "open") - (token.kind == "close")
        if depth < 0:
            return None
        if depth == 0 and token.kind == "op" and token.text in ("|", ":") and before.kind not in ("op", "open", "sep"):
            return place
    return None


def environment(here: Cursor) -> Node:
    here.at += 1
    name = _environment_name(here)
    if name in _CASES:
        return _cases(here)
    if name not in _MATRICES:
        raise UnreadableError(f"the environment {name!r}")
    if name == "array" and here.is_("open", "{"):
        here.at = here.closing() + 1
    start = here.mark()
    try:
        return _matrix(here)
    except UnreadableError:
        here.reset(start)
        return _cases(here)


def _matrix(here: Cursor) -> Node:
    rows, row = [], [here.sum()]
    while not here.skip("mark", "\\end"):
        if here.skip("mark", "&"):
            row.append(here.sum())
        elif here.skip("mark", "\\\\"):
            rows.append(Node("list", tuple(row)))
            row = [] if here.is_("mark", "\\end") else [here.sum()]
        else:
            raise here.fail()
    if row:
        rows.append(Node("list", tuple(row)))
    _environment_name(here)
    return Node("matrix", tuple(rows))


def _cases(here: Cursor) -> Node:
    """Rows of a value with its condition, or of equations that hold together."""
    rows = []
    while not here.skip("mark", "\\end"):
        while here.skip("mark", "&"):
            pass
        rows.append(_case(here))
        while here.is_("sep") or here.is_("mark", "\\\\"):
            here.at += 1
    _environment_name(here)
    if all(row.kind == "given" for row in rows):
        return Node("cases", tuple(rows))
    return Node("list", tuple(rows), "and")


def _case(here: Cursor) -> Node:
    """Up to the end of its row; `&` stands for the `if` of its condition."""
    end, depth = here.at, 0
    while end < len(here.tokens) and (depth or here.tokens[end].text not in ("\\\\", "\\end")):
        depth += (here.tokens[end].kind == "open") - (here.tokens[end].kind == "close")
        end += 1
    rest = here.tokens[end:]
    here.tokens[end:] = []
    try:
        return _case_parts(here)
    finally:
        here.tokens.extend(rest)


def _case_parts(here: Cursor) -> Node:
    value = here.list_()
    conditions: list[Node] = []
    while here.skip("mark", "&"):
        here.skip("when")
        if here.now is not END:
            inside = here.list_()
            conditions += inside.args if inside.kind == "list" and inside.text != "or" else (inside,)
    if here.now is not END:
        raise here.fail()
    return Node("given", (value, *conditions)) if conditions else value


def _environment_name(here: Cursor) -> str:
    if not (here.skip("open", "{") and here.now.kind in ("word", "name")):
        raise here.fail()
    name = ""
    while here.now.kind in ("word", "name"):
        name += here.take().text
    if here.skip("op", "*"):
        pass
    here.expect("close", "}")
    return name
