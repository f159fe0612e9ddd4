"""What English says in mathematics, as the tokens of its signs: `is at least` is >=, `squared` is ^2, `odd` a class.

Only whole phrases of the table are read; any other word stays a word (a unit, a noun, part of a text). Word forms are
taken as they stand, in small letters.
"""

from temper.verifiers.latex.parsing.numerals import numbered
from temper.verifiers.latex.parsing.tokens import Token

_OPS = {
    "=": "is|are|equals|equal|equal to|is equal to|are equal to|is exactly|is simply|is given by|given by|becomes"
    "|was|be|will be|must be|should be|comes out to be|turns out to be|is just|are given by|can be written as"
    "|of the form|of form|is of the form|are of the form|has the form|having the form|has|have"
    "|converges to|tends to|approaches|amounts to|evaluates to|simplifies to",
    "!=": "is not|are not|is not equal to|not equal to|does not equal|not equals|cannot be|can not be|isn't|not"
    "|must not be|is different from",
    ">": "is greater than|greater than|is more than|more than|is larger than|larger than|exceeds"
    "|is strictly greater than|strictly greater than|is bigger than|bigger than|is above|above",
    "<": "is less than|less than|is smaller than|smaller than|fewer than|is strictly less than|strictly less than"
    "|is below|below",
    ">=": "at least|is at least|are at least|no less than|is no less than|not less than|is not less than"
    "|greater than or equal to|is greater than or equal to|no fewer than|more than or equal to",
    "<=": "at most|is at most|are at most|no more than|is no more than|not more than|is not more than"
    "|not greater than|is not greater than|less than or equal to|is less than or equal to|does not exceed"
    "|not exceeding",
    "approx": "approximately|is approximately|are approximately|about|is about|roughly|is roughly|around|is around"
    "|approximately equal to|is approximately equal to|approx|nearly|or approximately|or about"
    "|which is approximately|which is about",
    "pm": "plus or minus",
    "+": "plus",
    "-": "minus|negative",
    "*": "times|multiplied by",
    "/": "divided by|over|out of",
    "!": "factorial",
    "^": "to the power of|to the power|raised to the power of|raised to|raised to the",
    "mod": "modulo|mod",
    "rem": "remainder|with remainder|with a remainder of|with remainder of|rem",
    "cup": "union",
    "cap": "intersection|intersect|intersected with",
    "setminus": "except|except for|excluding|other than|without|but not|excepting|with the exception of|apart from",
    "in": "in|belongs to|belong to|is in|are in|is an element of|lies in|is a|is an|are all|is any|is some"
    "|can be any|can be an arbitrary|is an arbitrary|may be any|are arbitrary|are any|is arbitrary|can be|is every",
    "equiv": "congruent to|is congruent to|are congruent to|that are congruent to|which are congruent to"
    "|leaving remainder",
}
"""An operator with its phrases."""
_CLASSES = {
    "real": "real|reals|real number|real numbers|real values|real value",
    "integer": "integer|integers|whole numbers|whole number|integral|integer values|integer value|integral values",
    "natural": "natural|naturals|natural number|natural numbers",
    "rational": "rational|rationals|rational number|rational numbers",
    "complex": "complex|complex number|complex numbers",
    "prime": "prime|primes|prime number|prime numbers",
    "odd": "odd|odd number|odd numbers",
    "even": "even|even number|even numbers",
    "positive": "positive|strictly positive",
    "nonnegative": "nonnegative|non negative",
    "nonzero": "nonzero|non zero",
    "below0": "negative number|negative numbers",
    "number": "number|numbers|values|value",
    "constant": "constant|constants|parameter|real constant|arbitrary constant|arbitrary constants|real parameter",
    "multiple": "multiple of|multiples of|a multiple of|divisible by|is divisible by|is a multiple of"
    "|are multiples of|are divisible by",
}
_WHEN = (
    "for|where|with|if|when|whenever|such that|so that|provided|provided that|given that|assuming|assuming that|iff"
    "|for which|if and only if|only if|that satisfy|satisfying|that are|which are|in which case|for all|for any"
    "|for every|for each|for some|in case|as long as|unless|in which"
)
_NOTHING = (
    "all|any|every|each|arbitrary|the set of|the set of all|set of all|exactly|only|respectively|in total"
    "|altogether|either|both|simply|those|the interval|the union of|hence|thus|therefore|so|precisely|the|an|its|their"
)
"""Words beside a value that do not change it."""
_COMPARED = {"more", "less", "fewer", "larger", "smaller", "bigger", "greater", "above", "below"}
"""Behind a number these say a difference: `5 more than x` is no inequality."""
_BINARY = ("+", "*", "/", "rem")
_VALUES = ("num", "name", "open", "close", "func", "mark", "op")
"""What must stand around a phrase of arithmetic: `5 times` is a count, `the remainder is 3` a label."""
_RAISED = {"squared": "2", "cubed": "3"}
_ROOTS = {"square root of": "sqrt", "the square root of": "sqrt", "cube root of": "cbrt", "the cube root of": "cbrt"}
_EMPTY = "the empty set|empty set|null set|the null set"
_HALVES = {"am": "in the morning", "pm": "in the afternoon|in the evening"}
_MARKS = {"%": "percent|per cent|percentage", "\\pi": "pi", "\\infty": "infinity"}


def _table() -> dict[str, list[tuple[tuple[str, ...], tuple[Token, ...]]]]:
    """By first word: (words, tokens), longer phrases first."""
    found: dict[str, list[tuple[tuple[str, ...], tuple[Token, ...]]]] = {}

    def put(phrases: str, *tokens: Token) -> None:
        for phrase in phrases.split("|"):
            words = tuple(phrase.split())
            found.setdefault(words[0], []).append((words, tokens))

    for op, phrases in _OPS.items():
        put(phrases, Token("op", op, True))
    for name, phrases in _CLASSES.items():
        put(phrases, Token("class", name, True))
    for mark, phrases in _MARKS.items():
        put(phrases, Token("mark", mark, True))
    for word, exponent in _RAISED.items():
        put(word, Token("op", "^"), Token("num", exponent))
    for phrase, function in _ROOTS.items():
        put(phrase, Token("func", function, True))
    for phrase in _WHEN.split("|"):
        put(phrase, Token("when", phrase, True))
    put("negative integer|negative integers", Token("class", "below0", True), Token("class", "integer"))
    put("negative real|negative reals|negative real numbers", Token("class", "below0", True), Token("class", "real"))
    put(_EMPTY, Token("name", "\\emptyset", True))
    for half, phrases in _HALVES.items():
        put(phrases, Token("word", half, True))
    put(_NOTHING)
    for choices in found.values():
        choices.sort(key=lambda choice: -len(choice[0]))
    return found


_TABLE = _table()


def phrased(tokens: list[Token]) -> list[Token]:
    """The tokens with every phrase of the table as its signs."""
    if not any(token.kind == "word" for token in tokens):
        return tokens
    tokens = numbered(_joined(tokens))
    found: list[Token] = []
    at = 0
    while at < len(tokens):
        replaced = _match(tokens, at)
        if replaced is None:
            if not _is_article(tokens, at):
                found.append(tokens[at])
            at += 1
        else:
            length, signs = replaced
            found.extend(signs)
            at += length
    return found


def _match(tokens: list[Token], at: int) -> tuple[int, tuple[Token, ...]] | None:
    if at >= len(tokens) or tokens[at].kind != "word":
        return None
    if tokens[at].text.lower() in _COMPARED and at and _is_number(tokens[at - 1]):
        return None
    for words, signs in _TABLE.get(tokens[at].text.lower(), ()):
        if len(words) == 1 or words == tuple(token.text.lower() for token in tokens[at : at + len(words)]):
            between = (at and tokens[at - 1].kind in _VALUES) and _kind(tokens, at + len(words)) in _VALUES
            return (len(words), signs) if between or not (signs and signs[0].text in _BINARY) else None
    return None


def _is_number(token: Token) -> bool:
    """Whether a number ends there, with its degree or percent sign."""
    return token.kind in ("num", "close") or token.text in ("\\circ", "%")


def _is_article(tokens: list[Token], at: int) -> bool:
    """The `a` of `a real number` and `half a mile`; before anything else it may be a name."""
    if tokens[at].text != "a":
        return False
    if at and (tokens[at - 1].kind == "close" or tokens[at - 1].text == "of") and _word(tokens, at + 1):
        return True
    if (replaced := _match(tokens, at + 1)) is None:
        return False
    return any(sign.kind == "class" for sign in replaced[1])


def _joined(tokens: list[Token]) -> list[Token]:
    """Words with a hyphen between (`right-angled`) as two words."""
    return [
        token
        for i, token in enumerate(tokens)
        if not (token.text == "-" and not token.spaced and _word(tokens, i - 1) and _word(tokens, i + 1))
    ]


def _kind(tokens: list[Token], at: int) -> str:
    return tokens[at].kind if 0 <= at < len(tokens) else "end"


def _word(tokens: list[Token], at: int) -> bool:
    return _kind(tokens, at) == "word"
