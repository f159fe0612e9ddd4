"""What is wrong with what a person wrote, as lines to act on: ``where: what, got 'value'; do this``.

pydantic finds the mistakes; this file says them in the words of a recipe or a row: the tag of a union leaves the path,
an unknown key is answered with the nearest known one, a missing field with what it is for. Recipes, problems and
examples are told alike; every folder may import this one.
"""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

Place = tuple[str | int, ...]
"""Where a field stands: keys, and places in lists."""
Model = type[BaseModel]

_REMEDIES = {
    "int_type": "write a whole number",
    "int_from_float": "write a whole number",
    "float_type": "write a number",
    "bool_type": "write true or false",
    "string_type": "write a text, in quotes if it looks like a number",
    "tuple_type": "write a list",
    "model_type": "write a mapping",
    "model_attributes_type": "write a mapping",
}


def nearest(word: str, known: Iterable[str]) -> str:
    """The remedy for an unknown word: the nearest known one, else all of them."""
    names = sorted(known)
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.5)
    if close:
        return f"did you mean {close[0]!r}?"
    return "use one of " + ", ".join(names) if names else "there are none"


def shortened(value: object, length: int = 80) -> str:
    """`repr`, cut so that a message stays one line whatever the value is."""
    text = repr(value[:length]) if isinstance(value, str) else repr(value)
    return text if len(text) <= length else text[:length] + "..."


def dotted(path: Place) -> str:
    return ".".join(str(part) for part in path)


def first_mistake(error: ValidationError, model: Model, data: object) -> tuple[str, str]:
    """(field, what is wrong and what to do) of the first mistake; of a union's, of the member that got furthest."""
    found = field_mistakes(error, model, data)
    first, _ = found[0]
    path, what = max((one for one in found if one[0] == first or _below(one[0], first)), key=_depth)
    return dotted(path), what


def _depth(mistake: tuple[Place, str]) -> int:
    return len(mistake[0])


def field_mistakes(error: ValidationError, model: Model, data: Any) -> list[tuple[Place, str]]:
    """(path in the YAML, what is wrong and what to do) for each error of validating `data` as `model`."""
    found = error.errors(include_url=False)
    places = [details["loc"] for details in found]
    return [
        _mistake(details, model, data)
        for details in found
        # a list whose items are all refused is not short of items
        if details["type"] != "too_short" or not any(_below(place, details["loc"]) for place in places)
    ]


def _below(place: Place, above: Place) -> bool:
    return len(place) > len(above) and place[: len(above)] == above


def _mistake(details: ErrorDetails, model: Model, data: Any) -> tuple[Place, str]:
    kind, got = details["type"], details["input"]
    path, holders, here = _walk(details["loc"], model, data, kind)
    if kind == "extra_forbidden":
        known = sorted({name for holder in holders for name in holder.model_fields})
        return path, f"unknown key, got {path[-1]!r}; {nearest(str(path[-1]), known)}"
    if kind == "missing":
        return path, f"missing; add it{_purpose(path, holders)}"
    if kind == "union_tag_not_found":
        return (*path, "kind"), f"missing; add kind: {_kinds(here)}"
    if kind == "union_tag_invalid":
        return (*path, "kind"), f"unknown kind, got {got['kind']!r}; use {_kinds(here)}"
    if kind == "value_error":
        return path, details["msg"].removeprefix("Value error, ")
    if kind == "literal_error":
        return path, f"unknown value, got {shortened(got)}; use {details['ctx']['expected']}"
    what = re.sub(r"^\w+ should", "must", details["msg"])
    return path, f"{what}, got {shortened(got)}; {_REMEDIES.get(kind, 'change it')}{_purpose(path, holders)}"


def _walk(loc: Place, model: Model, data: Any, kind: str) -> tuple[Place, list[Model], list[Model]]:
    """The path as the row or the YAML spells it (pydantic adds what tells a union's members apart), the models that
    hold its last part, and those of that part itself."""
    path: list[str | int] = []
    holders, here = [model], [model]
    for index, part in enumerate(loc):
        last_is_absent = kind == "missing" and index == len(loc) - 1
        if isinstance(part, str) and not last_is_absent and not (isinstance(data, Mapping) and part in data):
            here = [each for each in here if _kind(each) == part] or here
            continue
        path.append(part)
        if isinstance(part, str):
            holders = here
            fields = [holder.model_fields[part] for holder in holders if part in holder.model_fields]
            here = [each for field in fields for each in _models(field.annotation)]
        data = _below_data(data, part)
    return tuple(path), holders, here


def _below_data(data: Any, part: str | int) -> Any:
    if isinstance(data, Mapping):
        return data.get(part)
    within = isinstance(data, list | tuple) and isinstance(part, int) and part < len(data)
    return data[part] if within else None  # a pair of which only one is there


def _models(annotation: Any) -> list[Model]:
    """Every model in a field's type, through unions, tuples and `Annotated`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models(part)]


def _kind(model: Model) -> str | None:
    if "kind" not in model.model_fields:
        return None
    (name,) = get_args(model.model_fields["kind"].annotation)
    return str(name)


def _kinds(models: Sequence[Model]) -> str:
    return " or ".join(sorted({kind for each in models if (kind := _kind(each))}))


def _purpose(path: Place, holders: Sequence[Model]) -> str:
    """What the field is for, from its docstring, in brackets."""
    name = next((part for part in reversed(path) if isinstance(part, str)), "")
    for holder in holders:
        if name in holder.model_fields and (purpose := holder.model_fields[name].description):
            return f" ({' '.join(purpose.split()).rstrip('.')})"
    return ""
