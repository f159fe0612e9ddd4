"""The sections of a recipe that both trainings use, the frozen, strict base of every section, and the marks that say
in which keys a field is.

A field is in every key that its section enters (`pipeline.identity.in_key`), unless it is marked here: a field that
nobody thought about runs a stage again once too often, never once too little.
"""

from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

Key = Literal["base", "extend", "packs", "sft", "rlvr", "eval", "audit"]
"""What has a key: the stages, the packs that trainings share, and the finding of the audit."""

T = TypeVar("T")
NotInKey = Annotated[T, Field(json_schema_extra={"in_key": False})]
"""A field that moves no result: where and how fast things run, when to save, when to give up."""
ByContent = Annotated[T, Field(json_schema_extra={"in_key": "content"})]
"""A field that names data or a base: what is there is in the key (`pipeline.identity`), where it lies is not."""

Precision = Literal["float32", "bfloat16", "fp8"]
"""What the matrices of a training are multiplied in (`policy/optim/precision.py`)."""

Seed = Annotated[int, Field(ge=0, le=2**32 - 1)]
"""NumPy takes no other one, and Python's generators take -1 for 1."""


def in_keys(*keys: Key) -> Any:
    """Marks a field, within `Annotated`, that is in these keys alone."""
    return Field(json_schema_extra={"in_key": list(keys)})


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class ExtendSection(Section):
    """A longer context by YaRN (arXiv 2309.00071), on the full-attention layers alone (arXiv 2605.31268)."""

    factor: float | None = Field(None, gt=1)
    """New context over the old; set this or `context`."""
    context: int | None = Field(None, ge=2)
    """New context in tokens."""
    layers: Literal["full", "all", "none"] = "full"
    """Whose RoPE changes: the full-attention layers', all, none (to compare with: only the positions go on)."""
    attention_factor: float | None = Field(None, gt=0)
    """What cosine and sine are multiplied with; 0.1 ln(factor) + 1 when absent."""
    beta_fast: float = Field(32.0, gt=0)
    """RoPE pairs with at least so many rotations within the old context keep their frequency."""
    beta_slow: float = Field(1.0, gt=0)
    """Pairs with at most so many rotations have their frequency divided by the factor; between `beta_fast` and this, a
    linear ramp."""

    @model_validator(mode="after")
    def _one_reach(self) -> "ExtendSection":
        if (self.factor is None) == (self.context is None):
            raise ValueError("set one of factor and context")
        if self.beta_fast <= self.beta_slow:
            raise ValueError(f"beta_fast {self.beta_fast:g} is not above beta_slow {self.beta_slow:g}; raise it")
        return self

    def factor_from(self, context: int) -> float:
        """New context over the old one of `context` tokens. Raises ValueError when it would not be longer."""
        factor = self.factor or (self.context or 0) / context
        if factor <= 1:
            raise ValueError(f"extend.context: {self.context} is not above the base's {context}; raise it")
        return factor


class AdamWSection(Section):
    """AdamW for every weight (arXiv 1711.05101)."""

    kind: Literal["adamw"] = "adamw"
    """AdamW for all."""
    betas: tuple[float, float] = (0.9, 0.999)
    """Decay a step of the running means of the gradient and of its square."""
    weight_decay: float = Field(0.01, ge=0)
    """Decoupled: a weight loses learning rate x this of itself a step; none on norms and biases."""


class MuonSection(Section):
    """Muon for the matrices, per expert; AdamW for embeddings, head and norms (arXiv 2502.16982)."""

    kind: Literal["muon"] = "muon"
    """Muon for matrices."""
    momentum: float = Field(0.95, ge=0, lt=1)
    """Share of the momentum that is left a step later."""
    nesterov: bool = True
    """Whether an update looks one step of the momentum ahead."""
    iterations: int = Field(5, ge=1)
    """Newton-Schulz iterations."""
    scale: float = Field(0.2, gt=0)
    """An update is so many times sqrt(max(rows, columns)) of a matrix whose singular values are near 1: the root mean
    square of AdamW's, so that its learning rates serve."""
    weight_decay: float = Field(0.1, ge=0)
    """Decoupled; none on norms."""
    betas: tuple[float, float] = (0.9, 0.95)
    """AdamW's, for what is not a matrix."""
    router: Literal["muon", "adam"] = "muon"
    """Who trains the routers' matrices (the report does not say)."""


Optimizer = Annotated[AdamWSection | MuonSection, Field(discriminator="kind")]


class LoraSection(Section):
    """Low-rank adapters (arXiv 2106.09685) in place of full training, merged into the checkpoint at the end."""

    rank: int = Field(16, ge=1)
    """Columns of the first factor and rows of the second."""
    alpha: float = Field(32.0, gt=0)
    """The product of the two factors counts alpha / rank times."""
    modules: tuple[str, ...] = ("q_proj", "k_proj", "v_proj", "o_proj")
    """Linear layers by their last name."""
    experts: tuple[str, ...] = ("gate_up_proj", "down_proj")
    """Stacked expert weights by their name in the experts' module, a pair of factors for each expert; none for a model
    without experts."""


class ScheduleSection(Section):
    """Learning rate over the steps: linear warm-up, then down to `min_learning_rate` by `decay`."""

    learning_rate: float = Field(gt=0)
    """Learning rate at the peak."""
    min_learning_rate: float = Field(0.0, ge=0)
    """Learning rate where the fall ends, at the last step."""
    warmup_steps: int = Field(0, ge=0)
    """Optimizer steps of the linear rise: of 9 the first has a tenth of the peak, the one after them all of it."""
    decay: Literal["cosine", "constant", "hold"] = "cosine"
    """`cosine`: over all steps that remain. `constant`: the peak to the end. `hold`: the peak, then linear over the
    last `decay_steps` (warm-up/hold/decay)."""
    decay_steps: int | None = Field(None, ge=1)
    """Optimizer steps of the fall under `hold`."""

    @model_validator(mode="after")
    def _one_shape(self) -> "ScheduleSection":
        if self.min_learning_rate > self.learning_rate:
            raise ValueError("min_learning_rate is above learning_rate; lower it")
        if (self.decay == "hold") != (self.decay_steps is not None):
            raise ValueError("decay_steps belongs to decay 'hold', which needs it; set both or neither")
        return self

    def refuse_unless_within(self, steps: int) -> None:
        """Raises ValueError when warm-up and fall of `hold` take more than `steps`: the peak would be cut."""
        if self.decay_steps and self.warmup_steps + self.decay_steps > steps:
            raise ValueError(
                f"schedule: warmup_steps {self.warmup_steps} and decay_steps {self.decay_steps} take more than "
                f"the {steps} steps of the training; lower them"
            )


class LearnersSection(Section):
    """Where a training runs."""

    ranks: int = Field(1, ge=1)
    """Ray Train workers that share each step."""
    sequence_ranks: int = Field(1, ge=1)
    """SFT: ranks that share each pack, every one a slice of its tokens (DeepSpeed Ulysses); for packs that one rank
    cannot hold."""
    gpus: float = Field(0, ge=0)
    """GPUs of one rank; 0 trains on the CPU over gloo."""
    threads: int = Field(2, ge=1)
    """CPU threads of one rank."""
    deepspeed: Literal["none", "zero1", "zero2", "zero3"] = "none"
    """What the ranks share out: the optimizer's state (`zero1`), gradients as well (`zero2`), weights as well
    (`zero3`); `none`: each rank holds all."""
    gradient_checkpointing: bool = False
    """Whether a layer's activations are computed anew in the backward pass: less memory, a third more time."""
