"""Any row of NVIDIA-NeMo/Gym (Nemotron-RL-...): the adapter is picked by the fields that the row has.

A mixed file of several servers' rows is read as it is. The fields tell the server: none of them stands in two. Rows
that need a session which is not here (a recorded dialogue that a server judges) are refused with its name.
Licence: that of the set that a row is of, CC-BY-4.0 for all that are read here.
"""

from collections.abc import Callable

from temper.rows.licences import Licence
from temper.rows.training import (
    nemo_actions,
    nemo_code,
    nemo_instructions,
    nemo_math,
    nemo_mcqa,
    nemo_reasoning,
    nemo_sessions,
    nemo_structured,
)
from temper.verifiers.rows import RawRow

LICENCE = Licence("CC-BY-4.0")
_BY_FIELD: dict[str, Callable[[RawRow], RawRow]] = {
    "exp_cal_state": nemo_sessions.problem,
    "depth": nemo_sessions.problem,
    "environment_name": nemo_sessions.problem,
    "expected_result": nemo_sessions.problem,
    "verifier_type": nemo_sessions.problem,
    "verifier_metadata": nemo_code.problem,
    "competition_id": nemo_code.problem,
    "instruction_id_list": nemo_instructions.problem,
    "schema_str": nemo_structured.problem,
    "options": nemo_mcqa.problem,
    "expected_answers": nemo_actions.problem,
    "expected_action": nemo_actions.problem,
}
_SESSIONS = {
    "expected_count": "example_session_state_mgmt",
    "expected_synonyms": "example_multi_step",
    "base_commit": "swe_agents",
}


def problem(row: RawRow) -> RawRow:
    if server := next((server for field, server in _SESSIONS.items() if field in row), None):
        raise ValueError(f"nemo_gym: a row of {server} is judged over a session of several turns; leave it out")
    for field, adapter in _BY_FIELD.items():
        if field in row:
            return adapter(row)
    metadata = row.get("metadata")
    if isinstance(metadata, dict) and "source_dataset" in metadata:
        return nemo_reasoning.problem(row)
    if "expected_answer" in row:
        return nemo_math.problem(row)
    raise ValueError(f"nemo_gym: no server's row has the fields {sorted(row)!r:.200}; name the set's own adapter")
