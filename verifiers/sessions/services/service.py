"""What sessions of a service have in common: its address, which the recipe says and no row, and the row's functions.

A function's name goes into an address or into a message of the service, so it must stand in the row's list and be none
of the service's own words: a model that calls `verify` or `seed_session` calls a function that there is not. What fails
at the service is ours.
"""

import json
import re
from typing import Any, ClassVar
from urllib.parse import SplitResult, urlsplit

from pydantic import Field, JsonValue, field_validator

from temper.mistakes import shortened
from temper.verifiers.endpoint import plain_address
from temper.verifiers.sessions.session import Session, Tool

RESERVED = frozenset(
    ("verify", "seed_session", "end_session", "aggregate_metrics", "run", "reset", "step", "state", "close", "mcp")
    + ("list_tools", "call_tool", "get_reward", "health", "metadata", "schema", "docs", "redoc", "openapi", "ws", "web")
)
"""Words of the services, which are no functions."""
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,127}")
SHOWN = 200
"""Characters of a service's complaint that a message repeats."""


class Service(Session):
    """The fields; what it does with them is its protocol's."""

    recipe_only: ClassVar[frozenset[str]] = frozenset({"url"})

    url: str
    """Where the service is, as in `http://host:8000`; the recipe's to say, in the source's `session`."""
    functions: list[dict[str, JsonValue]] = Field(min_length=1)
    """Signatures of what may be called, nested or flat."""
    timeout_s: float = Field(60.0, gt=0, le=3_600)
    """Seconds for an answer."""

    @field_validator("url")
    @classmethod
    def _is_an_address(cls, url: str) -> str:
        return plain_address(url, "http://host:8000").rstrip("/")

    @field_validator("functions")
    @classmethod
    def _are_functions(cls, functions: list[dict[str, JsonValue]]) -> list[dict[str, JsonValue]]:
        for place, tool in enumerate(functions):
            function = tool.get("function", tool)
            name = function.get("name") if isinstance(function, dict) else None
            if not isinstance(name, str) or not NAME.fullmatch(name):
                raise ValueError(f"{place}: no function's name, got {shortened(name)}; letters, digits, _ and - alone")
            if name in RESERVED:
                raise ValueError(f"{place}: {name!r} is the service's own word and no function; leave it out")
        return functions

    def tools(self) -> list[Tool]:
        return [tool if "function" in tool else {"type": "function", "function": flat(tool)} for tool in self.functions]

    def longest_s(self) -> float:
        return 2 * self.timeout_s  # it may have to begin anew

    @property
    def address(self) -> SplitResult:
        return urlsplit(self.url)


def flat(tool: dict[str, JsonValue]) -> dict[str, JsonValue]:
    return {key: value for key, value in tool.items() if key in ("name", "description", "parameters")}


def readable(value: Any) -> str:
    """A text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
