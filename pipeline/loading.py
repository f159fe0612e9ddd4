"""From a YAML file to a `Recipe`: `extends`, `--set`, paths, and every mistake at once.

A recipe extends one other (`extends: temper:tiny/instruct` for a shipped one, else a path beside it), and so
on. Mappings merge key by key, lists and values replace, and a mapping whose `kind` changes replaces as a
whole. A `path` belongs to the folder of the file that names it (`--set`: to the current folder) and is
absolute from then on, so an extended recipe keeps its data. Only the outcome is validated, and strictly: no
text becomes a number; `1e-5` is a number.
"""

import importlib.resources
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from temper.mistakes import Place, dotted, field_mistakes, nearest
from temper.pipeline.mistakes import RecipeError
from temper.pipeline.plugins import plugins_of
from temper.pipeline.recipe import Recipe
from temper.verifiers.plugins import Plugins

SHIPPED = "temper:"
SUITES = Path(str(importlib.resources.files("temper.recipes"))) / "suites"
"""Where the shipped suites lie; a recipe that names one has it written out."""


@dataclass(frozen=True)
class Loaded:
    recipe: Recipe
    source: Path
    """The YAML file that was asked for."""
    folder: Path
    """Its folder, where the modules of the recipe's own verifiers and maps lie."""
    resolved: dict[str, Any]
    """The recipe with every default written out, as it goes to `recipe.resolved.yaml`."""

    @property
    def plugins(self) -> Plugins:
        """The modules that rows of the recipe's data may name."""
        return plugins_of(self.resolved, self.folder)


@dataclass(frozen=True)
class _Layer:
    """One file of an `extends` chain, or one `--set`: where its values come from."""

    label: str
    data: dict[str, Any]


def shipped() -> list[str]:
    """Names of the shipped recipes, as `extends` takes them."""
    root = Path(str(importlib.resources.files("temper.recipes")))
    return sorted(f"{SHIPPED}{path.parent.name}/{path.stem}" for path in root.glob("*/*.yaml") if path.parent != SUITES)


def load(path: str | Path, overrides: Sequence[str] = (), suites: Sequence[str] = ()) -> Loaded:
    """Raises RecipeError with every mistake, each with file, field and remedy. `suites` stand behind the recipe's own;
    one of them that is no shipped name is a path from the current folder."""
    source = _find(str(path), Path.cwd(), "recipe")
    layers = _chain(source)
    data: dict[str, Any] = {}
    for layer in layers:
        data = merge(data, layer.data)
    for override in overrides:
        data, changed = apply_override(data, override)
        layers.append(_Layer(f"--set {override}", changed))
    data = _with_suites(data, source, suites)
    recipe = _validate(data, layers, source)
    return Loaded(recipe, source, source.parent, recipe.model_dump(mode="json"))


def shipped_suites() -> list[str]:
    return sorted(path.stem for path in SUITES.glob("*.yaml"))


def _with_suites(data: dict[str, Any], source: Path, more: Sequence[str]) -> dict[str, Any]:
    """The recipe with the suites that it names written out, and `more`. Raises RecipeError for an absent one."""
    section = data.get("eval")
    named = section.get("suites", []) if isinstance(section, dict) else []
    if more and not isinstance(section, dict):
        raise RecipeError(f"{source}: eval: the recipe has no such section; add one with max_completion_tokens")
    if not isinstance(named, list) or not (named or more):
        return data
    suites = [_suite(name, source, source.parent) if isinstance(name, str) else name for name in named]
    known = {suite.get("name") for suite in suites if isinstance(suite, dict)}
    added = [_suite(name, Path("--suite"), Path.cwd()) for name in more]
    suites += [suite for suite in added if suite["name"] not in known]
    return {**data, "eval": {**data["eval"], "suites": suites}}


def _suite(name: str, where: Path, folder: Path) -> dict[str, Any]:
    path, of_paths = SUITES / f"{name}.yaml", folder  # a shipped suite's local files lie beside the recipe
    if name not in shipped_suites():
        path = (folder / Path(name).expanduser()).resolve()
        if not path.is_file():
            remedy = f"give the path of a YAML file, or a shipped one: {nearest(name, shipped_suites())}"
            raise RecipeError(f"{where}: eval.suites: no such suite, got {name!r}; {remedy}")
        of_paths = path.parent
    return {"name": path.stem, **absolute_paths(_read(path), of_paths)}


def merge(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`over` on top of `under`; neither changes."""
    # Fields of another kind would be unknown to this one.
    if "kind" in under and "kind" in over and under["kind"] != over["kind"]:
        return dict(over)
    merged = dict(under)
    for key, value in over.items():
        below = merged.get(key)
        merged[key] = merge(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged


def apply_override(data: dict[str, Any], override: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """`a.b=c`, c in YAML, a number in the path for a place in a list: the data with it, and it alone."""
    where, equals, text = override.partition("=")
    keys = where.strip().split(".")
    if not equals or not all(keys):
        raise RecipeError(f"--set: not a field and a value, got {override!r}; write --set a.b=c")
    try:
        value = _parsed(text)
    except yaml.YAMLError as error:
        raise RecipeError(f"--set {where}: not YAML, got {text!r}; quote it ({_one_line(error)})") from error
    branch = absolute_paths({keys[-1]: value}, Path.cwd())
    alone = branch
    for key in reversed(keys[:-1]):
        alone = {key: alone}
    return _placed(data, keys[:-1], branch, where), alone


def absolute_paths(value: Any, folder: Path) -> Any:
    """Every `path` below made absolute from `folder`; the schema has no other use for the name."""
    if isinstance(value, list):
        return [absolute_paths(item, folder) for item in value]
    if not isinstance(value, dict):
        return value
    changed = {key: absolute_paths(item, folder) for key, item in value.items()}
    if isinstance(changed.get("path"), str):
        changed["path"] = str((folder / Path(changed["path"]).expanduser()).resolve())
    return changed


def _placed(node: Any, keys: Sequence[str], branch: dict[str, Any], where: str) -> Any:
    """`node` with `branch` merged in below `keys`; a list is entered by the place of an item."""
    if isinstance(node, list):
        place, rest = (keys[0], keys[1:]) if keys else (next(iter(branch)), None)
        if not place.isdecimal() or int(place) >= len(node):
            raise RecipeError(f"--set {where}: no such item, got {place!r}; the list has {len(node)}, from 0")
        item = branch[place] if rest is None else _placed(node[int(place)], rest, branch, where)
        return [*node[: int(place)], item, *node[int(place) + 1 :]]
    below = node if isinstance(node, dict) else {}
    if not keys:
        return merge(below, branch)
    return {**below, keys[0]: _placed(below.get(keys[0]), keys[1:], branch, where)}


def _chain(source: Path) -> list[_Layer]:
    """The file and what it extends, the innermost first."""
    layers: list[_Layer] = []
    seen: list[Path] = []
    while True:
        if source in seen:
            names = " -> ".join(path.name for path in [*seen, source])
            raise RecipeError(f"{seen[-1]}: extends: a circle, {names}; drop one of them")
        seen.append(source)
        data = absolute_paths(_read(source), source.parent)
        parent = data.pop("extends", None)
        layers.insert(0, _Layer(str(source), data))
        if parent is None:
            return layers
        if not isinstance(parent, str):
            raise RecipeError(f"{source}: extends: must be a text, got {parent!r}; give a path or temper:NAME")
        source = _find(parent, source.parent, f"{source}: extends")


def _find(name: str, folder: Path, where: str) -> Path:
    if name.startswith(SHIPPED):
        if name not in shipped():
            raise RecipeError(f"{where}: unknown shipped recipe, got {name!r}; {nearest(name, shipped())}")
        inside = name.removeprefix(SHIPPED) + ".yaml"
        return Path(str(importlib.resources.files("temper.recipes"))) / inside
    path = (folder / Path(name).expanduser()).resolve()
    if not path.is_file():
        raise RecipeError(f"{where}: no such file, got {name!r}; give the path of a YAML file or temper:NAME")
    return path


class _Loader(yaml.SafeLoader):
    """Safe YAML that reads `1e-5` as a number, as YAML 1.2 does, and refuses what would not mean what it looks like: a
    repeated key, a key that is no text, `010` (octal, 8) and `1:30` (in sixties, 90)."""


_SCIENTIFIC = re.compile(r"^[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]{1,3}$")
_Loader.add_implicit_resolver("tag:yaml.org,2002:float", _SCIENTIFIC, list("-+0123456789"))


def _unique_mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[str] = set()
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise _refused(key, "a key must be a text, got a list or a mapping; write a text")
        if key.value in seen:
            raise _refused(key, f"key {key.value!r} stands twice; drop one")
        seen.add(str(key.value))
    return loader.construct_mapping(node, deep=True)


def _decimal(loader: _Loader, node: yaml.ScalarNode) -> int:
    number: int = loader.construct_yaml_int(node)
    if _OTHER_BASE.match(node.value):
        raise _refused(
            node, f"{node.value} would be read as {number}; write the number in decimal, or a text in quotes"
        )
    return number


def _refused(node: yaml.Node, why: str) -> yaml.constructor.ConstructorError:
    return yaml.constructor.ConstructorError(problem=why, problem_mark=node.start_mark)


_OTHER_BASE = re.compile(r"[-+]?0[0-9_]|.*:")
_Loader.add_constructor("tag:yaml.org,2002:map", _unique_mapping)
_Loader.add_constructor("tag:yaml.org,2002:int", _decimal)

MOST_VALUES = 100_000
"""In a recipe, aliases written out: a few lines of them can stand for more than any memory holds."""


def _values(node: yaml.Node, known: dict[int, int]) -> int:
    """How many values a node stands for; `known` holds those of nodes that were counted, and 0 for those under way."""
    if id(node) not in known:
        known[id(node)] = 0
        below = node.value if isinstance(node, yaml.CollectionNode) else ()
        children = [child for item in below for child in (item if isinstance(item, tuple) else (item,))]
        known[id(node)] = 1 + sum(_values(child, known) for child in children)
    return known[id(node)]


def _read(path: Path) -> dict[str, Any]:
    try:
        data = _parsed(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path}: not a recipe: {_one_line(error)}") from error
    if not isinstance(data, dict):
        raise RecipeError(f"{path}: must be a mapping, got {data!r}; write `name: ...` and the rest below it")
    return data


def _parsed(text: str) -> Any:
    """The value of a YAML text. Raises YAMLError, also for one that is too deep or too large to be meant."""
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node and _values(node, {}) > MOST_VALUES:
            raise yaml.YAMLError(f"more than {MOST_VALUES:,} values; drop the aliases")
        return loader.construct_document(node) if node else None
    except RecursionError:
        raise yaml.YAMLError("nested too deep; flatten it") from None


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def _validate(data: dict[str, Any], layers: Sequence[_Layer], source: Path) -> Recipe:
    found = _not_json(data)
    if not found:
        try:
            # JSON is where pydantic can be strict about numbers and texts and still take a list for a tuple.
            return Recipe.model_validate_json(json.dumps(data), strict=True)
        except ValidationError as error:
            found = field_mistakes(error, Recipe, data)
    lines = []
    for path, what in found:
        field = f"{dotted(path)}: " if path else ""
        lines.append(f"{_origin(path, layers, source)}: {field}{what}")
    raise RecipeError("\n".join(lines))


def _not_json(value: Any, path: Place = ()) -> list[tuple[Place, str]]:
    """What YAML can say and no field takes: dates, sets, NaN, keys that are no text."""
    if isinstance(value, dict):
        odd = [key for key in value if not isinstance(key, str)]
        keys = [((*path, str(key)), f"must be a text, got {key!r}; quote it") for key in odd]
        return keys + [found for key, item in value.items() for found in _not_json(item, (*path, str(key)))]
    if isinstance(value, list):
        return [found for place, item in enumerate(value) for found in _not_json(item, (*path, place))]
    if isinstance(value, float) and not math.isfinite(value):
        return [(path, f"must be a finite number, got {value!r}; change it")]
    if value is None or isinstance(value, str | int | float):
        return []
    return [(path, f"must be a text, number, list or mapping, got {value!r}; quote it")]


def _origin(path: Place, layers: Sequence[_Layer], source: Path) -> str:
    """The last layer that wrote this field; the recipe itself for one that nobody wrote."""
    for layer in reversed(layers):
        node: Any = layer.data
        for part in path:
            if isinstance(node, dict) and str(part) in node:
                node = node[str(part)]
            elif isinstance(node, list) and isinstance(part, int) and part < len(node):
                node = node[part]
            else:
                break
        else:
            if path:
                return layer.label
    return str(source)
