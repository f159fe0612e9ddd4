"""Attention by document against one mask written out over the whole row."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch

from temper.policy import attention
from temper.policy.attention import attend, borders, varlen_arguments

MODULE: Any = SimpleNamespace()


def written_out(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, positions: torch.Tensor, window: int | None
) -> torch.Tensor:
    """softmax(q k / sqrt D + mask) v with the mask of every pair, (B, T, heads, D)."""
    place = torch.arange(q.size(2))
    document = (torch.diff(positions, prepend=positions[:, :1] - 1) != 1).cumsum(-1)
    seen = (place[None] <= place[:, None]) & (place[None] > place[:, None] - (window or len(place)))
    mask = (seen[None] & (document[:, :, None] == document[:, None, :]))[:, None]
    k, v = (x.repeat_interleave(q.size(1) // x.size(1), dim=1) for x in (k, v))
    scores = (q @ k.transpose(-1, -2) * q.size(-1) ** -0.5).masked_fill(~mask, float("-inf"))
    found: torch.Tensor = (scores.softmax(-1) @ v).transpose(1, 2)
    return found


def rows(*documents: list[int]) -> torch.Tensor:
    return torch.tensor([[p for length in lengths for p in range(length)] for lengths in documents])


@pytest.mark.parametrize("window", [None, 4, 5, 16, 100])
@pytest.mark.parametrize(
    "positions",
    [
        rows([3, 1, 40, 5, 15]),
        rows([64], [1] * 64),
        rows([33, 4, 27], [16, 17, 31]),
        rows([20, 18, 19, 7], [7, 6, 6, 6, 7, 20, 12]),
    ],
)
def test_it_is_the_written_out_attention_and_gradient(
    positions: torch.Tensor, window: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Documents shorter and longer than the window, and longer than several blocks."""
    monkeypatch.setattr(attention, "BLOCK", 8)
    B, T = positions.shape
    torch.manual_seed(0)
    tensors = [torch.randn(B, heads, T, 8, requires_grad=True) for heads in (4, 2, 2)]
    upstream = torch.randn(B, T, 4, 8)

    def result(out: torch.Tensor) -> list[torch.Tensor]:
        return [out.detach(), *torch.autograd.grad((out * upstream).sum(), tensors)]

    q, k, v = tensors
    got = result(attend(MODULE, q, k, v, None, scaling=8**-0.5, sliding_window=window, position_ids=positions)[0])
    for mine, theirs in zip(got, result(written_out(q, k, v, positions, window)), strict=True):
        torch.testing.assert_close(mine, theirs, atol=1e-5, rtol=1e-5)


def test_the_borders_are_rows_and_restarts() -> None:
    cu, longest = borders(rows([3, 1, 1], [5], [2, 3]))
    assert cu.tolist() == [0, 3, 4, 5, 10, 12, 15]
    assert cu.dtype == torch.int32
    assert longest == 5


def test_a_gpu_is_asked_for_the_keys_before_the_query() -> None:
    """transformers counts the query's own key in the window, torch does not."""
    assert varlen_arguments(0.5, 1024) == {"scale": 0.5, "window_size": (1023, 0), "enable_gqa": True}
    assert varlen_arguments(0.5, None) == {"scale": 0.5, "window_size": (-1, 0), "enable_gqa": True}


def test_what_it_would_lose_is_refused() -> None:
    x = torch.zeros(1, 1, 4, 8)
    for extra in ({"dropout": 0.1}, {"softcap": 30.0}, {"s_aux": torch.zeros(1)}):
        with pytest.raises(ValueError, match="use another attention"):
            attend(MODULE, x, x, x, None, **extra)
    with pytest.raises(ValueError, match="use another attention"):
        attend(MODULE, x, x, x, torch.ones(1, 1, 4, 4))


def test_documents_of_about_one_length_are_attended_at_once() -> None:
    """Padding, documents of one token, is one of these; a document longer than its window is by itself."""
    assert attention._alike([5, 1, 3, 1, 1, 1], None) == [[0], [2], [1, 3, 4, 5]]
    assert attention._alike([90, 100, 86, 84, 2, 1], 16) == [[1, 0, 2], [3], [4], [5]]
    assert attention._alike([300, 300], 16) == [[0], [1]] and attention._alike([300, 300], None) == [[0, 1]]
    assert attention._alike([2000, 2000], None) == [[0], [1]], "more scores than fit"
