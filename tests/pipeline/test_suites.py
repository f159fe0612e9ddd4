"""Suites: how they are named, sampled once, resumed, and what is made of them."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from temper.pipeline.loading import load, shipped_suites
from temper.pipeline.mistakes import RecipeError
from temper.pipeline.preflight import check_data
from temper.pipeline.scoring import PART, Scored, Scorer, closed, read_scores, rejudge, score_benchmark, scores_folder
from temper.pipeline.standing import of_benchmark, standing
from temper.rlvr.doubles import ScriptedEngine, ScriptedVerifiers
from temper.rlvr.rollout import Request, Sampling
from temper.rlvr.suite import BenchmarkSection, MetricSection
from temper.verifiers.judging import Judgement
from temper.verifiers.plugins import NO_PLUGINS
from temper.verifiers.problem import Message, Problem
from temper.verifiers.verdict import VerifierError, scored
from temper.view.report import suite_tables

SUITE = """
benchmarks:
  - {name: one, data: [{kind: generated, split: held_out, rows: 8}], closing: Be brief.}
  - {name: two, data: [{kind: generated, split: held_out, rows: 8, skip: 8}], lower_is_better: true}
  - name: both
    mean_of: [one, two]
    source: a paper
    published: [{checkpoint: rlvr, variant: instruct, value: 50.0}]
"""


class CountingEngine(ScriptedEngine):
    """Keeps the seeds that it was asked with; dies at request number `dies`."""

    def __init__(self, dies: int = 10**9) -> None:
        super().__init__(lambda i: (str(i % 2), True))
        self.seeds: list[int] = []
        self.dies = dies

    def submit(self, requests: list[Request], sampling: Sampling) -> None:  # type: ignore[override]
        if len(self.seeds) + len(requests) > self.dies:
            raise KeyboardInterrupt
        self.seeds += [request.seed for request in requests]
        super().submit(requests, sampling)


def scorer(tmp_path: Path, text: str = SUITE) -> Scorer:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    loaded = load("temper:tiny/instruct", [f"eval.suites=[{path}]"])
    return Scorer(tmp_path, loaded.recipe, NO_PLUGINS, loaded.folder)


def score(run: Scorer, benchmark: BenchmarkSection, folder: Path, engine: ScriptedEngine, problems: int) -> None:
    made = [Problem(id=f"p{i}", prompt="?", verifier="math", answer="1") for i in range(problems)]
    verifiers = ScriptedVerifiers(lambda problem, text: Judgement(scored(float(text))))
    score_benchmark(run, benchmark, folder, made, Sampling(0.0, 8), lambda p: (1,), engine, verifiers)


def test_a_kill_in_the_middle_samples_no_scored_row_again_and_ends_as_an_undisturbed_run(tmp_path: Path) -> None:
    run = scorer(tmp_path)
    assert run.recipe.eval
    benchmark = run.recipe.eval.suites[0].benchmarks[0]
    problems = 2 * PART + 9
    whole, first, second = CountingEngine(), CountingEngine(dies=2 * PART), CountingEngine()
    score(run, benchmark, tmp_path / "whole", whole, problems)
    with pytest.raises(KeyboardInterrupt):
        score(run, benchmark, tmp_path / "killed", first, problems)
    score(run, benchmark, tmp_path / "killed", second, problems)
    assert first.seeds + second.seeds == whole.seeds and len(set(whole.seeds)) == problems
    assert read_scores(tmp_path / "killed") == read_scores(tmp_path / "whole")
    assert len(read_scores(tmp_path / "whole")) == problems
    third = CountingEngine()
    score(run, benchmark, tmp_path / "whole", third, problems)
    assert third.seeds == []


def test_scores_are_known_by_what_was_asked_and_not_by_what_is_made_of_them(tmp_path: Path) -> None:
    run = scorer(tmp_path)
    assert run.recipe.eval
    suite = run.recipe.eval.suites[0]
    one = suite.benchmarks[0]
    checkpoint = tmp_path / "stages" / "sft-123" / "checkpoint"
    known = scores_folder(run, suite, one, "sft", checkpoint)
    assert scores_folder(run, suite, one.model_copy(update={"lower_is_better": True}), "sft", checkpoint) == known
    pass_at = one.model_copy(update={"metric": MetricSection(kind="pass@k", k=1)})
    assert scores_folder(run, suite, pass_at, "sft", checkpoint) == known
    for change in ({"closing": "Say so."}, {"temperature": 0.5}, {"samples": 2}, {"max_completion_tokens": 7}):
        assert scores_folder(run, suite, one.model_copy(update=change), "sft", checkpoint) != known
    assert scores_folder(run, suite, one, "sft", tmp_path / "stages" / "sft-124" / "checkpoint") != known
    other = replace(run, recipe=run.recipe.model_copy(update={"seed": 5}))
    assert scores_folder(other, suite, one, "sft", checkpoint) != known


def test_the_table_holds_differences_with_their_errors_and_published_values(tmp_path: Path) -> None:
    run = scorer(tmp_path)
    assert run.recipe.eval
    suite = run.recipe.eval.suites[0]
    evaluated = [(name, tmp_path / "stages" / name / "checkpoint") for name in ("sft", "rlvr")]
    said = {"sft": [0.0, 1.0, 0.0, 0.0], "rlvr": [1.0, 1.0, 0.0, 1.0]}
    for benchmark in suite.benchmarks[:2]:
        for name, path in evaluated:
            folder = scores_folder(run, suite, benchmark, name, path)
            folder.mkdir(parents=True)
            lines = {
                f"p{i}": {"scores": [value], "truncated": i == 0, "errors": 0, "unscored": 0, "samples": 1}
                for i, value in enumerate(said[name])
            }
            (folder / "part-000000.json").write_text(json.dumps(lines))
    found = standing(run, evaluated)
    one = found["mine"]["one"]["rlvr"]
    # differences 1, 0, 0, 1: mean 0.5, deviation 0.577, error 0.289
    assert (one["value"], one["difference"]) == (75.0, 50.0)
    assert one["difference_stderr"] == pytest.approx(28.9, abs=0.1)
    assert one["truncated"] == 0.25 and "difference" not in found["mine"]["one"]["sft"]
    both = found["mine"]["both"]["rlvr"]
    assert both["published"] == 50.0 and both["difference_stderr"] == pytest.approx(28.9 / 2**0.5, abs=0.1)
    table = "\n".join(suite_tables(found))
    assert "two (lower)" in table and "+50.0 +- 28.9" in table
    assert table.splitlines()[-1].startswith("both") and table.splitlines()[-1].endswith("50.0")


REJUDGED = """
benchmarks:
  - {name: strict, data: [{kind: generated, rows: 8}]}
  - {name: other, rejudges: strict, params: {units: convert}}
  - {name: same, rejudges: strict, metric: {kind: avg@k, k: 1}}
"""


def test_completions_are_judged_under_other_params_without_being_sampled_again(tmp_path: Path) -> None:
    run = scorer(tmp_path, REJUDGED)
    assert run.recipe.eval
    suite = run.recipe.eval.suites[0]
    path = tmp_path / "stages" / "sft-1" / "checkpoint"
    strict, other, same = (scores_folder(run, suite, one, "sft", path) for one in suite.benchmarks)
    assert strict == same != other, "another metric is read off the same scores"
    engine = CountingEngine()
    score(run, suite.benchmarks[0], strict, engine, PART + 4)
    sampled = len(engine.seeds)
    asked: list[dict[str, object]] = []

    def judged(problem: Problem, text: str) -> Judgement:
        asked.append(problem.params)
        return Judgement(scored(1.0 - float(text) if problem.params else float(text)))

    for _ in range(2):  # the second time nothing is left to do
        rejudge(run, suite.benchmarks[1], strict, other, ScriptedVerifiers(judged))
    assert asked == [{"units": "convert"}] * (PART + 4) and len(engine.seeds) == sampled
    before, now = read_scores(strict), read_scores(other)
    assert before.keys() == now.keys()
    assert all(now[name]["scores"] == [1.0 - before[name]["scores"][0]] for name in now)
    found = standing(run, [("sft", path)])["mine"]
    assert found["strict"]["sft"]["value"] + found["other"]["sft"]["value"] == pytest.approx(100)
    with pytest.raises(ValueError, match="nonsense"):
        wrong = suite.benchmarks[1].model_copy(update={"params": {"nonsense": 1}})
        rejudge(run, wrong, strict, tmp_path / "wrong", ScriptedVerifiers(judged))
    lost = ScriptedVerifiers(lambda problem, text: Judgement(None, "sandbox: gone"))
    with pytest.raises(VerifierError, match=r"other: 256 of 256 rollouts lost to our own errors"):
        rejudge(run, suite.benchmarks[1], strict, tmp_path / "lost", lost)
    assert not (tmp_path / "lost").exists()


def test_pass_at_k_of_a_problem_that_lost_samples_is_left_out() -> None:
    benchmark = BenchmarkSection.model_validate(
        {
            "name": "b", "data": [{"kind": "file", "path": "x"}], "samples": 2, "temperature": 1.0,
            "metric": {"kind": "pass@k", "k": 2},
        }
    )  # fmt: skip
    lines: dict[str, Scored] = {
        name: {"scores": scores, "truncated": 0, "errors": 0, "unscored": 2 - len(scores), "samples": 2}
        for name, scores in {"a": [0.0, 1.0], "b": [1.0], "c": [0.0, 0.0]}.items()
    }
    value, _, shares = of_benchmark(benchmark, {"sft": lines})["sft"]
    assert (value.value, value.n, shares["unscored"]) == (0.5, 2, pytest.approx(1 / 6))


def test_the_closing_instruction_stands_behind_what_is_asked_last() -> None:
    plain = Problem(id="a", prompt="1+1?", verifier="math", answer="2")
    assert closed(plain, "Be brief.").prompt == "1+1?\n\nBe brief."
    turns = [Message(role="system", content="s"), Message(role="user", content="q")]
    prompt = closed(plain.model_copy(update={"prompt": turns}), "Be brief.").prompt
    assert [message.content for message in prompt if not isinstance(message, str)] == ["s", "q\n\nBe brief."]


@pytest.mark.parametrize("name", shipped_suites())
def test_every_shipped_suite_is_read(name: str) -> None:
    suite = load("temper:tiny/instruct", [f"eval.suites=[{name}]"]).recipe.eval
    assert suite and suite.suites[0].name == name and suite.suites[0].benchmarks


ONE = "{{name: a, benchmarks: [{{name: b, data: [{{kind: file, path: x}}], {}}}]}}"


@pytest.mark.parametrize(
    ("suite", "mistake"),
    [
        ("tinny", "no such suite, got 'tinny'; give the path of a YAML file, or a shipped one: did you mean 'tiny'"),
        ("{name: a, benchmarks: [{name: b}]}", "b: no source"),
        ("{name: a, benchmarks: [{name: b, mean_of: [c]}]}", "no benchmark before it is called 'c'"),
        ("{name: a, benchmarks: [{name: b, rejudges: c}]}", "no benchmark with data before it is called 'c'"),
        (ONE.format("rejudges: b"), "give `data`, `mean_of`, `rejudges` or `theirs`, one of them"),
        (ONE.format("params: {mode: loose}"), "params: of no benchmark's completions"),
        (ONE.format("samples: 2"), "greedy ones are all the same"),
        (
            ONE.format("samples: 2, temperature: 1.0, metric: {kind: pass@k, k: 4}"),
            "fewer than k of pass@k, got 2 for 4",
        ),
        (ONE.format("published: [{checkpoint: sft, variant: instruct, value: 1.0}]"), "values without a source"),
    ],
)
def test_a_suite_that_cannot_be_scored_is_refused(suite: str, mistake: str) -> None:
    with pytest.raises(ValueError, match=mistake):
        load("temper:tiny/instruct", [f"eval.suites=[{suite}]"])


def test_a_benchmark_whose_file_is_missing_is_refused_before_anything_starts() -> None:
    loaded = load("temper:tiny/instruct", [f"eval.suites=[{ONE.format('closing: x')}]"])
    with pytest.raises(RecipeError, match=r"eval.suites.a.b.data.0.path: no such dataset file, got '.*/x'"):
        check_data(loaded)
