"""What a training may not do in silence: compute with what is no number, or take steps in which it learns nothing.

Every step's loss and gradient norm, summed over ranks, must be finite, and so must every weight that is written: what
is wrong stops the stage before anything of it reaches the disk. A step in which nothing can be learned (no token in the
loss; in RLVR also no advantage, where neither KL nor router loss is asked for) moves no weight, as its learning rate is
0: weight decay and momentum alone would move the model without a reason. Absent on purpose: skipping a step whose loss
is not finite and going on, by which a training can come to its end without having learned.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

EMPTY = "empty"
"""The metric: 1 for a step in which nothing could be learned, else 0."""


class NotFiniteError(ValueError):
    """A loss, a gradient or a weight is no finite number."""


class NothingLearnedError(ValueError):
    """Too many steps had nothing to learn from."""


@dataclass(frozen=True)
class Health:
    """What is asked of the numbers of each step."""

    max_empty_share: float
    """Share of the stage's steps that may be empty."""
    batch: Callable[[], str]
    """Names the batch of the step just made, for whoever looks for what is wrong in it."""

    def check(self, step: int, steps: int, history: list[dict[str, Any]]) -> None:
        """Of the last line of `history`, which has a line a step of the `steps` of the stage. Raises NotFiniteError
        or NothingLearnedError."""
        last = history[-1]
        wrong = [f"{name} {last[name]}" for name in ("loss", "grad_norm") if not math.isfinite(last.get(name, 0.0))]
        if wrong:
            raise NotFiniteError(
                f"step {step}: {' and '.join(wrong)}, no finite number; the batch: {self.batch()}; lower the learning "
                "rate, or look at that batch"
            )
        empty = sum(line.get(EMPTY, 0.0) for line in history)
        if last.get(EMPTY) and empty > self.max_empty_share * steps:
            raise NothingLearnedError(
                f"step {step}: nothing could be learned in {empty:.0f} steps, more than max_empty_share "
                f"{self.max_empty_share:g} of {steps}; in this one: {why_empty(last)}; the batch: {self.batch()}"
            )


def why_empty(metrics: Mapping[str, Any]) -> str:
    """What an empty step's metrics say of it."""
    said = [f"{metrics[name]:{form}} {what}" for name, form, what in _REASONS if metrics.get(name)]
    return ", ".join(said) or ("no reward differs within its group" if "reward" in metrics else "no token is trained")


_REASONS = (
    ("completion/truncated", ".0%", "of completions truncated"),
    ("rollouts/abstained", ".0f", "rollouts abstained"),
    ("rollouts/errors", ".0f", "lost to our own errors"),
    ("groups/missing", ".0f", "places without a group"),
)


def hold_still(optimizer: "torch.optim.Optimizer") -> None:
    """Lets the next step move nothing; the schedule sets the rate of the one after it again."""
    for group in optimizer.param_groups:
        group["lr"] = 0.0


def refuse_unless_finite(weights: "Mapping[str, torch.Tensor]", where: str) -> None:
    """Raises NotFiniteError that names the tensors that are not."""
    refuse([name for name, tensor in weights.items() if not bool(tensor.isfinite().all())], len(weights), where)


def refuse(wrong: Sequence[str], count: int, where: str) -> None:
    """Raises NotFiniteError for the `wrong` ones of so many weights."""
    if wrong:
        raise NotFiniteError(f"{where}: {len(wrong)} of {count} weights are not finite, first {wrong[:3]}")
