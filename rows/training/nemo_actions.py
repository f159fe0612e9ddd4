"""One next action of NeMo-Gym as problems for `tool_calls`: xLAM's calls and the two sets of pivots.

Fields beside the request: `expected_answers` (xlam_fc, from Salesforce/xlam-function-calling-60k: a list of
`{"name", "arguments"}`), or `expected_action` (nvidia/Nemotron-RL-Agentic-SWE-Pivot-v1 and
...-Function-Calling-Pivot-v1: `{"type": "function_call", "name", "arguments": JSON text}`, or `"type": "message"`).
Scoring rules: xlam_fc takes each wanted call that some predicted one contains, and extra arguments and calls pass; the
argument comparison of pivots compares one call; swe_pivot weighs the likeness of an edit. Ours wants exactly the calls;
a source's `verifier: {"verifier": "tool_calls", "params": {"passes": [...]}}` is as lenient as xlam_fc.
A wanted message is a wish for no call (`answer: []`). Calls of tools that the row does not declare are refused.
Licence: CC-BY-4.0; training is what they are for.
"""

from typing import Any

from temper.rows.fields import listed, named, parsed
from temper.rows.licences import Licence
from temper.rows.training.responses import request
from temper.verifiers.rows import RawRow

LICENCE = Licence("CC-BY-4.0", note="xlam_fc derives from Salesforce/xlam-function-calling-60k")
HUB = (
    "nvidia/Nemotron-RL-Agentic-SWE-Pivot-v1",
    "nvidia/Nemotron-RL-Agentic-Function-Calling-Pivot-v1",
)


def problem(row: RawRow) -> RawRow:
    asked = request(row, "nemo_actions")
    wanted = (
        listed(row, "expected_answers", "nemo_actions") if "expected_answers" in row else [row.get("expected_action")]
    )
    calls = [_call(one) for one in wanted if not (isinstance(one, dict) and one.get("type") == "message")]
    return {"id": named("nemo-action", asked["prompt"], wanted), **asked, "verifier": "tool_calls", "answer": calls}


def _call(given: Any) -> RawRow:
    if not isinstance(given, dict) or not isinstance(given.get("name"), str):
        raise ValueError(f"nemo_actions: field 'expected_action': no call, got {given!r:.80}; mend the row")
    arguments = given.get("arguments")
    if isinstance(arguments, str):
        arguments = parsed(arguments or "{}", "expected_action.arguments", "nemo_actions")
    return {"name": given["name"], "arguments": arguments or {}}
