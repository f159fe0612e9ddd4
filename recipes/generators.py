"""The shipped generators of rows, by the name that a recipe gives."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from temper.recipes import texts, tiny, tools
from temper.recipes.tiny import Split
from temper.verifiers.rows import RawRow

Make = Callable[[Split, int, int], Iterator[RawRow]]
"""Rows of a split, so many, of a data seed."""


@dataclass(frozen=True)
class Generator:
    problems: Make
    examples: Make
    tokenizer_lines: Callable[[], list[str]]
    """What the tokenizer of a tiny base learns that is for such rows."""
    version: int


_TEXTS: dict[str, Make] = {"prose": texts.prose, "code": texts.code, "math": texts.math, "mixed": texts.mixed}
_CALLS = Generator(texts.no_problems, tools.calls, tools.tokenizer_lines, tools.VERSION)
GENERATORS = {
    "tiny": Generator(tiny.problems, tiny.examples, tiny.tokenizer_lines, tiny.GENERATOR_VERSION),
    "tools": Generator(tools.problems, tools.examples, tools.tokenizer_lines, tools.VERSION),
    "calls": _CALLS,
    **{name: Generator(texts.no_problems, make, texts.tokenizer_lines, texts.VERSION) for name, make in _TEXTS.items()},
}
TEXTS = frozenset({*_TEXTS, "calls"})
"""Those whose rows are for pre-training alone."""
