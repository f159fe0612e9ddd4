"""Attention inside each document and its window, without a T x T mask.

A batch of packs names its documents by `cu_seq_lens_q` (their borders over all rows laid end to end) and
`max_length_q`, transformers' own names, which the model hands to every layer; without them the borders are where the
positions start anew. A document of one token (padding is a run of those) attends to itself alone and costs nothing.

On a CPU (and in float32) documents of about one length are attended at once, one longer than the window by itself in
blocks of queries that see a window of keys before them. On a GPU torch's variable-length attention takes the borders
and the window as they are.
With a group of sequence ranks (DeepSpeed Ulysses, arXiv 2309.14509) a rank holds a slice of every row: the heads are
exchanged for the tokens before attention and back after it, so that each rank attends whole documents under some of
the heads.

What this cannot do is refused: an attention mask (padded rows, generation), dropout, soft caps, sinks.
"""

from collections.abc import Sequence
from functools import cache
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import torch
from torch.nn.functional import pad, scaled_dot_product_attention

if TYPE_CHECKING:
    from transformers import PreTrainedModel

NAME = "temper_documents"
BLOCK = 256
"""Fewest queries of a block; a wider window has blocks of its own width."""
FILLED = 0.85
"""Share of the longest document's tokens that others have at least which are attended with it."""
SCORES_AT_ONCE = 1 << 22
"""Pairs of tokens of documents that are attended at once, at most, where there is more than one."""


def attend_by_document(model: "PreTrainedModel", over: "torch.distributed.ProcessGroup | None" = None) -> None:
    """Makes `attend` the model's attention, `over` a group of sequence ranks where one is given.

    Raises ValueError for a model that cannot exchange its attention."""
    from transformers import AttentionInterface, AttentionMaskInterface

    if not model._supports_attention_backend:
        raise ValueError(f"{type(model).__name__}: its attention cannot be exchanged; use a model that allows it")
    name = NAME if over is None else f"{NAME}_over_ranks"
    AttentionInterface.register(name, attend if over is None else _over_ranks(over))
    AttentionMaskInterface.register(name, _no_mask)
    model.set_attn_implementation(name)


def borders(position_ids_BT: torch.Tensor) -> tuple[torch.Tensor, int]:
    """Borders of the documents over all rows laid end to end, (documents + 1,) in int32, and the longest's length.

    A row is a border, and so is a position that does not follow the one before it."""
    # Positions 0 1 2 0 1 give steps 0 1 1 -2 1: a document starts wherever the step is not 1.
    step_BT = torch.diff(position_ids_BT, prepend=position_ids_BT[:, :1], dim=1)
    starts = (step_BT != 1).flatten().nonzero()[:, 0]
    end = torch.tensor([position_ids_BT.numel()], device=starts.device)
    found = torch.cat([starts, end]).to(torch.int32)
    return found, int(found.diff().max())


def attend(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    dropout: float = 0.0,
    scaling: float | None = None,
    sliding_window: int | None = None,
    position_ids: torch.Tensor | None = None,
    cu_seq_lens_q: torch.Tensor | None = None,
    max_length_q: int | None = None,
    **kwargs: Any,
) -> tuple[torch.Tensor, None]:
    """Causal attention of (B, heads, T, D) queries inside each document; (B, T, heads, D).

    `sliding_window` counts the keys that a query sees, itself among them."""
    if attention_mask is not None or dropout or kwargs.get("softcap") is not None or kwargs.get("s_aux") is not None:
        raise ValueError(f"{NAME}: neither attention mask, dropout, soft cap nor sinks; use another attention")
    B, _, T, _ = query.shape
    if cu_seq_lens_q is None or max_length_q is None:
        if position_ids is None:
            position_ids = torch.arange(T, device=query.device)[None]
        cu_seq_lens_q, max_length_q = borders(position_ids.expand(B, T))
    q, k, v = (x.transpose(1, 2).flatten(0, 1) for x in (query, key, value))  # (B T, heads, D)
    if query.is_cuda and value.dtype in (torch.bfloat16, torch.float16):
        attended = _at_once(q.to(v.dtype), k.to(v.dtype), v, cu_seq_lens_q, max_length_q, scaling, sliding_window)
    else:
        attended = _by_length(q, k, v, cu_seq_lens_q.diff().tolist(), scaling, sliding_window)
    return attended.view(B, T, *attended.shape[1:]), None


def _at_once(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, cu: torch.Tensor, longest: int,
    scale: float | None, window: int | None,
) -> torch.Tensor:  # fmt: skip
    """All documents by torch's kernel; under autocast the norms of queries and keys have left them in float32."""
    from torch.nn.attention.varlen import varlen_attn

    attended = varlen_attn(q, k, v, cu, cu, longest, longest, **varlen_arguments(scale, window))
    assert isinstance(attended, torch.Tensor)  # and not with its logsumexp, which is not asked for
    return attended


def varlen_arguments(scale: float | None, window: int | None) -> dict[str, Any]:
    """What `varlen_attn` calls these: (left, 0) keys beside the query's own, and -1 for all before it."""
    return {"scale": scale, "window_size": (-1 if window is None else window - 1, 0), "enable_gqa": True}


def _by_length(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, lengths: Sequence[int], scale: float | None, window: int | None
) -> torch.Tensor:
    group = q.size(1) // k.size(1)
    starts = [0, *accumulate(lengths)]
    found, order = [], []
    for places in _alike(lengths, window):
        T = lengths[places[0]]
        # A shorter document goes on with its last token, which comes after every query that is kept.
        ends = torch.tensor([lengths[place] for place in places])[:, None]
        within_NT = torch.arange(T)[None].expand(len(places), T)
        tokens_NT = torch.tensor([starts[place] for place in places])[:, None] + within_NT.minimum(ends - 1)
        real_T = (within_NT < ends).flatten().nonzero()[:, 0].to(q.device)
        tokens_T = tokens_NT.flatten().to(q.device)
        if T == 1:
            attended = v.index_select(0, tokens_T).repeat_interleave(group, dim=1)
        else:
            # (N, heads, T, D)
            picked = (x.index_select(0, tokens_T) for x in (q, k, v))
            q_N, k_N, v_N = (x.view(len(places), T, *x.shape[1:]).transpose(1, 2) for x in picked)
            attended = _documents(q_N, k_N, v_N, scale, window).transpose(1, 2).flatten(0, 1)
        found.append(attended.index_select(0, real_T))
        order.append(tokens_T[real_T])
    return torch.cat(found).index_select(0, torch.cat(order).argsort())


def _alike(lengths: Sequence[int], window: int | None) -> list[list[int]]:
    """Places of documents to attend at once, the longest of them first: nearly as long, and not too much together. One
    that is longer than its window needs blocks is by itself."""
    found: list[list[int]] = []
    for place in sorted(range(len(lengths)), key=lambda place: -lengths[place]):
        longest = lengths[found[-1][0]] if found else 0
        together = (len(found[-1]) + 1) * longest**2 <= SCORES_AT_ONCE if found else False
        in_blocks = window is not None and longest > max(window, BLOCK)
        if longest == lengths[place] == 1 or (
            together and not in_blocks and lengths[place] >= max(2, FILLED * longest)
        ):
            found[-1].append(place)
        else:
            found.append([place])
    return found


def _documents(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, scale: float | None, window: int | None
) -> torch.Tensor:
    """Causal attention of documents of one length, (N, heads, T, D), each within its window."""
    T = q.size(2)
    if window is None or window >= T:
        return scaled_dot_product_attention(q, k, v, is_causal=True, scale=scale, enable_gqa=True)
    block = max(window, BLOCK)
    if block >= T:
        band = _band(window, block, q.device)[:T, window : window + T]
        return scaled_dot_product_attention(q, k, v, attn_mask=band, scale=scale, enable_gqa=True)
    return torch.stack([_document(*of, scale, window) for of in zip(q, k, v, strict=True)])


def _document(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, scale: float | None, window: int) -> torch.Tensor:
    """Causal attention of one document's (heads, T, D) within its window, which it is longer than."""
    T = q.size(1)
    # A block of queries sees `window` keys before it: blocks narrower than that would mostly compute overlap.
    block = max(window, BLOCK)
    band = _band(window, block, q.device)
    head = block
    first = scaled_dot_product_attention(
        q[None, :, :head], k[None, :, :head], v[None, :, :head],
        attn_mask=band[:head, window : window + head], scale=scale, enable_gqa=True,
    )[0]  # fmt: skip
    # Rounded up: 1,000 tokens after the head in blocks of 256 are 4 blocks, 24 places of them empty.
    blocks = -(-(T - head) // block)
    fill = blocks * block - (T - head)  # the last block is filled up: keys that lie after every query
    queries = pad(q[:, head:], (0, 0, 0, fill)).reshape(len(q), blocks, block, -1).transpose(0, 1)
    keys, values = (
        pad(x[:, head - window :], (0, 0, 0, fill)).unfold(1, window + block, block).permute(1, 0, 3, 2) for x in (k, v)
    )
    rest = scaled_dot_product_attention(queries, keys, values, attn_mask=band, scale=scale, enable_gqa=True)
    return torch.cat([first, rest.transpose(0, 1).flatten(1, 2)[:, : T - head]], dim=1)


@cache
def _band(window: int, block: int, device: torch.device) -> torch.Tensor:
    """Which of the `window` keys before a block and of its own each query of it sees, (block, window + block)."""
    query = torch.arange(block, device=device)[:, None] + window
    key = torch.arange(window + block, device=device)[None]
    return (key <= query) & (key > query - window)


def _no_mask(*, attention_mask: torch.Tensor | None = None, **_: Any) -> None:
    if attention_mask is not None:
        raise ValueError(f"{NAME}: got an attention mask; lay the documents out by their positions instead")


def _over_ranks(group: "torch.distributed.ProcessGroup") -> Any:
    """`attend` where every rank of `group` holds its slice of each row's tokens."""

    def attend_over_ranks(
        module: torch.nn.Module,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        attention_mask: torch.Tensor | None,
        **kwargs: Any,
    ) -> tuple[torch.Tensor, None]:
        ranks = group.size()
        if kwargs.get("cu_seq_lens_q") is None:
            raise ValueError(f"{NAME}: a rank sees a slice of the positions alone; pass cu_seq_lens_q of whole rows")
        if query.size(1) % ranks or (key.size(1) % ranks and ranks % key.size(1)):
            raise ValueError(
                f"{NAME}: {query.size(1)} query and {key.size(1)} key heads do not divide among {ranks} sequence "
                "ranks; change the ranks"
            )
        # Fewer key heads than ranks: each is repeated, so that every rank gets one.
        if key.size(1) < ranks:
            key, value = (x.repeat_interleave(ranks // x.size(1), dim=1) for x in (key, value))
        query, key, value = (_exchange(x, scatter=1, gather=2, group=group) for x in (query, key, value))
        attended, _ = attend(module, query, key, value, attention_mask, **kwargs)
        return _exchange(attended, scatter=1, gather=2, group=group), None

    return attend_over_ranks


def _exchange(x: torch.Tensor, scatter: int, gather: int, group: "torch.distributed.ProcessGroup") -> torch.Tensor:
    """Gives away all but this rank's part of dimension `scatter` for the others' parts of dimension `gather`."""
    from torch.distributed._functional_collectives import all_to_all_single_autograd

    ranks = group.size()
    # The r-th part goes to rank r; what comes in is ordered by the rank that it came from.
    parts = torch.stack(x.chunk(ranks, dim=scatter))
    received = all_to_all_single_autograd(parts.contiguous(), None, None, group)
    return torch.cat(received.unbind(0), dim=gather)
