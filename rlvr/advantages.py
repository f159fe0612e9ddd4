"""Leave-one-out advantages (arXiv 2605.31268, section 4; RLOO is arXiv 2402.14740).

    A_i = R_i - mean_{j != i} R_j = (G / (G - 1)) (R_i - mean R)

over the G rollouts of a group that have a reward: no division by the standard deviation. Rollouts without a reward
(abstained, our error) take no part and get 0; a group with fewer than two rewards gives nothing.
"""

from collections.abc import Sequence


def leave_one_out(rewards: Sequence[float | None]) -> list[float]:
    """One advantage a reward, in order; None (no reward) gives 0."""
    present = [reward for reward in rewards if reward is not None]
    if len(present) < 2:
        return [0.0] * len(rewards)
    baseline, scale = sum(present) / len(present), len(present) / (len(present) - 1)
    return [0.0 if reward is None else scale * (reward - baseline) for reward in rewards]
