"""Which packs a training sees, in which order: a function of packs, seed and length alone.

    stream = order of pass 0, order of pass 1, ...      each pass holds every pack once
    step s trains the packs s P to (s + 1) P of it      P = packs_per_step

However a step's packs are dealt out to ranks and micro-batches, they are the same ones. What a pass leaves over is the
beginning of the next step, so every pass is whole. Only a length in `epochs` may end within a step: its places are
filled with empty packs, which have no token in the loss and count nowhere.
"""

import math
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from temper.sft.packing import IGNORED
from temper.sft.section import SftSection

if TYPE_CHECKING:
    from datasets import Dataset


@dataclass(frozen=True)
class Length:
    """Of a training."""

    steps: int
    packs: int
    """Those of all steps, one that is seen again counted again; the last step may have places for more."""


def length_of(section: SftSection, packs: int) -> Length:
    """Of a training on `packs` different packs."""
    if section.steps:
        return Length(section.steps, section.steps * section.packs_per_step)
    wanted = max(1, round((section.epochs or 0.0) * packs))
    # 1.5 passes over 7 packs are 10 or 11, at 4 a step: 3 steps, the last of them with an empty place or two.
    return Length(math.ceil(wanted / section.packs_per_step), wanted)


def order(packs: int, length: Length, places: int, seed: int) -> list[int]:
    """Indices of the packs of all steps, `places` of them; the index `packs` is the empty one."""
    found: list[int] = []
    for number in range(math.ceil(length.packs / packs)):
        indices = list(range(packs))
        random.Random(f"{seed}/packs/{number}").shuffle(indices)
        found += indices
    return found[: length.packs] + [packs] * (places - length.packs)


def stream(packs: "Dataset", section: SftSection, seed: int) -> "Dataset":
    """The packs of every step, one after another, for a sampler that goes through them once."""
    from datasets import Dataset, concatenate_datasets

    length = length_of(section, len(packs))
    tokens = section.pack_tokens
    empty = {"input_ids": [[0] * tokens], "labels": [[IGNORED] * tokens], "position_ids": [[0] * tokens]}
    whole = concatenate_datasets([packs, Dataset.from_dict(empty, features=packs.features)])
    return whole.with_format("numpy").select(order(len(packs), length, length.steps * section.packs_per_step, seed))
