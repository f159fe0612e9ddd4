"""What a stranger may send: each attack is refused with its status, and the gateway goes on."""

import json
import os
import re
import socket
import time
from pathlib import Path
from typing import Any

import pytest
from served import ECHO, MATH, ONE, Served, does, line

from temper.gateway.section import GatewaySection
from temper.gateway.server import serve as listen


@pytest.fixture(autouse=True)
def goes_on(gateway: Served) -> Any:
    yield
    assert gateway.verify(MATH, "\\boxed{42}").json["score"] == 1.0
    assert gateway.process.poll() is None


@pytest.mark.parametrize("token", ["", "wrong", ONE[:-1], f"{ONE}x", "\u00e9" * 20])
@pytest.mark.parametrize("path", ["/verify", "/metrics", "/verifiers", "/nowhere"])
def test_without_the_token_nothing_but_health_is_answered(gateway: Served, token: str, path: str) -> None:
    reply = gateway.send(path, line(MATH, "x") if path == "/verify" else None, token=token)
    assert reply.status == 401 and reply.headers["www-authenticate"] == "Bearer" and ONE not in reply.body.decode()


def test_two_tokens_in_one_request_and_other_schemes_are_refused(gateway: Served) -> None:
    for headers in (f"Authorization: Bearer {ONE}\r\nAuthorization: Bearer {ONE}", f"Authorization: Basic {ONE}"):
        assert b" 401 " in gateway.raw(f"GET /metrics HTTP/1.1\r\nHost: x\r\n{headers}\r\n\r\n".encode(), 1)


ROWS: dict[str, tuple[Any, str]] = {
    "a class": ({**MATH, "verifier": "os:system"}, "rows may not name code"),
    "a class of ours": ({**MATH, "verifier": "temper.verifiers.doubles:Answer"}, "rows may not name code"),
    "a class in a sum": (
        {**MATH, "verifier": {"sum": [{"verifier": "math", "weight": 1}, {"verifier": "antigravity:x", "weight": 1}]}},
        "rows may not name code",
    ),
    "a class behind a gate": (
        {**MATH, "verifier": {"gate": {"verifier": "this:x"}, "then": {"verifier": "math"}}},
        "rows may not name code",
    ),
    "a class deep inside": (
        {**MATH, "verifier": {"gate": {"verifier": {"sum": [{"verifier": "this:x", "weight": 1}]}}, "then": {}}},
        "rows may not name code",
    ),
    **{
        f"a secret's way, {key}": (
            {**MATH, "verifier": "judge", "params": {"rubric": "?", key: value}}, f"params.{key}': only a recipe may",
        )
        for key, value in (
            ("endpoint", "http://127.0.0.1:1/v1"), ("model", "m"), ("api_key_env", "HOME"), ("extra_body", {"a": 1})
        )
    },
    **{
        f"the id {name!r}": ({**MATH, "id": name}, "no id")
        for name in ("../../etc/passwd", "a/../b", "/etc/passwd", "..\\..\\x", "~/x", "a\x00b", "a\nb", "i" * 600)
    },
    "no object": ([1], "problem"),
    "NaN": ({**MATH, "metadata": float("nan")}, "NaN is not JSON"),
}  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_a_row_that_reaches_for_more_is_refused(gateway: Served, name: str) -> None:
    row, what = ROWS[name]
    reply = gateway.verify(row, "x")
    assert reply.status == 422 and what in reply.json["error"]
    assert gateway.stream(line(MATH, "x"), line(row, "x")).status == 422


def test_no_module_is_imported_for_a_row_that_is_refused(gateway: Served, tmp_path: Path) -> None:
    """A module beside the plug-ins, which leaves a file when it is imported."""
    told = tmp_path / "told"
    beside = Path(__file__).parent / "leaves_a_file_for_the_test.py"
    beside.write_text(f"open({str(told)!r}, 'w')\n")
    try:
        assert gateway.verify({**MATH, "verifier": "leaves_a_file_for_the_test:X"}, "x").status == 422
    finally:
        beside.unlink()
    assert not told.exists()


BODIES = {
    "10,000 levels of lists": b"[" * 10_000 + b"]" * 10_000,
    "10,000 levels in the row": json.dumps({"completion": "x"})[:-1].encode() + b', "problem": ' + b'{"a":' * 10_000
    + b"1" + b"}" * 10_001,
    "no JSON": b"{",
    "nothing": b"",
    "not UTF-8": b'{"problem": "\xff"}',
    "a key twice": b'{"problem": {}, "problem": {}}',
    "a lone surrogate in the id": json.dumps({"problem": {**MATH, "id": "\ud800"}, "completion": "x"}).encode(),
}  # fmt: skip


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_is_no_row_is_refused(gateway: Served, name: str) -> None:
    assert gateway.send("/verify", BODIES[name]).status == 422
    if BODIES[name]:
        lines = gateway.send("/verify", BODIES[name], {"Content-Type": "application/x-ndjson"})
        assert lines.status == 422 and "line 1" in lines.json["error"]


def post(headers: str, body: bytes = b"") -> bytes:
    return f"POST /verify HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ONE}\r\n{headers}\r\n\r\n".encode() + body


ROW = line(MATH, "\\boxed{42}").encode()
GET = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
CHUNKED = b"%x\r\n%s\r\n0\r\n\r\n" % (len(ROW), ROW)
SHAPES = {
    "both lengths": post(f"Content-Length: {len(ROW)}\r\nTransfer-Encoding: chunked", CHUNKED),
    "both, the other way round": post(f"Transfer-Encoding: chunked\r\nContent-Length: {len(ROW)}", CHUNKED),
    "two lengths": post(f"Content-Length: {len(ROW)}\r\nContent-Length: 3", ROW),
    "a list of lengths": post(f"Content-Length: {len(ROW)}, 3", ROW),
    "a signed length": post(f"Content-Length: +{len(ROW)}", ROW),
    "a length in hex": post("Content-Length: 0x10", ROW),
    "a negative length": post("Content-Length: -1", ROW),
    "chunked twice": post("Transfer-Encoding: chunked, chunked", CHUNKED),
    "chunked in disguise": post("Transfer-Encoding: xchunked", CHUNKED),
    "identity before chunked": post("Transfer-Encoding: identity, chunked", CHUNKED),
    "a blank before the colon": post(f"Content-Length : {len(ROW)}", ROW),
    "a folded header": post(f"Transfer-Encoding:\r\n chunked\r\nContent-Length: {len(ROW)}", ROW),
    "a bare carriage return": post(f"X: a\rTransfer-Encoding: chunked\r\nContent-Length: {len(ROW)}", ROW),
    "a NUL in a header": post(f"X: a\x00b\r\nContent-Length: {len(ROW)}", ROW),
    "a bad chunk": post("Transfer-Encoding: chunked", b"zz\r\n" + ROW),
    "a chunk with a sign": post("Transfer-Encoding: chunked", b"+5\r\nabcde\r\n0\r\n\r\n"),
    "no host": b"GET /health HTTP/1.1\r\n\r\n",
    "two hosts": b"GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "no request at all": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "another protocol": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "headers of 1 MB": post("X: " + "a" * (1 << 20)),
    "1,000 headers": post("\r\n".join(f"X{n}: {n}" for n in range(1_000))),
    "10,000 headers": post("\r\n".join(f"X{n}: {n}" for n in range(10_000))),
    "a target of 1 MB": b"GET /" + b"a" * (1 << 20) + b" HTTP/1.1\r\nHost: x\r\n\r\n",
}


@pytest.mark.parametrize("name", SHAPES)
def test_what_two_readers_may_read_in_two_ways_is_refused_and_nothing_behind_it_is_read(
    gateway: Served, name: str
) -> None:
    """A refusal or, where the other end's bytes were still on their way, a reset; never an answer to what follows."""
    reply = gateway.raw(SHAPES[name] + GET)
    assert reply[:13] in (b"HTTP/1.1 400 ", b"HTTP/1.1 431 ", b"HTTP/1.1 501 ") or (
        reply == b"" and len(SHAPES[name]) > 1 << 16
    )
    assert b"ready" not in reply and b"outcome" not in reply


@pytest.mark.parametrize("path", ["/../verify", "/verify/..%2f", "/%2e%2e/etc/passwd", "//verify", "/verify/", "/docs"])
def test_other_paths_are_not_there(gateway: Served, path: str) -> None:
    assert gateway.send(path, line(MATH, "x")).status == 404


def test_other_methods_are_refused(gateway: Served) -> None:
    assert gateway.send("/verify").status == 405 and gateway.send("/health", "x").status == 405


def test_a_page_of_a_browser_is_refused(gateway: Served) -> None:
    reply = gateway.send("/verify", line(MATH, "x"), {"Origin": "http://evil.example", "Content-Type": "text/plain"})
    assert reply.status == 403 and "access-control-allow-origin" not in reply.headers


def test_a_body_over_the_limit_is_refused_before_it_is_read_whole(gateway: Served) -> None:
    declared = gateway.raw(post("Content-Length: 1000000000", b"x"))
    assert b" 413 " in declared
    part = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    reply = gateway.raw(post("Transfer-Encoding: chunked", part * 16))
    assert b" 413 " in reply or reply == b""
    assert gateway.verify({**MATH, "prompt": "x" * 70_000}, "x").status == 413


def test_who_leaves_in_the_middle_of_a_body_is_counted_and_no_failure(gateway: Served) -> None:
    def left() -> int:
        told = re.search(r'refused_total\{status="499"\} (\d+)', gateway.send("/metrics").body.decode())
        return int(told[1]) if told else 0

    before = left()
    with socket.create_connection(("127.0.0.1", gateway.port)) as connection:
        connection.sendall(post("Content-Length: 100", b"{"))
    deadline = time.monotonic() + 10
    while left() == before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left() == before + 1 and "ClientDisconnect" not in gateway.log.read_text()


def test_a_body_that_comes_too_slowly_is_refused(gateway: Served) -> None:
    start = time.monotonic()
    assert b" 408 " in gateway.raw(post("Content-Length: 100", b"{"))
    assert time.monotonic() - start >= 1.0


def test_the_token_and_the_environment_are_not_for_programs(gateway: Served) -> None:
    """Neither a program in the box nor what judges has the tokens."""
    assert gateway.verify(*does("environment TEMPER_TEST_ONE")).json["detail"].endswith("None")
    prints = "```python\nimport os\nprint(7 if 'TEMPER_TEST_ONE' not in str(os.environ) else 8)\n```"
    assert gateway.verify(ECHO, prints).json["score"] == 1.0


def test_it_does_not_listen_beyond_this_machine_without_a_token() -> None:
    with pytest.raises(ValueError, match=r"--host: 0\.0\.0\.0 is not this machine alone, and there is no token"):
        listen(GatewaySection(), "0.0.0.0", 0, {})


def test_it_warns_where_it_runs_as_root(gateway: Served) -> None:
    assert ("runs as root" in gateway.log.read_text()) == (os.geteuid() == 0)
