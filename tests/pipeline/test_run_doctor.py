"""Who holds a run up and what it died of, read off run folders that are made up and off processes that are real."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from temper.pipeline import pulse
from temper.pipeline.cli import main
from temper.pipeline.doctor import Doing, Role, described, died_first, holds_up, last_words, look, patience, stacks

WAITS = Doing("waits for the learners", 300, "learner")
BATCH = Doing("waits for the batch of step 9", 60, "controller")


def role(name: str, *doing: Doing, idle_s: float = 1, state: str = "runs", silent_s: float = 2, **facts: Any) -> Role:
    return Role(name, 7, "here", state, silent_s, idle_s, doing, facts)


def run_of(*others: Role) -> list[Role]:
    """A run of two learners that go on, with other roles in the places of some."""
    usual = {
        "driver": role("driver", WAITS),
        "learner-0": role("learner-0", idle_s=3),
        "controller": role("controller"),
        "engine-0": role("engine-0", Doing("samples", 0.2)),
        "verifier-0": role("verifier-0"),
        "verifier-1": role("verifier-1", Doing("judges math on problem 'a'", 0.1)),
    }
    return list({**usual, **{one.name: one for one in others}}.values())


WAITING = role("learner-0", BATCH)
LATE = Doing("samples", 55)
HELD_UP: list[tuple[str, list[Role], str | None, str]] = [
    ("all go on", [], None, ""),
    ("a step takes its time", [role("learner-0", Doing("waits for the batch of step 9", 35, "controller"))], None, ""),
    ("sft", [role("learner-0", idle_s=90)], "learner-0", "works by itself for 1m30s"),
    ("a learner", [role("learner-0", idle_s=50), role("controller", sampling=0)], "learner-0", "for 50s"),
    ("an engine", [WAITING, role("controller", sampling=9, ended_s=58), role("engine-0", LATE)], "engine-0", "samples"),
    (
        "one of two engines",
        [WAITING, role("controller", sampling=9, ended_s=58), role("engine-1", Doing("samples", 57))],
        "engine-1",
        "for 57s",
    ),
    (
        "a push",
        [role("learner-0", Doing("pushes version 3", 61, "controller")), role("controller", push_s=60),
         role("engine-0", Doing("takes the weights of version 3", 59))],
        "engine-0",
        "takes the weights of version 3 for 59s",
    ),
    (
        "the learner's part of a push",
        [role("learner-0", Doing("pushes version 3", 61, "controller"), Doing("computes the probe of version 3", 55)),
         role("controller", push_s=60), role("engine-0", idle_s=54)],
        "learner-0",
        "computes the probe of version 3 for 55s",
    ),
    (
        "a verdict",
        [WAITING, role("controller", verifying=3, verdict_s=57),
         role("verifier-1", Doing("judges code on problem 'b'", 56))],
        "verifier-1",
        "judges code on problem 'b' for 56s",
    ),
    (
        "verdicts that no verifier was asked for",
        [WAITING, role("controller", verifying=3, verdict_s=57), role("verifier-0", idle_s=58),
         role("verifier-1", idle_s=57)],
        "controller",
        "3 verdicts are due for 57s, and no verifier has had anything in hand for 57s",
    ),
    (
        "an engine that nobody asks",
        [WAITING, role("controller", sampling=8, ended_s=59), role("engine-0", idle_s=59)],
        "controller",
        "8 completions are due",
    ),
    ("turns of nobody", [WAITING, role("controller", calling=2, turn_s=50)], "session", "2 turns are due for 50s"),
    ("a lock", [WAITING, role("controller", locked=1.0)], "controller", "its lock"),
    (
        "a batch that is not made",
        [WAITING, role("controller", Doing("makes the batch of step 9", 60), sampling=0)],
        "controller",
        "makes the batch of step 9 for 1m00s",
    ),
    (
        "the report",
        [role("driver", WAITS, Doing("writes the report", 52))],
        "driver",
        "writes the report for 52s",
    ),
    ("a driver between stages", [role("driver", idle_s=70)], "driver", "works by itself for 1m10s"),
    ("a stopped engine", [WAITING, role("engine-0", state="stopped")], "engine-0", "is stopped"),
    ("a stopped driver", [role("driver", WAITS, state="stopped", silent_s=50)], "driver", "is stopped"),
    ("a verifier that is gone", [role("verifier-0", state="gone")], "verifier-0", "is gone; last it had nothing"),
    ("roles that are closed", [role("driver", idle_s=1), role("verifier-0", state="gone")], None, ""),
    (
        "a learner without a pulse",
        [role("learner-0", idle_s=50, silent_s=45)],
        "learner-0",
        "no pulse for 45s; last it worked by itself",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("roles", "who", "why"), [case[1:] for case in HELD_UP], ids=[case[0] for case in HELD_UP])
def test_who_holds_the_others_up(roles: list[Role], who: str | None, why: str) -> None:
    found = holds_up(run_of(*roles), 40.0)
    assert (found and found.role) == who
    assert found is None or why in found.why, found.why


def test_an_evaluation_is_held_up_by_what_its_worker_waits_for() -> None:
    of_eval = [role("driver", WAITS), role("worker", Doing("evaluate", 90)), role("verifier-0", Doing("judges x", 80))]
    assert (found := holds_up(of_eval, 40.0)) and found.role == "verifier-0"
    assert (found := holds_up([*of_eval[:2], role("verifier-0")], 40.0)) and found.role == "worker"


def test_patience_grows_with_the_steps_of_the_run() -> None:
    assert patience([]) == patience([1.0, 5.0]) == 40.0
    assert patience([100.0, 120.0, 900.0]) == 360.0


# -- folders


def made(folder: Path) -> Path:
    """A run's folder before any role reports."""
    run = folder / "name"
    run.mkdir()
    (run / "owner.json").write_text("{}")
    stages = [{"name": name, "folder": f"{name}-1"} for name in ("base", "sft", "rlvr", "eval")]
    (run / "stages.json").write_text(json.dumps({"stages": stages}))
    for name in ("base", "sft", "rlvr"):
        (folder / "stages" / f"{name}-1").mkdir(parents=True)
    for name in ("base", "sft"):
        (folder / f"stages/{name}-1/stage.json").write_text("{}")
    work = folder / "stages/rlvr-1/work/checkpoint-10"
    work.mkdir(parents=True)
    (work / "temper_complete.json").write_text("{}")
    (folder / "stages/rlvr-1/metrics.jsonl").write_text(
        "".join(json.dumps({"stage": "rlvr", "step": step, "seconds/wait": 1.0}) + "\n" for step in range(1, 14))
        + '{"stage": "rl'
    )
    return run


def told(folder: Path, name: str, pid: int | None = None, **more: Any) -> dict[str, Any]:
    """Writes a pulse; without a number of one of a process that is no more."""
    here = {"pid": pid or 2**22 + len(name), "born": pulse.born(pid) if pid else 1, "host": socket.gethostname()}
    said = {"role": name, "run": "r", "stage": "rlvr", "started": 0, "beat": time.time(), "idle": time.time()}
    written = {**here, **said, "end": None, "doing": [], "facts": {}, **more}
    (folder / "logs").mkdir(exist_ok=True)
    (folder / "logs" / f"{name}.json").write_text(json.dumps(written))
    return written


def test_a_run_that_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = made(tmp_path)
    told(run, "driver", os.getpid(), doing=[["waits for the learners", time.time() - 9, "learner"]])
    facts = {
        "groups": 6, "closed": 2, "sampling": 31, "unasked": 4, "calling": 0, "verifying": 5, "version": 12,
        "pushed_s": 3.2,
    }  # fmt: skip
    told(run, "controller", os.getpid(), facts=facts)
    told(run, "verifier-0", os.getpid(), doing=[["judges math on problem 'a'", time.time(), None]])
    told(run, "verifier-9", run="an earlier one"), told(run, "engine-0", stage="eval")
    assert main(["doctor", str(run)]) == 0
    said = capsys.readouterr().out
    assert "alive, rlvr, step 13" in said and "held up" not in said
    assert "queues: 6 groups, 2 of them closed; 4 requests to be asked, 31 in the engine" in said
    assert "slots: 1 of 1 verifiers judge" in said and "weights: version 12, pushed 3s before" in said
    assert "verifier-9" not in said and "engine-0" not in said, "of another attempt, of another stage"


def test_a_killed_driver_went_first_though_all_are_gone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = made(tmp_path)
    for name in ("driver", "engine-0", "learner-0"):
        told(run, name)
    (run / "logs/driver.log").write_text("rlvr step 13/60\n")
    assert main(["doctor", str(run)]) == 1
    said = capsys.readouterr().out
    assert "dead, rlvr" in said and "died first: driver: its process" in said and "rlvr step 13/60" in said
    assert "base: finished, not run again\n    sft: finished, not run again" in said
    assert "rlvr: goes on from its checkpoint of step 10; 3 steps are made again\n    eval: to run" in said


@pytest.mark.parametrize("name", ["engine-0", "verifier-1", "learner-0", "controller"])
def test_who_was_lost_and_did_not_come_back_went_first(tmp_path: Path, name: str) -> None:
    run = made(tmp_path)
    gone = told(run, name, doing=[["samples", 1.0, None]])
    (run / "logs" / f"{name}.log").write_text("".join(f"line {i}\n" for i in range(40)))
    pulse.note_lost(run / "logs", gone)
    pulse.note_lost(run / "logs", gone)
    told(run, "session-0", end={"how": "error", "error": "LostError: the other", "time": 5})
    told(run, "driver", end={"how": "error", "error": "StageError: 3 losses", "time": time.time()})
    found = look(run)
    assert found.state == "ended" and found.culprit and found.culprit.role == name and len(found.lost) == 1
    assert found.lines[-1] == "line 39" and len(found.lines) == 12
    words = last_words(run)
    assert words[0].startswith(f"{name} (process {gone['pid']}) went first") and words[-2] == "    line 39"


def test_who_came_back_is_not_what_a_run_died_of(tmp_path: Path) -> None:
    run = made(tmp_path)
    pulse.note_lost(run / "logs", told(run, "engine-0"))
    told(run, "engine-0", pid=2**22 + 99)
    told(run, "driver")
    found = look(run)
    assert found.culprit and found.culprit.role == "driver" and [one["role"] for one in found.lost] == ["engine-0"]


def test_the_first_error_counts_where_nobody_was_lost(tmp_path: Path) -> None:
    run = made(tmp_path)
    for place, at in ((0, 20.0), (1, 19.0)):
        told(run, f"learner-{place}", end={"how": "error", "error": f"KeyError: {place}", "time": at})
    told(run, "driver", end={"how": "error", "error": "StageError: KeyError", "time": 21.0})
    found = look(run)
    assert found.culprit and (found.culprit.role, found.culprit.why) == ("learner-1", "KeyError: 1")


@pytest.mark.parametrize(
    ("end", "state"),
    [
        ({"how": "done", "time": 1}, "finished"),
        ({"how": "error", "error": "KeyboardInterrupt: ", "time": 1}, "interrupted"),
        ({"how": "error", "error": "StageError: StoppedError: rlvr.on_alarm: step 57", "time": 1}, "stopped"),
    ],
)
def test_a_run_that_ended_of_itself(tmp_path: Path, end: dict[str, Any], state: str) -> None:
    run = made(tmp_path)
    told(run, "driver", end=end)
    found = look(run)
    assert found.state == state and found.culprit is None and last_words(run) == []
    assert found.good == (state == "finished") and ("step 57" in described(found)) == (state == "stopped")


def test_folders_that_say_less(tmp_path: Path) -> None:
    run = made(tmp_path)
    assert look(run).state == "unknown" and "no role has reported" in described(look(run))
    told(run, "driver", os.getpid())
    (run / "logs/engine-0.json").write_text('{"role": "eng')
    (run / "logs/lost.jsonl").write_text('{"time": 1')
    assert look(run).state == "alive"
    with pytest.raises(ValueError, match="no run here"):
        look(tmp_path)


# -- processes

SCRIPT = """
import sys, time
from pathlib import Path
from temper.pipeline import pulse
def hangs():
    with pulse.doing("samples"):
        print("about to hang", flush=True)
        time.sleep(60)
pulse.report(pulse.Post(Path(sys.argv[1]), "r", "rlvr"), "engine-0")
hangs()
"""


@contextmanager
def engine(run: Path) -> Iterator[subprocess.Popen[bytes]]:
    log, until = run / "logs/engine-0.log", time.monotonic() + 30
    before = log.stat().st_size if log.exists() else 0
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(run / "logs")])
    try:
        while not (log.exists() and "about to hang" in log.read_text()[before:]) and time.monotonic() < until:
            time.sleep(0.02)
        yield process
    finally:
        process.kill()
        process.wait()


def test_a_process_is_asked_where_it_is_stopped_and_killed(tmp_path: Path) -> None:
    run = made(tmp_path)
    told(run, "driver", os.getpid(), doing=[["waits for the learners", time.time() - 9, "learner"]])
    with engine(run) as process:
        (there,) = [role for role in look(run).roles if role.name == "engine-0"]
        assert (there.pid, there.state) == (process.pid, "runs")
        said = "\n".join(stacks(run, there))
        assert "in hangs" in said or "hangs (" in said, said
        os.kill(process.pid, signal.SIGSTOP)
        while pulse.state_of(process.pid, None) != "stopped":
            time.sleep(0.01)
        assert (found := look(run).culprit) and found.role == "engine-0" and "kill -CONT" in found.why
        process.kill()
        process.wait()
        assert (found := look(run).culprit) and found.role == "engine-0" and "is gone" in found.why
    with engine(run):
        (one,) = pulse.lost(run / "logs")
        lines: Any = one["lines"]
        assert one["pid"] == process.pid and lines[-1] == "about to hang", "the next one of the role says it"
        assert look(run).culprit is None


def test_the_driver_notes_who_is_gone_and_ends_with_its_error(tmp_path: Path) -> None:
    run = made(tmp_path)
    with pytest.raises(KeyError), pulse.driving(run):
        pulse.at_stage("rlvr")
        here = pulse.post()
        assert here is not None
        gone = told(run, "engine-0", run=here.run)
        with pulse.doing("writes the report"):
            raised = look(run)
        assert not pulse.lost(run / "logs"), "while it does not wait, roles may be closed"
        with pulse.watched("waits for the learners", on="learner"):
            carried = KeyError("another process's, with its traceback")
            vars(carried)["cause"] = KeyError("ten")
            raise carried
    (said,) = [role.said for role in look(run).roles if role.name == "driver"]
    assert said == "KeyError: 'ten'", "told as what it was, not as what carried it"
    assert [role.name for role in raised.roles] == ["driver", "engine-0"] and raised.culprit is None
    assert [one["pid"] for one in pulse.lost(run / "logs")] == [gone["pid"]]
    found = look(run)
    assert found.state == "ended" and found.culprit and found.culprit.role == "engine-0"
    assert "engine-0" in str(died_first(found.roles, found.lost))
