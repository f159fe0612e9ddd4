"""The way to an engine: who waits goes next, and what an engine holds is what was pushed."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

import pytest
import torch

from temper.policy.checkpoint import tensor_hashes
from temper.rlvr.engines.engine import Engine, EngineError, EngineLostError
from temper.rlvr.pushes import MAX_REVIVALS, Pushed, Pushes

WEIGHTS = {"a": torch.ones(2), "b": torch.zeros(3)}


@dataclass
class Holds:
    """An engine that is lost at the first `losses` pushes, and holds `changed` in place of what it is given."""

    losses: int = 0
    changed: Mapping[str, torch.Tensor] = field(default_factory=dict)
    versions: list[int] = field(default_factory=list)
    revivals: int = 0

    def push(self, weights: Mapping[str, torch.Tensor], version: int) -> Mapping[str, str]:
        self.versions.append(version)
        if len(self.versions) <= self.losses:
            raise EngineLostError("engine: gone")
        return tensor_hashes({**weights, **self.changed})

    def revive(self) -> bool:
        self.revivals += 1
        return True


def pushes(engine: Holds) -> Pushes:
    return Pushes(cast(Engine, engine))


PUSHED = Pushed(WEIGHTS, 3, tensor_hashes(WEIGHTS))


def test_who_waits_for_the_engine_goes_before_who_has_just_had_it() -> None:
    found, order = pushes(Holds()), list[str]()

    def push() -> None:
        with found.alone():
            order.append("push")

    waiting = threading.Thread(target=push)
    with found.alone():
        waiting.start()
        while not found._lock._next.locked():  # until it waits at the engine's turn
            time.sleep(0.001)
        order.append("collect")
    with found.alone():
        order.append("collect again")
    waiting.join()
    assert order == ["collect", "push", "collect again"]


def test_a_proven_push_is_what_an_engine_that_starts_anew_is_given() -> None:
    engine = Holds()
    found = pushes(engine)
    assert found.last is None
    found.push(PUSHED)
    assert found.last is PUSHED and engine.versions == [3]


@pytest.mark.parametrize(
    ("changed", "named"),
    [({"a": torch.tensor([1.0, 2.0])}, "['a']"), ({"c": torch.ones(1)}, "['c']"), ({"b": torch.ones(3)}, "['b']")],
)
def test_a_push_that_the_engine_does_not_hold_names_the_tensors(changed: dict[str, torch.Tensor], named: str) -> None:
    found = pushes(Holds(changed=changed))
    with pytest.raises(EngineError, match="push of version 3: 1 tensors differ from the trainer's") as caught:
        found.push(PUSHED)
    assert named in str(caught.value)
    assert found.last is None, "weights that were not proven are never given to another engine"


@pytest.mark.parametrize(("losses", "revived"), [(0, True), (MAX_REVIVALS - 1, True), (MAX_REVIVALS, False)])
def test_a_lost_engine_is_started_anew_three_times_in_a_row_at_most(losses: int, revived: bool) -> None:
    engine = Holds(losses)
    assert pushes(engine).revive(EngineLostError("engine: gone"), PUSHED) is revived
    assert engine.revivals == min(losses + 1, MAX_REVIVALS)


def test_an_engine_that_starts_anew_with_other_weights_is_not_tried_again() -> None:
    engine = Holds(changed={"a": torch.zeros(2)})
    with pytest.raises(EngineError, match="differ"):
        pushes(engine).revive(EngineLostError("engine: gone"), PUSHED)
    assert engine.revivals == 1
