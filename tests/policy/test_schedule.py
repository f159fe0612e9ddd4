import warnings
from pathlib import Path

import pytest
import torch
from transformers import Trainer, TrainingArguments

from temper.policy.section import AdamWSection, LearnersSection, ScheduleSection
from temper.policy.training import trainer_arguments


def rates(schedule: ScheduleSection, steps: int, folder: Path) -> list[float]:
    """The learning rate of every step, by the scheduler that a training would build."""
    arguments = trainer_arguments(folder, schedule, AdamWSection(), LearnersSection(), seed=0)
    model = torch.nn.Linear(1, 1)
    trainer = Trainer(model=model, args=TrainingArguments(**arguments, max_steps=steps))
    trainer.create_optimizer_and_scheduler(steps)
    found = []
    for _ in range(steps):
        found.append(trainer.lr_scheduler.get_last_lr()[0])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the optimizer does not step here
            trainer.lr_scheduler.step()
    return found


def test_hold_warms_up_holds_the_peak_and_falls_in_a_line(tmp_path: Path) -> None:
    schedule = ScheduleSection(learning_rate=4.0, min_learning_rate=2.0, warmup_steps=2, decay="hold", decay_steps=4)
    # Warm-up starts at the floor; the step after the last would be at it.
    assert rates(schedule, 9, tmp_path) == pytest.approx([2.0, 3.0, 4.0, 4.0, 4.0, 4.0, 3.5, 3.0, 2.5])


def test_cosine_ends_at_its_floor(tmp_path: Path) -> None:
    schedule = ScheduleSection(learning_rate=4.0, min_learning_rate=2.0, warmup_steps=1)
    assert rates(schedule, 4, tmp_path) == pytest.approx([0.0, 4.0, 3.5, 2.5])


@pytest.mark.parametrize("fields", [{"decay": "hold"}, {"decay_steps": 3}, {"decay": "constant", "decay_steps": 3}])
def test_decay_steps_and_hold_come_together(fields: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="decay_steps belongs to decay 'hold'"):
        ScheduleSection.model_validate({"learning_rate": 1.0, **fields})


def test_a_fall_that_would_cut_the_peak_is_refused() -> None:
    schedule = ScheduleSection(learning_rate=1.0, warmup_steps=3, decay="hold", decay_steps=8)
    schedule.refuse_unless_within(11)
    with pytest.raises(ValueError, match="take more than the 10 steps"):
        schedule.refuse_unless_within(10)
