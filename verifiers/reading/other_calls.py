"""Calls in notations that no verdict reads: another model's tags, JSON among prose, Python.

For rows that want no call: a text that makes one all the same is no answer without a call. What names a tool without
calling it ("the `weather` tool would not help") makes none, nor does a formula that begins like one (`f(x) = 2x`).
"""

import re
import unicodedata
from collections.abc import Collection, Iterator

SHOWN = 60
MAX_TEXT = 200_000
"""Characters that are looked through."""
MAX_HEAD = 200
"""Characters of a call before its bracket."""
_BETWEEN = re.compile(r"[ ,;]*+")
_UNSEEN = re.compile(
    "[\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e01ef]"
)
_TAG = re.compile(
    r"[<\[]\s{0,2}[|/]?\s{0,2}(?:[a-z]{1,20}:)?"
    r"(?:(?:tool|function)s?[ _\u2581-]?(?:call|use)s?\b|function\s{0,2}=|invoke\s|python_tag)"
)
_NAMED = re.compile(
    r"[\"']name[\"']\s{0,4}:\s{0,4}[\"'][^\"']{1,80}[\"']\s{0,4},\s{0,4}[\"'](?:arguments|parameters)[\"']\s{0,4}:"
)


def other_call(text: str, tools: Collection[str]) -> str:
    """The beginning of a call in another notation; empty where there is none. `tools`: the names of those that could
    be called, none where they are not known."""
    plain = _plain(text[:MAX_TEXT])
    return next((found[:SHOWN] for found in _calls(plain, {_plain(name) for name in tools})), "")


def _calls(plain: str, names: Collection[str]) -> Iterator[str]:
    patterns = [_TAG, _NAMED]
    if names:
        either = "|".join(map(re.escape, sorted(names)))
        named = rf"[\"'](?:name|function|tool|tool_name)[\"']\s{{0,4}}:\s{{0,4}}[\"'](?:{either})[\"']"
        # an argument by name: `weather(city=` calls; `f(x) = 2x` and `f(x == 1)` do not
        given = rf"(?<!\w)(?:{either})\(\s{{0,4}}[a-z_]\w{{0,60}}\s{{0,4}}=[^=]"
        patterns += [re.compile(named), re.compile(given)]
    for pattern in patterns:
        if found := pattern.search(plain):
            yield plain[found.start() : found.start() + SHOWN]
    yield from (line for line in plain.split("\n") if _is_call(line.strip(" \t`>*[];,.-"), names))


def _is_call(line: str, names: Collection[str]) -> bool:
    """Whether a line is calls in Python's notation and nothing else, or the first line of one."""
    at = 0
    while at < len(line):
        head, bracket, _ = line[at : at + MAX_HEAD].partition("(")
        # `x = await weather.get(` calls `weather.get`, which may go by the name `get`
        name = head.rpartition("=")[2].lstrip().removeprefix("await ")
        if not bracket or not {name, name.rpartition(".")[2]} & set(names):
            return False
        inside = at + len(head) + 1
        if inside == len(line):
            return True
        at = _behind(line, inside)
        if at < 0:
            return False
    return bool(line)


def _behind(line: str, inside: int) -> int:
    """Where the next call may begin, behind the bracket that closes what begins at `inside`; -1 where none does."""
    depth = 1
    for place in range(inside, len(line)):
        depth += (line[place] == "(") - (line[place] == ")")
        if depth == 0:
            between = _BETWEEN.match(line, place + 1)
            return between.end() if between else -1
    return -1


def _plain(text: str) -> str:
    """As a reader sees it: compatible forms made one, invisible characters gone, in small letters."""
    return text.casefold() if text.isascii() else _UNSEEN.sub("", unicodedata.normalize("NFKC", text)).casefold()
