"""Tables of groups and dialogues for the trackers."""

import sys
import types
from pathlib import Path
from typing import Any

import pytest
from made_run import make_run
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from temper.pipeline.loading import load
from temper.pipeline.metrics import Metrics
from temper.pipeline.progress import Follower
from temper.pipeline.trackers import COLUMNS, GROUPS, LONGEST, sampled


def followed(tmp_path: Path, tracker: str, steps: int = 3) -> Path:
    """The folder of a run whose steps have rollouts, after a Follower read them; it saves every second one."""
    folder: Path = make_run(tmp_path, steps=steps)
    recipe = load("temper:tiny/instruct", [f"trackers=[{tracker}]", "rlvr.save_every=2"]).recipe
    path = tmp_path / "metrics.jsonl"
    with Follower(path, folder, recipe, "rlvr"):
        for step in range(1, steps + 1):
            Metrics(path, "rlvr").append(step, {"reward": 0.5})
    return folder


def test_a_steps_groups_are_rows_with_mixed_groups_first(tmp_path: Path) -> None:
    found = sampled(make_run(tmp_path), 3)
    groups = list(dict.fromkeys(row["group"] for row in found.rows))
    spread = [len({row["reward"] for row in found.rows if row["group"] == group} - {None}) > 1 for group in groups]
    assert len(groups) == GROUPS and spread == sorted(spread, reverse=True)
    assert all(tuple(row) == COLUMNS for row in found.rows)
    assert all(len(str(row["completion"])) <= LONGEST for row in found.rows)
    for messages, row in found.dialogues:
        assert [one["role"] for one in messages] == ["user", "assistant"] and messages[-1]["content"] == row[
            "completion"
        ]
        assert messages[0]["content"] == row["prompt"]


def test_a_group_is_shown_by_its_worst_and_its_best(tmp_path: Path) -> None:
    found = sampled(make_run(tmp_path), 3)
    for group in {row["group"] for row in found.rows}:
        scores = [float(str(row["score"])) for row in found.rows if row["group"] == group and row["score"] is not None]
        shown = [row["score"] for _, row in found.dialogues if row["group"] == group]
        assert shown == [min(scores), max(scores)]


def test_tensorboard_gets_texts_of_the_steps_that_save(tmp_path: Path) -> None:
    events = EventAccumulator(str(followed(tmp_path, "tensorboard") / "tensorboard/tiny-instruct-rlvr"))
    events.Reload()
    tags = [tag for tag in events.Tags()["tensors"] if tag.startswith("rlvr/groups/")]
    assert len(tags) == 2 * GROUPS
    (event,) = events.Tensors(tags[0])
    said = event.tensor_proto.string_val[0].decode()
    assert event.step == 2 and "**score**" in said and "*assistant*" in said
    (hostile,) = [t for tag in tags if "<script>" in (t := events.Tensors(tag)[0].tensor_proto.string_val[0].decode())][
        :1
    ]
    assert all(line.startswith("    ") for line in hostile.splitlines() if "<script>" in line), "shown, never read"


class Scripted(types.ModuleType):
    """The part of wandb's and trackio's interface that is used."""

    def __init__(self) -> None:
        super().__init__("tracker")
        self.logged: list[tuple[int, dict[str, Any]]] = []

    def init(self, project: str, name: str) -> None:
        pass

    def log(self, values: dict[str, Any], step: int) -> None:
        self.logged.append((step, values))

    def finish(self) -> None:
        pass

    def Table(self, columns: list[str], data: list[list[Any]]) -> tuple[str, list[str], list[list[Any]]]:  # noqa: N802
        return "table", columns, data

    def Trace(self, messages: list[dict[str, Any]], metadata: dict[str, Any]) -> tuple[str, Any, Any]:  # noqa: N802
        return "trace", messages, metadata


@pytest.mark.parametrize(("name", "traces"), [("wandb", 0), ("trackio", 2 * GROUPS)])
def test_wandb_gets_a_table_and_trackio_traces_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, traces: int
) -> None:
    module = Scripted()
    monkeypatch.setitem(sys.modules, name, module)
    followed(tmp_path, name)
    shown = [(step, value) for step, values in module.logged for value in values.values() if isinstance(value, tuple)]
    assert {step for step, _ in shown} == {2}
    ((_, columns, data),) = [value for _, value in shown if value[0] == "table"]
    assert columns == list(COLUMNS) and {len(row) for row in data} == {len(COLUMNS)} and len(data) == 4 * GROUPS
    found = [value for _, value in shown if value[0] == "trace"]
    assert len(found) == traces
    assert all(messages[-1]["role"] == "assistant" and "score" in metadata for _, messages, metadata in found)


def test_a_step_without_rollouts_is_said_and_its_numbers_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    module = Scripted()
    monkeypatch.setitem(sys.modules, "wandb", module)
    folder = make_run(tmp_path, steps=3)
    (folder / "rollouts/step-000002.parquet").write_bytes(b"half")
    recipe = load("temper:tiny/instruct", ["trackers=[wandb]", "rlvr.save_every=2"]).recipe
    path = tmp_path / "metrics.jsonl"
    with Follower(path, folder, recipe, "rlvr"):
        for step in range(1, 4):
            Metrics(path, "rlvr").append(step, {"reward": 0.5})
    assert [step for step, _ in module.logged] == [1, 2, 3]
    assert any("step 2: no groups for the trackers: step-000002.parquet" in line for line in caplog.messages)
