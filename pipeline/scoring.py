"""A benchmark's problems, sampled and judged in parts, each on disk as it ends.

    OUT/scores/<benchmark>-<key12>/part-000003.json      values, truncated, lost and unjudged, by problem
    OUT/scores/<benchmark>-<key12>/part-000003.parquet   the rollouts (as `rollouts/` of a run)
    OUT/scores/held_out/<key12>/                         score.json and rollouts.parquet of the recipe's `held_out`

The key is of the checkpoint, of what is asked and how (data, closing, sampling, samples), of the seed and of the code
that samples and judges; not of the metric, of published values or of other benchmarks. So a kill costs the part under
way, a recipe that names another suite samples nothing again, and another metric of the same samples is read off them.
A problem is sampled with the same seeds in whichever part it is.
"""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypedDict

from pydantic import JsonValue

from temper.pipeline import sources
from temper.pipeline.identity import Identity, base_identity, digest, in_key, source_identity
from temper.pipeline.recipe import Recipe
from temper.pipeline.stage_code import judging_code, stage_code
from temper.policy.atomic import write_atomic
from temper.policy.sources import Source
from temper.rlvr.engines.engine import Engine, with_revival
from temper.rlvr.evaluate import evaluate
from temper.rlvr.metrics import stop_on_errors, stop_on_lost
from temper.rlvr.record import read_rollouts, write_rollouts
from temper.rlvr.rollout import Group, PromptTokens, Sampling
from temper.rlvr.suite import BenchmarkSection, SuiteSection
from temper.verifiers.judging import Verifiers
from temper.verifiers.plugins import Plugins
from temper.verifiers.problem import Problem
from temper.verifiers.sessions.session import exchanges_of
from temper.verifiers.table import verifier_for

log = logging.getLogger(__name__)

PART = 256
"""Completions of a part: what a kill costs at most."""


NOT_ASKED = ("metric", "name", "rejudges", "params")
"""Fields of a benchmark that change no completion."""


class Scored(TypedDict):
    """What a part says of a problem."""

    scores: list[float]
    truncated: int
    errors: int
    """Completions lost to our own errors."""
    unscored: int
    samples: int


@dataclass(frozen=True)
class Scorer:
    """What scoring knows of a run. Picklable: it goes to the workers as it is."""

    out: Path
    """The run folder."""
    recipe: Recipe
    plugins: Plugins
    home: Path
    """The recipe's folder, where its own modules lie."""


def scores_folder(run: Scorer, suite: SuiteSection, benchmark: BenchmarkSection, name: str, checkpoint: Path) -> Path:
    """Where the scores of a benchmark and a checkpoint lie."""
    sampled = suite.named(benchmark.rejudges) if benchmark.rejudges else benchmark
    folder = _sampled_folder(run, sampled, name, checkpoint)
    if not benchmark.params:
        return folder
    return run.out / "scores" / f"{benchmark.name}-{digest({'of': folder.name, 'params': benchmark.params})[:12]}"


def _sampled_folder(run: Scorer, benchmark: BenchmarkSection, name: str, checkpoint: Path) -> Path:
    asked: Identity = {key: value for key, value in in_key(benchmark).items() if key not in NOT_ASKED}
    stops: JsonValue = list(run.recipe.eval.stop_tokens) if run.recipe.eval else []
    known: Identity = {"asked": asked, "stops": stops, **_known(run, benchmark.data, name, checkpoint)}
    return run.out / "scores" / f"{benchmark.name}-{digest(known)[:12]}"


def held_out_folder(run: Scorer, name: str, checkpoint: Path) -> Path:
    """Where the recipe's own held-out score of a checkpoint lies, whatever else it is scored on."""
    assert run.recipe.eval
    asked: Identity = {
        key: value for key, value in in_key(run.recipe.eval).items() if key not in ("suites", "checkpoints")
    }
    known: Identity = {"asked": asked, **_known(run, run.recipe.held_out, name, checkpoint)}
    return run.out / "scores" / "held_out" / digest(known)[:12]


def _known(run: Scorer, data: Sequence[Source], name: str, checkpoint: Path) -> Identity:
    """Of the keys of scores: which checkpoint, which rows, who samples and judges."""
    recipe = run.recipe
    # a stage's folder is named by its key; the recipe's own base by what it is
    inside = checkpoint.parent.name if checkpoint.name == "checkpoint" else digest(base_identity(recipe.base))
    return {
        "checkpoint": [name, inside],
        "data": [source_identity(source, run.home) for source in data],
        "verifiers": in_key(recipe.verifiers),
        "seed": recipe.seed,
        "engine": recipe.engine.kind,
        "code": [stage_code("eval"), judging_code(run.home)],
    }


def problems_of(run: Scorer, benchmark: BenchmarkSection) -> list[Problem]:
    """In order, with the closing instruction behind each prompt."""
    found = sources.problems(benchmark.data, run.recipe.verifiers.params, run.recipe.sandbox, run.plugins)
    return [closed(problem, benchmark.closing) for problem in found[: benchmark.problems]]


def closed(problem: Problem, closing: str) -> Problem:
    """The problem with `closing` behind what is asked last."""
    if not closing:
        return problem
    if isinstance(problem.prompt, str):
        return problem.model_copy(update={"prompt": f"{problem.prompt}\n\n{closing}"})
    *before, last = problem.prompt
    said = last.model_copy(update={"content": f"{last.content or ''}\n\n{closing}"})
    return problem.model_copy(update={"prompt": [*before, said]})


def score_benchmark(
    run: Scorer,
    benchmark: BenchmarkSection,
    folder: Path,
    problems: Sequence[Problem],
    sampling: Sampling,
    tokens: PromptTokens,
    engine: Engine,
    verifiers: Verifiers,
) -> None:
    """Scores what `folder` lacks, and stops where too many completions are lost to our own errors."""
    assert run.recipe.eval
    settings = (sampling, tokens, engine, verifiers, run.recipe.seed)

    def sampled(some: Sequence[Problem], first: int) -> list[Group]:
        return with_revival(engine, partial(evaluate, some, benchmark.samples, *settings, first=first))[1]

    limit = MostLost(run.recipe.eval.max_error_share, "eval.max_error_share")
    in_parts(benchmark.name, folder, problems, benchmark.samples, sampled, limit)


@dataclass(frozen=True)
class MostLost:
    """The largest share of completions that may be lost to our own errors, and the field that says so."""

    share: float
    field: str


def in_parts(
    name: str,
    folder: Path,
    problems: Sequence[Problem],
    samples: int,
    sampled: Callable[[Sequence[Problem], int], Sequence[Group]],
    limit: MostLost,
) -> None:
    """Writes the parts that `folder` lacks; `sampled` is given some problems and the place of the first."""
    step = max(1, PART // samples)
    starts = [start for start in range(0, len(problems), step) if not _part(folder, start // step).is_file()]
    log.info("%s: %d of %d parts to score", name, len(starts), -(-len(problems) // step))
    for start in starts:
        groups = sampled(problems[start : start + step], start)
        _write(folder, start // step, groups)
        stop_on_errors(name, groups, limit.share, limit.field)


def rejudge(run: Scorer, benchmark: BenchmarkSection, sampled: Path, folder: Path, verifiers: Verifiers) -> None:
    """Judges the completions of `sampled`, another benchmark's, under this one's params, where `folder` lacks them."""
    assert run.recipe.eval
    for path in sorted(sampled.glob("part-*.parquet")):
        part = folder / path.with_suffix(".json").name
        if part.is_file():
            continue
        rows = list(read_rollouts(path))
        problems = [_with_params(problem, benchmark.params) for problem, _ in rows]
        verifier_for(problems[0], run.plugins)  # params that it does not know are refused, not counted as errors
        judged = verifiers.judge(
            [(problem, row["completion"], exchanges_of(row)) for problem, (_, row) in zip(problems, rows, strict=True)]
        )
        by_problem: dict[str, list[End]] = {}
        for (problem, row), one in zip(rows, judged, strict=True):
            by_problem.setdefault(problem.id, []).append((one.score, row["stop_reason"], one.error))
        found = {name: _scored(its_ends) for name, its_ends in by_problem.items()}
        ends = [(one.error, one.traceback) for one in judged]
        stop_on_lost(benchmark.name, ends, run.recipe.eval.max_error_share, "eval.max_error_share")
        write_atomic(part, json.dumps(found) + "\n")


def _with_params(problem: Problem, params: Mapping[str, JsonValue]) -> Problem:
    return problem.model_copy(update={"params": {**problem.params, **params}})


def _part(folder: Path, place: int) -> Path:
    return folder / f"part-{place:06d}.json"


def _write(folder: Path, place: int, groups: Sequence[Group]) -> None:
    """The rollouts first: a part counts once its values are there."""
    folder.mkdir(parents=True, exist_ok=True)
    write_rollouts(_part(folder, place).with_suffix(".parquet"), 0, groups)
    found = {
        group.problem.id: _scored([(one.score, one.stop_reason, one.error) for one in group.rollouts])
        for group in groups
    }
    write_atomic(_part(folder, place), json.dumps(found) + "\n")


End = tuple[float | None, str, str]
"""Of a completion: its score, why it stopped, what of ours failed."""


def _scored(ends: Sequence[End]) -> Scored:
    return {
        "scores": [score for score, _, _ in ends if score is not None],
        "truncated": sum(stop != "stop" for _, stop, _ in ends),
        "errors": sum(bool(error) for _, _, error in ends),
        "unscored": sum(score is None for score, _, _ in ends),
        "samples": len(ends),
    }


def read_scores(folder: Path) -> dict[str, Scored]:
    """Every problem of the parts that are there, by id."""
    found: dict[str, Scored] = {}
    for path in sorted(folder.glob("part-*.json")):
        found |= json.loads(path.read_bytes())
    return found
