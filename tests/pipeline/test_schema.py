"""The JSON Schema takes what a recipe may say, whole or in part, and refuses what no recipe may."""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from temper.pipeline.cli import main
from temper.pipeline.loading import load, shipped
from temper.pipeline.schema import recipe_schema, referred
from temper.verifiers.table import VERIFIERS

WriteRecipe = Callable[..., Path]

ROOT = Path(__file__).parents[2]
YAMLS = sorted(path for path in (ROOT / "recipes").glob("*/*.yaml") if path.parent.name != "suites")
SCHEMA = recipe_schema()
VALIDATOR = Draft202012Validator(SCHEMA)
FREE = ("verifiers", "metadata", "config", "verifier", "session")
"""Mappings that hold what others read."""


def mistakes(recipe: Any) -> list[str]:
    return [error.message for error in VALIDATOR.iter_errors(recipe)]


def short(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def test_it_is_a_schema_of_its_draft() -> None:
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(SCHEMA)
    assert set(referred(SCHEMA)) == set(SCHEMA["$defs"]), "every definition is there, and none for nothing"


def test_the_shipped_schema_is_current() -> None:
    path = resources.files("temper.recipes") / "recipe.schema.json"
    assert json.loads(path.read_text()) == SCHEMA, "a field has changed: temper schema > recipes/recipe.schema.json"


def test_the_command_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == SCHEMA


@pytest.mark.parametrize("path", YAMLS, ids=short)
def test_a_shipped_recipe_names_the_schema_and_holds_to_it(path: Path) -> None:
    (line,) = (line for line in path.read_text().splitlines() if line.startswith("# yaml-language-server: $schema="))
    assert (path.parent / line.partition("$schema=")[2]).resolve() == ROOT / "recipes/recipe.schema.json"
    assert mistakes(yaml.safe_load(path.read_text())) == []


WHOLE = {name: load(name).resolved for name in shipped() if not name.endswith("/base")}
"""The shipped recipes with every default written out."""


@pytest.mark.parametrize("name", WHOLE)
def test_a_resolved_recipe_holds_to_it_without_what_it_extends(name: str) -> None:
    assert mistakes(WHOLE[name]) == []


def mappings(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where a mapping of fields stands."""
    if isinstance(node, dict):
        yield path
        for key, value in node.items():
            if key not in FREE or not isinstance(value, dict):
                yield from mappings(value, (*path, key))
    elif isinstance(node, list):
        for place, value in enumerate(node):
            yield from mappings(value, (*path, place))


def at(node: Any, path: tuple[Any, ...]) -> Any:
    for part in path:
        node = node[part]
    return node


@pytest.mark.parametrize("extends", [False, True], ids=["whole", "in part"])
@pytest.mark.parametrize("name", ["temper:mellum2/instruct", "temper:tiny/thinking"])
def test_a_field_that_is_misspelt_anywhere_is_refused(name: str, extends: bool) -> None:
    recipe = {**WHOLE[name], **({"extends": name} if extends else {})}
    assert mistakes(recipe) == []
    tried = 0
    for path in mappings(recipe):
        for field in at(recipe, path):
            if path[-1:] == ("verifiers",):
                continue
            misspelt = deepcopy(recipe)
            holder = at(misspelt, path)
            holder[f"{field}_"] = holder.pop(field)
            assert mistakes(misspelt), f"{path}: {field}_"
            tried += 1
    assert tried > 150


RECIPE = """
name: mine
variant: instruct
base: {kind: tiny}
extend: {factor: 4}
sft:
  data: [{kind: generated, rows: 10}]
  pack_tokens: 1024
  packs_per_step: 4
  steps: 10
  schedule: {learning_rate: 0.00001}
rlvr:
  data: [{kind: file, path: problems.jsonl}]
  steps: 10
  problems_per_step: 8
  group_size: 4
  max_prompt_tokens: 100
  max_completion_tokens: 100
  schedule: {learning_rate: 0.00001}
eval: {max_completion_tokens: 100}
held_out: [{kind: generated, rows: 500, split: held_out}]
"""
RIGHT = {
    "as it is": ("", ""),
    "a whole number for a number": ("learning_rate: 0.00001}\nrlvr", "learning_rate: 1}\nrlvr"),
    "null for what is absent": ("eval:", "validation: null\neval:"),
    "another kind": ("kind: tiny", f"kind: hub, name: a/b, revision: {'a' * 40}"),
    "an optimizer": ("steps: 10\n  schedule", "optimizer: {kind: muon, betas: [0.9, 0.95]}\n  steps: 10\n  schedule"),
    "an objective": ("group_size: 4", "group_size: 4\n  objective: {kind: gspo, clip_high: 0.1, icepop: [0, 9]}"),
    "params of a verifier": ("eval:", "verifiers: {math: {percent: optional}, judge: {model: a, retries: 0}}\neval:"),
    "a verifier's alias": ("eval:", "verifiers: {json_schema: {schema: {type: object}}}\neval:"),
    "a verifier of one's own": ("eval:", "verifiers: {'my.module:Mine': {anything: [1]}}\neval:"),
    "a verifier of a source": ("path: problems.jsonl", "path: p.jsonl, verifier: {gate: {verifier: row}, then: {}}"),
    "long context": ("factor: 4", "factor: 4, train: {data: [{kind: generated, rows: 1}], pack_tokens: 64, "
        "packs_per_step: 1, steps: 1, schedule: {learning_rate: 1}, fim_share: 0}"),
    "a part without kinds": (RECIPE, "extends: a.yaml\nbase: {layers: 4}\nrlvr: {objective: {kl: 0.1}}\n"
        "sft: {optimizer: {weight_decay: 0.1}, schedule: {warmup_steps: 1}}\nengine: {batch: 1}\n"),
    "nothing but a name": (RECIPE, "extends: temper:tiny/instruct\nname: mine\n"),
    "what others share": (RECIPE, "rlvr: {group_size: 4}\n"),
}  # fmt: skip
WRONG = {
    "no base": ("base: {kind: tiny}", "", "'base' is a required property"),
    "no variant": ("variant: instruct", "", "'variant' is a required property"),
    "no name": ("name: mine", "", "'name' is a required property"),
    "no learning rate": ("schedule: {learning_rate: 0.00001}\nrlvr", "schedule: {}\nrlvr", "not valid under any"),
    "no kind": ("kind: tiny", "layers: 4", "'kind' is a required property"),
    "no kind of a source": ("kind: generated, rows: 10", "rows: 10", ""),
    "no rows": ("kind: generated, rows: 10", "kind: generated", ""),
    "no path": ("path: problems.jsonl", "skip: 1", ""),
    "an unknown kind": ("kind: tiny", "kind: tinny", "not valid under any"),
    "a field of another kind": ("kind: tiny", "kind: tiny, revision: a", ""),
    "a text for a number": ("steps: 10\n  problems", "steps: '10'\n  problems", ""),
    "true for a number": ("steps: 10\n  problems", "steps: true\n  problems", ""),
    "a half step": ("steps: 10\n  problems", "steps: 1.5\n  problems", ""),
    "below the bound": ("group_size: 4", "group_size: 1", ""),
    "at an open bound": ("learning_rate: 0.00001}\nrlvr", "learning_rate: 0}\nrlvr", ""),
    "no pattern": ("name: mine", "name: a/b", "does not match"),
    "one value for two": ("group_size: 4", "group_size: 4\n  objective: {kind: gspo, icepop: [1]}", ""),
    "three values for two": ("group_size: 4", "group_size: 4\n  objective: {kind: gspo, icepop: [0, 1, 2]}", ""),
    "a value for a list": ("data: [{kind: file, path: problems.jsonl}]", "data: {kind: file, path: p.jsonl}", ""),
    "an empty list": ("data: [{kind: file, path: problems.jsonl}]", "data: []", ""),
    "an unknown variant": ("variant: instruct", "variant: chat", "is not one of"),
    "an unknown stage": ("name: mine", "name: mine\nstages: [extend, stf]", "is not one of"),
    "null for what has none": ("group_size: 4", "group_size: null", ""),
    "an unknown verifier": ("eval:", "verifiers: {maths: {}}\neval:", "'maths'"),
    "an unknown param": ("eval:", "verifiers: {math: {percents: optional}}\neval:", "'percents'"),
    "a wrong param": ("eval:", "verifiers: {judge: {max_score: 0}}\neval:", "less than the minimum"),
    "extends itself a list": ("name: mine", "extends: [a, b]\nname: mine", "is not of type 'string'"),
    "misspelt in a part": (RECIPE, "extends: a.yaml\nrlvr: {groupsize: 4}\n", "'groupsize'"),
    "misspelt at the top of a part": (RECIPE, "extends: a.yaml\nrlrv: {}\n", "'rlrv'"),
    "out of bounds in a part": (RECIPE, "extends: a.yaml\nrlvr: {group_size: 1}\n", "not valid under any"),
    "a part of no kind": (RECIPE, "extends: a.yaml\nbase: {layers: 4, revision: a}\n", "not valid under any"),
    "an item in part": (RECIPE, "extends: a.yaml\nsft: {data: [{rows: 4}]}\n", "not valid under any"),
    "no mapping": (RECIPE, "[1]", ""),
}


def written(old: str, new: str) -> Any:
    assert old in RECIPE
    return yaml.safe_load(RECIPE.replace(old, new) if old else RECIPE)


@pytest.mark.parametrize("row", RIGHT)
def test_what_a_recipe_may_say_is_taken(row: str) -> None:
    assert mistakes(written(*RIGHT[row])) == []


@pytest.mark.parametrize("row", WRONG)
def test_what_no_recipe_may_say_is_refused(row: str) -> None:
    old, new, complaint = WRONG[row]
    found = mistakes(written(old, new))
    assert found and complaint in " ".join(found)


@pytest.mark.parametrize("row", [row for row, (old, *_) in {**RIGHT, **WRONG}.items() if old != RECIPE])
def test_whoever_reads_the_recipe_thinks_the_same(write_recipe: WriteRecipe, row: str) -> None:
    """Of what is no part, and of all but the params of verifiers, which are read with the rows."""
    swap = RIGHT[row] if row in RIGHT else WRONG[row][:2]
    path = write_recipe(RECIPE, swap=(swap[0], swap[1]))
    if row in RIGHT or "verifiers:" in swap[1]:
        assert load(path)
        return
    with pytest.raises(ValueError, match=path.name):
        load(path)


def test_every_field_of_every_definition_says_what_it_is_for() -> None:
    for name, schema in SCHEMA["$defs"].items():
        if name != "JsonValue":
            assert schema.get("description"), f"{name}: a section without a docstring"
        for field, value in schema.get("properties", {}).items():
            purpose = value.get("description", "")
            assert purpose.endswith(".") and len(purpose.split()) > 1, f"{name}.{field}: no docstring below it"


def test_every_verifier_of_the_table_may_be_given_params() -> None:
    for name in ("VerifiersSection", "VerifiersSection.part"):
        assert set(SCHEMA["$defs"][name]["properties"]) == {*VERIFIERS, "plugins"}
