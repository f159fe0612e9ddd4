"""Keys depend on what they should and on nothing else; the run folder survives kills and refuses
strangers."""

import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
import yaml

from temper.pipeline.ledger import Ledger, PlannedStage, plan
from temper.pipeline.loading import load
from temper.pipeline.metrics import Metrics
from temper.policy.atomic import write_atomic

WriteRecipe = Callable[..., Path]
STAGE = PlannedStage("sft", "a" * 64, None)


def keys(path: Path, *overrides: str) -> dict[str, str]:
    return {stage.name: stage.key for stage in plan(load(path, overrides))}


def changed(path: Path, *overrides: str) -> set[str]:
    """The stages whose key an override moves."""
    before, after = keys(path), keys(path, *overrides)
    return {name for name in before.keys() & after.keys() if before[name] != after[name]}


@pytest.mark.parametrize(
    ("override", "stages"),
    [
        ("base.layers=8", {"base", "extend", "sft", "rlvr", "eval"}),
        ("seed=1", {"base", "extend", "sft", "rlvr", "eval"}),
        ("extend.factor=8", {"extend", "sft", "rlvr", "eval"}),
        ("variant=thinking", {"sft", "rlvr", "eval"}),
        ("sft.steps=11", {"sft", "rlvr", "eval"}),
        ("sft.data.0.data_seed=1", {"sft", "rlvr", "eval"}),
        ("rlvr.temperature=0.9", {"rlvr", "eval"}),
        ("rlvr.data.0.rows=1", {"rlvr", "eval"}),
        ("eval.samples=8", {"eval"}),
        ("held_out.0.rows=600", {"eval"}),
        ("name=other", set()),
        ("sft.save_every=7", set()),
        ("rlvr.max_error_share=0.5", set()),
        ("validation={every: 5, problems: 10}", set()),
        ("cluster.sft.ranks=2", set()),
        ("sandbox.slots=4", set()),
        ("engine={kind: transformers, batch: 8}", set()),
        ("trackers=[wandb]", set()),
        ("sft.router_loss=1e-4", set()),  # the default, written out
    ],
)
def test_a_field_moves_the_keys_of_what_depends_on_it(
    write_recipe: WriteRecipe, override: str, stages: set[str]
) -> None:
    assert changed(write_recipe(), override) == stages


def test_finished_stages_of_this_version_stay_finished(
    write_recipe: WriteRecipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever upgrades runs again what has another key here, so a new field or mark is a line of the CHANGELOG. The
    code counts apart (test_stage_code)."""
    monkeypatch.setattr("temper.pipeline.ledger.stage_code", lambda name: 1)
    known = {stage: key[:12] for stage, key in keys(write_recipe()).items() if stage != "eval"}
    assert known == {
        "base": "e2e04f80f00c",
        "extend": "55f278d08188",
        "sft": "35b2f140775d",
        "rlvr": "bbca12dec5b7",
    }


def test_both_variants_share_what_comes_before_sft(write_recipe: WriteRecipe) -> None:
    instruct = plan(load(write_recipe()))
    thinking = plan(load(write_recipe(), ["variant=thinking", "name=other"]))
    assert [stage.folder_name for stage in instruct[:2]] == [stage.folder_name for stage in thinking[:2]]
    assert not {stage.key for stage in instruct[2:]} & {stage.key for stage in thinking[2:]}


def test_each_stage_takes_the_one_before(write_recipe: WriteRecipe) -> None:
    planned = plan(load(write_recipe()))
    assert [stage.name for stage in planned] == ["base", "extend", "sft", "rlvr", "eval"]
    assert [stage.input for stage in planned] == [None, *[stage.key for stage in planned[:-1]]]


def test_a_changed_row_moves_the_key_and_a_moved_file_does_not(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    path = write_recipe()
    before = keys(path)
    rows = path.parent / "problems.jsonl"
    moved = tmp_path / "moved.jsonl"
    shutil.copy(rows, moved)
    assert keys(path, f"rlvr.data.0.path={moved}") == before
    rows.write_text(rows.read_text().replace('"4"', '"5"'))
    after = keys(path)
    assert {name for name in before if before[name] != after[name]} == {"rlvr", "eval"}


def test_the_recipes_own_verifier_and_map_are_part_of_the_key(write_recipe: WriteRecipe) -> None:
    path = write_recipe(swap=("path: problems.jsonl", "path: problems.jsonl, map: 'my_map:problem'"))
    rows = path.parent / "problems.jsonl"
    rows.write_text('{"id": "a", "prompt": "1+1?", "verifier": "my_verifier:Mine"}\n')
    before = keys(path)
    for module in ("my_map", "my_verifier"):
        (path.parent / f"{module}.py").write_text("# one\n")
        after = keys(path)
        assert {name for name in before if before[name] != after[name]} == {"rlvr", "eval"}
        before = after


def test_a_base_folder_is_known_by_its_contents(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    checkpoint = tmp_path / "checkpoint"
    checkpoint.mkdir()
    (checkpoint / "config.json").write_text("{}")
    header = json.dumps({"w": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}).encode()
    weights = checkpoint / "model.safetensors"
    weights.write_bytes(len(header).to_bytes(8, "little") + header + bytes(16))
    overrides = [f"base={{kind: folder, path: {checkpoint}}}", "stages=[sft, rlvr, eval]"]
    before = keys(write_recipe(), *overrides)
    assert "base" not in before
    copy = shutil.copytree(checkpoint, tmp_path / "copy")
    assert keys(write_recipe(), f"base={{kind: folder, path: {copy}}}", overrides[1]) == before
    weights.write_bytes(weights.read_bytes()[:-1] + b"\1")
    assert keys(write_recipe(), *overrides)["sft"] != before["sft"]


def test_a_stage_is_finished_once_its_result_is_written(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    work = ledger.work(STAGE)
    assert ledger.finished(STAGE) is None
    ledger.finish(STAGE, {"loss": 0.5})
    assert ledger.finished(STAGE) == {"loss": 0.5}
    assert not work.exists()
    assert ledger.folder(STAGE) == tmp_path / "stages" / "sft-aaaaaaaaaaaa"


def test_the_same_twelve_digits_of_another_key_are_refused(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.finish(STAGE, {})
    with pytest.raises(ValueError, match="another key"):
        ledger.finished(PlannedStage("sft", "a" * 12 + "b" * 52, None))


def _hold(out: Path, ready: Connection) -> None:
    with Ledger(out).lock(STAGE, "worker"):
        ready.send("holding")
        time.sleep(60)


def test_an_orphan_is_named_and_its_death_frees_the_lock(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    ledger = Ledger(tmp_path)
    ours, theirs = multiprocessing.Pipe()
    orphan = multiprocessing.get_context("spawn").Process(target=_hold, args=(tmp_path, theirs))
    orphan.start()
    try:
        assert ours.recv() == "holding"
        with ledger.lock(STAGE, "driver"):  # another role is another lock
            pass
        caplog.set_level("INFO")
        complaint = f"process {orphan.pid} still writes here"
        with pytest.raises(TimeoutError, match=complaint), ledger.lock(STAGE, "worker", timeout_s=0.3):
            pass
        assert [record.message for record in caplog.records] == [
            f"{ledger.folder(STAGE)}: waiting for process {orphan.pid}, which writes here"
        ]
        assert orphan.pid
        os.kill(orphan.pid, signal.SIGKILL)
        with ledger.lock(STAGE, "worker", timeout_s=10):
            pass
    finally:
        orphan.kill()
        orphan.join()
        ours.close()
        theirs.close()


def test_a_kill_at_any_instant_leaves_the_old_file_or_the_new(tmp_path: Path) -> None:
    path = tmp_path / "file"
    program = textwrap.dedent(f"""
        from pathlib import Path
        from temper.policy.atomic import write_atomic
        for content in "ab" * 100_000:
            write_atomic(Path({str(path)!r}), content * 500_000)
    """)
    for delay in (0.0, 0.013, 0.05, 0.111):
        writer = subprocess.Popen([sys.executable, "-c", program])
        while not path.exists():
            time.sleep(0.01)
        time.sleep(delay)
        writer.kill()
        writer.wait()
        content = path.read_text()
        assert content in ("a" * 500_000, "b" * 500_000)


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        write_atomic(tmp_path / "folder", "text")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_a_run_folder_holds_the_resolved_recipe_and_the_versions(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    loaded = load(write_recipe())
    folder = Ledger(tmp_path / "out").claim(loaded)
    assert folder == tmp_path / "out" / "mine"
    assert yaml.safe_load((folder / "recipe.resolved.yaml").read_text()) == loaded.resolved
    versions = json.loads((folder / "versions.json").read_text())
    assert versions["packages"]["pydantic"].startswith("2.")
    assert versions.keys() == {"python", "platform", "packages", "commit", "changed"}


@pytest.mark.parametrize(("override", "what"), [("variant=thinking", "variant"), ("base.layers=8", "base")])
def test_a_run_folder_of_another_variant_or_base_is_refused(
    write_recipe: WriteRecipe, tmp_path: Path, override: str, what: str
) -> None:
    ledger = Ledger(tmp_path / "out")
    ledger.claim(load(write_recipe()))
    kept = (tmp_path / "out" / "mine" / "recipe.resolved.yaml").read_text()
    with pytest.raises(ValueError, match=rf"belongs to another {what}.*choose another `name` or --out"):
        ledger.claim(load(write_recipe(), [override]))
    assert (tmp_path / "out" / "mine" / "recipe.resolved.yaml").read_text() == kept
    ledger.claim(load(write_recipe(), ["sft.steps=11"]))


def test_every_step_keeps_one_line_however_often_a_stage_resumes(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    other, first = Metrics(path, "sft"), Metrics(path, "rlvr")
    other.append(1, {"loss": 9.0})
    for step in (1, 2, 3, 4):
        first.append(step, {"reward": step / 10})
    with path.open("a") as file:
        file.write('{"stage": "rlvr", "st')  # cut by a kill
    resumed = Metrics(path, "rlvr")
    for step in (3, 4, 5):
        resumed.append(step, {"reward": float(step)})
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert [(row["stage"], row["step"]) for row in rows] == [("sft", 1), *(("rlvr", n) for n in range(1, 6))]
    assert [row["reward"] for row in rows[1:]] == [0.1, 0.2, 3.0, 4.0, 5.0]
