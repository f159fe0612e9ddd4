"""Rows over ranks and micro-steps: every row in the loss once, none over the budget, ranks in step."""

import random

import pytest

from temper.rlvr.dealing import FILLER, deal, evenness, shares
from temper.rlvr.rollout import Batch, BatchRow


def log_normal(seed: int, rows: int, mean: float, cap: int) -> list[int]:
    """Lengths as of rollouts: a spread of 1, cut at the cap."""
    draw = random.Random(seed)
    return [max(2, min(cap, int(draw.lognormvariate(0, 1) * mean / 1.65))) for _ in range(rows)]


def test_rows_that_are_worked_by_hand() -> None:
    """9 fills a micro-batch of its own; 2, 2 and 1 share the other rank's."""
    assert deal([9, 2, 2, 1], 2, 9) == (((0,),), ((1, 2, 3),))
    # 8 tokens, 4 a micro-batch: one micro-step of two.
    assert deal([2, 2, 2, 2], 2, 4) == (((0, 2),), ((1, 3),))
    # On one rank: two micro-steps.
    assert deal([2, 2, 2, 2], 1, 4) == (((0, 2), (1, 3)),)
    # Longer than the budget: alone.
    assert deal([50, 1, 1], 1, 4) == (((0,), (1, 2)),)
    assert deal([], 2, 4) == (((),), ((),))


@pytest.mark.parametrize("ranks", [1, 2, 3, 64])
@pytest.mark.parametrize("seed", range(20))
def test_every_row_is_dealt_once_and_no_budget_is_passed(ranks: int, seed: int) -> None:
    draw = random.Random(seed)
    lengths = log_normal(seed, draw.randint(0, 200), draw.choice([3, 30, 300]), 1000)
    budget = draw.choice([1, 40, 700, 5000])
    dealt = deal(lengths, ranks, budget)
    assert len(dealt) == ranks and len({len(of_rank) for of_rank in dealt}) == 1
    assert sorted(i for of_rank in dealt for rows in of_rank for i in rows) == list(range(len(lengths)))
    assert all(
        sum(lengths[i] for i in rows) <= budget or len(rows) == 1 for of_rank in dealt for rows in of_rank
    )  # fmt: skip
    assert dealt == deal(lengths, ranks, budget)


@pytest.mark.parametrize(
    ("mean", "cap", "budget"),
    [(2_200, 12_288, 16_384), (2_200, 12_288, 40_960), (8_900, 36_864, 40_960), (8_900, 36_864, 81_920)],
)
@pytest.mark.parametrize("seed", range(3))
def test_at_the_recipes_size_nothing_is_padded_and_ranks_are_even(seed: int, mean: int, cap: int, budget: int) -> None:
    """4,096 rows on 64 ranks: where rows went as they came, two thirds of the tokens were padding."""
    lengths = log_normal(seed, 4096, mean, cap)
    dealt = deal(lengths, 64, budget)
    told = evenness(dealt, lengths)
    assert told["learner/padding"] < 1e-4 and told["learner/spread"] < 0.05 and told["learner/idle"] < 0.03
    # As few micro-steps as the tokens ask for, but for a tenth.
    assert told["learner/micro_steps"] <= 1.1 * sum(lengths) / (64 * budget) + 1


def test_how_even_a_deal_is_by_hand() -> None:
    """9 beside 5: of 18 places of two ranks 14 are used; a rank without a row computes the filler's two tokens."""
    told = evenness((((0,), ()), ((1, 2), (3,))), [9, 2, 3, 4])
    assert told == {
        "learner/tokens": 18.0, "learner/micro_steps": 2.0, "learner/padding": pytest.approx(1 - 18 / 20),
        "learner/idle": pytest.approx(1 - 18 / 26), "learner/spread": 0.0,
    }  # fmt: skip


def row(prompt: int, completion: int, in_loss: bool = True, advantage: float = 1.0) -> BatchRow:
    return BatchRow((5,) * prompt, (6,) * completion, (-1.0,) * completion, advantage, in_loss)


def test_shares_hold_the_rows_in_the_loss_and_say_the_same_of_the_batch() -> None:
    rows = (row(2, 6), row(3, 1, in_loss=False), row(1, 1, advantage=0.0), row(1, 2))
    one, two = shares(Batch(4, rows, 9, {"reward": 0.5}), 2, 8)
    assert one.micro_batches == ((rows[0],),) and two.micro_batches == ((rows[2], rows[3]),)
    for share in (one, two):
        assert share.rows_at_once == (2,) and share.deal == (((0,),), ((2, 3),)) and share.tokens == (6, 1, 1, 2)
        assert (share.step, share.rows, share.rows_in_loss, share.loss_tokens, share.advantage) == (4, 4, 3, 9, True)
        assert share.metrics["reward"] == 0.5 and share.metrics["learner/tokens"] == 13.0


def test_a_rank_without_a_row_has_the_filler() -> None:
    nothing = shares(Batch(0, (row(2, 2, in_loss=False),), 0), 2, 8)
    assert [share.micro_batches for share in nothing] == [((FILLER,),)] * 2
    assert not nothing[0].advantage and nothing[0].rows_at_once == (1,)
    one, two = shares(Batch(0, (row(2, 2),), 2), 2, 8)
    assert one.micro_batches == ((row(2, 2),),) and two.micro_batches == ((FILLER,),)
