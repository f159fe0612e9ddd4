"""MMLU-Redux (edinburgh-dawg/mmlu-redux-2.0, arXiv 2406.04127) as problems for `choice`.

Fields: `question`, `choices` (a list, or its text in the CSV files of aryopg/mmlu-redux), `answer` (place of the right
choice, from 0), `error_type`, `correct_answer` (a letter or a place), `potential_reason`, `source`. The annotators
looked at each row:

- `ok`: the answer stands, unless they wrote another one beside it (then the row is not clear, and refused);
- `wrong_groundtruth`: the answer is `correct_answer`, where that names one choice; else the row is refused;
- all else (unclear question or options, none or several right) is refused, and so is a row that nobody labelled: the
  published score is over rows with one right choice. `error_type` has two dozen spellings in the older files; case,
  blanks and underscores do not count.

A source drops refused rows with `bad_rows: drop`; their number is in the summary. Scoring rule: the letter.
Licence: CC-BY-4.0 (questions of MMLU: MIT); training is allowed.
"""

import ast
import re

from temper.rows.fields import lettered, named, text
from temper.rows.licences import Licence
from temper.verifiers.rows import RawRow

LICENCE = Licence("CC-BY-4.0", note="questions of MMLU's test set")
HUB = ("edinburgh-dawg/mmlu-redux-2.0", "edinburgh-dawg/mmlu-redux")
_LETTERS = "ABCDEFGHIJ"


def problem(row: RawRow) -> RawRow:
    question, choices = text(row, "question", "mmlu_redux"), _choices(row)
    answer = _answer(row, len(choices))
    return {
        "id": named("mmlu-redux", question, choices),
        "prompt": f"{question.strip()}\n\n{lettered(choices)}",
        "verifier": "choice",
        "answer": _LETTERS[answer],
        "params": {"choices": choices},
    }


def _choices(row: RawRow) -> list[str]:
    given = row.get("choices")
    if isinstance(given, str):
        try:
            given = ast.literal_eval(given)
        except (ValueError, SyntaxError):
            given = None
    if not isinstance(given, list) or not 2 <= len(given) <= len(_LETTERS):
        raise ValueError(f"mmlu_redux: field 'choices' must list the choices, got {row.get('choices')!r:.80}; mend it")
    return [str(choice).strip() for choice in given]


def _answer(row: RawRow, choices: int) -> int:
    label = re.sub(r"[\s_]+", " ", str(row.get("error_type") or "")).strip().casefold()
    corrected = str(row.get("correct_answer") or "").strip()
    if label == "ok":
        if corrected:
            raise ValueError(f"mmlu_redux: labelled ok, and beside it stands {corrected!r:.60}; no single answer")
        return _place(str(row.get("answer")), choices, "answer")
    if label == "wrong groundtruth":
        return _place(corrected, choices, "correct_answer")
    if not label:
        raise ValueError("mmlu_redux: field 'error_type' is empty: nobody looked at this row; leave it out")
    raise ValueError(f"mmlu_redux: labelled {label!r:.60}: it has no single right choice; leave it out")


def _place(given: str, choices: int, field: str) -> int:
    given = given.strip()
    place = (
        int(given) if given.isascii() and given.isdigit() else _LETTERS.find(given.upper()) if len(given) == 1 else -1
    )
    if not 0 <= place < choices:
        raise ValueError(f"mmlu_redux: field {field!r} names no choice of {choices}, got {given!r:.60}; leave it out")
    return place
