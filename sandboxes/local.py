"""The sandbox without Docker: the same supervisor in namespaces and a root folder of its own, or with less.

A cheat that forges a score fails here as in Docker. What cannot be promised here depends on what the kernel
allows and on who runs it; `LocalSlots.limits_of_promise()` says it in words. No Docker, no files on the host
under the best plan.
"""

import contextlib
import importlib.util
import os
import random
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from temper.sandboxes.box.languages import LANGUAGES
from temper.sandboxes.packages import PLACE, places, site
from temper.sandboxes.slot import MAX_LIFE_S, Slot, SlotLostError, box_texts

PYTEST = (
    "pytest",
    "_pytest",
    "pluggy",
    "iniconfig",
    "packaging",
    "py",
    "pygments",
    "exceptiongroup",
    "tomli",
)
SEND_S, END_S = 60.0, 2.0
"""How long a supervisor may take to read what it is sent, and to end."""
TESTS_PATH = "/opt/tests"
PATH = "/usr/local/bin:/usr/bin:/bin"
PROMISES = {
    "namespaces": (),
    "shared uid": (
        "the program has the supervisor's uid: it may end its own slot (and scores 0 for it)",
        "one uid: a compiled program may change what its own next test runs",
    ),
    "plain": (
        "no namespaces: the program may use the network, and read what every user of this machine may",
        "no namespaces: it sees all processes, and leaves its files on the disk until the next test",
        "no namespaces: a program that forks without end slows the machine until its time is over",
        "no namespaces: files that a program writes are not counted as its memory",
    ),
}
ALWAYS = (
    "memory is polled, without a ceiling by the kernel: a quick program may pass its limit for a moment",
    "memory that only a message under way holds, and what the kernel keeps for a program, is not counted",
    "CPU time of a process that lives for less than a hundredth of a second, and that nobody waits for, is not counted",
    "no CPU share: a busy program competes with everything else on this machine",
    "only a few system calls are refused: a kernel fault that the others reach is not fenced off",
    "all of /usr, of this Python and of the packages that the tests need can be read",
    "what /proc tells of this machine (kernel, memory, load, processors, mounts) can be read",
    "what the kernel counts for the whole machine (open files, threads, watches) is shared with everything else on it",
)


class PipeStream:
    """A child process's stdin and stdout."""

    def __init__(self, argv: list[str], environment: dict[str, str]) -> None:
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            argv, bufsize=0, stdin=pipe, stdout=pipe, stderr=pipe, env=environment, cwd="/", start_new_session=True
        )
        assert self.process.stdin and self.process.stdout and self.process.stderr
        self.stdin, self.stdout, self.stderr = self.process.stdin, self.process.stdout, self.process.stderr
        os.set_blocking(self.stdin.fileno(), False)
        self.complaint = ""

    def send(self, data: bytes) -> None:
        deadline, rest = time.monotonic() + SEND_S, memoryview(data)
        poll = select.poll()
        poll.register(self.stdin, select.POLLOUT)
        while rest:
            if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
                raise TimeoutError(f"what is sent is not read within {SEND_S:g} s")
            rest = rest[os.write(self.stdin.fileno(), rest) :]

    def receive(self, timeout_s: float) -> bytes:
        poll = select.poll()
        poll.register(self.stdout, select.POLLIN)
        if not poll.poll(timeout_s * 1000):
            raise TimeoutError(f"no answer within {timeout_s:.0f} s")
        return os.read(self.stdout.fileno(), 1 << 18)

    def close(self) -> str:
        if self.stdin.closed:
            return self.complaint
        with contextlib.suppress(BrokenPipeError):
            self.stdin.close()
        try:
            # a sound supervisor ends when its stdin does
            self.process.wait(END_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):  # the kernel holds it: its own end comes all the same
                self.process.wait(END_S)
        # a process that is left may hold it open: what is there is taken, its end is not waited for
        os.set_blocking(self.stderr.fileno(), False)
        self.complaint = (self.stderr.read() or b"")[-500:].decode("utf-8", "replace").strip()
        self.stdout.close()
        self.stderr.close()
        return self.complaint


class LocalSlots:
    """Makes local slots, by the best plan that works here; found out once, by trying."""

    def __init__(self, packages: tuple[str, ...] = ()) -> None:
        self.packages = packages
        self.python = getattr(sys, "_base_executable", sys.executable)
        self.plan, self.uids = "", 0
        self.refusals: list[str] = []

    def plans(self) -> list[tuple[str, int]]:
        """(plan, number of uids), best first. No plan runs without namespaces under our own uid: there a program could
        ptrace the supervisor."""
        root = os.geteuid() == 0
        return [("namespaces", 2), ("namespaces", 0), ("plain", 2)] if root else [("namespaces", 0)]

    def __call__(self) -> Slot:
        """Starts a slot. Raises SlotLostError when none can be had."""
        if self.plan:
            return self._start(self.plan, self.uids)
        for plan, uids in self.plans():
            try:
                slot = self._start(plan, uids)
                if slot.passes_control():
                    self.plan, self.uids = plan, uids
                    return slot
                self.refusals.append(f"{plan}: the control job failed")
            except SlotLostError as lost:
                self.refusals.append(f"{plan}: {lost}")
        raise SlotLostError("sandbox local: needs user namespaces or root; " + "; ".join(self.refusals))

    def _start(self, plan: str, uids: int) -> Slot:
        # uids of this slot alone: the kernel counts processes by uid
        base = random.SystemRandom().randrange(100_000, 2_000_000_000)
        fenced = plan == "namespaces"
        config = {
            "uids": list(range(base, base + uids)),
            "pid_namespace": fenced,
            "init_reaps": False,
            "own_cgroup": False,
            "dies_with_parent": fenced,
            "max_life_s": MAX_LIFE_S,
            "tests_path": TESTS_PATH if fenced else site_of_pytest(),
            "packages_path": PLACE if fenced else site(self.packages),
        }
        prefix = str(Path(sys.base_prefix).resolve())
        order: dict[str, Any] = {"plan": plan, "files": box_texts(), "config": config, "python": prefix}
        order["read_only"] = [*pytest_places(), *places(self.packages)] if fenced else []
        environment = {"PATH": PATH, "LANG": "C.UTF-8", "PYTHONHASHSEED": "0"}
        text = (Path(__file__).parent / "namespaces.py").read_text("utf-8")
        stream = PipeStream([self.python, "-c", text], environment)
        return Slot(stream, order, f"local ({plan})")

    def limits_of_promise(self) -> list[str]:
        """What this sandbox does not promise, unlike Docker's; after the first slot was made."""
        less = [*ALWAYS, *PROMISES[self.plan or "plain"]]
        return less if self.uids else [*less, *PROMISES["shared uid"]]


def lacking(languages: Iterable[str]) -> list[str]:
    """What this machine lacks for these languages, a line a language, with the remedy."""
    lines = []
    for name in languages:
        missing = [tool for tool in LANGUAGES[name].tools if not _in_the_box(tool)]
        if missing:
            remedies = ["apt-get install " + " ".join(LANGUAGES[name].packages)]
            remedies += [f"temper sandbox tools --languages {name}"] * bool(LANGUAGES[name].npm)
            lines.append(f"{name!r} needs {', '.join(missing)} under /usr, got none; {' and '.join(remedies)}")
    return lines


def _in_the_box(tool: str) -> bool:
    """The box shows the system's folders and no other: a program of somebody's home is not found there."""
    found = tool if Path(tool).is_file() else shutil.which(tool, path=PATH)
    return found is not None and str(Path(found).resolve()).startswith(("/usr/", "/bin/", "/lib"))


def pytest_places() -> list[tuple[str, str]]:
    """Where the tests' process finds pytest: the host's packages, shown one by one, and nothing beside
    them."""
    found = []
    for name in PYTEST:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin:
            path = Path(spec.origin)
            path = path.parent if path.name == "__init__.py" else path
            found.append((str(path.resolve()), f"{TESTS_PATH}/{path.name}"))
    return found


def site_of_pytest() -> str:
    spec = importlib.util.find_spec("pytest")
    return str(Path(spec.origin).parent.parent) if spec is not None and spec.origin else ""
