"""The JSON Schema (draft 2020-12) of a recipe, from the classes that read it: for editors, and for `docs/recipe.md`.

A file that extends another holds only what differs, and so does one that is there to be extended; there nothing is
required, and a `kind` may be the other file's. Which of the two a file is shows at its top: a whole recipe has a `name`
or a `variant` and no `extends`. A list is replaced as a whole, so its items are whole in either. The schema knows
nothing of what must hold between fields (`temper explain` does), nor of the rows (`temper audit`).

`in_key` beside a field is its mark (`policy.section`): the keys that the field is in, where that is not all of them.
"""

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from temper.pipeline.recipe import Recipe
from temper.verifiers.table import VERIFIERS, resolve

Schema = dict[str, Any]

DRAFT = "https://json-schema.org/draft/2020-12/schema"
PART = ".part"
"""Ends the name of a definition without what it requires."""
_DEFINED = "#/$defs/"
_EXTENDS = {
    "description": "What this recipe differs from: `temper:NAME` for a shipped one, else a path beside this file.",
    "type": "string",
}


def recipe_schema() -> Schema:
    """The schema of a recipe's file."""
    whole = {"anyOf": [{"required": ["name"]}, {"required": ["variant"]}], "not": {"required": ["extends"]}}
    schema = {
        "$schema": DRAFT,
        "title": "A recipe of temper",
        "if": whole,
        "then": {"$ref": f"{_DEFINED}Recipe"},
        "else": {"$ref": f"{_DEFINED}Recipe{PART}"},
    }
    return {**schema, "$defs": _reached(schema, _definitions())}


def _definitions() -> dict[str, Schema]:
    """Every section, whole and in part, and the params of every verifier, which a recipe gives in part."""
    verifiers = {name: resolve(name) for name in VERIFIERS}
    models: list[type[BaseModel]] = [Recipe, *verifiers.values()]
    names, joined = models_json_schema([(model, "validation") for model in models])
    defined: dict[str, Schema] = joined["$defs"]
    for schema in defined.values():
        _require_kinds(schema)
    suites = defined["EvalSection"]["properties"]["suites"]
    suites["items"] = {"anyOf": [suites["items"], {"type": "string"}]}  # a name, which `loading` writes out
    parts = {f"{name}{PART}": _part(schema) for name, schema in defined.items()}
    part = parts[f"Recipe{PART}"]
    part["properties"] = {"extends": _EXTENDS, **part["properties"]}
    params = {
        name: {**_part(names[model, "validation"]), "description": f"Params of `{name}` that no row need repeat."}
        for name, model in verifiers.items()
    }
    for each in (defined["VerifiersSection"], parts[f"VerifiersSection{PART}"]):
        each |= {
            "properties": {**each["properties"], **params},
            "patternProperties": {r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$": {"type": "object"}},
            "additionalProperties": False,
        }
    return {**defined, **parts}


def _require_kinds(schema: object) -> None:
    """A branch of a union is chosen by its `kind`, which has a default in each and so is required by none of them."""
    if isinstance(schema, list):
        for item in schema:
            _require_kinds(item)
    elif isinstance(schema, dict):
        for value in schema.values():
            _require_kinds(value)
        if "discriminator" in schema:
            schema["required"] = [schema["discriminator"]["propertyName"]]


def _part(schema: Schema) -> Schema:
    """The schema without what it requires. Branches of a union overlap then, where none names its `kind`."""
    part = {key: value for key, value in schema.items() if key not in ("required", "discriminator", "oneOf")}
    if "$ref" in schema:
        part["$ref"] = schema["$ref"] + PART
    if branches := schema.get("anyOf", schema.get("oneOf")):
        part["anyOf"] = [_part(branch) for branch in branches]
    if "properties" in schema:
        part["properties"] = {name: _part(value) for name, value in schema["properties"].items()}
    return part


def _reached(schema: Schema, defined: dict[str, Schema]) -> dict[str, Schema]:
    """The definitions that the schema refers to, directly or through others, in order of the first reference."""
    reached: dict[str, Schema] = {}
    waiting = referred(schema)
    while waiting:
        name = waiting.pop(0)
        if name not in reached:
            reached[name] = defined[name]
            waiting += referred(defined[name])
    return reached


def referred(schema: object) -> list[str]:
    """Names of the definitions that a schema refers to, in order."""
    if isinstance(schema, list):
        return [name for item in schema for name in referred(item)]
    if not isinstance(schema, dict):
        return []
    inside = [name for key, value in schema.items() if key != "discriminator" for name in referred(value)]
    return [schema["$ref"].removeprefix(_DEFINED), *inside] if "$ref" in schema else inside
