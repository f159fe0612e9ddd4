"""SFT on TRL's trainer: the steps of a resumed training are those of one that ran through."""

from pathlib import Path

from temper.policy.checkpoint import load_model, tensor_hashes, weights_of
from temper.policy.section import Learners, Schedule
from temper.policy.sources import GeneratedRows
from temper.sft.masks import Sample
from temper.sft.packing import write_packs
from temper.sft.section import Sft
from temper.sft.train import train

SECTION = Sft.model_validate(
    {
        "data": (GeneratedRows(rows=1),),
        "steps": 2,
        "save_every": 1,
        "pack_tokens": 16,
        "packs_per_step": 2,
        "packs_per_micro_batch": 2,
        "schedule": Schedule(learning_rate=1e-3, decay="constant"),
    }
)


def test_a_training_killed_after_its_last_step_makes_no_step_more(tiny_base: Path, tmp_path: Path) -> None:
    rows = [Sample(tuple(range(40 + row, 56 + row)), (True,) * 16) for row in range(8)]
    write_packs(rows, 16, pad_id=0, seed=0, folder=tmp_path / "packs")

    def trained(out: Path) -> tuple[list[tuple[int, float]], dict[str, str]]:
        steps: list[tuple[int, float]] = []
        train(
            SECTION, Learners(threads=1), 0, "instruct", tiny_base, tmp_path / "packs", tmp_path / "work", out,
            report=lambda step, metrics: steps.append((step, metrics["loss"])),
        )  # fmt: skip
        return steps, tensor_hashes(weights_of(load_model(out)))

    assert trained(tmp_path / "killed") == trained(tmp_path / "resumed")
