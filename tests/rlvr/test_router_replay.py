"""The learner sends tokens where the engine sent them, with weights of its own, and trains its router through them."""

import random
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from test_rows_in_one_line import LENGTHS, relative
from test_rows_in_one_line import batch_of as unrouted
from test_trl_seam import Grab, section
from transformers import (
    AutoModelForCausalLM,
    Glm4MoeConfig,
    GptOssConfig,
    GraniteMoeConfig,
    LlamaConfig,
    MixtralConfig,
    OlmoeConfig,
    PreTrainedModel,
    Qwen2MoeConfig,
    Qwen3MoeConfig,
)

from temper.policy.chat import dress
from temper.policy.checkpoint import load_model, load_tokenizer, save, weights_of
from temper.policy.mtp import attach_mtp
from temper.policy.section import LearnersSection, LoraSection
from temper.rlvr.doubles import ScriptedFeed
from temper.rlvr.engines.engine import generate
from temper.rlvr.engines.transformers_engine import TransformersEngine
from temper.rlvr.rollout import Batch, BatchRow, Request, Sampling
from temper.rlvr.routing.experts import Experts
from temper.rlvr.routing.replay import Replay
from temper.rlvr.routing.routers import of_all, of_chosen, routers_of
from temper.rlvr.transcript import outside
from temper.rlvr.trl_seam import SeamTrainer, make_trainer

REQUESTS = [Request(i, tuple(range(40, 40 + n)), seed=n) for i, n in enumerate((3, 20, 9, 27, 1, 20))]
"""Of different lengths, one of a single token, two that share their prompt."""
ASKED = Sampling(1.0, 24, experts=True)


def engine(base: Path, batch: int = 4, model: PreTrainedModel | None = None) -> TransformersEngine:
    return TransformersEngine(model or load_model(base), dress(load_tokenizer(base), "thinking"), batch, version=0)


SHAPE: dict[str, Any] = {
    "hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "max_position_embeddings": 64, "vocab_size": 384, "bos_token_id": None,
    "eos_token_id": 28, "pad_token_id": 0, "num_experts_per_tok": 2,
}  # fmt: skip
FAMILIES = {
    "mixtral": (MixtralConfig(**SHAPE, num_local_experts=6), of_chosen),
    "qwen2": (Qwen2MoeConfig(**SHAPE, num_experts=6, moe_intermediate_size=16), of_all),
    "qwen3": (Qwen3MoeConfig(**SHAPE, num_experts=6, moe_intermediate_size=16, norm_topk_prob=True), of_chosen),
    "olmoe": (OlmoeConfig(**SHAPE, num_experts=6), of_all),
    "granite": (GraniteMoeConfig(**SHAPE, num_local_experts=6), of_chosen),
    "gpt-oss": (GptOssConfig(**SHAPE, num_local_experts=6, head_dim=8), of_chosen),
}


def random_experts(seed: int, tokens: int, layers: int, k: int, experts: int) -> Experts:
    draw = random.Random(seed)
    chosen = [[draw.sample(range(experts), k) for _ in range(layers)] for _ in range(tokens)]
    return Experts(np.array(chosen, np.uint8).tobytes(), layers, k)


def whole(given: Sequence[torch.Tensor]) -> torch.Tensor:
    """Of what experts are given, the numbers of experts."""
    (found,) = (one for one in given if not one.is_floating_point())
    return found


@pytest.mark.parametrize("family", FAMILIES)
def test_routers_of_families_are_replayed_by_their_own_rule(family: str) -> None:
    config, rule = FAMILIES[family]
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(config).eval()
    routers, used, own = routers_of(model), [], []
    assert routers.weigh is rule
    for module in routers.modules:
        module.register_forward_hook(lambda _, given, output: own.append(output[routers.chosen]))
    for name, module in model.named_modules():
        if name.endswith(".experts"):
            module.register_forward_pre_hook(lambda _, given: used.append(whole(given)))
    replay, tokens = Replay(model), tuple(range(40, 60))

    def logits() -> torch.Tensor:
        used.clear()
        own.clear()
        found: torch.Tensor = model(input_ids=torch.tensor([tokens]), use_cache=False).logits[0]
        return found

    plain = logits()
    said = Experts(torch.stack(used, 1)[:-1].to(torch.uint8).numpy().tobytes(), 2, 2)
    with replay.by([BatchRow(tokens, (), (), 0.0, True, (), said)], torch.device("cpu")):
        assert torch.allclose(logits(), plain, atol=1e-6)
    assert replay.take().tolist() == [38, 0, 19, 20, 0, 0, 0]
    others = random_experts(0, 19, 2, 2, 6)
    with replay.by([BatchRow(tokens, (), (), 0.0, True, (), others)], torch.device("cpu")):
        assert not torch.allclose(logits()[:-1], plain[:-1], atol=1e-4)
        assert np.array_equal(torch.stack(used, 1)[:-1].numpy(), others.array)
        with replay.own():
            assert logits().equal(plain)
    apart = (np.sort(torch.stack(own, 1)[:-1].numpy(), -1) != np.sort(others.array, -1)).any(-1)
    assert replay.take()[1] > 0 and apart[:, 0].sum() > 0
    assert logits().equal(plain)


def test_what_cannot_be_replayed_is_refused_by_name(tiny_base: Path) -> None:
    dense = AutoModelForCausalLM.from_config(LlamaConfig(**SHAPE))
    with pytest.raises(ValueError, match=r"^rlvr.router_replay: LlamaForCausalLM has no experts .*; leave it out$"):
        Replay(dense)
    with pytest.raises(ValueError, match="LlamaForCausalLM has no experts"):
        engine(tiny_base, model=dense).submit(REQUESTS, ASKED)
    glm = Glm4MoeConfig(**SHAPE, n_routed_experts=4, moe_intermediate_size=16, first_k_dense_replace=0)
    with pytest.raises(ValueError, match=r"Glm4MoeTopkRouter of Glm4MoeForCausalLM .*by a softmax.*; leave it out$"):
        routers_of(AutoModelForCausalLM.from_config(glm))


def routed_batch(seed: int, lengths: list[int]) -> Batch:
    """Rows of random tokens that random experts of the tiny base's four were chosen for; one row has none."""
    batch: Batch = unrouted(seed, lengths)
    rows = [
        replace(row, experts=random_experts(i, len(row.prompt_tokens) + len(row.completion_tokens) - 1, 4, 2, 4))
        for i, row in enumerate(batch.rows)
    ]
    return replace(batch, rows=(*rows[:-1], batch.rows[-1]))


def learned(
    base: Path, work: Path, batch: Batch, learners: LearnersSection | None = None, budget: int = 24, **changes: Any
) -> tuple[dict[str, torch.Tensor], dict[str, float]]:
    """What the optimizer is given, and what the step told."""
    grab = Grab()
    trainer = make_trainer(
        section(max(2, len(batch.rows)), budget, max_completion_tokens=100, **{"router_replay": True, **changes}),
        learners or LearnersSection(threads=1), 0, base, work, ScriptedFeed(lambda step: batch),
    )  # fmt: skip
    trainer.add_callback(grab)
    trainer.train()
    return grab.gradient, trainer.state.log_history[0]


def by_hand(base: Path, batch: Batch) -> dict[str, torch.Tensor]:
    """-(1 / N) sum rho A logprob over rows by themselves, each router's choice and weights written out."""
    model: Any = load_model(base)
    loss = torch.tensor(0.0)
    for row in (row for row in batch.rows if row.in_loss):
        tokens = torch.tensor([[*row.prompt_tokens, *row.completion_tokens]])
        for place, layer in enumerate(model.model.layers):
            layer.mlp.gate.forward = partial(
                written_out, layer.mlp.gate, row.experts.array[:, place] if row.experts else None
            )
        logits = model(input_ids=tokens, use_cache=False).logits[0, len(row.prompt_tokens) - 1 : -1]
        logprobs = logits.log_softmax(-1).gather(-1, torch.tensor(list(row.completion_tokens))[:, None])[:, 0]
        rho = torch.exp(logprobs.detach() - torch.tensor(list(row.rollout_logprobs)))
        mask = torch.tensor(outside(row.unsampled, len(logprobs)))
        loss = loss - (rho * row.advantage * logprobs * mask).sum() / batch.loss_tokens
    torch.autograd.backward(loss)
    return {n: torch.zeros_like(p) if p.grad is None else p.grad for n, p in model.named_parameters()}


def written_out(gate: Any, chosen: np.ndarray | None, hidden: torch.Tensor) -> tuple[torch.Tensor, ...]:
    scores = hidden.reshape(-1, hidden.shape[-1]) @ gate.weight.T
    taken = scores.detach().topk(2, -1).indices
    if chosen is not None:
        taken[: len(chosen)] = torch.tensor(chosen.astype(np.int64))
    weights = torch.stack([torch.softmax(one[of], -1) for one, of in zip(scores, taken, strict=True)])
    return scores, weights, taken


ALL = {"objective": {"kind": "mellum", "icepop": (0.0, 1e9)}}


@pytest.mark.parametrize(("budget", "checkpointing"), [(24, True), (1000, False)])
def test_the_gradient_goes_through_the_engines_experts_by_the_learners_weights(
    tiny_base: Path, tmp_path: Path, budget: int, checkpointing: bool
) -> None:
    batch = routed_batch(0, LENGTHS)
    learners = LearnersSection(threads=1, gradient_checkpointing=checkpointing)
    found, said = learned(tiny_base, tmp_path, batch, learners, budget, **ALL)
    wanted = by_hand(tiny_base, batch)
    assert relative(found, wanted) < 1e-5
    assert float(wanted["model.layers.2.mlp.gate.weight"].abs().max()) > 0
    plain, _ = learned(tiny_base, tmp_path / "plain", batch, learners, budget, **ALL, router_replay=False)
    assert relative(plain, wanted) > 1e-2
    tokens = [len(r.prompt_tokens) + len(r.completion_tokens) for r in batch.rows if r.in_loss]
    replayed = sum(tokens[:-1]) - len(tokens[:-1])
    assert said["router_replay/tokens"] == pytest.approx(replayed / sum(tokens))
    # Two of four experts, drawn blindly, are the two wanted in one case of six.
    assert said["router_replay/differ"] == pytest.approx(5 / 6, abs=0.06)


def test_a_head_that_is_trained_along_goes_by_its_own_router(tiny_base: Path, tmp_path: Path) -> None:
    base, model = tmp_path / "base", load_model(tiny_base)
    attach_mtp(model, tiny_base)
    save(model, load_tokenizer(tiny_base), base)
    batch = routed_batch(0, LENGTHS)
    wanted, _ = learned(base, tmp_path / "without", batch)
    found, _ = learned(base, tmp_path / "with", batch, mtp={"weight": 0.1})
    assert all(found[name].equal(wanted[name]) for name in wanted)
    assert any(float(found[name].abs().max()) for name in found.keys() - wanted.keys())


def test_off_it_hooks_nothing_and_trains_the_same_bits(tiny_base: Path, tmp_path: Path) -> None:
    with_experts, without = routed_batch(0, LENGTHS), unrouted(0, LENGTHS)
    found, said = learned(tiny_base, tmp_path / "a", with_experts, router_replay=False)
    wanted, _ = learned(tiny_base, tmp_path / "b", without, router_replay=False)
    assert all(found[name].equal(wanted[name]) for name in wanted)
    assert not any(name.startswith("router_replay") for name in said)
    trainer = make_trainer(
        section(4), LearnersSection(threads=1), 0, tiny_base, tmp_path / "c", ScriptedFeed(lambda step: without)
    )
    assert not any(layer.mlp.gate._forward_hooks for layer in trainer.model.model.layers)


def test_the_reference_keeps_its_own_routing(tiny_base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Adapters start at nothing, so the reference is the policy that is not replayed."""
    batch, kept = routed_batch(1, [5, 6, 4, 7]), []
    plain = SeamTrainer._reference

    def heard(self: SeamTrainer, *given: Any) -> dict[str, torch.Tensor]:
        found = plain(self, *given)
        kept.append(found["ref_per_token_logps"])
        return found

    monkeypatch.setattr(SeamTrainer, "_reference", heard)
    lora: dict[str, Any] = {
        "lora": LoraSection(rank=4, alpha=8.0),
        "objective": {"kind": "grpo", "kl": 0.3},
        "budget": 1000,
    }
    _, said = learned(tiny_base, tmp_path / "on", batch, **lora)
    _, quiet = learned(tiny_base, tmp_path / "off", batch, **lora, router_replay=False)
    assert kept[0].equal(kept[1])
    assert quiet["kl"] == pytest.approx(0.0, abs=1e-9) and said["kl"] > 1e-6


def sampled(base: Path, model: PreTrainedModel | None = None) -> Batch:
    """What an engine over these weights, or other ones, samples."""
    draw = random.Random(0)
    asked = [Request(i, tuple(draw.randrange(40, 300) for _ in range(draw.randint(3, 20))), i) for i in range(12)]
    rows = tuple(
        BatchRow(one.prompt_tokens, done.tokens, done.rollout_logprobs, draw.uniform(-1, 1), True, (), done.experts)
        for one, done in zip(asked, generate(engine(base, 12, model), asked, ASKED), strict=True)
    )
    return Batch(0, rows, sum(row.loss_tokens for row in rows))


def misrouted(base: Path, work: Path, batch: Batch, replays: bool) -> tuple[int, dict[str, float]]:
    """How many (token, layer) the learner's experts computed elsewhere than the engine's did, and the step's line."""
    trainer = make_trainer(
        section(len(batch.rows), 1000, max_completion_tokens=24, router_replay=replays), LearnersSection(threads=1), 0,
        base, work, ScriptedFeed(lambda step: batch),
    )  # fmt: skip
    used: list[torch.Tensor] = []
    for layer in trainer.model.model.layers:
        layer.mlp.experts.register_forward_pre_hook(
            lambda module, given: used.append(given[1]) if torch.is_grad_enabled() else None
        )
    trainer.train()
    line, first, apart = torch.stack(used, 1).numpy(), 0, 0
    for row in batch.rows:
        here = line[first : first + len(row.experts)]
        apart += int((np.sort(here, -1) != np.sort(row.experts.array, -1)).any(-1).sum())
        first += len(row.prompt_tokens) + len(row.completion_tokens)
    assert first == len(line)
    return apart, trainer.state.log_history[0]


def test_engine_and_learner_agree_on_every_token_of_a_tiny_run(tiny_base: Path, tmp_path: Path) -> None:
    apart, said = misrouted(tiny_base, tmp_path, sampled(tiny_base), True)
    assert apart == 0 and said["router_replay/differ"] == 0.0
    assert said["router_replay/gap"] == pytest.approx(said["router_replay/gap_without"], abs=1e-6)


def test_where_the_engine_routes_otherwise_the_gap_falls(tiny_base: Path, tmp_path: Path) -> None:
    """An engine whose router is off by 2% of its weights' spread, as by another kernel or type."""
    noisy = load_model(tiny_base)
    generator = torch.Generator().manual_seed(0)
    for name, weights in weights_of(noisy).items():
        if name.endswith("gate.weight"):
            weights += 0.02 * weights.std() * torch.randn(weights.shape, generator=generator)
    batch = sampled(tiny_base, noisy)
    apart, plain = misrouted(tiny_base, tmp_path / "off", batch, False)
    none, said = misrouted(tiny_base, tmp_path / "on", batch, True)
    assert apart > 0 and none == 0 and said["router_replay/differ"] > 0
    assert said["router_replay/gap_without"] == pytest.approx(plain["logprob_gap/mean"], rel=1e-4)
    assert said["router_replay/gap"] == pytest.approx(said["logprob_gap/mean"], rel=1e-4)
    assert plain["logprob_gap/mean"] > 3 * said["logprob_gap/mean"]
