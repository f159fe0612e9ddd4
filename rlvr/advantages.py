"""From a group's rewards to its advantages, as each objective has it.

    leave_one_out  A_i = R_i - mean_{j != i} R_j = (G / (G - 1)) (R_i - mean R)    arXiv 2605.31268, section 4
    normalised     A_i = (R_i - mean R) / std R                                    GRPO, arXiv 2402.03300
    centred        A_i = R_i - mean R                                              Dr. GRPO, arXiv 2503.20783

over the G rollouts of a group that have a reward; std is the sample's (over G - 1). Rollouts without a reward
(abstained, our error) take no part and get 0; a group with fewer than two rewards, or without variance, gives nothing.
"""

import statistics
from collections.abc import Sequence
from typing import Literal

Baseline = Literal["leave_one_out", "normalised", "centred"]


def advantages(baseline: Baseline, rewards: Sequence[float | None]) -> list[float]:
    """One advantage a reward, in order; None (no reward) gives 0."""
    present = [reward for reward in rewards if reward is not None]
    # Past here neither G - 1 nor std R is 0, by which the scales divide.
    if len(present) < 2 or min(present) == max(present):
        return [0.0] * len(rewards)
    mean, scale = sum(present) / len(present), 1.0
    if baseline == "leave_one_out":
        # Rewards 1, 0, 0, 0: (4 / 3) (1 - 0.25) = 1, which is 1 less the mean 0 of the other three.
        scale = len(present) / (len(present) - 1)
    elif baseline == "normalised":
        scale = 1 / statistics.stdev(present)
    return [0.0 if reward is None else scale * (reward - mean) for reward in rewards]
