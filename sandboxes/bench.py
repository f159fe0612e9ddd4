"""The cost ladder of one trivial stdin job in one run: a bare interpreter, `docker exec`, `docker run`, our slots.

Every step runs the same program on the same input and checks what it printed. The steps take turns of a fraction of
their time, so that all of them see the same moods of the machine. Ratios hold for the machine; absolute figures do
not travel. Interpreter and Docker steps have as many jobs in flight as there
are cores; ours has one, that many, and four times as many. The interpreter is this host's, the container's
Debian's.
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from temper.sandboxes.job import Job, Sandbox, Stdio
from temper.sandboxes.pool import open_sandbox
from temper.sandboxes.section import SandboxSection

SOURCE, INPUT, PRINTED = "print(sum(map(int, input().split())))", "1 2 3\n", "6\n"
HARDENED = (
    "--init", "--network=none", "--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--pids-limit=64",
    "--memory=512m", "--log-driver=none", "--tmpfs=/box",
)  # fmt: skip
WARM_UP_S, TURNS = 0.5, 5


class Rung(NamedTuple):
    """What one step does, so many at a time."""

    name: str
    in_flight: int
    does: Callable[[], object]


class Step(NamedTuple):
    """What one step did: jobs a second and the latency of a job, in milliseconds."""

    name: str
    in_flight: int
    per_second: float
    p50_ms: float
    p99_ms: float


def bench(kind: str, seconds: float) -> dict[str, object]:
    """Measures each step for `seconds`; the Docker steps only with the Docker sandbox.

    Returns the steps, the ratios of our best throughput to the others', and the cost of ten tests in units of one."""
    cores = os.cpu_count() or 1
    slots = 4 * cores
    box = open_sandbox(SandboxSection(kind="docker" if kind == "docker" else "local", slots=slots))
    rungs = [
        Rung("python", cores, lambda: _process([sys.executable, "-c", SOURCE])),
        Rung("python -I -S", cores, lambda: _process([sys.executable, "-I", "-S", "-c", SOURCE])),
        *(Rung(f"ours ({kind})", n, lambda: _ours(box)) for n in (1, cores, slots)),
        *(Rung(f"{n} tests", 1, lambda n=n: _ours(box, n)) for n in (1, 10)),  # type: ignore[misc]
    ]
    try:
        with ExitStack() as stack:
            docker = stack.enter_context(_container()) if kind == "docker" else []
            *steps, one, ten = measure([*docker, *rungs], seconds)
    finally:
        box.close()
    ours = [step for step in steps if step.name.startswith("ours")]
    best = max(step.per_second for step in ours)
    return {
        "cores": cores,
        "steps": [step._asdict() for step in steps],
        "ratio": {step.name: round(best / step.per_second, 1) for step in steps if step not in ours},
        "ten_tests_cost": round(ten.p50_ms / one.p50_ms, 2),
    }


def table(found: dict[str, object]) -> str:
    """The steps as text, a line each."""
    lines = [f"{'step':24}{'in flight':>10}{'jobs/s':>10}{'p50 ms':>10}{'p99 ms':>10}"]
    steps = found["steps"]
    assert isinstance(steps, list)
    for step in steps:
        times = f"{step['per_second']:>10.1f}{step['p50_ms']:>10.1f}{step['p99_ms']:>10.1f}"
        lines.append(f"{step['name']:24}{step['in_flight']:>10}{times}")
    return "\n".join([*lines, f"ours to each: {found['ratio']}", f"ten tests cost {found['ten_tests_cost']} of one"])


def measure(rungs: Sequence[Rung], seconds: float) -> list[Step]:
    """Keeps each rung busy for `seconds` in all, in turns, after a warm-up that counts for nothing."""
    times: list[list[float]] = [[] for _ in rungs]
    walls = [0.0] * len(rungs)
    for rung in rungs:
        _keep_busy(rung.in_flight, WARM_UP_S, rung.does)
    for _ in range(TURNS):
        for number, rung in enumerate(rungs):
            start = time.perf_counter()
            times[number] += _keep_busy(rung.in_flight, seconds / TURNS, rung.does)
            walls[number] += time.perf_counter() - start
    return [_step(rung, found, wall) for rung, found, wall in zip(rungs, times, walls, strict=True)]


def _step(rung: Rung, times: list[float], wall: float) -> Step:
    cuts = statistics.quantiles(times, n=100, method="inclusive")
    # 99 cuts: the first is the 1st percentile, so the 50th is at 49
    p50, p99 = round(cuts[49] * 1e3, 2), round(cuts[98] * 1e3, 2)
    return Step(rung.name, rung.in_flight, round(len(times) / wall, 2), p50, p99)


def _keep_busy(in_flight: int, seconds: float, does: Callable[[], object]) -> list[float]:
    end = time.perf_counter() + seconds

    def one_after_another() -> list[float]:
        times: list[float] = []
        while not times or time.perf_counter() < end:
            start = time.perf_counter()
            does()
            times.append(time.perf_counter() - start)
        return times

    with ThreadPoolExecutor(in_flight) as threads:
        return [t for times in threads.map(lambda _: one_after_another(), range(in_flight)) for t in times]


def _process(argv: Sequence[str]) -> None:
    done = subprocess.run(argv, input=INPUT, capture_output=True, text=True, check=False)
    _check(done.stdout, f"{argv[0]}: {done.stderr[-300:]}")


def _ours(box: Sandbox, tests: int = 1) -> None:
    for result in box.run(Job(source=SOURCE, tests=Stdio(inputs=(INPUT,) * tests))):
        _check(result.stdout, f"{result.outcome}: {result.detail}")


def _check(printed: str, why: str) -> None:
    if printed != PRINTED:
        raise RuntimeError(f"bench: expected {PRINTED!r}, got {printed!r} ({why})")


@contextmanager
def _container() -> Iterator[list[Rung]]:
    """The rungs of `docker exec` into a warm container and of a hardened `docker run`."""
    from temper.sandboxes.image import build

    image = build()
    program = ["python3", "-I", "-S", "-c", SOURCE]
    with TemporaryDirectory() as folder:
        names = Path(folder) / "id"
        run = ["docker", "run", "--rm", *HARDENED]
        subprocess.run([*run, "-d", f"--cidfile={names}", image, "sleep", "600"], check=True, capture_output=True)
        name = names.read_text()
        try:
            cores = os.cpu_count() or 1
            enter, start = ["docker", "exec", "-i", name, *program], [*run, "-i", image, *program]
            yield [
                Rung("docker exec", cores, lambda: _process(enter)),
                Rung("docker run", cores, lambda: _process(start)),
            ]
        finally:
            subprocess.run(["docker", "rm", "-f", name], check=False, capture_output=True)
