"""Several engines as one."""

import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence

import pytest
import torch

from temper.policy.checkpoint import tensor_hashes
from temper.rlvr.doubles import ScriptedEngine
from temper.rlvr.engines.engine import EngineLostError, generate
from temper.rlvr.engines.replicas import Replicas, as_one
from temper.rlvr.rollout import Completion, Request, Sampling

SAMPLING = Sampling(1.0, 8)
WEIGHTS = {"w": torch.ones(3)}


def scripted(count: int) -> list[ScriptedEngine]:
    return [ScriptedEngine(lambda i: (str(i), True), at_once=1) for _ in range(count)]


def requests(*prompts: int) -> list[Request]:
    return [Request(i, (prompt,), 0) for i, prompt in enumerate(prompts)]


class Distorted(ScriptedEngine):
    def push(self, weights: "dict[str, torch.Tensor]", version: int) -> dict[str, str]:  # type: ignore[override]
        super().push(weights, version)
        return tensor_hashes({"w": torch.zeros(3)})


def ids(waiting: Sequence[Request]) -> list[int]:
    return [request.id for request in waiting]


def test_a_prompt_goes_to_one_replica_the_one_with_the_least_in_flight() -> None:
    engines = scripted(2)
    both = Replicas(engines)
    both.submit(requests(1, 1, 1, 2, 3, 3), SAMPLING)
    assert [ids(engine.waiting) for engine in engines] == [[0, 1, 2], [3, 4, 5]]
    assert sorted(i for i, _ in both.collect()) == [0, 3]
    both.submit([Request(9, (4,), 0)], SAMPLING)
    assert [ids(engine.waiting) for engine in engines] == [[1, 2, 9], [4, 5]]


def test_they_complete_what_one_engine_would() -> None:
    asked = requests(1, 1, 2, 2, 3, 4, 5)
    assert generate(Replicas(scripted(3)), asked, SAMPLING) == generate(scripted(1)[0], asked, SAMPLING)


def test_what_is_cancelled_comes_back_in_order_and_is_forgotten() -> None:
    both = Replicas(scripted(2))
    both.submit(requests(1, 2, 3, 4), SAMPLING)
    assert both.cancel() == [0, 1, 2, 3]
    assert both.collect() == []
    assert both.holds == {}


def test_a_replica_that_holds_other_weights_is_seen_in_the_hashes() -> None:
    wanted = tensor_hashes(WEIGHTS)
    assert Replicas(scripted(3)).push(WEIGHTS, 1) == wanted
    for place in range(3):
        engines = scripted(2)
        engines.insert(place, Distorted(lambda i: ("", True)))
        assert Replicas(engines).push(WEIGHTS, 1).keys() == wanted.keys()
        assert Replicas(engines).push(WEIGHTS, 1) != wanted


class Offline(ScriptedEngine):
    """Is lost at its `at`-th call of `method`, and starts anew, empty, once `home` is set."""

    def __init__(self, method: str, at: int = 1) -> None:
        super().__init__(lambda i: (str(i), True), at_once=1)
        self.method, self.left, self.dead = method, at, False
        self.home = threading.Event()
        self.versions: list[int] = []

    def _alive(self, method: str) -> None:
        self.left -= method == self.method
        if self.dead or (method == self.method and self.left == 0):
            self.dead = True
            raise EngineLostError("gone")

    def push(self, weights: "Mapping[str, torch.Tensor]", version: int) -> dict[str, str]:
        self._alive("push")
        self.versions.append(version)
        return super().push(weights, version)

    def submit(self, requests: Sequence[Request], sampling: Sampling) -> None:
        self._alive("submit")
        super().submit(requests, sampling)

    def collect(self, wait_s: float = 1.0) -> list[tuple[int, Completion]]:
        self._alive("collect")
        return super().collect(wait_s)

    def cancel(self) -> list[int]:
        self._alive("cancel")
        return super().cancel()

    def revive(self) -> bool:
        self.home.wait()
        self.waiting, self.dead = [], False
        return True


def until(true: Callable[[], bool]) -> None:
    limit = time.monotonic() + 10
    while not true():
        assert time.monotonic() < limit
        time.sleep(0.001)


def collected(engine: Replicas, count: int) -> dict[int, Completion]:
    ended: dict[int, Completion] = {}
    while len(ended) < count:
        some = engine.collect()
        assert not ended.keys() & dict(some).keys(), "twice"
        ended.update(some)
    return ended


@pytest.mark.parametrize(("method", "at"), [("submit", 1), ("collect", 1), ("collect", 2)])
def test_the_others_go_on_without_a_lost_engine_and_a_push_takes_it_back(method: str, at: int) -> None:
    lost = Offline(method, at)
    engines = [*scripted(2), lost]
    three = Replicas(engines)
    three.push(WEIGHTS, 0)
    asked = requests(*range(9))
    three.submit(asked, SAMPLING)
    assert collected(three, 9) == collected(one_alone(asked), 9)
    assert three.replicas == tuple(engines[:2]) and not three.holds
    three.push(WEIGHTS, 1)  # it is still on its way: the others have it
    lost.home.set()
    until(lambda: three.out[2].done())
    three.submit(asked, SAMPLING)
    assert not lost.waiting  # till a push: what it holds is not what the others hold
    collected(three, 9)
    three.push(WEIGHTS, 2)
    assert three.replicas == tuple(engines) and lost.versions == [0, 2]
    three.submit(asked, SAMPLING)
    assert len(lost.waiting) == 3


def one_alone(asked: Sequence[Request]) -> Replicas:
    alone = Replicas(scripted(1))
    alone.push(WEIGHTS, 0)
    alone.submit(asked, SAMPLING)
    return alone


def test_where_nothing_is_ever_pushed_it_is_back_at_once() -> None:
    lost = Offline("collect")
    lost.home.set()
    both = Replicas([scripted(1)[0], lost])
    both.submit(requests(1, 2, 3, 4), SAMPLING)
    collected(both, 4)
    until(lambda: both.out == {} or both.out[1].done())
    both.collect()
    assert len(both.replicas) == 2


def test_one_that_is_lost_in_a_push_is_left_out_of_the_next_attempt() -> None:
    lost, sound = Offline("push"), Offline("never")
    both = Replicas([lost, sound])
    with pytest.raises(EngineLostError):
        both.push(WEIGHTS, 1)
    assert both.revive() and both.replicas == (sound,)
    assert both.push(WEIGHTS, 1) == tensor_hashes(WEIGHTS)
    assert sound.versions == [1, 1] and lost.versions == []


def test_with_the_last_one_all_are_lost_and_the_first_that_is_back_is_enough() -> None:
    first, second = Offline("collect"), Offline("collect", 2)
    both = Replicas([first, second])
    both.push(WEIGHTS, 0)
    both.submit(requests(1, 2, 3, 4, 5, 6), SAMPLING)
    with pytest.raises(EngineLostError):
        collected(both, 6)
    second.home.set()
    assert both.revive() and both.replicas == (second,)
    assert both.cancel() == [] and both.push(WEIGHTS, 0) == tensor_hashes(WEIGHTS)
    assert len(generate(both, requests(1, 2, 3, 4), SAMPLING)) == 4


def test_an_engine_that_never_comes_back_stays_away() -> None:
    class Gone(Offline):
        def revive(self) -> bool:
            return False

    both = Replicas([Gone("collect"), scripted(1)[0]])
    both.push(WEIGHTS, 0)
    both.submit(requests(1, 2), SAMPLING)
    assert len(collected(both, 2)) == 2
    until(lambda: both.out[0].done())
    both.push(WEIGHTS, 1)
    assert len(both.replicas) == 1
    none = Replicas([Gone("collect"), Gone("collect")])
    none.push(WEIGHTS, 0)
    none.submit(requests(1, 2), SAMPLING)
    with pytest.raises(EngineLostError):
        none.collect()
    assert not none.revive()


def test_requests_of_random_losses_end_once_each() -> None:
    draw = random.Random(0)
    for _ in range(50):
        engines = [Offline(draw.choice(("collect", "submit", "never")), draw.randrange(1, 5)) for _ in range(3)]
        engines.append(Offline("never"))
        four = Replicas(engines)
        four.push(WEIGHTS, 0)
        asked = requests(*(draw.randrange(5) for _ in range(20)))
        four.submit(asked, SAMPLING)
        assert collected(four, 20).keys() == set(range(20)) and not four.holds


def test_one_engine_stays_itself() -> None:
    (engine,) = scripted(1)
    assert as_one([engine]) is engine
    assert engine.replicas == (engine,)
