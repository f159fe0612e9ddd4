"""Tables of rows that are shared until they are changed, and what was changed of them.

A table is a list of rows that nobody writes into: who changes one puts a new list in its place, with new rows where
they differ. So a session costs nothing to begin, and the tables that all begin from are never touched.
"""

from collections.abc import Callable, Mapping, Sequence

from pydantic import JsonValue

Row = Mapping[str, JsonValue]
Tables = Mapping[str, Sequence[Row]]


class Store:
    """One session's tables, over those that all sessions begin from; `ids` names each table's column of ids."""

    def __init__(self, base: Tables, ids: Mapping[str, str]) -> None:
        self.base, self.ids = base, ids
        self.tables: dict[str, Sequence[Row]] = dict(base)

    def find(self, table: str, number: str) -> Row | None:
        column = self.ids[table]
        return next((row for row in self.tables[table] if row[column] == number), None)

    def add(self, table: str, row: Row) -> str:
        """Behind the others, under the number after the largest; returns it."""
        column = self.ids[table]
        number = f"{max((int(str(one[column])) for one in self.tables[table]), default=-1) + 1:08d}"
        self.tables[table] = [*self.tables[table], {column: number, **row}]
        return number

    def change(self, table: str, number: str, field: str, value: JsonValue) -> bool:
        """False where there is no such row."""
        found = self.find(table, number)
        if found is None:
            return False
        new = {**found, field: value}
        self.tables[table] = [new if row is found else row for row in self.tables[table]]
        return True

    def remove(self, table: str, number: str) -> bool:
        found = self.find(table, number)
        if found is None:
            return False
        self.tables[table] = [row for row in self.tables[table] if row is not found]
        return True

    def where(self, table: str, wanted: Callable[[Row], bool]) -> list[Row]:
        return [row for row in self.tables[table] if wanted(row)]

    def changes(self) -> dict[str, JsonValue]:
        """What differs from the tables at the beginning: rows that were made (in order, without their numbers, which
        say only that), rows that are not as they were, numbers that are gone; of a table without numbers all rows.
        Tables that are as they were are left out."""
        found: dict[str, JsonValue] = {}
        for table, rows in self.tables.items():
            base = self.base[table]
            if rows is base:
                continue
            if table not in self.ids:
                found[table] = [dict(row) for row in rows]
                continue
            column = self.ids[table]
            before = {str(row[column]): row for row in base}
            now = {str(row[column]): row for row in rows}
            made = [{k: v for k, v in row.items() if k != column} for n, row in now.items() if n not in before]
            changed = {n: dict(row) for n, row in now.items() if n in before and row != before[n]}
            gone = sorted(before.keys() - now.keys())
            if made or changed or gone:
                found[table] = {"made": list(made), "changed": dict(changed), "gone": list(gone)}
        return found
