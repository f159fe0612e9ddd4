"""The keywords of JSON Schema that look at a value alone: types, numbers, lengths, enumerations, patterns, formats.

Each maker takes the keyword's value and the schema that it stands in, and gives a test, or None where the keyword says
nothing. Numbers are compared exactly, as they were written.
"""

from collections.abc import Callable, Mapping, Sized

from temper.verifiers.reading.exact_json import cost, is_multiple, is_number, is_whole, same
from temper.verifiers.reading.strict_json import Json
from temper.verifiers.schema.ecma_search import Automaton
from temper.verifiers.schema.walk import Failure, Test, Walk

Maker = Callable[[Json, Mapping[str, Json]], Test | None]

TYPES: dict[str, Callable[[Json], bool]] = {
    "array": lambda value: isinstance(value, list),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: is_number(value) and is_whole(value),
    "null": lambda value: value is None,
    "number": is_number,
    "object": lambda value: isinstance(value, dict),
    "string": lambda value: isinstance(value, str),
}


def of_type(wanted: Json, schema: Mapping[str, Json]) -> Test:
    return typed(wanted, TYPES)


def typed(wanted: Json, types: Mapping[str, Callable[[Json], bool]]) -> Test:
    names = [wanted] if isinstance(wanted, str) else wanted
    fits = [types[name] for name in names if name in types]
    told = f"is not of type {', '.join(map(repr, names))}"
    return lambda value, walk: None if any(fit(value) for fit in fits) else Failure(told, value)


def enum(values: Json, schema: Mapping[str, Json]) -> Test:
    known = {comparable(value, None) for value in values}
    told = f"is not one of {values!r:.200}"
    return lambda value, walk: None if comparable(value, walk) in known else Failure(told, value)


def const(wanted: Json, schema: Mapping[str, Json]) -> Test:
    known = comparable(wanted, None)
    told = f"is not {wanted!r:.200}"
    return lambda value, walk: None if comparable(value, walk) == known else Failure(told, value)


def unique_items(wanted: Json, schema: Mapping[str, Json]) -> Test | None:
    def test(value: Json, walk: Walk) -> Failure | None:
        if not isinstance(value, list) or len({comparable(item, walk) for item in value}) == len(value):
            return None
        return Failure("an item stands twice")

    return test if wanted else None


def comparable(value: Json, walk: Walk | None) -> object:
    """Equal for equal JSON: 1 is 1.0 and not true. Its size is taken from the walk's work."""
    if walk is not None:
        walk.work.spend(1)
    if isinstance(value, dict):
        return ("object", frozenset((key, comparable(item, walk)) for key, item in value.items()))
    if isinstance(value, list):
        return ("array", tuple([comparable(item, walk) for item in value]))
    if not is_number(value):
        return value
    if walk is not None:
        walk.work.spend(1 + cost(value))
    # marked as a number, for Python takes 1 and true to be equal
    return ("number", same(value))


def _number(words: str, fits: Callable[[Json, Json], bool]) -> Maker:
    """A test of numbers against the keyword's value."""

    def make(limit: Json, schema: Mapping[str, Json]) -> Test:
        told = words.format(limit)

        def test(value: Json, walk: Walk) -> Failure | None:
            if not is_number(value):
                return None
            walk.work.spend(cost(value))
            return None if fits(value, limit) else Failure(told, value)

        return test

    return make


minimum = _number("is less than the minimum of {}", lambda value, limit: value >= limit)
maximum = _number("is greater than the maximum of {}", lambda value, limit: value <= limit)
above = _number("is not above {}", lambda value, limit: value > limit)
below = _number("is not below {}", lambda value, limit: value < limit)
multiple_of = _number("is not a multiple of {}", is_multiple)


def _length(kind: type[Sized], words: str, fits: Callable[[int, int], bool]) -> Maker:
    def make(limit: Json, schema: Mapping[str, Json]) -> Test:
        told = words.format(limit)
        return lambda value, walk: (
            Failure(told, value) if isinstance(value, kind) and not fits(len(value), limit) else None
        )

    return make


min_length = _length(str, "is too short, under {} characters", lambda length, limit: length >= limit)
max_length = _length(str, "is too long, over {} characters", lambda length, limit: length <= limit)
min_items = _length(list, "is too short, under {} items", lambda length, limit: length >= limit)
max_items = _length(list, "is too long, over {} items", lambda length, limit: length <= limit)
min_properties = _length(dict, "has too few properties, under {}", lambda length, limit: length >= limit)
max_properties = _length(dict, "has too many properties, over {}", lambda length, limit: length <= limit)


def matches(pattern: Automaton, text: str) -> Test:
    told = f"does not match {text!r:.80}"
    return lambda value, walk: (
        Failure(told, value) if isinstance(value, str) and not walk.finds(pattern, value) else None
    )


def required(names: Json, schema: Mapping[str, Json]) -> Test:
    def test(value: Json, walk: Walk) -> Failure | None:
        walk.work.spend(len(names) // 8)
        missing = next((name for name in names if name not in value), None) if isinstance(value, dict) else None
        return None if missing is None else Failure(f"{missing!r} is a required property")

    return test


def dependent_required(names: Json, schema: Mapping[str, Json]) -> Test:
    def test(value: Json, walk: Walk) -> Failure | None:
        if not isinstance(value, dict):
            return None
        for name, needed in names.items():
            walk.work.spend(1 + len(needed) // 8)
            missing = next((other for other in needed if other not in value), None) if name in value else None
            if missing is not None:
                return Failure(f"{missing!r} is a required property beside {name!r}")
        return None

    return test
