import gzip
import json
import re
from pathlib import Path

import pytest

from temper.pipeline import sources
from temper.policy.section import FileRows, GeneratedRows, GymRows
from temper.recipes import tiny

ROW = {"id": "a", "prompt": "007?", "verifier": "math", "answer": "007", "metadata": {"null": "null"}}


def test_json_lines_keep_what_a_type_guesser_would_change(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps(ROW).encode()))
    (problem,) = sources.problems([FileRows(path=str(path))])
    assert problem.answer == "007" and problem.metadata == {"null": "null"}


def test_parquet_columns_of_several_types_hold_json_text(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    messages = [{"role": "user", "content": "[not json"}]
    row = {"id": "a", "prompt": json.dumps(messages), "verifier": "math", "answer": '"007"', "params": None}
    plain = {"id": "b", "prompt": "[1, 2", "verifier": "math", "answer": "[1, 2", "params": "{}"}
    pq.write_table(pa.Table.from_pylist([row, plain]), tmp_path / "p.parquet")
    first, second = sources.problems([FileRows(path=str(tmp_path / "p.parquet"))])
    assert first.messages() == messages and first.answer == "007"
    assert second.prompt == "[1, 2" and second.answer == "[1, 2"


def test_skip_rows_and_epochs_choose_the_rows() -> None:
    source = GeneratedRows(rows=3, skip=2, epochs=2)
    everything = list(tiny.problems("train", 5, 0))
    assert [p.id for p in sources.problems([source])] == [row["id"] for row in everything[2:] for _ in range(2)]


def test_an_id_that_stands_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text(json.dumps(ROW) + "\n" + json.dumps(ROW) + "\n")
    with pytest.raises(ValueError, match=r"p.jsonl:2: id: 'a' also stands at .*p.jsonl:1"):
        sources.problems([FileRows(path=str(path))])


def test_a_map_that_cannot_be_loaded_is_refused(tmp_path: Path) -> None:
    source = GeneratedRows(rows=1, map="temper.recipes.gsm8k:exmple")
    with pytest.raises(ValueError, match="map: temper.recipes.gsm8k has no function 'exmple'; did you mean 'example'"):
        sources.problems([source])


def test_no_training_row_shares_a_held_out_prompt() -> None:
    held_out = {row["prompt"] for row in tiny.problems("held_out", 500, 0)}
    trained = {row["prompt"] for seed in range(3) for row in tiny.problems("train", 2000, seed)}
    taught = {row["messages"][0]["content"] for row in tiny.examples("train", 8000, 0)}
    read = "\n".join(tiny.text(5000, 0))
    assert len(held_out) == 500
    assert not held_out & (trained | taught)
    assert not any(prompt in read for prompt in held_out)


def test_the_generated_answers_are_right() -> None:
    for row in tiny.problems("train", 400, 0):
        if row["verifier"] == "math":
            a, sign, b = row["prompt"].removeprefix("Compute ").removesuffix(".").split(" ")
            assert int(row["answer"]) == (int(a) + int(b) if sign == "+" else int(a) - int(b))


def test_a_source_may_judge_its_rows_by_more_than_their_own_verifier(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text(json.dumps({**ROW, "params": {"order": "strict"}}) + "\n")
    words = {"verifier": "instructions", "params": {"instructions": [{"id": "punctuation:no_comma"}]}}
    (problem,) = sources.problems([FileRows(path=str(path), verifier={"gate": words, "then": {"verifier": "row"}})])
    assert problem.params == {} and problem.verifier == {
        "gate": words,
        "then": {"verifier": "math", "params": {"order": "strict"}},
    }
    (renamed,) = sources.problems([FileRows(path=str(path), verifier="math")], {"math": {"rounding": "exact"}})
    assert renamed.params == {"order": "strict", "rounding": "exact"}


def test_reasoning_gym_makes_rows_that_its_verifier_takes() -> None:
    source = GymRows(dataset="chain_sum", rows=2, skip=1, data_seed=5, config={"min_terms": 3, "max_terms": 3})
    found = sources.problems([source])
    assert [problem.id for problem in found] == ["chain_sum-5-1", "chain_sum-5-2"]
    assert all(problem.params["config"] == {"min_terms": 3, "max_terms": 3} for problem in found)
    assert all(len(re.findall(" [+-] ", str(problem.prompt))) == 2 for problem in found)
