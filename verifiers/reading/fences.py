"""The fenced code blocks of a completion, for every verifier that reads one.

As CommonMark has them (spec 0.31, 4.5): three or more backticks or tildes open a block, as many of the same or more
close it, either may be indented, and the opening's indentation is taken off the block's lines. Lists are followed
(5.2), for a block in a list is indented as its item is. Lines end as CommonMark's do and leave as newlines.

More lenient than CommonMark where models write what it takes for something else: a fence indented by four or more
begins a block too unless lines indented like that stand before it, where it belongs to their text (the docstring of a
program without fences), and a closing fence may be indented less than its item. A last fence that says nothing and
that nothing follows opens no block: it closes one that the prompt opened. Block quotes are not followed.

Each line is looked at once, in a text of more lines than anybody reads none is: it has no blocks.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

_LINE_END = re.compile(r"\r\n|\n|\r")
_FENCE = re.compile(r"(`{3,}+|~{3,}+)(.*)")
_ITEM = re.compile(r"([-+*]|[0-9]{1,9}[.)])([ \t]++|\Z)")
_WORD = re.compile(r"[^\s,:;(){}\[\]=|\"'`]*+")
_ATTRIBUTES = frozenset(("caption", "class", "file", "filename", "id", "label", "name", "path", "src", "title"))
"""Of an info string that names no language: `title="main.py"`."""
_TAB = 4
MAX_LINES = 10_000
"""Of a text with fences."""
_MARKING = (" ", "\t", "-", "+", "*", "`", "~", *"0123456789")
"""How a line begins that opens a block or says where the next one stands."""
JSON = frozenset(("", "json", "jsonc", "json5"))
"""The language of a block that may hold JSON."""


class Block(NamedTuple):
    info: str
    """What stands behind the opening fence."""
    text: str
    """The lines between the fences, each with its newline."""

    @property
    def language(self) -> str:
        """The name in the info string, in small letters: `python` of `{.Python .numberLines}`, `python:main.py`,
        `python,linenos`; empty where there is none."""
        if not self.info:
            return ""
        info = self.info.strip().lstrip("{.").lstrip().lower()
        word = _WORD.match(info)
        assert word is not None, "an empty word matches"
        name, behind = word.group(), info[word.end() :].lstrip()
        attribute = name in _ATTRIBUTES and behind.startswith("=")
        return "" if attribute or name.isdecimal() else name


@dataclass(frozen=True)
class Fences:
    blocks: tuple[Block, ...]
    """Those that close, in order; a block inside a block is its text."""
    cut: Block | None
    """The last one, where it never closes."""
    beside: str
    """The lines outside the blocks; stray fences are gone."""


class _Opening(NamedTuple):
    column: int
    marks: str
    info: str

    def closes(self, line: str) -> bool:
        """Whether a line with the marks in it ends the block."""
        column, rest = _indentation(line)
        rest = rest.rstrip(" \t")
        # as many marks or more: three backticks do not close four
        same = len(rest) >= len(self.marks) and not rest.strip(self.marks[0])
        return same and column < self.column + _TAB

    def block(self, inside: str) -> Block:
        if not inside:
            return Block(self.info, "")
        lines = (_without_indentation(inside[start:end], self.column) + "\n" for start, end, _ in _lines(inside))
        return Block(self.info, "".join(lines))


def is_too_long(text: str) -> bool:
    """Whether a text with fences has too many lines to look for its blocks."""
    lines = text.count("\n") + text.count("\r")
    return lines > MAX_LINES and ("```" in text or "~~~" in text)


def read_fences(text: str) -> Fences:
    if ("```" not in text and "~~~" not in text) or is_too_long(text):
        return Fences((), None, text)
    blocks: list[Block] = []
    outside: list[str] = []
    opening: _Opening | None = None
    place = _Place()
    begun = 0
    for start, end, following in _lines(text):
        line = text[start:end]
        if opening is None:
            if place.is_plain and not line.startswith(_MARKING):
                continue
            opening = place.opening(line)
            if opening is not None:
                outside.append(text[begun:start])
                begun = following
        elif opening.marks in line and opening.closes(line):
            blocks.append(opening.block(text[begun:start]))
            opening, begun = None, following
    rest = text[begun:]
    if opening is None:
        return Fences(tuple(blocks), None, "".join([*outside, rest]))
    stray = not opening.info and not rest.strip()
    return Fences(tuple(blocks), None if stray else opening.block(rest), "".join(outside))


def unfenced(text: str, languages: frozenset[str] | None = None) -> str:
    """The text of the one block that `text` consists of, where it names one of `languages` or none is asked for; else
    the text without a stray fence."""
    found = read_fences(text)
    if not found.blocks and found.cut is None:
        return found.beside
    alone = len(found.blocks) == 1 and found.cut is None and not found.beside.strip()
    if alone and (languages is None or found.blocks[0].language in languages):
        return found.blocks[0].text
    return text


class _Place:
    """Where the next line stands: in which list items, and whether in text that is indented as code is."""

    def __init__(self) -> None:
        self.items: list[int] = []
        """Columns at which the contents of the open items begin."""
        self.in_code = False

    @property
    def is_plain(self) -> bool:
        """Whether only a line that marks something changes where the next one stands."""
        return not self.items and not self.in_code

    def opening(self, line: str) -> _Opening | None:
        column, rest = _indentation(line)
        if not rest:
            return None
        while self.items and column < self.items[-1]:
            self.items.pop()
        at = 0
        while column - self._base < _TAB and (item := _ITEM.match(rest, at)):
            # `- x` has its contents at 0 + 1 + 1 = 2, `10.  x` at 0 + 3 + 2 = 5; blanks over four count as four
            column += len(item[1]) + min(len(item[2]) or 1, _TAB)
            self.items.append(column)
            at = item.end()
        fence = _FENCE.match(rest, at)
        deep = column - self._base >= _TAB
        opens = fence is not None and not (fence[1][0] == "`" and "`" in fence[2]) and not (deep and self.in_code)
        self.in_code = deep and not opens
        return _Opening(column, fence[1], fence[2].strip()) if fence is not None and opens else None

    @property
    def _base(self) -> int:
        return self.items[-1] if self.items else 0


def _lines(text: str) -> Iterator[tuple[int, int, int]]:
    """(start, end, start of the next) of each line; no empty one behind the last end."""
    start = 0
    for end in _LINE_END.finditer(text):
        yield start, end.start(), end.end()
        start = end.end()
    if start < len(text):
        yield start, len(text), len(text)


def _indentation(line: str) -> tuple[int, str]:
    """The column of the first character that is no blank, and the line from there."""
    if not line.startswith((" ", "\t")):
        return 0, line
    rest = line.lstrip(" \t")
    return len(line[: len(line) - len(rest)].expandtabs(_TAB)), rest


def _without_indentation(line: str, columns: int) -> str:
    """The line without its first blanks, `columns` wide at most; a tab that reaches further leaves spaces."""
    if not columns:
        return line
    column, rest = _indentation(line)
    if column <= columns:
        return rest
    blanks = line[: len(line) - len(rest)]
    taken = 0
    for place, blank in enumerate(blanks):
        if taken >= columns:
            return " " * (taken - columns) + line[place:]
        taken += _TAB - taken % _TAB if blank == "\t" else 1
    return " " * (taken - columns) + rest
