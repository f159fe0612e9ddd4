"""How hard a problem is for a policy: `metadata.right` of `metadata.samples` completions were right.

A source's `pass_rate: [low, high]` keeps the rows with low <= right / samples <= high. The counts stay in the rows, so
another threshold needs no new sampling. They say less than they look: after r of n the rate p itself lies, with a
chance of 95% under a flat prior, between the quantiles of Beta(r + 1, n - r + 1) (`posterior`): 0 of 8 is up to 0.34,
and of the problems with p = 0.05 two in three come out so.
"""

import math

from temper.verifiers.rows import RawRow


def counts(row: RawRow, where: str) -> tuple[float, int]:
    """(right, samples) of a row. Raises ValueError for one without them."""
    metadata = row.get("metadata")
    right, samples = (metadata.get(key) if isinstance(metadata, dict) else None for key in ("right", "samples"))
    numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in (right, samples))
    if not numbers or not isinstance(samples, int) or samples < 1 or not 0 <= right <= samples:  # type: ignore[operator]
        raise ValueError(
            f"{where}: metadata.right, metadata.samples: pass_rate needs counts, got {right!r} of {samples!r}; "
            "sample the problems first, or leave pass_rate out"
        )
    assert right is not None
    return right, samples


def kept(row: RawRow, bounds: tuple[float, float], where: str) -> bool:
    right, samples = counts(row, where)
    return bounds[0] <= right / samples <= bounds[1]


def posterior(right: int, samples: int, level: float = 0.95) -> tuple[float, float]:
    """The quantiles of Beta(right + 1, samples - right + 1) that leave out (1 - level) / 2 on each side."""
    tail = (1 - level) / 2
    return _quantile(right, samples, tail), _quantile(right, samples, 1 - tail)


def _quantile(right: int, samples: int, chance: float) -> float:
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        # P(Beta(r + 1, n - r + 1) <= x) = P(Binomial(n + 1, x) > r)
        n = samples + 1
        below = sum(math.comb(n, k) * middle**k * (1 - middle) ** (n - k) for k in range(right + 1, n + 1))
        low, high = (middle, high) if below < chance else (low, middle)
    return (low + high) / 2
