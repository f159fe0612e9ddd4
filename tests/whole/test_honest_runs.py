"""Honest runs raise none of the proofs' faults, and each of their numbers comes again from their rollouts."""

import json
import subprocess
from pathlib import Path

import pytest

SMALL = [
    "base.train.steps=150", "base.train.schedule.decay_steps=75", "sft.steps=40", "rlvr.steps=12",
    "rlvr.problems_per_step=8",
    "rlvr.max_completion_tokens=32", "eval.problems=40", "eval.samples=2", "eval.max_completion_tokens=32",
    "sandbox.kind=local", "audit.rows=4",
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("variant", ["instruct", "thinking"])
def test_an_honest_run_ends(tmp_path: Path, variant: str, seed: int) -> None:
    words = ["temper", "run", f"temper:tiny/{variant}", "--out", str(tmp_path)]
    overrides = [*SMALL, f"seed={seed}", f"rlvr.max_staleness={seed % 3}", "rlvr.max_empty_share=1"]
    words += [word for override in overrides for word in ("--set", override)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=1800)
    assert done.returncode == 0, done.stderr[-3000:]
    folder = tmp_path / f"tiny-{variant}"
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    steps = [line for line in lines if line["stage"] == "rlvr"]
    assert [line["step"] for line in steps] == list(range(1, 13))
    assert max(line["logprob_gap/mean"] for line in steps if not line["staleness/max"]) < 1e-5
    again = subprocess.run(["temper", "recompute", str(folder)], capture_output=True, text=True, timeout=100)
    assert again.returncode == 0, again.stdout
