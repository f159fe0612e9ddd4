"""The sections of a recipe that both trainings use, and the frozen, strict base of every section."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Rows(Section):
    skip: int = Field(0, ge=0)
    """Rows left out at the start of the source."""
    rows: int | None = Field(None, ge=1)
    """Rows taken after `skip`; all of them when absent."""
    epochs: int = Field(1, ge=1)
    """How often each row stands in one epoch of the mixture (the report oversamples identity data 3 times)."""
    map: str | None = None
    """`package.module:function` from one raw row to a problem or an example, for sources in another format."""
    verifier: str | dict[str, JsonValue] | None = None
    """Judges every problem of the source: a name, or a composition in which `row` is the row's own verifier."""


class FileRows(Rows):
    """A local JSON Lines (`.jsonl`, `.jsonl.gz`) or Parquet file."""

    kind: Literal["file"] = "file"
    path: str
    """Relative to the recipe's folder."""


class HubRows(Rows):
    """A dataset of the Hugging Face Hub."""

    kind: Literal["hub"] = "hub"
    name: str
    revision: str = Field(pattern=r"^[0-9a-f]{40}$")
    """The commit: rows that can change under a run cannot be part of a key."""
    config: str | None = None
    split: str = "train"


class GeneratedRows(Rows):
    """Rows that a shipped generator makes from its seed."""

    kind: Literal["generated"] = "generated"
    generator: Literal["tiny"] = "tiny"
    split: Literal["train", "held_out"] = "train"
    rows: int = Field(ge=1)
    data_seed: int = 0
    """Seed of the rows; independent of the recipe's seed, so that every seed is scored on the same problems."""


class GymRows(Rows):
    """Problems that a dataset of reasoning-gym generates (the extra `reasoning-gym`)."""

    kind: Literal["reasoning_gym"] = "reasoning_gym"
    dataset: str
    rows: int = Field(ge=1)
    data_seed: int = 0
    config: dict[str, JsonValue] = {}
    """Fields of the dataset's configuration that differ from its defaults."""


Source = Annotated[FileRows | HubRows | GeneratedRows | GymRows, Field(discriminator="kind")]


class TinyBase(Section):
    """A `MellumForCausalLM` of a few million parameters, made and briefly pre-trained on generated text."""

    kind: Literal["tiny"] = "tiny"
    layers: int = Field(4, ge=4)
    hidden: int = Field(128, ge=32)
    experts: int = Field(8, ge=2)
    experts_per_token: int = Field(2, ge=1)
    expert_width: int = Field(128, ge=8)
    heads: int = Field(4, ge=1)
    kv_heads: int = Field(2, ge=1)
    vocabulary: int = Field(512, ge=320)
    window: int = Field(64, ge=8)
    """Sliding window in tokens, on three of four layers."""
    context: int = Field(256, ge=64)
    """Tokens of context in pre-training."""
    steps: int = Field(200, ge=1)
    """Pre-training steps."""
    batch: int = Field(64, ge=1)
    """Rows of `row_tokens` tokens a pre-training step."""
    learning_rate: float = Field(3e-3, gt=0)


class FolderBase(Section):
    """A checkpoint folder in the `transformers` format."""

    kind: Literal["folder"] = "folder"
    path: str
    """Relative to the recipe's folder."""


class HubBase(Section):
    kind: Literal["hub"] = "hub"
    name: str
    revision: str = Field(pattern=r"^[0-9a-f]{40}$")
    parameters: int | None = Field(None, ge=1)
    """Parameters of the checkpoint, for the memory estimate of `temper explain`; in no stage's key."""


Base = Annotated[TinyBase | FolderBase | HubBase, Field(discriminator="kind")]


class Extend(Section):
    """Layer-selective YaRN: full-attention layers only (arXiv 2605.31268; YaRN is arXiv 2309.00071)."""

    factor: float = Field(gt=1)
    """New context over the old."""
    beta_fast: float = Field(32.0, gt=0)
    beta_slow: float = Field(1.0, gt=0)


class AdamW(Section):
    kind: Literal["adamw"] = "adamw"
    betas: tuple[float, float] = (0.9, 0.999)
    weight_decay: float = Field(0.01, ge=0)


class Schedule(Section):
    """Learning rate over the steps: linear warm-up, then down to `min_learning_rate` by `decay`."""

    learning_rate: float = Field(gt=0)
    """Peak."""
    min_learning_rate: float = Field(0.0, ge=0)
    warmup_steps: int = Field(0, ge=0)
    decay: Literal["cosine", "constant", "hold"] = "cosine"
    """`cosine`: over all steps that remain. `constant`: the peak to the end. `hold`: the peak, then linear over the
    last `decay_steps` (warm-up/hold/decay)."""
    decay_steps: int | None = Field(None, ge=1)
    """Steps of the fall under `hold`."""

    @model_validator(mode="after")
    def _one_shape(self) -> "Schedule":
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


class Learners(Section):
    """Where a training runs; in no stage's key."""

    ranks: int = Field(1, ge=1)
    """Ray Train workers."""
    gpus: float = Field(0, ge=0)
    """GPUs of one rank; 0 trains on the CPU over gloo."""
    threads: int = Field(2, ge=1)
    """CPU threads of one rank."""
    deepspeed: Literal["none", "zero1", "zero2", "zero3"] = "none"
    gradient_checkpointing: bool = False
