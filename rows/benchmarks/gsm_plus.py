"""GSM-Plus (qintongli/GSM-Plus, arXiv 2402.19255) as problems for `math`.

Fields: `question`, `answer`, `perturbation_type`, `seed_question`, `seed_answer`, `solution`, `seed_solution`; 10,552
rows in `test`, 2,400 in `testmini`. Scoring rule (the paper): the final number equals `answer`. One row in eight
("critical thinking") lost a fact that it needs, and its answer is the text `None`: right is to say so, `None` in the
box or as the answer, which the suite's closing instruction asks for. Harnesses that read numbers alone can never score
these rows and end at 0.875.
Known: the answers of two perturbations are wrong in about 9% of rows (onnookk/gsm-plus-gt-corrected).
Licence: CC-BY-SA-4.0; training is allowed. It is made from GSM8K's test set: `temper audit` shows the overlap.
"""

from temper.rows.fields import named, text
from temper.rows.licences import Licence
from temper.verifiers.rows import RawRow

LICENCE = Licence("CC-BY-SA-4.0", note="made from the test set of GSM8K")
HUB = ("qintongli/GSM-Plus",)


def problem(row: RawRow) -> RawRow:
    question, answer = text(row, "question", "gsm_plus"), text(row, "answer", "gsm_plus")
    kind = text(row, "perturbation_type", "gsm_plus")
    return {
        "id": named("gsm-plus", question, kind, row.get("seed_question")),
        "prompt": question,
        "verifier": "math",
        "answer": answer.strip(),
        "metadata": {"perturbation_type": kind},
    }
