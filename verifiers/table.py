"""Names to verifiers: one literal table, `package.module:Class` beside it, and a row's verifier ready to
judge.

A verifier's fields are its parameters, so a row's `params` are validated by building the class: nothing else
may stand there, and what is absent takes the field's default. There is no registration: a decorator would
register only in the processes that imported it.
"""

import difflib
import importlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import ValidationError

from temper.verifiers.problem import Problem
from temper.verifiers.verifier import Verifier

VERIFIERS: dict[str, str] = {
    "math": "temper.verifiers.math:Math",
    "code": "temper.verifiers.code:Code",
    "choice": "temper.verifiers.choice:Choice",
    "json_schema": "temper.verifiers.json_schema:JsonSchema",
    "instructions": "temper.verifiers.instructions:Instructions",
    "tool_calls": "temper.verifiers.tool_calls:ToolCalls",
    "reasoning_gym": "temper.verifiers.reasoning_gym:ReasoningGym",
    "judge": "temper.verifiers.judge:ModelJudge",
}

T = TypeVar("T")
_NOTHING = object()
_PATH = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*:[^\W\d]\w*")


def nearest(word: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown name: the nearest known one, or all of them."""
    names = sorted(known)
    close = difflib.get_close_matches(word, names, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    return "known: " + ", ".join(names) if names else "there are none"


def explain(error: ValidationError, at: str, data: object) -> str:
    """The first finding of pydantic on `data` as `field: what, got value`."""
    first = error.errors(include_url=False)[0]
    path = ".".join([*([at] if at else []), *_path(first["loc"], data, first["type"] == "missing")])
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "missing":
        return f"field {path!r} is missing; add it"
    if first["type"] == "value_error":
        return f"field {path!r}: {message}"
    return f"field {path!r}: {message}, got {shortened(first['input'])}"


def _path(location: tuple[int | str, ...], data: object, missing: bool) -> list[str]:
    """pydantic's location without the tags of its unions, which stand in no row."""
    path = []
    for i, part in enumerate(location):
        inside: object = _NOTHING
        if isinstance(data, Mapping):
            inside = data.get(part, _NOTHING)
        elif isinstance(data, Sequence) and isinstance(part, int):
            inside = data[part]
        if inside is not _NOTHING or (missing and i == len(location) - 1):
            path.append(str(part))
            data = inside
    return path


def shortened(value: object, length: int = 80) -> str:
    """`repr`, cut so that a message stays one line whatever the value is."""
    text = repr(value[:length]) if isinstance(value, str) else repr(value)
    return text if len(text) <= length else text[:length] + "..."


def resolve(name: str) -> type[Verifier]:
    """The class of a table name or of `package.module:Class`. Raises ValueError that names the nearest known
    one."""
    path = VERIFIERS.get(name, name)
    if not _PATH.fullmatch(path):
        raise ValueError(f"unknown verifier {name!r}; {nearest(name, VERIFIERS)}")
    return class_at(path, Verifier, f"verifier {name!r}")  # type: ignore[type-abstract]


def class_at(path: str, base: type[T], who: str) -> type[T]:
    """The class of `base` at `package.module:Class`. Raises ValueError that begins with `who` and names the nearest
    class."""
    module_name, _, class_name = path.partition(":")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
            raise
        raise ValueError(f"{who}: no module {error.name!r}; install it or put it beside the recipe") from error
    found = vars(module).get(class_name)
    if found is None:
        classes = [key for key, value in vars(module).items() if isinstance(value, type)]
        raise ValueError(f"{who}: {module_name} has no {class_name!r}; {nearest(class_name, classes)}")
    if not (isinstance(found, type) and issubclass(found, base)):
        raise ValueError(f"{who}: not a class of {base.__module__}.{base.__name__}; derive it from that")
    if missing := vars(found).get("__abstractmethods__"):
        raise ValueError(f"{who}: {class_name} lacks {', '.join(sorted(missing))}; write it")
    return found


def build(spec: str | Mapping[str, Any], params: Mapping[str, Any], at: str = "") -> Verifier:
    """The verifier that `spec` names (a name or a composition) with its parameters. `at` is the field it
    stands in."""
    if not isinstance(spec, str):
        from temper.verifiers.composition import compose

        if params:
            raise ValueError(
                f"field '{at}params': a composition takes none, got {shortened(dict(params))}; "
                "give each part its own `params`"
            )
        return compose(spec, at)
    try:
        cls = resolve(spec)
    except ValueError as error:
        raise ValueError(f"field '{at}verifier': {error}") from error
    known = {field.alias or name for name, field in cls.model_fields.items()}
    for key in params:
        if key not in known:
            raise ValueError(f"field '{at}params': {spec} has no parameter {key!r}; {nearest(key, known)}")
    try:
        return cls.model_validate(dict(params))
    except ValidationError as error:
        raise ValueError(explain(error, f"{at}params", params)) from error


def verifier_for(problem: Problem) -> Verifier:
    """The problem's verifier, built from its row. Raises ValueError naming the field."""
    return build(problem.verifier, problem.params)
