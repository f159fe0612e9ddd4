"""The text of an answer, LaTeX or plain, as tokens. Nothing is executed and nothing is guessed by meaning.

Letters are where LaTeX and plain text differ. Inside `\\text{...}` and its like a run of letters is a word; outside, a
run of four or more is one, a shorter one is a product of one-letter names unless it is a word or a unit that is listed
here. What words say is `phrases`'."""

import re
from typing import NamedTuple

from temper.verifiers.latex.algebra import UnreadableError
from temper.verifiers.latex.parsing.mending import plain

MAX_TEXT = 5_000
"""Characters of an answer; a longer one is read by nobody."""
MAX_DIGITS = 4_000
MAX_TOKENS = 2_000
MAX_DEPTH = 60
"""Brackets inside brackets; what is deeper is refused before it is read to its end."""


class Token(NamedTuple):
    kind: str
    """num, name, word, class, when, op, func, open, close, sep, mark, end"""
    text: str
    spaced: bool = False
    """Whether blanks stood before it."""
    upright: bool = False
    """Whether it stood in `\\text{}` or its like; of a `*` whether it was a `\\times`."""


END = Token("end", "")
FUNCTIONS = {
    "sin", "cos", "tan", "cot", "sec", "csc", "arcsin", "arccos", "arctan", "arccot", "sinh", "cosh", "tanh", "ln",
    "coth", "sech", "csch",
    "arcsinh", "arccosh", "arctanh",
    "log", "lg", "exp", "sqrt", "floor", "ceil", "abs", "max", "min", "gcd", "lcm", "cis",
}  # fmt: skip
_OTHER_FUNCTIONS = {
    "tg": "tan", "ctg": "cot", "cotg": "cot", "cotan": "cot", "cosec": "csc", "arctg": "arctan", "arcctg": "arccot",
    "asin": "arcsin", "acos": "arccos", "atan": "arctan", "sh": "sinh", "ch": "cosh", "th": "tanh",
    "asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh", "arsinh": "arcsinh", "arcosh": "arccosh",
    "artanh": "arctanh", "arsh": "arcsinh", "arch": "arccosh", "arth": "arctanh",
}  # fmt: skip
_COMMAND_FUNCTIONS = {
    "frac", "cbrt", "binom", "sum", "prod", "deg", "dim", "Pr", "arg", "Re", "Im", "det", "ker", "lim",
}  # fmt: skip
_SILENT = {"therefore", "because", "qquad", "relax", "noindent", "centering"}
_GREEK = {
    "alpha", "beta", "gamma", "delta", "epsilon", "varepsilon", "zeta", "eta", "theta", "vartheta", "iota",
    "kappa", "lambda", "mu", "nu", "xi", "rho", "sigma", "tau", "upsilon", "phi", "varphi", "chi", "psi",
    "omega", "complement", "Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi", "Psi", "Omega",
    "ell", "hbar", "emptyset",
}  # fmt: skip
_TOKEN = re.compile(
    r"(?P<num>(?:[0-9]+(?:\.[0-9]+|\.(?=\s?[-+*/^)\\]))?|\.[0-9]+)(?:[eE][+-]?[0-9]+(?![0-9A-Za-z.]))?)"
    r"|\\(?P<command>[A-Za-z]+|[{}|%$#&_\\])"
    r"|(?P<run>[A-Za-z]+(?![^\W\d_]))|(?P<foreign>[^\W\d_]+)"
    r"|(?P<op>\*\*|<=|>=|!=|==|=|->|[-+*/^!<>|:'\u2020])"
    r"|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<sep>[,;])|(?P<mark>[_%&$£€¥¢₹\"?.@#`])"
)
_BRACE = re.compile(r"\s*\{")
_BOLD_SET = re.compile(r"\s*\{\s*([RZNQC])\s*\}")
_BOARD = re.compile(r"\s*(?:\{\s*([A-Z])\s*\}|([A-Z]))")
_NEXT_WORD = re.compile(r"\s+[A-Za-z]{2,}")
_ROMAN = re.compile("[IVX]{2,5}")
"""Numbers of statements; as products they would be equal in another order."""
_DIFFERENTIAL = re.compile("[xyzt]{1,3}d[xyzt]")
_WITH_ARGUMENTS = (("func", "frac"), ("func", "binom"))
_ENDS = ("end", "sep", "close", "word")
_SET_SIGNS = (("op", "cup"), ("op", "cap"), ("op", "setminus"))
_AFTER_WORD = set(" \t\n.,:;!?)}$\"'")
_STYLES = {
    "text", "textnormal", "textup", "textsf", "texttt", "textsc", "textmd", "textbf", "textit", "textrm", "emph",
    "textsl", "mathrm", "mathbf", "mathit", "mathsf", "mathtt", "mathnormal", "mathcal", "mathscr", "mathfrak",
    "boldsymbol", "bm", "pmb", "mbox", "hbox", "operatorname", "underline", "uline", "ensuremath", "mathop", "mathord",
    "fbox", "boxed", "smash", "rm", "bf", "it", "sf", "tt", "sl", "sc",
}  # fmt: skip
"""Commands whose argument is read as if it stood there alone, letters as words."""
_SIGNS = {
    "overline", "overrightarrow", "overleftrightarrow", "vec", "hat", "widehat", "overset", "bar", "tilde", "widetilde",
    "angle", "measuredangle", "triangle", "odot", "square", "parallelogram", "operatorname*", "Box", "nabla",
}  # fmt: skip
"""Marks of geometry before a name: they belong to its label."""
_MARKS = {
    "overline": "bar", "bar": "bar", "angle": "angle", "measuredangle": "angle", "overrightarrow": "arrow",
    "vec": "arrow",
}  # fmt: skip
"""Those that say more: with a bar a single letter is another value (a conjugate, a mean), an angle has a vertex,
a vector between two points a direction."""
MARKS = {"sign", *_MARKS.values()}
_OPS = {
    "cdot": "*", "times": "*", "ast": "*", "div": "/", "le": "<=", "leq": "<=", "leqslant": "<=", "leqq": "<=",
    "ge": ">=", "geq": ">=", "geqslant": ">=", "geqq": ">=", "lt": "<", "gt": ">", "ne": "!=", "neq": "!=",
    "pm": "pm", "mp": "mp", "cup": "cup", "bigcup": "cup", "cap": "cap", "in": "in", "mid": "|", "vert": "|",
    "lvert": "|", "rvert": "|", "colon": ":", "ratio": ":", "|": "||", "lVert": "||", "rVert": "||", "approx": "approx",
    "simeq": "approx", "cong": "approx", "doteq": "approx", "equiv": "equiv", "setminus": "setminus",
    "backslash": "setminus", "smallsetminus": "setminus", "mod": "mod", "bmod": "mod", "pmod": "mod", "over": "over",
    "choose": "choose", "prime": "'", "mapsto": "mapsto",
}  # fmt: skip
_SAME = {
    "dfrac": "frac", "tfrac": "frac", "cfrac": "frac", "nicefrac": "frac", "sfrac": "frac", "flatfrac": "frac",
    "degree": "circ", "textcirc": "circ", "textdegree": "circ", "dbinom": "binom", "tbinom": "binom",
    "dots": "ldots", "cdots": "ldots", "dotsc": "ldots", "dotsb": "ldots", "dotso": "ldots", "varnothing": "emptyset",
    "land": "and", "wedge": "and", "lor": "or", "vee": "or", "lbrace": "{", "rbrace": "}", "lbrack": "[", "rbrack": "]",
    "varphi": "phi", "varepsilon": "epsilon", "vartheta": "theta", "operatorname": "text", "infin": "infty",
    "lnot": "neg", "bigtriangleup": "triangle", "vartriangle": "triangle", "sphericalangle": "angle",
    "dotsm": "ldots", "dotsi": "ldots", "mathellipsis": "ldots", "textellipsis": "ldots", "hdots": "ldots",
}  # fmt: skip
_BRACKETS = {"{": "open", "lceil": "open", "lfloor": "open", "langle": "open",
             "}": "close", "rceil": "close", "rfloor": "close", "rangle": "close"}  # fmt: skip
SETS = {"R": "real", "Z": "integer", "N": "natural", "Q": "rational", "C": "complex"}
_CURRENCY_SIGNS = {"£": "pounds", "€": "euros", "¥": "yen", "¢": "cents", "₹": "rupees"}
CURRENCIES = {"dollars", *_CURRENCY_SIGNS.values()}
_AFTER_MU, _BEFORE_OHM = set("mgsCFAVLHTNJW"), set("kMGm")
"""Units that take the prefix mu, and prefixes of the ohm."""
_SPELLED = {
    "pi": "pi", "infinity": "infty", "infty": "infty", "inf": "infty", "theta": "theta", "alpha": "alpha",
    "beta": "beta", "lambda": "lambda", "gamma": "gamma", "sigma": "sigma", "omega": "omega",
}  # fmt: skip
_SHORT_UNITS = {
    "km", "cm", "mm", "kg", "mg", "ml", "mL", "ft", "lb", "lbs", "hr", "hrs", "mph", "min", "mins", "sec", "secs", "oz",
    "dm", "kW", "kJ", "kN", "Hz", "kHz", "MHz", "GHz", "Pa", "kPa", "mA", "cc", "kmh", "kph", "rpm", "kcal", "cal",
    "sq", "cu", "mi", "yd", "yds", "gal", "pt", "qt", "GB", "MB", "KB", "kB", "TB", "yr", "yrs", "kWh", "mol",
}  # fmt: skip
_ALSO_NAMES = {"mg", "ft", "pt", "qt", "mA", "kN", "cu", "hr", "mL", "ml", "Pa"}
"""Of these, those that are products in formulas: `mg \\sin \\theta`, `e^{pt}`."""
_SHORT_WORDS = {
    "the", "is", "are", "and", "not", "no", "yes", "all", "any", "odd", "even", "for", "none", "one", "two", "six",
    "ten", "mod", "per", "was", "has", "if", "or", "of", "only", "each", "sum", "may", "can", "does", "such", "that",
    "rs", "usd", "inr", "rmb", "eur", "gbp",
}  # fmt: skip
"""Words of less than four letters that are no product of names where blanks stand around them."""
_BESIDE_WORDS = {"a", "an", "as", "at", "by", "in", "to", "be", "on", "up", "it", "so", "we", "us", "he", "am", "pm"}
"""Words only beside another word: `by` in `ax + by` is a product."""


def tokens_of(text: str) -> list[Token]:
    """Raises UnreadableError for what is too long or holds a character that no answer has."""
    if len(text) > MAX_TEXT:
        raise UnreadableError(f"an answer of {len(text)} characters")
    return _Tokens(plain(text)).read()


class _Tokens:
    """A position in the text, the tokens so far, and the depths at which upright text ends."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.found: list[Token] = []
        self.position = 0
        self.depth = self.nested = 0
        self.closes: list[tuple[int, bool]] = []
        """(depth at which upright text ends, whether its closing brace is a token)."""

    def read(self) -> list[Token]:
        text, spaced = self.text, False
        while self.position < len(text):
            if text[self.position].isspace():
                self.position, spaced = self.position + 1, True
                continue
            match = _TOKEN.match(text, self.position)
            if match is None:
                raise UnreadableError(f"the character {text[self.position]!r}")
            self.position = match.end()
            kind = match.lastgroup or ""
            if kind == "open":
                self.nested += 1
                if self.nested > MAX_DEPTH:
                    raise UnreadableError(f"brackets more than {MAX_DEPTH} deep")
            elif kind == "close":
                self.nested -= 1
            spaced = self._one(kind, match.group(kind), spaced)
            if len(self.found) > MAX_TOKENS:
                raise UnreadableError("an answer of too many parts")
        found = _turned(self.found) if "]" in text or "[" in text else self.found
        return _measured(found) if "\\mu" in text or "\\Omega" in text else found

    def _one(self, kind: str, word: str, spaced: bool) -> bool:
        """Takes one match; whether blanks stand before the next."""
        if kind == "open" and word == "{":
            self.depth += 1
        elif kind == "close" and word == "}":
            self.depth -= 1
            if self.closes and self.closes[-1][0] >= self.depth and not self.closes.pop()[1]:
                # the bracket behind `\\mathcal{N}` is that of a function, as behind N
                return not (self.found and self.found[-1].kind == "name" and self.text.startswith("(", self.position))
        elif kind == "command" and word in _STYLES:
            return self._style(word) or spaced
        elif kind == "num" and len(word) > MAX_DIGITS:
            raise UnreadableError(f"a number of {len(word)} digits")
        self._add(kind, word, spaced)
        return False

    def _style(self, word: str) -> bool:
        """`\\text{`: what follows is upright up to its brace; `\\rm` up to the brace that is open."""
        if word in ("mathbf", "boldsymbol") and (letter := _BOLD_SET.match(self.text, self.position)):
            self.position = letter.end()
            self.found.append(Token("class", SETS[letter[1]], True))
        elif brace := _BRACE.match(self.text, self.position):
            self.position = brace.end()
            self.closes.append((self.depth, False))
            self.depth += 1
        elif word in ("rm", "bf", "it", "sf", "tt", "sl", "sc"):
            self.closes.append((self.depth - 1, True))
        elif self.position < len(self.text) and (letter := _TOKEN.match(self.text, self.position + 1)):
            self._letter(letter)
        return True

    def _letter(self, match: re.Match[str]) -> None:
        """`\\mathrm m`: the argument is one letter."""
        if match.lastgroup == "run" and self.text[self.position].isspace():
            self.found.append(Token("name", match.group()[0], True, True))
            self.position += 2

    def _add(self, kind: str, word: str, spaced: bool) -> None:
        upright = bool(self.closes)
        if kind == "command":
            self.found.extend(self._command(word, spaced))
        elif kind == "run":
            self.found.extend(self._run(word, spaced, upright))
        elif kind == "foreign":
            self.found.append(Token("word", word, spaced, upright))
        elif kind == "mark":
            if word in _CURRENCY_SIGNS:
                self.found.append(Token("mark", _CURRENCY_SIGNS[word], spaced))
            elif word not in '$"`':
                self.found.append(Token("mark", word, spaced, upright))
        else:
            self.found.append(Token(kind, {"**": "^", "==": "="}.get(word, word), spaced, upright))

    def _command(self, word: str, spaced: bool) -> list[Token]:
        word = _SAME.get(word, word)
        if word in _OPS:
            return [Token("op", _OPS[word], spaced, word == "times")]
        if word in _SILENT:
            return []
        if word == "forall":
            return [Token("when", "for all", spaced)]
        if word in FUNCTIONS or word in _OTHER_FUNCTIONS or word in _COMMAND_FUNCTIONS:
            return [Token("func", _OTHER_FUNCTIONS.get(word, word), spaced)]
        if word == "partial":
            return [Token("name", "\\partial", spaced)]
        if word in _GREEK:
            return [Token("name", "\\" + word, spaced)]
        if word in ("and", "or"):
            return [Token("sep", word, spaced)]
        if word in SETS or word in ("mathbb", "Bbb"):
            return self._set(word, spaced)
        if word in ("top", "intercal") and self._is_raised():
            return [Token("name", "T", spaced)]
        if word in _BRACKETS:
            return [Token(_BRACKETS[word], "\\" + word, spaced)]
        if word in ("[", "]"):
            return [Token("open" if word == "[" else "close", word, spaced)]
        if word == "$":
            return [Token("mark", "dollars", spaced)]
        if word in _SIGNS:
            return [Token("mark", _MARKS.get(word, "sign"), spaced)]
        return [Token("mark", word if word in "&%_" else "\\" + word, spaced)]

    def _set(self, word: str, spaced: bool) -> list[Token]:
        """`\\mathbb{R}`, `\\mathbb R`, `\\R`."""
        if word in SETS:
            return [Token("class", SETS[word], spaced)]
        letter = _BOARD.match(self.text, self.position)
        if letter is None:
            raise UnreadableError("an alphabet without its letter")
        self.position = letter.end()
        name = letter[1] or letter[2]
        return [Token("class", SETS[name], spaced) if name in SETS else Token("name", name, spaced)]

    def _is_raised(self) -> bool:
        """Whether what stands here is an exponent: `A^\\top`, `A^{-\\top}`."""
        before = [token.text for token in self.found[-3:] if token.text not in ("{", "-")]
        return before[-1:] == ["^"]

    def _run(self, word: str, spaced: bool, upright: bool) -> list[Token]:
        """A run of letters: a name we know, a word, or a product of one-letter names."""
        low = word.lower()
        if low in ("and", "or"):
            return [Token("sep", low, spaced)]
        if low in _SPELLED and (word == low or len(word) > 3):
            kind = "mark" if _SPELLED[low] in ("pi", "infty") else "name"
            return [Token(kind, "\\" + _SPELLED[low], spaced)]
        if len(word) == 2 and not upright and self.found and self.found[-1][:2] in _WITH_ARGUMENTS:
            return [Token("name", letter, spaced and i == 0) for i, letter in enumerate(word)]  # `\frac Lg`
        if not upright and word in _SHORT_UNITS and self.found and self.found[-1][:2] == ("op", "^"):
            return [Token("name", letter, spaced and i == 0) for i, letter in enumerate(word)]  # `A^TB`
        if low in FUNCTIONS and not (upright and low in ("sec", "min", "max")) and not self._counts(low):
            return [Token("func", low, spaced)]
        if word in _OTHER_FUNCTIONS and (upright or word not in ("sh", "ch")) and word != "th":
            return [Token("func", _OTHER_FUNCTIONS[word], spaced)]
        if len(word) == 1 or _ROMAN.fullmatch(word):
            return [Token("name", word, spaced, upright)]
        if not upright and not spaced and self.found and self.found[-1].kind == "num" and _DIFFERENTIAL.fullmatch(word):
            return [Token("name", letter) for letter in word]  # `6xydx`
        if word == "km" and not upright and self.text[self.position : self.position + 1] in ("+", "-"):
            return [Token("name", "k", spaced), Token("name", "m")]  # `4km - b^2`
        if not upright and word in _ALSO_NAMES and not self._measures(spaced):
            return [Token("name", letter, spaced and i == 0) for i, letter in enumerate(word)]
        if (
            upright
            or len(word) >= 4
            or word in ("DNE", "pH", "pOH", "Var", "Cov")
            or word in _SHORT_UNITS
            or self._is_word(word, spaced)
        ):
            return [Token("word", word, spaced, upright)]
        return [Token("name", letter, spaced and i == 0) for i, letter in enumerate(word)]

    def _measures(self, spaced: bool) -> bool:
        """Whether a short unit that may be two names as well (the `mg` of a weight) stands as a unit does: behind a
        number or another unit, and where no blank stands between at the end of the text."""
        if not self.found or self.found[-1].kind not in ("num", "close", "word", "sep") and self.found[-1].text != "/":
            return False
        return spaced or self.position == len(self.text) or self.text[self.position] in " ,;.~"

    def _counts(self, low: str) -> bool:
        """Whether `min` or `sec` follows a number, as a unit does."""
        return low in ("min", "sec") and bool(self.found) and self.found[-1].kind == "num"

    def _is_word(self, word: str, spaced: bool) -> bool:
        """Of a short run outside upright text; blanks or the like must stand around it."""
        start = self.position - len(word)
        hyphened = self.text[start - 1 : start] == "-" and len(self.found) > 1 and self.found[-2].kind == "word"
        if (start and not hyphened and self.text[start - 1] not in " \t\n($\"'") or not self._ends_word():
            return False
        before = self.found[-1].kind if self.found else ""
        low = word.lower()
        if (
            low in _SHORT_WORDS
            or re.fullmatch("[A-Z][a-z]{2,3}", word)
            or (len(word) == 3 and before in ("num", "word"))
        ):
            return True
        beside = before in ("word", "name", "num") or (not before and _NEXT_WORD.match(self.text, self.position))
        return low in _BESIDE_WORDS and bool(beside)

    def _ends_word(self) -> bool:
        return self.position == len(self.text) or self.text[self.position] in _AFTER_WORD


def _measured(tokens: list[Token]) -> list[Token]:
    """A mu before an upright unit, or at the end behind a blank, is its prefix (`5 \\mu\\text{m}`), and an omega behind
    a number a unit, with its prefix; else both are names."""
    found: list[Token] = []
    for token in tokens:
        before = found[-1] if found else END
        last = token is tokens[-1]
        if before.text == "\\mu" and len(found) > 1 and found[-2].kind in ("num", "close"):
            upright = token.kind in ("name", "word") and token.upright
            if upright or (last and before.spaced and found[-2].kind == "num" and token.text in _AFTER_MU):
                found[-1] = Token("word", "\u03bc" + token.text, True, True)
                continue
        if token.text == "\\Omega" and before.kind in ("num", "close", "name", "word"):
            prefix = before.text if before.text in _BEFORE_OHM and len(found) > 1 and found[-2].kind == "num" else ""
            if prefix or before.kind == "num":
                found[len(found) - len(prefix) :] = [Token("word", prefix + "\u03a9", True, True)]
                continue
        found.append(token)
    return found


def _turned(tokens: list[Token]) -> list[Token]:
    """Writes the open interval `]a, b[` as `(a, b)`: a closing bracket before a value opens it, an opening one behind a
    value closes it."""
    turned = list(tokens)
    for i, token in enumerate(tokens):
        before, after = tokens[i - 1] if i else END, tokens[i + 1] if i + 1 < len(tokens) else END
        if token[:2] == ("close", "]") and before.kind in ("end", "op", "sep", "open", "word"):
            turned[i] = Token("open", "(", token.spaced)
        elif token[:2] == ("open", "[") and (after.kind in _ENDS or after[:2] in _SET_SIGNS):
            turned[i] = Token("close", ")", token.spaced)
    return turned
