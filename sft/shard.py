"""Rows to documents in blocks, in any process: what a block comes to is a function of the block alone.

One process reads the rows in the mixture's order and packs what comes back, in that order again; between the two,
blocks of rows are rendered and tokenized by as many shards as there are. So packs, counts and the first bad row that is
named are the same for any number of them.
"""

import pickle
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from temper.policy.chat import Variant
from temper.policy.rendering import Renderer
from temper.sft.documents import Writer, documents
from temper.sft.examples import Dropped, RowError, examples
from temper.sft.masks import Sample, samples
from temper.sft.packing import Document, Ints, document
from temper.sft.section import LongContextSection, SftSection

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

BLOCK_BYTES = 256 * 1024
"""Of rows in a block: about 60,000 tokens, a fifth of a second of a core."""
AHEAD = 3
"""Blocks that a shard has at most, the one that is waited for included."""

Row = tuple[str, dict[str, Any]]
"""(`where`, row)."""


@dataclass(frozen=True)
class Block:
    """Rows that follow each other in the mixture."""

    first: int
    """Place of the first one in the mixture."""
    rows: tuple[bytes, ...]
    """Each pickled."""


@dataclass(frozen=True)
class Rendered:
    """What a block came to. Arrays, for as tuples the tokens would cost as much to send as to make."""

    ids: Ints
    """Of all documents, one behind the other."""
    labels: Ints
    ends: Ints
    """Where each document ends in the two."""
    bad: tuple[RowError, ...]
    """Rows that cannot be trained on, in order."""
    left_out: Counter[str]
    """The other rows without a document, by reason."""
    failed: ValueError | None
    """What ended the block before its last row: no row's mistake."""

    def documents(self) -> Iterator[Document]:
        start = 0
        for end in self.ends.tolist():
            yield Document(self.ids[start:end], self.labels[start:end])
            start = end


class Shard:
    """A tokenizer, dressed for the section, and what it says of rows."""

    def __init__(self, tokenizer: "PreTrainedTokenizerBase", section: SftSection, variant: Variant, seed: int) -> None:
        self.section, self.variant, self.seed = section, variant, seed
        self.writer: Writer | Renderer
        self.writer = Writer(tokenizer) if isinstance(section, LongContextSection) else Renderer(tokenizer)

    def render(self, block: Block) -> Rendered:
        told, found = _Told(), list[Document]()
        failed = None
        try:
            found += map(document, self._samples(block, told))
        except ValueError as error:
            failed = error
        return Rendered(
            _joined([one.ids for one in found]),
            _joined([one.labels for one in found]),
            np.cumsum([len(one.ids) for one in found], dtype=np.int32),
            tuple(told.rows), told.counts, failed,
        )  # fmt: skip

    def _samples(self, block: Block, told: "_Told") -> Iterator[Sample]:
        rows: Iterator[Row] = map(pickle.loads, block.rows)
        if isinstance(self.writer, Writer):
            assert isinstance(self.section, LongContextSection)
            return documents(self.writer, rows, self.section, self.seed, told, block.first)
        return samples(self.writer, examples(rows, told), self.variant, self.section.unfold, told)


class _Told(Dropped):
    """Keeps bad rows for whoever decides what becomes of them."""

    def __init__(self) -> None:
        super().__init__(refuse=False)
        self.rows: list[RowError] = []

    def bad(self, error: RowError) -> None:
        self.rows.append(error)


Ask = Callable[[Block], Callable[[], Rendered]]
"""Gives a shard a block; what comes back waits for what it came to."""


def rendered(rows: Iterable[Row], shards: Sequence[Ask], dropped: Dropped) -> Iterator[Document]:
    """The documents of the rows in order, whatever the number of shards; those left out are counted in `dropped`.
    Raises RowError for the first bad row where it refuses them, and ValueError for what reads or renders none."""
    nothing = True
    for one in _answers(_blocks(rows), shards):
        for error in one.bad:
            dropped.bad(error)
        dropped.counts.update(one.left_out)
        if one.failed is not None:
            raise one.failed
        nothing = nothing and not len(one.ends)
        yield from one.documents()
    if nothing:
        raise ValueError(f"data: no example in any source, dropped {dict(dropped.counts)}; check `skip`, `rows`, `map`")


def _blocks(rows: Iterable[Row]) -> Iterator[Block | ValueError]:
    """What ends the rows comes last, as a value: rows before it may be bad, and are asked about first."""
    first, held, size = 0, list[bytes](), 0
    try:
        for row in rows:
            held.append(pickle.dumps(row, pickle.HIGHEST_PROTOCOL))
            size += len(held[-1])
            if size >= BLOCK_BYTES:
                yield Block(first, tuple(held))
                first, held, size = first + len(held), [], 0
    except ValueError as error:
        yield Block(first, tuple(held))
        yield error
    else:
        if held:
            yield Block(first, tuple(held))


def _answers(blocks: Iterator[Block | ValueError], shards: Sequence[Ask]) -> Iterator[Rendered]:
    """What the blocks came to, in order, while the shards have the next ones in hand."""
    waiting: deque[Callable[[], Rendered]] = deque()
    for place, block in enumerate(blocks):
        if isinstance(block, ValueError):
            while waiting:
                yield waiting.popleft()()
            raise block
        waiting.append(shards[place % len(shards)](block))
        if len(waiting) >= AHEAD * len(shards):
            yield waiting.popleft()()
    while waiting:
        yield waiting.popleft()()


def _joined(arrays: list[Ints]) -> Ints:
    return np.concatenate(arrays) if arrays else np.zeros(0, np.int32)
