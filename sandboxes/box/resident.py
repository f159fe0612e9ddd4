"""The interpreter that a slot holds for a session from job to job, and its end.

The list of cells is the truth and the process a cache. Between two jobs it is stopped by a signal, and it stays only
where nothing is doubtful: one process of one thread, few files, no more memory and CPU time than is quickly given back,
in a place where programs have a uid and a PID namespace of their own. Any other job, and any other session's, ends it
first, in the way that every test ends: the place is empty and checked before the other's first child is forked. So it
never shares the slot with another program.

Its own timers may wake it (one may send SIGCONT). A look every `LOOK_S` sees that it is not stopped, or has computed,
and ends it; its session is told all cells again then. What it printed meanwhile nobody reads.
"""

import json
import os
import select
import signal
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from temper.sandboxes.box import cells, kinds, processes, watch
from temper.sandboxes.box.job import Bounds, Cells, Job, Result
from temper.sandboxes.box.meter import Use
from temper.sandboxes.box.place import Place

MIB = 1024 * 1024
KEPT_S = 120.0
"""How long an interpreter is held that is not asked."""
KEPT_MB, KEPT_NAMES, KEPT_CPU_S = 256, 32, 600.0
"""At most so much memory, so many files and so much CPU time since its start, or it is ended with its job: whoever
comes next would wait for its end."""
LOOK_S, STOP_S, AWAKE_S = 0.05, 1.0, 0.001
"""Time between two looks at an interpreter that is held; how long one may take to stop; the CPU time that this may cost
it."""
WORD = 100
"""Bytes of what an interpreter says behind a cell, at most."""
NO_LIMITS: Bounds = {"cpu_s": 1e9, "memory_mb": 1 << 40, "output_kb": 1 << 40, "processes": 1 << 30}


@dataclass
class Interpreter:
    session: str
    pid: int
    line: socket.socket
    readers: list[int]
    """Of its output and its channel."""
    told: list[str] = field(default_factory=list)
    cpu_s: float = 0.0
    """Of all that it was told, its children's with it."""
    own_s: float = 0.0
    """Its own CPU time as it was stopped."""
    since: float = 0.0
    """When that was."""


class Resident:
    """At most one interpreter of a place."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.held: Interpreter | None = None
        self.may_hold = place.uids[0] is not None and place.pid_namespace

    def wait(self) -> bool:
        """Until there is something to read on stdin, with an eye on the interpreter; True."""
        poll = select.poll()
        poll.register(0, select.POLLIN)
        while self.held is not None and not poll.poll(LOOK_S * 1000):
            if time.monotonic() > self.held.since + KEPT_S or not self.is_quiet(self.held):
                self.evict()
        return True

    def is_quiet(self, one: Interpreter) -> bool:
        """Whether it has stood still since it was stopped. Its CPU time is compared with that of then, so many short
        moments are no better than one."""
        return processes.is_stopped(one.pid) and processes.own_cpu_s(one.pid) - one.own_s < AWAKE_S

    def make_room(self, job: Job) -> None:
        """For this job: ends the interpreter that is held, unless the job goes on with it."""
        one, tests = self.held, job["tests"]
        if one is None:
            return
        goes_on = tests["kind"] == "cells" and tests["session"] == one.session and tests["cells"][:-1] == one.told
        if not goes_on or not self.is_quiet(one) or set(job["cores"]) != self.place.cores or _speaks(one):
            self.evict()

    def forget(self, session: str) -> None:
        if self.held is not None and self.held.session == session:
            self.evict()

    def evict(self) -> None:
        """After it the place is as it was before the interpreter."""
        one, self.held = self.held, None
        if one is not None:
            self._end(one, _unheard(), NO_LIMITS)
            self.place.empty()
            self.place.check()

    def run(self, job: Job, tests: Cells) -> Iterator[Result]:
        """One answer a cell: `not_run` of those that the interpreter was told before. After one that ends it nothing
        more is run, and all further ones say so."""
        one, self.held = self.held or self._begin(job, tests), None
        alive, number = True, 0
        try:
            left = tests["earlier_s"]
            for number, code in enumerate(tests["cells"]):
                if number < len(one.told):
                    yield _skipped()
                    continue
                is_last = number == len(tests["cells"]) - 1
                bounds = _bounds(job["limits"], job["limits"]["cpu_s"] if is_last else max(0.1, left))
                ended = self._tell(one, number, code, bounds, is_last)
                left -= max(ended.cpu_s, (ended.wall_s - watch.WALL_SLACK_S) / watch.WALL_FACTOR)
                said = _word(ended.printed[1], number)
                alive = said is not None and not ended.broke
                if not alive:
                    self._end(one, ended, bounds)
                elif is_last and self._may_stay(one, ended):
                    self.held = one
                yield _answer(ended, said, job["limits"]["result_kb"], kept=self.held is not None)
                if not alive:
                    break
            yield from [_skipped()] * (len(tests["cells"]) - number - 1)
        finally:
            if alive and self.held is None:
                self._end(one, _unheard(), NO_LIMITS)

    def _begin(self, job: Job, tests: Cells) -> Interpreter:
        place = self.place
        null = os.open("/dev/null", os.O_RDONLY | os.O_CLOEXEC)
        readers, (out, channel) = place.pipes(2)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        whole = _bounds(job["limits"], job["limits"]["cpu_s"] + tests["earlier_s"] + KEPT_CPU_S)
        request = {"do": "cells", "uid": place.uids[0], "rlimits": kinds.kernel_limits(place, whole, True)}
        place.begin(null)
        pid = place.spawn(request, [null, out, out, channel, theirs.fileno()], {"path": place.packages_path})
        kinds.close([null, out, channel])
        theirs.close()
        return Interpreter(tests["session"], pid, ours, readers)

    def _tell(self, one: Interpreter, number: int, code: str, bounds: Bounds, is_last: bool) -> watch.Ended:
        """Runs one cell. Behind the last one the interpreter is stopped."""
        one.told.append(code)

        def look() -> Use:
            use = self._use(one)
            return use._replace(cpu_s=use.cpu_s - one.cpu_s)

        try:
            cells.send(one.line, number, code)
            os.kill(one.pid, signal.SIGCONT)
        except OSError as error:
            return _unheard("runtime_error", f"the interpreter does not listen: {error.strerror}")
        ended = watch.attend(one.pid, one.readers[:1], one.readers[1:], bounds, look, _has_spoken)
        if ended.broke or _word(ended.printed[1], number) is None:
            return ended
        if is_last:
            _stop(one)
        watch.drain(ended, one.readers, bounds, streams=1)
        use = self._use(one)
        ended.take(use._replace(cpu_s=use.cpu_s - one.cpu_s))
        one.cpu_s = use.cpu_s
        watch.judge_use(ended, bounds)
        return ended

    def _use(self, one: Interpreter) -> Use:
        found = [processes.read_process(one.pid)] if self._is_alone() else self.place.look()
        return self.place.meter.read([process for process in found if process], self.place.reaped_s)

    def _is_alone(self) -> bool:
        """Whether it has started no process and no thread, ever."""
        return self.place.last_pid() == self.place.newest

    def _may_stay(self, one: Interpreter, ended: watch.Ended) -> bool:
        if not self.may_hold or not processes.is_stopped(one.pid):
            return False
        if not self._is_alone() and [(p.pid, p.tasks) for p in self.place.look()] != [(one.pid, 1)]:
            return False
        names = sum(all_of[1] - now[1] for all_of, now in zip(self.place.all_room, self.place.room(), strict=True))
        objects = self.place.ipc_is_open and processes.ipc_objects(self.place.uids)
        return (
            names <= KEPT_NAMES and not objects and one.cpu_s < KEPT_CPU_S and ended.memory <= KEPT_MB * MIB
        )  # fmt: skip

    def _end(self, one: Interpreter, ended: watch.Ended, bounds: Bounds) -> None:
        """Kills it with all that it started; `ended` says how it ended, and what its last cell took."""
        whole = watch.Ended(ended.broke, ended.detail)
        self.place.finish(whole, [one.pid], [self.place.uids[0]], NO_LIMITS)
        ended.broke, ended.detail, ended.status = whole.broke, whole.detail, whole.status
        ended.take(Use(whole.cpu_s - one.cpu_s, whole.memory, 0))
        watch.judge_use(ended, bounds)
        watch.drain(ended, one.readers, bounds, streams=1)
        kinds.close(one.readers)
        one.line.close()


def _bounds(limits: Bounds, cpu_s: float) -> Bounds:
    return {
        "cpu_s": cpu_s, "memory_mb": limits["memory_mb"], "output_kb": limits["output_kb"],
        "processes": limits["processes"],
    }  # fmt: skip


def _unheard(broke: str = "", detail: str = "") -> watch.Ended:
    return watch.Ended(broke, detail, printed=[bytearray(), bytearray()])


def _stop(one: Interpreter) -> None:
    """Stops it and waits until it stands; one that does not is not kept."""
    os.kill(one.pid, signal.SIGSTOP)
    one.since = time.monotonic()
    while not processes.is_stopped(one.pid) and time.monotonic() < one.since + STOP_S:
        os.sched_yield()
    one.own_s = processes.own_cpu_s(one.pid)


def _speaks(one: Interpreter) -> bool:
    """Whether its pipes hold something that no call waits for."""
    poll = select.poll()
    for fd in one.readers:
        poll.register(fd, select.POLLIN)
    return bool(poll.poll(0))


def _has_spoken(said: bytearray) -> bool:
    """Whether anything is said on the channel: the one word that is to come, or what makes it doubtful."""
    return b"\n" in said or len(said) > WORD


def _word(said: bytearray, number: int) -> bool | None:
    """Whether the cell raised; None where it has not said just that it is done."""
    if not said.endswith(b"\n") or len(said) > WORD:
        return None
    try:
        word = json.loads(said)
        return bool(word["raised"]) if word["done"] == number else None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _answer(ended: watch.Ended, raised: bool | None, result_kb: int, kept: bool) -> Result:
    stdout = ended.printed[0][: result_kb * 1024].decode("utf-8", "replace")
    if ended.broke:
        return {**kinds.result_of(ended, ended.broke, ended.detail), "stdout": stdout}
    if raised is None:
        return {**kinds.result_of(ended, "runtime_error", kinds.failure(ended, "")), "stdout": stdout}
    return {**kinds.result_of(ended, "finished", "", passed=not raised), "stdout": stdout, "kept": kept}


def _skipped() -> Result:
    return kinds.result_of(watch.Ended(), "not_run", "")
