"""How the checkpoints stand in the suites: estimates with errors, paired differences, what was published.

Of each benchmark and checkpoint: `value` (in percent), `stderr`, `n`, `low` and `high` (the 95% interval),
`difference` and `difference_stderr` from the stage before over the same problems, shares `truncated` and `unscored`,
and `published`; `scored_by` names the program whose score it is, where it is not ours. The definitions are in
`rlvr.estimates`. Read off the scores on disk, so they can be computed again
without a model.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from temper.pipeline import theirs
from temper.pipeline.scoring import Scored, Scorer, read_scores, scores_folder
from temper.rlvr.estimates import Estimate, combined, mean_of, paired
from temper.rlvr.suite import BenchmarkSection, SuiteSection

Standing = dict[str, Any]
Found = tuple[Estimate, Estimate | None, Standing]
"""Value, difference from the stage before, and the shares of one checkpoint in one benchmark."""


def standing(run: Scorer, evaluated: Sequence[tuple[str, Path]]) -> Standing:
    """By suite, benchmark and checkpoint."""
    assert run.recipe.eval
    return {suite.name: _of_suite(run, suite, evaluated) for suite in run.recipe.eval.suites}


def _of_suite(run: Scorer, suite: SuiteSection, evaluated: Sequence[tuple[str, Path]]) -> Standing:
    found: dict[str, dict[str, Found]] = {}
    for benchmark in suite.benchmarks:
        if benchmark.data or benchmark.rejudges:
            read = {name: read_scores(scores_folder(run, suite, benchmark, name, path)) for name, path in evaluated}
            found[benchmark.name] = of_benchmark(benchmark, read)
        elif benchmark.theirs:
            read = {name: theirs.read(benchmark.theirs, name) for name, _ in evaluated}
            found[benchmark.name] = of_benchmark(benchmark, read)
        else:
            parts = [found[name] for name in benchmark.mean_of]
            found[benchmark.name] = {name: _mean([part[name] for part in parts]) for name, _ in evaluated}
    return {
        benchmark.name: {
            name: _said(benchmark, run.recipe.variant, name, of) | _scored_by(suite, benchmark)
            for name, of in found[benchmark.name].items()
        }
        for benchmark in suite.benchmarks
    }


def _scored_by(suite: SuiteSection, benchmark: BenchmarkSection) -> Standing:
    """Whose score it is, where it or a part of the mean is not ours."""
    parts = [benchmark, *map(suite.named, benchmark.mean_of)]
    programs = sorted({part.theirs.program for part in parts if part.theirs})
    return {"scored_by": ", ".join(programs)} if programs else {}


def of_benchmark(benchmark: BenchmarkSection, read: Mapping[str, Mapping[str, Scored]]) -> dict[str, Found]:
    """Of each checkpoint, in the order in which they were made."""
    found: dict[str, Found] = {}
    before: dict[str, float] | None = None
    for name, scored in read.items():
        made = {key: benchmark.metric.of(of["scores"]) for key, of in scored.items()}
        values = {key: value for key, value in made.items() if value is not None}
        samples = max(1, sum(of["samples"] for of in scored.values()))
        shares = {
            "truncated": sum(of["truncated"] for of in scored.values()) / samples,
            "unscored": sum(of["unscored"] for of in scored.values()) / samples,
        }
        difference = paired(values, before) if before is not None else None
        found[name] = (mean_of(list(values.values())), difference, shares)
        before = values
    return found


def _mean(parts: Sequence[Found]) -> Found:
    differences = [difference for _, difference, _ in parts if difference is not None]
    shares = {key: sum(part[2][key] for part in parts) / len(parts) for key in parts[0][2]}
    between = combined(differences) if len(differences) == len(parts) else None
    return combined([value for value, _, _ in parts]), between, shares


def _said(benchmark: BenchmarkSection, variant: str, name: str, found: Found) -> Standing:
    value, difference, shares = found
    low, high = value.interval()
    known = [one.value for one in benchmark.published if (one.checkpoint, one.variant) == (name, variant)]
    said: Standing = {
        "value": 100 * value.value,
        "stderr": 100 * value.stderr,
        "n": value.n,
        "low": max(0.0, 100 * low),
        "high": min(100.0, 100 * high),
        **shares,
        "metric": benchmark.metric.kind.replace("@k", f"@{benchmark.metric.k}"),
        "samples": benchmark.samples,
        "temperature": benchmark.temperature,
    }
    if difference is not None:
        said |= {"difference": 100 * difference.value, "difference_stderr": 100 * difference.stderr}
    if benchmark.lower_is_better:
        said["lower_is_better"] = True
    if known:
        said |= {"published": known[0], "source": benchmark.source}
    return said
