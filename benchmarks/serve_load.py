"""Requests a second and their time at `temper serve`, beside the engine called directly.

    python benchmarks/serve_load.py [--seconds 10] [--tokens 32] [--threads 1]

The model has the tiny recipes' sizes and one step of training. 1 and 8 clients, each with one request under way, ask
the engine (submit, collect) and then the server (`/v1/chat/completions`, keep-alive, a plain `http.client` thread each)
for completions of the same prompt under the same seeds and limits. The clients share the machine's cores.
"""

import argparse
import http.client
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as under `temper run`

from tiny_base import untrained_base  # it quiets the libraries

# isort: split
import torch

from temper.policy.chat import dress
from temper.policy.checkpoint import load_model, load_tokenizer, save
from temper.policy.rendering import Renderer
from temper.rlvr.engines.transformers_engine import TransformersEngine
from temper.rlvr.rollout import Request, Sampling

ASKED = [{"role": "user", "content": "What is 17 + 25?"}]
BATCH = 8


def figures(name: str, clients: int, took: list[float], seconds: float) -> float:
    ordered = sorted(took)
    p50 = 1000 * ordered[len(ordered) // 2]
    print(f"{name:8} {clients} clients  requests/s {len(took) / seconds:7.1f}  p50 {p50:7.1f} ms", flush=True)
    return p50


def direct(checkpoint: Path, clients: int, seconds: float, tokens: int) -> float:
    tokenizer = load_tokenizer(checkpoint)
    engine = TransformersEngine(load_model(checkpoint), tokenizer, BATCH)
    prompt = tuple(Renderer(tokenizer).prompt_ids(ASKED))
    numbers, sampling, begun, took = count(), Sampling(1.0, tokens), {}, []
    until = time.perf_counter() + seconds
    while (now := time.perf_counter()) < until:
        while len(begun) < clients:
            number = next(numbers)
            begun[number] = now
            engine.submit([Request(number, prompt, seed=number)], sampling)
        for number, _ in engine.collect():
            took.append(time.perf_counter() - begun.pop(number))
    return figures("engine", clients, took, seconds)


def served(port: int, clients: int, seconds: float, tokens: int) -> float:
    took: list[float] = []
    numbers = count()
    until = time.perf_counter() + seconds

    def client() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        while (start := time.perf_counter()) < until:
            body = {"model": "tiny", "messages": ASKED, "max_tokens": tokens, "seed": next(numbers), "temperature": 1.0}
            connection.request("POST", "/v1/chat/completions", json.dumps(body), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            said = answer.read()
            assert answer.status == 200, said
            took.append(time.perf_counter() - start)

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return figures("server", clients, took, seconds)


@contextmanager
def server(checkpoint: Path, threads: int) -> Iterator[int]:
    """Its port."""
    words = [sys.executable, "-m", "temper.pipeline", "serve", str(checkpoint), "--port", "0"]
    words += ["--name", "tiny", "--batch", str(BATCH), "--threads", str(threads)]
    with tempfile.NamedTemporaryFile("w+") as log:
        process = subprocess.Popen(words, stderr=log, cwd=Path(__file__).parent)
        try:
            while not (found := re.search(r"http://127\.0\.0\.1:(\d+)", Path(log.name).read_text())):
                if process.poll() is not None:
                    sys.exit(Path(log.name).read_text())
                time.sleep(0.1)
            yield int(found[1])
        finally:
            process.terminate()
            process.wait(60)


def main() -> None:
    parser = argparse.ArgumentParser(description="What a server costs beside the engine that it asks.")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each step (default 10)")
    parser.add_argument("--tokens", type=int, default=32, help="most tokens of a completion (default 32)")
    parser.add_argument("--threads", type=int, default=1, help="of the engine (default 1)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        base, checkpoint = untrained_base(Path(folder), context=256), Path(folder) / "dressed"
        save(load_model(base), dress(load_tokenizer(base), "instruct"), checkpoint)
        torch.set_num_threads(options.threads)
        alone = [direct(checkpoint, clients, options.seconds, options.tokens) for clients in (1, 8)]
        with server(checkpoint, options.threads) as port:
            served(port, 1, 2.0, options.tokens)
            asked = [served(port, clients, options.seconds, options.tokens) for clients in (1, 8)]
    print("added to p50: " + ", ".join(f"{there - here:.1f} ms" for here, there in zip(alone, asked, strict=True)))


if __name__ == "__main__":
    main()
