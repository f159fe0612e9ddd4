from pathlib import Path

import pytest
import torch

from temper.policy.chat import dress
from temper.policy.checkpoint import load_model, load_tokenizer, tensor_hashes, weights_of
from temper.rlvr.rollout import Request, Sampling
from temper.rlvr.transformers_engine import TransformersEngine, draw

REQUESTS = [Request(tuple(range(40, 40 + n)), seed=n) for n in (3, 20, 9, 27)]


def engine(base: Path, batch: int = 4) -> TransformersEngine:
    return TransformersEngine(load_model(base), dress(load_tokenizer(base), "instruct"), batch, version=7)


@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_rollout_logprobs_are_those_of_the_model_at_the_sampling_temperature(
    tiny_base: Path, temperature: float
) -> None:
    """Prompts and completions longer than the window (16), so that the cache's sliding layers count."""
    sampler = engine(tiny_base)
    for request, done in zip(REQUESTS, sampler.generate(REQUESTS, Sampling(temperature, 40)), strict=True):
        ids = torch.tensor([[*request.prompt_tokens, *done.tokens]])
        logits = sampler.model(input_ids=ids, use_cache=False).logits[0, len(request.prompt_tokens) - 1 : -1]
        wanted = torch.log_softmax(logits / temperature, -1).gather(-1, torch.tensor(done.tokens)[:, None])[:, 0]
        assert torch.allclose(torch.tensor(done.rollout_logprobs), wanted, atol=1e-4)
        assert done.policy_version == 7
        assert done.stop_reason == "length" and len(done.tokens) == 40 or done.tokens[-1] in sampler.stop_ids


def test_a_request_does_not_depend_on_what_it_is_batched_with(tiny_base: Path) -> None:
    together = engine(tiny_base).generate(REQUESTS, Sampling(1.0, 24))
    alone = [engine(tiny_base, batch=1).generate([request], Sampling(1.0, 24))[0] for request in REQUESTS]
    assert [done.tokens for done in together] == [done.tokens for done in alone]


def test_another_seed_gives_another_completion(tiny_base: Path) -> None:
    prompt = REQUESTS[0].prompt_tokens
    first, second = engine(tiny_base).generate([Request(prompt, 1), Request(prompt, 2)], Sampling(1.0, 16))
    assert first.tokens != second.tokens


def test_a_draw_inverts_the_cumulative_distribution() -> None:
    logits = torch.log(torch.tensor([[0.5, 0.25, 0.25]] * 4))
    tokens, logprobs = draw(logits, torch.tensor([0.0, 0.49, 0.6, 0.999], dtype=torch.float64), 1.0)
    assert tokens.tolist() == [0, 0, 1, 2]
    assert logprobs.exp().tolist() == pytest.approx([0.5, 0.5, 0.25, 0.25])


def test_a_push_changes_what_is_held_and_says_so(tiny_base: Path) -> None:
    sampler = engine(tiny_base)
    weights = {name: tensor.clone() for name, tensor in weights_of(load_model(tiny_base)).items()}
    weights["lm_head.weight"] += 1e-6
    assert sampler.push(weights, version=8) == tensor_hashes(weights)
    assert sampler.version == 8
