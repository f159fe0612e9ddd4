"""Where in a completion the program stands.

The program is looked for after the last `</think>` where there is one; an open `<think>` means that none was
given. It is the last closed fenced block whose info string names the language, else the last closed block
without an info string. A text without any fence is the program as a whole. A last fence that never closes
means that the completion was cut: there is no program then, an earlier block does not stand in. Blocks of
other languages are never the program.
"""

import re
from dataclasses import dataclass

from temper.verifiers.extract import after_thinking

MAX_BYTES = 256 * 1024
LANGUAGES: dict[str, frozenset[str]] = {
    "python": frozenset({"python", "py", "python3", "py3"}),
    "bash": frozenset({"bash", "sh", "shell"}),
    "c": frozenset({"c", "c11", "c17", "c99"}),
    "cpp": frozenset({"cpp", "c++", "cc", "cxx", "c++11", "c++14", "c++17", "c++20", "cpp17", "cpp20"}),
    "javascript": frozenset({"javascript", "js", "node", "nodejs", "mjs", "cjs"}),
    "typescript": frozenset({"typescript", "ts", "mts", "cts"}),
    "java": frozenset({"java"}),
    "kotlin": frozenset({"kotlin", "kt", "kts"}),
    "go": frozenset({"go", "golang"}),
    "rust": frozenset({"rust", "rs"}),
    "php": frozenset({"php", "php8"}),
    "csharp": frozenset({"csharp", "cs", "c#", "dotnet"}),
}
"""Language to the info strings of its fences."""

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})[ \t]*([^\n`]*?)[ \t\r]*$", re.MULTILINE)


@dataclass(frozen=True)
class Program:
    source: str | None
    reason: str = ""
    """Why there is none."""


def find_program(completion: str, language: str = "python") -> Program:
    text = after_thinking(completion)
    if text is None:
        return Program(None, "the reasoning does not end: no </think>")
    if not text.strip():
        return Program(None, "the completion is empty" if "</think>" not in completion else "nothing after </think>")
    blocks = _blocks(text)
    if blocks is None:
        return Program(None, "the last code block is cut")
    if not blocks:
        return _checked(text)
    for wanted in (LANGUAGES[language], frozenset({""})):
        for info, source in reversed(blocks):
            if info in wanted:
                return _checked(source)
    return Program(None, f"no code block in {language}, the last one is {blocks[-1][0][:20]!r}")


def _blocks(text: str) -> list[tuple[str, str]] | None:
    """(language, source) of each fenced block; None when the last fence stays open."""
    blocks: list[tuple[str, str]] = []
    opened: re.Match[str] | None = None
    for fence in _FENCE.finditer(text):
        marks, info = fence.groups()
        if opened is None:
            opened = fence
        elif marks[0] == opened.group(1)[0] and len(marks) >= len(opened.group(1)) and not info:
            name = opened.group(2).split(maxsplit=1)[0].lower() if opened.group(2) else ""
            blocks.append((name.strip("{}."), text[opened.end() + 1 : fence.start()]))
            opened = None
    return None if opened is not None else blocks


def _checked(source: str) -> Program:
    if not source.strip():
        return Program(None, "the program is empty")
    try:
        size = len(source.encode())
    except UnicodeEncodeError:
        return Program(None, "the program holds a lone surrogate")
    if size > MAX_BYTES:
        return Program(None, f"the program has {size} bytes, more than {MAX_BYTES}")
    if "\0" in source:
        return Program(None, "the program holds a NUL")
    return Program(source)
