"""Means, errors, differences and pass@k against results whose truth is known."""

import itertools
import random
from typing import Any

import pytest

from temper.rlvr.estimates import Estimate, combined, mean_of, paired, pass_at_k


def simulated(rng: random.Random, problems: int, samples: int, shift: float = 0.0) -> dict[str, float]:
    """Problem means, where a problem's own chance is drawn first: its samples are not independent of each other."""
    made = {}
    for number in range(problems):
        chance = min(1.0, max(0.0, rng.uniform(0.1, 0.9) + shift))
        made[str(number)] = sum(rng.random() < chance for _ in range(samples)) / samples
    return made


@pytest.mark.parametrize(("problems", "samples"), [(30, 1), (30, 8), (200, 1), (200, 4)])
def test_a_95_percent_interval_holds_the_truth_in_93_to_97_of_100(problems: int, samples: int) -> None:
    rng = random.Random(f"{problems}/{samples}")
    held = 0
    for _ in range(3000):
        low, high = mean_of(list(simulated(rng, problems, samples).values())).interval()
        held += low <= 0.5 <= high
    assert 0.93 <= held / 3000 <= 0.97


@pytest.mark.parametrize(("problems", "samples"), [(60, 1), (60, 4)])
def test_so_does_that_of_a_paired_difference_which_is_narrower(problems: int, samples: int) -> None:
    rng = random.Random(f"paired/{problems}/{samples}")
    held, narrower = 0, 0
    for _ in range(3000):
        chances = [rng.uniform(0.1, 0.8) for _ in range(problems)]
        before, after = (
            {
                str(i): sum(rng.random() < chance + more for _ in range(samples)) / samples
                for i, chance in enumerate(chances)
            }
            for more in (0.0, 0.1)
        )
        found = paired(after, before)
        low, high = found.interval()
        held += low <= 0.1 <= high
        apart = (mean_of(list(after.values())).stderr ** 2 + mean_of(list(before.values())).stderr ** 2) ** 0.5
        narrower += found.stderr < apart
    assert 0.93 <= held / 3000 <= 0.97
    assert narrower > 2000


def test_pass_at_k_is_unbiased_and_does_not_fall_as_n_grows() -> None:
    for k, chance in itertools.product((1, 2, 5), (0.1, 0.5)):
        truth = 1 - (1 - chance) ** k
        means = []
        for n in (k, 2 * k, 4 * k, 8 * k):
            rng = random.Random(f"{k}/{chance}/{n}")
            values = [pass_at_k(n, sum(rng.random() < chance for _ in range(n)), k) for _ in range(4000)]
            means.append(sum(values) / len(values))
        assert all(abs(mean - truth) < 0.025 for mean in means), (k, chance, means)


def test_pass_at_k_of_fewer_samples_is_refused() -> None:
    assert pass_at_k(4, 2, 1) == 0.5 and pass_at_k(4, 2, 2) == pytest.approx(5 / 6) and pass_at_k(3, 3, 3) == 1
    for samples, right, k in ((1, 0, 2), (2, 3, 1), (2, 1, 0)):
        with pytest.raises(ValueError, match="sample more"):
            pass_at_k(samples, right, k)


def about(value: float, abs: float | None = None) -> Any:
    return pytest.approx(value, abs=abs)


def test_means_and_differences_by_hand() -> None:
    assert mean_of([1, 0.5, 0, 0.5]) == Estimate(0.5, about(0.2041, abs=1e-4), 4)
    assert mean_of([]) == Estimate(0.0, 0.0, 0) and mean_of([1.0]).interval() == (float("-inf"), float("inf"))
    assert paired({"a": 1.0, "b": 0.5, "c": 1.0}, {"a": 0.0, "b": 0.5, "d": 1.0}) == Estimate(0.5, about(0.5), 2)
    assert combined([Estimate(0.4, 0.03, 10), Estimate(0.6, 0.04, 20)]) == Estimate(0.5, about(0.025), 30)
