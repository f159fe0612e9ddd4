"""The second proof of a push: trainer and engine give the same tokens the same probabilities.

The probe is a fixed set of random tokens. Of short rows there are at least `TOKENS` completion tokens, and so many that
each expert of every layer is reached in `REACHES` of them, since a wrong expert shows only in the tokens that it gets.
Of each longer length there are `LONG` rows, whose last tokens are compared: the longest that is trained, and as far as
memory and positions go one past the attention's window and one past the context before an extension, since a missing
window and wrong positions show nowhere before.

Bounds on the mean and on the largest |logprob difference| of the rows of each length: in float32 `EXACT`; where the
engine rounds, three times what the first push of a run shows, whose weights are the base's. They are found once a run
and kept with it: whoever comes back, trainer or controller, is held to them. Two right engines can send a token to
another expert where two are nearly tied, and then differ by a nat on it and by less on what follows in its row (seen
once in some 50,000 tokens in float32): of each length the `FLIPS` rows furthest off are left out. A stale push at a
small learning rate moves less than that and is the hashes' to find (`pushes`); wrong layouts, corrupt experts, another
window or RoPE are found here.
"""

import logging
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from temper.rlvr.engines.engine import EngineError, TokenRow

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

log = logging.getLogger(__name__)

TOKENS, PROMPT, COMPLETION = 512, 8, 56
MAX_ROWS = 512
FLIPS = 3
REACHES = LONG = FLIPS + 1
WITHIN = 8192
"""Tokens of a row at most, where the training's own rows are not longer."""
EXACT = (1e-4, 1e-2)
"""Mean and largest difference in float32, in nats."""
HOPELESS = 0.5
"""Mean difference on unchanged weights beyond which the two are not the same model."""


ProbeLogprobs = tuple[tuple[float, ...], ...]
"""Of a probe's rows, by one side."""


class Probe(Protocol):
    """The probe's rows, and what the trainer says of them: known, or computed or waited for when it is asked for, so
    that trainer and engine compute theirs at one time."""

    @property
    def rows(self) -> tuple[TokenRow, ...]: ...

    @property
    def logprobs(self) -> ProbeLogprobs: ...


@dataclass(frozen=True)
class Probed:
    """A probe that is known."""

    rows: tuple[TokenRow, ...]
    logprobs: ProbeLogprobs


class Probing:
    """A probe of this model, computed once when it is asked for; the weights must not move before."""

    def __init__(self, model: "PreTrainedModel", rows: tuple[TokenRow, ...]) -> None:
        self.model, self.rows = model, rows

    @cached_property
    def logprobs(self) -> ProbeLogprobs:
        return probed(self.model, self.rows).logprobs


def probe_rows(model: "PreTrainedModel", seed: int, longest: int = 0) -> tuple[TokenRow, ...]:
    """Random rows, drawn until every expert of every layer is reached, and of these as few as do it; then those of each
    longer length, up to `longest`, a training's prompt and completion together. An expert that too few of all rows
    reach is idle, and left to the hashes with a warning. Under ZeRO-3 every rank must call it."""
    draw = random.Random(f"probe/{seed}")
    vocabulary = model.config.vocab_size
    rows: list[TokenRow] = []
    # 512 tokens in completions of 56 are 9.1 rows, so 10.
    least = -(-TOKENS // COMPLETION)
    while True:
        # 10, 20, 40, ... 320, 512: each try keeps the rows of the last and doubles them.
        count = min(MAX_ROWS, max(least, 2 * len(rows)))
        while len(rows) < count:
            rows.append(_drawn(draw, vocabulary, PROMPT + COMPLETION))
        # By rows: `differences` leaves out FLIPS whole ones, and one that shows the expert must remain.
        reached_RX = tokens_by_expert(model, rows) > 0
        idle = int((reached_RX.sum(0) < REACHES).sum())
        if not idle or count == MAX_ROWS:
            break
    if idle:
        experts = reached_RX.shape[1]
        log.warning("probe: %d of %d experts are idle: reached in under %d of %d rows", idle, experts, REACHES, count)
    kept = [rows[i] for i in _enough(reached_RX, least)]
    long = [_drawn(draw, vocabulary, tokens) for tokens in longer(model.config, longest) for _ in range(LONG)]
    return (*kept, *long)


def longer(config: Any, longest: int) -> list[int]:
    """Lengths of the long rows: `longest`, one past the window, one past the context before an extension."""
    config = config.get_text_config() if hasattr(config, "get_text_config") else config
    settings = config.to_dict() if hasattr(config, "to_dict") else vars(config)
    positions = settings.get("max_position_embeddings") or max(longest, WITHIN)
    rope = settings.get("rope_parameters") or {}
    # A window of 1024 gives rows of 1080: the 56 tokens that are compared lie past it.
    past = {
        int(of[name]) + COMPLETION
        for of in (settings, rope, *rope.values())  # of all layers, or of each type of layer
        for name in ("sliding_window", "original_max_position_embeddings")
        if isinstance(of, Mapping) and of.get(name)
    }
    found = {min(longest, positions), *(tokens for tokens in past if tokens <= min(positions, max(longest, WITHIN)))}
    return sorted(tokens for tokens in found if tokens > PROMPT + COMPLETION)


def _drawn(draw: random.Random, vocabulary: int, tokens: int) -> TokenRow:
    ids = tuple(draw.randrange(vocabulary) for _ in range(tokens))
    return ids[:-COMPLETION], ids[-COMPLETION:]


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
        # The place before a token decides it: of 64 places, 7 to 62 for the completion's tokens 8 to 63.
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

    found: dict[int, tuple[float, ...]] = {}
    with torch.no_grad():
        for places in _alike(rows):
            ids = _ids(model, [rows[place] for place in places])
            # The head gets the compared places alone: a long row times the vocabulary may not fit.
            hidden = model.base_model(input_ids=ids, use_cache=False).last_hidden_state[:, -COMPLETION - 1 : -1]
            logprobs = model.get_output_embeddings()(hidden).float().log_softmax(-1)
            picked = logprobs.gather(-1, ids[:, -COMPLETION:, None])[..., 0]
            found.update(zip(places, map(tuple, picked.tolist()), strict=True))
    return Probed(tuple(rows), tuple(found[place] for place in range(len(rows))))


def _alike(rows: Sequence[TokenRow]) -> list[list[int]]:
    """Places of the rows to compute together: short ones at once, long ones by themselves."""
    short = [place for place, (prompt, _) in enumerate(rows) if len(prompt) == PROMPT]
    return [short, *([place] for place, (prompt, _) in enumerate(rows) if len(prompt) != PROMPT)]


def _ids(model: "PreTrainedModel", rows: Sequence[TokenRow]) -> "torch.Tensor":
    import torch

    return torch.tensor([[*prompt, *completion] for prompt, completion in rows], device=model.device)


Gaps = tuple[float, float]
"""Mean and largest difference, in nats."""
Bounds = Mapping[int, Gaps]
"""Of both, by the length of the rows."""
Said = Sequence[Sequence[float]]
"""Logprobs by row."""


@dataclass
class FunctionProof:
    exact: bool = True
    """Whether both compute in float32: the bounds are `EXACT`, and nothing is found."""
    bounds: Bounds = field(default_factory=dict)
    """Those that the first push of the run showed; empty before."""
    keep: Callable[[Bounds], None] = lambda bounds: None
    """Told of the bounds once they are found; whoever comes back is given them."""

    def prove(self, trainer: Probe, replicas: Sequence[Said], version: int) -> Gaps:
        """(mean, largest) difference, of the replica and the length that are furthest off. Raises EngineError above the
        bounds, with both numbers, and where bounds that were found before are gone."""
        apart = [gaps_by_length(trainer, said) for said in replicas]
        worst = {tokens: _worst([gaps[tokens] for gaps in apart]) for tokens in apart[0]}
        if not self.exact and not self.bounds:
            self._find(worst, version)
        for tokens, (mean, largest) in worst.items():
            low, high = self.bound(tokens)
            if not (mean <= low and largest <= high):
                raise EngineError(
                    f"push of version {version}: engine and trainer differ on the probe by {mean:.2g} nats on average "
                    f"and {largest:.2g} at most, more than {low:.2g} and {high:.2g}, in its rows of {tokens} tokens"
                )
        return _worst(list(worst.values()))

    def bound(self, tokens: int) -> Gaps:
        """Of rows of so many tokens."""
        return EXACT if self.exact else self.bounds.get(tokens, EXACT)

    def _find(self, worst: Mapping[int, Gaps], version: int) -> None:
        """Both hold the base's weights: what they differ by is the engine's rounding."""
        if version:
            raise EngineError(
                f"push of version {version}: the bounds that version 0 of this run showed are gone; remove the stage's "
                "folder to start it anew"
            )
        mean, _ = _worst(list(worst.values()))
        if not mean <= HOPELESS:
            raise EngineError(
                f"push of version 0: on the base's weights engine and trainer differ by {mean:.2g} nats on average; "
                "they are not the same model"
            )
        low, high = EXACT
        # A mean of 0.004 nats on the base's weights allows 0.012 from then on, one of 1e-6 the 1e-4 of EXACT.
        self.bounds = {tokens: (max(low, 3 * mean), max(high, 3 * most)) for tokens, (mean, most) in worst.items()}
        self.keep(self.bounds)


def gaps_by_length(trainer: Probe, said: Said) -> dict[int, Gaps]:
    """`differences` of the rows of each length."""
    by_length: dict[int, list[int]] = {}
    for place, (prompt, completion) in enumerate(trainer.rows):
        by_length.setdefault(len(prompt) + len(completion), []).append(place)
    return {
        tokens: differences([trainer.logprobs[place] for place in places], [said[place] for place in places])
        for tokens, places in by_length.items()
    }


def _worst(gaps: Sequence[Gaps]) -> Gaps:
    return max(mean for mean, _ in gaps), max(largest for _, largest in gaps)


def differences(a: Said, b: Said) -> Gaps:
    """Mean and largest absolute difference without the `FLIPS` rows that hold the largest, but of one row at least;
    infinite where one is no number."""
    apart = [[abs(x - y) for x, y in zip(left, right, strict=True)] for left, right in zip(a, b, strict=True)]
    # Only NaN differs from itself, and `sorted` and `max` could pass over it.
    if any(gap != gap for row in apart for gap in row):
        return float("inf"), float("inf")
    # Of 10 rows the 7 that are closest count, of 4 or fewer the closest one.
    kept = [gap for row in sorted(apart, key=max)[: max(1, len(apart) - FLIPS)] for gap in row]
    return sum(kept) / len(kept), max(kept)
