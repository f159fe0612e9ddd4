"""Verifiers in processes of our own, without Ray: what `temper verify` and `temper rescore` judge with.

Each process has a sandbox of its own, opened by the first program that it runs, and a thread here, which gives it one
item at a time and waits for the judgement up to the item's limit: `verdict_s`, and never less than the row's own tests
may take. A process over its limit is killed, an error of ours and never a score; an item whose process died is judged
once more in a new one. Processes start when there is work for them and end with this one, however it ends.

Left out: a share of memory. When the machine's is used up, the kernel ends one of these processes before others.
"""

import contextlib
import logging
import multiprocessing
import os
import queue
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from temper.sandboxes.box.processes import PR_SET_PDEATHSIG, prctl
from temper.sandboxes.job import Job, KeepsInterpreters, Result, Sandbox, SandboxError
from temper.sandboxes.pool import open_sandbox, sweep
from temper.sandboxes.section import SandboxSection
from temper.verifiers.judging import Item, Judge, Judgement, described, parts_of
from temper.verifiers.plugins import NO_PLUGINS, Plugins
from temper.verifiers.problem import Problem
from temper.verifiers.sessions.session import Exchanges

log = logging.getLogger(__name__)

START_S, END_S = 300.0, 30.0
"""Seconds in which a process is there on a busy machine, and in which it frees its sandbox."""
POLL_S = 1e6
"""The longest wait that the kernel takes in one go."""
PROGRAM = """import signal
signal.signal(signal.SIGINT, signal.SIG_IGN)
from temper.gateway.processes import serve
serve({})
"""
"""With the number of its end of the pipe. Ctrl-C comes to the parent too, which ends it. No fork, which would copy the
locks that other threads hold, and no `multiprocessing`, which would run the caller's script again."""


class LostError(Exception):
    """A process ended with an item in hand."""


class ProcessVerifiers:
    """The `Verifiers` protocol over so many processes; any number of threads may ask."""

    def __init__(
        self, sandbox: SandboxSection, processes: int, verdict_s: float, plugins: Plugins = NO_PLUGINS
    ) -> None:
        """Raises ValueError or SandboxError when this machine cannot open the sandbox, and logs which it is."""
        if processes < 1:
            raise ValueError(f"--workers: must be 1 or more, got {processes}")
        open_sandbox(sandbox.model_copy(update={"slots": processes})).close()
        self.verdict_s, self.plugins = verdict_s, plugins
        self._asked: queue.SimpleQueue[tuple[Item, Future[Judgement]] | None] = queue.SimpleQueue()
        self._processes = [_Process(sandbox, plugins) for _ in range(processes)]
        self._threads = [threading.Thread(target=self._serve, args=(one,), daemon=True) for one in self._processes]
        for thread in self._threads:
            thread.start()

    def judge(self, items: Sequence[Item]) -> list[Judgement]:
        return [judgement.result() for judgement in self.ask(items)]

    def ask(self, items: Sequence[Item]) -> list[Future[Judgement]]:
        asked = [(item, Future[Judgement]()) for item in items]
        for one in asked:
            self._asked.put(one)
        return [future for _, future in asked]

    def close(self) -> None:
        """Ends the processes; what they have in hand, and what waits, becomes an error of ours."""
        for process in self._processes:
            # First of all: a thread that waits for a verdict does not look into the queue.
            process.end()
        for _ in self._threads:
            self._asked.put(None)
        for thread in self._threads:
            thread.join()
        if any(process.left_behind for process in self._processes):
            sweep()  # their containers

    def _serve(self, process: "_Process") -> None:
        while asked := self._asked.get():
            item, future = asked
            try:
                future.set_result(self._judge(process, *item))
            except BaseException as error:  # the top of the thread: whoever waits is told
                future.set_result(Judgement(None, f"process: {described(error)}"))
        process.close()

    def _judge(self, process: "_Process", problem: Problem, text: str, turns: Exchanges = ()) -> Judgement:
        reason = "closed"
        for _ in range(2):
            if process.ended:
                break
            try:
                return process.judge((problem, text, turns), self.verdict_s)
            except TimeoutError:
                limit = max(self.verdict_s, Judge(plugins=self.plugins).longest_s(problem, turns))
                late = f"verifier: {problem.verifier} took longer than {limit:g} s"
                log.error("%s on problem %s; its process is killed", late, problem.id)
                return Judgement(None, late, limit)
            except LostError as error:
                reason = f"lost twice with {problem.verifier}: {error}"
                log.warning("verifier process: lost with problem %s: %s", problem.id, error)
        return Judgement(None, f"process: {reason}")


class _Process:
    """One process, started when there is work for it, and again after it is gone."""

    def __init__(self, sandbox: SandboxSection, plugins: Plugins) -> None:
        self.sandbox, self.plugins = sandbox, plugins
        self.process: subprocess.Popen[bytes] | None = None
        self.connection: Connection[Any, Any]
        self.at_work = self.ended = self.left_behind = False
        """`left_behind`: whether a process has gone without freeing its sandbox."""

    def judge(self, item: Item, verdict_s: float) -> Judgement:
        """Raises TimeoutError over the limit and LostError; either way the process is gone."""
        self.at_work = True
        try:
            if self.process is None:
                self._start()
            # After the start: an `end` that came during it may have found no process to kill.
            if self.ended:
                raise LostError("closed")
            return self._ask(item, verdict_s)
        except BaseException:
            self._kill()  # what it may still say is of this item, and would be taken for the next one's
            self.close()
            raise
        finally:
            self.at_work = False

    def _start(self) -> None:
        self.connection, theirs = multiprocessing.Pipe()
        self.poll = select.poll()
        self.poll.register(self.connection, select.POLLIN)
        command = [sys.executable, "-P", "-c", PROGRAM.format(theirs.fileno())]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()])
        # Held open here as well, its end of the pipe would outlive the process, and its loss would not show.
        theirs.close()
        level = logging.getLogger("temper").getEffectiveLevel()
        self.connection.send((sys.path, level, self.sandbox, self.plugins))
        if self._receive(START_S) is None:
            raise LostError(f"no word within {START_S:g} s of its start")

    def _ask(self, item: Item, verdict_s: float) -> Judgement:
        try:
            self.connection.send(item)
        except ConnectionError:
            raise self._lost() from None
        judgement: Judgement | None = self._receive(verdict_s)
        if judgement is None:
            # A row whose tests may take 400 s has 100 more where `verdict_s` is 300; one of 200 s has none.
            problem, _, turns = parts_of(item)
            judgement = self._receive(Judge(plugins=self.plugins).longest_s(problem, turns) - verdict_s)
        if judgement is None:
            raise TimeoutError
        return judgement

    def _receive(self, wait_s: float) -> Any:
        """The next message of the process, None after `wait_s` without one; lines of its log are logged here."""
        until = time.monotonic() + wait_s
        try:
            while self.poll.poll(min(max(0.0, until - time.monotonic()), POLL_S) * 1000):
                said = self.connection.recv()
                if not isinstance(said, logging.LogRecord):
                    return said
                logging.getLogger(said.name).handle(said)
        except (EOFError, ConnectionError):
            raise self._lost() from None
        return None

    def _lost(self) -> LostError:
        process = self.process
        assert process
        self.left_behind = True
        self.close()
        code = process.returncode
        return LostError(f"ended by signal {-code}" if code < 0 else f"ended with status {code}")

    def end(self) -> None:
        """From any thread: no other item, and an end to the one in hand."""
        # Set, then look; `judge` does so with the two the other way round, so one of them sees the other.
        self.ended = True
        if self.at_work:
            self._kill()

    def _kill(self) -> None:
        if process := self.process:
            self.left_behind = True
            process.kill()

    def close(self) -> None:
        """Lets it free its sandbox and end."""
        if process := self.process:
            self.connection.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(END_S)
            process.kill()
            process.wait()
            self.process = None


class _Parent(logging.Handler):
    """Who is told the judgements, and what is logged meanwhile."""

    def __init__(self, connection: "Connection[Any, Any]") -> None:
        super().__init__()
        self.connection = connection

    def tell(self, what: object) -> None:
        self.acquire()  # a sandbox may log from a thread of its own
        try:
            self.connection.send(what)
        finally:
            self.release()

    def emit(self, record: logging.LogRecord) -> None:
        try:
            text = self.format(record)
            self.tell(logging.LogRecord(record.name, record.levelno, record.pathname, record.lineno, text, None, None))
        except Exception:  # as every handler: what cannot be logged harms nothing else
            self.handleError(record)


class OnDemand:
    """A sandbox that the first job opens: most rows need none."""

    def __init__(self, section: SandboxSection) -> None:
        self.section = section
        self.opened: Sandbox | None = None

    def run(self, job: Job) -> list[Result]:
        if self.opened is None:
            try:
                self.opened = open_sandbox(self.section, log.debug)
            except ValueError as error:  # it opened when the command began
                raise SandboxError(str(error)) from error
        return self.opened.run(job)

    def forget(self, session: str) -> None:
        if isinstance(self.opened, KeepsInterpreters):
            self.opened.forget(session)

    def close(self) -> None:
        if self.opened is not None:
            self.opened.close()


def begin(*files: int) -> None:
    """A process that ends with its parent and speaks to it alone."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    for file in files:
        os.set_inheritable(file, False)  # no program of a sandbox speaks to the parent
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500")  # after a sandbox's programs, before anybody else


def serve(file: int) -> None:
    """A process's life: a word when it is there, then a judgement an item until nobody asks."""
    begin(file)
    connection: Connection[Any, Any] = Connection(file)
    sys.path[:], level, section, plugins = connection.recv()
    parent = _Parent(connection)
    logging.basicConfig(handlers=[parent], level=logging.WARNING)
    logging.getLogger("temper").setLevel(level)
    sandbox = OnDemand(section.model_copy(update={"slots": 1}))
    judge = Judge(sandbox, tries=2, plugins=plugins)
    parent.tell("ready")
    try:
        while True:
            parent.tell(judge.judge([connection.recv()])[0])
    except EOFError:
        sandbox.close()
