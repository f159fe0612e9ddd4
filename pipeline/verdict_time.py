"""How many verifiers a step of RLVR needs, by the limits of its rows: told before anything runs.

What a verdict takes at most is in its row: tests, their limits, runs (`Verifier.longest_s`). A step's rollouts at these
limits are what verifiers never take longer than, and most take a hundredth: a right program answers at once. So it is
told as a bound, of the first rows of each source that is here.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from temper.pipeline.loading import Loaded
from temper.pipeline.sources import placed_problems
from temper.policy.sources import FileRows, GeneratedRows, Source
from temper.rlvr.section import RlvrSection
from temper.verifiers.table import verifier_for

LOOKED_AT = 32
"""Rows of a source."""


@dataclass(frozen=True)
class VerdictTime:
    """Of the rows looked at."""

    mean_s: float
    """Of a verdict at its limits."""
    rows: int
    elsewhere: int
    """Sources that are not read: a hub's, a gym's, and those whose rows are refused."""

    def step_s(self, section: RlvrSection) -> float:
        """All of a step's verdicts, one after another."""
        return section.rollouts_per_step * self.mean_s


def verdict_time(loaded: Loaded, sources: Sequence[Source]) -> VerdictTime:
    """Of the first rows of each source; one that cannot be read is only counted."""
    found: list[float] = []
    elsewhere = 0
    for source in sources:
        if not isinstance(source, FileRows | GeneratedRows):
            elsewhere += 1
            continue
        try:
            placed = placed_problems(source, loaded.recipe.verifiers.params, None, loaded.plugins)
            found += [
                verifier_for(problem, loaded.plugins).longest_s(problem)
                for _, problem in itertools.islice(placed, LOOKED_AT)
            ]
        except (ValueError, OSError):  # preflight says what is wrong with it
            elsewhere += 1
    return VerdictTime(sum(found) / max(1, len(found)), len(found), elsewhere)
