"""A push over a process group of its own, beside the trainer's: rank 0 of the learners sends, every engine receives.

Weights travel in buckets, each made from the live parameters and written into those that compute, so neither side holds
a second model: the sender has one bucket more, an engine one bucket and what it is copied from. A bucket is `BUCKET`
bytes, or one tensor where that is larger. On GPUs of their own the group is NCCL's, where all share one GPU it hands
over handles (`handles`), and nothing passes the host; else it is gloo's.

Who sends listens (`Sender`); the controller gives every engine a seat of the same attempt (`Offer.seats`). Each engine
says that it is there and which group it still has, then the sender says go: the group of the last push again where all
have it, else a new one. Whoever fails says so, and the others stop waiting; where a member dies in the middle, the
others' sockets break. An engine that did not get all of a push holds no version (`EngineProcess`), and whoever drives
it starts another attempt with all.
"""

import json
import logging
import time
import uuid
from collections.abc import Callable, ItemsView, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from temper.rlvr.engines.engine import EngineError, EngineLostError
from temper.rlvr.engines.handles import Handles, MemberLostError

if TYPE_CHECKING:
    import torch

log = logging.getLogger(__name__)

BUCKET = 64 << 20
"""Bytes."""
POLL_S = 0.002
JOIN_S = 60.0
"""How long a group may take to form once all its members are there."""
SEND_S = 600.0
"""How long one bucket may take."""
ANSWER_S = 10.0
"""After which a store that does not answer is gone."""


@dataclass(frozen=True)
class Piece:
    """A tensor of a push."""

    name: str
    shape: tuple[int, ...]
    dtype: "torch.dtype"

    @property
    def count(self) -> int:
        size = 1
        for length in self.shape:
            size *= length
        return size


Layout = tuple[Piece, ...]
"""All tensors of a push, in the order in which they travel."""


def piece(name: str, tensor: "torch.Tensor") -> Piece:
    return Piece(name, tuple(tensor.shape), tensor.dtype)


def buckets(layout: Layout, limit: int) -> Iterator[list[Piece]]:
    """Neighbours of one type that have `limit` bytes together at most, and one tensor where it alone has more."""
    some: list[Piece] = []
    size = 0
    for one in layout:
        length = one.count * one.dtype.itemsize
        if some and (size + length > limit or one.dtype != some[0].dtype):
            yield some
            some, size = [], 0
        some.append(one)
        size += length
    if some:
        yield some


@dataclass(frozen=True)
class Seat:
    """An engine's place in one attempt: the sender has rank 0, the engines 1 to `size` - 1."""

    address: tuple[str, int]
    layout: Layout
    attempt: int
    rank: int
    size: int
    bucket: int

    @cached_property
    def store(self) -> Any:
        return _store(self.address)

    def give_up(self) -> None:
        """Tells the others of this attempt that this engine will not come."""
        try:
            self.store.set(_key(self.attempt, "off"), "1")
        except (RuntimeError, EngineError):
            log.info("push: whoever sends is gone as well")


@dataclass(frozen=True)
class Offer:
    """What goes through the controller in place of weights."""

    address: tuple[str, int]
    layout: Layout
    bucket: int = BUCKET

    def seats(self, engines: int) -> list[Seat]:
        """The places of one attempt. Raises EngineError where whoever sends is gone."""
        store = _store(self.address)
        try:
            attempt = int(store.add("attempts", 1))
            store.set(_key(attempt, "size"), str(engines + 1))
        except RuntimeError as error:
            raise EngineError(f"push: the learner that sends is gone ({_first(error)})") from error
        return [
            Seat(self.address, self.layout, attempt, rank, engines + 1, self.bucket) for rank in range(1, engines + 1)
        ]


def seats(weights: Any, engines: int) -> list[Any]:
    """What each of the engines is given: a seat each of what is offered, else all of them the weights themselves."""
    return list(weights.seats(engines)) if isinstance(weights, Offer) else [weights] * engines


@dataclass
class Group:
    """A process group and its name; all `size` members call `broadcast` in the same order."""

    name: str
    size: int
    group: Any
    device: "torch.device"

    def broadcast(self, flat: "torch.Tensor") -> None:
        """Raises MemberLostError."""
        from torch.distributed import BroadcastOptions

        options = BroadcastOptions()
        options.rootRank = 0
        options.timeout = timedelta(seconds=SEND_S)
        try:
            self.group.broadcast([flat], options).wait()
        except RuntimeError as error:  # what torch raises then
            raise MemberLostError(f"push: a member is gone in the middle ({_first(error)})") from error

    def close(self) -> None:
        """Its sockets close with it, wherever this is still held."""
        self.group = None


class Sender:
    """Rank 0's side; one a process, for all its pushes. `host` is where the engines' nodes reach it."""

    def __init__(self, host: str, bucket: int = BUCKET) -> None:
        from torch.distributed import TCPStore  # type: ignore[attr-defined]

        self.bucket = bucket
        self.store = TCPStore(host, 0, is_master=True, wait_for_workers=False, timeout=timedelta(seconds=ANSWER_S))
        self.address = (host, self.store.port)
        self.served = 0
        """Attempts so far."""
        self.ended: Callable[[], bool] = lambda: True
        """Whether the push that is being served has."""
        self.group: Group | Handles | None = None
        """That of the last push, where all of it arrived."""

    def offer(self, layout: Layout) -> Offer:
        return Offer(self.address, layout, self.bucket)

    def serve(
        self, weights: "Mapping[str, torch.Tensor]", layout: Layout, device: "torch.device", ended: Callable[[], bool],
        sent: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        """Sends the weights, which lie on `device`, to all engines, again for each further attempt, until the push has
        `ended`; calls `sent` each time that all of it is on its way."""
        self.ended = ended
        while not ended():
            attempt = self.served + 1
            if not self.store.check([_key(attempt, "size")]):
                time.sleep(POLL_S)
                continue
            self.served = attempt
            try:
                if self._join(attempt, device):
                    self._send(weights, layout)
                    sent()
            except MemberLostError as error:
                if self.group:
                    self.group.close()
                self.group = None
                log.warning("%s; waiting for another attempt", error)

    def _join(self, attempt: int, device: "torch.device") -> bool:
        """Whether the group of this attempt stands, the last push's where all still have it."""
        size = int(self.store.get(_key(attempt, "size")))
        if (there := self._gathered(attempt, size)) is None:
            return False
        # Of as many: where one is lost and the others go on, theirs is the group that it was in.
        held = self.group.name if self.group and self.group.size == size else None
        again = held is not None and all(one["group"] == held for one in there)
        kind = kind_of([_uuid(device), *(one["device"] for one in there)])
        name = held if again else uuid.uuid4().hex
        self.store.set(_key(attempt, "go"), json.dumps({"group": name, "kind": kind, "again": again}))
        if not again:
            self.group = None
            where = self.store, 0, size, self.address[0], device
            self.group = joined(str(name), kind, *where, lambda: self._over(self.served))
        return True

    def _send(self, weights: "Mapping[str, torch.Tensor]", layout: Layout) -> None:
        """Every bucket, to all that are in the group."""
        import torch

        assert self.group
        tensors = iter(weights.items())
        for some in buckets(layout, self.bucket):
            # Read one after another: a gathered parameter is whole until the next one is asked for.
            flat = torch.empty(sum(one.count for one in some), dtype=some[0].dtype, device=self.group.device)
            start = 0
            for one in some:
                name, tensor = next(tensors)
                if piece(name, tensor) != one:
                    raise AssertionError(f"push: {name} is no longer what was offered as {one}")
                flat[start : start + one.count].copy_(tensor.reshape(-1))
                start += one.count
            self.group.broadcast(flat)

    def _gathered(self, attempt: int, size: int) -> list[dict[str, Any]] | None:
        """What each engine says of itself once all are there; none where one of them never will be."""
        here = [_key(attempt, f"here/{rank}") for rank in range(1, size)]
        while not self.store.check(here):
            if self._over(attempt):
                return None
            time.sleep(POLL_S)
        return [json.loads(self.store.get(key)) for key in here]

    def _over(self, attempt: int) -> bool:
        """Whether it is known that not all will take part in an attempt: somebody says so, or it is tried again."""
        over = _key(attempt, "off"), _key(attempt + 1, "size")
        return self.ended() or any(self.store.check([key]) for key in over)


class Member:
    """An engine's side; one a process."""

    def __init__(self, device: "torch.device") -> None:
        self.device = device
        self.group: Group | Handles | None = None
        self.seat: Seat | None = None
        """Of the last attempt."""

    def sit(self, seat: Seat) -> "Arriving":
        """Waits until all are there. Raises EngineLostError where another engine is lost, EngineError where whoever
        sends is."""
        from torch.distributed import DistError

        self.seat = seat
        try:
            go = self._go(seat)
        except DistError as error:
            raise EngineError(f"push: the learner that sends is gone ({_first(error)})") from error
        if not go["again"]:
            self.group = None
            where = seat.store, seat.rank, seat.size, seat.address[0]
            self.group = joined(go["group"], go["kind"], *where, self.device, self._gone)
        assert self.group
        return Arriving(seat.layout, self.group, seat.bucket)

    def _gone(self) -> bool:
        return self.seat is not None and self.seat.store.check([_key(self.seat.attempt, "off")])

    def leave(self) -> None:
        """Breaks the group, so that nobody in it waits for this engine."""
        if self.group:
            self.group.close()
        if self.seat and isinstance(self.group, Handles):
            self.seat.give_up()  # it has no socket that breaks
        self.group = None

    def _go(self, seat: Seat) -> dict[str, Any]:
        store, held = seat.store, self.group.name if self.group else None
        store.set(_key(seat.attempt, f"here/{seat.rank}"), json.dumps({"group": held, "device": _uuid(self.device)}))
        while not store.check([_key(seat.attempt, "go")]):
            if store.check([_key(seat.attempt, "off")]):
                raise EngineLostError("push: another engine is gone before it began")
            time.sleep(POLL_S)
        told: dict[str, Any] = json.loads(store.get(_key(seat.attempt, "go")))
        return told


class Arriving(Mapping[str, "torch.Tensor"]):
    """The weights as an engine reads them: `items` hands them out once, as they arrive, each good until the next is
    asked for; to look one up tells its shape and type alone (a tensor on torch's meta device)."""

    def __init__(self, layout: Layout, group: Group | Handles, bucket: int) -> None:
        self.layout = {one.name: one for one in layout}
        self.group, self.bucket = group, bucket
        self.read = False

    def __len__(self) -> int:
        return len(self.layout)

    def __iter__(self) -> Iterator[str]:
        return iter(self.layout)

    def __getitem__(self, name: str) -> "torch.Tensor":
        import torch

        one = self.layout[name]
        return torch.empty(one.shape, dtype=one.dtype, device="meta")

    def items(self) -> ItemsView[str, "torch.Tensor"]:
        return _Arrivals(self)

    def arrivals(self) -> "Iterator[tuple[str, torch.Tensor]]":
        """Raises MemberLostError where one is lost meanwhile."""
        import torch

        if self.read:
            raise AssertionError("a push is read once")
        self.read = True
        for some in buckets(tuple(self.layout.values()), self.bucket):
            counts = [one.count for one in some]
            flat = torch.empty(sum(counts), dtype=some[0].dtype, device=self.group.device)
            self.group.broadcast(flat)
            for one, part in zip(some, torch.split(flat, counts), strict=True):
                yield one.name, part.view(one.shape)


class _Arrivals(ItemsView[str, "torch.Tensor"]):
    _mapping: Arriving

    def __iter__(self) -> "Iterator[tuple[str, torch.Tensor]]":
        return self._mapping.arrivals()


def joined(
    name: str, kind: str, store: Any, rank: int, size: int, host: str, device: "torch.device", gone: Callable[[], bool]
) -> Group | Handles:
    """The group `name`, once all of its members call this. Raises MemberLostError."""
    if kind == "handles":
        return Handles(name, size, rank, store, device, gone)
    try:
        return Group(name, size, *_joined(name, kind, store, rank, size, host, device))
    except RuntimeError as error:
        raise MemberLostError(f"push: a member is gone before it began ({_first(error)})") from error


def _joined(
    name: str, kind: str, store: Any, rank: int, size: int, host: str, device: "torch.device"
) -> "tuple[Any, torch.device]":
    import torch
    from torch import distributed

    apart = distributed.PrefixStore(name, store)  # type: ignore[attr-defined]
    if kind == "nccl":
        torch.cuda.set_device(device)
        options = distributed.ProcessGroupNCCL.Options()
        options._timeout = timedelta(seconds=SEND_S)
        return distributed.ProcessGroupNCCL(apart, rank, size, options), device
    options = distributed.ProcessGroupGloo._Options()  # type: ignore[attr-defined]
    options._timeout = timedelta(seconds=JOIN_S)
    options._devices = [distributed.ProcessGroupGloo.create_device(hostname=_own_address(host))]
    return distributed.ProcessGroupGloo(apart, rank, size, options), torch.device("cpu")


def kind_of(devices: Sequence[str | None]) -> str:
    """`nccl` where every member has a GPU of its own, which NCCL asks for, `handles` where all have the same one, else
    `gloo`."""
    if None in devices:
        return "gloo"
    return "nccl" if len(set(devices)) == len(devices) else "handles" if len(set(devices)) == 1 else "gloo"


def _uuid(device: "torch.device") -> str | None:
    import torch

    return str(torch.cuda.get_device_properties(device).uuid) if device.type == "cuda" else None


def _own_address(host: str) -> str:
    """This node's address on the way to `host`."""
    import socket

    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as way:
        way.connect((host, 9))  # sends nothing
        return str(way.getsockname()[0])


def _store(address: tuple[str, int]) -> Any:
    """Raises EngineError where nobody listens."""
    from torch.distributed import TCPStore  # type: ignore[attr-defined]

    try:
        return TCPStore(*address, is_master=False, timeout=timedelta(seconds=ANSWER_S))
    except RuntimeError as error:
        raise EngineError(f"push: the learner that sends is gone ({_first(error)})") from error


def _key(attempt: int, what: str) -> str:
    return f"{attempt}/{what}"


def _first(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
