"""Rows of training sets as problems, and sets that may not be trained on."""

import json
from typing import Any

import pytest

from temper.pipeline.preflight import forbidden
from temper.policy.sources import FileRows, HubRows
from temper.rows.licences import Licence, hub_sets
from temper.rows.table import ADAPTERS, adapters, mapping
from temper.rows.training import acecode, dolci, nemo_gym, open_instruct, open_math_reasoning, xlam
from temper.verifiers.rows import parse_problem
from temper.verifiers.table import verifier_for

Row = dict[str, Any]
CALL = {"type": "function_call", "name": "add", "arguments": '{"a": 1}', "call_id": "c1"}


def asked(*items: Row, tools: list[Row] | None = None) -> Row:
    messages = list(items) or [{"role": "user", "content": "1 + 1?"}]
    return {"responses_create_params": {"input": messages, "tools": tools or []}}


TOOL = {"type": "function", "name": "add", "parameters": {"type": "object"}, "strict": True}
TESTS = {"unit_tests": {"inputs": ["1\n"], "outputs": ["2\n"]}}
SCHEMA = {"schema_str": '{"type": "object", "required": ["a"]}', "schema_type": "json"}
NEMO = [
    (asked() | {"verifier_metadata": TESTS, "hash_id": "h"}, "code", "nemo-code-h"),
    (asked() | {"expected_answer": "2", "question": "1 + 1?"}, "math", "nemo-math-"),
    (asked() | {"options": [{"A": "1"}, {"B": "2"}], "expected_answer": "B", "uuid": "u"}, "choice", "nemo-mcqa-u"),
    (
        asked() | {"instruction_id_list": ["punctuation:no_comma"], "kwargs": [None], "id": 3},
        "instructions",
        "nemo-if-3",
    ),
    (asked() | SCHEMA, "json_schema", "nemo-structured-"),
    (
        asked() | {"question": "1?", "answer": "4", "metadata": {"source_dataset": "basic_arithmetic"}},
        "reasoning_gym",
        "nemo-reasoning-",
    ),
    (
        asked(tools=[TOOL]) | {"expected_answers": [{"name": "add", "arguments": {"a": 1}}]},
        "tool_calls",
        "nemo-action-",
    ),
    (asked(tools=[TOOL]) | {"expected_action": CALL}, "tool_calls", "nemo-action-"),
    (asked(tools=[TOOL]) | {"expected_action": {"type": "message", "content": "Hm."}}, "tool_calls", "nemo-action-"),
]


@pytest.mark.parametrize(("row", "verifier", "name"), NEMO, ids=[f"{pair[1]}-{i}" for i, pair in enumerate(NEMO)])
def test_nemo_gym_picks_by_the_row(row: Row, verifier: str, name: str) -> None:
    made = nemo_gym.problem(row)
    problem = parse_problem(made, "row")
    assert problem.verifier == verifier and problem.id.startswith(name)
    assert problem.prompt == "1 + 1?"


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"exp_cal_state": []}, "nemo_sessions: field 'exp_cal_state'"),
        ({"ground_truth": "[2.0", "depth": 1}, "nemo_sessions: field 'ground_truth' is not JSON"),
        ({"expected_synonyms": []}, "example_multi_step is judged over a session"),
        ({"expected_result": "2"}, "nemo_sessions: field 'tools': expected one that runs Python"),
        ({"ground_truth": 7, "environment_name": "workplace_assistant"}, "nemo_sessions: field 'ground_truth'"),
        ({"competition_id": "usaco"}, "holds no tests"),
        ({"verifier_metadata": {"unit_tests": {"inputs": ["1"], "outputs": []}}}, "parallel lists"),
        (SCHEMA | {"schema_type": "yaml"}, "reads json"),
        (SCHEMA | {"response_mode": "tool_call"}, "goes into a tool call"),
        ({"colour": 1}, "no server's row has the fields"),
    ],
)
def test_a_row_of_another_kind_is_refused_by_its_name(more: Row, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        nemo_gym.problem(asked() | more)


def test_a_recorded_dialogue_becomes_messages_with_calls_and_without_reasoning() -> None:
    row = asked(
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": [{"type": "input_text", "text": "Add."}]},
        {"type": "reasoning", "summary": []},
        CALL,
        CALL | {"call_id": "c2"},
        {"type": "function_call_output", "call_id": "c1", "output": "2"},
        {"role": "user", "content": "Go on."},
        tools=[TOOL],
    )
    made = nemo_gym.problem(row | {"expected_action": CALL})
    assert [message["role"] for message in made["prompt"]] == ["system", "user", "assistant", "tool", "user"]
    assert [call["function"]["arguments"] for call in made["prompt"][2]["tool_calls"]] == [{"a": 1}, {"a": 1}]
    assert made["tools"] == [{"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}}]


INSTRUCTED = "[{'instruction_id': ['punctuation:no_comma'], 'kwargs': [None]}]"


@pytest.mark.parametrize(
    ("dataset", "truth", "right", "wrong"),
    [
        ("math", "2", r"\boxed{2}", r"\boxed{3}"),
        (["gsm8k"], ["2"], "The answer is 2.", "The answer is 12."),
        ("ifeval", INSTRUCTED, "No comma here", "Well, one"),
    ],
)
def test_open_instruct_and_dolci_are_judged_by_the_verifier_that_they_name(
    dataset: Any, truth: Any, right: str, wrong: str
) -> None:
    turn = {"role": "user", "content": "1 + 1?"}
    row: Row = {"messages": [turn], "dataset": dataset, "ground_truth": truth}
    counted = row | {"source_prompt": [turn], "id": "7", "total_rollouts": 8, "total_correct_rollouts": 3}
    for made in (open_instruct.problem(row), dolci.problem(counted)):
        problem = parse_problem(made, "row")
        scores = [verifier_for(problem).verify(problem, text).score for text in (right, wrong)]
        assert scores == [1, 0]
    assert made["metadata"] == {
        "dataset": dataset[0] if isinstance(dataset, list) else dataset,
        "samples": 8,
        "right": 3,
    }


@pytest.mark.parametrize(
    ("dataset", "reason"), [(["math", "code"], "one verifier a row"), ("string_f1", "no verifier")]
)
def test_verifiers_of_theirs_that_we_lack_are_refused(dataset: Any, reason: str) -> None:
    row = {"messages": [{"role": "user", "content": "x"}], "dataset": dataset, "ground_truth": "2"}
    with pytest.raises(ValueError, match=reason):
        open_instruct.problem(row)


def test_other_sets_are_read() -> None:
    made = acecode.problem({"id": "a1", "question": "Add.", "test_cases": ["assert add(1, 1) == 2"]})
    assert parse_problem(made, "row").params["tests"]["code"] == "assert add(1, 1) == 2"
    row = {
        "problem": "1+1?",
        "expected_answer": "2",
        "pass_rate_72b_tir": "0.25",
        "generated_solution": "<think>\na\n</think>\nb",
    }
    assert open_math_reasoning.problem(row)["metadata"] == {"samples": 32, "right": 8}
    assert open_math_reasoning.example(row)["messages"][1] == {"role": "assistant", "content": "b", "reasoning": "a"}
    with pytest.raises(ValueError, match="no answer of its source"):
        open_math_reasoning.problem(row | {"problem_type": "converted_proof"})
    tool = {
        "name": "f",
        "description": "",
        "parameters": {"n": {"type": "int"}, "m": {"type": "str, optional", "default": ""}},
    }
    calls = [{"name": "f", "arguments": {"n": 1, "m": ""}}]
    made = xlam.problem({"id": 1, "query": "x", "answers": json.dumps(calls), "tools": json.dumps([tool])})
    problem = parse_problem(made, "row")
    said = [f'<tool_call>{{"name": "f", "arguments": {{"n": {n}}}}}</tool_call>' for n in (1, 2)]
    assert [verifier_for(problem).verify(problem, text).score for text in said] == [1, 0]


def test_every_adapter_states_its_licence_its_scoring_rule_and_its_sets() -> None:
    for kind, named in ADAPTERS.items():
        for name, spec in named.items():
            module = vars(__import__(spec.partition(":")[0], fromlist=["x"]))
            if "chat" in spec:
                continue
            assert callable(mapping(name, kind)) and isinstance(module["LICENCE"], Licence), spec
            assert "icence:" in module["__doc__"], spec
    sets = hub_sets(adapters())
    assert sets["idavidrein/gpqa"].startswith("temper.rows.benchmarks.gpqa")


def test_what_its_licence_keeps_from_training_is_refused_by_map_and_by_name() -> None:
    hub = HubRows(name="Idavidrein/GPQA", revision="0" * 40)
    for source in (
        FileRows(path="x.jsonl", map="gpqa"),
        hub,
        FileRows(path="x", map="temper.rows.benchmarks.gpqa:problem"),
    ):
        assert "not allowed (CC-BY-4.0): its gate and its canary" in forbidden(source, "problems")
    assert forbidden(FileRows(path="x.jsonl", map="gsm8k"), "problems") == ""
    assert forbidden(FileRows(path="x.jsonl"), "problems") == ""
