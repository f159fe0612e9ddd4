"""The script for the day a GPU is there works: at toy shapes, on a CPU."""

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks/gpu.py"


@pytest.mark.whole
def test_every_measurement_is_made_and_is_right() -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--small"], capture_output=True, text=True, timeout=300
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    by_name = {line["what"]: line for line in lines}
    assert list(by_name) == ["device", "attention", "hosts", "muon", "sft", "learner", "decode"]
    assert all(error < 1e-5 for line in lines if line["what"] == "attention" for error in line["relative_errors"])
    assert by_name["hosts"]["same"] is True
    assert by_name["muon"]["smallest"] > 0.6 and by_name["muon"]["largest"] < 1.3
    assert [line["kind"] for line in lines if line["what"] == "learner"] == ["padded", "real tokens"]
    assert all(math.isfinite(line["seconds"]) for line in lines if "seconds" in line)


@pytest.mark.whole
def test_a_measurement_that_is_none_is_refused() -> None:
    done = subprocess.run([sys.executable, str(SCRIPT), "speed"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and "unknown measurement 'speed'; known: attention, hosts, muon" in done.stderr
