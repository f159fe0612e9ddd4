"""A push over a group of its own: all of it arrives in every engine, or the next attempt gives it to all."""

import random
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from typing import Any

import pytest
import torch

from temper.policy.checkpoint import tensor_hashes
from temper.rlvr.engines import channel
from temper.rlvr.engines.channel import Arriving, Layout, Member, Offer, Piece, Seat, Sender, buckets, kind_of, piece
from temper.rlvr.engines.engine import Engine, EngineError, EngineLostError
from temper.rlvr.engines.handles import Handles
from temper.rlvr.engines.replicas import Replicas
from temper.rlvr.pushes import Pushed, Pushes

CPU = torch.device("cpu")
BUCKET = 64
"""Bytes: of the tensors below one is larger, and several are together."""
WEIGHTS = {
    "embedding": torch.arange(40.0).reshape(8, 5),
    "norm": torch.ones(3),
    "bias": torch.zeros(4),
    "experts": torch.randn(2, 3, 4, generator=torch.Generator().manual_seed(0)).to(torch.bfloat16),
    "scale": torch.tensor(2.5),
    "last": torch.full((1, 7), -1.0),
}
LAYOUT: Layout = tuple(piece(name, tensor) for name, tensor in WEIGHTS.items())


class Remote:
    """An engine in another process: takes its seat, and keeps what arrives; `spoil` stands between the two."""

    def __init__(self, spoil: Callable[[str, torch.Tensor], torch.Tensor] = lambda name, tensor: tensor) -> None:
        self.member, self.spoil = Member(CPU), spoil
        self.held: dict[str, torch.Tensor] = {}
        self.revivals = 0
        self.groups: list[str] = []

    @property
    def replicas(self) -> tuple[Engine]:
        return (self,)  # type: ignore[return-value]

    def push(self, weights: Any, version: int) -> dict[str, str]:
        try:
            arriving = self.member.sit(weights)
            assert self.member.group
            self.groups.append(self.member.group.name)
            self.held = {name: self.spoil(name, tensor).clone() for name, tensor in arriving.items()}
        except BaseException:
            self.member.leave()
            raise
        return tensor_hashes(self.held)

    def cancel(self) -> list[int]:
        return []

    def revive(self) -> bool:
        self.revivals += 1
        return True


class Lost(Remote):
    """Is lost at the first push: before it sits, or `after` so many tensors."""

    def __init__(self, after: int | None) -> None:
        super().__init__()
        self.after = after

    def push(self, weights: Any, version: int) -> dict[str, str]:
        if self.revivals == 0 and self.after is None:
            self.revivals = 1
            raise EngineLostError("engine: gone")
        return super().push(weights, version)

    def spoil_after(self, name: str, tensor: torch.Tensor) -> torch.Tensor:
        if self.revivals == 0 and name == list(WEIGHTS)[self.after or 0]:
            self.revivals = 1
            raise EngineLostError("engine: gone")
        return tensor


@pytest.fixture(params=["gloo", "handles"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """How the group sends: `handles` where all say that they share a device, which here is the CPU."""
    monkeypatch.setattr(channel, "_uuid", lambda device: "one" if request.param == "handles" else None)
    before = torch.multiprocessing.get_sharing_strategy()  # type: ignore[no-untyped-call]
    torch.multiprocessing.set_sharing_strategy("file_system")  # type: ignore[no-untyped-call]
    yield request.param
    torch.multiprocessing.set_sharing_strategy(before)  # type: ignore[no-untyped-call]


@pytest.fixture
def sender(way: str) -> Iterator[Sender]:
    yield Sender("127.0.0.1", BUCKET)


def pushed(
    sender: Sender, engines: list[Remote], weights: Mapping[str, torch.Tensor] = WEIGHTS, version: int = 1
) -> Pushes:
    """As in a run: the controller pushes what is offered while the learner serves it."""
    whole = Replicas(engines) if len(engines) > 1 else Single(engines[0])  # type: ignore[arg-type]
    pushes = Pushes(whole)  # type: ignore[arg-type]
    layout = tuple(piece(name, tensor) for name, tensor in weights.items())
    offered = Pushed(sender.offer(layout), version, tensor_hashes(weights))
    with ThreadPoolExecutor(1) as pool:
        done: Future[None] = pool.submit(pushing, pushes, offered)
        sender.serve(weights, layout, CPU, done.done)
        done.result()
    return pushes


def pushing(pushes: Pushes, offered: Pushed) -> None:
    """As the controller does: what is lost is started anew, and all are given it again."""
    try:
        pushes.push(offered)
    except EngineLostError as error:
        if not pushes.revive(error, offered):
            raise


class Single:
    """One engine behind `Pushes`, which takes the only seat."""

    def __init__(self, engine: Remote) -> None:
        self.engine, self.revive = engine, engine.revive

    def push(self, offer: Offer, version: int) -> dict[str, str]:
        return self.engine.push(offer.seats(1)[0], version)


def test_buckets_hold_neighbours_of_one_type_and_a_large_tensor_alone() -> None:
    assert [[one.name for one in some] for some in buckets(LAYOUT, BUCKET)] == [
        ["embedding"],
        ["norm", "bias"],
        ["experts"],
        ["scale", "last"],
    ]


def test_buckets_of_random_layouts_keep_the_order_and_the_limit() -> None:
    draw = random.Random(0)
    for _ in range(200):
        kinds = (torch.float32, torch.bfloat16)
        layout = tuple(
            Piece(str(n), (draw.randrange(0, 30), draw.randrange(1, 3)), draw.choice(kinds))
            for n in range(draw.randrange(20))
        )
        limit = draw.choice((1, 40, 100, 10_000))
        found = list(buckets(layout, limit))
        assert [one for some in found for one in some] == list(layout)
        for some in found:
            size = sum(one.count * one.dtype.itemsize for one in some)
            assert len({one.dtype for one in some}) == 1
            assert size <= limit or len(some) == 1 or sum(bool(one.count) for one in some) == 1


@pytest.mark.parametrize("engines", [1, 2, 3])
def test_every_engine_holds_what_was_sent_to_the_bit(sender: Sender, engines: int) -> None:
    remotes = [Remote() for _ in range(engines)]
    assert pushed(sender, remotes).last is None  # nobody keeps it: an engine that starts anew waits for the next push
    for remote in remotes:
        assert tensor_hashes(remote.held) == tensor_hashes(WEIGHTS)
        assert list(remote.held) == list(WEIGHTS)


def test_the_group_is_formed_once_and_anew_where_an_engine_is_another(sender: Sender) -> None:
    first, second = Remote(), Remote()
    pushed(sender, [first, second])
    pushed(sender, [first, second], {**WEIGHTS, "norm": torch.zeros(3)}, 2)
    assert len(set(first.groups)) == 1 and bool((second.held["norm"] == 0).all())
    other = Remote()
    pushed(sender, [first, other], version=3)
    assert len(set(first.groups)) == 2 and first.groups[-1] == other.groups[0]
    pushed(sender, [first], version=4)  # the other is lost, and was in the group
    assert len(set(first.groups)) == 3


@pytest.mark.parametrize(("engines", "after"), [(1, None), (1, 0), (1, 4), (3, None), (3, 1)])
def test_an_engine_that_is_lost_costs_another_attempt_for_all(sender: Sender, engines: int, after: int | None) -> None:
    lost = Lost(after)
    lost.spoil = lost.spoil_after if after is not None else lost.spoil
    remotes = [*(Remote() for _ in range(engines - 1)), lost]
    pushed(sender, remotes)
    assert all(tensor_hashes(remote.held) == tensor_hashes(WEIGHTS) for remote in remotes)
    pushed(sender, remotes, {**WEIGHTS, "bias": torch.ones(4)}, 2)
    assert all(bool((remote.held["bias"] == 1).all()) for remote in remotes)


def taken(seat: Seat) -> dict[str, str]:
    """An engine in a process of its own."""
    channel._uuid = lambda device: "one"
    return tensor_hashes({name: tensor.clone() for name, tensor in Member(CPU).sit(seat).items()})


def test_handles_reach_other_processes(monkeypatch: pytest.MonkeyPatch, sender: Sender) -> None:
    monkeypatch.setattr(channel, "_uuid", lambda device: "one")
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        asked = [pool.submit(taken, seat) for seat in sender.offer(LAYOUT).seats(2)]
        sender.serve(WEIGHTS, LAYOUT, CPU, lambda: all(one.done() for one in asked))
        assert [one.result() for one in asked] == [tensor_hashes(WEIGHTS)] * 2
    assert isinstance(sender.group, Handles)


def bit(name: str, tensor: torch.Tensor) -> torch.Tensor:
    if name != "experts":
        return tensor
    flipped = tensor.clone()
    flipped.view(torch.int16)[1, 2, 3] ^= 1
    return flipped


def swapped(name: str, tensor: torch.Tensor) -> torch.Tensor:
    return tensor.flip(0) if name == "embedding" else tensor


def stale(name: str, tensor: torch.Tensor) -> torch.Tensor:
    return tensor * 0 if name in ("norm", "last") else tensor


@pytest.mark.parametrize(("fault", "named"), [(bit, "experts"), (swapped, "embedding"), (stale, "last")])
def test_one_engine_that_holds_something_else_is_named_by_its_tensors(
    sender: Sender, fault: Callable[[str, torch.Tensor], torch.Tensor], named: str
) -> None:
    with pytest.raises(EngineError, match=rf"differ from the trainer's, got \['{named}'"):
        pushed(sender, [Remote(), Remote(fault)])


def test_weights_that_are_no_longer_what_was_offered_are_an_error_of_ours(sender: Sender) -> None:
    offered = Pushed(sender.offer(LAYOUT), 1, tensor_hashes(WEIGHTS))
    pushes = Pushes(Single(Remote()))  # type: ignore[arg-type]
    thread = threading.Thread(target=lambda: pytest.raises(EngineError, pushing, pushes, offered), daemon=True)
    thread.start()
    with pytest.raises(AssertionError, match="bias is no longer what was offered"):
        sender.serve({**WEIGHTS, "bias": torch.zeros(9)}, LAYOUT, CPU, lambda: not thread.is_alive())


def test_a_learner_that_is_gone_is_named_and_no_engine_waits(sender: Sender) -> None:
    seat = sender.offer(LAYOUT).seats(1)[0]
    assert not seat.store.check(["go"])  # it has found who sends
    del sender.store
    with pytest.raises(EngineError, match="the learner that sends is gone") as caught:
        Member(CPU).sit(seat)
    assert not isinstance(caught.value, EngineLostError)  # to start an engine anew would mend nothing


def test_an_offer_of_a_learner_that_is_gone_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "ANSWER_S", 0.3)
    with pytest.raises(EngineError, match="the learner that sends is gone"):
        Offer(("127.0.0.1", 9), LAYOUT).seats(2)


def test_what_arrives_is_looked_up_by_shape_and_read_once(sender: Sender) -> None:
    class Looking(Remote):
        def push(self, weights: Seat, version: int) -> dict[str, str]:
            arriving = self.member.sit(weights)
            assert isinstance(arriving, Arriving) and arriving.keys() == WEIGHTS.keys()
            assert {name: arriving[name].shape for name in arriving} == {n: t.shape for n, t in WEIGHTS.items()}
            held = {name: tensor.clone() for name, tensor in arriving.items()}
            with pytest.raises(AssertionError, match="read once"):
                list(arriving.items())
            return tensor_hashes(held)

    pushed(sender, [Looking()])


@pytest.mark.parametrize(
    ("devices", "kind"),
    [
        (["a", "b", "c"], "nccl"), (["a", "a"], "handles"), (["a", "a", "a"], "handles"), (["a", "b", "a"], "gloo"),
        (["a", None], "gloo"), ([None, None], "gloo"),
    ],
)  # fmt: skip
def test_gpus_are_reached_without_the_host_where_they_are_one_or_each_has_its_own(
    devices: list[str | None], kind: str
) -> None:
    assert kind_of(devices) == kind
