"""A second verifier over a sample of a step's rollouts, to see a reward part from it. Never in the reward.

It judges after the batch is on its way, in the thread that keeps the rollouts, so a step's numbers wait for it and its
training does not. The same seed and step choose the same sample. What it fails on, or abstains from, is no number.
"""

import logging
import random
from collections.abc import Sequence

from temper.rlvr.rollout import Group, Rollout
from temper.rlvr.section import ShadowSection
from temper.verifiers.judging import Verifiers
from temper.verifiers.problem import Problem

log = logging.getLogger(__name__)

OF_ROW = "shadow"
"""Key of a problem's metadata: params of its own for the shadow verifier, hidden tests for example."""


class Shadow:
    def __init__(self, section: ShadowSection, seed: int, verifiers: Verifiers) -> None:
        self.section, self.seed, self.verifiers = section, seed, verifiers
        self._failed = False

    def judge(self, step: int, groups: Sequence[Group]) -> None:
        """Gives a sample of the rollouts that have a score the shadow's score as well."""
        chance = random.Random(f"{self.seed}/{step}/shadow")
        rollouts = [rollout for group in groups for rollout in group.rollouts]
        # One number for each rollout, so that an abstention moves no other rollout in or out of the sample.
        drawn = [rollout for rollout in rollouts if chance.random() < self.section.share]
        chosen = [rollout for rollout in drawn if rollout.score is not None]
        asked = [(self.problem(rollout.problem), rollout.text, rollout.exchanges) for rollout in chosen]
        for rollout, judgement in zip(chosen, self.verifiers.judge(asked), strict=True):
            self._take(rollout, judgement.score, judgement.detail, bool(judgement.error))

    def problem(self, problem: Problem) -> Problem:
        """As the shadow verifier sees it: with the section's params, and over them those of the row's metadata."""
        own = problem.metadata.get(OF_ROW)
        params = {**self.section.params, **(own if isinstance(own, dict) else {})}
        return problem.model_copy(update={"verifier": self.section.verifier, "params": params})

    def _take(self, rollout: Rollout, score: float | None, detail: str, failed: bool) -> None:
        rollout.shadow, rollout.shadow_detail = score, detail
        if failed and not self._failed:
            self._failed = True
            log.warning("rlvr.shadow: %s on problem %r; such rollouts are left out", detail, rollout.problem.id)
