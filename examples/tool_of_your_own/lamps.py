"""A session of this folder: rows name it with "session": {"kind": "lamps:Lamps"}. Calls switch the lamps of a house."""

from typing import Any

from pydantic import JsonValue, PrivateAttr

from temper.sandboxes.job import Sandbox
from temper.verifiers.problem import Problem
from temper.verifiers.sessions.session import Reply, Session, Tool

ROOM = {"type": "string"}
LAMPS = {"type": "object", "properties": {"room": ROOM}, "required": ["room"], "additionalProperties": False}


class Lamps(Session):
    """What one rollout's calls act on, from its first call to its last."""

    rooms: tuple[str, ...] = ("hall", "attic", "cellar", "kitchen", "porch")
    """The rooms that have a lamp; a row or a recipe may name others."""
    _lit: set[str] = PrivateAttr(default_factory=set)

    def tools(self) -> list[Tool]:
        return [{"type": "function", "function": {"name": name, "parameters": LAMPS}} for name in ("on", "off")]

    def open(self, problem: Problem, sandbox: Sandbox | None) -> None:
        self._lit = set()

    def call(self, name: str, arguments: dict[str, Any]) -> Reply:
        """The arguments are of the schema above: what is not, the model has been told."""
        room = arguments["room"]
        if room not in self.rooms:
            return Reply(f"Error: no lamp in {room!r}", "arguments")
        if name == "on":
            self._lit.add(room)
        else:
            self._lit.discard(room)
        return Reply(f"{room} is {name}")

    def close(self) -> None:
        self._lit = set()

    def state(self) -> JsonValue:
        """What the verifier `state` compares with the state after the answer's calls."""
        return sorted(self._lit)
