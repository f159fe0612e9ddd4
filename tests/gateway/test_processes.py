"""Verifiers in processes of our own: what hangs, dies or breaks costs its own verdict and one process."""

import contextlib
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from temper.gateway.processes import ProcessVerifiers
from temper.sandboxes import daemon
from temper.sandboxes.owner import OWNER, owner_label_of
from temper.sandboxes.section import SandboxSection
from temper.verifiers.judging import Judgement
from temper.verifiers.plugins import Plugins
from temper.verifiers.problem import Problem

VERDICT_S = 2.0
DOES = Plugins(("does",))
LOCAL = SandboxSection(kind="local")
TESTS = {"kind": "stdio", "cases": [{"input": "7", "output": "7"}]}
ECHO = Problem(id="c", prompt="echo", verifier="code", params={"tests": TESTS})
RIGHT = "```python\nprint(input())\n```"


@pytest.fixture(scope="module")
def verifiers() -> Iterator[ProcessVerifiers]:
    started = ProcessVerifiers(LOCAL, 2, VERDICT_S, DOES)
    yield started
    started.close()


def problem(**params: bool) -> Problem:
    return Problem(id="p", prompt="?", verifier="does:Does", params=params)


def judge(verifiers: ProcessVerifiers, texts: Sequence[str], **params: bool) -> list[Judgement]:
    return verifiers.judge([(problem(**params), text) for text in texts])


def told(judgement: Judgement) -> tuple[int, str]:
    """(process, what was asked)"""
    assert judgement.verdict, judgement.error
    pid, what = judgement.verdict.detail.split(maxsplit=1)
    return int(pid), what


def both_processes(verifiers: ProcessVerifiers) -> set[int]:
    found: set[int] = set()
    while len(found) < 2:
        found = {told(judgement)[0] for judgement in judge(verifiers, ["sleep 0.02"] * 10)}
    return found


def test_judgements_come_in_order_from_every_process(verifiers: ProcessVerifiers) -> None:
    judgements = judge(verifiers, [f"ok{i}" for i in range(500)])
    assert [told(judgement)[1] for judgement in judgements] == [f"ok{i}" for i in range(500)]
    assert os.getpid() not in both_processes(verifiers)


def test_a_program_is_run_in_the_sandbox_of_each_process(verifiers: ProcessVerifiers) -> None:
    judgements = verifiers.judge([(ECHO, text) for text in [RIGHT, "```python\nprint(8)\n```"] * 4])
    assert [judgement.score for judgement in judgements] == [1.0, 0.0] * 4


@pytest.mark.parametrize("what", ["sleep 9999", "hold"])
def test_a_verdict_without_end_is_an_error_of_ours_and_costs_one_process(
    verifiers: ProcessVerifiers, what: str
) -> None:
    before = both_processes(verifiers)
    judgements = judge(verifiers, ["ok"] * 50 + [what] + ["ok"] * 50)
    late = judgements.pop(50)
    assert late.verdict is None and not late.retryable
    assert late.error == f"verifier: does:Does took longer than {VERDICT_S:g} s"
    assert {told(judgement)[1] for judgement in judgements} == {"ok"}
    assert len(both_processes(verifiers) & before) == 1


def test_who_asks_meanwhile_does_not_wait_for_it(verifiers: ProcessVerifiers) -> None:
    (slow,) = verifiers.ask([(problem(), "sleep 9999")])
    assert [told(judgement)[1] for judgement in judge(verifiers, ["ok"] * 20)] == ["ok"] * 20
    assert not slow.done()
    assert slow.result().verdict is None


def test_a_row_whose_tests_may_take_long_is_waited_for(verifiers: ProcessVerifiers) -> None:
    (judgement,) = judge(verifiers, [f"sleep {VERDICT_S + 0.5}"], patient=True)
    assert told(judgement)[1] == "sleep" and judgement.seconds > VERDICT_S


def test_a_verifier_that_cannot_say_how_long_it_takes_is_waited_for_as_any_other(verifiers: ProcessVerifiers) -> None:
    (late,) = judge(verifiers, ["sleep 9999"], silly=True)
    assert late.error == f"verifier: does:Does took longer than {VERDICT_S:g} s"


@pytest.mark.parametrize(("what", "end"), [("die", "by signal 9"), ("leave", "with status 3")])
def test_a_verdict_that_ends_its_process_is_the_only_one_lost(verifiers: ProcessVerifiers, what: str, end: str) -> None:
    judgements = judge(verifiers, ["ok"] * 20 + [what] + ["ok"] * 20)
    lost = judgements.pop(20)
    assert lost.error == f"process: lost twice with does:Does: ended {end}" and lost.verdict is None
    assert {told(judgement)[1] for judgement in judgements} == {"ok"}


def test_a_process_killed_from_outside_loses_no_row(verifiers: ProcessVerifiers) -> None:
    victim = min(both_processes(verifiers))
    timer = threading.Timer(0.1, os.kill, (victim, signal.SIGKILL))
    timer.start()
    judgements = judge(verifiers, ["sleep 0.01"] * 60)
    timer.join()
    assert {told(judgement)[1] for judgement in judgements} == {"sleep"}


def test_what_breaks_or_is_no_verdict_costs_its_own_verdict_and_no_process(
    verifiers: ProcessVerifiers, tmp_path: Path
) -> None:
    before = both_processes(verifiers)
    texts = [f"break {tmp_path / 'once'}", "broken", "exit", "float"]
    once, twice, left, no_verdict = judge(verifiers, texts)
    assert told(once)[1] == "break"
    assert twice.verdict is None and twice.error == "sandbox: the box is gone"
    assert left.verdict is None and left.error == "verifier: SystemExit: 0"
    assert no_verdict.error.startswith("verifier: VerifierError: verify returned 0.5, no Verdict")
    assert both_processes(verifiers) == before


def test_an_interrupt_that_a_verifier_raises_is_an_error_of_ours(verifiers: ProcessVerifiers) -> None:
    before, after = judge(verifiers, ["interrupt", "ok"])
    assert before.verdict is None and told(after)[1] == "ok"


def test_what_a_verifier_logs_is_logged_here(verifiers: ProcessVerifiers, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "temper"):
        fresh = ProcessVerifiers(LOCAL, 1, VERDICT_S, DOES)
        try:
            judge(fresh, ["log it"])
            judge(fresh, ["float"])
        finally:
            fresh.close()
    assert "sandbox: local" in caplog.text and "told by it" in caplog.text
    assert "VerifierError" in caplog.text and "Traceback" in caplog.text


def test_a_sandbox_that_cannot_be_opened_is_refused_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    with pytest.raises(ValueError, match=r"sandbox.kind: 'docker' needs a Docker daemon"):
        ProcessVerifiers(SandboxSection(kind="docker"), 2, VERDICT_S)


def test_a_sandbox_is_opened_by_the_first_program() -> None:
    fresh = ProcessVerifiers(LOCAL, 1, 60.0, DOES)
    try:
        (before,) = judge(fresh, ["sandbox"])
        assert fresh.judge([(ECHO, RIGHT)])[0].score == 1.0
        (after,) = judge(fresh, ["sandbox"])
    finally:
        fresh.close()
    assert (told(before)[1], told(after)[1]) == ("closed", "open")


@pytest.mark.docker
def test_a_killed_process_leaves_no_container() -> None:
    docker = ProcessVerifiers(SandboxSection(kind="docker"), 1, 600.0, DOES)
    try:
        (pid, _) = told(judge(docker, ["ok"])[0])
        assert docker.judge([(ECHO, RIGHT)])[0].score == 1.0
        owner = owner_label_of(pid)
        assert owner in owners()
        docker.ask([(problem(), "sleep 9999")])
        time.sleep(0.3)
    finally:
        docker.close()
    until = time.monotonic() + 60
    while owner in owners():  # a busy daemon takes its time
        assert time.monotonic() < until
        time.sleep(0.2)


def owners() -> set[str]:
    """Of the containers that there are."""
    client = daemon.connect()
    found = client.containers.list(all=True, filters={"label": OWNER}, ignore_removed=True)
    client.close()
    return {str(container.labels[OWNER]) for container in found}


def test_closing_leaves_no_process_and_nobody_waiting() -> None:
    closed = ProcessVerifiers(LOCAL, 2, 600.0, DOES)
    processes = both_processes(closed)
    asked = closed.ask([(problem(), "sleep 9999")] * 5)
    time.sleep(0.3)
    closed.close()
    assert {future.result().error.partition(":")[0] for future in asked} == {"process"}
    assert not any(Path(f"/proc/{pid}").exists() for pid in processes)


CALLER = """
import sys
from temper.gateway.processes import ProcessVerifiers
from temper.sandboxes.section import SandboxSection
from temper.verifiers.plugins import Plugins
from temper.verifiers.problem import Problem

verifiers = ProcessVerifiers(SandboxSection(kind="local"), 1, 600.0, Plugins(("does",)))
ask = lambda text: verifiers.ask([(Problem(id="p", prompt="?", verifier="does:Does"), text)])[0]
print(ask("ok").result().detail, flush=True)
ask("hold").result()
"""


def test_processes_end_with_who_started_them_however_that_ends() -> None:
    """Even while one holds its interpreter; and a script without a guard of its main part is not run again."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    with subprocess.Popen([sys.executable, "-c", CALLER], stdout=subprocess.PIPE, text=True, env=environment) as caller:
        assert caller.stdout
        pid, what = caller.stdout.readline().split()
        assert what == "ok" and Path(f"/proc/{pid}").exists()
        time.sleep(0.3)
        caller.send_signal(signal.SIGKILL)
    until = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists() and time.monotonic() < until:
        time.sleep(0.05)
    with contextlib.suppress(OSError):  # a process that nobody reaps yet is dead as well
        assert Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
