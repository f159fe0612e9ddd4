import json
import logging
import time
from pathlib import Path

import pytest

from temper.pipeline.loading import load
from temper.pipeline.metrics import Metrics
from temper.pipeline.progress import Follower
from temper.pipeline.report import Summary, final_table, write_report


def test_the_follower_copies_each_step_once_and_prints_the_time_left(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="temper")
    recipe = load("temper:tiny/instruct", ["rlvr.steps=4"]).recipe
    path, run_folder = tmp_path / "stage" / "metrics.jsonl", tmp_path / "run"
    Metrics(run_folder / "metrics.jsonl", "sft").append(9, {"loss": 1.0})
    with Follower(path, run_folder, recipe, "rlvr"):
        writer = Metrics(path, "rlvr")
        for step in (1, 2, 3):
            writer.append(step, {"reward": 0.25 * step, "groups/mixed": 0.5, "seconds/generate": 1.5})
            time.sleep(0.05)
    rows = [json.loads(line) for line in (run_folder / "metrics.jsonl").read_text().splitlines()]
    assert [(row["stage"], row["step"]) for row in rows] == [("sft", 9), ("rlvr", 1), ("rlvr", 2), ("rlvr", 3)]
    lines = [record.getMessage() for record in caplog.records]
    assert lines[-1].startswith("rlvr step 3/4  reward 0.750  mixed 0.50  (generate 1.5s)")
    assert "left 0m" in lines[-1]


def test_the_final_table_says_what_rlvr_added(tmp_path: Path) -> None:
    scores = {
        "sft": {"score": 0.25, "stderr": 0.01, "n": 500},
        "rlvr": {"score": 0.5, "stderr": 0.02, "n": 500},
    }
    summary = Summary("tiny", "instruct", 0, {"rlvr": "/somewhere"}, scores, {"rlvr": 61.0})
    assert "tiny                     rlvr     0.500   0.020   500  +0.250" in final_table([summary])
    metrics = Metrics(tmp_path / "metrics.jsonl", "rlvr")
    for step in (1, 2, 3):
        metrics.append(step, {"reward": step / 4})
    write_report(tmp_path, summary)
    page = (tmp_path / "report.html").read_text()
    assert "rlvr reward: 0.25 to 0.75, steps 1 to 3" in page and "<polyline" in page
