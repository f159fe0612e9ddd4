"""Asks a gateway for verdicts, with `urllib` alone; tries again for as long as it is told to, and keeps three outcomes.

Connections that fail or are cut, 408, 429, 502, 503 and 504 are asked again after a wait that doubles or that
`Retry-After` names, each time of the next gateway where there are several; the `Idempotency-Key` stays the same, so one
request has one verdict. What is still no verdict then is the outcome `error`, which is no score. Whatever else a
gateway refuses (a bad row, no token) raises ValueError at once. Proxies are not asked and redirects not followed:
either would carry the token elsewhere.
"""

import json
import os
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any

AGAIN = (408, 429, 499, 502, 503, 504)
WAIT_S, MOST_WAIT_S = 0.25, 10.0
"""The first wait before another try, and the longest."""
ROWS, BYTES = 512, 4 << 20
"""Rows and bytes of one request; at least one row."""
Json = Any
"""A value as JSON has them."""
Item = tuple[Mapping[str, Json], str]
"""A problem as a row has it, and a completion's text."""


@dataclass(frozen=True)
class Finding:
    """What became of one completion."""

    outcome: str
    """`scored`; `abstained`: the row cannot be judged; `error`: ours. The last two are no score."""
    score: float | None
    """In [0, 1] when scored, else None."""
    detail: str = ""
    seconds: float = 0.0
    parts: Mapping[str, float] = field(default_factory=dict)
    """Of a composition: the score of each part."""
    retryable: bool = True
    """Of an error: whether another try may end otherwise."""


@dataclass(frozen=True)
class _LostError(Exception):
    """No answer, or one that may be another one later."""

    reason: str
    wait_s: float | None = None
    last: Finding | None = None


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


class Gateway:
    """One gateway, or several that serve the same. Any number of threads may ask."""

    def __init__(
        self, *urls: str, token: str | None = None, patience_s: float = 600.0, answer_s: float = 330.0, name: str = ""
    ) -> None:
        """`patience_s`: seconds from the first failure on in which a request is tried again; `answer_s`: seconds of
        silence after which a connection is taken for lost; `name`: what the gateway tells this client by from others
        with the same token. For systems that make this object themselves, the environment says the token where none is
        given (`TEMPER_GATEWAY_TOKEN`) and another patience (`TEMPER_PATIENCE_S`)."""
        if not urls:
            raise ValueError("gateway: no address; give one as in 'http://127.0.0.1:8100'")
        for url in urls:
            if not url.startswith(("http://", "https://")):
                raise ValueError(f"gateway: no address, got {url!r}; write it as in 'http://127.0.0.1:8100'")
        self.urls = [url.rstrip("/") for url in urls]
        self.patience_s = float(os.environ.get("TEMPER_PATIENCE_S", patience_s))
        self.answer_s = answer_s
        self.headers = {"Temper-Client": name} if name else {}
        if token := token or os.environ.get("TEMPER_GATEWAY_TOKEN", "").strip():
            self.headers["Authorization"] = f"Bearer {token}"
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirects)

    def verify(self, problem: Mapping[str, Json], completion: str) -> Finding:
        return self.verify_all([(problem, completion)])[0]

    def verify_all(self, items: Sequence[Item]) -> list[Finding]:
        """A finding an item, in order. Raises ValueError for what the gateway refuses."""
        found: list[Finding] = []
        for first, lines in _portions(items):
            found += self._portion(lines, first)
        return found

    def get(self, path: str) -> Json:
        """What `GET path` says, as JSON. Raises ValueError for no answer."""
        try:
            with self._open(urllib.request.Request(self.urls[0] + path, headers=self.headers)) as answer:
                return json.load(answer)
        except _LostError as lost:
            raise ValueError(f"{self.urls[0]}: {lost.reason}; is the gateway up?") from None
        except (OSError, HTTPException, ValueError) as error:
            raise ValueError(f"{self.urls[0]}: {error}; is the gateway up?") from error

    def _portion(self, lines: Sequence[bytes], first: int) -> list[Finding]:
        """Asks for what is missing until all of it is there or patience ends."""
        found: dict[int, Finding] = {}
        missing, key = list(range(len(lines))), uuid.uuid4().hex
        until, wait_s, attempt = None, WAIT_S, 0
        while missing:
            lost = self._once(lines, missing, key, attempt, found)
            done = [place for place in missing if place in found]
            if lost is None:
                break
            if done:  # what is asked for next is another request
                missing, key = [place for place in missing if place not in found], uuid.uuid4().hex
                until, wait_s = None, WAIT_S
            now = time.monotonic()
            until = now + self.patience_s if until is None else until
            if now >= until:
                for place in missing:
                    found[place] = lost.last or Finding("error", None, lost.reason)
                break
            time.sleep(min(max(wait_s, lost.wait_s or 0.0), MOST_WAIT_S, until - now))
            wait_s, attempt = 2 * wait_s, attempt + 1
        return [found[place] for place in range(len(lines))]

    def _once(
        self, lines: Sequence[bytes], missing: Sequence[int], key: str, attempt: int, found: dict[int, Finding]
    ) -> _LostError | None:
        """Puts what one request brings into `found`; an error that may pass is left out, to be asked for again."""
        url = self.urls[attempt % len(self.urls)]
        headers = {**self.headers, "Content-Type": "application/x-ndjson", "Idempotency-Key": key}
        body = b"\n".join(lines[place] for place in missing)
        lost, got = None, 0
        try:
            with self._open(urllib.request.Request(f"{url}/verify", body, headers)) as answer:
                for place, line in zip(missing, answer, strict=False):
                    finding, got = _finding(json.loads(line)), got + 1
                    if finding.outcome == "error" and finding.retryable:
                        lost = _LostError(finding.detail, last=finding)
                    else:
                        found[place] = finding
        except _LostError as error:
            return error
        except (OSError, HTTPException, json.JSONDecodeError) as error:
            return _LostError(f"{url}: {type(error).__name__}: {error}")
        return lost if got == len(missing) else _LostError(f"{url}: {got} of {len(missing)} answers, then silence")

    def _open(self, request: urllib.request.Request) -> Any:
        try:
            return self.opener.open(request, timeout=self.answer_s)
        except urllib.error.HTTPError as error:
            with error:
                said = _said(error)
                if error.code in AGAIN:
                    wait = error.headers.get("Retry-After", "")
                    raise _LostError(said, float(wait) if wait.isdecimal() else None) from None
                raise ValueError(f"{request.full_url}: status {error.code}: {said}") from None


def _said(error: urllib.error.HTTPError) -> str:
    try:
        told = json.loads(error.read(65536))
        return str(told.get("error") or told.get("detail"))
    except (OSError, HTTPException, ValueError, AttributeError):
        return str(error.reason)


def _finding(told: Mapping[str, Any]) -> Finding:
    return Finding(
        outcome=str(told["outcome"]), score=told["score"], detail=str(told["detail"]),
        seconds=float(told["seconds"]), parts=told.get("parts", {}), retryable=bool(told.get("retryable", True)),
    )  # fmt: skip


def _portions(items: Sequence[Item]) -> Iterator[tuple[int, list[bytes]]]:
    """(number of the first, lines) of each request."""
    first, lines, size = 0, list[bytes](), 0
    for number, (problem, completion) in enumerate(items):
        line = json.dumps({"problem": dict(problem), "completion": completion}).encode()
        if lines and (len(lines) >= ROWS or size + len(line) > BYTES):
            yield first, lines
            first, lines, size = number, [], 0
        lines.append(line)
        size += len(line) + 1
    if lines:
        yield first, lines
