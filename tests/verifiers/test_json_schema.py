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


@pytest.mark.parametrize(
    "first, second, equal", [("1", "1.0", True), ("1", "true", False), ("0", "false", False), ('{"a":1,"b":2}', '{"b":2,"a":1.0}', True), ("[1]", '["1"]', False)]
)  # fmt: skip
def test_items_are_the_same_as_json_is(first: str, second: str, equal: bool) -> None:
    assert judged(f"[{first}, {second}]", {"uniqueItems": True}).score == float(not equal)


@pytest.mark.parametrize(
    "schema, value",
    [
        ({"pattern": r"^(a|a)*$"}, "a" * 60 + "b"),
        ({"pattern": r"^(([a-z])+.)+[A-Z]([a-z])+$"}, "a" * 5_000),
        ({"items": {"pattern": r"(x+x+)+y"}}, ["x" * 40] * 4_000),
        ({"patternProperties": {r"^(a|aa)+$": {}}, "additionalProperties": False}, {"a" * 80 + "b": 1}),
        ({"uniqueItems": True}, [[i] for i in range(20_000)]),
    ],
)
def test_no_completion_makes_a_schema_slow(schema: Any, value: Any) -> None:
    start = time.monotonic()
    judged(json.dumps(value), schema)
    assert time.monotonic() - start < 5


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
        ({"patternProperties": {"a": {}}, "unevaluatedProperties": False}, "unevaluatedProperties beside"),
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


PROBLEMS = [problem(answer={"name": "Ada", "age": 36}), problem({}), problem(True)]


@pytest.mark.parametrize("row", PROBLEMS)
def test_the_probes_hold(row: Problem) -> None:
    for name, completion, expected in verifier_for(row).probes(row):
        assert expected is None or verifier_for(row).verify(row, completion).score == expected, name
