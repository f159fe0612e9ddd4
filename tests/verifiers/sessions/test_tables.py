"""The workplace and tables of rows: what each tool does, that nothing shared changes, and the `state` verifier."""

import copy
import json
from typing import Any

import pytest

from temper.verifiers.judging import Judge
from temper.verifiers.plugins import NO_PLUGINS
from temper.verifiers.problem import Problem
from temper.verifiers.rows import parse_problem
from temper.verifiers.sessions.keeper import Asked, Keeper
from temper.verifiers.sessions.session import Exchange
from temper.verifiers.sessions.table import session_for
from temper.verifiers.sessions.workplace import generator
from temper.verifiers.sessions.workplace.tools import TOOLS
from temper.verifiers.table import verifier_for

EMAIL = generator.tables(0)["emails"][0]
EVENT, TASK = generator.tables(0)["events"][0], generator.tables(0)["tasks"][0]
CUSTOMER = generator.tables(0)["customers"][0]
SEND = {"name": "email_send_email", "arguments": {"recipient": "Ada@x.org", "subject": "s", "body": "b"}}
CHANGING: dict[str, dict[str, Any]] = {
    "email_send_email": SEND["arguments"],  # type: ignore[dict-item]
    "email_delete_email": {"email_id": EMAIL["email_id"]},
    "email_forward_email": {"email_id": EMAIL["email_id"], "recipient": "ada@x.org"},
    "email_reply_email": {"email_id": EMAIL["email_id"], "body": "yes"},
    "calendar_create_event": {
        "event_name": "x", "participant_email": "a@x.org", "event_start": "2023-12-01 10:00:00", "duration": "30",
    },
    "calendar_delete_event": {"event_id": EVENT["event_id"]},
    "calendar_update_event": {"event_id": EVENT["event_id"], "field": "event_name", "new_value": "y"},
    "analytics_create_plot": {
        "time_min": "2023-10-01", "time_max": "2023-10-02", "value_to_plot": "total_visits", "plot_type": "bar",
    },
    "project_management_create_task": {
        "task_name": "x", "assigned_to_email": "ada.abel@example.com", "list_name": "Backlog",
        "due_date": "2023-12-01", "board": "Design",
    },
    "project_management_delete_task": {"task_id": TASK["task_id"]},
    "project_management_update_task": {"task_id": TASK["task_id"], "field": "due_date", "new_value": "2024-01-01"},
    "customer_relationship_manager_update_customer": {
        "customer_id": CUSTOMER["customer_id"], "field": "notes", "new_value": "n",
    },
    "customer_relationship_manager_add_customer": {
        "customer_name": "X Y", "assigned_to_email": "ada.abel@example.com", "status": "Lead",
    },
    "customer_relationship_manager_delete_customer": {"customer_id": CUSTOMER["customer_id"]},
}  # fmt: skip
READING: dict[str, dict[str, Any]] = {
    "company_directory_find_email_address": {"name": "ada"},
    "email_get_email_information_by_id": {"email_id": EMAIL["email_id"], "field": "subject"},
    "email_search_emails": {"query": "page", "date_min": "2023-11-01", "page": 2, "page_size": 3},
    "calendar_get_event_information_by_id": {"event_id": EVENT["event_id"], "field": "duration"},
    "calendar_search_events": {"query": "sync", "time_max": "2023-11-01"},
    "analytics_get_visitor_information_by_id": {"visitor_id": "0001"},
    "analytics_total_visits_count": {"time_min": "2023-11-01"},
    "analytics_engaged_users_count": {"time_min": "2023-11-01"},
    "analytics_traffic_source_count": {"traffic_source": "direct"},
    "analytics_get_average_session_duration": {},
    "project_management_get_task_information_by_id": {"task_id": TASK["task_id"], "field": "board"},
    "project_management_search_tasks": {"list_name": "Backlog"},
    "customer_relationship_manager_search_customers": {"status": "Lead", "page_size": 2},
}


def problem(
    answer: list[dict[str, Any]] | None = None, params: dict[str, Any] | None = None, **session: Any
) -> Problem:
    row = {"id": "p", "prompt": "?", "verifier": "state", "answer": answer or [], "params": params or {}}
    return parse_problem({**row, "session": {"kind": "tables", **session}}, "test")


def said(*calls: dict[str, Any]) -> str:
    return "".join(f"<tool_call>\n{json.dumps(call)}\n</tool_call>" for call in calls)


def after(of: Problem, *calls: dict[str, Any]) -> tuple[Exchange, ...]:
    """The turns of a rollout that makes these calls."""
    heard = Keeper().answer(Asked("k", of, (), said(*calls)))
    return Exchange(said(*calls), heard.answered), Exchange("Done.")


def score(of: Problem, *calls: dict[str, Any]) -> float | None:
    turns = after(of, *calls)
    (judgement,) = Judge().judge([(of, turns[-1].text, turns)])
    return judgement.score


def test_there_are_27_tools_and_each_is_tried_here() -> None:
    assert len(TOOLS) == 27 and CHANGING.keys() | READING.keys() == TOOLS.keys()
    assert not CHANGING.keys() & READING.keys()


@pytest.mark.parametrize("name", TOOLS)
def test_a_tool_changes_what_it_says_and_nothing_that_is_shared(name: str) -> None:
    before = copy.deepcopy(generator.tables(0))
    session = session_for(problem())
    session.open(problem(), None)
    reply = session.call(name, {**CHANGING, **READING}[name])
    assert reply.detail == "" and "not found" not in reply.text and reply.text not in ("", "[]", "{}")
    assert bool(session.state()) == (name in CHANGING)
    assert before == generator.tables(0)
    other = session_for(problem())
    other.open(problem(), None)
    assert other.state() == {}


def test_tables_are_a_function_of_their_seed() -> None:
    sizes = {name: len(rows) for name, rows in generator.tables(3).items()}
    assert sizes == {
        "people": 20, "emails": 500, "events": 300, "visits": 1000, "tasks": 300, "customers": 200, "plots": 0,
    }  # fmt: skip
    assert generator.tables(3) == generator.tables.__wrapped__(3) != generator.tables(4)


@pytest.mark.parametrize("name", CHANGING)
def test_the_answers_own_calls_score_1_and_their_mutations_0(name: str) -> None:
    answer = [{"name": name, "arguments": CHANGING[name]}, SEND]
    of = problem(answer)
    assert score(of, *answer) == 1.0
    other = {**CHANGING[name], list(CHANGING[name])[-1]: "changed@x.org"}
    twice = [*answer, SEND]
    for calls in ([], answer[:1], answer[1:], twice, [{"name": name, "arguments": other}, SEND]):
        assert score(of, *calls) == 0.0, calls


def test_reading_and_failing_beside_the_answer_changes_nothing() -> None:
    of = problem([SEND])
    reads = [{"name": name, "arguments": arguments} for name, arguments in READING.items()]
    bad = [{"name": "email_delete_email", "arguments": {}}, {"name": "nothing", "arguments": {}}]
    missing = [{"name": "email_delete_email", "arguments": {"email_id": "99999999"}}]
    assert score(of, *reads, *bad, SEND, *missing) == 1.0


def test_what_is_free_by_the_rows_saying_is_compared_so() -> None:
    other = {"name": "email_send_email", "arguments": {"recipient": "bob@x.org", "subject": "T", "body": "B"}}
    assert score(problem([SEND, other]), other, SEND) == 0.0
    assert score(problem([SEND, other], {"order": "free"}), other, SEND) == 1.0
    small = {"name": "email_send_email", "arguments": {"recipient": "bob@x.org", "subject": "t", "body": "b"}}
    assert score(problem([other]), small) == 0.0
    assert score(problem([other], {"letters": "any"}), small) == 1.0


def test_a_row_whose_answer_changes_nothing_is_passed_by_doing_nothing_unless_joined_to_another() -> None:
    assert score(problem([{"name": name, "arguments": READING[name]} for name in READING])) == 1.0
    gated = {"gate": {"verifier": "state", "params": {"calls": []}}, "then": {"verifier": "math"}}
    row = {"id": "p", "prompt": "?", "verifier": gated, "answer": "65", "session": {"kind": "tables"}}
    of = parse_problem(row, "test")
    changed = after(of, SEND)[:1]
    stories = [((*changed, Exchange("It is 65.")), 0.0), ((Exchange("It is 65."),), 1.0), ((Exchange("Done."),), 0.0)]
    assert [one.score for one in Judge().judge([(of, t[-1].text, t) for t, _ in stories])] == [s for _, s in stories]


def test_the_audits_probes_of_turns_come_out_as_they_say() -> None:
    of = problem([SEND, {"name": "email_delete_email", "arguments": {"email_id": EMAIL["email_id"]}}])
    probes = verifier_for(of).turn_probes(of)
    wanted = [(name, expected) for name, _, expected in probes]
    assert wanted == [("answer", 1.0), ("no call", 0.0), ("half of the calls", 0.0), ("a changed argument", 0.0)]
    judgements = Judge().judge([(of, turns[-1].text, turns) for _, turns, _ in probes])
    assert [judgement.score for judgement in judgements] == [1.0, 0.0, 0.0, 0.0]


def test_a_rows_own_tables_are_read_and_summed() -> None:
    of = problem(set="row", tables={"sales": [{"who": "a", "n": 1}, {"who": "b", "n": 2}, {"who": "a", "n": 4.5}]})
    call = {"name": "sum_column", "arguments": {"table": "sales", "column": "n"}}
    some = {"name": "sum_column", "arguments": {**call["arguments"], "where_column": "who", "where_value": "a"}}  # type: ignore[dict-item]
    rows = {"name": "get_rows", "arguments": {"table": "sales", "column": "who", "value": "b"}}
    texts = [one.text for one in after(of, call, some, rows, {"name": "list_tables", "arguments": {}})[0].answered]
    assert texts == ["7.5", "5.5", '[{"who": "b", "n": 2}]', '{"sales": ["who", "n"]}']
    change = {"name": "set_value", "arguments": {"table": "sales", "row": 1, "column": "who", "value": "c"}}
    answered = problem([change], set="row", tables={"sales": [{"who": "a"}, {"who": "b"}]})
    assert score(answered, change) == 1.0 and score(answered) == 0.0


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"session": {"kind": "table"}}, "unknown session 'table'; did you mean 'tables'"),
    ({"session": {}}, r"field 'session\.kind'"),
    ({"session": {"kind": "tables", "sed": 1}}, "did you mean 'seed'"),
    ({"session": {"kind": "tables", "set": "row"}}, "tables: stands there for"),
    ({"session": {"kind": "elsewhere:Thing"}}, "rows may not name code"),
    ({"tools": [{"name": "email_send_email"}] * 2}, "'email_send_email' stands there 2 times"),
    ({"tools": [{"name": "email_sent_email"}]}, "no function 'email_sent_email'; did you mean 'email_send_email'"),
    ({"tools": [{"name": "email_send_email", "parameters": {"type": 7}}]}, "the parameters of 'email_send_email'"),
    ({"answer": [{"name": "nothing", "arguments": {}}]}, "the row has no tool 'nothing'"),
    ({"answer": [{"name": "email_delete_email", "arguments": {}}]}, "'email_id' is a required property"),
    ({"session": {"kind": "tables", "folder": "/nowhere"}}, "no emails.csv"),
]


@pytest.mark.parametrize(("change", "said"), REFUSED)
def test_a_row_whose_session_cannot_be_had_is_refused(change: dict[str, Any], said: str) -> None:
    row = {"id": "p", "prompt": "?", "verifier": "state", "answer": [], "session": {"kind": "tables"}}
    with pytest.raises(ValueError, match=rf"^test: .*{said}"):
        parse_problem({**row, **change}, "test", plugins=NO_PLUGINS)


def test_canned_functions_answer_what_the_row_lists() -> None:
    results = [
        {"name": "weather", "arguments": {"city": "Oslo"}, "result": {"c": 3}},
        {"name": "time", "result": "noon"},
    ]
    row = {
        "id": "p",
        "prompt": "?",
        "verifier": "state",
        "answer": [],
        "session": {"kind": "functions", "results": results},
    }
    of = parse_problem(row, "test")
    calls = [("weather", {"city": "Oslo"}), ("weather", {"city": "Rome"}), ("time", {"x": 1})]
    answered = after(of, *({"name": name, "arguments": arguments} for name, arguments in calls))[0].answered
    assert [one.text for one in answered] == ['{"c": 3}', "Error: nothing is known for these arguments", "noon"]
    assert [one.fault for one in answered] == ["", "arguments", ""]
