"""A session of canned results: the row lists each call and what it comes to."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue, PrivateAttr

from temper.sandboxes.job import Sandbox
from temper.verifiers.problem import Problem
from temper.verifiers.sessions.session import Reply, Session, Tool


class Canned(BaseModel):
    """A call and its result."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    name: str = Field(min_length=1)
    """The function."""
    arguments: dict[str, JsonValue] | None = None
    """Its arguments; absent: whatever they are."""
    result: JsonValue
    """What the call comes to: a text as it is, anything else as JSON."""


class Functions(Session):
    """Answers each call with the first result that is listed for it."""

    results: tuple[Canned, ...] = Field(min_length=1)
    """Calls and what they come to."""
    otherwise: str = "Error: nothing is known for these arguments"
    """What a call of a known function comes to that is not listed."""
    _called: list[str] = PrivateAttr(default_factory=list)

    def tools(self) -> list[Tool]:
        """One a name, which takes anything: the row says better."""
        names = dict.fromkeys(one.name for one in self.results)
        return [{"type": "function", "function": {"name": name, "parameters": {"type": "object"}}} for name in names]

    def open(self, problem: Problem, sandbox: Sandbox | None) -> None:
        self._called = []

    def call(self, name: str, arguments: dict[str, Any]) -> Reply:
        self._called.append(canonical({"name": name, "arguments": arguments}))
        wanted = canonical(arguments)
        for one in self.results:
            if one.name == name and (one.arguments is None or canonical(one.arguments) == wanted):
                return Reply(one.result if isinstance(one.result, str) else json.dumps(one.result, ensure_ascii=False))
        return Reply(self.otherwise, "arguments")

    def close(self) -> None:
        self._called = []

    def state(self) -> JsonValue:
        """The calls that were made, in order."""
        found: list[JsonValue] = list(self._called)
        return found


def canonical(value: Mapping[str, Any] | Sequence[Any] | JsonValue) -> str:
    """One text for equal JSON values: keys in order, no blanks."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
