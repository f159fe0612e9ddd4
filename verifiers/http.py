"""The score of any service: posts the problem and the completion to a URL and reads a number at a declared path.

An empty completion scores 0 and is not sent. The body is `{"problem": {...}, "completion": "..."}`, the row as it
stands, answer included. The reply is JSON; what stands at `score_at` is a number from `least` to `most`, or null where
the service cannot judge, which abstains. Whatever else comes back is the service's failure: asked again, then an error
of ours, and never a score. Where it is, and which key it takes, the recipe says and no row (a gateway may list
addresses that rows choose from); redirects are not followed, and the key stands in no message.
"""

import math
import os
import re
from dataclasses import dataclass
from typing import ClassVar

from pydantic import Field, JsonValue, field_validator

from temper.mistakes import shortened
from temper.verifiers.endpoint import CONNECT_S, MAX_WAIT_S, Endpoint, plain_address
from temper.verifiers.problem import Problem
from temper.verifiers.reading import strict_json
from temper.verifiers.verdict import Verdict, abstained, scored
from temper.verifiers.verifier import Probe, Sandbox, Verifier


@dataclass(frozen=True)
class _Service(Endpoint):
    def _content(self, reply: bytes) -> str:
        return reply.decode("utf-8")


class Http(Verifier):
    """Asks a service for the score."""

    recipe_only: ClassVar[frozenset[str]] = frozenset({"url", "token_env"})
    url: str | None = None
    """Where to post, as in `http://host:8000/score`; the recipe's to say."""
    token_env: str | None = None
    """Environment variable that holds a bearer token, on every machine that verifies; never the token itself."""
    score_at: str = Field("score", min_length=1)
    """Where the score stands in the reply: keys and places with dots (`result.scores.0`)."""
    detail_at: str | None = None
    """Where the reason stands, for the verdict's detail."""
    least: float = Field(0.0, allow_inf_nan=False)
    """The service's lowest score; it becomes 0."""
    most: float = Field(1.0, allow_inf_nan=False)
    """The service's highest score; it becomes 1."""
    timeout_s: float = Field(60.0, gt=0, le=3_600)
    """Seconds for one request."""
    retries: int = Field(3, ge=0, le=10)
    """Further requests after one that failed."""
    retry_wait_s: float = Field(1.0, ge=0, le=60)
    """Seconds before the first of them, doubled each time; a `Retry-After` up to 60 s is obeyed instead."""

    @field_validator("url")
    @classmethod
    def _is_an_address(cls, url: str | None) -> str | None:
        return None if url is None else plain_address(url, "http://host:8000/score")

    @field_validator("token_env")
    @classmethod
    def _is_a_name(cls, name: str | None) -> str | None:
        if name is not None and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            raise ValueError("not the name of an environment variable; export the token and give the variable's name")
        return name

    def check(self, problem: Problem) -> None:
        if self.url is None:
            raise ValueError("field 'params.url': http has none; set the recipe's `verifiers.http.url`")
        if self.least >= self.most:
            raise ValueError(f"field 'params.most': not over least {self.least:g}, got {self.most:g}; raise it")
        self._token()

    def verify(self, problem: Problem, completion: str, sandbox: Sandbox | None = None) -> Verdict:
        if not completion.strip():
            return scored(0.0, "the completion is empty")
        self.check(problem)
        body = {"problem": problem.model_dump(exclude_defaults=True), "completion": completion}
        url = self.url or ""
        service = _Service(url, self._token(), self.timeout_s, self.retries, self.retry_wait_s, path="")
        score, reason = service.ask(lambda: body, self._read)
        detail = " ".join(service.masked(reason).split())[:300]
        return abstained(detail or "the service does not judge it") if score is None else scored(score, detail)

    def longest_s(self, problem: Problem) -> float:
        return (self.retries + 1) * (CONNECT_S + self.timeout_s) + self.retries * MAX_WAIT_S

    def probes(self, problem: Problem) -> list[Probe]:
        """The last one asks the service; what it says is not known, that it says something is."""
        answer = problem.answer if isinstance(problem.answer, str) else "garbage }{"
        return [("empty", "", 0.0), ("whitespace", " \n\t ", 0.0), ("answer", answer, None)]

    def _token(self) -> str | None:
        """Raises ValueError where there should be one."""
        if self.token_env is None:
            return None
        token = os.environ.get(self.token_env, "").strip()
        if not token or not token.isascii() or not token.isprintable():
            where = f"field 'params.token_env': the variable {self.token_env}"
            raise ValueError(f"{where} holds no token here; export it on every machine that verifies")
        return token

    def _read(self, reply: str) -> tuple[float | None, str]:
        """Score in [0, 1] and reason. Raises ValueError for a reply that says neither."""
        told = strict_json.loads(reply)
        found = _at(told, self.score_at)
        reason = "" if self.detail_at is None else str(_at(told, self.detail_at))
        if found is None:
            return None, reason
        if isinstance(found, bool) or not isinstance(found, int | float) or not self.least <= found <= self.most:
            raise ValueError(f"{self.score_at}: no number from {self.least:g} to {self.most:g} but {shortened(found)}")
        score = (found - self.least) / (self.most - self.least)
        return (min(1.0, max(0.0, score)) if math.isfinite(score) else None), reason


def _at(value: JsonValue, path: str) -> JsonValue:
    """What stands at keys and places with dots between. Raises ValueError."""
    for part in path.split("."):
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            raise ValueError(f"no {path} in the reply")
    return value
