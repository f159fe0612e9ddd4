"""Tools over any tables: what there is, rows of one, the sum of a column, a row changed."""

from pydantic import JsonValue

from temper.verifiers.sessions.session import Tool
from temper.verifiers.sessions.workplace.store import Row, Store
from temper.verifiers.sessions.workplace.tools import Act, signature

MOST_ROWS = 50


class WrongError(ValueError):
    """An argument that names nothing."""


def list_tables(store: Store) -> JsonValue:
    return {name: list(rows[0]) if rows else [] for name, rows in store.tables.items()}


def get_rows(store: Store, table: str, column: str | None = None, value: str | None = None) -> JsonValue:
    found = _rows(store, table, column, value)
    shown: list[JsonValue] = [dict(row) for row in found[:MOST_ROWS]]
    return shown if len(found) <= MOST_ROWS else {"rows": shown, "total": len(found)}


def sum_column(
    store: Store, table: str, column: str, where_column: str | None = None, where_value: str | None = None
) -> JsonValue:
    found = _rows(store, table, where_column, where_value)
    total: int | float = 0
    for row in found:
        value = row.get(column)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise WrongError(f"column {column[:60]!r} holds {str(value)[:60]!r}, which is no number")
        total += value
    return total


def set_value(store: Store, table: str, row: int | None = None, column: str = "", value: str = "") -> JsonValue:
    rows = list(_rows(store, table, None, None))
    if row is None or not 0 <= row < len(rows):
        raise WrongError(f"row: expected a number from 0 to {len(rows) - 1}, got {row}")
    if column not in rows[row]:
        raise WrongError(f"no column {column[:60]!r} in {table[:60]!r}")
    rows[row] = {**rows[row], column: value}
    store.tables[table] = rows
    return "Changed."


def _rows(store: Store, table: str, column: str | None, value: str | None) -> list[Row]:
    if table not in store.tables:
        raise WrongError(f"no table {table[:60]!r}; there are {', '.join(store.tables)}")
    return [row for row in store.tables[table] if not column or str(row.get(column)) == value]


TOOLS: dict[str, tuple[Act, str]] = {
    "list_tables": (list_tables, "Names the tables and their columns."),
    "get_rows": (get_rows, "Returns the rows of a table, or those whose column has a value."),
    "sum_column": (sum_column, "Returns the sum of a column of numbers."),
    "set_value": (set_value, "Changes one value; rows are counted from 0."),
}


def signatures() -> list[Tool]:
    return [signature(name, act, text) for name, (act, text) in TOOLS.items()]
