"""`temper serve` under what strangers send it, and what is theirs when the engine fails."""

import contextlib
import json
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from typing import Any

import openai
import pytest
from scripted_live import ScriptedLive

from temper.rlvr.rollout import Sampling
from temper.serving.section import Served
from temper.serving.service import News, Service

pytestmark = pytest.mark.whole

HELLO: Any = [{"role": "user", "content": "Hello, 3 + 4?"}]


def send(address: Any, path: str, body: bytes | None = None, **headers: str) -> tuple[int, Any]:
    with contextlib.closing(HTTPConnection("127.0.0.1", address.port, timeout=60)) as connection:
        connection.request("GET" if body is None else "POST", path, body, headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())


def wait_until(true: Callable[[], bool], within_s: float = 30) -> None:
    until = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < until, "it did not come to that"
        time.sleep(0.01)


DEEP = b'{"model": "tiny", "messages": ' + b"[" * 10_000 + b"]" * 10_000 + b"}"
DEEP_CALL = json.dumps(
    {
        "model": "tiny",
        "messages": [
            *HELLO, {"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": "[" * 100_000}}]},
        ],
    }
).encode()  # fmt: skip
BAD = {
    "empty": b"", "half": b'{"model": ', "list": b"[]", "null": b"null", "number": b"1e999", "latin": b"\xff\xfe{}",
    "deep": DEEP, "deep arguments": DEEP_CALL, "nan": b'{"model": "tiny", "temperature": NaN}',
    "twice": b'{"model": "tiny", "model": "tiny"}', "half a pair": b'{"model": "tiny", "user": "\\ud800"}',
    "half a pair, large": b'{"model": "tiny", "messages": [{"role": "user", "content": "\\uD83Dx"}]}',
    "no model": b'{"messages": [{"role": "user", "content": "x"}]}', "no messages": b'{"model": "tiny"}',
    "texts": b'{"model": "tiny", "messages": ["x"]}', "calls": b'{"model": "tiny", "messages": '
    b'[{"role": "user", "content": "x"}, {"role": "assistant", "tool_calls": 7}]}',
    "reasoning": b'{"model": "tiny", "messages": [{"role": "assistant", "reasoning_content": {"a": 1}}]}',
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_body_is_refused_in_openais_shape(address: Any, name: str) -> None:
    status, told = send(address, "/v1/chat/completions", BAD[name])
    assert status == 400 and told["error"].keys() == {"message", "type", "param", "code"}
    assert told["error"]["type"] == "invalid_request_error" and len(told["error"]["message"]) < 1_000


BAD_PROMPTS: list[Any] = ["", [], [[]], [384], [-1], [1, "x"], ["x", [1]], {"a": 1}, [1.5], [True], ["x"] * 200]


@pytest.mark.parametrize("prompt", BAD_PROMPTS, ids=lambda prompt: str(prompt)[:12])
def test_a_bad_prompt_is_refused(address: Any, prompt: Any) -> None:
    status, told = send(address, "/v1/completions", json.dumps({"model": "tiny", "prompt": prompt}).encode())
    assert status == 400 and told["error"]["param"].startswith("prompt"), told


def test_doors_are_the_gateways(address: Any) -> None:
    assert send(address, "/v1/chat/completions", b"{}", **{"Content-Length": "3000000"})[0] == 413
    assert send(address, "/v1/models", Origin="http://evil.example")[0] == 403
    status, told = send(address, "/v1/nothing")
    assert status == 404 and told["error"]["code"] == "unknown_url"
    assert send(address, "/v1/chat/completions")[0] == 405
    assert send(address, "/v1/models/../../etc/passwd")[0] == 404
    assert send(address, "/health")[1]["status"] == "ready"


def test_a_megabyte_of_prompt_is_refused_while_others_are_answered(address: Any) -> None:
    body = json.dumps({"model": "tiny", "messages": [{"role": "user", "content": "<|im_end|> a b" * 75_000}]}).encode()
    with ThreadPoolExecutor(1) as pool:
        large = pool.submit(send, address, "/v1/chat/completions", body)
        with address.client() as client:
            client.completions.create(model="tiny", prompt=[40, 41], max_tokens=2)
        status, told = large.result()
    assert status == 400 and told["error"]["code"] == "context_length_exceeded"
    assert told["error"]["param"] == "messages"


def test_a_seed_gives_its_text_whatever_is_beside_it_in_100_streams(address: Any) -> None:
    def text(seed: int) -> str:
        prompt = list(range(40, 44 + seed % 7))
        asked = {"model": "tiny", "prompt": prompt, "max_tokens": 8 + seed % 5, "seed": seed, "stream": True}
        with contextlib.closing(HTTPConnection("127.0.0.1", address.port, timeout=120)) as connection:
            connection.request("POST", "/v1/completions", json.dumps(asked))
            events = connection.getresponse().read().decode().split("\n\n")
        assert events[-2:] == ["data: [DONE]", ""]
        return "".join(json.loads(one[6:])["choices"][0]["text"] for one in events[:-2])

    alone = {seed: text(seed) for seed in range(5)}
    with ThreadPoolExecutor(100) as pool:
        found = list(pool.map(text, [seed % 25 for seed in range(100)]))
    for seed, said in enumerate(found):
        assert said == found[seed % 25] and said == alone.get(seed % 25, said)
    assert len(set(found)) > 20


@pytest.mark.parametrize("stream", [True, False])
def test_a_client_that_goes_takes_its_requests_with_it(address: Any, served: Served, stream: bool) -> None:
    body = json.dumps(
        {"model": "tiny", "prompt": [40], "max_tokens": 1000, "n": 16, "stream": stream, "stop_token_ids": []}
    ).encode()
    head = f"POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", address.port)) as connection:
        connection.sendall(head + body)
        wait_until(lambda: served.service.at_work == 8 and served.service.waiting == 8)
    wait_until(lambda: served.service.at_work == served.service.waiting == 0)
    assert send(address, "/health")[1]["requests"] == 0 and not address.app.bodies.total


def test_a_client_has_so_many_requests_at_a_time(scripted: Any) -> None:
    address = scripted(["x" * 900], max_waiting=2)
    body = json.dumps({"model": "tiny", "prompt": [40], "max_tokens": 900}).encode()
    with ThreadPoolExecutor(12) as pool:
        found = list(pool.map(lambda _: send(address, "/v1/completions", body), range(12)))
    refused = [told["error"] for status, told in found if status == 429]
    assert {status for status, _ in found} == {200, 429}
    assert refused[0]["type"] == "rate_limit_error"


def test_a_drain_answers_what_it_accepted_and_refuses_the_rest(scripted: Any) -> None:
    address = scripted(["x" * 500])
    body = json.dumps({"model": "tiny", "prompt": [40], "max_tokens": 500}).encode()
    with ThreadPoolExecutor(1) as pool:
        accepted = pool.submit(send, address, "/v1/completions", body)
        wait_until(lambda: address.app.admission.busy)
        address.app.admission.draining = True
        status, told = send(address, "/v1/completions", body)
        assert (status, told["error"]["type"]) == (503, "server_error") and send(address, "/health")[0] == 503
        assert accepted.result()[0] == 200


def failing(served: Served, **how: Any) -> ScriptedLive:
    return ScriptedLive(served.renderer.tokenizer, ["abcdef"], **how)


def test_an_engine_that_fails_answers_500_and_goes_on(served: Served, listen: Any) -> None:
    with listen(failing(served, fail_at=3)) as address, address.client() as client:
        with pytest.raises(openai.InternalServerError, match="out of memory"):
            client.completions.create(model="tiny", prompt="x")
        assert client.completions.create(model="tiny", prompt="x").choices[0].text == "abcdef"
    with listen(failing(served, fail_at=3)) as address, address.client() as client:
        stream = client.completions.create(model="tiny", prompt="x", stream=True)
        with pytest.raises(openai.APIError, match="out of memory"):
            list(stream)


def test_an_engine_that_is_lost_is_told_by_health_and_to_everybody(served: Served, listen: Any) -> None:
    with listen(failing(served, fail_at=3, for_good=True)) as address, address.client() as client:
        for _ in range(2):
            with pytest.raises(openai.InternalServerError, match="engine"):
                client.completions.create(model="tiny", prompt="x")
        assert send(address, "/health")[0] == 503


def test_a_client_that_floods_takes_no_ones_turn(served: Served) -> None:
    service = Service(ScriptedLive(served.renderer.tokenizer, ["ab"]), 1)
    ended: list[str] = []

    def tell(name: str) -> Callable[[News], None]:
        return lambda news: ended.append(name) if news.end else None

    for _ in range(20):
        service.ask((40,), 0, Sampling(1.0, 5), "flood", tell("flood"))
    service.ask((40,), 0, Sampling(1.0, 5), "honest", tell("honest"))
    service.start()
    wait_until(lambda: len(ended) == 21)
    service.close()
    assert ended.index("honest") <= 2


def test_what_is_dropped_while_it_waits_is_never_asked(served: Served) -> None:
    engine = ScriptedLive(served.renderer.tokenizer, ["ab"])
    service, told = Service(engine, 1), list[News]()
    numbers = [service.ask((40,), 0, Sampling(1.0, 5), "a", told.append) for _ in range(3)]
    service.drop(numbers[1:])
    service.start()
    wait_until(lambda: bool(told and told[-1].end))
    service.drop([*numbers, 99])
    service.close()
    assert [request.id for request in engine.asked] == numbers[:1] and not service._queued
