"""Several engines as one."""

from collections.abc import Sequence

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


class Mortal(ScriptedEngine):
    """Dies at its first collect; lives again once revived."""

    dead = True

    def collect(self, wait_s: float = 1.0) -> list[tuple[int, Completion]]:
        if self.dead:
            raise EngineLostError("gone")
        return super().collect(wait_s)

    def cancel(self) -> list[int]:
        if self.dead:
            raise EngineLostError("gone")
        return super().cancel()

    def revive(self) -> bool:
        self.dead = False
        return super().revive()


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


def test_a_lost_replica_comes_back_and_all_is_asked_for_again() -> None:
    engines = [scripted(1)[0], Mortal(lambda i: (str(i), True))]
    both = Replicas(engines)
    both.submit(requests(1, 2, 3, 4), SAMPLING)
    with pytest.raises(EngineLostError):
        both.collect()
    assert both.revive()
    assert both.cancel() == []
    assert len(generate(both, requests(1, 2, 3, 4), SAMPLING)) == 4


def test_one_engine_stays_itself() -> None:
    (engine,) = scripted(1)
    assert as_one([engine]) is engine
    assert engine.replicas == (engine,)
