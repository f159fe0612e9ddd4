"""SFT on TRL's trainer: the steps of a resumed training are those of one that ran through."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

import temper.sft.loss
from temper.policy.checkpoint import load_model, tensor_hashes, weights_of
from temper.policy.health import NotFiniteError, NothingLearnedError
from temper.policy.section import LearnersSection, ScheduleSection
from temper.policy.sources import GeneratedRows
from temper.sft.loss import loss_sum
from temper.sft.masks import Sample
from temper.sft.packing import write_packs
from temper.sft.section import SftSection
from temper.sft.train import train

SECTION = SftSection.model_validate(
    {
        "data": (GeneratedRows(rows=1),),
        "steps": 2,
        "save_every": 1,
        "pack_tokens": 16,
        "packs_per_step": 2,
        "packs_per_micro_batch": 2,
        "schedule": ScheduleSection(learning_rate=1e-3, decay="constant"),
    }
)


def test_a_training_killed_after_its_last_step_makes_no_step_more(tiny_base: Path, tmp_path: Path) -> None:
    rows = [Sample(tuple(range(40 + row, 56 + row)), (True,) * 16) for row in range(8)]
    write_packs(rows, 16, pad_id=0, seed=0, folder=tmp_path / "packs")

    def trained(out: Path) -> tuple[list[tuple[int, float]], dict[str, str]]:
        steps: list[tuple[int, float]] = []
        train(
            SECTION, LearnersSection(threads=1), 0, "instruct", tiny_base, tmp_path / "packs", tmp_path / "work", out,
            report=lambda step, metrics: steps.append((step, metrics["loss"])),
        )  # fmt: skip
        return steps, tensor_hashes(weights_of(load_model(out)))

    assert trained(tmp_path / "killed") == trained(tmp_path / "resumed")


def packs_of(folder: Path, trained: Sequence[bool]) -> Path:
    """A pack a row, in the order of their tokens; one after another a row is trained or is not."""
    rows = [Sample(tuple(range(40 + row, 56 + row)), (on,) * 16) for row, on in enumerate(trained)]
    write_packs(rows, 16, pad_id=0, seed=0, folder=folder / "packs")
    return folder / "packs"


def run(base: Path, folder: Path, trained: Sequence[bool] = (True,) * 8, **changes: Any) -> list[dict[str, float]]:
    lines: list[dict[str, float]] = []
    section = SftSection.model_validate({**SECTION.model_dump(), **changes})
    train(
        section, LearnersSection(threads=1), 0, "instruct", base, packs_of(folder, trained), folder / "work",
        folder / "out", report=lambda step, metrics: lines.append(metrics),
    )  # fmt: skip
    return lines


def test_a_loss_that_is_no_number_stops_the_stage_before_its_checkpoint(
    tiny_base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def broken(hidden: torch.Tensor, labels: torch.Tensor, head: torch.nn.Module) -> torch.Tensor:
        calls.append(1)
        return loss_sum(hidden, labels, head) * (math.nan if len(calls) == 4 else 1.0)

    monkeypatch.setattr(temper.sft.loss, "loss_sum", broken)
    said = r"^step 2: loss nan and grad_norm nan, no finite number; the batch: micro-batch 2 of 2, pack 1: '"
    with pytest.raises(NotFiniteError, match=said):
        run(tiny_base, tmp_path, packs_per_micro_batch=1)
    assert [path.name for path in (tmp_path / "work").glob("checkpoint-*")] == ["checkpoint-1"]
    assert not (tmp_path / "out").exists()


def test_a_gradient_that_is_not_finite_stops_the_stage(
    tiny_base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(hidden: torch.Tensor, labels: torch.Tensor, head: torch.nn.Module) -> torch.Tensor:
        loss = loss_sum(hidden, labels, head)
        loss.register_hook(lambda gradient: gradient * math.inf)  # type: ignore[no-untyped-call]
        return loss

    monkeypatch.setattr(temper.sft.loss, "loss_sum", broken)
    with pytest.raises(NotFiniteError, match=r"^step 1: grad_norm (nan|inf), no finite number"):
        run(tiny_base, tmp_path)


def test_weights_that_leave_the_numbers_stop_the_stage(tiny_base: Path, tmp_path: Path) -> None:
    with pytest.raises(NotFiniteError):
        run(tiny_base, tmp_path, schedule={"learning_rate": 1e36, "decay": "constant"}, steps=3)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("optimizer", [{"kind": "adamw", "weight_decay": 0.5}, {"kind": "muon", "weight_decay": 0.5}])
def test_steps_without_a_trained_token_move_no_weight_and_are_counted(
    tiny_base: Path, tmp_path: Path, optimizer: dict[str, Any]
) -> None:
    lines = run(
        tiny_base, tmp_path, (False,) * 8, max_empty_share=1.0, router_loss=0.1, router_z_loss=0.1, optimizer=optimizer
    )
    assert [(line["empty"], line["trained_tokens"]) for line in lines] == [(1.0, 0.0)] * 2
    before, after = (tensor_hashes(weights_of(load_model(path))) for path in (tiny_base, tmp_path / "out"))
    assert before == after


def test_too_many_steps_without_a_trained_token_stop_the_stage(tiny_base: Path, tmp_path: Path) -> None:
    with pytest.raises(NothingLearnedError, match=r"step 2: nothing could be learned in 2 steps.*no token is trained"):
        run(tiny_base, tmp_path, (False,) * 8)


def test_steps_that_train_are_not_empty(tiny_base: Path, tmp_path: Path) -> None:
    assert [line["empty"] for line in run(tiny_base, tmp_path)] == [0.0, 0.0]
