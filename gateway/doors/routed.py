"""A server's answers by method and path, behind its door: what is refused, and what is not there, is said in JSON."""

import json
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Mapping

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from temper.gateway.doors.door import Door, Said
from temper.gateway.doors.refusals import RefusalError

Answering = Callable[[Request], Awaitable[Response]]


def routed(
    answers: Mapping[str, Answering],
    tokens: Mapping[str, str],
    refused: Counter[int],
    said: Said,
    absent: Callable[[int, str], RefusalError] = RefusalError,
) -> ASGIApp:
    """`answers`: by `METHOD /path`. `tokens`, `refused` and `said` are the door's; `absent` makes a refusal of a status
    and of what is to be said of a path or a method that is not among them."""
    known = _known(answers)

    async def elsewhere(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        told = f"{request.method} of this path: {error.detail}; there are {known}"
        return refusal_json(absent(error.status_code, told), said)

    routes = []
    for name, answer in answers.items():
        method, path = name.split(" ")
        routes.append(Route(path, _guarded(answer, refused, said), methods=[method]))
    app = Starlette(routes=routes, exception_handlers={HTTPException: elsewhere})
    app.router.redirect_slashes = False  # a client that follows would carry its token where it is told to
    return Door(app, tokens, refused, said)


def as_json(status: int, body: object, headers: Mapping[str, str] | None = None) -> Response:
    return Response(json.dumps(body), status, headers, media_type="application/json")


def refusal_json(refusal: RefusalError, said: Said) -> Response:
    return as_json(refusal.status, said(refusal), refusal.headers)


def _guarded(answer: Answering, refused: Counter[int], said: Said) -> Answering:
    async def guarded(request: Request) -> Response:
        try:
            return await answer(request)
        except ClientDisconnect:
            refusal = RefusalError(499, "the client is gone")
        except RefusalError as error:
            refusal = error
        refused[refusal.status] += 1
        return refusal_json(refusal, said)

    return guarded


def _known(answers: Mapping[str, Answering]) -> str:
    """`POST /a, /b, GET /c`."""
    paths = defaultdict(list)
    for name in answers:
        method, path = name.split(" ")
        paths[method].append(path)
    return ", ".join(f"{method} {', '.join(of_method)}" for method, of_method in paths.items())
