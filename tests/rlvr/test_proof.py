import logging
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from temper.policy.chat import dress
from temper.policy.checkpoint import load_model, load_tokenizer, tensor_hashes, weights_of
from temper.policy.section import ScheduleSection
from temper.policy.sources import GeneratedRows
from temper.rlvr.controller import Controller
from temper.rlvr.doubles import ScriptedVerifiers
from temper.rlvr.engines.engine import EngineError
from temper.rlvr.engines.gathered import Gathered
from temper.rlvr.engines.transformers_engine import TransformersEngine
from temper.rlvr.proof import (
    COMPLETION,
    EXACT,
    PROMPT,
    REACHES,
    TOKENS,
    Bounds,
    FunctionProof,
    Probed,
    _enough,
    differences,
    longer,
    probe_rows,
    probed,
    tokens_by_expert,
)
from temper.rlvr.pushes import Pushes
from temper.rlvr.rollout import Sampling
from temper.rlvr.section import RlvrSection
from temper.verifiers.judging import Judgement
from temper.verifiers.problem import Problem
from temper.verifiers.verdict import scored


def test_the_probe_is_long_enough_and_gives_every_expert_its_tokens(tiny_base: Path) -> None:
    model = load_model(tiny_base)
    rows = probe_rows(model, seed=0)
    assert sum(len(completion) for _, completion in rows) >= TOKENS
    assert {(len(prompt), len(completion)) for prompt, completion in rows} == {(PROMPT, COMPLETION)}
    assert int((tokens_by_expert(model, rows) > 0).sum(0).min()) >= REACHES
    assert probe_rows(model, seed=0) == rows != probe_rows(model, seed=1)


class OneLayer:
    """Routes the token t to the experts t and t + 1 of 4, and never to the last where `blind`."""

    device = torch.device("cpu")
    config = SimpleNamespace(vocab_size=3, num_experts_per_tok=2, output_router_logits=False)

    def __init__(self, blind: bool) -> None:
        self.blind = blind

    def base_model(self, input_ids: torch.Tensor, **_: object) -> SimpleNamespace:
        tokens = input_ids.reshape(-1)
        logits = torch.zeros(len(tokens), 4)
        logits.scatter_(1, tokens[:, None], 2.0)
        logits.scatter_(1, (tokens[:, None] + 1) % (3 if self.blind else 4), 1.0)
        return SimpleNamespace(router_logits=(logits,))


def test_an_expert_that_too_few_tokens_reach_is_noticed(caplog: pytest.LogCaptureFixture) -> None:
    reached = tokens_by_expert(OneLayer(blind=False), probe_rows(OneLayer(blind=False), 0)) > 0
    assert int(reached.sum(0).min()) >= REACHES
    same = [((0,) * PROMPT, (0,) * COMPLETION)]
    assert tokens_by_expert(OneLayer(blind=False), same).tolist() == [[COMPLETION, COMPLETION, 0, 0]]
    with caplog.at_level(logging.WARNING):
        rows = probe_rows(OneLayer(blind=True), seed=0)
    assert "probe: 1 of 4 experts are idle" in caplog.text
    assert len(rows) * COMPLETION >= TOKENS


def test_of_many_rows_those_are_kept_that_an_expert_needs() -> None:
    reached = torch.tensor([[1, 0], [1, 0], [1, 0], [0, 1], [1, 1], [1, 0], [0, 1], [0, 1], [0, 1]]).bool()
    assert _enough(reached, least=1) == [0, 1, 2, 3, 4, 6, 7], "four rows of each"
    assert _enough(reached, least=8) == [0, 1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize(
    ("settings", "longest", "lengths"),
    [
        ({}, 0, []),
        ({}, 64, []),
        ({}, 160, [160]),
        ({"sliding_window": 64}, 160, [120, 160]),
        ({"sliding_window": 64}, 90, [90, 120]),
        ({"sliding_window": 4096, "max_position_embeddings": 2048}, 160, [160]),
        ({"sliding_window": None, "rope_parameters": {"original_max_position_embeddings": 96}}, 160, [152, 160]),
        (
            {
                "rope_parameters": {
                    "full_attention": {"original_max_position_embeddings": 8192},
                    "sliding_attention": None,
                }
            },
            20_000,
            [8248, 20_000],
        ),
        ({"rope_parameters": {"original_max_position_embeddings": 32_768}}, 160, [160]),  # more than there is room for
        ({"max_position_embeddings": 128}, 160, [128]),
    ],
)
def test_long_rows_go_past_the_window_and_the_old_context_as_far_as_there_is_room(
    settings: dict[str, object], longest: int, lengths: list[int]
) -> None:
    assert longer(SimpleNamespace(**settings), longest) == lengths


def section() -> RlvrSection:
    return RlvrSection(
        data=(GeneratedRows(rows=1),), steps=20, problems_per_step=1, group_size=2,
        max_prompt_tokens=8, max_completion_tokens=8, schedule=ScheduleSection(learning_rate=1e-6),
    )  # fmt: skip


def controller_over(base: Path, proof: FunctionProof | None = None, dtype: torch.dtype = torch.float32) -> Controller:
    engine = TransformersEngine(load_model(base).to(dtype), dress(load_tokenizer(base), "instruct"), batch=4)
    judge = ScriptedVerifiers(lambda p, t: Judgement(scored(0.0)))
    return Controller(
        section(),
        0,
        [Problem(id="p", prompt="?", verifier="math")],
        lambda p: (1, 2),
        Sampling(1.0, 8),
        Pushes(engine, proof),
        judge,
        lambda step, groups: None,
    )


def pushes(base: Path, version: int, controller: Controller, spoil: str = "") -> None:
    """Pushes weights that a step at learning rate 1e-6 moved, in the engine's type; spoils what it makes of them."""
    model = load_model(base)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 1e-6 * version * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(version))
    held = weights_of(controller.pushes.engine.model)  # type: ignore[attr-defined]
    weights = dict(Gathered(model, held["lm_head.weight"].dtype).items())
    probe = probed(model, probe_rows(load_model(base), 0))
    hashes = tensor_hashes(weights)
    take_push = controller.pushes.engine.push

    def spoiled(given: dict[str, torch.Tensor], version: int) -> dict[str, str]:
        told = dict(take_push(given, version)) if spoil != "stale" else tensor_hashes(held)
        if spoil == "layer":
            a, b = (held[f"model.layers.{i}.self_attn.q_proj.weight"] for i in (0, 1))
            swapped = a.clone()
            a.copy_(b)
            b.copy_(swapped)
        if spoil == "embedding":  # computes with one that hashes do not see, as a trainer's stale copy would be
            held["model.embed_tokens.weight"] += 0.05 * torch.randn(
                held["model.embed_tokens.weight"].shape, generator=torch.Generator().manual_seed(9)
            )
        if spoil == "expert":
            held["model.layers.2.mlp.experts.down_proj"][3] *= 0.5
        return told

    controller.pushes.engine.push = spoiled  # type: ignore[method-assign, assignment]
    try:
        controller.push(weights, version, hashes, probe)
    finally:
        controller.pushes.engine.push = take_push  # type: ignore[method-assign]


@pytest.mark.whole
def test_twenty_pushes_are_proven(tiny_base: Path) -> None:
    controller = controller_over(tiny_base)
    for version in range(20):
        pushes(tiny_base, version, controller)
        assert controller.pushes.proven[0] < 1e-5 and controller.pushes.proven[1] < 1e-4
    controller.close()


@pytest.mark.parametrize(
    ("spoil", "said", "dtype"),
    [
        ("stale", "tensors differ", torch.float32),
        ("layer", "differ on the probe by", torch.float32),
        ("expert", "differ on the probe by", torch.float32),
        ("stale", "tensors differ", torch.bfloat16),
        ("layer", "differ on the probe by", torch.bfloat16),
    ],
)
def test_a_stale_push_a_swapped_layer_and_one_corrupt_expert_are_caught_at_once(
    tiny_base: Path, spoil: str, said: str, dtype: torch.dtype
) -> None:
    """In bfloat16 an expert of this untrained model weighs less than the rounding."""
    controller = controller_over(tiny_base, FunctionProof(exact=dtype == torch.float32), dtype)
    pushes(tiny_base, 0, controller)
    with pytest.raises(EngineError, match=f"push of version 1: .*{said}"):
        pushes(tiny_base, 1, controller, spoil)
    controller.close()


def trainer(rows: int = 10, tokens: int = 64) -> Probed:
    """Gives every token -1."""
    return Probed((((1,) * PROMPT, (2,) * (tokens - PROMPT)),) * rows, ((-1.0,) * (tokens - PROMPT),) * rows)


def off(*gaps: float, rows: int = 10, tokens: int = 64) -> list[list[float]]:
    """What an engine says that is off by a gap in the first rows, the last gap in all others."""
    each = [*gaps[:-1], *[gaps[-1]] * (rows - len(gaps) + 1)]
    return [[-1.0 - gap] * (tokens - PROMPT) for gap in each]


def test_in_float32_the_bounds_are_the_documented_ones_whatever_the_first_push_shows() -> None:
    proof = FunctionProof()
    assert EXACT == (1e-4, 1e-2)
    assert proof.prove(trainer(), [off(5e-5)], 0) == pytest.approx((5e-5, 5e-5))
    with pytest.raises(EngineError, match=r"version 0: .* 0.0002 nats on average and 0.0002 at most, more than 0.0001"):
        proof.prove(trainer(), [off(2e-4)], 0)
    assert proof.bounds == {}


def test_elsewhere_they_are_three_times_what_the_first_push_shows_and_never_wider() -> None:
    kept: list[Bounds] = []
    proof = FunctionProof(False, keep=kept.append)
    assert proof.prove(trainer(), [off(0.02), off(0.01)], 0) == pytest.approx((0.02, 0.02))
    assert kept == [{64: pytest.approx((0.06, 0.06))}]
    assert proof.prove(trainer(), [off(0.05)], 1) == pytest.approx((0.05, 0.05))
    with pytest.raises(EngineError, match=r"version 2: .* 0.07 nats on average and 0.07 at most, more than 0.06 and"):
        proof.prove(trainer(), [off(0.01), off(0.07)], 2)
    with pytest.raises(EngineError, match=r"version 0: .*more than 0.06"):  # a trainer that came back begins again
        proof.prove(trainer(), [off(0.07)], 0)
    again = FunctionProof(False, kept[0], kept.append)
    with pytest.raises(EngineError, match=r"version 0: .*more than 0.06"):
        again.prove(trainer(), [off(0.07)], 0)
    assert len(kept) == 1


def test_bounds_are_found_at_the_first_push_of_a_run_alone() -> None:
    with pytest.raises(EngineError, match="version 3: the bounds that version 0 of this run showed are gone"):
        FunctionProof(False).prove(trainer(), [off(0.01)], 3)
    with pytest.raises(EngineError, match=r"on the base's weights engine and trainer differ by 2 nats .* not the same"):
        FunctionProof(False).prove(trainer(), [off(2.0)], 0)
    fine = FunctionProof(False)
    fine.prove(trainer(), [off(0.0)], 0)
    assert fine.bounds == {64: EXACT}


def test_rows_of_each_length_have_bounds_of_their_own() -> None:
    long = trainer(4, 200)
    both = Probed((*trainer().rows, *long.rows), (*trainer().logprobs, *long.logprobs))
    proof = FunctionProof(False)
    proof.prove(both, [[*off(0.02), *off(0.01, rows=4, tokens=200)]], 0)
    assert proof.bounds == {64: pytest.approx((0.06, 0.06)), 200: pytest.approx((0.03, 0.03))}
    with pytest.raises(EngineError, match=r"0.04 at most, more than 0.03 and 0.03, in its rows of 200 tokens"):
        proof.prove(both, [[*off(0.02), *off(0.04, rows=4, tokens=200)]], 1)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_trainer_that_comes_back_without_a_checkpoint_finds_the_bounds_it_left(
    tiny_base: Path, dtype: torch.dtype
) -> None:
    """The engine holds a later version by then; a stale embedding is caught at version 1, before and after."""
    controller = controller_over(tiny_base, FunctionProof(exact=dtype == torch.float32), dtype)
    pushes(tiny_base, 0, controller)
    bounds = controller.pushes.proof.bounds
    for version in (1, 2):
        pushes(tiny_base, version, controller)
    controller.restore(None)
    for version in (0, 1):
        pushes(tiny_base, version, controller)
    assert controller.pushes.proof.bounds == bounds
    for _ in range(3):
        controller.restore(None)
        pushes(tiny_base, 0, controller)
        with pytest.raises(EngineError, match="push of version 1: engine and trainer differ on the probe"):
            pushes(tiny_base, 1, controller, "embedding")
        assert controller.pushes.proof.bounds == bounds
    controller.close()


def test_three_rows_may_go_to_another_expert_and_no_more() -> None:
    proof = FunctionProof()
    assert proof.prove(trainer(), [off(1.2, 2.0, 9.0, 0.0)], 1) == pytest.approx((0.0, 0.0))
    with pytest.raises(EngineError, match="0.02 at most"):
        proof.prove(trainer(), [off(0.02, 1.2, 2.0, 9.0, 0.0)], 1)


def test_what_is_no_number_is_infinitely_far() -> None:
    assert differences([[0.0, float("nan")]], [[0.0, 0.0]]) == (float("inf"), float("inf"))
    with pytest.raises(EngineError):
        FunctionProof(False, {64: (1.0, 1.0)}).prove(
            replace(trainer(), logprobs=((float("nan"),) * 56,) * 10), [off(0.0)], 0
        )
