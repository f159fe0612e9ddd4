"""A text as its reader sees it: the same word, however its characters are coded.

`visible` leaves out what nobody sees: joiners, zero-width blanks, direction marks, variation selectors, controls, and
marks stacked higher than a letter carries. `seen` also reads HTML's entities, presentation forms (fullwidth, bold of
mathematics, circled, small capitals), letters with strokes and dots that no alphabet has, letters of other scripts that
look Latin, typographic quotes and hyphens, and either case as one. Look-alikes are Latin in a text that is mostly Latin
and in a word that mixes scripts, so that the words of a Russian text stay Russian. `phrase` is `seen` with every run of
blanks as one blank, `unmarked` that without the marks of markdown and the tags of HTML.

What is read this way is for comparing, never for showing. Everything here is linear in the text. Not promised: words
spelt with digits or with blanks ("c4t", "c a t").
"""

import html
import re
import unicodedata
from functools import lru_cache

import regex

_UNSEEN = regex.compile(r"[\p{Cf}\p{Default_Ignorable_Code_Point}]|(?!\s)\p{Cc}")
_STACK = regex.compile(r"(?<=\p{M}{8})\p{M}++")
"""Marks on a letter beyond the eighth: normalising a stack costs the square of its height, and nobody reads it."""
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_LIGATURE = 3
"""Letters that one sign may spell; some Arabic ones spell whole sentences."""
_TOWER = regex.compile(r"(?<=[A-Za-z])\p{M}{3,}+")
"""No alphabet sets three marks on a Latin letter."""
_DECORATION = regex.compile(r"(?<=[A-Za-z])\p{M}++")
_MARKUP = re.compile(r"[*`~]++|(?<!\w)_++|(?<!_)_++(?!\w)|<[/!]?[a-z-][^<>\n]{0,60}>")
_WORD = regex.compile(r"\w++")
_LATIN_WITHIN = re.compile(r"[A-Za-z]")
_FORM = re.compile(r"(?:LATIN LETTER SMALL CAPITAL|(?:NEGATIVE|PARENTHESIZED) .*LETTER) ([A-Z])")
_TYPOGRAPHY = str.maketrans("‘’‚‛ʼ′“”„‟«»‐‑", "''''''\"\"\"\"\"\"--")
_LOOK_ALIKES = str.maketrans(
    "авеікмнорстухѕјһԁԛԝѵӏАВЕІКМНОРСТУХЅЈԚԜαεικνορτυχγηωΑΒΕΖΗΙΚΜΝΟΡΤΥΧօսհոցʀɑɡıᎪᏴᏟᎠᎬᎻᏦᏞᎷᏢᏒᏚᎢᏙᎳᏃ",
    "abeikmhopctyxsjhdqwvlABEIKMHOPCTYXSJQWaeikvoptuxynwABEZHIKMNOPTYXouhngragiABCDEHKLMPRSTVWZ",
)


def visible(text: str) -> str:
    """The text without the characters that nobody sees."""
    return text if text.isascii() and text.isprintable() else _STACK.sub("", _UNSEEN.sub("", text))


def seen(text: str) -> str:
    """The text as its reader sees it, in small letters."""
    # entities first: one may spell a sign that nobody sees (`&shy;`)
    text = _ENTITY.sub(lambda entity: html.unescape(entity[0]), text)
    text = visible(text)
    if not text.isascii():
        text = unicodedata.normalize("NFC", _TOWER.sub("", text))
        text = text.translate({ord(sign): _plain_form(sign) for sign in set(text) if not sign.isascii()})
        text = _DECORATION.sub("", text.translate(_TYPOGRAPHY))
        text = _latin(text)
    return text.casefold()


def phrase(text: str) -> str:
    """`seen`, every run of blanks as one and none around it."""
    return " ".join(seen(text).split())


def unmarked(text: str) -> str:
    """`phrase` without the marks of markdown and the tags of HTML."""
    return phrase(_MARKUP.sub("", seen(text)))


@lru_cache(maxsize=65_536)
def _plain_form(sign: str) -> str:
    """The letter that a presentation form stands for. A sign that spells several characters is no letter: itself."""
    if unicodedata.category(sign) in ("Ll", "So") and (form := _FORM.fullmatch(unicodedata.name(sign, ""))):
        return form[1]
    plain = unicodedata.normalize("NFKC", sign)
    # the ligature of ffi is three letters and read as such; one half is no letter, and would be three signs
    return plain if len(plain) <= (_LIGATURE if sign.isalpha() else 1) else sign


def _latin(text: str) -> str:
    """Letters that look Latin as Latin, where the text or the word is."""
    # half of the letters suffice: of ten, 2 * 5 >= 10
    if 2 * len(_LATIN_WITHIN.findall(text)) >= sum(map(str.isalpha, text)):
        return text.translate(_LOOK_ALIKES)
    read: str = _WORD.sub(lambda word: _latin_word(word[0]), text)
    return read


def _latin_word(word: str) -> str:
    return word.translate(_LOOK_ALIKES) if _LATIN_WITHIN.search(word) else word
