"""What trainer and engine differ by on sampled tokens: IcePop's weight of each token, and what is told of the gap."""

from collections.abc import Sequence

import torch

POSITIONS = (64, 256, 1024, 4096, 16384)
"""Places in a completion at which the share that IcePop drops is told apart."""


def icepop(old_BT: torch.Tensor, rollout_BT: torch.Tensor, bounds: tuple[float, float]) -> torch.Tensor:
    """M(rho) per token from logprobs; 0 outside the bounds and wherever rho is not a number."""
    rho_BT = torch.exp(old_BT - rollout_BT)
    inside = (rho_BT >= bounds[0]) & (rho_BT <= bounds[1])
    return torch.where(inside, rho_BT, torch.zeros_like(rho_BT))


def gap_sums(
    own_BT: torch.Tensor, rollout_BT: torch.Tensor, weight_BT: torch.Tensor, loss_BT: torch.Tensor
) -> torch.Tensor:
    """Sums over the tokens in the loss: of the logprob gap; of those that IcePop drops, by their place; of all, by
    place."""
    # Of a token that was not sampled the engine's logprob is 0, which is no probability to compare with.
    gap = (own_BT.double() - rollout_BT).abs() * loss_BT
    dropped_BT = (weight_BT == 0) * loss_BT
    place_T = torch.arange(loss_BT.size(1), device=loss_BT.device)
    # Place 63 is in bucket 0 and place 64 in bucket 1: a bucket begins at its bound.
    bucket_T = torch.bucketize(place_T, torch.tensor(POSITIONS, device=place_T.device), right=True)
    parts = [[(x_BT * (bucket_T == i)).sum() for i in range(len(POSITIONS) + 1)] for x_BT in (dropped_BT, loss_BT)]
    return torch.stack([gap.sum(), *parts[0], *parts[1]]).double()


def gap_metrics(sums: Sequence[float]) -> dict[str, list[float]]:
    """The mean logprob gap, and the share of tokens that IcePop drops: of all, and by their place."""
    buckets = len(POSITIONS) + 1
    dropped, tokens = sums[1 : buckets + 1], sums[buckets + 1 :]
    total = max(1.0, sum(tokens))
    found = {"logprob_gap/mean": [sums[0] / total], "icepop/dropped": [sum(dropped) / total]}
    for start, out, of in zip((0, *POSITIONS), dropped, tokens, strict=True):
        if of:
            found[f"icepop/dropped/{start}+"] = [out / of]
    return found
