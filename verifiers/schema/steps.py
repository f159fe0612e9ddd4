"""The keywords of JSON Schema that hold schemas: each asks for the outcome of others, on the value or on what is in it.

Each maker takes the keyword's value, the schema that it stands in and the builder, and gives a step, or None where the
keyword says nothing. `yield node, value` asks and is answered with the outcome.
"""

from collections.abc import Callable, Collection, Generator, Iterator, Mapping
from typing import Protocol

from temper.verifiers.reading.strict_json import Json
from temper.verifiers.schema.ecma_search import Automaton
from temper.verifiers.schema.walk import Asked, Failure, Frame, Node, Outcome, Step

Course = Generator[Asked, Outcome, Failure | None]


class Builder(Protocol):
    """Gives the nodes of the schemas that a keyword holds."""

    draft: int

    def inside(self, schema: Json) -> Node:
        """For what is in the value."""
        ...

    def here(self, schema: Json) -> Node:
        """For the value itself."""
        ...

    def pattern(self, text: str) -> Automaton: ...


StepMaker = Callable[[Json, Mapping[str, Json], Builder], Step | None]


def all_of(schemas: Json, schema: Mapping[str, Json], build: Builder) -> Step:
    nodes = [build.here(one) for one in (schemas if isinstance(schemas, list) else [schemas])]

    def step(value: Json, frame: Frame) -> Course:
        for node in nodes:
            outcome = yield node, value
            if outcome.failure:
                return outcome.failure
            frame.saw(outcome)
        return None

    return step


def any_of(schemas: Json, schema: Mapping[str, Json], build: Builder) -> Step:
    nodes = [build.here(one) for one in schemas]

    def step(value: Json, frame: Frame) -> Course:
        valid = False
        for node in nodes:
            outcome = yield node, value
            if outcome.failure is None:
                valid = True
                frame.saw(outcome)
                # where a keyword asks what was evaluated, all branches that hold count and not the first alone
                if not frame.walk.evaluated:
                    break
        return None if valid else Failure("is not valid under any of the given schemas", value)

    return step


def one_of(schemas: Json, schema: Mapping[str, Json], build: Builder) -> Step:
    nodes = [build.here(one) for one in schemas]

    def step(value: Json, frame: Frame) -> Course:
        valid = 0
        for node in nodes:
            outcome = yield node, value
            if outcome.failure is None:
                valid += 1
                frame.saw(outcome)
            if valid > 1:
                return Failure("is valid under more than one of the given schemas", value)
        return None if valid else Failure("is not valid under any of the given schemas", value)

    return step


def no(unwanted: Json, schema: Mapping[str, Json], build: Builder) -> Step:
    node = build.here(unwanted)

    def step(value: Json, frame: Frame) -> Course:
        outcome = yield node, value
        return None if outcome.failure else Failure("is valid under a schema that it must not be", value)

    return step


def if_then_else(condition: Json, schema: Mapping[str, Json], build: Builder) -> Step | None:
    branches = {name: build.here(schema[name]) for name in ("then", "else") if name in schema}
    node = build.here(condition)

    def step(value: Json, frame: Frame) -> Course:
        outcome = yield node, value
        if outcome.failure is None:
            frame.saw(outcome)
        branch = branches.get("else" if outcome.failure else "then")
        if branch is None:
            return None
        outcome = yield branch, value
        frame.saw(outcome)
        return outcome.failure

    return step


def referred(node: Node) -> Step:
    def step(value: Json, frame: Frame) -> Course:
        outcome = yield node, value
        frame.saw(outcome)
        return outcome.failure

    return step


def referred_dynamically(otherwise: Node, candidates: Mapping[Json, Node]) -> Step:
    """The node of the first resource on the way that has one."""

    def step(value: Json, frame: Frame) -> Course:
        frame.walk.work.spend(len(frame.scope))
        node = next((candidates[resource] for resource in frame.scope if resource in candidates), otherwise)
        outcome = yield node, value
        frame.saw(outcome)
        return outcome.failure

    return step


def dependent_schemas(schemas: Json, schema: Mapping[str, Json], build: Builder) -> Step:
    nodes = {name: build.here(one) for name, one in schemas.items()}

    def step(value: Json, frame: Frame) -> Course:
        frame.walk.work.spend(len(nodes))
        for name, node in nodes.items() if isinstance(value, dict) else ():
            if name in value:
                outcome = yield node, value
                if outcome.failure:
                    return outcome.failure
                frame.saw(outcome)
        return None

    return step


def properties(schemas: Json, schema: Mapping[str, Json], build: Builder) -> Step:
    nodes = {name: build.inside(one) for name, one in schemas.items()}

    def step(value: Json, frame: Frame) -> Course:
        if not isinstance(value, dict):
            return None
        frame.walk.work.spend(min(len(nodes), len(value)))
        # along the shorter side: a value of two properties costs two under a schema of a thousand
        for name in nodes if len(nodes) < len(value) else list(value):
            if name in nodes and name in value:
                outcome = yield nodes[name], value[name]
                if outcome.failure:
                    return outcome.failure.under(name)
                frame.keys.add(name)
        return None

    return step


def pattern_properties(schemas: Json, schema: Mapping[str, Json], build: Builder) -> Step:
    nodes = [(build.pattern(pattern), build.inside(one)) for pattern, one in schemas.items()]

    def step(value: Json, frame: Frame) -> Course:
        for name, item in value.items() if isinstance(value, dict) else ():
            for pattern, node in nodes:
                if frame.walk.finds(pattern, name):
                    outcome = yield node, item
                    if outcome.failure:
                        return outcome.failure.under(name)
                    frame.keys.add(name)
        return None

    return step


def additional_properties(additional: Json, schema: Mapping[str, Json], build: Builder) -> Step | None:
    node = build.inside(additional)
    known: Collection[str] = schema.get("properties", {})
    patterns = [build.pattern(pattern) for pattern in schema.get("patternProperties", {})]

    def step(value: Json, frame: Frame) -> Course:
        for name, item in value.items() if isinstance(value, dict) else ():
            frame.walk.work.spend(1)
            if name in known or any(frame.walk.finds(pattern, name) for pattern in patterns):
                continue
            if additional is False:
                return Failure(f"unknown property {name[:SHOWN_NAME]!r}")
            outcome = yield node, item
            if outcome.failure:
                return outcome.failure.under(name)
            frame.keys.add(name)
        return None

    return step


SHOWN_NAME = 60


def property_names(names: Json, schema: Mapping[str, Json], build: Builder) -> Step:
    node = build.inside(names)

    def step(value: Json, frame: Frame) -> Course:
        for name in value if isinstance(value, dict) else ():
            outcome = yield node, name
            if outcome.failure:
                return Failure(f"the name of a property {outcome.failure.words}", name)
        return None

    return step


def _each(node: Node, value: Json, places: Iterator[int] | range, frame: Frame) -> Course:
    for place in places:
        outcome = yield node, value[place]
        if outcome.failure:
            return outcome.failure.under(place)
        if frame.walk.evaluated:
            frame.items.add(place)
    return None


def _tuple(nodes: list[Node]) -> Step:
    def step(value: Json, frame: Frame) -> Course:
        for place, node in enumerate(nodes) if isinstance(value, list) else ():
            if place < len(value) and (failure := (yield from _each(node, value, range(place, place + 1), frame))):
                return failure
        return None

    return step


def _rest(node: Node, after: int) -> Step:
    def step(value: Json, frame: Frame) -> Course:
        if not isinstance(value, list):
            return None
        return (yield from _each(node, value, range(after, len(value)), frame))

    return step


def prefix_items(schemas: Json, schema: Mapping[str, Json], build: Builder) -> Step:
    return _tuple([build.inside(one) for one in schemas])


def items(schemas: Json, schema: Mapping[str, Json], build: Builder) -> Step:
    """2020-12: what comes after `prefixItems`. Before: each item, or a list for the first ones."""
    if isinstance(schemas, list):
        return _tuple([build.inside(one) for one in schemas])
    return _rest(build.inside(schemas), len(schema.get("prefixItems", ())) if build.draft >= 2020 else 0)


def additional_items(additional: Json, schema: Mapping[str, Json], build: Builder) -> Step | None:
    first = schema.get("items")
    return _rest(build.inside(additional), len(first)) if isinstance(first, list) else None


def contains(wanted: Json, schema: Mapping[str, Json], build: Builder) -> Step:
    node = build.inside(wanted)
    counted, marked = build.draft >= 2019, build.draft >= 2020
    least = schema.get("minContains", 1) if counted else 1
    most = schema.get("maxContains") if counted else None

    def step(value: Json, frame: Frame) -> Course:
        if not isinstance(value, list):
            return None
        found = 0
        for place, item in enumerate(value):
            outcome = yield node, item
            if outcome.failure is None:
                found += 1
                if marked:
                    frame.items.add(place)
        if found < least:
            return Failure(f"holds {found} items that are wanted, under {least}")
        return (
            Failure(f"holds {found} items that are wanted, over {most}") if most is not None and found > most else None
        )

    return step


def unevaluated_properties(rest: Json, schema: Mapping[str, Json], build: Builder) -> Step:
    node = build.inside(rest)

    def step(value: Json, frame: Frame) -> Course:
        for name, item in value.items() if isinstance(value, dict) else ():
            frame.walk.work.spend(1)
            if name in frame.keys:
                continue
            if rest is False:
                return Failure(f"unknown property {name[:SHOWN_NAME]!r}")
            outcome = yield node, item
            if outcome.failure:
                return outcome.failure.under(name)
            frame.keys.add(name)
        return None

    return step


def unevaluated_items(rest: Json, schema: Mapping[str, Json], build: Builder) -> Step:
    node = build.inside(rest)

    def step(value: Json, frame: Frame) -> Course:
        if not isinstance(value, list):
            return None
        places = [place for place in range(len(value)) if place not in frame.items]
        return (yield from _each(node, value, iter(places), frame))

    return step
