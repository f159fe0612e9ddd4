"""Files and folders that are whole or absent: temporary name, fsync, rename, fsync of the folder above."""

import os
import shutil
from pathlib import Path


def write_atomic(path: Path, content: bytes | str) -> None:
    """A kill at any instant leaves the old file or the new one. Makes the folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)
        put_in_place(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def put_in_place(temporary: Path, path: Path) -> None:
    """Gives a finished file or folder its name, after all of it has reached the disk. A file that has the name is
    replaced in one instant; a folder that has it is removed first, so a kill between the two leaves neither."""
    sync(temporary)
    if temporary.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    temporary.replace(path)
    _sync_one(path.parent)


def sync(path: Path) -> None:
    """A file, or a folder with all that is in it, survives a power cut from now on."""
    for written in [*path.rglob("*"), path]:
        _sync_one(written)


def _sync_one(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
