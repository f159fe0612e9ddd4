"""The text of an answer, LaTeX or plain, as tokens. Nothing is executed and nothing is guessed by meaning."""

import re
from typing import NamedTuple

from temper.verifiers.latex.algebra import UnreadableError

MAX_TEXT = 5_000
"""Characters of an answer; a longer one is read by nobody."""
MAX_DIGITS = 4_000
MAX_TOKENS = 2_000


class Token(NamedTuple):
    kind: str
    """num, name, word, op, func, open, close, sep, mark, end"""
    text: str
    spaced: bool = False
    """Whether blanks stood before it."""


END = Token("end", "")
FUNCTIONS = {
    "sin", "cos", "tan", "cot", "sec", "csc", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "ln",
    "log", "lg", "exp", "sqrt", "floor", "ceil", "abs",
}  # fmt: skip
_GREEK = {
    "alpha", "beta", "gamma", "delta", "epsilon", "varepsilon", "zeta", "eta", "theta", "vartheta", "iota",
    "kappa", "lambda", "mu", "nu", "xi", "rho", "sigma", "tau", "upsilon", "phi", "varphi", "chi", "psi",
    "omega", "Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi", "Psi", "Omega",
    "ell",
}  # fmt: skip
_UNICODE = str.maketrans({
    "\u2212": "-", "\u2013": "-", "\u2014": "-", "\u00d7": "*", "\u00b7": "*", "\u22c5": "*",
    "\u2217": "*", "\u2219": "*", "\u00f7": "/", "\u2044": "/", "\u2215": "/", "\u2264": " \\le ",
    "\u2265": " \\ge ", "\u2260": " \\ne ", "\u2a7d": " \\le ", "\u2a7e": " \\ge ", "\u221e": " \\infty ",
    "\u222a": " \\cup ", "\u2229": " \\cap ", "\u2208": " \\in ", "\u03c0": " \\pi ",
    "\u00b0": " ^\\circ ", "\u00b1": " \\pm ", "\u2213": " \\mp ", "\u221a": " \\sqrt ",
    "\u221b": " \\cbrt ", "\u2026": " \\ldots ", "\u00bd": " \\frac{1}{2}", "\u00bc": " \\frac{1}{4}",
    "\u00be": " \\frac{3}{4}", "\u2153": " \\frac{1}{3}", "\u2154": " \\frac{2}{3}", "\u00a0": " ",
    "\u2009": " ", "\u202f": " ", "\u200b": "", "\ufeff": "", "\u2032": "'", "\uff0c": ",", "\uff08": "(",
    "\uff09": ")", "\uff1d": "=", "\u201c": '"', "\u201d": '"', "\u2019": "'", "\u211d": " \\R ",
    "\u2124": " \\Z ", "\u03b1": " \\alpha ", "\u03b2": " \\beta ", "\u03b3": " \\gamma ",
    "\u03b4": " \\delta ", "\u03b8": " \\theta ", "\u03bb": " \\lambda ", "\u03bc": " \\mu ",
    "\u00b5": " \\mu ", "\u03c1": " \\rho ", "\u03c3": " \\sigma ", "\u03c4": " \\tau ",
    "\u03c6": " \\phi ", "\u03c9": " \\omega ", "\u0394": " \\Delta ", "\u03a9": " \\Omega ",
})  # fmt: skip
_SUPERSCRIPTS = str.maketrans("\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079\u207b", "0123456789-")
_SUPERSCRIPT = re.compile("[\u2070\u00b9\u00b2\u00b3\u2074-\u2079\u207b]+")
_SIZES = re.compile(r"\\(?:left|right|[bB]igg?[lrm]?)(?![A-Za-z])\.?")
_SPACING = re.compile(
    r"(\\\\)|\\(?:displaystyle|textstyle|limits|quad|qquad|hspace\{[^{}]{0,20}\}|hfill|nolimits)(?![A-Za-z])"
    r"|\\[,!;:> \n]|~"
)
_TOKEN = re.compile(
    r"(?P<num>(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+(?![0-9A-Za-z.]))?)"
    r"|\\(?P<command>[A-Za-z]+|[{}|%$#&_\\])"
    r"|(?P<run>[A-Za-z]+)"
    r"|(?P<op>\*\*|<=|>=|!=|==|->|[-+*/^!<>=|:'\u2020])"
    r"|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<sep>[,;])|(?P<mark>[_%&$£€¥\"?.@#~`])"
)
_TEXT_COMMANDS = {
    "text",
    "mathrm",
    "mbox",
    "textbf",
    "mathbf",
    "operatorname",
    "textit",
    "rm",
    "textrm",
    "boldsymbol",
    "mathit",
}
_OPS = {
    "cdot": "*", "times": "*", "ast": "*", "div": "/", "le": "<=", "leq": "<=", "leqslant": "<=",
    "ge": ">=", "geq": ">=", "geqslant": ">=", "lt": "<", "gt": ">", "ne": "!=", "neq": "!=", "pm": "pm",
    "mp": "mp", "cup": "cup", "in": "in", "mid": "|", "vert": "|", "lvert": "|", "rvert": "|",
    "colon": ":", "|": "||",
}  # fmt: skip
_SAME = {
    "dfrac": "frac",
    "tfrac": "frac",
    "cfrac": "frac",
    "degree": "circ",
    "textcirc": "circ",
    "dbinom": "binom",
    "tbinom": "binom",
}
_SETS = {"R", "Z", "N", "Q", "C", "mathbb", "emptyset", "varnothing"}
_CURRENCIES = {"£": "pound", "€": "euro", "¥": "yen"}
_SPELLED = {
    "pi": "pi", "infinity": "infty", "infty": "infty", "inf": "infty", "theta": "theta", "alpha": "alpha",
    "beta": "beta", "lambda": "lambda",
}  # fmt: skip
_UNITS_IN_LETTERS = {
    "km",
    "cm",
    "mm",
    "kg",
    "mg",
    "ml",
    "mL",
    "ft",
    "lb",
    "hr",
    "mph",
    "min",
    "sec",
    "oz",
    "dm",
    "kW",
}


def tokens_of(text: str) -> list[Token]:
    """Raises UnreadableError for what is too long or holds a character that no answer has."""
    if len(text) > MAX_TEXT:
        raise UnreadableError(f"an answer of {len(text)} characters")
    text = _SUPERSCRIPT.sub(lambda found: "^{" + found.group().translate(_SUPERSCRIPTS) + "}", text)
    text = _SIZES.sub("", _thousands(text.translate(_UNICODE)))
    text = _SPACING.sub(lambda found: found.group(1) or " ", text)
    found: list[Token] = []
    position, depth, spaced = 0, 0, False
    closes: list[int] = []
    while position < len(text):
        if text[position].isspace():
            position, spaced = position + 1, True
            continue
        match = _TOKEN.match(text, position)
        if match is None:
            raise UnreadableError(f"the character {text[position]!r}")
        in_text = bool(closes)
        position = match.end()
        kind = match.lastgroup or ""
        word = match.group(kind)
        if kind == "open" and word == "{":
            depth += 1
        if kind == "close" and word == "}":
            depth -= 1
            if closes and closes[-1] == depth:
                closes.pop()
                spaced = True
                continue
        if kind == "command" and word in _TEXT_COMMANDS:
            brace = re.compile(r"\s*\{").match(text, position)
            if brace:
                position = brace.end()
                closes.append(depth)
                depth += 1
                spaced = True
            continue
        for token in _read(kind, word, spaced, in_text, found[-1] if found else END):
            found.append(token)
            spaced = False
        spaced = False
        if len(found) > MAX_TOKENS:
            raise UnreadableError("an answer of too many parts")
    return found


def _thousands(text: str) -> str:
    """`1{,}234`, `1\\,234` and `1,\\!234` are one number."""
    return re.sub(r"(?<=[0-9])(?:\{,\}|,\\!|\\,|\\!,|\\ )(?=[0-9]{3}(?![0-9]))", "", text)


def _read(kind: str, word: str, spaced: bool, in_text: bool, before: Token) -> list[Token]:
    if kind == "num":
        if len(word) > MAX_DIGITS:
            raise UnreadableError(f"a number of {len(word)} digits")
        return [Token("num", word, spaced)]
    if kind == "command":
        return [_command(word, spaced)]
    if kind == "run":
        return _run(word, spaced, in_text, before)
    if kind == "mark":
        if word in '$"`~':
            return []
        return [Token("word", _CURRENCIES[word], spaced) if word in _CURRENCIES else Token("mark", word, spaced)]
    return [Token(kind, {"**": "^", "==": "="}.get(word, word), spaced)]


def _command(word: str, spaced: bool) -> Token:
    word = _SAME.get(word, word)
    if word in _OPS:
        return Token("op", _OPS[word], spaced)
    if word in FUNCTIONS or word in ("frac", "cbrt", "binom"):
        return Token("func", word, spaced)
    if word in _GREEK or word in _SETS:
        return Token("name", "\\" + word, spaced)
    if word in ("{", "}"):
        return Token("open" if word == "{" else "close", "\\" + word, spaced)
    if word in ("$", "&"):
        return Token("mark", "&" if word == "&" else "$", spaced)
    if word in ("lbrace", "lceil", "lfloor", "langle"):
        return Token("open", {"lbrace": "\\{"}.get(word, "\\" + word), spaced)
    if word in ("rbrace", "rceil", "rfloor", "rangle"):
        return Token("close", {"rbrace": "\\}"}.get(word, "\\" + word), spaced)
    if word in ("%", "_"):
        return Token("mark", word, spaced)
    return Token("mark", "\\" + word, spaced)


def _run(word: str, spaced: bool, in_text: bool, before: Token) -> list[Token]:
    """A run of letters: a name we know, a word, or a product of one-letter names."""
    low = word.lower()
    if low in ("and", "or"):
        return [Token("sep", low, spaced)]
    if low in _SPELLED:
        kind = "mark" if _SPELLED[low] in ("pi", "infty") else "name"
        return [Token(kind, "\\" + _SPELLED[low], spaced)]
    if low in FUNCTIONS and not (in_text and low == "sec"):
        return [Token("func", {"lg": "log"}.get(low, low), spaced)]
    if low in ("percent", "percentage"):
        return [Token("mark", "%", spaced)]
    if low in ("degree", "degrees", "deg") and before.kind == "num":
        return [Token("op", "^", spaced), Token("mark", "\\circ")]
    counted = len(word) == 3 and spaced and before.kind == "num"
    if in_text or len(word) >= 4 or word in _UNITS_IN_LETTERS or counted:
        return [Token("word", low if len(word) > 1 else word, spaced)]
    return [Token("name", letter, spaced and i == 0) for i, letter in enumerate(word)]
