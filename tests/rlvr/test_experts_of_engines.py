"""What the engine `transformers` tells of where it sent its tokens, against one forward over the whole row."""

import pickle
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from test_router_replay import ASKED, REQUESTS, engine
from transformers import PreTrainedModel
from turned import dialogues

from temper.policy.chat import dress
from temper.policy.checkpoint import load_model, load_tokenizer, weights_of
from temper.policy.mtp import Mtp
from temper.rlvr.engines.drafting import DraftingEngine
from temper.rlvr.engines.engine import generate
from temper.rlvr.engines.transformers_engine import TransformersEngine
from temper.rlvr.rollout import Completion, Request, Sampling
from temper.rlvr.routing.experts import Experts, Growing


@torch.no_grad()
def routed(model: PreTrainedModel, tokens: Sequence[int]) -> np.ndarray:
    """(tokens - 1, layers, k): where one forward of the whole row sends them, told by what the experts are given."""
    seen: list[torch.Tensor] = []
    base: Any = model
    hooks = [
        layer.mlp.experts.register_forward_pre_hook(lambda _, given: seen.append(given[1]))
        for layer in base.model.layers
    ]
    model(input_ids=torch.tensor([list(tokens[:-1])]), use_cache=False)
    for hook in hooks:
        hook.remove()
    return torch.stack(seen, 1).numpy()


def alike(said: np.ndarray, wanted: np.ndarray) -> bool:
    """As sets: their order is that of nearly equal probabilities."""
    return np.array_equal(np.sort(said, -1), np.sort(wanted, -1))


def test_experts_take_a_byte_each_and_grow_by_what_is_new() -> None:
    given = np.arange(24, dtype=np.uint8).reshape(6, 2, 2)
    growing = Growing(first=1)
    growing.take(0, given[:3])
    growing.take(0, 99 - given[:4])  # computed anew after a push: of these the fourth alone is new
    growing.take(4, given[4:5])
    done = growing.done()
    assert done.array.tolist() == [*given[1:3].tolist(), (99 - given[3]).tolist(), given[4].tolist()]
    assert len(done) == 4 and len(done.numbers) == 16 == 4 * done.token_bytes
    assert (Experts() + done) == done == (done + Experts()) == pickle.loads(pickle.dumps(done))  # noqa: S301
    assert len(done + done) == 8 and len(Experts()) == 0
    with pytest.raises(AssertionError, match="no experts for the places 5 to 6"):
        growing.take(7, given)


@pytest.mark.parametrize("batch", [1, 4])
def test_an_engine_tells_where_each_token_but_the_last_was_sent(tiny_base: Path, batch: int) -> None:
    model = load_model(tiny_base)
    for request, done in zip(REQUESTS, generate(engine(tiny_base, batch), REQUESTS, ASKED), strict=True):
        row = (*request.prompt_tokens, *done.tokens)
        assert len(done.experts) == len(row) - 1 and done.experts.dtype == "uint8"
        assert alike(done.experts.array, routed(model, row))


def test_an_engine_that_guesses_tells_the_same(tiny_base: Path) -> None:
    model = load_model(tiny_base)
    drafting = DraftingEngine(model, load_tokenizer(tiny_base), 4, Mtp(model), 3)
    plain = generate(engine(tiny_base), REQUESTS, ASKED)
    said = generate(drafting, REQUESTS, ASKED)
    assert sum(done.accepted for done in said) and sum(done.drafted - done.accepted for done in said)
    for one, other in zip(said, plain, strict=True):
        assert one.tokens == other.tokens and alike(one.experts.array, other.experts.array)


def test_nothing_is_told_unless_asked(tiny_base: Path) -> None:
    of_both = engine(tiny_base)
    asked = generate(of_both, REQUESTS, ASKED)
    quiet = generate(of_both, REQUESTS, Sampling(1.0, 24))
    assert [done.experts for done in quiet] == [Experts()] * len(REQUESTS)
    assert [done.rollout_logprobs for done in quiet] == [done.rollout_logprobs for done in asked]


def test_a_push_leaves_tokens_the_experts_that_they_were_sampled_with(tiny_base: Path) -> None:
    before, after = load_model(tiny_base), load_model(tiny_base)
    generator = torch.Generator().manual_seed(1)
    for weights in weights_of(after).values():
        weights += 0.05 * torch.randn(weights.shape, generator=generator)
    sampler, request = engine(tiny_base), Request(0, tuple(range(40, 60)), 5)
    sampler.submit([request], Sampling(1.0, 24, experts=True))
    while len(sampler.in_flight[0].tokens) < 9:
        assert not sampler.collect(0.0)
    sampler.push(weights_of(after), 1)
    done: Completion | None = None
    while done is None:
        done = dict(sampler.collect()).get(0)
    old = sum(version == 0 for version in done.policy_versions)
    assert 9 <= old < len(done.tokens) - 3
    row = (*request.prompt_tokens, *done.tokens)
    # The last old token was sampled from what the token before it gave; it is itself sent through new weights.
    first, said = len(request.prompt_tokens) + old - 1, done.experts.array
    assert alike(said[:first], routed(before, row)[:first]) and alike(said[first:], routed(after, row)[first:])
    assert not alike(said[:first], routed(after, row)[:first])


def test_of_a_dialogue_every_token_is_told_once(tiny_base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its results as well, which the next turn reads."""
    monkeypatch.setattr("turned.Sampling", lambda *given, **named: replace(Sampling(*given, **named), experts=True))
    model, tokenizer = load_model(tiny_base), load_tokenizer(tiny_base)
    sampler = TransformersEngine(load_model(tiny_base), dress(load_tokenizer(tiny_base), "instruct"), 8, version=0)
    rollouts = dialogues(sampler, tokenizer, 6)
    assert max(len(rollout.turns) for rollout in rollouts) > 2
    for rollout in rollouts:
        row = (*rollout.prompt_tokens, *rollout.transcript.tokens)
        assert len(rollout.experts) == len(row) - 1
        assert alike(rollout.experts.array, routed(model, row))
