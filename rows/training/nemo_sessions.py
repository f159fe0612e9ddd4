"""Rows of NeMo-Gym that are judged over several turns, as problems with sessions, and its recorded dialogues.

Fields beside the request: `ground_truth` (workplace_assistant: calls whose arguments are JSON text), `expected_result`
(math_with_code) or `expected_answer` with `verifier_type` (ns_tools). Scoring rules: the workplace compares five tables
after both lists of calls, ignoring case; so does `state` here. The two with Python compare the boxed answer, and theirs
may be one that the tool printed: ours reads what the policy says. The workplace's answers name rows of its own tables:
a recipe gives their folder in the source's `session`. `ground_truth` with `depth` (math_advanced_calculations: a JSON
text of numbers) wants each among the results of its operators: `results`. `exp_cal_state` (calendar) is a dialogue
whose next turn shows a calendar: `calendar`, which refuses what theirs lets pass (an event twice, a constraint of no
known form, a list before another one). Licence: CC-BY-4.0; training is what they are for.
"""

from typing import Any

from temper.rows.fields import listed, named, parsed, text
from temper.rows.licences import Licence
from temper.rows.training.responses import request
from temper.verifiers.rows import RawRow

LICENCE = Licence("CC-BY-4.0")
OF = "nemo_sessions"


def problem(row: RawRow) -> RawRow:
    if "exp_cal_state" in row:
        return _calendar(row)
    if "depth" in row:
        return _calculations(row)
    if "ground_truth" in row:
        return _workplace(row)
    if "expected_result" in row:
        return _with_python(row, text(row, "expected_result", OF))
    return _with_python(row, text(row, "expected_answer", OF))


def _workplace(row: RawRow) -> RawRow:
    answer = [_call(call) for call in listed(row, "ground_truth", OF)]
    return {
        **_asked(row, answer), "session": {"kind": "tables", "set": "workplace"}, "verifier": "state",
        "answer": answer, "params": {"letters": "any"},
    }  # fmt: skip


def _calendar(row: RawRow) -> RawRow:
    state = row["exp_cal_state"]
    if not isinstance(state, dict):
        raise ValueError(f"{OF}: field 'exp_cal_state': expected events by id, got {state!r:.80}; mend the row")
    asked = {key: value for key, value in request(row, OF).items() if key != "tools"}
    name = named("nemo-calendar", asked["prompt"], state)
    return {"id": name, **asked, "verifier": "calendar", "params": {"events": list(state.values())}}


def _calculations(row: RawRow) -> RawRow:
    numbers = parsed(text(row, "ground_truth", OF), "ground_truth", OF)
    return {**_asked(row, numbers), "session": {"kind": "arithmetic"}, "verifier": "results", "answer": numbers}


def _with_python(row: RawRow, answer: str) -> RawRow:
    asked = _asked(row, answer)
    names = [tool["function"]["name"] for tool in asked.get("tools", ())]
    if len(names) != 1:
        raise ValueError(f"{OF}: field 'tools': expected one that runs Python, got {names}")
    return {**asked, "session": {"kind": "python", "tool": names[0]}, "verifier": "math", "answer": answer}


def _asked(row: RawRow, answer: Any) -> RawRow:
    asked = request(row, OF)
    return {"id": named("nemo-session", asked["prompt"], answer), **asked}


def _call(given: Any) -> RawRow:
    if not isinstance(given, dict) or not isinstance(given.get("name"), str):
        raise ValueError(f"{OF}: field 'ground_truth': no call, got {given!r:.80}; mend the row")
    arguments = given.get("arguments")
    if isinstance(arguments, str):
        arguments = parsed(arguments, "ground_truth.arguments", OF)
    if not isinstance(arguments, dict):
        raise ValueError(f"{OF}: field 'ground_truth': no arguments, got {given!r:.80}; mend the row")
    return {"name": given["name"], "arguments": arguments}
