"""What ended a stage is told as what it was, and only a lost process is a reason to begin again."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ray.exceptions import ActorDiedError, OwnerDiedError, RayTaskError, WorkerCrashedError
from ray.train.v2._internal.exceptions import WorkerHealthCheckFailedError

from temper.pipeline import cluster, failures
from temper.pipeline.controlling import RemoteController, start_controller
from temper.pipeline.failures import LostError, lost, root, told
from temper.pipeline.mistakes import StageError
from temper.pipeline.recipe import ClusterSection
from temper.policy.health import NotFiniteError
from temper.policy.section import LearnersSection
from temper.rlvr.batches.dealing import Share, shares
from temper.rlvr.engines.engine import EngineError, EngineLostError
from temper.rlvr.proof import Probed
from temper.rlvr.rollout import Batch
from temper.rlvr.section import TransformersEngineSection
from temper.verifiers.verdict import VerifierError


def wrapped(error: Exception) -> Exception:
    """As it comes out of `ray.get`."""
    made: Exception = RayTaskError("f", "Traceback ...", error).as_instanceof_cause()
    return made


PROOF = EngineError("push of version 1: 3 tensors differ from the trainer's, got ['a', 'b', 'c']")
VERIFIER = VerifierError(
    "step 1: 3 of 8 rollouts lost to our own errors; ...\n3 x verifier: KeyError: 'ten'\nTraceback"
)
GLOO = RuntimeError("Connection closed by peer [127.0.0.1]:1234")


@pytest.mark.parametrize("error", [PROOF, VERIFIER, NotFiniteError("step 2: loss nan"), EngineLostError("gone"), GLOO])
def test_what_would_fail_once_more_is_not_tried_again(error: Exception) -> None:
    assert not lost([error]) and not lost([wrapped(wrapped(error))])
    assert type(root(wrapped(wrapped(error)))) is type(error)


@pytest.mark.parametrize(
    "error",
    [
        ActorDiedError(),
        WorkerCrashedError(),
        OwnerDiedError("0" * 56, None, ""),
        WorkerHealthCheckFailedError("gone", ActorDiedError()),
        wrapped(LostError("another")),
    ],
)
def test_a_lost_process_is_why_the_other_ranks_fail(error: Exception) -> None:
    assert lost([error]) and lost([GLOO, error])


@pytest.mark.parametrize("others", [[], [GLOO], [GLOO, GLOO]])
def test_the_error_that_is_raised_is_the_one_that_the_others_have_theirs_from(others: list[Exception]) -> None:
    for error in (PROOF, VERIFIER):
        found = told([*others, wrapped(error)], "trace")
        assert type(found) is StageError
        assert str(found) == f"{type(error).__name__}: {error}", "whole, without Ray's traceback"
    bad = NotFiniteError("step 2: loss nan")
    assert told([*others, wrapped(bad)], "trace") is bad


def test_an_error_that_nobody_foresaw_comes_with_its_traceback() -> None:
    assert str(told([KeyError("ten")], "File x, line 3")) == "KeyError: 'ten'\nFile x, line 3"


def refuses() -> None:
    raise ValueError("packs: too few")


def breaks() -> None:
    raise KeyError("ten")


@pytest.mark.usefixtures("ray_here")
def test_a_worker_tells_its_own_error() -> None:
    with pytest.raises(ValueError, match=r"^packs: too few$"):
        cluster.call(refuses, threads=1)
    with pytest.raises(StageError, match=r"^KeyError: 'ten'\n(?s:.*)line \d+, in breaks"):
        cluster.call(breaks, threads=1)


@pytest.mark.usefixtures("ray_here")
def test_an_engine_that_cannot_be_started_says_why(tmp_path: Path) -> None:
    (engine,) = cluster.start_engines(tmp_path / "nothing", TransformersEngineSection(), ClusterSection(), version=0)
    for _ in range(2):
        with pytest.raises(EngineError, match="the engine cannot be started: .*nothing"):
            engine.cancel()
    cluster.close([engine])


class Counts:
    """A controller that says in which process it is."""

    def restore(self, saved: Path | None) -> None: ...

    def push(self, weights: Any, version: int, hashes: Any, probe: Any) -> None: ...

    def share(self, step: int, rank: int, ranks: int, budget: int) -> Share:
        return shares(Batch(os.getpid(), (), 0), ranks, budget)[rank]

    def save(self, path: Path) -> None: ...

    def stalled(self, after_s: float) -> list[str]:
        return []


def process(controller: RemoteController) -> int:
    share = controller.take(0, 0, 1, 8)
    assert share
    return share.step


@pytest.mark.usefixtures("ray_here")
def test_a_controller_that_comes_back_refuses_until_it_is_told_where_the_training_stands() -> None:
    controller = start_controller(Counts, 1, "store")
    controller.restore(None)
    os.kill(process(controller), signal.SIGKILL)
    controller.restore(None)  # waits for the next one
    os.kill(process(controller), signal.SIGKILL)
    asks: list[Callable[[], object]] = [
        lambda: controller.take(0, 0, 1, 8),
        lambda: controller.push({}, 0, Probed((), ())),
        lambda: controller.save(Path()),
    ]
    while asks:
        with pytest.raises(Exception) as found:
            asks[0]()
        assert lost([found.value])
        if "started again" in str(found.value):  # first it is not there yet
            asks.pop(0)
    controller.restore(Path())
    assert controller.take(0, 0, 1, 8)
    controller.close()


@pytest.mark.usefixtures("ray_here")
def test_a_controller_that_cannot_be_made_says_why() -> None:
    controller = start_controller(refuses, 1, "store")
    with pytest.raises(ValueError, match="packs: too few") as found:
        controller.restore(None)
    assert not lost([found.value]) and str(told([found.value], "")) == "packs: too few"
    controller.close()


def counted(config: dict[str, Any], what: Callable[[], None]) -> None:
    path = Path(config["folder"]) / "attempts"
    attempts = len(path.read_text()) if path.exists() else 0
    path.write_text("x" * (attempts + 1))
    if attempts < config["failures"]:
        what()


def not_proven(config: dict[str, Any]) -> None:
    counted(config, lambda: (_ for _ in ()).throw(PROOF))


def killed(config: dict[str, Any]) -> None:
    counted(config, lambda: os.kill(os.getpid(), signal.SIGKILL))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Ray Train's own of Ray Data
@pytest.mark.usefixtures("ray_here")
def test_learners_begin_again_after_a_lost_process_and_after_nothing_else(tmp_path: Path) -> None:
    def attempts(loop: Callable[[dict[str, Any]], None], fail: int) -> int:
        folder = tmp_path / f"{loop.__name__}-{fail}"
        folder.mkdir()
        try:
            cluster.train(loop, {"folder": str(folder), "failures": fail}, LearnersSection(threads=1), folder)
        finally:
            found = len((folder / "attempts").read_text())
        return found

    with pytest.raises(StageError, match=r"^EngineError: push of version 1: 3 tensors differ .*'b', 'c'\]$"):
        attempts(not_proven, 9)
    assert len((tmp_path / "not_proven-9/attempts").read_text()) == 1
    assert attempts(killed, 1) == 2
    with pytest.raises(StageError):
        attempts(killed, 9)
    assert len((tmp_path / "killed-9/attempts").read_text()) == 1 + cluster.MAX_LEARNER_LOSSES
    assert failures.lost([ActorDiedError()])
