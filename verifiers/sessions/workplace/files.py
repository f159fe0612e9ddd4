"""The workplace's tables from a folder of CSV files as NeMo-Gym has them, to hold rows of theirs against."""

import csv
import gzip
from functools import cache
from pathlib import Path

from temper.verifiers.sessions.workplace.store import Row, Tables

FILES = {
    "emails": "emails",
    "events": "calendar_events",
    "visits": "analytics_data",
    "tasks": "project_tasks",
    "customers": "customer_relationship_manager_data",
}


@cache
def tables_of(folder: str) -> Tables:
    """Empty fields are null. Raises ValueError for a file that is not there."""
    place = Path(folder).expanduser()
    found: dict[str, list[Row]] = {name: list(_rows(place, file)) for name, file in FILES.items()}
    # The directory has no heading.
    found["people"] = [{"email": line.strip()} for line in _lines(place, "email_addresses") if line.strip()]
    found["plots"] = []
    return found


def _rows(folder: Path, name: str) -> list[Row]:
    return [{key: value or None for key, value in row.items()} for row in csv.DictReader(_lines(folder, name))]


def _lines(folder: Path, name: str) -> list[str]:
    plain, packed = folder / f"{name}.csv", folder / f"{name}.csv.gz"
    if packed.is_file():
        return gzip.decompress(packed.read_bytes()).decode("utf-8").splitlines(keepends=True)
    if plain.is_file():
        return plain.read_text("utf-8").splitlines(keepends=True)
    raise ValueError(f"field 'session.folder': no {plain.name} or {packed.name} in it, got {str(folder)!r}; correct it")
