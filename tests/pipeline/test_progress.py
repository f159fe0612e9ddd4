import io
import json
import logging
import sys
import threading
import time
import types
from pathlib import Path

import pytest

from temper.pipeline.holding import Hold
from temper.pipeline.loading import load
from temper.pipeline.metrics import Metrics
from temper.pipeline.mistakes import StoppedError
from temper.pipeline.progress import Follower


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


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("level", "bar"), [(logging.INFO, True), (logging.WARNING, False)])
def test_on_a_terminal_a_stage_is_one_bar_with_rate_and_time_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, level: int, bar: bool
) -> None:
    caplog.set_level(level, logger="temper")
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    recipe = load("temper:tiny/instruct", ["rlvr.steps=4"]).recipe
    path, run_folder = tmp_path / "stage/metrics.jsonl", tmp_path / "run"
    with Follower(path, run_folder, recipe, "rlvr"):
        Metrics(path, "rlvr").append(1, {"reward": 0.25})
        Metrics(path, "rlvr").append(2, {"reward": 0.5})
    shown = terminal.getvalue()
    assert ("rlvr:  50%" in shown and "2/4" in shown and "reward 0.500" in shown and "steps/s" in shown) == bar
    assert not any("rlvr step" in record.getMessage() for record in caplog.records), "the bar stands for the lines"


def test_an_alarm_is_one_line_that_names_the_worst_group(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    recipe = load("temper:tiny/instruct", ["rlvr.steps=20"]).recipe
    path, run_folder = tmp_path / "stage/metrics.jsonl", tmp_path / "run"
    with Follower(path, run_folder, recipe, "rlvr"):
        for step in range(1, 16):
            values = {"monitor/repeats": 0.9 if step > 11 else 0.1, "monitor_worst/repeats": float(step)}
            Metrics(path, "rlvr").append(step, values)
    (line,) = [record.getMessage() for record in caplog.records if "repeat each other" in record.getMessage()]
    assert line.startswith("step 14: completions of a group repeat each other")
    assert line.endswith("look at #/run/run/group/14/14")
    (row,) = [json.loads(text) for text in (run_folder / "alarms.jsonl").read_text().splitlines()]
    assert (row["step"], row["metric"], row["group"]) == (14, "monitor/repeats", 14)


def alarming(path: Path, run_folder: Path, on_alarm: str, hold: Hold) -> None:
    recipe = load("temper:tiny/instruct", ["rlvr.steps=20", f"rlvr.on_alarm={on_alarm}"]).recipe
    with Follower(path, run_folder, recipe, "rlvr", hold=hold):
        for step in range(1, 16):
            Metrics(path, "rlvr").append(step, {"monitor/exit_calls": 0.5 if step > 11 else 0.0})


def test_an_alarm_pauses_the_run_until_the_file_is_gone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path, run_folder, hold = tmp_path / "stage/metrics.jsonl", tmp_path / "run", Hold(tmp_path / "run/paused.json")
    hold.wait()
    alarming(path, run_folder, "pause", hold)
    assert "delete" in caplog.text and "leave their program early" in json.loads(hold.path.read_text())["text"]
    waiting = threading.Thread(target=hold.wait)
    waiting.start()
    waiting.join(0.3)
    assert waiting.is_alive()
    hold.path.unlink()
    waiting.join(10)
    assert not waiting.is_alive()


def test_an_alarm_stops_the_run_once(tmp_path: Path) -> None:
    path, run_folder, hold = tmp_path / "stage/metrics.jsonl", tmp_path / "run", Hold(tmp_path / "run/paused.json")
    alarming(path, run_folder, "stop", hold)
    with pytest.raises(StoppedError, match="stopped by an alarm: step 14: completions leave their program early"):
        hold.wait()
    alarming(path, run_folder, "stop", hold)
    hold.wait()
    assert not hold.path.exists(), "whoever starts the run again has seen the alarm"
    hold.path.write_text("{")
    hold.wait()


def test_an_alarm_is_a_line_alone_where_the_recipe_says_nothing(tmp_path: Path) -> None:
    hold = Hold(tmp_path / "run/paused.json")
    alarming(tmp_path / "stage/metrics.jsonl", tmp_path / "run", "log", hold)
    assert (tmp_path / "run/alarms.jsonl").is_file() and not hold.path.exists()


def test_the_report_is_renewed_whenever_the_stage_saves(tmp_path: Path) -> None:
    recipe = load("temper:tiny/instruct", ["rlvr.save_every=2", "rlvr.steps=5"]).recipe
    path, run_folder, told = tmp_path / "stage/metrics.jsonl", tmp_path / "run", list[int]()
    with Follower(path, run_folder, recipe, "rlvr", lambda: told.append(len(told))):
        for step in range(1, 6):
            Metrics(path, "rlvr").append(step, {"reward": 0.5})
    assert told == [0, 1], "after the steps 2 and 4"


def followed(tmp_path: Path, tracker: str, steps: int = 2) -> Path:
    """A run folder after `steps` steps of rlvr were followed."""
    recipe = load("temper:tiny/instruct", [f"trackers=[{tracker}]"]).recipe
    path, run_folder = tmp_path / "stage" / "metrics.jsonl", tmp_path / "run"
    with Follower(path, run_folder, recipe, "rlvr"):
        for step in range(1, steps + 1):
            Metrics(path, "rlvr").append(step, {"reward": 0.25 * step})
    return run_folder


def test_tensorboard_holds_each_step(tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(followed(tmp_path, "tensorboard") / "tensorboard" / "tiny-instruct-rlvr"))
    events.Reload()
    assert [(event.step, event.value) for event in events.Scalars("rlvr/reward")] == [(1, 0.25), (2, 0.5)]


class ScriptedTracker(types.ModuleType):
    """The part of wandb's and trackio's interface that is used; `fails_at` a step it raises."""

    def __init__(self, fails_at: int = 0) -> None:
        super().__init__("wandb")
        self.fails_at = fails_at
        self.calls: list[object] = []

    def init(self, project: str, name: str) -> None:
        self.calls.append((project, name))

    def log(self, values: dict[str, float], step: int) -> None:
        if step == self.fails_at:
            raise OSError("the network is down")
        self.calls.append((step, values))

    def finish(self) -> None:
        self.calls.append("finished")


@pytest.mark.parametrize("name", ["wandb", "trackio"])
def test_a_tracker_gets_each_step_and_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    tracker = ScriptedTracker()
    monkeypatch.setitem(sys.modules, name, tracker)
    followed(tmp_path, name)
    steps = [(1, {"rlvr/reward": 0.25}), (2, {"rlvr/reward": 0.5})]
    assert tracker.calls == [("temper", "tiny-instruct-rlvr"), *steps, "finished"]


def test_a_tracker_that_fails_is_left_out_and_the_steps_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="temper")
    tracker = ScriptedTracker(fails_at=2)
    monkeypatch.setitem(sys.modules, "wandb", tracker)
    run_folder = followed(tmp_path, "wandb", steps=3)
    assert tracker.calls == [("temper", "tiny-instruct-rlvr"), (1, {"rlvr/reward": 0.25})]
    assert "Wandb stopped: OSError: the network is down" in caplog.messages
    assert len((run_folder / "metrics.jsonl").read_text().splitlines()) == 3
