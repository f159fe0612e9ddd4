"""Pre-training: phases that shift the mixture, and what the section refuses."""

from collections import Counter
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from temper.pipeline.loading import load
from temper.pipeline.packs import prepare
from temper.policy.checkpoint import load_tokenizer
from temper.policy.mtp import MTP_FILE
from temper.policy.optim.schedule import share
from temper.policy.section import LearnersSection
from temper.recipes.texts import code, math, prose
from temper.recipes.tiny import split_of
from temper.sft.packing import folders_of, read_packs
from temper.sft.section import PretrainSection
from temper.sft.shard import Shard
from temper.sft.stream import phased
from temper.sft.train import train
from temper.sft.trainer import PackTrainer

SOURCES = [{"kind": "generated", "generator": name, "rows": 50} for name in ("prose", "code", "math")]
SECTION: dict[str, Any] = {
    "data": SOURCES,
    "phases": [
        {"share": 0.6, "weights": [0.7, 0.2, 0.1]},
        {"share": 0.25, "weights": [1, 2, 2]},
        {"share": 0.15, "weights": [0, 0.5, 0.5]},
    ],
    "pack_tokens": 64,
    "packs_per_step": 8,
    "steps": 400,
    "schedule": {"learning_rate": 1e-3, "warmup_steps": 20, "decay": "hold", "decay_steps": 100},
}
PACKS = (37, 11, 23)


def section(**changes: Any) -> PretrainSection:
    return PretrainSection.model_validate({**SECTION, **changes})


@pytest.mark.parametrize("seed", range(5))
def test_each_phase_takes_of_each_source_what_its_weights_say(seed: int) -> None:
    of = section()
    indices = phased(of, PACKS, seed)
    first = [0, *accumulate(PACKS)]
    start = 0
    assert of.phase_steps == [240, 100, 60]
    for phase, steps in zip(of.phases, of.phase_steps, strict=True):
        some = indices[start * 8 : (start + steps) * 8]
        start += steps
        counts = Counter(next(i for i in range(3) if index < first[i + 1]) for index in some)
        for place, weight in enumerate(phase.weights):
            assert counts[place] / len(some) == pytest.approx(weight / sum(phase.weights), abs=0.01)
    assert len(indices) == 400 * 8


def test_a_source_is_seen_whole_before_it_is_seen_again_across_phases() -> None:
    indices = phased(section(), PACKS, 3)
    first = [0, *accumulate(PACKS)]
    for place, packs in enumerate(PACKS):
        own = [index - first[place] for index in indices if first[place] <= index < first[place + 1]]
        whole = len(own) // packs * packs
        for start in range(0, whole, packs):
            assert sorted(own[start : start + packs]) == list(range(packs))
        assert own[:packs] != own[packs : 2 * packs], "another order in another pass"


def test_every_step_of_a_phase_has_its_mixture() -> None:
    indices = phased(section(), PACKS, 0)
    prose_packs = [sum(index < PACKS[0] for index in indices[8 * step : 8 * step + 8]) for step in range(240)]
    assert set(prose_packs) <= {5, 6} and sum(prose_packs) == pytest.approx(0.7 * 8 * 240, abs=1)


def test_the_rate_rises_holds_and_falls_to_zero() -> None:
    rates = [share(section().schedule, 400, step) for step in (0, 10, 20, 200, 300, 350, 399)]
    assert rates == pytest.approx([1 / 21, 11 / 21, 1, 1, 1, 0.5, 0.01])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"phases": [{"share": 0.5, "weights": [1, 1, 1]}]}, "shares sum to 0.5"),
        ({"phases": [{"share": 1, "weights": [1, 1]}]}, r"phases.0.weights: \[1.0, 1.0\] for 3 sources"),
        ({"phases": [{"share": 1, "weights": [0, 0, 0]}]}, "not all 0"),
        ({"phases": [{"share": 1, "weights": [1, 1, -1]}]}, "greater than or equal to 0"),
        ({"steps": None, "epochs": 1}, "pre-training has steps"),
        ({"lora": {}, "mtp": None, "optimizer": {"kind": "adamw"}}, "no lora"),
        ({"data": [{**source, "weight": 1} for source in SOURCES]}, "data.0.weight: the phases weigh"),
    ],
)
def test_a_section_that_says_two_things_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        section(**changes)


def test_texts_are_of_one_split_and_their_own() -> None:
    for make in (prose, code, math):
        sides = {split: [row["text"] for row in make(split, 200, 0)] for split in ("train", "held_out")}
        assert all(split_of(text.partition("\n")[0]) == split for split, texts in sides.items() for text in texts)
        assert not set(sides["train"]) & set(sides["held_out"])
        assert [row["text"] for row in make("train", 200, 0)] == sides["train"]


def test_text_for_pre_training_is_refused_where_problems_or_examples_belong(tmp_path: Path) -> None:
    from temper.pipeline.preflight import preflight

    for field in ("sft.data", "rlvr.data"):
        with pytest.raises(ValueError, match=rf"{field}.0.generator: makes text to pre-train on alone, got 'prose'"):
            preflight(
                load("temper:tiny/instruct", [f"{field}=[{{kind: generated, generator: prose, rows: 5}}]"]), tmp_path
            )


@pytest.fixture(scope="module")
def packed(tiny_base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Packs of the short section, a folder a source."""
    folder = tmp_path_factory.mktemp("pretraining") / "packs"
    tokenizer, of = load_tokenizer(tiny_base), short()
    shard = Shard(tokenizer, of, "instruct", 0)
    counts = prepare([lambda block: lambda: shard.render(block)], of, 0, tokenizer.pad_token_id, folder)
    assert counts["samples"] == 150 and counts["packs"] == sum(len(read_packs(one)) for one in folders_of(of, folder))
    return folder


def short() -> PretrainSection:
    """Phases of 4, 2 and 2 steps."""
    rate = {"learning_rate": 2e-3, "warmup_steps": 2, "decay": "hold", "decay_steps": 2}
    phases = [{"share": share, "weights": weights} for share, weights in ((0.5, [1, 0, 0]), (0.25, [0, 1, 0]))]
    phases.append({"share": 0.25, "weights": [0, 0, 1]})
    return section(
        phases=phases, pack_tokens=512, packs_per_step=2, packs_per_micro_batch=2, steps=8, save_every=1, schedule=rate
    )


class Killed(BaseException):
    pass


def pretrained(base: Path, packs: Path, folder: Path, killed_at: list[int]) -> tuple[Path, list[dict[str, float]]]:
    """The checkpoint and its lines; the training dies where it tells of one of these steps, and is started again."""
    lines: dict[int, dict[str, float]] = {}
    deaths = list(killed_at)

    def report(step: int, line: Any) -> None:
        lines[step] = dict(line)
        if step in deaths:
            deaths.remove(step)
            raise Killed

    while True:
        try:
            learners = LearnersSection(threads=1)
            train(short(), learners, 5, "instruct", base, packs, folder / "work", folder / "out", report)
        except Killed:
            continue
        return folder / "out", [lines[step] for step in sorted(lines)]


def test_a_kill_in_each_phase_resumes_to_the_bit_and_keeps_the_head(
    tiny_base: Path, packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed: list[int] = []
    compute = PackTrainer.compute_loss

    def counted(self: PackTrainer, *arguments: Any, **named: Any) -> Any:
        computed.append(self.state.global_step)
        return compute(self, *arguments, **named)

    monkeypatch.setattr(PackTrainer, "compute_loss", counted)
    whole, lines = pretrained(tiny_base, packed, tmp_path / "whole", [])
    assert computed == list(range(8))
    computed.clear()
    killed, again = pretrained(tiny_base, packed, tmp_path / "killed", [3, 6, 8])
    assert computed == [0, 1, 2, 2, 3, 4, 5, 5, 6, 7, 7], "the step that was killed is made again, and no other"
    assert len(lines) == len(again) == 8
    for one, other in zip(lines, again, strict=True):
        assert {name: one[name] for name in ("loss", "mtp_loss", "tokens")} == {
            name: other[name] for name in ("loss", "mtp_loss", "tokens")
        }
    for name in ("model.safetensors", MTP_FILE):
        assert (whole / name).read_bytes() == (killed / name).read_bytes()
    ends = [line["learning_rate"] for line in lines]
    assert ends == pytest.approx([2e-3 * part for part in (1 / 3, 2 / 3, 1, 1, 1, 1, 1, 0.5)])
