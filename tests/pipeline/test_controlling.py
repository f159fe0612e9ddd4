"""A push whose probe the learner computes while the engines compute theirs."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import ray
import torch

from temper.pipeline.controlling import ControllerProcess, start_controller
from temper.rlvr.engines.engine import TokenRow
from temper.rlvr.proof import Probe, Probed

ROWS: tuple[TokenRow, ...] = (((1, 2), (3, 4)),)
SAID = ((-1.0, -2.0),)


class Asks:
    """A controller that asks for the probe as the last thing of a push, as `Pushes` does."""

    def __init__(self) -> None:
        self.heard: list[Any] = []
        self.engine = threading.Lock()

    def push(self, weights: Any, version: int, hashes: Mapping[str, str], probe: Probe) -> None:
        with self.engine:
            if version < 0:
                raise ValueError("not these weights")
            self.heard.append((probe.rows, probe.logprobs))

    def restore(self, saved: Path | None) -> None:
        with self.engine:
            pass

    def told(self, step: int) -> dict[str, float]:
        return {"heard": float(len(self.heard)), "last": self.heard[-1][1][0][1]}


@pytest.fixture
def process() -> ControllerProcess:
    made = ControllerProcess()
    made.restore(None, Asks)
    return made


@pytest.fixture
def pushed(process: ControllerProcess) -> Iterator[Callable[[str], Future[None]]]:
    with ThreadPoolExecutor(2) as pool:
        yield lambda name: pool.submit(process.push, [{}], 0, {}, ROWS, name)


@pytest.mark.parametrize("first", [False, True])
def test_what_the_learner_says_reaches_its_push_in_any_order(
    process: ControllerProcess, pushed: Callable[[str], Future[None]], first: bool
) -> None:
    if first:
        process.probed("a", SAID)
    pushing = pushed("a")
    if not first:
        time.sleep(0.1)
        assert not pushing.done()
        process.probed("b", ((0.0, 0.0),))
        process.probed("a", SAID)
        process.probed("a", ((0.0, 0.0),))  # an engine was lost, and the weights sent once more
    pushing.result(timeout=10)
    assert process.controller.heard == [(ROWS, SAID)]
    assert "a" not in process.awaited


def test_a_learner_that_is_gone_leaves_no_push_behind_that_keeps_the_engines(
    process: ControllerProcess, pushed: Callable[[str], Future[None]]
) -> None:
    pushing = pushed("a")
    while not process.awaited:
        time.sleep(0.01)
    process.restore(None, Asks)  # by the learner that comes in its place; it would wait for the engines
    with pytest.raises(CancelledError):
        pushing.result(timeout=10)
    assert process.awaited == {} and not process.controller.heard


class Late:
    """A probe that is computed when it is asked for."""

    rows, asked = ROWS, 0

    @property
    def logprobs(self) -> tuple[tuple[float, ...], ...]:
        self.asked += 1
        return ((-1.0, -3.0),)


@pytest.mark.usefixtures("ray_here")
def test_a_probe_is_computed_once_the_weights_are_on_their_way() -> None:
    controller = start_controller(Asks, 1, "store")
    controller.restore(None)
    weights, late = {"w": torch.ones(2)}, Late()
    controller.push(weights, 0, late)
    assert late.asked == 1 and controller.told(0) == {"heard": 1.0, "last": -3.0}
    controller.push(weights, 1, Probed(ROWS, SAID))
    assert controller.told(1) == {"heard": 2.0, "last": -2.0}
    with pytest.raises(ray.exceptions.RayTaskError, match="not these weights"):
        controller.push(weights, -1, late)
    controller.close()
