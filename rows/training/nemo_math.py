"""nvidia/Nemotron-RL-math-OpenMathReasoning (NeMo-Gym's math_with_judge) as problems for `math`.

Fields beside the request: `question`, `expected_answer`. Scoring rule (resources_servers/math_with_judge):
math-verify, and where it says no, a judge model asked twice. Ours is `math` alone; a judge can be put behind it by the
recipe (`verifier: {"gate": ...}`). Rows of ns_tools and math_with_code call a Python tool over several turns: not read
here.
Licence: CC-BY-4.0; training is what it is for.
"""

from temper.rows.fields import named, text
from temper.rows.licences import Licence
from temper.rows.training.responses import request
from temper.verifiers.rows import RawRow

LICENCE = Licence("CC-BY-4.0")
HUB = ("nvidia/Nemotron-RL-math-OpenMathReasoning",)


def problem(row: RawRow) -> RawRow:
    asked = request(row, "nemo_math")
    if asked.get("tools"):
        raise ValueError("nemo_math: the row gives tools for several turns; it is a problem of a session, leave it")
    return {
        "id": named("nemo-math", asked["prompt"]),
        **asked,
        "verifier": "math",
        "answer": text(row, "expected_answer", "nemo_math").strip(),
    }
