"""What the workplace's tools share: pages of rows, bounds of time, and texts that are found by their words."""

from collections.abc import Iterable, Sequence

from pydantic import JsonValue

from temper.verifiers.sessions.workplace.store import Row

PAGE = 5


def words_in(query: str, row: Row, columns: Sequence[str]) -> bool:
    """Whether every word of the query stands in one of the columns, in either case."""
    text = [str(row[column] or "").lower() for column in columns]
    return all(any(word in one for one in text) for word in query.lower().split())


def within(value: JsonValue, low: str | None, high: str | None) -> bool:
    """Whether a date or a moment lies between two, both included; a date as a bound is its whole day."""
    text = str(value or "")
    return (not low or text >= low) and (not high or text[: len(high)] <= high)


def page_of(rows: Sequence[Row], name: str, page: int | None, size: int | None) -> dict[str, JsonValue]:
    """One page of rows, and of how many."""
    page, size = max(1, page or 1), max(1, size or PAGE)
    shown: list[JsonValue] = [dict(row) for row in rows[(page - 1) * size : page * size]]
    counts: dict[str, JsonValue] = {
        f"total_{name}": len(rows), "page": page, "page_size": size, "total_pages": -(-len(rows) // size),
    }  # fmt: skip
    return {name: shown, "pagination": counts}


def columns_of(row: Row | None, field: str, missing: str) -> JsonValue:
    """One field of a row, or why there is none."""
    if row is None:
        return missing
    return {field: row[field]} if field in row else "Field not found."


def counted(values: Iterable[str]) -> dict[str, JsonValue]:
    """How often each stands there, by value."""
    found: dict[str, int] = {}
    for value in values:
        found[value] = found.get(value, 0) + 1
    return dict(sorted(found.items()))
