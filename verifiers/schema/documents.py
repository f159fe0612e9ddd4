"""Where the schemas of a JSON Schema document lie, and what its references mean.

A document holds resources (what has an `$id`, and the document itself), each with a base address, anchors and a draft.
A reference is resolved among them and the published meta-schemas, which the package `jsonschema-specifications`
carries; nothing is ever fetched. Drafts 3 to 2020-12.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import unquote, urldefrag, urljoin

from temper.mistakes import shortened
from temper.verifiers.reading.strict_json import Json

NEWEST = "https://json-schema.org/draft/2020-12/schema"
DRAFTS = {
    "http://json-schema.org/draft-03/schema": 3,
    "http://json-schema.org/draft-04/schema": 4,
    "http://json-schema.org/draft-06/schema": 6,
    "http://json-schema.org/draft-07/schema": 7,
    "https://json-schema.org/draft/2019-09/schema": 2019,
    NEWEST: 2020,
}
"""Meta-schema to draft."""
_SCHEMAS = frozenset(
    ("additionalItems", "additionalProperties", "allOf", "anyOf", "contains", "contentSchema", "disallow", "else",
     "extends", "if", "items", "not", "oneOf", "prefixItems", "propertyNames", "then", "type", "unevaluatedItems",
     "unevaluatedProperties")
)  # fmt: skip
"""Keywords whose value is a schema or a list that holds schemas."""
_MAPS = frozenset(("$defs", "definitions", "dependencies", "dependentSchemas", "patternProperties", "properties"))
"""Keywords whose value names schemas."""
_SINCE = {
    "allOf": 4, "anyOf": 4, "oneOf": 4, "not": 4, "contains": 6, "propertyNames": 6, "if": 7, "then": 7, "else": 7,
    "$defs": 2019, "dependentSchemas": 2019, "unevaluatedItems": 2019, "unevaluatedProperties": 2019,
    "contentSchema": 2019, "prefixItems": 2020,
}  # fmt: skip
_UNTIL = {"disallow": 3, "extends": 3, "type": 3, "additionalItems": 2019}


@dataclass(eq=False)
class Resource:
    """A schema with an address of its own."""

    address: str
    root: Json
    draft: int
    anchors: dict[str, Json] = field(default_factory=dict)
    dynamic: set[str] = field(default_factory=set)
    """Anchors that an earlier resource may take over (`$dynamicAnchor`); "" is that of `$recursiveAnchor`."""


class Documents:
    """A schema document and the published ones that it refers to."""

    def __init__(self, document: Json) -> None:
        """Raises ValueError for a draft that is not known."""
        self.resources: dict[str, Resource] = {}
        self._of: dict[int, Resource] = {}
        self.root = Resource("", document, _draft(document, 2020))
        self._add(self.root)

    def resource_of(self, schema: Json, near: Resource) -> Resource:
        """The resource that a schema belongs to; `near` for one at a place where the draft has none (`/x-extra/0`)."""
        return self._of.get(id(schema), near)

    def resolve(self, reference: str, here: Resource) -> tuple[Json, Resource]:
        """The schema that is meant, and its resource. Raises ValueError."""
        address, fragment = urldefrag(reference)
        # relative to the resource: `item.json` in `https://a/b/root.json` means `https://a/b/item.json`
        address = urldefrag(urljoin(here.address, address))[0] if address else here.address
        resource = self.resources.get(address) or self._published(address)
        if resource is None:
            raise ValueError(f"{shortened(reference)} points outside; put it under $defs")
        fragment = unquote(fragment)
        if not fragment:
            return resource.root, resource
        found = self._pointed(fragment, resource) if fragment.startswith("/") else self._anchored(fragment, resource)
        if found is None:
            raise ValueError(f"{shortened(reference)} points nowhere")
        return found

    def _published(self, address: str) -> Resource | None:
        document = published(address)
        if document is None:
            return None
        self._add(Resource(address, document, _draft(document, 2020)))
        return self.resources[address]

    def _anchored(self, name: str, resource: Resource) -> tuple[Json, Resource] | None:
        return (resource.anchors[name], resource) if name in resource.anchors else None

    def _pointed(self, pointer: str, resource: Resource) -> tuple[Json, Resource] | None:
        """RFC 6901."""
        node = resource.root
        for part in pointer.split("/")[1:]:
            # `~1` first: `~01`, which spells the name `~1`, would else become `/`
            part = part.replace("~1", "/").replace("~0", "~")
            if isinstance(node, dict) and part in node:
                node = node[part]
            elif isinstance(node, list) and part.isdecimal() and int(part) < len(node):
                node = node[int(part)]
            else:
                return None
            resource = self.resource_of(node, resource)
        return node, resource

    def _add(self, resource: Resource) -> None:
        self.resources.setdefault(resource.address, resource)
        stack = [(resource.root, resource)]
        while stack:
            schema, resource = stack.pop()
            if not isinstance(schema, dict):
                continue
            resource = self._named(schema, resource)
            self._of[id(schema)] = resource
            stack += [(inner, resource) for inner in inner_schemas(schema, resource.draft)]

    def _named(self, schema: dict[str, Json], resource: Resource) -> Resource:
        """The schema's resource, which may begin with it; its anchors are entered."""
        draft = resource.draft
        if draft <= 7 and "$ref" in schema:  # its neighbours say nothing
            return resource
        name = schema.get("id" if draft <= 4 else "$id")
        # up to draft 7 an `$id` of `#name` is an anchor and begins no resource
        if isinstance(name, str) and draft <= 7 and name.startswith("#"):
            resource.anchors.setdefault(name[1:], schema)
        elif isinstance(name, str):
            address, anchor = urldefrag(urljoin(resource.address, name))
            if schema is resource.root:
                resource.address = address
            else:
                resource = Resource(address, schema, _draft(schema, draft))
            self.resources.setdefault(address, resource)
            if anchor:
                resource.anchors.setdefault(anchor, schema)
        if draft >= 2019 and isinstance(schema.get("$anchor"), str):
            resource.anchors.setdefault(schema["$anchor"], schema)
        if draft == 2019 and schema is resource.root and schema.get("$recursiveAnchor") is True:
            resource.anchors[""] = schema
            resource.dynamic.add("")
        if draft >= 2020 and isinstance(schema.get("$dynamicAnchor"), str):
            resource.anchors.setdefault(schema["$dynamicAnchor"], schema)
            resource.dynamic.add(schema["$dynamicAnchor"])
        return resource


def inner_schemas(schema: Mapping[str, Json], draft: int) -> Iterator[Json]:
    """The schemas that stand right inside a schema."""
    for keyword, value in schema.items():
        if not _SINCE.get(keyword, 0) <= draft <= _UNTIL.get(keyword, 2020):
            continue
        if keyword in _SCHEMAS:
            yield from (one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict | bool))
        elif keyword in _MAPS and isinstance(value, dict):
            yield from (one for one in value.values() if isinstance(one, dict | bool))


@cache
def published(address: str) -> Json:
    """The meta-schema of that address, None where none is published there."""
    from jsonschema_specifications import REGISTRY

    return REGISTRY[address].contents if address in REGISTRY else None


def _draft(schema: Json, otherwise: int) -> int:
    named = schema.get("$schema") if isinstance(schema, dict) else None
    if named is None:
        return otherwise
    draft = DRAFTS.get(named.rstrip("#")) if isinstance(named, str) else None
    if draft is None:
        raise ValueError(f"$schema: unknown draft {shortened(named)}; name a published one")
    return draft
