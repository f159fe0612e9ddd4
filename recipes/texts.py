"""Generated text for the pre-training of small bases: prose, code and mathematics, a row `{"text": ...}` each.

A text is of the held-out split by the hash of its first line and of no other, as prompts are (`recipes/tiny.py`), so a
held-out loss is over texts that were not trained on. Prose says who lives where and what they like, and says it again
in other words; code and mathematics are the tiny problems with their working, outside any chat format.
"""

import random
from collections.abc import Callable, Iterator
from itertools import chain, islice

from temper.recipes.tiny import TOKENIZER_LINES, Split, columns, split_of, worked
from temper.verifiers.rows import RawRow

VERSION = 1
"""Part of the identity of generated text: raise it when a row changes."""

_NAMES = ("Ada", "Bo", "Cem", "Dina", "Egon", "Fay", "Gus", "Hana", "Ivo", "Jun", "Kira", "Lev", "Mara", "Nils")
_PLACES = ("Oslo", "Rome", "Lima", "Kyoto", "Riga", "Accra", "Perth", "Turin", "Cork", "Basel")
_THINGS = ("green tea", "old maps", "long walks", "chess", "red apples", "cold rain", "bright stars", "small boats")
_TIMES = ("In spring", "Every morning", "At night", "On Sundays", "Last year", "Before lunch")
_DEEDS = (
    "walks to the sea",
    "writes a letter",
    "reads by the window",
    "meets a friend",
    "bakes bread",
    "feeds the cat",
)


def prose(split: Split, rows: int, data_seed: int) -> Iterator[RawRow]:
    """A paragraph a row."""
    return _texts("prose", split, rows, data_seed, _paragraph)


def code(split: Split, rows: int, data_seed: int) -> Iterator[RawRow]:
    """What a function is to do, its plan and its source."""
    return _texts("code", split, rows, data_seed, lambda rng: worked(rng, "function"))


def math(split: Split, rows: int, data_seed: int) -> Iterator[RawRow]:
    """Sums and differences with their working, and every seventh row columns without a problem around them."""
    return _texts("math", split, rows, data_seed, _sums)


def mixed(split: Split, rows: int, data_seed: int) -> Iterator[RawRow]:
    """The three in turn."""
    each = [make(split, -(-rows // 3), data_seed) for make in (prose, code, math)]
    return islice(chain.from_iterable(zip(*each, strict=True)), rows)


def tokenizer_lines() -> list[str]:
    """What the tokenizer of a base learns that is trained on all three."""
    return [row["text"] for row in mixed("train", TOKENIZER_LINES, 0)]


def no_problems(split: Split, rows: int, data_seed: int) -> Iterator[RawRow]:
    """Raises ValueError."""
    raise ValueError(f"generator: makes text and no problems, got {rows} rows of {split}; take tiny or tools")


def _texts(
    name: str, split: Split, rows: int, data_seed: int, make: Callable[[random.Random], str]
) -> Iterator[RawRow]:
    rng = random.Random(f"{name}/{split}/{data_seed}")
    made = 0
    while made < rows:
        text = make(rng)
        if split_of(text.partition("\n")[0]) == split:
            made += 1
            yield {"text": text}


def _sums(rng: random.Random) -> str:
    return columns(rng, 8) if rng.randrange(7) == 0 else worked(rng, "arithmetic")


def _paragraph(rng: random.Random) -> str:
    name, friend = rng.sample(_NAMES, 2)
    place, thing, deed = rng.choice(_PLACES), rng.choice(_THINGS), rng.choice(_DEEDS)
    sentences = [
        f"{name} lives in {place} and likes {thing}.",
        f"{rng.choice(_TIMES)} {name} {deed}, and {friend} comes along.",
        f"So {friend} knows {place} well, and that {name} likes {thing}.",
    ]
    return " ".join(sentences[: rng.randrange(2, 4)]) + "\n"
