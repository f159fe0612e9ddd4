"""Scores a policy on held-out problems: the mean over problems of the mean over samples, with its standard error.

The standard error is over problems (a problem's samples are not independent): std of the problem means / sqrt(n).
A completion without a verdict leaves its problem's mean; a problem without any leaves the score, and is counted.
"""

import random
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from temper.rlvr.dialogue import of_one_turn
from temper.rlvr.engine import Engine, generate
from temper.rlvr.estimates import mean_of
from temper.rlvr.rollout import Group, Request, Sampling
from temper.verifiers.judging import Verifiers
from temper.verifiers.problem import Problem


@dataclass(frozen=True)
class Score:
    score: float
    stderr: float
    n: int
    """Problems that were scored."""
    unscored: int
    """Problems without a single verdict."""
    errors: int
    """Completions lost to our own errors."""
    truncated: float
    """Share of completions that reached the token limit."""

    def as_json(self) -> dict[str, float]:
        return asdict(self)


def evaluate(
    problems: Sequence[Problem],
    samples: int,
    sampling: Sampling,
    prompt_tokens: Callable[[Problem], tuple[int, ...]],
    engine: Engine,
    verifiers: Verifiers,
    seed: int,
    first: int = 0,
) -> tuple[Score, list[Group]]:
    """The score, and the groups it comes from. `first` is the place of the first problem among all: a problem is
    sampled with the same seeds whether it is asked alone or with the others."""
    asked = [problem for problem in problems for _ in range(samples)]
    requests = [
        Request(index, prompt_tokens(problem), random.Random(f"eval/{seed}/{first * samples + index}").getrandbits(62))
        for index, problem in enumerate(asked)
    ]
    completions = generate(engine, requests, sampling)
    judgements = verifiers.judge([(p, c.text) for p, c in zip(asked, completions, strict=True)])
    rollouts = [
        of_one_turn(problem, request.prompt_tokens, completion).judged(judgement)
        for problem, request, completion, judgement in zip(asked, requests, completions, judgements, strict=True)
    ]
    groups = [Group(rollouts[i].problem, tuple(rollouts[i : i + samples])) for i in range(0, len(rollouts), samples)]
    return score_of(groups), groups


def score_of(groups: Sequence[Group]) -> Score:
    estimate = mean_of([statistics.fmean(group.scores) for group in groups if group.scores])
    rollouts = [rollout for group in groups for rollout in group.rollouts]
    return Score(
        score=estimate.value,
        stderr=estimate.stderr,
        n=estimate.n,
        unscored=len(groups) - estimate.n,
        errors=sum(bool(rollout.error) for rollout in rollouts),
        truncated=sum(r.stop_reason != "stop" for r in rollouts) / max(len(rollouts), 1),
    )
