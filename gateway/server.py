"""`temper gateway`: the process that listens. What judges are processes of its own, which end with it in any case."""

import socket
from collections.abc import Mapping

from temper.gateway.app import Gateway
from temper.gateway.doors.listening import answer, listen, run
from temper.gateway.judges import Judges
from temper.gateway.section import GatewaySection
from temper.sandboxes.box.processes import libc

M_MMAP_THRESHOLD, LARGE = -3, 128 << 10
"""mallopt(3), and the bytes from which on memory goes back to the kernel as soon as it is free."""


def serve(section: GatewaySection, host: str, port: int, tokens: Mapping[str, str]) -> None:
    """Listens until a signal ends it; port 0 takes a free one, which a line of the log names. `tokens`: the variables
    that hold one, and the tokens."""
    # Once a large body is freed glibc would keep the next ones on its heap, where what comes behind holds them.
    libc.mallopt(M_MMAP_THRESHOLD, LARGE)
    with listen("gateway", host, port, tokens) as listener:
        run(_serve(section, listener, tokens))


async def _serve(section: GatewaySection, listener: socket.socket, tokens: Mapping[str, str]) -> None:
    judges = Judges(section, secrets=tokens)
    try:
        await judges.start()
        gateway = Gateway(section, judges)
        app = gateway.app({token: name for name, token in tokens.items()})
        await answer("gateway", app, gateway.admission, listener, f"{section.workers} verdicts at a time")
    finally:
        await judges.close()
