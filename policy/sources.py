"""Where a recipe's rows come from: local files, Hub sets, shipped generators."""

from typing import Annotated, Literal

from pydantic import Field, JsonValue, model_validator

from temper.policy.section import ByContent, NotInKey, Section, Seed

Share = Annotated[float, Field(ge=0, le=1)]


class Rows(Section):
    """What every source has."""

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
    """From one raw row to a problem or an example, for sources in another format: a name (`docs/data.md` lists them),
    or `package.module:function`. A set whose licence forbids training is refused in `sft` and `rlvr`."""
    bad_rows: Literal["refuse", "drop"] = "refuse"
    """What becomes of a row of problems that `map` does not take: the first one stops the run, or each is left out and
    counted (unlabelled rows of MMLU-Redux). Examples follow the stage's own `bad_rows`."""
    pass_rate: tuple[Share, Share] | None = None
    """Keeps the problems whose share of right completions, `metadata.right` of `metadata.samples`, lies between these
    two; all when absent. A row without counts is refused. What the counts of few samples say: `docs/data.md`."""
    verifier: str | dict[str, JsonValue] | None = None
    """Judges every problem of the source: a name, or a composition in which `row` is the row's own verifier."""
    session: dict[str, JsonValue] | None = None
    """What the calls of every problem of the source act on; its fields stand over those of the row's own `session`."""

    @model_validator(mode="after")
    def _bounds_rise(self) -> "Rows":
        if self.pass_rate and self.pass_rate[0] > self.pass_rate[1]:
            raise ValueError(f"pass_rate: {self.pass_rate[0]:g} is above {self.pass_rate[1]:g}; swap them")
        return self

    @model_validator(mode="after")
    def _one_share(self) -> "Rows":
        if self.weight is not None and self.epochs != 1:
            raise ValueError(f"weight {self.weight:g} and epochs {self.epochs} exclude each other; leave one out")
        return self


class FileRows(Rows):
    """A local JSON Lines (`.jsonl`, `.jsonl.gz`), CSV (`.csv`, `.csv.gz`; every value is text) or Parquet file."""

    kind: Literal["file"] = "file"
    """A file of this machine."""
    path: ByContent[str]
    """Relative to the folder of the recipe that names it."""


class HubRows(Rows):
    """A dataset of the Hugging Face Hub."""

    kind: Literal["hub"] = "hub"
    """A set of the Hub."""
    name: str
    """The set, as in `openai/gsm8k`."""
    revision: str = Field(pattern=r"^[0-9a-f]{40}$")
    """The commit, 40 digits: rows that can change under a run cannot be part of a key."""
    config: str | None = None
    """The set's configuration, where it has several."""
    split: str = "train"
    """The part of the set."""
    streaming: NotInKey[bool] = False
    """Whether rows are read as they arrive, for a set that does not fit on the disk."""


class GeneratedRows(Rows):
    """Rows that a shipped generator makes from its seed."""

    kind: Literal["generated"] = "generated"
    """Rows that are made here."""
    generator: Literal["tiny", "tools", "prose", "code", "math", "mixed", "calls"] = "tiny"
    """`tiny`: short arithmetic and one-line Python functions; `tools`: products and sums over tables, to be called
    for; `prose`, `code`, `math`, `mixed` (the three in turn): text to pre-train on; `calls`: conversations with calls,
    for the same."""
    split: Literal["train", "held_out"] = "train"
    """Part of the rows that can be made; the two share no prompt."""
    rows: int = Field(ge=1)
    """Rows made after `skip`."""
    data_seed: Seed = 0
    """Seed of the rows; independent of the recipe's seed, so that every seed is scored on the same problems."""


class GymRows(Rows):
    """Problems that a dataset of reasoning-gym generates (the extra `reasoning-gym`)."""

    kind: Literal["reasoning_gym"] = "reasoning_gym"
    """Problems that reasoning-gym makes here."""
    dataset: str
    """Its dataset, as in `countdown`."""
    rows: int = Field(ge=1)
    """Problems made after `skip`."""
    data_seed: Seed = 0
    """Seed of the problems; independent of the recipe's seed."""
    config: dict[str, JsonValue] = {}
    """Fields of the dataset's configuration that differ from its defaults."""


Source = Annotated[FileRows | HubRows | GeneratedRows | GymRows, Field(discriminator="kind")]
