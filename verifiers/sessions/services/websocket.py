"""A client's end of a WebSocket (RFC 6455): texts sent and received under a time limit, on a plain blocking socket.

Absent on purpose: extensions, binary messages, redirects, proxies. A message is read up to `MOST` bytes. Whatever the
other end does against the protocol, or not in time, raises OSError (`BrokenError`, `TimeoutError`).
"""

import base64
import hashlib
import os
import socket
import ssl
import struct
import time
from urllib.parse import SplitResult

MOST = 16 << 20
HEAD = 16 << 10
"""Bytes of an answer's head."""
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
CONTINUED, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA


class BrokenError(OSError):
    """The other end has closed, or does not keep to the protocol."""


class WebSocket:
    def __init__(self, address: SplitResult, path: str, timeout_s: float) -> None:
        """Connects to `http(s)://host:port` plus path. Raises OSError."""
        self.timeout_s, self.deadline = timeout_s, time.monotonic() + timeout_s
        self.read = b""
        """What has come and was not asked for yet."""
        secure = address.scheme == "https"
        host, port = address.hostname or "", address.port or (443 if secure else 80)
        self.socket: socket.socket = socket.create_connection((host, port), timeout_s)
        try:
            if secure:
                self.socket = ssl.create_default_context().wrap_socket(self.socket, server_hostname=host)
            self._shake_hands(address.netloc, f"{address.path}{path}")
        except BaseException:
            self.socket.close()
            raise

    def ask(self, text: str) -> str:
        """The next text that comes back."""
        self.deadline = time.monotonic() + self.timeout_s
        self._send(TEXT, text.encode())
        return self._receive()

    def close(self) -> None:
        try:
            self._send(CLOSE, struct.pack(">H", 1000))
        except OSError:
            pass  # it is closed already
        finally:
            self.socket.close()

    def _shake_hands(self, host: str, path: str) -> None:
        key = base64.b64encode(os.urandom(16))
        lines = [f"GET {path} HTTP/1.1", f"Host: {host}", "Upgrade: websocket", "Connection: Upgrade"]
        lines += [f"Sec-WebSocket-Key: {key.decode()}", "Sec-WebSocket-Version: 13", "", ""]
        self.socket.sendall("\r\n".join(lines).encode())
        while b"\r\n\r\n" not in self.read:
            if len(self.read) > HEAD:
                raise BrokenError("an answer whose head does not end")
            self._more()
        head, _, self.read = self.read.partition(b"\r\n\r\n")
        first, *fields = head.decode("latin-1").split("\r\n")
        told = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in fields)}
        wanted = base64.b64encode(hashlib.sha1(key + GUID, usedforsecurity=False).digest()).decode()
        if first.split(" ")[1:2] != ["101"] or told.get("sec-websocket-accept") != wanted:
            raise BrokenError(f"no WebSocket there: {first[:80]!r}")

    def _send(self, kind: int, data: bytes) -> None:
        mask = os.urandom(4)
        size = len(data)
        if size < 126:
            head = struct.pack(">BB", 0x80 | kind, 0x80 | size)
        elif size < 1 << 16:
            head = struct.pack(">BBH", 0x80 | kind, 0x80 | 126, size)
        else:
            head = struct.pack(">BBQ", 0x80 | kind, 0x80 | 127, size)
        self.socket.settimeout(self._left())
        self.socket.sendall(head + mask + masked(data, mask))

    def _receive(self) -> str:
        parts: list[bytes] = []
        while True:
            last, kind, data = self._frame()
            if kind == PING:
                self._send(PONG, data)
            elif kind == CLOSE:
                raise BrokenError(f"closed by the other end, code {int.from_bytes(data[:2], 'big') or 'none'}")
            elif kind in (TEXT, CONTINUED) and (kind == CONTINUED) == bool(parts):
                parts.append(data)
                if sum(map(len, parts)) > MOST:
                    raise BrokenError(f"a message over {MOST} bytes")
                if last:
                    return _text(b"".join(parts))
            elif kind != PONG:
                raise BrokenError(f"a frame of kind {kind} where none may be")

    def _frame(self) -> tuple[bool, int, bytes]:
        """Whether it is its message's last, its kind and its data."""
        first, second = self._exactly(2)
        size = second & 0x7F
        if first & 0x70 or second & 0x80:
            raise BrokenError("a frame with a mask or an extension, which were not agreed on")
        if size >= 126:
            size = int.from_bytes(self._exactly(2 if size == 126 else 8), "big")
        if size > MOST:
            raise BrokenError(f"a frame of {size} bytes, at most {MOST} are read")
        return bool(first & 0x80), first & 0x0F, self._exactly(size)

    def _exactly(self, size: int) -> bytes:
        parts, there = [self.read], len(self.read)
        while there < size:
            self.read = b""
            self._more()
            parts.append(self.read)
            there += len(self.read)
        data = b"".join(parts)
        self.read = data[size:]
        return data[:size]

    def _more(self) -> None:
        self.socket.settimeout(self._left())
        part = self.socket.recv(1 << 16)
        if not part:
            raise BrokenError("the other end is gone")
        self.read += part

    def _left(self) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError(f"no answer within {self.timeout_s:g} s")
        return left


def masked(data: bytes, mask: bytes) -> bytes:
    """The exclusive or of data and its repeated mask."""
    size = len(data)
    repeated = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(data, "big") ^ int.from_bytes(repeated, "big")).to_bytes(size, "big")


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise BrokenError(f"a text that is not UTF-8 at byte {error.start}") from error
