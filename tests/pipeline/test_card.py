"""`temper export`: a run's last checkpoint, or any, as a folder that loads elsewhere and says what it is."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
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
