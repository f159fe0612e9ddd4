"""Muon under ZeRO: two ranks (gloo) that cut the matrices between them train what one rank trains, and resume; with
the head for one token more, and with ZeRO-3's shares in several sub-groups."""

import random
from pathlib import Path
from typing import Any

import pytest
import torch

from temper.policy.checkpoint import load_model, tensor_hashes, weights_of
from temper.policy.mtp import attach_mtp
from temper.sft.masks import Sample
from temper.sft.packing import write_packs

RANK = """
import sys, torch
from pathlib import Path
from temper.policy import training
from temper.policy.section import LearnersSection, MuonSection, ScheduleSection
from temper.policy.sources import GeneratedRows
from temper.sft.section import MtpSection, SftSection
from temper.sft.train import train

zero, ranks, base, packs, work, out = sys.argv[1:]
torch.set_num_threads(1)
stock = training.deepspeed_config
def with_small_sub_groups(learners):
    config = stock(learners)
    if config and zero == "zero3":
        config["zero_optimization"]["sub_group_size"] = 5000
    return config
training.deepspeed_config = with_small_sub_groups
section = SftSection(
    data=(GeneratedRows(rows=1),), steps=3, save_every=2, pack_tokens=48, packs_per_step=4, packs_per_micro_batch=1,
    schedule=ScheduleSection(learning_rate=0.02, decay="constant"), optimizer=MuonSection(), max_grad_norm=0.1,
    router_loss=0.0, mtp=MtpSection(),
)
train(
    section, LearnersSection(ranks=int(ranks), threads=1, deepspeed=zero), 0, "instruct", Path(base), Path(packs),
    Path(work), Path(out), report=lambda step, metrics: None,
)
"""


def weights(checkpoint: Path) -> dict[str, torch.Tensor]:
    model = load_model(checkpoint)
    attach_mtp(model, checkpoint)
    return weights_of(model)


@pytest.mark.whole
def test_two_ranks_under_zero_train_what_one_rank_trains(tiny_base: Path, tmp_path: Path, run_ranks: Any) -> None:
    def trained(zero: str, ranks: int, again: bool = False) -> Path:
        """The checkpoint of one training; `again`: of the same one resumed from its last checkpoint."""
        out = tmp_path / f"{zero}-{ranks}{'-again' * again}"
        work = tmp_path / f"work-{zero}-{ranks}"
        run_ranks(RANK, [zero, str(ranks), str(tiny_base), str(tmp_path / "packs"), str(work), str(out)], ranks)
        return out

    generator = random.Random(0)
    rows = [Sample(tuple(generator.choices(range(40, 300), k=24)), (True,) * 24) for _ in range(24)]
    write_packs(rows, 48, pad_id=0, seed=0, folder=tmp_path / "packs")
    base = weights(tiny_base)
    one = weights(trained("none", 1))
    assert min((one[name] - base[name]).abs().max().item() for name in one if "proj" in name) > 5e-3
    for zero in ("zero2", "zero3"):
        two = weights(trained(zero, 2))
        difference = max((one[name] - two[name]).abs().max().item() for name in one)
        assert difference < 1e-4, (zero, difference)
        again = weights(trained(zero, 2, again=True))
        assert tensor_hashes(two) == tensor_hashes(again), zero
