"""Who may ask the server for what."""

import http.client
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from made_run import make_run

from temper.verifiers.judging import Judgement
from temper.verifiers.problem import Problem
from temper.verifiers.sessions.session import Exchanges
from temper.verifiers.verdict import scored
from temper.view.answers import Answers
from temper.view.runs import Runs
from temper.view.server import Server


def judging(run: Path, problem: Problem, completion: str, turns: Exchanges) -> Judgement:
    return Judgement(scored(1.0, "now right"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    out = tmp_path_factory.mktemp("out")
    make_run(out, steps=2, problems=3)
    with Server(Answers(Runs(out), judging)) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()


def ask(server: Server, path: str, method: str = "GET", **headers: str) -> tuple[int, http.client.HTTPMessage, str]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    reply = connection.getresponse()
    found = reply.status, reply.headers, reply.read().decode()
    connection.close()
    return found


def test_it_listens_on_the_loopback_alone(server: Server) -> None:
    assert server.server_address[0] == "127.0.0.1"


@pytest.mark.parametrize(
    "path", ["/", "/app.js", "/chart.js", "/app.css", "/api/runs", "/api/run/made", "/api/none", "/x"]
)
def test_every_reply_has_the_strict_policy(server: Server, path: str) -> None:
    _, headers, _ = ask(server, path)
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self';") and "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff" and headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1", "0.0.0.0:80", ""])
def test_a_request_under_another_name_is_refused(server: Server, host: str) -> None:
    status, _, text = ask(server, "/api/runs", Host=host)
    assert status == 403 and "made" not in text


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/api/run/none", 404, "no run 'none'; there are made"),
        ("/api/run/made/step/77", 404, "no rollouts of step '77'"),
        ("/api/run/made/search?score_from=x", 422, "score_from: not a number"),
        ("/api/run/..%2f..%2fetc", 404, "no run"),
        ("/../../etc/passwd", 404, "no page"),
        ("/view/app.js", 404, "no page"),
    ],
)
def test_what_is_not_there_is_said(server: Server, path: str, status: int, said: str) -> None:
    found, _, text = ask(server, path)
    assert found == status and said in json.loads(text)["error"]


def test_judging_needs_a_header_that_no_form_can_send(server: Server) -> None:
    path = "/api/run/made/judge/1/0/3"
    assert ask(server, path, "POST")[0] == 403
    assert ask(server, path, "GET")[0] == 404
    status, _, text = ask(server, path, "POST", X_Temper="1")
    assert status == 200 and json.loads(text)["now"]["detail"] == "now right"
    assert ask(server, "/api/run/made/judge/1/0/99", "POST", X_Temper="1")[0] == 404
