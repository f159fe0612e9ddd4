"""Whose fault it was: slots that break by themselves, by the program, or for good."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from temper.sandboxes import daemon
from temper.sandboxes.job import Call, Job, Limits, Result, Sandbox, SandboxError, Stdio, Unit
from temper.sandboxes.local import LocalSlots, PipeStream, lacking
from temper.sandboxes.owner import OWNER, owner_label, owner_label_of
from temper.sandboxes.pool import Pool, open_sandbox, sweep
from temper.sandboxes.section import SandboxSection
from temper.sandboxes.slot import CONTROL, Slot, SlotLostError

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.containers import Container

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

    def forget(self, session: str) -> None:
        pass

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


@pytest.mark.parametrize("kind", ["local", "one uid", pytest.param("docker", marks=pytest.mark.docker)])
def test_programs_run_on_the_cores_that_the_caller_may_use(kind: str, request: pytest.FixtureRequest) -> None:
    names = {"local": "local_pair", "one uid": "one_uid_pair", "docker": "docker_pair"}
    box: Sandbox = request.getfixturevalue(names[kind])[0]
    job = Job(source="import os\nprint(sorted(os.sched_getaffinity(0)))", tests=Stdio(inputs=("", "")))
    cores = os.sched_getaffinity(0)
    try:
        for held in ({min(cores)}, {max(cores)}, cores, cores):
            os.sched_setaffinity(0, held)
            assert [result.stdout for result in box.run(job)] == [f"{sorted(held)}\n"] * 2
    finally:
        os.sched_setaffinity(0, cores)


def test_a_solution_does_not_know_the_random_numbers_of_its_tests(box: Sandbox) -> None:
    tests = Unit(code="import random\nassert draw() != random.getrandbits(64)")
    job = Job(source="import random\ndef draw(): return random.getrandbits(64)", tests=tests)
    assert [(result.passed, result.detail) for _ in range(2) for result in box.run(job)] == [(True, "")] * 2


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


class GatedSlot(ScriptedSlot):
    """At work until its gate opens, or it is closed; tells who came."""

    def __init__(self, came: list[str]) -> None:
        super().__init__(set())
        self.came, self.gate = came, threading.Event()

    def run(self, job: Job) -> list[Result]:
        self.came.append(job.source)
        assert self.gate.wait(10)
        if self.lost:
            raise SlotLostError("closed")
        return super().run(job)

    def close(self) -> None:
        super().close()
        self.gate.set()


class Asking:
    """Jobs asked for by a thread each, in order: the next asks once the one before waits or is at work."""

    def __init__(self, pool: Pool) -> None:
        self.pool, self.jobs, self.ends = pool, dict[str, Job](), dict[str, str]()
        self.threads: list[threading.Thread] = []

    def ask(self, *names: str) -> None:
        for name in names:
            self.jobs[name] = HONEST.model_copy(update={"source": name})
            self.threads.append(threading.Thread(target=self._run, args=(name,)))
            self.threads[-1].start()
            wait_until(lambda: len(self.pool.under_way) == len(self.jobs) - len(self.ends))

    def _run(self, name: str) -> None:
        try:
            self.ends[name] = self.pool.run(self.jobs[name])[0].outcome
        except Exception as error:  # noqa: BLE001 - the kind is what is asked for
            self.ends[name] = type(error).__name__

    def all_ends(self) -> dict[str, str]:
        for thread in self.threads:
            thread.join(10)
        return self.ends


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.001)


@pytest.fixture
def gated() -> tuple[Asking, list[GatedSlot], list[str]]:
    made: list[GatedSlot] = []
    came: list[str] = []

    def factory() -> GatedSlot:
        made.append(GatedSlot(came))
        return made[-1]

    return Asking(Pool(factory, 1)), made, came


def test_jobs_run_in_the_order_in_which_they_were_asked_for(gated: tuple[Asking, list[GatedSlot], list[str]]) -> None:
    asking, (slot,), came = gated
    names = [f"job {number}" for number in range(20)]
    asking.ask(*names)
    slot.gate.set()
    assert set(asking.all_ends().values()) == {"finished"}
    assert came == names


def test_who_comes_again_and_again_does_not_pass_those_who_wait() -> None:
    came: list[str] = []

    class Quick(ScriptedSlot):
        def run(self, job: Job) -> list[Result]:
            came.append(job.source)
            time.sleep(0.001)
            return super().run(job)

    pool = Pool(lambda: Quick(set()), 1)

    def again(name: str) -> None:
        for _ in range(50):
            pool.run(HONEST.model_copy(update={"source": name}))

    threads = [threading.Thread(target=again, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    both = came[came.index("b") : len(came) - came[::-1].index("a")]
    assert len(both) > 50
    assert all(one != next_one for one, next_one in zip(both, both[1:], strict=False))


def test_no_more_jobs_are_at_work_than_there_are_slots() -> None:
    at_work, most = 0, 0
    lock = threading.Lock()

    class Counting(ScriptedSlot):
        def run(self, job: Job) -> list[Result]:
            nonlocal at_work, most
            with lock:
                at_work += 1
                most = max(most, at_work)
            time.sleep(0.005)
            with lock:
                at_work -= 1
            return super().run(job)

    asking = Asking(Pool(lambda: Counting(set()), 3))
    for number in range(30):
        asking.jobs[f"{number}"] = HONEST
        asking.threads.append(threading.Thread(target=asking._run, args=(f"{number}",)))
        asking.threads[-1].start()
    assert set(asking.all_ends().values()) == {"finished"}
    assert most == 3


def test_a_job_that_waits_can_be_cancelled_and_the_others_keep_their_order(
    gated: tuple[Asking, list[GatedSlot], list[str]],
) -> None:
    asking, (slot,), came = gated
    asking.ask("a", "b", "c")
    asking.pool.cancel(asking.jobs["b"])
    wait_until(lambda: "b" in asking.ends)
    slot.gate.set()
    assert asking.all_ends() == {"a": "finished", "b": "CancelledError", "c": "finished"}
    assert came == ["a", "c"]


def test_a_job_at_work_can_be_cancelled_and_its_slot_is_replaced(
    gated: tuple[Asking, list[GatedSlot], list[str]],
) -> None:
    asking, made, came = gated
    asking.ask("a", "b")
    asking.pool.cancel(asking.jobs["a"])
    wait_until(lambda: came == ["a", "b"])
    made[1].gate.set()
    assert asking.all_ends() == {"a": "CancelledError", "b": "finished"}
    assert [slot.lost for slot in made] == [True, False]
    asking.pool.cancel(asking.jobs["b"])
    assert [slot.lost for slot in made] == [True, False]


def test_a_closed_pool_ends_those_that_wait_and_those_at_work(
    gated: tuple[Asking, list[GatedSlot], list[str]],
) -> None:
    asking, made, came = gated
    asking.ask("a", "b", "c")
    asking.pool.close()
    assert asking.all_ends() == dict.fromkeys("abc", "SandboxError")
    assert (came, [slot.lost for slot in made]) == (["a"], [True])
    with pytest.raises(SandboxError, match="closed"):
        asking.pool.run(HONEST)


def test_a_slot_that_was_idle_for_long_is_looked_at_before_it_gets_a_job(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[ScriptedSlot] = []

    def factory() -> ScriptedSlot:
        made.append(ScriptedSlot(set()))
        return made[-1]

    pool = Pool(factory, 1)
    made[0].sound = False
    pool.run(HONEST)
    assert len(made) == 1
    monkeypatch.setattr("temper.sandboxes.pool.IDLE_S", 0.0)
    assert [r.outcome for r in pool.run(HONEST)] == ["finished"] * 2
    assert [slot.lost for slot in made] == [True, False]


def test_a_real_job_that_is_cancelled_ends_at_once(box: Sandbox) -> None:
    assert isinstance(box, Pool)
    job = Job(source="import time\ntime.sleep(60)", tests=Stdio(inputs=("",)), limits=Limits(cpu_s=20))
    asking = Asking(box)
    asking.jobs["slow"] = job
    thread = threading.Thread(target=asking._run, args=("slow",))
    thread.start()
    wait_until(lambda: any(run.job is job and run.slot for run in box.under_way))
    box.cancel(job)
    thread.join(50)  # the program sleeps longer
    assert asking.ends == {"slow": "CancelledError"}
    assert [r.stdout for r in box.run(HONEST)] == ["a\n", "b\n"]


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
    client = daemon.connect()
    killed = [c for c in client.containers.list(filters={"label": OWNER}) if c.labels[OWNER] == owner_label()]
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


@pytest.fixture
def client(docker_box: Sandbox) -> Iterator["DockerClient"]:
    client = daemon.connect()
    yield client
    client.close()


def containers_of(client: "DockerClient", label: str) -> list["Container"]:
    wanted: dict[str, str | list[str] | bool] = {"label": f"{OWNER}={label}"}
    found: list[Container] = client.containers.list(all=True, filters=wanted, ignore_removed=True)
    return found


@pytest.mark.docker
@pytest.mark.parametrize("owner", ["docker"], indirect=True)
def test_containers_die_with_their_owner(
    owner: "subprocess.Popen[str]", client: "DockerClient", docker_box: Sandbox
) -> None:
    label = owner_label_of(owner.pid)
    assert len(containers_of(client, label)) == 1
    owner.kill()
    owner.wait()
    wait_until(lambda: not containers_of(client, label))
    assert docker_box.run(CONTROL)[0].stdout == "sound\n"


@pytest.mark.docker
@pytest.mark.parametrize("owner", ["docker"], indirect=True)
def test_a_container_that_does_not_notice_its_owners_death_is_swept(
    owner: "subprocess.Popen[str]", client: "DockerClient", docker_box: Sandbox
) -> None:
    label = owner_label_of(owner.pid)
    (container,) = containers_of(client, label)
    container.pause()
    sweep()
    assert len(containers_of(client, label)) == 1
    owner.kill()
    owner.wait()
    assert sweep() >= 1
    wait_until(lambda: not containers_of(client, label))
    assert docker_box.run(CONTROL)[0].stdout == "sound\n"


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
SYSTEM_V = """
import ctypes, os
for kind in ("shm", "msg", "sem"):
    with open(f"/proc/sysvipc/{kind}") as file: head, *lines = [line.split() for line in file]
    assert str(os.getuid()) not in [line[head.index("uid")] for line in lines]
libc = ctypes.CDLL(None)
libc.shmget(0, 4096, 0o1600)
libc.msgget(0, 0o1600)
libc.semget(0, 1, 0o1600)
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
    table = [
        ("print(input())", "finished"),
        ("while True: pass", "time"),
        ("x = bytearray(200 << 20)", "memory"),
        ("import os\nwhile True:\n  try: os.fork()\n  except OSError: pass", "processes"),
        ("1 / 0", "runtime_error"),
        ("import os, time\nif os.fork() == 0:\n  os.setsid()\n  time.sleep(100)", "finished"),
        (SYSTEM_V, "finished"),
    ]
    with contextlib.closing(make()) as slot:
        for _ in range(2):
            for source, outcome in table:
                cpu_s = 0.3 if outcome in ("time", "processes") else 3  # what never ends costs its CPU time
                limits = Limits(cpu_s=cpu_s, memory_mb=128, processes=16)
                (result,) = slot.run(Job(source=source, tests=Stdio(inputs=("a",)), limits=limits))
                assert result.outcome == outcome, (source, result)
                assert slot.passes_control()
        (cheat,) = slot.run(Job(source=UNIT_CHEAT, tests=Unit(code="assert f(1) == 42"), limits=Limits(cpu_s=3)))
        (honest,) = slot.run(Job(source="def f(x): return 42", tests=Unit(code="assert f(1) == 42")))
        assert (cheat.passed, honest.passed) == (False, True)
        assert make.limits_of_promise()


def test_a_supervisor_that_does_not_read_is_a_lost_slot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("temper.sandboxes.local.SEND_S", 0.2)
    monkeypatch.setattr("temper.sandboxes.local.END_S", 0.2)
    stream = PipeStream([sys.executable, "-c", "import time\ntime.sleep(1000)"], {})
    with pytest.raises(SlotLostError, match="is not read within"):
        Slot(stream, {"files": "x" * (1 << 20)}, "deaf")
    assert stream.process.returncode == -signal.SIGKILL


def test_no_test_changes_what_the_next_one_runs_whatever_our_umask_is() -> None:
    if os.geteuid() != 0 or lacking(["c"]):
        pytest.skip("needs root and gcc: with one uid this is not promised")
    before = os.umask(0)
    try:
        sandbox = open_sandbox(SandboxSection(kind="local", languages=("c",)))
    finally:
        os.umask(before)
    source = '#include <stdio.h>\nint main(void) { puts(fopen("program.c", "a") ? "open" : "closed"); }'
    try:
        results = sandbox.run(Job(language="c", source=source, tests=Stdio(inputs=("", ""))))
    finally:
        sandbox.close()
    assert [result.stdout for result in results] == ["closed\n"] * 2


def test_programs_heed_signals_that_our_shell_told_us_to_ignore() -> None:
    before = signal.signal(signal.SIGQUIT, signal.SIG_IGN)
    try:
        sandbox = open_sandbox(SandboxSection(kind="local"))
    finally:
        signal.signal(signal.SIGQUIT, before)
    try:
        source = "import signal\nprint([signal.getsignal(s).name for s in (signal.SIGQUIT, signal.SIGTERM)])"
        (result,) = sandbox.run(Job(source=source, tests=Stdio(inputs=("",))))
    finally:
        sandbox.close()
    assert result.stdout == "['SIG_DFL', 'SIG_DFL']\n"
