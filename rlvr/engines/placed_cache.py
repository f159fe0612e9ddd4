"""Keys and values by position: the token at position i of a row stands in column i.

What is written again replaces what stood there, so a guess that came to nothing leaves nothing behind, and rows may go
on by one token or by two. A row reads as many columns as the longest one has; for the few rows of `drafting` that costs
little.
"""

from collections.abc import Sequence

import torch
from transformers import Cache, DynamicCache
from transformers.cache_utils import get_layer_types_and_kwargs

from temper.rlvr.engines.decode_cache import BLOCK


class PlacedCache(Cache):  # type: ignore[misc]
    """Of the layers of a trunk; `example` is a cache that it filled, of any length."""

    def __init__(self, config: object, example: DynamicCache) -> None:
        super().__init__(layers=[])
        kinds, details = get_layer_types_and_kwargs(config)
        self.windows = {kind: detail.get("sliding_window") for kind, detail in zip(kinds, details, strict=True)}
        self.kept = [[layer.keys[:0], layer.values[:0]] for layer in example.layers]
        self.positions_BQ = torch.zeros(0, 0, dtype=torch.long)
        self.longest = 0

    def remake(self, kept: Sequence[int], rows: int, longest: int) -> None:
        """Room for `rows` rows of `longest` tokens and some more: the kept ones, in this order, and empty ones."""
        kept_R = torch.tensor(kept, dtype=torch.long, device=self.kept[0][0].device)
        for pair in self.kept:
            for i, old in enumerate(pair):
                new = old.new_zeros((rows, longest + BLOCK, old.shape[1], old.shape[3])).transpose(1, 2)
                width = min(new.shape[2], old.shape[2])
                new[: len(kept), :, :width] = old.index_select(0, kept_R)[:, :, :width]
                pair[i] = new

    def row_bytes(self, longest: int) -> int:
        """Of one row's keys and values where the longest row has so many tokens."""
        made = (one for pair in self.kept for one in pair)
        of_a_token: int = sum(one.shape[1] * one.shape[3] * one.element_size() for one in made)
        return (longest + BLOCK) * of_a_token

    def write(self, row: int, filled: DynamicCache, source: int, tokens: int) -> None:
        """Takes the first `tokens` of a row of another cache."""
        for (keys, values), layer in zip(self.kept, filled.layers, strict=True):
            keys[row, :, :tokens] = layer.keys[source, :, :tokens]
            values[row, :, :tokens] = layer.values[source, :, :tokens]

    def begin(self, positions_BQ: torch.Tensor, longest: int) -> None:
        """Says where the next tokens of each row stand, all before `longest`."""
        if longest > self.kept[0][0].shape[2]:
            self.remake(range(len(positions_BQ)), len(positions_BQ), longest)
        self.positions_BQ, self.longest = positions_BQ, longest

    def masks(self, dtype: torch.dtype) -> dict[str, torch.Tensor]:
        """Of the kinds of layers, (rows, 1, tokens, columns), to be added to the scores."""
        columns_T = torch.arange(self.longest, device=self.positions_BQ.device)
        here_BQ1 = self.positions_BQ[..., None]
        masks = {}
        for kind, window in self.windows.items():
            seen_BQT = columns_T <= here_BQ1
            if window is not None:
                seen_BQT = seen_BQT & (columns_T > here_BQ1 - window)
            masks[kind] = torch.zeros(seen_BQT.shape, dtype=dtype, device=seen_BQT.device).masked_fill_(
                ~seen_BQT, -torch.inf
            )[:, None]
        return masks

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, layer_idx: int, *args: object, **kwargs: object
    ) -> tuple[torch.Tensor, torch.Tensor]:
        rows_B1 = torch.arange(len(self.positions_BQ), device=key_states.device)[:, None]
        for own, new in zip(self.kept[layer_idx], (key_states, value_states), strict=True):
            own[rows_B1, :, self.positions_BQ] = new.transpose(1, 2)
        keys, values = self.kept[layer_idx]
        return keys[:, :, : self.longest], values[:, :, : self.longest]
