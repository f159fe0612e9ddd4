"""What the `transformers` engine's routers choose, kept for the rows that ask for it (`Sampling.experts`)."""

import contextlib
from collections.abc import Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import torch

from temper.rlvr.routing.experts import Growing
from temper.rlvr.routing.routers import Routers, routers_of

if TYPE_CHECKING:
    from transformers import PreTrainedModel

Owed = tuple[Growing, int, int, int]
"""Who is given experts, its row of the forward, the place of the token that stands first there, and how many of the
tokens are its own."""


class Recorder:
    """Hears nothing before `attach`, and then in `listening` alone."""

    def __init__(self) -> None:
        self.attached = self.on = False
        self.heard: list[torch.Tensor] = []
        """Of each layer, (rows x tokens, k)."""

    def attach(self, model: "PreTrainedModel") -> None:
        """Raises ValueError for a model without routers of a kind that is known."""
        if self.attached:
            return
        routers = routers_of(model)
        for module in routers.modules:
            module.register_forward_hook(partial(self._hear, routers))
        self.attached = True

    def _hear(self, routers: Routers, module: Any, given: Any, output: Any) -> None:
        if self.on:
            small = torch.uint8 if output[routers.logits].shape[-1] <= 256 else torch.uint16
            self.heard.append(output[routers.chosen].to(small))

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """To one forward."""
        self.heard, self.on = [], self.attached
        try:
            yield
        finally:
            self.on = False

    def give(self, rows: int, owed: Iterable[Owed]) -> None:
        """What was heard of a forward of so many rows, to those that it is owed to."""
        if not self.heard:
            return
        # One copy to the host for all layers and rows.
        chosen_NLK = torch.stack(self.heard, 1).cpu().numpy()
        chosen_BTLK = chosen_NLK.reshape(rows, -1, *chosen_NLK.shape[1:])
        for growing, row, place, count in owed:
            growing.take(place, chosen_BTLK[row, :count])
        self.heard = []
