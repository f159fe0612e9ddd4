"""Batching decides nothing but speed: which packs are trained, and the gradient, however a step is divided."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import torch
from accelerate.data_loader import BatchSamplerShard

from temper.policy.checkpoint import load_model, weights_of
from temper.policy.section import LearnersSection, ScheduleSection
from temper.policy.sources import GeneratedRows
from temper.sft.masks import Sample
from temper.sft.packing import read_packs, write_packs
from temper.sft.section import SftSection
from temper.sft.stream import Length, length_of, order, stream
from temper.sft.train import make_trainer, train

PACKS = 7


def section(**changes: Any) -> SftSection:
    fields = {
        "data": (GeneratedRows(rows=1),), "epochs": 2, "save_every": 9, "pack_tokens": 16, "packs_per_step": 4,
        "schedule": ScheduleSection(learning_rate=2e-3, decay="constant"), "router_loss": 0.0, "max_grad_norm": 0.5,
    }  # fmt: skip
    return SftSection.model_validate({**fields, **changes})


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    """Each begins with another token and trains another number of them."""
    rows = [Sample(tuple(range(40 + row, 56 + row)), tuple(i > row for i in range(16))) for row in range(PACKS)]
    write_packs(rows, 16, pad_id=0, seed=0, folder=tmp_path / "packs")
    return tmp_path / "packs"


@pytest.mark.parametrize(
    ("given", "length"),
    [
        ({"epochs": 1}, Length(2, 7)),
        ({"epochs": 2}, Length(4, 14)),
        ({"epochs": 1.5}, Length(3, 10)),
        ({"epochs": 0.01}, Length(1, 1)),
        ({"epochs": None, "steps": 3}, Length(3, 12)),
        ({"epochs": 8, "packs_per_step": 7}, Length(8, 56)),
    ],
)
def test_every_pass_is_whole_and_what_it_leaves_over_begins_the_next_step(
    given: dict[str, Any], length: Length
) -> None:
    found = length_of(section(**given), PACKS)
    assert found == length
    places = length.steps * section(**given).packs_per_step
    indices = order(PACKS, length, places, seed=3)
    assert len(indices) == places
    assert indices[length.packs :] == [PACKS] * (places - length.packs)
    passes = [indices[: length.packs][start : start + PACKS] for start in range(0, length.packs, PACKS)]
    assert all(sorted(whole) == list(range(PACKS)) for whole in passes if len(whole) == PACKS)
    assert len(set(passes[-1])) == len(passes[-1])
    assert len(passes) < 3 or passes[0] != passes[1], "every pass has an order of its own"


@pytest.mark.parametrize(("micro", "ranks"), [(1, 1), (2, 1), (4, 1), (1, 2), (2, 2), (1, 4)])
def test_each_step_is_dealt_the_same_packs(
    tiny_base: Path, tmp_path: Path, packs: Path, micro: int, ranks: int
) -> None:
    learners = LearnersSection(ranks=ranks, threads=1)
    made = make_trainer(
        section(packs_per_micro_batch=micro), learners, 5, "instruct", tiny_base, packs, tmp_path / "work"
    )
    sampler = made.get_train_dataloader().batch_sampler
    shards = [list(BatchSamplerShard(sampler, ranks, rank)) for rank in range(ranks)]
    # A step of 4 packs on 2 ranks in micro-batches of 1: two micro-batches of each rank.
    each = 4 // (micro * ranks)
    wanted = stream([read_packs(packs)], section(), 5)
    for step in range(made.args.max_steps):
        dealt = [i for shard in shards for batch in shard[step * each : (step + 1) * each] for i in batch]
        given = Counter(int(made.train_dataset[i]["input_ids"][0]) for i in dealt)
        assert given == Counter(int(wanted[i]["input_ids"][0]) for i in range(4 * step, 4 * step + 4))


def test_the_gradient_is_the_same_however_a_step_is_divided(tiny_base: Path, tmp_path: Path, packs: Path) -> None:
    """The norm that is logged, the loss and the trained weights; the last step has two empty places."""

    def trained(micro: int) -> tuple[list[tuple[float, ...]], dict[str, torch.Tensor]]:
        lines: list[tuple[float, ...]] = []
        out = tmp_path / f"out-{micro}"
        train(
            section(packs_per_micro_batch=micro), LearnersSection(threads=1), 5, "instruct", tiny_base, packs,
            tmp_path / f"work-{micro}", out,
            report=lambda step, line: lines.append(tuple(line[k] for k in ("loss", "grad_norm", "trained_tokens"))),
        )  # fmt: skip
        return lines, weights_of(load_model(out))

    one, weights = trained(1)
    # Pack r trains 15 - r tokens: two passes over seven packs are 2 (15 + 14 + ... + 9).
    assert sum(line[-1] for line in one) == 2 * sum(15 - row for row in range(PACKS))
    for micro in (2, 4):
        lines, other = trained(micro)
        for line, wanted in zip(lines, one, strict=True):
            assert line == pytest.approx(wanted, rel=1e-4)
        apart = torch.cat([(weights[name] - other[name]).abs().flatten() for name in weights])
        # AdamW moves a weight whose gradient is nearly 0 by its sign, which rounding may turn: one in ten thousand.
        assert apart.mean() < 1e-6 and (apart > 1e-5).float().mean() < 1e-4
