"""An answer that is sent part by part."""

from collections.abc import AsyncIterator
from contextlib import ExitStack

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send


class HeldStream(StreamingResponse):
    """What the request holds is given back at its end, however it ends."""

    def __init__(self, parts: AsyncIterator[bytes], held: ExitStack, media_type: str) -> None:
        super().__init__(parts, media_type=media_type)
        self.held = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self.held:
            await super().__call__(scope, receive, send)
