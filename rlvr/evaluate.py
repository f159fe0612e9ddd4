"""Scores a policy on held-out problems: the mean over problems of the mean over samples, with its standard error.

The standard error is over problems (a problem's samples are not independent): std of the problem means / sqrt(n).
A completion without a verdict leaves its problem's mean; a problem without any leaves the score, and is counted.
"""

import random
import statistics
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, wait
from dataclasses import asdict, dataclass

from temper.rlvr.dialogue import Dialogue, Dialogues
from temper.rlvr.engines.engine import Engine
from temper.rlvr.estimates import mean_of
from temper.rlvr.rollout import Group, Request, Rollout, Sampling
from temper.verifiers.judging import Verifiers
from temper.verifiers.problem import Problem
from temper.verifiers.sessions.keeper import Heard, Keeper, Sessions


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
    dialogues: Dialogues | None = None,
    sessions: Sessions | None = None,
    first: int = 0,
) -> tuple[Score, list[Group]]:
    """The score, and the groups it comes from. Without `dialogues` no rollout goes on after its first turn. `first` is
    the place of the first problem among all: a problem is sampled with the same seeds, asked alone or with others."""
    asked = [problem for problem in problems for _ in range(samples)]
    requests = [
        Request(index, prompt_tokens(problem), random.Random(f"eval/{seed}/{first * samples + index}").getrandbits(62))
        for index, problem in enumerate(asked)
    ]
    rollouts = converse(engine, list(zip(asked, requests, strict=True)), sampling, dialogues, sessions or Keeper())
    open_ones = [rollout for rollout in rollouts if not (rollout.verdict or rollout.error)]
    judgements = verifiers.judge([(one.problem, one.text, one.exchanges) for one in open_ones])
    for rollout, judgement in zip(open_ones, judgements, strict=True):
        rollout.judged(judgement)
    groups = [Group(rollouts[i].problem, tuple(rollouts[i : i + samples])) for i in range(0, len(rollouts), samples)]
    return score_of(groups), groups


def converse(
    engine: Engine,
    asked: Sequence[tuple[Problem, Request]],
    sampling: Sampling,
    dialogues: Dialogues | None,
    sessions: Sessions,
) -> list[Rollout]:
    """One rollout a problem, in order, its calls answered while others are sampled; nothing else may be in flight."""
    attempt = uuid.uuid4().hex
    keys = {request.id: f"{attempt}/{request.id}" for _, request in asked}
    try:
        engine.submit([request for _, request in asked], sampling)
        rollouts = _answered(engine, asked, sampling, dialogues, sessions, keys)
    finally:
        # Of an engine that is lost in between, too: the same is then asked under another attempt's keys.
        sessions.end(keys.values())
    return [rollouts[request.id] for _, request in asked]


def _answered(
    engine: Engine,
    asked: Sequence[tuple[Problem, Request]],
    sampling: Sampling,
    dialogues: Dialogues | None,
    sessions: Sessions,
    keys: Mapping[int, str],
) -> dict[int, Rollout]:
    open_ones = {request.id: (request, Dialogue(problem, request.prompt_tokens)) for problem, request in asked}
    rollouts: dict[int, Rollout] = {}
    waiting: dict[Future[Heard], int] = {}
    while len(rollouts) < len(asked):
        if len(waiting) + len(rollouts) == len(asked):
            wait(waiting, return_when="FIRST_COMPLETED")  # nothing is being sampled
        done: dict[int, Rollout] = {}
        for i, completion in engine.collect() if len(waiting) + len(rollouts) < len(asked) else []:
            _, dialogue = open_ones[i]
            dialogue.wrote(completion)
            if dialogues is not None and dialogue.may_call:
                (heard,) = sessions.ask([dialogues.asked(dialogue, keys[i])])
                waiting[heard] = i
            else:
                done[i] = dialogue.rollout()
        following = []
        for heard in [future for future in waiting if future.done()]:
            assert dialogues is not None
            i = waiting.pop(heard)
            request, dialogue = open_ones[i]
            found = dialogues.go_on(dialogue, heard.result(), request)
            if isinstance(found, Request):
                following.append(found)
            else:
                done[i] = found
        sessions.end([keys[i] for i, rollout in done.items() if rollout.problem.session is not None])
        rollouts |= done
        if following:
            engine.submit(following, sampling)
    return rollouts


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
