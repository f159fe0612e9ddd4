"""Which rows of a batch a rank trains on, and in which micro-steps: by length, under a budget of tokens.

Ranks go in lock-step: under ZeRO-3 each waits for the others at every layer, so a micro-step lasts as long as its
fullest rank's. The rows in the loss are put longest first into the emptiest of so many micro-batches as the budget
asks for; then the micro-batches are sorted by their tokens, neighbours share a micro-step, and the fullest of them goes
to the rank that has the fewest tokens so far. Rows out of the loss have no gradient and are not dealt.

    lengths 9 2 2 1 on 2 ranks, budget 9: 9 alone beside 2 + 2 + 1, one micro-step

A row longer than the budget is alone in its micro-batch. A rank that has no row left has `FILLER` in its place, which
is in no loss. What is dealt is a function of the batch alone, so a run that resumes deals as one that was not killed.
"""

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from temper.rlvr.rollout import Batch, BatchRow

FILLER = BatchRow((0,), (0,), (0.0,), 0.0, in_loss=False)
"""A micro-batch of a rank without a row: the model runs, as on the other ranks, and nothing comes of it."""

Deal = tuple[tuple[tuple[int, ...], ...], ...]
"""Places of rows, by rank and by micro-step."""


@dataclass(frozen=True)
class Share:
    """What one rank trains on in a step."""

    step: int
    micro_batches: tuple[tuple[BatchRow, ...], ...]
    """As many on every rank, one at least."""
    rows_at_once: tuple[int, ...]
    """Of each micro-step, the rows of the rank that has most."""
    rows: int
    """Of the whole batch."""
    rows_in_loss: int
    """Of the whole batch."""
    loss_tokens: int
    """N: every token in the loss, over all ranks."""
    advantage: bool
    """Whether a row in the loss has one that is not 0."""
    deal: Deal
    tokens: tuple[int, ...]
    """Of each row's completion, over the whole batch."""
    metrics: dict[str, float] = field(default_factory=dict)


def shares(batch: Batch, ranks: int, budget: int) -> tuple[Share, ...]:
    """A share of the batch for every rank, micro-batches of at most `budget` tokens, prompts included."""
    places = [place for place, row in enumerate(batch.rows) if row.in_loss]
    lengths = [len(batch.rows[place].prompt_tokens) + len(batch.rows[place].completion_tokens) for place in places]
    dealt = deal(lengths, ranks, budget)
    by_place = tuple(tuple(tuple(places[i] for i in rows) for rows in of_rank) for of_rank in dealt)
    return tuple(
        Share(
            step=batch.step,
            micro_batches=tuple(tuple(batch.rows[place] for place in rows) or (FILLER,) for rows in of_rank),
            rows_at_once=tuple(max(1, *map(len, at_once)) for at_once in zip(*by_place, strict=True)),
            rows=len(batch.rows),
            rows_in_loss=len(places),
            loss_tokens=batch.loss_tokens,
            advantage=any(row.in_loss and row.advantage for row in batch.rows),
            deal=by_place,
            tokens=tuple(len(row.completion_tokens) for row in batch.rows),
            metrics={**batch.metrics, **evenness(dealt, lengths)},
        )
        for of_rank in by_place
    )


def deal(lengths: Sequence[int], ranks: int, budget: int) -> Deal:
    """Indices of `lengths` for each rank and micro-step, as few micro-steps as are found."""
    # A row over the budget takes the room of one micro-batch and no more.
    low = max(1, math.ceil(sum(min(length, budget) for length in lengths) / (ranks * budget)))
    high = max(low, math.ceil(len(lengths) / ranks))  # a row each
    while low < high:
        middle = (low + high) // 2
        if _fits(_filled(lengths, middle * ranks), lengths, budget):
            high = middle
        else:
            low = middle + 1
    bins = sorted(_filled(lengths, low * ranks), key=lambda rows: -sum(lengths[i] for i in rows))
    dealt: list[list[tuple[int, ...]]] = [[] for _ in range(ranks)]
    held = [0] * ranks
    for first in range(0, len(bins), ranks):
        # Of the four fullest of eight: the rank with the fewest tokens gets the first, and so on.
        order = sorted(range(ranks), key=lambda rank: held[rank])
        for rank, rows in zip(order, bins[first : first + ranks], strict=True):
            dealt[rank].append(tuple(sorted(rows)))
            held[rank] += sum(lengths[i] for i in rows)
    return tuple(tuple(of_rank) for of_rank in dealt)


def _filled(lengths: Sequence[int], count: int) -> list[list[int]]:
    """The longest first, each into the bin with the fewest tokens."""
    bins: list[list[int]] = [[] for _ in range(count)]
    emptiest = [(0, place) for place in range(count)]  # a heap already
    for i in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        tokens, place = emptiest[0]
        bins[place].append(i)
        heapq.heapreplace(emptiest, (tokens + lengths[i], place))
    return bins


def _fits(bins: Sequence[Sequence[int]], lengths: Sequence[int], budget: int) -> bool:
    return all(len(rows) == 1 or sum(lengths[i] for i in rows) <= budget for rows in bins)


def evenness(dealt: Deal, lengths: Sequence[int]) -> dict[str, float]:
    """How well a deal uses the ranks. `padding`: share of the computed tokens that are no row's; `idle`: share of the
    ranks' time, counted in tokens, that they wait for the fullest of their micro-step; `spread`: by how much the
    fullest rank's tokens exceed the emptiest's, as a share of the mean."""
    real = [[sum(lengths[i] for i in rows) for rows in of_rank] for of_rank in dealt]
    total = sum(map(sum, real))
    filler = len(FILLER.prompt_tokens) + len(FILLER.completion_tokens)
    computed = total + sum(filler for of_rank in real for tokens in of_rank if not tokens)
    longest = sum(max(at_once) or filler for at_once in zip(*real, strict=True))
    of_ranks = [sum(of_rank) for of_rank in real]
    return {
        "learner/tokens": float(total),
        "learner/micro_steps": float(len(real[0])),
        "learner/padding": 1 - total / computed,
        "learner/idle": 1 - total / (len(real) * longest),
        "learner/spread": (max(of_ranks) - min(of_ranks)) * len(real) / max(1, total),
    }
