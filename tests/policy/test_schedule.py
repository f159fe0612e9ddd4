"""The learning rate of every step."""

import warnings

import pytest
import torch

from temper.policy.optim.schedule import scheduler
from temper.policy.section import ScheduleSection


def rates(schedule: ScheduleSection, steps: int) -> list[float]:
    optimizer = torch.optim.SGD(torch.nn.Linear(1, 1).parameters(), lr=schedule.learning_rate)
    made = scheduler(schedule, steps, optimizer)
    found = []
    for _ in range(steps):
        found.append(float(made.get_last_lr()[0]))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the optimizer does not step here
            made.step()
    return found


def test_hold_warms_up_holds_the_peak_and_falls_in_a_line() -> None:
    schedule = ScheduleSection(learning_rate=4.0, min_learning_rate=2.0, warmup_steps=2, decay="hold", decay_steps=4)
    # The step after the last would be at the floor.
    assert rates(schedule, 9) == pytest.approx([4 / 3, 8 / 3, 4.0, 4.0, 4.0, 4.0, 3.5, 3.0, 2.5])


def test_cosine_ends_at_its_floor() -> None:
    schedule = ScheduleSection(learning_rate=4.0, min_learning_rate=2.0, warmup_steps=1)
    assert rates(schedule, 4) == pytest.approx([2.0, 4.0, 3.5, 2.5])


@pytest.mark.parametrize("decay", ["cosine", "constant", "hold"])
@pytest.mark.parametrize("warmup", [0, 1, 3, 20])
def test_no_step_is_at_rate_0_and_the_rise_is_a_line(decay: str, warmup: int) -> None:
    fall = {"decay_steps": 4} if decay == "hold" else {}
    schedule = ScheduleSection.model_validate({"learning_rate": 3.0, "warmup_steps": warmup, "decay": decay, **fall})
    found = rates(schedule, 30)
    assert min(found) > 0 and max(found) == found[warmup] == 3.0
    assert found[:warmup] == pytest.approx([3.0 * (step + 1) / (warmup + 1) for step in range(warmup)])


@pytest.mark.parametrize("fields", [{"decay": "hold"}, {"decay_steps": 3}, {"decay": "constant", "decay_steps": 3}])
def test_decay_steps_and_hold_come_together(fields: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="decay_steps belongs to decay 'hold'"):
        ScheduleSection.model_validate({"learning_rate": 1.0, **fields})


def test_a_fall_that_would_cut_the_peak_is_refused() -> None:
    schedule = ScheduleSection(learning_rate=1.0, warmup_steps=3, decay="hold", decay_steps=8)
    schedule.refuse_unless_within(11)
    with pytest.raises(ValueError, match="take more than the 10 steps"):
        schedule.refuse_unless_within(10)
