"""What a push costs by a group of its own, by the object store, and as it was before there was a group.

    python benchmarks/push.py [--gb 1] [--engines 4] [--pushes 3]

One process stands for rank 0 of the learners, with random weights of so many GB in float32, and each engine is a
process that holds as many and takes them as the `transformers` engine does: copied into the tensors that it has, then
hashed; `before` is the object store with the hash of then, BLAKE2. Prints one JSON line: for all ways, in turns, the
seconds of a push with the identity proof on both sides (the best of `--pushes`; the first, in which the group forms,
apart), and by how many MiB rank 0's own memory rose above what it was (peak).
"""

import argparse
import hashlib
import json
import os
import threading
import time
from pathlib import Path
from typing import Any

import ray
import torch

from temper.policy.checkpoint import tensor_hashes
from temper.rlvr.engines.channel import Arriving, Member, Seat, Sender, piece

TENSORS = 40
CPU = torch.device("cpu")


def weights(gb: float, seed: int) -> dict[str, torch.Tensor]:
    draw = torch.Generator().manual_seed(seed)
    count = int(gb * 1e9 / 4 / TENSORS)
    return {f"layer.{n}": torch.randn(count, generator=draw) for n in range(TENSORS)}


def hashes_of(held: dict[str, torch.Tensor], old: bool) -> dict[str, str]:
    if not old:
        return tensor_hashes(held)
    return {name: hashlib.blake2b(tensor.numpy().data, digest_size=16).hexdigest() for name, tensor in held.items()}


class EngineLike:
    def __init__(self, gb: float) -> None:
        torch.set_num_threads(1)
        self.held, self.member = weights(gb, 1), Member(CPU)

    def push(self, boxed: list[Any], old: bool) -> dict[str, str]:
        [given] = boxed
        arriving = self.member.sit(given) if isinstance(given, Seat) else ray.get(given)
        assert isinstance(arriving, Arriving | dict)
        for name, tensor in arriving.items():
            self.held[name].copy_(tensor)
        return hashes_of(self.held, old)


class Learner:
    """Rank 0 of the learners, in a process of its own: its memory is measured."""

    def __init__(self, gb: float, engines: list[Any]) -> None:
        torch.set_num_threads(1)
        self.held, self.engines = weights(gb, 0), engines
        self.sender = Sender("127.0.0.1")

    def push(self, way: str) -> tuple[float, float]:
        """Seconds, and by how many MiB this process grew."""
        peak = Peak()
        with peak:
            start = time.monotonic()
            hashes = hashes_of(self.held, way == "before")
            held = self._by_group() if way == "group" else self._by_store(way == "before")
            took = time.monotonic() - start
        assert all(one == hashes for one in held)
        return took, peak.grown

    def _by_store(self, old: bool) -> list[dict[str, str]]:
        whole = ray.put({name: tensor.to("cpu", copy=True) for name, tensor in self.held.items()})
        found: list[dict[str, str]] = ray.get([engine.push.remote([whole], old) for engine in self.engines])
        return found

    def _by_group(self) -> list[dict[str, str]]:
        layout = tuple(piece(name, tensor) for name, tensor in self.held.items())
        seats = self.sender.offer(layout).seats(len(self.engines))
        waiting = [engine.push.remote([seat], False) for engine, seat in zip(self.engines, seats, strict=True)]
        self.sender.serve(
            self.held,
            layout,
            CPU,
            lambda: len(ray.wait(waiting, num_returns=len(waiting), timeout=0)[0]) == len(waiting),
        )
        found: list[dict[str, str]] = ray.get(waiting)
        return found


class Peak:
    """By how many MiB the memory of this process that it shares with nobody grows inside of it at most."""

    def __enter__(self) -> None:
        self.before = self.most = own()
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.thread.join()
        self.grown = (self.most - self.before) / 2**20

    def _watch(self) -> None:
        while not self.over.wait(0.005):
            self.most = max(self.most, own())


def own() -> int:
    """Resident bytes without what is shared memory: the object store's pages are the node's."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon:"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gb", type=float, default=1.0)
    parser.add_argument("--engines", type=int, default=4)
    parser.add_argument("--pushes", type=int, default=3)
    asked = parser.parse_args()
    ray.init("local", num_cpus=asked.engines + 1, include_dashboard=False, log_to_driver=False)
    engines = [ray.remote(EngineLike).remote(asked.gb) for _ in range(asked.engines)]
    learner = ray.remote(Learner).remote(asked.gb, engines)
    told: dict[str, dict[str, float]] = {}
    took: dict[str, list[tuple[float, float]]] = {"group": [], "store": [], "before": []}
    for _ in range(asked.pushes):
        for way, found in took.items():
            found.append(ray.get(learner.push.remote(way)))
    for way, found in took.items():
        told[way] = {
            "first_s": round(found[0][0], 2),
            "best_s": round(min(seconds for seconds, _ in found), 2),
            "grown_mib": round(max(grown for _, grown in found), 1),
        }
    times = {way: round(told[way]["best_s"] / told["group"]["best_s"], 2) for way in ("store", "before")}
    print(json.dumps({"gb": asked.gb, "engines": asked.engines, **told, "times": times, "load": os.getloadavg()[0]}))


if __name__ == "__main__":
    main()
