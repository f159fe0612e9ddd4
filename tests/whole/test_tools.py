"""The recipe that learns to call, cut short: rollouts of several turns through the whole line, and `kill -9` of who has
a part in a dialogue while it trains. Every step is done once, and no rollout counts twice."""

import contextlib
import json
import random
import subprocess
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest

SMALL = [
    "base.train.steps=100", "base.train.packs_per_step=4", "base.train.packs_per_micro_batch=4",
    "base.train.schedule.decay_steps=50", "sft.steps=60",
    "sft.packs_per_step=4", "sft.packs_per_micro_batch=4", "rlvr.save_every=2",
    "rlvr.problems_per_step=4", "rlvr.max_staleness=1", "rlvr.max_empty_share=1", "eval.problems=16",
    "eval.samples=2", "sandbox.kind=local",
]  # fmt: skip
"""Enough for the model to call, and mostly to copy what it reads wrong."""


class Run:
    def __init__(self, out: Path, steps: int) -> None:
        self.folder, self.log = out / "tiny-tools", out / "log"
        self.command = ["temper", "run", "temper:tiny/tools", "--out", str(out)]
        self.command += [word for override in (*SMALL, f"rlvr.steps={steps}") for word in ("--set", override)]
        self.start()

    def start(self) -> None:
        with self.log.open("a") as log:
            self.driver = subprocess.Popen(self.command, stderr=log, stdout=log, text=True)

    def lines(self) -> list[dict[str, Any]]:
        path = self.folder / "metrics.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        return [line for line in map(json.loads, lines) if line["stage"] == "rlvr"]

    def wait_for_step(self, step: int) -> None:
        until = time.monotonic() + 600
        while not any(line["step"] >= step for line in self.lines()):
            assert self.driver.poll() is None, f"the run ended early: {self.log.read_text()[-3000:]}"
            assert time.monotonic() < until, f"no step {step}"
            time.sleep(0.05)

    def kill(self, role: str) -> None:
        if role == "driver":
            self.driver.kill()
            self.driver.wait()
            self.start()
        else:
            self.process(role).kill()

    def process(self, role: str) -> psutil.Process:
        """One of that role, which may still have to come up; a slot is a child of a session actor."""
        until = time.monotonic() + 300
        while time.monotonic() < until:
            for process in psutil.Process(self.driver.pid).children(recursive=True):
                with contextlib.suppress(psutil.NoSuchProcess):
                    title = " ".join(process.cmdline())
                    if title.startswith(f"ray::{role}"):
                        return process
                    if role == "slot" and title.startswith("ray::SessionProcess") and (slots := process.children()):
                        return slots[0]
            time.sleep(0.1)
        raise AssertionError(f"no {role} is running")


def rollouts(folder: Path) -> list[dict[str, Any]]:
    import pyarrow.parquet as pq

    files = sorted((folder / "rollouts").glob("step-*.parquet"))
    return [row | {"file": path.name} for path in files for row in pq.read_table(path).to_pylist()]


@pytest.mark.whole
def test_a_run_whose_rollouts_call_survives_kills_in_the_middle_of_dialogues(tmp_path: Path) -> None:
    check(tmp_path, 6, [(1, "SessionProcess"), (2, "EngineProcess"), (3, "slot"), (4, "driver")])


@pytest.mark.slow
def test_ten_kills_of_a_slot(tmp_path: Path) -> None:
    check(tmp_path, 12, [(step, "slot") for step in range(1, 11)])


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_ten_kills_of_each_at_random_moments_of_dialogues(tmp_path: Path, seed: int) -> None:
    """Five of each a run."""
    draw = random.Random(seed)
    roles = ["SessionProcess", "EngineProcess", "driver"] * 5
    draw.shuffle(roles)
    check(tmp_path, 18, list(enumerate(roles, 1)), draw)


def check(out: Path, steps: int, kills: Sequence[tuple[int, str]], draw: random.Random | None = None) -> None:
    """A run of so many steps, with a kill behind each of these."""
    run = Run(out, steps)
    try:
        for step, role in kills:
            run.wait_for_step(step)
            time.sleep(draw.random() if draw else 0.0)
            run.kill(role)
        assert run.driver.wait(timeout=900) == 0, run.log.read_text()[-3000:]
    finally:
        run.driver.kill()
        run.driver.wait()
    lines = run.lines()
    assert [line["step"] for line in lines] == list(range(1, steps + 1))
    assert sum(line["rollouts/errors"] for line in lines) == 0
    assert sum(line["calls/rollout"] for line in lines) > 1 and max(line["turns/max"] for line in lines) >= 2
    assert {"turns/mean", "calls/valid", "seconds/tools", "sessions/open", "sessions/replayed"} <= lines[-1].keys()
    rows = rollouts(run.folder)
    counts = Counter((row["file"], row["group"]) for row in rows)
    assert set(counts.values()) == {8} and len({row["problem_id"] for row in rows}) == len(counts)
    told = [json.loads(row["turns"]) for row in rows]
    answered = [call for turns in told for turn in turns for call in turn["calls"]]
    assert answered and {call["name"] for call in answered if not call["fault"]} <= {"python", "sum_column"}
    assert all(turns[-1]["read"] == 0 and all(turn["read"] for turn in turns[:-1]) for turns in told if turns)
    summary = json.loads((run.folder / "summary.json").read_text())
    assert summary["eval"]["rlvr"]["n"] == 16
    words = ["temper", "recompute", str(run.folder)]
    again = subprocess.run(words, capture_output=True, text=True, timeout=300)
    assert again.returncode == 0 and f"{steps} steps" in again.stdout, again.stdout + again.stderr
