"""A suite: benchmarks that every checkpoint of a recipe is scored on (`eval.suites`, `temper eval --suite`)."""

from pathlib import Path
from typing import Literal

from pydantic import Field, JsonValue, model_validator

from temper.policy.section import ByContent, NotInKey, Section
from temper.policy.sources import Source
from temper.rlvr.estimates import pass_at_k


class MetricSection(Section):
    """What is made of a problem's samples."""

    kind: Literal["mean", "pass@k", "avg@k"] = "mean"
    """`mean`: of all samples; `avg@k`: of the first k; `pass@k`: the chance that one of k is right, unbiased."""
    k: int = Field(1, ge=1)
    """Of `pass@k` and `avg@k`."""

    def of(self, scores: list[float]) -> float | None:
        """The value of a problem; None where samples that nothing could judge leave fewer than k."""
        if self.kind == "mean":
            return sum(scores) / len(scores) if scores else None
        if len(scores) < self.k:
            return None
        if self.kind == "avg@k":
            return sum(scores[: self.k]) / self.k
        return pass_at_k(len(scores), sum(score == 1 for score in scores), self.k)


class PublishedSection(Section):
    """A value that somebody published for a stage, in percent."""

    checkpoint: Literal["base", "extend", "sft", "rlvr"]
    """Whose value it is."""
    variant: Literal["instruct", "thinking"]
    """Of which product."""
    value: float
    """In percent."""


class TheirsSection(Section):
    """Scores that another program wrote down: read as they are, and named as that program's."""

    kind: Literal["bfcl"] = "bfcl"
    """`bfcl`: what `bfcl evaluate` (bfcl-eval) writes of a multi-turn category."""
    path: str
    """The file of each checkpoint: `{checkpoint}` in it stands for `base`, `extend`, `sft` or `rlvr`. Relative to the
    folder of the recipe or suite that names it."""

    def of(self, checkpoint: str) -> Path:
        return Path(self.path.replace("{checkpoint}", checkpoint))

    @property
    def program(self) -> str:
        return {"bfcl": "bfcl-eval"}[self.kind]


class BenchmarkSection(Section):
    """One benchmark."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_.-]*$")
    """Its name in tables and folders."""
    data: ByContent[tuple[Source, ...]] = ()
    """Its problems: `hub` at a pinned commit, `file`, or generated; with the `map` of the benchmark."""
    mean_of: tuple[str, ...] = ()
    """Instead of `data`: benchmarks of the suite whose mean, each with the same weight, this is."""
    rejudges: str = ""
    """Instead of `data`: the benchmark of the suite whose completions are judged here under other `params`, or put
    into another `metric`; nothing is sampled again."""
    params: dict[str, JsonValue] = {}
    """Over the rows' own, with `rejudges`: `{mode: loose}` beside a strict IFEval."""
    theirs: ByContent[TheirsSection | None] = None
    """Instead of `data`: another program's score files, which have to be there before anything starts."""
    closing: str = ""
    """Said behind every prompt: the form in which the answer is wanted."""
    problems: int | None = Field(None, ge=1)
    """Problems scored, the first ones; all when absent."""
    samples: int = Field(1, ge=1)
    """Completions a problem."""
    temperature: float = Field(0.0, ge=0)
    """Temperature of sampling; 0: the likeliest token each time (greedy)."""
    max_completion_tokens: int = Field(1024, ge=1)
    """Longest completion, in tokens."""
    thinking_tokens: int | None = Field(None, ge=1)
    """Tokens after which an open `<think>` is closed by force; needs a tokenizer with think tokens."""
    metric: MetricSection = MetricSection()
    """How the samples of a problem become its one value."""
    lower_is_better: NotInKey[bool] = False
    """Whether a fall is a gain (attacks that succeed)."""
    published: NotInKey[tuple[PublishedSection, ...]] = ()
    """Values to stand beside ours."""
    source: NotInKey[str] = ""
    """Where the published values are from."""

    @model_validator(mode="after")
    def _has_problems(self) -> "BenchmarkSection":
        if sum(map(bool, (self.data, self.mean_of, self.rejudges, self.theirs))) != 1:
            raise ValueError(f"{self.name}: no source; give `data`, `mean_of`, `rejudges` or `theirs`, one of them")
        if self.params and not self.rejudges:
            raise ValueError(f"{self.name}: params: of no benchmark's completions; name it in `rejudges`")
        if self.metric.kind != "mean" and self.samples < self.metric.k:
            raise ValueError(
                f"{self.name}: samples: fewer than k of {self.metric.kind}, got {self.samples} for {self.metric.k}; "
                "sample more"
            )
        if self.temperature == 0 and self.samples > 1 and not self.rejudges:
            raise ValueError(f"{self.name}: samples: greedy ones are all the same, got {self.samples}; set 1")
        if self.published and not self.source:
            raise ValueError(f"{self.name}: published: values without a source; say it in `source`")
        return self


class SuiteSection(Section):
    """A list of benchmarks."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")
    """Its name."""
    benchmarks: tuple[BenchmarkSection, ...] = Field(min_length=1)
    """In the order of the table."""

    @model_validator(mode="after")
    def _names_fit(self) -> "SuiteSection":
        known: set[str] = set()
        sampled = {benchmark.name for benchmark in self.benchmarks if benchmark.data}
        for benchmark in self.benchmarks:
            if benchmark.name in known:
                raise ValueError(f"benchmarks: {benchmark.name!r} stands twice; rename one")
            if lacking := set(benchmark.mean_of) - known:
                raise ValueError(f"{benchmark.name}: mean_of: no benchmark before it is called {min(lacking)!r}")
            if benchmark.rejudges and benchmark.rejudges not in known & sampled:
                raise ValueError(
                    f"{benchmark.name}: rejudges: no benchmark with data before it is called {benchmark.rejudges!r}"
                )
            known.add(benchmark.name)
        return self

    def named(self, name: str) -> BenchmarkSection:
        return next(benchmark for benchmark in self.benchmarks if benchmark.name == name)
