"""Router replay (arXiv 2510.11370): the learner sends each token to the experts that the engine sent it to.

Engine and learner compute in different orders, types and kernels. Where two experts are nearly tied for the last place
that is enough to send a token elsewhere, and its logprob, with those behind it, is another one. So the choice is the
engine's and the weights are the learner's own, as its router weighs them (`routers`):

    weight_i = p_i / sum over S of p    S: the engine's choice, p: the learner's softmax over all experts

which has the gradient to the router that it has without replay. Where S is the learner's own choice nothing changes.

What has no experts goes by the learner's own router: the last token of a row, whose choice no loss token depends on,
and rows of an engine that told none. The choice stands until the backward pass is done, since gradient checkpointing
computes the layers again. Not replayed: the reference of `objective.kl`, another model, whose probabilities are those
of its own routing; the probe of a push, whose bound is to see a wrong router; `router_loss`, which counts the learner's
own choice, since it is that choice which it evens out.
"""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from temper.rlvr.rollout import BatchRow
from temper.rlvr.routing.routers import Routers, routers_of

if TYPE_CHECKING:
    from transformers import PreTrainedModel

COMPARED_EVERY = 10
"""Steps between two in which a micro-batch of each rank is scored a second time, by its own routing."""


@dataclass(frozen=True)
class Line:
    """The tokens of a micro-batch, row by row without padding."""

    chosen: torch.Tensor
    """(tokens, layers, k); 0 where nothing is known."""
    replayed: torch.Tensor
    """(tokens,): whether it is."""
    count: int
    """Of how many it is."""


def lay(rows: Sequence[BatchRow], layers: int, k: int, device: torch.device) -> Line:
    """Raises ValueError where the engine's experts are not those of such a model."""
    parts, known = [np.zeros((0, layers, k), np.uint8)], [np.zeros(0, bool)]
    for row in rows:
        tokens, there = len(row.prompt_tokens) + len(row.completion_tokens), len(row.experts)
        if there and (row.experts.layers, row.experts.k) != (layers, k):
            raise ValueError(
                f"rlvr.router_replay: the engine told {row.experts.k} experts in each of {row.experts.layers} layers, "
                f"the learner has {k} in {layers}; leave it out"
            )
        parts += [row.experts.array] if there else []
        parts.append(np.zeros((tokens - there, layers, k), np.uint8))
        known.append(np.arange(tokens) < there)
    # uint8 with uint16 gives uint16, which few of torch's kernels know.
    laid, found = np.concatenate(parts), np.concatenate(known)
    laid = laid if laid.dtype == np.uint8 else laid.astype(np.int32)
    return Line(torch.from_numpy(laid).to(device), torch.from_numpy(found).to(device), int(found.sum()))


class Replay:
    """Routes a model where a line is laid (`by`); without a model it does nothing."""

    def __init__(self, model: "PreTrainedModel | None" = None) -> None:
        """Raises ValueError for a model that it cannot route."""
        self.routers: Routers | None = None
        self.line: Line | None = None
        self.apart: dict[int, torch.Tensor] = {}
        """Tokens of this line that the learner would send to others, by layer, which checkpointing computes twice."""
        self.sums = torch.zeros(7, dtype=torch.float64)
        """Since the last `take`: tokens x layers that are replayed, those of them that the learner would have sent to
        others; tokens that are replayed, and all; tokens compared, their gaps with replay and without."""
        if model is None:
            return
        try:
            self.routers = routers_of(model)
        except ValueError as error:
            raise ValueError(f"rlvr.router_replay: {error}") from error
        for layer, module in enumerate(self.routers.modules):
            module.register_forward_hook(partial(self._route, self.routers, layer))

    @contextlib.contextmanager
    def by(self, rows: Sequence[BatchRow], device: torch.device) -> Iterator[None]:
        """Forwards and backwards of these rows, in one line."""
        if self.routers is None:
            yield
            return
        layers = len(self.routers.modules)
        self.line = line = lay(rows, layers, self.routers.k, device)
        try:
            yield
        finally:
            self.line = None
        differ = sum(int(apart) for apart in self.apart.values())
        self.sums[:4] += torch.tensor([line.count * layers, differ, line.count, len(line.replayed)])
        self.apart = {}

    @contextlib.contextmanager
    def own(self) -> Iterator[None]:
        """Forwards inside `by` that are routed as ever."""
        line, self.line = self.line, None
        try:
            yield
        finally:
            self.line = line

    def compares(self, step: int, place: int) -> bool:
        """Whether a micro-batch is to be scored by its own routing as well: on every rank alike, as ZeRO-3 asks."""
        return self.routers is not None and step % COMPARED_EVERY == 0 and place == 0

    def compare(
        self, with_BT: torch.Tensor, without_BT: torch.Tensor, rollout_BT: torch.Tensor, loss_BT: torch.Tensor
    ) -> None:
        """Takes the gaps of the tokens in the loss to the engine's logprobs."""
        gaps = [((own_BT.double() - rollout_BT).abs() * loss_BT).sum() for own_BT in (with_BT, without_BT)]
        self.sums[4:] += torch.stack([loss_BT.sum().double(), *gaps]).cpu()

    def take(self) -> torch.Tensor:
        """`sums`, which begin anew."""
        sums, self.sums = self.sums, torch.zeros_like(self.sums)
        return sums

    def _route(self, routers: Routers, layer: int, module: Any, given: Any, output: Any) -> Any:
        if (line := self.line) is None:
            return None
        logits_TE, own_TK, weights_TK = (output[i] for i in (routers.logits, routers.chosen, routers.weights))
        if len(own_TK) != len(line.replayed):
            raise ValueError(f"rlvr.router_replay: a line of {len(line.replayed)} tokens, routed are {len(own_TK)}")
        known_T1 = line.replayed[:, None]
        chosen_TK = torch.where(known_T1, line.chosen[:, layer].to(own_TK.dtype), own_TK)
        if layer not in self.apart:
            self.apart[layer] = (chosen_TK.sort(-1).values != own_TK.sort(-1).values).any(-1).sum()
        weighed_TK = routers.weigh(logits_TE, chosen_TK).to(weights_TK.dtype)
        routed = list(output)
        routed[routers.chosen] = chosen_TK
        routed[routers.weights] = torch.where(known_T1, weighed_TK, weights_TK)
        return tuple(routed)


def replay_metrics(sums: Sequence[float]) -> dict[str, list[float]]:
    """Of `Replay.sums` over all ranks; none where nothing is replayed."""
    routed, differ, replayed, tokens, compared, gap, gap_without = sums
    if not tokens:
        return {}
    found = {"router_replay/tokens": replayed / tokens, "router_replay/differ": differ / max(1.0, routed)}
    if compared:
        found |= {"router_replay/gap": gap / compared, "router_replay/gap_without": gap_without / compared}
    return {name: [value] for name, value in found.items()}
