"""TIGER-Lab/AceCode-87K (open-instruct's `code` rows are made of it) as problems for `code`, kind `unit`.

Fields: `id`, `source`, `question`, `test_cases` (a list of asserts), `inferences`, `context_messages`. Scoring rule:
every assert holds. Licence: MIT; training is what it is for.
"""

from temper.rows.fields import listed, text
from temper.rows.licences import Licence
from temper.verifiers.rows import RawRow

LICENCE = Licence("MIT")
HUB = ("TIGER-Lab/AceCode-87K",)
ASK = "\n\nAnswer with the whole Python code in one ```python block."


def problem(row: RawRow) -> RawRow:
    asserts = [str(one) for one in listed(row, "test_cases", "acecode")]
    if not asserts:
        raise ValueError("acecode: field 'test_cases' is empty: nothing judges the row; leave it out")
    return {
        "id": f"acecode-{text(row, 'id', 'acecode')}",
        "prompt": text(row, "question", "acecode") + ASK,
        "verifier": "code",
        "params": {"tests": {"kind": "unit", "code": "\n".join(asserts)}},
    }
