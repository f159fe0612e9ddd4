"""The synchronous controller: problems -> rollouts -> groups -> advantages -> one batch a step.

For step s it waits for the trainer's push of version s, asks the engine for `group_size` completions of each of the
step's problems, has each verified, closes the groups and gives the batch to every rank that asks. What a step trains
on is a function of (seed, step, weights) alone, so a resumed run needs no state of it. Left out here: overlap of
generation, verification and training, and oversampling.

A rollout without a verdict (our error) or with an abstention leaves its group before the baseline; above
`max_error_share` of a step our errors stop the run.
"""

import random
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from temper.rlvr.advantages import advantages
from temper.rlvr.engine import Engine, EngineError
from temper.rlvr.judge import Verifiers
from temper.rlvr.rollout import Batch, Group, Request, Rollout, Row, Sampling
from temper.rlvr.section import Rlvr
from temper.rlvr.shaping import shaped
from temper.verifiers.problem import Problem
from temper.verifiers.verdict import VerifierError

if TYPE_CHECKING:
    import torch

PromptTokens = Callable[[Problem], tuple[int, ...]]
Record = Callable[[int, Sequence[Group]], None]
Validate = Callable[[int], dict[str, float]]
"""Metrics of the held-out problems before a step; empty where none is due."""


class Controller:
    def __init__(
        self,
        section: Rlvr,
        seed: int,
        problems: Sequence[Problem],
        prompt_tokens: PromptTokens,
        engine: Engine,
        verifiers: Verifiers,
        record: Record,
        validate: Validate | None = None,
    ) -> None:
        self.section = section
        self.seed = seed
        self.problems = problems
        self.prompt_tokens = prompt_tokens
        self.engine = engine
        self.verifiers = verifiers
        self.record = record
        self.validate = validate
        self.version = -1
        self._batch: Batch | None = None

    def push(self, weights: "Mapping[str, torch.Tensor]", version: int, hashes: Mapping[str, str]) -> None:
        """Gives the engine the weights of `version` and proves that it holds them. Raises EngineError."""
        held = self.engine.push(weights, version)
        different = sorted(name for name in hashes.keys() | held.keys() if hashes.get(name) != held.get(name))
        if different:
            raise EngineError(
                f"push of version {version}: {len(different)} tensors differ from the trainer's, got {different[:3]}"
            )
        self.version = version

    def take(self, step: int) -> Batch:
        """The batch of `step`, made on the first call and kept for the other ranks."""
        if self.version != step:
            raise EngineError(f"take of step {step}: the engine holds version {self.version}; push {step} first")
        if self._batch is None or self._batch.step != step:
            self._batch = self._make(step)
        return self._batch

    def _make(self, step: int) -> Batch:
        start = time.perf_counter()
        rollouts = self._generate(step)
        generated = time.perf_counter()
        self._verify(rollouts)
        verified = time.perf_counter()
        size = self.section.group_size
        groups = [Group(rollouts[i].problem, tuple(rollouts[i : i + size])) for i in range(0, len(rollouts), size)]
        taken = self._close(groups)
        self.record(step, groups)
        self._stop_on_errors(step, rollouts)
        metrics = step_metrics(groups, taken, self.section.problems_per_step)
        metrics |= {"seconds/generate": generated - start, "seconds/verify": verified - generated}
        if self.validate:
            metrics |= self.validate(step)
        rows = tuple(_row(rollout) for group in taken for rollout in group.rollouts)
        rows += (_empty(rollouts[0]),) * (self.section.rollouts_per_step - len(rows))
        tokens = sum(len(row.completion_tokens) for row in rows if row.in_loss)
        return Batch(step, rows, tokens, metrics)

    def _close(self, groups: Sequence[Group]) -> list[Group]:
        """Gives every rollout its reward and advantage; returns the groups that take the batch's places, in order."""
        section = self.section
        for group in groups:
            for rollout in group.rollouts:
                done, score = rollout.completion, rollout.score
                if score is not None:
                    cap = section.max_completion_tokens
                    rollout.reward = shaped(score, done.text, len(done.tokens), cap, section.shaping)
            earned = advantages(section.objective.baseline, [rollout.reward for rollout in group.rollouts])
            for rollout, advantage in zip(group.rollouts, earned, strict=True):
                rollout.advantage = advantage
        refilled = section.oversampling > 1
        fit = [group for group in groups if (group.mixed if refilled else len(group.rewards) >= 2)]
        taken = fit[: section.problems_per_step]
        for group in groups:
            for rollout in group.rollouts:
                rollout.dropped = not any(group is one for one in taken)
        return taken

    def _generate(self, step: int) -> list[Rollout]:
        size = self.section.group_size
        chosen = [p for p in self.problems_of(step) for _ in range(size)]
        prompts = [self.prompt_tokens(problem) for problem in chosen]
        requests = [
            Request(prompt, random.Random(f"{self.seed}/{step}/{index}").getrandbits(62))
            for index, prompt in enumerate(prompts)
        ]
        sampling = Sampling(self.section.temperature, self.section.max_completion_tokens)
        completions = self.engine.generate(requests, sampling)
        return [
            Rollout(problem, prompt, completion)
            for problem, prompt, completion in zip(chosen, prompts, completions, strict=True)
        ]

    def problems_of(self, step: int) -> list[Problem]:
        """The problems of a step: a seeded order for each pass over the data."""
        count, total = self.section.problems_asked, len(self.problems)
        orders: dict[int, list[int]] = {}
        chosen = []
        for place in range(step * count, (step + 1) * count):
            epoch = place // total
            if epoch not in orders:
                orders[epoch] = list(range(total))
                random.Random(f"{self.seed}/order/{epoch}").shuffle(orders[epoch])
            chosen.append(self.problems[orders[epoch][place % total]])
        return chosen

    def _verify(self, rollouts: Sequence[Rollout]) -> None:
        judgements = self.verifiers.judge([(r.problem, r.completion.text) for r in rollouts])
        for rollout, judgement in zip(rollouts, judgements, strict=True):
            rollout.judged(judgement)

    def _stop_on_errors(self, step: int, rollouts: Sequence[Rollout]) -> None:
        errors = Counter(rollout.error for rollout in rollouts if rollout.error)
        if errors.total() > self.section.max_error_share * len(rollouts):
            traces = {rollout.error: rollout.traceback for rollout in rollouts if rollout.error}
            common = "\n".join(f"{n} x {error}\n{traces[error]}".rstrip() for error, n in errors.most_common(3))
            raise VerifierError(
                f"step {step}: {errors.total()} of {len(rollouts)} rollouts lost to our own errors, more than "
                f"rlvr.max_error_share {self.section.max_error_share}; the most common:\n{common}"
            )


def _row(rollout: Rollout) -> Row:
    """The row that the trainer takes; the place of a rollout that leaves the loss is an empty row."""
    if not rollout.in_loss:
        return _empty(rollout)
    done = rollout.completion
    return Row(rollout.prompt_tokens, done.tokens, done.rollout_logprobs, rollout.advantage, in_loss=True)


def _empty(rollout: Rollout) -> Row:
    return Row(rollout.prompt_tokens, rollout.completion.tokens[:1], (0.0,), 0.0, in_loss=False)


def step_metrics(groups: Sequence[Group], taken: Sequence[Group], places: int) -> dict[str, float]:
    """Numbers of one step's rollouts; shares are over groups with two rewards or more, or over all rollouts.

    `groups/dropped`: not trained on; `groups/flat`: of these, without variance; `groups/refilled`: of the batch's
    `places`, those that went to a group asked for beyond them."""
    rollouts = [rollout for group in groups for rollout in group.rollouts]
    judged = [group for group in groups if len(group.rewards) >= 2]
    rewards = [reward for group in groups for reward in group.rewards]
    scores = [score for group in groups for score in group.scores]
    count = len(rollouts)

    def share(of: float, total: int) -> float:
        return of / total if total else 0.0

    metrics = {
        "reward": share(sum(rewards), len(rewards)),
        "score": share(sum(scores), len(scores)),
        "groups/mixed": share(sum(group.mixed for group in judged), len(judged)),
        "groups/all_correct": share(sum(min(group.scores) == 1.0 for group in judged), len(judged)),
        "groups/all_wrong": share(sum(max(group.scores) == 0.0 for group in judged), len(judged)),
        "groups/dropped": float(len(groups) - len(taken)),
        "groups/flat": float(sum(not group.mixed for group in judged if group.rollouts[0].dropped)),
        "groups/refilled": float(sum(any(group is one for one in taken) for group in groups[places:])),
        "completion/tokens": share(sum(len(r.completion.tokens) for r in rollouts), count),
        "completion/truncated": share(sum(r.completion.stop_reason == "length" for r in rollouts), count),
        "rollouts/errors": float(sum(bool(r.error) for r in rollouts)),
        "rollouts/abstained": float(sum(r.verdict is not None and r.verdict.outcome == "abstained" for r in rollouts)),
    }
    return metrics | _by_verifier(rollouts)


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
