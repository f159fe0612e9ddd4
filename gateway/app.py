"""What the gateway answers: `/verify`, `/sessions`, `/health`, `/metrics`, `/verifiers`.

A row is a request or a line of one; every request is read whole before anything of it is judged. A request of lines is
checked first and answered as a stream, in order, while later lines are judged; so few of them wait at a time that other
clients have their turns between.
"""

import asyncio
import json
import secrets
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import ExitStack
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from temper.gateway.counts import Counts
from temper.gateway.doors.admission import Admission
from temper.gateway.doors.bodies import Bodies
from temper.gateway.doors.held import HeldStream
from temper.gateway.doors.refusals import RefusalError
from temper.gateway.doors.routed import Answering, as_json, routed
from temper.gateway.judges import Judges
from temper.gateway.kept import Entry, Kept
from temper.gateway.section import GatewaySection
from temper.gateway.sessions.kept import Sessions
from temper.gateway.workers import Answer
from temper.verifiers.table import VERIFIERS, resolve

LINES = ("application/x-ndjson", "application/jsonl", "application/x-jsonlines")
CHECKED = 64
"""Lines that one process checks in one go."""
LOOK_S = 0.25
"""Seconds after which it is watched whether whoever waits is still there."""
Client = tuple[str, bytes]
"""A client, and the name that it gives itself."""


class Gateway:
    """The server's state, and its answers."""

    def __init__(self, section: GatewaySection, judges: Judges) -> None:
        self.section, self.judges = section, judges
        self.bodies, self.kept, self.counts = Bodies(section), Kept(), Counts()
        self.sessions = Sessions(section, judges.end)
        self.admission = Admission(section.max_waiting, judges.queue.waiting_of)

    def app(self, tokens: Mapping[str, str]) -> ASGIApp:
        answers: dict[str, Answering] = {
            "POST /verify": self.verify,
            "POST /run_code": self.run_code,
            "POST /seed_session": self.seed_session,
            "POST /sessions": self.open,
            "POST /sessions/{id}/call": self.call,
            "DELETE /sessions/{id}": self.close,
            "GET /health": self.health,
            "GET /metrics": self.metrics,
            "GET /verifiers": self.verifiers,
        }
        return routed(answers, tokens, self.counts.refused, said)

    async def _body(self, request: Request, held: ExitStack) -> bytes:
        """The whole body of a request that is let in, as long as `held` lasts."""
        client: Client = request.state.client
        held.enter_context(self.admission.admitted(client[0]))
        room = held.enter_context(self.bodies.room(client[0]))
        return await room.read(request.stream(), request.headers.get("content-length"))

    async def verify(self, request: Request) -> Response:
        client: Client = request.state.client
        with ExitStack() as held:
            body = await self._body(request, held)
            key = request.headers.get("idempotency-key")
            entry = self.kept.entry(client[0], key, body) if key is not None else None
            if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in LINES:
                answer = await self._present(request, self.ask(client, entry, 0, "body", body), entry)
                return _answered(answer)
            await self._check(client, body)
            return HeldStream(self._stream(client, entry, body), held.pop_all(), LINES[0])

    async def run_code(self, request: Request) -> Response:
        """SandboxFusion's; an error of ours is 504 there."""
        with ExitStack() as held:
            body = await self._body(request, held)
            asked = self.ask(request.state.client, None, 0, "body", body, "run")
            answer = await self._present(request, asked, None)
            return Response(answer.body, 504 if answer.status == 503 else answer.status, media_type="application/json")

    async def seed_session(self, request: Request) -> Response:
        """NeMo-Gym's; what it judges here has no state, so the cookie is of no further use."""
        with ExitStack() as held:
            await self._body(request, held)
        answer = as_json(200, {})
        answer.set_cookie("session", secrets.token_hex(16), httponly=True)
        return answer

    async def open(self, request: Request) -> Response:
        """A session; nothing runs before its first call."""
        client: Client = request.state.client
        with ExitStack() as held:
            body = await self._body(request, held)

            def ask() -> asyncio.Future[Answer]:
                session = self.sessions.add(client[0], body)
                asked = self._asked(client, f"open {session.id}\n".encode() + body)
                asked.add_done_callback(lambda answer: self.sessions.opened(session, answer))
                return asked

            return _answered(await self._once(request, "sessions", body, ask))

    async def call(self, request: Request) -> Response:
        """A turn's calls, which are made and kept whether or not somebody still waits for them."""
        client: Client = request.state.client
        name = request.path_params["id"]
        with ExitStack() as held:
            body = await self._body(request, held)

            def ask() -> asyncio.Future[Answer]:
                session = self.sessions.get(client[0], name)
                asked = self._asked(client, self.sessions.question(session, body), session.id)
                asked.add_done_callback(lambda answer: self.sessions.called(session, answer))
                return asked

            return _answered(await self._once(request, name, body, ask))

    async def close(self, request: Request) -> Response:
        client: Client = request.state.client
        self.sessions.drop(self.sessions.get(client[0], request.path_params["id"]))
        return as_json(200, {})

    async def _once(
        self, request: Request, what: str, body: bytes, ask: Callable[[], asyncio.Future[Answer]]
    ) -> Answer:
        """The answer; for a request that comes again with its `Idempotency-Key` that of the first one."""
        key = request.headers.get("idempotency-key")
        entry = self.kept.entry((request.state.client[0], what), key, body) if key is not None else None
        asked = ask() if entry is None else entry.once(0, ask)
        return await self._present(request, asyncio.shield(asked), entry)

    def ask(
        self, client: Client, entry: Entry | None, place: int, where: str, row: bytes, kind: str = "judge"
    ) -> asyncio.Future[Answer]:
        """The answer to one row; with an entry, the one that it had or has already."""

        def ask() -> asyncio.Future[Answer]:
            return self._asked(client, f"{kind} {where}\n".encode() + row)

        return ask() if entry is None else asyncio.shield(entry.once(place, ask))

    def _asked(self, client: Client, question: bytes, session: str = "") -> asyncio.Future[Answer]:
        start = time.perf_counter()
        asked = self.judges.ask(*client, question, session)
        asked.add_done_callback(lambda answer: self._count(answer, start))
        return asked

    def _count(self, future: asyncio.Future[Answer], start: float) -> None:
        if not future.cancelled() and future.exception() is None:
            answer = future.result()
            if answer.outcome not in ("checked", "opened"):
                self.counts.add(answer.verifier, answer.outcome, time.perf_counter() - start, answer.seconds)

    async def _present(self, request: Request, asked: asyncio.Future[Answer], entry: Entry | None) -> Answer:
        """The answer, for as long as somebody waits for it; one with a key is worth having for who asks again."""
        await asyncio.wait([asked], timeout=None if entry else LOOK_S)
        if not asked.done():
            # The body was read, so what comes next is the connection's end.
            gone: asyncio.Future[Any] = asyncio.ensure_future(request.receive())
            try:
                await asyncio.wait({asked, gone}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                gone.cancel()
            if not asked.done():
                asked.cancel()
                raise RefusalError(499, "the client is gone")
        return asked.result()

    async def _check(self, client: Client, body: bytes) -> None:
        """Raises RefusalError for the first bad line."""
        lines = body.split(b"\n")
        pieces = [(first, lines[first : first + CHECKED]) for first in range(0, len(lines), CHECKED)]
        for first, piece in pieces:
            answer = await self.judges.ask(*client, f"check {first + 1}\n".encode() + b"\n".join(piece))
            if answer.status == 503:
                raise RefusalError(503, str(json.loads(answer.body)["detail"]), {"Retry-After": "1"})
            if answer.status != 200:
                raise RefusalError(422, str(json.loads(answer.body)["error"]))

    async def _stream(self, client: Client, entry: Entry | None, body: bytes) -> AsyncIterator[bytes]:
        rows = ((number, line) for number, line in enumerate(body.split(b"\n"), 1) if line.strip())
        waiting: deque[asyncio.Future[Answer]] = deque()
        try:
            for number, line in rows:
                waiting.append(self.ask(client, entry, number, f"line {number}", line))
                if len(waiting) >= 4 * self.section.workers:
                    yield (await waiting[0]).body + b"\n"
                    waiting.popleft()
            while waiting:
                yield (await waiting[0]).body + b"\n"
                waiting.popleft()
        finally:
            for answer in waiting:
                answer.cancel()

    async def health(self, request: Request) -> Response:
        state = "draining" if self.admission.draining else "ready"
        told = {"status": state, "slots": self.section.workers, **self._gauges_now()}
        return as_json(503 if self.admission.draining else 200, told)

    def _gauges_now(self) -> dict[str, int]:
        queue, under_way = self.judges.queue, self.admission.under_way.total()
        told = {"at_work": queue.at_work(), "queue": len(queue), "requests": under_way}
        return {**told, "sessions": len(self.sessions.kept)}

    async def metrics(self, request: Request) -> Response:
        gauges = {f"temper_{name}": float(value) for name, value in self._gauges_now().items()}
        gauges |= {"temper_slots": self.section.workers, "temper_held_bytes": self.bodies.total}
        gauges |= {"temper_replaced_total": self.judges.replaced, "temper_draining": float(self.admission.draining)}
        gauges |= {f"temper_errors_{name}_total": float(count) for name, count in self.judges.errors.items()}
        return Response(self.counts.text(gauges), media_type="text/plain; version=0.0.4")

    async def verifiers(self, request: Request) -> Response:
        """Names, and the JSON Schema of what a row's `params` may hold."""
        told = {}
        for name in VERIFIERS:
            verifier = resolve(name)
            schema = verifier.model_json_schema()
            for secret in verifier.recipe_only:
                schema["properties"].pop(secret, None)
            told[name] = {"params": schema, "configured": sorted(self.section.verifiers.get(name, {}))}
        return as_json(200, {"verifiers": told, "plugins": list(self.section.plugins)})


def _answered(answer: Answer) -> Response:
    headers = {"Retry-After": "1"} if answer.status == 503 else None
    return Response(answer.body, answer.status, headers, media_type="application/json")


def said(refusal: RefusalError) -> object:
    return {"error": str(refusal)}
