import random
from pathlib import Path

import pytest
import torch

from temper.policy.checkpoint import load_model
from temper.sft.masks import Sample
from temper.sft.packing import IGNORED, pack


def some(lengths: list[int], seed: int = 0) -> list[Sample]:
    rng = random.Random(seed)
    return [
        Sample(tuple(rng.randrange(40, 380) for _ in range(n)), tuple(i >= n // 2 for i in range(n))) for n in lengths
    ]


def test_every_sample_that_fits_stands_once_and_whole() -> None:
    samples = some([30, 7, 64, 65, 12, 50, 14, 33])
    packs, too_long = pack(samples, 64, pad_id=0, seed=3)
    assert too_long == 1
    found = []
    for made in packs:
        assert len(made.input_ids) == len(made.labels) == len(made.position_ids) == 64
        starts = [i for i, position in enumerate(made.position_ids) if position == 0] + [64]
        for start, end in zip(starts, starts[1:], strict=False):
            document = made.input_ids[start:end]
            if document != (0,):  # padding is a run of one-token documents
                found.append(document)
                half = len(document) // 2
                assert made.labels[start:end] == (IGNORED,) * half + document[half:]
    assert sorted(found) == sorted(sample.tokens for sample in samples if len(sample.tokens) <= 64)


def test_best_fit_fills_the_packs() -> None:
    rng = random.Random(1)
    lengths = [rng.randrange(20, 200) for _ in range(2000)]
    packs, _ = pack(some(lengths), 1024, pad_id=0, seed=0)
    assert sum(lengths) / (len(packs) * 1024) > 0.99


def test_the_order_is_a_function_of_the_seed() -> None:
    samples = some([30] * 40)
    assert pack(samples, 64, 0, seed=1) == pack(samples, 64, 0, seed=1)
    assert pack(samples, 64, 0, seed=1) != pack(samples, 64, 0, seed=2)


def test_a_pack_shorter_than_every_sample_is_refused() -> None:
    with pytest.raises(ValueError, match="pack_tokens: 8 is shorter than each of the 2 samples"):
        pack(some([9, 10]), 8, 0, 0)


def test_a_packed_batch_has_the_loss_and_gradient_of_its_documents_alone(tiny_base: Path) -> None:
    """Documents longer than the window (16) in one pack: equal to each document in a row of its own."""
    samples = some([40, 25, 30, 21])
    packs, _ = pack(samples, 128, pad_id=0, seed=0)
    assert len(packs) == 1
    model = load_model(tiny_base)

    def gradient(batches: list[dict[str, torch.Tensor]]) -> torch.Tensor:
        model.zero_grad()
        for batch in batches:
            labels = batch.pop("labels")
            logprobs = model(**batch, use_cache=False).logits[:, :-1].log_softmax(-1)
            wanted = labels[:, 1:]
            picked = logprobs.gather(-1, wanted.clamp(min=0)[..., None])[..., 0]
            (-(picked * (wanted != IGNORED)).sum()).backward()
        return torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])

    one = packs[0]
    packed = gradient([{k: torch.tensor([getattr(one, k)]) for k in ("input_ids", "labels", "position_ids")}])
    alone = gradient(
        [
            {
                "input_ids": torch.tensor([s.tokens]),
                "labels": torch.tensor([[t if m else IGNORED for t, m in zip(s.tokens, s.trained, strict=True)]]),
            }
            for s in samples
        ]
    )
    assert torch.allclose(packed, alone, atol=1e-5 * float(alone.abs().max()))
