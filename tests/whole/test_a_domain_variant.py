"""A recipe in an empty folder, with its own problems and its own verifier, trains and scores in the Ray workers."""

import json
import subprocess
from pathlib import Path

RECIPE = """
extends: temper:tiny/instruct
name: vowels
base: {steps: 4}
sft: {steps: 2, data: [{kind: generated, rows: 200}]}
rlvr:
  data: [{kind: file, path: problems.jsonl, rows: 30}]
  steps: 2
  problems_per_step: 4
  rollouts_per_micro_batch: 32
  max_completion_tokens: 24
held_out: [{kind: file, path: problems.jsonl, skip: 30}]
eval: {problems: 10, samples: 2, max_completion_tokens: 24}
sandbox: {kind: local}
"""
VERIFIER = '''
import os

from temper.verifiers.problem import Problem
from temper.verifiers.verdict import Verdict, scored
from temper.verifiers.verifier import Sandbox, Verifier


class Mine(Verifier):
    """The share of vowels among the letters."""

    def verify(self, problem: Problem, completion: str, sandbox: Sandbox | None = None) -> Verdict:
        letters = [c for c in completion.lower() if c.isalpha()]
        share = sum(c in "aeiou" for c in letters) / max(len(letters), 1)
        return scored(share, f"judged in process {os.getpid()}")
'''


def test_a_recipe_with_its_own_verifier_trains_from_any_folder(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    rows = [{"id": f"w{i}", "prompt": f"Say {i}.", "verifier": "my_verifier:Mine"} for i in range(40)]
    (tmp_path / "problems.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "my_verifier.py").write_text(VERIFIER)
    (tmp_path / "vowels.yaml").write_text(RECIPE)
    done = subprocess.run(
        ["temper", "run", "vowels.yaml", "--out", "out"],
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
    assert all(row["detail"].startswith("judged in process") for row in rollouts)
    lines = [json.loads(line) for line in (tmp_path / "out/vowels/metrics.jsonl").read_text().splitlines()]
    assert [(line["stage"], line["step"]) for line in lines] == [
        ("sft", 1),
        ("sft", 2),
        ("rlvr", 1),
        ("rlvr", 2),
    ]
