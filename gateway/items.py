"""What somebody wants judged: `{"problem": {...}, "completion": "..."}`, read and checked."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from temper.gateway.section import GatewaySection
from temper.mistakes import nearest, shortened
from temper.sandboxes.section import SandboxSection
from temper.verifiers.problem import Problem
from temper.verifiers.reading import strict_json
from temper.verifiers.rows import Defaults, parse_problem
from temper.verifiers.table import VERIFIERS

Item = tuple[Problem, str]
LONGEST_ID = 512
"""Characters of a problem's id."""


def parse_item(
    row: Mapping[str, Any], where: str, sandbox: SandboxSection | None, defaults: Defaults | None = None
) -> Item:
    """The row's problem and completion. With `defaults` the row may not set what only a recipe may. Raises ValueError
    `where: field ...`."""
    for key in row:
        if key not in ("problem", "completion"):
            raise ValueError(f"{where}: unknown field {key!r}; {nearest(str(key), ('problem', 'completion'))}")
    for key, kind in (("problem", dict), ("completion", str)):
        if key not in row:
            raise ValueError(f"{where}: field {key!r} is missing; add it")
        if not isinstance(row[key], kind):
            wanted = "an object" if kind is dict else "text"
            raise ValueError(f"{where}: field {key!r}: expected {wanted}, got {shortened(row[key])}")
    return parse_problem(row["problem"], f"{where}: problem", defaults, sandbox), row["completion"]


def stranger_item(data: bytes, where: str, section: GatewaySection) -> Item:
    """The same of a line that anybody may have sent: it names no class that is not allowed, no path and no secret.
    Raises ValueError."""
    return checked_item(read_object(data, where), where, section)


def checked_item(row: Mapping[str, Any], where: str, section: GatewaySection) -> Item:
    problem = row.get("problem")
    if isinstance(problem, dict):
        # First of all: to look up a class imports its module.
        for name in named(problem.get("verifier")):
            refuse_class(name, section.plugins, f"{where}: problem: field 'verifier'")
    item = parse_item(row, where, section.sandbox, section.verifiers)
    refuse_id(item[0].id, f"{where}: problem: field 'id'")
    return item


def read_object(data: bytes, where: str) -> dict[str, Any]:
    try:
        row = strict_json.loads(data.decode())
    except UnicodeDecodeError as error:
        raise ValueError(f"{where}: not UTF-8 at byte {error.start}; send UTF-8") from error
    except ValueError as error:
        raise ValueError(f"{where}: not JSON ({error}); send one object") from error
    if not isinstance(row, dict):
        raise ValueError(f"{where}: expected an object, got {shortened(row)}; send one object")
    return row


def named(spec: object) -> Iterator[str]:
    """Every verifier's name in a row's `verifier`, those of a composition's parts too."""
    if isinstance(spec, str):
        yield spec
    elif isinstance(spec, dict):
        for part in spec.values():
            for one in part if isinstance(part, list) else [part]:
                if isinstance(one, dict):
                    yield from named(one.get("verifier"))


def refuse_class(name: str, plugins: Collection[str], where: str) -> None:
    """Raises ValueError for a class of a module that nobody allowed: to name it would import it here."""
    module, colon, _ = name.partition(":")
    if colon and name not in VERIFIERS and module not in plugins:
        raise ValueError(f"{where}: no class may be named here, got {shortened(name)}; start it with --plugins MODULE")


def refuse_id(name: str, where: str) -> None:
    """Raises ValueError for an id that somebody might take for a path out of a folder, or that no log takes."""
    parts = name.replace("\\", "/").split("/")
    if len(name) > LONGEST_ID or not name.isprintable() or ".." in parts or parts[0] in ("", "~"):
        raise ValueError(f"{where}: no id, got {shortened(name)}; at most {LONGEST_ID} printable characters, no path")


def label(problem: Problem) -> str:
    """The verifier's name among few, for counts: of the table, `sum`, `gate` or `plugin`."""
    spec = problem.verifier
    if isinstance(spec, str):
        return spec if spec in VERIFIERS else "plugin"
    return next((name for name in ("sum", "gate") if name in spec), "plugin")
