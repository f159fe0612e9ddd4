"""What tests of several folders use: a tiny untrained base with its tokenizer, made once, and processes that train
together."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

# A shell starts what runs in the background deaf to interrupts, and whatever that starts inherits it.
signal.signal(signal.SIGINT, signal.default_int_handler)

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("HF_DATASETS_DISABLE_PROGRESS_BARS", "1")
os.environ.setdefault("DS_ACCELERATOR", "cpu")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # threads that spin slow down whatever shares the cores

LONG = ("test_cheats", "test_kill", "test_tools", "test_roles")
"""Files that take minutes, longest first."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begins with the long files, so that none of them is what one of two workers still has when the other has no more
    (`--no-loadscope-reorder` keeps the order)."""
    items.sort(key=lambda item: LONG.index(item.path.stem) if item.path.stem in LONG else len(LONG))


@cache
def no_docker() -> str:
    from temper.sandboxes import daemon

    return daemon.unreachable()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """What the mark `docker` says."""
    wanted = item.get_closest_marker("docker") and os.environ.get("TEMPER_REQUIRE_DOCKER") != "1"
    if wanted and (reason := no_docker()):
        pytest.skip(reason)


@pytest.fixture(scope="session")
def tiny_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny Mellum whose weights were drawn: real structure, no skill."""
    from temper.policy.bases import TinyBase
    from temper.policy.tiny import write_untrained
    from temper.recipes import tiny

    section = TinyBase(
        hidden=32, heads=4, kv_heads=2, experts=4, expert_width=16, vocabulary=384, window=16, context=64,
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("base") / "checkpoint"
    write_untrained(section, list(tiny.text(300, 0)), seed=0, out=folder)
    return folder


@pytest.fixture
def run_ranks() -> Callable[[str, list[str], int], list[str]]:
    """Runs a script, which imports `sys` and finds its number in `RANK`, once a rank, and returns what each printed;
    every rank must end well."""

    def run(script: str, arguments: list[str], ranks: int) -> list[str]:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = str(free.getsockname()[1])
        # Whoever holds a group of gloo at the interpreter's end aborts there now and then: ranks do not get there.
        command = [sys.executable, "-c", f"{script}\nsys.stdout.flush()\n__import__('os')._exit(0)", *arguments]
        started = [
            subprocess.Popen(
                command,
                env={
                    **os.environ, "RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(ranks),
                    "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port,
                },
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            )
            for rank in range(ranks)
        ]  # fmt: skip
        outputs = [process.communicate(timeout=240) for process in started]
        for process, (_, errors) in zip(started, outputs, strict=True):
            assert process.returncode == 0, errors[-3000:]
        return [printed for printed, _ in outputs]

    return run
