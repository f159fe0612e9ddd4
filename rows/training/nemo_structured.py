"""nvidia/Nemotron-RL-instruction_following-structured_outputs (NeMo-Gym's structured_outputs) for `json_schema`.

Fields beside the request: `schema_str` (JSON text of a JSON Schema), `schema_type` (json, yaml, xml, toml, csv), and
in the later versions `response_mode`, `num_turns`, `source_record_id`. Scoring rule
(resources_servers/structured_outputs): the whole text parses and fits the schema with every property required and no
other allowed. Ours takes the schema as the row has it. Earlier turns are part of the prompt; the last answer is the
policy's. Refused: outputs other than JSON (`json_schema` reads JSON), and rows whose object goes into a tool call
(`response_mode: tool_call`).
Licence: CC-BY-4.0; training is what it is for.
"""

from temper.rows.fields import named, parsed, text
from temper.rows.licences import Licence
from temper.rows.training.responses import request
from temper.verifiers.rows import RawRow

LICENCE = Licence("CC-BY-4.0")
HUB = ("nvidia/Nemotron-RL-instruction_following-structured_outputs",)


def problem(row: RawRow) -> RawRow:
    asked = request(row, "nemo_structured")
    kind, mode = row.get("schema_type"), row.get("response_mode") or "text"
    if kind != "json":
        raise ValueError(
            f"nemo_structured: field 'schema_type': the verifier reads json, got {kind!r:.40}; leave it out"
        )
    if mode == "tool_call":
        raise ValueError(
            "nemo_structured: field 'response_mode': the object goes into a tool call, not a text; leave it"
        )
    return {
        "id": named("nemo-structured", asked["prompt"], row["schema_str"]),
        **asked,
        "verifier": "json_schema",
        "params": {"schema": parsed(text(row, "schema_str", "nemo_structured"), "schema_str", "nemo_structured")},
    }
