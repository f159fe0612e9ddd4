"""`docs/recipe.md`: every field of a recipe, section by section, from its JSON Schema (`pipeline.schema`)."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

Schema = dict[str, Any]

KEYS = ("base", "extend", "sft", "rlvr", "eval", "audit")
"""In the order of the last column. The packs that trainings share are no stage, and not told apart here."""

_START = "Recipe"
_INTRODUCTION = """\
<!-- written by `temper schema --markdown > docs/recipe.md`; the sentences are the docstrings of the fields -->

# The recipe

One YAML file. It holds what differs from the defaults below and, where it `extends` another (`extends:
temper:tiny/instruct` for a shipped one, else a path beside it), what differs from that one: mappings merge key by key,
lists and values replace, and a mapping whose `kind` changes replaces as a whole. `temper run RECIPE --set sft.steps=20`
sets a field for one run, `temper explain RECIPE` says what comes of it. A field that is wrong or misspelt is refused by
name before anything starts.

An editor that knows YAML schemas (the YAML extension of VS Code, `yaml-language-server` elsewhere) completes the fields
and shows these sentences where the file says which schema it has. The shipped recipes do; for one of your own:

    temper schema > recipe.schema.json

```yaml
# yaml-language-server: $schema=recipe.schema.json
extends: temper:tiny/instruct
name: mine
```

**Key.** A stage that finished under the same key is not run again. The last column says in whose key a field is: `yes`,
in every one; names, in those of these stages (`audit`: of the finding that `temper run` keeps); `content`, what is
there counts and not where it lies; `no`, in none, because it moves no result.
"""


@dataclass
class Section:
    """One table: a definition of the schema and where in a recipe it stands."""

    name: str
    schema: Schema
    places: list[str] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    """Those that some place of it is in."""


def reference(schema: Schema) -> str:
    """The page, as Markdown."""
    sections: dict[str, Section] = {}
    _collect(schema["$defs"], _START, "", set(KEYS), sections)
    return "\n".join([_INTRODUCTION, *(_table(section, schema["$defs"]) for section in sections.values())])


def _collect(defined: Schema, name: str, place: str, keys: set[str], sections: dict[str, Section]) -> None:
    section = sections.setdefault(_title(name), Section(_title(name), defined[name]))
    section.places += [place] if place else []
    section.keys |= keys
    for key, value in section.schema.get("properties", {}).items():
        for inner, steps in _sections_in(value):
            if "properties" in defined[inner]:
                where = ".".join([*([place] if place else []), key, *steps])
                # a field is in a key only where all that it stands in are
                _collect(defined, inner, where, keys & _keys(value), sections)


def _sections_in(schema: Schema, steps: tuple[str, ...] = ()) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Definitions below a field, each with the way there: a name, or `*` for the items of a list."""
    if "$ref" in schema:
        yield schema["$ref"].rpartition("/")[2], steps
    for branch in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from _sections_in(branch, steps)
    if "items" in schema:
        yield from _sections_in(schema["items"], (*steps, "*"))
    for name, value in schema.get("properties", {}).items():
        yield from _sections_in(value, (*steps, name))


def _title(name: str) -> str:
    return name.removesuffix(".part")


def _keys(schema: Schema) -> set[str]:
    """The keys that a field's mark lets it enter."""
    mark = schema.get("in_key", KEYS)
    if mark == "content":
        return set(KEYS)
    return set(mark) if mark else set()


def _table(section: Section, defined: Schema) -> str:
    lines = [f"## {section.name}", ""]
    if section.places:
        lines += [f"At {', '.join(f'`{place}`' for place in dict.fromkeys(section.places))}.", ""]
    lines += [" ".join(section.schema.get("description", "").split()), ""]
    lines += ["| field | type | default | what it is for | key |", "|---|---|---|---|---|"]
    required = section.schema.get("required", ())
    for name, value in section.schema["properties"].items():
        default = "required" if name in required else _default(value, defined)
        purpose = " ".join(value.get("description", "").split())
        null = ", or null" if {"type": "null"} in value.get("anyOf", ()) and value.get("default") is not None else ""
        cells = (f"`{name}`", _type(value) + null, default, purpose, _key(value, section.keys))
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join([*lines, ""])


def _key(schema: Schema, around: set[str]) -> str:
    keys = around & _keys(schema)
    if not keys:
        return "no"
    if schema.get("in_key") == "content":
        return "content"
    return "yes" if keys == set(KEYS) else ", ".join(key for key in KEYS if key in keys)


def _type(schema: Schema) -> str:
    """What may stand there, in words, but for null, which mostly says what leaving the field out says."""
    if "$ref" in schema:
        title = _title(schema["$ref"].rpartition("/")[2])
        return "any value" if title == "JsonValue" else f"[{title}](#{title.lower()})"
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return _either([f"`{value}`" for value in schema["enum"]])
    if branches := schema.get("oneOf", schema.get("anyOf")):
        return _either([_type(branch) for branch in branches if branch.get("type") != "null"])
    if schema.get("type") == "array":
        return _list(schema)
    if "properties" in schema:
        return "mapping of " + ", ".join(f"`{name}` ({_type(value)})" for name, value in schema["properties"].items())
    return _scalar(schema)


def _scalar(schema: Schema) -> str:
    names = {"string": "text", "boolean": "true or false", "object": "mapping", "integer": "whole number"}
    kind: str = schema.get("type", "any value")
    bounds = {"exclusiveMinimum": "above", "minimum": "at least", "exclusiveMaximum": "below", "maximum": "at most"}
    said = [f"{word} {_number(schema[bound])}" for bound, word in bounds.items() if bound in schema]
    said += [f"`{schema['pattern']}`"] if "pattern" in schema else []
    return ", ".join([names.get(kind, kind), *said])


def _list(schema: Schema) -> str:
    if "prefixItems" in schema:
        return f"[{', '.join(_type(item) for item in schema['prefixItems'])}]"
    return f"list of {_type(schema.get('items', {}))}"


def _either(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]


def _default(schema: Schema, defined: Schema) -> str:
    value = schema.get("default")
    if isinstance(value, dict) and (names := [name for name, steps in _sections_in(schema) if not steps]):
        value = _differing(value, [defined[name] for name in names])
    return "none" if value is None else f"`{_flow(value)}`"


def _differing(value: Schema, sections: Sequence[Schema]) -> Schema:
    """Of a section's default, its kind where there are several, and what differs from its own fields' defaults."""
    branches = [section["properties"] for section in sections]
    if len(branches) > 1:
        branches = [fields for fields in branches if fields["kind"]["const"] == value["kind"]]
    different = {name: given for name, given in value.items() if given != branches[0][name].get("default")}
    return {"kind": value["kind"], **different} if len(sections) > 1 else different


def _flow(value: object) -> str:
    """YAML on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {_flow(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, str) and re.fullmatch(r"[A-Za-z_][\w. -]*", value):
        return value
    return f"{value:g}" if isinstance(value, float) else json.dumps(value)


def _number(value: float) -> str:
    return f"{int(value):,}" if value == int(value) else f"{value:g}"
