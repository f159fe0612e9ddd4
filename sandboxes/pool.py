"""A pool of slots: borrow one, run the job, replace what broke, and say whose fault it was.

Plain and thread-safe: `run` blocks until a slot is free (first come, first served) and the job has its
results, so as many jobs are under way as there are slots and the callers are what waits. `cancel` and `close` end
those that wait and those at work.

Every slot has passed a control job (an honest program) when it was made, and passes it again after `IDLE_S` without
work: a container may have died meanwhile. A job that loses its slot is tried once more on another; if that slot
passed the control just before, is lost as well, and its replacement passes the control too, the program broke the
sandbox twice and scores 0. Any control that fails makes it `SandboxError`: ours, and never a score.

A job over its wall limit but not over its CPU limit is repeated once before that counts: the machine may have
been busy.

Absent on purpose: several callers' jobs in one message, which would save a tenth where callers outnumber slots and put
a short job behind one that runs into its limit; and one job's tests on several slots, for in a run each judge has one
slot.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import CancelledError
from typing import Protocol

from temper.sandboxes.box.languages import PYTHON
from temper.sandboxes.job import Job, Result, Sandbox, SandboxError
from temper.sandboxes.local import LocalSlots, lacking
from temper.sandboxes.section import SandboxSection
from temper.sandboxes.slot import SlotLostError, number_of_tests
from temper.sandboxes.turns import Caller, Turns

SOURCE_CAP = 1 << 20
"""A longer program is refused as a compile error: no honest one is so long, and every test would copy it."""
IDLE_S = 30.0
"""After so long without work a slot is looked at before it gets a job."""
REMEDY = "start dockerd, or set sandbox.kind to 'local' or 'auto'"
log = logging.getLogger(__name__)


class RunsJobs(Protocol):
    """What the pool asks of a slot."""

    lost: bool

    def run(self, job: Job) -> list[Result]: ...
    def forget(self, session: str) -> None: ...
    def passes_control(self) -> bool: ...
    def close(self) -> None: ...


Factory = Callable[[], RunsJobs]
"""Starts a slot, or raises SandboxError."""


class Run(Caller):
    """A job's way through the pool."""

    def __init__(self, job: Job) -> None:
        super().__init__()
        self.job = job
        self.slot: RunsJobs | None = None
        self.cancelled = False


class Pool:
    """Runs jobs on at most `slots` slots at a time; the first is started at once, the others when they are
    needed."""

    def __init__(
        self,
        factory: Factory,
        slots: int,
        languages: Iterable[str] = ("python",),
        memory_mb: int | None = None,
        packages: Iterable[str] = (),
    ) -> None:
        self.factory, self.languages, self.memory_mb = factory, tuple(languages), memory_mb
        self.packages = tuple(packages)
        self.slots, self.turns = slots, Turns(slots)
        self.lock = threading.Lock()
        self.closed = False
        self.under_way: set[Run] = set()
        self.residents: dict[RunsJobs, str] = {}
        """The session whose interpreter a slot holds, as far as is known here."""
        self.idle: list[tuple[RunsJobs, float]] = [(self._fresh(), time.monotonic())]

    def run(self, job: Job) -> list[Result]:
        """One result a test. Raises ValueError for a job that the recipe or the row got wrong, CancelledError after
        `cancel`, else see the module."""
        self._check(job)
        if len(job.source) > SOURCE_CAP:
            detail = f"a program of {len(job.source)} characters; at most {SOURCE_CAP} are read"
            return [Result(outcome="compile_error", detail=detail)] * number_of_tests(job)
        results = self._run(job)
        if any(over_the_wall_only(result, job) for result in results):
            results = self._run(job)
        return results

    def cancel(self, job: Job) -> None:
        """Ends this very job wherever it is; a slot that works on it is replaced. No harm once the job is done."""
        with self.lock:
            # by identity: another caller's job may be equal
            runs = [run for run in self.under_way if run.job is job]
            for run in runs:
                run.cancelled = True
            slots = [run.slot for run in runs if run.slot]
        for run in runs:
            self.turns.recall(run)
        # outside the lock: closing waits for a process, whose caller takes the lock to give the slot back
        for slot in slots:
            slot.close()

    def forget(self, session: str) -> None:
        """Ends the interpreter of a session that makes no call now."""
        with self.lock:
            for slot, _ in self.idle:
                if self.residents.get(slot) == session:
                    del self.residents[slot]
                    slot.forget(session)

    def close(self) -> None:
        """Frees every slot, those at work too: their jobs and those that wait end with SandboxError."""
        with self.lock:
            self.closed = True
            runs = list(self.under_way)
            slots = [*(slot for slot, _ in self.idle), *(run.slot for run in runs if run.slot)]
            self.idle.clear()
        for run in runs:
            self.turns.recall(run)
        for slot in slots:
            slot.close()

    def _check(self, job: Job) -> None:
        if job.language not in (PYTHON, *self.languages):
            has = ", ".join(self.languages)
            raise ValueError(f"job: unknown language {job.language!r}, this sandbox has {has}; see sandbox.languages")
        if job.tests.kind == "call" and job.tests.package and job.tests.package not in self.packages:
            name = job.tests.package
            raise ValueError(f"job: needs the package {name!r}, this sandbox lacks it; add it to sandbox.packages")
        if self.memory_mb is not None and job.limits.memory_mb > self.memory_mb:
            raise ValueError(
                f"job: memory_mb is over the ceiling of {self.memory_mb}, got {job.limits.memory_mb};"
                " raise sandbox.memory_mb"
            )
        if job.language != PYTHON and job.tests.kind in ("call", "unit", "cells"):
            raise ValueError(f"job: {job.tests.kind!r} tests need python, got {job.language!r}; use 'stdio'")
        if job.language == PYTHON and job.tests.kind == "program":
            raise ValueError("job: 'program' tests need another language than python; use 'unit'")

    def _run(self, job: Job) -> list[Result]:
        run = Run(job)
        with self.lock:
            self._check_wanted(run)
            self.under_way.add(run)
        try:
            if not self.turns.enter(run):
                # recalled is cancelled or closed, so this raises and no place is left that was never taken
                self._check_wanted(run)
            try:
                return self._twice(run)
            finally:
                self.turns.leave()
        finally:
            with self.lock:
                self.under_way.discard(run)

    def _twice(self, run: Run) -> list[Result]:
        try:
            return self._attempt(run, controlled=False)
        except SlotLostError as lost:
            self._check_wanted(run)
            log.warning("%s; trying another slot", lost)
        try:
            return self._attempt(run, controlled=True)
        except SlotLostError as lost:
            self._check_wanted(run)
            # raises where the machine is at fault; a sound slot is kept for the next job
            self._release(self._fresh())
            log.warning("%s; the control job passes, so the program broke the sandbox twice", lost)
            return [Result(outcome="broke_the_sandbox", detail="broke the sandbox twice")] * number_of_tests(run.job)

    def _check_wanted(self, run: Run) -> None:
        if self.closed:
            raise SandboxError("sandbox: the pool is closed")
        if run.cancelled:
            raise CancelledError("sandbox: the job was cancelled")

    def _attempt(self, run: Run, controlled: bool) -> list[Result]:
        """One run on one slot. Raises SlotLostError, the slot being gone. `controlled`: on a slot just seen
        sound."""
        session = run.job.tests.session if run.job.tests.kind == "cells" else ""
        slot = self._fresh() if controlled else self._borrow(session)
        kept = False
        try:
            with self.lock:
                run.slot = slot
                # `cancel` takes the same lock: it sees the slot, or has marked the run by now
                self._check_wanted(run)
            results = slot.run(run.job)
            kept = bool(session) and results[-1].kept
            return results
        finally:
            with self.lock:
                run.slot = None
            self._release(slot, session if kept else "")

    def _borrow(self, session: str) -> RunsJobs:
        with self.lock:
            slot, since, holds = self._take(session)
        # one that holds the session's interpreter would lose it to the control job
        sound = slot is not None and (holds or time.monotonic() - since < IDLE_S or slot.passes_control())
        if slot is not None and sound and not slot.lost:
            return slot
        if slot is not None:
            slot.close()
        return self._fresh()

    def _take(self, session: str) -> tuple[RunsJobs | None, float, bool]:
        """An idle slot, since when, and whether it holds this session's interpreter (none where there is none, or a
        session is better off with a new one). Under the lock.

        Any other job ends the interpreter that a slot holds, so it gets one only where all that are idle hold one: that
        which waits longest."""
        held = [self.residents.get(slot, "") for slot, _ in self.idle]
        if session and session in held:
            place = held.index(session)
        elif "" in held:
            # the one used last: it is the least likely to have been idle for IDLE_S
            place = len(held) - 1 - held[::-1].index("")
        elif not held or (session and len(held) + self.slots - self.turns.free <= self.slots):
            return None, 0.0, False
        else:
            place = 0
        slot, since = self.idle.pop(place)
        holds = self.residents.pop(slot, "")
        return slot, since, bool(session) and holds == session

    def _release(self, slot: RunsJobs, session: str = "") -> None:
        """`session`: whose interpreter it holds."""
        with self.lock:
            keep = not slot.lost and not self.closed
            self.residents.pop(slot, None)
            if keep and session:
                self.residents[slot] = session
            if keep:
                self.idle.append((slot, time.monotonic()))
        if not keep:
            slot.close()

    def _fresh(self) -> RunsJobs:
        """A slot that passed the control job. Raises SandboxError after two tries: then it is the machine."""
        reason: object = ""
        for _ in range(2):
            try:
                slot = self.factory()
            except SandboxError as error:
                reason = error
                continue
            if slot.passes_control():
                return slot
            slot.close()
            reason = "the control job failed on a new slot"
        raise SandboxError(f"sandbox: no sound slot can be started: {reason}")


def over_the_wall_only(result: Result, job: Job) -> bool:
    return result.outcome == "time" and result.cpu_s <= job.limits.cpu_s


def sweep() -> int:
    """Removes containers whose owner is dead; returns how many. 0 without a daemon: then there are none."""
    from temper.sandboxes import daemon, docker

    return docker.sweep() if not daemon.unreachable() else 0


def open_sandbox(section: SandboxSection, tell: Callable[[str], object] = log.info) -> Sandbox:
    """The sandbox that the recipe asks for; `tell` gets one line: the kind that was chosen, and the reason.

    Raises ValueError when the recipe asks for what this machine lacks."""
    from temper.sandboxes import daemon, docker

    reason = "sandbox.kind is local" if section.kind == "local" else daemon.unreachable()
    if section.kind == "docker" and reason:
        raise ValueError(f"sandbox.kind: 'docker' needs a Docker daemon, got {reason!r}; {REMEDY}")
    if reason:
        return _open_local(section, reason, tell)
    docker.sweep()
    containers = docker.Containers(section)
    pool = Pool(containers, section.slots, section.languages, section.memory_mb, section.packages)
    tell(f"sandbox: docker ({containers.image}, {section.slots} slots)")
    return pool


def _open_local(section: SandboxSection, reason: str, tell: Callable[[str], object]) -> Sandbox:
    if lacks := lacking(section.languages):
        raise ValueError(f"sandbox.languages: {lacks[0]}, or use Docker")
    slots = LocalSlots(section.packages)
    try:
        pool = Pool(slots, section.slots, section.languages, packages=section.packages)
    except SandboxError as error:
        raise ValueError(
            f"sandbox.kind: 'local' does not work here, got {str(error)!r}; start dockerd instead"
        ) from error
    tell(
        f"sandbox: local, in {slots.plan} ({reason}); it fences less off than Docker: "
        "`temper sandbox doctor` and docs/sandboxes.md say what"
    )
    return pool
