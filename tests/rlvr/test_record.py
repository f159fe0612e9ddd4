"""Rollouts on disk: the problem comes back as it was judged, and its tests are in the file once."""

from dataclasses import replace
from pathlib import Path

import pytest

from temper.rlvr.dialogue import of_one_turn
from temper.rlvr.record import TOKEN_COLUMNS, read_rollouts, version_of, write_rollouts
from temper.rlvr.rollout import Completion, Group
from temper.verifiers.problem import Message, Problem
from temper.verifiers.verdict import abstained, scored


def group(problem: Problem, count: int) -> Group:
    rollouts = []
    for i in range(count):
        done = Completion(f"text {i}", (1, 2), (-1.0, -1.0), "stop", (3, 3))
        verdict = (scored(0.5, "half"), abstained("no key"), None)[i % 3]
        made = of_one_turn(problem, (7,), done)
        rollouts.append(replace(made, verdict=verdict, error="" if verdict else "sandbox: gone"))
    return Group(problem, tuple(rollouts))


PROBLEMS = [
    Problem(id="text", prompt="1+1?", verifier="math", answer="007"),
    Problem(id="number", prompt="1+1?", verifier="math", answer=2),
    Problem(
        id="all",
        prompt=[Message(role="system", content="s"), Message(role="user", content="\U0001f600 \ud83d \x00")],
        tools=[{"type": "function", "function": {"name": "f", "parameters": {}}}],
        verifier={"sum": [{"verifier": "math", "weight": 1.0}]},
        answer=[{"name": "f", "arguments": {"x": [1, 1.0, None, True]}}],
        params={"tests": {"kind": "call", "cases": [{"args": ["null"], "expected": None}]}},
        metadata={"source": {"deep": []}},
    ),
]


def test_a_problem_comes_back_as_it_was_judged(tmp_path: Path) -> None:
    path = tmp_path / "step-000001.parquet"
    write_rollouts(path, 1, [group(problem, 3) for problem in PROBLEMS])
    found = list(read_rollouts(path))
    for place, (problem, row) in enumerate(found):
        stored = PROBLEMS[place // 3]
        assert problem.messages() == stored.messages()
        assert problem.model_copy(update={"prompt": stored.prompt}) == stored
        assert type(problem.answer) is type(stored.answer)
        assert row["completion"] == f"text {place % 3}" and row["step"] == 1
    outcomes = [(row["outcome"], row["score"], row["detail"]) for _, row in found[:3]]
    assert outcomes == [("scored", 0.5, "half"), ("abstained", None, "no key"), ("error", None, "sandbox: gone")]


def test_text_that_no_file_takes_is_spelt_out(tmp_path: Path) -> None:
    """A lone surrogate: of a completion, of a verdict, of a row or of an error of ours."""
    problem = Problem(id="p", prompt="\udc00", verifier="math", answer="\udfff")
    done = Completion("a\ud800", (1,), (-1.0,), "stop", (3,))
    rollouts = (
        replace(of_one_turn(problem, (7,), done), verdict=scored(0.0, "\ud800!")),
        replace(of_one_turn(problem, (7,), done), error="verifier: \ud800"),
    )
    write_rollouts(tmp_path / "step.parquet", 1, [Group(problem, rollouts)])
    (first, row), (_, second) = read_rollouts(tmp_path / "step.parquet")
    assert (first.answer, row["completion"], row["detail"]) == ("\udfff", "a\\ud800", "\\ud800!")
    assert second["detail"] == "verifier: \\ud800"


def test_large_tests_are_in_the_file_once(tmp_path: Path) -> None:
    tests = {"tests": "".join(chr(33 + i * i * 7919 % 4801) for i in range(1_000_000))}
    problems = [Problem(id=f"p{i}", prompt="?", verifier="code", params={**tests, "i": i}) for i in range(2)]
    path = tmp_path / "step.parquet"
    write_rollouts(path, 1, [group(problem, 2) for problem in problems])
    few = path.stat().st_size
    write_rollouts(path, 1, [group(problem, 64) for problem in problems])
    assert path.stat().st_size < few + 10_000
    assert [problem.params["i"] for problem, _ in read_rollouts(path)] == [0] * 64 + [1] * 64


def test_a_file_without_the_problems_is_refused(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = tmp_path / "old.parquet"
    pq.write_table(pa.table({"problem_id": ["p"], "completion": ["c"], "outcome": ["scored"], "prompt": ["[]"]}), path)
    with pytest.raises(ValueError, match=r"old.parquet: no column 'tools'; it is no file of rollouts, or an older"):
        list(read_rollouts(path))


def test_a_row_says_what_it_earned_and_why_its_group_was_dropped(tmp_path: Path) -> None:
    problem = Problem(id="p", prompt="?", verifier="math", answer="1")
    done = Completion("a b c", (1, 2, 3), (-1.0, -9.0, -2.0), "stop", (3, 3, 4), unsampled=((1, 2),))
    first, second, other = (of_one_turn(problem, (7, 8), done) for _ in range(3))
    first.verdict, first.reward, first.shaping = scored(1.0, ""), 0.5, {"concision": 0.5}
    second.verdict, second.reward = scored(0.0, ""), 0.0
    other.verdict, other.reward, other.why_dropped = scored(0.0, ""), 0.0, "flat"
    path = tmp_path / "step.parquet"
    write_rollouts(path, 1, [Group(problem, (first, second)), Group(problem, (other,))])
    rows = [row for _, row in read_rollouts(path, tokens=True)]
    assert [(row["group"], row["place"], row["dropped"], row["why_dropped"]) for row in rows] == [
        (0, 0, False, None),
        (0, 1, False, None),
        (1, 0, True, "flat"),
    ]
    assert rows[0]["shaping"] == '{"concision": 0.5}' and rows[0]["prompt_tokens"] == 2
    assert rows[0]["logprob_mean"] == -1.5, "the forced token is none that was sampled"
    tokens = [[7, 8], [1, 2, 3], [-1.0, 0.0, -2.0], [3, 3, 4], [1]]
    assert [rows[0][name] for name in TOKEN_COLUMNS] == tokens
    assert version_of(path) == 2


def test_a_file_of_the_first_version_still_opens(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    path = tmp_path / "step.parquet"
    write_rollouts(path, 1, [group(problem, 3) for problem in PROBLEMS])
    new = {
        "group",
        "place",
        "prompt_tokens",
        "dropped",
        "why_dropped",
        "shaping",
        "logprob_mean",
        "turns",
        *TOKEN_COLUMNS,
    }
    table = pq.read_table(path)
    pq.write_table(table.drop_columns(sorted(new)).replace_schema_metadata(None), path)
    assert version_of(path) == 1
    assert [problem.id for problem, _ in read_rollouts(path)] == ["text"] * 3 + ["number"] * 3 + ["all"] * 3
    with pytest.raises(ValueError, match="no column 'group'"):
        list(read_rollouts(path, tokens=True))
