"""`temper prove-resume`: a run that is killed in each training and goes on, beside one that nobody disturbs.

Both are the plain command in processes of their own, in `OUT/whole` and `OUT/killed`; the second one's driver gets
SIGKILL in the middle of SFT and of RLVR. At `max_staleness` 0 on CPU every weight of every checkpoint must be the same
to the bit. Elsewhere the wall clock has a say in what is trained: the held-out scores may differ by `SIGMAS` standard
errors of their difference.
"""

import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from temper.pipeline.loading import Loaded
from temper.pipeline.recipe import Recipe

log = logging.getLogger(__name__)

SIGMAS = 4.0
POLL_S = 0.1


def prove_resume(loaded: Loaded, words: Sequence[str], out: Path) -> list[str]:
    """`words` name the recipe and its overrides for the command line. Returns what differs; raises ValueError when a
    run fails."""
    recipe = loaded.recipe
    _run(words, out / "whole")
    for stage, step in _kills(recipe):
        _run(words, out / "killed", (recipe.name, stage, step))
    _run(words, out / "killed")
    whole, killed = (json.loads((out / run / recipe.name / "summary.json").read_text()) for run in ("whole", "killed"))
    exact = not recipe.rlvr or "rlvr" not in recipe.stages or recipe.rlvr.max_staleness == 0
    on_cpu = not (recipe.cluster.sft.gpus or recipe.cluster.rlvr.gpus or recipe.cluster.engine_gpus)
    if exact and on_cpu:
        return _weights_apart(whole["checkpoints"], killed["checkpoints"]) + _scores_apart(whole, killed, 0.0)
    return _scores_apart(whole, killed, SIGMAS)


def _kills(recipe: Recipe) -> list[tuple[str, int]]:
    """(stage, step after which the driver is killed): the middle of each training whose length the recipe says."""
    trained = (("sft", recipe.sft and recipe.sft.steps), ("rlvr", recipe.rlvr and recipe.rlvr.steps))
    return [(stage, max(1, steps // 2)) for stage, steps in trained if steps and stage in recipe.stages]


def _run(words: Sequence[str], out: Path, kill_at: tuple[str, str, int] | None = None) -> None:
    """The command, to its end or until a step of a stage stands in its metrics."""
    out.mkdir(parents=True, exist_ok=True)
    said = out / "log"
    log.info("%s: running%s", out, f" until {kill_at[1]} step {kill_at[2]}, then SIGKILL" if kill_at else "")
    with said.open("a") as file:
        command = [sys.executable, "-m", "temper.pipeline", "run", *words, "--out", str(out)]
        driver = subprocess.Popen(command, stdout=file, stderr=file, stdin=subprocess.DEVNULL)
    while driver.poll() is None:
        if kill_at and _reached(out, *kill_at):
            os.kill(driver.pid, signal.SIGKILL)
            driver.wait()
            return
        time.sleep(POLL_S)
    if driver.returncode or kill_at:
        why = f"ended with status {driver.returncode}" if driver.returncode else "ended before it could be killed"
        raise ValueError(f"{out}: the run {why}; see {said}")


def _reached(out: Path, name: str, stage: str, step: int) -> bool:
    metrics = out / name / "metrics.jsonl"
    lines = metrics.read_text().splitlines() if metrics.exists() else []
    return any(f'"stage": "{stage}", "step": {step},' in line for line in lines)


def _weights_apart(whole: dict[str, str], killed: dict[str, str]) -> list[str]:
    from temper.policy.checkpoint import load_model, tensor_hashes, weights_of

    found = []
    for stage in whole:
        a, b = (tensor_hashes(weights_of(load_model(run[stage]))) for run in (whole, killed))
        different = [name for name in a if a[name] != b[name]]
        log.info("%s: %d of %d tensors the same to the bit", stage, len(a) - len(different), len(a))
        if different:
            found.append(f"{stage}: {len(different)} of {len(a)} tensors differ, first {different[0]!r}")
    return found


def _scores_apart(whole: dict[str, Any], killed: dict[str, Any], sigmas: float) -> list[str]:
    found = []
    for stage, score in (whole["eval"] or {}).items():
        other = killed["eval"][stage]
        # Standard errors 0.02 and 0.015: 4 x sqrt(0.0004 + 0.000225) = 0.1.
        allowed = sigmas * (score["stderr"] ** 2 + other["stderr"] ** 2) ** 0.5
        log.info("%s: score %.4f whole, %.4f killed", stage, score["score"], other["score"])
        if abs(score["score"] - other["score"]) > allowed:
            found.append(
                f"eval of {stage}: {score['score']:.4f} and {other['score']:.4f}, more than {allowed:.4f} apart"
            )
    return found
