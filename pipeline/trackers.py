"""What trackers get of a run: every step's numbers, and of some steps a table of groups and their worst and best
rollouts.

A table says less than `temper view` and is where a team already looks. Texts go in as they were sampled, control
characters shown as escapes, cut at `LONGEST` characters.
"""

import importlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from temper.view.rollouts import Json, Rollouts

if TYPE_CHECKING:
    from types import ModuleType

GROUPS = 4
"""Groups of a step's table, those with both right and wrong rollouts first."""
LONGEST = 2_000
COLUMNS = (
    "group", "place", "problem", "verifier", "prompt", "completion", "outcome", "score", "reward", "advantage",
    "tokens", "stop_reason", "why_dropped", "detail", "shadow",
)  # fmt: skip


@dataclass(frozen=True)
class Sampled:
    """Rollouts of a step that a tracker shows: a row each, and of every group the one with the lowest and the one with
    the highest score as dialogues."""

    rows: Sequence[Mapping[str, object]]
    """By `COLUMNS`."""
    dialogues: Sequence[tuple[Sequence[Mapping[str, object]], Mapping[str, object]]]
    """Messages, the completion last, and the row."""


class Tracker(Protocol):
    def log(self, values: Mapping[str, float], step: int) -> None: ...

    def show(self, name: str, sampled: Sampled, step: int) -> None: ...

    def finish(self) -> None: ...


class TensorBoard:
    def __init__(self, folder: Path) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self.writer = SummaryWriter(str(folder), purge_step=0)

    def log(self, values: Mapping[str, float], step: int) -> None:
        for name, value in values.items():
            self.writer.add_scalar(name, value, step)

    def show(self, name: str, sampled: Sampled, step: int) -> None:
        """As text in Markdown: a block that is indented holds no markup."""
        for number, (messages, row) in enumerate(sampled.dialogues):
            said = [f"**{key}** {row[key]}" for key in ("problem", "outcome", "score", "reward", "advantage")]
            texts = "\n\n".join(f"*{one['role']}*\n\n{_indented(str(one['content']))}" for one in messages)
            detail = f"*detail*\n\n{_indented(str(row['detail']))}"
            self.writer.add_text(f"{name}/{number}", f"{', '.join(said)}\n\n{texts}\n\n{detail}", step)

    def finish(self) -> None:
        self.writer.close()


class Wandb:
    def __init__(self, module: str, name: str) -> None:
        self.module: ModuleType | Any = importlib.import_module(module)
        self.module.init(project="temper", name=name)

    def log(self, values: Mapping[str, float], step: int) -> None:
        self.module.log(dict(values), step=step)

    def show(self, name: str, sampled: Sampled, step: int) -> None:
        data = [[row[column] for column in COLUMNS] for row in sampled.rows]
        self.module.log({name: self.module.Table(columns=list(COLUMNS), data=data)}, step=step)

    def finish(self) -> None:
        self.module.finish()


class Trackio(Wandb):
    """trackio keeps wandb's interface, and has traces beside it."""

    def show(self, name: str, sampled: Sampled, step: int) -> None:
        super().show(name, sampled, step)
        for number, (messages, row) in enumerate(sampled.dialogues):
            known = {key: value for key, value in row.items() if key not in ("prompt", "completion")}
            trace = self.module.Trace(messages=[dict(one) for one in messages], metadata=known)
            self.module.log({f"{name}/{number}": trace}, step=step)


def tracker(kind: str, name: str, run_folder: Path) -> Tracker:
    if kind == "tensorboard":
        return TensorBoard(run_folder / "tensorboard" / name)
    return (Trackio if kind == "trackio" else Wandb)(kind, name)


def sampled(run_folder: Path, step: int) -> Sampled:
    """Raises LookupError where the step's rollouts are not there, ValueError where they cannot be read."""
    rollouts = Rollouts(run_folder)
    told = rollouts.step(str(step))["groups"]
    assert isinstance(told, list)
    groups = [group for group in told if isinstance(group, dict)]
    groups.sort(key=lambda group: not group["spread"])
    rows, dialogues = [], []
    for chosen in groups[:GROUPS]:
        number = chosen["group"]
        assert isinstance(number, int)
        found = rollouts.group(str(step), number)
        problem, of_group = found["problem"], found["rollouts"]
        assert isinstance(problem, dict) and isinstance(of_group, list)
        shown = [_row(number, problem, one) for one in of_group if isinstance(one, dict)]
        rows += shown
        scored = sorted((row for row in shown if row["score"] is not None), key=lambda row: float(str(row["score"])))
        ends = scored if len(scored) < 2 else [scored[0], scored[-1]]
        dialogues += [([*_messages(problem), {"role": "assistant", "content": row["completion"]}], row) for row in ends]
    return Sampled(rows, dialogues)


def _row(group: int, problem: Json, rollout: Json) -> dict[str, object]:
    row: dict[str, object] = {column: rollout.get(column) for column in COLUMNS}
    verifier = problem["verifier"]
    named = verifier if isinstance(verifier, str) else json.dumps(verifier)
    prompt = "\n\n".join(str(message["content"]) for message in _messages(problem))
    return row | {
        "group": group,
        "problem": problem["id"],
        "verifier": named[:LONGEST],
        "prompt": prompt[:LONGEST],
        "completion": str(rollout["completion"])[:LONGEST],
        "detail": str(rollout["detail"])[:LONGEST],
    }


def _messages(problem: Json) -> list[dict[str, object]]:
    prompt = problem.get("prompt")
    if isinstance(prompt, str):
        return [{"role": "user", "content": prompt[:LONGEST]}]
    messages = [one for one in prompt or [] if isinstance(one, dict)] if isinstance(prompt, list) else []
    return [{"role": one.get("role"), "content": str(one.get("content") or "")[:LONGEST]} for one in messages]


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines()) or "    (empty)"
