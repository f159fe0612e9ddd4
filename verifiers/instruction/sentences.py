"""The sentences of a text.

A sentence ends at `.`, `!`, `?`, `…` before a blank, at the full stops of other scripts anywhere, and at the end of the
text; a blank line, a heading or a line of a list ends none, as in IFEval. A small letter may follow `.`, `!` and `?`,
not an ellipsis. A point ends none

- after an abbreviation: a title, what stands before a number ("No. 5"), "e.g.", an initial. Those that a sentence may
  end with ("p.m.", "U.S.", "etc.", "Inc.") do so before a word that begins one;
- after the mark of a list item ("1.", "a.", "iv.") at the beginning of a line or a sentence, or after a colon.

IFEval's Punkt takes such marks for sentences and knows no full stop but the Latin one.
"""

import re

import regex

from temper.verifiers.instruction.reader import visible

_END = regex.compile(
    r"((?:[\p{Sentence_Terminal}…།༎\u037e]|(?<=\p{Greek});)++)"  # the full stops
    r"[\p{Pe}\p{Pf}\p{Pi}\"'*_`~>]*+(\s*+)"  # what closes after them, and the blanks
    r"(?=[\p{Ps}\p{Pi}\"'*`]{0,4}+(\w{0,20}+))"  # the next word
)
_LETTER = regex.compile(r"[\p{L}\p{N}]")
_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")
"""Letters of scripts that set no blank behind a sentence."""
_LATIN_MARKS = frozenset(".!?…")

_LOOK_BACK = 20
"""Characters before a point that decide whether it ends a sentence."""
_LONGEST_TOKEN = 8
"""Characters of an abbreviation or a number of a list."""
_ITEM = re.compile(r"(?:[0-9]{1,3}\.)*[0-9]{1,3}|[A-Za-z]|[ivxIVX]{2,5}")
_ACRONYM = re.compile(r"(?:[a-z]{1,2}\.)+[a-z]{1,3}")


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


_TITLES = _listed("mr mrs ms mx dr prof rev hon messrs mme mlle gen col sgt capt lt maj gov sen rep")
_WITHIN = _listed("vs cf viz al e.g i.e p.s p.p.s est incl dept max min avg approx ca")
_BEFORE_A_NUMBER = _listed(
    "no nos nr fig figs p pp vol vols ch chap sec art eq ex jan feb mar apr jun jul aug sep sept oct nov dec"
)
_BEFORE_A_NAME = _listed("inc ltd co corp jr sr bros st mt ft ave blvd rd")
_BEFORE_A_CAPITAL = _listed("etc a.m p.m")
_ABBREVIATIONS = _TITLES | _WITHIN | _BEFORE_A_NUMBER | _BEFORE_A_NAME | _BEFORE_A_CAPITAL
_DAYS = _listed("monday tuesday wednesday thursday friday saturday sunday")
_OPENERS = _listed(
    "the a an this that these those it he she we they you i my his her its our their your there here in on at as for "
    "from with but and or so if when while after before then since because although however what why how who where "
    "which to not no yes all some most many each every both now once also one"
)
"""Words that begin a sentence more often than they continue a name."""


def sentences(text: str) -> int:
    return len(sentence_texts(text))


def sentence_texts(text: str) -> list[str]:
    """Each as a reader sees it, with its marks; what says nothing is none."""
    text = visible(text)
    found: list[str] = []
    start = looked = 0
    said = False
    for end in _END.finditer(text):
        # from where the last look ended: abbreviations without end must not be looked through again and again
        said = said or _LETTER.search(text, looked, end.start()) is not None
        looked = end.start()
        if not said or _ends(text, start, end):
            found += [text[start : end.end()].strip()] if said else []
            start, looked, said = end.end(), end.end(), False
    if said or _LETTER.search(text, looked):
        found.append(text[start:].strip())
    return found


def _ends(text: str, start: int, end: "regex.Match[str]") -> bool:
    """Whether the sentence that began at `start` ends at these marks."""
    marks, blank, following = end.groups()
    if marks == "." and blank:
        return _point_ends(text[max(start, end.start() - _LOOK_BACK) : end.start()], start, end)
    if not _LATIN_MARKS.issuperset(marks):
        return not (following[:1].isdigit() and text[end.start() - 1].isdigit())
    if not blank:
        # "a.b" ends nothing; scripts without blanks end sentences at `!` and `?` all the same
        return marks[-1] in "!?" and _UNSPACED.match(following) is not None
    return "!" in marks or "?" in marks or not following[:1].islower()


def _point_ends(before: str, start: int, end: "regex.Match[str]") -> bool:
    """Whether a single point before a blank ends the sentence, by the token before it and the word after it."""
    _, blank, following = end.groups()
    token_start = max(before.rfind(" "), before.rfind("\n")) + 1
    token = before[token_start:].lstrip("\"'“‘«(<[{*_#>-\t\u00a0")
    if len(token) > _LONGEST_TOKEN:
        return True
    lead = before[:token_start].rstrip(" \t*_#>-")
    first = lead[-1:] in ("\n", ":", ";") or (not lead and start == end.start() - len(before))
    if first and "\n" not in blank and _ITEM.fullmatch(token):
        return False
    return not _abbreviates(token, blank, following)


def _abbreviates(token: str, blank: str, following: str) -> bool:
    """Whether the point after `token` belongs to it and ends no sentence."""
    small = token.casefold()
    initial = (len(token) == 1 and token.isupper()) or ("." in small and _ACRONYM.fullmatch(small) is not None)
    if small not in _ABBREVIATIONS and not initial:
        return False
    if following[:1].islower() or small in _TITLES or small in _WITHIN:
        return True
    if blank.count("\n") > 1 or ("\n" in blank and not following[:1].isalpha()):
        return False
    if small in _BEFORE_A_NUMBER:
        return following[:1].isdigit()
    if small in _BEFORE_A_CAPITAL:
        # "5 p.m. EST" goes on: a zone is in capitals where the abbreviation before it is not
        zone = len(following) > 1 and following.isupper() and not token.isupper()
        return zone or not following[:1].isupper() or following.casefold() in _DAYS
    return following.casefold() not in _OPENERS
