"""Verifier actors: what hangs, dies or breaks costs its own verdict and one process, which comes back."""

import os
import re
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import ray

from temper.pipeline import judging
from temper.pipeline.judging import RemoteVerifiers, own_core, start_verifiers
from temper.pipeline.recipe import ClusterSection
from temper.sandboxes.section import SandboxSection
from temper.verifiers.judging import Judgement
from temper.verifiers.plugins import Plugins
from temper.verifiers.problem import Problem
from temper.verifiers.verdict import Verdict, scored
from temper.verifiers.verifier import Sandbox, SandboxError, Verifier

VERDICT_S = 2.0


class Obeys(Verifier):
    """Does what the completion says, then tells its process and the time in the detail."""

    patient: bool = False
    silly: bool = False

    def verify(self, problem: Problem, completion: str, sandbox: Sandbox | None = None) -> Verdict:
        what, _, argument = completion.partition(" ")
        match what:
            case "sleep":
                time.sleep(float(argument))
            case "hold":  # without end, and nobody else in the process has a turn
                re.match(r"(a+)+$", "a" * 60 + "b")
            case "die":
                os.kill(os.getpid(), signal.SIGKILL)
            case "float":
                return 0.5  # type: ignore[return-value]
            case "interrupt":
                raise KeyboardInterrupt
            case "leave":
                raise SystemExit(0)
            case "break":
                if not Path(argument).exists():
                    Path(argument).touch()
                    raise SandboxError("the box is gone")
            case "broken":
                raise SandboxError("the box is gone")
        return scored(1.0, f"{os.getpid()} {time.time()} {what}")

    def longest_s(self, problem: Problem) -> float:
        if self.silly:
            raise KeyError("ten")
        return 60.0 if self.patient else 0.0


class Later(Verifier):
    async def verify(self, problem: Problem, completion: str, sandbox: Sandbox | None = None) -> Verdict:  # type: ignore[override]
        return scored(1.0)


class NeverUp:
    def __init__(self) -> None:
        raise ValueError("no daemon answers")

    def ready(self) -> None: ...


@pytest.fixture(scope="module")
def verifiers(ray_here: None) -> Iterator[RemoteVerifiers]:
    """Two actors. Ray leaves sockets and files for the interpreter's end to close."""
    section, plugins = ClusterSection(verifiers=2, verdict_s=VERDICT_S), Plugins((__name__,))
    started = start_verifiers(SandboxSection(kind="local"), section, plugins)
    assert isinstance(started, RemoteVerifiers)
    yield started
    started.close()


def judge(verifiers: RemoteVerifiers, texts: Sequence[str], patient: bool = False) -> list[Judgement]:
    problem = Problem(id="p", prompt="?", verifier=f"{__name__}:Obeys", params={"patient": patient})
    return verifiers.judge([(problem, text) for text in texts])


def told(judgement: Judgement) -> tuple[int, float, str]:
    """(process, time of the verdict, what was asked)"""
    assert judgement.verdict, judgement.error
    pid, at, what = judgement.verdict.detail.split(maxsplit=2)
    return int(pid), float(at), what


def both_processes(verifiers: RemoteVerifiers) -> set[int]:
    """Of the two actors, once both answer."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        found = {told(judgement)[0] for judgement in judge(verifiers, ["sleep 0.02"] * 10)}
        if len(found) == 2:
            return found
    raise AssertionError("an actor did not come back")


def test_judges_hold_a_core_each_while_there_is_one() -> None:
    cores = os.sched_getaffinity(0)
    everybody = threading.Barrier(len(cores) + 1)

    def held(_: int) -> set[int]:
        with own_core():
            everybody.wait(10)
            found = os.sched_getaffinity(0)
            everybody.wait(10)
        assert os.sched_getaffinity(0) == cores
        return found

    with ThreadPoolExecutor(len(cores) + 1) as threads:
        found = list(threads.map(held, range(len(cores) + 1)))
    assert Counter(map(frozenset, found)) == Counter([*(frozenset({core}) for core in cores), frozenset(cores)])


def test_judgements_come_in_order_from_every_actor(verifiers: RemoteVerifiers) -> None:
    judgements = judge(verifiers, [f"ok{i}" for i in range(3000)])
    assert [told(judgement)[2] for judgement in judgements] == [f"ok{i}" for i in range(3000)]
    sent = ray.get(ray.put(verifiers))  # as it goes to the controller
    assert both_processes(sent) == both_processes(verifiers)


def test_a_verdict_without_end_delays_no_other_and_costs_one_process_that_comes_back(
    verifiers: RemoteVerifiers,
) -> None:
    before, order = both_processes(verifiers), list[int]()
    problem = Problem(id="p", prompt="?", verifier=f"{__name__}:Obeys")
    futures = verifiers.ask([(problem, text) for text in ["ok"] * 300 + ["sleep 9999"] + ["ok"] * 300])
    for number, future in enumerate(futures):
        future.add_done_callback(lambda _, number=number: order.append(number))  # type: ignore[misc]
    judgements = [future.result() for future in futures]
    late = judgements.pop(300)
    assert late.verdict is None and not late.retryable
    assert late.error == f"verifier: {__name__}:Obeys took longer than {VERDICT_S:g} s"
    assert all(judgement.verdict for judgement in judgements)
    assert order[-1] == 300, "all others have theirs before it is given up"
    assert len(both_processes(verifiers) & before) == 1


def test_who_asks_meanwhile_does_not_wait_for_it(verifiers: RemoteVerifiers) -> None:
    slow = threading.Thread(target=judge, args=(verifiers, ["sleep 9999"]))
    slow.start()
    time.sleep(0.2)
    assert [told(judgement)[2] for judgement in judge(verifiers, ["ok"] * 100)] == ["ok"] * 100
    assert slow.is_alive()
    slow.join()


def test_a_row_whose_tests_may_take_long_is_waited_for(verifiers: RemoteVerifiers) -> None:
    (judgement,) = judge(verifiers, [f"sleep {VERDICT_S + 1}"], patient=True)
    assert told(judgement)[2] == "sleep" and judgement.seconds > VERDICT_S


def test_a_verdict_that_kills_its_process_is_the_only_one_lost(verifiers: RemoteVerifiers) -> None:
    before = both_processes(verifiers)
    judgements = judge(verifiers, ["ok"] * 50 + ["die"] + ["ok"] * 50)
    assert judgements.pop(50).error.startswith(f"actor: lost twice with {__name__}:Obeys: Actor")
    assert {told(judgement)[2] for judgement in judgements} == {"ok"}
    assert not both_processes(verifiers) & before


def test_a_process_killed_from_outside_loses_no_row(verifiers: RemoteVerifiers) -> None:
    victim = min(both_processes(verifiers))
    timer = threading.Timer(0.2, os.kill, (victim, signal.SIGKILL))
    timer.start()
    judgements = judge(verifiers, ["sleep 0.01"] * 100)
    timer.join()
    assert {told(judgement)[2] for judgement in judgements} == {"sleep"}


@pytest.mark.whole
def test_a_verifier_that_holds_its_interpreter_is_found_out(
    verifiers: RemoteVerifiers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judging, "ANSWER_S", 5.0)
    judgements = judge(verifiers, ["ok"] * 50 + ["hold"] + ["ok"] * 50)
    assert judgements.pop(50).error == f"actor: lost twice with {__name__}:Obeys: GetTimeoutError"
    assert {told(judgement)[2] for judgement in judgements} == {"ok"}


def test_a_broken_sandbox_is_tried_once_more_elsewhere(verifiers: RemoteVerifiers, tmp_path: Path) -> None:
    once, twice, left = judge(verifiers, [f"break {tmp_path / 'once'}", "broken", "leave"])
    assert told(once)[2] == "break"
    assert twice.verdict is None and twice.error == "sandbox: the box is gone"
    assert left.verdict is None and left.error == "verifier: SystemExit: 0"


def test_what_is_no_verdict_costs_its_own_verdict_and_no_process(verifiers: RemoteVerifiers) -> None:
    before = both_processes(verifiers)
    judgements = judge(verifiers, ["ok"] * 20 + ["float", "interrupt"] + ["ok"] * 20)
    wrong = [judgements.pop(20).error for _ in range(2)]
    assert wrong[0].startswith("verifier: VerifierError: verify returned 0.5, no Verdict")
    assert wrong[1] == "verifier: KeyboardInterrupt"
    assert {told(judgement)[2] for judgement in judgements} == {"ok"}
    (later,) = verifiers.judge([(Problem(id="p", prompt="?", verifier=f"{__name__}:Later"), "x")])
    assert later.error.startswith("verifier: VerifierError: verify returned a coroutine")
    assert both_processes(verifiers) == before


def test_a_verifier_that_cannot_say_how_long_it_takes_is_waited_for_as_any_other(verifiers: RemoteVerifiers) -> None:
    problem = Problem(id="p", prompt="?", verifier=f"{__name__}:Obeys", params={"silly": True})
    slow, late = verifiers.judge([(problem, "sleep 1"), (problem, "sleep 9999")])
    assert told(slow)[2] == "sleep"
    assert late.error == f"verifier: {__name__}:Obeys took longer than {VERDICT_S:g} s"


@pytest.mark.usefixtures("verifiers")
def test_whatever_ends_an_attendant_is_told_to_whoever_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    def raises(self: RemoteVerifiers, place: int, batch: Sequence[object]) -> bool:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr(RemoteVerifiers, "_judge_on", raises)
    actor = ray.remote(judging.JudgeProcess).remote(SandboxSection(kind="local"), Plugins((__name__,)))
    broken = RemoteVerifiers([actor], VERDICT_S)
    errors = [judgement.error for judgement in judge(broken, ["ok", "ok"])]
    assert errors[0] == "actor: ZeroDivisionError: ours"
    assert errors[1] == "actor: none can be started: ZeroDivisionError: ours"
    broken.close()


@pytest.mark.usefixtures("verifiers")
def test_an_actor_that_no_node_takes_is_named_and_given_up(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(judging, "NAMED_S", 0.1)
    monkeypatch.setattr(judging, "LOOK_S", 0.2)
    nowhere = ray.remote(NeverUp).options(resources={"sandbox": 1}).remote()
    (judgement,) = judge(RemoteVerifiers([nowhere], VERDICT_S, lost_s=1.0, resource="sandbox"), ["ok"])
    assert judgement.error == "actor: none can be started: no process for 1 s; no node offers 'sandbox'"
    named = [record.getMessage().partition("; ")[2] for record in caplog.records]
    assert named.count("no node offers 'sandbox'") == 1  # beside actors of tests before, which end while this one waits


@pytest.mark.usefixtures("verifiers")
def test_actors_that_cannot_be_started_are_an_error_of_ours_with_its_reason() -> None:
    (judgement,) = judge(RemoteVerifiers([ray.remote(NeverUp).remote() for _ in range(2)], VERDICT_S), ["ok"])
    assert judgement.verdict is None
    assert judgement.error == "actor: none can be started: ValueError: no daemon answers"
