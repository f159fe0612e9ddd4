"""LiveCodeBench (livecodebench/code_generation_lite, files test.jsonl to test6.jsonl; arXiv 2403.07974) for `code`.

Fields: `question_content`, `starter_code`, `platform`, `question_id`, `contest_date`, `difficulty`,
`public_test_cases` (JSON text), `private_test_cases` (JSON text, or base64 of zlib of a pickle of JSON text) and
`metadata` (JSON text, `func_name` for rows of a function). Each test is `{"input", "output", "testtype"}`.
A pickle is a program, so that field is read by an unpickler that makes texts and nothing else (`_Text`), and at most
`MOST_BYTES` of it.
Scoring rule (lcb_runner/evaluation/testing_util.py): every public and private test passes. `stdin` tests compare
what is printed by tokens, numbers by value; `functional` ones call `Solution().func_name` with the lines of `input` as
JSON and compare with the JSON of `output`, an int equal to its float. The benchmark allows 6 s a test.
Rows that a date window leaves out are left out by the source's own `skip` and `rows`, or a `map` of yours.
Known (its ERRATA.md): 12 problems have several right answers, 2 are interactive, 4 have broken tests.
Licence: "cc" on the card, no version; the problems are of LeetCode, AtCoder and Codeforces. Training is not forbidden.
"""

import base64
import binascii
import io
import pickle
import zlib

from temper.rows.fields import listed, parsed, text
from temper.rows.licences import Licence
from temper.verifiers.rows import RawRow

LICENCE = Licence("cc", note="the card names no version; problems of LeetCode, AtCoder and Codeforces")
HUB = ("livecodebench/code_generation_lite", "livecodebench/code_generation")
TIME_LIMIT_S = 6.0
MOST_BYTES = 512 * 1024 * 1024
"""Of the tests of one row once they are unpacked; the largest of v6 has some 150 MB."""
ASK = "Write a Python program that solves this problem. Answer with the whole program in one ```python block.\n\n"
FORMATS = {
    "stdin": "Read the input from stdin and print the answer to stdout.",
    "functional": "Complete this class:\n```python\n{starter}\n```",
}


def problem(row: RawRow) -> RawRow:
    content, name = text(row, "question_content", "livecodebench"), text(row, "question_id", "livecodebench")
    cases = listed(row, "public_test_cases", "livecodebench") + _private(row)
    kinds = {case.get("testtype") if isinstance(case, dict) else None for case in cases}
    if len(kinds) != 1 or not kinds <= {"stdin", "functional"}:
        raise ValueError(f"livecodebench: tests must be all stdin or all functional, got {kinds!r:.80}; mend the row")
    functional = kinds == {"functional"}
    shape = FORMATS["functional"].format(starter=row.get("starter_code", "")) if functional else FORMATS["stdin"]
    return {
        "id": f"livecodebench-{name}",
        "prompt": f"{ASK}{content.strip()}\n\n{shape}",
        "verifier": "code",
        "params": {"tests": _calls(row, cases) if functional else _runs(cases), "time_limit_s": TIME_LIMIT_S},
        "metadata": {key: row[key] for key in ("contest_date", "difficulty", "platform") if row.get(key)},
    }


def _private(row: RawRow) -> list[RawRow]:
    given = text(row, "private_test_cases", "livecodebench")
    if not given.lstrip().startswith("["):
        given = _unpacked(given)
    found: list[RawRow] = listed({"private_test_cases": given}, "private_test_cases", "livecodebench")
    return found


def _unpacked(given: str) -> str:
    """The text inside base64(zlib(pickle(text))). Raises ValueError for anything else that a pickle may hold."""
    try:
        unpacking = zlib.decompressobj()
        data = unpacking.decompress(base64.b64decode(given, validate=True), MOST_BYTES)
        if unpacking.unconsumed_tail or not unpacking.eof:
            raise ValueError(f"more than {MOST_BYTES} bytes, or cut")
        found = _Text(io.BytesIO(data)).load()
    except (binascii.Error, zlib.error, pickle.UnpicklingError, ValueError, EOFError, IndexError, KeyError) as error:
        raise ValueError(
            f"livecodebench: field 'private_test_cases': not base64 of zlib of a pickled text ({error}); copy it again"
        ) from None
    if not isinstance(found, str):
        kind = type(found).__name__
        raise ValueError(f"livecodebench: field 'private_test_cases': a pickled text is expected, got {kind}; mend it")
    return found


class _Text(pickle.Unpickler):
    """Makes what pickle's own opcodes make (texts, numbers, containers) and looks up no name, so nothing is called."""

    def find_class(self, module: str, name: str) -> None:
        raise pickle.UnpicklingError(f"it asks for {module}.{name}, which is code")

    def persistent_load(self, pid: object) -> None:
        raise pickle.UnpicklingError("it asks for an object kept elsewhere")


def _runs(cases: list[RawRow]) -> RawRow:
    runs = [{"input": str(case["input"]), "output": str(case["output"])} for case in cases]
    return {"kind": "stdio", "cases": runs, "checker": {"floats": {"abs": 0, "rel": 0}}}


def _calls(row: RawRow, cases: list[RawRow]) -> RawRow:
    metadata = parsed(text(row, "metadata", "livecodebench"), "metadata", "livecodebench")
    function = metadata.get("func_name") if isinstance(metadata, dict) else None
    if not isinstance(function, str) or not function.isidentifier():
        raise ValueError(f"livecodebench: field 'metadata' names no func_name, got {metadata!r:.80}; mend the row")
    calls = [
        {
            "args": [parsed(line, "input", "livecodebench") for line in str(case["input"]).split("\n") if line.strip()],
            "expected": parsed(str(case["output"]), "output", "livecodebench"),
        }
        for case in cases
    ]
    # Python's own equality takes 2 for 2.0; `call` does under a tolerance, here of nothing.
    return {"kind": "call", "entry_point": f"Solution.{function}", "cases": calls, "tolerance": 0.0}
