"""Who comes in: the token, what a browser or a proxy could be tricked into, and which client it is."""

import hmac
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from temper.gateway.doors.refusals import RefusalError

Said = Callable[[RefusalError], object]
OPEN = ("/health",)
"""Paths that need no token: who restarts the gateway has none."""
MOST_HEADERS = 100
CLIENT_HEADER = b"temper-client"


class Door:
    """Before the app: an HTTP request that passes has its client's name in `scope["state"]`."""

    def __init__(self, app: ASGIApp, tokens: Mapping[str, str], refused: Counter[int], said: Said) -> None:
        """`tokens`: token to the name of whoever has it; none, and everybody may come in. `refused` counts by status;
        `said`: the JSON that says a refusal."""
        self.app, self.refused, self.said = app, refused, said
        self.tokens = {token.encode(): name for token, name in tokens.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = scope["headers"]
        try:
            _well_formed(scope["http_version"], headers)
            token_name = self._who(headers) if scope["path"] not in OPEN else ""
        except RefusalError as refusal:
            self.refused[refusal.status] += 1
            await _refuse(refusal, self.said(refusal), send)
            return
        address = scope["client"][0] if scope["client"] else ""
        names = [value for name, value in headers if name == CLIENT_HEADER]
        scope["state"]["client"] = (token_name or address, names[0][:64] if names else b"")
        await self.app(scope, receive, send)

    def _who(self, headers: Sequence[tuple[bytes, bytes]]) -> str:
        if not self.tokens:
            return ""
        given = [value for name, value in headers if name == b"authorization"]
        scheme, _, token = given[0].partition(b" ") if len(given) == 1 else (b"", b"", b"")
        # All of them are compared, so the time says nothing of which is near.
        names = [name for known, name in self.tokens.items() if hmac.compare_digest(known, token.strip())]
        if scheme.lower() != b"bearer" or not names:
            remedy = "send `Authorization: Bearer TOKEN` with the token of --token-env"
            raise RefusalError(401, f"token: none, or not the one; {remedy}", {"WWW-Authenticate": "Bearer"})
        return names[0]


def _well_formed(version: str, headers: Sequence[tuple[bytes, bytes]]) -> None:
    """Raises RefusalError for what two readers might read in two ways, and for a page's requests: a browser sends them
    with the rights of whoever sits before it."""
    names = [name for name, _ in headers]
    if version not in ("1.0", "1.1"):
        raise RefusalError(400, f"HTTP/{version}: not spoken here; use HTTP/1.1", {"Connection": "close"})
    if len(names) > MOST_HEADERS:
        raise RefusalError(431, f"over {MOST_HEADERS} headers; send fewer", {"Connection": "close"})
    if b"transfer-encoding" in names and b"content-length" in names:
        remedy = "send one of them"
        raise RefusalError(
            400, f"Transfer-Encoding and Content-Length in one request; {remedy}", {"Connection": "close"}
        )
    if b"origin" in names:
        raise RefusalError(403, "Origin: pages of a browser are not served; ask from a program")


async def _refuse(refusal: RefusalError, told: object, send: Send) -> None:
    body = json.dumps(told).encode()
    headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), **refusal.headers}
    start: Message = {"type": "http.response.start", "status": refusal.status, "headers": raw(headers)}
    await send(start)
    await send({"type": "http.response.body", "body": body})


def raw(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]
