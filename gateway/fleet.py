"""A run's verifiers at gateways: the `Verifiers` protocol over HTTP, over as many gateways as there are.

A few threads a gateway take what waits and post it as lines; a gateway that is quicker, or less asked by others, takes
more. Each answer counts as it comes. What a gateway had in hand when it died, hung or broke off goes back to the front
and to whoever takes it next, so one item has one verdict. A watcher a gateway asks for its health: one that does not
answer is left out, its connections are closed, and it takes part again once it does. With all of them gone whoever
asked waits, and the log says so.

Three outcomes are kept: an error of the gateway's that may pass is asked for once more, another one is an error of
ours, and so is a row that the gateway refuses: never a score.
"""

import contextlib
import http.client
import json
import logging
import socket
import threading
import time
import uuid
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass, field
from urllib.parse import urlsplit

from temper.verifiers.judging import Item, Judgement, parts_of
from temper.verifiers.problem import Problem
from temper.verifiers.table import VERIFIERS, resolve
from temper.verifiers.verdict import Verdict

log = logging.getLogger(__name__)

STREAMS = 2
"""Requests at a time to one gateway."""
MOST_LINES, MOST_BYTES = 64, 4 << 20
"""Of one request."""
HEALTH_S, EVERY_S = 5.0, 1.0
"""Seconds in which a gateway says how it is, and between two such questions."""
MISSES = 2
"""Questions in a row without an answer after which a gateway is left out."""
SILENCE_S = 3600.0
"""Seconds of silence on one request, for which the gateway's own limits come sooner."""


@dataclass(eq=False)
class _Asked:
    problem: Problem
    line: bytes
    judgement: Future[Judgement] = field(default_factory=Future)
    tried: bool = False
    """Whether an error that may pass has come for it."""
    alone: bool = False
    """Whether it is to travel by itself, since the request that it was in was refused."""


class GatewayVerifiers:
    """Any number of threads may ask. Picklable: what is unpickled asks the same gateways with threads of its own."""

    def __init__(self, urls: Sequence[str], token: str | None = None) -> None:
        self.urls, self.token = tuple(urls), token
        self._changed = threading.Condition()
        self._waiting: deque[_Asked] = deque()
        self._closed = False
        self._gateways: list[_Gateway] = []

    def __reduce__(self) -> tuple[type["GatewayVerifiers"], tuple[tuple[str, ...], str | None]]:
        return GatewayVerifiers, (self.urls, self.token)

    def judge(self, items: Sequence[Item]) -> list[Judgement]:
        return [judgement.result() for judgement in self.ask(items)]

    def ask(self, items: Sequence[Item]) -> list[Future[Judgement]]:
        asked = [_Asked(item[0], line_of(item)) for item in items]
        with self._changed:
            if not self._gateways:  # not before anything is asked: an object that is only handed on starts no thread
                self._gateways = [_Gateway(self, url, self.token) for url in self.urls]
            self._waiting.extend(asked)
            self._changed.notify_all()
        return [one.judgement for one in asked]

    def close(self) -> None:
        with self._changed:
            self._closed = True
            left = list(self._waiting)
            self._waiting.clear()
            self._changed.notify_all()
        for one in left:
            one.judgement.set_result(Judgement(None, "gateway: closed"))
        for gateway in self._gateways:
            gateway.hang_up()

    def take(self, gateway: "_Gateway") -> list[_Asked]:
        """What the gateway judges next, none at the end; waits until there is work and the gateway is up."""
        with self._changed:
            while not self._closed and not (self._waiting and gateway.up):
                self._changed.wait()
            if self._closed:
                return []
            # Half of an even share, so that the last requests are small and all end at about the same time.
            fair = max(1, len(self._waiting) // (2 * STREAMS * len(self.urls)))
            batch: list[_Asked] = []
            size = 0
            while self._waiting and len(batch) < min(fair, MOST_LINES):
                one = self._waiting[0]
                if batch and (one.alone or size + len(one.line) > MOST_BYTES):
                    break
                batch.append(self._waiting.popleft())
                size += len(one.line)
                if one.alone:
                    break
            return batch

    def put_back(self, batch: Sequence[_Asked]) -> None:
        with self._changed:
            if not self._closed:
                self._waiting.extendleft(reversed(batch))
                self._changed.notify_all()
                return
        for one in batch:
            one.judgement.set_result(Judgement(None, "gateway: closed"))

    def turned(self, gateway: "_Gateway", up: bool, reason: str) -> None:
        """A gateway is left out, or takes part again."""
        with self._changed:
            if gateway.up == up or self._closed:
                return
            gateway.up = up
            gone = not any(one.up for one in self._gateways)
            self._changed.notify_all()
        if up:
            log.warning("gateway %s: is there again", gateway.url)
            return
        log.warning("gateway %s: left out: %s", gateway.url, reason)
        if gone:
            log.error("no gateway answers (%s): verdicts wait until one does", ", ".join(self.urls))


class _Gateway:
    """One of them: the threads that post to it, and one that asks how it is."""

    def __init__(self, fleet: GatewayVerifiers, url: str, token: str | None) -> None:
        self.fleet, self.url, self.up = fleet, url.rstrip("/"), True
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.headers["Temper-Client"] = f"run {uuid.uuid4().hex[:8]}"
        self.open: set[http.client.HTTPConnection] = set()
        for target in (*[self._post] * STREAMS, self._watch):
            threading.Thread(target=target, daemon=True).start()

    def hang_up(self) -> None:
        """Ends what is under way, from any thread."""
        for connection in list(self.open):
            with contextlib.suppress(OSError, AttributeError):
                connection.sock.shutdown(socket.SHUT_RDWR)

    def _connect(self, timeout_s: float) -> http.client.HTTPConnection:
        parts = urlsplit(self.url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        return kind(parts.hostname or "", parts.port, timeout=timeout_s)

    def _watch(self) -> None:
        misses = 0
        while not self.fleet._closed:
            reason = self._ill()
            misses = misses + 1 if reason else 0
            if not reason:
                self.fleet.turned(self, True, "")
            elif misses >= MISSES:
                self.fleet.turned(self, False, reason)
                self.hang_up()
            time.sleep(EVERY_S)

    def _ill(self) -> str:
        """Why it is not to be asked; empty when it is well."""
        connection = self._connect(HEALTH_S)
        try:
            connection.request("GET", "/health", headers=self.headers)
            answer = connection.getresponse()
            answer.read()
            return "" if answer.status == 200 else f"status {answer.status}"
        except (OSError, http.client.HTTPException) as error:
            return f"{type(error).__name__}: {error}"
        finally:
            connection.close()

    def _post(self) -> None:
        while batch := self.fleet.take(self):
            left = list(batch)
            try:
                self._once(left)
            except (OSError, http.client.HTTPException, ValueError) as error:
                self.fleet.turned(self, False, f"{type(error).__name__}: {error}")
            except BaseException as error:  # the top of the thread: whoever waits is told
                log.error("gateway %s", self.url, exc_info=error)
                for one in left:
                    one.judgement.set_result(Judgement(None, f"verifier: gateway {self.url}: {error}"))
                left.clear()
            if left:
                self.fleet.put_back(left)

    def _once(self, left: list[_Asked]) -> None:
        """Posts the lines; what is answered leaves the list, what is not stays. Raises OSError, HTTPException or
        ValueError when the gateway breaks off."""
        connection = self._connect(SILENCE_S)
        try:
            self.open.add(connection)
            body = b"\n".join(one.line for one in left)
            headers = {**self.headers, "Content-Type": "application/x-ndjson", "Idempotency-Key": uuid.uuid4().hex}
            connection.request("POST", "/verify", body, headers)
            answer = connection.getresponse()
            if answer.status != 200:
                self._refused(left, answer.status, answer.read(1 << 16), answer.getheader("Retry-After"))
                return
            again = []
            while left:
                line = answer.readline()
                if not line.endswith(b"\n"):
                    raise ConnectionError(f"{len(left)} answers are missing")
                one = left.pop(0)
                if not settled(one, judgement_of(json.loads(line))):
                    again.append(one)
            left += again
        finally:
            self.open.discard(connection)
            connection.close()

    def _refused(self, left: list[_Asked], status: int, said: bytes, wait: str | None) -> None:
        if status in (408, 429, 503):
            time.sleep(min(float(wait), 10.0) if wait and wait.isdecimal() else 1.0)
            return
        if status in (413, 422) and len(left) > 1:
            for one in left:  # one of them is bad: each for itself
                one.alone = True
            return
        if status in (413, 422):
            reason = f"verifier: {self.url} refused the row: {said.decode('utf-8', 'replace')[:500]}"
            left.pop().judgement.set_result(Judgement(None, reason))
            return
        raise ConnectionError(f"status {status}: {said.decode('utf-8', 'replace')[:200]}")


def settled(one: _Asked, judgement: Judgement) -> bool:
    """Whether that is the last word; an error that may pass is asked for once more."""
    if judgement.retryable and not one.tried:
        one.tried = True
        return False
    one.judgement.set_result(judgement)
    return True


def judgement_of(told: Mapping[str, object]) -> Judgement:
    """Raises ValueError for what is no line of a gateway."""
    seconds = told.get("seconds")
    took = float(seconds) if isinstance(seconds, int | float) else 0.0
    if told.get("outcome") == "error":
        return Judgement(None, str(told["detail"]), took)
    fields = {name: told[name] for name in ("outcome", "score", "detail", "parts") if name in told}
    return Judgement(Verdict.model_validate(fields), "", took)


def line_of(item: Item) -> bytes:
    """The row without what only the gateway's own configuration may say."""
    problem, completion, turns = parts_of(item)
    row = problem.model_dump(exclude_defaults=True)
    told: dict[str, object] = {"problem": {**row, **without_secrets(row)}, "completion": completion}
    if turns:
        told["turns"] = [asdict(turn) for turn in turns]
    return json.dumps(told).encode()


def without_secrets(part: Mapping[str, object]) -> dict[str, object]:
    """A row, or a part of a composition, without the params that say where a secret goes."""
    spec, params, found = part.get("verifier"), part.get("params"), dict(part)
    if isinstance(spec, str) and spec in VERIFIERS and isinstance(params, Mapping):
        found["params"] = {key: value for key, value in params.items() if key not in resolve(spec).recipe_only}
    elif isinstance(spec, Mapping):
        found["verifier"] = {key: _inner(value) for key, value in spec.items()}
    return found


def _inner(value: object) -> object:
    if isinstance(value, list):
        return [_inner(one) for one in value]
    return without_secrets(value) if isinstance(value, Mapping) else value
