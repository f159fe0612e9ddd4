"""Texts that stand there again, to the word or nearly: the rows of a set that teach what another one has taught.

    shingles   the set of a text's runs of `RUN` words (`overlap.words`); of a shorter text one, all that it says
    alike      |a and b| / |a or b|, the Jaccard similarity of two such sets; `NEAR` and more is a repeat

A text is held against those before it that stay. So nothing goes because of a text that has gone itself, and a chain of
small changes is cut where its ends differ. Every pair is found (no sketch): two sets as alike as `NEAR` share one of
their rarest shingles, so only texts that share one of those are compared (prefix filtering, Bayardo et al., WWW 2007).
"""

import hashlib
import math
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from temper.pipeline.overlap import words

if TYPE_CHECKING:
    import numpy as np

RUN, NEAR = 5, 0.7
"""Words of a run; similarity."""
_MIX = (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB, 0xD6E8FEB86659FD93, 0xA0761D6478BD642F)
"""Odd numbers without a pattern: a run's code is the sum of its words' numbers times these, in 64 bits."""


@dataclass(frozen=True)
class Repeat:
    of: int
    """Place of the earlier text."""
    alike: float
    """1: to the word."""


def repeats(texts: Sequence[str], exact: Collection[int] = ()) -> dict[int, Repeat]:
    """Place of a text to what it repeats. Those at the places `exact` (rows of a generator, variations of a template by
    design) repeat what they equal to the word alone."""
    numbers: dict[str, int] = {}
    found: dict[int, Repeat] = {}
    first: dict[bytes, int] = {}
    varied: dict[int, Sequence[int]] = {}
    for place, text in enumerate(texts):
        said = [numbers.setdefault(word, len(numbers) + 1) for word in words(text)]
        key = hashlib.blake2b(repr(said).encode(), digest_size=16).digest()
        if (earlier := first.setdefault(key, place)) != place:
            found[place] = Repeat(earlier, 1.0)
        elif place not in exact:
            varied[place] = said
    return found | _near(varied)


def _near(varied: dict[int, Sequence[int]]) -> dict[int, Repeat]:
    import numpy as np

    if not varied:
        return {}
    sets = [_codes(said) for said in varied.values()]
    ends = np.cumsum([len(one) for one in sets])
    # Codes to numbers in their order: a set stays sorted. `counts`: in how many sets each number is.
    _, flat, counts = np.unique(np.concatenate(sets), return_inverse=True, return_counts=True)
    del sets
    places = list(varied)
    shingles = np.split(flat, ends[:-1])
    found: dict[int, Repeat] = {}
    rare: dict[int, list[int]] = defaultdict(list)
    for row, mine in enumerate(shingles):
        prefix = _prefix(mine, counts)
        near = {other for shingle in prefix for other in rare.get(shingle, ())}
        alike, of = max(((_alike(mine, shingles[other]), -other) for other in near), default=(0.0, 0))
        if alike >= NEAR:
            found[places[row]] = Repeat(places[-of], round(alike, 4))
        else:
            for shingle in prefix:
                rare[shingle].append(row)
    return found


def _codes(said: Sequence[int]) -> "np.ndarray":
    """The runs of a text as sorted 64-bit codes, each once."""
    import numpy as np

    padded = np.zeros(max(len(said), RUN), np.uint64)
    padded[: len(said)] = said
    runs = len(padded) - RUN + 1
    with np.errstate(over="ignore"):
        code = sum(padded[k : k + runs] * np.uint64(factor) for k, factor in enumerate(_MIX))
    return np.unique(code)


def _prefix(mine: "np.ndarray", counts: "np.ndarray") -> list[int]:
    """A set's rarest shingles, as many as any set that is near must share one of, without those that no other has."""
    import numpy as np

    # Of 10 shingles a near set has 7 at least, so it has one of any 4: 10 - 7 + 1.
    length = len(mine) - math.ceil(NEAR * len(mine) - 1e-9) + 1
    often = counts[mine]
    rarest = mine[np.lexsort((mine, often))[:length]]
    return [int(shingle) for shingle in rarest if counts[shingle] > 1]


def _alike(a: "np.ndarray", b: "np.ndarray") -> float:
    import numpy as np

    if min(len(a), len(b)) < NEAR * max(len(a), len(b)):
        return 0.0
    shared = len(np.intersect1d(a, b, assume_unique=True))
    return shared / (len(a) + len(b) - shared)
