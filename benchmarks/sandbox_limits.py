"""How soon after a limit a program is dead, and whether honest programs at full load are ever called too slow.

    python benchmarks/sandbox_limits.py [--sandbox docker] [--kills 200] [--honest 2000]

Prints one JSON line: milliseconds from the limit to the end (p50, p99, most) of each kind, and of the honest runs how
many did not finish. One job a core is at work while limits are measured (four a core where they sleep up to it), four
a core in the honest runs.

When a program passes a limit and how long it then lives it says itself: it prints the clock as it passes, and goes on
printing it until it is killed (0: it was killed before it could say so). Only output cannot be seen so; its figure is
the whole life of a program that does nothing but print, which is more.
"""

import argparse
import json
import os
import statistics
from concurrent.futures import ThreadPoolExecutor

from temper.sandboxes.box.watch import wall_limit_s
from temper.sandboxes.job import Job, Limits, Result, Sandbox, Stdio
from temper.sandboxes.pool import open_sandbox
from temper.sandboxes.section import SandboxSection

LIMITS = Limits(cpu_s=0.1, memory_mb=128, output_kb=64)
SLOWER = LIMITS.model_copy(update={"cpu_s": 5.0})
"""Where another limit than time is to break first."""
CLOCK = """
import os, time
def now(passed):
    if passed: os.write(1, b'%d\\n' % time.monotonic_ns())
    return passed
"""
CPU = f"""{CLOCK}
last = 0
while True:
    used = time.process_time()
    if used > last + 0.0005:
        last = used
        now(used > {LIMITS.cpu_s})
"""
WALL = f"""{CLOCK}
time.sleep({wall_limit_s(LIMITS.model_dump())})
while now(True): time.sleep(0.0005)
"""
MEMORY = f"""{CLOCK}
limit, held = {LIMITS.memory_mb} << 20, []
statm = open('/proc/self/statm')
while len(held) < 4 * {LIMITS.memory_mb + 32}:
    statm.seek(0)
    if now(int(statm.read().split()[1]) * 4096 > limit): time.sleep(0.0005)
    held.append(bytearray(1 << 18))
while now(True): time.sleep(0.0005)
"""
OUTPUT = "import os\nwhile True: os.write(1, b'x' * 4096)\n"
PROGRAMS = {"time (cpu)": CPU, "time (wall)": WALL, "memory": MEMORY, "output": OUTPUT}
HONEST = {
    "sum": "print(sum(map(int, input().split())))",
    "loop": "total = 0\nfor i in range(400_000): total += i % 7\nprint(total)",
    "sleep": "import time\ntime.sleep(0.2)\nprint(input())",
    "memory": "print(len(bytearray(64 << 20)))",
}


def late_ms(kind: str, box: Sandbox) -> float:
    """Milliseconds that one program lived beyond its limit."""
    limits = LIMITS if kind.startswith("time") else SLOWER
    (result,) = box.run(Job(source=PROGRAMS[kind], tests=Stdio(inputs=("",)), limits=limits))
    if result.outcome != kind.split()[0]:
        raise RuntimeError(f"sandbox_limits: {kind}: expected {kind.split()[0]!r}, got {result!r}")
    if kind == "output":
        return result.wall_s * 1e3
    stamps = [int(line) for line in result.stdout.splitlines() or ["0"]]
    return (stamps[-1] - stamps[0]) / 1e6


def honest(number: int, box: Sandbox) -> Result:
    names = list(HONEST)
    source = HONEST[names[number % len(names)]]
    return box.run(Job(source=source, tests=Stdio(inputs=("1 2 3\n",)), limits=Limits(cpu_s=0.5, memory_mb=128)))[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sandbox", default="docker", choices=["docker", "local"])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--honest", type=int, default=2000)
    options = parser.parse_args()
    cores = os.cpu_count() or 1
    box = open_sandbox(SandboxSection(kind=options.sandbox, slots=4 * cores))
    found: dict[str, object] = {"cores": cores, "kills": options.kills}
    try:
        for kind in PROGRAMS:
            with ThreadPoolExecutor(4 * cores if kind == "time (wall)" else cores) as threads:
                times = list(threads.map(lambda _, kind=kind: late_ms(kind, box), range(options.kills)))
            cuts = statistics.quantiles(times, n=100, method="inclusive")
            found[kind] = {"p50_ms": round(cuts[49], 1), "p99_ms": round(cuts[98], 1), "most_ms": round(max(times), 1)}
        with ThreadPoolExecutor(4 * cores) as threads:
            results = list(threads.map(lambda number: honest(number, box), range(options.honest)))
        failed = [f"{result.outcome}: {result.detail}" for result in results if result.outcome != "finished"]
        found["honest"] = {"runs": len(results), "not_finished": len(failed), "first": failed[:1]}
    finally:
        box.close()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
