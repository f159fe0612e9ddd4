"""A session at a NeMo-Gym resource server: `/seed_session` with its row, then `/<function>` for each call.

The server knows its session by a cookie, which every request carries as the last answer set it. An answer of status
200 is the result; 422 is the server's word on arguments, for the model to read; whatever else comes, or nothing, is the
service's failure. Redirects are not followed. The server never frees a session unless it has `/end_session`
(`ends: true`). Its `/verify` is not asked: the verdict is the row's verifier's.
"""

import http.client
import json
import time
from http.cookies import CookieError, SimpleCookie
from typing import Any

from pydantic import JsonValue, PrivateAttr

from temper.sandboxes.job import Sandbox
from temper.verifiers.endpoint import Until
from temper.verifiers.problem import Problem
from temper.verifiers.reading import strict_json
from temper.verifiers.sessions.services.service import SHOWN, Service, readable
from temper.verifiers.sessions.session import Reply, SessionError

MOST = 4 << 20
"""Bytes of an answer."""


class NemoGym(Service):
    """Posts each call to the server."""

    row: dict[str, JsonValue] = {}
    """The server's own row, which it is seeded with."""
    ends: bool = False
    """Whether the server has `/end_session`."""
    _cookies: dict[str, str] = PrivateAttr(default_factory=dict)
    _open: bool = PrivateAttr(False)

    def open(self, problem: Problem, sandbox: Sandbox | None) -> None:
        self._cookies = {}
        status, said = self._post("seed_session", self.row)
        if status != 200:
            raise self._refused("seed_session", status, said)
        self._open = True

    def call(self, name: str, arguments: dict[str, Any]) -> Reply:
        status, said = self._post(name, arguments)
        if status == 422:
            return Reply(f"Error: {name}: {said}", "arguments")
        if status != 200:
            raise self._refused(name, status, said)
        try:
            return Reply(readable(strict_json.loads(said)))
        except ValueError:
            return Reply(said)

    def close(self) -> None:
        ends, self._open = self._open and self.ends, False
        if ends:
            self._post("end_session", {})
        self._cookies = {}

    def _post(self, path: str, body: dict[str, Any]) -> tuple[int, str]:
        """Status and text. Raises SessionError."""
        parts = self.address
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=self.timeout_s)
        headers = {"Content-Type": "application/json", "Connection": "close"}
        if self._cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        deadline = time.monotonic() + self.timeout_s
        try:
            connection.connect()
            connection.request("POST", f"{parts.path}/{path}", json.dumps(body), headers)
            until: Any = Until(connection.sock, deadline)
            answer = http.client.HTTPResponse(until, method="POST")
            answer.begin()
            said = answer.read(MOST + 1)
            self._keep(answer.headers.get_all("Set-Cookie") or [])
        except (OSError, http.client.HTTPException) as error:
            raise SessionError(f"{self.url}/{path}: {type(error).__name__}: {error}") from error
        finally:
            connection.close()
        if len(said) > MOST:
            raise SessionError(f"{self.url}/{path}: an answer over {MOST} bytes")
        return answer.status, said.decode("utf-8", "replace")

    def _keep(self, told: list[str]) -> None:
        for one in told:
            try:
                self._cookies |= {name: morsel.coded_value for name, morsel in SimpleCookie(one).items()}
            except CookieError as error:
                raise SessionError(f"{self.url}: a cookie that cannot be read: {error}") from error

    def _refused(self, path: str, status: int, said: str) -> SessionError:
        return SessionError(f"{self.url}/{path}: status {status}: {' '.join(said.split())[:SHOWN]}")
