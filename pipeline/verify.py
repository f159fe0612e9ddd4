"""`temper verify FILE --out OUT`: rows `{"problem", "completion"}` to verdicts, in the same order.

A completion with turns is its messages, or has `turns` beside it (`gateway.items`); the calls of messages are made
again in the row's session.

The file is read twice: once to refuse a bad row before anything runs, once to judge, so that memory holds
only the rows in flight. OUT appears whole or not at all; after a kill the same command judges the rows that have no
line yet, while another file, other verifiers or another sandbox start anew. What may be retried of ours is tried once
more and then is an outcome of its own (`error`), never a score. What judges, and its limits, are `gateway.processes`.
"""

import hashlib
import itertools
import logging
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import TypeVar

from tqdm.contrib.logging import logging_redirect_tqdm

from temper.gateway.items import Turned, parse_item
from temper.pipeline.bar import Bar
from temper.pipeline.identity import digest, in_key
from temper.pipeline.partial import growing
from temper.pipeline.stage_code import judging_code
from temper.sandboxes.section import SandboxSection
from temper.verifiers.judging import Item, Judgement, Verifiers
from temper.verifiers.plugins import NO_PLUGINS, Plugins
from temper.verifiers.rows import read_json_lines

log = logging.getLogger(__name__)

Row = TypeVar("Row")

IN_FLIGHT_PER_WORKER = 64
"""Rows read ahead for each worker, so that one slow verdict does not idle the others."""


def verify_file(
    path: Path,
    out: Path,
    verifiers: Verifiers,
    workers: int,
    section: SandboxSection | None = None,
    plugins: Plugins = NO_PLUGINS,
) -> dict[str, int]:
    """Judges every row of `path` into `out` and counts the outcomes, with `rows` for all of them. What a row asks of
    the sandbox is held against its `section`, what code it names against `plugins`.

    Raises ValueError `file:line: field ...` for a bad row before anything runs, and while another process writes `out`.
    """
    total = sum(1 for _ in _rows(path, section, plugins))
    counts = Counter({"scored": 0, "abstained": 0, "error": 0})
    with growing(out, _identity(path, section)) as partial, logging_redirect_tqdm():
        counts.update(str(line["outcome"]) for line in partial.kept())
        if counts.total():
            log.info("%s: %d of %d rows were judged before", out, counts.total(), total)
        bar = Bar("verify", total, counts)
        try:
            rows = _rows(path, plugins=plugins, skip=counts.total())
            for (problem, _, _), judgement in in_order(rows, lambda row: row, verifiers, workers):
                partial.append(
                    {
                        "id": problem.id,
                        "outcome": judgement.outcome,
                        "score": judgement.score,
                        "detail": judgement.detail,
                        "seconds": round(judgement.seconds, 6),
                    }
                )
                bar.count(judgement.outcome)
        finally:
            bar.close()
    return {"rows": counts.total(), **counts}


def _identity(path: Path, section: SandboxSection | None) -> str:
    """Of all that a verdict is a function of; how many slots there are is not."""
    with path.open("rb") as file:
        rows = hashlib.file_digest(file, "sha256").hexdigest()
    sandbox = in_key(section) if section else None
    return digest({"rows": rows, "code": judging_code(path.parent), "sandbox": sandbox})


def _rows(
    path: Path, section: SandboxSection | None = None, plugins: Plugins = NO_PLUGINS, skip: int = 0
) -> Iterator[Turned]:
    for where, row in itertools.islice(read_json_lines(path), skip, None):
        yield parse_item(row, where, section, plugins=plugins)


def in_order(
    rows: Iterable[Row], item: Callable[[Row], Item], verifiers: Verifiers, workers: int
) -> Iterator[tuple[Row, Judgement]]:
    """Each row with the judgement of the (problem, completion) that is its item; some are read ahead, none kept."""
    waiting: deque[tuple[Row, Future[Judgement]]] = deque()
    for row in rows:
        (judgement,) = verifiers.ask([item(row)])
        waiting.append((row, judgement))
        # 4 workers: 256 rows are on their way, and the next is read once the first of them has its verdict.
        if len(waiting) >= workers * IN_FLIGHT_PER_WORKER:
            yield _first(waiting)
    while waiting:
        yield _first(waiting)


def _first(waiting: deque[tuple[Row, Future[Judgement]]]) -> tuple[Row, Judgement]:
    row, judgement = waiting.popleft()
    return row, judgement.result()
