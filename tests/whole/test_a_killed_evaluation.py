"""`kill -9` of `temper eval` in the middle of a suite: the same command goes on, and what is scored is not sampled
again."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from temper.pipeline.scoring import PART, read_scores
from temper.policy.bases import TinyBase
from temper.policy.chat import dress
from temper.policy.checkpoint import load_model, load_tokenizer, save
from temper.policy.tiny import write_untrained
from temper.recipes import tiny
from temper.rlvr.record import read_rollouts

PARTS = 4
SUITE = f"""
benchmarks:
  - name: greedy
    data: [{{kind: generated, split: held_out, rows: {PARTS * PART}}}]
    max_completion_tokens: 8
"""


def checkpoint(folder: Path) -> Path:
    section = TinyBase(
        hidden=32, heads=4, kv_heads=2, experts=4, expert_width=16, vocabulary=384, window=16, context=256,
    )  # fmt: skip
    write_untrained(section, list(tiny.text(300, 0)), seed=0, out=folder / "base")
    save(load_model(folder / "base"), dress(load_tokenizer(folder / "base"), "instruct"), folder / "checkpoint")
    return folder / "checkpoint"


def started(tmp_path: Path, out: str, seen: Path) -> "subprocess.Popen[bytes]":
    words = ["temper", "eval", "temper:tiny/instruct", "--checkpoint", str(seen), "--out", str(tmp_path / out)]
    words += ["--suite", str(tmp_path / "mine.yaml"), "--set", "eval.problems=1", "--set", "eval.samples=1"]
    words += ["--set", "eval.max_completion_tokens=4", "--set", "sandbox.kind=local"]
    with (tmp_path / f"{out}.log").open("a") as log:
        return subprocess.Popen(words, stdout=log, stderr=log)


def texts(folder: Path) -> dict[str, str]:
    return {
        problem.id: row["completion"]
        for path in sorted(folder.glob("part-*.parquet"))
        for problem, row in read_rollouts(path)
    }


@pytest.mark.whole
def test_a_killed_evaluation_goes_on_and_samples_no_scored_row_again(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(SUITE)
    made = checkpoint(tmp_path)
    killed = started(tmp_path, "killed", made)
    until = time.monotonic() + 600
    while not (before := sorted(tmp_path.glob("killed/scores/greedy-*/part-*.json"))):
        assert killed.poll() is None and time.monotonic() < until, (tmp_path / "killed.log").read_text()[-3000:]
        time.sleep(0.01)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    stamps = {path: path.stat().st_mtime_ns for path in before}
    assert started(tmp_path, "killed", made).wait(600) == 0, (tmp_path / "killed.log").read_text()[-3000:]
    assert {path: path.stat().st_mtime_ns for path in before} == stamps
    assert 0 < len(before) < PARTS
    (folder,) = (tmp_path / "killed/scores").glob("greedy-*")
    assert len(texts(folder)) == len(read_scores(folder)) == PARTS * PART
