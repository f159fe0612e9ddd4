import pytest

from temper.rlvr.advantages import leave_one_out


@pytest.mark.parametrize(
    ("rewards", "advantages"),
    [
        ([1.0, 0.0, 0.0, 1.0], [2 / 3, -2 / 3, -2 / 3, 2 / 3]),  # 1 - mean(0, 0, 1), 0 - mean(1, 0, 1)
        ([1.0, 0.0], [1.0, -1.0]),
        ([0.5, 0.25, 0.75], [0.0, -0.375, 0.375]),
        ([1.0, 1.0, 1.0], [0.0, 0.0, 0.0]),
    ],
)
def test_an_advantage_is_the_reward_minus_the_mean_of_the_others(
    rewards: list[float | None], advantages: list[float]
) -> None:
    assert leave_one_out(rewards) == pytest.approx(advantages)


def test_a_rollout_without_a_reward_leaves_the_baseline() -> None:
    assert leave_one_out([1.0, None, 0.0, None]) == [1.0, 0.0, -1.0, 0.0]


def test_a_group_with_fewer_than_two_rewards_gives_nothing() -> None:
    assert leave_one_out([1.0, None]) == [0.0, 0.0]
