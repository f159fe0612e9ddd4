"""One noun a step: `Completion` -> `Turn` -> `Rollout` -> `Group` -> `Batch`.

A completion is what the policy wrote in one sampling. A turn is a completion and the results of the calls that it
makes. A rollout is its turns with one transcript, what was found of it (verdict or our own error), what it earned and
its advantage. A group is all rollouts of one problem; a batch is the fixed number of rows of one optimizer step.
"""

from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, field
from typing import Literal

from temper.rlvr.batches.columns import Logprobs, Tokens
from temper.rlvr.routing.experts import Experts
from temper.rlvr.transcript import Spans, Transcript, as_columns, covered
from temper.verifiers.judging import Judgement
from temper.verifiers.problem import Problem
from temper.verifiers.sessions.session import Answered, Exchange, Exchanges
from temper.verifiers.verdict import Verdict

StopReason = Literal["stop", "length"]
DropReason = Literal["stale", "flat", "unjudged"]
"""Why a group is not trained on: its oldest token is more than `max_staleness` behind; no variance where others could
take its place; fewer than two rewards."""
EndReason = Literal["stop", "length", "turns"]
"""Why a rollout ended; `turns`: it called once more than it may."""
PromptTokens = Callable[[Problem], tuple[int, ...]]
"""Token ids of a problem's prompt, generation prompt included."""


@dataclass(frozen=True)
class Request:
    """One completion asked of an engine."""

    id: int
    """Names its completion; free again once that is collected."""
    prompt_tokens: tuple[int, ...]
    seed: int
    """Seeds this request's sampling alone, whatever it is batched with."""
    max_tokens: int | None = None
    """Fewer tokens than the sampling allows, where earlier turns have used some; None: as many."""
    turn: int = 0
    """Counted from 0; a later one goes before the first ones that wait, since its group has begun."""
    routed: int = 0
    """First tokens of the prompt whose experts are known, from earlier turns."""


@dataclass(frozen=True)
class Sampling:
    temperature: float
    """0: greedy."""
    max_tokens: int
    """Tokens of a completion, its stop token included."""
    thinking_tokens: int | None = None
    """Tokens after which an open `<think>` is closed by force; None: never."""
    stop_ids: tuple[int, ...] = ()
    """Tokens that end a completion beside the tokenizer's end of turn."""
    likeliest: int = 0
    """How many of the likeliest tokens are told at each place, with their logprobs."""
    experts: bool = False
    """Whether it is told which experts each token was sent to."""


@dataclass(frozen=True)
class Completion:
    text: str
    tokens: Sequence[int]
    """With the stop token, when there is one."""
    rollout_logprobs: Sequence[float]
    """Natural log of each token's probability under the engine's sampling distribution."""
    stop_reason: StopReason
    policy_versions: Sequence[int]
    """Of each token: optimizer steps in the weights that sampled it. Never falls."""
    unsampled: Spans = ()
    """Tokens that the engine put there; they leave the loss."""
    drafted: int = 0
    """Guesses of a next token (`engine.draft`)."""
    accepted: int = 0
    """Those of them that were the token."""
    experts: Experts = Experts()
    """Of the prompt's tokens but the first `Request.routed`, and of its own but the last; none unless asked."""

    def __post_init__(self) -> None:
        as_columns(self)

    @property
    def policy_version(self) -> int:
        """That of the oldest token."""
        return self.policy_versions[0]


@dataclass(frozen=True)
class Turn:
    completion: Completion
    answered: tuple[Answered, ...] = ()
    """Its calls and what they came to."""
    suffix: tuple[int, ...] = ()
    """Tokens behind the completion: the results and what the template puts around them; none behind the last one."""


@dataclass(frozen=True)
class Calling:
    """What the calls of a rollout took."""

    seconds: float = 0.0
    replayed: int = 0
    """Times that its session was opened anew."""
    differed: int = 0
    """Calls that came to something else then."""
    evicted: int = 0
    """Sessions of others that were put away for it."""
    recoded: int = 0
    """Turns whose tokens are not those that the tokenizer gives to their text."""

    def __add__(self, other: "Calling") -> "Calling":
        return Calling(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))


@dataclass
class Rollout:
    problem: Problem
    prompt_tokens: tuple[int, ...]
    turns: tuple[Turn, ...]
    transcript: Transcript
    """All tokens behind the prompt."""
    stop_reason: EndReason
    verdict: Verdict | None = None
    """None when the error was ours."""
    error: str = ""
    """What of ours failed; such a rollout leaves its group."""
    traceback: str = ""
    """Of that error, where a verifier raised it."""
    calling: Calling = Calling()
    """What its calls took, and what became of its session."""
    experts: Experts = Experts()
    """Of the prompt's tokens and all behind it but the last, each from when the token behind it was sampled."""
    seconds: float = 0.0
    """Time in the verifier."""
    advantage: float = 0.0
    reward: float | None = None
    """The score after shaping; None when there is none (abstained, or our error)."""
    shaping: dict[str, float] = field(default_factory=dict)
    """What made the reward of the score, by name (`shaping.factors`); empty where nothing did."""
    shadow: float | None = None
    """Score of the shadow verifier, where it was asked and has one; in no reward."""
    shadow_detail: str = ""
    why_dropped: DropReason | None = None
    """Of its group; None while it is one to train on."""

    def judged(self, judgement: Judgement) -> "Rollout":
        self.verdict, self.seconds = judgement.verdict, judgement.seconds
        self.error, self.traceback = judgement.error, judgement.traceback
        return self

    @property
    def text(self) -> str:
        """What the last turn says, which is what verifiers judge."""
        return self.turns[-1].completion.text

    @property
    def exchanges(self) -> Exchanges:
        """The turns as they are read."""
        return tuple(Exchange(turn.completion.text, turn.answered) for turn in self.turns)

    @property
    def sampled_text(self) -> str:
        """What the policy wrote in all its turns, without what it read between them."""
        return "\n".join(turn.completion.text for turn in self.turns)

    @property
    def policy_version(self) -> int:
        """That of the oldest token."""
        return self.transcript.policy_versions[0]

    @property
    def score(self) -> float | None:
        return None if self.verdict is None else self.verdict.score

    @property
    def dropped(self) -> bool:
        """Whether its group is not trained on."""
        return self.why_dropped is not None

    @property
    def in_loss(self) -> bool:
        """Whether its tokens count: it has a reward, a baseline and was not truncated."""
        return self.reward is not None and not self.dropped and self.stop_reason == "stop"


@dataclass(frozen=True)
class Group:
    problem: Problem
    rollouts: tuple[Rollout, ...]

    @property
    def rewards(self) -> list[float]:
        return [rollout.reward for rollout in self.rollouts if rollout.reward is not None]

    @property
    def scores(self) -> list[float]:
        return [rollout.score for rollout in self.rollouts if rollout.score is not None]

    @property
    def mixed(self) -> bool:
        return len(self.rewards) >= 2 and min(self.rewards) != max(self.rewards)


@dataclass(frozen=True)
class BatchRow:
    """One row of a batch, as the trainer takes it. An empty row has no loss token and no advantage."""

    prompt_tokens: Sequence[int]
    completion_tokens: Sequence[int]
    """All that stands behind the prompt, results included."""
    rollout_logprobs: Sequence[float]
    advantage: float
    in_loss: bool
    unsampled: Spans = ()
    """Completion tokens that the policy did not choose: out of the loss."""
    experts: Experts = Experts()
    """Of the prompt's tokens and the completion's but the last; none where the learner routes by itself."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "prompt_tokens", Tokens(self.prompt_tokens))
        object.__setattr__(self, "completion_tokens", Tokens(self.completion_tokens))
        object.__setattr__(self, "rollout_logprobs", Logprobs(self.rollout_logprobs))

    @property
    def loss_tokens(self) -> int:
        return len(self.completion_tokens) - covered(self.unsampled) if self.in_loss else 0


@dataclass(frozen=True)
class Batch:
    step: int
    rows: tuple[BatchRow, ...]
    """problems_per_step x group_size of them, always."""
    loss_tokens: int
    """N: every token in the loss."""
    metrics: dict[str, float] = field(default_factory=dict)
