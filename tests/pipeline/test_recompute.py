"""`temper recompute`: a run's numbers again from its rollouts, and any that is not what it was."""

import json
import random
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from temper.pipeline.cli import main
from temper.pipeline.recompute import recompute
from temper.rlvr.evaluate import score_of
from temper.rlvr.groups import close
from temper.rlvr.loss.gap import icepop
from temper.rlvr.metrics import step_metrics
from temper.rlvr.record import write_policy_logprobs, write_rollouts
from temper.rlvr.rollout import Completion, Group, Rollout, StopReason, Turn
from temper.rlvr.section import RlvrSection
from temper.rlvr.transcript import Transcript, places
from temper.verifiers.problem import Problem
from temper.verifiers.verdict import abstained, scored

OBJECTIVES = ("mellum", "grpo", "dr_grpo")


def section(objective: str) -> RlvrSection:
    return RlvrSection.model_validate(
        {
            "data": [{"kind": "generated", "rows": 1}], "steps": 3, "problems_per_step": 2, "group_size": 4,
            "max_prompt_tokens": 8, "max_completion_tokens": 90,
            "schedule": {"learning_rate": 1e-3}, "objective": {"kind": objective},
            "shaping": {"overlong": {"buffer_tokens": 20}},
        }
    )  # fmt: skip


def group(draw: random.Random, name: str, of: RlvrSection, step: int) -> Group:
    problem, rollouts = Problem(id=name, prompt="?", verifier="math", answer="1"), []
    for place in range(of.group_size):
        tokens = draw.choice([30, 70, 85])
        logprobs = torch.tensor([draw.uniform(-3, -0.01) for _ in range(tokens)]).tolist()
        versions = tuple(max(0, step - int(i < tokens // 2)) for i in range(tokens))
        ended: StopReason = "length" if place == 3 and draw.random() < 0.5 else "stop"
        done = Completion("so", tuple(range(tokens)), tuple(logprobs), ended, versions, ((1, 2),) if place == 1 else ())
        verdict = draw.choice([scored(1.0), scored(0.0), scored(0.3), scored(1.0), abstained("no key"), None])
        written = Transcript().wrote(done.tokens, done.rollout_logprobs, done.policy_versions, done.unsampled)
        rollout = Rollout(problem, (7, 8), (Turn(done),), written, ended, verdict, "" if verdict else "sandbox: gone")
        rollouts.append(rollout)
    return close(Group(problem, tuple(rollouts)), of)


@pytest.fixture
def run(tmp_path: Path) -> Callable[[str], Path]:
    """A run folder with three steps and a score; what it tells comes from the run's own functions."""

    def make(objective: str) -> Path:
        draw, of = random.Random(f"{objective}/0"), section(objective)
        folder, stage = tmp_path / "out/small", tmp_path / "out/stages/rlvr-x"
        folder.mkdir(parents=True)
        lines = []
        for step in range(3):
            taken = [group(draw, f"{step}-{i}", of, step) for i in range(2)]
            dropped = [group(draw, f"{step}-dropped", of, step)]
            for rollout in dropped[0].rollouts:
                rollout.why_dropped = "flat"
            write_rollouts(stage / f"rollouts/step-{step + 1:06d}.parquet", step + 1, [*taken, *dropped])
            rows = [rollout for each in taken for rollout in each.rollouts]
            told = step_metrics(taken, dropped, step, 2) | _learner(draw, rows, of, stage, step)
            lines.append({"stage": "rlvr", "step": step + 1, **told})
        (folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        (folder / "recipe.resolved.yaml").write_text(json.dumps({"rlvr": of.model_dump(mode="json")}))
        (folder / "rollouts").symlink_to("../stages/rlvr-x/rollouts")
        scored_groups = [group(draw, f"held-{i}", of, 0) for i in range(9)]
        write_rollouts(tmp_path / "out/stages/eval-y/rollouts/rlvr.parquet", 0, scored_groups)
        (folder / "rollouts-eval").symlink_to("../stages/eval-y/rollouts")
        (folder / "summary.json").write_text(json.dumps({"eval": {"rlvr": score_of(scored_groups).as_json()}}))
        return folder

    return make


def _learner(draw: random.Random, rows: list[Rollout], of: RlvrSection, stage: Path, step: int) -> dict[str, float]:
    """What the trainer says of a batch, which it writes and tells."""
    said = []
    gaps: list[float] = []
    out: dict[int, list[float]] = {0: [], 64: []}
    for rollout in rows:
        theirs = torch.tensor(rollout.transcript.rollout_logprobs)
        ours = theirs + torch.tensor([draw.choice([0.0, 0.1, -0.9, 2.0]) for _ in theirs])
        said.append(ours.tolist() if rollout.in_loss else [0.0])
        weights = icepop(ours, theirs, of.objective.icepop)
        for place in range(len(theirs)):
            if rollout.in_loss and place not in places(rollout.transcript.unsampled):
                gaps.append(abs(ours[place].item() - theirs[place].item()))
                out[0 if place < 64 else 64].append(float(weights[place] == 0))
    write_policy_logprobs(stage / f"policy/step-{step + 1:06d}.parquet", said)
    return {
        "loss_tokens": float(len(gaps)), "logprob_gap/mean": statistics.fmean(gaps),
        "icepop/dropped": statistics.fmean([*out[0], *out[64]]),
        **{f"icepop/dropped/{start}+": statistics.fmean(of) for start, of in out.items() if of},
    }  # fmt: skip


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_every_number_of_a_run_comes_again(
    run: Callable[[str], Path], objective: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = run(objective)
    found = recompute(folder)
    assert found.different == [] and (found.steps, found.checkpoints) == (3, 1)
    assert main(["recompute", str(folder)]) == 0
    assert capsys.readouterr().out.startswith(f"3 steps, 1 checkpoints: {found.numbers} numbers, 0 differ\n")


TOLD = [
    "score", "reward", "groups/mixed", "groups/all_wrong", "completion/tokens", "completion/truncated", "loss_tokens",
    "icepop/dropped", "icepop/dropped/64+", "logprob_gap/mean", "staleness/mean", "staleness/max", "rollouts/errors",
]  # fmt: skip


@pytest.mark.parametrize("name", TOLD)
def test_a_number_that_was_told_otherwise_is_named(
    run: Callable[[str], Path], name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = run("mellum")
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    lines[1][name] += 3e-12 * max(1.0, abs(lines[1][name]))
    (folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert main(["recompute", str(folder)]) == 1
    assert f"first step-000002.parquet: {name}: the run says " in capsys.readouterr().out


def shifted(column: str, by: float) -> Callable[[list[dict[str, Any]]], None]:
    def change(rows: list[dict[str, Any]]) -> None:
        row = next(row for row in rows if row["in_loss"] and row["advantage"])
        row[column] = [value + by for value in row[column]] if isinstance(row[column], list) else row[column] + by

    return change


def rotated(rows: list[dict[str, Any]]) -> None:
    """Advantages go to the next rollout of their group."""
    values = [row["advantage"] for row in rows]
    for row, value in zip(rows, values[1:] + values[:1], strict=True):
        row["advantage"] = value


CHANGES: dict[str, tuple[Callable[[list[dict[str, Any]]], object], str]] = {
    "one advantage": (shifted("advantage", 1e-9), "advantage"),
    "one reward": (shifted("reward", 1e-9), "reward"),
    "advantages rotated": (rotated, "advantage"),
    "logprobs of one rollout": (shifted("rollout_logprobs", 0.25), "gap/mean|icepop/dropped"),
    "versions of one rollout": (shifted("policy_versions", 1), "staleness"),
    "in the loss": (lambda rows: rows[0].update(in_loss=not rows[0]["in_loss"]), "in_loss"),
    "unsampled": (lambda rows: [row.update(unsampled=[0]) for row in rows if row["in_loss"]], "loss_tokens"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "said"), CHANGES.values(), ids=list(CHANGES))
def test_a_rollout_that_is_another_is_named(
    run: Callable[[str], Path], change: Callable[[list[dict[str, Any]]], object], said: str
) -> None:
    folder = run("grpo")
    path = folder / "rollouts/step-000003.parquet"
    table = pq.read_table(path)
    rows = table.to_pylist()
    change(rows)
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), path)
    different = recompute(folder).different
    assert any(part in line for line in different for part in said.split("|")), different
    assert all(line.startswith("step-000003.parquet: ") for line in different)


def test_a_score_that_was_told_otherwise_and_a_file_that_is_gone_are_named(run: Callable[[str], Path]) -> None:
    folder = run("dr_grpo")
    summary = json.loads((folder / "summary.json").read_text())
    summary["eval"]["rlvr"]["stderr"] *= 1 + 1e-9
    (folder / "summary.json").write_text(json.dumps(summary))
    (folder / "rollouts/step-000001.parquet").unlink()
    first, second = recompute(folder).different
    assert first.endswith("step-000001.parquet: the run says that step 1 was made, its file is missing")
    assert second.startswith("rlvr.parquet: stderr: the run says ")


def test_what_is_no_run_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recompute", str(tmp_path)]) == 2
    assert "no recipe.resolved.yaml; give the folder OUT/<recipe name>" in capsys.readouterr().err
