"""The example of a domain variant, in a folder of its own: its problems and its verifier train and score in Ray's
workers."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples/domain_variant"
SMALL = (
    "base.train=null",
    "sft.steps=2",
    "sft.data=[{kind: generated, rows: 200}]",
    "rlvr.steps=2",
    "rlvr.max_empty_share=1",
    "rlvr.problems_per_step=4",
    "rlvr.max_completion_tokens=24",
    "eval.problems=10",
    "eval.samples=2",
    "eval.max_completion_tokens=24",
    "sandbox.kind=local",
)
"""The example at the size of a test."""


@pytest.mark.slow
def test_a_recipe_with_its_own_verifier_trains_from_any_folder(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    shutil.copytree(EXAMPLE, tmp_path, dirs_exist_ok=True)
    sizes = [word for size in SMALL for word in ("--set", size)]
    done = subprocess.run(
        ["temper", "run", "vowels.yaml", "--out", "out", *sizes],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    summary = json.loads((tmp_path / "out/vowels/summary.json").read_text())
    assert summary["variant"] == "instruct" and set(summary["eval"]) == {"sft", "rlvr"}
    assert summary["eval"]["rlvr"]["n"] == 10 and 0 < summary["eval"]["rlvr"]["score"] < 1
    rollouts = pq.read_table(sorted((tmp_path / "out/vowels/rollouts").glob("*.parquet"))[-1]).to_pylist()
    assert len(rollouts) == 32 and {row["outcome"] for row in rollouts} == {"scored"}
    assert all(row["detail"].endswith("letters are vowels") for row in rollouts)
    lines = [json.loads(line) for line in (tmp_path / "out/vowels/metrics.jsonl").read_text().splitlines()]
    assert [(line["stage"], line["step"]) for line in lines] == [
        ("sft", 1),
        ("sft", 2),
        ("rlvr", 1),
        ("rlvr", 2),
    ]
