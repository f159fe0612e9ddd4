"""`temper view`: the pages over HTTP, for whoever sits at this machine.

Listens on the loopback alone and answers only requests that name it as their host, so that no other site can read it
through a browser (DNS rebinding). What makes the machine work (`judge again`) is a POST with a header that no form of
another site can send. Nothing is written; every page is read from the run's folder when it is asked for.
"""

import logging
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

from temper.view.answers import Answers, as_text
from temper.view.page import ASSETS, POLICY, asset, served
from temper.view.rollouts import Json

log = logging.getLogger(__name__)

OWN_HEADER = "X-Temper"


class Server(ThreadingHTTPServer):
    """Serves from construction to `close`; port 0 takes a free one."""

    daemon_threads = True

    def __init__(self, answers: Answers, port: int = 0) -> None:
        self.answers = answers
        self.judging = threading.Lock()
        super().__init__(("127.0.0.1", port), Handler)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"

    @property
    def hosts(self) -> tuple[str, ...]:
        return tuple(f"{name}:{self.server_port}" for name in ("127.0.0.1", "localhost"))


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        if not self._is_ours():
            return
        path = self.path.partition("?")[0]
        if path == "/":
            self._send(200, "text/html; charset=utf-8", served())
        elif path.removeprefix("/") in ASSETS:
            name = path.removeprefix("/")
            self._send(200, ASSETS[name], asset(name))
        elif path.startswith("/api/"):
            asked = self.path.removeprefix("/api/")
            self._answer(lambda: self.server.answers.answer(asked))
        else:
            self._say(404, f"no page {path!r:.100}")

    def do_POST(self) -> None:
        if not self._is_ours():
            return
        if self.headers.get(OWN_HEADER) != "1":
            self._say(403, f"a POST needs the header {OWN_HEADER}")
            return
        words = [unquote(word) for word in self.path.strip("/").split("/")]
        match words:
            case ["api", "run", name, "judge", step, group, place]:
                with self.server.judging:
                    self._answer(lambda: self.server.answers.judged(name, step, int(group), int(place)))
            case _:
                self._say(404, f"nothing to do at {self.path!r:.100}")

    def _is_ours(self) -> bool:
        if self.headers.get("Host") in self.server.hosts:
            return True
        self._say(403, f"asked under another name; open {self.server.address}")
        return False

    def _answer(self, ask: Callable[[], Json]) -> None:
        try:
            answer = ask()
        except LookupError as error:
            self._say(404, str(error.args[0]) if error.args else "not there")
        except ValueError as error:
            self._say(422, str(error))
        except Exception as error:  # the top of a request: the page says it, and the next one is served
            log.exception("%s", self.path)
            self._say(500, f"{type(error).__name__}: {error}")
        else:
            self._send(200, "application/json", as_text(answer))

    def _say(self, status: int, message: str) -> None:
        self._send(status, "application/json", as_text({"error": message}))

    def _send(self, status: int, kind: str, text: str) -> None:
        content = text.encode("utf-8", "backslashreplace")
        self.send_response(status)
        for name, value in (
            ("Content-Type", kind),
            ("Content-Length", str(len(content))),
            ("Content-Security-Policy", POLICY),
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "no-referrer"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
            ("Cache-Control", "no-store"),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        log.debug(format, *args)
