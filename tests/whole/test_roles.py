"""`kill -9` of an engine, a verifier and a learner in the middle of a run: it ends without being started again."""

import json
import os
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

import psutil
import pytest

ROLES = {"engine": "ray::EngineProcess", "verifier": "ray::JudgeProcess", "learner": "ray::RayTrainWorker"}
STEPS = 14
SMALL = [
    "base.steps=40", "sft.steps=8", f"rlvr.steps={STEPS}", "rlvr.save_every=2", "rlvr.problems_per_step=4",
    "rlvr.rollouts_per_micro_batch=16", "rlvr.max_completion_tokens=24", "rlvr.max_staleness=1",
    "stages=[extend, sft, rlvr]", "sandbox.kind=local",
]  # fmt: skip


def processes(driver: psutil.Process, title: str) -> list[psutil.Process]:
    """Ray's workers are no children of the driver: they are told by their title and their cluster's session."""
    found = []
    for process in psutil.process_iter(["pid", "cmdline", "create_time"]):
        words = process.info["cmdline"] or []
        if words and words[0].startswith(title) and process.info["create_time"] >= driver.create_time():
            found.append(process)
    return found


def wait_for_step(metrics: Path, step: int, driver: "subprocess.Popen[str]") -> None:
    until = time.monotonic() + 240
    while time.monotonic() < until:
        assert driver.poll() is None, "the run ended early"
        lines = metrics.read_text().splitlines() if metrics.exists() else []
        if any(row["stage"] == "rlvr" and row["step"] >= step for row in map(json.loads, lines)):
            return
        time.sleep(0.05)
    raise AssertionError(f"no step {step}")


@pytest.mark.whole
def test_killed_roles_come_back_and_every_step_is_done_once(tmp_path: Path) -> None:
    command = ["temper", "run", "temper:tiny/instruct", "--out", str(tmp_path)]
    command += [word for override in SMALL for word in ("--set", override)]
    with (tmp_path / "log").open("w") as log:
        driver = subprocess.Popen(command, stderr=log, stdout=log, text=True)
    metrics = tmp_path / "tiny-instruct" / "metrics.jsonl"
    try:
        for step, role in ((2, "engine"), (5, "verifier"), (8, "learner")):
            wait_for_step(metrics, step, driver)
            victims = processes(psutil.Process(driver.pid), ROLES[role])
            assert victims, f"no {role} is running"
            os.kill(victims[0].pid, signal.SIGKILL)
        assert driver.wait(timeout=300) == 0, (tmp_path / "log").read_text()[-3000:]
    finally:
        driver.kill()
    rows = [row for row in map(json.loads, metrics.read_text().splitlines()) if row["stage"] == "rlvr"]
    assert [row["step"] for row in rows] == list(range(1, STEPS + 1))
    assert sum(row["rollouts/errors"] for row in rows) == 0
    assert max(row["staleness/max"] for row in rows) <= 1
    rollouts_are_counted_once(tmp_path / "tiny-instruct" / "rollouts")


def rollouts_are_counted_once(folder: Path) -> None:
    import pyarrow.parquet as pq

    trained: Counter[tuple[str, str]] = Counter()
    for path in sorted(folder.glob("step-*.parquet")):
        rows = pq.read_table(path, columns=["problem_id", "completion", "advantage", "policy_version"]).to_pylist()
        assert len(rows) == 32, path
        trained.update({(path.name, row["problem_id"]) for row in rows})
    problems = Counter(problem for _, problem in trained)
    assert len(problems) == 4 * STEPS and set(problems.values()) == {1}, "a problem comes back before the data ends"
