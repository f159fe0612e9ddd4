"""`metrics.jsonl`: one line a step of a stage; the truth that trackers and the report read."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from temper.pipeline.pulse import went_on
from temper.policy.atomic import write_atomic


class Metrics:
    """Appends one stage's lines, in the order of its steps.

    The first line that it writes drops the stage's lines from that step on, and a line that a kill cut: so
    each step keeps exactly one line however often a stage resumes.
    """

    def __init__(self, path: Path, stage: str) -> None:
        self.path = path
        self.stage = stage
        self._started = False

    def append(self, step: int, values: Mapping[str, float | int | str | None]) -> None:
        # Once a process: what an earlier one wrote from this step on is made anew.
        if not self._started:
            self.restart(step)
            self._started = True
        line = json.dumps({"stage": self.stage, "step": step, **values})
        with self.path.open("a") as file:
            file.write(line + "\n")
        went_on()

    def restart(self, step: int) -> None:
        """`step` is the next to run: what an earlier run wrote from there on goes."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self.path.exists():
            kept = [line for line in self.path.read_text().splitlines() if self._keeps(line, step)]
            write_atomic(self.path, "".join(line + "\n" for line in kept))

    def _keeps(self, line: str, step: int) -> bool:
        try:
            row = json.loads(line)
        except ValueError:
            return False
        return bool(row["stage"] != self.stage or row["step"] < step)


def read_metrics(path: Path) -> list[dict[str, Any]]:
    """Every line in order; none where no stage has written one."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
