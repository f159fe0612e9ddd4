"""Which packs a training sees, in which order: a function of packs, seed and length alone.

    stream = order of pass 0, order of pass 1, ...      each pass holds every pack once
    step s trains the packs s P to (s + 1) P of it      P = packs_per_step

However a step's packs are dealt out to ranks and micro-batches, they are the same ones. What a pass leaves over is the
beginning of the next step, so every pass is whole. Only a length in `epochs` may end within a step: its places are
filled with empty packs, which have no token in the loss and count nowhere.

In pre-training each source has packs and passes of its own, which go on from phase to phase, and a phase takes every
next pack from the source that is furthest behind its weight.
"""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, count, islice
from typing import TYPE_CHECKING

from temper.sft.packing import IGNORED
from temper.sft.section import PretrainSection, SftSection

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
    found = list(islice(_passes(packs, f"{seed}/packs"), length.packs))
    return found + [packs] * (places - length.packs)


def phased(section: PretrainSection, packs: Sequence[int], seed: int) -> list[int]:
    """Indices of the packs of all steps, where the sources' packs, so many of each, stand behind each other."""
    first = [0, *accumulate(packs)]
    passes = [_passes(number, f"{seed}/packs/{place}") for place, number in enumerate(packs)]
    found: list[int] = []
    for phase, steps in zip(section.phases, section.phase_steps, strict=True):
        taken = [0] * len(packs)
        weighed = [place for place, weight in enumerate(phase.weights) if weight]
        for _ in range(steps * section.packs_per_step):
            # Weights 3 and 1, 2 and 1 taken: 2.5 / 3 = 0.83 against 1.5 / 1, so the first source is next.
            place = min(weighed, key=lambda place: (taken[place] + 0.5) / phase.weights[place])
            taken[place] += 1
            found.append(first[place] + next(passes[place]))
    return found


def _passes(packs: int, seed: str) -> Iterator[int]:
    """Every pack once in each pass, without end."""
    for number in count():
        indices = list(range(packs))
        random.Random(f"{seed}/{number}").shuffle(indices)
        yield from indices


def stream(parts: "Sequence[Dataset]", section: SftSection, seed: int) -> "Dataset":
    """The packs of every step, one after another, for a sampler that goes through them once; pre-training has as many
    parts as sources, others one."""
    from datasets import Dataset, concatenate_datasets

    tokens = section.pack_tokens
    empty = {"input_ids": [[0] * tokens], "labels": [[IGNORED] * tokens], "position_ids": [[0] * tokens]}
    whole = concatenate_datasets([*parts, Dataset.from_dict(empty, features=parts[0].features)]).with_format("numpy")
    if isinstance(section, PretrainSection):
        return whole.select(phased(section, [len(part) for part in parts], seed))
    length = length_of(section, len(parts[0]))
    return whole.select(order(len(parts[0]), length, length.steps * section.packs_per_step, seed))
