"""What the server answers: `/v1/chat/completions`, `/v1/completions`, `/v1/models`, `/health`.

The doors, limits and shares are the gateway's. A prompt is made in a thread of its own, so a long one holds up nobody's
stream; a client that goes away takes its requests with it.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from temper.gateway.doors.admission import Admission
from temper.gateway.doors.bodies import Bodies
from temper.gateway.doors.held import HeldStream
from temper.gateway.doors.refusals import RefusalError
from temper.gateway.doors.routed import Answering, as_json, routed
from temper.serving.answers import DONE, Answer, Choice, Shape, begun, event, said
from temper.serving.bodies import Chat, FieldError, Text, read
from temper.serving.prompts import Plan, of_chat, of_text
from temper.serving.section import Served, ServingSection
from temper.serving.service import News

LOOK_S = 0.25
"""Seconds after which it is looked whether whoever waits is still there."""
Body = Chat | Text
Heard = asyncio.Queue[tuple[Choice, News]]


class App:
    def __init__(self, section: ServingSection, served: Served) -> None:
        self.served = served
        self.bodies, self.admission = Bodies(section), Admission(section.max_waiting)
        self.refused: Counter[int] = Counter()
        self.preparing = ThreadPoolExecutor(1, "prompts")
        self.created = int(time.time())

    def app(self, tokens: Mapping[str, str]) -> ASGIApp:
        answers: dict[str, Answering] = {
            "POST /v1/chat/completions": self.chat,
            "POST /v1/completions": self.text,
            "GET /v1/models": self.models,
            "GET /v1/models/{name:path}": self.model,
            "GET /health": self.health,
        }
        return routed(answers, tokens, self.refused, said, _absent)

    async def chat(self, request: Request) -> Response:
        return await self._completions(request, Chat)

    async def text(self, request: Request) -> Response:
        return await self._completions(request, Text)

    async def _completions(self, request: Request, kind: type[Chat] | type[Text]) -> Response:
        client = request.state.client[0]
        with ExitStack() as held:
            held.enter_context(self.admission.admitted(client))
            room = held.enter_context(self.bodies.room(client))
            raw = await room.read(request.stream(), request.headers.get("content-length"))
            loop = asyncio.get_running_loop()
            body, plan = await loop.run_in_executor(self.preparing, self._plan, raw, kind)
            shape = self._shape(body, plan)
            heard: Heard = asyncio.Queue()
            calls = isinstance(body, Chat) and bool(body.tools) and body.tool_choice == "auto"
            choices = [begun(self.served, plan, i, kind is Chat, calls) for i in range(len(plan.seeds))]
            held.callback(self.served.service.drop, self._ask(plan, choices, client, heard, body.n))
            if body.stream:
                parts = self._stream(shape, choices, heard, body.stream_options.include_usage)
                answer = HeldStream(parts, held.pop_all(), "text/event-stream")
                answer.headers["Cache-Control"] = "no-cache"
                return answer
            await self._whole(request, choices, heard)
            return as_json(200, shape.whole(choices))

    def _plan(self, raw: bytes, kind: type[Chat] | type[Text]) -> tuple[Body, Plan]:
        body: Body = read(raw, Chat) if kind is Chat else read(raw, Text)
        if body.model != self.served.name:
            raise self._unknown(body.model)
        return body, of_chat(body, self.served) if isinstance(body, Chat) else of_text(body, self.served)

    def _unknown(self, name: str) -> RefusalError:
        return FieldError(404, f"model: {name[:80]!r} is not served; ask for {self.served.name!r}", "model", "")

    def _shape(self, body: Body, plan: Plan) -> Shape:
        chat = isinstance(body, Chat)
        logprobs = body.logprobs is not None and body.logprobs is not False
        tokenizer = self.served.renderer.tokenizer
        return Shape(self.served.name, tokenizer, chat, logprobs, body.likeliest, plan.prompt_tokens)

    def _ask(self, plan: Plan, choices: Sequence[Choice], client: object, heard: Heard, n: int) -> list[int]:
        """Numbers of what the engine was asked; its news come to the queue."""
        loop = asyncio.get_running_loop()

        def telling(choice: Choice) -> Callable[[News], None]:
            return lambda news: _at_loop(loop, heard, choice, news)

        service = self.served.service
        for choice in choices:
            prompt, sampling = plan.prompts[choice.index // n], plan.samplings[choice.index // n]
            choice.number = service.ask(prompt, plan.seeds[choice.index], sampling, client, telling(choice))
        return [choice.number for choice in choices]

    async def _whole(self, request: Request, choices: Sequence[Choice], heard: Heard) -> None:
        """Until all have ended. Raises RefusalError for an error of ours, and where nobody waits any more."""
        looked = time.monotonic()
        while not all(choice.ended for choice in choices):
            try:
                choice, news = await asyncio.wait_for(heard.get(), LOOK_S)
                if not choice.ended:
                    self._take(choice, news)
            except TimeoutError:
                looked = 0.0
            if time.monotonic() - looked >= LOOK_S:
                looked = time.monotonic()
                if await request.is_disconnected():
                    raise RefusalError(499, "the client is gone")

    async def _stream(self, shape: Shape, choices: Sequence[Choice], heard: Heard, usage: bool) -> AsyncIterator[bytes]:
        for choice in choices:
            if first := shape.first(choice):
                yield event(first)
        try:
            while not all(choice.ended for choice in choices):
                choice, news = await heard.get()
                if choice.ended:
                    continue
                for chunk in shape.chunks(choice, self._take(choice, news)):
                    yield event(chunk)
        except RefusalError as refusal:  # what is on its way has its status already
            yield event(said(refusal))
            return
        if usage:
            yield event(shape.last(choices))
        yield DONE

    def _take(self, choice: Choice, news: News) -> list[Answer]:
        if news.error:
            raise RefusalError(500, news.error)
        deltas = choice.take(news)
        if choice.ended and news.end is None:  # a stop text: the engine knows nothing of it
            self.served.service.drop([choice.number])
        return deltas

    async def models(self, request: Request) -> Response:
        return as_json(200, {"object": "list", "data": [self._model()]})

    async def model(self, request: Request) -> Response:
        if (name := request.path_params["name"]) != self.served.name:
            raise self._unknown(name)
        return as_json(200, self._model())

    def _model(self) -> dict[str, object]:
        told = {"id": self.served.name, "object": "model", "created": self.created, "owned_by": "temper"}
        return {**told, "max_model_len": self.served.context}

    async def health(self, request: Request) -> Response:
        service = self.served.service
        state = "draining" if self.admission.draining else "failed" if service.broken else "ready"
        told = {"status": state, "rows": service.batch, "at_work": service.at_work, "queue": service.waiting}
        told |= {"requests": self.admission.under_way.total()}
        return as_json(200 if state == "ready" else 503, told)


def _at_loop(loop: asyncio.AbstractEventLoop, heard: Heard, choice: Choice, news: News) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(heard.put_nowait, (choice, news))


def _absent(status: int, told: str) -> RefusalError:
    return FieldError(status, told, "", "unknown_url")
