"""Regular expressions of ECMA-262 (22.2.1), with the `u` flag and no other: text to a tree.

What JSON Schema's patterns are written in. `\\d`, `\\w` and `\\b` know ASCII alone, `$` is the end of the text,
properties are `\\p{L}`, groups `(?<name>...)`. More lenient than `u`, as Annex B is without it: any sign may stand
behind a backslash, and a brace or bracket that closes nothing is itself. Python's own (`\\Z`, `(?P<name>...)`, `(?i)`)
are refused. Nothing is matched here.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from temper.verifiers.reading.strict_json import Json
from temper.verifiers.shown import shown

MAX_NESTING = 50
"""Groups inside groups."""
MAX_COUNT = 2**31 - 1
"""Of a repetition in braces: the largest that engines keep."""
Ranges = tuple[tuple[int, int], ...]

_LAST = 0x10FFFF
DIGIT: Ranges = ((0x30, 0x39),)
WORD: Ranges = ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A))
SPACE: Ranges = (
    (0x09, 0x0D), (0x20, 0x20), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029), (0x202F, 0x202F),
    (0x205F, 0x205F), (0x3000, 0x3000), (0xFEFF, 0xFEFF),
)  # fmt: skip
LINE_END: Ranges = ((0x0A, 0x0A), (0x0D, 0x0D), (0x2028, 0x2029))
_CLASSES = {"d": DIGIT, "w": WORD, "s": SPACE}
_CONTROLS = {"t": 0x09, "n": 0x0A, "v": 0x0B, "f": 0x0C, "r": 0x0D, "0": 0x00}
_COUNT = re.compile(r"\{([0-9]+)(?:(,)([0-9]*))?\}")
_CODE = re.compile(r"u\{([0-9A-Fa-f]+)\}|u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|c([A-Za-z])")
_LOW_HALF = re.compile(r"\\u([Dd][C-Fc-f][0-9A-Fa-f]{2})")
_PROPERTY = re.compile(r"([pP])\{([A-Za-z0-9_]+(?:=[A-Za-z0-9_]+)?)\}")
_NAME = re.compile(r"<([^>]{1,200})>")
_BACK = re.compile(r"[1-9][0-9]*")


@dataclass(frozen=True)
class Chars:
    """One character of a set."""

    ranges: Ranges
    properties: tuple[tuple[str, bool], ...] = ()
    """Of Unicode: the name, and whether a character of the set has it or lacks it."""
    negated: bool = False

    def hold(self, character: str) -> bool:
        code = ord(character)
        inside = any(first <= code <= last for first, last in self.ranges) or any(
            (_property(name).match(character) is not None) == has for name, has in self.properties
        )
        return inside != self.negated


@dataclass(frozen=True)
class Chain:
    parts: tuple["Node", ...]


@dataclass(frozen=True)
class Either:
    parts: tuple["Node", ...]


@dataclass(frozen=True)
class Repeat:
    part: "Node"
    least: int
    most: int | None
    """None: without end."""


@dataclass(frozen=True)
class Edge:
    kind: Literal["start", "end", "word", "no word"]


@dataclass(frozen=True)
class Look:
    """Whether `part` matches from here on, or up to here."""

    part: "Node"
    ahead: bool
    wanted: bool


@dataclass(frozen=True)
class Back:
    """What a group matched, again."""

    group: str


Node = Chars | Chain | Either | Repeat | Edge | Look | Back


def parse_pattern(text: str) -> Node:
    """Raises ValueError with the reason where the text is no pattern."""
    return _Parser(text).whole()


class _Parser:
    def __init__(self, text: str) -> None:
        self.text, self.at, self.depth = text, 0, 0
        self.names: set[str] = set()
        self.groups = 0
        self.backs: set[str] = set()

    def whole(self) -> Node:
        node = self._either()
        if self.at < len(self.text):
            raise self._wrong("a bracket that closes nothing")
        groups = self.names | {str(number) for number in range(1, self.groups + 1)}
        if unknown := self.backs - groups:
            raise self._wrong(f"no group {min(unknown)!r}")
        return node

    def _wrong(self, what: str) -> ValueError:
        near = shown(self.text[max(0, self.at - 10) : self.at + 10])
        return ValueError(f"{what}, at {self.at} near {near!r}")

    def _takes(self, sign: str) -> bool:
        found = self.text.startswith(sign, self.at)
        self.at += len(sign) * found
        return found

    def _match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return found

    def _either(self) -> Node:
        parts = [self._sequence()]
        while self._takes("|"):
            parts.append(self._sequence())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _sequence(self) -> Node:
        parts: list[Node] = []
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            parts.append(self._repeated())
        return parts[0] if len(parts) == 1 else Chain(tuple(parts))

    def _repeated(self) -> Node:
        grouped = self.text[self.at] == "("
        part = self._part()
        counts = self._counts()
        if counts is None:
            return part
        # `^*` repeats nothing; `(^)*` repeats a group, which may match the empty text
        if isinstance(part, Edge) and not grouped:
            raise self._wrong("nothing to repeat")
        self._takes("?")  # lazy: which match is found is another question than whether there is one
        # `a**` and `a+{2}` have two counts, `a+?` one and the sign for lazy
        if self.text[self.at : self.at + 1] in ("*", "+", "?") or _COUNT.match(self.text, self.at):
            raise self._wrong("nothing to repeat")
        return Repeat(part, *counts)

    def _counts(self) -> tuple[int, int | None] | None:
        for sign, counts in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self._takes(sign):
                return counts
        found = self._match(_COUNT)
        if not found:
            return None
        # by their digits before they are read: int() refuses a text of more than 4,300
        if max(len(found[1]), len(found[3] or "")) > len(str(MAX_COUNT)):
            raise self._wrong("too many repetitions")
        least = int(found[1])
        most = least if not found[2] else int(found[3]) if found[3] else None
        if max(least, most or 0) > MAX_COUNT:
            raise self._wrong("too many repetitions")
        if most is not None and most < least:
            raise self._wrong("a count out of order")
        return least, most

    def _part(self) -> Node:
        sign = self.text[self.at]
        if sign in "*+?" or _COUNT.match(self.text, self.at):
            raise self._wrong("nothing to repeat")
        self.at += 1
        match sign:
            case "^":
                return Edge("start")
            case "$":
                return Edge("end")
            case ".":
                return Chars(LINE_END, negated=True)
            case "(":
                return self._group()
            case "[":
                return self._set()
            case "\\":
                return self._escape()
        return Chars(((ord(sign), ord(sign)),))

    def _group(self) -> Node:
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise self._wrong(f"groups nested over {MAX_NESTING} deep")
        look = next((found for found in _LOOKS if self._takes(found)), None)
        if look is None and not self._takes("?:"):
            self.groups += 1
            if self._takes("?"):
                self._named()
        inside = self._either()
        if not self._takes(")"):
            raise self._wrong("an open bracket")
        self.depth -= 1
        return Look(inside, *_LOOKS[look]) if look else inside

    def _named(self) -> None:
        found = self._match(_NAME)
        if not found or not found[1].replace("$", "_").isidentifier():
            raise self._wrong("no group of ECMA-262")
        if found[1] in self.names:
            raise self._wrong(f"two groups {found[1]!r}")
        self.names.add(found[1])

    def _escape(self) -> Node:
        if back := self._match(_BACK):
            self.backs.add(back[0])
            return Back(back[0])
        if self._takes("k"):
            found = self._match(_NAME)
            if not found:
                raise self._wrong("no name of a group")
            self.backs.add(found[1])
            return Back(found[1])
        if self._takes("b"):
            return Edge("word")
        return Edge("no word") if self._takes("B") else self._character()

    def _character(self) -> Chars:
        """What stands behind a backslash, in a set or outside."""
        if found := self._match(_PROPERTY):
            _property(found[2])
            return Chars((), ((found[2], found[1] == "p"),))
        if found := self._match(_CODE):
            return _one(self._code(found))
        sign = self.text[self.at : self.at + 1]
        if not sign:
            raise self._wrong("a backslash at the end")
        self.at += 1
        if sign.lower() in _CLASSES:
            ranges = _CLASSES[sign.lower()]
            return Chars(ranges if sign.islower() else _complement(ranges))
        # `\0` is NUL, `\01` would be an octal number, which the flag `u` refuses
        if sign in _CONTROLS and not (sign == "0" and self.text[self.at : self.at + 1].isdigit()):
            return _one(_CONTROLS[sign])
        if sign.isalnum():
            raise self._wrong(f"no escape of ECMA-262: \\{sign}")
        return _one(ord(sign))

    def _code(self, found: re.Match[str]) -> int:
        if found[4]:
            return ord(found[4]) % 32
        digits = (found[1] or found[2] or found[3]).lstrip("0")
        code = int(digits or "0", 16) if len(digits) <= 6 else _LAST + 1
        if code > _LAST:
            raise self._wrong("no character of Unicode")
        # two halves are one: `\ud83d\ude00` is 0x10000 + (0x3D << 10) + 0x200 = U+1F600
        if found[2] and 0xD800 <= code <= 0xDBFF and (low := self._match(_LOW_HALF)):
            return 0x10000 + ((code - 0xD800) << 10) + int(low[1], 16) - 0xDC00
        return code

    def _set(self) -> Node:
        negated = self._takes("^")
        members: list[Chars] = []
        while not self._takes("]"):
            first = self._member()
            if self.text.startswith("-", self.at) and not self.text.startswith("-]", self.at):
                self.at += 1
                members.append(self._range(first, self._member()))
            else:
                members.append(first)
        ranges = tuple(part for member in members for part in member.ranges)
        return Chars(ranges, tuple(part for member in members for part in member.properties), negated)

    def _member(self) -> Chars:
        if self.at >= len(self.text):
            raise self._wrong("an open set")
        if self._takes("\\"):
            return _one(0x08) if self._takes("b") else self._character()
        self.at += 1
        return _one(ord(self.text[self.at - 1]))

    def _range(self, first: Chars, last: Chars) -> Chars:
        low, high = _code_of(first), _code_of(last)
        if low is None or high is None:  # `[\w-.]` holds a dash
            return Chars((*first.ranges, (0x2D, 0x2D), *last.ranges), (*first.properties, *last.properties))
        if low > high:
            raise self._wrong("a range out of order")
        return Chars(((low, high),))


_LOOKS = {"?=": (True, True), "?!": (True, False), "?<=": (False, True), "?<!": (False, False)}


def _one(code: int) -> Chars:
    return Chars(((code, code),))


def _code_of(chars: Chars) -> int | None:
    single = len(chars.ranges) == 1 and chars.ranges[0][0] == chars.ranges[0][1] and not chars.properties
    return chars.ranges[0][0] if single else None


def _complement(ranges: Ranges) -> Ranges:
    # the digits, (0x30, 0x39), leave (0x00, 0x2F) and (0x3A, 0x10FFFF)
    ends = [-1, *(code for pair in ranges for code in pair), _LAST + 1]
    return tuple((ends[i] + 1, ends[i + 1] - 1) for i in range(0, len(ends), 2))


@lru_cache(maxsize=256)
def _property(name: str) -> Json:
    """Raises ValueError for one that Unicode has not."""
    import regex

    try:
        return regex.compile(rf"\p{{{name}}}")
    except regex.error as error:
        raise ValueError(f"no property of Unicode: {name!r}") from error
