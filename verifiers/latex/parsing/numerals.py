"""Numbers that are written in words, and words that multiply the number before them, as number tokens.

`twenty-one`, `two and a half`, `three quarters`, `5 million`, `2 dozen`, `7 hundredths`. An ordinal that may be a place
as well as a part (`third` alone, `second`) is left a word.
"""

from fractions import Fraction

from temper.verifiers.latex.algebra import UnreadableError
from temper.verifiers.latex.parsing.tokens import END, Token

_UP_TO_19 = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_SMALL = {word: n for n, word in enumerate(_UP_TO_19)} | {word: 10 * n for n, word in enumerate(_TENS, 2)}
_SCALES = {
    "hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12, "quadrillion": 10**15,
    "lakh": 10**5, "crore": 10**7, "dozen": 12, "gross": 144, "score": 20,
    "hundreds": 100, "thousands": 10**3, "millions": 10**6, "billions": 10**9, "trillions": 10**12, "dozens": 12,
}  # fmt: skip
_PART_STEMS = {
    "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10,
    "eleventh": 11, "twelfth": 12, "sixteenth": 16, "twentieth": 20, "hundredth": 100, "thousandth": 1000,
    "millionth": 10**6,
}  # fmt: skip
_PARTS = {"half": 2, "halves": 2, "quarter": 4, "quarters": 4}
_PARTS |= _PART_STEMS | {f"{word}s": n for word, n in _PART_STEMS.items()}
_COINS = {"quarter", "quarters"}
"""Behind digits these are coins or times, not parts."""
_WORDS = {*_SMALL, *_SCALES, *_PARTS}


def numbered(tokens: list[Token]) -> list[Token]:
    """The tokens with every number in words as a number."""
    if not any(token.kind == "word" and token.text.lower() in _WORDS for token in tokens):
        return tokens
    found: list[Token] = []
    at = 0
    while at < len(tokens):
        value, end = _Numeral(tokens, at).read()
        if value is None:
            found.append(tokens[at])
            at += 1
        else:
            found.extend(_as_tokens(value, tokens[at].spaced))
            at = end
    return found


def _as_tokens(value: Fraction, spaced: bool) -> list[Token]:
    whole = Token("num", str(value.numerator), spaced, upright=True)
    if value.denominator == 1:
        return [whole]
    parts = [whole._replace(spaced=False), Token("op", "/"), Token("num", str(value.denominator))]
    return [Token("open", "{", spaced), *parts, Token("close", "}")]


class _Numeral:
    """One numeral that begins at a token."""

    def __init__(self, tokens: list[Token], at: int) -> None:
        self.tokens = tokens
        self.at = at

    def word(self, ahead: int = 0) -> str:
        place = self.at + ahead
        token = self.tokens[place] if place < len(self.tokens) else END
        return token.text.lower() if token.kind in ("word", "sep") or token.text == "a" else ""

    def read(self) -> tuple[Fraction | None, int]:
        """The value and where it ends; None where no numeral begins."""
        first = self.tokens[self.at]
        if first.kind == "num":
            value = self._digits(first)
        elif self.word() in _SMALL or self.word() in _SCALES or (self.word() == "a" and self.word(1) in _SCALES):
            value = Fraction(self._cardinal())
        elif self.word() == "half" or (self.word() in ("a", "an") and self.word(1) in _PARTS):
            return self._half()
        else:
            return None, self.at
        if value is None:
            return None, self.at
        return self._with_parts(value, first.kind == "num"), self.at

    def _digits(self, token: Token) -> Fraction | None:
        """`5 million`, `2 dozen`, `2 and a half`, `7 hundredths`: None where nothing multiplies the digits."""
        next_ = self.word(1)
        and_a_half = next_ == "and" and self.word(2) in ("a", "one") and self.word(3) in _PARTS
        if not (next_ in _SCALES or and_a_half or (next_ in _PARTS and next_ not in _COINS)):
            return None
        if "e" in token.text.lower() or len(token.text) > 40:
            raise UnreadableError("a long number before a number word")
        value = Fraction(token.text.rstrip("."))
        self.at += 1
        while self.word() in _SCALES:
            value *= self._take_scale()
        return value

    def _take_scale(self) -> int:
        scale = _SCALES[self.word()]
        self.at += 1
        return scale

    def _cardinal(self) -> int:
        total = current = 0
        joined = False
        while True:
            word = self.word()
            if word == "a" and self.word(1) in _SCALES and not total and not current:
                self.at += 1
            elif word in _SMALL and (joined or _goes_on(current, _SMALL[word])):
                current, joined = current + _SMALL[word], False
                self.at += 1
            elif word == "hundred":
                current = (current or 1) * self._take_scale()
            elif word in _SCALES:
                total += (current or 1) * self._take_scale()
                current = 0
            elif word == "and" and (total or current >= 100) and self.word(1) in _SMALL:
                self.at += 1
                joined = True
            else:
                return total + current

    def _half(self) -> tuple[Fraction, int]:
        """`half`, `a third`, `half a million`."""
        self.at += self.word() in ("a", "an")
        value = Fraction(1, _PARTS[self.word()])
        self.at += 1
        if self.word() == "a" and self.word(1) in _SCALES:
            self.at += 1
            value *= self._take_scale()
        return value, self.at

    def _with_parts(self, value: Fraction, digits: bool) -> Fraction:
        word = self.word()
        if word in _PARTS and not (digits and word in _COINS):
            self.at += 1
            return value / _PARTS[word]
        if word == "and" and self.word(1) in ("a", "one") and self.word(2) in _PARTS:
            value += Fraction(1, _PARTS[self.word(2)])
            self.at += 3
        elif word == "and" and self.word(1) in _SMALL and self.word(2) in _PARTS:
            value += Fraction(_SMALL[self.word(1)], _PARTS[self.word(2)])
            self.at += 3
        return value


def _goes_on(number: int, small: int) -> bool:
    """`twenty` goes on with `one`, `two hundred` with anything below a hundred."""
    return number % 100 == 0 or (number % 10 == 0 and number % 100 >= 20 and small < 10)
