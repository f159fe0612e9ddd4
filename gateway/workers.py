"""A process that judges, seen from the server: started, asked one thing at a time, killed when it takes too long."""

import asyncio
import contextlib
import json
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Collection
from dataclasses import dataclass

from temper.gateway.judge import AHEAD, END, LENGTH, PROGRAM
from temper.gateway.section import GatewaySection

log = logging.getLogger(__name__)

START_S, END_S = 300.0, 30.0
"""Seconds in which a process is there on a busy machine, and in which it frees its sandbox."""
LONGEST_ANSWER = 64 << 20
"""Bytes of a frame of an honest process."""


class LostError(Exception):
    """A process ended with a question in hand."""


@dataclass(frozen=True)
class Answer:
    status: int
    verifier: str
    outcome: str
    """`scored`, `abstained`, `error`, `refused` or `checked`."""
    seconds: float
    """That the verifier took."""
    body: bytes
    """JSON for the client."""


class Worker:
    """One process, and after its end the next."""

    def __init__(self, section: GatewaySection, secrets: Collection[str] = ()) -> None:
        """`secrets`: variables that the process is not to have."""
        self.section, self.secrets = section, frozenset(secrets)
        self.process: subprocess.Popen[bytes] | None = None
        self.reader: asyncio.StreamReader
        self.writer: asyncio.StreamWriter
        self.replaced = 0
        self.left_behind = False
        """Whether a process has gone without freeing its sandbox."""
        self.sessions: set[str] = set()
        """That the process may hold open."""
        self._ahead: tuple[socket.socket, socket.socket]
        """Where a question lies until the process is through with what it has in hand, as a datagram: whoever reads it
        first has it, the process from its end or this side, which holds that end too."""

    @property
    def up(self) -> bool:
        return self.process is not None

    async def start(self) -> None:
        """Raises LostError when no process comes up."""
        if self.process is not None:
            return
        ours, theirs = socket.socketpair()
        self._ahead = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            files = [theirs.fileno(), self._ahead[1].fileno()]
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-c", PROGRAM.format(*files, os.getpid())],
                stdin=subprocess.DEVNULL, pass_fds=files,
                env={name: value for name, value in os.environ.items() if name not in self.secrets},
            )  # fmt: skip
        self.reader, self.writer = await asyncio.open_connection(sock=ours, limit=1 << 20)
        level = logging.getLogger("temper").getEffectiveLevel()
        self._send(json.dumps({"level": level, "path": sys.path, "section": self.section.model_dump()}).encode())
        try:
            async with asyncio.timeout(START_S):
                await self._until("ready")
        except TimeoutError:
            self.kill()
            raise LostError(f"no word within {START_S:g} s of its start") from None

    def give(self, question: bytes) -> bool:
        """Whether a process is up, which has the question from here on; `ask` then waits for its answer."""
        if self.up:
            self._send(question)
        return self.up

    def give_ahead(self, question: bytes) -> bool:
        """Whether the question lies ready for when the process is through with what it has in hand. Not where the last
        one lies there still, which `take_back` would read."""
        if len(question) > AHEAD or self._read_ahead(socket.MSG_PEEK):
            return False
        with contextlib.suppress(OSError):
            return self._ahead[0].send(question, socket.MSG_DONTWAIT) > 0
        return False

    def take_back(self) -> bool:
        """Whether what lies ahead is nobody's any more; the process has it otherwise."""
        return self._read_ahead()

    def _read_ahead(self, flags: int = 0) -> bool:
        with contextlib.suppress(BlockingIOError):
            return bool(self._ahead[1].recv(1, flags | socket.MSG_DONTWAIT))
        return False

    async def ask(self, question: bytes, given: bool = False) -> Answer:
        """Raises TimeoutError over the limit and LostError; either way the process is gone, as it is when whoever waits
        is cancelled."""
        try:
            await self.start()
            if not given:
                self._send(question)
            async with asyncio.timeout(self.section.verdict_s) as limit:
                words, body = await self._until("answer", limit)
        except BaseException:
            self.kill()  # what it may still say is of this question, and would be taken for the next one's answer
            raise
        status, name, outcome, seconds = words
        return Answer(int(status), name, outcome, float(seconds), body)

    def end(self, session: str) -> None:
        """The process closes it, behind what it has in hand."""
        if session in self.sessions:
            self.sessions.discard(session)
            self._send(END + session.encode())

    def _send(self, data: bytes) -> None:
        self.writer.write(LENGTH.pack(len(data)) + data)

    async def _until(self, wanted: str, limit: asyncio.Timeout | None = None) -> tuple[list[str], bytes]:
        """The words and the data of the next frame of that kind; lines of its log are logged here."""
        try:
            while True:
                (length,) = LENGTH.unpack(await self.reader.readexactly(LENGTH.size))
                if length > LONGEST_ANSWER:
                    raise LostError(f"sent {length} bytes in one frame")
                words, _, data = (await self.reader.readexactly(length)).partition(b"\n")
                kind, *rest = words.decode().split(" ")
                if kind == wanted:
                    return rest, data
                if kind == "log":
                    logging.getLogger(rest[1]).log(int(rest[0]), "%s", data.decode("utf-8", "replace"))
                elif kind == "limit" and limit is not None:
                    # A row whose tests may take 400 s has as many where `verdict_s` is 300.
                    limit.reschedule(asyncio.get_running_loop().time() + float(rest[0]))
        except (asyncio.IncompleteReadError, ConnectionError):
            code = await self._ended()
            raise LostError(f"ended by signal {-code}" if code < 0 else f"ended with status {code}") from None

    async def _ended(self) -> int:
        assert self.process
        with contextlib.suppress(subprocess.TimeoutExpired):
            return await asyncio.to_thread(self.process.wait, END_S)
        self.process.kill()
        return self.process.wait()

    def kill(self) -> None:
        if process := self.process:
            self.process = None
            self.sessions.clear()
            self.left_behind = True
            self.replaced += 1
            process.kill()
            process.wait()
            self._hang_up()

    async def close(self) -> None:
        """Lets it free its sandbox and end."""
        process, self.process = self.process, None
        self.sessions.clear()
        if process is None:
            return
        self._hang_up()
        try:
            await asyncio.to_thread(process.wait, END_S)
        except subprocess.TimeoutExpired:
            self.left_behind = True
            process.kill()
            process.wait()

    def _hang_up(self) -> None:
        if hasattr(self, "writer"):
            self.writer.close()
        for end in self._ahead:
            end.close()
