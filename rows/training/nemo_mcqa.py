"""nvidia/Nemotron-RL-knowledge-mcqa (NeMo-Gym's mcqa) as problems for `choice`.

Fields beside the request: `options` (a list of `{letter: text}`), `expected_answer` (a letter), `grading_mode`,
`uuid`.
Scoring rule (resources_servers/mcqa): by `grading_mode`, the letter in the last box (`strict_single_letter_boxed`), or
the letter or the option's text stated in looser ways (`lenient_boxed`, `lenient_answer_colon`). Ours is `choice` for
all of them: it also takes a letter stated without a box, and a box that holds the letter and its text.
Licence: CC-BY-4.0; training is what it is for.
"""

import string

from temper.rows.fields import listed, named, text
from temper.rows.licences import Licence
from temper.rows.training.responses import request
from temper.verifiers.rows import RawRow

LICENCE = Licence("CC-BY-4.0")
HUB = ("nvidia/Nemotron-RL-knowledge-mcqa",)


def problem(row: RawRow) -> RawRow:
    asked = request(row, "nemo_mcqa")
    options: dict[str, str] = {}
    for option in listed(row, "options", "nemo_mcqa"):
        options |= option if isinstance(option, dict) else {}
    letters = "".join(options)
    if not letters or letters != string.ascii_uppercase[: len(options)]:
        raise ValueError(f"nemo_mcqa: field 'options' must name A, B, C in order, got {letters!r:.40}; mend the row")
    return {
        "id": f"nemo-mcqa-{row['uuid']}" if row.get("uuid") else named("nemo-mcqa", asked["prompt"]),
        **asked,
        "verifier": "choice",
        "answer": text(row, "expected_answer", "nemo_mcqa").strip(),
        "params": {"choices": [str(choice) for choice in options.values()]},
    }
