"""The second proof of a push: trainer and engine give the same tokens the same probabilities.

The probe is a fixed set of random tokens, at least `TOKENS` of them, `REACHES` of which are seen to route to every
expert of every layer, since a wrong expert shows only in the tokens that it gets. Bounds on the mean and on the largest
|logprob difference|: in float32 `EXACT`; where the engine rounds, three times what the first push of a run shows, whose
weights are the base's. They are found once a run and kept with it: whoever comes back, trainer or controller, is held
to them. Two right engines can send a token to another expert where two are nearly tied, and then differ on it by a
nat (seen once in some 50,000 tokens in float32): the `FLIPS` worst tokens are left out of both. A stale push
at a small learning rate moves less than that and is the hashes' to find (`Controller.push`); wrong layouts and corrupt
experts are found here.
"""

import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from temper.rlvr.engine import EngineError, TokenRow

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

log = logging.getLogger(__name__)

TOKENS, PROMPT, COMPLETION = 512, 8, 56
MAX_ROWS = 512
FLIPS = 3
REACHES = FLIPS + 1
EXACT = (1e-4, 1e-2)
"""Mean and largest difference in float32, in nats."""
HOPELESS = 0.5
"""Mean difference on unchanged weights beyond which the two are not the same model."""


@dataclass(frozen=True)
class Probed:
    """The probe, and what the trainer says of it."""

    rows: tuple[TokenRow, ...]
    logprobs: tuple[tuple[float, ...], ...]


def probe_rows(model: "PreTrainedModel", seed: int) -> tuple[TokenRow, ...]:
    """Random rows, drawn until every expert of every layer gets its tokens, and of these as few as do. An expert that
    gets too few of all of them is idle, and left to the hashes with a warning. Under ZeRO-3 every rank must call it."""
    draw = random.Random(f"probe/{seed}")
    vocabulary = model.config.vocab_size
    rows: list[TokenRow] = []
    least = -(-TOKENS // COMPLETION)
    while True:
        count = min(MAX_ROWS, max(least, 2 * len(rows)))
        while len(rows) < count:
            tokens = tuple(draw.randrange(vocabulary) for _ in range(PROMPT + COMPLETION))
            rows.append((tokens[:PROMPT], tokens[PROMPT:]))
        reached_RX = tokens_by_expert(model, rows)
        idle = int((reached_RX.sum(0) < REACHES).sum())
        if not idle or count == MAX_ROWS:
            break
    if idle:
        experts, drawn = reached_RX.shape[1], count * COMPLETION
        log.warning("probe: %d of %d experts are idle: under %d of %d tokens", idle, experts, REACHES, drawn)
    return tuple(rows[i] for i in _enough(reached_RX, least))


def tokens_by_expert(model: "PreTrainedModel", rows: Sequence[TokenRow]) -> "torch.Tensor":
    """Completion tokens of each row that reach each expert, the experts of all layers side by side (none for a model
    without experts): rows x experts."""
    import torch

    if not hasattr(model.config, "output_router_logits"):
        return torch.zeros((len(rows), 0), dtype=torch.long)
    with torch.no_grad():
        states = model.base_model(input_ids=_ids(model, rows), output_router_logits=True, use_cache=False)
    layers = []
    for logits_NE in states.router_logits:
        by_row_RTE = logits_NE.reshape(len(rows), PROMPT + COMPLETION, -1)[:, PROMPT - 1 : -1]
        chosen = by_row_RTE.topk(model.config.num_experts_per_tok, dim=-1).indices
        layers.append(torch.zeros_like(by_row_RTE, dtype=torch.long).scatter_(-1, chosen, 1).sum(1))
    return torch.cat(layers, dim=-1).cpu()


def _enough(reached_RX: "torch.Tensor", least: int) -> list[int]:
    """The first rows that give each expert its tokens, and as many as the probe has at least."""
    got_X = reached_RX[0] * 0
    kept: list[int] = []
    for i, row_X in enumerate(reached_RX):
        if bool(((got_X < REACHES) & (row_X > 0)).any()):
            got_X = got_X + row_X
            kept.append(i)
    kept += [i for i in range(len(reached_RX)) if i not in kept][: max(0, least - len(kept))]
    return sorted(kept)


def probed(model: "PreTrainedModel", rows: Sequence[TokenRow]) -> Probed:
    """The rows with the model's logprobs, at temperature 1. Under ZeRO-3 every rank must call it."""
    import torch

    with torch.no_grad():
        ids = _ids(model, rows)
        hidden = model.base_model(input_ids=ids, use_cache=False).last_hidden_state[:, PROMPT - 1 : -1]
        logprobs = model.get_output_embeddings()(hidden).float().log_softmax(-1)
        picked = logprobs.gather(-1, ids[:, PROMPT:, None])[..., 0]
    return Probed(tuple(rows), tuple(map(tuple, picked.tolist())))


def _ids(model: "PreTrainedModel", rows: Sequence[TokenRow]) -> "torch.Tensor":
    import torch

    return torch.tensor([[*prompt, *completion] for prompt, completion in rows], device=model.device)


Bounds = tuple[float, float]
"""Of the mean and of the largest difference, in nats."""
Said = Sequence[Sequence[float]]
"""Logprobs by row."""


@dataclass
class FunctionProof:
    bounds: Bounds | None = EXACT
    """None: found at the first push of the run."""
    keep: Callable[[Bounds], None] = lambda bounds: None
    """Told of the bounds once they are found; whoever comes back is given them."""

    def prove(self, trainer: Probed, replicas: Sequence[Said], version: int) -> tuple[float, float]:
        """(mean, largest) difference, of the replica that is furthest off. Raises EngineError above the bounds, with
        both numbers, and where bounds that were found before are gone."""
        if self.bounds is None:
            self._find(trainer, replicas, version)
        return max(self._check(trainer, said, version) for said in replicas)

    def _find(self, trainer: Probed, replicas: Sequence[Said], version: int) -> None:
        """Both hold the base's weights: what they differ by is the engine's rounding."""
        if version:
            raise EngineError(
                f"push of version {version}: the bounds that version 0 of this run showed are gone; remove the stage's "
                "folder to start it anew"
            )
        apart = [differences(trainer.logprobs, said) for said in replicas]
        mean, largest = max(mean for mean, _ in apart), max(largest for _, largest in apart)
        if not mean <= HOPELESS:
            raise EngineError(
                f"push of version 0: on the base's weights engine and trainer differ by {mean:.2g} nats on average; "
                "they are not the same model"
            )
        self.bounds = max(EXACT[0], 3 * mean), max(EXACT[1], 3 * largest)
        self.keep(self.bounds)

    def _check(self, trainer: Probed, engine: Said, version: int) -> tuple[float, float]:
        assert self.bounds is not None
        mean, largest = differences(trainer.logprobs, engine)
        low, high = self.bounds
        if not (mean <= low and largest <= high):
            raise EngineError(
                f"push of version {version}: engine and trainer differ on the probe by {mean:.2g} nats on average and "
                f"{largest:.2g} at most, more than {low:.2g} and {high:.2g}"
            )
        return mean, largest


def differences(a: Sequence[Sequence[float]], b: Sequence[Sequence[float]]) -> tuple[float, float]:
    """Mean and largest absolute difference without the `FLIPS` largest; infinite where one is no number."""
    apart = [abs(x - y) for left, right in zip(a, b, strict=True) for x, y in zip(left, right, strict=True)]
    if any(gap != gap for gap in apart):
        return float("inf"), float("inf")
    apart = sorted(apart)[:-FLIPS]
    return sum(apart) / len(apart), apart[-1]
