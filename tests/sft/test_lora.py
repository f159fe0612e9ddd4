"""LoRA: what is trained, merged and resumed is the adapters' work, experts included."""

from pathlib import Path

import pytest
import torch

from temper.policy.checkpoint import load_model, tensor_hashes, weights_of
from temper.policy.section import LearnersSection, LoraSection, ScheduleSection
from temper.policy.sources import GeneratedRows
from temper.sft.masks import Sample
from temper.sft.packing import write_packs
from temper.sft.section import SftSection
from temper.sft.train import make_trainer, train

TARGETS = ("q_proj.weight", "k_proj.weight", "v_proj.weight", "o_proj.weight")
FIELDS = {
    "data": (GeneratedRows(rows=1),),
    "steps": 3,
    "save_every": 2,
    "pack_tokens": 16,
    "packs_per_step": 2,
    "schedule": ScheduleSection(learning_rate=1e-2, decay="constant"),
    "lora": LoraSection(rank=4, alpha=8.0),
}


def test_it_trains_its_targets_merges_and_resumes(tiny_base: Path, tmp_path: Path) -> None:
    section = SftSection.model_validate(FIELDS)
    rows = [Sample(tuple(range(40 + row, 56 + row)), (True,) * 16) for row in range(8)]
    write_packs(rows, 16, pad_id=0, seed=0, folder=tmp_path / "packs")

    def trained(out: Path) -> tuple[list[tuple[int, float]], dict[str, torch.Tensor]]:
        steps: list[tuple[int, float]] = []
        train(
            section, LearnersSection(threads=1), 0, "instruct", tiny_base, tmp_path / "packs", tmp_path / "work", out,
            report=lambda step, metrics: steps.append((step, metrics["loss"])),
        )  # fmt: skip
        return steps, weights_of(load_model(out))

    steps, merged = trained(tmp_path / "whole")
    assert steps[2][1] < steps[0][1]
    base = weights_of(load_model(tiny_base))
    for name, weight in merged.items():
        change = weight - base[name]
        if name.endswith(TARGETS) or ".experts." in name:
            assert torch.linalg.matrix_rank(change, atol=1e-5).max() == 4, name
        else:
            assert not change.any(), name
    # The last checkpoint is of step 2: the third step is made again.
    resumed_steps, resumed = trained(tmp_path / "resumed")
    assert resumed_steps == steps
    assert tensor_hashes(resumed) == tensor_hashes(merged)


def test_the_merged_model_says_what_the_adapters_said(tiny_base: Path, tmp_path: Path) -> None:
    rows = [Sample(tuple(range(40 + row, 56 + row)), (True,) * 16) for row in range(4)]
    write_packs(rows, 16, pad_id=0, seed=0, folder=tmp_path / "packs")
    trainer = make_trainer(
        SftSection.model_validate(FIELDS),
        LearnersSection(threads=1),
        0,
        "instruct",
        tiny_base,
        tmp_path / "packs",
        tmp_path / "work",
    )
    trainer.train()
    batch = trainer.data_collator([trainer.train_dataset[0]])
    trainer.model.eval()
    with torch.no_grad():
        adapted = trainer.model(**batch, pack_loss=True)["loss_sum"]
        merged = trainer.model.merge_and_unload()(**batch, pack_loss=True)["loss_sum"]
    assert merged.item() == pytest.approx(adapted.item(), rel=1e-5)


def test_lora_goes_neither_with_muon_nor_with_mtp() -> None:
    others: tuple[dict[str, object], ...] = ({"optimizer": {"kind": "muon"}}, {"mtp": {}})
    for other in others:
        with pytest.raises(ValueError, match="lora: neither with mtp"):
            SftSection.model_validate({**FIELDS, **other})
