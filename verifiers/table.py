"""Names to verifiers: one literal table, `package.module:Class` of a listed module beside it, and a row's verifier
ready to judge.

A verifier's fields are its parameters, so a row's `params` are validated by building the class: nothing else
may stand there, and what is absent takes the field's default. There is no registration: a decorator would
register only in the processes that imported it.
"""

import importlib
import re
from collections.abc import Mapping
from functools import partial
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from temper.mistakes import first_mistake, nearest, shortened
from temper.verifiers.composition import compose
from temper.verifiers.plugins import NO_PLUGINS, Plugins
from temper.verifiers.problem import Problem
from temper.verifiers.verifier import Verifier

VERIFIERS: dict[str, str] = {
    "math": "temper.verifiers.math:Math",
    "code": "temper.verifiers.code:Code",
    "calendar": "temper.verifiers.calendar:Calendar",
    "choice": "temper.verifiers.choice:Choice",
    "json_schema": "temper.verifiers.json_schema:JsonSchema",
    "instructions": "temper.verifiers.instructions:Instructions",
    "tool_calls": "temper.verifiers.tool_calls:ToolCalls",
    "reasoning_gym": "temper.verifiers.reasoning_gym:ReasoningGym",
    "results": "temper.verifiers.sessions.results:Results",
    "state": "temper.verifiers.sessions.state:State",
    "judge": "temper.verifiers.judge:ModelJudge",
    "http": "temper.verifiers.http:Http",
}

T = TypeVar("T")
_PATH = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*:[^\W\d]\w*")


def explain(error: ValidationError, model: type[BaseModel], at: str, data: object) -> str:
    """The first mistake of `data` as `model`, which stands at the field `at`: `field 'x': what, got value; remedy`."""
    field, what = first_mistake(error, model, data)
    path = ".".join(filter(None, (at, field)))
    return f"field {path!r} is {what}" if what.startswith("missing;") else f"field {path!r}: {what}"


def resolve(name: str, plugins: Plugins = NO_PLUGINS) -> type[Verifier]:
    """The class of a table name or of `package.module:Class`, whose module `plugins` must list. Raises ValueError that
    names the nearest known one."""
    if name in VERIFIERS:
        return _imported(VERIFIERS[name], Verifier, f"verifier {name!r}")  # type: ignore[type-abstract]
    if not _PATH.fullmatch(name):
        raise ValueError(f"unknown verifier {name!r}; {nearest(name, VERIFIERS)}")
    return class_at(name, Verifier, f"verifier {name!r}", plugins)  # type: ignore[type-abstract]


def class_at(path: str, base: type[T], who: str, plugins: Plugins) -> type[T]:
    """The class of `base` at `package.module:Class` that data names. Raises ValueError that begins with `who`, for a
    module that is not listed before it is imported, and otherwise with the nearest class."""
    plugins.refuse_unlisted(path.partition(":")[0], who)
    return _imported(path, base, who)


def _imported(path: str, base: type[T], who: str) -> type[T]:
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


def build(
    spec: str | Mapping[str, Any], params: Mapping[str, Any], at: str = "", plugins: Plugins = NO_PLUGINS
) -> Verifier:
    """The verifier that `spec` names (a name or a composition) with its parameters. `at` is the field it
    stands in."""
    if isinstance(spec, str):
        return _named(spec, params, at, plugins)
    if params:
        raise ValueError(
            f"field '{at}params': a composition takes none, got {shortened(dict(params))}; "
            "give each part its own `params`"
        )
    return compose(spec, at, partial(_named, plugins=plugins))


def _named(name: str, params: Mapping[str, Any], at: str, plugins: Plugins) -> Verifier:
    try:
        cls = resolve(name, plugins)
    except ValueError as error:
        raise ValueError(f"field '{at}verifier': {error}") from error
    known = {field.alias or name for name, field in cls.model_fields.items()}
    for key in params:
        if key not in known:
            raise ValueError(f"field '{at}params': {name} has no parameter {key!r}; {nearest(key, known)}")
    try:
        return cls.model_validate(dict(params), context=plugins)
    except ValidationError as error:
        raise ValueError(explain(error, cls, f"{at}params", params)) from error


def verifier_for(problem: Problem, plugins: Plugins = NO_PLUGINS) -> Verifier:
    """The problem's verifier, built from its row; a class of its own lies in a module that `plugins` lists. Raises
    ValueError naming the field."""
    return build(problem.verifier, problem.params, plugins=plugins)
