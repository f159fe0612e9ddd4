"""Names to sessions: one literal table, `package.module:Class` beside it, and a row's session ready to open."""

import importlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from pydantic import JsonValue, ValidationError

from temper.mistakes import nearest, shortened
from temper.verifiers.json_schema import JsonSchema
from temper.verifiers.plugins import NO_PLUGINS, Plugins
from temper.verifiers.problem import Problem
from temper.verifiers.sessions.session import Session, Tool
from temper.verifiers.table import class_at, explain

SESSIONS: dict[str, str] = {
    "arithmetic": "temper.verifiers.sessions.arithmetic:Arithmetic",
    "functions": "temper.verifiers.sessions.functions:Functions",
    "nemo_gym": "temper.verifiers.sessions.services.nemo_gym:NemoGym",
    "openenv": "temper.verifiers.sessions.services.openenv:OpenEnv",
    "python": "temper.verifiers.sessions.python:Python",
    "tables": "temper.verifiers.sessions.tables:Tables",
}


def _shipped(kind: str) -> type[Session]:
    module, _, name = SESSIONS[kind].partition(":")
    found: type[Session] = vars(importlib.import_module(module))[name]
    return found


def session_of(spec: Mapping[str, JsonValue], plugins: Plugins = NO_PLUGINS) -> Session:
    """What `{"kind": ..., parameters}` names, not open; a class of its own lies in a module that `plugins` lists.
    Raises ValueError naming the field."""
    kind = spec.get("kind")
    if not isinstance(kind, str):
        raise ValueError(f"field 'session.kind': expected a name, got {shortened(kind)}; {nearest('', SESSIONS)}")
    cls = _class_of(kind, plugins)
    params = {key: value for key, value in spec.items() if key != "kind"}
    try:
        return cls.model_validate(params)
    except ValidationError as error:
        raise ValueError(explain(error, cls, "session", params)) from error


def _class_of(kind: str, plugins: Plugins) -> type[Session]:
    """Raises ValueError for a kind that is not there, or a class of a module that is not listed."""
    if kind in SESSIONS:
        return _shipped(kind)
    if ":" in kind:
        return class_at(kind, Session, f"field 'session.kind': session {kind!r}", plugins)  # type: ignore[type-abstract]
    raise ValueError(f"field 'session.kind': unknown session {kind!r}; {nearest(kind, SESSIONS)}")


def refuse_recipe_only(spec: object, plugins: Plugins = NO_PLUGINS, services: Collection[str] = ()) -> None:
    """Raises ValueError where a row's session sets what only a recipe may; of `services` it may choose its `url`. A
    kind that may not be had, or that is not well formed, is for `session_of` to refuse."""
    kind = spec.get("kind") if isinstance(spec, Mapping) else None
    if not isinstance(spec, Mapping) or not isinstance(kind, str):
        return
    try:
        cls = _class_of(kind, plugins)
    except ValueError:
        return
    for key in sorted(cls.recipe_only & spec.keys()):
        if not may_name(key, spec[key], services):
            raise ValueError(f"field 'session.{key}': only a recipe may set it; set it in the source's `session`")


def may_name(key: str, value: object, services: Collection[str]) -> bool:
    """Whether it is the `url` of one of these services."""
    return key == "url" and isinstance(value, str) and value.rstrip("/") in services


def session_for(problem: Problem, plugins: Plugins = NO_PLUGINS) -> Session:
    """The problem's session, not open."""
    assert problem.session is not None
    return session_of(problem.session, plugins)


def functions_of(tools: Iterable[Tool]) -> dict[str, Mapping[str, Any]]:
    """Name to `{"name", "description", "parameters"}`, of signatures that are nested or flat."""
    found = (tool.get("function", tool) for tool in tools)
    return {str(one.get("name")): one for one in found if isinstance(one, Mapping)}


def with_tools(problem: Problem, session: Session) -> Problem:
    """The problem with its session checked, and the session's tools where the row lists none. Raises ValueError naming
    the field."""
    session.check(problem)
    own = session.tools()
    if problem.tools is None:
        return problem.model_copy(update={"tools": [dict(tool) for tool in own]})
    names = Counter(str(tool.get("function", tool).get("name")) for tool in problem.tools)
    known = functions_of(own)
    for name, count in names.items():
        if count > 1:
            raise ValueError(f"field 'tools': {name!r} stands there {count} times; name each function once")
        if name not in known:
            raise ValueError(f"field 'tools': the session has no function {name!r}; {nearest(name, known)}")
    return problem


def check_schemas(problem: Problem) -> None:
    """Raises ValueError naming the tool whose parameters are no schema that arguments can be held against."""
    for name, function in functions_of(problem.tools or ()).items():
        try:
            JsonSchema(schema=function.get("parameters") or {}).check(problem)
        except ValueError as error:
            raise ValueError(f"field 'tools': the parameters of {name!r}: {error}") from error
