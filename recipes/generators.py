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
    base_lines: Callable[[], list[str]]
    """The text of a tiny base that learns from such rows."""
    version: int


_TEXTS: dict[str, Make] = {"prose": texts.prose, "code": texts.code, "math": texts.math, "mixed": texts.mixed}
GENERATORS = {
    "tiny": Generator(tiny.problems, tiny.examples, tiny.base_lines, tiny.GENERATOR_VERSION),
    "tools": Generator(tools.problems, tools.examples, tools.base_lines, tools.VERSION),
    **{name: Generator(texts.no_problems, make, texts.base_lines, texts.VERSION) for name, make in _TEXTS.items()},
}
TEXTS = frozenset(_TEXTS)
"""Those whose rows are text for pre-training."""
