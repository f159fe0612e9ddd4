"""The loss of packs against that of their documents alone, and the router's losses worked by hand."""

import math
import random
from pathlib import Path
from typing import Any

import pytest
import torch

from temper.policy.attention import attend_by_document
from temper.policy.checkpoint import load_model
from temper.sft.loss import RouterLoss, add_pack_loss, router_losses
from temper.sft.masks import Sample
from temper.sft.packing import IGNORED, Counts, pack
from temper.sft.trainer import Collator

NONE = RouterLoss(0.0, "pooled", 0.0)


def some(lengths: list[int]) -> list[Sample]:
    """Documents whose second half is trained."""
    rng = random.Random(0)
    return [
        Sample(tuple(rng.randrange(40, 380) for _ in range(n)), tuple(i >= n // 2 for i in range(n))) for n in lengths
    ]


def loss_and_gradient(model: Any, batch: dict[str, Any]) -> tuple[torch.Tensor, torch.Tensor]:
    model.zero_grad()
    loss: torch.Tensor = model(**batch, pack_loss=True)["loss_sum"]
    torch.autograd.backward(loss)
    return loss.detach(), torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])


def stock(model: Any, tokens: tuple[int, ...], trained: tuple[bool, ...]) -> torch.Tensor:
    """Sum of -log p by the model's own forward, attention and head, on a document in a row of its own."""
    logprobs = model(input_ids=torch.tensor([tokens]), use_cache=False).logits[0, :-1].log_softmax(-1)
    wanted = torch.tensor(tokens[1:])
    picked = logprobs.gather(-1, wanted[:, None])[:, 0]
    found: torch.Tensor = -(picked * torch.tensor(trained[1:])).sum()
    return found


def test_packs_have_the_loss_and_gradient_of_their_documents_alone(tiny_base: Path) -> None:
    """Documents shorter and longer than the window (16), two packs of different fill in one batch, both layer types."""
    documents = some([40, 25, 30, 12, 1, 90, 7])
    packs = list(pack(documents, 128, pad_id=0, seed=0, counts=Counts()))
    assert len(packs) == 2
    plain, ours = load_model(tiny_base), load_model(tiny_base)
    assert set(ours.config.layer_types) == {"sliding_attention", "full_attention"}
    attend_by_document(ours)
    add_pack_loss(ours, NONE)
    loss, gradient = loss_and_gradient(ours, Collator()([vars(one) for one in packs]))
    alone = torch.stack([stock(plain, one.tokens, one.trained) for one in documents]).sum()
    torch.autograd.backward(alone)
    wanted = torch.cat([p.grad.flatten() for p in plain.parameters() if p.grad is not None])
    assert loss.item() == pytest.approx(alone.item(), rel=1e-5)
    torch.testing.assert_close(gradient, wanted, rtol=1e-5, atol=1e-5 * float(wanted.abs().max()))


def test_a_batch_without_a_trained_token_has_no_loss_and_no_gradient(tiny_base: Path) -> None:
    model = load_model(tiny_base)
    add_pack_loss(model, NONE)
    rows = [{"input_ids": [50, 51], "labels": [IGNORED, IGNORED], "position_ids": [0, 1]}]
    loss, gradient = loss_and_gradient(model, Collator()(rows))
    assert loss == 0
    assert not gradient.any()


LOGITS = (
    # two tokens and one of padding, two experts of which one is chosen
    torch.tensor([[math.log(3.0), 0.0], [0.0, 0.0], [9.0, 0.0]]),  # p = (3/4, 1/4), (1/2, 1/2): both choose 0
    torch.tensor([[0.0, math.log(4.0)], [math.log(4.0), 0.0], [9.0, 0.0]]),  # (1/5, 4/5), (4/5, 1/5): one each
)
REAL = torch.tensor([[True, True, False]])


def test_the_router_losses_of_each_layer_are_summed_without_padding() -> None:
    found = router_losses(LOGITS, REAL, chosen=1, router=RouterLoss(0.1, "layer", 0.01))
    # E sum_e f_e P_e: 2 (1 x 5/8 + 0 x 3/8) = 5/4, and 2 (1/2 x 1/2 + 1/2 x 1/2) = 1.
    assert found["balance"].item() == pytest.approx(9 / 4)
    z = (math.log(4) ** 2 + math.log(2) ** 2) / 2 + math.log(5) ** 2
    assert found["z"].item() == pytest.approx(z)
    assert found["router"].item() == pytest.approx(0.1 * 9 / 4 + 0.01 * z)


def test_the_pooled_loss_is_over_the_tokens_of_all_layers() -> None:
    found = router_losses(LOGITS, REAL, chosen=1, router=RouterLoss(1.0, "pooled", 0.0))
    # f = (3/4, 1/4) of four choices, P = ((5/8 + 1/2) / 2, (3/8 + 1/2) / 2).
    assert found["router"].item() == pytest.approx(2 * (3 / 4 * 9 / 16 + 1 / 4 * 7 / 16))


def test_in_balance_a_layer_counts_one_and_the_pool_the_experts_of_a_token() -> None:
    even = (torch.zeros(8, 4),) * 3
    everyone = torch.ones(1, 8, dtype=torch.bool)
    layered = router_losses(even, everyone, chosen=2, router=RouterLoss(1.0, "layer", 0.0))
    pooled = router_losses(even, everyone, chosen=2, router=RouterLoss(1.0, "pooled", 0.0))
    assert layered["balance"].item() == pytest.approx(3)
    assert pooled["balance"].item() == pytest.approx(2)


def test_the_pooled_loss_is_that_of_transformers() -> None:
    from transformers.models.mixtral.modeling_mixtral import load_balancing_loss_func

    torch.manual_seed(0)
    logits = tuple(torch.randn(12, 8) for _ in range(3))
    real = torch.arange(12).view(2, 6) % 6 < 4
    found = router_losses(logits, real, chosen=3, router=RouterLoss(1.0, "pooled", 0.0))
    assert found["router"].item() == pytest.approx(float(load_balancing_loss_func(logits, 8, 3, real)), rel=1e-6)


def test_a_slice_of_padding_alone_has_no_router_loss() -> None:
    nobody = torch.zeros(1, 8, dtype=torch.bool)
    assert router_losses((torch.ones(8, 4),), nobody, chosen=2, router=RouterLoss(1.0, "layer", 1.0))["router"] == 0
