"""Three machines on one: network namespaces on a bridge, a Ray node in each, which can be killed and cut off."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

SWITCH = "temper-switch"
PORT = 6388


def sh(*words: str, check: bool = True) -> str:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert not check or done.returncode == 0, f"{words}: {done.stderr}"
    return done.stdout


class Machine:
    """A Ray node in a network namespace; the first one is the head. `hidden` is a folder that is empty there."""

    def __init__(
        self, number: int, resources: dict[str, float], log: Path, ray: str, hidden: Path | None = None
    ) -> None:
        self.name, self.address, self.log = f"temper-{number}", f"10.199.7.{number}", log
        self.head, self.resources, self.ray, self.hidden = number == 1, resources, ray, hidden
        self.link = f"temper-v{number}"
        self.started: list[subprocess.Popen[str]] = []
        sh("ip", "netns", "add", self.name)
        veth = ["type", "veth", "peer", "name", "eth0", "netns", self.name]
        sh("ip", "-n", SWITCH, "link", "add", self.link, *veth)
        sh("ip", "-n", SWITCH, "link", "set", self.link, "master", "br0", "up")
        for words in (["addr", "add", f"{self.address}/24", "dev", "eth0"], ["link", "set", "eth0", "up"]):
            sh("ip", "-n", self.name, *words)
        sh("ip", "-n", self.name, "link", "set", "lo", "up")

    def start(self, environment: dict[str, str] | None = None) -> None:
        # A folder of its own, where Ray notes which cluster runs on this machine: others would take it for theirs.
        head = ["--head", f"--port={PORT}", "--include-dashboard=false"]
        where = [*(head if self.head else [f"--address=10.199.7.1:{PORT}"]), f"--temp-dir={self.ray}"]
        cpus = self.resources.get("CPU", 1)
        others = {name: count for name, count in self.resources.items() if name != "CPU"}
        ray = [
            sys.executable, "-m", "ray.scripts.scripts", "start", *where, "--block", f"--num-cpus={cpus:g}",
            f"--node-ip-address={self.address}", f"--resources={json.dumps(others)}", "--object-store-memory=200000000",
        ]  # fmt: skip
        hide = f"mount -t tmpfs none {self.hidden} && " if self.hidden else ""
        before = self.up()
        # As in the start files of docs/cluster: a silent node is given up after half a minute.
        settings = {"RAY_health_check_timeout_ms": "4000", **(environment or {})}
        self.run(["sh", "-c", f'{hide}exec "$@"', "ray", *ray], settings)
        until = time.monotonic() + 90
        while self.up() == before:
            assert time.monotonic() < until, f"{self.name} does not start: {self.log.read_text()[-2000:]}"
            time.sleep(0.2)

    def up(self) -> int:
        """How often its Ray has started."""
        return self.log.read_text().count("Ray runtime started.") if self.log.exists() else 0

    def run(self, command: Sequence[str], environment: dict[str, str] | None = None) -> "subprocess.Popen[str]":
        with self.log.open("a") as log:
            process = subprocess.Popen(
                ["ip", "netns", "exec", self.name, *command], stdout=log, stderr=log, text=True,
                env={**os.environ, **(environment or {})},
            )  # fmt: skip
        self.started.append(process)
        return process

    def runs(self, name: str) -> bool:
        """Whether a process of that name is there."""
        words = [Path(f"/proc/{pid}/cmdline") for pid in sh("ip", "netns", "pids", self.name).split()]
        return any(name.encode() in path.read_bytes() for path in words if path.exists())

    def said(self) -> str:
        return self.log.read_text()

    def kill(self) -> None:
        """Everything in it at once."""
        for pid in sh("ip", "netns", "pids", self.name, check=False).split():
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        for process in self.started:
            process.wait()

    def cut(self) -> None:
        sh("ip", "-n", SWITCH, "link", "set", self.link, "down")

    def join(self) -> None:
        sh("ip", "-n", SWITCH, "link", "set", self.link, "up")

    def remove(self) -> None:
        self.kill()
        sh("ip", "netns", "del", self.name, check=False)


@contextmanager
def machines(
    folder: Path, *resources: dict[str, float], hidden: dict[int, Path] | None = None
) -> Iterator[list[Machine]]:
    # In a namespace of its own: the host's bridges are behind Docker's packet filter.
    sh("ip", "netns", "add", SWITCH)
    sh("ip", "-n", SWITCH, "link", "add", "br0", "type", "bridge")
    sh("ip", "-n", SWITCH, "link", "set", "br0", "up")
    made: list[Machine] = []
    ray = tempfile.mkdtemp(prefix="ray-")  # short: sockets lie in it
    try:
        for number, offered in enumerate(resources, start=1):
            made.append(Machine(number, offered, folder / f"node-{number}.log", ray, (hidden or {}).get(number)))
        yield made
    finally:
        for machine in made:
            machine.remove()
        sh("ip", "netns", "del", SWITCH, check=False)
        shutil.rmtree(ray, ignore_errors=True)
