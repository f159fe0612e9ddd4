"""Whose fault it was: slots that break by themselves, by the program, or for good."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from temper.sandboxes import docker
from temper.sandboxes.doctor import doctor
from temper.sandboxes.job import Call, Job, Limits, Result, Sandbox, SandboxError, Stdio, Unit
from temper.sandboxes.local import LocalSlots
from temper.sandboxes.pool import Pool, open_sandbox, sweep
from temper.sandboxes.section import SandboxSection
from temper.sandboxes.slot import CONTROL, Slot, SlotLostError

HONEST = Job(source="print(input())", tests=Stdio(inputs=("a", "b")))
SCRIPT = """
import sys, time
from temper.sandboxes.pool import open_sandbox
from temper.sandboxes.section import SandboxSection
box = open_sandbox(SandboxSection(kind=sys.argv[1], slots=1))
print("open", flush=True)
time.sleep(60)
"""


class ScriptedSlot:
    """Breaks under a job whose source is in `breaks`, and under the control job when it is unsound."""

    def __init__(self, breaks: set[str], sound: bool = True) -> None:
        self.breaks, self.sound, self.lost = breaks, sound, False

    def run(self, job: Job) -> list[Result]:
        if job.source in self.breaks:
            self.lost = True
            raise SlotLostError("scripted")
        return [Result(outcome="finished")] * len(job.tests.inputs if job.tests.kind == "stdio" else [0])

    def passes_control(self) -> bool:
        return self.sound

    def close(self) -> None:
        self.lost = True


def test_a_job_that_loses_one_slot_runs_on_another() -> None:
    made: list[ScriptedSlot] = []

    def factory() -> ScriptedSlot:
        made.append(ScriptedSlot(set() if made else {HONEST.source}))
        return made[-1]

    pool = Pool(factory, 1)
    assert [r.outcome for r in pool.run(HONEST)] == ["finished"] * 2
    assert len(made) == 2


def test_a_job_that_loses_two_sound_slots_broke_the_sandbox() -> None:
    pool = Pool(lambda: ScriptedSlot({"bad"}), 1)
    assert [r.outcome for r in pool.run(HONEST.model_copy(update={"source": "bad"}))] == ["broke_the_sandbox"] * 2
    assert [r.outcome for r in pool.run(HONEST)] == ["finished"] * 2


def test_where_the_control_job_fails_too_it_is_ours() -> None:
    made: list[ScriptedSlot] = []

    def factory() -> ScriptedSlot:
        made.append(ScriptedSlot({"bad"}, sound=len(made) < 2))
        return made[-1]

    pool = Pool(factory, 1)
    with pytest.raises(SandboxError, match="control"):
        pool.run(HONEST.model_copy(update={"source": "bad"}))


def test_a_job_over_the_wall_but_not_the_cpu_limit_is_repeated_once() -> None:
    runs: list[Job] = []

    class Slow(ScriptedSlot):
        def run(self, job: Job) -> list[Result]:
            runs.append(job)
            return [Result(outcome="time" if len(runs) == 1 else "finished", cpu_s=0.1, wall_s=99)]

    assert [r.outcome for r in Pool(lambda: Slow(set()), 1).run(HONEST)] == ["finished"]


BAD_JOBS = [
    (Job(language="cobol", source="", tests=Stdio(inputs=("",))), "unknown language 'cobol'"),
    (Job(language="bash", source="", tests=Call(entry_point="f", calls=())), "'call' tests need python"),
    (Job(source="", tests=Stdio(inputs=("",)), limits=Limits(memory_mb=4096)), "memory_mb"),
]


@pytest.mark.parametrize(("job", "reason"), BAD_JOBS)
def test_a_job_that_the_row_got_wrong_is_refused_before_it_runs(job: Job, reason: str) -> None:
    pool = Pool(lambda: ScriptedSlot(set()), 1, ("python", "bash"), memory_mb=2048)
    with pytest.raises(ValueError, match=reason):
        pool.run(job)


def test_an_unknown_language_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="unknown language 'cobol'"):
        open_sandbox(SandboxSection(kind="local", languages=("cobol",)))


def test_docker_without_a_daemon_is_refused_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    with pytest.raises(ValueError, match=r"sandbox.kind: 'docker' needs a Docker daemon.*start dockerd"):
        open_sandbox(SandboxSection(kind="docker"))


def test_auto_without_a_daemon_takes_local_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    lines: list[str] = []
    box = open_sandbox(SandboxSection(), lines.append)
    box.close()
    (line,) = lines
    assert line.startswith("sandbox: local")
    assert "no daemon" in line


def test_many_threads_share_the_slots(box: Sandbox) -> None:
    results: dict[int, str] = {}

    def ask(number: int) -> None:
        job = Job(source="print(int(input()) * 2)", tests=Stdio(inputs=(str(number),)))
        results[number] = box.run(job)[0].stdout

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {number: f"{number * 2}\n" for number in range(20)}


def test_a_killed_supervisor_is_replaced_and_the_job_still_ends_well() -> None:
    slots: list[Slot] = []
    make = LocalSlots()

    def factory() -> Slot:
        slots.append(make())
        return slots[-1]

    pool = Pool(factory, 1)
    process = slots[0].stream.process  # type: ignore[attr-defined]
    process.kill()
    process.wait()
    assert [r.stdout for r in pool.run(HONEST)] == ["a\n", "b\n"]
    assert len(slots) == 2
    pool.close()
    with pytest.raises(SandboxError, match="closed"):
        pool.run(HONEST)


@pytest.mark.docker
def test_a_killed_container_is_replaced_and_the_job_still_ends_well(docker_box: Sandbox) -> None:
    client = docker.connect()
    killed = [
        c
        for c in client.containers.list(filters={"label": docker.OWNER})
        if c.labels[docker.OWNER] == docker.owner_label()
    ]
    for container in killed:
        container.kill()
    client.close()
    assert killed
    for _ in range(3):
        assert [r.stdout for r in docker_box.run(HONEST)] == ["a\n", "b\n"]


@pytest.fixture
def owner(request: pytest.FixtureRequest) -> Iterator["subprocess.Popen[str]"]:
    argv = [sys.executable, "-c", SCRIPT, request.param]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        yield process
        process.kill()


def children_of(pid: int) -> list[int]:
    with open(f"/proc/{pid}/task/{pid}/children") as file:  # noqa: PTH123
        return [int(text) for text in file.read().split()]


@pytest.mark.parametrize("owner", ["local"], indirect=True)
def test_local_slots_die_with_their_owner(owner: "subprocess.Popen[str]") -> None:
    (launcher,) = children_of(owner.pid)
    family = [launcher, *children_of(launcher)]
    owner.kill()
    owner.wait()
    deadline = time.monotonic() + 10
    while any(os.path.exists(f"/proc/{pid}") for pid in family):  # noqa: PTH110
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.docker
@pytest.mark.parametrize("owner", ["docker"], indirect=True)
def test_containers_die_with_their_owner_or_are_swept(owner: "subprocess.Popen[str]", docker_box: Sandbox) -> None:
    client = docker.connect()
    label = docker.owner_label_of(owner.pid)
    assert len(client.containers.list(all=True, filters={"label": f"{docker.OWNER}={label}"})) == 1
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    deadline = time.monotonic() + 10
    sweep()
    while client.containers.list(all=True, filters={"label": f"{docker.OWNER}={label}"}):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    client.close()
    assert docker_box.run(CONTROL)[0].stdout == "sound\n"


@pytest.mark.docker
def test_the_doctor_finds_this_machine_well(docker_box: Sandbox) -> None:
    checks = doctor(("python", "bash"))
    found = {check.name: check.ok for check in checks}
    assert [found[name] for name in ("daemon", "image", "container", "kernel")] == [True] * 4
    assert all(check.remedy or check.ok for check in checks)


PLANS = [("namespaces", 2), ("namespaces", 0), ("plain", 2)]
VERDICT = '{"passed": true, "detail": "", "died": false}'
UNIT_CHEAT = f"""
import glob, os
def f(x):
    for path in glob.glob('/proc/[0-9]*/fd/*') + glob.glob('/proc/[0-9]*/mem'):
        if f'/{{os.getpid()}}/' not in path:
            try: open(path, 'w').write('{VERDICT}\\n')
            except OSError: pass
    return 0
"""


@pytest.mark.parametrize(("plan", "uids"), PLANS)
def test_every_local_plan_that_starts_gives_the_same_verdicts(plan: str, uids: int) -> None:
    make = LocalSlots()
    make.plan, make.uids = plan, uids
    if (plan, uids) not in make.plans():
        pytest.skip("needs root")
    make.python = "/usr/bin/python3" if plan == "plain" else make.python
    if plan == "plain" and not os.access(make.python, os.X_OK):
        pytest.skip("needs a Python that other uids can read")
    slot = make()
    small = Limits(cpu_s=0.3, memory_mb=128, processes=16)
    table = [
        ("print(input())", "finished"),
        ("while True: pass", "time"),
        ("x = bytearray(200 << 20)", "memory"),
        ("import os\nwhile True:\n  try: os.fork()\n  except OSError: pass", "processes"),
        ("1 / 0", "runtime_error"),
        ("import os, time\nif os.fork() == 0:\n  os.setsid()\n  time.sleep(100)", "finished"),
    ]
    for _ in range(2):
        for source, outcome in table:
            (result,) = slot.run(Job(source=source, tests=Stdio(inputs=("a",)), limits=small))
            assert result.outcome == outcome, (source, result)
            assert slot.passes_control()
    (cheat,) = slot.run(Job(source=UNIT_CHEAT, tests=Unit(code="assert f(1) == 42"), limits=Limits(cpu_s=3)))
    (honest,) = slot.run(Job(source="def f(x): return 42", tests=Unit(code="assert f(1) == 42")))
    assert (cheat.passed, honest.passed) == (False, True)
    assert make.limits_of_promise()
    slot.close()
