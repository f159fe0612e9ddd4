"""What somebody wants judged: `{"problem": {...}, "completion": "..."}`, read and checked."""

from collections.abc import Mapping

from pydantic import ConfigDict, JsonValue, TypeAdapter, ValidationError

from temper.gateway.section import GatewaySection
from temper.mistakes import nearest, shortened
from temper.sandboxes.section import SandboxSection
from temper.verifiers.plugins import NO_PLUGINS, Plugins
from temper.verifiers.problem import Problem
from temper.verifiers.reading import strict_json
from temper.verifiers.rows import Defaults, parse_problem
from temper.verifiers.sessions.session import Exchanges
from temper.verifiers.table import VERIFIERS

Item = tuple[Problem, str]
Turned = tuple[Problem, str, Exchanges]
_TURNS = TypeAdapter(Exchanges, config=ConfigDict(extra="forbid"))
LONGEST_ID = 512
"""Characters of a problem's id."""


def parse_item(
    row: Mapping[str, JsonValue],
    where: str,
    sandbox: SandboxSection | None,
    defaults: Defaults | None = None,
    plugins: Plugins = NO_PLUGINS,
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
    problem, completion = row["problem"], row["completion"]
    assert isinstance(problem, dict) and isinstance(completion, str)
    return parse_problem(problem, f"{where}: problem", defaults, sandbox, plugins), completion


def stranger_item(data: bytes, where: str, section: GatewaySection) -> Turned:
    """The same of a line that anybody may have sent: it names no class that is not allowed, no path and no secret.
    Raises ValueError."""
    return checked_item(read_object(data, where), where, section)


def checked_item(row: Mapping[str, JsonValue], where: str, section: GatewaySection) -> Turned:
    """Beside `problem` and `completion` the row may hold `turns`: what was written and called before, the last turn
    included."""
    alone = {key: value for key, value in row.items() if key != "turns"}
    problem, text = parse_item(alone, where, section.sandbox, section.verifiers, Plugins(section.plugins))
    refuse_id(problem.id, f"{where}: problem: field 'id'")
    return problem, text, turns_of(row.get("turns", []), where)


def turns_of(told: JsonValue, where: str) -> Exchanges:
    """Raises ValueError for what is no list of turns."""
    try:
        return _TURNS.validate_python(told)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, ("turns", *first["loc"])))
        raise ValueError(
            f"{where}: field {place!r}: {first['msg']}; send the turns as `text` and `answered`"
        ) from error


def read_object(data: bytes, where: str) -> dict[str, JsonValue]:
    try:
        row = strict_json.loads(data.decode())
    except UnicodeDecodeError as error:
        raise ValueError(f"{where}: not UTF-8 at byte {error.start}; send UTF-8") from error
    except ValueError as error:
        raise ValueError(f"{where}: not JSON ({error}); send one object") from error
    if not isinstance(row, dict):
        raise ValueError(f"{where}: expected an object, got {shortened(row)}; send one object")
    return row


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
