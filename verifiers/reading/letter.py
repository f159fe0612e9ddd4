"""The one letter that a span of a completion names, as models write letters, and whether it names another.

A letter is read in the marks that models put around it (`B`, `(B)`, `**B.**`, `$B$`, `\\(\\mathbf{B}\\)`, `"B"`,
`<b>B</b>`), with the text of its choice behind it (`B) Paris`, `B - Paris`, `B: Paris`) or with a reason (`B because
...`). A small letter counts only in brackets, in a box and in a tag, so that the article "a" is none.

What follows must not name another. In the letter's own sentence no second one may stand ("B, possibly C"); a later
sentence may say what is wrong with the others ("B. A is too small"), but not take one up ("B. Actually A", "B. Paris
C. Rome"). The article "A", the pronoun "I" and the letter of a word ("Vitamin C", "5 C") name none.
"""

import re
import string
import unicodedata
from collections.abc import Iterator
from typing import Literal, NamedTuple

from temper.verifiers.instruction.reader import visible

LONGEST = 600
"""Characters of a span that are looked at."""

_FONT = re.compile(
    r"\\(?:text(?:bf|it|rm|sf|tt|normal)?|math(?:rm|bf|bb|it|sf|tt|cal)|boldsymbol|bm|mbox|operatorname|underline|emph|"
    r"boxed|fbox)\*?[ ]?\{([^{}]*+)\}"
)
_SWITCH = re.compile(r"\\(?:bf|it|rm|sf|tt|bfseries|displaystyle|large|Large|huge)\b")
_SPACE = re.compile(r"\\(?:[ ,;:!]|q?quad\b|enspace\b)|(?<=[\w)\]}])~(?!~)")
_BLANKS = re.compile(r"[^\S\n]{2,}+|[^\S \n]")
_MARKS = re.compile(r"</?[A-Za-z][^<>\n]{0,60}>|[*`$]++|~~|\\[()\[\]]")
_EMPHASIS = re.compile(r"(?<![A-Za-z0-9_])_++|(?<!_)_++(?![A-Za-z0-9])")
_LINE_MARK = re.compile(r"^(?:[#>∴⇒→]++|[=-]>) ", re.MULTILINE)
_QUOTES = '"“”„«»「」『』‹›'
_QUOTED = re.compile(rf"[{_QUOTES}] ?([(\[]?[A-Za-z][)\]]?) ?([.,]?)[{_QUOTES}]")
_SINGLE_QUOTED = re.compile(r"(?<![A-Za-z])['‘’‚‛]([(\[]?[A-Za-z][)\]]?)([.,]?)['‘’‛](?![A-Za-z])")

_LETTER = re.compile(
    r"(?:(?:the )?(?:(?:correct|right|best|final) )?(?:option|choice|answer|alternative|letter)\b[ :]*+)?"
    r"(?:[(\[{（［【] ?(?P<bracketed>[A-Za-z])[.:]? ?[)\]}）］】]|(?P<bare>[A-Za-z])(?![\w'’]))(?P<rest>.*)",
    re.DOTALL | re.IGNORECASE,
)
_END = re.compile(r"\s?[.!。．！｡।]?\s*")
_NEW_SENTENCE = re.compile(r"\s?[.!。！｡।](?:\s|$)")
_TEXT = re.compile(r"\s?[.,;!。，、；！](?:\s|$)|\s?[:)）：]|\s?[–—]|\s(?:-{1,3}|→|=>)\s|\s[(\[]")
"""What divides the letter from the text of its choice or from the next sentence."""
_REASON = re.compile(r"\s(?:because|since|as|due to)\b", re.IGNORECASE)
_REMARK = re.compile(
    r"\s(?:for|given|based on|by|according to|per|with|which|that is|i\.e\.|when|where|while|so|in|from|on|and|"
    r"but|here)\b",
    re.IGNORECASE,
)
_SEVERAL = re.compile(r"\s?(?:[/&|+]|or\b)", re.IGNORECASE)
_QUESTION = re.compile(r"[^.!?\n]*+\?")

_SENTENCE = re.compile(r"(?<!\b\w)(?<![.!?;。！？；])[.!?;。！？；]++(?:\s++|$)|\n")
# the capitals of `f(C)`, `x = C`, `C = 5` and `C-ring` name no choice
_OTHER = re.compile(r"(?<![\w.'’=+×^<>\-−])(?<!= )(?<!\w[(\[])([(\[]?)([A-Z])([)\]]?)(?![\w'’=^]|\s?=|-\w)")
_WORD_BEFORE = re.compile(r"(?<![A-Za-z0-9])([A-Za-z0-9]++)[ #°]*+\Z")
_FOLLOWS = re.compile(r" ([a-z]++)")


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


_VERBS = _listed(
    "is was are were be and or nor but because would could should can cannot may might must has had does do did also "
    "too as instead if seems looks fails works then not than for in on with since"
)
"""Words that follow the letter A; another small word follows the article."""
_AGREES = _listed("too also as instead or and")
_SPOKEN_OF = _listed("than of to in and with by from for like as vs not over option choice is that both unlike between")
"""Words before a letter that is spoken of; behind another word it is the mark of a list."""
_LETTERED = _listed(
    "vitamin hepatitis type plan group class grade part section point line figure model phase set region country state "
    "city person player box planet angle side vertex vector matrix event team factor gene protein level step stage "
    "case table chapter film movie schedule series process reaction sample test patient substance compound"
)
"""Words that a letter behind them belongs to."""
_DISMISSED = re.compile(
    r"[\s).:\]–-]*(?:(?:is|was|seems|looks|must be) (?:(?:clearly|also|obviously) )?"
    r"(?:wrong|incorrect|false|invalid|eliminated|excluded|ruled out|not (?:correct|right|true))|"
    r"(?:isn|wasn|can)['’]t (?:be )?(?:correct|right|true))\b",
    re.IGNORECASE,
)
_CORRECTS = re.compile(
    r"\b(?:actually|wait|sorry|alternatively|rather|instead|correction|hmm+|scratch|second thoughts?|i mean|my mistake|"
    r"otherwise)\b|\bno\b\s*[,.:;!—–-]",
    re.IGNORECASE,
)
_FAVOURS = re.compile(
    r"\b(?:correct|right|true|valid|answer|best|plausible|possibl[ey]|likely|fine|maybe|perhaps|probably|might|may|could|"
    r"also|either|unless|vs|versus)\b",
    re.IGNORECASE,
)
DISMISSES = re.compile(
    r"n['’]t\b|\b(?:not|cannot|neither|nor|never|wrong|incorrect|false|fails?|unlikely|impossible|invalid|ruled?|"
    r"eliminated?|excluded?)\b",
    re.IGNORECASE,
)
"""Words that speak against a choice."""


class Offered(NamedTuple):
    """The choices of a row."""

    letters: str
    texts: tuple[str, ...] = ()
    """Empty where the row does not give them."""


class Reading(NamedTuple):
    letter: str | None
    why: str = ""
    """Why there is none."""


NO_LETTER, SEVERAL = Reading(None, "no letter"), Reading(None, "several letters")


def plain(text: str) -> str:
    """The text without the marks around letters: LaTeX, markdown, HTML, quotes around a letter."""
    if "\\" in text:
        for _ in range(3):  # as deep as models nest them: \textbf{\text{B}}
            text = _FONT.sub(r"\1", text)
        text = _SWITCH.sub("", text)
    text = _LINE_MARK.sub("", _MARKS.sub("", _SPACE.sub(" ", text)))
    if "_" in text:
        text = _EMPHASIS.sub("", text)
    return _QUOTED.sub(r"\1\2", _BLANKS.sub(" ", text))


def same_text(one: str, other: str) -> bool:
    one, other = (" ".join(text.split()).strip(".").casefold() for text in (one, other))
    return bool(one) and one == other


def read_letter(span: str, offered: Offered, place: Literal["line", "announced", "box"] = "line") -> Reading:
    """The letter that the span begins with. Where it is announced or in a box, fullwidth letters, single quotes and
    remarks are read too; in a box small letters need no brackets."""
    span = plain(span[:LONGEST])
    if place != "line":
        span = _SINGLE_QUOTED.sub(r"\1\2", unicodedata.normalize("NFKC", visible(span)))
        span = span if "{" in span else span.rstrip("} ")  # JSON: {"answer": "B"}
    span = span.strip().strip(_QUOTES).strip()
    for letter, text in zip(string.ascii_uppercase, offered.texts, strict=False):
        if same_text(span, plain(text)):
            return Reading(letter)
    match = _LETTER.fullmatch(span)
    if match is None or (match["bare"] and match["bare"].islower() and place != "box"):
        return NO_LETTER
    letter, rest = (match["bracketed"] or match["bare"]).upper(), match["rest"]
    if letter not in string.ascii_uppercase:  # without regard to case the dotted capital i is an i too
        return NO_LETTER
    if _END.fullmatch(rest) or _is_own_text(letter, rest, offered.texts):
        return Reading(letter)
    if _SEVERAL.match(rest):
        return SEVERAL
    # `rest` holds something: `_END` has taken the empty one
    labels = _TEXT.match(rest) or (match["bracketed"] and rest[0].isspace())
    reasons = _REASON.match(rest) or (place != "line" and _REMARK.match(rest))
    pronoun = letter == "I" and match["bare"] and rest[0].isspace()
    if not (labels or reasons) or pronoun or _DISMISSED.match(rest) or _QUESTION.match(rest):
        return NO_LETTER
    return SEVERAL if names_another(rest, letter, offered.letters) else Reading(letter)


def _is_own_text(letter: str, rest: str, texts: tuple[str, ...]) -> bool:
    place = string.ascii_uppercase.index(letter)
    return place < len(texts) and same_text(rest.strip().strip(".:,;)]=-–—").strip(" ("), plain(texts[place]))


def names_another(rest: str, letter: str, letters: str) -> bool:
    """Whether what follows the letter names another: at all in its own sentence, as a choice in a later one."""
    if ended := _NEW_SENTENCE.match(rest):
        return takes_up_another(rest[ended.end() :], letter, letters)
    own, *later = _SENTENCE.split(rest, maxsplit=1)
    return any(_others(own, letter, letters)) or takes_up_another("".join(later), letter, letters)


def takes_up_another(rest: str, letter: str, letters: str) -> bool:
    """Whether a sentence after the letter's own makes another a choice as well."""
    return any(_is_taken_up(other) for each in _SENTENCE.split(rest) for other in _others(each, letter, letters))


def _others(sentence: str, letter: str, letters: str) -> Iterator[re.Match[str]]:
    for other in _OTHER.finditer(sentence):
        if other[2] != letter and other[2] in letters and _is_a_choice(other):
            yield other


def _is_a_choice(other: re.Match[str]) -> bool:
    """Whether a capital letter alone is a choice's and no word or part of one."""
    after = other.string[other.end() :]
    if other[3] or re.match(r":|\.(?:\s|$)", after):
        return other[2] != "I" or bool(other[3])
    before, follows = _word_before(other), _FOLLOWS.match(after)
    if before.isdigit() or before in _LETTERED:
        return False
    if other[2] == "A" and follows:
        return follows[1] in _VERBS
    return other[2] != "I"


def _is_taken_up(other: re.Match[str]) -> bool:
    sentence, after = other.string, other.string[other.end() :]
    before, follows = _word_before(other), _FOLLOWS.match(after)
    labels = (other[3] and not other[1]) or after.startswith(".")
    if _CORRECTS.search(sentence) or before == "or" or (labels and before not in _SPOKEN_OF):
        return True
    opens = re.fullmatch(r"(?:and|then|the|option|choice|answer| )*", sentence[: other.start()], re.IGNORECASE)
    if opens and (follows is None or follows[1] in _AGREES):
        return True
    return _FAVOURS.search(sentence) is not None and DISMISSES.search(sentence) is None


def _word_before(other: re.Match[str]) -> str:
    # thirty characters hold every word that is listed, and keep the search off a long sentence
    found = _WORD_BEFORE.search(other.string[max(0, other.start() - 30) : other.start()])
    return found[1].lower() if found else ""
