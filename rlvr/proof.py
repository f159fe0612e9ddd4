"""The second proof of a push: trainer and engine give the same tokens the same probabilities.

The probe is a fixed set of random tokens, at least `TOKENS` of them, seen to route to every expert of every layer,
since a wrong expert shows only in the tokens that it gets. Bounds on the mean and on the largest |logprob difference|:
in float32 `EXACT`; where the engine rounds, three times what unchanged weights show before the first push. A stale push
at a small learning rate moves less than that and is the hashes' to find (`Controller.push`); wrong layouts and corrupt
experts are found here.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from temper.rlvr.engine import EngineError, TokenRow

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

TOKENS, PROMPT, COMPLETION = 512, 8, 56
MAX_ROWS = 4096
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
    """Random rows, doubled until every expert of every layer has been routed to. Raises EngineError when one never is.
    Under ZeRO-3 every rank must call it."""
    draw = random.Random(f"probe/{seed}")
    vocabulary = model.config.vocab_size
    rows: list[TokenRow] = []
    count = -(-TOKENS // COMPLETION)
    while count <= MAX_ROWS:
        while len(rows) < count:
            tokens = tuple(draw.randrange(vocabulary) for _ in range(PROMPT + COMPLETION))
            rows.append((tokens[:PROMPT], tokens[PROMPT:]))
        if not (missing := experts_missed(model, rows)):
            return tuple(rows)
        count *= 2
    raise EngineError(f"probe: {missing} of the experts are routed to by none of {len(rows)} rows")


def experts_missed(model: "PreTrainedModel", rows: Sequence[TokenRow]) -> int:
    """Experts, over all layers, that none of the rows' completion tokens reaches; 0 for a model without experts."""
    if not hasattr(model.config, "output_router_logits"):
        return 0
    import torch

    with torch.no_grad():
        states = model.base_model(input_ids=_ids(model, rows), output_router_logits=True, use_cache=False)
    missed = 0
    for logits_NE in states.router_logits:
        experts = logits_NE.shape[-1]
        by_row = logits_NE.reshape(len(rows), PROMPT + COMPLETION, experts)[:, PROMPT - 1 : -1]
        reached = by_row.topk(model.config.num_experts_per_tok, dim=-1).indices.unique().numel()
        missed += experts - reached
    return missed


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


@dataclass
class FunctionProof:
    bounds: tuple[float, float] | None = None
    """Of the mean and the largest difference; known once unchanged weights were compared."""

    def calibrate(self, trainer: Probed, engine: Sequence[Sequence[float]]) -> None:
        """Before the first push both hold the base: what they differ by is the engine's rounding."""
        mean, largest = differences(trainer.logprobs, engine)
        if not mean <= HOPELESS:
            raise EngineError(f"proof: on unchanged weights engine and trainer differ by {mean:.2g} nats on average")
        self.bounds = max(EXACT[0], 3 * mean), max(EXACT[1], 3 * largest)

    def check(self, trainer: Probed, engine: Sequence[Sequence[float]], version: int) -> tuple[float, float]:
        """(mean, largest) difference. Raises EngineError above the bounds, with both numbers."""
        mean, largest = differences(trainer.logprobs, engine)
        low, high = self.bounds or EXACT
        if not (mean <= low and largest <= high):
            raise EngineError(
                f"push of version {version}: engine and trainer differ on the probe by {mean:.2g} nats on average and "
                f"{largest:.2g} at most, more than {low:.2g} and {high:.2g}"
            )
        return mean, largest


def differences(a: Sequence[Sequence[float]], b: Sequence[Sequence[float]]) -> tuple[float, float]:
    """Mean and largest absolute difference; infinite where one is no number."""
    apart = [abs(x - y) for left, right in zip(a, b, strict=True) for x, y in zip(left, right, strict=True)]
    if any(gap != gap for gap in apart):
        return float("inf"), float("inf")
    return sum(apart) / len(apart), max(apart)
