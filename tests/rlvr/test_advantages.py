import pytest

from temper.rlvr.advantages import Baseline, advantages


@pytest.mark.parametrize(
    ("baseline", "rewards", "wanted"),
    [
        # 1 - mean(0, 0, 1), 0 - mean(1, 0, 1)
        ("leave_one_out", [1.0, 0.0, 0.0, 1.0], [2 / 3, -2 / 3, -2 / 3, 2 / 3]),
        ("leave_one_out", [1.0, 0.0], [1.0, -1.0]),
        ("leave_one_out", [0.5, 0.25, 0.75], [0.0, -0.375, 0.375]),
        ("leave_one_out", [1.0, 1.0, 1.0], [0.0, 0.0, 0.0]),
        # std of (1, 0, 0, 1) over 3 is sqrt(1/3)
        ("normalised", [1.0, 0.0, 0.0, 1.0], [3**0.5 / 2, -(3**0.5) / 2, -(3**0.5) / 2, 3**0.5 / 2]),
        ("normalised", [0.5, 0.25, 0.75], [0.0, -1.0, 1.0]),
        ("normalised", [0.3, 0.3], [0.0, 0.0]),
        ("centred", [1.0, 0.0, 0.0, 1.0], [0.5, -0.5, -0.5, 0.5]),
        ("centred", [0.5, 0.25, 0.75], [0.0, -0.25, 0.25]),
    ],
)
def test_an_advantage_is_the_reward_less_its_baseline(
    baseline: Baseline, rewards: list[float | None], wanted: list[float]
) -> None:
    assert advantages(baseline, rewards) == pytest.approx(wanted)


@pytest.mark.parametrize(("baseline", "wanted"), [("leave_one_out", 1.0), ("normalised", 0.5**0.5), ("centred", 0.5)])
def test_a_rollout_without_a_reward_leaves_the_baseline(baseline: Baseline, wanted: float) -> None:
    assert advantages(baseline, [1.0, None, 0.0, None]) == pytest.approx([wanted, 0.0, -wanted, 0.0])


@pytest.mark.parametrize("baseline", ["leave_one_out", "normalised", "centred"])
def test_a_group_with_fewer_than_two_rewards_gives_nothing(baseline: Baseline) -> None:
    assert advantages(baseline, [1.0, None]) == [0.0, 0.0]
