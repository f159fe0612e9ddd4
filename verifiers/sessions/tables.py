"""A session over JSON tables: the workplace of 27 tools, or the tables of the row itself with tools that read them.

Pure functions over rows that are copied where they are changed; no sandbox, no clock that moves, no chance. A new row
has the number after the largest one.
"""

import json
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field, JsonValue, PrivateAttr, model_validator

from temper.sandboxes.job import Sandbox
from temper.verifiers.problem import Problem
from temper.verifiers.sessions.session import Reply, Session, Tool
from temper.verifiers.sessions.workplace import files, generator, table_tools, tools
from temper.verifiers.sessions.workplace.store import Store

Scalar = str | int | float | bool | None
IDS = {"emails": "email_id", "events": "event_id", "tasks": "task_id", "customers": "customer_id",
       "plots": "plot_id", "visits": "visitor_id", "people": "email"}  # fmt: skip


class Tables(Session):
    """Acts on tables."""

    recipe_only: ClassVar[frozenset[str]] = frozenset({"folder"})

    set: Literal["workplace", "row"] = "workplace"
    """`workplace`: mail, calendar, visits, tasks and customers of a made-up company; `row`: `tables`."""
    seed: int = 0
    """Of the workplace's tables."""
    folder: str | None = None
    """Instead of a seed: a folder of the workplace's tables as CSV files, as NeMo-Gym has them."""
    tables: dict[str, list[dict[str, Scalar]]] = Field(default_factory=dict)
    """Name to rows, for `row`."""
    _store: Store | None = PrivateAttr(None)

    @model_validator(mode="after")
    def _has_tables(self) -> "Tables":
        if (self.set == "row") != bool(self.tables):
            raise ValueError("tables: stands there for `set: row`, and only for it; give it, or leave it out")
        return self

    def tools(self) -> list[Tool]:
        return tools.signatures() if self.set == "workplace" else table_tools.signatures()

    def check(self, problem: Problem) -> None:
        self._base()

    def open(self, problem: Problem, sandbox: Sandbox | None) -> None:
        self._store = Store(self._base(), IDS)

    def _base(self) -> Mapping[str, Any]:
        if self.set == "row":
            return self.tables
        return files.tables_of(self.folder) if self.folder else generator.tables(self.seed)

    def call(self, name: str, arguments: dict[str, Any]) -> Reply:
        assert self._store is not None, "the session is not open"
        known = tools.TOOLS if self.set == "workplace" else table_tools.TOOLS
        act, _ = known[name]
        try:
            found = act(self._store, **{key: value for key, value in arguments.items() if value is not None})
        except table_tools.WrongError as wrong:
            return Reply(f"Error: {wrong}", "arguments")
        return Reply(found if isinstance(found, str) else json.dumps(found, ensure_ascii=False))

    def close(self) -> None:
        self._store = None

    def state(self) -> JsonValue:
        """What differs from the beginning (`Store.changes`)."""
        assert self._store is not None, "the session is not open"
        return self._store.changes()
