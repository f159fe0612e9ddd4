"""An engine that samples on by itself."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

import pytest
import torch

from temper.rlvr.doubles import ScriptedEngine
from temper.rlvr.engines.engine import WAIT_S, Engine, generate
from temper.rlvr.engines.stepping import STEP_S, Stepping
from temper.rlvr.rollout import Completion, Request, Sampling

SAMPLING = Sampling(1.0, 8)
WEIGHTS = {"w": torch.ones(3)}


def scripted(at_once: int | None = 1) -> ScriptedEngine:
    return ScriptedEngine(lambda i: (str(i), True), at_once)


@pytest.fixture
def samples_on() -> Iterator[Callable[[Engine], Stepping]]:
    """A `Stepping` over an engine; its thread, which outlives the test, has nothing to do afterwards."""
    made: list[Stepping] = []

    def over(engine: Engine) -> Stepping:
        made.append(Stepping(engine))
        return made[-1]

    yield over
    for one in made:
        one.cancel()


def requests(count: int) -> list[Request]:
    return [Request(i, (i,), 0) for i in range(count)]


def seen(holds: Callable[[], bool]) -> bool:
    """Whether it comes to hold, within ten seconds."""
    until = time.monotonic() + 10
    while not holds() and time.monotonic() < until:
        time.sleep(0.005)
    return holds()


class Watched(ScriptedEngine):
    """Tells who is in it, and takes a while for a step."""

    def __init__(self) -> None:
        super().__init__(lambda i: (str(i), True), at_once=1)
        self.inside: list[str] = []
        self.most = 0
        self.steps = 0

    def _in(self, who: str) -> None:
        self.inside.append(who)
        self.most = max(self.most, len(self.inside))
        time.sleep(0.01)
        self.inside.remove(who)

    def collect(self, wait_s: float = WAIT_S) -> list[tuple[int, Completion]]:
        self._in("collect")
        self.steps += 1
        return super().collect(wait_s)

    def push(self, weights: "Mapping[str, torch.Tensor]", version: int) -> dict[str, str]:
        self._in("push")
        return super().push(weights, version)


class Failing(ScriptedEngine):
    """Its `collect` fails until it is cancelled."""

    def __init__(self) -> None:
        super().__init__(lambda i: (str(i), True), at_once=1)
        self.fails = True

    def collect(self, wait_s: float = WAIT_S) -> list[tuple[int, Completion]]:
        if self.fails:
            raise FloatingPointError("no finite number")
        return super().collect(wait_s)

    def cancel(self) -> list[int]:
        self.fails = False
        return super().cancel()


def test_it_samples_while_nobody_collects(samples_on: Callable[[Engine], Stepping]) -> None:
    engine = scripted()
    stepping = samples_on(engine)
    stepping.submit(requests(50), SAMPLING)
    assert seen(lambda: not engine.waiting)
    assert [i for i, _ in stepping.collect()] == list(range(50))


def test_it_completes_what_its_engine_would(samples_on: Callable[[Engine], Stepping]) -> None:
    asked = requests(9)
    assert generate(samples_on(scripted()), asked, SAMPLING) == generate(scripted(), asked, SAMPLING)


@pytest.mark.parametrize("left", [0, 3])
def test_a_collect_returns_at_once_where_nothing_is_left_and_else_waits(
    left: int, samples_on: Callable[[Engine], Stepping]
) -> None:
    stepping = samples_on(ScriptedEngine(lambda i: (str(i), True), at_once=0))  # none of its requests ever ends
    stepping.submit(requests(left), SAMPLING)
    began = time.monotonic()
    assert stepping.collect(0.2) == []
    assert (time.monotonic() - began >= 0.2) == bool(left)


def test_a_push_comes_between_two_steps_and_waits_for_one_at_most(samples_on: Callable[[Engine], Stepping]) -> None:
    engine = Watched()
    stepping = samples_on(engine)
    stepping.submit(requests(1000), SAMPLING)
    for version in range(10):
        before = engine.steps
        stepping.push(WEIGHTS, version)
        assert engine.steps - before <= 2  # the one under way, and one that begins behind the push
    assert engine.most == 1
    assert stepping.cancel() == list(range(1000))


def test_what_ended_before_a_push_keeps_the_version_that_sampled_it(samples_on: Callable[[Engine], Stepping]) -> None:
    stepping = samples_on(scripted())
    stepping.push(WEIGHTS, 1)
    stepping.submit(requests(5), SAMPLING)
    assert seen(lambda: not stepping.left)
    stepping.push(WEIGHTS, 2)
    assert [completion.policy_version for _, completion in stepping.collect()] == [1] * 5


def test_what_is_cancelled_is_forgotten_whether_or_not_it_had_ended(samples_on: Callable[[Engine], Stepping]) -> None:
    ends = threading.Event()

    class Slow(ScriptedEngine):
        def collect(self, wait_s: float = WAIT_S) -> list[tuple[int, Completion]]:
            return [] if len(self.waiting) <= 2 and not ends.is_set() else super().collect(wait_s)

    stepping = samples_on(Slow(lambda i: (str(i), True), at_once=1))
    stepping.submit(requests(5), SAMPLING)
    assert seen(lambda: stepping.left == 2)
    assert stepping.cancel() == [0, 1, 2, 3, 4]
    ends.set()
    assert stepping.collect() == []
    stepping.submit(requests(1), SAMPLING)  # their numbers are free again
    assert [i for i, _ in stepping.collect()] == [0]


def test_what_fails_is_told_to_whoever_collects_until_it_is_cancelled(samples_on: Callable[[Engine], Stepping]) -> None:
    stepping = samples_on(Failing())
    stepping.submit(requests(3), SAMPLING)
    for _ in range(2):
        with pytest.raises(FloatingPointError, match="no finite number"):
            stepping.collect()
    assert stepping.cancel() == [0, 1, 2]
    assert said(stepping, requests(2)) == ["0", "1"]


def said(engine: Engine, asked: Sequence[Request]) -> list[str]:
    return [completion.text for completion in generate(engine, asked, SAMPLING)]


def test_its_thread_waits_while_there_is_nothing_to_do(samples_on: Callable[[Engine], Stepping]) -> None:
    engine = Watched()
    stepping = samples_on(engine)
    stepping.submit(requests(2), SAMPLING)
    assert seen(lambda: not stepping.left)
    steps = engine.steps
    time.sleep(3 * STEP_S)
    assert engine.steps == steps == 2
