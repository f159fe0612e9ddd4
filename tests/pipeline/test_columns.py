"""Rows of Parquet mean what the same rows mean as JSON Lines."""

import datetime
import decimal
import json
import random
import uuid
from pathlib import Path
from typing import Any

import pytest

from temper.pipeline import sources
from temper.pipeline.columns import from_columns, plain
from temper.policy.sources import FileRows
from temper.sft.examples import Dropped

TOOLS = [
    {"type": "function", "function": {"name": "weather", "parameters": {"properties": {"city": {"type": "string"}}}}},
    {"type": "function", "function": {"name": "add", "parameters": {"properties": {"a": {"type": "integer"}}}}},
]
ROWS: list[dict[str, Any]] = [
    {"id": "1", "prompt": "?", "verifier": "tool_calls", "tools": TOOLS[:1],
     "answer": [{"name": "weather", "arguments": {"city": "Rome"}}]},
    {"id": "2", "prompt": "?", "verifier": "tool_calls", "tools": TOOLS,
     "answer": [{"name": "add", "arguments": {"a": 1}}, {"name": "weather", "arguments": {}}]},
    {"id": "3", "prompt": "?", "verifier": "tool_calls", "tools": TOOLS, "answer": []},
]  # fmt: skip
TEXTS = ["[0, 1]", "[1]", "{1, 2}", '{"a": 1}', "007", "42", "null", "true", "1e5", "[{}]", " [0,1]", "", "NaN"]


def read(path: Path, rows: list[dict[str, Any]], **more: Any) -> list[dict[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.Table.from_pylist(rows), path)
    source = FileRows(path=str(path), **more)
    return [row for _, row in sources.rows(source, "problems")]


def test_a_struct_column_gives_no_row_the_fields_of_another(tmp_path: Path) -> None:
    assert read(tmp_path / "rows.parquet", ROWS) == ROWS


def test_random_rows_come_back_as_their_json_lines(tmp_path: Path) -> None:
    rng = random.Random(5)
    whole: dict[str, Any] = {"w": 1, "x": [1, 2], "y": {"a": 1, "b": [2], "c": {"d": "e"}}, "z": "text"}

    def part(of: dict[str, Any]) -> dict[str, Any]:
        kept = {name: value for name, value in of.items() if rng.random() < 0.6}
        return {name: part(value) if isinstance(value, dict) else value for name, value in kept.items()}

    rows = [{"id": "0", "metadata": whole}, *({"id": str(i), "metadata": part(whole)} for i in range(1, 60))]
    assert read(tmp_path / "rows.parquet", rows) == json.loads(json.dumps(rows))


@pytest.mark.parametrize("text", TEXTS)
def test_text_that_looks_like_json_stays_text(tmp_path: Path, text: str) -> None:
    rows = [{"id": "1", "prompt": text, "verifier": "math", "answer": text}]
    assert read(tmp_path / "rows.parquet", rows) == rows


def test_json_text_is_read_where_text_cannot_be_meant(tmp_path: Path) -> None:
    row: dict[str, Any] = {
        "id": "1",
        "prompt": [{"role": "user", "content": "?"}],
        "verifier": {"gate": {"verifier": "math"}, "then": {"verifier": "math"}},
        "answer": [{"name": "f", "arguments": {"x": None}}],
        "params": {"percent": True},
        "metadata": {"level": None},
        "tools": TOOLS,
    }
    texts = {key: value if key == "id" else json.dumps(value) for key, value in row.items()}
    assert read(tmp_path / "rows.parquet", [texts]) == [row]


def test_a_column_of_the_type_json_is_json(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    answers = pa.array(["[0, 1]", '"[0, 1]"', "7"]).cast(pa.json_())
    pq.write_table(pa.table({"id": ["1", "2", "3"], "answer": answers}), tmp_path / "rows.parquet")
    found = sources.rows(FileRows(path=str(tmp_path / "rows.parquet")), "problems")
    assert [row["answer"] for _, row in found] == [[0, 1], "[0, 1]", 7]


def test_values_without_a_word_in_json_become_what_json_lines_would_say() -> None:
    import numpy as np

    when = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
    given = {
        "at": when, "day": when.date(), "hour": when.time(), "long": datetime.timedelta(minutes=1.5),
        "price": decimal.Decimal("19.99"), "count": decimal.Decimal("3.00"), "id": uuid.UUID(int=7),
        "n": np.int64(3), "x": np.float32(0.5), "flags": np.array([True, False]), "text": np.str_("a"),
        "grid": np.arange(4).reshape(2, 2), "nothing": float("nan"), "__index_level_0__": 4, "pair": (1, [np.int8(2)]),
    }  # fmt: skip
    assert from_columns(given) == {
        "at": "2026-01-02T03:04:05+00:00", "day": "2026-01-02", "hour": "03:04:05", "long": 90.0,
        "price": 19.99, "count": 3, "id": "00000000-0000-0000-0000-000000000007",
        "n": 3, "x": 0.5, "flags": [True, False], "text": "a", "grid": [[0, 1], [2, 3]], "pair": [1, [2]],
    }  # fmt: skip


@pytest.mark.parametrize("value", [b"\x00", object(), 1j, {"a": [b"x"]}])
def test_a_value_that_json_cannot_say_is_refused_by_its_field(value: object) -> None:
    with pytest.raises(ValueError, match=r"metadata: JSON has no word for it, got .*; write text or numbers"):
        from_columns({"metadata": {"deep": [value]}})


def test_what_a_map_returns_is_plain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "numbers_map.py").write_text(
        "import datetime, numpy as np\n"
        "def made(row): return {'id': 'x', 'prompt': 'q', 'answer': np.float64(row['n']),"
        " 'metadata': {'at': datetime.date(2026, 1, 1), 'level': np.int64(3)}}\n"
        "def broken(row): return {'id': row['absent']}\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    (made,) = read(tmp_path / "rows.parquet", [{"n": 7}], map="numbers_map:made")
    assert made == {"id": "x", "prompt": "q", "answer": 7.0, "metadata": {"at": "2026-01-01", "level": 3}}
    assert type(made["answer"]) is float and type(made["metadata"]["level"]) is int
    with pytest.raises(ValueError, match=r"rows.parquet:1: map: numbers_map:broken raised KeyError\('absent'\); mend"):
        read(tmp_path / "rows.parquet", [{"n": 7}], map="numbers_map:broken")
    source = FileRows(path=str(tmp_path / "rows.parquet"), map="numbers_map:broken")
    dropped = Dropped(refuse=False)
    assert not list(sources.rows(source, "examples", dropped)) and dropped.counts == {"unmapped": 1}


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_cut_file_is_named(tmp_path: Path, share: float) -> None:
    path = tmp_path / "rows.parquet"
    read(path, [{"id": str(i), "prompt": "x" * 50} for i in range(1000)])
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(ValueError, match=r"rows.parquet: cannot be read .*; copy the whole file again"):
        list(sources.rows(FileRows(path=str(path)), "problems"))


def test_a_page_that_cannot_be_read_is_named_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    read(path, [{"id": str(i), "prompt": "".join(map(str, range(i, i + 30)))} for i in range(2000)])
    damaged = bytearray(path.read_bytes())
    damaged[200:4000] = b"\xff" * 3800
    path.write_bytes(damaged)
    with pytest.raises(ValueError, match=r"rows.parquet: cannot be read after row \d+"):
        list(sources.rows(FileRows(path=str(path)), "problems"))


def test_numbers_stay_exact() -> None:
    assert plain(2**70) == 2**70 and plain(True) is True and plain("007") == "007"
