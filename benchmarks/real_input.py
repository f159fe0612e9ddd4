"""Real rows through the verifiers: GSM8K answers against themselves, HumanEval solutions and empty bodies.

    python benchmarks/real_input.py gsm8k_*.jsonl.gz humaneval.jsonl.gz --sandbox docker

A file is GSM8K or HumanEval by its fields. Each GSM8K row is judged in the two forms that a policy writes:
the worked solution that ends in `#### final`, and "The answer is final." after the worked solution as
reasoning; a row counts when both score 1. HumanEval runs as `unit`, and as `call` where its asserts are a table.
Prints one JSON line; exit status 1 where a row is wrong.
"""

import argparse
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from temper.rows import gsm8k
from temper.rows.benchmarks import humaneval
from temper.sandboxes.job import Sandbox
from temper.sandboxes.pool import open_sandbox
from temper.sandboxes.section import SandboxSection
from temper.verifiers.rows import parse_problem, read_json_lines
from temper.verifiers.table import verifier_for
from temper.verifiers.verdict import Verdict

Rows = list[tuple[str, dict[str, Any]]]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--sandbox", choices=("docker", "local"), default="docker")
    parser.add_argument("--slots", type=int, default=2)
    options = parser.parse_args()
    math_rows: Rows = []
    code_rows: Rows = []
    for path in options.files:
        for where, row in read_json_lines(path):
            (code_rows if "canonical_solution" in row else math_rows).append((where, row))
    report: dict[str, Any] = {}
    if math_rows:
        report["gsm8k"] = judge_gsm8k(math_rows)
    if code_rows:
        section = SandboxSection(kind=options.sandbox, slots=options.slots)
        sandbox = open_sandbox(section)
        try:
            unit = [(where, row, humaneval.problem(row)) for where, row in code_rows]
            call = [(where, row, made) for where, row in code_rows if (made := humaneval.call_problem(row))]
            for kind, rows in (("unit", unit), ("call", call)):
                found = judge_humaneval(rows, sandbox, options.slots)
                report[f"humaneval as {kind}"] = {"sandbox": options.sandbox} | found
        finally:
            sandbox.close()
    print(json.dumps(report))
    return 0 if as_it_must_be(report) else 1


def judge_gsm8k(rows: Rows) -> dict[str, Any]:
    accepted, verdicts, seconds = 0, 0, 0.0
    for where, row in rows:
        problem = parse_problem(gsm8k.problem(row), where)
        verifier = verifier_for(problem)
        turn = gsm8k.example(row)["messages"][-1]
        completions = (
            f"{turn['reasoning']}\n#### {problem.answer}",
            f"<think>\n{turn['reasoning']}\n</think>\n\n{turn['content']}",
        )
        started = time.perf_counter()
        scores = [verifier.verify(problem, completion).score for completion in completions]
        seconds += time.perf_counter() - started
        verdicts += len(scores)
        if scores == [1.0, 1.0]:
            accepted += 1
        else:
            print(f"{where}: scores {scores}", file=sys.stderr)
    return {"rows": len(rows), "accepted": accepted, "ms_per_verdict": round(1000 * seconds / verdicts, 4)}


def judge_humaneval(
    rows: list[tuple[str, dict[str, Any], dict[str, Any]]], sandbox: Sandbox, slots: int
) -> dict[str, Any]:
    """`rows`: the place, the row, the problem made of it."""

    def both(where: str, row: dict[str, Any], made: dict[str, Any]) -> tuple[bool, bool]:
        problem = parse_problem(made, where)
        verifier = verifier_for(problem)
        whole = verifier.verify(problem, fenced(row["prompt"] + row["canonical_solution"]), sandbox)
        empty = verifier.verify(problem, fenced(row["prompt"] + "    pass\n"), sandbox)
        tell(where, whole, 1.0)
        tell(where, empty, 0.0)
        return whole.score == 1.0, empty.score == 1.0

    started = time.perf_counter()
    with ThreadPoolExecutor(slots) as pool:
        pairs = list(pool.map(lambda row: both(*row), rows))
    return {
        "rows": len(rows),
        "accepted": sum(whole for whole, _ in pairs),
        "empty_accepted": sum(empty for _, empty in pairs),
        "seconds": round(time.perf_counter() - started, 2),
    }


def fenced(source: str) -> str:
    return f"```python\n{source}```\n" if source.endswith("\n") else f"```python\n{source}\n```\n"


def tell(where: str, verdict: Verdict, expected: float) -> None:
    if verdict.score != expected:
        print(
            f"{where}: expected {expected}, {verdict.outcome} {verdict.score}: {verdict.detail}",
            file=sys.stderr,
        )


def as_it_must_be(report: dict[str, Any]) -> bool:
    return all(part["accepted"] == part["rows"] and not part.get("empty_accepted") for part in report.values())


if __name__ == "__main__":
    sys.exit(main())
