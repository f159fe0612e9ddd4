"""Where in a completion the answer stands.

The answer is looked for after the last `</think>` where there is one; an open `<think>` means that none was
given. Then, in this order:
1. the last `\\boxed{...}` (or `\\fbox{...}`); one that is cut or empty is no answer, an earlier one does not stand in.
   Boxes with nothing but separators between them (`\\boxed{2} or \\boxed{3}`) are one list; the boxes of the last
   paragraph that has one are told as well, for a key of as many values;
2. what stands between the last `<answer>` and `</answer>`; an open one is no answer;
3. the last `#### x`, "final answer ...", "answer: ...", "the answer is ...", to the end of its sentence;
4. the whole text, if it is a single short line and no question;
5. the last formula between dollar signs or `\\(...\\)`, or the last number with the signs around it, whichever ends
   later. The same serves within 2 to 4 when what stands there is a sentence and not a value ("the answer is that she
   has 72"), unless the sentence asks, denies, compares or calculates ("not 72", "more than 72", "72 squared").

A completion that lists many values in the hope that one is right has given that list as its answer. Everything here is
linear in the text.
"""

import re
from collections import deque
from dataclasses import dataclass, replace

MAX_LINE = 300
"""Characters of a completion that is taken as the answer itself."""
TAIL = 4_000
"""Characters at the end in which the last formula or number is looked for."""
MAX_BOXES = 64
MAX_GAP = 100
"""Characters between two boxes of one list."""

_BOXED = re.compile(r"\\(?:boxed|fbox|framebox)[ \t]{0,8}\{")
_BARE_BOXED = re.compile(r"\\boxed[ \t]{0,8}([0-9A-Za-z])")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_BETWEEN = re.compile(
    r"(?:[\s,;&$~}]|\\[()\[\],;:! \\]|\\q?quad|\\(?:text|mathrm|textbf)\s?\{|\\(?:lor|vee|land|wedge)(?![A-Za-z])"
    r"|and\b|or\b|[A-Za-z](?:_\{?\w\}?)?\s?=)*\\(?:boxed|fbox|framebox)[ \t]{0,8}\{"
)
"""What may stand between two boxes of one list, with the opening of the second."""
_SIGN = re.compile(r"(?:[ \t\n~$]|\\[), !;])*(\\?%|percent\b|\u00b0|\^\s?\{?\s?\\circ\s?\}?|degrees?\b)")
_TEXT = re.compile(r"\\(?:text|textbf|mathrm)\s?\{([^{}]{1,1000})\}\.?")
_ANSWER_TAG = re.compile(r"<(/?)answer>", re.IGNORECASE)
_MARKER = re.compile(
    r"####[ \t]{0,8}"
    r"|\bfinal[ \t]{1,8}answer[*_]{0,4}[ \t]{0,8}\n"
    r"|\banswer\b[ \t*_]{0,8}(?:is\b|:|=)[ \t*_:]{0,8}",
    re.IGNORECASE,
)
# a point within a number (3.14) ends no sentence: a blank or the end must follow
_DOLLAR_OR_END = re.compile(r"\$\$?|[.!?][*_]{0,4}(?=\s)|[.!?;,][*_]{0,4}$|\n")
_MATH = re.compile(
    r"\$\$([^$]{1,1000})\$\$|\$([^$\n]{1,1000})\$|\\\(([^\n]{1,1000}?)\\\)|\\\[(.{1,1000}?)\\\]", re.DOTALL
)
_REASON = re.compile(r",?[ \t]{1,4}(?:since|because)\b")
_DIGIT = re.compile(r"[0-9]")
# a comma ends a clause before a conclusion alone: "not 5, so 6" has two clauses, "5, 6" has one
_CLAUSE = re.compile(r"[.!?;][*_]{0,4}(?=\s)|\n|,(?=\s{1,4}(?:so|thus|therefore|hence|which|giving|making)\b)")
_PROSE = re.compile(r"[(\"'*_\u201c]*(?:[aAI]|[A-Za-z][A-Za-z'\u2019-]+)[)\"'*_.,;:!?\u201d]*")
_FUNCTIONS = re.compile(r"(?:sin|cos|tan|cot|sec|csc|log|ln|lg|exp|sqrt|mod|pi)\b")
_SUM = re.compile(r"[-0-9 .()/*\u00d7+]{1,200}(?<=[0-9)]) ?[-+*\u00d7] ?[-0-9 .()/*\u00d7+]{1,200}")
"""A calculation that is not done, as a question has it."""
_DENIED = re.compile(r"\b(?:not|never|cannot|neither|nor|wrong|incorrect)\b|n['\u2019]t\b", re.IGNORECASE)
_CALCULATED = re.compile(
    r"\b(?:without|except|unless|if|other than|(?:more|less|greater|fewer|larger|smaller|rather) than|at (?:least|most)"
    r"|between|over|under|above|below|times\s+\w|twice|double|triple|half|plus|minus|divided|multiplied|squared|cubed"
    r"|powers?|factorial|remainder|modulo|mod|root|maybe|perhaps|possibly|instead|exceed\w{0,3})\b",
    re.IGNORECASE,
)
_TURNING = re.compile(
    r"\b(?:but|almost|nearly|base|choose|by|past|until|till|from|than|versus|vs|per|in|on|with|for"
    r"|(?<!equal )(?<!equals )(?<!amounts )(?<!comes )to"
    r"|(?<!total )(?<!value )(?<!answer )(?<!amount )(?<!cost )of)\s{1,9}\Z",
    re.IGNORECASE,
)
"""A word directly before a value with which it is another value (`minus 3`), or a part of a longer phrase."""
_CHANGING = re.compile(
    r"(?:hundred|thousand|million|billion|trillion|dozen|gross|pair|couple|percent|half|halve|third|fourth|fifth|sixth"
    r"|seventh|eighth|ninth|tenth|hundredth|thousandth)s?\b|[ap]\.?m\b",
    re.IGNORECASE,
)
"""Words behind a number that change it: `3 million`, `5 percent`, `2 p.m.`"""


@dataclass(frozen=True)
class Stated:
    """What a completion states as its answer."""

    text: str | None
    """What stands there, None when there is no answer."""
    reason: str = ""
    """Where it was found, or why there is none."""
    value: str | None = None
    """The last formula or number of `text`, for a text that is a sentence around its value."""
    boxes: tuple[str, ...] = ()
    """All boxes of the last paragraph that has one, where they are several."""
    joined: bool = False
    """Whether nothing but separators stands between the boxes, so that they are one answer."""
    sign: str = ""
    """A percent or degree sign behind the last box."""


def after_thinking(completion: str) -> str | None:
    """The text after the reasoning; the whole text without any; None when the reasoning never ends."""
    opened, closed = completion.rfind("<think>"), completion.rfind("</think>")
    if opened > closed:
        return None
    return completion[closed + len("</think>") :] if closed >= 0 else completion


def find_answer(completion: str) -> Stated:
    text = after_thinking(completion)
    if text is None:
        return Stated(None, "the reasoning does not end: no </think>")
    if not text.strip():
        return Stated(None, "the completion is empty" if "</think>" not in completion else "nothing after </think>")
    return (
        _boxed(text)
        or _tagged(text)
        or _marked(text)
        or _line(text)
        or _last_value(text)
        or Stated(None, "no answer found")
    )


# -- boxes


def last_boxed(text: str) -> Stated | None:
    """What stands in the last `\\boxed{}`; no text when that is cut or empty, None where there is no box."""
    found = _last_box(text)
    return found[0] if found is not None else None


def _last_box(text: str) -> tuple[Stated, int, int] | None:
    """The last box with where it begins and ends."""
    if "box" not in text:
        return None
    match = _last(_BOXED, text)
    # from the last `\boxed{` on: whichever of the two forms comes last is the answer
    bare = _last(_BARE_BOXED, text, match.end() if match is not None else 0)
    if bare is not None:
        return Stated(bare.group(1), "\\boxed"), bare.start(), bare.end()
    if match is None:
        return None
    end = _closing(text, match.end())
    if end is None:
        return Stated(None, "the last \\boxed is cut"), match.start(), len(text)
    inside = text[match.end() : end - 1].strip()
    answer = Stated(inside, "\\boxed") if inside else Stated(None, "the last \\boxed is empty")
    return answer, match.start(), end


def _closing(text: str, start: int) -> int | None:
    """Behind the brace that closes what is open at `start`."""
    depth = 1
    for brace in _BRACE.finditer(text, start):
        depth += {"{": 1, "}": -1}.get(brace.group(), 0)
        if depth == 0:
            return brace.end()
    return None


def _boxed(text: str) -> Stated | None:
    """The last box with what belongs to it: the sign behind, the box around it, the boxes beside it."""
    found = _last_box(text)
    if found is None:
        return None
    answer, start, end = found
    inside = answer.text
    if inside is None:
        return answer
    if end < len(text) and (sign := _SIGN.match(text, end, end + 40)) is not None:
        answer = replace(answer, sign=sign.group(1))
    if inside.startswith("\\") and (prose := _TEXT.fullmatch(inside)) is not None:
        answer = replace(answer, value=_value_in(prose.group(1), strict=True))
    spans = _boxes_of_paragraph(text, start, end)
    # a box in a box, `\boxed{x = \boxed{5}}`: the outer one holds the answer
    if spans and spans[-1][0] < start < spans[-1][1]:
        answer = replace(answer, text=text[slice(*spans[-1])].strip())
    if len(spans) < 2:
        return answer
    boxes = tuple(dict.fromkeys(text[a:b].strip() for a, b in spans))
    gaps = (text[end + 1 : start] for (_, end), (start, _) in zip(spans, spans[1:], strict=False))
    joined = all(len(gap) <= MAX_GAP and _BETWEEN.fullmatch(gap) for gap in gaps)
    return replace(answer, boxes=boxes, joined=joined) if len(boxes) > 1 else answer


def _boxes_of_paragraph(text: str, last: int, end: int) -> list[tuple[int, int]]:
    """The insides of the boxes of the paragraph in which the last one stands, the last one with them."""
    begin = max(text.rfind("\n\n", 0, last) + 1, last - TAIL, 0)
    if text.find("box", begin, last) < 0:
        return []
    near = text[: end + TAIL]
    spans: list[tuple[int, int]] = []
    while len(spans) < MAX_BOXES and (match := _BOXED.search(near, begin, end)):
        closed = _closing(near, match.end())
        if closed is None:
            break
        if text[match.end() : closed - 1].strip():
            spans.append((match.end(), closed - 1))
        begin = closed
    return spans


# -- other places


def _tagged(text: str) -> Stated | None:
    tag = _last(_ANSWER_TAG, text) if "<" in text else None
    if tag is None:
        return None
    if not tag.group(1):
        return Stated(None, "the last <answer> is not closed")
    opened = text.replace("İ", "I").lower().rfind("<answer>", 0, tag.start())
    inside = text[opened + len("<answer>") : tag.start()].strip() if opened >= 0 else ""
    if not inside:
        return Stated(None, "the last <answer> is empty")
    return _marked(inside) or Stated(inside, "<answer>", _stated_value(inside))


def _marked(text: str) -> Stated | None:
    match = _last(_MARKER, text) if "####" in text or "answer" in text.casefold() else None
    if match is None:
        return None
    rest = text[match.end() : match.end() + TAIL].lstrip(" \t:")
    if rest.startswith("\n"):
        rest = rest.lstrip()
    found = _REASON.split(rest[: _sentence_end(rest)], maxsplit=1)[0].strip().strip("*_ ")
    if not found:
        return Stated(None, f"nothing after {match.group().strip()!r}")
    return Stated(found, "after " + repr(match.group().strip(" *_\n")), _stated_value(found))


def _sentence_end(text: str) -> int:
    """Where the sentence ends; a point or comma between two dollar signs of a line belongs to the formula."""
    in_math = False
    for match in _DOLLAR_OR_END.finditer(text):
        if match.group().startswith("$"):
            newline = text.find("\n", match.end())
            # a dollar opens a formula only where its line has another: "It costs $5. So" has none
            in_math = not in_math and text.find("$", match.end(), newline if newline >= 0 else len(text)) >= 0
        elif not in_math or match.group() == "\n":
            return match.start()
    return len(text)


def _line(text: str) -> Stated | None:
    line = text.strip()
    if len(line) > MAX_LINE or "\n" in line or line.endswith("?"):
        return None
    return Stated(line, "the whole text", _stated_value(line))


def _last_value(text: str) -> Stated | None:
    found = _value_in(text, strict=False)
    return Stated(found, "the last value") if found is not None else None


# -- values in sentences


def _stated_value(text: str) -> str | None:
    """The value of what is a sentence around it; None where it is digits alone."""
    return None if text.isdigit() else _value_in(text, strict=True)


def _value_in(text: str, strict: bool) -> str | None:
    """The last formula or number; None where its clause denies it, or (`strict`) makes another value of it."""
    tail = text[-TAIL:]
    formula, digit = _last(_MATH, tail), _last(_DIGIT, tail)
    # a formula that ends behind the last digit holds it: in `$x = 5 + y$` the 5 is no value of its own
    if formula is not None and (digit is None or digit.end() <= formula.end()):
        start, end = formula.span()
        value = next(group for group in formula.groups() if group is not None)
    elif digit is not None:
        clause_start, clause_end = _clause(tail, digit.start(), digit.end())
        start, end = _run(tail, clause_start, digit.start(), clause_end)
        value = tail[start:end].lstrip(" \t*_").rstrip(" \t*_.,;:!?")
    else:
        return None
    clause_start, clause_end = _clause(tail, start, end)
    before, after = tail[clause_start:start], tail[end:clause_end]
    # with the sign that ends the clause: "Is it 72?" gives no answer
    if _SUM.fullmatch(value) or "?" in tail[end - 1 : clause_end + 1]:
        return None
    turned = strict and (_CALCULATED.search(f"{before} {after}") or _TURNING.search(before))
    return None if turned or _DENIED.search(f"{before} {after}") or not _is_whole(value) else value


def _is_whole(value: str) -> bool:
    """Whether its braces close in their order."""
    depth = 0
    for brace in _BRACE.finditer(value):
        depth += {"{": 1, "}": -1}.get(brace.group(), 0)
        if depth < 0:
            return False
    return depth == 0


def _clause(text: str, start: int, end: int) -> tuple[int, int]:
    before = _last(_CLAUSE, text, 0, start)
    after = _CLAUSE.search(text, end)
    return (before.end() if before is not None else 0), (after.start() if after is not None else len(text))


def _run(text: str, start: int, place: int, end: int) -> tuple[int, int]:
    """The words around `place` that are no prose: the signs of one value, and a number word behind them."""
    words = [(match.start() + start, match.end() + start) for match in re.finditer(r"\S+", text[start:end])]
    at = next(i for i, (_, last) in enumerate(words) if place < last)
    first = last = at
    while first > 0 and not _is_prose(text[slice(*words[first - 1])]):
        first -= 1
    while last + 1 < len(words) and not _is_prose(text[slice(*words[last + 1])]):
        last += 1
    if last + 1 < len(words) and _CHANGING.match(text[slice(*words[last + 1])]):
        last += 1
    return words[first][0], words[last][1]


def _is_prose(word: str) -> bool:
    return _PROSE.fullmatch(word) is not None and _FUNCTIONS.match(word) is None


def _last(pattern: re.Pattern[str], text: str, start: int = 0, end: int | None = None) -> re.Match[str] | None:
    return next(iter(deque(pattern.finditer(text, start, len(text) if end is None else end), maxlen=1)), None)
