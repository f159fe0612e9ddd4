"""What stands before the `=` of a labelled value: `x`, `f(x)`, `(x, y)`, `f: x`, `the minimum of f`."""

from temper.verifiers.latex.parsing.atoms import read_name
from temper.verifiers.latex.parsing.cursor import RELATIONS, Cursor
from temper.verifiers.latex.parsing.dates import MONTHS
from temper.verifiers.latex.parsing.tokens import Token
from temper.verifiers.latex.units import DENYING
from temper.verifiers.latex.wording import has_role

_OF = ("of", "for", "from", "between")
_VALUED = {
    "maximum", "minimum", "max", "min", "mean", "median", "mode", "range", "rank", "nullity", "degree", "dimension",
    "radius", "diameter", "period", "amplitude", "slope",
}  # fmt: skip
_PLACED = {"center", "centre", "vertex", "focus", "midpoint", "centroid"}
"""What a point is."""
_COMES_TO = {"profit", "gain", "loss", "increase", "decrease", "discount", "surplus", "deficit"}
"""`profit of \\$20`."""
_STARTS = ("word", "class", "when", "name", "func", "mark", "num")


def label(here: Cursor, has_colons: bool) -> str:
    """The label with its `=` taken, empty where none stands; one in words ends in `=`, since an equation may follow it.
    `has_colons`: a colon stands for the `=`."""
    start = here.mark()
    if here.is_("mark", "\\int") and (end := _equals(here)) is not None:
        here.at = end + 1
        return "\\int"
    if here.is_("word") and _stands_before_value(here):
        return here.take().text + "="
    if here.is_("func", "max", "min") and _is_number(here.peek(), here.peek(2)):
        return here.take().text + "="  # `max 9`
    article = int(here.is_("name", "a") and here.now.upright)
    if here.peek(article).text.lower() in _COMES_TO and here.peek(article + 1)[:2] == ("word", "of"):
        here.at += article + 2
        return here.peek(-2).text + "="
    end = words_label(here)
    if end is not None:
        return _name_at_end(here, end) or _words(here, end)
    text = _mapping(here) or _name(here)
    if text and (here.skip("op", "=", "mapsto") or (has_colons and here.skip("op", ":"))):
        return text
    here.reset(start)
    return ""


def words_label(here: Cursor) -> int | None:
    """Where the `=` or `:` of a label in words stands."""
    if not here.has_words or here.now.kind not in _STARTS:
        return None
    depth, worded = 0, False
    for place in range(here.at, len(here.tokens)):
        token = here.tokens[place]
        depth += (token.kind == "open") - (token.kind == "close")
        if depth < 0 or (depth == 0 and token.kind == "sep"):
            return None
        if depth:
            continue
        if token.kind == "word" and token.text.lower() in DENYING:
            return None
        worded |= token.kind == "word"
        if token.kind == "op" and token.text in ("=", ":"):
            in_numbers = token.text == ":" and here.tokens[place - 1].kind == "num"
            return place if worded and not in_numbers else None
        if token.kind == "op" and token.text in RELATIONS:
            return None
    return None


def _stands_before_value(here: Cursor) -> bool:
    """The word of `minimum -1, maximum 2` and of `Alice 12, Bob 8`, a name among several."""
    if not _is_valued(here.tokens, here.at):
        return False
    if here.now.text.lower() in _VALUED | _PLACED:
        return True
    starts = [0, *(i + 1 for i, token in enumerate(here.tokens) if token.kind == "sep")]
    return len(starts) > 1 and all(
        _is_valued(here.tokens, i) and here.tokens[i].text.istitle() and here.tokens[i].text.lower() not in MONTHS
        for i in starts
    )


def _is_valued(tokens: list[Token], at: int) -> bool:
    if at + 1 >= len(tokens) or tokens[at].kind != "word":
        return False
    if tokens[at + 1].text == "(":
        return tokens[at].text.lower() in _PLACED
    return tokens[at + 1].kind == "num" or tokens[at + 1].text in ("-", "frac", "sqrt", "\\pi")


def _is_number(token: Token, after: Token) -> bool:
    return token.kind == "num" or (token.text == "-" and after.kind == "num")


def _equals(here: Cursor) -> int | None:
    """Where the last `=` of the whole stands, that of an integral with its value; None where a separator does."""
    signs = [i for i in range(here.at, len(here.tokens)) if here.tokens[i][:2] == ("op", "=")]
    return signs[-1] if signs and not any(token.kind == "sep" for token in here.tokens[here.at :]) else None


def _name_at_end(here: Cursor, end: int) -> str:
    """The `y` of `the line y = 2x`; in `the value of x = 3` it belongs to the words."""
    last = max(i for i in range(here.at, end) if here.tokens[i].kind == "word")
    words = [token.text for token in here.tokens[here.at : end] if token.kind == "word"]
    if last + 1 == end or here.tokens[last].text.lower() in _OF or has_role(words):
        return ""
    start, here.at = here.mark(), last + 1
    text = _name(here)
    if text and (text[0] != "(" or "," in text) and here.skip("op", "="):
        return text
    here.reset(start)
    return ""


def _words(here: Cursor, end: int) -> str:
    text = " ".join(token.text for token in here.tokens[here.at : end] if token.kind != "mark")
    here.at = end + 1
    return text + "=" if text else ""


def _mapping(here: Cursor) -> str:
    """The `f: x` of `f: x -> x + 1`."""
    named = here.is_("name") and here.peek()[:2] == ("op", ":") and here.peek(2).kind == "name"
    if not named or here.peek(3)[:2] != ("op", "mapsto"):
        return ""
    here.at += 3
    return f"{here.peek(-3).text}({here.peek(-1).text})"


def _name(here: Cursor) -> str:
    if here.is_("func") and here.peek()[:2] == ("op", "="):
        return here.take().text
    text = read_name(here) if here.is_("name") else ""
    if text and here.is_("op", "^") and here.peek()[:2] == ("open", "{") and here.peek(2).text == "-":
        here.at += 1
        start, here.at = here.at, here.closing() + 1
        text += "^" + "".join(token.text for token in here.tokens[start + 1 : here.at - 1])
    if not here.is_("open", "(", *(("\\{",) if text else ())) or (
        len(text) > 1 and not text.startswith("\\") and not {*"_^"} & {*text}
    ):
        return text
    end = here.closing()
    inside = here.tokens[here.at + 1 : end]
    allowed = all(token.kind in ("name", "sep") or (text and token.kind == "num") for token in inside)
    if not inside or not allowed or end == len(here.tokens):
        return ""
    here.at = end + 1
    return text + "(" + "".join(token.text for token in inside) + ")"
