"""Best-fit packing to a fixed length, in a stream: a sample that does not fit is dropped and counted, never cut.

A window of documents is held, `WINDOW_TOKENS` of them or so many packs' worth as are needed to fill packs well. It is
packed best-fit decreasing; the fuller half of its packs leaves and the documents of the others wait for the next
window, so that only the stream's end leaves packs half empty. Which documents meet is a function of order and seed.

Within a pack each document has its own positions from 0, which is also what keeps attention inside it (a batch carries
no attention mask). Padding is a run of one-token documents without loss.
"""

import bisect
import random
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from temper.policy.atomic import put_in_place
from temper.sft.masks import Sample
from temper.sft.section import PretrainSection, SftSection

if TYPE_CHECKING:
    from datasets import Dataset

IGNORED = -100
WINDOW_TOKENS = 4_000_000
"""Tokens held: 32 MB of arrays."""
WINDOW_PACKS = 32
"""Packs' worth of tokens held at least."""
PACKS_FILE = "packs.arrow"
_ROWS_AT_ONCE = 16

Ints = np.ndarray[tuple[int], np.dtype[np.int32]]


@dataclass(frozen=True)
class Pack:
    input_ids: Ints
    labels: Ints
    """The token where it is trained; the first of a document never is, it has no context to be predicted from."""
    position_ids: Ints


@dataclass
class Counts:
    """What was packed so far."""

    samples: int = 0
    dropped_too_long: int = 0
    packs: int = 0
    tokens: int = 0
    """Of documents, padding left out."""
    trained_tokens: int = 0


@dataclass(frozen=True)
class Document:
    """A sample as it stands in a pack."""

    ids: Ints
    labels: Ints


def document(sample: Sample) -> Document:
    ids = np.array(sample.tokens, dtype=np.int32)
    labels = np.where(np.array(sample.trained, dtype=bool), ids, np.int32(IGNORED))
    # Nothing stands before the first token that could predict it.
    labels[:1] = IGNORED
    return Document(ids, labels)


def pack(
    samples: Iterable[Sample | Document], pack_tokens: int, pad_id: int, seed: int, counts: Counts
) -> Iterator[Pack]:
    """Packs, made as the samples come, and counted. Raises ValueError when nothing fits."""
    rng = random.Random(seed)
    window = max(WINDOW_TOKENS, WINDOW_PACKS * pack_tokens)
    waiting: list[Document] = []
    held = 0
    for sample in samples:
        one = document(sample) if isinstance(sample, Sample) else sample
        if len(one.ids) > pack_tokens:
            counts.dropped_too_long += 1
            continue
        counts.samples += 1
        waiting.append(one)
        held += len(one.ids)
        if held >= window:
            bins = _best_fit(waiting, pack_tokens, rng)
            bins.sort(key=_tokens, reverse=True)
            # The fuller half leaves, 3 of 5; what lies in the emptier bins waits for documents that fit beside it.
            leaving, staying = bins[: -(-len(bins) // 2)], bins[-(-len(bins) // 2) :]
            waiting = [document for documents in staying for document in documents]
            held = _tokens(waiting)
            yield from _filled(leaving, pack_tokens, pad_id, rng, counts)
    if not counts.samples:
        raise ValueError(
            f"sft.pack_tokens: {pack_tokens} is shorter than each of the {counts.dropped_too_long} samples; raise it"
        )
    yield from _filled(_best_fit(waiting, pack_tokens, rng), pack_tokens, pad_id, rng, counts)


def folders_of(section: SftSection, folder: Path) -> list[Path]:
    """Where the packs of a training lie under its folder: in one of each source in pre-training, else there."""
    return [folder / str(i) for i in range(len(section.data))] if isinstance(section, PretrainSection) else [folder]


def read_packs(folder: Path) -> "Dataset":
    """The packs of a folder as a `datasets.Dataset` of NumPy rows, mapped into memory."""
    from datasets import Dataset

    return Dataset.from_file(str(folder / PACKS_FILE)).with_format("numpy")


def write_packs(samples: Iterable[Sample | Document], pack_tokens: int, pad_id: int, seed: int, folder: Path) -> Counts:
    """Writes the packs as an Arrow file in `folder` that every rank maps into memory; whole or not at all."""
    import pyarrow as pa

    temporary = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    counts = Counts()
    schema = pa.schema({name: pa.list_(pa.int32()) for name in Pack.__dataclass_fields__})
    with pa.ipc.new_stream(str(temporary / PACKS_FILE), schema) as file:
        packs = pack(samples, pack_tokens, pad_id, seed, counts)
        while some := list(islice(packs, _ROWS_AT_ONCE)):
            columns = {name: [getattr(one, name) for one in some] for name in schema.names}
            file.write_batch(pa.record_batch(columns, schema))
    put_in_place(temporary, folder)
    return counts


def _tokens(documents: Iterable[Document]) -> int:
    return sum(len(document.ids) for document in documents)


def _best_fit(documents: Sequence[Document], pack_tokens: int, rng: random.Random) -> list[list[Document]]:
    """Longest first, each into the fullest pack that has room for it."""
    order = list(documents)
    rng.shuffle(order)
    order.sort(key=lambda document: -len(document.ids))  # stable: equal lengths stay shuffled
    room: list[tuple[int, int]] = []  # (free tokens, bin), sorted
    bins: list[list[Document]] = []
    for document in order:
        length = len(document.ids)
        # The pack with the least room that still suffices; `room` is sorted by what is free.
        at = bisect.bisect_left(room, (length, -1))
        if at == len(room):
            free, index = pack_tokens, len(bins)
            bins.append([])
        else:
            free, index = room.pop(at)
        bins[index].append(document)
        bisect.insort(room, (free - length, index))
    return bins


def _filled(
    bins: list[list[Document]], pack_tokens: int, pad_id: int, rng: random.Random, counts: Counts
) -> Iterator[Pack]:
    rng.shuffle(bins)
    for documents in bins:
        free = pack_tokens - _tokens(documents)
        labels = np.concatenate([*(one.labels for one in documents), np.full(free, IGNORED, np.int32)])
        counts.packs += 1
        counts.tokens += pack_tokens - free
        counts.trained_tokens += int((labels != IGNORED).sum())
        yield Pack(
            np.concatenate([*(one.ids for one in documents), np.full(free, pad_id, np.int32)]),
            labels,
            np.concatenate([*(np.arange(len(one.ids), dtype=np.int32) for one in documents), np.zeros(free, np.int32)]),
        )
