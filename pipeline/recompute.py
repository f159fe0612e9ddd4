"""`temper recompute RUN`: what each step of RLVR made of its rollouts, and each score of `eval`, from the files alone.

Of every step: rewards and advantages of each rollout and whether it is in the loss; N, the tokens in the loss; the
share that IcePop drops, of all and by place, and the mean logprob gap, from the engine's and the trainer's logprobs;
score and reward; the shares of mixed, right and wrong groups; tokens, truncation and staleness. Of every checkpoint:
score and standard error. Each is compared with what the run told. The formulas are written out here anew, none of them
is the run's own but the shaping of a reward, so a slip in one of the two shows.

    leave_one_out  R_i - (sum R - R_i) / (G - 1)
    normalised     (R_i - m) / sqrt(sum (R_j - m)^2 / (G - 1)),  m = sum R / G
    centred        R_i - m
"""

import json
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from temper.pipeline.metrics import read_metrics
from temper.rlvr.record import read_policy_logprobs, read_rollouts
from temper.rlvr.section import RlvrSection
from temper.rlvr.shaping import shaped

SAME_WITHIN = 1e-12
"""Difference that is rounding, of a number of 1 at most; of a larger one that share of it."""

Row = dict[str, Any]


@dataclass
class Recomputed:
    numbers: int = 0
    """Compared."""
    steps: int = 0
    checkpoints: int = 0
    different: list[str] = field(default_factory=list)
    """What differs, the first first."""

    def compare(self, where: str, told: object, found: object) -> None:
        self.numbers += 1
        if not _same(told, found):
            self.different.append(f"{where}: the run says {told!r}, its rollouts {found!r}")

    def table(self) -> str:
        differing = len(self.different)
        return f"{self.steps} steps, {self.checkpoints} checkpoints: {self.numbers:,} numbers, {differing:,} differ"


def _same(told: object, found: object) -> bool:
    if isinstance(told, int | float) and isinstance(found, int | float):
        return abs(told - found) <= SAME_WITHIN * max(1.0, abs(told))
    return told == found


def recompute(run: Path) -> Recomputed:
    """Of the run folder OUT/<recipe name>. Raises ValueError where there is none, or a file lacks a column."""
    found = Recomputed()
    try:
        resolved = yaml.safe_load((run / "recipe.resolved.yaml").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ValueError(f"{run}: no recipe.resolved.yaml; give the folder OUT/<recipe name> of a run") from None
    told = {line["step"]: line for line in read_metrics(run / "metrics.jsonl") if line["stage"] == "rlvr"}
    if told:
        section = RlvrSection.model_validate(resolved["rlvr"])
        for step, line in sorted(told.items()):
            _step(found, run, step, line, section)
    summary = json.loads((run / "summary.json").read_bytes()) if (run / "summary.json").exists() else {}
    for name, score in (summary.get("eval") or {}).items():
        _score(found, run / "rollouts-eval" / f"{name}.parquet", score)
    if not found.numbers:
        raise ValueError(f"{run}: neither a step of rlvr nor a score of eval; give a run that has one of these stages")
    return found


def _step(found: Recomputed, run: Path, step: int, told: Mapping[str, float], section: RlvrSection) -> None:
    path = run / "rollouts" / f"step-{step:06d}.parquet"
    policy_path = (run / "rollouts").resolve().parent / "policy" / path.name
    for file in (path, policy_path):
        if not file.is_file():
            found.different.append(f"{file}: the run says that step {step} was made, its file is missing")
            return
    rows = [row for _, row in read_rollouts(path, tokens=True)]
    found.steps += 1
    groups: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row["group"]].append(row)
    for group in groups.values():
        _group(found, path.name, group, section)
    taken = [row for row in rows if not row["dropped"]]
    spoken = read_policy_logprobs(policy_path)
    numbers = {
        "loss_tokens": float(sum(_loss_tokens(row) for row in taken)),
        **_of_groups(groups.values()),
        **_of_rows(rows),
        **_staleness(taken, step - 1),
        **_icepop(list(zip(taken, spoken, strict=False)), section.objective.icepop, told),
    }
    for name, value in numbers.items():
        found.compare(f"{path.name}: {name}", told.get(name), value)


def _group(found: Recomputed, where: str, group: Sequence[Row], section: RlvrSection) -> None:
    rewards = [_reward(row, section) for row in group]
    present = [reward for reward in rewards if reward is not None]
    for row, reward in zip(group, rewards, strict=True):
        at = f"{where}: problem {row['problem_id']!r}"
        found.compare(f"{at}: reward", row["reward"], reward)
        found.compare(f"{at}: advantage", row["advantage"], _ADVANTAGES[section.objective.baseline](reward, present))
        found.compare(f"{at}: in_loss", row["in_loss"], _in_loss({**row, "reward": reward}))


def _reward(row: Row, section: RlvrSection) -> float | None:
    if row["score"] is None:
        return None
    # Of several turns the completion is the last one's alone.
    text = "\n".join(turn["text"] for turn in json.loads(row["turns"])) or row["completion"]
    return shaped(row["score"], text, _sampled(row), section.max_completion_tokens, section.shaping)


def _flat(of: Callable[[float, Sequence[float]], float]) -> Callable[[float | None, Sequence[float]], float]:
    """0 for a rollout without a reward, and for all of a group that has fewer than two of them, or one alone."""

    def advantage(reward: float | None, rewards: Sequence[float]) -> float:
        return 0.0 if reward is None or len(set(rewards)) < 2 else of(reward, rewards)

    return advantage


def _deviation(rewards: Sequence[float]) -> float:
    mean = math.fsum(rewards) / len(rewards)
    return math.sqrt(math.fsum((reward - mean) ** 2 for reward in rewards) / (len(rewards) - 1))


_ADVANTAGES = {
    "leave_one_out": _flat(lambda reward, of: reward - (math.fsum(of) - reward) / (len(of) - 1)),
    "normalised": _flat(lambda reward, of: (reward - math.fsum(of) / len(of)) / _deviation(of)),
    "centred": _flat(lambda reward, of: reward - math.fsum(of) / len(of)),
}


def _own(row: Row) -> Any:
    """Places of the tokens that the policy chose."""
    return np.setdiff1d(np.arange(len(row["token_ids"])), row["unsampled"])


def _sampled(row: Row) -> int:
    return len(row["token_ids"]) - len(row["unsampled"])


def _in_loss(row: Row) -> bool:
    return row["reward"] is not None and not row["dropped"] and row["stop_reason"] == "stop"


def _loss_tokens(row: Row) -> int:
    return _sampled(row) if _in_loss(row) else 0


def _of_groups(groups: Iterable[Sequence[Row]]) -> dict[str, float]:
    """Shares of the groups with two rewards or more."""
    judged = [group for group in groups if sum(row["reward"] is not None for row in group) >= 2]
    rewards = [{row["reward"] for row in group} - {None} for group in judged]
    scores = [{row["score"] for row in group} - {None} for group in judged]
    return {
        "groups/mixed": _mean([float(len(of) > 1) for of in rewards]),
        "groups/all_correct": _mean([float(of == {1.0}) for of in scores]),
        "groups/all_wrong": _mean([float(of == {0.0}) for of in scores]),
    }


def _of_rows(rows: Sequence[Row]) -> dict[str, float]:
    return {
        "reward": _mean([row["reward"] for row in rows if row["reward"] is not None]),
        "score": _mean([row["score"] for row in rows if row["score"] is not None]),
        "completion/tokens": _mean([_sampled(row) for row in rows]),
        "completion/truncated": _mean([float(row["stop_reason"] != "stop") for row in rows]),
        "rollouts/errors": float(sum(row["outcome"] == "error" for row in rows)),
        "rollouts/abstained": float(sum(row["outcome"] == "abstained" for row in rows)),
    }


def _staleness(taken: Sequence[Row], step: int) -> dict[str, float]:
    """Of the tokens that were trained under the weights of `step`."""
    lags = [step - row["policy_versions"][place] for row in taken for place in _own(row).tolist()]
    return {"staleness/max": float(max(lags, default=0)), "staleness/mean": _mean(lags)}


def _icepop(
    rows: Sequence[tuple[Row, Sequence[float]]], bounds: tuple[float, float], told: Mapping[str, float]
) -> dict[str, float]:
    """Shares of the tokens in the loss whose ratio of trainer to engine is out of bounds, and the mean gap. A place is
    counted where `told` begins to count it: from 0, from 64 and so on."""
    gaps, outside, places = [np.zeros(0)], [np.zeros(0, bool)], [np.zeros(0, int)]
    for row, policy in rows:
        if not _in_loss(row):
            continue
        free = _own(row)
        ours, theirs = (np.array(of, np.float32)[free] for of in (policy, row["rollout_logprobs"]))
        ratio = np.exp(ours - theirs)  # in float32, as the trainer has it
        outside.append(~((ratio >= bounds[0]) & (ratio <= bounds[1])))
        gaps.append(np.abs(ours.astype(float) - theirs.astype(float)))
        places.append(free)
    gap, out, place = (np.concatenate(of) for of in (gaps, outside, places))
    prefix = "icepop/dropped/"
    starts = sorted(int(name.removeprefix(prefix).removesuffix("+")) for name in told if name.startswith(prefix))
    shares = {"icepop/dropped": _mean(out), "logprob_gap/mean": _mean(gap)}
    for start, end in zip(starts, [*starts, math.inf][1:], strict=True):
        shares[f"{prefix}{start}+"] = _mean(out[(place >= start) & (place < end)])
    return shares


def _mean(values: Any) -> float:
    return math.fsum(values) / len(values) if len(values) else 0.0


def _score(found: Recomputed, path: Path, told: Mapping[str, float]) -> None:
    if not path.is_file():
        found.different.append(f"{path}: the run says that it was scored, its file is missing")
        return
    found.checkpoints += 1
    scores: dict[int, list[float]] = defaultdict(list)
    rows = [row for _, row in read_rollouts(path, tokens=True)]
    for row in rows:
        scores[row["group"]] += [row["score"]] if row["score"] is not None else []
    means = [_mean(of) for of in scores.values() if of]
    numbers = {
        "score": _mean(means),
        "stderr": _deviation(means) / math.sqrt(len(means)) if len(means) > 1 else 0.0,
        "n": len(means),
        "unscored": len(scores) - len(means),
        "errors": sum(row["outcome"] == "error" for row in rows),
        "truncated": _mean([float(row["stop_reason"] != "stop") for row in rows]),
    }
    for name, value in numbers.items():
        found.compare(f"{path.name}: {name}", told.get(name), value)
