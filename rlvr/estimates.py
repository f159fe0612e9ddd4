"""What samples of problems say of a benchmark: a value a problem, their mean, its error, and paired differences.

With n problems of values v_i (a problem's samples are not independent, so it is one value):

    mean = sum v_i / n        stderr = sqrt(sum (v_i - mean)^2 / (n - 1) / n)

which is the error clustered by problem. Two checkpoints scored on the same problems are compared by d_i = v_i - w_i:
the mean and error of d_i (what both find hard cancels). The interval is mean +- t(0.975, n - 1) stderr.

    pass@k of a problem with c right ones of n:  1 - C(n - c, k) / C(n, k)     unbiased for k <= n (arXiv 2107.03374)

Not promised: coverage where nearly all problems have the same value (99 of 100 right), since no normal error describes
that.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean, stdev


@dataclass(frozen=True)
class Estimate:
    value: float
    stderr: float
    n: int
    """Problems behind it."""

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        half = _t_quantile(0.5 + level / 2, self.n - 1) * self.stderr if self.n > 1 else math.inf
        return self.value - half, self.value + half


def mean_of(values: Sequence[float]) -> Estimate:
    """Of one value a problem; 0 with no error where there is none."""
    if not values:
        return Estimate(0.0, 0.0, 0)
    # Values 1, 0.5, 0, 0.5: their deviation 0.41 over the root of 4 is 0.2.
    error = stdev(values) / math.sqrt(len(values)) if len(values) > 1 else 0.0
    return Estimate(fmean(values), error, len(values))


def paired(after: Mapping[str, float], before: Mapping[str, float]) -> Estimate:
    """`after` less `before`, over the problems that both have."""
    return mean_of([after[name] - before[name] for name in after if name in before])


def pass_at_k(samples: int, right: int, k: int) -> float:
    """Raises ValueError for fewer samples than k: no estimate of theirs is unbiased."""
    if not 0 <= right <= samples or not 1 <= k <= samples:
        raise ValueError(f"pass@{k}: wants at least {k} samples, got {samples} with {right} right; sample more")
    return 1.0 - math.comb(samples - right, k) / math.comb(samples, k)


def combined(estimates: Sequence[Estimate]) -> Estimate:
    """The mean of several benchmarks, each with the same weight, their errors being independent."""
    count = len(estimates)
    error = math.sqrt(sum(one.stderr**2 for one in estimates)) / count
    return Estimate(fmean(one.value for one in estimates), error, sum(one.n for one in estimates))


def _t_quantile(p: float, degrees: int) -> float:
    """Of Student's t, by the expansion of Cornish and Fisher: within 0.01 from 5 degrees of freedom on."""
    z = NormalDist().inv_cdf(p)
    first = (z**3 + z) / (4 * degrees)
    second = (5 * z**5 + 16 * z**3 + 3 * z) / (96 * degrees**2)
    return z + first + second
