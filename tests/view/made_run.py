"""A run folder made without a run, of any size: plausible numbers, rollouts of every end, texts that mean harm."""

import json
import math
import random
from collections.abc import Iterator
from pathlib import Path

from temper.rlvr.dialogue import of_one_turn
from temper.rlvr.record import write_policy_logprobs, write_rollouts
from temper.rlvr.rollout import Completion, DropReason, Group, Rollout, StopReason
from temper.verifiers.problem import Problem
from temper.verifiers.verdict import abstained, scored

WORDS = tuple("so we add the tens and then carry one which gives a number that must be checked again".split())  # noqa: SIM905
HOSTILE = (
    "<script>document.title = 'taken'; fetch('http://127.0.0.1:9/')</script>"
    "<img src=x onerror=\"document.title='taken'\">"
    "</script><!--<style>*{display:none}</style> \x1b[31m \x00 \x08 \u202egnp.exe\u202c \u2066 {{constructor}} ${x}"
)
"""Markup, a terminal's control, what turns the writing."""


def make_run(out: Path, name: str = "made", steps: int = 6, problems: int = 6, size: int = 4, words: int = 40) -> Path:
    """OUT/<name> and its stages; `words` are those of a completion."""
    folder, stage = out / name, out / "stages" / f"rlvr-{name:0<12.12}"
    folder.mkdir(parents=True)
    recipe = f"name: {name}\nvariant: instruct\nseed: 3\nrlvr:\n  group_size: {size}\n  steps: {steps}\n"
    _write(folder / "owner.json", {"variant": "instruct", "base": "0", "recipe": str(folder / "recipe.yaml")})
    (folder / "recipe.yaml").write_text(f"extends: base.yaml\nname: {name}\n")
    (folder / "recipe.resolved.yaml").write_text(recipe)
    _write(folder / "versions.json", {"python": "3.11", "cpus": 2})
    _write(
        folder / "stages.json",
        {"stages": [{"name": "sft", "folder": "sft-000"}, {"name": "rlvr", "folder": stage.name}]},
    )
    _write(
        out / "stages/sft-000/stage.json",
        {"key": "000", "result": {"seconds": 12.0, "samples": 500, "dropped_too_long": 3}},
    )
    _write(stage / "stage.json", {"key": "1", "result": {"seconds": 130.0, "steps": steps, "problems": problems * 2}})
    for link, target in (("rollouts", "rollouts"), ("rollouts-validation", "validation")):
        (folder / link).symlink_to(Path("..") / "stages" / stage.name / target)
    rng = random.Random(name)
    lines = [{"stage": "sft", "step": i, "loss": 2 / i, "grad_norm": 1.0, "learning_rate": 0.001} for i in range(1, 21)]
    for step in range(1, steps + 1):
        groups = list(_groups(rng, step, steps, problems, size, words))
        write_rollouts(stage / "rollouts" / f"step-{step:06d}.parquet", step, groups)
        taken = [r for group in groups for r in group.rollouts if not r.dropped]
        policy = [[lp + rng.gauss(0, 0.05) for lp in r.transcript.rollout_logprobs] for r in taken]
        write_policy_logprobs(stage / "policy" / f"step-{step:06d}.parquet", policy)
        lines.append({"stage": "rlvr", "step": step, **_numbers(rng, step, steps, groups)})
    write_rollouts(stage / "validation" / "step-000000.parquet", 0, list(_groups(rng, 0, steps, 2, 1, words)))
    (folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    alarm = {"metric": "entropy", "text": "entropy moved: entropy 0.01", "group": 1}
    (folder / "alarms.jsonl").write_text(json.dumps({"stage": "rlvr", "step": steps, **alarm}) + "\n")
    scores = {"sft": {"score": 0.4, "stderr": 0.02, "n": 500}, "rlvr": {"score": 0.7, "stderr": 0.02, "n": 500}}
    _write(folder / "summary.json", {"name": name, "seed": 3, "eval": scores, "seconds": {"sft": 12.0}, "counts": {}})
    return folder


def _write(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))


def _groups(rng: random.Random, step: int, steps: int, problems: int, size: int, words: int) -> Iterator[Group]:
    """The first group of a step holds an abstention, an error of ours and a truncated rollout; the last ones are
    dropped, one as flat and one as stale; the second one's texts mean harm."""
    for number in range(problems):
        kind = ("add", "code")[number % 2]
        problem = Problem(
            id=f"{kind}-{number if number < 3 else rng.randrange(3, problems * 2)}",
            prompt=HOSTILE if number == 1 else f"What is {number} + {step}?",
            verifier="math" if kind == "add" else "code",
            answer=number + step,
            params={"hint": HOSTILE} if number == 1 else {},
            metadata={"source": kind},
        )
        rollouts = [_rollout(rng, problem, number, place, step / steps, step, words) for place in range(size)]
        if number >= max(2, problems - 2):
            why: DropReason = "flat" if number == problems - 1 else "stale"
            for rollout in rollouts:
                rollout.why_dropped = why
        yield Group(problem, tuple(rollouts))


def _rollout(
    rng: random.Random, problem: Problem, number: int, place: int, skill: float, step: int, words: int
) -> Rollout:
    length = max(3, int(rng.gauss(words, words / 4)))
    thought = " ".join(rng.choices(WORDS, k=length))
    right = rng.random() < 0.2 + 0.6 * skill
    text = f"<think>{thought}</think>The answer is \\boxed{{{problem.answer if right else 0}}}."
    if number == 1:
        text = HOSTILE if place else "x" * 1_000_000
    logprobs = tuple(-abs(rng.gauss(0, 1)) for _ in range(length))
    ended: StopReason = "length" if (number, place) == (0, 2) else "stop"
    done = Completion(text, tuple(rng.choices(range(300), k=length)), logprobs, ended, (max(step - 1, 0),) * length)
    rollout = of_one_turn(problem, (1, 2, 3), done)
    rollout.seconds = rng.random() / 50
    if (number, place) == (0, 0):
        rollout.verdict = abstained("the key '4x' cannot be read")
    elif (number, place) == (0, 1):
        rollout.error = "sandbox: the slot was lost twice"
    else:
        said = (
            "equals the key" if right else f"read '0', the key is '{problem.answer}'; first failing test: case 2 of 5"
        )
        rollout.verdict = scored(float(right), HOSTILE if number == 1 else said)
        rollout.reward, rollout.advantage = float(right) * 0.8, (0.5 if right else -0.5)
        rollout.shaping = {"concision": 0.8} if right else {}
        if place % 2:
            rollout.shadow, rollout.shadow_detail = 0.0, "hidden test 3 of 4 fails"
    return rollout


def _numbers(rng: random.Random, step: int, steps: int, groups: list[Group]) -> dict[str, float]:
    part = step / steps
    rewards = [r.reward for g in groups for r in g.rollouts if r.reward is not None]
    mixed = sum(g.mixed for g in groups) / len(groups)
    found = {
        "reward": sum(rewards) / len(rewards),
        "score": sum(rewards) / len(rewards) / 0.8,
        "groups/mixed": mixed,
        "groups/all_correct": (1 - mixed) * part,
        "groups/all_wrong": (1 - mixed) * (1 - part),
        "completion/tokens": 40 + 20 * part + rng.random(),
        "entropy": 1.2 * math.exp(-part),
        "icepop/dropped": 0.002 * rng.random(),
        "logprob_gap/mean": 0.004 + 0.001 * rng.random(),
        "staleness/mean": 0.4,
        "verifier/math/errors": 1.0,
        "seconds/generate": 5 + rng.random(),
        "grad_norm": 0.4 + 0.1 * rng.random(),
    }
    found |= {"completion/truncated": 0.04, "learning_rate": 1e-6, "push/gap_mean": 1e-5, "push/gap_max": 1e-3}
    found |= {"staleness/max": 1.0, "rollouts/errors": 1.0, "rollouts/abstained": 1.0, "groups/missing": 0.0}
    found |= {"groups/dropped": 2.0, "groups/flat": 1.0, "groups/stale": 1.0}
    found |= {"seconds/verify": 1.0, "seconds/train": 3.0, "seconds/push": 0.5, "seconds/wait": 0.7}
    if step % 2 == 0:
        found |= {"validation/score": 0.3 + 0.4 * part, "validation/stderr": 0.03}
    return found
