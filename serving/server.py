"""`temper serve`: the process that listens."""

import socket
from collections.abc import Mapping

from temper.gateway.doors.listening import answer, listen, run
from temper.serving.app import App
from temper.serving.loading import Loading
from temper.serving.section import Served, ServingSection


def serve(section: ServingSection, loading: Loading, host: str, port: int, tokens: Mapping[str, str]) -> None:
    """Loads the checkpoint and listens until a signal ends it; port 0 takes a free one, which a line of the log names.
    `tokens`: the variables that hold one, and the tokens."""
    with listen("serve", host, port, tokens) as listener, loading.load(section.engine) as served:
        run(_serve(section, served, listener, tokens))


async def _serve(section: ServingSection, served: Served, listener: socket.socket, tokens: Mapping[str, str]) -> None:
    app = App(section, served)
    told = f"{served.name}, {served.context} tokens of context, {section.engine.batch} requests at a time"
    await answer("serve", app.app({token: name for name, token in tokens.items()}), app.admission, listener, told)
