"""A gateway in a process of its own, as `temper gateway` starts it, and one client of it."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingTCPServer
from typing import Any

TOKENS = {"TEMPER_TEST_ONE": "one-token-of-the-tests", "TEMPER_TEST_TWO": "two-token-of-the-tests"}
ONE, TWO = TOKENS.values()
LIMITS = "verdict_s: 1.0\nbody_s: 1.0\nlongest_s: 600\nmax_body: 65536\nmax_waiting: 40\nworkers: 2\n"
MATH = {"id": "m", "prompt": "?", "verifier": "math", "answer": "42"}
TESTS = {"kind": "stdio", "cases": [{"input": "7", "output": "7"}]}
ECHO: dict[str, Any] = {"id": "c", "prompt": "echo", "verifier": "code", "params": {"tests": TESTS, "time_limit_s": 1}}
ECHOES = "```python\nprint(input())\n```"


def does(what: str, **params: Any) -> tuple[dict[str, Any], str]:
    """A row whose verifier does what the completion says."""
    return {"id": "d", "prompt": "?", "verifier": "does:Does", "params": params}, what


def line(problem: Mapping[str, Any], completion: str) -> str:
    return json.dumps({"problem": problem, "completion": completion})


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def lines(self) -> list[Any]:
        return [json.loads(one) for one in self.body.splitlines()]


@dataclass
class Served:
    process: "subprocess.Popen[str]"
    log: Path
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def send(
        self, path: str, body: bytes | str | None = None, headers: Mapping[str, str] | None = None, token: str = ONE
    ) -> Reply:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(connection):
            given = {"Authorization": f"Bearer {token}"} if token else {}
            method = "GET" if body is None else "POST"
            connection.request(method, path, body, {**given, **(headers or {})})
            answer = connection.getresponse()
            named = {name.lower(): value for name, value in answer.getheaders()}
            return Reply(answer.status, named, answer.read())

    def verify(self, problem: Mapping[str, Any], completion: str, **headers: str) -> Reply:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.send("/verify", line(problem, completion), named)

    def stream(self, *lines: str, token: str = ONE, **headers: str) -> Reply:
        named = {"Content-Type": "application/x-ndjson", **{k.replace("_", "-"): v for k, v in headers.items()}}
        return self.send("/verify", "\n".join(lines), named, token)

    def raw(self, data: bytes, wait_s: float = 10) -> bytes:
        """What comes back for these bytes until it closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=wait_s) as connection:
            with contextlib.suppress(ConnectionError):
                connection.sendall(data)
            return _all_of(connection)

    def processes(self) -> set[int]:
        """It and all below it."""
        found = {self.process.pid}
        for _ in range(8):
            found |= {pid for pid, parent in _parents() if parent in found}
        return found


def _all_of(connection: socket.socket) -> bytes:
    data = b""
    with contextlib.suppress(ConnectionError, TimeoutError):
        while part := connection.recv(65536):
            data += part
    return data


def _parents() -> Iterator[tuple[int, int]]:
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            yield int(path.parent.name), int(path.read_text().rpartition(")")[2].split()[1])


@contextmanager
def served(folder: Path, *words: str, config: str = LIMITS, sandbox: str = "local", port: int = 0) -> Iterator[Served]:
    """`temper gateway` with the tests' tokens, and their plug-in `does`."""
    (folder / "gateway.yaml").write_text(config)
    named = [word for name in TOKENS for word in ("--token-env", name)]
    command = [sys.executable, "-m", "temper.pipeline", "gateway", "--port", str(port), "--sandbox", sandbox]
    command += ["--config", str(folder / "gateway.yaml"), "--plugins", "does", *named, *words]
    log = folder / "log.txt"
    with log.open("w") as file:
        # `does` stands on the path only because its folder is the working one.
        process = subprocess.Popen(
            command, cwd=Path(__file__).parent / "gateway", env={**os.environ, **TOKENS}, stderr=file, text=True
        )
    gateway = Served(process, log)
    try:
        gateway.port = _port(gateway)
        yield gateway
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(40)
        finally:
            process.kill()
            process.wait()


def _port(gateway: Served) -> int:
    for _ in range(1200):
        if found := re.search(r"gateway: http://127\.0\.0\.1:(\d+)", gateway.log.read_text()):
            return int(found.group(1))
        with contextlib.suppress(subprocess.TimeoutExpired):
            gateway.process.wait(0.05)
            break
    raise AssertionError(f"no gateway came up: {gateway.log.read_text()}")


@dataclass
class Scripted:
    """An endpoint that answers one request after the other as it was told."""

    base: str
    heads: list[dict[str, str]]
    bodies: list[list[str]]
    """The lines of each body."""


@contextmanager
def scripted_gateway(answers: list[tuple[int, dict[str, str], bytes]]) -> Iterator[Scripted]:
    told, lock = Scripted("", [], []), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # noqa: N802 - the name that http.server calls
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with lock:
                status, headers, answer = answers[len(told.heads)]
                told.heads.append({name.lower(): value for name, value in self.headers.items()})
                told.bodies.append(body.decode().splitlines())
            self.send_response(status)
            for name, value in {"Content-Length": str(len(answer)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *arguments: Any) -> None:
            return

    server = ThreadingTCPServer(("127.0.0.1", 0), Handler)
    told.base = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
