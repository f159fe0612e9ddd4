"""Checkpoints that a killed training goes on from: which one is whole, and what is wrong with the others.

A checkpoint counts once its marker is there, which is written last, after every rank has saved and all of it has
reached the disk. The marker names every file and its size, so a file that was cut or lost since is seen (not one whose
bytes were changed in place; weights have hashes of their own). Two checkpoints are kept: where the newest is damaged it
is named, removed, so that nothing new is written into its remains, and the one before it is taken.
"""

import json
import logging
import shutil
from collections.abc import Mapping
from pathlib import Path

from temper.policy.atomic import sync, write_atomic

log = logging.getLogger(__name__)

MARKER = "temper_complete.json"
KEPT = 2
"""Checkpoints of a training that is under way."""


def write_marker(folder: Path, hashes: Mapping[str, str]) -> None:
    """Says that all of the checkpoint is there; `hashes` are those of its weights."""
    sync(folder)
    (folder / MARKER).unlink(missing_ok=True)
    files = {path.relative_to(folder).as_posix(): path.stat().st_size for path in folder.rglob("*") if path.is_file()}
    write_atomic(folder / MARKER, json.dumps({"hashes": dict(hashes), "files": files}))


def hashes_of(folder: Path) -> dict[str, str]:
    """Those of the weights, as the marker has them."""
    hashes: dict[str, str] = json.loads((folder / MARKER).read_bytes())["hashes"]
    return hashes


def last_checkpoint(folder: Path) -> Path | None:
    """The newest whole one below `folder`; None when there is none."""
    return next((checkpoint for checkpoint in _marked(folder) if not damage(checkpoint)), None)


def remove_damaged(folder: Path) -> None:
    """Names and removes the checkpoints that are damaged; for one process, before any that trains is there."""
    for checkpoint in _marked(folder):
        if found := damage(checkpoint):
            goes_on = last_checkpoint(folder)
            log.warning(
                "%s is damaged: %s; it is removed, the training goes on from %s",
                checkpoint, found, goes_on.name if goes_on else "its beginning",
            )  # fmt: skip
            # The marker first: without it the rest counts no more, wherever a kill comes.
            (checkpoint / MARKER).unlink()
            shutil.rmtree(checkpoint)


def damage(checkpoint: Path) -> str:
    """What is wrong with a checkpoint that was whole; empty where nothing is."""
    try:
        files: dict[str, int] = json.loads((checkpoint / MARKER).read_bytes())["files"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        return f"{MARKER} cannot be read ({type(error).__name__})"
    for name, size in files.items():
        path = checkpoint / name
        if not path.is_file():
            return f"{name} is missing"
        if (found := path.stat().st_size) != size:
            return f"{name} has {found:,} bytes of {size:,}"
    return ""


def _marked(folder: Path) -> list[Path]:
    """The newest first."""
    done = [path.parent for path in folder.glob(f"checkpoint-*/{MARKER}")]
    return sorted(done, key=lambda path: int(path.name.removeprefix("checkpoint-")), reverse=True)
