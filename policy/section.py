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
    weight: float | None = Field(None, gt=0)
    """Instead of `epochs`, in `sft.data`: the source's part of the mixture against the other sources' weights, in rows.
    The mixture has as many rows as its sources together; all of them have a weight, or none."""
    map: str | None = None
    """From one raw row to a problem or an example, for sources in another format: a name (examples: alpaca, gsm8k,
    openai, sharegpt, think_tags; problems: bfcl, gsm8k, humaneval), or `package.module:function`."""
    verifier: str | dict[str, JsonValue] | None = None
    """Judges every problem of the source: a name, or a composition in which `row` is the row's own verifier."""

    @model_validator(mode="after")
    def _one_share(self) -> "Rows":
        if self.weight is not None and self.epochs != 1:
            raise ValueError(f"weight {self.weight:g} and epochs {self.epochs} exclude each other; leave one out")
        return self


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
    streaming: bool = False
    """Rows are read as they arrive, for a set that does not fit on the disk; in no stage's key."""


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
    """A longer context by YaRN (arXiv 2309.00071), on the full-attention layers alone (arXiv 2605.31268)."""

    factor: float | None = Field(None, gt=1)
    """New context over the old; set this or `context`."""
    context: int | None = Field(None, ge=2)
    """New context in tokens."""
    layers: Literal["full", "all", "none"] = "full"
    """Whose RoPE changes: the full-attention layers', all, none (to compare with: only the positions go on)."""
    attention_factor: float | None = Field(None, gt=0)
    """On cosine and sine; 0.1 ln(factor) + 1 when absent."""
    beta_fast: float = Field(32.0, gt=0)
    """Dimensions that turn as often in the old context keep their frequency."""
    beta_slow: float = Field(1.0, gt=0)
    """Those that turn less often have it divided by the factor."""

    @model_validator(mode="after")
    def _one_reach(self) -> "Extend":
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


class AdamW(Section):
    kind: Literal["adamw"] = "adamw"
    betas: tuple[float, float] = (0.9, 0.999)
    weight_decay: float = Field(0.01, ge=0)


class Muon(Section):
    """Muon for the matrices, per expert; AdamW for embeddings, head and norms (arXiv 2502.16982)."""

    kind: Literal["muon"] = "muon"
    momentum: float = Field(0.95, ge=0, lt=1)
    nesterov: bool = True
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


Optimizer = Annotated[AdamW | Muon, Field(discriminator="kind")]


class Lora(Section):
    """Low-rank adapters (arXiv 2106.09685) in place of full training, merged into the checkpoint at the end."""

    rank: int = Field(16, ge=1)
    alpha: float = Field(32.0, gt=0)
    """The product of the two factors counts alpha / rank times."""
    modules: tuple[str, ...] = ("q_proj", "k_proj", "v_proj", "o_proj")
    """Linear layers by their last name."""
    experts: tuple[str, ...] = ("gate_up_proj", "down_proj")
    """Stacked expert weights by their name in the experts' module, a pair of factors for each expert; none for a model
    without experts."""


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
    sequence_ranks: int = Field(1, ge=1)
    """SFT: ranks that share each pack, every one a slice of its tokens (DeepSpeed Ulysses); for packs that one rank
    cannot hold."""
    gpus: float = Field(0, ge=0)
    """GPUs of one rank; 0 trains on the CPU over gloo."""
    threads: int = Field(2, ge=1)
    """CPU threads of one rank."""
    deepspeed: Literal["none", "zero1", "zero2", "zero3"] = "none"
    gradient_checkpointing: bool = False
