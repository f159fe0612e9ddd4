"""Small servers that speak as NeMo-Gym's resource servers and as OpenEnv do, and fail where a test wants it."""

import base64
import hashlib
import json
import socket
import socketserver
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

Log = list[tuple[str, Any]]
"""What was asked: a path or a type, and its body."""


class Gym(BaseHTTPRequestHandler):
    """A counter a session, which a cookie names; the cookie is another one behind each answer."""

    counters: dict[str, int]
    log: Log

    def do_POST(self) -> None:  # noqa: N802 - the name that http.server calls
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        path = self.path.rpartition("/")[2]
        self.log.append((path, body))
        if path == "seed_session":
            name = f"s{len(self.counters)}.0"
            self.counters[name] = int(body.get("begin", 0))
            self._answer(200, {}, name)
            return
        name = (self.headers["Cookie"] or "").partition("session=")[2]
        if name not in self.counters:
            self._answer(401, {"detail": "no session"})
            return
        self._act(path, body, name)

    def _act(self, path: str, body: Any, name: str) -> None:
        if path == "end_session":
            del self.counters[name]
            self._answer(200, {})
        elif path == "refuse":
            self._answer(422, {"detail": "by must be positive"}, name)
        elif path == "drip":
            self.send_response(200)
            self.end_headers()
            for _ in range(200):
                self.wfile.write(b" ")
                time.sleep(0.02)
        elif path.startswith("status"):
            self._answer(int(path.removeprefix("status")), {"detail": "a mistake"}, name)
        else:
            later = f"{name.partition('.')[0]}.{int(name.partition('.')[2]) + 1}"
            self.counters[later] = self.counters.pop(name) + int(body.get("by", 1))
            self._answer(200, {"count": self.counters[later]} if path == "add" else str(self.counters[later]), later)

    def _answer(self, status: int, told: Any, cookie: str = "") -> None:
        data = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Location", "/seed_session")
        if cookie:
            self.send_header("Set-Cookie", f"session={cookie}; path=/; httponly; samesite=lax")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *arguments: Any) -> None:
        return


class Env(socketserver.StreamRequestHandler):
    """A counter a connection, and answers in whatever frames the test's word wants."""

    log: Log

    def handle(self) -> None:
        head = b"".join(iter(self.rfile.readline, b"\r\n"))
        key = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key")).split()[1]
        accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
        self.wfile.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n")
        self.wfile.write(b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n")
        self.count = 0
        while (data := self._frame()) is not None:
            told = json.loads(data)
            self.log.append((told["type"], told["data"]))
            if told["type"] == "reset":
                self.count = int(told["data"].get("begin", 0))
                self._say({"observation": {}, "reward": None, "done": False})
            else:
                self._step(told["data"]["tool_name"], told["data"]["arguments"])
        self.log.append(("gone", None))

    def _step(self, name: str, given: Any) -> None:
        if name == "complain":
            self._say({"observation": {"tool_name": name, "result": None, "error": "no such file"}, "done": False})
        elif name == "server_error":
            self._say({"message": "it broke", "code": "EXECUTION_ERROR"}, "error")
        elif name == "garbage":
            self._send(0x81, b"{")
        elif name == "masked":
            self.wfile.write(b"\x81\x81abcdx")
        elif name == "huge":
            self.wfile.write(b"\x81\x7f" + struct.pack(">Q", 1 << 40))
        elif name == "latin":
            self._send(0x81, b"\xff")
        elif name == "gone":
            self.connection.shutdown(socket.SHUT_RDWR)
        elif name == "silent":
            time.sleep(3)
        else:
            self.count += int(given.get("by", 1))
            observation = {"tool_name": name, "result": {"count": self.count}, "error": None}
            self._say({"observation": observation, "reward": 1.0, "done": name == "last"}, in_parts=name == "parts")

    def _say(self, data: Any, kind: str = "observation", in_parts: bool = False) -> None:
        text = json.dumps({"type": kind, "data": data}).encode()
        if in_parts:  # with a ping between them
            self._send(0x01, text[:10])
            self._send(0x89, b"are you there")
            self._send(0x00, text[10:20])
            self._send(0x80, text[20:])
        else:
            self._send(0x81, text)

    def _send(self, first: int, data: bytes) -> None:
        size = len(data)
        head = struct.pack(">BB", first, size) if size < 126 else struct.pack(">BBH", first, 126, size)
        self.wfile.write(head + data)

    def _frame(self) -> bytes | None:
        """The next text; None when it closes."""
        while True:
            head = self.rfile.read(2)
            if len(head) < 2:
                return None
            assert head[1] & 0x80, "a client's frames are masked"
            size = head[1] & 0x7F
            if size >= 126:
                size = int.from_bytes(self.rfile.read(2 if size == 126 else 8), "big")
            mask = self.rfile.read(4)
            data = bytes(byte ^ mask[n % 4] for n, byte in enumerate(self.rfile.read(size)))
            if head[0] & 0x0F == 0x8:
                return None
            if head[0] & 0x0F == 0xA:
                self.log.append(("pong", data.decode()))
                continue
            return data


@contextmanager
def answering(handler: type[Any], **shared: Any) -> Iterator[tuple[str, Log]]:
    """Its address, and what it was asked."""
    log: Log = []
    of_this = type("OfThis", (handler,), {"log": log, **shared})
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), of_this)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", log
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
