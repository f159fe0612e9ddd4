"""What a hostile verdict costs the process that judges: CPU time, and memory with many tests against few.

    python benchmarks/hostile_verdicts.py [--sandbox docker] [--few 5] [--many 100]

Prints one JSON line a kind of hostility: milliseconds of this process's CPU for a verdict with few and with many tests
(`score: all`, so a job ends where its score is decided; `fraction` runs every test), and by how many MB its peak grew
over all of it. A verdict of an honest program comes first and warms up.
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
from temper.verifiers.problem import Problem

FORGED = """
import os
def f(a):
    rest = memoryview(b'{"value":[' + b"[]," * %d + b"[]]}\\n")
    while rest: rest = rest[os.write(3, rest):]
    os._exit(0)
"""
CALLS = {
    "honest": "def f(a): return a * 2",
    "5 MB of lists of nothing, forged": FORGED % 1_650_000,
    "1 MiB of lists of nothing, forged": FORGED % 340_000,
    "as many lists of nothing as are read": FORGED % 3_300,
    "as long a text as is read": "def f(a): return 'x' * 65_000",
    "a text of 5 MB": "def f(a): return 'x' * 5_000_000",
    "an exception of 5 MB": "def f(a): raise ValueError('x' * 5_000_000)",
}
PRINTS = {
    "prints 1 MB": "print('x' * 1_000_000)",
    "as many half characters as are read": "import os\nos.write(1, b'\\xff' * 65_000)",
    "as many numbers as are read": "print('0 ' * 32_000)",
    "as many lines as are read": "print('0\\n' * 32_000)",
}


def problem(kind: str, tests: int, score: str) -> Problem:
    if kind == "call":
        cases: list[dict[str, Any]] = [{"args": [number], "expected": number * 2} for number in range(tests)]
        found: dict[str, object] = {"kind": kind, "entry_point": "f", "cases": cases}
    else:
        cases = [{"input": f"{number}\n", "output": f"{number} {number}\n"} for number in range(tests)]
        found = {"kind": kind, "cases": cases, "checker": {"floats": {"abs": 0.1}}}
    params = {"tests": found, "memory_mb": 512, "score": score}
    return Problem(id="p", prompt="Double it.", verifier="code", params=params)


def cost_ms(box: Sandbox, row: Problem, source: str) -> float:
    verifier, started = Code.model_validate(row.params), time.process_time()
    verdict = verifier.verify(row, f"```python\n{source}\n```", box)
    if (verdict.score == 1.0) != (source == CALLS["honest"]):
        raise RuntimeError(f"hostile_verdicts: {verdict}")
    return round((time.process_time() - started) * 1e3, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sandbox", default="docker", choices=["docker", "local"])
    parser.add_argument("--few", type=int, default=5)
    parser.add_argument("--many", type=int, default=100)
    options = parser.parse_args()
    box = open_sandbox(SandboxSection(kind=options.sandbox, slots=1))
    try:
        for kind, sources in (("call", CALLS), ("stdio", PRINTS)):
            for name, source in sources.items():
                before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
                found: dict[str, object] = {"kind": name}
                for score in ("all", "fraction"):
                    for tests in (options.few, options.many):
                        found[f"{score}, {tests} tests, ms"] = cost_ms(box, problem(kind, tests, score), source)
                grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
                print(json.dumps({**found, "peak grew by MB": round(grown / 1024, 1)}), flush=True)
    finally:
        box.close()


if __name__ == "__main__":
    main()
