"""All processes that judge, and the queue before them.

`workers` verdicts run at a time. One that has been at work for `SPARE_S` has no end in sight, and no longer keeps a
client that has none at work from one of as many spare processes: who sends what hangs pays with his own verdicts. A
process that is over a verdict's limit is killed, which is an error of ours; a question whose process died is asked once
more of another one.
"""

import asyncio
import contextlib
import json
import logging
import math
import time
from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass

from temper.gateway.fair import FairQueue, Taken
from temper.gateway.judge import line_of
from temper.gateway.section import GatewaySection
from temper.gateway.workers import Answer, LostError, Worker
from temper.sandboxes.pool import open_sandbox, sweep
from temper.verifiers.judging import Judgement

log = logging.getLogger(__name__)

SPARE_S = 0.02
"""Seconds after which a verdict does not count to those for whose end others wait."""


@dataclass(eq=False)
class Question:
    text: bytes
    answer: asyncio.Future[Answer]
    session: str = ""
    """Whose call it is: it goes to the process that has answered the last one, where that is free."""


class Judges:
    def __init__(self, section: GatewaySection, secrets: Collection[str] = ()) -> None:
        """Raises ValueError or SandboxError when this machine cannot open the sandbox, and logs which it is."""
        open_sandbox(section.sandbox.model_copy(update={"slots": 1})).close()
        self.section = section
        self.queue = FairQueue[Question]()
        self.workers = [Worker(section, secrets) for _ in range(2 * section.workers)]
        self.idle = list(reversed(self.workers))
        self.tasks: set[asyncio.Task[None]] = set()
        self.errors: dict[str, int] = {"late": 0, "lost": 0}
        self.given_at: dict[Worker, float] = {}
        """When each process that is at work got its question, in seconds; -inf where it gets none ahead."""
        self.ahead: dict[Worker, Taken[Question]] = {}
        """What lies ready for a process, in the order of the queue."""
        self._look_again: asyncio.TimerHandle | None = None

    async def start(self) -> None:
        """Brings up what works when nothing hangs, and one spare process. Raises LostError."""
        await asyncio.gather(*(worker.start() for worker in self.workers[: self.section.workers + 1]))

    def ask(self, client: Hashable, name: Hashable, question: bytes, session: str = "") -> asyncio.Future[Answer]:
        """Who cancels the answer while the question waits in the queue takes it back."""
        asked = Question(question, asyncio.get_running_loop().create_future(), session)
        self.queue.put(client, name, asked)
        if self.ahead and not self.queue.is_one():
            self._take_back(list(self.ahead))
        self._dispatch()
        return asked.answer

    def end(self, session: str) -> None:
        """No process holds it any more."""
        for worker in self.workers:
            worker.end(session)

    @property
    def replaced(self) -> int:
        return sum(worker.replaced for worker in self.workers)

    async def close(self) -> None:
        """Ends the processes; what they have in hand is lost."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await asyncio.gather(*(worker.close() for worker in self.workers))
        if any(worker.left_behind for worker in self.workers):
            sweep()  # their containers

    def _dispatch(self) -> None:
        # One that comes up again after a kill is not idle: what hangs next must not take a spare one meanwhile.
        while len(self.idle) > self.section.workers and self._begin():
            pass
        while len(self.queue) and self._has_a_spare() and self._begin(only_idle=True):
            pass
        if len(self.queue) and self.queue.is_one():
            self._give_ahead()
        if (self.ahead or (len(self.queue) and self.idle)) and self._look_again is None:
            self._look_again = asyncio.get_running_loop().call_later(SPARE_S, self._again)

    def _again(self) -> None:
        self._look_again = None
        self._take_back([worker for worker in self.ahead if not self._is_new(worker)])
        self._dispatch()

    def _is_new(self, worker: Worker) -> bool:
        """Whether what the process has in hand may end soon."""
        return time.monotonic() - self.given_at[worker] < SPARE_S

    def _give_ahead(self) -> None:
        for worker in self.given_at:
            if worker in self.ahead or not self._is_new(worker) or (taken := self._next()) is None:
                continue
            # A call of a session goes to the process that holds it.
            if taken.item.session or not worker.give_ahead(taken.item.text):
                self.queue.back(taken)
                return
            self.ahead[worker] = taken

    def _take_back(self, workers: Sequence[Worker]) -> None:
        """What the processes have not begun."""
        for worker in reversed(workers):
            if worker.take_back():
                self.queue.back(self.ahead.pop(worker))
                self.given_at[worker] = -math.inf

    def _give_back(self, worker: Worker) -> None:
        """What lay ready for a process that is gone."""
        self.given_at[worker] = -math.inf  # the next process gets first what this one had in hand
        if taken := self.ahead.pop(worker, None):
            self.queue.back(taken)
            self._dispatch()

    def _has_a_spare(self) -> bool:
        return bool(self.idle) and self.queue.lately(SPARE_S) < self.section.workers

    def _begin(self, only_idle: bool = False) -> bool:
        taken = self._next(only_idle)
        if taken is None:
            return False
        worker = self._chosen(taken.item.session)
        # Now and not in the task, which the loop comes to after it has looked at all connections again.
        self._judged(worker, taken, worker.give(taken.item.text))
        return True

    def _next(self, only_idle: bool = False) -> Taken[Question] | None:
        """Whose answer somebody still waits for."""
        while (taken := self.queue.pop(only_idle)) and taken.item.answer.cancelled():
            pass
        return taken

    def _judged(self, worker: Worker, taken: Taken[Question], given: bool) -> None:
        self.given_at[worker] = time.monotonic() if given else -math.inf
        ticket = self.queue.begin(taken)
        task = asyncio.get_running_loop().create_task(self._judge(worker, ticket, taken.item, given))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def _chosen(self, session: str) -> Worker:
        """Of the idle ones that which holds the session, else the one used last of those that are up. A session is open
        in one process at a time: what it holds elsewhere, as a place at a service, is not for two."""
        idle = self.idle
        worker = idle.pop(max(range(len(idle)), key=lambda n: (session in idle[n].sessions, idle[n].up, n)))
        if session and session not in worker.sessions:
            self.end(session)
            worker.sessions.add(session)
        return worker

    async def _judge(self, worker: Worker, ticket: int, question: Question, given: bool) -> None:
        try:
            answer = await self._answer(worker, question.text, given)
        except BaseException as error:
            if not question.answer.done():
                question.answer.set_exception(error)
            if not isinstance(error, Exception):
                raise
        else:
            # Before whoever asked is answered, which takes the server a while: the process is at work meanwhile.
            if free := worker.up:
                self._free(worker, ticket)
            if not question.answer.done():
                question.answer.set_result(answer)
            if free:
                return
        self._give_back(worker)
        # A process that was killed is there again before anybody's verdict waits for it, in the time of whose it was.
        with contextlib.suppress(LostError):
            await worker.start()
        self._free(worker, ticket)

    def _free(self, worker: Worker, ticket: int) -> None:
        self.queue.done(ticket)
        del self.given_at[worker]
        if taken := self.ahead.pop(worker, None):
            self._judged(worker, taken, given=True)
        else:
            self.idle.append(worker)
            self._take_back(list(self.ahead))  # it comes first to what lies behind something
        self._dispatch()

    async def _answer(self, worker: Worker, question: bytes, given: bool) -> Answer:
        """`given`: whether the process has the question already."""
        reason = ""
        for attempt in range(2):
            try:
                return await worker.ask(question, given and not attempt)
            except TimeoutError:
                self.errors["late"] += 1
                late = f"verifier: took longer than {self.section.verdict_s:g} s, or than the row's own tests may"
                log.error("%s; its process is killed", late)
                return error_of_ours(late)
            except LostError as error:
                self.errors["lost"] += 1
                reason = f"process: lost twice: {error}"
                log.warning("a judging process was lost: %s", error)
                self._give_back(worker)
        return error_of_ours(reason)


def error_of_ours(reason: str) -> Answer:
    return Answer(503, "none", "error", 0.0, json.dumps(line_of(None, Judgement(None, reason))).encode())
