"""What a tool's parameters declare for a value of the arguments, to tell notations of one number from two numbers.

Looked at is all that the schema may hold there: `anyOf`, `oneOf`, `allOf`, `then`, `else`, references, properties by
name or else, items by place or else. Nothing is validated, and what is no schema declares nothing.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

from temper.verifiers.reading.strict_json import Json
from temper.verifiers.schema.documents import Documents, Resource

_SAME = ("allOf", "anyOf", "oneOf")
_ITEMS = ("prefixItems", "items")
_OTHER_ITEMS = ("items", "additionalItems", "unevaluatedItems")
_OTHER_PROPERTIES = ("additionalProperties", "unevaluatedProperties")


class Place:
    """The schemas that may hold for one value; looked for once they are asked for."""

    def __init__(self, look: Callable[[], Iterable[Json]], documents: Documents) -> None:
        self._look, self.documents = look, documents
        self._inside: dict[str | int, Place] = {}

    @cached_property
    def schemas(self) -> list[dict[str, Json]]:
        return list(_held(self._look(), self.documents))

    @property
    def takes_numbers(self) -> bool:
        """Whether a number, and not a whole number alone, is declared."""
        types = [one["type"] for one in self.schemas if "type" in one]
        return any("number" in (of if isinstance(of, list) else [of]) for of in types)

    def property(self, name: str) -> "Place":
        return self._at(name, lambda: self._of_property(name))

    def item(self, place: int) -> "Place":
        return self._at(place, lambda: self._of_item(place))

    def _at(self, key: str | int, look: Callable[[], Iterable[Json]]) -> "Place":
        found = self._inside.get(key)
        if found is None:
            found = self._inside[key] = Place(look, self.documents)
        return found

    def _of_property(self, name: str) -> list[Json]:
        named = [of[name] for of in self._objects("properties") if name in of]
        # no pattern is matched: that a number may be declared there is enough
        patterns = [inner for of in self._objects("patternProperties") for inner in of.values()]
        return named or patterns + self._any(_OTHER_PROPERTIES)

    def _of_item(self, place: int) -> list[Json]:
        lists = [of for one in self.schemas for key in _ITEMS if isinstance(of := one.get(key), list)]
        return [of[place] for of in lists if place < len(of)] or self._any(_OTHER_ITEMS)

    def _objects(self, keyword: str) -> list[dict[str, Json]]:
        return [of for one in self.schemas if isinstance(of := one.get(keyword), dict)]

    def _any(self, keywords: Iterable[str]) -> list[Json]:
        return [of for keyword in keywords for of in self._objects(keyword)]


def place_of(parameters: Json) -> Place:
    """That of the arguments as a whole. A schema of a draft that is not known declares nothing."""
    try:
        documents = Documents(parameters)
    except ValueError:
        return Place(list, Documents({}))
    return Place(lambda: [parameters], documents)


def _held(schemas: Iterable[Json], documents: Documents) -> Iterator[dict[str, Json]]:
    """The schemas and all that they hold for the same value, each once."""
    stack: list[tuple[Json, Resource]] = [(schema, documents.root) for schema in schemas]
    seen: set[int] = set()
    while stack:
        schema, near = stack.pop()
        if not isinstance(schema, dict) or id(schema) in seen:
            continue
        seen.add(id(schema))
        yield schema
        resource = documents.resource_of(schema, near)
        inner = [one for keyword in _SAME if isinstance(schema.get(keyword), list) for one in schema[keyword]]
        stack += [(one, resource) for one in (*inner, schema.get("then"), schema.get("else"))]
        if isinstance(schema.get("$ref"), str):
            try:
                stack.append(documents.resolve(schema["$ref"], resource))
            except ValueError:
                continue  # it points nowhere, and declares nothing
