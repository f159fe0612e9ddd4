"""An engine that writes what it is told, a token a step."""

from collections.abc import Collection, Sequence
from typing import Any

from temper.rlvr.engines.sampled import Sampled
from temper.rlvr.rollout import Completion, Request, Sampling


class ScriptedLive:
    """`fail_at`: the step at which it breaks; with `for_good` it cannot be emptied either."""

    def __init__(self, tokenizer: Any, texts: Sequence[str], fail_at: int = -1, for_good: bool = False) -> None:
        self.tokenizer, self.texts = tokenizer, list(texts)
        self.fail_at, self.for_good = fail_at, for_good
        self.in_flight: dict[int, Sampled] = {}
        self.scripts: dict[int, list[int]] = {}
        self.asked: list[Request] = []
        self.dropped: list[int] = []
        self.steps = 0

    def submit(self, requests: Sequence[Request], sampling: Sampling) -> None:
        for request in requests:
            text = self.texts[len(self.asked) % len(self.texts)]
            self.asked.append(request)
            ids = self.tokenizer(text, add_special_tokens=False)["input_ids"]
            self.scripts[request.id] = [*ids, self.tokenizer.eos_token_id]
            stops = frozenset([self.tokenizer.eos_token_id])
            self.in_flight[request.id] = Sampled(request, sampling, stops, (-1, -1))

    def collect(self, wait_s: float = 0.0) -> list[tuple[int, Completion]]:
        self.steps += 1
        if self.steps == self.fail_at:
            raise RuntimeError("out of memory")
        for number, row in list(self.in_flight.items()):
            row.take(self.scripts[number].pop(0), -1.0, 0)
            if row.ended:
                del self.in_flight[number]
        return []

    def cancel(self) -> list[int]:
        if self.for_good:
            raise RuntimeError("the device is gone")
        cancelled = list(self.in_flight)
        self.in_flight.clear()
        return cancelled

    def drop(self, ids: Collection[int]) -> None:
        self.dropped += ids
        for number in ids:
            self.in_flight.pop(number).dropped = True
