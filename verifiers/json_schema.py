"""Accepts a completion whose JSON is valid under the row's schema.

The JSON is the last fenced block (tagged `json` or not at all) after `</think>`, or, without a fence, the whole text;
it is read strictly (`strict_json`). The draft is that of `$schema`, 2020-12 without one. Validation is the `jsonschema`
package's, but for what a completion could make endless or slow: patterns are matched under a deadline (a text that
needs longer scores 0, whatever the pattern), `uniqueItems` compares by hash, and nothing is ever fetched, for only
references inside the schema are taken.
"""

import json
import time
from collections.abc import Iterator
from typing import Any

from pydantic import Field, JsonValue

from temper.sandboxes.job import Sandbox
from temper.verifiers import strict_json
from temper.verifiers.extract import after_thinking
from temper.verifiers.fences import JSON, read_fences
from temper.verifiers.problem import Problem
from temper.verifiers.table import shortened
from temper.verifiers.verdict import Verdict, scored
from temper.verifiers.verifier import Probe, Verifier

MAX_JSON = 200_000
"""Characters of JSON that are judged; more scores 0."""
PATTERN_S = 1.0
"""Seconds that all the patterns of a verdict may take together."""
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")


class SlowPatternError(Exception):
    """The completion's text needs longer under a pattern than there is."""


class JsonSchema(Verifier):
    schema_: dict[str, JsonValue] | bool = Field(alias="schema")
    """The JSON Schema."""
    formats: bool = False
    """Whether `format` is asserted (those that need no further package) and not only an annotation."""

    def check(self, problem: Problem) -> None:
        from jsonschema.exceptions import SchemaError

        draft = self._draft()
        try:
            draft.check_schema(self.schema_)
        except SchemaError as error:
            path = ".".join(map(str, ["schema", *error.absolute_path]))
            raise ValueError(f"field 'params.{path}': {error.message:.200}") from error
        _check_references(self.schema_)
        for pattern in _patterns(self.schema_):
            _compile(pattern)

    def verify(self, problem: Problem, completion: str, sandbox: Sandbox | None = None) -> Verdict:
        text, reason = find_json(completion)
        if text is None:
            return scored(0.0, reason)
        if len(text) > MAX_JSON:
            return scored(0.0, f"JSON of {len(text)} characters; at most {MAX_JSON} are judged")
        try:
            value = strict_json.loads(text)
        except ValueError as error:
            return scored(0.0, f"no JSON: {error}")
        try:
            first = next(self._validator().iter_errors(value), None)
        except SlowPatternError:
            return scored(0.0, f"a pattern takes more than {PATTERN_S:g} s on this text")
        except RecursionError:
            return scored(0.0, "nested too deep for the schema")
        if first is None:
            return scored(1.0, "valid")
        return scored(0.0, f"at {first.json_path:.80}: {first.message:.200}")

    def _draft(self) -> Any:
        """jsonschema's class of the schema's draft. Raises ValueError for an unknown one."""
        from jsonschema.validators import Draft202012Validator, validator_for

        named = self.schema_.get("$schema") if isinstance(self.schema_, dict) else None
        if named is None:
            return Draft202012Validator
        found = validator_for(self.schema_, default=None)
        if found is None:
            raise ValueError(f"field 'params.schema.$schema': unknown draft {shortened(named)}; name a published one")
        return found

    def _validator(self) -> Any:
        from jsonschema.validators import extend
        from referencing import Registry

        draft = self._draft()
        checks = _Keywords(time.monotonic() + PATTERN_S)
        checked = extend(
            draft,
            {
                "pattern": checks.pattern,
                "patternProperties": checks.pattern_properties,
                "additionalProperties": checks.additional_properties,
                "uniqueItems": checks.unique_items,
            },
        )
        return checked(self.schema_, registry=Registry(), format_checker=draft.FORMAT_CHECKER if self.formats else None)

    def probes(self, problem: Problem) -> list[Probe]:
        own = [] if problem.answer is None else [("answer", json.dumps(problem.answer), 1.0)]
        prompt = problem.prompt if isinstance(problem.prompt, str) else (problem.prompt[-1].content or "")
        return [
            *own,
            ("empty", "", 0.0),
            ("whitespace", " \n\t ", 0.0),
            ("garbage", "{]}", 0.0),
            ("cut", '{"a": [1, 2', 0.0),
            ("a key twice", '{"a": 1, "a": 2}', 0.0),
            ("NaN", "NaN", 0.0),
            ("deep nesting", "[" * 100_000, 0.0),
            ("prompt", prompt, None),
            ("the schema itself", json.dumps(self.schema_), None),
            ("sys.exit(0)", "import sys; sys.exit(0)", 0.0),
            ("always equal", "class A:\n    def __eq__(self, other): return True", 0.0),
            ("1 MB", "x" * 1_000_000, 0.0),
        ]


def find_json(completion: str) -> tuple[str | None, str]:
    """The text that is to be JSON, or None and why there is none."""
    text = after_thinking(completion)
    if text is None:
        return None, "the reasoning does not end: no </think>"
    found = read_fences(text)
    if found.cut is not None and found.cut.language in JSON:
        return None, "the last code block is cut: no closing fence on a line of its own"
    blocks = [block for block in found.blocks if block.language in JSON]
    if blocks:
        return blocks[-1].text, ""
    others = [*found.blocks, *([found.cut] if found.cut else [])]
    if others:
        return None, f"no JSON: no code block is tagged json, the last one is {others[-1].language[:20]!r}"
    return found.beside, ""


class _Keywords:
    """The keywords that a completion could make slow, for `jsonschema.validators.extend`."""

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline

    def search(self, pattern: str, text: str) -> bool:
        try:
            left = max(self.deadline - time.monotonic(), 1e-3)
            return _compile(pattern).search(text, timeout=left) is not None
        except TimeoutError:
            raise SlowPatternError from None

    def pattern(self, validator: Any, pattern: str, value: Any, schema: Any) -> Iterator[Any]:
        if isinstance(value, str) and not self.search(pattern, value):
            yield _error(f"{shortened(value, 60)} does not match {pattern!r:.80}")

    def pattern_properties(self, validator: Any, properties: Any, value: Any, schema: Any) -> Iterator[Any]:
        if isinstance(value, dict):
            for pattern, inner in properties.items():
                for key, item in value.items():
                    if self.search(pattern, key):
                        yield from validator.descend(item, inner, path=key, schema_path=pattern)

    def additional_properties(self, validator: Any, additional: Any, value: Any, schema: Any) -> Iterator[Any]:
        if not isinstance(value, dict):
            return
        known, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
        for key, item in value.items():
            if key in known or any(self.search(pattern, key) for pattern in patterns):
                continue
            if additional is False:
                yield _error(f"unknown property {shortened(key, 60)}")
            else:
                yield from validator.descend(item, additional, path=key)

    def unique_items(self, validator: Any, wanted: bool, value: Any, schema: Any) -> Iterator[Any]:
        if wanted and isinstance(value, list) and len({_hashable(item) for item in value}) < len(value):
            yield _error("an item stands twice")


def _error(message: str) -> Any:
    from jsonschema.exceptions import ValidationError

    return ValidationError(message)


def _hashable(value: Any) -> object:
    """Equal for equal JSON: 1 is 1.0 and not true."""
    if isinstance(value, dict):
        return ("object", frozenset((key, _hashable(item)) for key, item in value.items()))
    if isinstance(value, list):
        return ("array", tuple(map(_hashable, value)))
    return (isinstance(value, bool), value)


def _compile(pattern: str) -> Any:
    """The row's pattern. Raises ValueError where it is none."""
    import regex

    try:
        return regex.compile(pattern, regex.VERSION0)
    except regex.error as error:
        raise ValueError(f"field 'params.schema': no regular expression: {pattern!r:.80} ({error})") from error


def _patterns(schema: object) -> Iterator[str]:
    for node in _objects(schema):
        if isinstance(node.get("pattern"), str):
            yield node["pattern"]
        if isinstance(node.get("patternProperties"), dict):
            if "unevaluatedProperties" in node:
                raise ValueError(
                    "field 'params.schema': unevaluatedProperties beside patternProperties has no deadline; "
                    "use additionalProperties"
                )
            yield from node["patternProperties"]


def _objects(schema: object) -> Iterator[dict[str, Any]]:
    """Every object of the schema. One under `properties`, `enum` or `const` may be no schema: too much is
    looked at."""
    stack = [schema]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            yield node
            stack.extend(node.values())
        elif isinstance(node, list):
            stack.extend(node)


def _check_references(schema: object) -> None:
    from referencing import Registry
    from referencing.exceptions import Unresolvable
    from referencing.jsonschema import DRAFT202012, specification_with

    named = schema.get("$schema") if isinstance(schema, dict) else None
    kind = specification_with(named, default=DRAFT202012) if isinstance(named, str) else DRAFT202012
    resolver = Registry().with_resource("", kind.create_resource(schema)).resolver()
    for node in _objects(schema):
        for keyword in _REFERENCES:
            reference = node.get(keyword)
            if not isinstance(reference, str):
                continue
            if not reference.startswith("#"):
                raise ValueError(
                    f"field 'params.schema': {keyword} {shortened(reference)} points outside; put it under $defs"
                )
            try:
                resolver.lookup(reference)
            except Unresolvable as error:
                raise ValueError(f"field 'params.schema': {keyword} {shortened(reference)} points nowhere") from error
