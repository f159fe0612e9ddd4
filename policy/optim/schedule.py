"""The learning rate of every step, as a share of the peak. Of T steps, W of warm-up, step s = 0, 1, ... T - 1 has

    s < W     (s + 1) / (W + 1)                                            never 0: every step learns
    cosine    m + (1 - m) (1 + cos(pi (s - W) / (T - W))) / 2
    constant  1
    hold      1, and over the last D steps 1 - (1 - m) (s - T + D) / D

where m is the floor over the peak. transformers' own begin at rate 0, in a step that moves nothing.
"""

import math
from functools import partial

import torch
from torch.optim.lr_scheduler import LambdaLR

from temper.policy.section import ScheduleSection


def share(schedule: ScheduleSection, steps: int, step: int) -> float:
    """Of the peak, for the step counted from 0."""
    floor = schedule.min_learning_rate / schedule.learning_rate
    if step < schedule.warmup_steps:
        return (step + 1) / (schedule.warmup_steps + 1)
    if schedule.decay == "constant":
        return 1.0
    if schedule.decay == "hold":
        fall = schedule.decay_steps or 1
        return 1 - (1 - floor) * min(max(0, step - steps + fall) / fall, 1.0)
    done = (step - schedule.warmup_steps) / max(1, steps - schedule.warmup_steps)
    return floor + (1 - floor) * (1 + math.cos(math.pi * min(done, 1.0))) / 2


def scheduler(schedule: ScheduleSection, steps: int, optimizer: torch.optim.Optimizer) -> LambdaLR:
    """Of a training of `steps`; the optimizer has the peak as its rate."""
    return LambdaLR(optimizer, partial(share, schedule, steps))
