"""`kill -9` of the driver in each stage, then the same command again: the same products, no stage done twice."""

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

SMALL = [
    "base.train.steps=12", "base.train.schedule.warmup_steps=2", "base.train.schedule.decay_steps=4",
    "sft.steps=8", "sft.save_every=3", "rlvr.steps=6", "rlvr.save_every=2",
    "rlvr.problems_per_step=4", "rlvr.max_completion_tokens=24",
    "rlvr.schedule.warmup_steps=0", "rlvr.max_staleness=0", "eval.problems=20", "eval.samples=2",
    "eval.max_completion_tokens=24", "sandbox.kind=local",
    "rlvr.max_empty_share=1",  # a model of so few steps ends no completion
]  # fmt: skip


def command(out: Path, *more: str) -> list[str]:
    words = ["temper", "run", "temper:tiny/thinking", "--out", str(out)]
    return [*words, *(word for override in (*SMALL, *more) for word in ("--set", override))]


def killed_at(out: Path, sight: str, *more: str) -> str:
    """Runs until a line of the log holds `sight`, kills the driver alone, and returns the log."""
    driver = subprocess.Popen(command(out, *more), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    log = ""
    assert driver.stderr
    for line in driver.stderr:
        log += line
        if sight in line:
            os.kill(driver.pid, signal.SIGKILL)
            break
    driver.wait(timeout=900)
    driver.stderr.close()
    assert sight in log, log[-3000:]
    return log


def products(out: Path, trained: tuple[str, ...]) -> dict[str, object]:
    """Of the folder, with the steps of the stages that were trained there."""
    from temper.policy.checkpoint import load_model, tensor_hashes, weights_of

    summary = json.loads((out / "tiny-thinking/summary.json").read_text())
    hashes = {name: tensor_hashes(weights_of(load_model(p))) for name, p in summary["checkpoints"].items()}
    lines = [json.loads(line) for line in (out / "tiny-thinking/metrics.jsonl").read_text().splitlines()]
    steps = [(line["stage"], line["step"], line["loss"]) for line in lines if line["stage"] in trained]
    return {"hashes": hashes, "eval": summary["eval"], "steps": steps}


@pytest.mark.slow
def test_a_kill_in_each_phase_of_pre_training_leaves_the_same_base_and_head(tmp_path: Path) -> None:
    few = ("stages=[extend]", "base.train.save_every=1", "base.train.steps=30")
    for sight, ends in ((3, 9), (14, 21), (24, 30)):
        killed_at(tmp_path / "killed", f"base step {sight}/30", *few)
        time.sleep(1)
        (metrics,) = (tmp_path / "killed").glob("stages/base-*/metrics.jsonl")
        last = json.loads(metrics.read_text().splitlines()[-1])["step"]
        assert sight <= last < ends, "the training outlives its driver by some steps, and is to die in this phase"
    made = []
    for out in (tmp_path / "killed", tmp_path / "whole"):
        done = subprocess.run(command(out, *few), capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr[-3000:]
        (base,) = out.glob("stages/base-*")
        files = [(base / "checkpoint" / name).read_bytes() for name in ("model.safetensors", "mtp/model.safetensors")]
        lines = [json.loads(line) for line in (base / "metrics.jsonl").read_text().splitlines()]
        made.append((files, [(line["step"], line["loss"], line["mtp_loss"]) for line in lines]))
    assert made[0] == made[1] and len(made[0][1]) == 30


@pytest.mark.slow
def test_prove_resume_finds_a_resumed_run_the_same_to_the_bit(tmp_path: Path) -> None:
    words = ["temper", "prove-resume", "temper:tiny/thinking", "--out", str(tmp_path)]
    words += [word for override in SMALL for word in ("--set", override)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=1800)
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    assert done.stdout == "the resumed run is the same\n"
    assert "rlvr: 47 of 47 tensors the same to the bit" in done.stderr


@pytest.mark.parametrize(
    "sights",
    [
        pytest.param(("rlvr step 3/",), marks=pytest.mark.whole, id="rlvr"),
        pytest.param(
            ("base: running", "sft step 5/", "rlvr step 3/", "eval: running"), marks=pytest.mark.slow, id="all stages"
        ),
    ],
)
def test_a_killed_driver_goes_on_to_the_same_products(tmp_path: Path, sights: tuple[str, ...]) -> None:
    for sight in sights:
        killed_at(tmp_path / "killed", sight)
        time.sleep(1)
    done = subprocess.run(command(tmp_path / "killed"), capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr[-3000:]
    for stage in ("base", "extend", "sft", "rlvr") if "eval: running" in sights else ("base", "extend", "sft"):
        assert f"{stage}: finished before" in done.stderr, done.stderr
    trained: tuple[str, ...] = ("sft", "rlvr")
    if "eval: running" not in sights:
        trained = ("rlvr",)
        # Nobody was killed in these: they are the whole run's as well.
        for stage in ("base", "extend", "sft"):
            for made in (tmp_path / "killed/stages").glob(f"{stage}-*"):
                shutil.copytree(made, tmp_path / "whole/stages" / made.name)
    whole = subprocess.run(command(tmp_path / "whole"), capture_output=True, text=True, timeout=900)
    assert whole.returncode == 0, whole.stderr[-3000:]
    assert products(tmp_path / "killed", trained) == products(tmp_path / "whole", trained)
    words = ["temper", "recompute", str(tmp_path / "killed/tiny-thinking")]
    again = subprocess.run(words, capture_output=True, text=True, timeout=100)
    assert again.returncode == 0 and "6 steps, 2 checkpoints" in again.stdout, again.stdout + again.stderr
