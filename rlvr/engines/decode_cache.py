"""Keys and values of rows that are decoded together, whatever their lengths, by the model's own forward.

The newest token of every row stands in the same column: a decoding step writes one column and reads one slice of
static buffers, a shorter row starts further right, and one mask of shape (rows, 1, 1, columns) serves every layer. A
sliding layer holds its window only and takes the tail of that mask. Buffers are as wide as the longest row in flight
and `BLOCK` columns more; every `BLOCK` steps they are remade, wider or narrower, as what is in flight asks.

Heads that share keys are given to the kernel as several queries of one head, so no key is copied (`transformers`
repeats them wherever there is a mask). This goes through its registries; the model's code stays as it is.
"""

from collections.abc import Sequence
from typing import Any

import torch
from transformers import AttentionInterface, AttentionMaskInterface, Cache, DynamicCache, PreTrainedModel
from transformers.cache_utils import get_layer_types_and_kwargs
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

ATTENTION = "temper_decode"
BLOCK = 64
"""Columns that a buffer has to spare when it is made."""


def attend(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    **others: Any,
) -> tuple[torch.Tensor, None]:
    """One query a row over the columns of a cache; anything else as `transformers` does it."""
    # The forwards of `fill` and of `logprobs` go through here as well.
    if query.shape[2] > 1 or attention_mask is None:
        whole: tuple[torch.Tensor, None] = sdpa_attention_forward(
            module, query, key, value, attention_mask, scaling=scaling, **others
        )
        return whole
    rows, heads, _, dim = query.shape
    # 8 heads of queries over 2 of keys: each head of keys has 4 queries, instead of being there 4 times.
    shared = query.view(rows, key.shape[1], heads // key.shape[1], dim)
    mask = attention_mask[..., -key.shape[2] :]
    out = torch.nn.functional.scaled_dot_product_attention(shared, key, value, attn_mask=mask, scale=scaling)
    return out.reshape(rows, 1, heads, value.shape[3]), None


class DecodeCache(Cache):  # type: ignore[misc]
    """`Columns` for each layer of a model, which it makes attend through `attend`. Raises ValueError for an
    architecture that it does not serve."""

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__(layers=[])
        config = model.config.get_text_config(decoder=True)
        kinds, details = get_layer_types_and_kwargs(config)
        served = set(kinds) <= {"full_attention", "sliding_attention"} and model._supports_attention_backend
        attention = config._attn_implementation
        if not served or attention not in ("sdpa", ATTENTION):
            raise ValueError(
                f"engine transformers: cannot decode {config.model_type!r}, got layers {sorted(set(kinds))} and "
                f"attention {attention!r}; it serves full and sliding layers under `sdpa`, take the engine `vllm`"
            )
        AttentionInterface.register(ATTENTION, attend)
        AttentionMaskInterface.register(ATTENTION, sdpa_mask)
        model.set_attn_implementation(ATTENTION)
        self.columns = [
            Columns(detail.get("sliding_window"), layer.keys, layer.values)
            for detail, layer in zip(details, fill(model, [[0]]).layers, strict=True)
        ]

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, layer_idx: int, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        return self.columns[layer_idx].add(key_states, value_states)

    def remake(self, kept: Sequence[int], rows: int, longest: int) -> None:
        """Room for `rows` rows of up to `longest` tokens: the kept ones, in this order, and empty ones."""
        kept_R = torch.tensor(kept, dtype=torch.long, device=self.columns[0].keys.device)
        for columns in self.columns:
            columns.expect(longest)
            columns.remake(kept_R, rows)

    def expect(self, longest: int) -> None:
        """Says how many tokens the longest row has before the next step."""
        for columns in self.columns:
            columns.expect(longest)

    def row_bytes(self, longest: int) -> int:
        """Of one row's keys and values where the longest row has so many tokens."""
        return sum(columns.row_bytes(longest) for columns in self.columns)

    def write(self, places: Sequence[tuple[int, int, int]], filled: DynamicCache) -> None:
        """Takes rows of a cache that `fill` made; a place is (row here, row there, tokens)."""
        rows_R, source_R, lengths_R = torch.tensor(places, device=self.columns[0].keys.device).T
        for columns, layer in zip(self.columns, filled.layers, strict=True):
            columns.write(rows_R, source_R, lengths_R, layer.keys, layer.values)


def fill(model: PreTrainedModel, sequences: Sequence[Sequence[int]]) -> DynamicCache:
    """Keys and values of token sequences, padded on the right: what stands behind a row's end is not to be read."""
    longest = max(map(len, sequences))
    ids = [[*sequence, *[0] * (longest - len(sequence))] for sequence in sequences]
    filled = DynamicCache()
    model(input_ids=torch.tensor(ids, device=model.device), past_key_values=filled, use_cache=True, logits_to_keep=1)
    return filled


class Columns:
    """One layer's keys and values, (rows, heads, columns, dim), in memory (rows, columns, heads, dim). The newest token
    is in column `end` - 1."""

    def __init__(self, window: int | None, keys: torch.Tensor, values: torch.Tensor) -> None:
        self.window = window
        self.keys, self.values = keys[:0], values[:0]
        self.end = 0
        self.past = 0
        """Columns before the next one that a row may attend to."""

    def expect(self, longest: int) -> None:
        self.past = self.reach(longest)

    def reach(self, longest: int) -> int:
        """Columns before the next one, where the longest row has so many tokens."""
        return longest if self.window is None else min(longest, self.window - 1)

    def row_bytes(self, longest: int) -> int:
        of_a_token = sum(made.shape[1] * made.shape[3] * made.element_size() for made in (self.keys, self.values))
        return (self.reach(longest) + BLOCK) * of_a_token

    def add(self, keys_BH1D: torch.Tensor, values_BH1D: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Adds one token to every row; returns the keys and values that it attends to, its own among them."""
        if self.end == self.keys.shape[2]:
            self.remake(torch.arange(len(self.keys), device=self.keys.device), len(self.keys))
        self.keys[:, :, self.end] = keys_BH1D[:, :, 0]
        self.values[:, :, self.end] = values_BH1D[:, :, 0]
        self.end += 1
        # With a past of 10 and the token in column 20, columns 10 to 20: ten before it and itself.
        seen = slice(self.end - 1 - self.past, self.end)
        return self.keys[:, :, seen], self.values[:, :, seen]

    def remake(self, kept_R: torch.Tensor, rows: int) -> None:
        """New buffers of `rows` rows: the past of the kept ones first, zeros where there is none."""
        count = min(self.past, self.end)
        made = []
        for old in (self.keys, self.values):
            new = old.new_zeros((rows, self.past + BLOCK, old.shape[1], old.shape[3])).transpose(1, 2)
            newest = old[:, :, self.end - count : self.end]
            # A past of 5 in a buffer for 8 goes to columns 3 to 7: rows are aligned at their newest token.
            new[: len(kept_R), :, self.past - count : self.past] = newest.index_select(0, kept_R)
            made.append(new)
        self.keys, self.values = made
        self.end = self.past

    def write(
        self,
        rows_R: torch.Tensor,
        source_R: torch.Tensor,
        lengths_R: torch.Tensor,
        keys: torch.Tensor,
        values: torch.Tensor,
    ) -> None:
        """Puts the first `lengths_R` tokens of rows `source_R` where `rows_R` end."""
        width = min(self.past, int(lengths_R.max()))
        # Rows of 3 and 5 tokens, 5 wide: source columns 0 0 0 1 2 and 0 1 2 3 4; the mask hides the first two.
        columns_RT = (lengths_R[:, None] - width + torch.arange(width, device=lengths_R.device)).clamp(min=0)
        for own, other in ((self.keys, keys), (self.values, values)):
            own[rows_R, :, self.end - width : self.end] = other[source_R[:, None], :, columns_RT].transpose(1, 2)
