"""Problems that the policy has learned are asked for less often.

A problem whose last `solved` groups were right in every rollout gives no gradient: it is passed over, and asked for
again by chance, `again` of the times that its turn comes, since a policy can unlearn. What a group showed counts when
it is taken or dropped, so at staleness 0 a run repeats to the bit. A pass over the data asks for one problem at least.
"""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from temper.rlvr.rollout import Group
from temper.rlvr.section import CurriculumSection
from temper.verifiers.problem import Problem


@dataclass
class Curriculum:
    section: CurriculumSection | None
    seed: int
    solved: dict[str, int] = field(default_factory=dict)
    """Problem's id to how many of its groups in a row were right in every rollout."""
    passed_over: int = 0
    """Turns of problems that were passed over since the run began."""

    def saw(self, groups: Iterable[Group]) -> None:
        """Takes what groups came to; one without a verdict says nothing."""
        for group in groups:
            if group.scores:
                right = len(group.scores) == len(group.rollouts) and min(group.scores) >= 1
                self.solved[group.problem.id] = self.solved.get(group.problem.id, 0) + 1 if right else 0

    def turn(self, asked: int, problem: Callable[[int], Problem], most: int) -> int:
        """The turn whose problem the group asked for as the `asked`-th is of: the first one that is not passed over, at
        most `most` turns on, a pass over the data; where all are learned, the first."""
        first = asked + self.passed_over
        for turn in range(first, first + most):
            if self._wanted(problem(turn).id, turn):
                self.passed_over = turn - asked
                return turn
        return first

    def _wanted(self, name: str, turn: int) -> bool:
        if self.section is None or self.solved.get(name, 0) < self.section.solved:
            return True
        return random.Random(f"{self.seed}/again/{turn}").random() < self.section.again
