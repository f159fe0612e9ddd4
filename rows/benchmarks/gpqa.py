"""GPQA (Idavidrein/gpqa, arXiv 2311.12022; the config gpqa_diamond has 198 rows) as problems for `choice`.

Fields: `Question`, `Correct Answer`, `Incorrect Answer 1` to `3`; the rest (explanations, writers, the canary) is left
behind. Scoring rule: the letter of the right answer, in any of the usual statements of it. The four answers are put in
an order that a hash of the question alone decides, so every run, machine and harness version asks the same question.
Licence: CC-BY-4.0 with terms on its gate: examples are not to be shown in plain text online, and a canary asks that
they stay out of training. A source of it in `sft` or `rlvr` is refused. Nothing of the set is in this repository.
"""

import hashlib

from temper.rows.fields import lettered, named, text
from temper.rows.licences import Licence
from temper.verifiers.rows import RawRow

LICENCE = Licence(
    "CC-BY-4.0",
    forbids_training="its gate and its canary ask that no example of it ever enters a training corpus",
    note="examples must not be shown in plain text online",
)
HUB = ("Idavidrein/gpqa",)
ANSWERS = ("Correct Answer", "Incorrect Answer 1", "Incorrect Answer 2", "Incorrect Answer 3")


def problem(row: RawRow) -> RawRow:
    question = text(row, "Question", "gpqa").strip()
    answers = [text(row, field, "gpqa").strip() for field in ANSWERS]
    order = sorted(range(len(answers)), key=lambda place: _drawn(question, place))
    choices = [answers[place] for place in order]
    return {
        "id": named("gpqa", question),
        "prompt": f"{question}\n\n{lettered(choices)}",
        "verifier": "choice",
        "answer": "ABCD"[order.index(0)],
        "params": {"choices": choices},
    }


def _drawn(question: str, place: int) -> bytes:
    return hashlib.sha256(f"{place}\0{question}".encode()).digest()
