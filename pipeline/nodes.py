"""Whether every node of a cluster has what the run needs of it, asked by a task on each before the first stage.

Each node works out the keys of all stages as the driver did: they are the content of base, data, recipe modules and
code, so one that is missing there or another shows. OUT has to be the same folder everywhere, with locks that all see.
"""

import fcntl
import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ray

from temper.pipeline.ledger import PlannedStage, lock_now, plan
from temper.pipeline.loading import Loaded
from temper.pipeline.mistakes import RecipeError
from temper.pipeline.stage_code import code_digest

log = logging.getLogger(__name__)

ANSWER_S = 300.0
"""To wait for one node: Ray starts a worker there, and the digests of large data files are computed."""
ROOMS = ("pipeline", "policy", "recipes", "rlvr", "rows", "sandboxes", "sft", "verifiers")
OURS = tuple(f"{room}/**/*.py" for room in ROOMS)
"""Code of ours that a run executes."""


@dataclass(frozen=True)
class Asked:
    """What a node is asked."""

    recipes: tuple[Loaded, ...]
    bases: tuple[Path, ...]
    """Where the driver has bases that are not made here (of the Hub: in its cache), handed on by their path."""
    marker: Path
    """A file in OUT, locked by the driver."""
    word: str
    """What stands in it."""


@dataclass(frozen=True)
class Found:
    """What a node answers."""

    code: str
    keys: tuple[tuple[str, ...], ...]
    """A row a recipe, a key a stage; none where the node lacks a file."""
    lacks: tuple[str, ...]


Plans = Sequence[Sequence[PlannedStage]]
"""The stages of each recipe, as the driver worked them out."""


def check(recipes: Sequence[Loaded], plans: Plans, out: Path, bases: Sequence[Path]) -> None:
    """Raises RecipeError, a line a node and fault: address, path or stage, remedy."""
    out.mkdir(parents=True, exist_ok=True)
    asked = Asked(tuple(recipes), tuple(bases), out.resolve() / f".nodes-{uuid.uuid4().hex}", uuid.uuid4().hex)
    try:
        with asked.marker.open("w") as marker:
            marker.write(asked.word)
            marker.flush()
            lock_now(marker.fileno(), asked.marker)
            faults = _faults(asked, plans)
    finally:
        asked.marker.unlink(missing_ok=True)
    if faults:
        raise RecipeError("\n".join(faults))


def _faults(asked: Asked, plans: Plans) -> list[str]:
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    code = code_digest(OURS)
    task = ray.remote(look)
    waiting: list[tuple[dict[str, Any], Any]] = []
    for node in ray.nodes():
        # Nothing of ours is placed where there is neither.
        if node["Alive"] and (node["Resources"].get("CPU") or node["Resources"].get("GPU")):
            there = NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
            reference = task.options(num_cpus=0, max_retries=0, scheduling_strategy=there).remote(asked)
            waiting.append((node, reference))
    return [fault for node, reference in waiting for fault in _of_node(node, reference, code, asked, plans)]


def _of_node(node: dict[str, Any], reference: Any, code: str, asked: Asked, plans: Plans) -> list[str]:
    where = f"cluster: node {node['NodeManagerAddress']}:"
    try:
        found: Found = ray.get(reference, timeout=ANSWER_S)
    except ray.exceptions.RayError as error:
        if not any(one["Alive"] and one["NodeID"] == node["NodeID"] for one in ray.nodes()):
            log.warning("%s is no longer of the cluster; nothing is placed there", where.removesuffix(":"))
            return []
        return [f"{where} {_why(error)}"]
    if found.code != code:
        return [f"{where} another temper is installed there; install the one that the driver has"]
    faults = [f"{where} {lack}; put it there, or on storage that all nodes share" for lack in found.lacks]
    for loaded, keys, stages in zip(asked.recipes, found.keys, plans, strict=True):
        # None where the node lacks a file, which is named already.
        pairs = zip(stages, keys, strict=True) if keys else ()
        if others := [stage.name for stage, key in pairs if key != stage.key]:
            named = f"{loaded.source}: stage {others[0]}"
            faults.append(
                f"{where} {named}: its base, data or modules are others there; copy the driver's, or put them on "
                "storage that all nodes share"
            )
    return faults


def _why(error: Exception) -> str:
    """There is no answer."""
    if isinstance(error, ray.exceptions.GetTimeoutError):
        return f"no answer within {ANSWER_S:.0f} s; end it, or see what `ray status` says of it"
    said = next((line for line in reversed(str(error).splitlines()) if line.strip()), type(error).__name__)
    return f"no worker of temper starts there ({said.strip()}); install the same temper on it"


def look(asked: Asked) -> Found:
    """Of the node where this runs."""
    keys: list[tuple[str, ...]] = []
    lacks = [f"no such folder: {base}" for base in asked.bases if not (base / "config.json").is_file()]
    for loaded in asked.recipes:
        try:
            keys.append(tuple(stage.key for stage in plan(loaded)))
        except (ValueError, OSError) as error:
            keys.append(())
            lacks.append(f"{loaded.source}: {error}")
    return Found(code_digest(OURS), tuple(keys), (*lacks, *_of_out(asked)))


def _of_out(asked: Asked) -> list[str]:
    """The folder is the driver's own, and a lock that the driver holds is held here as well."""
    folder = asked.marker.parent
    try:
        with asked.marker.open("r+") as marker:
            if marker.read() != asked.word:
                return [f"--out is another folder than the driver's, got {str(folder)!r}"]
            fcntl.flock(marker.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return []
    except OSError as error:
        return [f"--out is not the driver's folder, or cannot be written and locked ({error}), got {str(folder)!r}"]
    return [f"--out: locks of one node are not seen by another (mount it with `flock`), got {str(folder)!r}"]
