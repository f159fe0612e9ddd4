"""Guesses the next token with the head for one token more (`policy/mtp.py`), and keeps what the model itself draws.

A row of n tokens has a guess g of its next one. A step sends two tokens a row through the model, the last one and g:

    s_n      drawn from the model's distribution behind the last token, by the row's next uniform number u, as ever
    s_{n+1}  where s_n is g, drawn from the distribution behind g by the number after u; else there is none

Then the head says what comes next, and the guess is drawn from that by the number that the token itself will be drawn
by. So nothing is accepted or rejected by chance (arXiv 2211.17192): a completion is token for token the one that is
sampled without guesses, its logprobs the model's own, whatever the head says. A bad head costs speed alone.

Few rows gain: a step of two tokens costs little more than one where it is the weights that are read. While more than
`draft_rows` requests are in flight the rows are decoded without guesses; the number alone decides, never the time.
Where `draft_rows` is `measured` time decides (`tempo`): the tokens stay, but which of two ways computed a logprob, and
so its last bits, is then another from run to run.
"""

import time
from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import torch
from transformers import DynamicCache, PreTrainedModel

from temper.policy.mtp import Mtp, named_in_model, of_head
from temper.rlvr.engines.decode_cache import ATTENTION
from temper.rlvr.engines.placed_cache import PlacedCache
from temper.rlvr.engines.sampled import Sampled
from temper.rlvr.engines.tempo import Tempo
from temper.rlvr.engines.transformers_engine import TransformersEngine, chunks, draw, likeliest

NONE = -1
"""A row without a guess."""


class Numbers(Iterator[float]):
    """The uniform numbers of a request, of which the next can be seen."""

    def __init__(self, numbers: Iterator[float]) -> None:
        self.numbers, self.seen = numbers, deque[float]()

    def __next__(self) -> float:
        return self.seen.popleft() if self.seen else next(self.numbers)

    def peek(self) -> float:
        if not self.seen:
            self.seen.append(next(self.numbers))
        return self.seen[0]


def numbers_of(row: Sampled) -> Numbers:
    if not isinstance(row.uniforms, Numbers):
        row.uniforms = Numbers(row.uniforms)
    return row.uniforms


class DraftingEngine(TransformersEngine):
    """As the engine that it is made of; `head` guesses while at most `draft_rows` requests are in flight, or where that
    is found to be faster (none)."""

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: Any,
        batch: int,
        head: Mtp,
        draft_rows: int | None,
        version: int = -1,
        adapted: PreTrainedModel | None = None,
        room: int | None = None,
    ) -> None:
        super().__init__(model, tokenizer, batch, version, adapted, room)
        self.head, self.draft_rows = head.to(model.device, model.dtype).eval(), draft_rows
        self.head.block.set_attn_implementation(ATTENTION)
        self.guesses: list[int] = []
        self.drafting = False
        self.tempo = Tempo()
        with torch.inference_mode():
            trunk, ahead, _ = self._ahead([[0, 0]])
            self.placed = PlacedCache(model.config.get_text_config(decoder=True), trunk)
            self.placed_ahead = PlacedCache(self.head.block.config, ahead)

    def _held(self, pushed: Collection[str]) -> dict[str, torch.Tensor]:
        """With the head's where the trainer trains it and sends it along."""
        return super()._held(pushed) | (named_in_model(self.head) if any(map(of_head, pushed)) else {})

    def _admit(self) -> None:
        in_flight = len(self.in_flight)
        wanted = self.tempo.guesses(in_flight) if self.draft_rows is None else in_flight <= self.draft_rows
        if wanted != self.drafting:
            self.queue = deque(row for row in (*self.rows, *self.queue) if not row.ended)
            self._rearrange([], [])
            self.drafting = wanted
        super()._admit()

    def _rearrange(self, kept: Sequence[int], taken: Sequence[Sampled]) -> None:
        if not self.drafting:
            return super()._rearrange(kept, taken)
        self.rows = [*(self.rows[place] for place in kept), *taken]
        self.guesses = [*(self.guesses[place] for place in kept), *[NONE] * len(taken)]
        longest = max((len(row.sequence) for row in self.rows), default=0)
        for cache in (self.placed, self.placed_ahead):
            cache.remake(kept, len(self.rows), longest)
        return None

    def _row_bytes(self, longest: int) -> int:
        if not self.drafting:
            return super()._row_bytes(longest)
        return self.placed.row_bytes(longest) + self.placed_ahead.row_bytes(longest)

    def _fill(self, first: int) -> None:
        """Keys and values of all but the last token of the rows from `first` on, and their guesses."""
        if not self.drafting:
            return super()._fill(first)
        places: dict[tuple[int, ...], list[int]] = {}
        for place, row in enumerate(self.rows[first:], first):
            places.setdefault(tuple(row.sequence), []).append(place)
        for chunk in chunks(sequence for sequence in places if len(sequence) > 1):
            with self.recorder.listening():
                trunk, ahead, hidden_CTH = self._ahead(chunk)
            found = [(self.rows[place], i, 0, len(of) - 1) for i, of in enumerate(chunk) for place in places[of]]
            self._give(len(chunk), found)
            for i, sequence in enumerate(chunk):
                known = len(sequence) - 1
                rows = places[sequence]
                for place in rows:
                    self.placed.write(place, trunk, i, known)
                    self.placed_ahead.write(place, ahead, i, known)
                self._guess(rows, hidden_CTH[i, known - 1].expand(len(rows), -1))
        return None

    def _ahead(self, sequences: Sequence[Sequence[int]]) -> tuple[DynamicCache, DynamicCache, torch.Tensor]:
        """Of all but the last token of sequences, padded on the right: the model's keys and values, the head's, and its
        last states."""
        longest = max(map(len, sequences))
        rows = [[*sequence, *[0] * (longest - len(sequence))] for sequence in sequences]
        ids = torch.tensor(rows, device=self.model.device)
        trunk, ahead = DynamicCache(), DynamicCache()
        hidden = self.model.base_model(input_ids=ids[:, :-1], past_key_values=trunk, use_cache=True).last_hidden_state
        following = self.model.get_input_embeddings()(ids[:, 1:])
        out = self.head(hidden, following, past_key_values=ahead, use_cache=True).last_hidden_state
        return trunk, ahead, out

    def _guess(self, places: Sequence[int], hidden_RH: torch.Tensor) -> None:
        """Draws guesses from what the head says, by the numbers that the tokens themselves will be drawn by."""
        rows = [self.rows[place] for place in places]
        tokens_R, _ = draw(self._logits(hidden_RH), *self._terms(rows, [numbers_of(row).peek() for row in rows]))
        for place, token in zip(places, tokens_R.tolist(), strict=True):
            self.guesses[place] = token

    def _logits(self, hidden: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.model.get_output_embeddings()(hidden)
        return logits

    def _terms(self, rows: Sequence[Sampled], numbers: Sequence[float]) -> tuple[torch.Tensor, ...]:
        """What `draw` asks of each row."""
        device = self.model.device
        return (
            torch.tensor(numbers, dtype=torch.float64, device=device),
            torch.tensor([row.sampling.temperature for row in rows], device=device),
            torch.tensor([row.force for row in rows], device=device),
        )

    def _step(self) -> list[Sampled]:
        if self.draft_rows is not None:
            return self._stepped()
        living = [row for row in self.rows if not row.ended]
        before, begun = sum(len(row.sequence) for row in living), time.perf_counter()
        ended = self._stepped()
        made = sum(len(row.sequence) for row in living) - before
        self.tempo.add(len(self.in_flight), self.drafting, made, time.perf_counter() - begun)
        return ended

    @torch.inference_mode()
    def _stepped(self) -> list[Sampled]:
        """One token or two for every row; returns those that ended."""
        if not self.drafting:
            return super()._step()
        living, everyone = [place for place, row in enumerate(self.rows) if not row.ended], range(len(self.rows))
        ends = [len(row.sequence) for row in self.rows]
        ends_B = torch.tensor(ends, device=self.model.device)
        positions_B2 = torch.stack([ends_B - 1, ends_B], 1)
        ids = [[row.sequence[-1], max(guess, 0)] for row, guess in zip(self.rows, self.guesses, strict=True)]
        where = self._placed_at(positions_B2)
        with self.recorder.listening():
            hidden_B2H = self.model.base_model(
                input_ids=torch.tensor(ids, device=self.model.device), past_key_values=self.placed, **where
            ).last_hidden_state
        logits_B2V = self._logits(hidden_B2H)
        for row, guess in zip(self.rows, self.guesses, strict=True):
            row.drafted += guess != NONE
        first = self._take(everyone, logits_B2V[:, 0])
        right = [place for place in everyone if first[place] == self.guesses[place] and not self.rows[place].ended]
        for place in right:
            self.rows[place].accepted += 1
        second = self._take(right, logits_B2V[right, 1])
        self._give(len(ends), [(self.rows[b], b, ends[b] - 1, 1 + (b in second)) for b in living])
        self._guess_next(hidden_B2H, where, first, second)
        return [self.rows[place] for place in living if self.rows[place].ended]

    def _guess_next(
        self, hidden_B2H: torch.Tensor, where: Mapping[str, Any], first: dict[int, int], second: dict[int, int]
    ) -> None:
        """Lets the head see what came, one token of each row or two, and guesses what follows the last of them."""
        everyone, device = range(len(self.rows)), hidden_B2H.device
        came_B2 = torch.tensor([[first[place], second.get(place, 0)] for place in everyone], device=device)
        following_B2H = self.model.get_input_embeddings()(came_B2)
        out_B2H = self.head(hidden_B2H, following_B2H, past_key_values=self.placed_ahead, **where).last_hidden_state
        last_B = torch.tensor([int(place in second) for place in everyone], device=device)
        self._guess(everyone, out_B2H[torch.arange(len(last_B), device=device), last_B])

    def _placed_at(self, positions_B2: torch.Tensor) -> dict[str, Any]:
        """Makes both caches ready for two tokens a row at these positions; what both forwards are told of them."""
        longest = int(positions_B2.max()) + 1
        for cache in (self.placed, self.placed_ahead):
            cache.begin(positions_B2, longest)
        masks = self.placed.masks(self.model.dtype)
        return {
            # By kind of layer where there are several; one mask where all attend alike.
            "attention_mask": masks if "sliding_attention" in masks else masks["full_attention"],
            "position_ids": positions_B2,
            "use_cache": True,
        }

    def _take(self, places: Sequence[int], logits_RV: torch.Tensor) -> dict[int, int]:
        """Draws the next token of each of these rows; returns the tokens by place."""
        if not places:
            return {}
        rows = [self.rows[place] for place in places]
        terms = self._terms(rows, [next(row.uniforms) for row in rows])
        tokens_R, logprobs_R = draw(logits_RV, *terms)
        told = likeliest(logits_RV, terms[1], [row.sampling.likeliest for row in rows])
        found = tokens_R.tolist()
        for row, token, logprob, said in zip(rows, found, logprobs_R.tolist(), told, strict=True):
            if not row.ended:
                row.take(token, logprob, self.version, said)
        return dict(zip(places, found, strict=True))
