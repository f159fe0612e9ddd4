"""Calendars: what must be accepted, the longer list of what must not, and rows that are refused."""
# ruff: noqa: E501

import json
import random
from typing import Any

import pytest

from temper.verifiers.calendar import Event, minutes, schedule
from temper.verifiers.problem import Problem
from temper.verifiers.rows import parse_problem
from temper.verifiers.table import verifier_for
from temper.verifiers.verdict import Verdict

EVENTS = [
    {"event_id": 0, "duration": 60, "constraint": "between 10am and 11:45am", "min_time": "10:00", "max_time": "16:00"},
    {"event_id": 1, "duration": 60, "constraint": "before 1:45pm", "min_time": "10:00", "max_time": "16:00"},
    {"event_id": 2, "duration": 30, "constraint": "at 14:15", "min_time": "10:00", "max_time": "16:00"},
    {"event_id": 3, "duration": 45, "constraint": "after 2:45pm", "min_time": "10:00", "max_time": "16:00"},
]


def row(events: list[dict[str, Any]] = EVENTS) -> Problem:
    return Problem(id="p", prompt="Plan my day.", verifier="calendar", params={"events": events})


PROBLEMS = [row(), row(EVENTS[:1]), row([]), row([{"event_id": 7, "duration": 5}])]


def judged(completion: str, events: list[dict[str, Any]] = EVENTS) -> Verdict:
    problem = row(events)
    return verifier_for(problem).verify(problem, completion)


def shown(*starts: str, **changes: Any) -> str:
    """The four events at these times; `changes` to the first one."""
    rows = [
        {"event_id": e["event_id"], "event_name": f"e{e['event_id']}", "start_time": start, "duration": e["duration"]}
        for e, start in zip(EVENTS, starts, strict=False)
    ]
    rows[0] |= changes
    return json.dumps(rows)


OWN = ("10:00", "11:00", "14:15", "14:45")
GOOD = shown(*OWN)
RIGHT = [
    GOOD, f"Here you are:\n{GOOD}\nAnything else?", f"```json\n{GOOD}\n```", shown("10:45", "12:45", "14:15", "15:15"),
    f"<think>\n{shown('9:00')}\n</think>\n\n{GOOD}", f"{GOOD}\nOnce more: {GOOD}", json.dumps(json.loads(GOOD)[::-1]),
    f"[1] is a note. {GOOD}",
]  # fmt: skip
WRONG = [
    "", " \n", "[]", "[{]}", "Done.", shown("09:45", *OWN[1:]), shown("10:46", *OWN[1:]), shown("10:00", "10:59", *OWN[2:]),
    shown("10:00", "13:00", *OWN[2:]), shown("10:00", "11:00", "14:16", "14:46"), shown("10:00", "11:00", "14:15", "14:30"),
    shown("10:00", "11:00", "14:15", "15:16"), shown(*OWN[:3]), shown(*OWN, duration=59), shown(*OWN, duration="60"),
    shown(*OWN, duration=60.0), shown(*OWN, duration=True), shown(*OWN, event_id="0"), shown(*OWN, event_id=1), shown(*OWN, event_id=9),
    shown(*OWN, event_id=False), shown(*OWN, start_time="10am"), shown(*OWN, start_time=None), shown(*OWN, start_time="10:60"),
    json.dumps([*json.loads(GOOD), json.loads(GOOD)[0]]), f"{GOOD} or {shown('10:15', '11:15', *OWN[2:])}",
    f"<think>\n{GOOD}", f"<think>\n{GOOD}\n</think>\nDone.", f"{GOOD}<think>", GOOD[:-1], GOOD.replace("[", "{"),
]  # fmt: skip


@pytest.mark.parametrize("completion", RIGHT)
def test_events_that_stand_where_they_may_are_accepted(completion: str) -> None:
    assert judged(completion).score == 1.0, judged(completion).detail


@pytest.mark.parametrize("completion", WRONG)
def test_what_is_no_such_calendar_scores_0(completion: str) -> None:
    verdict = judged(completion)
    assert verdict.score == 0.0 and verdict.detail


def test_where_no_event_is_wanted_none_may_be_shown() -> None:
    assert judged("Hello.", []).score == judged("[]", []).score == 1.0
    assert judged(GOOD, []).score == judged("<think>\nhm", []).score == 0.0


@pytest.mark.parametrize(
    ("events", "said"),
    [
        ([EVENTS[0], EVENTS[0]], "an event_id stands there twice"),
        ([{**EVENTS[0], "constraint": "around noon"}], "unknown constraint"),
        ([{**EVENTS[0], "constraint": "between 10am"}], "unknown constraint"),
        ([{**EVENTS[0], "constraint": "at noon"}], "no time of day"),
        ([{**EVENTS[0], "max_time": "25:00"}], "no time of day"),
        ([{**EVENTS[0], "duration": 0}], "params.events.0.duration"),
        ([{"duration": 5}], "params.events.0.event_id"),
    ],
)
def test_a_row_that_nobody_can_judge_is_refused(events: list[dict[str, Any]], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_problem({"id": "p", "prompt": "?", "verifier": "calendar", "params": {"events": events}}, "test")


@pytest.mark.parametrize(
    ("text", "at"),
    [("10am", 600), ("12am", 0), ("12pm", 720), ("12:30am", 30), ("1:45pm", 825), ("13:45", 825), ("24:00", 1440)],
)
def test_times_of_day(text: str, at: int) -> None:
    assert minutes(text) == at


def test_a_calendar_is_found_wherever_there_is_one_and_judged_as_right() -> None:
    """Made backwards: events are laid side by side, and windows around them."""
    rng = random.Random(0)
    for _ in range(200):
        now, events = 600, []
        for i in range(rng.randrange(1, 8)):
            start, length = now + rng.choice((0, 15, 30)), rng.choice((15, 30, 45, 60))
            now = start + length
            around = rng.choice(("at", "after", "before", "between", None))
            clock = {"s": f"{start // 60}:{start % 60:02d}", "e": f"{now // 60}:{now % 60:02d}"}
            text = {
                "at": "at {s}",
                "after": "after {s}",
                "before": "before {e}",
                "between": "between {s} and {e}",
                None: None,
            }[around]
            events.append(
                Event(event_id=i, duration=length, constraint=text and text.format(**clock), max_time="23:59")
            )
        rng.shuffle(events)
        assert schedule(events) is not None, events
        problem = row([event.model_dump() for event in events])
        verifier = verifier_for(problem)
        for name, completion, score in verifier.probes(problem):
            assert score is None or verifier.verify(problem, completion).score == score, (name, events)


def test_where_there_is_none_no_answer_is_probed() -> None:
    full = [{"event_id": i, "duration": 400, "max_time": "12:00"} for i in range(2)]
    assert schedule([Event(**event) for event in full]) is None
    assert "answer" not in [name for name, _, _ in verifier_for(row(full)).probes(row(full))]
