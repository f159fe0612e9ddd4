"""What the pages are told of a run: each end of a rollout is found and explained, and what cannot be read is said."""

import json
import re
import shutil
from pathlib import Path
from urllib.parse import urlencode

import pyarrow.parquet as pq
import pytest
from made_run import HOSTILE, make_run

from temper.rlvr.dialogue import Dialogue
from temper.rlvr.record import write_rollouts
from temper.rlvr.rollout import Completion, Group
from temper.verifiers.judging import Judge, Judgement
from temper.verifiers.problem import Problem
from temper.verifiers.sessions.session import Answered, Exchanges
from temper.verifiers.verdict import scored
from temper.view.answers import Answers
from temper.view.page import of_groups
from temper.view.rollouts import Rollouts
from temper.view.runs import Runs

NEW = (
    "session",
    "tools_s",
    "group",
    "place",
    "turns",
    "prompt_tokens",
    "dropped",
    "why_dropped",
    "shaping",
    "logprob_mean",
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("out")
    make_run(out, steps=4, problems=5)
    make_run(out, "other", steps=3, problems=5)
    return out


@pytest.fixture
def copied(made: Path, tmp_path: Path) -> Path:
    """A run that a test may damage."""
    shutil.copytree(made, tmp_path / "out", symlinks=True)
    return tmp_path / "out"


def answers(out: Path) -> Answers:
    return Answers(Runs(out))


# -- finding


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"outcome": "abstained"}, "the key '4x' cannot be read"),
        ({"outcome": "error"}, "sandbox: the slot was lost twice"),
        ({"outcome": "truncated"}, "first failing test|equals the key"),
        ({"outcome": "stale"}, "key"),
        ({"outcome": "flat"}, "key"),
    ],
)
def test_each_end_of_a_rollout_is_found_and_explained(made: Path, asked: dict[str, str], said: str) -> None:
    of = answers(made)
    found = of.answer(f"run/made/search?{urlencode(asked)}")
    hits = found["hits"]
    assert isinstance(hits, list) and found["total"] == len(hits) > 0
    for hit in hits[:3]:
        assert isinstance(hit, dict)
        group = of.answer(f"run/made/group/{hit['step']}/{hit['group']}")
        assert isinstance(group["rollouts"], list)
        rollout = group["rollouts"][int(str(hit["place"]))]
        assert isinstance(rollout, dict) and re.search(said, str(rollout["detail"]))
        ends = {rollout["outcome"], rollout["why_dropped"], "truncated" if rollout["stop_reason"] == "length" else ""}
        assert asked["outcome"] in ends


SEARCHES: dict[str, tuple[dict[str, str], int]] = {
    "everything": ({}, 4 * 5 * 4),
    "a verifier": ({"verifier": "code"}, 4 * 2 * 4),
    "a problem": ({"problem": "add-2"}, 16),
    "steps": ({"step_from": "2", "step_to": "3"}, 2 * 5 * 4),
    "no score above all": ({"score_from": "1.5"}, 0),
    "a text of one completion a step": ({"text": "x" * 1000}, 4),
    "a text of the detail": ({"text": "lost twice"}, 4),
    "held-out ones": ({"kind": "validation"}, 2),
}


@pytest.mark.parametrize("case", SEARCHES)
def test_a_search_counts_all_that_fits(made: Path, case: str) -> None:
    asked, count = SEARCHES[case]
    assert answers(made).answer(f"run/made/search?{urlencode(asked)}")["total"] == count


def test_right_and_wrong_are_all_that_have_a_score(made: Path) -> None:
    of = answers(made)
    counts = {
        name: int(str(of.answer(f"run/made/search?outcome={name}")["total"])) for name in ("right", "wrong", "scored")
    }
    assert counts["right"] + counts["wrong"] == counts["scored"] == 4 * (5 * 4 - 2)


def test_a_number_that_is_none_is_refused_by_name(made: Path) -> None:
    with pytest.raises(ValueError, match="tokens_from: not a number, got 'many'"):
        answers(made).answer("run/made/search?tokens_from=many")


# -- the pages


def test_a_group_says_how_its_reward_came_about(made: Path) -> None:
    group = answers(made).answer("run/made/group/4/2")
    assert isinstance(group["rollouts"], list) and isinstance(group["problem"], dict)
    assert (group["problem"]["verifier"], group["problem"]["answer"]) == ("math", 6)
    for rollout in group["rollouts"]:
        assert isinstance(rollout, dict)
        right = rollout["score"] == 1.0
        assert rollout["shaping"] == ({"concision": 0.8} if right else {})
        assert rollout["reward"] == (0.8 if right else 0.0) and rollout["staleness"] == 0
        assert "read '0'" in str(rollout["detail"]) or right


def test_tokens_carry_the_engines_and_the_trainers_logprobs(made: Path) -> None:
    of = answers(made)
    told = of.answer("run/made/tokens/2/0/3")
    assert isinstance(told["rollout_logprobs"], list) and isinstance(told["policy_logprobs"], list)
    assert len(told["policy_logprobs"]) == len(told["rollout_logprobs"])
    gaps = [
        abs(float(str(a)) - float(str(b)))
        for a, b in zip(told["policy_logprobs"], told["rollout_logprobs"], strict=True)
    ]
    assert max(gaps) < 0.5, "those of the same rollout"
    assert of.answer("run/made/tokens/2/4/3")["policy_logprobs"] is None, "it was dropped"


def test_a_problem_and_two_runs_are_seen_over_the_steps(made: Path) -> None:
    groups = answers(made).answer("run/made/problem/add-0")["groups"]
    assert isinstance(groups, list)
    assert [group["step"] for group in groups if isinstance(group, dict)] == ["1", "2", "3", "4", "validation-0"]
    compared = answers(made).answer("compare/made/other")["problems"]
    assert isinstance(compared, list) and {row["problem"] for row in compared if isinstance(row, dict)} >= {"add-0"}


def test_the_run_says_stages_scores_and_where_rollouts_are(made: Path) -> None:
    run = answers(made).answer("run/made")
    assert isinstance(run["stages"], list) and isinstance(run["metrics"], dict)
    assert [(stage["name"], stage["state"]) for stage in run["stages"] if isinstance(stage, dict)] == [
        ("sft", "finished"),
        ("rlvr", "finished"),
    ]
    assert (run["state"], run["complaints"]) == ("finished", [])
    means = run["metrics"]["rollouts"]
    assert isinstance(means, dict) and means["steps"] == [1, 2, 3, 4] and isinstance(means["series"], dict)
    assert {"verifier/math", "verifier/code", "source/add", "tokens/right", "tokens/wrong"} <= set(means["series"])


def test_judging_again_gives_the_stored_problem_to_the_verifiers(made: Path) -> None:
    asked: list[tuple[Problem, str]] = []

    def judging(run: Path, problem: Problem, completion: str, turns: Exchanges) -> Judgement:
        asked.append((problem, completion))
        return Judgement(scored(0.25, f"today {HOSTILE}"))

    told = Answers(Runs(made), judging).judged("made", "3", 1, 1)
    assert isinstance(told["now"], dict) and told["now"]["score"] == 0.25 and "\x1b" not in str(told["now"]["detail"])
    assert asked[0][1] == HOSTILE, "as it was written, not as it is shown"
    assert asked[0][0].params == {"hint": HOSTILE} and asked[0][0].answer == 4


def test_a_rollout_with_turns_is_judged_again_by_its_turns(tmp_path: Path) -> None:
    """Its calls are what `state` judges: what it says last says nothing of them."""
    folder = make_run(tmp_path, steps=1, problems=2)
    arguments = {"table": "t", "row": 0, "column": "s", "value": "b"}
    call = {"name": "set_value", "arguments": arguments}
    session = {"kind": "tables", "set": "row", "tables": {"t": [{"s": "a"}]}}
    problem = Problem(id="p", prompt="?", verifier="state", answer=[call], session=session)
    rollouts = []
    for value in ("b", "c"):
        dialogue = Dialogue(problem, (1,))
        dialogue.wrote(Completion("call", (1, 2), (-1.0, -1.0), "stop", (0, 0)))
        dialogue.read((3,), (Answered("set_value", {**arguments, "value": value}, "Changed."),))
        dialogue.wrote(Completion("Done.", (4,), (-1.0,), "stop", (0,)))
        rollouts.append(dialogue.rollout())
        rollouts[-1].verdict = scored(0.0, "yesterday")
    write_rollouts(folder / "rollouts/step-000001.parquet", 1, [Group(problem, tuple(rollouts))])
    judge = Judge()
    told = Answers(Runs(folder), lambda run, problem, text, turns: judge.judge([(problem, text, turns)])[0])
    scores = [told.judged("made", "1", 0, place)["now"]["score"] for place in (0, 1)]  # type: ignore[index, call-overload]
    assert scores == [1.0, 0.0]


@pytest.mark.parametrize(
    "path", ["run/none", "run/made/step/99", "run/made/group/1/99", "run/../made", "nothing", "run/made/nothing"]
)
def test_what_is_not_there_is_named(made: Path, path: str) -> None:
    with pytest.raises(LookupError):
        answers(made).answer(path)


# -- old and damaged folders


def test_a_file_of_the_first_version_opens_with_its_groups(copied: Path) -> None:
    for path in (copied / "made/rollouts").glob("*.parquet"):
        table = pq.read_table(path)
        old = table.drop_columns([*NEW, "prompt_ids", "token_ids", "rollout_logprobs", "policy_versions", "unsampled"])
        pq.write_table(old, path)
    (copied / "made/stages.json").unlink()
    (copied / "made/rollouts-validation").unlink()
    of = answers(copied)
    step = of.answer("run/made/step/3")
    assert isinstance(step["groups"], list)
    assert [(row["group"], row["n"]) for row in step["groups"] if isinstance(row, dict)] == [(i, 4) for i in range(5)]
    group = of.answer("run/made/group/3/2")
    assert isinstance(group["rollouts"], list)
    assert [r["place"] for r in group["rollouts"] if isinstance(r, dict)] == [0, 1, 2, 3]
    with pytest.raises(LookupError, match="holds no tokens; it is of an older version"):
        of.answer("run/made/tokens/3/2/0")
    assert of.answer("run/made/search?outcome=stale")["total"] == 0
    assert of.answer("run/made")["complaints"] == []


def test_groups_of_one_problem_in_a_row_are_told_apart_by_their_size() -> None:
    rollouts = Rollouts(Path("run"), group_size=2)
    assert rollouts._numbered(["a", "a", "a", "a", "b", "b"]) == [0, 0, 1, 1, 2, 2]
    assert Rollouts(Path("run"))._numbered(["a", "a", "b", "a"]) == [0, 0, 1, 2]


def test_a_half_written_file_is_said_and_breaks_nothing_else(copied: Path) -> None:
    path = copied / "made/rollouts/step-000002.parquet"
    path.write_bytes(path.read_bytes()[:-500])
    with (copied / "made/metrics.jsonl").open("a") as file:
        file.write('{"stage": "rlvr", "step": 5, "rew')
    (copied / "made/versions.json").write_text("{")
    of = answers(copied)
    run = of.answer("run/made")
    said = " ".join(map(str, run["complaints"] if isinstance(run["complaints"], list) else []))
    assert "step-000002.parquet: cannot be read" in said and "versions.json: cannot be read" in said
    assert isinstance(run["metrics"], dict) and run["metrics"]["rollouts"]["steps"] == [1, 3, 4]  # type: ignore[index, call-overload]
    with pytest.raises(ValueError, match=r"step-000002.parquet: cannot be read .*; half written, or damaged"):
        of.answer("run/made/step/2")
    assert of.answer("run/made/step/3")["groups"]
    assert of.answer("run/made/search?outcome=error")["total"] == 3


def test_a_run_that_has_only_begun_has_a_page(tmp_path: Path) -> None:
    (tmp_path / "young").mkdir()
    (tmp_path / "young/owner.json").write_text('{"variant": "instruct"}')
    run = answers(tmp_path).answer("run/young")
    assert run["state"] == "stopped" and run["steps"] == []
    assert run["complaints"] == ["metrics.jsonl: No such file or directory; no curve can be drawn"]
    with pytest.raises(ValueError, match="no run here; give OUT or OUT/<recipe name>"):
        answers(tmp_path / "young/nothing").answer("runs")


# -- one file


def test_a_file_holds_no_markup_of_a_completion_and_names_its_scripts(made: Path) -> None:
    text = of_groups(answers(made), "made", [("3", 1), ("4", 0)])
    head, data, tail = re.split(r'<script type="application/json" id="data">|</script>\n<script>', text)
    assert "<" not in data, "nothing in it ends the element"
    assert head.count("<script") == 0 and tail.count("<script") == 0
    assert re.search(r"script-src 'sha256-[\w+/=]+'; style-src 'sha256-[\w+/=]+'", head) and "unsafe" not in head
    kept = json.loads(data)["answers"]
    assert set(kept) == {"run/made", "run/made/step/3", "run/made/step/4", "run/made/group/3/1", "run/made/group/4/0"}
    assert [row["group"] for row in kept["run/made/step/3"]["groups"]] == [1]
    assert len(text) < 700_000, "of a completion of a million characters the first 50,000"
