"""Groups on their way: asked for, their completions verified one by one, closed, then taken or dropped, in order.

`GroupsInOrder` is a plain queue without threads or clocks. Groups leave it in the order in which they were asked for,
so neither the wall clock nor short completions decide what is trained. It says how many more may be asked for (`room`),
so that what they give is still fresh when its turn comes. Two caps hold, with P places a step, A problems asked for a
step, and V = max_staleness + 1 versions to fill, one less once the current one has its batch:

    held       at most V A groups in the queue
    trainable  at most V P groups that are expected to be trained on: a closed group counts 1 with variance and 0
               without, an open one the P / A that is expected of it (with A = P every closed group counts 1)

With P = 2, A = 3 and V = 2 the caps are 6 and 4. One closed group with variance, one without and two open ones are 4
held and 1 + 0 + 2 x 2/3 = 2.33 trainable: 2 more fit by the first cap, (4 - 2.33) / (2/3) = 2.5 by the second, so 2.
"""

import dataclasses
from dataclasses import dataclass, field

from temper.rlvr.advantages import advantages
from temper.rlvr.dialogue import Dialogue
from temper.rlvr.rollout import Completion, DropReason, Group, Rollout
from temper.rlvr.section import RlvrSection
from temper.rlvr.shaping import factors, shaped
from temper.verifiers.judging import Judgement
from temper.verifiers.problem import Problem


@dataclass
class OpenGroup:
    index: int
    """Its place in the order of asking."""
    problem: Problem
    prompt_tokens: tuple[int, ...]
    dialogues: dict[int, Dialogue] = field(default_factory=dict)
    """Those under way that have a completion, by their place in the group."""
    rollouts: dict[int, Rollout] = field(default_factory=dict)
    """Those that ended, by their place in the group."""
    judged: int = 0
    closed: Group | None = None
    oldest: int = 0
    """Policy version of its oldest token, once closed."""

    def wrote(self, place: int, completion: Completion) -> Dialogue:
        """Takes a completion; its dialogue goes on or is ended."""
        dialogue = self.dialogues.setdefault(place, Dialogue(self.problem, self.prompt_tokens))
        dialogue.wrote(completion)
        return dialogue

    def end(self, place: int, rollout: Rollout) -> Rollout:
        del self.dialogues[place]
        self.rollouts[place] = rollout
        return rollout

    def judge(self, place: int, judgement: Judgement, section: RlvrSection) -> None:
        """Takes a verdict; the last one closes the group."""
        self.rollouts[place].judged(judgement)
        self.judged += 1
        if self.judged == section.group_size:
            rollouts = tuple(self.rollouts[i] for i in range(section.group_size))
            # Rollouts of one group may begin under different versions: the oldest token makes the group too old.
            self.oldest = min(rollout.policy_version for rollout in rollouts)
            self.closed = close(Group(self.problem, rollouts), section)


def close(group: Group, section: RlvrSection) -> Group:
    """Gives every rollout of a group its reward and advantage."""
    for rollout in group.rollouts:
        if (score := rollout.score) is not None:
            # Of what the policy wrote alone: a tool's words and their number are not its own.
            text, tokens = rollout.sampled_text, rollout.transcript.num_sampled
            measured = (score, text, tokens, section.max_completion_tokens, section.shaping)
            rollout.reward, rollout.shaping = shaped(*measured), factors(*measured)
    earned = advantages(section.objective.baseline, [rollout.reward for rollout in group.rollouts])
    for rollout, advantage in zip(group.rollouts, earned, strict=True):
        rollout.advantage = advantage
    return group


@dataclass
class GroupsInOrder:
    section: RlvrSection
    queue: dict[int, OpenGroup] = field(default_factory=dict)
    """By index, which is their order."""
    asked: int = 0
    """Groups asked for since the run began."""
    dropped: list[Group] = field(default_factory=list)
    """Closed, not to be trained on, not yet handed out by `take`."""
    stale: int = 0
    """Of these, how many were too old."""

    def room(self, versions: int) -> int:
        places, asked = versions * self.section.problems_per_step, versions * self.section.problems_asked
        expected = self.section.problems_per_step / self.section.problems_asked
        useful = sum(expected if g.closed is None else float(self.fit(g.closed)) for g in self.queue.values())
        # A quotient that should be 6 may come out as 5.999...; without the 1e-9 one group less would be asked for.
        by_use = int((places - useful) / expected + 1e-9)
        # Below 0 where the caps have just fallen by a version and the queue has not.
        return max(0, min(asked - len(self.queue), by_use))

    def add(self, problem: Problem, prompt_tokens: tuple[int, ...]) -> OpenGroup:
        group = OpenGroup(self.asked, problem, prompt_tokens)
        self.asked += 1
        self.queue[group.index] = group
        return group

    def fit(self, group: Group) -> bool:
        """Whether a closed group may be trained on: without oversampling nothing could take the place of a flat one."""
        return group.mixed if self.section.oversampling > 1 else len(group.rewards) >= 2

    def drop_stale(self, version: int) -> int:
        """Drops closed groups whose oldest token would be more than `max_staleness` behind the trainer's `version`;
        returns how many."""
        oldest = version - self.section.max_staleness
        stale = [group for group in self.queue.values() if group.closed is not None and group.oldest < oldest]
        for group in stale:
            self._drop(group, "stale")
        self.stale += len(stale)
        return len(stale)

    def ready(self) -> bool:
        """Whether `take` need not wait. At staleness 0 the whole request closes first."""
        # A group left open would be in flight at the next push, and the clock would decide under which weights it ends.
        if self.section.max_staleness == 0 and any(group.closed is None for group in self.queue.values()):
            return False
        return self._chosen() is not None

    def take(self, step: int) -> tuple[list[Group], list[Group]]:
        """(groups of the step's batch, groups dropped since the last one), those too old for the next among them."""
        chosen = self._chosen()
        assert chosen is not None, "take before ready"
        taken = []
        for group in chosen:
            assert group.closed is not None
            if self.fit(group.closed):
                taken.append(group.closed)
                del self.queue[group.index]
            else:
                self._drop(group, "flat" if len(group.closed.rewards) >= 2 else "unjudged")
        # Now and not at the next take: each of them holds a place that `room` could give to a fresh one.
        self.drop_stale(step + 1)
        dropped, self.dropped = self.dropped, []
        return taken, dropped

    def _chosen(self) -> list[OpenGroup] | None:
        """The first groups of the queue, up to the one that fills the last place, at most A of them; None while one
        is open or not asked for."""
        chosen: list[OpenGroup] = []
        places = self.section.problems_per_step
        for group in self.queue.values():
            # An open group holds up all behind it: the order of asking decides, not who is done first.
            if group.closed is None:
                return None
            chosen.append(group)
            places -= self.fit(group.closed)
            # P = 2, A = 3 and a flat, a mixed and a flat group: A ends the choice, and one place stays empty.
            if places == 0 or len(chosen) == self.section.problems_asked:
                return chosen
        return None

    def _drop(self, group: OpenGroup, why: DropReason) -> None:
        del self.queue[group.index]
        assert group.closed is not None
        for rollout in group.closed.rollouts:
            rollout.why_dropped = why
        self.dropped.append(group.closed)

    def kept(self) -> "GroupsInOrder":
        """What a checkpoint holds: closed groups whole, open ones to be asked for again."""
        queue = {
            index: group if group.closed else OpenGroup(index, group.problem, group.prompt_tokens)
            for index, group in self.queue.items()
        }
        return dataclasses.replace(self, queue=queue, dropped=list(self.dropped))
