"""What somebody wants judged: `{"problem": {...}, "completion": "..."}`, read and checked.

Of a rollout with turns the completion may be its messages (`gateway.messages`), or what was written last, with all of
it in `turns`: texts, calls and results as a rollout of ours has them.
"""

from collections.abc import Collection, Mapping

from pydantic import ConfigDict, JsonValue, TypeAdapter, ValidationError

from temper.gateway.messages import exchanges
from temper.gateway.section import GatewaySection
from temper.mistakes import nearest, shortened
from temper.sandboxes.section import SandboxSection
from temper.verifiers.plugins import NO_PLUGINS, Plugins
from temper.verifiers.problem import Problem
from temper.verifiers.reading import strict_json
from temper.verifiers.rows import Defaults, parse_problem
from temper.verifiers.sessions.session import Exchanges
from temper.verifiers.sessions.table import refuse_recipe_only
from temper.verifiers.table import VERIFIERS

FIELDS = ("problem", "completion", "turns")
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
    services: Collection[str] = (),
) -> Turned:
    """The row's problem, what its completion says last, and its turns where they are told. With `defaults` the row may
    not set what only a recipe may, but as its `url` one of `services`. Raises ValueError `where: field ...`."""
    for key in row:
        if key not in FIELDS:
            raise ValueError(f"{where}: unknown field {key!r}; {nearest(str(key), FIELDS)}")
    for key, kind, wanted in (("problem", dict, "an object"), ("completion", (str, list), "text or messages")):
        if key not in row:
            raise ValueError(f"{where}: field {key!r} is missing; add it")
        if not isinstance(row[key], kind):
            raise ValueError(f"{where}: field {key!r}: expected {wanted}, got {shortened(row[key])}")
    told, completion = row["problem"], row["completion"]
    assert isinstance(told, dict) and isinstance(completion, str | list)
    problem = parse_problem(told, f"{where}: problem", defaults, sandbox, plugins, services)
    turns = turns_of(row.get("turns", []), where)
    if isinstance(completion, list):
        if turns:
            raise ValueError(f"{where}: field 'turns': beside messages; send one of them")
        turns = exchanges(completion, where, problem.session is not None)
        completion = turns[-1].text
    elif turns and turns[-1].text != completion:
        raise ValueError(f"{where}: field 'completion': not what the last of 'turns' says; send that")
    return problem, completion, turns


def stranger_item(data: bytes, where: str, section: GatewaySection) -> Turned:
    """The same of a line that anybody may have sent: it names no class that is not allowed, no path and no secret.
    Raises ValueError."""
    return checked_item(read_object(data, where), where, section)


def checked_item(row: Mapping[str, JsonValue], where: str, section: GatewaySection) -> Turned:
    """Raises ValueError."""
    problem, plugins, services = row.get("problem"), Plugins(section.plugins), frozenset(section.services)
    try:
        refuse_recipe_only(problem.get("session") if isinstance(problem, dict) else None, plugins, services)
    except ValueError as error:
        raise ValueError(f"{where}: problem: {error}") from error
    item = parse_item(row, where, section.sandbox, section.verifiers, plugins, services)
    refuse_id(item[0].id, f"{where}: problem: field 'id'")
    return item


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
