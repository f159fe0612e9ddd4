"""A rollout under way: turns, one transcript that only grows, and what may still be asked of the engine."""

from dataclasses import dataclass

from temper.rlvr.rollout import Completion, EndReason, Rollout, Turn
from temper.rlvr.transcript import Transcript
from temper.verifiers.problem import Problem


@dataclass
class Dialogue:
    """Begins with a prompt; after each completion it is answered and goes on, or becomes a rollout."""

    problem: Problem
    prompt_tokens: tuple[int, ...]
    turns: tuple[Turn, ...] = ()
    transcript: Transcript = Transcript()

    def wrote(self, done: Completion) -> None:
        """Takes what the policy sampled behind all that stands here."""
        self.turns = (*self.turns, Turn(done))
        self.transcript = self.transcript.wrote(
            done.tokens, done.rollout_logprobs, done.policy_versions, done.unsampled
        )

    def read(self, suffix: tuple[int, ...]) -> None:
        """Takes the tokens behind the last completion, up to where the policy is to go on."""
        assert self.turns and not self.turns[-1].suffix, "no completion is waiting for its results"
        self.turns = (*self.turns[:-1], Turn(self.turns[-1].completion, suffix))
        self.transcript = self.transcript.read(suffix)

    @property
    def next_prompt(self) -> tuple[int, ...]:
        """What the engine is to go on from."""
        return self.prompt_tokens + self.transcript.tokens

    def rollout(self, stop_reason: EndReason | None = None) -> Rollout:
        """Of a dialogue that ended, by its last completion's end where no other reason is given."""
        reason = stop_reason or self.turns[-1].completion.stop_reason
        return Rollout(self.problem, self.prompt_tokens, self.turns, self.transcript, reason)


def of_one_turn(problem: Problem, prompt_tokens: tuple[int, ...], completion: Completion) -> Rollout:
    """The rollout that is one completion."""
    dialogue = Dialogue(problem, prompt_tokens)
    dialogue.wrote(completion)
    return dialogue.rollout()
