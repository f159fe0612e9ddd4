"""Fields of raw rows, read with the error that names the set, the field and what stood there."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from temper.verifiers.reading import strict_json
from temper.verifiers.rows import RawRow


def text(row: RawRow, field: str, of: str) -> str:
    """A field that must hold text. Raises ValueError."""
    found = row.get(field)
    if not isinstance(found, str) or not found.strip():
        raise ValueError(f"{of}: field {field!r} must be text, got {found!r:.80}; is this a row of {of}?")
    return found


def listed(row: RawRow, field: str, of: str) -> list[Any]:
    """A field that must hold a list, as such or as JSON text. Raises ValueError."""
    found = row.get(field)
    if isinstance(found, str):
        found = parsed(found, field, of)
    if not isinstance(found, list):
        raise ValueError(f"{of}: field {field!r} must be a list, got {found!r:.80}; is this a row of {of}?")
    return found


def parsed(given: str, field: str, of: str) -> Any:
    """JSON text of a field. Raises ValueError."""
    try:
        return strict_json.loads(given)
    except ValueError as error:
        raise ValueError(f"{of}: field {field!r} is not JSON ({error}), got {given!r:.80}; mend the row") from None


def named(of: str, *parts: object) -> str:
    """A name for a row that has none: of its content, so that order and file do not matter."""
    said = json.dumps(parts, ensure_ascii=False, sort_keys=True, default=str)
    return f"{of}-{hashlib.sha256(said.encode()).hexdigest()[:16]}"


def lettered(choices: Sequence[str]) -> str:
    """Choices, a line each, behind their letters."""
    return "\n".join(f"{chr(ord('A') + place)}. {choice}" for place, choice in enumerate(choices))
