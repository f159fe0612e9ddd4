"""The `rlvr` and `eval` sections of a recipe."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from temper.policy.section import AdamW, Schedule, Section, Source


class TransformersEngine(Section):
    """Samples with the policy's own `transformers` code; nothing else to install."""

    kind: Literal["transformers"] = "transformers"
    batch: int = Field(128, ge=1)
    """Sequences decoded together."""


class Objective(Section):
    """Leave-one-out advantages, token-level loss, clip, IcePop mask; no KL (arXiv 2605.31268, section 4)."""

    clip_low: float = Field(0.2, gt=0, lt=1)
    clip_high: float = Field(0.28, gt=0)
    icepop: tuple[float, float] = (0.5, 5.0)
    """Tokens whose policy over rollout probability lies outside leave the loss."""


class Rlvr(Section):
    data: tuple[Source, ...] = Field(min_length=1)
    """Sources of problems."""
    steps: int = Field(ge=1)
    problems_per_step: int = Field(ge=1)
    group_size: int = Field(ge=2)
    """Rollouts a problem."""
    rollouts_per_micro_batch: int = Field(ge=1)
    """Rollouts a rank trains on at once."""
    max_prompt_tokens: int = Field(ge=8)
    """Problems with a longer prompt are refused before the run."""
    max_completion_tokens: int = Field(ge=1)
    """A rollout that reaches it is truncated: it stays in the baseline and leaves the loss."""
    temperature: float = Field(1.0, gt=0)
    objective: Objective = Objective()
    schedule: Schedule
    optimizer: AdamW = AdamW()
    max_grad_norm: float = Field(1.0, gt=0)
    router_loss: float = Field(0.0, ge=0)
    """Coefficient of the router's load-balancing loss; the report is silent, so 0."""
    max_error_share: float = Field(0.05, ge=0, le=1)
    """Share of a step's rollouts that may be lost to our own errors before the run stops."""
    save_every: int = Field(10, ge=1)
    """Optimizer steps between checkpoints that a killed run resumes from."""

    @property
    def rollouts_per_step(self) -> int:
        return self.problems_per_step * self.group_size

    @model_validator(mode="after")
    def _batch_divides(self) -> "Rlvr":
        if self.rollouts_per_step % self.rollouts_per_micro_batch:
            raise ValueError(
                f"problems_per_step x group_size = {self.rollouts_per_step} is not a multiple of "
                f"rollouts_per_micro_batch {self.rollouts_per_micro_batch}; change one of them"
            )
        if self.rollouts_per_micro_batch < 2:
            raise ValueError("rollouts_per_micro_batch must be 2 or more")
        return self


class Eval(Section):
    problems: int = Field(500, ge=1)
    """Held-out problems scored, the first ones of `held_out`."""
    samples: int = Field(4, ge=1)
    """Completions a problem."""
    temperature: float = Field(1.0, gt=0)
    max_completion_tokens: int = Field(ge=1)


class Validation(Section):
    """Held-out problems scored while RLVR trains; in no stage's key, it moves nothing."""

    every: int = Field(ge=1)
    """Optimizer steps between two validations."""
    problems: int = Field(ge=1)


Engine = Annotated[TransformersEngine, Field()]
