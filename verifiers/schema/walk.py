"""A value under a compiled JSON Schema, in bounded work.

A schema is a node: tests of the value alone, and steps that ask for the outcome of other nodes, on the value or on what
is in it. No node sees the same value twice, so a schema that refers to itself costs at most its size times the value's,
and what is left over is bounded by `Work`. Steps are generators that yield what they ask for, so that neither schemas
nor values are bounded by the interpreter's stack. Of all that is wrong the first thing is told.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import NamedTuple

from temper.verifiers.reading.strict_json import Json
from temper.verifiers.schema.documents import Resource
from temper.verifiers.schema.ecma_search import Automaton, Search
from temper.verifiers.schema.work import Work

_NOTHING = object()
FRAME = 4
"""Units of a frame."""
SHOWN = 60
"""Characters of a value in a message."""


class Failure(NamedTuple):
    words: str
    about: object = _NOTHING
    """The value that the words are about, told before them."""
    path: tuple[str | int, ...] = ()
    """Where it is in the value that was asked about."""

    def under(self, key: str | int) -> "Failure":
        return Failure(self.words, self.about, (key, *self.path))

    def __str__(self) -> str:
        if self.about is _NOTHING:
            return self.words
        text = repr(self.about[:SHOWN]) if isinstance(self.about, str) else repr(self.about)
        return f"{text if len(text) <= SHOWN else text[:SHOWN] + '...'} {self.words}"


class Outcome(NamedTuple):
    failure: Failure | None = None
    keys: frozenset[str] = frozenset()
    """Properties that were evaluated, for `unevaluatedProperties`; likewise the places of items."""
    items: frozenset[int] = frozenset()


VALID = Outcome()
Scope = tuple[Resource, ...]
"""The resources that were entered on the way, each once, the first at the front."""
Test = Callable[[Json, "Walk"], Failure | None]
Asked = tuple["Node", Json]
Step = Callable[[Json, "Frame"], Generator[Asked, Outcome, Failure | None]]


@dataclass(eq=False)
class Node:
    """A schema. It is filled after it is made, for schemas may refer to themselves."""

    resource: Resource
    tests: list[Test] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    here: list["Node"] = field(default_factory=list)
    """Nodes of subschemas that hold for the same value (`allOf`, `$ref`), not for a part of it."""


class Frame:
    """A node at work on a value."""

    __slots__ = ("items", "keys", "scope", "walk")

    def __init__(self, walk: "Walk", scope: Scope) -> None:
        self.walk, self.scope = walk, scope
        self.keys: set[str] = set()
        self.items: set[int] = set()

    def saw(self, outcome: Outcome) -> None:
        """Takes over what another node has evaluated of the same value."""
        if self.walk.evaluated:
            self.walk.work.spend(len(outcome.keys) + len(outcome.items))
            self.keys |= outcome.keys
            self.items |= outcome.items


class Walk:
    """One verdict's way through a schema."""

    def __init__(self, work: Work, evaluated: bool) -> None:
        """`evaluated`: whether the schema asks anywhere what has been evaluated."""
        self.work, self.evaluated = work, evaluated
        self.search = Search(work)
        self._known: dict[tuple[int, int, Scope], Outcome] = {}

    def finds(self, pattern: Automaton, text: str) -> bool:
        return self.search.finds(pattern, text)

    def failure(self, node: Node, value: Json) -> Failure | None:
        """What is wrong with the value; the value must live on unchanged. Raises OverBudgetError."""
        frames: list[tuple[Generator[Asked, Outcome, Outcome], tuple[int, int, Scope]]] = []
        answer = self._ask(node, value, (), frames)
        while frames:
            frame, key = frames[-1]
            try:
                # A generator that has not begun takes None alone, which is what `_ask` gives for a new frame.
                asked = frame.send(answer)  # type: ignore[arg-type]
            except StopIteration as end:
                frames.pop()
                answer = self._known[key] = end.value
            else:
                answer = self._ask(*asked, key[2], frames)
        assert answer is not None
        return answer.failure

    def _ask(self, node: Node, value: Json, scope: Scope, frames: list[Json]) -> Outcome | None:
        """The outcome where it is known or quickly found; None where a frame is now at work on it."""
        self.work.spend(1 + len(node.tests))
        for test in node.tests:
            if failure := test(value, self):
                return Outcome(failure)
        if not node.steps:
            return VALID
        # each resource once: of those with a dynamic anchor the first one entered is meant
        if node.resource not in scope:
            scope = (*scope, node.resource)
        # the scope too: entered another way, a dynamic reference may mean another node
        key = (id(node), id(value), scope)
        if key in self._known:
            return self._known[key]
        self.work.spend(FRAME + len(node.steps))
        self._known[key] = VALID  # whoever asks again below is asking in a circle, which adds nothing
        frames.append((self._at_work(node, value, Frame(self, scope)), key))
        return None

    def _at_work(self, node: Node, value: Json, frame: Frame) -> Generator[Asked, Outcome, Outcome]:
        for step in node.steps:
            if failure := (yield from step(value, frame)):
                return Outcome(failure)
        if not self.evaluated:
            return VALID
        self.work.spend(len(frame.keys) + len(frame.items))
        return Outcome(None, frozenset(frame.keys), frozenset(frame.items))
