"""Session actors: turns answered in parallel, where a session that hangs or kills its process harms no other for good.

A rollout's turns go to one actor while that lives, and to any other after it: what is said with each turn is enough to
open its session anew (`verifiers.sessions.keeper`). A turn that was lost with its process is answered again, by another
actor where there is one; lost with three it is an error of ours. A turn over its limit of time costs its actor.
"""

import logging
import os
import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import ray
from ray.exceptions import GetTimeoutError, RayActorError, RayError

from temper.pipeline import pulse
from temper.pipeline.failures import until_there
from temper.pipeline.recipe import ClusterSection
from temper.sandboxes.pool import open_sandbox
from temper.sandboxes.section import SandboxSection
from temper.verifiers.judging import described
from temper.verifiers.plugins import Plugins
from temper.verifiers.problem import Problem
from temper.verifiers.sessions.calling import MAX_CALLS
from temper.verifiers.sessions.keeper import Asked, Heard, Keeper
from temper.verifiers.sessions.table import session_for
from temper.verifiers.shown import shown

log = logging.getLogger(__name__)

AT_ONCE = 16
"""Turns that one actor answers at a time."""
WAITING = 256
"""Turns that are waited for at a time; the others follow."""
TRIES = 3
"""Processes that a turn may be given to: two may be lost in a row without its doing."""


class SessionProcess:
    """A keeper where it runs; its sandbox is opened when a session needs one."""

    def __init__(
        self, sandbox: SandboxSection, plugins: Plugins, post: pulse.Post | None = None, number: int = 0
    ) -> None:
        pulse.report(post, f"session-{number}")
        pulse.tell(lambda: {"open": self.keeper.num_open})
        self.keeper = Keeper(lambda: open_sandbox(sandbox), sandbox.slots, plugins=plugins)

    def answer(self, asked: Asked) -> Heard:
        with pulse.doing(f"answers a turn on problem {asked.problem.id!r}"):
            return self.keeper.answer(asked)

    def end(self, keys: Sequence[str]) -> None:
        self.keeper.end(keys)

    def num_open(self) -> int:
        return self.keeper.num_open

    def pid(self) -> int:
        return os.getpid()

    def close(self) -> None:
        self.keeper.close()


class RemoteSessions:
    """The `Sessions` protocol over actors; any number of threads may ask."""

    def __init__(self, actors: Sequence[Any], verdict_s: float, lost_s: float, plugins: Plugins) -> None:
        self.actors, self.verdict_s, self.lost_s, self.plugins = list(actors), verdict_s, lost_s, plugins
        self._homes: dict[str, int] = {}
        """Key to the actor that answered its last turn."""
        self._load: Counter[int] = Counter()
        self._lock = threading.Lock()
        self._waiters = ThreadPoolExecutor(WAITING, thread_name_prefix="sessions")

    def __reduce__(self) -> tuple[Any, ...]:
        return RemoteSessions, (self.actors, self.verdict_s, self.lost_s, self.plugins)

    def ask(self, items: Sequence[Asked]) -> list[Future[Heard]]:
        return [self._waiters.submit(self._answer, item) for item in items]

    def end(self, keys: Iterable[str]) -> None:
        of_actor: dict[int, list[str]] = {}
        with self._lock:
            for key in keys:
                if (place := self._homes.pop(key, None)) is not None:
                    of_actor.setdefault(place, []).append(key)
        for place, some in of_actor.items():
            self.actors[place].end.remote(some)

    def close(self) -> None:
        """Ends the sessions, then the actors; the sandbox of one that is gone ends with its owner."""
        self._waiters.shutdown(wait=False, cancel_futures=True)
        ray.wait([actor.close.remote() for actor in self.actors], num_returns=len(self.actors), timeout=30)
        for actor in self.actors:
            ray.kill(actor)

    def _answer(self, asked: Asked) -> Heard:
        lost, elsewhere = "", -1
        for attempt in range(TRIES):
            place = self._place(asked.key, elsewhere)
            try:
                if attempt:
                    self._wait_for(place)
                limit = max(self.verdict_s, longest_s(asked.problem, self.plugins))
                heard: Heard = ray.get(self.actors[place].answer.remote(asked), timeout=limit)
                return heard
            except GetTimeoutError:
                late = f"session: a turn took longer than {limit:g} s"
                log.error("%s on problem %s; its process is killed", late, shown(asked.problem.id))
                ray.kill(self.actors[place], no_restart=False)
                return Heard(error=late, seconds=limit)
            except RayActorError as error:
                lost, elsewhere = type(error).__name__, place
                log.warning("session actor %d: lost with problem %s", place, shown(asked.problem.id))
            except RayError as error:
                return Heard(error=f"session: {described(error)}")
            finally:
                with self._lock:
                    self._load[place] -= 1
        return Heard(error=f"session: its process was lost {TRIES} times ({lost})")

    def _wait_for(self, place: int) -> None:
        """Until Ray has started the actor again: a call that meets it on its way up is refused, though nobody lost the
        turn a second time."""
        until_there(lambda: ray.get(self.actors[place].pid.remote()), self.lost_s)

    def _place(self, key: str, elsewhere: int) -> int:
        """Where the key's session is open, or the actor with the least to do; not the one that was just lost, where
        there is another."""
        with self._lock:
            place = self._homes.get(key, -1)
            if place < 0 or place == elsewhere:
                others = [i for i in range(len(self.actors)) if i != elsewhere] or [elsewhere]
                place = min(others, key=lambda i: self._load[i])
            self._homes[key] = place
            self._load[place] += 1
            return place


def longest_s(problem: Problem, plugins: Plugins) -> float:
    """Seconds that a turn of as many calls as there may be, all of the earlier ones made again, can honestly take."""
    return session_for(problem, plugins).longest_s() * MAX_CALLS


def start_sessions(sandbox: SandboxSection, cluster: ClusterSection, plugins: Plugins) -> RemoteSessions:
    resources = {cluster.verifier_resource: 0.001} if cluster.verifier_resource else {}
    remote = ray.remote(SessionProcess).options(
        num_cpus=0, resources=resources, max_restarts=-1, max_concurrency=AT_ONCE
    )
    return RemoteSessions(
        [remote.remote(sandbox, plugins, pulse.post(), number) for number in range(cluster.sessions)],
        cluster.verdict_s,
        cluster.lost_s,
        plugins,
    )
