"""The `sft` section of a recipe, and that of `extend`, which may train by the same means."""

from typing import Annotated, Literal, TypeVar

from pydantic import Field, model_validator

from temper.policy.bases import TinyBase
from temper.policy.chat import Template
from temper.policy.section import (
    AdamWSection,
    ByContent,
    ExtendSection,
    LoraSection,
    MuonSection,
    NotInKey,
    Optimizer,
    Precision,
    ScheduleSection,
    Section,
    in_keys,
)
from temper.policy.sources import Source

T = TypeVar("T")
Trained = Annotated[T, in_keys("base", "extend", "sft")]
"""A field of the training alone: trainings that differ in it share their packs."""


class MtpSection(Section):
    """A head that predicts one token more, trained along and kept in a file of its own."""

    weight: float = Field(0.1, gt=0)
    """Coefficient of the head's loss: the sum over its targets / the trained tokens of the step."""


class SftSection(Section):
    """Supervised training on packed examples."""

    data: ByContent[tuple[Source, ...]] = Field(min_length=1)
    """Sources of examples, mixed by their `epochs` or by their `weight`."""
    bad_rows: Literal["refuse", "drop"] = "refuse"
    """What becomes of a row that cannot be trained on: the first one stops the run, or each is dropped and counted by
    its reason. A file that cannot be read is refused either way."""
    template: Template = "ours"
    """Chat template of the checkpoint: `ours`, or `base` to keep the base's own (it must mark what the assistant
    writes)."""
    pack_tokens: int = Field(ge=16)
    """Length of a pack in tokens; an example that does not fit is dropped and counted, never truncated."""
    packs_per_step: Trained[int] = Field(ge=1)
    """Packs an optimizer step, over all ranks."""
    packs_per_micro_batch: Trained[int] = Field(1, ge=1)
    """Packs that a rank holds at once; it changes nothing but the router's losses, which are means over what is held at
    once."""
    epochs: Trained[float | None] = Field(None, gt=0)
    """Passes over the packs, each whole, the last may be a part of one; set this or `steps`."""
    steps: Trained[int | None] = Field(None, ge=1)
    """Optimizer steps; set this or `epochs`."""
    schedule: Trained[ScheduleSection]
    """Learning rate over the steps."""
    optimizer: Trained[Optimizer] = AdamWSection(betas=(0.9, 0.95), weight_decay=0.1)
    """What makes a step of a gradient."""
    max_grad_norm: Trained[float] = Field(1.0, gt=0)
    """Norm of the gradient of all weights, above which it is scaled down to this."""
    router_loss: Trained[float] = Field(1e-4, ge=0)
    """Coefficient of the router's load-balancing loss."""
    router_loss_scope: Trained[Literal["pooled", "layer"]] = "pooled"
    """What the load is balanced over. `pooled`: the tokens of all layers together, as in transformers; the loss at
    perfect balance is the number of experts a token. `layer`: each layer's own, summed, as in Megatron; there it is the
    number of layers."""
    router_z_loss: Trained[float] = Field(0.0, ge=0)
    """Coefficient of the mean squared logsumexp of the router's logits, summed over the layers (Megatron: 1e-3)."""
    precision: Trained[Precision | None] = None
    """What matrices are multiplied in: `float32`, `bfloat16`, or `fp8` where the layer is linear and neither router nor
    output layer (GPUs of compute capability 8.9, `temper-rlvr[fp8]`). bfloat16 on GPUs and float32 on the CPU when
    absent."""
    mtp: Trained[MtpSection | None] = None
    """A head for one token more; none when absent, as in the released checkpoints."""
    lora: Trained[LoraSection | None] = None
    """Adapters to train; every weight when absent."""
    unfold: int = Field(5, ge=1)
    """Thinking: most samples a conversation, the target sliding over its last assistant turns."""
    max_empty_share: NotInKey[float] = Field(0.5, ge=0, le=1)
    """Share of the stage's steps without a single trained token before the run stops; such a step moves no weight."""
    save_every: NotInKey[int] = Field(50, ge=1)
    """Optimizer steps between checkpoints that a killed run resumes from."""

    @model_validator(mode="after")
    def _weights_of_all_or_none(self) -> "SftSection":
        without = [place for place, source in enumerate(self.data) if source.weight is None]
        if 0 < len(without) < len(self.data):
            raise ValueError(f"data.{without[0]} has no weight and others have; give one to all sources or to none")
        return self

    @model_validator(mode="after")
    def _adapters_alone(self) -> "SftSection":
        if self.lora and (self.mtp or isinstance(self.optimizer, MuonSection)):
            raise ValueError(
                "lora: neither with mtp, whose head would be frozen, nor with muon, whose step is that of a whole "
                "matrix and not of its factors; leave lora out, or take adamw and no mtp"
            )
        if self.lora and self.precision == "fp8":
            raise ValueError("precision: fp8 is for whole weights, got lora; take bfloat16, or leave lora out")
        return self

    @model_validator(mode="after")
    def _one_length(self) -> "SftSection":
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


class LongContextSection(SftSection):
    """Training after an extension: next-token loss on every token of packed documents (arXiv 2605.31268, section 2)."""

    reasoning_share: float = Field(1.0, ge=0, le=1)
    """Share of the examples with reasoning that is kept; the others are counted."""
    fim_share: float = Field(0.5, ge=0, le=1)
    """Share of the repositories that become fill-in-the-middle."""

    @model_validator(mode="after")
    def _of_sft_alone(self) -> "LongContextSection":
        if named := {"template", "unfold"} & self.model_fields_set:
            raise ValueError(f"{min(named)}: there are no turns to choose here, every token is trained; leave it out")
        return self


class ExtensionSection(ExtendSection):
    """A longer context by YaRN (arXiv 2309.00071), on the full-attention layers alone (arXiv 2605.31268), and training
    at its length."""

    train: LongContextSection | None = None
    """Long-context training on SFT's learners (`cluster.sft`); none when absent, as YaRN works untrained."""


class PhaseSection(Section):
    """A part of pre-training with a mixture of its own."""

    share: float = Field(gt=0, le=1)
    """Part of the steps; those of all phases are 1 together."""
    weights: tuple[Annotated[float, Field(ge=0)], ...]
    """What each source of `data`, in their order, gives to the phase's packs against the others."""


class PretrainSection(LongContextSection):
    """Pre-training on SFT's learners (`cluster.sft`): next-token loss on every token of packed documents, in phases
    that shift the mixture (arXiv 2605.31268, section 2). A pack holds documents of one source, so that a phase's shares
    are those of its packs."""

    phases: Trained[tuple[PhaseSection, ...]] = Field(min_length=1)
    """One after the other."""
    optimizer: Trained[Optimizer] = MuonSection()
    """What makes a step of a gradient."""
    router_loss: Trained[float] = Field(1e-3, ge=0)
    """Coefficient of the router's load-balancing loss."""
    router_z_loss: Trained[float] = Field(1e-3, ge=0)
    """Coefficient of the mean squared logsumexp of the router's logits, summed over the layers."""
    mtp: Trained[MtpSection | None] = MtpSection()
    """A head for one token more, which the later stages carry; none with `null`."""

    @model_validator(mode="after")
    def _phases_share_all(self) -> "PretrainSection":
        if self.steps is None or self.lora:
            raise ValueError("pre-training has steps, and no epochs and no lora; set steps and leave the others out")
        if abs(sum(phase.share for phase in self.phases) - 1) > 1e-6:
            raise ValueError(f"phases: shares sum to {sum(p.share for p in self.phases):g}; let them be 1 together")
        for place, phase in enumerate(self.phases):
            if len(phase.weights) != len(self.data) or not any(phase.weights):
                raise ValueError(
                    f"phases.{place}.weights: {list(phase.weights)} for {len(self.data)} sources of data; give each "
                    "a weight, 0 where it is left out, not all 0"
                )
        for place, source in enumerate(self.data):
            if source.weight is not None:
                raise ValueError(f"data.{place}.weight: the phases weigh the sources; leave it out")
        return self

    @property
    def phase_steps(self) -> list[int]:
        """Optimizer steps of each phase."""
        # Shares 0.5, 0.3, 0.2 of 7 steps end at 3.5, 5.6 and 7, so behind the 4th, 6th and 7th step.
        ends = [round(sum(p.share for p in self.phases[: i + 1]) * (self.steps or 0)) for i in range(len(self.phases))]
        return [end - start for start, end in zip([0, *ends], ends, strict=False)]


class PretrainedBase(TinyBase):
    """A tiny base and its pre-training."""

    train: ByContent[PretrainSection | None] = None
    """How it is pre-trained; without it the weights stay as they were drawn."""
