"""The driver: every recipe checked first, then stage after stage, each once, from whatever is there already.

Waits for one stage at a time; a thread follows the stage's metrics meanwhile, prints one line a step, and copies them
to the run folder and the trackers. What a kill leaves is resumed by the same command.
"""

import json
import logging
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import JsonValue

from temper.pipeline import pulse
from temper.pipeline.audit import audit_run, kept_in
from temper.pipeline.doctor import last_words
from temper.pipeline.ledger import Ledger, PlannedStage, plan
from temper.pipeline.loading import Loaded
from temper.pipeline.mistakes import StageError
from temper.pipeline.preflight import preflight
from temper.pipeline.progress import Follower
from temper.pipeline.recipe import Recipe
from temper.pipeline.viewing import write_report
from temper.policy.atomic import write_atomic
from temper.policy.bases import FolderBase, HubBase
from temper.view.report import Summary, final_table

log = logging.getLogger(__name__)


def run(recipes: Sequence[Loaded], out: Path, address: str | None = None, audited: bool = True) -> list[Summary]:
    """Runs all recipes into `out`; returns their summaries. Raises ValueError before anything starts for bad input."""
    for loaded in recipes:
        if str(loaded.folder) not in sys.path:
            sys.path.append(str(loaded.folder))
    for loaded in recipes:
        preflight(loaded, out, address)
    if audited:
        for loaded in recipes:
            audit_run(loaded, out)
    else:
        log.info("--no-audit: no verifier is probed on the problems, no prompt is compared with the held-out ones")
    ledger = Ledger(out.resolve())
    plans = [plan(loaded) for loaded in recipes]
    for loaded, stages in zip(recipes, plans, strict=True):
        log.info("%s: %s", loaded.recipe.name, _ahead(stages, ledger))
    if all(ledger.finished(stage) is not None for stages in plans for stage in stages):
        log.info("every stage is finished; nothing to run")
    else:
        _connect(recipes, address)
        if address:
            _check_nodes(recipes, plans, ledger)
    summaries = [_run_recipe(loaded, stages, ledger) for loaded, stages in zip(recipes, plans, strict=True)]
    print(final_table(summaries))
    return summaries


def _ahead(stages: Sequence[PlannedStage], ledger: Ledger) -> str:
    """What is skipped, what goes on and what is to come."""
    words = []
    for stage in stages:
        begun = "goes on" if (ledger.folder(stage) / "work").is_dir() else "to run"
        words.append(f"{stage.name} {'finished before' if ledger.finished(stage) is not None else begun}")
    return ", ".join(words)


def _connect(recipes: Sequence[Loaded], address: str | None) -> None:
    from temper.pipeline import cluster

    names = {loaded.recipe.cluster.verifier_resource for loaded in recipes} - {None}
    cluster.start(
        address,
        folders=sorted({loaded.folder for loaded in recipes}),
        resources={str(name): cluster.EMBEDDED_CPUS for name in names},
    )
    for loaded in recipes:
        cluster.require(loaded.recipe.cluster, loaded.recipe.placed)


def _check_nodes(recipes: Sequence[Loaded], plans: Sequence[Sequence[PlannedStage]], ledger: Ledger) -> None:
    from temper.pipeline import nodes

    to_begin = [
        loaded.recipe for loaded, stages in zip(recipes, plans, strict=True) if ledger.finished(stages[0]) is None
    ]
    nodes.check(recipes, plans, ledger.out, [base for recipe in to_begin if (base := _own_base(recipe))])


def _run_recipe(loaded: Loaded, stages: Sequence[PlannedStage], ledger: Ledger) -> Summary:
    folder = ledger.claim(loaded)
    with pulse.driving(folder):
        return _run_stages(loaded, stages, ledger, folder)


def _run_stages(loaded: Loaded, stages: Sequence[PlannedStage], ledger: Ledger, folder: Path) -> Summary:
    recipe = loaded.recipe
    log.info("%s (%s, seed %d) -> %s", recipe.name, recipe.variant, recipe.seed, folder)
    log.info("look at it: temper view %s, or %s", folder, folder / "report.html")
    checkpoints: dict[str, Path] = {}
    results: dict[str, dict[str, JsonValue]] = {}
    _say_stages(folder, stages)
    for stage in stages:
        _link_rollouts(folder, stage, ledger.folder(stage))
        known = ledger.finished(stage)
        if known is not None:
            log.info("%s: finished before (%s)", stage.name, stage.folder_name)
        else:
            pulse.at_stage(stage.name)
            try:
                known = _run_stage(stage, loaded, ledger, checkpoints, folder)
            except StageError as error:
                raise StageError("\n".join([str(error), *last_words(folder)])) from error
            with pulse.doing("writes the report"):
                write_report(folder)
        results[stage.name] = known
        # An evaluation makes no checkpoint that a later stage could start from.
        if stage.name != "eval":
            checkpoints[stage.name] = ledger.folder(stage) / "checkpoint"
    summary = _summary(recipe, checkpoints, results)
    if (finding := kept_in(loaded, ledger.out)).is_file():
        write_atomic(folder / "audit.json", finding.read_text())
    write_atomic(folder / "summary.json", json.dumps(summary.as_json(), indent=2) + "\n")
    write_report(folder)
    return summary


def _summary(recipe: Recipe, checkpoints: dict[str, Path], results: dict[str, dict[str, JsonValue]]) -> Summary:
    counts = {
        stage: {name: count for name, count in result.items() if name != "seconds"}
        for stage, result in results.items()
        if stage != "eval"
    }
    scored = results.get("eval", {})
    scores: dict[str, Any] = {name: of for name, of in scored.items() if name not in ("seconds", "suites")}
    suites: Any = scored.get("suites", {})
    return Summary(
        recipe.name,
        recipe.variant,
        recipe.seed,
        {name: str(path) for name, path in checkpoints.items()},
        scores,
        {stage: float(str(result["seconds"])) for stage, result in results.items()},
        counts,
        suites,
    )


def _run_stage(
    stage: PlannedStage, loaded: Loaded, ledger: Ledger, checkpoints: dict[str, Path], folder: Path
) -> dict[str, JsonValue]:
    from temper.pipeline.stages import StageRun, run_stage

    recipe = loaded.recipe
    stage_run = StageRun(stage, recipe, ledger, loaded.plugins, loaded.folder)
    with ledger.lock(stage):
        known = ledger.finished(stage)
        if known is not None:  # a run beside this one finished it while this one waited
            return known
        log.info("%s: running (%s)", stage.name, stage.folder_name)
        start = time.monotonic()
        base = _input(recipe, checkpoints, stage) if stage.name != "eval" else None
        evaluated = _evaluated(recipe, checkpoints) if stage.name == "eval" else []
        with Follower(stage_run.metrics_path, folder, recipe, stage.name, lambda: write_report(folder), stage_run.hold):
            result = run_stage(stage_run, base, evaluated)
        result["seconds"] = round(time.monotonic() - start, 1)
        ledger.finish(stage, result)
        log.info("%s: done in %.0f s", stage.name, result["seconds"])
        return result


def _evaluated(recipe: Recipe, checkpoints: dict[str, Path]) -> list[tuple[str, Path]]:
    """What `eval.checkpoints` names of what there is, in the order of the stages; else the base."""
    assert recipe.eval
    known = dict(checkpoints)
    if "base" not in known and ("base" in recipe.eval.checkpoints or not known) and (own := _own_base(recipe)):
        known["base"] = own
    wanted = [name for name in ("base", "extend", "sft", "rlvr") if name in recipe.eval.checkpoints and name in known]
    last = list(known)[-1:]  # a recipe that makes none of them scores what it has
    return [(name, known[name]) for name in wanted or last]


def _input(recipe: Recipe, checkpoints: dict[str, Path], stage: PlannedStage) -> Path | None:
    """The checkpoint that a stage starts from: the last one made, else the recipe's own base."""
    if checkpoints:
        return list(checkpoints.values())[-1]
    return _own_base(recipe)


def _own_base(recipe: Recipe) -> Path | None:
    """Where a base lies that is not made here."""
    match recipe.base:
        case FolderBase():
            return Path(recipe.base.path)
        case HubBase():
            from huggingface_hub import snapshot_download

            return Path(snapshot_download(recipe.base.name, revision=recipe.base.revision))
    return None


def _say_stages(run_folder: Path, stages: Sequence[PlannedStage]) -> None:
    """Which folders are this recipe's, for whoever looks at the run."""
    said = [{"name": stage.name, "folder": stage.folder_name} for stage in stages]
    write_atomic(run_folder / "stages.json", json.dumps({"stages": said}, indent=2) + "\n")


def _link_rollouts(run_folder: Path, stage: PlannedStage, folder: Path) -> None:
    """Before the stage runs: who looks at the run looks there meanwhile."""
    if stage.name == "rlvr":
        _link(run_folder / "rollouts", folder / "rollouts")
        _link(run_folder / "rollouts-validation", folder / "validation")
    if stage.name == "eval":
        _link(run_folder / "rollouts-eval", folder / "rollouts")


def _link(link: Path, target: Path) -> None:
    """A relative link, so that OUT can be moved; it leads nowhere until there is something."""
    link.unlink(missing_ok=True)
    link.symlink_to(Path("..") / target.relative_to(link.parent.parent))
