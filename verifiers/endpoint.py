"""One question to an OpenAI-compatible chat-completions endpoint, asked again while the failure may pass.

Plain `http.client`: no signal, no thread, no event loop, no pool of connections. Left out on purpose: redirects (they
would carry the key to another host), proxy variables, compression, streaming. A request ends by its deadline however
slowly the reply drips, and a reply is read up to `MAX_REPLY` bytes. Connections that fail, time-outs, 408, 429, 5xx and
replies that say nothing usable are asked again, after a wait that doubles or that `Retry-After` names; any other
status is refused at once with its remedy. The key stands in no message, whatever the server echoes.
"""

import email.utils
import functools
import http.client
import io
import json
import os
import secrets
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn, TypeVar
from urllib.parse import urlsplit

from temper.mistakes import shortened
from temper.verifiers.reading import strict_json
from temper.verifiers.verdict import EndpointError, VerifierError

MAX_REPLY = 1_000_000
"""Bytes of a reply's body that are read; a longer one is refused."""
MAX_WAIT_S = 60.0
"""The longest wait before a further request, whatever `Retry-After` says."""
SHORTEST = 6
"""Characters of the key that are masked where it was cut short."""
CONNECT_S = 10.0
"""Seconds for each address of the host to accept a connection."""
_REMEDIES = {
    401: "put the right key into the variable that `api_key_env` names",
    403: "put a key that may use the model into the variable that `api_key_env` names",
    404: "check `endpoint` (the base, up to /v1) and `model`",
    413: "lower `max_completion_bytes`",
}
T = TypeVar("T")


def plain_address(url: str, example: str) -> str:
    """The address of a service, and nothing that goes elsewhere in it. Raises ValueError."""
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        known, parts = False, urlsplit("")
    plain = url.isascii() and url.isprintable() and " " not in url
    if not (known and plain) or parts.username is not None or parts.query or parts.fragment:
        raise ValueError(f"not an address, got {shortened(url)}; write it as in {example!r}")
    return url


class _AgainError(Exception):
    """A failure that may pass, and the seconds that the server asks to wait."""

    retry_after_s: float | None = None


@dataclass(frozen=True)
class Endpoint:
    url: str
    """The base, as in `http://host:8000/v1`."""
    key: str | None = field(repr=False)
    timeout_s: float
    """Seconds for one request once it is connected."""
    retries: int
    """Further requests after the first."""
    retry_wait_s: float
    """Seconds before the first of them, doubled each time."""
    path: str = "/chat/completions"
    """Behind the base."""

    def masked(self, text: str) -> str:
        """The text without the key, whole or cut short, also as Python or JSON would write it."""
        forms = {self.key, repr(self.key)[1:-1], json.dumps(self.key)[1:-1]} if self.key else set()
        for form in sorted(forms, key=len, reverse=True):
            text = _without(form, text)
        return text

    def ask(self, body: Callable[[], Mapping[str, Any]], read: Callable[[str], T]) -> T:
        """What `read` makes of the reply's text; `body` is called for each request, `read` raises ValueError for a
        text that is to be asked for again. Raises EndpointError when the last request failed as well, VerifierError
        for a request that the server refuses."""
        for attempt in range(self.retries + 1):
            try:
                return self._once(body(), read)
            except _AgainError as error:
                failure = error
            if attempt < self.retries:
                time.sleep(wait_s(attempt, self.retry_wait_s, failure.retry_after_s))
        raise EndpointError(f"{self.url}: {failure}, {self.retries + 1} times")

    def _once(self, body: Mapping[str, Any], read: Callable[[str], T]) -> T:
        try:
            status, retry_after, reply = self._post(json.dumps(body).encode())
        except (OSError, http.client.HTTPException) as error:
            raise _AgainError(self.masked(f"{type(error).__name__}: {error}")) from error
        if status != 200:
            self._refuse(status, retry_after, reply)
        if len(reply) > MAX_REPLY:
            raise _AgainError(f"a reply over {MAX_REPLY} bytes")
        try:
            return read(self._content(reply))
        except ValueError as error:
            raise _AgainError(f"unusable reply ({self.masked(str(error))})") from error

    def _post(self, body: bytes) -> tuple[int, str | None, bytes]:
        """Status, `Retry-After` and the body's first MAX_REPLY + 1 bytes."""
        parts = urlsplit(self.url)
        host, within_s = parts.hostname or "", min(CONNECT_S, self.timeout_s)
        connection: http.client.HTTPConnection
        if parts.scheme == "https":
            connection = http.client.HTTPSConnection(host, parts.port or 443, timeout=within_s, context=_tls())
        else:
            connection = http.client.HTTPConnection(host, parts.port or 80, timeout=within_s)
        headers = {"Content-Type": "application/json", "Connection": "close"}
        if self.key is not None:
            headers["Authorization"] = f"Bearer {self.key}"
        try:
            connection.connect()
            deadline = time.monotonic() + self.timeout_s
            connection.sock.settimeout(self.timeout_s)
            connection.request("POST", f"{parts.path}{self.path}", body, headers)
            response = http.client.HTTPResponse(Until(connection.sock, deadline), method="POST")  # type: ignore[arg-type]
            response.begin()
            return response.status, response.getheader("Retry-After"), response.read(MAX_REPLY + 1)
        finally:
            connection.close()

    def _content(self, reply: bytes) -> str:
        """The text of the first choice, complete. Raises ValueError."""
        text = reply.decode("utf-8")
        value = strict_json.loads(text)
        try:
            choice = value["choices"][0]
            content, ended = choice["message"]["content"], choice.get("finish_reason")
        except (TypeError, LookupError, AttributeError) as error:
            raise ValueError(f"no choices[0].message.content in {self.masked(text[:100])!r}") from error
        if ended not in (None, "stop"):
            more = "; raise `max_tokens`" if ended == "length" else ""
            raise ValueError(f"finish_reason {self.masked(str(ended))[:40]!r}{more}")
        if not isinstance(content, str):
            raise ValueError(f"choices[0].message.content is no text but {self.masked(str(content))[:40]!r}")
        return content

    def _refuse(self, status: int, retry_after: str | None, reply: bytes) -> NoReturn:
        said = " ".join(self.masked(reply[:2_000].decode("utf-8", "replace")).split())
        if status in (408, 429) or status >= 500:
            again = _AgainError(f"status {status}: {said:.200}")
            again.retry_after_s = retry_after_s(retry_after)
            raise again
        remedy = _REMEDIES.get(status, "the server does not take the request; see `extra_body`")
        if 300 <= status < 400:
            remedy = "redirects are not followed; name the last address in `endpoint`"
        raise VerifierError(f"{self.url}: refused with status {status}: {said:.200}; {remedy}")


def _without(secret: str, text: str) -> str:
    """The text with `***` for the secret, and for its beginning where no more of it was kept."""
    at = text.find(secret[:SHORTEST])
    while at >= 0:
        length = len(os.path.commonprefix([secret, text[at : at + len(secret)]]))
        text = f"{text[:at]}***{text[at + length :]}"
        at = text.find(secret[:SHORTEST], at + 3)
    return text


class Until(io.RawIOBase):
    """A socket's bytes until a deadline, in the shape that `HTTPResponse` reads from."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self.sock, self.deadline = sock, deadline

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self.sock.settimeout(left)
        return self.sock.recv_into(buffer)


@functools.cache
def _tls() -> ssl.SSLContext:
    """The system's certificates (or those of SSL_CERT_FILE), read once: that costs 20 ms."""
    return ssl.create_default_context()


def retry_after_s(header: str | None) -> float | None:
    """Seconds, given as such or as a date (RFC 9110, 10.2.3); None for what is neither."""
    if header is None:
        return None
    try:
        wait = float(header)
    except ValueError:
        try:
            wait = max(0.0, email.utils.parsedate_to_datetime(header).timestamp() - time.time())
        except (ValueError, OverflowError):
            return None
    return wait if 0 <= wait < float("inf") else None


def wait_s(attempt: int, first_s: float, asked_s: float | None) -> float:
    """Seconds before the request after `attempt` (from 0): what the server asked for, else doubled and spread, so that
    many workers do not come back at once."""
    if asked_s is not None:
        return min(asked_s, MAX_WAIT_S)
    # From 1 s on: 0.5 to 1 s, then 1 to 2, 2 to 4, ...
    return min(first_s * 2.0**attempt, MAX_WAIT_S) * secrets.SystemRandom().uniform(0.5, 1.0)
