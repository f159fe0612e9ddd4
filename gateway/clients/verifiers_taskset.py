"""Our rows as a taskset of verifiers 0.4 (and so of prime-rl): the reward is a gateway's verdict.

    from temper.gateway.clients.verifiers_taskset import TemperTaskset, TemperTasksetConfig
    taskset = TemperTaskset(TemperTasksetConfig(id="temper", path="problems.jsonl", gateway="http://127.0.0.1:8100"))

What is no score raises: the trace then has a `TaskError`, and prime-rl drops it and samples another one.
"""

import asyncio
import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import verifiers.v1 as vf

from temper.gateway.clients.plain import Gateway


class NoScoreError(RuntimeError):
    """Abstained, or an error of ours that did not pass."""


class TemperTasksetConfig(vf.TasksetConfig):
    path: str = ""
    """JSON Lines of problems."""
    gateway: str = "http://127.0.0.1:8100"
    """Addresses, with commas."""


class TemperData(vf.TaskData):
    problem: str
    """A row, as JSON text."""
    gateway: str


class TemperTask(vf.Task[TemperData, vf.State]):
    @property
    def key(self) -> str:
        return str(json.loads(self.data.problem)["id"])

    @vf.reward(weight=1.0)
    async def temper(self, trace: vf.Trace) -> float:
        gateway = _gateway(self.data.gateway)
        finding = await asyncio.to_thread(gateway.verify, json.loads(self.data.problem), trace.last_reply)
        if finding.score is None:
            raise NoScoreError(f"{self.key}: {finding.outcome}: {finding.detail}")
        return finding.score


class TemperTaskset(vf.Taskset[TemperTask, TemperTasksetConfig]):
    def load(self) -> Iterable[TemperTask]:
        for line in Path(self.config.path).read_text().splitlines():
            if line.strip():
                problem = json.loads(line)
                data = TemperData(id=problem["id"], prompt=problem["prompt"], problem=line, gateway=self.config.gateway)
                yield TemperTask(data)


@cache
def _gateway(urls: str) -> Gateway:
    return Gateway(*(url.strip() for url in urls.split(",")))
