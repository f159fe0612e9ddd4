"""`temper view`: what the pages need of the rest, verifiers to judge again with and the renderer of examples.

Both are made when they are first asked for: to look at a run needs pyarrow and nothing that trains.
"""

import logging
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from pathlib import Path

import yaml

from temper.gateway.processes import ProcessVerifiers
from temper.pipeline.rescore import verifiers_of
from temper.policy.atomic import write_atomic
from temper.verifiers.judging import Judgement
from temper.verifiers.problem import Problem
from temper.verifiers.sessions.session import Exchanges
from temper.view.answers import Answers
from temper.view.page import of_groups
from temper.view.rendered_rows import Shown
from temper.view.runs import Run, Runs
from temper.view.server import Server

log = logging.getLogger(__name__)

WORKERS = 1
ROWS = 3
"""Rendered rows of each source."""
MOST_GROUPS = 12
"""Groups in a file where none are named."""


class Judges:
    """Judges as a run does, under its limits; one run at a time."""

    def __init__(self) -> None:
        self._of: Path | None = None
        self._verifiers: ProcessVerifiers | None = None
        self._lock = threading.Lock()

    def __call__(self, run: Path, problem: Problem, completion: str, turns: Exchanges = ()) -> Judgement:
        with self._lock:
            if self._of != run or self._verifiers is None:
                self.close()
                self._verifiers, self._of = verifiers_of(run, WORKERS), run
            return self._verifiers.judge([(problem, completion, turns)])[0]

    def close(self) -> None:
        if self._verifiers is not None:
            self._verifiers.close()
        self._verifiers = None


def rendered(run: Path) -> Iterable[Shown]:
    """Real rows of the run's recipe as it trains on them. Raises ValueError where they cannot be rendered here."""
    from temper.pipeline.extras import require
    from temper.pipeline.loading import load
    from temper.pipeline.show import show

    require("train", "view")
    recipe = yaml.safe_load((run / "owner.json").read_text())["recipe"]
    return show(load(recipe), ROWS)


@lru_cache(maxsize=4)
def _decode(checkpoint: Path, _changed: float) -> "Callable[[int], str] | None":
    try:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(checkpoint / "tokenizer.json"))
    except Exception as error:  # not installed, or a file that the library cannot read: of any class
        log.warning("%s: tokens are shown as numbers: %s", checkpoint, error)
        return None
    return lambda token: str(tokenizer.decode([token], skip_special_tokens=False))


def spelt(checkpoint: Path, tokens: list[int]) -> list[str]:
    """The text of each token; none without `tokenizers`, which `temper-rlvr[train]` installs."""
    decode = _decode(checkpoint, (checkpoint / "tokenizer.json").stat().st_mtime)
    return [decode(token) for token in tokens] if decode else []


def serve(path: Path, port: int) -> None:
    """Until it is interrupted."""
    import pyarrow.compute
    import pyarrow.parquet  # noqa: F401 - now, and not while the first page waits

    judges = Judges()
    answers = Answers(Runs(path), judges, rendered, spelt)
    names = [run.name for run in answers.runs.all()]
    with Server(answers, port) as server:
        print(f"{', '.join(names)}: {server.address}  (Ctrl-C ends it)", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print("", file=sys.stderr)
        finally:
            judges.close()


def write_page(path: Path, out: Path, groups: Sequence[str]) -> int:
    """One file of the run at `path` and of its groups, each STEP/GROUP; where none are given some of the last step,
    those with the largest spread first. Returns the file's bytes."""
    found = Runs(path).all()
    if len(found) > 1:
        raise ValueError(f"{path}: holds {len(found)} runs, and a file shows one; give {path}/{found[0].name}")
    text = of_groups(Answers(Runs(path)), found[0].name, [_group(name) for name in groups] or _telling(found[0]))
    write_atomic(out, text)
    return len(text.encode())


def write_report(folder: Path) -> None:
    """The run's page as it is now, `report.html`. A run goes on where it cannot be written."""
    try:
        write_page(folder, folder / "report.html", ())
    except Exception as error:  # a page tells of a run and must not end it
        log.warning("%s: not written: %s: %s", folder / "report.html", type(error).__name__, error)


def _group(text: str) -> tuple[str, int]:
    step, _, number = text.partition("/")
    if not step or not number.isdigit():
        raise ValueError(f"--group: no group, got {text!r}; write STEP/GROUP, as in 12/3")
    return step, int(number)


def _telling(run: Run) -> list[tuple[str, int]]:
    rollouts = run.rollouts()
    steps = [file.name for file in rollouts.files() if file.kind == "train"]
    if not steps:
        return []
    rows = rollouts.step(steps[-1])["groups"]
    assert isinstance(rows, list)
    told = [(-float(str(row["spread"] or 0)), int(str(row["group"]))) for row in rows if isinstance(row, dict)]
    return [(steps[-1], number) for _, number in sorted(told)[:MOST_GROUPS]]
