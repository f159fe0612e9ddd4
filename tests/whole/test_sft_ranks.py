"""SFT on two ranks (gloo), packs divided among them or each pack shared by both, trains what one rank trains."""

import random
from pathlib import Path
from typing import Any

import pytest

from temper.policy.checkpoint import load_model, weights_of
from temper.sft.masks import Sample
from temper.sft.packing import write_packs

RANK = """
import sys, torch
from pathlib import Path
from temper.policy.section import AdamWSection, LearnersSection, ScheduleSection
from temper.policy.sources import GeneratedRows
from temper.sft.section import SftSection
from temper.sft.train import train

zero, ranks, shared_by, base, folder, out = sys.argv[1:]
torch.set_num_threads(1)
section = SftSection(
    data=(GeneratedRows(rows=1),), steps=3, save_every=9, pack_tokens=64, packs_per_step=4, packs_per_micro_batch=1,
    schedule=ScheduleSection(learning_rate=2e-3, decay="constant"), optimizer=AdamWSection(), max_grad_norm=0.5,
    router_loss=0.0,
)
train(
    section, LearnersSection(ranks=int(ranks), sequence_ranks=int(shared_by), threads=1, deepspeed=zero), 0, "instruct",
    Path(base), Path(folder) / "packs", Path(out + "-work"), Path(out),
    report=lambda step, metrics: print(step, metrics["loss"], int(metrics["trained_tokens"])),
)
"""


@pytest.mark.whole
def test_two_ranks_train_what_one_rank_trains(tiny_base: Path, tmp_path: Path, run_ranks: Any) -> None:
    """Documents longer than the window (16) that reach over the border between the ranks' slices."""

    def trained(zero: str, ranks: int, shared_by: int) -> tuple[Path, list[list[float]]]:
        """The checkpoint, and (step, loss, trained tokens) of every step."""
        out = tmp_path / f"{zero}-{ranks}-{shared_by}"
        arguments = [zero, str(ranks), str(shared_by), str(tiny_base), str(tmp_path), str(out)]
        printed = run_ranks(RANK, arguments, ranks)[0]
        lines = [line.split() for line in printed.splitlines() if line[:1].isdigit()]
        return out, [[float(value) for value in line] for line in lines]

    rng = random.Random(0)
    rows = [
        Sample(tuple(rng.choices(range(40, 300), k=n)), tuple(i > 4 for i in range(n))) for n in (24, 39, 61, 20) * 6
    ]
    write_packs(rows, 64, pad_id=0, seed=0, folder=tmp_path / "packs")
    base = weights_of(load_model(tiny_base))
    path, steps = trained("none", 1, 1)
    one = weights_of(load_model(path))
    assert min((one[name] - base[name]).abs().max().item() for name in one if "proj" in name) > 1e-3
    for zero, shared_by in (("zero2", 1), ("zero3", 2)):
        path, found = trained(zero, 2, shared_by)
        two = weights_of(load_model(path))
        difference = max((one[name] - two[name]).abs().max().item() for name in one)
        assert difference < 1e-4, (zero, shared_by, difference)
        for line, wanted in zip(found, steps, strict=True):
            assert line == pytest.approx(wanted, abs=1e-4), (zero, shared_by)
