"""Samples with the policy's own `transformers` code: continuous batching, one thread, nothing else to install.

A request waits until a row is free, its prompt's keys and values are computed, then it is decoded with the others, one
token a step, until it ends. Rows are filled in the order of `submit` once `REFILL` of the batch is free; a prompt that
several requests share is computed once. Rows whose keys and values do not fit in the memory there is wait as well;
where rows grow past it, the last that came go back to the head of the queue and are filled anew later. A push sends
what is in flight back to the head of the queue: it is filled anew under the new weights, tokens so far and all, and
goes on. When it happens is counted in steps, never in time.

A token is drawn by inverting the cumulative distribution at a uniform number of the request's own generator, so a
request does not depend on what it is batched with. Logprobs are those of the sampling distribution (temperature
applied) in float32. Absent on purpose: top-p and its kin, which a trainer cannot recompute; a loop written by hand for
one architecture and `torch.compile` (half a minute at each start). `benchmarks/engine.py` measures it.
"""

import logging
import time
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import torch
from transformers import PreTrainedModel

from temper.policy.checkpoint import copy_weights, tensor_hashes, trained_weights, weights_of
from temper.policy.generation import end_ids
from temper.rlvr.engines.decode_cache import DecodeCache, fill
from temper.rlvr.engines.engine import WAIT_S, Engine, TokenRow
from temper.rlvr.engines.sampled import Likeliest, Sampled
from temper.rlvr.rollout import Completion, Request, Sampling
from temper.rlvr.routing.recording import Recorder

log = logging.getLogger(__name__)

REFILL = 8
"""Rows are filled when one in so many is free."""
FILL_TOKENS = 4096
"""Tokens, padding included, of one forward that fills rows or gives logprobs; a longer one goes alone."""


class TransformersEngine:
    """Decodes `batch` rows together at most, fewer where their keys and values would take more than `room` bytes (none:
    no limit), one in any case; `stop_ids` end a completion; `version` is -1 until the first push. With `adapted`, a
    copy of the model with adapters, a push sends these alone, and the model's weights are made of both. Raises
    ValueError for an architecture that its cache does not serve."""

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: Any,
        batch: int,
        version: int = -1,
        adapted: PreTrainedModel | None = None,
        room: int | None = None,
    ) -> None:
        self.model = model.eval()
        self.room, self.told = room, False
        self.adapted = adapted
        self.tokenizer = tokenizer
        self.batch = batch
        self.version = version
        self.stop_ids = frozenset(end_ids(tokenizer, model.generation_config))
        known = tokenizer.get_vocab()
        self.think_ids = known.get("<think>", -1), known.get("</think>", -1)
        self.in_flight: dict[int, Sampled] = {}
        self.queue: deque[Sampled] = deque()
        self.rows: list[Sampled] = []
        self.recorder = Recorder()
        with torch.inference_mode():
            self.cache = DecodeCache(model)

    @property
    def replicas(self) -> Sequence[Engine]:
        return (self,)

    def push(self, weights: Mapping[str, torch.Tensor], version: int) -> dict[str, str]:
        held = self._held(weights.keys())
        copy_weights(held, weights)
        if self.adapted:
            self._merge(self.adapted)
        self.version = version
        self.queue = deque(self.in_flight.values())
        self._rearrange([], [])
        return tensor_hashes(held)

    def _held(self, pushed: Collection[str]) -> dict[str, torch.Tensor]:
        """The tensors that a push of these names is for."""
        return trained_weights(self.adapted or self.model)

    def _merge(self, adapted: PreTrainedModel) -> None:
        """The decoding costs what it costs without adapters, and nothing is subtracted again, which would drift."""
        from temper.policy.lora import merged_weights

        own = weights_of(self.model)
        for name, tensor in merged_weights(adapted):
            own[name].copy_(tensor)

    def submit(self, requests: Sequence[Request], sampling: Sampling) -> None:
        """Raises ValueError for an id in flight, an empty prompt, a thinking budget without think tokens, or experts of
        a model without any."""
        if sampling.thinking_tokens is not None and -1 in self.think_ids:
            raise ValueError("thinking_tokens: the tokenizer lacks <think> or </think>; leave the budget out")
        if sampling.experts:
            self.recorder.attach(self.model)
        later: list[Sampled] = []
        for request in requests:
            if request.id in self.in_flight or not request.prompt_tokens:
                what = "is in flight already" if request.prompt_tokens else "has an empty prompt"
                raise ValueError(f"request {request.id}: {what}; give it another")
            row = Sampled(request, sampling, self.stop_ids, self.think_ids)
            self.in_flight[request.id] = row
            (later if request.turn else self.queue).append(row)
        self.queue.extendleft(reversed(later))

    def collect(self, wait_s: float = WAIT_S) -> list[tuple[int, Completion]]:
        """One step at least, where anything is in flight."""
        until = time.monotonic() + wait_s
        ended: list[Sampled] = []
        while self.in_flight and not ended:
            self._admit()
            ended = self._step()
            for row in ended:
                del self.in_flight[row.request.id]
            if time.monotonic() >= until:
                break
        return [(row.request.id, row.completion(self.tokenizer)) for row in ended]

    def cancel(self) -> list[int]:
        cancelled = list(self.in_flight)
        self.in_flight.clear()
        self.queue.clear()
        self._rearrange([], [])
        return cancelled

    def drop(self, ids: Collection[int]) -> None:
        """Forgets these of what is in flight, and any other id; their rows are free at the next step."""
        for row in [self.in_flight.pop(i) for i in ids if i in self.in_flight]:
            row.dropped = True
        self.queue = deque(row for row in self.queue if not row.dropped)
        if not self.in_flight:
            self._rearrange([], [])

    def revive(self) -> bool:
        return False

    @torch.inference_mode()
    def logprobs(self, rows: Sequence[TokenRow], temperature: float = 1.0) -> list[tuple[float, ...]]:
        alike: dict[tuple[int, int], list[int]] = {}
        for place, (prompt, completion) in enumerate(rows):
            alike.setdefault((len(prompt), len(completion)), []).append(place)
        found: dict[int, tuple[float, ...]] = {}
        for (start, _), places in alike.items():
            # Rows of 64 tokens go 64 at a time, rows of 3000 one by one.
            at_once = max(1, FILL_TOKENS // len([*rows[places[0]][0], *rows[places[0]][1]]))
            for i in range(0, len(places), at_once):
                some = places[i : i + at_once]
                said = self._teacher_forced([[*rows[place][0], *rows[place][1]] for place in some], start, temperature)
                found.update(zip(some, map(tuple, said), strict=True))
        return [found[place] for place in range(len(rows))]

    def _teacher_forced(self, rows: Sequence[Sequence[int]], start: int, temperature: float) -> list[list[float]]:
        """Of the tokens from `start` on, of rows of one length."""
        ids_BT = torch.tensor(rows, device=self.model.device)
        kept = ids_BT.shape[1] - start + 1
        logits_BTV = self.model(input_ids=ids_BT, use_cache=False, logits_to_keep=kept).logits[:, :-1].float()
        logprobs_BT1 = torch.log_softmax(logits_BTV / temperature, -1).gather(-1, ids_BT[:, start:, None])
        found: list[list[float]] = logprobs_BT1[..., 0].tolist()
        return found

    def _rearrange(self, kept: Sequence[int], taken: Sequence[Sampled]) -> None:
        """These rows stay and those come; the others leave the cache."""
        self.rows = [*(self.rows[place] for place in kept), *taken]
        self.cache.remake(kept, len(self.rows), max((len(row.sequence) for row in self.rows), default=1) - 1)

    @torch.inference_mode()
    def _admit(self) -> None:
        """Fills free rows from the queue, or leaves rows out that ended when there is nothing to fill them with."""
        living = [place for place, row in enumerate(self.rows) if not row.ended]
        if (kept := self._fitting([self.rows[place] for place in living])) < len(living):
            self.queue.extendleft(self.rows[place] for place in reversed(living[kept:]))
            living = living[:kept]
            self._rearrange(living, [])
            return
        free = min(self.batch - len(living), len(self.queue))
        # Of 128 rows 16 must be free, or as many as still wait: each filling copies the buffers.
        if free and free >= min(len(self.queue), max(1, self.batch // REFILL)):
            wanted = [*(self.rows[place] for place in living), *(self.queue[i] for i in range(free))]
            taken = [self.queue.popleft() for _ in range(self._fitting(wanted) - len(living))]
            if taken:
                self._rearrange(living, taken)
                self._fill(len(living))
                return
        # 16 rows of which 12 live: the 4 that ended are decoded with them until they are left out.
        if len(living) <= 0.75 * len(self.rows):
            self._rearrange(living, [])

    def _fitting(self, rows: Sequence[Sampled]) -> int:
        """How many of these, from the first on, have room for their keys and values; the first one always has."""
        longest = max((len(row.sequence) for row in rows), default=0)
        if self.room is None or len(rows) * self._row_bytes(longest) <= self.room:
            return len(rows)
        longest = 0
        for count, row in enumerate(rows):
            longest = max(longest, len(row.sequence))
            if count and (count + 1) * self._row_bytes(longest) > self.room:
                if not self.told:
                    self.told = True
                    log.warning(
                        "engine: keys and values of %d rows of %d tokens fill the %.3g GiB that they may "
                        "(engine.memory); of %d sequences at a time (engine.batch) the others wait",
                        count, longest, self.room / 2**30, self.batch,
                    )  # fmt: skip
                return count
        return len(rows)

    def _row_bytes(self, longest: int) -> int:
        return self.cache.row_bytes(longest)

    def _fill(self, first: int) -> None:
        """Computes the keys and values of all but the last token of the rows from `first` on."""
        places: dict[tuple[int, ...], list[int]] = {}
        for place, row in enumerate(self.rows[first:], first):
            places.setdefault(tuple(row.sequence[:-1]), []).append(place)
        for chunk in chunks(filter(None, places)):
            found = [(place, i, len(prefix)) for i, prefix in enumerate(chunk) for place in places[prefix]]
            with self.recorder.listening():
                filled = fill(self.model, chunk)
            self.cache.write(found, filled)
            self._give(len(chunk), [(self.rows[place], i, 0, tokens) for place, i, tokens in found])

    def _give(self, rows: int, owed: Iterable[tuple[Sampled, int, int, int]]) -> None:
        """The experts of a forward of so many rows to those that ask for them (`recording.Owed`)."""
        asked = [(row.experts, at, place, count) for row, at, place, count in owed if row.sampling.experts]
        self.recorder.give(rows, asked)

    @torch.inference_mode()
    def _step(self) -> list[Sampled]:
        """One token for every row; returns those that it ended."""
        device = self.model.device
        longest = max(len(row.sequence) for row in self.rows if not row.ended)
        self.cache.expect(longest - 1)
        lengths_B = torch.tensor([len(row.sequence) for row in self.rows], device=device)
        ids_B = torch.tensor([row.sequence[-1] for row in self.rows], device=device)
        # Rows of 3 and 5 tokens end in the same column: of 5 columns the first 2 are not the shorter one's.
        absent_BT = torch.arange(longest, device=device) < longest - lengths_B[:, None]
        mask_BT = torch.zeros(absent_BT.shape, dtype=self.model.dtype, device=device).masked_fill_(
            absent_BT, -torch.inf
        )
        with self.recorder.listening():
            logits_BV = self.model(
                input_ids=ids_B[:, None],
                attention_mask=mask_BT[:, None, None],
                position_ids=lengths_B[:, None] - 1,
                past_key_values=self.cache,
                use_cache=True,
            ).logits[:, -1]
        living = [(row, b, len(row.sequence) - 1, 1) for b, row in enumerate(self.rows) if not row.ended]
        self._give(len(self.rows), living)
        uniform_B = torch.tensor([next(row.uniforms) for row in self.rows], dtype=torch.float64, device=device)
        temperature_B = torch.tensor([row.sampling.temperature for row in self.rows], device=device)
        forced_B = torch.tensor([row.force for row in self.rows], device=device)
        tokens_B, logprobs_B = draw(logits_BV, uniform_B, temperature_B, forced_B)
        told_B = likeliest(logits_BV, temperature_B, [row.sampling.likeliest for row in self.rows])
        ended: list[Sampled] = []
        for row, token, logprob, told in zip(self.rows, tokens_B.tolist(), logprobs_B.tolist(), told_B, strict=True):
            if not row.ended:
                row.take(token, logprob, self.version, told)
                if row.ended:
                    ended.append(row)
        return ended


def chunks(sequences: Iterable[tuple[int, ...]]) -> Iterator[list[tuple[int, ...]]]:
    """Those that one forward fills: the longest comes first and the others are padded to it."""
    waiting = deque(sorted(sequences, key=len))
    while waiting:
        chunk = [waiting.pop()]
        # At 1000 tokens 4 go together, at 2000 two.
        while waiting and len(chunk[0]) * (len(chunk) + 1) <= FILL_TOKENS:
            chunk.append(waiting.pop())
        yield chunk


def draw(
    logits_BV: torch.Tensor, uniform_B: torch.Tensor, temperature_B: torch.Tensor, forced_B: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """(token, its logprob) a row: the forced token, or where that is -1 the first one whose cumulative probability
    exceeds the uniform number. At temperature 0 it is the likeliest one, with its logprob at temperature 1."""
    logprobs_BV = sampled_logprobs(logits_BV, temperature_B)
    cumulative_BV = logprobs_BV.double().exp().cumsum(-1)
    # Rounded probabilities do not sum to 1 exactly: the number is scaled to what they do sum to.
    threshold_B1 = (uniform_B * cumulative_BV[:, -1])[:, None]
    drawn_B1 = torch.searchsorted(cumulative_BV, threshold_B1, right=True).clamp(max=logits_BV.shape[-1] - 1)
    chosen_B = torch.where(temperature_B == 0, logprobs_BV.argmax(-1), drawn_B1[:, 0])
    tokens_B = torch.where(forced_B < 0, chosen_B, forced_B)
    return tokens_B, logprobs_BV.gather(-1, tokens_B[:, None])[:, 0]


def sampled_logprobs(logits_BV: torch.Tensor, temperature_B: torch.Tensor) -> torch.Tensor:
    """Of the distribution that is sampled, in float32; where the likeliest is taken, of that at temperature 1."""
    divisor_B = temperature_B.masked_fill(temperature_B == 0, 1.0)
    return torch.log_softmax(logits_BV.float() / divisor_B[:, None], dim=-1)


def likeliest(logits_BV: torch.Tensor, temperature_B: torch.Tensor, counts: Sequence[int]) -> list[Likeliest]:
    """So many of the likeliest tokens of each row as it asks for."""
    most = min(max(counts), logits_BV.shape[1])
    if most == 0:
        return [()] * len(counts)
    found = sampled_logprobs(logits_BV, temperature_B).topk(most)
    pairs = zip(found.indices.tolist(), found.values.tolist(), counts, strict=True)
    return [tuple(zip(tokens[:count], logprobs[:count], strict=True)) for tokens, logprobs, count in pairs]
