"""Packs are prepared once for every run that would prepare the same."""

import json
import re
import threading
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from temper.pipeline.identity import in_key
from temper.pipeline.ledger import Ledger, PlannedStage
from temper.pipeline.packs import asked, described, prepared_packs
from temper.pipeline.packs import prepare as write
from temper.policy.chat import Variant, dress
from temper.policy.checkpoint import load_tokenizer
from temper.policy.sources import GeneratedRows
from temper.sft.packing import PACKS_FILE
from temper.sft.section import LongContextSection, SftSection
from temper.sft.shard import Block, Shard

SECTION: dict[str, Any] = {
    "data": [GeneratedRows(rows=60).model_dump()],
    "pack_tokens": 256,
    "packs_per_step": 2,
    "steps": 2,
    "schedule": {"learning_rate": 1e-3},
}


def prepare(
    out: Path, base: Path, identity: str = "d", seed: int = 0, variant: Variant = "thinking", **fields: Any
) -> tuple[Path, dict[str, Any]]:
    section = SftSection.model_validate_json(json.dumps({**SECTION, **fields}))
    stage = PlannedStage("sft", "k" * 64, None, identity)
    return prepared_packs(Ledger(out), stage, section, variant, seed, base)


def test_another_learning_rate_finds_the_packs_again(tiny_base: Path, tmp_path: Path) -> None:
    folder, counts = prepare(tmp_path, tiny_base)
    written = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    assert counts["samples"] == 60 and written
    again = prepare(tmp_path, tiny_base, schedule={"learning_rate": 1e-4}, steps=3, packs_per_step=1)
    assert again == (folder, counts)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == written


@pytest.mark.parametrize(
    "change", [{"identity": "e"}, {"seed": 1}, {"variant": "instruct"}, {"pack_tokens": 512}, {"unfold": 2}]
)
def test_what_changes_the_packs_prepares_anew(tiny_base: Path, tmp_path: Path, change: dict[str, Any]) -> None:
    assert prepare(tmp_path, tiny_base)[0] != prepare(tmp_path, tiny_base, **change)[0]


def test_what_packs_depend_on_of_a_section() -> None:
    """Whatever is no training's alone; a new field is, until it is marked."""
    section = LongContextSection.model_validate_json(json.dumps(SECTION))
    prepared = {"bad_rows", "pack_tokens", "template", "unfold", "reasoning_share", "fim_share"}
    assert set(in_key(section, "packs")) == prepared


def test_what_a_kill_left_is_prepared_again(tiny_base: Path, tmp_path: Path) -> None:
    """Killed before the counts were written: the packs that lie there are not trusted."""
    folder, counts = prepare(tmp_path, tiny_base)
    (folder.parent / "stage.json").unlink()
    for path in folder.rglob("*"):
        path.write_bytes(b"cut")
    assert prepare(tmp_path, tiny_base) == (folder, counts)
    assert all(path.read_bytes() != b"cut" for path in folder.rglob("*"))


def test_packs_that_fill_no_step_are_refused(tiny_base: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="packs of 256 tokens do not fill one step of packs_per_step 1000"):
        prepare(tmp_path, tiny_base, packs_per_step=1000)


def test_dropped_rows_are_counted_with_the_packs(tiny_base: Path, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    rows = [{"role": "user", "content": "a"}], [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    path.write_text("".join(json.dumps({"messages": messages}) + "\n" for messages in rows))
    data = [*SECTION["data"], {"kind": "file", "path": str(path), "epochs": 3}]
    _, counts = prepare(tmp_path, tiny_base, data=data, bad_rows="drop")
    assert (counts["samples"], counts["dropped_role_order"], counts["dropped_without_reasoning"]) == (60, 3, 3)
    line = described(counts, 256)
    assert re.match(r"60 samples in \d+ packs, \d\d\.\d% full, [\d,]+ of [\d,]+ tokens trained; dropped ", line)
    assert line.endswith("; dropped 3 role_order, 3 without_reasoning")


@pytest.mark.slow
def test_shards_on_a_cluster_make_the_same_packs(tiny_base: Path, tmp_path: Path) -> None:
    """The real actors, one of which is killed while it has blocks in hand: the next process renders them again."""
    import ray

    from temper.pipeline import cluster

    section = SftSection.model_validate_json(json.dumps({**SECTION, "data": [GeneratedRows(rows=6000).model_dump()]}))
    tokenizer = dress(load_tokenizer(tiny_base), "thinking")
    cluster.start(None, [], {})
    made = {}
    try:
        for number in (1, 3):
            with asked(number, partial(Shard, tokenizer, section, "thinking", 0)) as shards:
                for answer in [ask(Block(0, ())) for ask in shards]:
                    answer()
                if number > 1:
                    assert isinstance(shards[0], partial)
                    threading.Timer(0.3, partial(ray.kill, shards[0].args[0], no_restart=False)).start()
                counts = write(shards, section, 0, tokenizer.pad_token_id, tmp_path / str(number))
            made[number] = (counts, (tmp_path / str(number) / PACKS_FILE).read_bytes())
    finally:
        cluster.stop()
    assert made[1] == made[3] and made[1][0]["samples"] == 6000
