"""A session at an OpenEnv server, over `/ws`: `reset`, then a `step` with `call_tool` for each call, then `close`.

`/ws` alone has sessions there; `/reset` and `/step` over HTTP begin anew each time. A tool's own `error` is for the
model to read; an `error` of the server, or a connection that ends, is the service's failure. Behind an observation that
is `done` nothing is sent any more. Rewards of steps are not read: the verdict is the row's verifier's.
"""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import JsonValue, PrivateAttr

from temper.sandboxes.job import Sandbox
from temper.verifiers.problem import Problem
from temper.verifiers.reading import strict_json
from temper.verifiers.sessions.services.service import SHOWN, Service, readable
from temper.verifiers.sessions.services.websocket import WebSocket
from temper.verifiers.sessions.session import Reply, SessionError


class OpenEnv(Service):
    """Sends each call over one connection."""

    reset: dict[str, JsonValue] = {}
    """What the environment is reset with: `seed`, `episode_id` and its own."""
    _socket: WebSocket | None = PrivateAttr(None)
    _done: bool = PrivateAttr(False)

    def open(self, problem: Problem, sandbox: Sandbox | None) -> None:
        self.close()
        try:
            self._socket = WebSocket(self.address, "/ws", self.timeout_s)
        except OSError as error:
            raise SessionError(f"{self.url}/ws: {type(error).__name__}: {error}") from error
        self._done = self._ask("reset", self.reset)[1]

    def call(self, name: str, arguments: dict[str, Any]) -> Reply:
        if self._done:
            return Reply("Error: the episode is over; no call is made any more", "exception")
        observation, self._done = self._ask("step", {"type": "call_tool", "tool_name": name, "arguments": arguments})
        if (wrong := observation.get("error")) is not None:
            return Reply(f"Error: {readable(wrong)}", "exception")
        return Reply(readable(observation.get("result", observation)))

    def close(self) -> None:
        there, self._socket, self._done = self._socket, None, False
        if there is not None:
            there.close()

    def _ask(self, kind: str, data: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
        """The observation, and whether it is the last. Raises SessionError."""
        assert self._socket is not None, "the session is not open"
        try:
            told = strict_json.loads(self._socket.ask(json.dumps({"type": kind, "data": data})))
        except (OSError, ValueError) as error:
            raise SessionError(f"{self.url}/ws: {kind}: {type(error).__name__}: {error}") from error
        found = told.get("data") if isinstance(told, dict) else None
        observation = found.get("observation") if isinstance(found, dict) else None
        if not isinstance(told, dict) or told.get("type") != "observation" or not isinstance(observation, dict):
            raise SessionError(f"{self.url}/ws: {kind}: no observation but {json.dumps(told)[:SHOWN]}")
        assert isinstance(found, dict)
        return observation, found.get("done") is True
