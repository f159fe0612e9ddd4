"""The families that bases come in, at toy size, through extend (where RoPE is known), sft, rlvr, eval and export, each
with a tokenizer of bytes and one of pieces where the family has both.

Of each: the text that is trained is the text that is rendered; learner and engine give the same tokens the same
probabilities, whatever noise the base's configuration asks for; completions end where the checkpoint says; the exported
model goes on as the engine does, and stops there, in plain transformers.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
import toy_tokenizers
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    DeepseekV3Config,
    Gemma3TextConfig,
    GemmaConfig,
    GPT2Config,
    LlamaConfig,
    MistralConfig,
    OlmoeConfig,
    PhiConfig,
    PretrainedConfig,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen3Config,
    Qwen3MoeConfig,
)

from temper.pipeline.prompt_tokens import check_prompts, prompt_tokens
from temper.policy.added_tokens import with_tokens
from temper.policy.chat import dress
from temper.policy.checkpoint import load_model, load_tokenizer, tensor_hashes
from temper.policy.export import export
from temper.policy.generation import end_ids
from temper.policy.rendering import Renderer
from temper.policy.rope import extend
from temper.policy.section import ExtendSection, LearnersSection, ScheduleSection
from temper.policy.sources import GeneratedRows
from temper.rlvr.batches.dealing import Share
from temper.rlvr.controller import Controller
from temper.rlvr.doubles import ScriptedVerifiers
from temper.rlvr.engines.engine import generate
from temper.rlvr.engines.transformers_engine import TransformersEngine
from temper.rlvr.evaluate import evaluate
from temper.rlvr.proof import Probe
from temper.rlvr.pushes import Pushes
from temper.rlvr.rollout import Group, Request, Sampling
from temper.rlvr.section import RlvrSection
from temper.rlvr.trl_seam import train as train_rlvr
from temper.sft.examples import Turn
from temper.sft.masks import Sample, render
from temper.sft.packing import write_packs
from temper.sft.section import SftSection
from temper.sft.train import train as train_sft
from temper.verifiers.judging import Judgement
from temper.verifiers.problem import Problem
from temper.verifiers.verdict import scored

WIDTH = {"hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}
SHAPE = {**WIDTH, "num_key_value_heads": 2, "max_position_embeddings": 128}
NOISY = {"attention_dropout": 0.2}
EXPERTS = {"num_experts": 4, "num_experts_per_tok": 2}


@dataclass(frozen=True)
class Family:
    config: type[PretrainedConfig]
    fields: Mapping[str, Any]
    tokenizers: tuple[str, ...]
    """By their names in `toy_tokenizers`; bytes first, then pieces."""


FAMILIES = {
    "llama": Family(LlamaConfig, {**SHAPE, **NOISY}, ("gpt2", "llama, legacy")),
    "qwen2": Family(Qwen2Config, {**SHAPE, **NOISY}, ("qwen",)),
    "qwen3": Family(Qwen3Config, {**SHAPE, **NOISY, "head_dim": 8, "tie_word_embeddings": True}, ("qwen",)),
    "qwen3-moe": Family(
        Qwen3MoeConfig, {**SHAPE, **NOISY, **EXPERTS, "head_dim": 8, "moe_intermediate_size": 16}, ("qwen",)
    ),
    "gemma": Family(GemmaConfig, {**SHAPE, **NOISY, "head_dim": 8}, ("gemma",)),
    "gemma3": Family(
        Gemma3TextConfig, {**SHAPE, **NOISY, "head_dim": 8, "sliding_window": 16, "query_pre_attn_scalar": 8,
         "layer_types": ["sliding_attention", "full_attention"]},
        ("gemma",),
    ),
    "mistral": Family(
        MistralConfig, {**SHAPE, **NOISY, "sliding_window": 16}, ("gpt2", "mistral, first")
    ),
    "phi": Family(PhiConfig, {**SHAPE, "num_key_value_heads": 4, "resid_pdrop": 0.2, "embd_pdrop": 0.2}, ("gpt2",)),
    "gpt2": Family(GPT2Config, {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 256}, ("gpt2",)),
    "olmoe": Family(OlmoeConfig, {**SHAPE, **NOISY, **EXPERTS}, ("gpt2",)),
    "deepseek": Family(
        DeepseekV3Config,
        {
            **SHAPE, **NOISY, "num_key_value_heads": 4, "n_routed_experts": 4, "num_experts_per_tok": 2, "n_group": 2,
            "topk_group": 1, "moe_intermediate_size": 16, "q_lora_rank": 16, "kv_lora_rank": 16, "qk_rope_head_dim": 8,
            "qk_nope_head_dim": 8, "v_head_dim": 8, "first_k_dense_replace": 1, "n_shared_experts": 1,
        },
        ("gpt2", "llama, legacy"),
    ),
}  # fmt: skip

QUESTIONS = ("What is 2 + 2?", "hello world", "print the weather")
ANSWERS = ("It is 4.", "hello", "def f(x)")
CONVERSATIONS = [
    (Turn(role="user", content=question), Turn(role="assistant", content=answer))
    for question, answer in zip(QUESTIONS, ANSWERS, strict=True)
]
LONGER = (
    Turn(role="system", content="  Be brief.\n"), *CONVERSATIONS[0],
    Turn(role="user", content="and then?\n\n  d\u00e9j\u00e0 vu"),
    Turn(role="assistant", content="Four, indeed.\n\n  x"),
)  # fmt: skip
PROBLEMS = [
    Problem(id=f"p{i}", prompt=question, verifier="math", answer=answer)
    for i, (question, answer) in enumerate(zip(QUESTIONS, ANSWERS, strict=True))
]
SCHEDULE = ScheduleSection(learning_rate=1e-2, warmup_steps=2, decay="constant")
LEARNERS = LearnersSection(threads=1)
SAMPLING = Sampling(1.0, 24)


def base(folder: Path, family: Family, tokenizer: str) -> None:
    """A base of the family that has no token of ours, is given them, and ends at two tokens."""
    made = PreTrainedTokenizerFast(tokenizer_object=toy_tokenizers.FAMILIES[tokenizer]())
    config = family.config(
        **family.fields, vocab_size=len(made), bos_token_id=None, eos_token_id=None, pad_token_id=None
    )
    torch.manual_seed(0)
    AutoModelForCausalLM.from_config(config).save_pretrained(folder / "plain")
    made.save_pretrained(folder / "plain")
    with_tokens(folder / "plain", None, folder / "base")
    model, own = load_model(folder / "base"), load_tokenizer(folder / "base")
    model.generation_config.eos_token_id = [own.get_vocab()["</tool_call>"]]
    model.save_pretrained(folder / "base")


def sft(base_path: Path, folder: Path) -> Path:
    renderer = Renderer(dress(load_tokenizer(base_path), "instruct"))
    rows = [render(renderer, turns, (), "instruct", "row") for turns in CONVERSATIONS]
    check_text(renderer, [*CONVERSATIONS, LONGER])
    write_packs(rows * 4, 64, pad_id=0, seed=0, folder=folder / "packs")
    section = SftSection.model_validate(
        {
            "data": (GeneratedRows(rows=1),), "steps": 30, "save_every": 99, "pack_tokens": 64, "packs_per_step": 3,
            "packs_per_micro_batch": 3, "schedule": SCHEDULE, "router_loss": 1e-3,
        }
    )  # fmt: skip
    losses: list[float] = []
    train_sft(
        section, LEARNERS, 0, "instruct", base_path, folder / "packs", folder / "sft-work", folder / "sft",
        report=lambda step, line: losses.append(line["loss"]),
    )  # fmt: skip
    assert losses[-1] < 0.5 * losses[0]
    return folder / "sft"


def check_text(renderer: Renderer, conversations: Sequence[Sequence[Turn]]) -> None:
    """What is trained is one rendering, encoded once; a prompt is the beginning of what is trained."""
    tokenizer = renderer.tokenizer
    for turns in conversations:
        messages = [turn.as_message() for turn in turns]
        sample: Sample = render(renderer, turns, (), "instruct", "row")
        text = tokenizer.apply_chat_template(messages, tokenize=False)
        whole = tokenizer(text, add_special_tokens=False)["input_ids"]
        assert list(sample.tokens) == whole[: len(sample.tokens)]
        end = tokenizer.eos_token_id
        assert sample.tokens[-1] == end and sum(
            token == end and on for token, on in zip(sample.tokens, sample.trained, strict=True)
        ) == sum(turn.role == "assistant" for turn in turns)
        prompt = renderer.prompt_ids(messages[:-1])
        assert list(sample.tokens[: len(prompt)]) == prompt and sample.trained[len(prompt)]


class Feed:
    """The controller, in the learner's own process."""

    def __init__(self, controller: Controller) -> None:
        self.controller = controller

    def push(self, weights: Mapping[str, torch.Tensor], version: int, probe: Probe) -> None:
        self.controller.push(weights, version, tensor_hashes(weights), probe)

    def take(self, step: int, rank: int, ranks: int, budget: int) -> Share | None:
        return self.controller.share(step, rank, ranks, budget)

    def told(self, step: int) -> dict[str, float]:
        return self.controller.told(step)

    def save(self, path: Path) -> None:
        self.controller.save(path)

    def restore(self, saved: Path | None) -> None:
        self.controller.restore(saved)


def engine_of(path: Path) -> TransformersEngine:
    return TransformersEngine(load_model(path), load_tokenizer(path), batch=8)


def judged(problem: Problem, text: str) -> Judgement:
    return Judgement(scored(float(len(text) % 2)))


def rlvr(base_path: Path, folder: Path) -> Path:
    """Two steps, on what the engine samples; the learner is in training mode, as ever."""
    section = RlvrSection.model_validate(
        {
            "data": (GeneratedRows(rows=1),), "steps": 2, "problems_per_step": 2, "group_size": 4, "save_every": 9,
            "max_prompt_tokens": 64, "max_completion_tokens": 24, "max_staleness": 0,
            "schedule": {"learning_rate": 1e-4}, "max_empty_share": 1,
        }
    )  # fmt: skip
    tokenizer, engine = load_tokenizer(base_path), engine_of(base_path)
    tokens, groups, gaps = prompt_tokens(tokenizer), dict[int, Sequence[Group]](), list[float]()
    check_prompts(tokenizer, PROBLEMS, tokens)

    def compare(step: int, said: Sequence[Sequence[float]]) -> None:
        rollouts = [rollout for group in groups[step] for rollout in group.rollouts if not rollout.dropped]
        for rollout, ours in zip(rollouts, said, strict=False):
            if rollout.in_loss:
                theirs = rollout.transcript.rollout_logprobs
                gaps.extend(abs(a - b) for a, b in zip(ours, theirs, strict=True))

    controller = Controller(
        section, 0, PROBLEMS, tokens, SAMPLING, Pushes(engine), ScriptedVerifiers(judged), groups.__setitem__
    )
    try:
        train_rlvr(
            section, LEARNERS, 0, base_path, folder / "rlvr-work", folder / "rlvr", Feed(controller), torch.float32,
            False, lambda step, line: None, compare,
        )  # fmt: skip
    finally:
        controller.close()
    ends = set(end_ids(tokenizer, load_model(base_path).generation_config))
    assert len(ends) == 2
    for rollout in (r for step in groups.values() for group in step for r in group.rollouts):
        *before, last = rollout.transcript.tokens
        assert not ends & set(before) and (rollout.stop_reason == "stop") == (last in ends)
    assert gaps and max(gaps) < 1e-5, max(gaps)
    return folder / "rlvr"


def greedy(path: Path, prompts: Sequence[Sequence[int]]) -> list[list[int]]:
    """What the engine would say at a temperature of nearly 0."""
    requests = [Request(i, tuple(prompt), i) for i, prompt in enumerate(prompts)]
    return [list(done.tokens) for done in generate(engine_of(path), requests, Sampling(1e-4, 24))]


def check_export(path: Path, folder: Path) -> None:
    export(path, folder / "export", {"README.md": "# A card\n"})
    tokenizer = AutoTokenizer.from_pretrained(folder / "export")
    model = AutoModelForCausalLM.from_pretrained(folder / "export", dtype="float32")
    ends = model.generation_config.eos_token_id
    assert ends == end_ids(load_tokenizer(path), load_model(path).generation_config)
    prompts = [[{"role": "user", "content": question}] for question in QUESTIONS]
    ids = [tokenizer.apply_chat_template(p, add_generation_prompt=True, return_dict=False) for p in prompts]
    for prompt, wanted in zip(ids, greedy(path, ids), strict=True):
        said = model.generate(torch.tensor([prompt]), do_sample=False, max_new_tokens=24, temperature=None)[0]
        assert said[len(prompt) :].tolist() == wanted
        assert wanted[-1] in ends, tokenizer.decode(wanted)


GRID = [(name, tokenizer) for name, family in FAMILIES.items() for tokenizer in family.tokenizers]
FIRST = {name: family.tokenizers[-1] for name, family in FAMILIES.items()}


@pytest.mark.parametrize(
    ("name", "tokenizer"),
    [
        pytest.param(*one, marks=pytest.mark.whole if FIRST[one[0]] == one[1] else pytest.mark.slow, id="-".join(one))
        for one in GRID
    ],
)
def test_a_family_goes_the_whole_way(
    name: str, tokenizer: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    family = FAMILIES[name]
    base(tmp_path, family, tokenizer)
    start = tmp_path / "base"
    if name != "gpt2":
        layers = "all" if name == "mistral" else "full"
        extend(start, tmp_path / "longer", ExtendSection(factor=2, layers=layers))
        start = tmp_path / "longer"
    trained = rlvr(sft(start, tmp_path), tmp_path)
    own = load_tokenizer(trained)
    score, groups = evaluate(
        PROBLEMS, 2, SAMPLING, prompt_tokens(own), engine_of(trained), ScriptedVerifiers(judged), 0
    )
    assert score.n == 3 and sum(r.stop_reason == "stop" for g in groups for r in g.rollouts) > 0
    check_export(trained, tmp_path)
