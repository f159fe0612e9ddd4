"""What data and bases are, for the keys of stages: known before anything runs, without torch and without
network.

| what | its identity |
|---|---|
| local file | SHA-256 of its bytes, and of the recipe's own modules that its rows name as verifiers |
| Hub set | name, revision, config, split |
| generated rows | their fields and the generator's (or reasoning-gym's) version |
| base folder | config and tokenizer files, headers and sizes of the weights, and samples of their bytes |
| Hub base | name, revision |
| tiny base | its fields and the version of how it is made |

Where a file lies is not part of it: a copy elsewhere has the same key. SHA-256 of large files is cached by
path, size and mtime, so a file changed within its mtime's grain and at the same size is taken for the old
one. Modules of installed packages count by name only.
"""

import gzip
import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from pydantic import JsonValue

from temper.policy.atomic import write_atomic
from temper.policy.bases import Base, FolderBase, HubBase
from temper.policy.sources import FileRows, GeneratedRows, GymRows, HubRows, Source
from temper.policy.tiny import TINY_VERSION
from temper.recipes import reasoning_gym
from temper.recipes.tiny import GENERATOR_VERSION

Identity = dict[str, JsonValue]

_PLUGIN = re.compile(rb'"verifier"\s*:\s*"([A-Za-z_][\w.]*):[A-Za-z_]\w*"')
_SAMPLES, _SAMPLE_BYTES = 16, 4096


def digest(value: JsonValue | Mapping[str, JsonValue]) -> str:
    """SHA-256 of a JSON value, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def source_identity(source: Source, folder: Path) -> Identity:
    """`folder` is the recipe's, where modules of its own may lie. Raises ValueError for a file that is not
    there."""
    taken: Identity = source.model_dump(mode="json", include={"skip", "rows", "epochs", "weight", "map", "verifier"})
    if source.map and ":" in source.map:
        taken["map_code"] = module_digest(source.map.partition(":")[0], folder)
    if source.verifier:
        named = _PLUGIN.findall(json.dumps({"verifier": source.verifier}).encode())
        taken["verifier_code"] = [module_digest(name.decode(), folder) for name in named]
    match source:
        case FileRows():
            seen = _seen_file(Path(source.path))
            modules = {name: code for name in seen.plugins if (code := module_digest(name, folder))}
            return {"kind": "file", "sha256": seen.sha256, "verifiers": dict(modules), **taken}
        case HubRows():
            hub = source.model_dump(mode="json", include={"kind", "name", "revision", "config", "split"})
            return {**hub, **taken}
        case GeneratedRows():
            return {**source.model_dump(mode="json"), "version": GENERATOR_VERSION, **taken}
        case GymRows():
            return {**source.model_dump(mode="json"), "version": reasoning_gym.VERSION, **taken}


def base_identity(base: Base) -> Identity:
    """Raises ValueError for a folder without a checkpoint."""
    match base:
        case FolderBase():
            return {"kind": "folder", "files": _checkpoint_files(Path(base.path))}
        case HubBase():
            return {"kind": "hub", "name": base.name, "revision": base.revision}
        case _:
            return {**base.model_dump(mode="json"), "version": [TINY_VERSION, GENERATOR_VERSION]}


def module_digest(name: str, folder: Path) -> str | None:
    """SHA-256 of the module's file when it lies in the recipe's folder, else None."""
    stem = folder.joinpath(*name.split("."))
    for path in (stem.with_suffix(".py"), stem / "__init__.py"):
        if path.is_file():
            return hashlib.sha256(path.read_bytes()).hexdigest()
    return None


def judging_code(folder: Path) -> str:
    """SHA-256 of our verifiers and sandboxes and of the modules in `folder`: what a verdict is a function of."""
    ours = Path(__file__).parents[1]
    code = hashlib.sha256()
    for path in sorted([*ours.glob("verifiers/**/*.py"), *ours.glob("sandboxes/**/*.py"), *folder.glob("*.py")]):
        code.update(path.read_bytes())
    return code.hexdigest()


def preparing_code() -> str:
    """SHA-256 of what makes packs of examples: our code, and the releases of what renders and tokenizes."""
    ours = Path(__file__).parents[1]
    code = hashlib.sha256(f"{version('transformers')} {version('tokenizers')} {version('jinja2')}".encode())
    for path in sorted(
        [
            *ours.glob("sft/*.py"),
            *ours.glob("policy/chat*"),
            *(ours / f"policy/{name}.py" for name in ("rendering", "special_tokens")),
        ]
    ):
        code.update(path.read_bytes())
    return code.hexdigest()


def safetensors_header(path: Path) -> bytes:
    """The JSON header: names, dtypes, shapes and offsets of the tensors. Raises ValueError when it is
    none."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
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
    cache_path = _cache_path()
    name = f"{path} {stat.st_size} {stat.st_mtime_ns}"
    cache = _read_cache(cache_path)
    if name not in cache:
        seen = _read_file(path)
        # another process may have added its own since; one lost entry costs one more reading
        cache = {**_read_cache(cache_path), name: [seen.sha256, *seen.plugins]}
        try:
            write_atomic(cache_path, json.dumps(cache))
        except OSError:
            return seen  # a home that cannot be written costs the cache, nothing else
    sha256, *plugins = cache[name]
    return _SeenFile(sha256, plugins)


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
    return cache if isinstance(cache, dict) else {}
