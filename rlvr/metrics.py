"""Numbers of one step, summed before they are divided, under the names that `metrics.jsonl` has."""

from collections import Counter
from collections.abc import Sequence

from temper.rlvr.rollout import Calling, Group, Rollout
from temper.verifiers.verdict import VerifierError


def stop_on_errors(where: str, groups: Sequence[Group], max_share: float, field: str) -> None:
    """Raises VerifierError, with tracebacks, when our own errors took more than `max_share` (the recipe's `field`) of
    the rollouts."""
    rollouts = [rollout for group in groups for rollout in group.rollouts]
    stop_on_lost(where, [(rollout.error, rollout.traceback) for rollout in rollouts], max_share, field)


def stop_on_lost(where: str, ends: Sequence[tuple[str, str]], max_share: float, field: str) -> None:
    """The same of (error, traceback) a rollout, both empty where there was none."""
    errors = Counter(error for error, _ in ends if error)
    if errors.total() > max_share * len(ends):
        traces = dict(ends)
        common = "\n".join(f"{n} x {error}\n{traces[error]}".rstrip() for error, n in errors.most_common(3))
        raise VerifierError(
            f"{where}: {errors.total()} of {len(ends)} rollouts lost to our own errors, more than "
            f"{field} {max_share}; the most common:\n{common}"
        )


def step_metrics(taken: Sequence[Group], dropped: Sequence[Group], step: int, places: int) -> dict[str, float]:
    """Of the groups that a step took and dropped. Shares are over groups with two rewards or more, or over all
    rollouts; staleness is over the tokens of the groups taken.

    `groups/flat`: dropped without variance; `groups/refilled`: of the batch's `places`, those that went to a group
    asked for beyond them; `groups/missing`: those that stayed empty.
    """
    groups = [*taken, *dropped]
    rollouts = [rollout for group in groups for rollout in group.rollouts]
    judged = [group for group in groups if len(group.rewards) >= 2]
    rewards = [reward for group in groups for reward in group.rewards]
    scores = [score for group in groups for score in group.scores]
    flat = sum(len(group.rewards) >= 2 and not group.mixed for group in dropped)
    return {
        "reward": _share(sum(rewards), len(rewards)),
        "score": _share(sum(scores), len(scores)),
        "groups/mixed": _share(sum(group.mixed for group in judged), len(judged)),
        "groups/all_correct": _share(sum(min(group.scores) == 1.0 for group in judged), len(judged)),
        "groups/all_wrong": _share(sum(max(group.scores) == 0.0 for group in judged), len(judged)),
        "groups/dropped": float(len(dropped)),
        "groups/flat": float(flat),
        "groups/refilled": float(max(0, min(flat, len(taken) + flat - places))),
        "groups/missing": float(places - len(taken)),
        "completion/tokens": _share(sum(r.transcript.num_sampled for r in rollouts), len(rollouts)),
        "completion/truncated": _share(sum(r.stop_reason != "stop" for r in rollouts), len(rollouts)),
        "rollouts/errors": float(sum(bool(r.error) for r in rollouts)),
        "rollouts/abstained": float(sum(r.verdict is not None and r.verdict.score is None for r in rollouts)),
        **_calls(rollouts),
        **_staleness(taken, step),
        **_by_verifier(rollouts),
    }


def _share(of: float, total: int) -> float:
    return of / total if total else 0.0


def _calls(rollouts: Sequence[Rollout]) -> dict[str, float]:
    """Of the rollouts whose problem has a session; nothing where there is none."""
    some = [rollout for rollout in rollouts if rollout.problem.session is not None]
    if not some:
        return {}
    turns = [len(rollout.turns) for rollout in some]
    faults = Counter(one.fault for rollout in some for turn in rollout.turns for one in turn.answered)
    calls, total = faults.total(), sum((rollout.calling for rollout in some), Calling())
    return {
        "turns/mean": _share(sum(turns), len(turns)),
        "turns/max": float(max(turns)),
        "turns/recoded": float(total.recoded),
        "turns/exhausted": _share(sum(rollout.stop_reason == "turns" for rollout in some), len(some)),
        "calls/rollout": _share(calls, len(some)),
        "calls/valid": _share(faults[""], calls),
        **{f"calls/failed/{fault}": float(count) for fault, count in sorted(faults.items()) if fault},
        "calls/seconds": total.seconds,
        "sessions/replayed": float(total.replayed),
        "sessions/differed": float(total.differed),
        "sessions/evicted": float(total.evicted),
    }


def _staleness(taken: Sequence[Group], step: int) -> dict[str, float]:
    """The largest, the mean, and the share of tokens at each."""
    lags: Counter[int] = Counter()
    for group in taken:
        for rollout in group.rollouts:
            for version, count in rollout.transcript.sampled_versions.items():
                lags[step - version] += count
    tokens = lags.total()
    shares = {f"staleness/{lag}": count / tokens for lag, count in sorted(lags.items())}
    mean = _share(sum(lag * count for lag, count in lags.items()), tokens)
    return {"staleness/max": float(max(lags, default=0)), "staleness/mean": mean, **shares}


def _by_verifier(rollouts: Sequence[Rollout]) -> dict[str, float]:
    """Counts and mean score of each verifier, and of each part of the compositions."""
    counts: dict[str, float] = {}
    scores: dict[str, list[float]] = {}
    for rollout in rollouts:
        verdict, spec = rollout.verdict, rollout.problem.verifier
        name = spec if isinstance(spec, str) else "composition"
        outcome = f"verifier/{name}/{verdict.outcome if verdict else 'errors'}"
        counts[outcome] = counts.get(outcome, 0.0) + 1
        if verdict is not None and verdict.score is not None:
            parts = {f"{name}.{part}": score for part, score in verdict.parts.items()}
            for label, score in {name: verdict.score, **parts}.items():
                scores.setdefault(label, []).append(score)
    means = {f"verifier/{label}/score": sum(of) / len(of) for label, of in scores.items()}
    return counts | means
