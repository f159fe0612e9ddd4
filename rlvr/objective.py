"""The `objective` of a recipe: which advantage, which ratio, which clip, and over what the loss is a mean.

    r_it = pi_theta / pi_theta_old    rho_it = pi_theta_old / pi_rollout    M(rho) = rho inside `icepop`, else 0
    L = -mean_it M(rho_it) min(r_it A_i, clip(r_it, 1 - clip_low, 1 + clip_high) A_i) + kl mean_it k3(theta, reference)

| kind | A_i | r | mean over | source |
|---|---|---|---|---|
| `mellum` | leave-one-out | of the token | tokens of the batch | arXiv 2605.31268 |
| `grpo` | normalised | of the token | tokens of a rollout, then rollouts | arXiv 2402.03300 |
| `dapo` | normalised | of the token | tokens of the batch | arXiv 2503.14476 |
| `dr_grpo` | centred | of the token | rollouts x `max_completion_tokens` | arXiv 2503.20783 |
| `gspo` | normalised | of the sequence, exp(mean_t log r_it) | tokens of a rollout, then rollouts | arXiv 2507.18071 |
| `cispo` | normalised | of the token, as a weight: min(r, bound) A log pi | tokens of the batch | arXiv 2506.13585 |

The KL is the mean, over what the objective's own mean is over, of

    k3_it = pi_ref / pi_theta - log(pi_ref / pi_theta) - 1      grad k3_it = (1 - pi_ref / pi_theta) grad log pi_theta

differentiated as it stands (arXiv 2402.03300, eq. 4). TRL's default is r k3, equal in value at r = 1, whose gradient
there has the factor log(pi_theta / pi_ref) instead; that is off.

Only rollouts in the loss count in a mean. M is in none of the sources but the first; it corrects the rollouts for all
of them here (the KL is not weighted), and `icepop: [0, 1.0e+9]` leaves plain importance weights. The reference is the
stage's own base.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from temper.policy.section import Section
from temper.rlvr.advantages import Baseline

ClipLow = Annotated[
    float, Field(gt=0, lt=1, description="How far below 1 the ratio of a bad token may fall before its gradient stops.")
]
ClipHigh = Annotated[
    float, Field(gt=0, description="How far above 1 the ratio of a good token may rise before its gradient stops.")
]


class Corrected(Section):
    """What every objective has."""

    baseline: ClassVar[Baseline] = "normalised"
    icepop: tuple[float, float] = (0.5, 5.0)
    """Lower and upper bound of a token's policy over rollout probability; outside, the token leaves the loss."""
    kl: float = Field(0.0, ge=0, allow_inf_nan=False)
    """Weight of the KL to the stage's base (k3, not weighted with r: arXiv 2402.03300, eq. 4); 0: none, and no
    reference is held."""

    @model_validator(mode="after")
    def _bounds_hold_one(self) -> "Corrected":
        low, high = self.icepop
        if not 0 <= low <= 1 <= high:
            raise ValueError(f"icepop: the bounds must lie around 1, got [{low:g}, {high:g}]; write [0.5, 5.0]")
        return self


class Mellum(Corrected):
    """The report's (arXiv 2605.31268): leave-one-out advantages, each token counts the same."""

    kind: Literal["mellum"] = "mellum"
    """The report's objective."""
    baseline: ClassVar[Baseline] = "leave_one_out"
    clip_low: ClipLow = 0.2
    clip_high: ClipHigh = 0.28


class Grpo(Corrected):
    """GRPO's own (arXiv 2402.03300): each rollout counts the same, however long."""

    kind: Literal["grpo"] = "grpo"
    """GRPO's objective."""
    clip_low: ClipLow = 0.2
    clip_high: ClipHigh = 0.2


class Dapo(Corrected):
    """DAPO's (arXiv 2503.14476): each token counts the same, and a rise is clipped later than a fall."""

    kind: Literal["dapo"] = "dapo"
    """DAPO's objective."""
    clip_low: ClipLow = 0.2
    clip_high: ClipHigh = 0.28


class DrGrpo(Corrected):
    """Dr. GRPO's (arXiv 2503.20783): neither the spread of a group nor the length of a rollout weighs a token."""

    kind: Literal["dr_grpo"] = "dr_grpo"
    """Dr. GRPO's objective."""
    baseline: ClassVar[Baseline] = "centred"
    clip_low: ClipLow = 0.2
    clip_high: ClipHigh = 0.2


class Gspo(Corrected):
    """GSPO's (arXiv 2507.18071): one ratio a rollout, the geometric mean of its tokens'."""

    kind: Literal["gspo"] = "gspo"
    """GSPO's objective."""
    clip_low: ClipLow = 3e-4
    clip_high: ClipHigh = 4e-4


class Cispo(Corrected):
    """CISPO's (arXiv 2506.13585): the ratio weighs a token and is itself bounded, so no token loses its gradient."""

    kind: Literal["cispo"] = "cispo"
    """CISPO's objective."""
    bound: float = Field(5.0, ge=1)
    """Largest ratio that a token is weighted with; absolute, not a distance from 1."""


Objective = Annotated[Mellum | Grpo | Dapo | DrGrpo | Gspo | Cispo, Field(discriminator="kind")]
