"""Rows to problems: JSON Lines, every error with file, line, field and remedy.

Read with `json`, never with `load_dataset("json")`: that turns "007" into 7 and "null" into nothing in mixed columns.
"""

import csv
import gzip
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from temper.mistakes import nearest, shortened
from temper.sandboxes.section import SandboxSection
from temper.verifiers.plugins import NO_PLUGINS, Plugins
from temper.verifiers.problem import Problem
from temper.verifiers.reading import strict_json
from temper.verifiers.sessions.table import check_schemas, may_name, session_for, with_tools
from temper.verifiers.table import VERIFIERS, explain, resolve, verifier_for

RawRow = dict[str, Any]
"""One row as a file or a generator gives it, before it is a problem or an example."""
MAX_FIELD = 64 * 1024 * 1024
"""Characters of a field of CSV; Python's own limit of 128 KiB is less than a document."""


def read_json_lines(path: Path, infinite: bool = False) -> Iterator[tuple[str, RawRow]]:
    """(`file:line`, object) of each line of a `.jsonl` or `.jsonl.gz`; blank lines are skipped. NaN and Infinity, which
    are not JSON, are read where they may be `infinite`: in rows that an adapter turns into others."""
    if not path.is_file():
        raise ValueError(f"{path}: no such file; check the path")
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as lines:
        number = 0
        while True:
            number += 1
            where = f"{path}:{number}"
            try:
                line = lines.readline()
            except (OSError, EOFError, zlib.error) as error:
                raise ValueError(f"{where}: cannot be read ({error}); is the file whole?") from error
            if not line:
                return
            if line.strip():
                yield where, _object(line, where, infinite)


def read_csv(path: Path) -> Iterator[tuple[str, RawRow]]:
    """(`file:line`, row) of a `.csv` or `.csv.gz` whose first line names the columns; every value is text."""
    if not path.is_file():
        raise ValueError(f"{path}: no such file; check the path")
    csv.field_size_limit(MAX_FIELD)
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as lines:
        reader = csv.DictReader(_decoded(lines, path), strict=True)
        try:
            for row in reader:
                where = f"{path}:{reader.line_num}"
                if None in row or None in row.values():
                    raise ValueError(f"{where}: not as many fields as the first line names; quote what holds a comma")
                yield where, dict(row)
        except csv.Error as error:
            raise ValueError(f"{path}:{reader.line_num}: no CSV ({error}); save it with quoted fields") from error
        except (OSError, EOFError) as error:
            raise ValueError(f"{path}:{reader.line_num}: cannot be read ({error}); is the file whole?") from error


def _decoded(lines: Iterable[bytes], path: Path) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise ValueError(f"{path}:{number}: not UTF-8 at byte {error.start}; save the file as UTF-8") from error


def _object(line: bytes, where: str, infinite: bool) -> dict[str, Any]:
    read = strict_json.loads_with_infinity if infinite else strict_json.loads
    try:
        row = read(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ValueError(f"{where}: not UTF-8 at byte {error.start}; save the file as UTF-8") from error
    except ValueError as error:
        raise ValueError(f"{where}: not JSON ({error}); write one object a line") from error
    if not isinstance(row, dict):
        raise ValueError(f"{where}: expected an object, got {shortened(row)}; write one object a line")
    return row


Defaults = Mapping[str, Mapping[str, Any]]
"""Verifier name to the `params` that a row need not repeat."""


def with_defaults(row: Mapping[str, Any], defaults: Defaults) -> dict[str, Any]:
    """The row with the recipe's params under its own, in the parts of a composition too."""
    spec, filled = row.get("verifier"), dict(row)
    if isinstance(spec, str):
        params = row.get("params")
        if spec in defaults and (params is None or isinstance(params, Mapping)):
            filled["params"] = {**_defaults_beside(params or {}, spec, defaults[spec]), **(params or {})}
    elif isinstance(spec, Mapping):
        filled["verifier"] = {key: _part_with_defaults(value, defaults) for key, value in spec.items()}
    return filled


def _defaults_beside(params: Mapping[str, Any], spec: str, defaults: Mapping[str, Any]) -> Mapping[str, Any]:
    """Without the recipe's key where the row itself chooses where to ask: that key is for another service."""
    secret = resolve(spec).recipe_only
    return {key: value for key, value in defaults.items() if key not in secret} if secret & params.keys() else defaults


def _part_with_defaults(part: object, defaults: Defaults) -> object:
    if isinstance(part, list):
        return [_part_with_defaults(item, defaults) for item in part]
    return with_defaults(part, defaults) if isinstance(part, Mapping) else part


def _refuse_recipe_only(part: object, plugins: Plugins, services: Collection[str]) -> None:
    if isinstance(part, list):
        for item in part:
            _refuse_recipe_only(item, plugins, services)
    if not isinstance(part, Mapping):
        return
    spec, params = part.get("verifier"), part.get("params")
    if isinstance(spec, str) and isinstance(params, Mapping):
        for key in sorted(resolve(spec, plugins).recipe_only & params.keys()):
            if not may_name(key, params[key], services):
                raise ValueError(f"field 'params.{key}': only a recipe may set it; set `verifiers.{spec}.{key}` there")
    for value in (spec if isinstance(spec, Mapping) else {}).values():
        _refuse_recipe_only(value, plugins, services)


def parse_problem(
    row: Mapping[str, Any],
    where: str,
    defaults: Defaults | None = None,
    sandbox: SandboxSection | None = None,
    plugins: Plugins = NO_PLUGINS,
    services: Collection[str] = (),
) -> Problem:
    """A row as a problem whose verifier exists, takes its params and finds what it needs, in the sandbox too where one
    is named. A class that the row names lies in a module of `plugins`, or the row is refused without an import.

    With `defaults` the row is a recipe's data, and may not set what only a recipe may, but as its `url` one of
    `services`. Raises ValueError `where: field ...`.
    """
    if defaults is not None:
        try:
            _refuse_recipe_only(row, plugins, services)
        except ValueError as error:
            raise ValueError(f"{where}: {error}") from error
        row = with_defaults(row, defaults)
    for key in row:
        if key not in Problem.model_fields:
            raise ValueError(f"{where}: unknown field {key!r}; {nearest(str(key), Problem.model_fields)}")
    if row.get("verifier") in (None, "", {}):
        raise ValueError(
            f"{where}: field 'verifier': a row without a verifier; "
            f"name one of {', '.join(sorted(VERIFIERS))}, or package.module:Class of a listed module"
        )
    try:
        problem = Problem.model_validate(dict(row))
    except ValidationError as error:
        raise ValueError(f"{where}: {explain(error, Problem, '', row)}") from error
    if not problem.prompt:
        raise ValueError(f"{where}: field 'prompt' is empty; give the policy something to answer")
    try:
        if problem.session is not None:
            problem = _with_session(problem, sandbox, plugins)
        verifier = verifier_for(problem, plugins)
        verifier.check(problem)
        if sandbox is not None:
            verifier.check_sandbox(problem, sandbox)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error
    return problem


def _with_session(problem: Problem, sandbox: SandboxSection | None, plugins: Plugins) -> Problem:
    """The problem with its session's tools. Raises ValueError for a session that cannot be had."""
    session = session_for(problem, plugins)
    found = with_tools(problem, session)
    check_schemas(found)
    if sandbox is not None:
        session.check_sandbox(sandbox)
    return found
