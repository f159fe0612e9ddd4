"""Follows a stage's `metrics.jsonl` while it grows: one line a step with the time left, a copy, trackers.

Metrics files are the truth; trackers only read them, and one that fails is left out with a warning. Polls, because
the writer is another process, perhaps on another machine with a shared file system.
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from temper.pipeline import pulse
from temper.pipeline.bar import StageBar
from temper.pipeline.holding import Hold
from temper.pipeline.metrics import Metrics, read_metrics
from temper.pipeline.recipe import Recipe
from temper.pipeline.trackers import Tracker, sampled, tracker
from temper.policy.health import EMPTY, why_empty
from temper.rlvr.monitor import Alarm, Alarms
from temper.sft.section import SftSection

log = logging.getLogger(__name__)

POLL_S = 0.3


class Follower:
    """Follows from entry to exit; what the writer appended before the exit is read to the end."""

    def __init__(
        self,
        path: Path,
        run_folder: Path,
        recipe: Recipe,
        stage: str,
        report: Callable[[], None] = lambda: None,
        hold: Hold | None = None,
    ) -> None:
        """`report` is called whenever the stage saves; `hold` is set by an alarm, where the recipe says so."""
        self.hold, self.on_alarm = hold, recipe.rlvr.on_alarm if recipe.rlvr else "log"
        self.known: set[tuple[int, str]] = set()
        """Alarms of before the stage was started again, by step and metric: whoever started it has seen them."""
        self.report, self.save_every = report, _save_every(recipe, stage)
        self.source = Metrics(path, stage)
        self.copy = Metrics(run_folder / "metrics.jsonl", stage)
        self.alarms, self.alarms_file = Alarms(), Metrics(run_folder / "alarms.jsonl", stage)
        self.run_folder, self.run_name = run_folder, run_folder.name
        self.stage = stage
        self.total = _steps(recipe, stage)
        self.trackers = [tracker(name, f"{recipe.name}-{stage}", run_folder) for name in recipe.trackers]
        self.last = 0
        self.started = time.monotonic()
        self.first: int | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> Self:
        # A resumed training writes its past steps again from its checkpoint, so both files start empty.
        self.source.restart(0)
        self.copy.restart(0)
        self.known = {(row["step"], row["metric"]) for row in read_metrics(self.alarms_file.path)}
        self.alarms_file.restart(0)
        if self.hold is not None:
            self.hold.release()
        self.bar = StageBar(self.stage, self.total)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        self.bar.close()
        self._track(lambda tracker: tracker.finish())

    def _follow(self) -> None:
        done = False
        while not done:
            # Then read, also the last time: what the writer appended before the stop is there by now.
            done = self._stop.wait(POLL_S)
            for row in self._new_rows():
                with pulse.doing(f"tells of step {row['step']}"):
                    self._take(row)

    def _new_rows(self) -> list[dict[str, Any]]:
        if not self.source.path.exists():
            return []
        whole, _, _ = self.source.path.read_text().rpartition("\n")  # the last line may be half written
        rows = [json.loads(line) for line in whole.splitlines()]
        new = [row for row in rows if row["step"] > self.last]
        self.last = max((row["step"] for row in new), default=self.last)
        return new

    def _take(self, row: dict[str, Any]) -> None:
        step, values = row["step"], {k: v for k, v in row.items() if k not in ("stage", "step")}
        self.copy.append(step, values)
        self._track(lambda tracker: tracker.log({f"{self.stage}/{n}": value for n, value in values.items()}, step))
        if self.first is None:
            self.first, self.started = step, time.monotonic()
        line = self._line(step, values)
        if not self.bar.show(step, line.partition("  ")[2]):
            log.info("%s", line)
        for alarm in self.alarms.take(values) if self.stage == "rlvr" else []:
            self._tell(step, alarm)
        if self.save_every and step % self.save_every == 0:
            if self.trackers and self.stage == "rlvr":
                self._show(step)
            with pulse.doing("writes the report"):
                self.report()

    def _tell(self, step: int, alarm: Alarm) -> None:
        group = f"; look at #/run/{self.run_name}/group/{step}/{alarm.group}" if alarm.group is not None else ""
        log.warning("step %d: %s%s", step, alarm.text, group)
        self.alarms_file.append(step, {"metric": alarm.metric, "text": alarm.text, "group": alarm.group})
        if self.hold is not None and self.on_alarm != "log" and (step, alarm.metric) not in self.known:
            if self.on_alarm == "pause":
                log.warning("rlvr.on_alarm: paused; delete %s to go on", self.hold.path)
            self.hold.set(self.on_alarm, f"step {step}: {alarm.text}")

    def _show(self, step: int) -> None:
        """Some of the step's groups, where its rollouts are there."""
        try:
            found = sampled(self.run_folder, step)
        except (LookupError, ValueError) as error:
            log.warning("step %d: no groups for the trackers: %s", step, error)
        else:
            self._track(lambda tracker: tracker.show(f"{self.stage}/groups", found, step))

    def _track(self, does: Callable[[Tracker], None]) -> None:
        for told in list(self.trackers):
            try:
                with pulse.doing(f"tells {type(told).__name__}"):
                    does(told)
            except Exception as error:  # a tracker's failure must not hide the steps
                log.warning("%s stopped: %s: %s", type(told).__name__, type(error).__name__, error)
                self.trackers.remove(told)

    def _line(self, step: int, values: Mapping[str, float]) -> str:
        parts = [f"{self.stage} step {step}" + (f"/{self.total}" if self.total else "")]
        parts += [f"{name} {values[key]:{form}}" for key, name, form in _SHOWN if key in values]
        if values.get(EMPTY):
            parts.append(f"nothing to learn: {why_empty(values)}")
        times = [(name, values[f"seconds/{name}"]) for name in _TIMES if f"seconds/{name}" in values]
        if times:
            parts.append("(" + " ".join(f"{name} {seconds:.1f}s" for name, seconds in times) + ")")
        if self.total and self.first is not None and step > self.first:
            # The time a step since the first that was seen here: a resumed run does not count what it skipped.
            left = (time.monotonic() - self.started) / (step - self.first) * (self.total - step)
            parts.append(f"left {left // 60:.0f}m{left % 60:02.0f}s")
        return "  ".join(parts)


_TIMES = ("generate", "verify", "wait", "train", "push")
_SHOWN = (
    ("reward", "reward", ".3f"),
    ("groups/mixed", "mixed", ".2f"),
    ("completion/tokens", "len", ".0f"),
    ("staleness/max", "stale", ".0f"),
    ("rollouts/errors", "errors", ".0f"),
    ("validation/score", "validation", ".3f"),
    ("loss", "loss", ".4f"),
    ("grad_norm", "grad", ".2f"),
    ("learning_rate", "lr", ".1e"),
)


def _save_every(recipe: Recipe, stage: str) -> int | None:
    """Steps between two checkpoints of the stage, where it trains."""
    section = recipe.rlvr if stage == "rlvr" else _packed(recipe, stage)
    return section.save_every if section else None


def _steps(recipe: Recipe, stage: str) -> int | None:
    """Optimizer steps of the stage, where the recipe says them."""
    section = recipe.rlvr if stage == "rlvr" else _packed(recipe, stage)
    return section.steps if section else None


def _packed(recipe: Recipe, stage: str) -> SftSection | None:
    return recipe.packed.get(stage if stage == "sft" else f"{stage}.train")
