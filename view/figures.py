"""The curves of a run's page: what each shows, in which unit, what is healthy and what is a red flag.

A figure names metrics of `metrics.jsonl` of one stage (`*` at the end: all that begin so) or, under `rollouts`, of what
is summed from the rollouts (`rollouts.Rollouts.means`). The numbers under `healthy` and `flag` are where people of the
field begin to look, no limits that anything enforces; `rlvr/monitor.py` judges a run by its own first steps.
"""

from dataclasses import asdict, dataclass
from typing import Literal

from pydantic import JsonValue


@dataclass(frozen=True)
class Figure:
    title: str
    stage: str
    """`sft`, `extend`, `rlvr`, or `rollouts`."""
    metrics: tuple[str, ...]
    unit: str
    healthy: str
    flag: str
    kind: Literal["lines", "stacked"] = "lines"
    least: float | None = None
    """The bottom of the axis, where it is always the same."""
    most: float | None = None
    smooth: bool = True
    """Whether a smoothed line is drawn beside the raw one: not where the values have no noise."""
    band: str = ""
    """The metric that is drawn as an error of the first one, up and down."""

    def as_json(self) -> dict[str, JsonValue]:
        return asdict(self)


_OF_SFT = (
    ("loss", ("loss",), "nats a token", "falls, then flattens", "rises for 20 steps, or is not finite", 0.0),
    (
        "gradient norm", ("grad_norm",), "", "settles within the first tenth of the steps",
        "jumps tenfold and stays: a bad batch or too high a rate", 0.0,
    ),
    ("learning rate", ("learning_rate",), "", "as the recipe's schedule says", "0 before the last step", 0.0),
    (
        "router balance", ("router/*", "aux_loss"), "", "flat: experts share the tokens",
        "one expert's share rises steadily", None,
    ),
)  # fmt: skip

FIGURES = (
    Figure("reward and score", "rlvr", ("reward", "score"), "mean of rollouts",
           "rises by steps of noise; reward and score go together",
           "reward rises while score does not: shaping or a gate is learnt, not the task", least=0.0, most=1.0),
    Figure("score by verifier", "rollouts", ("verifier/*",), "mean of rollouts",
           "all rise, or stay", "one falls while the mean rises; one jumps by 0.3 within 5 steps: a hole in it?",
           least=0.0, most=1.0),
    Figure("score by source", "rollouts", ("source/*",), "mean of rollouts",
           "all rise, or stay", "one at 0 or 1 throughout gives no gradient", least=0.0, most=1.0),
    Figure("groups", "rlvr", ("groups/mixed", "groups/all_correct", "groups/all_wrong"), "share of groups",
           "mixed above 0.3", "mixed below 0.1: problems too easy or too hard, few tokens teach", "stacked", 0.0, 1.0),
    Figure("validation", "rlvr", ("validation/score",), "mean of held-out problems, with standard error",
           "rises with the training score", "falls by two standard errors while reward rises: the reward is gamed",
           least=0.0, most=1.0, band="validation/stderr"),
    Figure("length", "rlvr", ("completion/tokens",), "tokens, mean of rollouts",
           "changes by less than a factor of 2", "doubles within 10 steps, or shrinks to a few tokens", least=0.0),
    Figure("length of right and of wrong", "rollouts", ("tokens/right", "tokens/wrong"), "tokens, mean of rollouts",
           "wrong ones somewhat longer", "both grow without the score: rambling; wrong ones at the cap", least=0.0),
    Figure("truncated", "rlvr", ("completion/truncated",), "share of rollouts", "below 0.05",
           "above 0.2: raise `max_completion_tokens` or shape lengths", least=0.0, most=1.0),
    Figure("entropy", "rlvr", ("entropy",), "nats a token", "falls slowly, stays above a fifth of its start",
           "near 0 within a few steps: collapse; rises steadily: the policy comes apart", least=0.0),
    Figure("dropped by IcePop", "rlvr", ("icepop/dropped",), "share of tokens", "below 0.01",
           "above 0.05: engine and trainer disagree", least=0.0),
    Figure("gap of logprobs, trainer and engine", "rlvr", ("logprob_gap/mean",), "nats a token",
           "float32 below 0.001, bfloat16 below 0.02; flat", "grows threefold over the run", least=0.0),
    Figure("gap of the push's proof", "rlvr", ("push/gap_mean", "push/gap_max"), "nats",
           "flat, within the bounds of `proof.json`", "a jump at one push", least=0.0),
    Figure("staleness", "rlvr", ("staleness/mean", "staleness/max"), "optimizer steps", "at most `rlvr.max_staleness`",
           "mean at the bound for many steps: the engine is behind", least=0.0, smooth=False),
    Figure("errors and abstentions", "rlvr", ("rollouts/errors", "rollouts/abstained"), "rollouts", "0",
           "errors above 0.05 of a step stop the run; abstentions: a broken key or verifier", least=0.0),
    Figure("errors and abstentions by verifier", "rlvr", ("verifier/*/errors", "verifier/*/abstained"), "rollouts",
           "0", "of one verifier alone: look at its details in search", least=0.0),
    Figure("groups dropped", "rlvr", ("groups/dropped", "groups/flat", "groups/stale", "groups/missing"), "groups",
           "flat ones only, refilled by oversampling", "stale or missing above 0 for many steps", least=0.0),
    Figure("time", "rlvr", ("seconds/generate", "seconds/verify", "seconds/train", "seconds/push", "seconds/wait"),
           "seconds a step; what overlaps counts under each", "flat", "verify or push grows step by step",
           "stacked", 0.0),
    Figure("gradient norm", "rlvr", ("grad_norm",), "", "flat", "jumps tenfold and stays", least=0.0),
    Figure("learning rate", "rlvr", ("learning_rate",), "", "as the recipe's schedule says", "0 too early",
           least=0.0, smooth=False),
    Figure("monitor: repeats and variety", "rlvr", ("monitor/repeats", "monitor/distinct_3grams"), "share",
           "repeats below 0.5, distinct 3-grams flat", "repeats rise and 3-grams fall: one answer is learnt by heart",
           least=0.0, most=1.0),
    Figure("monitor: words and exits", "rlvr",
           ("monitor/mentions_tests", "monitor/exit_calls", "monitor/uncalled"), "share of rollouts", "flat, near 0",
           "rises: completions speak of tests or leave early", least=0.0, most=1.0),
    Figure("monitor: the shadow verifier", "rlvr", ("score", "monitor/shadow_score", "monitor/shadow_gap"), "score",
           "both rise, the gap is flat", "the gap rises: the reward is earned by what the shadow does not accept"),
    Figure("monitor: parts of a composition", "rlvr", ("monitor/part/*",), "score", "all rise, or are flat",
           "one rises and another falls: the form is gained alone", least=0.0, most=1.0),
    *(
        Figure(title, stage, metrics, unit, healthy, flag, least=least, smooth=title != "learning rate")
        for stage in ("sft", "extend", "base")
        for title, metrics, unit, healthy, flag, least in _OF_SFT
    ),
)  # fmt: skip
