"""AIME 2024, 2025 and 2026 (MathArena/aime_2025, aime_2026; math-ai/aime26) as problems for `math`.

Fields: `problem`, `answer` (a whole number from 0 to 999, as number or text, zeros in front allowed), and a name where
there is one: `problem_idx`, `id` or `ID`; Maxwell-Jia/AIME_2024 writes them with capitals. Files of nemo-skills and
evalchemy say `question` and `expected_answer`.
Scoring rule (MathArena): the number in the box equals the answer; 30 problems a year, so the mean of several samples.
Licence: CC-BY-NC-SA-4.0 on the cards of MathArena; the problems are the MAA's. Training is not forbidden by the
licence to who earns nothing by it, and spoils the benchmark for everybody: keep it among `held_out`.
"""

import re

from temper.rows.fields import named, text
from temper.rows.licences import Licence
from temper.verifiers.rows import RawRow

LICENCE = Licence("CC-BY-NC-SA-4.0", note="no commercial use; adaptations under the same terms")
HUB = (
    "MathArena/aime_2024", "MathArena/aime_2025", "MathArena/aime_2026", "math-ai/aime24", "math-ai/aime25",
    "math-ai/aime26", "HuggingFaceH4/aime_2024", "Maxwell-Jia/AIME_2024",
)  # fmt: skip
_WHOLE = re.compile(r"0*(\d{1,3})")


def problem(row: RawRow) -> RawRow:
    row = {str(field).lower(): value for field, value in row.items()}
    question = text(row, "problem" if "problem" in row else "question", "aime")
    given = next((row[field] for field in ("answer", "expected_answer") if row.get(field) is not None), None)
    whole = _WHOLE.fullmatch(str(given).strip())
    if not whole or isinstance(given, bool):
        raise ValueError(f"aime: field 'answer' must be a whole number from 0 to 999, got {given!r:.40}; mend the row")
    return {
        "id": named("aime", question),
        "prompt": question,
        "verifier": "math",
        "answer": str(int(whole[1])),
    }
