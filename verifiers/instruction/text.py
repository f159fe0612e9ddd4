"""What counts as a word and as a language; stated once for all instructions.

- A word is a run of letters with their marks, digits and underscores that holds a letter or a digit: "don't" has two,
  as in IFEval, "___" is none, and a word of Devanagari is one (IFEval's pattern breaks it at each vowel sign).
- The language is the one that py3langid's model scores highest; it has no randomness. A text of a few words says too
  little for that: there the language asked for may be less likely than the best one, but not much, and where the model
  knows nothing of the words at all ("ok") they are English.
"""

import math
import unicodedata

import regex

from temper.verifiers.instruction.reader import visible

_WORD = regex.compile(r"\w++")
FEW_WORDS = 5
_LONG = 40_000
"""Characters whose language is looked at; of a longer text as many are taken from all over it."""
_AS_LIKELY = 1 / 7
"""Of a text of few words: how likely the language must be, the likeliest being 1."""


def words(text: str) -> list[str]:
    return [word for word in _WORD.findall(visible(text)) if word.strip("_")]


def speaks(text: str, language: str) -> bool:
    """Whether the text is in the language of this ISO 639-1 code."""
    import py3langid

    text = _spread(visible(text).lower())
    if len(words(text)) >= FEW_WORDS:
        return bool(py3langid.classify(text)[0] == language)
    scores = dict(py3langid.rank(text))
    best = max(scores.values())
    if best == min(scores.values()):
        return language == "en"
    if _is_latin(text) and language not in LATIN.split():
        return False
    # the model's scores are logarithms that grow with the text; the root of its bytes brings them to one scale
    distance = (best - scores[language]) / math.sqrt(len(text.encode("utf-8", "surrogatepass")))
    # ln 7 = 1.95: the likeliest language may be seven times as likely
    return bool(distance <= -math.log(_AS_LIKELY))


def _spread(text: str) -> str:
    """The whole text, or of a long one pieces at equal distances: the model's walk is slow Python."""
    if len(text) <= _LONG:
        return text
    return "".join(text[i : i + _LONG // 40] for i in range(0, len(text), len(text) // 40))


def known_languages() -> list[str]:
    """The codes that can be asked for."""
    return sorted(f"{LATIN} {OTHERS}".split())


def _is_latin(text: str) -> bool:
    letters = [letter for letter in text if letter.isalpha()]
    return bool(letters) and all("LATIN" in unicodedata.name(letter, "") for letter in letters)


LATIN = (
    "af az ca cs cy da de en eo es et eu fi fr ga gl hr hu id is it la lt lv ms mt nl no pl pt ro sk sl sq sv sw tl tr "
    "uz vi zu"
)
OTHERS = "am ar be bg bn el fa gu he hi hy ja ka kk km kn ko ky lo mk ml mn mr my ne pa ps ru si sr ta te th uk ur zh"
"""Languages of other scripts."""
