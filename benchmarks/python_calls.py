"""What a call of a Python session costs, and what a session that keeps its interpreter costs everybody else.

    python benchmarks/python_calls.py [--sandbox docker] [--calls 200]

Prints one JSON line, milliseconds (p50): a call that adds two numbers after 0, 5 and 20 cells, and after five of which
one takes half a second, where the interpreter stayed (`kept`) and where another job ended it before each call
(`again`); a job of another kind on a free slot, and on one that has to end an interpreter first, small or of 200 MiB.
"""

import argparse
import json
import os
import statistics
import time

from temper.sandboxes.job import Job, Sandbox, Stdio
from temper.sandboxes.pool import open_sandbox
from temper.sandboxes.section import SandboxSection
from temper.verifiers.rows import parse_problem
from temper.verifiers.sessions.session import Session
from temper.verifiers.sessions.table import session_for

ROW = {"id": "p", "prompt": "?", "verifier": "math", "answer": "42", "session": {"kind": "python"}}
PROBLEM = parse_problem(ROW, "benchmark")
OTHER = Job(source="print(input())", tests=Stdio(inputs=("1",)))
SLOW = "import time\nuntil = time.process_time() + 0.5\nwhile time.process_time() < until: pass"
EARLIER = {
    "0": [],
    "5": [f"x{n} = {n}" for n in range(5)],
    "20": [f"x{n} = {n}" for n in range(20)],
    "5, one of 0.5 s": [SLOW, *(f"x{n} = {n}" for n in range(4))],
}


def opened(box: Sandbox, cells: list[str]) -> Session:
    session = session_for(PROBLEM)
    session.open(PROBLEM, box)
    for code in cells:
        session.call("python", {"code": code})
    return session


def call_ms(session: Session) -> float:
    since = time.perf_counter()
    reply = session.call("python", {"code": "40 + 2"})
    assert reply.text == "42\n", reply
    return 1000 * (time.perf_counter() - since)


def job_ms(box: Sandbox) -> float:
    since = time.perf_counter()
    box.run(OTHER)
    return 1000 * (time.perf_counter() - since)


def p50(figures: list[float]) -> float:
    return round(statistics.median(figures), 2)


def calls(box: Sandbox, cells: list[str], number: int, again: bool) -> list[float]:
    """Each call in a session that has been told just these cells."""
    found = []
    for _ in range(number):
        session = opened(box, cells)
        if again:
            box.run(OTHER)
        found.append(call_ms(session))
        session.close()
    return found


def jobs(box: Sandbox, number: int, cells: list[str]) -> list[float]:
    """Jobs of another kind, where a session that was told these cells is in the way (none: nobody is)."""
    found = []
    for _ in range(number):
        session = opened(box, cells) if cells else None
        found.append(job_ms(box))
        if session:
            session.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sandbox", default="docker", choices=("docker", "local"))
    parser.add_argument("--calls", type=int, default=200)
    args = parser.parse_args()
    box = open_sandbox(SandboxSection(kind=args.sandbox, slots=1))
    try:
        jobs(box, 20, [])
        many = {name: args.calls if "0.5 s" not in name else max(3, args.calls // 40) for name in EARLIER}
        kept = {name: p50(calls(box, cells, many[name], False)) for name, cells in EARLIER.items()}
        again = {name: p50(calls(box, cells, many[name], True)) for name, cells in EARLIER.items() if cells}
        other = {
            "free": p50(jobs(box, args.calls, [])),
            "small": p50(jobs(box, args.calls, ["x = 1"])),
            "200 MiB": p50(jobs(box, args.calls // 10, ["x = b'1' * (200 << 20)"])),
        }
    finally:
        box.close()
    figures = {"sandbox": args.sandbox, "kept": kept, "again": again, "other job": other}
    print(json.dumps({**figures, "load": round(os.getloadavg()[0], 1)}))


if __name__ == "__main__":
    main()
