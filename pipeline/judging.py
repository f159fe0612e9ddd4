"""Verifier actors: verdicts in parallel, where one that hangs or kills its process harms no other.

A call hands an actor a batch and returns within `SLICE_S` with the judgements so far and the item still running. The
rest of the batch goes to other actors; the slow item keeps this one until its limit, then its process is killed and Ray
starts it again. Items that were lost with a killed process are retried one by one, on another actor if there is one, so
only an item that kills processes is lost twice. An item lost twice, a sandbox that breaks twice and a verdict over its
limit are errors of ours, never scores.

An actor whose node is gone waits for another that offers what it takes; after a minute the log names what is missing,
after `lost_s` seconds the actor is given up, and with the last one every verdict is an error with that reason.

Left out: killing the verifier without its process, and a limit inside one. A verifier that holds the interpreter (a
regular expression without end) cannot say which item is in hand: its process is killed after `ANSWER_S`.
"""

import gc
import logging
import os
import socket
import threading
import time
import uuid
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import ray
from ray.exceptions import ActorUnavailableError, GetTimeoutError, RayError, RayTaskError

from temper.gateway.fleet import GatewayVerifiers
from temper.pipeline import pulse
from temper.pipeline.failures import missing
from temper.pipeline.gateways import gateways
from temper.pipeline.placing import at_place
from temper.pipeline.recipe import ClusterSection
from temper.sandboxes.box.processes import libc
from temper.sandboxes.pool import open_sandbox
from temper.sandboxes.section import SandboxSection
from temper.verifiers.judging import Item, Judge, Judgement, described, parts_of
from temper.verifiers.plugins import NO_PLUGINS, Plugins
from temper.verifiers.problem import Problem
from temper.verifiers.sessions.session import Exchanges
from temper.verifiers.shown import shown

if TYPE_CHECKING:
    from ray.util.placement_group import PlacementGroup

log = logging.getLogger(__name__)

MOST_ITEMS = 256
"""Items of one call: a call costs 1 ms, so they travel together."""
SLICE_S = 0.5
"""Seconds after which a call returns, with the judgements that it has by then."""
ANSWER_S = 10.0
"""Seconds beyond that in which a sound process answers on a busy machine."""
NAMED_S = 60.0
"""Seconds without a process after which the log says what it waits for."""
LOOK_S = 5.0
"""Seconds between two looks at how long that is."""


class JudgeProcess:
    """A `Judge` with a sandbox of its own, opened where it runs; a thread judges, so that calls come back."""

    def __init__(
        self, sandbox: SandboxSection, plugins: Plugins, post: pulse.Post | None = None, number: int = 0
    ) -> None:
        pulse.report(post, f"verifier-{number}")
        with pulse.doing("opens its sandbox"):
            self.judge_here = Judge(open_sandbox(sandbox), plugins=plugins)
        keep_what_is_loaded()
        self.name = uuid.uuid4().hex
        self.judged: list[Judgement] = []
        self.told = 0
        self.thread = threading.Thread()
        self.failure: BaseException | None = None
        """What ended the thread, which is never a verifier's."""

    def ready(self) -> str:
        """The process's name, once it is up."""
        return self.name

    def judge(self, items: Sequence[Item]) -> tuple[list[Judgement], float | None]:
        """Judgements of the first items. When the one after them is in hand, `last` will have it: then also the
        seconds that it may honestly take at most."""
        self.judged = []
        # Mostly the last item begun ends before the slice does, and nothing is left in hand.
        work = (items, self.judged, time.monotonic() + 0.8 * SLICE_S)
        self.thread = threading.Thread(target=self._judge, args=work, daemon=True)
        self.thread.start()
        self.thread.join(SLICE_S)
        # Before the copy of what is judged: of a thread that ends in between, the copy has everything.
        at_work = self.thread.is_alive()
        done = list(self.judged)
        self.told = len(done)
        if self.failure is not None and not done:
            raise self.failure
        if len(done) == len(items) or not at_work:
            return done, None
        problem, _, turns = parts_of(items[len(done)])
        return done, self.judge_here.longest_s(problem, turns)

    def _judge(self, items: Sequence[Item], judged: list[Judgement], until: float) -> None:
        self.failure = None
        try:
            with own_core():
                for item in items:
                    with pulse.doing(judges(item)):
                        judged += self.judge_here.judge([item])
                    if time.monotonic() >= until:
                        return
        except BaseException as error:  # the top of the thread: whoever asks is told
            self.failure = error

    def last(self, wait_s: float) -> list[Judgement] | None:
        """The judgement of the item in hand (none where it had not begun); None when it is not there by `wait_s`."""
        self.thread.join(wait_s)
        return None if self.thread.is_alive() else self.judged[self.told : self.told + 1]

    def close(self) -> None:
        if self.judge_here.sandbox is not None:
            self.judge_here.sandbox.close()


def judges(item: Item) -> str:
    """What a judge of it does, for whoever looks."""
    problem, _, _ = parts_of(item)
    return f"judges {problem.verifier} on problem {problem.id!r}"


def keep_what_is_loaded() -> None:
    """Spares the garbage collector what is there by now. It looks at everything whenever thousands of new objects come
    together, as those of verdicts do, and with torch loaded that takes a tenth of a second."""
    gc.collect()
    gc.freeze()


@contextmanager
def own_core() -> Iterator[None]:
    """Pins this thread, and so its sandbox, to a core that no other judge of this machine uses, if one is left: judges
    that swap cores at every message find each other's pages in the cache. A core is claimed by binding an abstract
    socket of its name; the kernel frees it when the process dies."""
    cores, here = os.sched_getaffinity(0), libc.sched_getcpu()
    for core in sorted(cores, key=lambda core: core != here):
        with socket.socket(socket.AF_UNIX) as name:
            try:
                name.bind(f"\0temper core {core}")
            except OSError:
                continue
            os.sched_setaffinity(0, {core})
            try:
                yield
            finally:
                os.sched_setaffinity(0, cores)
            return
    yield


@dataclass(eq=False)
class _Asked:
    """One item on its way, and what becomes of it."""

    problem: Problem
    text: str
    turns: Exchanges = ()
    judgement: Future[Judgement] = field(default_factory=Future)
    lost_by: int | None = None
    """Place of the actor that it was lost with: it is judged once more, alone and elsewhere."""


class RemoteVerifiers:
    """The `Verifiers` protocol over actors; any number of threads may ask. A thread attends to each actor for as long
    as there is work, so whoever asks waits for his own items and not for those of others. The actors serve one process
    at a time."""

    def __init__(
        self, actors: Sequence[Any], verdict_s: float, lost_s: float = 600.0, resource: str | None = None
    ) -> None:
        """`lost_s`: how long an actor waits for a node that takes it; `resource`: what it takes beside a CPU."""
        self.actors, self.verdict_s, self.lost_s, self.resource = list(actors), verdict_s, lost_s, resource
        self._lock = threading.RLock()
        self._waiting: deque[_Asked] = deque()
        self._lost: list[_Asked] = []
        self._attended: set[int] = set()
        self._gone: dict[int, str] = {}
        """Actors that cannot be started again, and why."""
        self._names: dict[int, str] = {}
        self._killed: set[str] = set()

    def __reduce__(self) -> tuple[Any, ...]:
        return RemoteVerifiers, (self.actors, self.verdict_s, self.lost_s, self.resource)

    def judge(self, items: Sequence[Item]) -> list[Judgement]:
        return [judgement.result() for judgement in self.ask(items)]

    def ask(self, items: Sequence[Item]) -> list[Future[Judgement]]:
        asked = [_Asked(*parts_of(item)) for item in items]
        with self._lock:
            self._waiting.extend(asked)
            self._attend()
        return [one.judgement for one in asked]

    def close(self) -> None:
        """Frees the sandboxes, then the actors. An actor that is gone has nothing left to free: its sandbox ends with
        its owner."""
        ray.wait([actor.close.remote() for actor in self.actors], num_returns=len(self.actors), timeout=30)
        for actor in self.actors:
            ray.kill(actor)

    def _put_back(self, asked: Sequence[_Asked]) -> None:
        with self._lock:
            self._waiting.extendleft(reversed(asked))
            self._attend()

    def _attend(self) -> None:
        """Gives every actor that has none its attendant."""
        with self._lock:
            if len(self._gone) == len(self.actors):
                reason = f"actor: none can be started: {'; '.join(sorted(set(self._gone.values())))}"
                left = [*self._lost, *self._waiting]
                self._lost.clear()
                self._waiting.clear()
                for one in left:
                    one.judgement.set_result(Judgement(None, reason))
            for place in set(range(len(self.actors))) - self._attended - self._gone.keys():
                self._attended.add(place)
                threading.Thread(target=self._serve, args=(place,), daemon=True).start()

    def _take(self, place: int) -> list[_Asked]:
        """What the actor judges next: few enough that all end at about the same time. Without work its attendant
        goes."""
        with self._lock:
            alone = len(self.actors) - len(self._gone) == 1
            for one in self._lost:
                # Elsewhere, so that what a sick actor loses is not put down to the item; the last actor left takes all.
                if one.lost_by != place or alone:
                    self._lost.remove(one)
                    return [one]
            # Half of an even share, so that the last calls are small: of 100 two actors take 25, 18, 14, 10, 8, ...
            fair = max(1, len(self._waiting) // (2 * len(self.actors)))
            batch = [self._waiting.popleft() for _ in range(min(fair, MOST_ITEMS, len(self._waiting)))]
            # Under the lock that `ask` takes: an item that comes next finds nobody attending and brings an attendant.
            if not batch:
                self._attended.discard(place)
            return batch

    def _serve(self, place: int) -> None:
        sound, batch = False, list[_Asked]()
        try:
            while sound or self._comes_up(place):
                batch = self._take(place)
                if not batch:
                    return
                sound = self._judge_on(place, batch)
        except BaseException as error:  # the top of the thread: whoever waits is told
            log.error("verifier actor %d: its attendant ended", place, exc_info=error)
            for one in batch:
                if not one.judgement.done():
                    one.judgement.set_result(Judgement(None, f"actor: {described(error)}"))
            self._leave(place, described(error))

    def _comes_up(self, place: int) -> bool:
        """Waits for the actor's process, the first or the next one, but not for ever."""
        since, named, ready = time.monotonic(), False, None
        while (waited := time.monotonic() - since) < self.lost_s:
            if waited > NAMED_S and not named:
                named = True
                log.error(
                    "verifier actor %d: no process for %.0f s; %s", place, waited, missing(self.resource or "CPU")
                )
            try:
                ready = ready or self.actors[place].ready.remote()
                self._names[place] = ray.get(ready, timeout=min(LOOK_S, self.lost_s))
                if self._names[place] not in self._killed:  # a killed process may still say something
                    return True
                ready = None
            except GetTimeoutError:
                continue
            except ActorUnavailableError:
                ready = None
            except RayError as error:
                log.error("verifier actor %d cannot be started: %s", place, error)
                self._leave(place, str(error).strip().splitlines()[-1])
                return False
            time.sleep(0.05)
        self._leave(place, f"no process for {self.lost_s:g} s; {missing(self.resource or 'CPU')}")
        return False

    def _leave(self, place: int, reason: str) -> None:
        """The other actors take its items; if none is left, every item that waits fails with the reason."""
        with self._lock:
            self._gone[place] = reason
            self._attended.discard(place)
        self._attend()

    def _kill(self, place: int) -> None:
        self._killed.add(self._names[place])
        ray.kill(self.actors[place], no_restart=False)

    def _judge_on(self, place: int, batch: Sequence[_Asked]) -> bool:
        """Whether the process is there afterwards; what it has not judged waits again."""
        actor = self.actors[place]
        try:
            call = actor.judge.remote([(one.problem, one.text, one.turns) for one in batch])
            done, longest_s = ray.get(call, timeout=SLICE_S + ANSWER_S)
        except RayError as error:
            self._lose(place, batch, error)
            return False
        for one, judgement in zip(batch, done, strict=False):
            self._settle(place, one, judgement)
        rest = batch[len(done) :]
        if longest_s is None:
            self._put_back(rest)
            return True
        # Before the wait: other actors judge these while this one is at the item in hand.
        self._put_back(rest[1:])
        return self._finish(place, rest[0], max(self.verdict_s, longest_s))

    def _finish(self, place: int, one: _Asked, limit: float) -> bool:
        """Waits for the verdict in hand, up to `limit` seconds."""
        try:
            more = ray.get(self.actors[place].last.remote(limit), timeout=limit + ANSWER_S)
        except GetTimeoutError:
            more = None
        except RayError as error:
            self._lose(place, [one], error)
            return False
        if more is None:
            late = f"verifier: {one.problem.verifier} took longer than {limit:g} s"
            log.error("%s on problem %s; its process is killed", shown(late), shown(one.problem.id))
            self._kill(place)
            one.judgement.set_result(Judgement(None, late, limit))
            return False
        if more:
            self._settle(place, one, more[0])
        else:
            self._put_back([one])
        return True

    def _settle(self, place: int, one: _Asked, judgement: Judgement) -> None:
        if judgement.retryable and one.lost_by is None:
            self._again(place, [one])
        else:
            one.judgement.set_result(judgement)

    def _lose(self, place: int, batch: Sequence[_Asked], error: RayError) -> None:
        """The process is gone, or does not answer and has to go."""
        log.warning("verifier actor %d: lost with %d items: %s", place, len(batch), _reason(error))
        if isinstance(error, GetTimeoutError):
            self._kill(place)
        for one in batch:
            if one.lost_by is not None:
                reason = f"actor: lost twice with {one.problem.verifier}: {_reason(error)}"
                one.judgement.set_result(Judgement(None, reason))
        self._again(place, [one for one in batch if one.lost_by is None])

    def _again(self, place: int, batch: Sequence[_Asked]) -> None:
        with self._lock:
            for one in batch:
                one.lost_by = place
            self._lost += batch
            self._attend()


def _reason(error: RayError) -> str:
    return described(error.cause) if isinstance(error, RayTaskError) else type(error).__name__


def start_verifiers(
    sandbox: SandboxSection, cluster: ClusterSection, plugins: Plugins = NO_PLUGINS,
    group: "PlacementGroup | None" = None,
) -> RemoteVerifiers | GatewayVerifiers:  # fmt: skip
    """Actors, on the group's places behind the engines' where there is one, or the gateways that the section names.
    Raises ValueError for a token that is not there."""
    if cluster.verifiers_at:
        return gateways(cluster)
    keep_what_is_loaded()
    resources = {cluster.verifier_resource: 1} if cluster.verifier_resource else {}
    remote = ray.remote(JudgeProcess)
    actors = [
        remote.options(
            num_cpus=1, resources=resources, max_restarts=-1, **at_place(group, cluster.engines + number)
        ).remote(sandbox, plugins, pulse.post(), number)
        for number in range(cluster.verifiers)
    ]
    return RemoteVerifiers(actors, cluster.verdict_s, cluster.lost_s, cluster.verifier_resource)
