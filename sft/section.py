"""The `sft` section of a recipe."""

from pydantic import Field, model_validator

from temper.policy.section import AdamW, Schedule, Section, Source


class Sft(Section):
    data: tuple[Source, ...] = Field(min_length=1)
    """Sources of examples."""
    pack_tokens: int = Field(ge=16)
    """Length of a pack; an example that does not fit is dropped and counted, never truncated."""
    packs_per_step: int = Field(ge=1)
    """Global batch, over all ranks."""
    packs_per_micro_batch: int = Field(1, ge=1)
    """Packs a rank holds at once."""
    epochs: float | None = Field(None, gt=0)
    steps: int | None = Field(None, ge=1)
    """Optimizer steps; set this or `epochs`."""
    schedule: Schedule
    optimizer: AdamW = AdamW(betas=(0.9, 0.95), weight_decay=0.1)
    max_grad_norm: float = Field(1.0, gt=0)
    router_loss: float = Field(1e-4, ge=0)
    """Coefficient of the router's load-balancing loss."""
    unfold: int = Field(5, ge=1)
    """Thinking: at most so many samples a conversation, the target sliding over the last assistant turns."""
    save_every: int = Field(50, ge=1)
    """Optimizer steps between checkpoints that a killed run resumes from."""

    @model_validator(mode="after")
    def _one_length(self) -> "Sft":
        if (self.epochs is None) == (self.steps is None):
            raise ValueError("set one of epochs and steps")
        if self.steps:
            self.schedule.refuse_unless_within(self.steps)
        if self.packs_per_step % self.packs_per_micro_batch:
            raise ValueError(
                f"packs_per_step {self.packs_per_step} is not a multiple of packs_per_micro_batch "
                f"{self.packs_per_micro_batch}; change one of them"
            )
        return self
