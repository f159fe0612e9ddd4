"""`temper data`: what goes, why, and what is written of it."""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from temper.pipeline.cli import main
from temper.pipeline.data import prepare
from temper.pipeline.loading import load
from temper.pipeline.scoring import Scored
from temper.pipeline.sources import problems
from temper.policy.sources import FileRows
from temper.verifiers.problem import Problem

LONG = "Anna buys 12 apples at the market on Monday, eats 3 of them on her way home and gives 4 to her brother Tom"
HELD = "A train of 12 cars leaves the station at noon and a second train of 7 cars leaves it an hour later"
SHORT = "How many legs do seven spiders and two very tired ants have"
OTHER = "She had twelve, three were eaten and four given away, which is seven, and twelve without seven is five."
RECIPE = """
extends: temper:tiny/instruct
name: data
stages: [sft, rlvr, eval]
sft: {data: [{kind: file, path: examples.jsonl}]}
rlvr: {data: [{kind: file, path: problems.jsonl}, {kind: generated, rows: 20}]}
held_out: [{kind: file, path: held_out.jsonl}]
sandbox: {kind: local}
"""


def problem(name: str, prompt: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "prompt": prompt, "answer": "5", "verifier": "math", **more}


def example(text: str, answer: str = "So it is five.") -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text}, {"role": "assistant", "content": answer}]}


PROBLEMS = [
    problem("first", f"{LONG}; how many are left?", metadata={"from": "here"}),
    problem("again", f"{LONG.upper()};  how many are  left?"),
    problem("near", f"{LONG}; how many are left now?"),
    problem("other", f"{LONG.replace('12', '11').replace('apples', 'pears').replace('Tom', 'Ben')}; and then?"),
    problem("leak", f"{HELD}. How many cars is that? Say a number."),
    problem("short leak", f"Here is one: {SHORT}? Think."),
    problem("own", "What is 2 + 3?"),
]
EXAMPLES = [example(LONG), example(LONG, OTHER), example(f"{LONG}."), example(f"Now this. {HELD}, and you?")]


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    for name, rows in (("problems", PROBLEMS), ("examples", EXAMPLES)):
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    held = [problem("train", f"{HELD}."), problem("spiders", SHORT)]
    (tmp_path / "held_out.jsonl").write_text("".join(json.dumps(row) + "\n" for row in held))
    path = tmp_path / "recipe.yaml"
    path.write_text(RECIPE)
    return path


def written(out: Path, kind: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in gzip.open(out / f"{kind}.jsonl.gz", "rt")]


def test_repeats_and_leaks_go_each_with_its_evidence(recipe: Path, tmp_path: Path) -> None:
    card = prepare(load(recipe), tmp_path / "out")
    stay = written(tmp_path / "out", "problems")
    assert [row["id"] for row in stay[:3]] == ["first", "other", "own"] and len(stay) == 23
    assert stay[0] == PROBLEMS[0], "a row that stays is as it was read"
    dropped = [json.loads(line) for line in (tmp_path / "out/dropped.jsonl").read_text().splitlines()]
    found = {one["id"]: (one["reason"], one["of"]) for one in dropped if one["kind"] == "problems"}
    assert found == {
        "again": ("repeats to the word", ["rlvr.data.0", "first"]),
        "near": ("repeats nearly", ["rlvr.data.0", "first"]),
        "leak": ("holds what is held out", ["held_out.0", "train"]),
        "short leak": ("holds what is held out", ["held_out.0", "spiders"]),
    }
    near = next(one for one in dropped if one["id"] == "near")
    assert 0.7 <= near["alike"] < 1 and "how many are left now" in near["text"] and LONG in near["its_text"]
    assert [Path(one["id"]).name for one in dropped if one["kind"] == "examples"] == [
        "examples.jsonl:3",
        "examples.jsonl:4",
    ]
    assert "7 | 3 |" in card and "2 holds what is held out" in card and "1 repeats nearly" in card


def test_what_is_written_is_read_again_and_is_the_same_twice(recipe: Path, tmp_path: Path) -> None:
    for out in ("out", "twice"):
        prepare(load(recipe), tmp_path / out)
    for name in ("problems.jsonl.gz", "examples.jsonl.gz", "dropped.jsonl", "card.md"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "twice" / name).read_bytes()
    path = str(tmp_path / "out/problems.jsonl.gz")
    assert [one.id for one in problems([FileRows(path=path)])][:3] == ["first", "other", "own"]


def test_counts_stand_where_pass_rate_reads_them(recipe: Path, tmp_path: Path) -> None:
    """Two of four right, none of four, and one problem without a verdict."""
    scores = {"first": [1.0, 0.0, 1.0, 0.0], "other": [0.0] * 4, "own": []}

    def sampled(asked: Sequence[Problem]) -> dict[str, Scored]:
        found = {one.id: scores.get(one.id, [1.0] * 4) for one in asked}
        return {
            name: {"scores": of, "truncated": 0, "errors": 0, "unscored": 4 - len(of), "samples": 4}
            for name, of in found.items()
        }

    card = prepare(load(recipe), tmp_path / "out", sampled)
    rows = {row["id"]: row.get("metadata") for row in written(tmp_path / "out", "problems")}
    assert rows["first"] == {"from": "here", "right": 2.0, "samples": 4}
    assert rows["other"] == {"right": 0.0, "samples": 4} and rows["own"] is None
    assert "Pass rate of 22 problems (1 without counts):" in card
    assert "| 0.5 to 0.6 | 1 |" in card and "| 0.9 to 1.0 | 20 |" in card
    path = str(tmp_path / "out/problems.jsonl.gz")
    with pytest.raises(ValueError, match=r"problems.jsonl.gz:3.*pass_rate needs counts"):
        problems([FileRows(path=path, pass_rate=(0.1, 0.9))])
    assert [one.id for one in problems([FileRows(path=path, pass_rate=(0.1, 0.9), rows=2)])] == ["first"]


def test_bad_examples_are_refused_or_counted_as_the_recipe_says(recipe: Path, tmp_path: Path) -> None:
    with (tmp_path / "examples.jsonl").open("a") as file:
        file.write(json.dumps({"messages": [{"role": "user", "content": "and?"}]}) + "\n")
    with pytest.raises(ValueError, match=r"examples.jsonl:5.*ends with 'user'"):
        prepare(load(recipe), tmp_path / "out")
    assert not (tmp_path / "out").exists()
    card = prepare(load(recipe, ["sft.bad_rows=drop"]), tmp_path / "out")
    assert "Left out by `bad_rows: drop`: 1 role_order" in card
    assert len(written(tmp_path / "out", "examples")) == 2


def test_the_command_writes_and_refuses(recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", str(recipe), "--out", str(tmp_path / "out")]) == 0
    assert capsys.readouterr().out.startswith("# Data of data\n")
    (tmp_path / "problems.jsonl").write_text(json.dumps(problem("x", "?", nonsense=1)) + "\n")
    assert main(["data", str(recipe), "--out", str(tmp_path / "none")]) == 2
    assert "problems.jsonl:1" in capsys.readouterr().err and not (tmp_path / "none").exists()
    (tmp_path / "problems.jsonl").write_text(json.dumps(problem("x", "?")) + "\n")
    assert main(["data", str(recipe), "--out", str(tmp_path / "none"), "--checkpoint", ".", "--samples", "0"]) == 2
    assert "--samples of 1 or more" in capsys.readouterr().err
