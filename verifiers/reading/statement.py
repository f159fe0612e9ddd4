"""Where a completion states its choice, and which letter it states.

In this order, and within each the last place wins:
1. a box, a tag (`<answer>B</answer>`), an announcement ("the answer is B", "correct option: B", "Antwort: B"). A box
   that holds a formula and an announcement of something else ("the answer is clear") hide nothing;
2. the last line, if it is a letter;
3. a judgement: "B is correct", "it must be B", "I choose B", "Therefore, B". All of them must be of one letter.

What is denied, asked or supposed states nothing ("I don't think the answer is B"), and a correction below takes a
statement back ("Actually, A."). The words for an answer are those of `_NOUN`.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from temper.mistakes import shortened
from temper.verifiers.reading.letter import (
    DISMISSES,
    NO_LETTER,
    SEVERAL,
    Offered,
    Reading,
    names_another,
    plain,
    read_letter,
    takes_up_another,
)

TAIL = 8_000
"""Characters at the end in which the choice is looked for."""
MOST = 100
"""Statements of a kind that are looked at, from the end."""
_USUAL = "ABCDEFGHIJ"
"""The letters that another choice may have where the row does not give the choices."""
_OPEN, _CLOSE = "\x01", "\x02"
"""Stand around what a box or a tag holds."""
_BOX = re.compile(r"\\(?:boxed|fbox)[ \t]*+\{|\\boxed[ \t]*+([A-Za-z])(?![A-Za-z])")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_LONGEST_BOX = 2_000
_ENCLOSED = re.compile(rf"{_OPEN}([^{_OPEN}{_CLOSE}]*+){_CLOSE}")
_TAGGED = re.compile(r"<(\w{0,20}(?:answer|choice|option|result))>([^<>]{0,600})</\1>", re.IGNORECASE)

_LINE = rf"(?=([^\n{_CLOSE}]{{0,300}}))"
_ADVERBS = (
    r"(?:,? ?(?:therefore|thus|hence|clearly|then|indeed|definitely|simply|probably|(?:most )?likely|obviously|"
    r"certainly|in fact|actually|finally)\b,?){0,3}"
)
"""What may stand between "is" and the letter."""
_NOUN = re.compile(
    r"answer|ans|solution|option|choice|alternative|one|statement|response|selection|pick|letter|antwort|lösung|respuesta|"
    r"réponse|risposta|resposta|antwoord|svaret|svar|vastaus|odpowiedź|odpověď|ответ|відповідь|отговор|απάντηση|cevap|yanıt|"
    r"jawaban|đáp án|الإجابة|الجواب|תשובה|उत्तर|উত্তর|คำตอบ|答案|回答|答え|正解|정답|답"
)
"""Words for what is announced. Searched for first and in small letters, which is ten times as fast."""
_COMMON_NOUNS = re.compile(r"option|choice|alternative|one|statement|response|selection|pick|letter")
_QUALIFIED = re.compile(r"\b(?:correct|right|best|true|final|appropriate|accurate|valid|proper|chosen|my|our) \Z")
"""What must stand before a common noun."""
_ANNOUNCES = re.compile(
    r"[\"']?(?: (?:option|choice|letter|key|correcta|correcte|corretta|correta)\b)?"
    r"(?: (?:to|for|of|in|here|among|from)\b[^.:;,!?\n]{0,60}?)?"
    r"(?: ?[:：=]| [-–—→] |是|为|為|は| (?:is|was|must be|should be|would be|will be|has to be|remains|ist|lautet|es|"
    rf"est|è|é|jest|to|är|er|on)\b ?:?){_ADVERBS}[:\s]{{0,8}}{_LINE}",
    re.IGNORECASE,
)
_JOINS = " $).,;:&+|/-–—→"
"""What may stand between a box and another letter."""

_RIGHT = re.compile(
    r"(?<![\w.'’])([(\[][A-Za-z][)\]]|[A-Z]) (?:it is|(?<=nly . )(?:fits|works|remains|holds)|"
    r"(?:is|must be|has to be|would be|should be)"
    r"(?: (?:therefore|thus|clearly|indeed|definitely|the|my|our|most|only|single|likely|probably|certainly)\b){0,4}"
    r"(?: best\b)? (?:correct|right|true|best|answer|choice|option|accurate|appropriate))\b(?=([^.!?\n]{0,300}[?]?))"
)
"""As in "B is the best answer" and "only B fits", with the rest of the sentence."""
_CHOSEN = re.compile(
    r"(?:\b(?:it|this|that)(?:['’]s| (?:must be|has to be|should be|would be|can only be|is|leaves(?: us with| only)?))"
    r"|\b(?:i|we)(?:['’](?:ll|d|m)| will| would| must| should| am)?(?: (?:therefore|thus|finally))? "
    r"(?:choose|chose|pick|picked|select|selected|go with|going with|went with|opt for|opted for|answer|conclude)"
    r"|(?<![^\n.!?] )\b(?:therefore|thus|hence|so|consequently|accordingly|in conclusion|in summary|overall|ergo))"
    rf"\b{_ADVERBS}[,:]? {_LINE}",
    re.IGNORECASE,
)
"""As in "it must be B", "I choose B" and "Therefore, B", with the rest of the line."""
_SPEAKS_OF = re.compile(r"[(\[]?[A-Za-z][)\]]? (?!because\b|since\b|as\b|due\b)[a-z]")
"""A letter that a sentence goes on about ("So (B) grows")."""
_SPOKEN = re.compile(r"\w")
_CLAUSE = re.compile(r"[.,;:!?\n—]|\b(?:so|then|therefore|thus|hence|but)\b", re.IGNORECASE)
"""What a denial does not reach beyond."""
_SENTENCE = re.compile(r"[.!?\n]")
_DENIES = re.compile(
    rf"{DISMISSES.pattern}|(?<!\bno )\bdoubt|\b(?:if|unless|whether|suppose|assum\w*|might|may|could|worst|least)\b",
    re.IGNORECASE,
)
_LONE_LETTER = re.compile(r"^[(\[]?([A-Z])[)\]]?[.!]?$", re.MULTILINE)
_TAKES_BACK = re.compile(
    r"(?:\A|[.!?\n])[^\w\n]{0,9}+(?:(?:but|oh|hmm+|no)\b[,. ]{0,9}+){0,2}(?:actually|wait|sorry|correction|"
    r"scratch that|on second thoughts?|i mean|or|maybe|perhaps|alternatively|hmm+|rather|"
    r"no(?=\s*[,.:;!—–-]))\b([^\n]{0,300})",
    re.IGNORECASE,
)
"""A sentence that begins with "Actually", "No," and the like."""


class Statement(NamedTuple):
    """Where a choice is stated."""

    start: int
    end: int
    """Of what announces it; of the box with its marks."""
    said: str
    where: str
    boxed: bool = False


def stated_choice(text: str, offered: Offered) -> tuple[str | None, str]:
    """The letter and where it stands, or None and why there is none."""
    tail = plain(_enclosed(text[-TAIL:])).strip()
    if not tail:
        return None, "the completion is empty"
    if not offered.texts:
        offered = Offered(_USUAL)
    places = sorted([*_boxes(tail), *_announcements(tail)])[-MOST:][::-1]
    for place in places:
        reading = _read_box(tail, place, offered) if place.boxed else _read_announced(tail, place, offered)
        # several letters are a finding and end the search; none at all hides nothing above
        if reading is not NO_LETTER:
            return _found(reading, place.where)
    if (reading := _read_last(tail, offered)) is not NO_LETTER:
        return _found(reading, "the last line")
    if (reading := _judged(tail, offered)) is not NO_LETTER:
        return _found(reading, "what is judged right or chosen")
    where, said = (places[0].where, places[0].said) if places else ("the last line", _spoken_lines(tail)[-1])
    return None, f"{NO_LETTER.why} ({where}): {shortened(said.strip(), 40)}"


def _found(reading: Reading, where: str) -> tuple[str | None, str]:
    return reading.letter, where if reading.letter else f"{reading.why} ({where})"


def _boxes(tail: str) -> Iterator[Statement]:
    for box in _ENCLOSED.finditer(tail):
        yield Statement(box.start(), box.end(), box[1], "\\boxed or a tag", True)


def _announcements(tail: str) -> Iterator[Statement]:
    small = tail.replace("İ", "I").lower()  # the one letter whose small form is longer
    for noun in _NOUN.finditer(small):
        start, word = noun.start(), noun.group()
        if word.isascii() and small[max(0, start - 1) : start].isalnum():
            continue
        if _COMMON_NOUNS.fullmatch(word) and not _QUALIFIED.search(small[max(0, start - 15) : start]):
            continue
        if announced := _ANNOUNCES.match(tail, noun.end()):
            where = tail[start : announced.end()].strip(" :\n")
            yield Statement(start, announced.end(), announced[1], f"after {where!r}")


def _enclosed(text: str) -> str:
    """The text with what its boxes and tags hold between two marks. A box that is cut stays text."""
    text = text.replace(_OPEN, "").replace(_CLOSE, "")
    parts, place = [], 0
    for box in list(_BOX.finditer(text))[-MOST:]:
        inside = box[1] or _braced(text, box.end())
        if inside is not None and box.start() >= place:
            parts += [text[place : box.start()], _OPEN, inside, _CLOSE]
            place = box.end() + (0 if box[1] else len(inside) + 1)
    return _TAGGED.sub(rf"{_OPEN}\2{_CLOSE}", "".join([*parts, text[place:]]))


def _braced(text: str, start: int) -> str | None:
    """What stands from `start` to the brace that closes it; None where it is too long or never closed."""
    depth = 1
    for brace in _BRACE.finditer(text, start, start + _LONGEST_BOX):
        depth += {"{": 1, "}": -1}.get(brace.group(), 0)
        if depth == 0:
            return text[start : brace.start()]
    return None


def _read_announced(tail: str, place: Statement, offered: Offered) -> Reading:
    if _is_denied(tail, place.start):
        return NO_LETTER
    line_end = (tail + "\n").index("\n", place.end)
    return _unless_taken_back(read_letter(place.said, offered, "announced"), tail[line_end:], offered)


def _read_box(tail: str, place: Statement, offered: Offered) -> Reading:
    """What the box says; several where its line has another box, or takes up another letter behind it ("or C")."""
    reading = read_letter(place.said, offered, "box")
    if reading.letter is None:
        return reading
    before, after = tail[: place.start].rpartition("\n")[2], tail[place.end :]
    beside = {read_letter(box.said, offered, "box").letter for box in _boxes(before + after.partition("\n")[0])}
    line_rest = after.partition("\n")[0].lstrip(_JOINS)
    if beside - {None, reading.letter} or takes_up_another(line_rest, reading.letter, offered.letters):
        return SEVERAL
    return _unless_taken_back(reading, after, offered)


def _read_last(tail: str, offered: Offered) -> Reading:
    """The choice that the last line states; none where that line is the end of a list of options."""
    lines = _spoken_lines(tail)
    reading = read_letter(lines[-1], offered)
    if reading.letter is None or len(lines) == 1:
        return reading
    before = read_letter(lines[-2], offered).letter
    return SEVERAL if before and ord(before) + 1 == ord(reading.letter) else reading


def _spoken_lines(tail: str) -> list[str]:
    """The lines without rules and blank ones; the whole where there are none."""
    return [line for line in tail.split("\n") if _SPOKEN.search(line)] or [tail]


def _is_denied(tail: str, start: int) -> bool:
    """Whether the words of the clause before a statement deny or suppose it."""
    clause = _CLAUSE.split(tail[max(0, start - 200) : start])[-1]
    return _DENIES.search(clause) is not None


def _unless_taken_back(reading: Reading, rest: str, offered: Offered) -> Reading:
    """Several letters where a correction in the rest of the text names another, or a line below is one."""
    letter = reading.letter
    if letter is None:
        return reading
    back = any(names_another(found[1], letter, offered.letters) for found in _TAKES_BACK.finditer(rest))
    return SEVERAL if back or any(lone != letter for lone in _LONE_LETTER.findall(rest)) else reading


def _judged(tail: str, offered: Offered) -> Reading:
    found = set(_judgements(tail, offered))
    if len(found) > 1:
        return SEVERAL
    return found.pop() if found else NO_LETTER


def _judgements(tail: str, offered: Offered) -> Iterator[Reading]:
    """The letters of statements that announce no answer."""
    for right in list(_RIGHT.finditer(tail))[-MOST:]:
        letter, after, rest = right[1].strip("([])").upper(), right[2], tail[right.end(2) :]
        before = _SENTENCE.split(tail[max(0, right.start() - 300) : right.start()])[-1]
        supposed = _DENIES.search(after) is not None or after.endswith("?") or _is_denied(tail, right.start())
        # the sentence without its letter, which is not another
        named = names_another(f"{before},{after}", letter, offered.letters)
        if letter in offered.letters and not supposed and not named:
            taken_up = takes_up_another(rest.partition("\n")[0][:300].lstrip(" ."), letter, offered.letters)
            yield SEVERAL if taken_up else _unless_taken_back(Reading(letter), rest, offered)
    for chosen in list(_CHOSEN.finditer(tail))[-MOST:]:
        reading = read_letter(chosen[1], offered)
        if reading.letter and not _SPEAKS_OF.match(chosen[1]) and not _is_denied(tail, chosen.start()):
            yield _unless_taken_back(reading, tail[chosen.end(1) :], offered)
