"""Rows kept by how often they were solved."""

import json
import math
from pathlib import Path

import pytest

from temper.pipeline import sources
from temper.pipeline.loading import load
from temper.pipeline.mistakes import RecipeError
from temper.pipeline.preflight import check_data
from temper.policy.sources import FileRows
from temper.rows.pass_rates import posterior


def write(path: Path, counts: list[object]) -> Path:
    rows = [
        {"id": f"p{i}", "prompt": "1+1?", "verifier": "math", "answer": "2", "metadata": of}
        for i, of in enumerate(counts)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_rows_are_kept_by_their_counts_bounds_included(tmp_path: Path) -> None:
    path = write(tmp_path / "x.jsonl", [{"right": right, "samples": 8} for right in range(9)])
    for bounds, wanted in (((0.125, 0.5), "1234"), ((0, 0), "0"), ((0.1, 0.9), "1234567"), ((0, 1), "012345678")):
        found = sources.problems([FileRows(path=str(path), pass_rate=bounds)])
        assert "".join(problem.id[1:] for problem in found) == wanted
    assert len(sources.problems([FileRows(path=str(path))])) == 9


@pytest.mark.parametrize(
    "of", [{}, {"right": 3}, {"right": 9, "samples": 8}, {"right": 0, "samples": 0}, {"right": "1", "samples": 8}]
)
def test_rows_without_counts_are_refused_before_anything_starts(tmp_path: Path, of: object) -> None:
    write(tmp_path / "x.jsonl", [of])
    source = f"[{{kind: file, path: {tmp_path}/x.jsonl, pass_rate: [0.1, 0.9]}}]"
    with pytest.raises(RecipeError, match="pass_rate needs counts, got .*; sample the problems first"):
        check_data(load("temper:tiny/instruct", [f"rlvr.data={source}"]))


def test_bounds_that_do_not_rise_are_refused() -> None:
    with pytest.raises(ValueError, match=r"0.9 is above 0.1; swap them"):
        FileRows(path="x", pass_rate=(0.9, 0.1))


def test_a_dropped_row_of_a_map_passes_the_preflight(tmp_path: Path) -> None:
    rows = [{"problem": "1+1?", "answer": "2"}, {"problem": "x?", "answer": "none"}]
    (tmp_path / "x.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    source = f"[{{kind: file, path: {tmp_path}/x.jsonl, map: aime, bad_rows: drop}}]"
    check_data(load("temper:tiny/instruct", [f"rlvr.data={source}"]))
    with pytest.raises(RecipeError, match="whole number from 0 to 999"):
        check_data(load("temper:tiny/instruct", [f"rlvr.data={source.replace('bad_rows: drop', 'bad_rows: refuse')}"]))


def test_the_posterior_of_known_counts() -> None:
    low, high = posterior(0, 8)
    assert high == pytest.approx(1 - 0.025 ** (1 / 9), abs=1e-6) and low == pytest.approx(
        1 - 0.975 ** (1 / 9), abs=1e-6
    )
    low, high = posterior(1, 8)
    assert (round(low, 2), round(high, 2)) == (0.03, 0.48)
    assert math.isclose(sum(posterior(4, 8)), 1.0, abs_tol=1e-6)
