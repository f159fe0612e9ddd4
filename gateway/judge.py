"""A process that judges what strangers send: it reads the row, checks it and runs its verifier, so that whatever a row
or a completion does, it does here, and this process can be killed.

Frames in both directions are four bytes of length and as many of data: no pickle, for what a row makes of this process
must not reach the server. A question is a line of words and the bytes in question; its answers are a line of words and
the JSON for the client, and before that, perhaps, records of the log and the seconds that the row may honestly take.
"""

import contextlib
import gc
import json
import logging
import os
import select
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable, Mapping

from pydantic import JsonValue

from temper.gateway import nemo_gym, sandbox_fusion
from temper.gateway.items import Turned, checked_item, label, read_object, stranger_item
from temper.gateway.processes import OnDemand, begin
from temper.gateway.section import GatewaySection
from temper.gateway.sessions.turns import Turns
from temper.sandboxes.job import Job, SandboxError
from temper.sandboxes.slot import longest_s
from temper.verifiers.judging import Judge, Judgement
from temper.verifiers.plugins import Plugins
from temper.verifiers.table import VERIFIERS, resolve

LENGTH = struct.Struct(">I")
END = b"end "
"""With a session that is to be closed: it has no answer."""
PROGRAM = "from temper.gateway.judge import serve; serve({}, {}, {})"
"""With the numbers of its ends of the socket and of that where a question lies ahead, and its parent's PID."""
AHEAD = 64 << 10
"""Bytes of a question that may lie ahead: a datagram that any kernel takes."""


class Asked:
    """The questions, by their first word."""

    def __init__(self, section: GatewaySection, send: Callable[[bytes], None]) -> None:
        self.section, self.send = section, send
        self.sandbox = OnDemand(section.sandbox.model_copy(update={"slots": 1}))
        self.judge = Judge(self.sandbox, tries=2, plugins=Plugins(section.plugins))
        self.turns = Turns(section, self.sandbox, self.judge)

    def answer(self, question: bytes) -> bytes:
        words, _, data = question.partition(b"\n")
        kind, *rest = words.decode().split(" ")
        try:
            if kind == "check":
                return self._check(data, int(rest[0]))
            if kind == "open":
                return _frame(200, "session", "opened", 0.0, self.turns.open(rest[0], data))
            if kind == "call":
                return self._call(rest, data)
            where = " ".join(rest)
            row = read_object(data, where)
            if kind == "run":
                return self._run(sandbox_fusion.job_of(row, where))
            foreign = row if nemo_gym.is_one(row) else None
            if foreign:
                row = nemo_gym.item_of(foreign, where)
            return self._judge(checked_item(row, where, self.section), foreign)
        except ValueError as error:
            return _frame(422, "none", "refused", 0.0, {"error": str(error)})

    def _check(self, data: bytes, first: int) -> bytes:
        """Of lines: nothing, or the first mistake."""
        for number, line in enumerate(data.split(b"\n"), start=first):
            if line.strip():
                self._in_time(stranger_item(line, f"line {number}", self.section), f"line {number}")
        return _frame(200, "none", "checked", 0.0, {})

    def _judge(self, item: Turned, foreign: Mapping[str, JsonValue] | None) -> bytes:
        """`foreign`: the row as NeMo-Gym sent it, which wants its own kind of answer. Raises ValueError for one that
        asks for too much time."""
        problem = item[0]
        self._in_time(item, "problem")
        (judgement,) = self.judge.judge([item])
        if foreign is not None:
            told = nemo_gym.answer_to(foreign, judgement)
            return _frame(200, label(problem), judgement.outcome, judgement.seconds, told)
        status = 503 if judgement.verdict is None else 200
        return _frame(status, label(problem), judgement.outcome, judgement.seconds, line_of(problem.id, judgement))

    def _run(self, job: Job) -> bytes:
        """A program of SandboxFusion's `/run_code`."""
        start = time.perf_counter()
        self._limit(longest_s(job), "run_timeout")
        try:
            (result,) = self.sandbox.run(job)
        except SandboxError as error:
            told = {"status": "SandboxError", "message": str(error)}
            return _frame(504, "run_code", "error", time.perf_counter() - start, told)
        return _frame(200, "run_code", "scored", time.perf_counter() - start, sandbox_fusion.answer_of(result))

    def _call(self, words: list[str], data: bytes) -> bytes:
        """A turn of a session."""
        outcome, problem, heard, told = self.turns.call(
            words, data, lambda longest_s: self._limit(longest_s, "session")
        )
        if outcome == "error":
            told = line_of(problem.id, Judgement(None, heard.error, heard.seconds))
        return _frame(503 if outcome == "error" else 200, "session", outcome, heard.seconds, told)

    def _in_time(self, item: Turned, where: str) -> None:
        self._limit(self.judge.longest_s(item[0], item[2]), where)

    def _limit(self, longest_s: float, where: str) -> None:
        if longest_s > self.section.longest_s:
            most = self.section.longest_s
            raise ValueError(
                f"{where}: it may take {longest_s:g} s, at most {most:g} here; lower `time_limit_s` or make fewer calls"
            )
        if longest_s > self.section.verdict_s:
            self.send(f"limit {longest_s}\n".encode())


def line_of(name: str | None, judgement: Judgement) -> dict[str, object]:
    """A verdict as `temper verify` writes it, with the scores of a composition's parts; of an error also whether it may
    be asked again."""
    line: dict[str, object] = {
        "id": name,
        "outcome": judgement.outcome,
        "score": judgement.score,
        "detail": judgement.detail,
        "seconds": round(judgement.seconds, 6),
    }
    if judgement.verdict is None:
        return {**line, "retryable": judgement.retryable}
    return {**line, "parts": judgement.verdict.parts} if judgement.verdict.parts else line


def _frame(status: int, name: str, outcome: str, seconds: float, body: Mapping[str, object]) -> bytes:
    return f"answer {status} {name} {outcome} {seconds:.6f}\n".encode() + json.dumps(body).encode()


def send(connection: socket.socket, data: bytes) -> None:
    connection.sendall(LENGTH.pack(len(data)) + data)


def receive(connection: socket.socket) -> bytes | None:
    """The next frame; None at the end."""
    head = _exactly(connection, LENGTH.size)
    return None if head is None else _exactly(connection, LENGTH.unpack(head)[0])


def _exactly(connection: socket.socket, size: int) -> bytes | None:
    data = bytearray()
    while len(data) < size:
        part = connection.recv(min(size - len(data), 1 << 20))
        if not part:
            return None
        data += part
    return bytes(data)


class Questions:
    """What is asked, in order."""

    def __init__(self, connection: socket.socket, ahead: socket.socket) -> None:
        self.connection, self.ahead = connection, ahead
        self.any, self.asked = select.poll(), select.poll()
        for poll, one in ((self.any, connection), (self.any, ahead), (self.asked, connection)):
            poll.register(one, select.POLLIN)

    def next(self) -> bytes | None:
        """None at the end."""
        while True:
            self.any.poll()
            # What lies ahead came behind a question of the connection, so that one is there by now if it was not read.
            if self.asked.poll(0):
                return receive(self.connection)
            with contextlib.suppress(BlockingIOError):  # it was taken back
                return self.ahead.recv(AHEAD, socket.MSG_DONTWAIT)


class _Log(logging.Handler):
    """Tells the server what is logged here."""

    def __init__(self, connection: socket.socket) -> None:
        super().__init__()
        self.connection = connection

    def tell(self, data: bytes) -> None:
        self.acquire()  # a sandbox may log from a thread of its own
        try:
            send(self.connection, data)
        finally:
            self.release()

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self.tell(f"log {record.levelno} {record.name}\n{self.format(record)}".encode("utf-8", "replace"))
        except Exception:  # as every handler: what cannot be logged harms nothing else
            self.handleError(record)


def serve(file: int, ahead: int, parent: int) -> None:
    """A process's life: a word when it is there, then an answer a question until nobody asks."""
    begin(file, ahead)
    if os.getppid() != parent:  # it died before its death could be told
        return
    # Handlers and not SIG_IGN, which the programs of a sandbox would inherit. A drain is the server's to order.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    connection = socket.socket(fileno=file)
    settings = receive(connection)
    if settings is None:
        return
    told = json.loads(settings)
    sys.path[:] = told["path"]
    log = _Log(connection)
    logging.basicConfig(handlers=[log], level=logging.WARNING)
    logging.getLogger("temper").setLevel(told["level"])
    asked = Asked(GatewaySection.model_validate(told["section"]), log.tell)
    for name in VERIFIERS:
        resolve(name)  # loaded now, and not within somebody's verdict
    gc.collect()
    gc.freeze()  # what is loaded by now is not looked through again
    log.tell(b"ready\n")
    questions = Questions(connection, socket.socket(fileno=ahead))
    while question := questions.next():
        if question.startswith(END):
            asked.turns.end(question.removeprefix(END).decode())
        else:
            log.tell(asked.answer(question))
    asked.sandbox.close()
