"""The folder of a run as its page shows it: stages, recipe, versions, scores, curves, and what could not be read.

Everything is read anew when asked for, so a page of a run under way shows where it is. A file that is missing or half
written is told under `complaints` and leaves the rest as it is.
"""

import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import JsonValue

from temper.verifiers.shown import shown
from temper.view.figures import FIGURES
from temper.view.rollouts import FOLDERS, Json, Rollouts

METRICS = "metrics.jsonl"
MOST_POINTS = 2_000
"""Points of a curve that a page gets; of longer ones every n-th."""


@dataclass(frozen=True)
class Run:
    """OUT/<name>."""

    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    def rollouts(self) -> Rollouts:
        recipe = _yaml(self.folder / "recipe.resolved.yaml", {})
        section = recipe.get("rlvr")
        size = section.get("group_size") if isinstance(section, dict) else 0
        return Rollouts(self.folder, size if isinstance(size, int) else 0)

    def brief(self) -> Json:
        """A line of the list of runs."""
        complaints: dict[str, str] = {}
        rows = read_rows(self.folder / METRICS, complaints)
        stages = self.stages(complaints)
        last = rows[-1] if rows else {}
        summary = _json(self.folder / "summary.json", complaints, missing=True)
        return {
            "name": self.name,
            "variant": self._owner(complaints).get("variant"),
            "state": _state(stages, summary),
            "stage": last.get("stage"),
            "step": last.get("step"),
            "eval": summary.get("eval") or {},
            "reward": next((row["reward"] for row in reversed(rows) if "reward" in row), None),
            "changed": _changed(self.folder / METRICS),
        }

    def overview(self) -> Json:
        """All that the run's page shows but single rollouts."""
        complaints: dict[str, str] = {}
        rows = read_rows(self.folder / METRICS, complaints)
        stages = self.stages(complaints)
        summary = _json(self.folder / "summary.json", complaints, missing=True)
        rollouts = self.rollouts()
        means = rollouts.means()
        owner = self._owner(complaints)
        steps: list[JsonValue] = [{"name": file.name, "kind": file.kind} for file in rollouts.files()]
        versions = _json(self.folder / "versions.json", complaints, missing=True)
        alarms = read_rows(self.folder / "alarms.jsonl", complaints)
        return {
            "name": self.name,
            "variant": owner.get("variant"),
            "state": _state(stages, summary),
            "stages": stages,
            "eval": summary.get("eval") or {},
            "seed": summary.get("seed"),
            "recipe": _seen(_text(self.folder / "recipe.resolved.yaml")),
            "own_recipe": _seen(_text(Path(str(owner.get("recipe") or os.devnull)))),
            "versions": versions,
            "metrics": {**curves(rows), "rollouts": means},
            "figures": [figure.as_json() for figure in FIGURES],
            "alarms": [*alarms],
            "steps": steps,
            "complaints": [_seen(said) for said in {**complaints, **rollouts.complaints}.values()],
        }

    def _owner(self, complaints: dict[str, str]) -> Json:
        return _json(self.folder / "owner.json", complaints)

    def stages(self, complaints: dict[str, str]) -> list[JsonValue]:
        """Each with its key, whether it is finished, seconds and counts. A folder of before there was `stages.json` is
        read from its summary."""
        planned = _json(self.folder / "stages.json", complaints, missing=True).get("stages")
        if not isinstance(planned, list):
            summary = _json(self.folder / "summary.json", complaints, missing=True)
            seconds, counts = (summary.get(name) or {} for name in ("seconds", "counts"))
            if not isinstance(seconds, dict) or not isinstance(counts, dict):
                return []
            return [
                {"name": name, "state": "finished", "seconds": took, "counts": counts.get(name) or {}}
                for name, took in seconds.items()
            ]
        return [self._stage(stage, complaints) for stage in planned if isinstance(stage, dict)]

    def _stage(self, stage: Json, complaints: dict[str, str]) -> Json:
        folder = self.folder.parent / "stages" / str(stage.get("folder"))
        record = _json(folder / "stage.json", complaints, missing=True)
        result = record.get("result")
        told: Json = {"name": stage.get("name"), "key": str(stage.get("folder")).rpartition("-")[2], "state": "to come"}
        if isinstance(result, dict):
            counts = {name: value for name, value in result.items() if name != "seconds"}
            return {**told, "state": "finished", "seconds": result.get("seconds"), "counts": counts}
        if folder.is_dir():
            told["state"] = "running" if _alive(folder / ".driver.lock") else "stopped"
        return told

    def checkpoints(self) -> list[Path]:
        """Folders of its stages' checkpoints that are there, the last stage's first: where a tokenizer may be."""
        planned = _json(self.folder / "stages.json", {}, missing=True).get("stages")
        told = [stage for stage in planned if isinstance(stage, dict)] if isinstance(planned, list) else []
        stages = [self.folder.parent / "stages" / str(stage["folder"]) for stage in reversed(told)]
        linked = [(self.folder / link).resolve().parent for link in FOLDERS.values()]
        return [folder / "checkpoint" for folder in [*stages, *linked] if (folder / "checkpoint").is_dir()]


@dataclass(frozen=True)
class Runs:
    """The runs under OUT, or the one that OUT/<name> is."""

    path: Path

    def all(self) -> list[Run]:
        if _is_run(self.path):
            return [Run(self.path)]
        found = [Run(folder) for folder in sorted(self.path.iterdir()) if _is_run(folder)] if self.path.is_dir() else []
        if not found:
            raise ValueError(f"{self.path}: no run here; give OUT or OUT/<recipe name> of `temper run`")
        return found

    def one(self, name: str) -> Run:
        """Raises LookupError."""
        for run in self.all():
            if run.name == name:
                return run
        raise LookupError(f"{self.path}: no run {name!r}; there are {', '.join(run.name for run in self.all())}")


def compare(first: Run, second: Run) -> Json:
    """The same problems side by side: mean score in each run's training groups, the largest difference first."""
    here, there = first.rollouts().problems(), second.rollouts().problems()
    rows: list[tuple[float, Json]] = []
    for problem in here.keys() & there.keys():
        if here[problem] and there[problem]:
            means = [sum(scores) / len(scores) for scores in (here[problem], there[problem])]
            row: Json = {"problem": _seen(problem), "first": round(means[0], 4), "second": round(means[1], 4)}
            rows.append((means[1] - means[0], row | {"groups": [len(here[problem]), len(there[problem])]}))
    rows.sort(key=lambda row: (-abs(row[0]), str(row[1]["problem"])))
    return {"common": len(rows), "problems": [row for _, row in rows[:500]]}


def curves(rows: list[Json]) -> dict[str, JsonValue]:
    """Of each stage its steps, and of each metric the values at them; null where a step has none."""
    found: dict[str, JsonValue] = {}
    for stage in dict.fromkeys(str(row.get("stage")) for row in rows):
        lines = [row for row in rows if row.get("stage") == stage]
        lines = lines[:: -(-len(lines) // MOST_POINTS)]
        names = dict.fromkeys(name for line in lines for name in line if name not in ("stage", "step"))
        series: Json = {name: [_point(line.get(name)) for line in lines] for name in names}
        found[stage] = {"steps": [line.get("step") for line in lines], "series": series}
    return found


def read_rows(path: Path, complaints: dict[str, str]) -> list[Json]:
    """The lines of a file of JSON; a last one that is half written is left out, others that are no JSON are told."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        if path.name == METRICS:
            complaints[path.name] = f"{path.name}: {error.strerror or error}; no curve can be drawn"
        return []
    rows: list[Json] = []
    bad = 0
    for line in text.split("\n")[:-1]:
        try:
            row = json.loads(line, parse_constant=lambda _: None)
        except ValueError:
            row = None
        if isinstance(row, dict):
            rows.append(row)
        else:
            bad += 1
    if bad:
        complaints[path.name] = f"{path.name}: {bad} lines are no JSON and were left out"
    return rows


def _point(value: JsonValue) -> JsonValue:
    return float(f"{value:.5g}") if isinstance(value, float) else value if isinstance(value, int) else None


def _is_run(folder: Path) -> bool:
    return (folder / "owner.json").is_file() or (folder / METRICS).is_file()


def _state(stages: list[JsonValue], summary: Json) -> str:
    states = [stage.get("state") for stage in stages if isinstance(stage, dict)]
    if "running" in states:
        return "running"
    return "finished" if summary and "stopped" not in states and "to come" not in states else "stopped"


def _alive(lock: Path) -> bool:
    """Whether the process that wrote its number into a lock lives; of another machine's that cannot be known."""
    try:
        os.kill(int(lock.read_text()), 0)
    except PermissionError:
        return True
    except (OSError, ValueError):
        return False
    return True


def _changed(path: Path) -> float | None:
    try:
        return path.stat().st_mtime
    except OSError:
        return None


def _json(path: Path, complaints: dict[str, str], missing: bool = False) -> Json:
    """An object, or nothing; `missing`: one that is not there is no reason to complain."""
    return _read(path, complaints, missing, json.loads)


def _yaml(path: Path, complaints: dict[str, str]) -> Json:
    return _read(path, complaints, True, yaml.safe_load)


def _read(path: Path, complaints: dict[str, str], missing: bool, parse: Callable[[str], JsonValue]) -> Json:
    try:
        found = parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if not missing:
            complaints[path.name] = f"{path.name}: is missing; what it says is left out"
        return {}
    except (OSError, ValueError, yaml.YAMLError) as error:
        said = re.sub(r"\s+", " ", str(error))[:120]
        complaints[path.name] = f"{path.name}: cannot be read ({said}); what it says is left out"
        return {}
    return found if isinstance(found, dict) else {}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")[:100_000]
    except OSError:
        return ""


def _seen(text: str) -> str:
    return shown(text, lines=True)
