"""What `temper audit` finds in a recipe's problems before anything trains on them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from temper.pipeline.audit import Finding, audit, audit_run
from temper.pipeline.cli import main
from temper.pipeline.loading import Loaded, load
from temper.pipeline.mistakes import RecipeError
from temper.sandboxes.job import Job, Result, Sandbox, SandboxError
from temper.sandboxes.pool import open_sandbox
from temper.sandboxes.section import SandboxSection
from temper.verifiers.math import Math
from temper.verifiers.problem import Problem
from temper.verifiers.verdict import Verdict, scored
from temper.verifiers.verifier import Probe, Verifier

WriteRecipe = Callable[..., Path]


def problem(name: str, **changes: Any) -> dict[str, Any]:
    return {"id": name, "prompt": f"{name}?", "verifier": "math", "answer": "4", **changes}


class Probing(Verifier):
    """A verifier of one's own that ships a probe."""

    def verify(self, problem: Problem, completion: str, sandbox: Sandbox | None = None) -> Verdict:
        return scored(float(completion == "yes"))

    def probes(self, problem: Problem) -> list[Probe]:
        return [("answer", "yes", 1.0), ("garbage", "no", 0.0)]


@pytest.fixture
def recipe_of(tmp_path: Path) -> Callable[..., Loaded]:
    """A recipe over these training and held-out rows."""

    def made(train: list[dict[str, Any]], held_out: list[dict[str, Any]], *overrides: str) -> Loaded:
        for name, rows in (("train", train), ("held_out", held_out)):
            (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        path = tmp_path / "recipe.yaml"
        path.write_text(
            "extends: temper:tiny/instruct\nname: mine\nsandbox: {kind: local}\n"
            "rlvr: {data: [{kind: file, path: train.jsonl}]}\nheld_out: [{kind: file, path: held_out.jsonl}]\n"
        )
        return load(path, overrides)

    return made


class NoSandbox(Sandbox):
    def run(self, job: Job) -> list[Result]:
        raise SandboxError("none here")

    def close(self) -> None:
        return


def found(loaded: Loaded) -> Finding:
    return audit(loaded.recipe, NoSandbox(), 2, loaded.plugins)


def test_rows_whose_probes_hold_pass(recipe_of: Callable[..., Loaded]) -> None:
    loaded = recipe_of([problem("a"), problem("b", answer="0")], [problem("c", answer="\\frac12")])
    finding = found(loaded)
    assert finding.mistakes(loaded.recipe.audit) == [] and finding.failures == []
    assert [(x.source, x.verifier, x.rows, x.probed, x.failed) for x in finding.lines] == [
        ("rlvr.data.0", "math", 2, 2, 0),
        ("held_out.0", "math", 1, 1, 0),
    ]


def test_a_reference_solution_that_fails_its_tests_is_named(recipe_of: Callable[..., Loaded]) -> None:
    cases = [{"input": "2", "output": "4"}]
    wrong = {"tests": {"kind": "stdio", "cases": cases}, "solution": "print(5)", "time_limit_s": 1}
    right = {**wrong, "solution": "print(int(input()) * 2)"}
    rows = [problem("good", verifier="code", params=right), problem("bad", verifier="code", params=wrong)]
    loaded = recipe_of(rows, [problem("c")])
    sandbox = open_sandbox(SandboxSection(kind="local"))
    try:
        finding = audit(loaded.recipe, sandbox, 2, loaded.plugins)
    finally:
        sandbox.close()
    assert {(f["id"], f["probe"]) for f in finding.failures} == {
        ("bad", "solution"),
        ("bad", "solution after thinking"),
    }
    (mistake,) = finding.mistakes(loaded.recipe.audit)
    assert "1 of 3 probed rows fail" in mistake and "'bad'" in mistake and "expected 1.0, got 0.0" in mistake
    assert finding.mistakes(loaded.recipe.audit.model_copy(update={"max_failed_share": 0.4})) == []


def test_an_error_of_ours_fails_a_row_whatever_the_probe_expects(recipe_of: Callable[..., Loaded]) -> None:
    tests = {"kind": "stdio", "cases": [{"input": "", "output": ""}]}
    finding = found(recipe_of([problem("a", verifier="code", params={"tests": tests})], [problem("c")]))
    assert {f["got"] for f in finding.failures} == {"sandbox: none here"}


def test_prompts_are_compared_within_and_across_train_and_held_out(recipe_of: Callable[..., Loaded]) -> None:
    train = [problem("a", prompt="What is 2 + 2?"), problem("b", prompt=" what IS 2 \n+ 2? ")]
    held_out = [problem("c", prompt="What is ２ + 2?"), problem("d")]
    finding = found(loaded := recipe_of(train, held_out))
    assert finding.duplicates == [
        {"source": "rlvr.data.0", "id": "b", "repeats": "a"},
        {"source": "held_out.0", "id": "c", "in_train": "a"},
    ]
    (mistake,) = finding.mistakes(loaded.recipe.audit)
    assert "1 of 2 held-out prompts also stand in train" in mistake and "'c'" in mistake
    assert "prompts: 1 repeated, 1 of 2 held-out also in train" in finding.table()


def test_a_verifier_without_probes_is_named(recipe_of: Callable[..., Loaded], tmp_path: Path) -> None:
    (tmp_path / "mute_verifier.py").write_text(
        "from temper.verifiers.verdict import scored\nfrom temper.verifiers.verifier import Verifier\n"
        "class Mute(Verifier):\n    def verify(self, problem, completion, sandbox=None): return scored(0.0)\n"
    )
    loaded = recipe_of([problem("a", verifier="mute_verifier:Mute")], [problem("c")])
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(tmp_path)
        finding = found(loaded)
    assert finding.mistakes(loaded.recipe.audit) == []
    assert "no probes: mute_verifier:Mute; nothing is known of what it scores" in finding.table()


@pytest.mark.parametrize("verifier", ["math", f"{__name__}:Probing"])
def test_a_verifier_that_scores_everything_1_is_refused(
    recipe_of: Callable[..., Loaded], monkeypatch: pytest.MonkeyPatch, verifier: str
) -> None:
    loaded = recipe_of([problem("a", verifier=verifier)], [problem("c")], f"verifiers.plugins=[{__name__}]")
    assert found(loaded).mistakes(loaded.recipe.audit) == []
    for of in (Math, Probing):
        monkeypatch.setattr(of, "verify", lambda self, problem, completion, sandbox=None: scored(1.0))
    (mistake,) = found(loaded).mistakes(loaded.recipe.audit)
    assert "probed rows fail" in mistake and "expected 0.0, got 1.0" in mistake


UNREADABLE = "\\oint_\\gamma f\\,dz"


def test_answers_that_cannot_be_read_are_named_and_not_called_passed(recipe_of: Callable[..., Loaded]) -> None:
    train = [problem(f"p{i}", answer=UNREADABLE if i < 12 else "4") for i in range(100)]
    finding = found(loaded := recipe_of(train, [problem("c")], "audit.rows=100"))
    line = finding.lines[0]
    assert (line.rows, line.read, line.unread, line.probed, line.failed) == (100, 100, 12, 88, 0)
    assert [example["id"] for example in finding.unread] == [f"p{i}" for i in range(10)]
    assert "rlvr.data.0: math cannot read 12 of 100 answers" in finding.table()
    assert repr(UNREADABLE) in finding.table()
    (mistake,) = finding.mistakes(loaded.recipe.audit)
    assert "rlvr.data.0: math cannot read 12 of 100 answers, more than audit.max_unread_share 0.02" in mistake
    assert "first 'p0'" in mistake
    assert finding.mistakes(loaded.recipe.audit.model_copy(update={"max_unread_share": 0.12})) == []


@pytest.mark.parametrize("few", [0, 2])
def test_two_unread_answers_in_a_hundred_pass(recipe_of: Callable[..., Loaded], few: int) -> None:
    train = [problem(f"p{i}", answer=UNREADABLE if i < few else "4") for i in range(100)]
    loaded = recipe_of(train, [problem("c")])
    assert found(loaded).mistakes(loaded.recipe.audit) == []


@pytest.mark.parametrize(
    "verifier",
    [
        {"sum": [{"verifier": "math", "weight": 0.5}, {"verifier": "math", "weight": 0.5}]},
        {"gate": {"verifier": "math"}, "then": {"verifier": "math"}},
    ],
)
def test_an_unread_answer_of_a_part_is_one_of_the_whole(recipe_of: Callable[..., Loaded], verifier: object) -> None:
    finding = found(recipe_of([problem("a", verifier=verifier, answer=UNREADABLE)], [problem("c")]))
    assert [example["reason"][:6] for example in finding.unread] == ["math: "]


def test_every_verifier_of_a_source_is_drawn_however_rare(recipe_of: Callable[..., Loaded]) -> None:
    train = [problem(f"p{i}") for i in range(50)] + [problem("rare", verifier="choice", answer="B")]
    lines = found(recipe_of(train, [problem("c")], "audit.rows=5")).lines
    assert [(x.verifier, x.rows, x.probed) for x in lines[:2]] == [("math", 50, 5), ("choice", 1, 1)]


def test_a_run_keeps_the_finding_and_refuses_what_the_audit_refuses(
    recipe_of: Callable[..., Loaded], tmp_path: Path
) -> None:
    loaded = recipe_of([problem("a")], [problem("a")])
    for _ in range(2):  # judged, then read
        with pytest.raises(RecipeError, match=r"recipe.yaml: audit: 1 of 1 held-out prompts also stand in train.*see"):
            audit_run(loaded, tmp_path / "out")
    (kept,) = (tmp_path / "out" / "audits").iterdir()
    stored = json.loads(kept.read_text())
    kept.write_text(json.dumps({**stored, "duplicates": []}))
    audit_run(loaded, tmp_path / "out")
    audit_run(recipe_of([problem("a")], [problem("c")]), tmp_path / "out")
    assert len(list(kept.parent.iterdir())) == 2, "other data, another finding"


def test_the_command_writes_the_rows_and_ends_with_status_1(
    recipe_of: Callable[..., Loaded], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["audit", str(recipe_of([problem("a")], [problem("a")]).source), "--out", str(tmp_path / "rows.jsonl")]
    assert main(command) == 1
    assert json.loads((tmp_path / "rows.jsonl").read_text()) == {"source": "held_out.0", "id": "a", "in_train": "a"}
    assert "rlvr.data.0" in capsys.readouterr().out
    assert main(["audit", str(recipe_of([problem("a")], [problem("c")]).source), *command[2:]]) == 0
    assert main(["audit", str(recipe_of([problem("a", verifier="maths")], [problem("c")]).source), *command[2:]]) == 2
    assert "did you mean 'math'?" in capsys.readouterr().err
