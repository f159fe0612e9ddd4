"""Needles in a haystack: what a model finds of a text that is as long as its context claims to be.

The multi-key retrieval of RULER (arXiv 2404.06654): a few records lie among lines that say nothing, one at the asked
depth and the others anywhere, and the text ends by asking for that one. Their number is the same at every length, so a
longer text is harder by its distances alone.

`NUMBERS` is for models: `kodu=47` is found again behind `kodu=`. `SYLLABLES` is for a tiny base that learns the task in
minutes: a record is one word of two syllables (`kaba`), the first of them (`ka`) asks for the second. A tokenizer made
on such texts reads a record as one token, so that one attention finds it; two that build on each other, which `kodu=47`
takes, so small a model does not learn in that time.
"""

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import cycle, islice

VERSION = 1
"""Raise it when a text changes."""

FILLER = (
    "the grass is green\n",
    "the sky is blue\n",
    "the sun is yellow\n",
    "here we go\n",
    "there and back again\n",
)

Cost = Callable[[str], int]
"""Tokens of a line."""


@dataclass(frozen=True)
class Style:
    keys: tuple[str, ...]
    values: tuple[str, ...]
    record: str
    """Format of the line that states a value."""
    asked: str
    """Format of what the value follows."""
    records: int
    """In a text; all but one distract."""


_FIRST = ("ka", "lo", "mi", "nu", "pe", "so", "ta", "ve")
_SECOND = ("ba", "di", "fe", "go", "hu", "ja", "ri", "wo")
NUMBERS = Style(
    tuple(a + b for a in _FIRST for b in _FIRST),
    tuple(f"{number:02d}" for number in range(100)),
    "{key}={value}\n",
    "{key}=",
    records=12,
)
SYLLABLES = Style(_FIRST, _SECOND, "{key}{value}\n", "{key} ", records=8)


@dataclass(frozen=True)
class Needle:
    text: str
    """The haystack."""
    key: str
    answer: str
    continued: str
    """What a base goes on from: the haystack, and the key again."""

    @property
    def question(self) -> str:
        """The user's turn for a model with a chat template."""
        return f"{self.text}\nWhat is {self.key}? Answer with the number alone."


def needle(rng: random.Random, tokens: int, depth: float, cost: Cost, style: Style = NUMBERS) -> Needle:
    """A haystack of about `tokens` tokens whose answer stands at `depth`: 0 is its beginning, 1 its end."""
    values = _values(rng, style)
    (key, value), *others = values.items()
    lines = _filler(rng, tokens - sum(map(cost, _records(values.items(), style))), cost)
    for line in _records(others, style):
        lines.insert(rng.randrange(len(lines) + 1), line)
    lines.insert(round(depth * len(lines)), style.record.format(key=key, value=value))
    text = "".join(lines)
    return Needle(text, key, value, text + style.asked.format(key=key))


def texts(count: int, tokens: int, data_seed: int, cost: Cost, style: Style = NUMBERS) -> Iterator[str]:
    """Texts of at most `tokens` tokens to learn the task from: a haystack, then each of its records asked for and
    answered once (an answer that stands twice would be found in the one nearby)."""
    for index in range(count):
        rng = random.Random(f"needle/{data_seed}/{index}")
        values = _values(rng, style)
        order = rng.sample(list(values), len(values))
        again = [f"{style.asked.format(key=key)}{values[key]}\n" for key in order]
        once = _records(values.items(), style)
        lines = _filler(rng, tokens - sum(map(cost, again)) - sum(map(cost, once)), cost)
        for line in once:
            lines.insert(rng.randrange(len(lines) + 1), line)
        yield "".join([*lines, *again])


def _values(rng: random.Random, style: Style) -> dict[str, str]:
    return {key: rng.choice(style.values) for key in rng.sample(style.keys, style.records)}


def _records(values: Iterable[tuple[str, str]], style: Style) -> list[str]:
    return [style.record.format(key=key, value=value) for key, value in values]


def _filler(rng: random.Random, tokens: int, cost: Cost) -> list[str]:
    """As many lines as fit, over and over in their order."""
    lines: list[str] = []
    for line in islice(cycle(FILLER), rng.randrange(len(FILLER)), None):
        tokens -= cost(line)
        if tokens < 0:
            break
        lines.append(line)
    return lines
