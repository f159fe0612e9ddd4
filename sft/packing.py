"""Best-fit packing to a fixed length: a sample that does not fit is dropped and counted, never cut.

Within a pack each document has its own positions from 0, which is also what keeps attention inside it: the model
builds its masks from position resets (so a batch must carry no attention mask). Padding is a run of one-token
documents without loss.
"""

import bisect
import random
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from temper.sft.masks import Sample

IGNORED = -100


@dataclass(frozen=True)
class Pack:
    input_ids: tuple[int, ...]
    labels: tuple[int, ...]
    position_ids: tuple[int, ...]


def pack(samples: Sequence[Sample], pack_tokens: int, pad_id: int, seed: int) -> tuple[list[Pack], int]:
    """Packs in a seeded order, and the number of samples longer than `pack_tokens`. Raises ValueError when nothing
    fits."""
    fitting = [sample for sample in samples if len(sample.tokens) <= pack_tokens]
    if not fitting:
        raise ValueError(f"sft.pack_tokens: {pack_tokens} is shorter than each of the {len(samples)} samples; raise it")
    rng = random.Random(seed)
    order = list(fitting)
    rng.shuffle(order)
    order.sort(key=lambda sample: -len(sample.tokens))  # stable: equal lengths stay shuffled
    room: list[tuple[int, int]] = []  # (free tokens, bin), sorted
    bins: list[list[Sample]] = []
    for sample in order:
        length = len(sample.tokens)
        at = bisect.bisect_left(room, (length, -1))
        if at == len(room):
            free, index = pack_tokens, len(bins)
            bins.append([])
        else:
            free, index = room.pop(at)
        bins[index].append(sample)
        bisect.insort(room, (free - length, index))
    rng.shuffle(bins)
    return [_pack(documents, pack_tokens, pad_id) for documents in bins], len(samples) - len(fitting)


def _pack(documents: Sequence[Sample], pack_tokens: int, pad_id: int) -> Pack:
    ids: list[int] = []
    labels: list[int] = []
    positions: list[int] = []
    for document in documents:
        ids += document.tokens
        # The first token of a document has no context to be predicted from.
        labels += [IGNORED] + [
            token if trained else IGNORED
            for token, trained in zip(document.tokens[1:], document.trained[1:], strict=True)
        ]
        positions += range(len(document.tokens))
    padding = pack_tokens - len(ids)
    return Pack(
        tuple(ids + [pad_id] * padding),
        tuple(labels + [IGNORED] * padding),
        tuple(positions + [0] * padding),
    )


def write_packs(packs: Sequence[Pack], folder: Path) -> None:
    """Writes the packs as an Arrow dataset that every rank maps into memory; whole or not at all."""
    from datasets import Dataset

    temporary = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(temporary, ignore_errors=True)
    Dataset.from_list([vars(pack) for pack in packs]).save_to_disk(str(temporary))
    temporary.rename(folder)
