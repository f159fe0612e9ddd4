"""What the run folder records: which stages a recipe has, under which key, and which of them are finished.

    OUT/stages/<stage>-<key12>/   stage.json (once finished), work/ (until then), what the stage makes
    OUT/<recipe name>/            owner.json, recipe.resolved.yaml, versions.json, metrics.jsonl, the report

A key is the hash of the recipe's fields that enter it (a field enters unless its mark says otherwise; docs/recipe.md
lists them), of the input stage's key, of what the data are and of the code that decides the result. `variant` enters at
`sft`, so Instruct and Thinking share what comes before. Where and how fast things run, when to save and when to give up
enter nowhere: a run that stopped for want of memory resumes under another cluster. Every key is known before anything
runs.

Nothing here takes a lock by itself: whoever writes in a stage's folder holds `lock` under its role meanwhile.
"""

import contextlib
import fcntl
import json
import logging
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import yaml
from pydantic import JsonValue

from temper.pipeline import theirs
from temper.pipeline.identity import Identity, base_identity, digest, in_key, source_identity
from temper.pipeline.loading import Loaded
from temper.pipeline.mistakes import RecipeError
from temper.pipeline.recipe import Recipe, StageName
from temper.pipeline.stage_code import judging_code, stage_code
from temper.pipeline.versions import versions
from temper.policy.atomic import write_atomic
from temper.policy.bases import made
from temper.policy.sources import Source

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PlannedStage:
    name: Literal["base", "extend", "packs", "sft", "rlvr", "eval"]
    """`base`: the tiny base is made, or a base is given tokens, as a stage of its own. `packs`: what `sft` prepares,
    for every run that would prepare the same; in no plan, because its key needs the input's tokenizer."""
    key: str
    input: str | None
    """Key of the stage whose checkpoint this one takes; None for the recipe's own base."""
    data: str = ""
    """Digest of what its sources are."""

    @property
    def folder_name(self) -> str:
        return f"{self.name}-{self.key[:12]}"


def plan(loaded: Loaded) -> list[PlannedStage]:
    """The stages in the order in which they run. Raises ValueError when a base or a data file cannot be
    read."""
    recipe = loaded.recipe
    planned: list[PlannedStage] = []
    known = digest(base_identity(recipe.base))
    previous: str | None = None
    if made(recipe.base):
        content = _base_content(loaded)
        known = previous = _key("base", known, content)
        planned.append(PlannedStage("base", known, None, digest(content.get("data", []))))
    for name in recipe.stages:
        # It scores the checkpoints of `sft` and `rlvr`, so their keys are in its own.
        evaluated: list[JsonValue] = [stage.key for stage in planned if stage.name in ("sft", "rlvr")]
        content = _content(name, loaded)
        known = _key(name, known, content, evaluated if name == "eval" else [])
        planned.append(PlannedStage(name, known, previous, digest(content["data"])))
        previous = known
    return planned


def _base_content(loaded: Loaded) -> Identity:
    recipe, training = loaded.recipe, loaded.recipe.pretraining
    content = in_key(recipe, "base")
    if training is None:
        return {**content, "version": stage_code("base")}
    data: list[JsonValue] = [source_identity(source, loaded.folder) for source in training.data]
    return {**content, "train": in_key(training, "base"), "data": data, "version": stage_code("base.train")}


def _content(name: StageName, loaded: Loaded) -> Identity:
    recipe = loaded.recipe
    content = in_key(recipe, name)
    content["section"] = content.pop(name)
    content["data"] = [source_identity(source, loaded.folder) for source in _sources(name, recipe)]
    trains = name == "extend" and recipe.extend and recipe.extend.train
    content["version"] = stage_code("extend.train" if trains else name)
    if name == "eval":
        content["judging"] = judging_code(loaded.folder)
        if files := theirs.identity(recipe):
            content["theirs"] = files
    return content


def _sources(name: StageName, recipe: Recipe) -> tuple[Source, ...]:
    """What the stage reads."""
    match name:
        case "extend":
            return recipe.extend.train.data if recipe.extend and recipe.extend.train else ()
        case "sft":
            return recipe.sft.data if recipe.sft else ()
        case "rlvr":
            return recipe.rlvr.data if recipe.rlvr else ()
        case "eval":
            return (*recipe.held_out, *suite_sources(recipe))


def suite_sources(recipe: Recipe) -> Iterator[Source]:
    for suite in recipe.eval.suites if recipe.eval else ():
        for benchmark in suite.benchmarks:
            yield from benchmark.data


def _key(name: str, known: str, content: Identity, evaluated: list[JsonValue] | None = None) -> str:
    return digest({"stage": name, "input": known, "evaluated": evaluated or [], **content})


@dataclass(frozen=True)
class Ledger:
    """The run folder. Holds no open file, so it goes to other processes as it is."""

    out: Path

    def folder(self, stage: PlannedStage) -> Path:
        return self.out / "stages" / stage.folder_name

    def work(self, stage: PlannedStage) -> Path:
        """Where the unfinished stage keeps what it resumes from; made here, gone with `finish`."""
        work = self.folder(stage) / "work"
        work.mkdir(parents=True, exist_ok=True)
        return work

    def finished(self, stage: PlannedStage) -> dict[str, JsonValue] | None:
        """The stage's result, or None while it is not finished."""
        path = self.folder(stage) / "stage.json"
        try:
            record = json.loads(path.read_bytes())
        except FileNotFoundError:
            return None
        # The folder's name has 12 digits of the key, which another key may begin with.
        if record["key"] != stage.key:
            raise RecipeError(f"{path}: another key, got {record['key']!r}; choose another --out")
        result: dict[str, JsonValue] = record["result"]
        return result

    def finish(self, stage: PlannedStage, result: dict[str, JsonValue]) -> None:
        """Records the result, which makes the stage finished, and frees what it would have resumed from."""
        record = {"stage": stage.name, "key": stage.key, "input": stage.input, "result": result}
        # Before the folder goes: of a kill in between only disk space is lost.
        write_atomic(self.folder(stage) / "stage.json", json.dumps(record, indent=2) + "\n")
        shutil.rmtree(self.folder(stage) / "work", ignore_errors=True)

    @contextlib.contextmanager
    def lock(self, stage: PlannedStage, role: str = "driver", timeout_s: float = 120.0) -> Iterator[None]:
        """Held by the one process that writes as `role`; the kernel frees it when that process dies.

        Waits for a holder (the orphan of a killed driver), saying once who it is; raises TimeoutError.
        """
        path = self.folder(stage) / f".{role}.lock"
        path.parent.mkdir(parents=True, exist_ok=True)
        # Appending: to open it must not erase the holder's number, which whoever waits reads.
        with path.open("a+") as file:
            _wait_for(file.fileno(), path, timeout_s)
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            yield

    def run_folder(self, recipe: Recipe) -> Path:
        return self.out / recipe.name

    def stranger(self, loaded: Loaded) -> str | None:
        """Why OUT/<name> is not this recipe's, or None when it is or is not there yet."""
        path = self.run_folder(loaded.recipe) / "owner.json"
        try:
            owner = json.loads(path.read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            return None
        mine = _owner(loaded)
        for what in ("variant", "base"):
            if owner.get(what) != mine[what]:
                return (
                    f"{loaded.source}: name: {path.parent} belongs to another {what}, got {mine[what]!r} "
                    f"where it has {owner.get(what)!r}; choose another `name` or --out"
                )
        return None

    def claim(self, loaded: Loaded) -> Path:
        """OUT/<name>, this recipe's from now on, with the resolved recipe and the versions. Raises
        RecipeError."""
        if complaint := self.stranger(loaded):
            raise RecipeError(complaint)
        folder = self.run_folder(loaded.recipe)
        write_atomic(folder / "owner.json", json.dumps(_owner(loaded)))
        write_atomic(folder / "recipe.resolved.yaml", yaml.safe_dump(loaded.resolved, sort_keys=False))
        write_atomic(folder / "versions.json", json.dumps(versions(), indent=2) + "\n")
        return folder


def _owner(loaded: Loaded) -> Identity:
    base = digest(base_identity(loaded.recipe.base))[:12]
    return {"variant": loaded.recipe.variant, "base": base, "recipe": str(loaded.source)}


def lock_now(descriptor: int, path: Path) -> None:
    """Raises BlockingIOError where another process holds the lock, and RecipeError where nobody can."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError as error:
        raise RecipeError(f"--out: no file can be locked in {path.parent} ({error}); choose another folder") from error


def _wait_for(descriptor: int, path: Path, timeout_s: float) -> None:
    until = time.monotonic() + timeout_s
    said = False
    while True:
        try:
            lock_now(descriptor, path)
            return
        except BlockingIOError:
            holder = path.read_text() or "another"
            if time.monotonic() >= until:
                raise TimeoutError(
                    f"{path.parent}: process {holder} still writes here after {timeout_s:.0f} s; "
                    f"wait for it, or end it and run again"
                ) from None
            if not said:
                log.info("%s: waiting for process %s, which writes here", path.parent, holder)
                said = True
            time.sleep(0.1)
