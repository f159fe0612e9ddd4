"""Where in a completion the answer stands.

The answer is looked for after the last `</think>` where there is one; an open `<think>` means that none was
given. Then, in this order:
1. the last `\\boxed{...}` (or `\\fbox{...}`); one that is cut or empty is no answer, an earlier one does not
stand in;
2. the last `#### x`, "final answer ...", "answer: ...", "the answer is ...", to the end of its sentence;
3. the whole text, if it is a single short line;
4. the last formula between dollar signs or `\\(...\\)`, or the last number, whichever ends later. The same
serves
   within 2 and 3 when what stands there is a sentence and not a value ("the answer is that she has 72").

One span is returned, never several: a completion that lists many values in the hope that one is right has
given that list as its answer. Everything here is linear in the text.
"""

import re
from collections import deque
from dataclasses import dataclass

MAX_LINE = 300
"""Characters of a completion that is taken as the answer itself."""
TAIL = 4_000
"""Characters at the end in which the last formula or number is looked for."""

_BOXED = re.compile(r"\\(?:boxed|fbox)[ \t]*\{")
_BARE_BOXED = re.compile(r"\\boxed[ \t]*([0-9A-Za-z])")
_MARKER = re.compile(
    r"####[ \t]*"
    r"|\bfinal[ \t]+answer[*_]{0,4}[ \t]*\n"
    r"|\banswer\b[ \t*_]{0,8}(?:is\b|:|=)[ \t*_:]{0,8}",
    re.IGNORECASE,
)
_DOLLAR_OR_END = re.compile(r"\$\$?|[.!?][*_]{0,4}(?=\s)|[.!?;,][*_]{0,4}$|\n")
_MATH = re.compile(
    r"\$\$([^$]{1,1000})\$\$|\$([^$\n]{1,1000})\$|\\\(([^\n]{1,1000}?)\\\)|\\\[(.{1,1000}?)\\\]", re.DOTALL
)
_NUMBER = re.compile(
    r"(?<![\w.])[-+\u2212]?(?:[$£€][ \t]?)?(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+)"
    r"(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?:/[0-9]+)?[ \t]?(?:\\?%|°)?"
)


@dataclass(frozen=True)
class Answer:
    text: str | None
    """What stands there, None when there is no answer."""
    reason: str = ""
    """Where it was found, or why there is none."""
    value: str | None = None
    """The last formula or number of `text`, for a text that is a sentence around its value."""


def after_thinking(completion: str) -> str | None:
    """The text after the reasoning; the whole text without any; None when the reasoning never ends."""
    opened, closed = completion.rfind("<think>"), completion.rfind("</think>")
    if opened > closed:
        return None
    return completion[closed + len("</think>") :] if closed >= 0 else completion


def find_answer(completion: str) -> Answer:
    text = after_thinking(completion)
    if text is None:
        return Answer(None, "the reasoning does not end: no </think>")
    if not text.strip():
        return Answer(None, "the completion is empty" if "</think>" not in completion else "nothing after </think>")
    return last_boxed(text) or _marked(text) or _line(text) or _last_value(text) or Answer(None, "no answer found")


def last_boxed(text: str) -> Answer | None:
    """What stands in the last `\\boxed{}`; no text when that is cut or empty, None where there is no box."""
    start, match = -1, None
    for match in _BOXED.finditer(text):
        start = match.end()
    for bare in _BARE_BOXED.finditer(text, max(start, 0)):
        match, start = bare, -1
    if match is None:
        return None
    if start < 0:
        return Answer(match.group(1), "\\boxed")
    depth = 1
    for brace in re.finditer(r"\\.|[{}]", text[start:], re.DOTALL):
        depth += {"{": 1, "}": -1}.get(brace.group(), 0)
        if depth == 0:
            inside = text[start : start + brace.start()].strip()
            return Answer(inside, "\\boxed") if inside else Answer(None, "the last \\boxed is empty")
    return Answer(None, "the last \\boxed is cut")


def _marked(text: str) -> Answer | None:
    match = _last(_MARKER, text)
    if match is None:
        return None
    rest = text[match.end() : match.end() + TAIL].lstrip(" \t:")
    if rest.startswith("\n"):
        rest = rest.lstrip()
    end = _sentence_end(rest)
    found = rest[:end].strip().strip("*_ ")
    if not found:
        return Answer(None, f"nothing after {match.group().strip()!r}")
    return Answer(found, "after " + repr(match.group().strip(" *_\n")), _value_in(found))


def _sentence_end(text: str) -> int:
    """Where the sentence ends; a point or comma between two dollar signs of a line belongs to the formula."""
    in_math = False
    for match in _DOLLAR_OR_END.finditer(text):
        if match.group().startswith("$"):
            newline = text.find("\n", match.end())
            in_math = not in_math and text.find("$", match.end(), newline if newline >= 0 else len(text)) >= 0
        elif not in_math or match.group() == "\n":
            return match.start()
    return len(text)


def _line(text: str) -> Answer | None:
    line = text.strip()
    return Answer(line, "the whole text", _value_in(line)) if len(line) <= MAX_LINE and "\n" not in line else None


def _last_value(text: str) -> Answer | None:
    found = _value_in(text)
    return Answer(found, "the last value") if found is not None else None


def _value_in(text: str) -> str | None:
    tail = text[-TAIL:]
    formula, number = _last(_MATH, tail), _last(_NUMBER, tail)
    if formula is not None and (number is None or number.end() <= formula.end()):
        return next(group for group in formula.groups() if group is not None)
    return number.group().strip() if number is not None else None


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    return next(iter(deque(pattern.finditer(text), maxlen=1)), None)
