"""GSM8K rows (openai/grade-school-math: `question`, `answer`) as problems and examples.

The worked solution ends in `#### final`; its `<<48/2=24>>` marks are a calculator's and no text.
Scoring rule: the final number. Licence: MIT; training is allowed.
"""

import hashlib
import re

from temper.rows.licences import Licence
from temper.verifiers.rows import RawRow

LICENCE = Licence("MIT")
HUB = ("openai/gsm8k",)
_MARK = re.compile(r"<<[^<>]*>>")


def problem(row: RawRow) -> RawRow:
    _, final = worked(row)
    name = hashlib.sha256(row["question"].encode()).hexdigest()[:16]
    return {"id": f"gsm8k-{name}", "prompt": row["question"], "verifier": "math", "answer": final}


def example(row: RawRow) -> RawRow:
    solution, final = worked(row)
    return {
        "messages": [
            {"role": "user", "content": row["question"]},
            {"role": "assistant", "content": f"The answer is {final}.", "reasoning": solution},
        ]
    }


def worked(row: RawRow) -> tuple[str, str]:
    """(worked solution, final answer). Raises ValueError for a row that is no GSM8K."""
    for field in ("question", "answer"):
        if not isinstance(row.get(field), str) or not row[field].strip():
            raise ValueError(f"gsm8k: field {field!r} must be text, got {row.get(field)!r:.80}; is this a GSM8K file?")
    solution, marker, final = row["answer"].rpartition("####")
    if not marker or not final.strip():
        raise ValueError("gsm8k: field 'answer' has no '#### final'; is this a GSM8K file?")
    return _MARK.sub("", solution).strip(), final.strip()
