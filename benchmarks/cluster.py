"""A whole RLVR step at the size of the shipped recipes, simulated: seconds by learners, engines and staleness.

    python benchmarks/cluster.py [--recipes instruct thinking] [--steps 18] [--plot docs/cluster.svg]

Time is virtual. What is asked for, taken and dropped, and when, is decided by our own `GroupsInOrder` under the rules
of `Controller._ask` and of `Replicas.submit`; engines sample on while the controller deals a step out, as ours do
(`rlvr/engines/stepping.py`); engines, learners, push and take are cost models. Rooflines are those of
`temper explain` (`pipeline/budget.py`); every other constant stands here with its source, or says that it is assumed.
Nothing was measured on a GPU. Left out: verdicts (taken to come at once), turns and tools, lost nodes, validation.

Prints a Markdown table a recipe: seconds a step with pushes through the object store (`store`) and by a process group
(`group`, the default), what the learner does in it, and the tokens a second of an engine.
"""

import argparse
import collections
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from temper.pipeline.budget import decode_s, push_s, train_s
from temper.pipeline.loading import load
from temper.pipeline.memory import shape_of
from temper.pipeline.recipe import PushWay, Recipe
from temper.rlvr.groups import GroupsInOrder
from temper.rlvr.rollout import Group, Rollout
from temper.rlvr.section import RlvrSection
from temper.rlvr.transcript import Transcript
from temper.verifiers.problem import Problem

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

PROBLEM = Problem(id="simulated", prompt="?", verifier="math")
PROMPT = 500.0
"""Tokens of a prompt (assumed)."""
MIXED = 0.6
"""Share of groups with variance (assumed: 1 / 0.6 = 1.67, a little more than the recipes' oversampling of 1.5)."""
LENGTHS = {"instruct": (2500.0, 1.0), "thinking": (12_000.0, 0.75)}
"""Mean and sigma of the log-normal lengths before the cap (assumed; half of the variance is between groups)."""
SPLITS = ((32, 96), (48, 80), (64, 64), (80, 48), (96, 32))
"""Learners and engines of the 16 x 8 GPUs."""
STALENESS = (1, 4, 8)
"""Tried beside the recipes' own."""


@dataclass(frozen=True)
class Costs:
    """Seconds and rates of one recipe on one split."""

    train_s: float
    """At `cluster.gpu.tflops`, which counts unfused kernels and memory traffic in (300 by default); real tokens alone,
    one pass: 12 s for Instruct, where a sum over its parts came to 14."""
    push_s: float
    """As `temper explain` has it for both ways (`budget.push_s`)."""
    take_s: float
    """0.09 us a token: 2.97 s of the controller's CPU for 4,096 x 8,000 tokens to 64 ranks
    (`rlvr_controller.py --take`)."""
    decode_s: float
    """A decoding step of an engine before its first key and expert: the other weights read once, and what the engine
    costs (`budget.DECODE_S`)."""
    experts_s: float
    """More where all experts are read."""
    chosen: float
    """Share of the experts that a token goes to."""
    key_s: float
    """More for each key that its rows keep: bandwidth."""
    prefill: float
    """Tokens a second whose keys are computed anew after a push: a forward pass at the same operations a second."""
    rows: int
    """Decoded at a time by an engine."""
    full: int
    windowed: int
    window: float
    """Layers that keep all keys, layers that keep a window's, and that."""


def costs_of(recipe: Recipe, section: RlvrSection, mean: float, push: PushWay) -> Costs:
    shape = shape_of(recipe.base)
    of, parameters = shape.sizes, shape.parameters
    assert of is not None and parameters is not None, "the shipped recipes say both"
    step, many = decode_s(recipe, shape, of, 0, 0), 1e9
    full = of.layers if of.full_layers is None else of.full_layers
    return Costs(
        train_s=train_s(recipe, section, shape, of, PROMPT + mean),
        push_s=push_s(parameters, push),
        take_s=0.09e-6 * section.rollouts_per_step * (PROMPT + mean),
        decode_s=step,
        experts_s=decode_s(recipe, shape, of, many, 0) - step,
        chosen=of.experts_per_token / of.experts,
        key_s=(decode_s(recipe, shape, of, 0, many) - step) / many,
        prefill=recipe.cluster.gpu.tflops * 1e12 / (2 * (shape.active or parameters)),
        rows=recipe.engine.batch,
        full=full,
        windowed=of.layers - full,
        window=float(of.window or 0),
    )  # fmt: skip


def lengths(rng: np.random.Generator, mean: float, sigma: float, cap: int, group: int) -> Floats:
    """Of one group's completions."""
    half = sigma * 0.5**0.5
    drawn: Floats = np.exp(rng.normal(0, half) + rng.normal(0, half, group) + np.log(mean) - sigma * sigma / 2)
    return drawn.clip(30, cap)


@dataclass
class Engines:
    """All engines at once: a row of each array is an engine, a column a place of its batch; 0 left is a free place."""

    number: int
    costs: Costs
    left: Floats = field(init=False)
    context: Floats = field(init=False)
    group: Floats = field(init=False)
    stalled: Floats = field(init=False)
    decoded: float = 0.0

    def __post_init__(self) -> None:
        self.left, self.context, self.group = (np.zeros((self.number, self.costs.rows)) for _ in range(3))
        self.stalled = np.zeros(self.number)
        self.waiting = [collections.deque[tuple[int, float]]() for _ in range(self.number)]
        self.load = np.zeros(self.number, dtype=int)

    def submit(self, group: int, tokens: Floats) -> None:
        """To the one that has least, as `Replicas` does."""
        engine = int(self.load.argmin())
        self.load[engine] += len(tokens)
        self.waiting[engine].extend((group, float(one)) for one in tokens)

    def begun(self) -> Iterator[int]:
        """Fills free places; the groups whose completions begin."""
        for engine, queue in enumerate(self.waiting):
            for place in np.nonzero(self.left[engine] <= 0)[0][: len(queue)]:
                group, tokens = queue.popleft()
                self.left[engine, place], self.context[engine, place], self.group[engine, place] = tokens, PROMPT, group
                yield group

    def step(self, seconds: float) -> list[int]:
        """Decodes; the groups of the completions that end, one each."""
        at_work = self.left > 0
        seen = self.costs.full * self.context + self.costs.windowed * np.minimum(self.context, self.costs.window)
        # Of 64 experts, 8 a token: one row reads 8, four 26, sixteen 56.
        experts = 1 - (1 - self.costs.chosen) ** at_work.sum(1)
        keys = (seen * at_work).sum(1)
        each = self.costs.decode_s + self.costs.experts_s * experts + self.costs.key_s * keys
        free = np.clip(seconds - self.stalled, 0, seconds)
        self.stalled = np.maximum(0, self.stalled - seconds)
        tokens = np.minimum((free / each)[:, None], self.left) * at_work
        self.decoded += float(tokens.sum())
        self.left -= tokens
        self.context += tokens
        ended = at_work & (self.left <= 1e-9)
        self.left[ended] = 0
        self.load -= ended.sum(1)
        return [int(group) for group in self.group[ended]]

    def stall(self, seconds: float) -> None:
        self.stalled += seconds

    def pushed(self) -> None:
        """What is under way has its keys computed anew."""
        self.stalled += (self.context * (self.left > 0)).sum(1) / self.costs.prefill


@dataclass
class Simulated:
    """Means of the last bursts of steps, half of all steps or one burst."""

    step_s: float
    waits_s: float
    """The learner's, for a batch."""
    tokens_s: float
    """An engine's."""
    stale: int
    """Groups dropped as too old."""


class Run:
    """A run of one section; the learner is `wait`, `train` or `push`."""

    def __init__(
        self, section: RlvrSection, engines: int, costs: Costs, mean: float, sigma: float, tick_s: float, seed: int = 0
    ) -> None:
        self.section, self.costs, self.mean, self.sigma, self.tick_s = section, costs, mean, sigma, tick_s
        self.engines, self.queue = Engines(engines, costs), GroupsInOrder(section)
        self.rng = np.random.default_rng(seed)
        self.open: dict[int, int] = {}
        """Completions that a group still waits for."""
        self.oldest: dict[int, int] = {}
        self.version, self.taken, self.stale = 0, -1, 0
        self.phase, self.until = "wait", 0.0

    def simulate(self) -> Simulated:
        now, waits, ends, waited = 0.0, 0.0, list[float](), list[float]()
        while len(ends) < self.section.steps:
            self._generate()
            waits += self.tick_s * (self.phase == "wait")
            if self._learn(now):
                ends.append(now)
                waited.append(waits)
            now += self.tick_s
            assert now < 1e6, "nothing ends any more"
        # Asked for together, steps come in bursts of as many as there are versions: whole bursts alone have a mean.
        versions = self.section.max_staleness + 1
        steps = versions * max(1, len(ends) // 2 // versions)
        first = len(ends) - 1 - steps
        assert first >= 0, f"{len(ends)} steps are too few at max_staleness {versions - 1}"
        return Simulated(
            (ends[-1] - ends[first]) / steps, (waited[-1] - waited[first]) / steps,
            self.engines.decoded / now / self.engines.number, self.stale,
        )  # fmt: skip

    def _generate(self) -> None:
        versions = self.section.max_staleness + 1 - (self.taken == self.version)
        for _ in range(self.queue.room(min(versions, self.section.steps - 1 - self.taken))):
            group = self.queue.add(PROBLEM, ())
            size = self.section.group_size
            self.open[group.index] = size
            cap = self.section.max_completion_tokens
            self.engines.submit(group.index, lengths(self.rng, self.mean, self.sigma, cap, size))
        for index in self.engines.begun():
            self.oldest.setdefault(index, self.version)
        for index in self.engines.step(self.tick_s):
            self.open[index] -= 1
            if not self.open[index]:
                open_group = self.queue.queue[index]
                open_group.oldest = self.oldest.pop(index)
                open_group.closed = _closed(mixed=self.rng.random() < MIXED)

    def _learn(self, now: float) -> bool:
        """Whether a step ended: its push is there."""
        if self.phase == "wait":
            self.stale += self.queue.drop_stale(self.version)
            if self.queue.ready():
                self.queue.take(self.version)
                self.taken, self.phase = self.version, "train"
                self.until = now + self.costs.take_s + self.costs.train_s
        elif self.phase == "train" and now >= self.until:
            self.phase, self.until = "push", now + self.costs.push_s
            self.engines.stall(self.costs.push_s)
        elif self.phase == "push" and now >= self.until:
            self.version, self.phase = self.version + 1, "wait"
            self.engines.pushed()
            return True
        return False


def _closed(mixed: bool) -> Group:
    """Two rollouts stand for all of them."""
    nothing = Transcript((), (), ())
    rollouts = tuple(Rollout(PROBLEM, (), (), nothing, "stop", reward=float(place and mixed)) for place in range(2))
    return Group(PROBLEM, rollouts)


@dataclass(frozen=True)
class Cluster:
    """Where and how a shipped recipe runs."""

    name: str
    learners: int
    engines: int
    staleness: int

    def simulated(self, push: PushWay, steps: int, tick_s: float) -> tuple[Simulated, Costs]:
        sets = [f"cluster.rlvr.ranks={self.learners}", f"cluster.engines={self.engines}"]
        recipe = load(f"temper:mellum2/{self.name}", sets).recipe
        assert recipe.rlvr
        section = recipe.rlvr.model_copy(update={"max_staleness": self.staleness, "steps": steps})
        mean, sigma = LENGTHS[self.name]
        some = np.random.default_rng(1)
        capped = np.mean([lengths(some, mean, sigma, section.max_completion_tokens, 16) for _ in range(500)])
        costs = costs_of(recipe, section, float(capped), push)
        return Run(section, self.engines, costs, mean, sigma, tick_s).simulate(), costs


def clusters(name: str) -> list[Cluster]:
    """Every split at the recipe's own staleness, and its own split at others; the recipe itself is first."""
    recipe = load(f"temper:mellum2/{name}").recipe
    assert recipe.rlvr
    own = Cluster(name, recipe.cluster.rlvr.ranks, recipe.cluster.engines, recipe.rlvr.max_staleness)
    splits = [Cluster(name, learners, engines, own.staleness) for learners, engines in SPLITS]
    versions = [Cluster(name, own.learners, own.engines, staleness) for staleness in STALENESS]
    return list(dict.fromkeys([own, *splits, *versions]))


def row(of: Cluster, found: dict[PushWay, tuple[Simulated, Costs]]) -> str:
    (store, there), (group, costs) = found["store"], found["group"]
    return (
        f"| {of.learners} | {of.engines} | {of.staleness} | {store.step_s:.0f} | {there.push_s:.0f} "
        f"| {group.step_s:.0f} | {costs.train_s:.0f} | {costs.push_s:.1f} | {costs.take_s:.1f} "
        f"| {group.waits_s:.0f} | {group.tokens_s / 1e3:.1f}k |"
    )


HEAD = (
    "| learners | engines | max_staleness | step, s (`push: store`) | of it push | step, s (`push: group`) "
    "| of it train | push | take | waits for rollouts | tokens/s an engine |\n" + "|---" * 11 + "|"
)


def plot(lines: dict[Cluster, dict[PushWay, tuple[Simulated, Costs]]], path: Path) -> None:
    """Bars of what a step is made of, with `push: group`."""
    from matplotlib import pyplot

    names = list(dict.fromkeys(of.name for of in lines))
    figure, axes = pyplot.subplots(1, len(names), figsize=(5 * len(names), 3.2), squeeze=False)
    for axis, name in zip(axes[0], names, strict=True):
        some = {of: found["group"] for of, found in lines.items() if of.name == name}
        labels = [f"{of.learners}+{of.engines}\nst. {of.staleness}" for of in some]
        bottom = np.zeros(len(some))
        for part in ("train", "push", "take", "waits"):
            spent = np.array([one.waits_s if part == "waits" else getattr(c, f"{part}_s") for one, c in some.values()])
            axis.bar(labels, spent, bottom=bottom, label=part)
            bottom += spent
        axis.set(title=f"mellum2/{name}", ylabel="seconds a step")
        axis.tick_params(labelsize=7)
    axes[0][0].legend()
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipes", nargs="+", choices=tuple(LENGTHS), default=list(LENGTHS))
    parser.add_argument("--steps", type=int, default=18)
    parser.add_argument("--tick", type=float, default=1.0, help="seconds of virtual time at once (default 1)")
    parser.add_argument("--only-shipped", action="store_true", help="the recipes' own split and staleness alone")
    parser.add_argument("--plot", type=Path)
    options = parser.parse_args(argv)
    lines: dict[Cluster, dict[PushWay, tuple[Simulated, Costs]]] = {}
    for name in options.recipes:
        print(f"\nmellum2/{name}\n\n{HEAD}")
        for of in clusters(name)[: 1 if options.only_shipped else None]:
            pushes: tuple[PushWay, ...] = ("store", "group")
            lines[of] = {push: of.simulated(push, options.steps, options.tick) for push in pushes}
            print(row(of, lines[of]), flush=True)
    if options.plot:
        plot(lines, options.plot)


if __name__ == "__main__":
    main()
