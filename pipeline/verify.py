"""`temper verify FILE --out OUT`: rows `{"problem", "completion"}` to verdicts, in the same order, without
Ray.

The file is read twice: once to refuse a bad row before anything runs, once to judge, so that memory holds
only the rows in flight. OUT appears whole or not at all. An infrastructure failure is tried once more and
then is an outcome of its own (`error`), never a score. Not here yet: resuming a run that was cut, a progress
bar.
"""

import json
import os
import time
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from temper.pipeline.atomic import sync_folder
from temper.sandboxes.job import Sandbox, SandboxError
from temper.sandboxes.section import SandboxSection
from temper.verifiers.problem import Problem
from temper.verifiers.rows import parse_problem, read_json_lines
from temper.verifiers.table import nearest, shortened, verifier_for

IN_FLIGHT_PER_WORKER = 64
"""Rows read ahead for each worker, so that one slow verdict does not idle the others."""


def verify_file(
    path: Path, out: Path, sandbox: Sandbox, workers: int, section: SandboxSection | None = None
) -> dict[str, int]:
    """Judges every row of `path` into `out` and counts the outcomes, with `rows` for all of them. What a row asks of
    the sandbox is held against its `section`.

    Raises ValueError `file:line: field ...` for a bad row before anything runs.
    """
    if workers < 1:
        raise ValueError(f"verify: workers must be 1 or more, got {workers}")
    for _ in _rows(path, section):
        pass
    counts = {"rows": 0, "scored": 0, "abstained": 0, "error": 0}
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.with_name(f".{out.name}.{os.getpid()}.partial")
    try:
        with partial.open("w", encoding="utf-8", newline="\n") as lines:
            for line in _in_order(path, sandbox, workers):
                counts["rows"] += 1
                counts[str(line["outcome"])] += 1
                lines.write(json.dumps(line) + "\n")
            lines.flush()
            os.fsync(lines.fileno())
        partial.replace(out)
    finally:
        partial.unlink(missing_ok=True)
    sync_folder(out.parent)
    return counts


def _rows(path: Path, section: SandboxSection | None = None) -> Iterator[tuple[Problem, str]]:
    for where, row in read_json_lines(path):
        yield _parse(row, where, section)


def _parse(row: Mapping[str, Any], where: str, section: SandboxSection | None) -> tuple[Problem, str]:
    for key in row:
        if key not in ("problem", "completion"):
            raise ValueError(f"{where}: unknown field {key!r}; {nearest(str(key), ('problem', 'completion'))}")
    for key, kind in (("problem", dict), ("completion", str)):
        if key not in row:
            raise ValueError(f"{where}: field {key!r} is missing; add it")
        if not isinstance(row[key], kind):
            wanted = "an object" if kind is dict else "text"
            raise ValueError(f"{where}: field {key!r}: expected {wanted}, got {shortened(row[key])}")
    return parse_problem(row["problem"], f"{where}: problem", sandbox=section), row["completion"]


def _in_order(path: Path, sandbox: Sandbox, workers: int) -> Iterator[dict[str, object]]:
    with ThreadPoolExecutor(workers, thread_name_prefix="verify") as pool:
        waiting: deque[Future[dict[str, object]]] = deque()
        try:
            for problem, completion in _rows(path):
                waiting.append(pool.submit(_judge, problem, completion, sandbox))
                if len(waiting) >= workers * IN_FLIGHT_PER_WORKER:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _judge(problem: Problem, completion: str, sandbox: Sandbox) -> dict[str, object]:
    started = time.perf_counter()
    outcome, score, detail = _verdict(problem, completion, sandbox)
    return {
        "id": problem.id,
        "outcome": outcome,
        "score": score,
        "detail": detail,
        "seconds": round(time.perf_counter() - started, 6),
    }


def _verdict(problem: Problem, completion: str, sandbox: Sandbox) -> tuple[str, float | None, str]:
    """The one place that turns exceptions into an outcome: whatever a verifier raises is ours."""
    for last in (False, True):
        try:
            verdict = verifier_for(problem).verify(problem, completion, sandbox)
        except SandboxError as error:
            if last:
                return "error", None, f"sandbox: {error}"
        except Exception as error:  # noqa: BLE001 - a verifier of anyone's may raise anything; the row says what
            return "error", None, f"{type(error).__name__}: {error}"
        else:
            return verdict.outcome, verdict.score, verdict.detail
    raise AssertionError("unreachable")
