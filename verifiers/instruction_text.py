"""What counts as a word, a sentence, a paragraph, a language; stated once for all instructions.

- A word is a run of letters, digits and underscores: "don't" has two, as in IFEval.
- A sentence ends at `.`, `!`, `?` or `…` (with closing quotes and brackets) before a blank and something that is no
  small letter, at a blank line, and at the text's end; not after an initial or a common abbreviation. A list whose
  items end without a point is one sentence.
- A paragraph is what stands between the given marks and is not blank.
- The language is the one that py3langid's model scores highest; it has no randomness. Under five words it is not
  judged: only the script can be wrong there.
"""

import re
import unicodedata

_WORD = re.compile(r"\w+")
_END = re.compile(r"[.!?…]+[\"'”’)\]*_]*(?=\s+[^\sa-z])|\n\s*\n|[。！？]+")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\"'])(?:[A-Z]|[A-Za-z](?:\.[A-Za-z])+|Mr|Mrs|Ms|Dr|Prof|Sr|Jr|St|Mt|vs|Fig|Inc|Ltd|Co|Gen|Col|Sgt|Rev|approx)\.$"
)
FEW_WORDS = 5


def words(text: str) -> list[str]:
    return _WORD.findall(text)


def sentences(text: str) -> int:
    count, start = 0, 0
    for end in _END.finditer(text):
        if end.group() == "." and _ABBREVIATION.search(text[max(start, end.end() - 20) : end.end()]):
            continue
        count += _WORD.search(text, start, end.end()) is not None
        start = end.end()
    return count + (_WORD.search(text, start) is not None)


def speaks(text: str, language: str) -> bool:
    """Whether the text is in the language of this ISO 639-1 code."""
    import py3langid

    if len(words(text)) < FEW_WORDS and _is_latin(text):
        return language in LATIN.split()
    found, _ = py3langid.classify(text.lower())
    return bool(found == language)


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
