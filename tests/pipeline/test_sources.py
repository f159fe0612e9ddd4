import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from temper.pipeline import sources
from temper.policy.sources import FileRows, GeneratedRows, GymRows, HubRows, Source
from temper.recipes import tiny
from temper.rows.table import ADAPTERS, mapping
from temper.sft.examples import Dropped, Example, RowError, examples

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
    source = GeneratedRows(rows=1, map="temper.rows.gsm8k:exmple")
    with pytest.raises(ValueError, match="map: temper.rows.gsm8k has no function 'exmple'; did you mean 'example'"):
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


def chats(path: Path, name: str, count: int) -> Path:
    """A file of `count` examples that say who they are."""
    turns = [[{"role": "user", "content": f"{name}{i}"}, {"role": "assistant", "content": "x"}] for i in range(count)]
    path.write_text("".join(json.dumps({"messages": messages}) + "\n\n" for messages in turns))
    return path


def read_examples(data: Sequence[Source], seed: int, dropped: Dropped) -> Iterator[tuple[str, Example]]:
    return examples(sources.mixture(data, seed, dropped), dropped)


def mixed(*mixture: FileRows, seed: int = 0) -> list[str]:
    found = read_examples(mixture, seed, Dropped())
    return [example.messages[0].content for _, example in found]


def test_a_mixture_by_epochs_spreads_every_pass_evenly(tmp_path: Path) -> None:
    plain = FileRows(path=str(chats(tmp_path / "a.jsonl", "a", 60)))
    identity = FileRows(path=str(chats(tmp_path / "b.jsonl", "b", 6)), skip=1, rows=4, epochs=3)
    found = mixed(plain, identity)
    assert Counter(found) == Counter([f"a{i}" for i in range(60)] + [f"b{i}" for i in range(1, 5)] * 3)
    assert [name for name in found if name[0] == "b"] == ["b1", "b2", "b3", "b4"] * 3
    for end in range(1, 73):  # 12 of 72: never more than one row off its share
        assert abs(sum(name[0] == "b" for name in found[:end]) - end / 6) <= 1


def test_a_mixture_by_weight_has_the_rows_of_its_sources_in_those_parts(tmp_path: Path) -> None:
    light = FileRows(path=str(chats(tmp_path / "a.jsonl", "a", 60)), weight=1)
    heavy = FileRows(path=str(chats(tmp_path / "b.jsonl", "b", 12)), weight=0.5)
    found = mixed(light, heavy)
    counts = Counter(name[0] for name in found)
    assert counts == {"a": 48, "b": 24}
    drawn = [name for name in found if name[0] == "a"]
    assert len(set(drawn)) == 48 and drawn == sorted(drawn, key=lambda name: int(name[1:]))
    assert Counter(name for name in found if name[0] == "b") == {f"b{i}": 2 for i in range(12)}
    assert mixed(light, heavy) == found
    assert mixed(light, heavy, seed=1) != found  # another draw of the 60


def test_what_a_part_draws_is_fair(tmp_path: Path) -> None:
    """Every row of a source of 10 that gives 5 is drawn by half of the seeds."""
    half = FileRows(path=str(chats(tmp_path / "a.jsonl", "a", 10)), weight=5)
    rest = FileRows(path=str(chats(tmp_path / "b.jsonl", "b", 1)), weight=6)
    drawn = Counter(name for seed in range(400) for name in mixed(half, rest, seed=seed) if name[0] == "a")
    assert all(160 <= drawn[f"a{i}"] <= 240 for i in range(10)) and drawn.total() == 2000


def test_examples_stream(tmp_path: Path) -> None:
    """The first example is there before a later line is read."""
    path = chats(tmp_path / "a.jsonl", "a", 2)
    path.write_text(path.read_text() + "{not json\n")
    read = read_examples([FileRows(path=str(path))], 0, Dropped())
    assert next(read)[1].messages[0].content == "a0"
    next(read)
    with pytest.raises(ValueError, match="a.jsonl:5: not JSON"):
        next(read)


BAD = [
    ({"messages": []}, "empty"),
    ({"messages": [{"role": "assistant", "content": "x"}]}, "role_order"),
    ({"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "reasoning": "b"}]}, "no_answer"),
    ({"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b<|im_end|>"}]}, "markup"),
    (
        {
            "messages": [
                {"role": "user", "content": "a"},
                {"role": "assistant", "tool_calls": [{"name": "", "arguments": {}}]},
            ]
        },
        "unnamed_call",
    ),
    ({"conversations": []}, "malformed"),
]


@pytest.mark.parametrize(("row", "reason"), BAD)
def test_a_bad_row_stops_the_run_or_is_counted_by_its_reason(tmp_path: Path, row: Any, reason: str) -> None:
    path = chats(tmp_path / "a.jsonl", "a", 1)
    path.write_text(json.dumps(row) + "\n" + path.read_text())
    with pytest.raises(RowError, match="a.jsonl:1: "):
        mixed(FileRows(path=str(path)))
    dropped = Dropped(refuse=False)
    assert len(list(read_examples([FileRows(path=str(path), epochs=2)], 0, dropped))) == 2
    assert dropped.counts == {reason: 2}


def test_a_row_that_the_map_does_not_take_is_named_or_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"question": "q", "answer": "7"}\n{"question": "q", "answer": "so #### 7"}\n')
    source = FileRows(path=str(path), map="gsm8k")
    with pytest.raises(RowError, match="a.jsonl:1: gsm8k: field 'answer' has no"):
        list(read_examples([source], 0, Dropped()))
    dropped = Dropped(refuse=False)
    ((where, example),) = read_examples([source], 0, dropped)
    assert (where, example.messages[1].reasoning, dropped.counts) == (f"{path}:2", "so", {"unmapped": 1})


@pytest.mark.parametrize("streaming", [False, True])
def test_a_hub_set_is_mapped_from_disk_or_streamed(
    tmp_path: Path, streaming: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder of Parquet stands in for the hub: `load_dataset` takes either."""
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    import pyarrow as pa
    import pyarrow.parquet as pq

    spoken = [{"from": "human", "value": "hi"}, {"from": "gpt", "value": "<think>\ngreet\n</think>\n\nhello"}]
    table = pa.Table.from_pylist([{"conversations": json.dumps(spoken), "score": i} for i in range(5)])
    folder = tmp_path / "set"
    folder.mkdir()
    pq.write_table(table, folder / "train.parquet")
    hub = HubRows(name=str(folder), revision="0" * 40, streaming=streaming, map="sharegpt", skip=1, rows=2)
    twice = FileRows(path=str(folder / "train.parquet"), map="sharegpt", rows=1, epochs=2)
    found = list(read_examples([hub, twice], 0, Dropped()))
    places = [where.removeprefix(str(folder)) for where, _ in found]
    assert sorted(places) == ["/train.parquet:1"] * 2 + ["@0000000:2", "@0000000:3"]
    assert {example.messages[1].reasoning for _, example in found} == {"greet"}


def test_an_unknown_adapter_is_answered_with_the_nearest() -> None:
    with pytest.raises(ValueError, match="map: unknown, got 'sharegtp'; .* did you mean 'sharegpt'"):
        mapping("sharegtp", "examples")
    with pytest.raises(ValueError, match="map: unknown, got 'sharegpt'"):
        mapping("sharegpt", "problems")
    for kind, adapters in ADAPTERS.items():
        for name in adapters:
            assert callable(mapping(name, kind))
