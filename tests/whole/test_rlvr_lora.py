"""A tiny run whose RLVR trains adapters alone: the engine takes these, the checkpoint holds whole weights."""

import json
import subprocess
from pathlib import Path

import pytest

from temper.policy.special_tokens import SPECIAL_TOKENS

SMALL = [
    "base.train=null", "sft.steps=2", "sft.packs_per_micro_batch=8", "rlvr.steps=2", "rlvr.problems_per_step=4",
    "rlvr.max_completion_tokens=16", "stages=[extend, sft, rlvr]",
    "cluster.sft.threads=1", "cluster.rlvr.threads=1", "cluster.engine_threads=1", "sandbox.kind=local",
    "rlvr.lora.rank=4", "rlvr.schedule.learning_rate=1e-2", "rlvr.schedule.warmup_steps=0",
    "rlvr.router_loss=1e-2", f"rlvr.stop_tokens={list(SPECIAL_TOKENS[3:])}",  # some of its completions end
]  # fmt: skip


@pytest.mark.slow
def test_rlvr_trains_adapters_and_leaves_whole_weights(tmp_path: Path) -> None:
    from temper.policy.checkpoint import load_model, weights_of

    command = ["temper", "run", "temper:tiny/instruct", "--out", str(tmp_path)]
    done = subprocess.run(
        [*command, *(word for override in SMALL for word in ("--set", override))],
        capture_output=True, text=True, timeout=400,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    checkpoints = json.loads((tmp_path / "tiny-instruct/summary.json").read_text())["checkpoints"]
    before, after = (weights_of(load_model(checkpoints[name])) for name in ("sft", "rlvr"))
    assert after.keys() == before.keys()
    moved = {name for name, tensor in after.items() if not tensor.equal(before[name])}
    # The router's loss, since a model without skill earns nothing; it reaches no further than the last router.
    assert {name for name in before if "layers.0" in name and "_proj" in name} <= moved
    assert moved <= {name for name in before if "_proj" in name}
    lines = [json.loads(line) for line in (tmp_path / "tiny-instruct/metrics.jsonl").read_text().splitlines()]
    rlvr = [line for line in lines if "push/gap_mean" in line]
    # Version 1 is the first that adapters moved.
    assert len(rlvr) == 2 and all(line["push/gap_mean"] < 1e-5 for line in rlvr)
