"""The learner sees rows in one line: each has the logprobs that it has alone, whatever the family does with positions,
and the gradient is that of the same rows padded."""

import random
from pathlib import Path
from typing import Any

import pytest
import torch
import trl
from test_trl_seam import Grab, section
from transformers import AutoModelForCausalLM, GPT2Config, LlamaConfig, OPTConfig, PretrainedConfig, Qwen3Config

from temper.policy.checkpoint import load_tokenizer
from temper.policy.section import LearnersSection, LoraSection
from temper.rlvr.doubles import ScriptedFeed
from temper.rlvr.engines.transformers_engine import TransformersEngine
from temper.rlvr.rollout import Batch, BatchRow
from temper.rlvr.trl_seam import Scored, SeamTrainer, make_trainer

IDS: dict[str, Any] = {"vocab_size": 384, "bos_token_id": None, "eos_token_id": 28, "pad_token_id": 0}
SHAPE = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "max_position_embeddings": 64, **IDS}
CONFIGS: list[PretrainedConfig] = [
    GPT2Config(n_embd=32, n_layer=2, n_head=4, n_positions=64, **IDS),
    OPTConfig(**SHAPE, ffn_dim=32, word_embed_proj_dim=32),
    LlamaConfig(**SHAPE, intermediate_size=32),
    Qwen3Config(**SHAPE, intermediate_size=32, head_dim=8, num_key_value_heads=2),
]
ROWS = [
    ((40, 41, 42, 43, 44, 45, 46), (80, 81, 82)),
    ((50,), (90, 91, 92, 93, 94)),
    ((60, 61), (100,)),
    ((70,), (110,)),
]


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.model_type)
def test_a_row_among_others_has_the_logprobs_that_the_engine_gives(
    config: PretrainedConfig, tiny_base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    AutoModelForCausalLM.from_config(config).save_pretrained(tmp_path / "base")
    load_tokenizer(tiny_base).save_pretrained(tmp_path / "base")
    rows = tuple(BatchRow(prompt, done, (-1.0,) * len(done), 1.0, in_loss=True) for prompt, done in ROWS)
    said: list[Any] = []
    trainer = make_trainer(
        section(4, objective={"kind": "mellum", "kl": 0.1}), LearnersSection(threads=1), 0, tmp_path / "base",
        tmp_path / "work", ScriptedFeed(lambda step: Batch(0, rows, 10)), keep=lambda step, of: said.extend(of),
    )  # fmt: skip
    reference = trainer._reference

    def heard(*given: Any) -> dict[str, torch.Tensor]:
        found = reference(*given)
        said.append(found["ref_per_token_logps"])
        return found

    monkeypatch.setattr(trainer, "_reference", heard)
    trainer.train()
    engine = TransformersEngine(AutoModelForCausalLM.from_pretrained(tmp_path / "base"), load_tokenizer(tiny_base), 4)
    wanted = engine.logprobs(ROWS)
    for own, base, of_engine in zip(said[1:], said[0].tolist(), wanted, strict=True):
        assert own == pytest.approx(of_engine, abs=1e-5)
        assert base[: len(of_engine)] == pytest.approx(of_engine, abs=1e-5)


class Padded(SeamTrainer):
    """Scores as TRL does: rows padded to the longest, under a mask."""

    def _get_per_token_logps_and_entropies(self, *args: Any, **kwargs: Any) -> Scored:
        if self.scored is not None:
            return super()._get_per_token_logps_and_entropies(*args, **kwargs)
        models: list[Any] = [self.model] if self.ref_model is None else [self.model, self.ref_model]
        for model in models:
            getattr(model, "base_model", model).set_attn_implementation("sdpa")
            model.config._attn_implementation = "sdpa"
        said: Scored = trl.GRPOTrainer._get_per_token_logps_and_entropies(self, *args, **kwargs)
        return said


def rollouts(seed: int, lengths: list[int]) -> tuple[BatchRow, ...]:
    """Rows with random tokens, of which the third is out of the loss and the fourth has read some of its own."""
    draw = random.Random(seed)

    def tokens(count: int) -> tuple[int, ...]:
        return tuple(draw.randrange(40, 300) for _ in range(count))

    return tuple(
        BatchRow(
            tokens(draw.randint(1, 9)), tokens(length), tuple(-draw.uniform(2, 8) for _ in range(length)),
            draw.uniform(-1, 1), in_loss=place != 2, unsampled=((1, 3),) if place == 3 and length > 3 else (),
        )
        for place, length in enumerate(lengths)
    )  # fmt: skip


LENGTHS = [80, 3, 4, 7, 1, 5, 12, 2]
"""One of 80 among 8."""
KINDS = ("mellum", "dapo", "grpo", "dr_grpo", "gspo", "cispo")


def gradient(
    base: Path, work: Path, batch: Batch, monkeypatch: pytest.MonkeyPatch, padded: bool, budget: int,
    learners: LearnersSection | None = None, **changes: Any,
) -> tuple[dict[str, torch.Tensor], dict[str, float]]:  # fmt: skip
    """What the optimizer is given, and what the step told."""
    grab = Grab()
    with monkeypatch.context() as patch:
        if padded:
            patch.setattr("temper.rlvr.trl_seam.SeamTrainer", Padded)
        trainer = make_trainer(
            section(max(2, len(batch.rows)), budget, max_completion_tokens=100, **changes),
            learners or LearnersSection(threads=1), 0, base, work, ScriptedFeed(lambda step: batch),
        )  # fmt: skip
        trainer.add_callback(grab)
        trainer.train()
    return grab.gradient, trainer.state.log_history[0]


def relative(found: dict[str, torch.Tensor], wanted: dict[str, torch.Tensor]) -> float:
    """The longest difference over the longest gradient."""
    assert found.keys() == wanted.keys()
    apart = max(float((found[name] - wanted[name]).abs().max()) for name in wanted)
    return apart / max(float(of.abs().max()) for of in wanted.values())


def batch_of(seed: int, lengths: list[int]) -> Batch:
    rows = rollouts(seed, lengths)
    return Batch(0, rows, sum(row.loss_tokens for row in rows))


@pytest.mark.parametrize("kind", KINDS)
def test_the_gradient_is_that_of_padded_rows(
    tiny_base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """All rows padded at once, against lines of 24 tokens and the long row by itself; with a KL."""
    batch, objective = batch_of(0, LENGTHS), {"kind": kind, "kl": 0.3, "icepop": (0.0, 1e9)}
    wanted, told = gradient(tiny_base, tmp_path / "p", batch, monkeypatch, True, 1000, objective=objective)
    found, said = gradient(tiny_base, tmp_path / "f", batch, monkeypatch, False, 24, objective=objective)
    assert relative(found, wanted) < 1e-5
    assert told["learner/micro_steps"] == 1 and said["learner/micro_steps"] >= 3
    assert said["loss"] == pytest.approx(told["loss"], rel=1e-4, abs=1e-6)
    assert said["logprob_gap/mean"] == pytest.approx(told["logprob_gap/mean"], rel=1e-5)
    assert said["learner/padding"] == 0.0


@pytest.mark.parametrize(
    "changes",
    [
        {"learners": LearnersSection(threads=1, gradient_checkpointing=True)},
        {"lora": LoraSection(rank=4, alpha=8.0), "objective": {"kind": "grpo", "kl": 0.3}},
        {"router_loss": 0.1, "budget": 1000},
        {"temperature": 0.7},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_the_gradient_is_that_of_padded_rows_under_what_a_recipe_may_ask(
    tiny_base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]
) -> None:
    """The router's loss is a mean over micro-batches and no sum, so there both hold the same rows."""
    batch, changes = batch_of(1, LENGTHS), {"budget": 24, **changes}
    wanted, _ = gradient(tiny_base, tmp_path / "p", batch, monkeypatch, True, **{**changes, "budget": 1000})
    found, _ = gradient(tiny_base, tmp_path / "f", batch, monkeypatch, False, **changes)
    assert relative(found, wanted) < 1e-5


def test_the_ratio_is_one_whatever_the_policy_became(tiny_base: Path, tmp_path: Path) -> None:
    """Old logprobs come from the loss pass: no token is clipped in the third step either, and none has a pass more."""
    batch = batch_of(2, LENGTHS)
    trainer = make_trainer(
        section(len(batch.rows), 24, max_completion_tokens=100, steps=3, schedule={"learning_rate": 1e-2}),
        LearnersSection(threads=1), 0, tiny_base, tmp_path, ScriptedFeed(lambda step: batch),
    )  # fmt: skip
    lines: list[int] = []
    trainer.model.model.register_forward_pre_hook(
        lambda module, given, named: lines.append(named["input_ids"].numel()) if "cu_seq_lens_q" in named else None,
        with_kwargs=True,
    )
    trainer.train()
    tokens = sum(len(row.prompt_tokens) + len(row.completion_tokens) for row in batch.rows if row.in_loss)
    assert sum(lines) == 3 * tokens
    for line in trainer.state.log_history[:3]:
        assert line["clip_ratio/region_mean"] == 0.0 and line["learner/tokens"] == tokens
