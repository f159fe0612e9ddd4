"""A JSON Schema to nodes that a walk can ask, or the reason why no row may have it.

Refused is what could not be judged in bounded work, before anything runs: a schema of more than MAX_SIZE parts (its
values and the states of its patterns), one that refers to itself on the same value without end, patterns that
`ecma_search` refuses. So is what would be said and not done: formats that are unknown where they are asserted. Keywords
that are unknown say nothing, as the standard has it.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from temper.verifiers.reading.exact_json import exact
from temper.verifiers.reading.strict_json import Json
from temper.verifiers.schema import old, steps, values
from temper.verifiers.schema.documents import DRAFTS, Documents, Resource
from temper.verifiers.schema.ecma_pattern import parse_pattern
from temper.verifiers.schema.ecma_search import Automaton
from temper.verifiers.schema.formats import format_test
from temper.verifiers.schema.walk import Failure, Node, Step, Test, Walk
from temper.verifiers.schema.work import Work

MAX_SIZE = 10_000
"""Values in a schema, and states of its patterns."""
WORK = 500_000
"""Units that a verdict may cost, less than a second: fifty for each part of the largest schema."""

_TESTS: tuple[tuple[str, int, int, values.Maker], ...] = (
    ("const", 6, 2020, values.const),
    ("dependentRequired", 2019, 2020, values.dependent_required),
    ("divisibleBy", 3, 3, values.multiple_of),
    ("enum", 3, 2020, values.enum),
    ("exclusiveMaximum", 6, 2020, values.below),
    ("exclusiveMinimum", 6, 2020, values.above),
    ("maximum", 3, 4, old.maximum),
    ("maximum", 6, 2020, values.maximum),
    ("maxItems", 3, 2020, values.max_items),
    ("maxLength", 3, 2020, values.max_length),
    ("maxProperties", 4, 2020, values.max_properties),
    ("minimum", 3, 4, old.minimum),
    ("minimum", 6, 2020, values.minimum),
    ("minItems", 3, 2020, values.min_items),
    ("minLength", 3, 2020, values.min_length),
    ("minProperties", 4, 2020, values.min_properties),
    ("multipleOf", 4, 2020, values.multiple_of),
    ("required", 4, 2020, values.required),
    ("type", 4, 4, old.of_type),
    ("type", 6, 2020, values.of_type),
    ("uniqueItems", 3, 2020, values.unique_items),
)
_STEPS: tuple[tuple[str, int, int, steps.StepMaker], ...] = (
    ("additionalItems", 3, 2019, steps.additional_items),
    ("additionalProperties", 3, 2020, steps.additional_properties),
    ("allOf", 4, 2020, steps.all_of),
    ("anyOf", 4, 2020, steps.any_of),
    ("contains", 6, 2020, steps.contains),
    ("dependencies", 3, 2020, old.dependencies),
    ("dependentSchemas", 2019, 2020, steps.dependent_schemas),
    ("disallow", 3, 3, old.disallow),
    ("extends", 3, 3, steps.all_of),
    ("if", 7, 2020, steps.if_then_else),
    ("items", 3, 2020, steps.items),
    ("not", 4, 2020, steps.no),
    ("oneOf", 4, 2020, steps.one_of),
    ("patternProperties", 3, 2020, steps.pattern_properties),
    ("prefixItems", 2020, 2020, steps.prefix_items),
    ("properties", 3, 3, old.properties),
    ("properties", 4, 2020, steps.properties),
    ("propertyNames", 6, 2020, steps.property_names),
    ("type", 3, 3, old.of_type_or_schema),
)
TESTS = {
    (name, draft): make for name, first, last, make in _TESTS for draft in DRAFTS.values() if first <= draft <= last
}
STEPS = {
    (name, draft): make for name, first, last, make in _STEPS for draft in DRAFTS.values() if first <= draft <= last
}
LAST: Mapping[str, steps.StepMaker] = {
    "unevaluatedProperties": steps.unevaluated_properties,
    "unevaluatedItems": steps.unevaluated_items,
}
"""Asked when all that stands beside them has been; since 2019-09."""


@lru_cache(maxsize=16)
def built(text: str, formats: bool) -> "Schema":
    """The schema of a JSON text, built once for the completions of a problem. Raises ValueError."""
    return Schema(exact(json.loads(text)), formats)


class Schema:
    """A schema that is ready to judge."""

    def __init__(self, document: Json, formats: bool) -> None:
        """`formats`: whether `format` is asserted. Raises ValueError with what no row may ask for."""
        self.formats = formats
        self.documents = Documents(document)
        self.evaluated = False
        # as written: what a `$ref` names is built once, so a schema that refers to itself adds nothing
        self._size = sum(1 for _ in _values(document))
        self._refuse_large()
        self._nodes: dict[tuple[int, int], Node] = {}
        self._patterns: dict[str, Automaton] = {}
        self._taken_over: dict[str, dict[Resource, Node]] = {}
        """By the name of a dynamic anchor, the node of each resource that has one."""
        self._unfilled: list[tuple[Json, Node]] = []
        self.root = self.node(document, self.documents.root)
        self._fill_all()
        _refuse_circles(self._nodes.values())

    def failure(self, value: Json, work: int = WORK) -> Failure | None:
        """What is wrong with a value of `exact_json`. Raises OverBudgetError."""
        return Walk(Work(work), self.evaluated).failure(self.root, value)

    def node(self, schema: Json, near: Resource) -> Node:
        resource = self.documents.resource_of(schema, near)
        # identity alone is not enough: `false` is one object in all resources, and a node has its resource's draft
        key = (id(schema), id(resource))
        if key not in self._nodes:
            self._nodes[key] = Node(resource)
            self._unfilled.append((schema, self._nodes[key]))
        return self._nodes[key]

    def pattern(self, text: str) -> Automaton:
        if text not in self._patterns:
            try:
                self._patterns[text] = Automaton(parse_pattern(text))
            except ValueError as error:
                raise ValueError(f"not a pattern that is judged: {text!r:.80} ({error})") from error
            self._size += self._patterns[text].size
            self._refuse_large()
        return self._patterns[text]

    def _refuse_large(self) -> None:
        if self._size > MAX_SIZE:
            raise ValueError(f"more than {MAX_SIZE} values and states of patterns; make it smaller")

    def _fill_all(self) -> None:
        # a round may bring in resources whose anchors make more nodes: on until neither adds any
        while self._unfilled:
            while self._unfilled:
                self._fill(*self._unfilled.pop())
            for name, nodes in self._taken_over.items():
                for resource in list(self.documents.resources.values()):
                    if name in resource.dynamic and resource not in nodes:
                        nodes[resource] = self.node(resource.anchors[name], resource)

    def _fill(self, schema: Json, node: Node) -> None:
        if schema is False:
            node.tests.append(lambda value, walk: Failure("is not allowed", value))
        if not isinstance(schema, dict):
            return
        build = Building(self, node)
        if "$ref" in schema and build.draft <= 7:  # its neighbours say nothing
            schema = {"$ref": schema["$ref"]}
        for keyword, value in schema.items():
            self._enter(keyword, value, schema, build)
        for keyword, make in LAST.items():
            if keyword in schema and build.draft >= 2019:
                self.evaluated = True
                build.add_step(make(schema[keyword], schema, build))

    def _enter(self, keyword: str, value: Json, schema: Mapping[str, Json], build: "Building") -> None:
        place = (keyword, build.draft)
        if place in _REFERENCES and isinstance(value, str):
            build.add_step(self._reference(keyword, value, build))
        elif keyword == "format" and self.formats:
            build.add_test(format_test(value, build.draft))
        elif keyword == "pattern":
            build.add_test(values.matches(self.pattern(value), value))
        if place in TESTS:
            build.add_test(TESTS[place](value, schema))
        elif place in STEPS:
            build.add_step(STEPS[place](value, schema, build))

    def _reference(self, keyword: str, reference: str, build: "Building") -> Step:
        try:
            schema, resource = self.documents.resolve(reference, build.node.resource)
        except ValueError as error:
            raise ValueError(f"{keyword} {error}") from error
        target = self.node(schema, resource)
        # the static target alone counts for circles: a dynamic one is known on the way, where the walk ends them
        build.node.here.append(target)
        # `"#"` names "", the anchor of `$recursiveAnchor`; `"#node"` one of `$dynamicAnchor`
        name = reference.partition("#")[2]
        if keyword == "$ref" or name not in resource.dynamic:
            return steps.referred(target)
        return steps.referred_dynamically(target, self._taken_over.setdefault(name, {}))


_REFERENCES = {("$ref", draft) for draft in DRAFTS.values()} | {("$recursiveRef", 2019), ("$dynamicRef", 2020)}


class Building:
    """A node that is being filled."""

    def __init__(self, schema: Schema, node: Node) -> None:
        self.schema, self.node, self.draft = schema, node, node.resource.draft

    def inside(self, schema: Json) -> Node:
        return self.schema.node(schema, self.node.resource)

    def here(self, schema: Json) -> Node:
        made = self.inside(schema)
        self.node.here.append(made)
        return made

    def pattern(self, text: str) -> Automaton:
        return self.schema.pattern(text)

    def add_test(self, test: Test | None) -> None:
        self.node.tests += [test] if test else []

    def add_step(self, step: Step | None) -> None:
        self.node.steps += [step] if step else []


def _values(document: Json) -> Iterator[Json]:
    stack = [document]
    while stack:
        value = stack.pop()
        yield value
        if isinstance(value, dict):
            stack += value.values()
        elif isinstance(value, list):
            stack += value


def _refuse_circles(nodes: Iterable[Node]) -> None:
    """Raises ValueError where a node asks itself about the value that it sees."""
    done: set[Node] = set()
    for first in nodes:
        # a dict as a stack: its order is the way, and a look-up tells whether a node is on it
        way: dict[Node, Iterator[Node]] = {first: iter(first.here)}
        while way:
            node, left = next(reversed(way.items()))
            following = next(left, None)
            if following is None:
                done.add(node)
                del way[node]
            elif following in way:
                raise ValueError("a schema that refers to itself without end; let a property or an item stand between")
            elif following not in done:
                way[following] = iter(following.here)
