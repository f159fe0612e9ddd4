"""`temper export`: a run's last checkpoint, or any, as a folder that loads elsewhere and says what it is."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from huggingface_hub import ModelCard, parse_eval_result_entries
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig

from temper.pipeline.card import card, find
from temper.pipeline.cli import main
from temper.policy.chat import dress, template_hash
from temper.policy.checkpoint import load_model, load_tokenizer, save
from temper.policy.rope import extend
from temper.policy.section import ExtendSection

RECIPE: dict[str, Any] = {
    "name": "mine", "variant": "thinking", "seed": 3, "stages": ["extend", "sft", "eval"],
    "base": {"kind": "hub", "name": "someone/a-base", "revision": "a" * 40}, "eval": {"temperature": 0.7},
}  # fmt: skip


@pytest.fixture
def run(tiny_base: Path, tmp_path: Path) -> Path:
    """The folder of a run whose last checkpoint was extended and dressed; OUT was moved since."""
    out = tmp_path / "out"
    extend(tiny_base, out / "stages/extend-1/checkpoint", ExtendSection(factor=4))
    longer = load_model(out / "stages/extend-1/checkpoint")
    tokenizer = dress(load_tokenizer(tiny_base), "thinking")
    save(longer, tokenizer, out / "stages/sft-2/checkpoint")
    for stage, result in (("extend-1", {"context": 256}), ("sft-2", {"samples": 1200, "dropped_too_long": 7})):
        (out / "stages" / stage / "stage.json").write_text(json.dumps({"result": {**result, "seconds": 4.5}}))
    folder = out / "mine"
    folder.mkdir()
    checkpoints = {name: f"/elsewhere/stages/{stage}/checkpoint" for name, stage in (("extend", "extend-1"), ("sft", "sft-2"))}  # fmt: skip  # noqa: E501
    summary = {"name": "mine", "variant": "thinking", "seed": 3, "checkpoints": checkpoints,
               "eval": {"sft": {"score": 0.51234, "stderr": 0.01, "n": 500}}}  # fmt: skip
    (folder / "summary.json").write_text(json.dumps(summary))
    (folder / "recipe.resolved.yaml").write_text(yaml.safe_dump(RECIPE))
    made = {"python": "3.11.7", "packages": {"torch": "2.13.0", "ray": None}, "commit": "c0ffee", "changed": True}
    (folder / "versions.json").write_text(json.dumps(made))
    return folder


def test_what_is_exported_gives_the_learners_logits(run: Path, tmp_path: Path) -> None:
    assert main(["export", str(run), "--out", str(tmp_path / "new")]) == 0
    learner = load_model(run.parent / "stages/sft-2/checkpoint")
    exported = AutoModelForCausalLM.from_pretrained(tmp_path / "new")
    ids = torch.arange(33, 333)[None]  # beyond the old context
    with torch.no_grad():
        assert torch.allclose(learner(ids).logits, exported(ids).logits, atol=1e-4, rtol=0)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "new")
    assert template_hash(tokenizer) == template_hash(load_tokenizer(run.parent / "stages/sft-2/checkpoint"))
    generation = GenerationConfig.from_pretrained(tmp_path / "new")
    assert (generation.do_sample, generation.temperature) == (True, 0.7)
    said = json.loads((tmp_path / "new/generation_config.json").read_text())
    assert (said["top_k"], said["top_p"]) == (0, 1.0)  # written: transformers' own default of top_k is 50
    assert "local_files_only" not in (tmp_path / "new/tokenizer_config.json").read_text()
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "new").iterdir()} == {0o644}
    assert generation.eos_token_id == tokenizer.convert_tokens_to_ids("<|im_end|>") == 28
    assert exported.config.rope_parameters["full_attention"]["factor"] == 4.0


def test_a_dtype_is_changed_where_it_is_asked_for(run: Path, tmp_path: Path) -> None:
    assert main(["export", str(run), "--out", str(tmp_path / "half"), "--dtype", "bfloat16"]) == 0
    half = AutoModelForCausalLM.from_pretrained(tmp_path / "half", dtype="auto")
    assert {parameter.dtype for parameter in half.parameters()} == {torch.bfloat16}


def test_the_card_says_what_the_run_recorded(run: Path) -> None:
    text = card(find(run), "beef")
    front = yaml.safe_load(text.split("---\n")[1])
    assert front["base_model"] == "someone/a-base"
    assert "license" not in front
    assert "thinking model of a `temper` recipe, from someone/a-base @ aaaa" in text
    for line in ("| sft | 0.512 | 0.010 | 500 |", "| sft | samples | 1,200 |", "| sft | dropped too long | 7 |",
                 "| extend | context | 256 |", "SHA-256 `beef`", "temper commit: c0ffee with changes", "torch 2.13.0"):  # fmt: skip  # noqa: E501
        assert line in text, line
    recipe = re.search(r"## Recipe\n\n```\n(.*?)```", text, re.DOTALL)
    assert recipe
    assert yaml.safe_load(recipe[1]) == RECIPE


def test_the_licence_is_that_of_the_bases_own_card(run: Path, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("---\nlicense: apache-2.0\n---\n# A base\n")
    recipe = {**RECIPE, "base": {"kind": "folder", "path": str(tmp_path)}}
    (run / "recipe.resolved.yaml").write_text(yaml.safe_dump(recipe))
    assert yaml.safe_load(card(find(run), None).split("---\n")[1])["license"] == "apache-2.0"


def test_a_bare_checkpoint_says_that_nothing_is_recorded(tiny_base: Path, tmp_path: Path) -> None:
    assert main(["export", str(tiny_base), "--out", str(tmp_path / "new")]) == 0
    assert "nothing of its making is recorded" in (tmp_path / "new/README.md").read_text()


def _occupied(run: Path, out: Path) -> None:
    out.mkdir()
    (out / "notes.txt").write_text("mine")


def _another_template(run: Path, out: Path) -> None:
    (run.parent / "stages/sft-2/checkpoint/chat_template.jinja").write_text("{{ messages }}")


def _unfinished(run: Path, out: Path) -> None:
    (run / "summary.json").unlink()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [(_occupied, "something is there already"), (_another_template, "chat template: trained with"),
     (_unfinished, "neither a checkpoint nor a finished run, got no summary.json")],
)  # fmt: skip
def test_what_must_not_be_published_is_refused(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], spoil: Callable[[Path, Path], None], said: str
) -> None:
    spoil(run, tmp_path / "new")
    before = sorted((tmp_path / "new").glob("*"))
    assert main(["export", str(run), "--out", str(tmp_path / "new")]) == 2
    assert said in capsys.readouterr().err
    assert sorted((tmp_path / "new").glob("*")) == before


HUB = {
    "kind": "hub", "name": "someone/problems", "config": "main", "revision": "b" * 40, "split": "train", "rows": 900,
    "skip": 100, "map": "gsm8k", "epochs": 1,
}  # fmt: skip
COUNTS = {"rows": 450, "mute": 0, "failed": 0, "read": 450, "unread": 2}
AUDITED = (("rlvr.data.0", "math", 64), ("rlvr.data.0", "judge", 0), ("held_out.0", "code", 8))
FINDING = {
    "lines": [
        {"source": source, "verifier": name, "probed": probed, "probes": 9 * probed, **COUNTS}
        for source, name, probed in AUDITED
    ],
    "failures": [],
    "unread": [],
    "held_out": 250,
    "duplicates": [
        {"source": "held_out.0", "id": "h", "in_train": "t"},
        {"source": "rlvr.data.0", "id": "u", "repeats": "t"},
    ],
}
STANDING = {
    "value": 41.2345, "stderr": 1.5, "n": 164, "low": 38.0, "high": 44.0, "truncated": 0.031, "unscored": 0.0,
    "metric": "pass@1", "samples": 4, "temperature": 0.7,
}  # fmt: skip


@pytest.fixture
def trained(run: Path) -> Path:
    """A run that was trained by RLVR, audited, and scored in a suite."""
    benchmarks = [
        {"name": "gsm8k", "data": [{**HUB, "split": "test"}]}, {"name": "own", "data": [{"kind": "file"}]},
    ]  # fmt: skip
    recipe = {
        **RECIPE,
        "stages": ["sft", "rlvr", "eval"],
        "sft": {"data": [{"kind": "file", "path": "/home/me/secret/mine.jsonl"}]},
        "rlvr": {
            "data": [HUB],
            "shaping": {"overlong": {"buffer_tokens": 9, "penalty": 1.0}, "concision": None},
            "objective": {"kind": "mellum"},
        },
        "verifiers": {"plugins": ["mine"], "math": {"units": "convert"}},
        "eval": {
            "problems": 500, "samples": 4, "temperature": 0.7, "thinking_tokens": None,
            "suites": [{"name": "mine", "benchmarks": benchmarks}],
        },
    }  # fmt: skip
    (run / "recipe.resolved.yaml").write_text(yaml.safe_dump(recipe))
    summary = json.loads((run / "summary.json").read_text())
    summary["suites"] = {"mine": {"gsm8k": {"sft": STANDING}, "own": {"sft": STANDING}}}
    (run / "summary.json").write_text(json.dumps(summary))
    (run / "audit.json").write_text(json.dumps(FINDING))
    step = {"stage": "rlvr", "verifier/math/scored": 95, "rollouts/errors": 4, "rollouts/abstained": 1}
    lines = [{"stage": "sft", "step": 1}, {"step": 1, **step}, {"step": 2, **step}]
    (run / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (run / "alarms.jsonl").write_text('{"stage": "rlvr"}\n')
    return run


def test_the_card_parses_as_the_hub_parses_it(trained: Path, tmp_path: Path) -> None:
    assert main(["export", str(trained), "--out", str(tmp_path / "new"), "--language", "en"]) == 0
    data = ModelCard.load(tmp_path / "new/README.md").data
    assert (data.base_model, data.base_model_relation) == ("someone/a-base", "finetune")
    assert (data.datasets, data.language, data.pipeline_tag) == (["someone/problems"], ["en"], "text-generation")
    (path,) = (tmp_path / "new/.eval_results").iterdir()
    (entry,) = parse_eval_result_entries(yaml.safe_load(path.read_text()))
    assert (entry.dataset_id, entry.task_id, entry.dataset_revision) == ("someone/problems", "main", "b" * 40)
    assert (path.name, entry.value) == ("mine-gsm8k.yaml", 41.23)
    assert entry.notes == "pass@1, 4 samples, temperature 0.7, 3.1% cut off; 164 problems, standard error 1.50"


def test_the_card_says_who_rewarded_what_and_with_which_data(trained: Path) -> None:
    text = card(find(trained), None)
    for line in (
        "On the recipe's held-out problems (problems 500, samples 4, temperature 0.7), each verdict",
        "| gsm8k | sft | 41.2 | 1.5 | 164 | pass@1, 4 samples, temperature 0.7, 3.1% cut off |",
        "| `math` | 450 | 576 on 64 rows | 0 | 2 |",
        "- `judge`: another model's opinion.", "- `judge` has no probes: nothing is known of what it scores.",
        'A score is shaped: `{"overlong": {"buffer_tokens": 9, "penalty": 1.0}}`. Objective: `{"kind": "mellum"}`.',
        'Parameters of all rows: `{"math": {"units": "convert"}}`.',
        "Of 200 rollouts of 2 steps 4.00% were lost to errors of the system, 1.00% could not be judged",
        "The monitor of reward hacking raised 1 alarm.",
        "| rlvr | `someone/problems/main` train @ `bbbbbbbbbbbb` | 900 after the first 100 | MIT |",
        "| sft | a file, `mine.jsonl` | all | not recorded |",
        "Of 250 held-out problems 1 also stand in the training data", "1 prompts stand there twice",
    ):  # fmt: skip
        assert line in text, line
    assert "| `code` |" not in text  # of the held-out problems alone


def test_a_run_without_an_audit_says_so(trained: Path) -> None:
    (trained / "audit.json").unlink()
    text = card(find(trained), None)
    assert "The run kept no audit" in text and "held-out problems 1" not in text
