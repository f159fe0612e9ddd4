"""What a hostile verdict costs the process that judges: CPU time, and memory with many tests against few.

    python benchmarks/hostile_verdicts.py [--sandbox docker] [--few 5] [--many 100]

Prints one JSON line a kind of hostility: milliseconds of this process's CPU for a verdict with few and with many tests
(`score: all`, so a job ends where its score is decided; `fraction` runs every test), and by how many MB its peak grew
over all of it; of a text against another verifier the milliseconds of one verdict. The goal is 50 ms. A verdict of an
honest program comes first and warms up.
"""

import argparse
import json
import resource
import time
from typing import Any

from temper.sandboxes.job import Sandbox
from temper.sandboxes.pool import open_sandbox
from temper.sandboxes.section import SandboxSection
from temper.verifiers.code import Code
from temper.verifiers.judging import Judge
from temper.verifiers.problem import Problem
from temper.verifiers.rows import parse_problem

FORGED = """
import os
def f(a):
    rest = memoryview(b'{"value":[' + b"[]," * COUNT + b"[]]}\\n")
    while rest: rest = rest[os.write(3, rest):]
    os._exit(0)
"""
CALLS = {
    "honest": "def f(a): return a * 2",
    "5 MB of lists of nothing, forged": FORGED.replace("COUNT", "1_650_000"),
    "1 MiB of lists of nothing, forged": FORGED.replace("COUNT", "340_000"),
    "as many lists of nothing as are read": FORGED.replace("COUNT", "LISTS"),
    "as many numbers as are read": "def f(a): return [1.5] * (2 * LISTS)",
    "as long a text as is read": "def f(a): return 'x' * (BYTES - 100)",
    "a text of 5 MB": "def f(a): return 'x' * 5_000_000",
    "an exception of 5 MB": "def f(a): raise ValueError('x' * 5_000_000)",
}
PRINTS = {
    "prints 1 MB": "print('x' * 1_000_000)",
    "as many half characters as are read": "import os\nos.write(1, b'\\xff' * (BYTES // 3 - 100))",
    "as many numbers as are read": "print('0 ' * (BYTES // 2 - 100))",
    "as many lines as are read": "print('0\\n' * (BYTES // 2 - 100))",
    "as many empty lines as are read": "print('\\n' * (BYTES - 100))",
}
"""`BYTES` and `LISTS`: of a result that is just read."""
UNITS = {
    "honest": "def f(a): return a * 2",
    "unit: answers equal to everything": "class E:\n    def __eq__(self, o): return True\ndef f(a): return E()",
    "unit: a list of a million": "def f(a): return [0] * 1_000_000",
    "unit: a message of 5 MB": "def f(a): raise ValueError('x' * 5_000_000)",
}
TEXTS: dict[str, tuple[dict[str, Any], str]] = {
    "math: a long product": ({"verifier": "math", "answer": "72"}, "\\boxed{" + "(x+1)" * 60 + "}"),
    "math: a power of powers": ({"verifier": "math", "answer": "72"}, "\\boxed{9^{9^{9^9}}}"),
    "math: 1 MB of boxes": ({"verifier": "math", "answer": "72"}, "\\boxed{" * 140_000),
    "choice: 32 kB of letters": ({"verifier": "choice", "answer": "C"}, "So A. So B. " * 2_700),
    "json_schema: 5,000 deep": (
        {"verifier": "json_schema", "params": {"schema": {"additionalProperties": {"$ref": "#"}, "type": "object"}}},
        '{"a":' * 5_000 + "1" + "}" * 5_000,
    ),
    "json_schema: 100 kB of objects": (
        {"verifier": "json_schema", "params": {"schema": {"items": {"anyOf": [{"type": "string"}, {"type": "null"}]}}}},
        "[" + "{}," * 33_000 + "{}]",
    ),
    "tool_calls: 2,000 openings": (
        {"verifier": "tool_calls", "answer": [{"name": "f", "arguments": {}}]}, "<tool_call>" * 2_000,
    ),
    "instructions: 100 kB": (
        {"verifier": "instructions", "params": {"instructions": [{"id": "punctuation:no_comma"}]}}, "a, " * 33_000,
    ),
    "code: 1 MB of fences": (
        {"verifier": "code", "params": {"tests": {"kind": "stdio", "cases": [{"input": "", "output": "1"}]}}},
        "```\n" * 250_000,
    ),
}  # fmt: skip
"""Texts against verifiers, whose cost is all in this process."""


def problem(kind: str, tests: int, score: str) -> Problem:
    if kind == "call":
        cases: list[dict[str, Any]] = [{"args": [number], "expected": number * 2} for number in range(tests)]
        found: dict[str, object] = {"kind": kind, "entry_point": "f", "cases": cases}
    elif kind == "unit":
        found = {"kind": kind, "code": "".join(f"assert f({number}) == {number * 2}\n" for number in range(tests))}
    else:
        cases = [{"input": f"{number}\n", "output": f"{number} {number}\n"} for number in range(tests)]
        found = {"kind": kind, "cases": cases, "checker": {"floats": {"abs": 0.1}}}
    params = {"tests": found, "memory_mb": 512, "score": score}
    return Problem(id="p", prompt="Double it.", verifier="code", params=params)


def cost_ms(box: Sandbox, row: Problem, source: str) -> float:
    limits = Code.model_validate(row.params)._limits()
    sizes = f"BYTES, LISTS = {limits.result_kb * 1024}, {limits.parts // 3 - 10}\n"
    verifier, started = Code.model_validate(row.params), time.process_time()
    verdict = verifier.verify(row, f"```python\n{sizes}{source}\n```", box)
    if (verdict.score == 1.0) != (source == CALLS["honest"]):
        raise RuntimeError(f"hostile_verdicts: {verdict}")
    return round((time.process_time() - started) * 1e3, 1)


def text_cost_ms(box: Sandbox, row: dict[str, Any], text: str) -> float:
    """Of one verdict, the best of three."""
    parsed, judge, costs = parse_problem({"id": "p", "prompt": "?", **row}, "row"), Judge(box), []
    for _ in range(3):
        started = time.process_time()
        (judgement,) = judge.judge([(parsed, text)])
        costs.append(time.process_time() - started)
        if judgement.verdict is None or judgement.score == 1.0:
            raise RuntimeError(f"hostile_verdicts: {judgement}")
    return round(min(costs) * 1e3, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sandbox", default="docker", choices=["docker", "local"])
    parser.add_argument("--few", type=int, default=5)
    parser.add_argument("--many", type=int, default=100)
    options = parser.parse_args()
    box = open_sandbox(SandboxSection(kind=options.sandbox, slots=1))
    try:
        for kind, sources in (("call", CALLS), ("stdio", PRINTS), ("unit", UNITS)):
            for name, source in sources.items():
                before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
                found: dict[str, object] = {"kind": name}
                for score in ("all", "fraction"):
                    for tests in (options.few, options.many):
                        found[f"{score}, {tests} tests, ms"] = cost_ms(box, problem(kind, tests, score), source)
                grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
                print(json.dumps({**found, "peak grew by MB": round(grown / 1024, 1)}), flush=True)
        for name, (row, text) in TEXTS.items():
            print(json.dumps({"kind": name, "ms": text_cost_ms(box, row, text)}), flush=True)
    finally:
        box.close()


if __name__ == "__main__":
    main()
