"""Keywords of JSON Schema that drafts 3 and 4 understand otherwise, and `dependencies`, which 2019-09 took apart."""

from collections.abc import Mapping

from temper.verifiers.reading.strict_json import Json
from temper.verifiers.schema import values
from temper.verifiers.schema.steps import Builder, Course
from temper.verifiers.schema.steps import properties as new_properties
from temper.verifiers.schema.walk import Failure, Frame, Node, Step, Test

TYPES = {
    **values.TYPES,
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "any": lambda value: True,
}
"""1.0 is no integer."""


def of_type(wanted: Json, schema: Mapping[str, Json]) -> Test:
    return values.typed(wanted, TYPES)


def minimum(limit: Json, schema: Mapping[str, Json]) -> Test | None:
    """`exclusiveMinimum: true` may stand beside it."""
    return (values.above if schema.get("exclusiveMinimum") is True else values.minimum)(limit, schema)


def maximum(limit: Json, schema: Mapping[str, Json]) -> Test | None:
    return (values.below if schema.get("exclusiveMaximum") is True else values.maximum)(limit, schema)


def of_type_or_schema(wanted: Json, schema: Mapping[str, Json], build: Builder) -> Step:
    """Draft 3: a type, or a list of types and schemas."""
    test, nodes = _types_and_nodes(wanted, build)

    def step(value: Json, frame: Frame) -> Course:
        failure = test(value, frame.walk)
        for node in nodes if failure else ():
            outcome = yield node, value
            if outcome.failure is None:
                return None
        return failure

    return step


def disallow(unwanted: Json, schema: Mapping[str, Json], build: Builder) -> Step:
    test, nodes = _types_and_nodes(unwanted, build)

    def step(value: Json, frame: Frame) -> Course:
        allowed = test(value, frame.walk) is not None
        for node in nodes if allowed else ():
            outcome = yield node, value
            allowed = allowed and outcome.failure is not None
        return None if allowed else Failure("is of a type that is disallowed", value)

    return step


def _types_and_nodes(types: Json, build: Builder) -> tuple[Test, list[Node]]:
    listed = types if isinstance(types, list) else [types]
    names = [one for one in listed if isinstance(one, str)]
    return values.typed(names, TYPES), [build.here(one) for one in listed if not isinstance(one, str)]


def properties(schemas: Json, schema: Mapping[str, Json], build: Builder) -> Step:
    """Draft 3: `required: true` stands in the property's own schema."""
    present = new_properties(schemas, schema, build)
    needed = [name for name, one in schemas.items() if isinstance(one, dict) and one.get("required") is True]
    test = values.required(needed, schema)

    def step(value: Json, frame: Frame) -> Course:
        return test(value, frame.walk) or (yield from present(value, frame))

    return step


def dependencies(needs: Json, schema: Mapping[str, Json], build: Builder) -> Step:
    """A property's name to the names or the schema that it asks for."""
    names = {name: [need] if isinstance(need, str) else need for name, need in needs.items()}
    nodes = {name: build.here(need) for name, need in names.items() if not isinstance(need, list)}
    test = values.dependent_required({name: need for name, need in names.items() if isinstance(need, list)}, schema)

    def step(value: Json, frame: Frame) -> Course:
        if failure := test(value, frame.walk):
            return failure
        for name, node in nodes.items() if isinstance(value, dict) else ():
            if name in value:
                outcome = yield node, value
                if outcome.failure:
                    return outcome.failure
                frame.saw(outcome)
        return None

    return step
