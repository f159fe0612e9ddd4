"""How a gateway ends: SIGTERM answers what was accepted, SIGKILL leaves nothing behind."""

import contextlib
import signal
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from http.client import HTTPException
from pathlib import Path

import pytest
from served import ECHO, ECHOES, MATH, Served, does, line

from temper.sandboxes import daemon
from temper.sandboxes.owner import OWNER, owner_label_of

Serve = Callable[..., AbstractContextManager[Served]]


def test_sigterm_answers_what_was_accepted_and_takes_nothing_new(serve: Serve) -> None:
    with serve() as gateway, ThreadPoolExecutor(6) as threads:
        alone = [threads.submit(gateway.verify, *does("sleep 0.5")) for _ in range(4)]
        stream = threads.submit(gateway.stream, *[line(*does("sleep 0.1"))] * 10)
        time.sleep(0.3)
        gateway.process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        late = gateway.verify(MATH, "x")
        assert late.status == 503 and "draining" in late.json["error"]
        assert gateway.send("/health").json["status"] == "draining"
        assert [one.result().json["score"] for one in alone] == [1.0] * 4
        assert [one["score"] for one in stream.result().lines] == [1.0] * 10
        assert gateway.process.wait(30) == 0


@pytest.mark.parametrize(
    "sandbox", [pytest.param("local", marks=pytest.mark.whole), pytest.param("docker", marks=pytest.mark.docker)]
)
def test_sigkill_leaves_no_container_no_process_and_no_file(serve: Serve, sandbox: str) -> None:
    """While a program that does not end is in its box."""
    with serve(sandbox=sandbox) as gateway:
        assert gateway.verify(ECHO, ECHOES).json["score"] == 1.0
        endless = "```python\nimport time\ntime.sleep(60)\n```"
        asked = threading.Thread(target=_silently, args=(gateway, endless), daemon=True)
        asked.start()
        time.sleep(0.5)
        processes = gateway.processes()
        owners = {owner_label_of(pid) for pid in processes}
        assert len(processes) >= 4 and (sandbox == "local" or containers() & owners)
        gateway.process.kill()
        gateway.process.wait()
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and (alive(processes) or containers() & owners):
            time.sleep(0.05)
        assert not alive(processes) and not containers() & owners
        asked.join()
    assert not {name for name in files() for owner in owners if owner in name}


def _silently(gateway: Served, completion: str) -> None:
    with contextlib.suppress(OSError, HTTPException):
        gateway.verify({**ECHO, "params": {**ECHO["params"], "time_limit_s": 30}}, completion)


def files() -> set[str]:
    """Of ours, where files that nobody asked for may lie."""
    folders = (Path(tempfile.gettempdir()), Path("/dev/shm"))
    return {str(path) for folder in folders for path in folder.iterdir() if OWNER in path.name}


def alive(processes: set[int]) -> set[int]:
    return {pid for pid in processes if _state(pid) not in ("Z", "")}


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def containers() -> set[str]:
    """Labels of their owners."""
    if daemon.unreachable():
        return set()
    with contextlib.closing(daemon.connect()) as client:
        found = client.containers.list(all=True, filters={"label": OWNER}, ignore_removed=True)
        return {str(container.labels[OWNER]) for container in found}
