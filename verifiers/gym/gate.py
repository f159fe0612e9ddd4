"""What an answer may be made of before a scorer of reasoning-gym 0.1.25 sees it.

Every scorer of that release was read. Those that hand the answer to `eval` or to sympy's `parse_expr` get what a
grammar of their own lets through: numbers, operators and plain words, where no attribute, call, quote or underscore
can stand that would mean anything to Python. The same grammars close what a scorer would pay for: `NaN` (a distance
that is no number counts as none), `Integral(f, x)` for an integral of f, a power tower. The other scorers take the
answer as data, and so does the gate. It is lexical: regular expressions that read a piece one way alone, so linear in
the text.
"""

import re

MAX_ANSWER = 20_000
"""Characters; the longest answer of any dataset's own, at default sizes, has under 5,000."""
MAX_PARSED = 1_000
"""Characters of an answer that a grammar stands over."""
MAX_POWER = 1_000
"""Of the exponents of brackets within brackets, multiplied: what bounds a tower of powers."""


def _pieces(piece: str, before: str = "") -> re.Pattern[str]:
    """`before`, then any number of pieces, each as it is first read: a look-ahead keeps what it found, which before
    Python 3.11.5 a loop `*+` over pieces with choices does not (gh-106052)."""
    return re.compile(rf"{before}(?:(?=(?P<piece>{piece}))(?P=piece))*")


_NUMBER = r"[0-9]{1,20}(?:\.[0-9]{0,20})?"
_SIGNED = rf"[-+\u2212]?[ ]*{_NUMBER}"
_FUNCTIONS = r"(?:sqrt|exp|log|ln|sin|cos|tan|sec|csc|cot|asin|acos|atan|sinh|cosh|tanh|asinh|acosh|atanh|Abs|pi|E)"
_EXPONENT = (
    r"\*\*\s*(?:-?[0-9]{1,3}|[A-Za-z]|\([ ]*-?[0-9]{0,3}[ ]*[*]?[ ]*[A-Za-z]?[ ]*(?:/[ ]*[0-9]{1,3}[ ]*)?\))"
    r"(?![0-9.A-Za-z_(]|\s*\*\*)"
)
_CELL = r"(?:[A-Za-z]{1,40}|[0-9]{1,20}|_)"
LISTS = _pieces(rf"\s|[\[\],]|{_CELL}(?![A-Za-z0-9_])|'{_CELL}'|\"{_CELL}\"")
"""A grid or a list; no bracket of a call."""
ARITHMETIC = _pieces(r"[ ]|[-+*/()](?<!\*\*)(?<!//)|[0-9]{1,9}(?![0-9])")
"""Whole numbers under + - * / and brackets."""
CALCULUS = _pieces(
    rf"[ \n]|{_FUNCTIONS}(?![A-Za-z0-9_])|[A-Za-z](?![A-Za-z0-9_(])|{_NUMBER}(?![0-9.A-Za-z_(])|{_EXPONENT}|[-+/()]"
    r"|\*(?!\*)"
)
"""Single letters, numbers, the elementary functions, and powers with a small exponent."""
_IMAGINARY = rf"(?:{_NUMBER})?[ ]*+[ij]?"
COMPLEX = re.compile(rf"[( ]*+[-+\u2212]?[ ]*+{_IMAGINARY}(?:[ ]*+[-+\u2212][ ]*+{_IMAGINARY})?[) ]*+")
NUMBERS = _pieces(rf"['\"]?{_SIGNED}(?:[eE][-+]?[0-9]{{1,3}})?(?![0-9.])['\"]?[, \]]*+", before=r"[\[ ]*+")
_WHOLE = r"[0-9,]{1,20}"
FRACTION = re.compile(
    rf"[ ]*[-+]?(?:{_WHOLE}(?:\.[0-9]{{0,20}})?|\.[0-9]{{1,20}})(?:[eE][-+]?[0-9]{{1,2}}|/{_WHOLE})?[ ]*"
)

GRAMMARS: dict[str, re.Pattern[str]] = {
    "binary_matrix": LISTS,
    "n_queens": LISTS,
    "spiral_matrix": LISTS,
    "string_insertion": LISTS,
    "countdown": ARITHMETIC,
    "puzzle24": ARITHMETIC,
    "intermediate_integration": CALCULUS,
    "polynomial_multiplication": CALCULUS,
    "simple_integration": CALCULUS,
    "complex_arithmetic": COMPLEX,
    "number_sorting": NUMBERS,
    "coin_flip": FRACTION,
}
_UNPRINTABLE = re.compile(r"[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\U0010ffff]")
_BRACKET = re.compile(r"\(|\)(?:\s*\*\*\s*(?=\(?\s*-?([0-9]{1,3})))?")


def refused(dataset: str, answer: str) -> str:
    """Why the answer does not reach the scorer; empty when it may."""
    grammar = GRAMMARS.get(dataset)
    longest = MAX_PARSED if grammar else MAX_ANSWER
    if len(answer) > longest:
        return f"an answer of {len(answer)} characters, at most {longest} are read"
    if found := _UNPRINTABLE.search(answer):
        return f"the answer holds the character {found.group()!a}"
    if grammar is None:
        return ""
    if not grammar.fullmatch(answer):
        end = match.end() if (match := grammar.match(answer)) else 0
        return f"not in the grammar of {dataset} from {answer[end : end + 40]!r}"
    return "a tower of powers" if _tower(answer) > MAX_POWER else ""


def _tower(text: str) -> int:
    """The largest product of the exponents of brackets that stand in each other."""
    powers = [1]
    for bracket in _BRACKET.finditer(text):
        if bracket.group() == "(":
            powers.append(1)
        elif len(powers) > 1:
            inner = powers.pop() * max(1, int(bracket[1] or 1))
            powers[-1] = max(powers[-1], inner)
    return max(powers)
