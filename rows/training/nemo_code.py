"""nvidia/Nemotron-RL-coding-competitive_coding (NeMo-Gym's code_gen) as problems for `code`.

Fields beside the request: `verifier_metadata.unit_tests` (`inputs`, `outputs`, parallel; `fn_name` for a function),
`hash_id`, `dataset`, `source`. Scoring rule (resources_servers/code_gen, LiveCodeBench's): the Python program of the
last code block passes every test, 10 s a test (report). Output is compared line by line with blanks stripped; a line
that an expected output leaves empty counts there as here. Rows of NeMo-Gym's competitive_coding_challenges
(`competition_id`, C++) carry no tests, which lie on its server: refused.
Licence: CC-BY-4.0; training is what it is for.
"""

from temper.rows.fields import named
from temper.rows.licences import Licence
from temper.rows.training.responses import request
from temper.verifiers.rows import RawRow

LICENCE = Licence("CC-BY-4.0")
HUB = ("nvidia/Nemotron-RL-coding-competitive_coding",)
TIME_LIMIT_S = 10.0


def problem(row: RawRow) -> RawRow:
    asked = request(row, "nemo_code")
    if "competition_id" in row and "verifier_metadata" not in row:
        raise ValueError("nemo_code: a row of competitive_coding_challenges holds no tests (its server does); leave it")
    metadata = row.get("verifier_metadata")
    tests = metadata.get("unit_tests") if isinstance(metadata, dict) else None
    inputs, outputs = (tests.get(field) if isinstance(tests, dict) else None for field in ("inputs", "outputs"))
    if not isinstance(inputs, list) or not isinstance(outputs, list) or not inputs or len(inputs) != len(outputs):
        raise ValueError(
            "nemo_code: field 'verifier_metadata.unit_tests': inputs and outputs must be parallel lists, "
            f"got {tests!r:.80}; mend the row"
        )
    return {
        "id": f"nemo-code-{row['hash_id']}" if row.get("hash_id") else named("nemo-code", asked["prompt"]),
        **asked,
        "verifier": "code",
        "params": {"tests": _tests(tests or {}, inputs, outputs), "time_limit_s": TIME_LIMIT_S},
        "metadata": {key: row[key] for key in ("dataset", "source") if row.get(key)},
    }


def _tests(tests: RawRow, inputs: list[object], outputs: list[object]) -> RawRow:
    if name := tests.get("fn_name"):
        cases = [{"args": given, "expected": wanted} for given, wanted in zip(inputs, outputs, strict=True)]
        return {"kind": "call", "entry_point": name, "cases": cases, "tolerance": 0.0}
    runs = [{"input": str(given), "output": str(wanted)} for given, wanted in zip(inputs, outputs, strict=True)]
    return {"kind": "stdio", "cases": runs}
