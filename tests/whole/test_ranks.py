"""Two Ray Train ranks on CPU (gloo) with DeepSpeed run SFT and RLVR of the tiny model."""

import json
import subprocess
from pathlib import Path

import pytest

SMALL = [
    "base.train=null", "sft.steps=2", "sft.packs_per_micro_batch=8", "rlvr.steps=1", "rlvr.problems_per_step=4",
    "rlvr.max_completion_tokens=16", "stages=[extend, sft, rlvr]",
    "cluster.sft.ranks=2", "cluster.rlvr.ranks=2", "cluster.sft.threads=1", "cluster.rlvr.threads=1",
    "sandbox.kind=local",
    "rlvr.max_empty_share=1",  # a model of so few steps ends no completion
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("zero", ["zero2", "zero3"])
def test_two_ranks_train_both_stages(tmp_path: Path, zero: str) -> None:
    from temper.policy.checkpoint import load_model, tensor_hashes, weights_of

    overrides = [*SMALL, f"cluster.sft.deepspeed={zero}", f"cluster.rlvr.deepspeed={zero}"]
    command = ["temper", "run", "temper:tiny/instruct", "--out", str(tmp_path)]
    done = subprocess.run(
        [*command, *(word for override in overrides for word in ("--set", override))],
        capture_output=True, text=True, timeout=400,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    checkpoints = json.loads((tmp_path / "tiny-instruct/summary.json").read_text())["checkpoints"]
    hashes = {name: tensor_hashes(weights_of(load_model(path))) for name, path in checkpoints.items()}
    assert hashes["base"] == hashes["extend"]
    assert all(hashes["sft"][name] != hash_ for name, hash_ in hashes["extend"].items() if "experts" in name)
    lines = [json.loads(line) for line in (tmp_path / "tiny-instruct/metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [1, 2, 1]
    # The rank's own logprobs agree with the engine's: the weights that were gathered are the trained ones.
    assert lines[-1]["logprob_gap/mean"] < 1e-4
