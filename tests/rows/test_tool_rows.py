"""Rows of NeMo-Gym's servers and of xLAM as problems; on the public rows where they lie beside this checkout."""

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest

from temper.rows.table import mapping
from temper.rows.training import nemo_sessions
from temper.verifiers.judging import Judge
from temper.verifiers.rows import parse_problem
from temper.verifiers.sessions.keeper import Asked, Keeper
from temper.verifiers.sessions.session import Answered, Exchange, Exchanges
from temper.verifiers.table import verifier_for

TOOL = {
    "type": "function", "name": "email_delete_email", "description": "d",
    "parameters": {"type": "object", "properties": {"email_id": {"type": "string"}}, "required": ["email_id"]},
    "strict": False,
}  # fmt: skip
CODE = {"type": "object", "properties": {"code": {"type": "string"}}, "required": ["code"]}
CALL = {"name": "email_delete_email", "arguments": '{"email_id": "00000001"}'}


def asked(tool: dict[str, Any], **fields: Any) -> dict[str, Any]:
    given = [{"role": "developer", "content": "s"}, {"role": "user", "content": [{"text": "do"}]}]
    return {"id": 7, "responses_create_params": {"input": given, "tools": [tool]}, **fields}


ADD = {"type": "function", "name": "add", "parameters": {"type": "object"}, "strict": True}
RUN = {"type": "function", "name": "execute_python", "parameters": CODE}
MADE: list[tuple[str, dict[str, Any], str, str | None, Any]] = [
    ("workplace", asked(TOOL, ground_truth=[CALL]), "state", "tables",
     [{**CALL, "arguments": {"email_id": "00000001"}}]),
    ("math_with_code", asked(RUN, expected_result="\\(2\\)"), "math", "python", "\\(2\\)"),
    ("math_advanced_calculations", asked(ADD, ground_truth="[2.0]", depth=1, breadth=1), "results", "arithmetic",
     [2.0]),
    ("ns_tools", asked(RUN, expected_answer="70"), "math", "python", "70"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "row", "verifier", "session", "answer"), MADE)
def test_a_row_is_the_problem_that_its_server_judges(
    name: str, row: dict[str, Any], verifier: str, session: str | None, answer: Any
) -> None:
    problem = parse_problem(mapping("nemo_sessions", "problems")(row), "test")
    assert (problem.verifier, problem.answer) == (verifier, answer), name
    assert problem.messages() == [{"role": "system", "content": "s"}, {"role": "user", "content": "do"}]
    assert (problem.session or {}).get("kind") == session
    assert problem.tools and "strict" not in problem.tools[0]["function"]


def test_a_row_of_another_shape_is_refused() -> None:
    wrong: list[dict[str, Any]] = [{}, {"id": 1}, asked(RUN), {"ground_truth": []}]
    for row in (*wrong, asked(TOOL, ground_truth=[{"name": "x"}])):
        with pytest.raises(ValueError, match="^nemo_sessions: field"):
            mapping("nemo_sessions", "problems")(row)


DATA = Path(os.environ.get("TEMPER_NEMO_GYM", "/nowhere"))
SERVERS = ("workplace_assistant", "math_with_code", "ns_tools", "math_advanced_calculations", "calendar")
there = pytest.mark.skipif(not DATA.is_dir(), reason="TEMPER_NEMO_GYM names no folder of NeMo-Gym's rows")


def rows(name: str) -> list[dict[str, Any]]:
    with gzip.open(DATA / f"{name}.jsonl.gz") as lines:
        return [json.loads(line) for line in lines]


@there
@pytest.mark.parametrize("server", SERVERS)
def test_the_public_rows_are_read(server: str) -> None:
    for row in rows(f"{server}.example"):
        made = nemo_sessions.problem(row)
        if server == "workplace_assistant":
            made["session"]["folder"] = str(DATA)
        parse_problem(made, "test")


def _last(recorded: dict[str, Any]) -> str:
    said = [item for item in recorded["response"]["output"] if item["type"] == "message"]
    return str(said[-1]["content"][0]["text"])


@there
def test_recorded_calendars_are_judged_as_they_were() -> None:
    """Of the three recorded rollouts the first alone has its row among the examples."""
    first = parse_problem(nemo_sessions.problem(rows("calendar.example")[0]), "test")
    recorded = rows("calendar.example_rollouts")[0]
    asked = [message["content"] for message in recorded["responses_create_params"]["input"]]
    assert [message["content"] for message in first.messages()] == asked
    assert Judge().judge([(first, _last(recorded))])[0].score == recorded["reward"] == 1.0


def _asked(row: dict[str, Any]) -> str:
    given = row["responses_create_params"]["input"]
    return given if isinstance(given, str) else str(given[-1]["content"])


@there
@pytest.mark.parametrize(("server", "known"), [("math_with_code", 2), ("ns_tools", 3)])
def test_recorded_answers_have_the_reward_that_was_recorded(server: str, known: int) -> None:
    """Of those whose answer stands in them, or whose row is among the examples."""
    of = {_asked(row): row for row in rows(f"{server}.example")}
    recorded = [{**of.get(_asked(rollout), {}), **rollout} for rollout in rows(f"{server}.example_rollouts")]
    whole = [rollout for rollout in recorded if {"expected_answer", "expected_result"} & rollout.keys()]
    assert len(whole) == known
    for rollout in whole:
        problem = parse_problem(nemo_sessions.problem(rollout), "test")
        assert Judge().judge([(problem, _last(rollout))])[0].score == rollout["reward"]


@there
def test_recorded_calculations_come_to_what_was_recorded() -> None:
    for number, recorded in enumerate(rows("math_advanced_calculations.example_rollouts")):
        output = recorded["response"]["output"]
        results = [json.loads(i["output"])["solution"] for i in output if i["type"] == "function_call_output"]
        row = {**recorded, "ground_truth": json.dumps(results[-1:]), "depth": 1}
        problem = parse_problem(nemo_sessions.problem(row), "test")
        keeper = Keeper()
        story: tuple[Exchange, ...] = ()
        for call in [i for i in output if i["type"] == "function_call"]:
            text = f'<tool_call>{{"name": "{call["name"]}", "arguments": {call["arguments"]}}}</tool_call>'
            story = (*story, Exchange(text, keeper.answer(Asked(str(number), problem, story, text)).answered))
        assert [json.loads(one.text)["solution"] for turn in story for one in turn.answered] == results
        assert Judge().judge([(problem, _last(recorded), story)])[0].score == recorded["reward"]


@there
def test_the_workplaces_answers_score_1_and_four_mutations_each_0() -> None:
    for row in rows("workplace_assistant.example"):
        made = nemo_sessions.problem(row)
        made["session"]["folder"] = str(DATA)
        problem = parse_problem(made, "test")
        calls = [Answered(call["name"], call["arguments"], "") for call in made["answer"]]
        other = [
            *calls[:-1],
            Answered(calls[-1].name, {**calls[-1].arguments, list(calls[-1].arguments)[-1]: "Won"}, ""),
        ]
        twice = [*calls, Answered("email_send_email", {"recipient": "a@b.c", "subject": "s", "body": "b"}, "")]
        stories = [calls, [], calls[:-1], other, twice]
        items = [(problem, "Done.", (Exchange("", tuple(made)), Exchange("Done."))) for made in stories]
        assert [one.score for one in Judge().judge(items)] == [1.0, 0.0, 0.0, 0.0, 0.0]
        probes = verifier_for(problem).turn_probes(problem)
        for (_, _, expected), found in zip(
            probes, Judge().judge([(problem, "", t) for _, t, _ in probes]), strict=True
        ):
            assert expected is None or found.score == expected


@there
def test_the_workplaces_recorded_calls_come_to_what_was_recorded() -> None:
    made = nemo_sessions.problem(rows("workplace_assistant.example")[0])
    made["session"]["folder"] = str(DATA)
    problem = parse_problem(made, "test")
    for number, recorded in enumerate(rows("workplace_assistant.example_rollouts")):
        output = recorded["response"]["output"]
        wanted = [json.loads(item["output"])["output"] for item in output if item["type"] == "function_call_output"]
        calls = [
            {"name": i["name"], "arguments": json.loads(i["arguments"])} for i in output if i["type"] == "function_call"
        ]
        story: Exchanges = ()
        keeper, found = Keeper(), []
        for call in calls:
            text = f"<tool_call>{json.dumps(call)}</tool_call>"
            heard = keeper.answer(Asked(str(number), problem, story, text))
            story = (*story, Exchange(text, heard.answered))
            found.append(heard.answered[0].text)
        assert [_value(text) for text in found] == wanted


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
