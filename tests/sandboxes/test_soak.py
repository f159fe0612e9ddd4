"""Thousands of jobs, a tenth of them hostile, while owners are killed, containers are killed and the daemon restarts.

Nothing may be left of it (containers, processes, mounts, files, disk), each job has one verdict, and what we broke is
never a program's. It has a daemon of its own, so that others keep theirs. TEMPER_SOAK_JOBS sets the number of jobs.
"""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from temper.sandboxes.daemon import connect, unreachable
from temper.sandboxes.image import build
from temper.sandboxes.pool import sweep

JOBS = int(os.environ.get("TEMPER_SOAK_JOBS", "20000"))
OWNERS_KILLED, DAEMON_RESTARTS, CONTAINERS_KILLED = 20, 2, 20
MOST_DISK = 10 << 20
HOSTILE = (
    "while True: pass",
    "x = bytearray(200 << 20)",
    "while True: print('x' * 1000)",
    "import os\nwhile True:\n  try: os.fork()\n  except OSError: pass",
    "import os, time\nif os.fork() == 0:\n  os.setsid()\n  if os.fork() == 0: time.sleep(1000)\nprint(7)",
    "import os, signal\nfor pid in (1, os.getppid(), -1):\n  try: os.kill(pid, signal.SIGKILL)\n  except OSError: pass",
    "for i in range(9000):\n  open(f'/tmp/{i}', 'w')",
    "with open('/dev/shm/x', 'wb') as f:\n  while True: f.write(bytes(1 << 20))",
    "import os\nfor _ in range(500):\n  os.mkdir('d')\n  os.chmod('d', 0o700)\n  os.chdir('d')\nos.chmod('.', 0)",
    "import os\nos.symlink('/etc', '/box/l')\nos.symlink('/proc/1/root', '/tmp/l')\nprint(7)",
    "import os\nfor fd in range(3, 300):\n  try: os.write(fd, b'7')\n  except OSError: pass\nos._exit(0)",
    "import threading, time\nfor _ in range(200): threading.Thread(target=time.sleep, args=(100,)).start()",
)
OWNER = f"""
import sys, threading, time
from temper.sandboxes.job import Job, Limits, SandboxError, Stdio
from temper.sandboxes.pool import open_sandbox
from temper.sandboxes.section import SandboxSection

HOSTILE = {HOSTILE!r}
LIMITS = Limits(cpu_s=0.2, memory_mb=64, output_kb=64, processes=16)
out = open(sys.argv[1], "ab", buffering=0)
numbers = iter([int(text) for text in sys.stdin.read().split()])
lock = threading.Lock()

def verdict(number):
    source = HOSTILE[number // 10 % len(HOSTILE)] if number % 10 == 0 else "print(int(input()) * 2)"
    limits = LIMITS if number % 10 == 0 else Limits(cpu_s=5, memory_mb=64)
    try:
        (result,) = box.run(Job(source=source, tests=Stdio(inputs=(f"{{number}}\\n",)), limits=limits))
    except SandboxError:
        time.sleep(0.5)
        return "infrastructure"
    right = result.outcome == "finished" and result.stdout == f"{{number * 2}}\\n"
    return "right" if right else result.outcome

def work():
    while True:
        with lock:
            number = next(numbers, None)
        if number is None:
            return
        out.write(f"{{number}} {{verdict(number)}}\\n".encode())

box = open_sandbox(SandboxSection(kind="docker", slots=4, memory_mb=64))
threads = [threading.Thread(target=work, daemon=True) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
box.close()
"""


class Daemon:
    """A second `dockerd` with folders of its own and no network."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.socket = folder, folder / "docker.sock"
        self.start()

    def start(self) -> None:
        places = [f"--{name}={self.folder / name}" for name in ("data-root", "exec-root", "pidfile")]
        # In a network namespace of its own: without a bridge it would take the other daemon's `docker0` away.
        alone = ["--bridge=none", "--iptables=false"]
        argv = ["unshare", "--net", "dockerd", *places, "-H", f"unix://{self.socket}", *alone]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(argv, stdout=log, stderr=log, start_new_session=True)
        wait_until(lambda: not unreachable(), 60)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(60)

    def disk(self) -> int:
        return sum(path.lstat().st_blocks * 512 for path in (self.folder / "data-root").rglob("*"))


def wait_until(holds: Callable[[], bool], within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.fixture
def daemon(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    if os.geteuid() != 0 or not shutil.which("dockerd") or unreachable():
        pytest.skip("needs root, dockerd and a daemon that has the image")
    image = build()
    folder = tmp_path_factory.mktemp("soak")
    saved = subprocess.Popen(["docker", "save", image], stdout=subprocess.PIPE)
    monkeypatch.setenv("DOCKER_HOST", f"unix://{folder / 'docker.sock'}")
    daemon = Daemon(folder)
    try:
        subprocess.run(["docker", "load"], stdin=saved.stdout, check=True, capture_output=True)
        yield daemon
    finally:
        assert saved.stdout is not None
        saved.stdout.close()
        saved.wait()
        daemon.stop()


def left_over(daemon: Daemon) -> dict[str, list[str]]:
    """Containers, processes of ours or of a job, mounts and files that a sandbox might have left."""
    client = connect()
    containers = [str(container.id) for container in client.containers.list(all=True, ignore_removed=True)]
    client.close()
    ours = [str(daemon.folder), *containers]
    processes = []
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = (path / "cmdline").read_text()
            if any(name in command + (path / "cgroup").read_text() for name in ours):
                processes.append(command)
    mounts = [line for line in Path("/proc/mounts").read_text().splitlines() if str(daemon.folder) in line]
    files = [str(path) for folder in ("/tmp", "/dev/shm") for path in Path(folder).glob("temper*")]  # noqa: S108
    return {"containers": containers, "processes": processes, "mounts": mounts, "files": files}


def verdicts_in(out: Path) -> list[tuple[int, str]]:
    return [(int(number), word) for number, word in (line.split() for line in out.read_text().splitlines())]


def kill_one_container() -> None:
    client = connect()
    with contextlib.suppress(Exception):
        random.choice(client.containers.list()).kill()
    client.close()


@pytest.mark.slow
@pytest.mark.docker
def test_nothing_is_left_and_each_job_has_one_verdict(daemon: Daemon, tmp_path: Path) -> None:
    out = tmp_path / "verdicts"
    out.touch()
    own_all(out, [1])
    before, disk = left_over(daemon), daemon.disk()
    out.write_text("")
    faults = [*["owner"] * OWNERS_KILLED, *["daemon"] * DAEMON_RESTARTS, *["container"] * CONTAINERS_KILLED]
    random.Random(0).shuffle(faults)  # noqa: S311 - an order, no secret
    left, owner = list(range(JOBS)), None
    for turn, fault in enumerate(faults):
        owner = owner or own(out, left)
        wait_until(lambda turn=turn: len(verdicts_in(out)) > JOBS * (turn + 1) / (len(faults) + 2), 900)  # type: ignore[misc]
        if fault == "owner":
            owner.send_signal(signal.SIGKILL)
            owner.wait()
            done = {number for number, _ in verdicts_in(out)}
            left, owner = [number for number in range(JOBS) if number not in done], None
        elif fault == "daemon":
            daemon.stop()
            daemon.start()
        else:
            kill_one_container()
    if owner:
        assert owner.wait(900) == 0
    done = {number for number, _ in verdicts_in(out)}
    own_all(out, [number for number in range(JOBS) if number not in done])
    verdicts = verdicts_in(out)
    honest = Counter(word for number, word in verdicts if number % 10)
    hostile = Counter(word for number, word in verdicts if number % 10 == 0)
    print(f"honest {dict(honest)}, hostile {dict(hostile)}, disk {daemon.disk() - disk}")
    assert sorted(number for number, _ in verdicts) == list(range(JOBS))
    assert honest.keys() <= {"right", "infrastructure"}
    assert honest["infrastructure"] <= 100 * DAEMON_RESTARTS
    assert "right" not in hostile
    wait_until(lambda: sweep() == 0 and left_over(daemon) == before, 30)
    assert daemon.disk() - disk < MOST_DISK


def own(out: Path, numbers: list[int]) -> "subprocess.Popen[str]":
    """An owner that runs these jobs and writes each verdict as it comes."""
    argv = [sys.executable, "-c", OWNER, str(out)]
    owner = subprocess.Popen(argv, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert owner.stdin is not None
    owner.stdin.write(" ".join(map(str, numbers)))
    owner.stdin.close()
    return owner


def own_all(out: Path, numbers: list[int]) -> None:
    assert own(out, numbers).wait(900) == 0
