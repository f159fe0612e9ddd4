"""JSON under a schema: what must be accepted, the longer list of what must not, schemas that are refused."""
# tables, one case a line
# ruff: noqa: E501

import json
import time
from typing import Any

import pytest

from temper.verifiers.problem import Problem
from temper.verifiers.rows import parse_problem
from temper.verifiers.table import verifier_for
from temper.verifiers.verdict import Verdict

PERSON: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "age": {"type": "integer", "minimum": 0},
        "tags": {"$ref": "#/$defs/tags"},
    },
    "required": ["name", "age"],
    "additionalProperties": False,
    "patternProperties": {"^x_": {"type": "number"}},
    "$defs": {"tags": {"type": "array", "items": {"enum": ["a", "b"]}, "uniqueItems": True}},
}


def problem(schema: Any = PERSON, answer: object = None, **params: Any) -> Problem:
    return Problem(id="p", prompt="q", verifier="json_schema", answer=answer, params={"schema": schema, **params})


def judged(completion: str, schema: Any = PERSON, **params: Any) -> Verdict:
    row = problem(schema, **params)
    verifier = verifier_for(row)
    verifier.check(row)
    return verifier.verify(row, completion)


ADA = '{"name": "Ada", "age": 36}'
RIGHT = {
    "bare": ADA,
    "blanks": f"\n  {ADA}\t\n",
    "fenced": f"Here it is:\n```json\n{ADA}\n```\nDone.",
    "fenced without a tag": f"```\n{ADA}\n```",
    "the last fence counts": f'```json\n{{"name": ""}}\n```\nBetter:\n```json\n{ADA}\n```',
    "a fence of another language before": f"```python\nprint(1)\n```\n```json\n{ADA}\n```",
    "after thinking": f"<think>\n```json\n{{}}\n```\n</think>\n{ADA}",
    "a reference": '{"name": "Ada", "age": 36, "tags": ["a", "b"]}',
    "a pattern property": '{"name": "Ada", "age": 36, "x_size": 1.5}',
    "escapes": '{"name": "\\u00e9\\ud83d\\ude00", "age": 0}',
    "an integer written as a float": '{"name": "Ada", "age": 36.0}',
    "a fence in a list, CRLF": f'1. It:\r\n   ```json title="a.json"\r\n   {ADA}\r\n   ```\r\n',
    "tildes": f"~~~JSON\n{ADA}\n~~~",
    "more backticks": f"`````json\n{ADA}\n`````",
    "tagged as its superset": f"```jsonc\n{ADA}\n```",
    "a stray closing fence": f"{ADA}\n```",
}
WRONG = {
    "empty": ("", "no JSON"),
    "words": ("Ada is 36.", "no JSON"),
    "words around": (f"Sure! {ADA}", "no JSON"),
    "words after": (f"{ADA} That is it.", "more follows"),
    "two values": (f"{ADA}{ADA}", "more follows"),
    "a list": (f"[{ADA}]", "at $: "),
    "null": ("null", "at $: "),
    "missing": ('{"name": "Ada"}', "'age' is a required property"),
    "of another type": ('{"name": "Ada", "age": "36"}', "at $.age"),
    "true for a number": ('{"name": "Ada", "age": true}', "at $.age"),
    "a float": ('{"name": "Ada", "age": 36.5}', "at $.age"),
    "below the minimum": ('{"name": "Ada", "age": -1}', "at $.age"),
    "too short": ('{"name": "", "age": 1}', "at $.name"),
    "unknown": ('{"name": "Ada", "age": 36, "job": "x"}', "unknown property 'job'"),
    "a bad pattern property": ('{"name": "Ada", "age": 36, "x_size": "1"}', "at $.x_size"),
    "a bad item": ('{"name": "Ada", "age": 36, "tags": ["c"]}', "at $.tags[0]"),
    "an item twice": ('{"name": "Ada", "age": 36, "tags": ["a", "a"]}', "an item stands twice"),
    "a key twice": ('{"name": "Ada", "age": -1, "age": 36}', "stands twice"),
    "NaN": ('{"name": "Ada", "age": NaN}', "NaN is not JSON"),
    "an infinite number": ('{"name": "Ada", "age": 1e999}', "too large"),
    "single quotes": ("{'name': 'Ada', 'age': 36}", "no JSON"),
    "a comma at the end": ('{"name": "Ada", "age": 36,}', "no JSON"),
    "a comment": ('{"name": "Ada", "age": 36} // Ada', "more follows"),
    "cut": (ADA[:-1], "no JSON"),
    "the last fence is bad": (f"```json\n{ADA}\n```\n```json\n{{}}\n```", "at $: "),
    "while thinking": (f"<think>\n{ADA}\n</think>", "no JSON"),
    "thinking that never ends": (f"<think>\n{ADA}", "no </think>"),
    "deep nesting": ("[" * 100_000, "nested too deep"),
    "tagged otherwise": (f"```yaml\n{ADA}\n```", "no code block is tagged json, the last one is 'yaml'"),
    "a fence that never closes": (f"```json\n{ADA}", "the last code block is cut"),
    "a fence that closes behind the JSON": (f"```json\n{ADA}```", "no closing fence on a line of its own"),
    "a comment in a fence": (f"```jsonc\n{ADA} // Ada\n```", "more follows"),
    "a number of a hundred thousand digits": ("9" * 100_000, "no JSON"),
    "a point and as many digits": ("0." + "9" * 100_000, "at most 4000 are read"),
    "an exponent out of range": ("1e-99999999999999999999", "out of range"),
    "a megabyte": (json.dumps("x" * 1_000_000), "at most 200000"),
    "not text": ("\x00\ud800", "no JSON"),
}  # fmt: skip


@pytest.mark.parametrize("completion", RIGHT.values(), ids=RIGHT)
def test_valid_json_is_accepted(completion: str) -> None:
    assert judged(completion).score == 1.0, judged(completion).detail


@pytest.mark.parametrize("completion, why", WRONG.values(), ids=WRONG)
def test_the_rest_is_refused_with_the_place(completion: str, why: str) -> None:
    verdict = judged(completion)
    assert verdict.score == 0.0
    assert why in verdict.detail


@pytest.mark.parametrize(
    "draft, accepted",
    [("http://json-schema.org/draft-04/schema#", 0.0), ("http://json-schema.org/draft-07/schema#", 1.0), (None, 1.0)],
)
def test_the_draft_is_that_of_the_schema(draft: str | None, accepted: float) -> None:
    """In draft 4 `exclusiveMinimum` is a boolean beside `minimum`, and 1.0 is no integer."""
    schema = {"type": "integer", **({"$schema": draft} if draft else {})}
    assert judged("1.0", schema).score == accepted
    assert judged("1", schema).score == 1.0


def test_formats_are_asserted_where_the_row_asks() -> None:
    schema = {"type": "string", "format": "date"}
    assert judged('"2026-02-31"', schema).score == 1.0
    assert judged('"2026-02-31"', schema, formats=True).score == 0.0
    assert judged('"2026-02-28"', schema, formats=True).score == 1.0
    assert judged("5", {"format": "date"}, formats=True).score == 1.0


@pytest.mark.parametrize("place", [{"format": "dat"}, {"items": {"format": "int32"}}])
def test_a_format_that_would_not_be_asserted_is_refused(place: dict[str, Any]) -> None:
    """But not where it is an annotation, and not the word where it is no keyword."""
    row = problem(place, formats=True)
    with pytest.raises(ValueError, match="format '.*' is not known, so it cannot be asserted"):
        verifier_for(row).check(row)
    assert judged('"x"', place).score == 1.0
    assert (
        judged(
            '{"format": "x"}', {"properties": {"format": {"const": "x"}}, "enum": [{"format": "x"}]}, formats=True
        ).score
        == 1.0
    )


MULTIPLES = [
    ("0.01", "19.99", True), ("0.01", "16.08", True), ("0.1", "0.3", True), ("0.05", "0.15", True), ("1e-8", "12391239123", True), ("11.0", "9007199254741017", True),
    ("0.5", "1" + "0" * 400, True), ("0.1", "-7.7", True), ("3", "0", True), ("3", "-0.0", True), ("1e300", "1e300", True), ("0.5", "1e308", True), ("1e-300", "1e-299", True),
    ("0.01", "19.999", False), ("0.1", "0.30000000000000004", False), ("0.1", "0.30000000000000000000001", False), ("2", "9007199254740993", False),
    ("0.5", "1" + "0" * 400 + ".25", False), ("1e300", "1e299", False), ("0.3", "1", False), ("7", "1" + "0" * 400, False), ("0.01", "1e-300", False),
]  # fmt: skip


@pytest.mark.parametrize("of, value, multiple", MULTIPLES)
def test_multiples_are_exact(of: str, value: str, multiple: bool) -> None:
    schema = {"multipleOf": json.loads(of)}
    assert judged(value, schema).score == float(multiple)
    assert judged(f'{{"a": [{value}]}}', {"properties": {"a": {"items": schema}}}).score == float(multiple)


@pytest.mark.parametrize(
    "keyword, limit, value, valid",
    [
        ("minimum", "0.1", "0.1", True), ("minimum", "0.1", "0.09999999999999999999999", False), ("exclusiveMinimum", "0", "1e-399", True), ("maximum", "9007199254740992", "9007199254740993", False),
        ("exclusiveMaximum", "0.3", "0.29999999999999999999", True), ("maximum", "1e308", "1" + "0" * 308, True), ("maximum", "1e308", "1" + "0" * 400, False), ("enum", "[0.1]", "0.10", True), ("enum", "[0.1]", "0.1000000000000000055", False), ("const", "1e2", "100", True),
    ],
)  # fmt: skip
def test_numbers_are_compared_as_they_were_written(keyword: str, limit: str, value: str, valid: bool) -> None:
    assert judged(value, {keyword: json.loads(limit)}).score == float(valid)


def test_a_number_is_shown_as_it_was_written() -> None:
    assert judged("[1, 2.50]", {"const": 3}).detail == "at $: [1, 2.50] is not 3"


@pytest.mark.parametrize(
    "first, second, equal", [("1", "1.0", True), ("1", "true", False), ("0", "false", False), ('{"a":1,"b":2}', '{"b":2,"a":1.0}', True), ("[1]", '["1"]', False)]
)  # fmt: skip
def test_items_are_the_same_as_json_is(first: str, second: str, equal: bool) -> None:
    assert judged(f"[{first}, {second}]", {"uniqueItems": True}).score == float(not equal)


def nested(depth: int, leaf: object) -> object:
    return leaf if depth == 0 else {"op": "pow", "left": nested(depth - 1, leaf), "right": leaf}


def expression(how: str) -> dict[str, Any]:
    """Every branch looks into the whole tree before it sees that the operation is another one."""
    tree = {"$ref": "#/$defs/e"}
    branches = [
        {
            "properties": {"left": tree, "right": tree, "op": {"const": op}},
            "required": ["op", "left", "right"],
            "type": "object",
        }
        for op in ("add", "sub", "mul", "div", "pow")
    ]
    return {"$defs": {"e": {how: [{"type": "number"}, *branches]}}, **tree}


SLOW: dict[str, tuple[Any, Any]] = {
    "an ambiguous pattern": ({"pattern": r"^(a|a)*$"}, "a" * 60 + "b"),
    "nested quantifiers": ({"pattern": r"^(([a-z])+.)+[A-Z]([a-z])+$"}, "a" * 190_000),
    "many texts": ({"items": {"pattern": r"(x+x+)+y"}}, ["x" * 40] * 4_000),
    "a name": ({"patternProperties": {r"^(a|aa)+$": {}}, "additionalProperties": False}, {"a" * 80 + "b": 1}),
    "looks at every place": ({"pattern": "^" + "".join(f"(?=.*{c})" for c in "abcdefghijklmnop")}, "x" * 190_000),
    "states without end": ({"pattern": "(a|b)*a(a|b){300}$"}, "ab" * 95_000),
    "many items": ({"uniqueItems": True}, [[i] for i in range(20_000)]),
    "numbers of the same hash": ({"uniqueItems": True}, [(2**61 - 1) * i for i in range(8_000)]),
    "an expression that is wrong in one place": (expression("anyOf"), nested(60, "x")),
    "an expression that is right": (expression("oneOf"), nested(60, 1)),
    "diamonds": ({"$ref": "#/$defs/0", "$defs": {**{str(i): {"allOf": [{"$ref": f"#/$defs/{i + 1}"}] * 2} for i in range(200)}, "200": {"type": "integer"}}}, "x"),
    "many branches on long numbers": ({"items": {"anyOf": [{"multipleOf": 7}] * 2_000}}, [10**3_900] * 40),
    "many branches on a long text": ({"anyOf": [{"format": "regex"}, {"format": "uri"}, {"format": "email"}] * 1_000}, "(a)" * 60_000),
    "all that is seen, again and again": ({"$ref": "#/$defs/t", "$defs": {"t": {"not": {"const": [1]}, "items": {"$ref": "#/$defs/t"}}}}, nested(100, [1] * 300)),
}  # fmt: skip


@pytest.mark.parametrize("schema, value", SLOW.values(), ids=SLOW)
def test_no_completion_makes_a_schema_slow(schema: Any, value: Any) -> None:
    start = time.process_time()
    verdict = judged(json.dumps(value), schema, formats=True)
    assert verdict.outcome == "scored"
    assert time.process_time() - start < 5


def test_a_completion_that_asks_for_too_much_work_scores_0() -> None:
    """Were it less, it would be valid."""
    schema = {"items": {"anyOf": [{"const": [i]} for i in range(800)]}}
    assert judged(json.dumps([[799]] * 100), schema).score == 1.0
    verdict = judged(json.dumps([[799]] * 20_000), schema)
    assert (verdict.score, verdict.detail) == (0.0, "takes more work under the schema than a verdict may")


@pytest.mark.parametrize(
    "schema, message",
    [
        ({"type": "objekt"}, "field 'params.schema.type': 'objekt' is not valid"),
        ({"properties": {"a": {"minimum": "1"}}}, "field 'params.schema.properties.a.minimum'"),
        ({"$ref": "https://example.com/schema.json"}, "$ref 'https://example.com/schema.json' points outside"),
        ({"items": {"$ref": "file:///etc/passwd"}}, "points outside"),
        ({"$ref": "#/$defs/none"}, "$ref '#/$defs/none' points nowhere"),
        ({"$schema": "https://example.com/mine"}, "unknown draft 'https://example.com/mine'"),
        ({"pattern": "("}, "'('"),
        ({"$ref": "#"}, "refers to itself without end"),
        ({"anyOf": [{"$ref": "#/$defs/a"}], "$defs": {"a": {"not": {"$ref": "#"}}}}, "refers to itself without end"),
        ({"enum": list(range(10_001))}, "more than 10000 values"),
        ({"pattern": "^(ab{90}){90}$"}, "more than 5000 states"),
        ({"allOf": [{"pattern": f"^[a-z]{{{n}}}$"} for n in range(2_000, 2_010)]}, "more than 10000 values and states"),
        ({"pattern": r"(a)\1"}, "a back reference"),
        ({"pattern": "(?i)a"}, "not a pattern that is judged: '(?i)a'"),
        ({"multipleOf": 0}, "field 'params.schema.multipleOf'"),
        ({"properties": {"a": {"required": True}}}, "field 'params.schema.properties.a.required'"),
        ("{}", "field 'params.schema'"),
        (None, "field 'params.schema'"),
    ],
)
def test_a_bad_schema_is_refused_with_its_field(schema: Any, message: str) -> None:
    row = {"id": "p", "prompt": "q", "verifier": "json_schema", "params": {"schema": schema}}
    with pytest.raises(ValueError) as caught:
        parse_problem(row, "rows.jsonl:1")
    assert message in str(caught.value)


def test_a_row_without_a_schema_is_refused() -> None:
    with pytest.raises(ValueError, match="'params.schema' is missing"):
        parse_problem({"id": "p", "prompt": "q", "verifier": "json_schema"}, "rows.jsonl:1")


DRAFT = "http://json-schema.org/draft-0{}/schema#"
OF_DRAFTS: list[tuple[Any, str, bool]] = [
    ({"$schema": DRAFT.format(3), "properties": {"a": {"required": True, "type": ["integer", {"enum": ["x"]}]}}}, '{"a": "x"}', True),
    ({"$schema": DRAFT.format(3), "properties": {"a": {"required": True}}}, "{}", False),
    ({"$schema": DRAFT.format(3), "disallow": ["string", {"minimum": 5}]}, "6", False),
    ({"$schema": DRAFT.format(3), "divisibleBy": 0.1, "extends": {"maximum": 1}}, "0.7", True),
    ({"$schema": DRAFT.format(4), "minimum": 5, "exclusiveMinimum": True}, "5", False),
    ({"$schema": DRAFT.format(4), "id": "http://x/y", "items": {"$ref": "z"}, "definitions": {"a": {"id": "z", "type": "null"}}}, "[1]", False),
    ({"$schema": DRAFT.format(7), "items": [{"const": 1}], "additionalItems": False}, "[1, 2]", False),
    ({"$schema": DRAFT.format(7), "definitions": {"a": {"type": "null"}}, "properties": {"b": {"$ref": "#/definitions/a", "type": "string"}}}, '{"b": null}', True),
    ({"$schema": DRAFT.format(7), "dependencies": {"a": ["b"], "c": {"minProperties": 2}}}, '{"a": 1}', False),
    ({"$schema": DRAFT.format(7), "if": {"required": ["a"]}, "then": {"required": ["b"]}, "else": False}, '{"a": 1, "b": 2}', True),
    ({"$schema": "https://json-schema.org/draft/2019-09/schema", "$recursiveAnchor": True, "items": {"$recursiveRef": "#"}, "maxItems": 1}, "[[1, 2]]", False),
    ({"prefixItems": [{"const": 1}], "items": {"type": "string"}}, '[1, "a", 2]', False),
    ({"prefixItems": [True], "unevaluatedItems": False, "contains": {"const": 3}}, "[1, 3, 3]", True),
    ({"contains": {"const": 3}, "minContains": 2, "maxContains": 2}, "[3, 3, 3]", False),
    ({"allOf": [{"properties": {"a": True}}], "patternProperties": {"^x": True}, "unevaluatedProperties": False}, '{"a": 1, "x1": 2}', True),
    ({"allOf": [{"properties": {"a": True}}], "patternProperties": {"^x": True}, "unevaluatedProperties": False}, '{"a": 1, "y1": 2}', False),
    ({"anyOf": [{"required": ["a"], "properties": {"a": True}}, {"properties": {"b": True}}], "unevaluatedProperties": False}, '{"a": 1, "b": 2}', True),
    ({"$defs": {"list": {"$id": "list", "items": {"$dynamicRef": "#of"}, "$defs": {"any": {"$dynamicAnchor": "of"}}}, "of": {"$dynamicAnchor": "of", "type": "string"}}, "$ref": "list"}, "[1]", False),
    ({"$id": "http://x/", "$defs": {"a": {"$anchor": "here", "type": "null"}}, "items": {"$ref": "http://x/#here"}}, "[1]", False),
    ({"$ref": "http://json-schema.org/draft-07/schema#"}, '{"type": "nul"}', False),
    ({"$ref": "#/$defs/a~1b%25", "$defs": {"a/b%": {"const": 1}}}, "1", True),
    ({"dependentRequired": {"a": ["b"]}, "dependentSchemas": {"a": {"minProperties": 2}}, "propertyNames": {"maxLength": 1}}, '{"a": 1, "b": 2}', True),
    ({"propertyNames": {"maxLength": 1}}, '{"ab": 1}', False),
    ({"not": {"type": "integer"}}, "1", False),
    ({"unknown": {"$ref": "x"}, "additionalItems": False, "items": True}, "[1]", True),
]  # fmt: skip


@pytest.mark.parametrize("schema, text, valid", OF_DRAFTS)
def test_each_draft_is_judged_by_its_own_words(schema: Any, text: str, valid: bool) -> None:
    assert judged(text, schema).score == float(valid), judged(text, schema).detail


@pytest.mark.parametrize(
    "pattern, text, found",
    [("^[0-9]+$", "12", True), ("^[0-9]+$", "12\n", False), (r"^\w+$", "é", False), (r"^\d$", "٣", False), (r"^\p{L}+$", "éß数", True), (r"^(?<y>\d{4})$", "2024", True), (r"^\S+$", "\ufeff", False)],
)  # fmt: skip
def test_patterns_are_those_of_ecma_262(pattern: str, text: str, found: bool) -> None:
    """In names too."""
    assert judged(json.dumps(text), {"pattern": pattern}).score == float(found)
    names = {"patternProperties": {pattern: True}, "additionalProperties": False}
    assert judged(json.dumps({text: 1}), names).score == float(found)


PROBLEMS = [problem(answer={"name": "Ada", "age": 36}), problem({}), problem(True)]


@pytest.mark.parametrize("row", PROBLEMS)
def test_the_probes_hold(row: Problem) -> None:
    for name, completion, expected in verifier_for(row).probes(row):
        assert expected is None or verifier_for(row).verify(row, completion).score == expected, name
