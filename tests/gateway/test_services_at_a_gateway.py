"""Rows that ask a service at a gateway: the ones that its configuration lists, no other, and no key for those."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from environments import Env, Gym, answering
from pydantic import ValidationError
from served import LIMITS, MATH, Scripted, Served

from temper.gateway.items import checked_item
from temper.gateway.section import GatewaySection

Serve = Callable[..., AbstractContextManager[Served]]
ELSEWHERE = "http://169.254.169.254"
SERVER = {"nemo_gym": Gym, "openenv": Env}
ADD = {"type": "function", "name": "add", "parameters": {"type": "object", "properties": {"by": {"type": "integer"}}}}
SCORE: dict[str, Any] = {"id": "h", "prompt": "?", "verifier": "http"}


def row(kind: str, url: str) -> dict[str, Any]:
    return {**MATH, "id": "s", "session": {"kind": kind, "url": url, "functions": [ADD], "timeout_s": 5}}


def config(*services: str) -> str:
    limits: str = LIMITS.replace("longest_s: 600", "longest_s: 6000")
    return limits + f"services: {json.dumps(services)}\n"


@pytest.mark.parametrize("kind", SERVER)
def test_a_session_at_a_listed_service_is_called_and_at_another_never(kind: str, serve: Serve) -> None:
    more: dict[str, Any] = {"counters": {}} if kind == "nemo_gym" else {}
    with answering(SERVER[kind], **more) as (url, log), answering(SERVER[kind], **more) as (other, unasked):
        with serve(config=config(url)) as gateway:
            refused = gateway.send("/sessions", json.dumps({"problem": row(kind, other)}))
            assert refused.status == 422 and "'session.url'" in refused.json["error"] and not unasked
            opened = gateway.send("/sessions", json.dumps({"problem": row(kind, url)}))
            assert opened.status == 200, opened.body
            call = json.dumps({"name": "add", "arguments": {"by": 2}})
            told = gateway.send(f"/sessions/{opened.json['id']}/call", call)
            assert told.status == 200, told.body
            assert json.loads(told.json["answered"][0]["text"])["count"] == 2
        assert log and not unasked


def test_a_score_is_asked_where_the_configuration_says_or_lists(
    serve: Serve, scripted: Callable[..., AbstractContextManager[Scripted]]
) -> None:
    """The key is for the configured one alone, also where the row is a part of a composition."""
    answers = [(200, {"Content-Type": "application/json"}, b'{"score": 0.5}')] * 2
    with scripted(answers) as own, scripted(answers) as listed:
        given = f"verifiers: {{http: {{url: '{own.base}', token_env: HTTP_TEST_KEY}}}}\n"
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("HTTP_TEST_KEY", "key-of-the-service")
            with serve(config=config(listed.base) + given) as gateway:
                there = {**SCORE, "params": {"url": listed.base}}
                assert gateway.verify(SCORE, "x").json["score"] == 0.5
                assert gateway.verify(there, "x").json["score"] == 0.5
                parts = [{"verifier": "http", **given, "weight": 0.5} for given in ({}, {"params": there["params"]})]
                whole = gateway.verify({**SCORE, "verifier": {"sum": parts}}, "x")
                assert whole.status == 200 and whole.json["score"] == 0.5, whole.body
                elsewhere = gateway.verify({**SCORE, "params": {"url": ELSEWHERE}}, "x")
                assert elsewhere.status == 422 and "'params.url'" in elsewhere.json["error"]
        assert [head["authorization"] for head in own.heads] == ["Bearer key-of-the-service"] * 2
        assert len(listed.heads) == 2 and not any("authorization" in head for head in listed.heads)


@pytest.mark.parametrize(
    "url",
    [ELSEWHERE, "http://tools:8000/x", "http://tools:8000@evil", "http://tools:80001", "HTTP://tools:8000", "", 7, None]
    + [["http://tools:8000"]],
)
def test_an_address_is_the_listed_one_or_refused(url: object) -> None:
    section = GatewaySection(services=("http://tools:8000/",))
    for problem, field in ((row("nemo_gym", "x"), "session"), ({**SCORE, "params": {}}, "params")):
        problem[field]["url"] = url
        with pytest.raises(ValueError, match="url"):
            checked_item({"problem": problem, "completion": ""}, "body", section)
        problem[field]["url"] = "http://tools:8000"
        assert checked_item({"problem": problem, "completion": ""}, "body", section)


@pytest.mark.parametrize("service", ["tools:8000", "file:///etc", "http://user:word@tools", "http://tools/?key=1"])
def test_what_is_no_address_is_not_listed(service: str) -> None:
    with pytest.raises(ValidationError, match="not an address"):
        GatewaySection(services=(service,))
