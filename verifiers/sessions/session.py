"""The protocol of a session: what the calls of one rollout act on, from its first call to its last.

One class a kind; its fields are its parameters, and what it holds while it is open are private attributes. `open`, then
`call` after `call`, then `close`; sync and plain. What a call did wrong is a reply with its fault, which the model
reads; whatever else is raised is ours, and the calls are made again elsewhere.

The calls are the truth and what is open is a cache: a session that was lost or put away to make room is opened anew and
told what was called before (`again`). So a session must do the same for the same calls.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, JsonValue

from temper.sandboxes.job import Sandbox
from temper.sandboxes.section import SandboxSection
from temper.verifiers.problem import Problem

Fault = Literal["", "unreadable", "unknown", "arguments", "exception", "time", "output"]
"""What of the model's was wrong with a call; empty where nothing was."""
Tool = Mapping[str, JsonValue]
"""A function's JSON signature: `{"type": "function", "function": {"name", "description", "parameters"}}`."""


class SessionError(Exception):
    """A session broke by no doing of the model's: tried elsewhere, then the rollout is dropped and counted."""


class BrokeSandboxError(Exception):
    """What the calls do broke two sound sandboxes: the model's doing, and its rollout scores 0."""


class Reply(NamedTuple):
    text: str
    """What the model reads."""
    detail: Fault = ""


@dataclass(frozen=True)
class Answered:
    """One call and what came of it."""

    name: str
    """Empty where the call cannot be read."""
    arguments: dict[str, Any]
    text: str
    """The result, as the model reads it."""
    fault: Fault = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Exchange:
    """A turn as it is read: what the model wrote, and what its calls came to."""

    text: str
    answered: tuple[Answered, ...] = ()
    unmade: bool = False
    """Whether its calls are still to be made, by whoever judges it."""


Exchanges = tuple[Exchange, ...]
"""All turns of a rollout; the last one calls nothing, or was not answered any more."""


def exchanges_of(row: Mapping[str, Any]) -> Exchanges:
    """The turns of a rollout as its file has them, calls and results with them."""
    turns = json.loads(row.get("turns") or "[]")
    if not turns:
        return (Exchange(row["completion"]),)
    return tuple(Exchange(turn["text"], tuple(Answered(**call) for call in turn["calls"])) for turn in turns)


class Session(BaseModel, ABC):
    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    takes_slot: ClassVar[bool] = False
    """Whether it holds a slot of the sandbox while it is open."""
    takes_sandbox: ClassVar[bool] = False
    """Whether its calls run in the sandbox."""
    recipe_only: ClassVar[frozenset[str]] = frozenset()
    """Parameters that no row of a recipe's data may set."""

    @abstractmethod
    def tools(self) -> list[Tool]:
        """The signatures of what may be called."""

    @abstractmethod
    def open(self, problem: Problem, sandbox: Sandbox | None) -> None:
        """Begins; raises SandboxError or SessionError for what is ours."""

    @abstractmethod
    def call(self, name: str, arguments: dict[str, Any]) -> Reply:
        """One of `tools`, with arguments that its schema takes."""

    @abstractmethod
    def close(self) -> None:
        """Frees all that it holds, twice without harm."""

    def again(self, earlier: Sequence[Answered]) -> int:
        """Makes the calls again that were made before, after `open`; returns how many came to something else."""
        return sum(
            self.call(one.name, one.arguments).text != one.text
            for one in earlier
            if one.fault not in ("unreadable", "unknown", "arguments")
        )

    def replays(self) -> tuple[int, int]:
        """How often it made its calls again by itself since this was last asked, which is at each turn's end, and how
        many of them came to something else."""
        return 0, 0

    def state(self) -> JsonValue:
        """What the calls have made of it, for a kind whose end is compared; None where that says nothing."""
        return None

    def check(self, problem: Problem) -> None:
        """Raises ValueError naming the field when the row lacks what is needed; before anything runs."""
        return

    def check_sandbox(self, section: SandboxSection) -> None:
        """Raises ValueError naming the field when a sandbox of this section cannot hold it."""
        return

    def longest_s(self) -> float:
        """Seconds that a call may honestly take; nobody gives up sooner."""
        return 10.0
