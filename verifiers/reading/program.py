"""Where in a completion the program stands.

The program is looked for after the last `</think>` where there is one; an open `<think>` means that none was given. It
is the last fenced block (`fences`) that closes and names the language, else the last one that names none. A text
without any fence is the program as a whole. A last fence that never closes means that the completion was cut: there is
no program then, an earlier block does not stand in. Blocks of other languages are never the program.
"""

from dataclasses import dataclass

from temper.verifiers.reading.extract import after_thinking
from temper.verifiers.reading.fences import MAX_LINES, is_too_long, read_fences

MAX_BYTES = 256 * 1024
LANGUAGES: dict[str, frozenset[str]] = {
    "python": frozenset({"python", "py"}),
    "bash": frozenset({"bash", "sh", "shell"}),
    "c": frozenset({"c"}),
    "cpp": frozenset({"cpp", "c++", "cc", "cxx"}),
    "javascript": frozenset({"javascript", "js", "node", "nodejs", "mjs", "cjs"}),
    "typescript": frozenset({"typescript", "ts", "mts", "cts"}),
    "jsx": frozenset({"jsx", "tsx", "react", "javascript", "js", "mjs", "typescript", "ts"}),
    "css": frozenset({"css"}),
    "java": frozenset({"java"}),
    "kotlin": frozenset({"kotlin", "kt", "kts"}),
    "go": frozenset({"go", "golang"}),
    "rust": frozenset({"rust", "rs"}),
    "php": frozenset({"php"}),
    "csharp": frozenset({"csharp", "cs", "c#", "dotnet"}),
}
"""Language to its names in info strings, without versions; the ends of its files' names among them."""


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
    if is_too_long(text):
        return Program(None, f"more than {MAX_LINES} lines with code blocks among them")
    found = read_fences(text)
    if found.cut is not None:
        return Program(None, "the last code block is cut")
    if not found.blocks:
        return _checked(found.beside)
    named = [block for block in found.blocks if _names(block.language) & LANGUAGES[language]]
    unnamed = [block for block in found.blocks if not block.language]
    if named or unnamed:
        return _checked((named or unnamed)[-1].text)
    return Program(None, f"no code block in {language}, the last one is {found.blocks[-1].language[:20]!r}")


def _names(word: str) -> set[str]:
    """The word without a version (`python3.11`, `c++17`), and the end of a file's name (`main.py`)."""
    return {word.rstrip("0123456789.-"), word.rpartition(".")[2]}


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
