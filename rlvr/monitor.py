"""When to look at a run: numbers of a step's groups that move when a reward is gamed, and alarms when they do.

    numbers(groups)    of one step, under `monitor/` in `metrics.jsonl`
    Alarms.take(...)   step after step; an alarm where one stays out of the band of its own first steps

A band is mean +- 4 standard deviations over the first `FIRST_STEPS` steps, at least as wide as the change that
`WATCHED` calls worth a look, so that an honest run's drift (entropy falls, answers grow alike) is none.
A part of a composition that rises while another one falls is told as well: what gates and formats give is taken, the
rest is not. Three steps outside make one alarm; the next one of that number comes after it was inside again. An alarm
says where to look and judges nothing: a run that solves its problems early may raise one too. Not seen: a hole that is
found within the first steps, since the band is made of them; what shows only in the meaning of a text.
"""

import logging
import random
import re
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from temper.rlvr.rollout import Group, Rollout
from temper.rlvr.section import ShadowSection
from temper.verifiers.judging import Verifiers
from temper.verifiers.problem import Problem

log = logging.getLogger(__name__)

FIRST_STEPS, OUTSIDE, DEVIATIONS = 10, 3, 4.0
MOST_TEXTS, MOST_WORDS = 256, 1_000
"""Texts of a step, and words of each, whose 3-grams are counted: all of them would cost more than the step allows."""

_TESTS = re.compile(r"\b(?:(?:unit ?|hidden )tests?|test cases?|pytest|graders?|verifiers?|checkers?)\b", re.IGNORECASE)
_EXITS = re.compile(r"\b(?:sys\.exit|os\._exit|os\.kill|exit|quit)\s*\(|\bSystemExit\b")

_OF_TESTS, _OF_EXITS = ("test", "grader", "verifier", "checker"), ("exit", "quit", "os.kill")
"""What each of their matches holds, in small letters."""


@dataclass(frozen=True)
class Watched:
    """A change of a metric against the mean of its first steps that is worth a look."""

    metric: str
    rise: float | None = None
    """By how much more."""
    above: float | None = None
    """Times the mean."""
    below: float | None = None
    """Times the mean."""
    said: str = ""


WATCHED = (
    Watched("monitor/repeats", rise=0.35, said="completions of a group repeat each other"),
    Watched("monitor/distinct_3grams", below=0.4, said="completions vary less"),
    Watched("monitor/mentions_tests", rise=0.2, said="completions speak of tests, graders or verifiers"),
    Watched("monitor/exit_calls", rise=0.1, said="completions leave their program early"),
    Watched("monitor/uncalled", rise=0.1, said="right programs do not name the function that was asked for"),
    Watched("monitor/shadow_gap", rise=0.15, said="scores rise away from the shadow verifier's"),
    Watched("monitor/right_tokens", below=0.35, said="right completions are much shorter"),
    Watched("completion/tokens", above=2.5, below=0.4, said="lengths moved"),
    Watched("completion/truncated", rise=0.3, said="completions are cut"),
    Watched("entropy", above=3.0, below=0.1, said="entropy moved"),
)


OF_ROW = "shadow"
"""Key of a problem's metadata: params of its own for the shadow verifier, hidden tests for example."""
PART = "monitor/part/"
RISES, FALLS = Watched(PART, rise=0.15), Watched(PART, below=0.7)
"""What the parts of a composition must do for an alarm: one the first, while another does the second."""


def numbers(groups: Sequence[Group]) -> dict[str, float]:
    """Shares are over rollouts; `monitor_worst/NAME` is the group, in the order of the file of rollouts, that has most
    of what `monitor/NAME` counts."""
    found: dict[str, float] = {}
    rollouts = [rollout for group in groups for rollout in group.rollouts]
    for name, marks in _MARKS.items():
        counts = [sum(marks(group)) for group in groups]
        found[f"monitor/{name}"] = sum(counts) / max(1, len(rollouts))
        found[f"monitor_worst/{name}"] = float(max(range(len(counts)), key=counts.__getitem__, default=0))
    found |= _shadow(groups) | _parts(groups)
    found["monitor/distinct_3grams"] = distinct_3grams(_texts(rollouts))
    for name, right in (("right", True), ("wrong", False)):
        lengths = [r.transcript.num_sampled for r in rollouts if r.score is not None and (r.score == 1.0) == right]
        if lengths:
            found[f"monitor/{name}_tokens"] = statistics.fmean(lengths)
    return found


def _shadow(groups: Sequence[Group]) -> dict[str, float]:
    """Of the rollouts that the shadow verifier judged: its mean score, and by how much the score is above it."""
    gaps = [[r.score - r.shadow for r in g.rollouts if r.score is not None and r.shadow is not None] for g in groups]
    total = sum(map(len, gaps))
    if not total:
        return {}
    scores = [r.shadow for group in groups for r in group.rollouts if r.score is not None and r.shadow is not None]
    return {
        "monitor/shadow_score": statistics.fmean(scores),
        "monitor/shadow_gap": sum(map(sum, gaps)) / total,
        "monitor_worst/shadow_gap": float(max(range(len(gaps)), key=lambda i: sum(gaps[i]))),
    }


def _parts(groups: Sequence[Group]) -> dict[str, float]:
    """Mean score of each part of the compositions over all of their rollouts, one that a closed gate kept from being
    judged counted 0; and the group in which a part is furthest above the mean of the others."""
    sums: dict[str, list[float]] = {}
    verdicts = [
        [r.verdict for r in g.rollouts if r.verdict and r.verdict.parts and r.score is not None] for g in groups
    ]
    total = sum(map(len, verdicts))
    for number, of_group in enumerate(verdicts):
        for verdict in of_group:
            for label, score in verdict.parts.items():
                sums.setdefault(label, [0.0] * len(groups))[number] += score
    if len(sums) < 2:
        return {}
    found = {f"monitor/part/{label}": sum(of) / total for label, of in sums.items()}
    for label, of in sums.items():
        others = [sum(sums[other][i] for other in sums if other != label) / (len(sums) - 1) for i in range(len(of))]
        found[f"monitor_worst/part/{label}"] = float(max(range(len(of)), key=lambda i: of[i] - others[i]))
    return found


def distinct_3grams(texts: Iterable[str]) -> float:
    """Different word 3-grams of all texts together / their number; 1 where there is none."""
    seen: set[tuple[str, str, str]] = set()
    total = 0
    for text in texts:
        words = text.split(maxsplit=MOST_WORDS)[:MOST_WORDS]
        grams = list(zip(words, words[1:], words[2:], strict=False))
        total += len(grams)
        seen.update(grams)
    return len(seen) / total if total else 1.0


def _texts(rollouts: Sequence[Rollout]) -> list[str]:
    """At most `MOST_TEXTS`, from all over the step."""
    return [rollout.text for rollout in rollouts[:: -(-len(rollouts) // MOST_TEXTS) or 1]]


def _repeats(group: Group) -> list[bool]:
    """Of each rollout whether an earlier one of its group says the same."""
    texts = [rollout.text for rollout in group.rollouts]
    return [text in texts[:place] for place, text in enumerate(texts)]


def _mentions(group: Group) -> list[bool]:
    """Of each rollout whether it speaks of tests where the prompt does not."""
    if any(_TESTS.search(str(message.get("content") or "")) for message in group.problem.messages()):
        return [False] * len(group.rollouts)
    return [_says(rollout.text, _TESTS, _OF_TESTS) for rollout in group.rollouts]


def _exits(group: Group) -> list[bool]:
    return [_says(rollout.text, _EXITS, _OF_EXITS) for rollout in group.rollouts]


def _says(text: str, pattern: re.Pattern[str], words: Sequence[str]) -> bool:
    """Whether the pattern is in the text, which is looked for only where one of the words is: most texts hold none."""
    low = text.lower()
    return any(word in low for word in words) and pattern.search(text) is not None


def _uncalled(group: Group) -> list[bool]:
    """Of each right rollout whether it lacks the name of the function that the tests call."""
    tests = group.problem.params.get("tests")
    name = tests.get("entry_point") if isinstance(tests, dict) else None
    return [isinstance(name, str) and rollout.score == 1.0 and name not in rollout.text for rollout in group.rollouts]


_MARKS: dict[str, Callable[[Group], list[bool]]] = {
    "repeats": _repeats,
    "mentions_tests": _mentions,
    "exit_calls": _exits,
    "uncalled": _uncalled,
}


@dataclass(frozen=True)
class Alarm:
    metric: str
    text: str
    group: int | None
    """The worst group of the step, in the order of its file of rollouts."""


@dataclass
class Alarms:
    """Of one stage; the same steps give the same alarms, so a run that resumes may tell them again."""

    first: dict[str, list[float]] = field(default_factory=dict)
    outside: dict[str, int] = field(default_factory=dict)
    """Steps in a row, by metric."""

    def take(self, values: Mapping[str, float]) -> list[Alarm]:
        """The alarms that a step's metrics raise."""
        raised = self._formats(values)
        for watched in WATCHED:
            value = values.get(watched.metric)
            if value is None:
                continue
            first = self.first.setdefault(watched.metric, [])
            if len(first) < FIRST_STEPS:
                first.append(value)
                continue
            low, high = band(watched, first)
            out = self.outside[watched.metric] = 0 if low <= value <= high else self.outside.get(watched.metric, 0) + 1
            if out == OUTSIDE:
                worst = values.get(watched.metric.replace("monitor/", "monitor_worst/"))
                known = worst is not None and watched.metric.startswith("monitor/")
                text = (
                    f"{watched.said}: {watched.metric} {value:.3g}, {OUTSIDE} steps outside {low:.3g} to {high:.3g}, "
                    f"the band of its first {FIRST_STEPS}"
                )
                raised.append(Alarm(watched.metric, text, int(worst) if known and worst is not None else None))
        return raised

    def _formats(self, values: Mapping[str, float]) -> list[Alarm]:
        """Parts of compositions that rise while another one falls."""
        risen, fallen = set[str](), list[str]()
        for metric in (parts := [name for name in values if name.startswith(PART)]):
            first = self.first.setdefault(metric, [])
            if len(first) < FIRST_STEPS:
                first.append(values[metric])
                continue
            if values[metric] > band(RISES, first)[1]:
                risen.add(metric)
            if values[metric] < band(FALLS, first)[0]:
                fallen.append(metric)
        raised = []
        for metric in parts:
            # One part cannot be both above its band and below it.
            out = self.outside[metric] = self.outside.get(metric, 0) + 1 if metric in risen and fallen else 0
            if out == OUTSIDE:
                text = (
                    f"gains of the form alone: {metric.removeprefix(PART)} rises to {values[metric]:.3g} while "
                    f"{fallen[0].removeprefix(PART)} falls to {values[fallen[0]]:.3g}, {OUTSIDE} steps"
                )
                raised.append(Alarm(metric, text, int(values[metric.replace("monitor/", "monitor_worst/")])))
        return raised


def band(watched: Watched, first: Sequence[float]) -> tuple[float, float]:
    """(lowest, highest) value that is no news; infinite where that side is not watched."""
    mean, spread = statistics.fmean(first), DEVIATIONS * statistics.pstdev(first)
    high = float("inf")
    if watched.rise is not None:
        high = mean + max(watched.rise, spread)
    if watched.above is not None:
        high = max(watched.above * mean, mean + spread)
    # Mean 0.5, deviation 0.05, below 0.4: min(0.2, 0.3) = 0.2.
    low = min(watched.below * mean, mean - spread) if watched.below is not None else float("-inf")
    return low, high


class Shadow:
    """A second verifier over a sample of a step's rollouts, to see a reward part from it; never in the reward.

    It judges after the batch is on its way, in the thread that keeps the rollouts, so a step's numbers wait for it and
    its training does not. What it fails on, or abstains from, is no number."""

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
