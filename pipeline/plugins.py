"""The modules that the rows of a recipe's data may name, from the recipe itself.

Listed are those of `verifiers.plugins` and those that the recipe names anywhere else as code of its own: the params of
a class under `verifiers`, the `verifier` and the `map` of a source. The folder of the recipe counts as listed for rows
of files that lie in it, whoever wrote those could have written the recipe; not for rows from elsewhere.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from temper.policy.sources import FileRows, Source
from temper.verifiers.plugins import Plugins

_CODE = re.compile(r"([^\W\d]\w*(?:\.[^\W\d]\w*)*):[^\W\d]\w*")


def plugins_of(recipe: Mapping[str, Any], folder: Path | None) -> Plugins:
    """Of a recipe in `folder`, resolved as it stands in `recipe.resolved.yaml`."""
    verifiers = recipe.get("verifiers") or {}
    rlvr = recipe.get("rlvr") or {}
    sources = [*(rlvr.get("data") or ()), *(recipe.get("held_out") or ())]
    of_sources = [source.get(key) for source in sources for key in ("verifier", "map")]
    named = {*(verifiers.get("plugins") or ()), *_named(verifiers), *_named(of_sources)}
    return Plugins(tuple(sorted(named)), folder)


def plugins_for(source: Source, plugins: Plugins) -> Plugins:
    """Those that the rows of one source may name."""
    if not isinstance(source, FileRows) or plugins.folder is None:
        return plugins.without_folder()
    beside = Path(source.path).resolve().is_relative_to(plugins.folder.resolve())
    return plugins if beside else plugins.without_folder()


def listed(names: str) -> Plugins:
    """Of a command's `--plugins`, with commas. Raises ValueError for what is no name of a module."""
    modules = tuple(name.strip() for name in names.split(",") if name.strip())
    for name in modules:
        if not all(part.isidentifier() for part in name.split(".")):
            raise ValueError(f"--plugins: expected names of modules with commas, got {name!r}; write --plugins mine")
    return Plugins(modules)


def _named(value: object) -> Iterator[str]:
    """Modules of every `package.module:name` in texts and keys, at any depth."""
    if isinstance(value, Mapping):
        yield from _named([*value.keys(), *value.values()])
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _named(item)
    elif isinstance(value, str) and (found := _CODE.fullmatch(value)):
        yield found[1]
