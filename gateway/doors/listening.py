"""A server that listens: uvicorn under limits of our own, on a loop that reads by shares, and a drain.

SIGTERM drains: no new requests, an answer to all that were accepted, then the end; a second signal ends it at once.
"""

import asyncio
import gc
import logging
import os
import resource
import signal
import socket
from collections.abc import Coroutine, Mapping
from types import FrameType
from typing import Any

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from temper.gateway.doors.admission import Admission
from temper.gateway.doors.reads import LISTENER, Owner, Reads

log = logging.getLogger(__name__)

HEAD_S = 20.0
"""Seconds in which a new connection has sent a request's head."""
HEAD_BYTES = 32 << 10
KEEP_ALIVE_S = 120
SPARE_FILES = 256
"""Descriptors beside those of connections."""
BACKLOG = 2048
"""Connections that the kernel holds until they are taken."""
AT_A_TIME = 4
"""Of them are taken in one go; between two goes those that are there are served."""
FULL_COLLECTION, CLOSED = 200, 5000
"""Collections of young garbage, and connections that have closed, between two collections of all. With ten thousand
connections one of all holds up everybody for 0.1 s, and Python by itself begins eleven while they come; and asyncio
leaves of each that has closed what only such a one frees."""


class Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self.reads = Reads()
        self.closed = 0
        """Connections, since the last collection of all."""
        super().__init__(self.reads)


def run(main: Coroutine[Any, Any, None]) -> None:
    """What listens runs in a loop of this kind."""
    with asyncio.Runner(loop_factory=Loop) as runner:
        runner.run(main)


class Connection(H11Protocol):
    """uvicorn's, which gives a connection that says nothing all the time in the world."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        connected = transport.get_extra_info("socket")
        # asyncio leaves it out where a listener of our own does not say its protocol: 40 ms an answer.
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.here, self.file = _loop(), connected.fileno()
        self.here.reads.put(self.file, Owner(self.client[0] if self.client else "", new=True))
        self.head_timer = self.loop.call_later(HEAD_S, self._no_head)

    def connection_lost(self, exc: Exception | None) -> None:
        self.head_timer.cancel()
        self.here.reads.gone(self.file)
        self.here.closed += 1
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        if (client := self.scope["state"].get("client")) and not self.transport.is_closing():
            self.here.reads.put(self.file, Owner(client[0]))
        super().on_response_complete()

    def _no_head(self) -> None:
        if self.cycle is None and not self.transport.is_closing():
            self.transport.close()

    def handle_events(self) -> None:
        super().handle_events()
        if self.conn.their_state is h11.SEND_BODY or self.cycle is not None:
            self.head_timer.cancel()

    def send_400_response(self, msg: str) -> None:
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            super().send_400_response(msg)
        else:
            self.transport.close()  # in the middle of an answer nothing else can be said


class Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, admission: Admission, who: str) -> None:
        super().__init__(config)
        self.admission, self.who = admission, who

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self.admission.draining:
            self.force_exit = self.should_exit = True
            return
        log.info("%s: draining, %d requests are under way", self.who, self.admission.under_way.total())
        self.admission.draining = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listener in sockets or ():
            listener.listen(BACKLOG)  # asyncio has taken the number of one go for this one too
            _loop().reads.put(listener.fileno(), LISTENER)

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second."""
        if self.admission.draining and not self.admission.busy:
            self.should_exit = True
        if _loop().closed >= CLOSED:
            _loop().closed = 0
            gc.collect()
        return await super().on_tick(counter)


def listen(who: str, host: str, port: int, tokens: Mapping[str, str]) -> socket.socket:
    """Port 0 takes a free one. Raises ValueError for a port that is taken, and for an address that others reach while
    there is no token."""
    if not tokens and not _loopback(host):
        raise ValueError(f"--host: {host} is not this machine alone, and there is no token; name one with --token-env")
    if os.geteuid() == 0:
        log.warning("%s: runs as root; give it a user of its own (docs/gateway.md)", who)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    try:
        return socket.create_server((host, port), family=_family(host), backlog=BACKLOG)
    except OSError as error:
        raise ValueError(f"--port: cannot listen on {host}:{port} ({error.strerror}); choose another") from error


def server(who: str, app: ASGIApp, admission: Admission) -> Server:
    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    connections = min(most - SPARE_FILES, 1 << 16)
    config: dict[str, Any] = {
        "http": Connection, "loop": "asyncio", "ws": "none", "lifespan": "off", "log_config": None,
        "access_log": False, "server_header": False, "proxy_headers": False, "timeout_keep_alive": KEEP_ALIVE_S,
        "h11_max_incomplete_event_size": HEAD_BYTES, "limit_concurrency": max(connections, 16),
        "backlog": AT_A_TIME,
    }  # fmt: skip
    logging.getLogger("uvicorn").setLevel(logging.ERROR)
    return Server(uvicorn.Config(app, **config), admission, who)


async def answer(who: str, app: ASGIApp, admission: Admission, listener: socket.socket, told: str) -> None:
    """Until a signal ends it; a line of the log names the address, with what is `told` of it."""
    gc.collect()
    gc.freeze()
    young, old, _ = gc.get_threshold()
    gc.set_threshold(young, old, FULL_COLLECTION)
    serving = server(who, app, admission)
    host, port = listener.getsockname()[:2]
    log.info("%s: http://%s:%d, %s", who, host, port, told)
    # uvicorn ends by the signal that ended it; here a drain is a good end.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, serving.handle_exit)
    await serving._serve([listener])


def _loop() -> Loop:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, Loop), "listening.run starts the loop"
    return loop


def _loopback(host: str) -> bool:
    return host == "localhost" or host == "::1" or host.startswith("127.")


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
