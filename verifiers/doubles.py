"""A double shipped at the network's edge: a chat-completions endpoint on this machine that answers as scripted."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import Any


@dataclass(frozen=True)
class Reply:
    """What a scripted endpoint sends back."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


def says(text: object, finish_reason: str | None = "stop") -> Reply:
    """A completed chat whose one message is `text`."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish_reason}
    return Reply(json.dumps({"object": "chat.completion", "choices": [choice]}).encode())


@dataclass
class ScriptedEndpoint:
    """Answers the n-th request (from 0) with `script(n, its body)`; keeps what was asked."""

    script: Callable[[int, dict[str, Any]], Reply]
    url: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    """The bodies, in the order in which they came."""
    heads: list[dict[str, str]] = field(default_factory=list)
    """The headers, in small letters, with the path under `:path`."""


class _Server(ThreadingTCPServer):
    """Not `HTTPServer`, which asks DNS for its own name."""

    daemon_threads = True
    request_queue_size = 128


@contextmanager
def scripted_endpoint(script: Callable[[int, dict[str, Any]], Reply]) -> Iterator[ScriptedEndpoint]:
    endpoint = ScriptedEndpoint(script)
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        disable_nagle_algorithm = True

        def do_POST(self) -> None:  # noqa: N802 - the name that http.server calls
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with lock:
                place = len(endpoint.asked)
                endpoint.asked.append(body)
                endpoint.heads.append(
                    {":path": self.path, **{name.lower(): value for name, value in self.headers.items()}}
                )
            answer = endpoint.script(place, body)
            self.send_response(answer.status)
            for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *arguments: Any) -> None:
            return

    server = _Server(("127.0.0.1", 0), Handler)
    endpoint.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield endpoint
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
