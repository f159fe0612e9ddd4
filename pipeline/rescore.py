"""`temper rescore RUN`: the rollouts of a run through today's verifiers, and every verdict that is another one.

RUN is OUT/<recipe name>; its rollouts hold the problems that were judged, so the data is not needed. A flip is another
outcome or another score; another detail is none. A rollout that was lost to our own error and has a verdict now is a
flip as well; one that cannot be judged now is an error and counts apart. Rewards stand in the report as the run shaped
them: what they would be today depends on whole groups. Left out: the rollouts of `eval`.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from tqdm.contrib.logging import logging_redirect_tqdm

from temper.gateway.processes import ProcessVerifiers
from temper.pipeline.bar import Bar
from temper.pipeline.plugins import plugins_of
from temper.pipeline.recipe import ClusterSection
from temper.pipeline.verify import in_order
from temper.policy.atomic import write_atomic
from temper.rlvr.record import read_rollouts
from temper.sandboxes.section import SandboxSection
from temper.verifiers.judging import Item, Judgement
from temper.verifiers.plugins import NO_PLUGINS, Plugins
from temper.verifiers.problem import Problem
from temper.verifiers.sessions.session import exchanges_of

SAME_WITHIN = 1e-9
"""Difference of two scores that is rounding."""


@dataclass
class Rescored:
    """What became of the verdicts of each verifier: `same`, `flipped` or `error`."""

    lines: dict[str, Counter[str]] = field(default_factory=dict)
    total: Counter[str] = field(default_factory=Counter)
    report: list[dict[str, Any]] = field(default_factory=list)
    """A line for each rollout that is not `same`."""

    @property
    def same(self) -> bool:
        return self.total.keys() <= {"same"}

    def table(self) -> str:
        head = f"{'verifier':24}{'rows':>10}{'same':>10}{'flipped':>10}{'errors':>10}"
        rows = [
            f"{name:24}{counts.total():>10,}{counts['same']:>10,}{counts['flipped']:>10,}{counts['error']:>10,}"
            for name, counts in sorted(self.lines.items())
        ]
        return "\n".join([head, *rows])


def rescore(run: Path, out: Path, workers: int, plugins: Plugins = NO_PLUGINS) -> Rescored:
    """Judges every rollout of `run` again and writes `out`, a JSON line for each that is not the same. `plugins` are
    listed beside those of the run's own recipe.

    Raises ValueError where there is no run, no rollout, or a file of rollouts without its problems."""
    paths = sorted((run / "rollouts").glob("*.parquet"))
    if not paths:
        raise ValueError(f"{run}: no rollouts/*.parquet; give the folder OUT/<recipe name> of a run with an rlvr stage")
    found = Rescored()
    verifiers = verifiers_of(run, workers, plugins)
    bar = Bar("rescore", sum(map(_rows, paths)), found.total)
    try:
        with logging_redirect_tqdm():
            for (problem, row), judgement in in_order(_rollouts(paths), _item, verifiers, workers):
                finding = _finding(row, judgement)
                bar.count(finding)
                name = problem.verifier if isinstance(problem.verifier, str) else "composition"
                found.lines.setdefault(name, Counter())[finding] += 1
                if finding != "same":
                    found.report.append(_line(name, row, judgement))
    finally:
        bar.close()
        verifiers.close()
    write_atomic(out, "".join(json.dumps(line) + "\n" for line in found.report))
    return found


def verifiers_of(run: Path, workers: int, plugins: Plugins = NO_PLUGINS) -> ProcessVerifiers:
    """Those of the run's own recipe under its limits, with `plugins` beside its own."""
    recipe = json.loads((run / "owner.json").read_text()).get("recipe")
    if recipe:
        sys.path.append(str(Path(recipe).parent))  # verifiers of its own lie beside it
    resolved = yaml.safe_load((run / "recipe.resolved.yaml").read_text())
    own = plugins_of(resolved, Path(recipe).parent if recipe else None)
    sandbox, verdict_s = _limits(resolved)
    return ProcessVerifiers(sandbox, workers, verdict_s, Plugins(own.modules + plugins.modules, own.folder))


def _limits(resolved: Mapping[str, Any]) -> tuple[SandboxSection, float]:
    """The run's sandbox, and its seconds of a verdict."""
    cluster = ClusterSection.model_validate(resolved["cluster"])
    return SandboxSection.model_validate(resolved["sandbox"]), cluster.verdict_s


def _rows(path: Path) -> int:
    import pyarrow.parquet as pq

    rows: int = pq.read_metadata(path).num_rows
    return rows


def _rollouts(paths: list[Path]) -> Iterator[tuple[Problem, dict[str, Any]]]:
    for path in paths:
        yield from read_rollouts(path)


def _item(rollout: tuple[Problem, dict[str, Any]]) -> Item:
    problem, row = rollout
    return problem, row["completion"], exchanges_of(row)


def _finding(row: Mapping[str, Any], judgement: Judgement) -> str:
    if judgement.verdict is None:
        return "error"
    before, now = row["score"], judgement.score
    if row["outcome"] != judgement.outcome:
        return "flipped"
    return "same" if before == now or abs(before - now) <= SAME_WITHIN else "flipped"


def _line(name: str, row: Mapping[str, Any], judgement: Judgement) -> dict[str, Any]:
    return {
        "id": row["problem_id"],
        "step": row["step"],
        "verifier": name,
        "old": {key: row[key] for key in ("outcome", "score", "detail")},
        "new": {"outcome": judgement.outcome, "score": judgement.score, "detail": judgement.detail},
        "reward": row["reward"],
        "completion": row["completion"],
    }
