"""What a recipe, its data and its base are, for the keys: known before anything runs, without torch or network.

Of a section every field is in a key but those that say otherwise (the marks of `policy.section`). A field that names
data or a base is there by what it names:

| what | its identity |
|---|---|
| local file | SHA-256 of its bytes, and of the recipe's own modules that its rows name, with what those import there |
| Hub set | name, revision, config, split |
| generated rows | their fields and the generator's (or reasoning-gym's) version |
| base folder | config and tokenizer files, headers and sizes of the weights, and samples of their bytes |
| Hub base | name, revision |
| tiny base | its fields and the version of how it is made |

Where a file lies is not part of it: a copy elsewhere has the same key. SHA-256 of large files is cached by
path, size and mtime, so a file changed within its mtime's grain and at the same size is taken for the old
one. Modules of installed packages count by name only.
"""

import ast
import contextlib
import gzip
import hashlib
import json
import os
import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

from pydantic import BaseModel, JsonValue
from pydantic.fields import FieldInfo

from temper.policy.atomic import write_atomic
from temper.policy.bases import Base, FolderBase, TinyBase
from temper.policy.section import Key
from temper.policy.sources import FileRows, GeneratedRows, GymRows, HubRows, Source
from temper.policy.tiny import TINY_VERSION
from temper.recipes import reasoning_gym
from temper.recipes.generators import GENERATORS

Identity = dict[str, JsonValue]

_PLUGIN = re.compile(rb'"verifier"\s*:\s*"([A-Za-z_][\w.]*):[A-Za-z_]\w*"')
_SAMPLES, _SAMPLE_BYTES = 16, 4096


def digest(value: JsonValue | Mapping[str, JsonValue]) -> str:
    """SHA-256 of a JSON value, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def in_key(section: BaseModel, key: Key | None = None) -> Identity:
    """The section as JSON, without the fields, at any depth, that are marked as not in `key`; None: as not in all."""
    content: Identity = section.model_dump(mode="json", exclude=_left_out(section, key))
    return content


def _left_out(value: Any, key: Key | None) -> dict[Any, Any]:
    """What `model_dump` is to exclude: True for a whole field, by name or place what is left out inside of one."""
    inside: dict[Any, Any] = {}
    if isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            inside[name] = _left_out(getattr(value, name), key) if _enters(field, key) else True
    elif isinstance(value, tuple):
        inside = {place: _left_out(item, key) for place, item in enumerate(value)}
    return {where: out for where, out in inside.items() if out}


def _enters(field: FieldInfo, key: Key | None) -> bool:
    """Whether the field itself stands in the key; one without a mark does."""
    mark = field.json_schema_extra.get("in_key", True) if isinstance(field.json_schema_extra, dict) else True
    return key in mark if isinstance(mark, list) else mark is True


def source_identity(source: Source, folder: Path) -> Identity:
    """`folder` is the recipe's, where modules of its own may lie. Raises ValueError for a file that is not
    there."""
    taken = in_key(source)
    if source.map and ":" in source.map:
        taken["map_code"] = module_digest(source.map.partition(":")[0], folder)
    if source.verifier:
        named = _PLUGIN.findall(json.dumps({"verifier": source.verifier}).encode())
        taken["verifier_code"] = [module_digest(name.decode(), folder) for name in named]
    match source:
        case FileRows():
            seen = _seen_file(Path(source.path))
            modules = {name: code for name in seen.plugins if (code := module_digest(name, folder))}
            return {**taken, "sha256": seen.sha256, "verifiers": dict(modules)}
        case HubRows():
            return taken
        case GeneratedRows():
            return {**taken, "version": GENERATORS[source.generator].version}
        case GymRows():
            return {**taken, "version": reasoning_gym.VERSION}


def base_identity(base: Base) -> Identity:
    """Raises ValueError for a folder without a checkpoint."""
    known = in_key(base)
    match base:
        case FolderBase():
            return {**known, "files": _checkpoint_files(Path(base.path))}
        case TinyBase():
            return {**known, "version": [TINY_VERSION, GENERATORS[base.text].version]}
    return known


def module_digest(name: str, folder: Path) -> str | None:
    """SHA-256 of the module's file and of the files beside it that it imports; None when it is not in the recipe's
    folder."""
    found: dict[Path, bytes] = {}
    waiting = [name]
    while waiting:
        stem = folder.joinpath(*waiting.pop(0).split("."))
        for path in (stem.with_suffix(".py"), stem / "__init__.py"):
            if path not in found and path.is_file():
                found[path] = path.read_bytes()
                waiting += _imported(found[path], path.parent.relative_to(folder).parts)
    return hashlib.sha256(b"".join(found.values())).hexdigest() if found else None


def _imported(source: bytes, package: tuple[str, ...]) -> list[str]:
    """Names that may be modules: all that a module of `package` imports, and the packages around each."""
    try:
        with warnings.catch_warnings(action="ignore"):
            tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return []  # whoever imports it will say so
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            # In a module of a.b, `from . import c` means a.b.c and `from .. import c` means a.c.
            around = package[: len(package) + 1 - node.level] if node.level else ()
            within = [*around, *filter(None, [node.module])]
            names += [".".join([*within, alias.name]) for alias in node.names]
    return [whole for name in names for whole in accumulate(name.split("."), "{}.{}".format)]


def safetensors_header(path: Path) -> bytes:
    """The JSON header: names, dtypes, shapes and offsets of the tensors. Raises ValueError when it is
    none."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        # The first 8 bytes of any file are a number: a wild one must not ask for that much memory.
        header = file.read(length) if length < 1 << 30 else b""
    if not header.startswith(b"{") or len(header) != length:
        raise ValueError(f"{path}: not a safetensors file, got {path.stat().st_size} bytes; copy it again")
    return header


def _checkpoint_files(folder: Path) -> Identity:
    config = folder / "config.json"
    if not config.is_file():
        raise ValueError(f"base.path: no config.json, got {str(folder)!r}; give a checkpoint's folder")
    small = [path for path in sorted(folder.iterdir()) if path.suffix in (".json", ".jinja", ".txt", ".model")]
    files: Identity = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in small}
    for path in sorted([*folder.glob("*.safetensors"), *folder.glob("mtp/*.safetensors")]):
        files[str(path.relative_to(folder))] = _weights_digest(path)
    return files


def _weights_digest(path: Path) -> str:
    """Header and size say the architecture; evenly spaced samples tell two trainings of it apart."""
    size = path.stat().st_size
    sha = hashlib.sha256(safetensors_header(path))
    sha.update(str(size).encode())
    with path.open("rb") as file:
        for place in range(_SAMPLES):
            # 16 samples: the first at the file's begin, the last at its end, the others evenly between.
            file.seek(max(0, size - _SAMPLE_BYTES) * place // (_SAMPLES - 1))
            sha.update(file.read(_SAMPLE_BYTES))
    return sha.hexdigest()


@dataclass(frozen=True)
class _SeenFile:
    """What one reading of a data file tells."""

    sha256: str
    plugins: list[str]
    """Modules that its rows name as `module:Class` verifiers (JSON Lines; Parquet is not looked into)."""


def _seen_file(path: Path) -> _SeenFile:
    try:
        stat = path.stat()
    except OSError as error:
        raise ValueError(f"{path}: no such dataset file; correct `path` or put the file there") from error

    def read() -> list[str]:
        seen = _read_file(path)
        return [seen.sha256, *seen.plugins]

    sha256, *plugins = remembered(str(path), f"{stat.st_size} {stat.st_mtime_ns}", read)
    return _SeenFile(sha256, plugins)


def remembered(name: str, stamp: str, read: Callable[[], list[str]]) -> list[str]:
    """What `read` returns, kept on disk under `name` for as long as `stamp` is the same."""
    cache_path = _cache_path()
    kept = _read_cache(cache_path).get(name)
    if kept and kept[0] == stamp:
        return kept[1:]
    found = read()
    # another process may have added its own since; one lost entry costs one more reading
    cache = {**_read_cache(cache_path), name: [stamp, *found]}
    with contextlib.suppress(OSError):  # a home that cannot be written costs the cache, nothing else
        write_atomic(cache_path, json.dumps(cache))
    return found


def _read_file(path: Path) -> _SeenFile:
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    plugins: set[str] = set()
    if path.name.endswith((".jsonl", ".jsonl.gz")):
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as lines:
            for line in lines:
                plugins.update(match.decode() for match in _PLUGIN.findall(line))
    return _SeenFile(sha256, sorted(plugins))


def _cache_path() -> Path:
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "temper" / "digests.json"


def _read_cache(path: Path) -> dict[str, list[str]]:
    try:
        cache = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}  # absent, or not ours: read the files again
    found = cache.items() if isinstance(cache, dict) else ()
    return {name: kept for name, kept in found if isinstance(kept, list)}
