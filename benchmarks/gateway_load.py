"""What a gateway costs beside actors of the same machine, and what a hostile client costs an honest one.

    python benchmarks/gateway_load.py [--seconds 10] [--hostile 60] [--sandbox docker]

16 clients, each with one completion under way, half of them mathematics and half short programs: first asked of
verifier actors (Ray, as in a run), then of a gateway with as many processes, one request a verdict and then lines of
32. Then 2,000 connections stand open, then a hostile client (slow bodies, bodies of 1 GB, verdicts without end, bad
JSON, 10,000 requests at once every 20 s) works beside an honest one of another token. All in one run; the clients share
the machine's cores. The hostile client's own process has a low priority (nice 10), for its CPU is none that a
gateway could give or withhold; what it came to is counted.
"""

import argparse
import asyncio
import contextlib
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path

CLIENTS, BURST = 16, 10_000
WARM_S = 5.0
"""Seconds before actors and gateway are measured: both come to their speed in the first few."""
TOKENS = {"BENCH_HONEST": "honest-client-of-the-benchmark", "BENCH_HOSTILE": "hostile-client-of-the-benchmark"}
HONEST, HOSTILE = TOKENS.values()
TESTS = {"kind": "stdio", "cases": [{"input": "7", "output": "14"}]}
MATH = {"id": "m", "prompt": "?", "verifier": "math", "answer": "\\frac{3}{4}"}
CODE = {"id": "c", "prompt": "?", "verifier": "code", "params": {"tests": TESTS, "time_limit_s": 2}}
ITEMS = [(MATH, "so \\boxed{0.75}"), (CODE, "```python\nprint(int(input()) * 2)\n```")]
ENDLESS = (CODE, "```python\nwhile True: pass\n```")
LINES = [json.dumps({"problem": problem, "completion": text}).encode() for problem, text in ITEMS]


def figures(name: str, took: list[float], seconds: float) -> dict[str, float]:
    ordered = sorted(took)
    found = {
        "verdicts_per_s": len(took) / seconds,
        "p50_ms": 1000 * ordered[len(ordered) // 2],
        "p99_ms": 1000 * ordered[int(0.99 * len(ordered))],
    }
    print(f"{name:34}" + "".join(f"{key} {value:9.2f}  " for key, value in found.items()), flush=True)
    return found


def actors(sandbox: str, seconds: float) -> dict[str, float]:
    import ray

    from temper.pipeline.judging import start_verifiers
    from temper.pipeline.recipe import ClusterSection
    from temper.sandboxes.section import SandboxSection
    from temper.verifiers.problem import Problem

    ray.init("local", num_cpus=4, include_dashboard=False, logging_level="ERROR")
    section = SandboxSection.model_validate({"kind": sandbox})
    verifiers = start_verifiers(section, ClusterSection(verifiers=os.cpu_count() or 1))
    items = [(Problem.model_validate(problem), text) for problem, text in ITEMS]

    def ask(seconds: float) -> list[float]:
        took: list[float] = []
        until = time.perf_counter() + seconds

        def client(place: int) -> None:
            while (start := time.perf_counter()) < until:
                assert verifiers.judge([items[place % 2]])[0].score == 1.0
                took.append(time.perf_counter() - start)

        threads = [threading.Thread(target=client, args=(place,)) for place in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return took

    ask(WARM_S)
    took = ask(seconds)
    verifiers.close()
    ray.shutdown()
    return figures("actors", took, seconds)


class Connection:
    """Keeps alive; one request at a time."""

    status = ""
    """Of the last answer."""

    def __init__(self, port: int, token: str) -> None:
        self.port, self.token = port, token

    def close(self) -> None:
        if hasattr(self, "writer"):
            self.writer.close()

    async def post(self, body: bytes, kind: str = "application/json") -> bytes:
        if not hasattr(self, "writer"):
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        head = f"POST /verify HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.token}\r\nContent-Type: {kind}\r\n"
        self.writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        said = await self.reader.readuntil(b"\r\n\r\n")
        self.status = said[9:12].decode()
        if found := re.search(rb"content-length: (\d+)", said):
            return await self.reader.readexactly(int(found[1]))
        answer = b""
        while size := int(await self.reader.readline(), 16):
            answer += await self.reader.readexactly(size)
            await self.reader.readline()
        await self.reader.readline()
        return answer


async def singles(port: int, seconds: float, clients: int = CLIENTS) -> list[float]:
    took: list[float] = []
    until = time.perf_counter() + seconds

    async def client(place: int) -> None:
        connection = Connection(port, HONEST)
        while (start := time.perf_counter()) < until:
            assert b'"score": 1.0' in await connection.post(LINES[place % 2])
            took.append(time.perf_counter() - start)

    await asyncio.gather(*(client(place) for place in range(clients)))
    return took


async def batches(port: int, seconds: float) -> list[float]:
    took: list[float] = []
    until = time.perf_counter() + seconds
    body = b"\n".join(LINES * 16)

    async def client() -> None:
        connection = Connection(port, HONEST)
        while (start := time.perf_counter()) < until:
            assert (await connection.post(body, "application/x-ndjson")).count(b'"score": 1.0') == 32
            took.extend([time.perf_counter() - start] * 32)

    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return took


class Attack:
    """Everything at once, again and again; what came back is counted by kind and status."""

    def __init__(self, port: int, seconds: float) -> None:
        self.port, self.until = port, time.perf_counter() + seconds
        self.told: Counter[str] = Counter()
        self.head = f"POST /verify HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {HOSTILE}\r\n".encode()

    async def run(self) -> None:
        endless = json.dumps({"problem": ENDLESS[0], "completion": ENDLESS[1]}).encode()
        await asyncio.gather(
            *(self.again("slow body", self.slow, 0.1) for _ in range(50)),
            *(self.again("1 GB", self.gigabyte, 0.5) for _ in range(2)),
            *(self.again("without end", lambda: self.post(endless), 0.0) for _ in range(20)),
            *(self.again("bad JSON", lambda: self.post(b'{"problem": [[['), 0.01) for _ in range(2)),
            self.again("burst", self.burst, 20.0),
        )
        used = resource.getrusage(resource.RUSAGE_SELF)
        told = ", ".join(f"{kind} {count}" for kind, count in sorted(self.told.items()))
        print(f"the hostile client's requests: {told}; its CPU {used.ru_utime + used.ru_stime:.0f} s")

    async def again(self, kind: str, attack: Callable[[], Awaitable[str]], wait_s: float) -> None:
        while time.perf_counter() < self.until:
            try:
                said = await asyncio.wait_for(attack(), 30)
            except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
                said = "late" if isinstance(error, TimeoutError) else "cut"
            if said:
                self.told[f"{kind}: {said}"] += 1
            await asyncio.sleep(wait_s)

    async def post(self, body: bytes) -> str:
        connection = Connection(self.port, HOSTILE)
        try:
            await connection.post(body)
        finally:
            connection.close()
        return connection.status

    async def slow(self) -> str:
        _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(self.head + b"Content-Length: 1000\r\n\r\n")
        try:
            for _ in range(20):
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(1)
        finally:
            writer.close()
        return "20 bytes in 20 s"

    async def gigabyte(self) -> str:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(self.head + b"Transfer-Encoding: chunked\r\n\r\n")
            for _ in range(1000):
                writer.write(b"100000\r\n" + b"x" * (1 << 20) + b"\r\n")
                await writer.drain()
            return (await reader.readline())[9:12].decode()
        finally:
            writer.close()

    async def burst(self) -> str:
        async def one() -> None:
            try:
                said = await self.post(LINES[0])
            except (OSError, asyncio.IncompleteReadError):
                said = "cut"
            self.told[f"burst: {said}"] += 1

        await asyncio.gather(*(one() for _ in range(BURST)))
        return ""


class Held:
    """Resident MiB and descriptors of the listening process, from its folder in /proc, every five seconds."""

    def __init__(self, process: Path) -> None:
        self.process = process
        self.seen: list[tuple[float, int]] = []

    def look(self) -> tuple[float, int]:
        pages = int((self.process / "statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20, sum(1 for _ in (self.process / "fd").iterdir())

    async def watch(self) -> None:
        while True:
            self.seen.append(await asyncio.to_thread(self.look))
            await asyncio.sleep(5)

    def told(self) -> str:
        """The highest of each fifth of the time."""
        size = max(1, len(self.seen) // 5)
        fifths = [self.seen[first : first + size] for first in range(0, 5 * size, size)]
        return " ".join(f"{max(memory for memory, _ in part):.0f}" for part in fifths if part)


async def beside(port: int, seconds: float, process: Path, nice: int) -> None:
    """Connections that stand open, then the hostile client in a process of its own."""
    idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2000)]
    figures("with 2,000 open connections", await singles(port, min(5.0, seconds)), min(5.0, seconds))
    for _, writer in idle:
        writer.close()
    alone_s = min(20.0, seconds)
    quiet = figures("one honest client", await singles(port, alone_s, 2), alone_s)
    held = Held(process)
    before = held.look()
    words = [sys.executable, __file__, "--attack", str(port), "--seconds", str(seconds)]
    attacker = await asyncio.create_subprocess_exec(*words, preexec_fn=lambda: os.nice(nice))
    watching = asyncio.create_task(held.watch())
    attacked = figures("the same, beside a hostile one", await singles(port, seconds, 2), seconds)
    watching.cancel()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(attacker.wait(), 40)
    await asyncio.sleep(5)
    after = held.look()
    print(f"p99 of the honest client: {attacked['p99_ms'] / quiet['p99_ms']:.1f} x")
    print(f"memory {before[0]:.0f} -> {after[0]:.0f} MiB (highest of each fifth: {held.told()})")
    print(f"descriptors {before[1]} -> {after[1]}, at most {max(files for _, files in held.seen)}")


def main() -> None:
    parser = argparse.ArgumentParser(description="What a gateway costs beside actors, and a hostile client others.")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each step (default 10)")
    parser.add_argument("--hostile", type=float, default=60.0, help="seconds of the hostile client (default 60)")
    parser.add_argument("--sandbox", choices=("docker", "local"), default="docker")
    parser.add_argument("--nice", type=int, default=10, help="of the hostile client's process (default 10)")
    parser.add_argument("--attack", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if options.attack:
        asyncio.run(Attack(options.attack, options.seconds).run())
        return
    there = actors(options.sandbox, options.seconds)
    with tempfile.NamedTemporaryFile("w+") as log:
        named = [word for name in TOKENS for word in ("--token-env", name)]
        words = [
            sys.executable,
            "-m",
            "temper.pipeline",
            "gateway",
            "--port",
            "0",
            "--sandbox",
            options.sandbox,
            *named,
        ]
        server = subprocess.Popen(words, stderr=log, env={**os.environ, **TOKENS}, cwd=Path(__file__).parent)
        try:
            while not (found := re.search(r"http://127\.0\.0\.1:(\d+)", Path(log.name).read_text())):
                if server.poll() is not None:
                    sys.exit(Path(log.name).read_text())
                time.sleep(0.1)
            port = int(found[1])
            asyncio.run(singles(port, WARM_S))
            here = figures("gateway, a request a verdict", asyncio.run(singles(port, options.seconds)), options.seconds)
            lines = figures("gateway, lines of 32", asyncio.run(batches(port, options.seconds)), options.seconds)
            for name, one in (("a request a verdict", here), ("lines of 32", lines)):
                print(f"{name}: {one['verdicts_per_s'] / there['verdicts_per_s']:.2f} of the actors' verdicts a second")
            added = {key: here[key] - there[key] for key in ("p50_ms", "p99_ms")}
            print("added to a verdict: " + ", ".join(f"{key} {value:.1f}" for key, value in added.items()))
            asyncio.run(beside(port, options.hostile, Path(f"/proc/{server.pid}"), options.nice))
        finally:
            server.terminate()
            server.wait(60)


if __name__ == "__main__":
    main()
