"""Tool calls: what must be accepted, the longer list of what must not, and rows that are refused before the run."""
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

WEATHER = {"name": "weather", "arguments": {"city": "Oslo", "days": 3, "share": 0.5}}
TIME: dict[str, Any] = {"name": "time", "arguments": {"zone": {"name": "CET", "tags": ["a", "b"]}}}
TOOLS: list[dict[str, Any]] = [
    {
        "type": "function",
        "function": {
            "name": "weather",
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string"}, "days": {"type": "integer"}, "share": {"type": "number"}},
            },
        },
    },
    {"name": "time", "parameters": {"type": "object", "properties": {"zone": {"type": "object"}}}},
]
ACCEPT = {"accept": [{"city": ["Oslo", "Oslo, NO"], "unit": ["C"]}, {}], "optional": [["unit"], []]}


def problem(answer: list[Any], params: dict[str, Any] | None = None, tools: list[Any] | None = None) -> Problem:
    return Problem(id="p", prompt="q", verifier="tool_calls", answer=answer, params=params or {}, tools=tools)


def tag(*calls: object) -> str:
    return "\n".join(f"<tool_call>\n{json.dumps(call)}\n</tool_call>" for call in calls)


def judged(row: Problem, completion: str) -> Verdict:
    verifier = verifier_for(row)
    verifier.check(row)
    return verifier.verify(row, completion)


def weather(**changes: Any) -> dict[str, Any]:
    return {"name": "weather", "arguments": {**WEATHER["arguments"], **changes}}  # type: ignore[dict-item]


def openai(*calls: dict[str, Any]) -> list[dict[str, Any]]:
    made = [{"name": call["name"], "arguments": json.dumps(call["arguments"])} for call in calls]
    return [{"id": f"c{i}", "type": "function", "function": call} for i, call in enumerate(made)]


BOTH = problem([WEATHER, TIME], ACCEPT, TOOLS)
NONE = problem([])

RIGHT = {
    "in order": tag(WEATHER, TIME),
    "in another order": tag(TIME, WEATHER),
    "with words beside": f"I look it up.\n{tag(WEATHER)}\nand\n{tag(TIME)}\nDone.",
    "after thinking": f"<think>\n{tag(TIME, TIME)}\n</think>\n{tag(WEATHER, TIME)}",
    "another accepted value": tag(weather(city="Oslo, NO"), TIME),
    "an optional argument": tag(weather(unit="C"), TIME),
    "an integer where a number is declared, as the float": tag(weather(share=0.50), TIME),
    "keys in another order": tag({"arguments": {"zone": {"tags": ["a", "b"], "name": "CET"}}, "name": "time"}, WEATHER),
    "a list": json.dumps([WEATHER, TIME]),
    "OpenAI's list": json.dumps(openai(WEATHER, TIME)),
    "OpenAI's message": json.dumps({"tool_calls": openai(TIME, WEATHER)}),
    "a fenced list": f"```json\n{json.dumps([WEATHER, TIME])}\n```",
    "arguments as text in a tag": tag({**WEATHER, "arguments": json.dumps(WEATHER["arguments"])}, TIME),
    "no blanks": tag(WEATHER, TIME).replace("\n", ""),
}

WRONG = {
    "empty": ("", "empty"),
    "words": ("The weather in Oslo is fine.", "0 calls where 2"),
    "one of two": (tag(WEATHER), "1 calls where 2"),
    "one call twice": (tag(WEATHER, WEATHER), "call 2: expected a call of 'time', got 'weather'"),
    "all of it twice": (tag(WEATHER, TIME, WEATHER, TIME), "4 calls"),
    "a call more": (tag(WEATHER, TIME, {"name": "rm", "arguments": {}}), "3 calls"),
    "another name": (tag({**WEATHER, "name": "weather2"}, TIME), "expected a call of 'weather'"),
    "a look-alike name": (tag({**WEATHER, "name": "w\u0435ather"}, TIME), "expected a call of 'weather'"),
    "a name in capitals": (tag({**WEATHER, "name": "Weather"}, TIME), "expected a call of 'weather'"),
    "an argument missing": (tag({"name": "weather", "arguments": {"city": "Oslo", "days": 3}}, TIME), "'share' is missing"),
    "an argument more": (tag(weather(hours=1), TIME), "unknown argument 'hours'"),
    "another value": (tag(weather(days=4), TIME), "days is 4, expected 3"),
    "a number as text": (tag(weather(days="3"), TIME), "days is '3'"),
    "a float for an integer": (tag(weather(days=3.0), TIME), "days is 3.0"),
    "true for one": (tag(weather(days=True), TIME), "days is True"),
    "null": (tag(weather(city=None), TIME), "city is None"),
    "a list around the value": (tag(weather(city=["Oslo"]), TIME), "city is ['Oslo']"),
    "all accepted values": (tag(weather(city=["Oslo", "Oslo, NO"]), TIME), "city is"),
    "other punctuation": (tag(weather(city="Oslo NO"), TIME), "city is 'Oslo NO'"),
    "a blank at the end": (tag(weather(city="Oslo "), TIME), "city is 'Oslo '"),
    "the optional argument with another value": (tag(weather(unit="F"), TIME), "unit is 'F'"),
    "a nested value": (tag(WEATHER, {"name": "time", "arguments": {"zone": {"name": "CET", "tags": ["b", "a"]}}}), "zone is"),
    "a nested key more": (
        tag(WEATHER, {"name": "time", "arguments": {"zone": {"name": "CET", "tags": ["a", "b"], "x": 1}}}), "zone is"),
    "flattened": (tag(WEATHER, {"name": "time", "arguments": {"name": "CET", "tags": ["a", "b"]}}), "'zone' is missing"),
    "while thinking": (f"<think>\n{tag(WEATHER, TIME)}\n</think>\nDone.", "0 calls"),
    "thinking that never ends": (f"<think>\n{tag(WEATHER, TIME)}", "no </think>"),
    "an open tag": (f"{tag(WEATHER)}\n<tool_call>\n{json.dumps(TIME)}", "expected </tool_call>"),
    "a closing tag more": (f"{tag(WEATHER, TIME)}</tool_call>", "without its <tool_call>"),
    "tags in tags": (f"<tool_call>{tag(WEATHER)}</tool_call>\n{tag(TIME)}", "is not JSON"),
    "two calls in a tag": (f"<tool_call>{json.dumps(WEATHER)}\n{json.dumps(TIME)}</tool_call>", "expected </tool_call>"),
    "a list in a tag": (f"<tool_call>{json.dumps([WEATHER, TIME])}</tool_call>", "expected an object of name"),
    "calls as text of another": (tag({"name": "weather", "arguments": {"city": tag(WEATHER, TIME)}}), "1 calls"),
    "a list in prose": (f"I would call {json.dumps([WEATHER, TIME])}.", "0 calls"),
    "a comma at the end": (f"<tool_call>{json.dumps(WEATHER)[:-1]},}}</tool_call>{tag(TIME)}", "is not JSON"),
    "single quotes": (f"<tool_call>{WEATHER}</tool_call>{tag(TIME)}", "is not JSON"),
    "a key twice": ('<tool_call>{"name": "rm", "name": "weather", "arguments": {}}</tool_call>' + tag(TIME), "stands twice"),
    "NaN": ('<tool_call>{"name": "weather", "arguments": {"days": NaN}}</tool_call>' + tag(TIME), "NaN"),
    "an infinite number": ('<tool_call>{"name": "weather", "arguments": {"days": 1e400}}</tool_call>' + tag(TIME), "too large"),
    "a huge number": ('<tool_call>{"name": "weather", "arguments": {"days": ' + "9" * 9999 + "}}</tool_call>", "is not JSON"),
    "deep nesting": ("<tool_call>" + "[" * 200_000, "nested too deep"),
    "no arguments": (tag({"name": "weather"}, TIME), "expected an object of name"),
    "arguments as a list": (tag({"name": "weather", "arguments": ["Oslo", 3, 0.5]}, TIME), "object of arguments"),
    "arguments as broken text": (tag({"name": "weather", "arguments": "{"}, TIME), "are not JSON"),
    "another key beside": (tag({**WEATHER, "score": 1}, TIME), "expected an object of name"),
    "a name that is a list": (tag({"name": ["weather"], "arguments": {}}, TIME), "object of arguments"),
    "many calls": (tag(*[WEATHER] * 300), "more than 256 calls"),
    "garbage": ("\x00\ud800{]}<tool_call>", "is not JSON"),
}  # fmt: skip


@pytest.mark.parametrize("completion", RIGHT.values(), ids=RIGHT)
def test_the_calls_are_accepted(completion: str) -> None:
    assert judged(BOTH, completion).score == 1.0, judged(BOTH, completion).detail


@pytest.mark.parametrize("completion, why", WRONG.values(), ids=WRONG)
def test_anything_else_is_refused_with_the_reason(completion: str, why: str) -> None:
    verdict = judged(BOTH, completion)
    assert verdict.score == 0.0
    assert why in verdict.detail


@pytest.mark.parametrize(
    "completion, score",
    [
        ("Oslo is the capital of Norway.", 1.0),
        (json.dumps({"colour": "red"}), 1.0),
        ("", 0.0),
        (" \n", 0.0),
        (tag(WEATHER), 0.0),
        (json.dumps([WEATHER]), 0.0),
        ("<tool_call>", 0.0),
    ],
)
def test_a_row_may_want_no_call(completion: str, score: float) -> None:
    assert judged(NONE, completion).score == score


def test_order_and_text_may_be_strict() -> None:
    ordered = problem([WEATHER, TIME], {"order": "strict"})
    assert judged(ordered, tag(WEATHER, TIME)).score == 1.0
    assert "call 1: expected a call of 'weather'" in judged(ordered, tag(TIME, WEATHER)).detail
    bare = problem([TIME], {"text": "refused"})
    assert judged(bare, tag(TIME)).score == 1.0
    assert judged(bare, f"Well. {tag(TIME)}").detail == "text beside the calls"


@pytest.mark.parametrize(
    "given, with_tools, without", [(1, 1.0, 0.0), (1.0, 1.0, 1.0), (True, 0.0, 0.0), ("1.0", 0.0, 0.0), (15, 0.0, 0.0)]
)
def test_an_integer_is_its_float_only_where_a_number_is_declared(
    given: object, with_tools: float, without: float
) -> None:
    wanted = {"name": "f", "arguments": {"x": 1.0, "list": [1.0]}}
    tools = [
        {"name": "f", "parameters": {"properties": {"x": {"type": "number"}, "list": {"items": {"type": "number"}}}}}
    ]
    completion = tag({"name": "f", "arguments": {"x": given, "list": [given]}})
    assert judged(problem([wanted], tools=tools), completion).score == with_tools
    assert judged(problem([wanted]), completion).score == without


NUMBER = {"type": "number"}
NUMBERS: dict[str, Any] = {
    "plain": NUMBER,
    "in a list of types": {"type": ["string", "number", "null"]},
    "anyOf": {"anyOf": [{"type": "null"}, NUMBER]},
    "oneOf": {"oneOf": [{"type": "string"}, {"allOf": [NUMBER]}]},
    "beside an integer": {"anyOf": [{"type": "integer"}, NUMBER]},
    "a reference": {"$ref": "#/$defs/n"},
    "a reference to a reference": {"$ref": "#/$defs/m"},
    "an anchor": {"$ref": "#here"},
    "a branch": {"if": {"const": 1}, "then": NUMBER, "else": {"type": "string"}},
    "a circle": {"$ref": "#/$defs/circle"},
}
NO_NUMBERS: dict[str, Any] = {
    "an integer": {"type": "integer"},
    "nothing": {},
    "a text": {"type": "string"},
    "what it must not be": {"not": NUMBER, "type": "integer"},
    "what is in it": {"items": NUMBER, "properties": {"x": NUMBER}},
    "a reference to nothing": {"$ref": "#/$defs/none"},
    "a reference outside": {"$ref": "https://example.com/number"},
    "no schema": "number",
    "an odd type": {"type": {"number": True}},
    "a circle": {"$ref": "#/$defs/loop"},
}
DEFS = {
    "n": NUMBER,
    "m": {"$ref": "#/$defs/n"},
    "h": {"$anchor": "here", **NUMBER},
    "circle": {"anyOf": [{"$ref": "#/$defs/circle"}, NUMBER]},
    "loop": {"$ref": "#/$defs/loop"},
}
SHAPES: dict[str, Any] = {
    "an argument": (lambda x: x, lambda s: {"properties": {"x": s}}),
    "an argument by default": (lambda x: x, lambda s: {"additionalProperties": s}),
    "an argument by pattern": (lambda x: x, lambda s: {"patternProperties": {"^x$": s}}),
    "an item": (lambda x: [x, x], lambda s: {"properties": {"x": {"type": "array", "items": s}}}),
    "an item by place": (lambda x: ["a", x], lambda s: {"properties": {"x": {"prefixItems": [{"type": "string"}, s]}}}),
    "an item by place, as before": (lambda x: ["a", x], lambda s: {"properties": {"x": {"items": [{"type": "string"}, s]}}}),
    "an item behind": (lambda x: ["a", x], lambda s: {"properties": {"x": {"items": [{"type": "string"}], "additionalItems": s}}}),
    "deeper": (lambda x: {"a": [{"b": x}]}, lambda s: {"properties": {"x": {"anyOf": [{"type": "null"}, {"properties": {"a": {"items": {"additionalProperties": s}}}}]}}}),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    "of, taken",
    [*((of, 1.0) for of in NUMBERS.values()), *((of, 0.0) for of in NO_NUMBERS.values())],
    ids=[*NUMBERS, *NO_NUMBERS],
)
def test_a_number_is_declared_wherever_the_schema_has_it(shape: str, of: Any, taken: float) -> None:
    value, schema = SHAPES[shape]
    tools = [{"type": "function", "function": {"name": "f", "parameters": {**schema(of), "$defs": DEFS}}}]
    for wanted, given in ((5, 5.0), (5.0, 5)):
        row = problem([{"name": "f", "arguments": {"x": value(wanted)}}], tools=tools)
        assert judged(row, tag({"name": "f", "arguments": {"x": value(given)}})).score == taken
        assert judged(row, tag({"name": "f", "arguments": {"x": value(6)}})).score == 0.0


@pytest.mark.parametrize("given", ["Zu\u0308rich", "Z\u00fcrich\u200b", "\uff3a\u00fcrich"])
def test_values_that_only_look_the_same_are_told_apart(given: str) -> None:
    row = problem([{"name": "f", "arguments": {"city": "Z\u00fcrich"}}])
    verdict = judged(row, tag({"name": "f", "arguments": {"city": given}}))
    assert verdict.score == 0.0
    assert "\\xfcrich" in verdict.detail or "u\\u0308" in verdict.detail or "\\u200b" in verdict.detail


MADE = [
    f"<TOOL_CALL>{json.dumps(WEATHER)}</TOOL_CALL>", f"<\u200btool_call>{json.dumps(WEATHER)}</tool\u200b_call>", f"< tool_call >{json.dumps(WEATHER)}", f"\uff1ctool_call\uff1e{json.dumps(WEATHER)}",
    f"<|tool_call|>{json.dumps(WEATHER)}", f"[TOOL_CALLS] [{json.dumps(WEATHER)}]", f"<function_call> {json.dumps(WEATHER)}", "<function=weather>{}</function>", '<invoke name="weather">', "<|python_tag|>weather.call()", "<\uff5ctool\u2581calls\u2581begin\uff5c>",
    f"Sure: {json.dumps(WEATHER)}", f"Sure: {WEATHER}", 'So {"function": "weather", "city": "Oslo"}', '```json\n{"tool_name": "weather"}\n```', '{"name": "other", "arguments": {}} is it', "Let me see. weather(city='Oslo', days=3)", "weather('Oslo')", "`weather()`",
    "```python\nx = weather('Oslo', f(1))\n```", "[weather('Oslo'), time('CET')]"[1:-1], "await tools.weather('Oslo')", "weather(\n    city='Oslo',\n)", "WEATHER('Oslo')", "- weather('Oslo');",
]  # fmt: skip
NOT_MADE = [
    "Oslo is the capital of Norway.", "The weather tool would not help.", "I could look up the weather (in Oslo), but you did not ask.", "`weather` needs a city.", "weather(city) gives the weather of a city.", "weather(x) = sin(x)", "weather(x) = time(x) + 1",
    "time(s) of the day: (a) noon", '{"colour": "weather"}', '{"name": "Oslo"}', "print('weather')", "breather('Oslo')", "<b>weather</b>", "call a function with <args>", "Use the tool call syntax.", "weather (see above)", "The time (zone='CET') is late.",
]  # fmt: skip


@pytest.mark.parametrize("completion", MADE)
def test_a_row_that_wants_no_call_refuses_one_in_another_notation(completion: str) -> None:
    verdict = judged(problem([], tools=TOOLS), completion)
    assert verdict.score == 0.0
    assert "a call where none is wanted" in verdict.detail


@pytest.mark.parametrize("completion", NOT_MADE)
def test_words_about_a_tool_are_no_call(completion: str) -> None:
    verdict = judged(problem([], tools=TOOLS), completion)
    assert verdict.score == 1.0, verdict.detail


def test_calls_that_are_long_and_many_are_compared_quickly() -> None:
    calls = [{"name": "f", "arguments": {"x": ["a" * 100] * 30, "i": i}} for i in range(256)]
    start = time.process_time()
    assert judged(problem(calls), tag(*reversed(calls))).score == 1.0
    assert (
        judged(problem(calls), tag(*[{"name": "f", "arguments": {"x": ["b" * 100] * 30, "i": -1}}] * 256)).score == 0.0
    )
    assert time.process_time() - start < 5


def test_calls_that_fit_several_are_matched_one_to_one() -> None:
    a, b = ({"name": "f", "arguments": {"x": x}} for x in (1, 2))
    row = problem([a, b], {"accept": [{"x": [2]}, {}]})
    assert judged(row, tag(a, b)).score == 1.0
    assert judged(row, tag(b, b)).score == 1.0
    assert judged(row, tag(b, a)).score == 1.0
    assert judged(row, tag(a, a)).score == 0.0


@pytest.mark.parametrize(
    "answer, params, tools, message",
    [
        ("f(x)", {}, None, "field 'answer': tool_calls expects a list of calls, got 'f(x)'"),
        ([{"name": "f"}], {}, None, "field 'answer.0': expected {'name', 'arguments'}"),
        ([{"name": "", "arguments": {}}], {}, None, "field 'answer.0': expected a name"),
        ([TIME], {"accept": [{}, {}]}, None, "field 'params.accept': parallel to answer, got 2 for 1 calls"),
        ([TIME], {"optional": [["zon"]]}, None, "call 0 has no argument 'zon'"),
        ([TIME], {"accept": [{"zon": [1]}]}, None, "call 0 has no argument 'zon'"),
        ([{"name": "tim", "arguments": {}}], {}, TOOLS, "no tool 'tim' in the row; did you mean 'time'?"),
        ([TIME], {"order": "any"}, None, "field 'params.order'"),
    ],
)
def test_a_bad_row_is_refused_with_its_field(answer: Any, params: Any, tools: Any, message: str) -> None:
    row = {"id": "p", "prompt": "q", "verifier": "tool_calls", "answer": answer, "params": params, "tools": tools}
    with pytest.raises(ValueError) as caught:
        parse_problem(row, "rows.jsonl:1")
    assert message in str(caught.value)


PROBLEMS = [BOTH, NONE, problem([TIME])]


@pytest.mark.parametrize("row", PROBLEMS)
def test_the_probes_hold(row: Problem) -> None:
    for name, completion, expected in verifier_for(row).probes(row):
        assert expected is None or judged(row, completion).score == expected, name


EXTRA = {**TIME, "arguments": {**TIME["arguments"], "more": 1}}


@pytest.mark.parametrize(
    ("passes", "made", "score"),
    [
        ("extra_arguments", [EXTRA], 1.0), ("extra_calls", [TIME, WEATHER], 1.0), ("extra_calls", [WEATHER, TIME, TIME], 1.0),
        ("extra_calls", [EXTRA], 0.0), ("extra_arguments", [TIME, WEATHER], 0.0), ("extra_calls", [WEATHER], 0.0), ("extra_calls", [], 0.0),
    ],
)  # fmt: skip
def test_what_a_row_lets_pass_passes_and_nothing_else_does(passes: str, made: list[Any], score: float) -> None:
    row = Problem(id="p", prompt="q", verifier="tool_calls", answer=[TIME], params={"passes": [passes]}, tools=TOOLS)
    text = "".join(f"<tool_call>{json.dumps(call)}</tool_call>" for call in made) or "no"
    strict = row.model_copy(update={"params": {}})
    assert verifier_for(row).verify(row, text).score == score
    assert verifier_for(strict).verify(strict, text).score == 0.0
    for probe in verifier_for(row).probes(row):
        assert probe[2] is None or verifier_for(row).verify(row, probe[1]).score == probe[2], probe[0]


def test_arguments_that_are_no_json_are_none_where_a_row_says_so() -> None:
    text = '<tool_call>{"name": "time", "arguments": "{now"}</tool_call>'
    row = Problem(id="p", prompt="q", verifier="tool_calls", answer=[{"name": "time", "arguments": {}}], tools=TOOLS)
    lenient = row.model_copy(update={"params": {"passes": ["unreadable_arguments"]}})
    assert verifier_for(lenient).verify(lenient, text).score == 1.0
    assert verifier_for(row).verify(row, text).score == 0.0
