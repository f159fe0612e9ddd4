"""A rollout under way: turns, one transcript that only grows, and whether and how it goes on.

A completion that ends by itself may call; its calls are answered by the problem's session, and the policy goes on
behind the template's suffix (`policy.suffix`). The dialogue ends when a turn calls nothing, when its turns or tokens
are used up (`turns`, `length`: truncated), or when the session cannot answer.
"""

import random
from dataclasses import dataclass, replace
from typing import Protocol

from temper.policy.suffix import Result, Suffixes
from temper.rlvr.rollout import Calling, Completion, EndReason, Request, Rollout, Turn
from temper.rlvr.routing.experts import Experts
from temper.rlvr.transcript import Transcript, read_tokens
from temper.verifiers.problem import Problem
from temper.verifiers.sessions.keeper import Asked, Heard
from temper.verifiers.sessions.session import Answered, Exchange
from temper.verifiers.verdict import scored


@dataclass
class Dialogue:
    """Begins with a prompt; after each completion it is answered and goes on, or becomes a rollout."""

    problem: Problem
    prompt_tokens: tuple[int, ...]
    turns: tuple[Turn, ...] = ()
    transcript: Transcript = Transcript()
    calling: Calling = Calling()
    experts: Experts = Experts()
    """Of all its tokens but the last one that was sampled and what is read behind it."""

    def wrote(self, done: Completion) -> None:
        """Takes what the policy sampled behind all that stands here."""
        # The dialogue holds all experts; beside them a turn's own would take their bytes again.
        self.turns = (*self.turns, Turn(replace(done, experts=Experts())))
        self.transcript = self.transcript.wrote(
            done.tokens, done.rollout_logprobs, done.policy_versions, done.unsampled
        )
        self.experts = self.experts + done.experts
        # An engine goes on where the last one ended; a gap would give each token the experts of another.
        here = len(self.prompt_tokens) + len(self.transcript.tokens) - 1
        assert len(self.experts) in (0, here), f"experts of {len(self.experts)} tokens, got {here} tokens"

    def read(self, suffix: tuple[int, ...], answered: tuple[Answered, ...] = ()) -> None:
        """Takes the tokens behind the last completion, up to where the policy is to go on."""
        assert self.turns and not self.turns[-1].suffix, "no completion is waiting for its results"
        self.answered(answered)
        self.turns = (*self.turns[:-1], replace(self.turns[-1], suffix=suffix))
        self.transcript = self.transcript.read(suffix)

    def answered(self, answered: tuple[Answered, ...]) -> None:
        """Takes what the last completion's calls came to."""
        self.turns = (*self.turns[:-1], replace(self.turns[-1], answered=answered))

    @property
    def next_prompt(self) -> tuple[int, ...]:
        """What the engine is to go on from."""
        return (*self.prompt_tokens, *self.transcript.tokens)

    @property
    def may_call(self) -> bool:
        """Whether the last completion is to be looked at for calls."""
        return self.problem.session is not None and self.turns[-1].completion.stop_reason == "stop"

    def rollout(self, stop_reason: EndReason | None = None) -> Rollout:
        """Of a dialogue that ended, by its last completion's end where no other reason is given."""
        reason = stop_reason or self.turns[-1].completion.stop_reason
        what = (self.problem, self.prompt_tokens, self.turns, self.transcript, reason)
        return Rollout(*what, calling=self.calling, experts=self.experts)


@dataclass(frozen=True)
class Limits:
    """How far a dialogue may go."""

    turns: int
    sampled_tokens: int
    """All that the policy writes."""
    result_tokens: int
    """Of one call's result."""

    @property
    def tokens(self) -> int:
        """All that may stand behind a prompt."""
        return self.sampled_tokens + read_tokens(self.turns, self.result_tokens)


class Limited(Protocol):
    """A section of the recipe that says how far dialogues go."""

    @property
    def max_turns(self) -> int: ...
    @property
    def max_completion_tokens(self) -> int: ...
    @property
    def max_result_tokens(self) -> int: ...


def limits_of(section: Limited) -> Limits:
    return Limits(section.max_turns, section.max_completion_tokens, section.max_result_tokens)


class Dialogues:
    """How dialogues go on: the template's suffixes and the recipe's limits. Without suffixes none does."""

    def __init__(self, limits: Limits, suffixes: Suffixes | None = None) -> None:
        self.limits, self.suffixes = limits, suffixes

    def asked(self, dialogue: Dialogue, key: str) -> Asked:
        """The last turn, for the session that `key` names."""
        earlier = tuple(Exchange(turn.completion.text, turn.answered) for turn in dialogue.turns[:-1])
        last = len(dialogue.turns) >= self.limits.turns or self._left(dialogue) <= 0
        return Asked(key, dialogue.problem, earlier, dialogue.turns[-1].completion.text, last)

    def _left(self, dialogue: Dialogue) -> int:
        """Tokens that the policy may still write."""
        return self.limits.sampled_tokens - dialogue.transcript.num_sampled

    def go_on(self, dialogue: Dialogue, heard: Heard, first: Request) -> Request | Rollout:
        """Takes a session's answer to the last turn; the next request, under the number of the first one, or the
        rollout where the dialogue ends."""
        assert self.suffixes is not None, "a dialogue that goes on needs a template's suffixes"
        done = dialogue.turns[-1].completion
        body = done.tokens[:-1] if done.stop_reason == "stop" else done.tokens
        recoded = int(not self.suffixes.canonical(done.text, body))
        dialogue.calling += Calling(heard.seconds, heard.replayed, heard.differed, heard.evicted, recoded)
        if heard.broke or heard.error:
            rollout = dialogue.rollout()
            rollout.error = heard.error
            rollout.verdict = scored(0.0, heard.broke) if heard.broke else None
            return rollout
        if heard.pending:
            return dialogue.rollout("turns" if self._left(dialogue) > 0 else "length")
        if not heard.answered:
            return dialogue.rollout()
        left = self._left(dialogue)
        kept = tuple(replace(one, text=self._shortened(one.text)) for one in heard.answered)
        suffix = self.suffixes.ids([Result(one.name or "unknown", one.text) for one in kept], done.tokens[-1])
        room = self.limits.tokens - len(dialogue.transcript.tokens) - len(suffix)
        if room <= 0:
            dialogue.answered(kept)
            return dialogue.rollout("length")
        dialogue.read(suffix, kept)
        turn = len(dialogue.turns)
        seed, known = seed_of(first.seed, turn), len(dialogue.experts)
        return Request(first.id, dialogue.next_prompt, seed, min(left, room), turn, known)

    def _shortened(self, text: str) -> str:
        """Head and tail of a result of more tokens than the policy is to read."""
        assert self.suffixes is not None
        return self.suffixes.shortened(text, self.limits.result_tokens)


def seed_of(seed: int, turn: int) -> int:
    """Of a turn's sampling: the request's own for the first one."""
    return random.Random(f"{seed}/turn/{turn}").getrandbits(62) if turn else seed


def of_one_turn(problem: Problem, prompt_tokens: tuple[int, ...], completion: Completion) -> Rollout:
    """The rollout that is one completion."""
    dialogue = Dialogue(problem, prompt_tokens)
    dialogue.wrote(completion)
    return dialogue.rollout()
