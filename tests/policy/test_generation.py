import json
import logging
import shutil
from pathlib import Path

import pytest
from transformers import GenerationConfig

from temper.policy.chat import dress
from temper.policy.checkpoint import load_model, load_tokenizer, save
from temper.policy.export import export
from temper.policy.generation import end_ids, generation_of, say_ends
from temper.rlvr.engines.engine import generate
from temper.rlvr.engines.transformers_engine import TransformersEngine
from temper.rlvr.rollout import Request, Sampling


@pytest.fixture
def base(tiny_base: Path, tmp_path: Path) -> Path:
    """A copy whose generation config can be written anew."""
    return Path(shutil.copytree(tiny_base, tmp_path / "base"))


def write(base: Path, **said: object) -> None:
    (base / "generation_config.json").write_text(json.dumps(said))


def test_every_end_that_the_base_names_ends_a_completion(base: Path) -> None:
    write(base, eos_token_id=[40, 41])
    model, tokenizer = load_model(base), dress(load_tokenizer(base), "instruct")
    assert end_ids(tokenizer, model.generation_config) == [28, 40, 41]
    engine = TransformersEngine(model, tokenizer, batch=8)
    ended = generate(engine, [Request(i, (50, 51), i) for i in range(64)], Sampling(1.0, 200))
    lasts = {done.tokens[-1] for done in ended if done.stop_reason != "length"}
    assert lasts <= {28, 40, 41} and lasts & {40, 41}
    assert all(not {28, 40, 41} & set(done.tokens[:-1]) for done in ended)


def test_what_is_saved_and_exported_ends_there_too(base: Path, tmp_path: Path) -> None:
    write(base, eos_token_id=[40, 41])
    model, tokenizer = load_model(base), dress(load_tokenizer(base), "instruct")
    say_ends(model, tokenizer)
    save(model, tokenizer, tmp_path / "trained")
    export(tmp_path / "trained", tmp_path / "out", {"README.md": "# A card\n"})
    for folder in ("trained", "out"):
        assert GenerationConfig.from_pretrained(tmp_path / folder).eos_token_id == [28, 40, 41]
    assert load_model(tmp_path / "out").config.eos_token_id == [28, 40, 41]


def test_one_end_stays_a_number(base: Path) -> None:
    write(base, eos_token_id=28)
    model, tokenizer = load_model(base), dress(load_tokenizer(base), "instruct")
    say_ends(model, tokenizer)
    assert model.generation_config.eos_token_id == model.config.eos_token_id == 28
    (base / "generation_config.json").unlink()
    assert 28 in end_ids(tokenizer, generation_of(str(base)))


@pytest.mark.parametrize(
    "said",
    [
        {"temperature": 0.6}, {"top_p": 0.9, "do_sample": False}, {"pad_token_id": -1}, {"length_penalty": 2.0},
    ],
)  # fmt: skip
def test_defaults_that_cannot_be_saved_are_mended_at_load_with_a_line(
    base: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, said: dict[str, object]
) -> None:
    write(base, eos_token_id=[28, 40], **said)
    with caplog.at_level(logging.WARNING):
        model = load_model(base)
    assert any("generation_config.json cannot be saved" in line for line in caplog.messages)
    save(model, load_tokenizer(base), tmp_path / "saved")
    assert GenerationConfig.from_pretrained(tmp_path / "saved").eos_token_id == [28, 40]


def test_a_tokenizer_without_any_end_is_refused() -> None:
    class Endless:
        eos_token_id = None

    with pytest.raises(ValueError, match="no token ends a completion; set eos_token"):
        end_ids(Endless(), GenerationConfig())


def test_a_pad_token_is_one_that_the_embeddings_have(tiny_base: Path) -> None:
    from toy_tokenizers import make

    tokenizer = make("gpt2")
    tokenizer.pad_token = None
    assert dress(tokenizer, "instruct").pad_token == "<|endoftext|>"
    bare = load_tokenizer(tiny_base)
    bare.pad_token = None
    bare.get_vocab = lambda: {"<|im_start|>": 27, "<|im_end|>": 28}
    assert dress(bare, "instruct").pad_token == "<|im_end|>"
