"""The controller as an actor, and what learners and driver see of it."""

import threading
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ray

from temper.pipeline import pulse
from temper.pipeline.failures import LostError, until_there
from temper.pipeline.holding import Hold
from temper.pipeline.recipe import PushWay
from temper.rlvr.batches.dealing import Share
from temper.rlvr.engines.channel import Sender, piece
from temper.rlvr.engines.engine import TokenRow
from temper.rlvr.proof import Probe, ProbeLogprobs

if TYPE_CHECKING:
    import torch

RESTART_S = 600.0
"""How long a lost controller may take to be there again."""


@dataclass(frozen=True)
class Awaited:
    """A probe (`proof.Probe`) whose learner computes it while the engines compute theirs."""

    rows: tuple[TokenRow, ...]
    told: Future[ProbeLogprobs]

    @property
    def logprobs(self) -> ProbeLogprobs:
        with pulse.doing("waits for the learner's probe", on="learner"):
            return self.told.result()


class RemoteController:
    """What a learner and the driver see of the controller, over its actor."""

    def __init__(self, actor: Any, make: Any, push: PushWay = "group") -> None:
        self.actor, self.make, self.way = actor, make, push
        """`make` is Ray's reference to what builds the controller, for the first process and for the next."""

    @cached_property
    def sender(self) -> Sender:
        """Of this process."""
        return Sender(ray.util.get_node_ip_address())

    def push(self, weights: "Mapping[str, torch.Tensor]", version: int, probe: Probe) -> None:
        """Sends the weights to the engines and waits until all have proven them; the controller sees none of them. What
        this process says of the probe it computes while they do."""
        import torch

        from temper.policy.checkpoint import tensor_hash

        pieces, hashes, kept, device = [], {}, {}, torch.device("cpu")
        for name, tensor in weights.items():
            device = tensor.device
            pieces.append(piece(name, tensor))
            hashes[name] = tensor_hash(tensor)
            if self.way == "store":
                kept[name] = tensor.to("cpu", copy=True)
        given = ray.put(kept) if self.way == "store" else self.sender.offer(tuple(pieces))
        name = uuid.uuid4().hex

        def tell() -> None:
            with pulse.doing(f"computes the probe of version {version}"):
                self.actor.probed.remote(name, probe.logprobs)

        with pulse.doing(f"pushes version {version}", on="controller"):
            # In a list: Ray would fetch a bare reference's weights for the controller, which hands them on unread.
            pushing = self.actor.push.remote([given], version, hashes, probe.rows, name)
            if self.way == "group":
                self.sender.serve(weights, tuple(pieces), device, lambda: bool(ray.wait([pushing], timeout=0)[0]), tell)
            else:
                tell()
            ray.get(pushing)

    def take(self, step: int, rank: int, ranks: int, budget: int) -> Share | None:
        with pulse.doing(f"waits for the batch of step {step + 1}", on="controller"):
            share: Share | None = ray.get(self.actor.take.remote(step, rank, ranks, budget))
        return share

    def told(self, step: int) -> dict[str, float]:
        with pulse.doing(f"waits for the numbers of step {step + 1}", on="controller"):
            told: dict[str, float] = ray.get(self.actor.told.remote(step))
        return told

    def save(self, path: Path) -> None:
        with pulse.doing("waits for the queue to be saved", on="controller"):
            ray.get(self.actor.save.remote(path))

    def restore(self, saved: Path | None) -> None:
        """Waits for a process that is on its way in the place of a lost one."""
        with pulse.doing("waits for the controller to be there", on="controller"):
            until_there(lambda: ray.get(self.actor.restore.remote(saved, self.make)), RESTART_S)

    def stalled(self, after_s: float) -> list[str]:
        """Who holds the others up, the controller itself included; nothing where it is not there (yet)."""
        try:
            found: list[str] = ray.get(self.actor.stalled.remote(after_s), timeout=after_s)
        except ray.exceptions.GetTimeoutError:
            return [f"the controller: no answer for {after_s:.0f} s"]
        except ray.exceptions.RayActorError:
            return []
        return found

    def close(self) -> None:
        ray.kill(self.actor)


def start_controller(make: Callable[[], Any], ranks: int, push: PushWay, hold: Hold | None = None) -> RemoteController:
    """An actor that builds a controller with `make` in its own process; Ray starts it again when it is lost."""
    # A take waits inside of its call, each rank's in a thread; a push, a save and who asks what stalls need others.
    actor = ray.remote(ControllerProcess).options(num_cpus=0, max_concurrency=ranks + 8, max_restarts=-1)
    return RemoteController(actor.remote(pulse.post(), hold), ray.put(make), push)


class ControllerProcess:
    """Has its controller once it is told where the training stands: one that was started again knows nothing, and would
    begin from the beginning."""

    def __init__(self, post: pulse.Post | None = None, hold: Hold | None = None) -> None:
        self.made: Any = None
        self.hold = hold
        self.awaited: dict[str, Future[ProbeLogprobs]] = {}
        """What learners say of the probe, by the push's name."""
        self._telling = threading.Lock()
        pulse.report(post, "controller")
        pulse.tell(lambda: self.made.standing() if self.made else {})

    @property
    def controller(self) -> Any:
        if self.made is None:
            raise LostError("the controller's process was started again")
        return self.made

    def restore(self, saved: Path | None, make: Callable[[], Any]) -> None:
        with pulse.doing("goes to where the training stands"):
            with self._telling:
                for told in self.awaited.values():
                    told.cancel()  # its learner is gone, and its push has the engines to itself
                self.awaited.clear()
            made = self.made or make()
            made.restore(saved)
        # Only once it stands where the training does: whoever asks before that is told that it was started again.
        self.made = made

    def push(
        self, boxed: list[Any], version: int, hashes: Mapping[str, str], rows: tuple[TokenRow, ...], name: str
    ) -> None:
        """`name` is that of the push, under which the learner tells what it says of the probe's `rows`."""
        try:
            with pulse.doing(f"hands on version {version}"):
                self.controller.push(boxed[0], version, hashes, Awaited(rows, self._told(name)))
        finally:
            self.awaited.pop(name, None)

    def probed(self, name: str, logprobs: ProbeLogprobs) -> None:
        told = self._told(name)
        if not told.done():  # else an engine was lost, and the weights sent once more
            told.set_result(logprobs)

    def _told(self, name: str) -> Future[ProbeLogprobs]:
        """The learner may tell before its push is here."""
        with self._telling:
            return self.awaited.setdefault(name, Future())

    def take(self, step: int, rank: int, ranks: int, budget: int) -> Share | None:
        if self.hold is not None:
            self.hold.wait()
        with pulse.doing(f"makes the batch of step {step + 1}"):
            share: Share | None = self.controller.share(step, rank, ranks, budget)
        return share

    def told(self, step: int) -> dict[str, float]:
        told: dict[str, float] = self.controller.told(step)
        return told

    def save(self, path: Path) -> None:
        self.controller.save(path)

    def stalled(self, after_s: float) -> list[str]:
        found: list[str] = self.made.stalled(after_s) if self.made else []
        return found
