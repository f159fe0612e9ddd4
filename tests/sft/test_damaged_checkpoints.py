"""A damaged last checkpoint is named, and the training goes on from the one before it to the same end."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from temper.policy.checkpoint import load_model, tensor_hashes, weights_of
from temper.policy.resume import MARKER, damage, last_checkpoint, remove_damaged
from temper.policy.section import LearnersSection, ScheduleSection
from temper.policy.sources import GeneratedRows
from temper.sft.masks import Sample
from temper.sft.packing import write_packs
from temper.sft.section import SftSection
from temper.sft.train import train

SECTION = SftSection.model_validate(
    {
        "data": (GeneratedRows(rows=1),), "steps": 3, "save_every": 1, "pack_tokens": 16, "packs_per_step": 2,
        "packs_per_micro_batch": 2, "schedule": ScheduleSection(learning_rate=1e-3, warmup_steps=2),
    }
)  # fmt: skip


def trained(base: Path, packs: Path, work: Path, out: Path) -> tuple[list[int], dict[str, str]]:
    steps: list[int] = []
    train(
        SECTION, LearnersSection(threads=1), 0, "instruct", base, packs, work, out,
        report=lambda step, line: steps.append(step),
    )  # fmt: skip
    return steps, tensor_hashes(weights_of(load_model(out)))


@pytest.fixture(scope="module")
def whole(tiny_base: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A folder with packs and the checkpoints of a training that ran through, and what it ended with."""
    folder = tmp_path_factory.mktemp("whole")
    rows = [Sample(tuple(range(40 + row, 56 + row)), (True,) * 16) for row in range(6)]
    write_packs(rows, 16, pad_id=0, seed=0, folder=folder / "packs")
    _, hashes = trained(tiny_base, folder / "packs", folder / "work", folder / "out")
    return folder, hashes


def missing(path: Path) -> None:
    path.unlink()


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("harm", [missing, cut, emptied])
@pytest.mark.parametrize(
    "name", ["model.safetensors", "optimizer.pt", "scheduler.pt", "rng_state.pth", "trainer_state.json", "config.json"]
)
def test_every_file_of_a_checkpoint_is_missed(
    whole: tuple[Path, dict[str, str]], tmp_path: Path, name: str, harm: Callable[[Path], None]
) -> None:
    shutil.copytree(whole[0] / "work", tmp_path / "work")
    last = tmp_path / "work/checkpoint-2"
    assert last_checkpoint(tmp_path / "work") == last and not damage(last)
    harm(last / name)
    assert name in damage(last)
    assert last_checkpoint(tmp_path / "work") == tmp_path / "work/checkpoint-1"


@pytest.mark.parametrize("name", ["optimizer.pt", "scheduler.pt", "rng_state.pth", MARKER])
def test_a_training_goes_on_from_the_one_before_to_the_same_end(
    whole: tuple[Path, dict[str, str]], tiny_base: Path, tmp_path: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    work = tmp_path / "work"
    shutil.copytree(whole[0] / "work", work)
    cut(work / "checkpoint-2" / name)
    remove_damaged(work)
    assert f"checkpoint-2 is damaged: {name}" in caplog.text and "goes on from checkpoint-1" in caplog.text
    assert sorted(path.name for path in work.glob("checkpoint-*")) == ["checkpoint-1"]
    steps, hashes = trained(tiny_base, whole[0] / "packs", work, tmp_path / "out")
    assert steps == [1, 2, 3] and hashes == whole[1]
    assert not damage(work / "checkpoint-2"), "it was written anew"


def test_with_none_left_the_training_begins_anew(
    whole: tuple[Path, dict[str, str]], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shutil.copytree(whole[0] / "work", tmp_path / "work")
    for step in (1, 2):
        missing(tmp_path / f"work/checkpoint-{step}/optimizer.pt")
    remove_damaged(tmp_path / "work")
    assert caplog.text.count("goes on from its beginning") == 2
    assert last_checkpoint(tmp_path / "work") is None


def test_one_that_was_never_finished_is_no_damaged_one(whole: tuple[Path, dict[str, str]], tmp_path: Path) -> None:
    shutil.copytree(whole[0] / "work", tmp_path / "work")
    missing(tmp_path / "work/checkpoint-2" / MARKER)
    remove_damaged(tmp_path / "work")
    assert (tmp_path / "work/checkpoint-2").is_dir()
    assert last_checkpoint(tmp_path / "work") == tmp_path / "work/checkpoint-1"
