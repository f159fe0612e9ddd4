"""nvidia/Nemotron-RL-instruction_following (NeMo-Gym's instruction_following) as problems for `instructions`.

Fields beside the request: `id`, `instruction_id_list`, `kwargs` (parallel; null for none), `prompt`. Scoring rule
(resources_servers/instruction_following): every instruction holds, by open-instruct's IFEvalG checks. An id that is not
among ours is refused with the row.
Licence: CC-BY-4.0; training is what it is for.
"""

from temper.rows.benchmarks.ifeval import instructions
from temper.rows.fields import named
from temper.rows.licences import Licence
from temper.rows.training.responses import request
from temper.verifiers.rows import RawRow

LICENCE = Licence("CC-BY-4.0")
HUB = ("nvidia/Nemotron-RL-instruction_following",)


def problem(row: RawRow) -> RawRow:
    asked = request(row, "nemo_instructions")
    told = instructions(row, "nemo_instructions")
    name = row.get("id")
    return {
        "id": named("nemo-if", asked["prompt"], told) if name is None else f"nemo-if-{name}",
        **asked,
        "verifier": "instructions",
        "params": {"instructions": told},
    }
