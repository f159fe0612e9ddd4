"""Scores that another program's own files hold: BFCL's conversations, which only bfcl-eval can hold and judge.

`bfcl evaluate` (bfcl-eval 2026.3.23, `eval_checker/eval_runner_helper.py`) writes of a category, as JSON Lines,

    BFCL_v4_multi_turn_base_score.json      {"accuracy": 0.985, "correct_count": 197, "total_count": 200}
                                            {"id": "multi_turn_base_7", "test_category": "multi_turn_base",
                                             "valid": false, "error": {"error_type": ..., ...}, ...}

the totals, then each row that failed. Rows that passed are not named: a category's ids are its name with 0 to the total
less one, so they are the others, and two checkpoints can be compared row by row. Taken over as it is, an answer that
never came included (a 0 there): `unscored` counts those, `truncated` the conversations that it cut off.
Refused: a file whose lines and totals do not agree, one of only some rows (`--partial-eval`) unless they are the first
ones, and its other categories, whose rows have other ids; ours (`map: bfcl`) judge the single-turn ones.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import JsonValue

from temper.pipeline.recipe import Recipe
from temper.rlvr.suite import BenchmarkSection, SuiteSection, TheirsSection

if TYPE_CHECKING:
    from temper.pipeline.scoring import Scored

CHECKPOINTS = ("base", "extend", "sft", "rlvr")
REMEDY = "make it with bfcl evaluate (docs/evaluation.md)"
_NAME = re.compile(r"BFCL_v\d+_(.+)_score\.json")


def benchmarks(recipe: Recipe) -> Iterator[tuple[SuiteSection, BenchmarkSection, TheirsSection]]:
    """Those of the recipe's suites that somebody else scores."""
    for suite in recipe.eval.suites if recipe.eval else ():
        for benchmark in suite.benchmarks:
            if benchmark.theirs:
                yield suite, benchmark, benchmark.theirs


def identity(recipe: Recipe) -> list[JsonValue]:
    """SHA-256 of each file that is there, for the key of `eval`: empty where nobody else scores."""
    found: list[JsonValue] = []
    for suite, benchmark, theirs in benchmarks(recipe):
        paths = {name: path for name in CHECKPOINTS if (path := theirs.of(name)).is_file()}
        files: JsonValue = {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in paths.items()}
        found.append([suite.name, benchmark.name, theirs.kind, files])
    return found


def mistakes(recipe: Recipe) -> Iterator[str]:
    """What is wrong with the files of the checkpoints that `eval` will score."""
    if recipe.eval is None or "eval" not in recipe.stages:
        return
    made = [name for name in CHECKPOINTS if name == "base" or name in recipe.stages]
    scored = [name for name in made if name in recipe.eval.checkpoints] or made[-1:]
    for suite, benchmark, theirs in benchmarks(recipe):
        for name in scored:
            try:
                read(theirs, name)
            except ValueError as error:
                yield f"eval.suites.{suite.name}.{benchmark.name}.theirs: {error}"


def read(theirs: TheirsSection, checkpoint: str) -> "dict[str, Scored]":
    """Each row's score of a checkpoint, by id. Raises ValueError naming the file and the line."""
    path = theirs.of(checkpoint)
    if not path.is_file():
        raise ValueError(f"path: no score file of {checkpoint!r}, got {str(path)!r}; {REMEDY}, or correct it")
    if not (named := _NAME.fullmatch(path.name)) or not named[1].startswith("multi_turn_"):
        raise ValueError(f"{path}: not BFCL_v*_multi_turn_*_score.json, got {path.name!r}; take its own file")
    lines = _lines(path)
    total = _total(path, lines)
    ids = [f"{named[1]}_{number}" for number in range(total)]
    failed: dict[str, str] = {}
    for number, line in enumerate(lines[1:], 2):
        name = line.get("id")
        if line.get("valid") is not False or line.get("test_category") != named[1] or name in failed:
            raise ValueError(f"{path}:{number}: no row of {named[1]} that failed, got id {name!r}; {REMEDY} again")
        error = line.get("error")
        failed[str(name)] = str(error.get("error_type", "") if isinstance(error, dict) else "")
    if beyond := failed.keys() - set(ids):
        raise ValueError(
            f"{path}: id {min(beyond)!r} is none of its {total} rows; evaluate the whole category, without "
            "--partial-eval"
        )
    return {name: _scored(failed.get(name)) for name in ids}


def _lines(path: Path) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = []
    # by line feeds alone: a model's words may hold other ends of lines
    for number, text in enumerate(path.read_text("utf-8", errors="replace").rstrip("\n").split("\n"), 1):
        try:
            line = json.loads(text)
        except (ValueError, RecursionError):
            line = None
        if not isinstance(line, dict):
            raise ValueError(f"{path}:{number}: not a JSON object, got {text[:60]!r}; {REMEDY} again")
        lines.append(line)
    return lines


def _total(path: Path, lines: list[dict[str, Any]]) -> int:
    """Rows of the category. Raises ValueError where the first line does not say what the others do."""
    head = lines[0]
    right, total, accuracy = (head.get(key) for key in ("correct_count", "total_count", "accuracy"))
    counts = [one for one in (right, total) if isinstance(one, int) and not isinstance(one, bool)]
    fits = len(counts) == 2 and 0 <= counts[0] <= counts[1] and counts[1] > 0
    if not fits or not isinstance(accuracy, int | float) or abs(accuracy - counts[0] / counts[1]) > 1e-6:
        raise ValueError(
            f"{path}:1: accuracy must be correct_count of total_count, got {accuracy!r}, {right!r} of {total!r}; "
            f"{REMEDY} again"
        )
    if len(lines) - 1 != counts[1] - counts[0]:
        raise ValueError(
            f"{path}: {counts[1] - counts[0]} rows failed by its first line, got {len(lines) - 1}; {REMEDY} again"
        )
    return counts[1]


def _scored(why: str | None) -> "Scored":
    """`why`: the error's type of a row that failed."""
    return {
        "scores": [0.0 if why is not None else 1.0],
        "truncated": int(why == "multi_turn:force_terminated"),
        "errors": 0,
        "unscored": int(why == "multi_turn:inference_error"),
        "samples": 1,
    }
