"""What Docker's slots promise of themselves, each promise attacked: whatever breaks is ours and no program's score.

A container, its init, its supervisor and its zygote are killed from outside while an honest job runs; the job must
still come out right, on another slot. Where no other slot is to be had it must be `SandboxError`.
"""

import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from temper.sandboxes import daemon, docker
from temper.sandboxes.container import Door
from temper.sandboxes.job import Job, Limits, Result, Sandbox, SandboxError, Stdio
from temper.sandboxes.owner import OWNER, owner_label
from temper.sandboxes.pool import Pool
from temper.sandboxes.section import SandboxSection
from temper.sandboxes.slot import Slot

if TYPE_CHECKING:
    from docker.models.containers import Container

pytestmark = pytest.mark.docker
SMALL = Limits(cpu_s=2, memory_mb=64)
HONEST = Job(source="print(input())", tests=Stdio(inputs=("a",)), limits=SMALL)
SLOW = Job(source="import time\ntime.sleep(0.5)\nprint(input())", tests=Stdio(inputs=("a",)), limits=SMALL)
HOG = """
import os
for _ in range(30):
    if os.fork() == 0:
        held = bytearray(20 << 20)
        while True: pass
os.wait()
"""
GONE_S = 20
"""On a machine with nothing else to do it is less than one."""
SECTION = SandboxSection(kind="docker", slots=1, memory_mb=64)


class Made:
    """A pool of one slot, and every slot that it made."""

    def __init__(self, section: SandboxSection = SECTION) -> None:
        self.make, self.slots = docker.Containers(section), list[Slot]()
        self.pool = Pool(self._factory, section.slots, section.languages, section.memory_mb)

    def _factory(self) -> Slot:
        self.slots.append(self.make())
        return self.slots[-1]

    def container(self, number: int = -1) -> "Container":
        found: Container = self.slots[number].stream.container  # type: ignore[attr-defined]
        return found

    def during(self, job: Job, does: Callable[[], object]) -> list[Result]:
        """The job's results, `does` having been called while it ran."""
        timer = threading.Timer(0.2, does)
        timer.start()
        try:
            return self.pool.run(job)
        finally:
            timer.join()


@pytest.fixture
def made(docker_box: Sandbox) -> Iterator[Made]:
    made = Made()
    yield made
    made.pool.close()


def processes_of(container: "Container") -> dict[str, int]:
    """PIDs on the host of a container's init, its supervisor and its zygote."""
    container.reload()
    init = int(container.attrs["State"]["Pid"])
    (supervisor,) = children_of(init)
    return {"init": init, "supervisor": supervisor, "zygote": children_of(supervisor)[0]}


def children_of(pid: int) -> list[int]:
    return [int(text) for text in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def wait_until_gone(container: "Container") -> None:
    client = daemon.connect()
    deadline = time.monotonic() + GONE_S
    while client.containers.list(all=True, filters={"id": str(container.id)}, ignore_removed=True):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    client.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="kills processes of root")
@pytest.mark.parametrize("victim", ["init", "supervisor", "zygote"])
def test_a_job_whose_slot_loses_a_process_ends_well_on_another(made: Made, victim: str) -> None:
    pid = processes_of(made.container())[victim]
    assert [r.stdout for r in made.during(SLOW, lambda: os.kill(pid, signal.SIGKILL))] == ["a\n"]
    assert len(made.slots) == 2
    wait_until_gone(made.container(0))


def test_a_job_whose_container_is_killed_ends_well_on_another(made: Made) -> None:
    assert [r.stdout for r in made.during(SLOW, made.container().kill)] == ["a\n"]
    assert len(made.slots) == 2
    wait_until_gone(made.container(0))


def test_a_job_that_loses_its_slot_to_a_daemon_that_stays_away_is_no_score(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop() -> None:
        monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
        container.kill()

    container = made.container()
    with pytest.raises(SandboxError, match="no sound slot can be started"):
        made.during(SLOW, stop)
    monkeypatch.undo()
    assert [r.stdout for r in made.pool.run(HONEST)] == ["a\n"]


def test_a_slot_whose_supervisor_hangs_is_replaced(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    limits = iter((1.0,))  # of the slot that hangs; the one behind it may be slow to come up
    monkeypatch.setattr("temper.sandboxes.slot.longest_s", lambda job: next(limits, 60.0))
    made.container().pause()
    assert [r.stdout for r in made.pool.run(HONEST)] == ["a\n"]
    assert len(made.slots) == 2
    wait_until_gone(made.container(0))


def test_a_container_whose_socket_closes_goes_by_itself(made: Made) -> None:
    stream: Any = made.slots[0].stream
    stream.direct.shutdown(socket.SHUT_WR)
    wait_until_gone(made.container())


def test_a_container_of_a_daemon_elsewhere_works_over_its_stdin(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("temper.sandboxes.container.DOOR", "nowhere")  # refused, as is a folder that the daemon lacks
    slot = made._factory()
    stream: Any = slot.stream
    assert stream.direct is None
    assert [result.stdout for result in slot.run(HONEST)] == ["a\n"]
    stream.socket.shutdown(socket.SHUT_WR)
    wait_until_gone(made.container())
    slot.close()


def test_doors_are_gone_once_used_and_those_of_dead_owners_are_swept(
    made: Made, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    made._factory().close()
    assert not list(tmp_path.iterdir())
    Door().listener.close()
    dead = tmp_path / f"{OWNER} {owner_label()}0 x1_y"
    dead.mkdir()
    docker.sweep()
    (left,) = tmp_path.iterdir()
    assert left != dead


def test_a_container_whose_life_is_over_goes_by_itself(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docker, "MAX_LIFE_S", 3)
    slot = made._factory()
    wait_until_gone(made.container())
    with pytest.raises(SandboxError, match="lost"):
        slot.run(HONEST)
    slot.close()


def test_the_output_of_many_tests_does_not_pile_up_in_the_supervisor(made: Made) -> None:
    job = Job(
        source="print(input() * (2 << 20))",
        tests=Stdio(inputs=("x",) * 60),
        limits=Limits(output_kb=4096, memory_mb=64),
    )
    results = made.pool.run(job)
    assert {(r.outcome, len(r.stdout)) for r in results} == {("finished", (2 << 20) + 1)}
    assert (len(results), len(made.slots)) == (60, 1)


def test_memory_over_the_containers_ceiling_is_the_programs_and_the_slot_stays(made: Made) -> None:
    for _ in range(3):
        (result,) = made.pool.run(Job(source=HOG, tests=Stdio(inputs=("",)), limits=SMALL))
        assert (result.outcome, len(made.slots)) == ("memory", 1)
        assert [r.stdout for r in made.pool.run(HONEST)] == ["a\n"]


def test_a_container_has_what_the_docstring_says(made: Made) -> None:
    host = made.container().client.api.inspect_container(str(made.container().id))["HostConfig"]  # type: ignore[union-attr]
    names = ("NetworkMode", "ReadonlyRootfs", "CapDrop", "Init", "AutoRemove", "Privileged", "PidsLimit", "Binds")
    found = {name: host[name] for name in names}
    assert found == {
        "NetworkMode": "none",
        "ReadonlyRootfs": True,
        "CapDrop": ["ALL"],
        "Init": True,
        "AutoRemove": True,
        "Privileged": False,
        "PidsLimit": docker.PIDS,
        "Binds": None,
    }
    assert host["LogConfig"]["Type"] == "none"
    assert host["Memory"] == host["MemorySwap"] == (64 + docker.SUPERVISOR_MB) << 20


INSIDE = """
import json, os
status = dict(line.split(':', 1) for line in open('/proc/self/status'))
def refused(path):
    try: open(path, 'w')
    except OSError as error: return error.strerror
found = {name: status[name].strip() for name in ('CapEff', 'CapPrm', 'CapBnd', 'NoNewPrivs', 'Seccomp')}
found['network'] = os.listdir('/sys/class/net')
found['root'] = [refused(path) for path in ('/x', '/etc/x', '/opt/supervise.py', '/usr/bin/x')]
found['tmpfs'] = [[s.f_blocks * s.f_frsize >> 20, s.f_files] for s in map(os.statvfs, ('/box', '/tmp', '/dev/shm'))]
print(json.dumps(found))
"""


def test_a_program_finds_itself_without_rights(made: Made) -> None:
    found = json.loads(made.pool.run(Job(source=INSIDE, tests=Stdio(inputs=("",)), limits=SMALL))[0].stdout)
    assert found.pop("CapBnd") == "00000000000000e0"  # KILL, SETGID, SETUID: what the supervisor may, it may never
    assert found == {
        "CapEff": "0000000000000000",
        "CapPrm": "0000000000000000",
        "NoNewPrivs": "1",
        "Seccomp": "2",
        "network": ["lo"],
        "root": ["Read-only file system"] * 4,
        "tmpfs": [[64, 8192]] * 3,
    }
