from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from transformers import (
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    PreTrainedModel,
    Qwen3Config,
    Qwen3ForCausalLM,
    Qwen3NextConfig,
    Qwen3NextForCausalLM,
)

from temper.policy.chat import dress
from temper.policy.checkpoint import load_model, load_tokenizer, tensor_hashes, weights_of
from temper.policy.rope import extend
from temper.policy.section import ExtendSection
from temper.rlvr.engines.engine import generate
from temper.rlvr.engines.sampled import uniforms
from temper.rlvr.engines.transformers_engine import TransformersEngine, draw
from temper.rlvr.rollout import Completion, Request, Sampling

THINK, END_THINK, END_OF_TURN = 23, 24, 28
REQUESTS = [Request(i, tuple(range(40, 40 + n)), seed=n) for i, n in enumerate((3, 20, 9, 27, 1, 40))]
"""Prompts shorter and longer than the window of 16, one of a single token."""


@pytest.fixture(scope="module")
def extended_base(tiny_base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny base after `extend`: YaRN on full layers, plain RoPE on sliding ones."""
    out = tmp_path_factory.mktemp("extended") / "checkpoint"
    extend(tiny_base, out, ExtendSection(factor=4))
    return out


def engine(base: Path, batch: int = 4, model: PreTrainedModel | None = None) -> TransformersEngine:
    tokenizer = dress(load_tokenizer(base), "thinking")
    return TransformersEngine(model or load_model(base), tokenizer, batch, version=7)


@torch.no_grad()
def fresh(model: PreTrainedModel, prompt: Sequence[int], tokens: Sequence[int], temperature: float) -> torch.Tensor:
    """Logprobs of `tokens` after the prompt, by one forward of a model that no engine touched."""
    logits = model(input_ids=torch.tensor([[*prompt, *tokens]]), use_cache=False).logits[0, len(prompt) - 1 : -1]
    return torch.log_softmax(logits / temperature, -1).gather(-1, torch.tensor(tokens)[:, None])[:, 0]


def off_by(model: PreTrainedModel, request: Request, done: Completion, temperature: float = 1.0) -> float:
    wanted = fresh(model, request.prompt_tokens, done.tokens, temperature)
    return float((torch.tensor(done.rollout_logprobs) - wanted).abs().max())


def other_weights(base: Path) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    return {
        name: tensor + 0.02 * torch.randn(tensor.shape, generator=generator)
        for name, tensor in weights_of(load_model(base)).items()
    }


@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_rollout_logprobs_are_those_of_the_model_at_the_sampling_temperature(
    extended_base: Path, temperature: float
) -> None:
    """Completions longer than the window and than a block of the cache."""
    model = load_model(extended_base)
    completions = generate(engine(extended_base), REQUESTS, Sampling(temperature, 90))
    for request, done in zip(REQUESTS, completions, strict=True):
        assert off_by(model, request, done, temperature) < 1e-5
        assert done.policy_versions == (7,) * len(done.tokens) and done.unsampled == ()
        assert done.stop_reason == "length" and len(done.tokens) == 90 or done.tokens[-1] == END_OF_TURN
    assert max(len(done.tokens) for done in completions) > 64


SIZES = {
    "vocab_size": 384, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 3, "num_attention_heads": 4,
    "num_key_value_heads": 2, "head_dim": 8, "max_position_embeddings": 128, "pad_token_id": 0,
}  # fmt: skip


@pytest.mark.parametrize(
    "make",
    [
        lambda: Qwen3ForCausalLM(Qwen3Config(**SIZES)),
        lambda: Qwen3ForCausalLM(Qwen3Config(**SIZES, use_sliding_window=True, sliding_window=12, max_window_layers=1)),
        lambda: LlamaForCausalLM(LlamaConfig(**SIZES)),
        lambda: MistralForCausalLM(MistralConfig(**SIZES, sliding_window=12)),
        lambda: Gemma3ForCausalLM(Gemma3TextConfig(**SIZES, sliding_window=12, sliding_window_pattern=3)),
    ],
    ids=["qwen3", "qwen3 with windows", "llama", "mistral with windows", "gemma3"],
)
def test_other_architectures_are_decoded_as_well(tiny_base: Path, make: Callable[[], PreTrainedModel]) -> None:
    torch.manual_seed(0)
    sampler = engine(tiny_base, model=make())
    torch.manual_seed(0)
    model = make().eval()
    for request, done in zip(REQUESTS, generate(sampler, REQUESTS, Sampling(1.0, 30)), strict=True):
        assert off_by(model, request, done) < 1e-5


def test_layers_that_are_no_attention_are_refused(tiny_base: Path) -> None:
    kinds = ["linear_attention", "linear_attention", "full_attention"]
    model = Qwen3NextForCausalLM(Qwen3NextConfig(**SIZES, layer_types=kinds, num_experts=2, num_experts_per_tok=1))
    with pytest.raises(ValueError, match="cannot decode 'qwen3_next', got layers .*linear_attention.*`vllm`"):
        engine(tiny_base, model=model)


def test_a_request_does_not_depend_on_what_it_is_batched_with(tiny_base: Path) -> None:
    together = generate(engine(tiny_base, batch=8), REQUESTS, Sampling(1.0, 24))
    queued = generate(engine(tiny_base, batch=2), REQUESTS, Sampling(1.0, 24))
    alone = [generate(engine(tiny_base, batch=1), [request], Sampling(1.0, 24))[0] for request in REQUESTS]
    for completions in (queued, alone):
        assert [done.tokens for done in completions] == [done.tokens for done in together]
        for done, same in zip(completions, together, strict=True):
            assert done.rollout_logprobs == pytest.approx(same.rollout_logprobs, abs=1e-5)


def test_requests_start_in_the_order_of_their_submission(tiny_base: Path) -> None:
    sampler = engine(tiny_base, batch=2)
    sampler.submit(REQUESTS[3:], Sampling(1.0, 2))
    sampler.submit(REQUESTS[:3], Sampling(1.0, 2))
    ended: list[int] = []
    while len(ended) < len(REQUESTS):
        ended += [id for id, _ in sampler.collect()]
    assert ended == [3, 4, 5, 0, 1, 2]


@pytest.mark.parametrize("wait_s", [0.0, 0.01])
def test_when_a_collect_returns_does_not_change_what_is_sampled(tiny_base: Path, wait_s: float) -> None:
    wanted = generate(engine(tiny_base, batch=3), REQUESTS, Sampling(1.0, 24))
    sampler = engine(tiny_base, batch=3)
    sampler.submit(REQUESTS, Sampling(1.0, 24))
    ended: dict[int, Completion] = {}
    calls = 0
    while len(ended) < len(REQUESTS):
        ended.update(sampler.collect(wait_s))
        calls += 1
    assert [ended[request.id] for request in REQUESTS] == wanted
    assert wait_s > 0 or calls >= 24
    assert sampler.collect(wait_s) == []


def test_temperatures_of_one_batch_stay_apart(tiny_base: Path) -> None:
    sampler, model = engine(tiny_base), load_model(tiny_base)
    sampler.submit(REQUESTS[:2], Sampling(1.0, 12))
    sampler.submit(REQUESTS[2:4], Sampling(0.5, 8))
    ended: dict[int, Completion] = {}
    while len(ended) < 4:
        ended.update(sampler.collect())
    for i, temperature in enumerate((1.0, 1.0, 0.5, 0.5)):
        assert off_by(model, REQUESTS[i], ended[i], temperature) < 1e-5


def test_another_seed_gives_another_completion(tiny_base: Path) -> None:
    prompt = REQUESTS[0].prompt_tokens
    first, second = generate(engine(tiny_base), [Request(0, prompt, 1), Request(1, prompt, 2)], Sampling(1.0, 16))
    assert first.tokens != second.tokens


def test_the_numbers_of_a_seed_are_the_same_whatever_is_taken_at_a_time() -> None:
    whole = torch.rand(200, generator=torch.Generator().manual_seed(5), dtype=torch.float64).tolist()
    endless = uniforms(5)
    assert [next(endless) for _ in range(200)] == whole


def test_a_draw_inverts_the_cumulative_distribution_unless_it_is_forced() -> None:
    logits = torch.log(torch.tensor([[0.5, 0.25, 0.25]] * 5))
    uniform = torch.tensor([0.0, 0.49, 0.6, 0.999, 0.0], dtype=torch.float64)
    tokens, logprobs = draw(logits, uniform, torch.ones(5), torch.tensor([-1, -1, -1, -1, 2]))
    assert tokens.tolist() == [0, 0, 1, 2, 2]
    assert logprobs.exp().tolist() == pytest.approx([0.5, 0.5, 0.25, 0.25, 0.25])
    tokens, logprobs = draw(logits[:1], uniform[2:3], torch.tensor([0.5]), torch.tensor([-1]))
    assert tokens.tolist() == [0]
    assert logprobs.exp().tolist() == pytest.approx([2 / 3])


def test_at_temperature_0_the_likeliest_token_is_drawn_whatever_the_number_unless_it_is_forced() -> None:
    logits = torch.log(torch.tensor([[0.2, 0.5, 0.3]] * 3))
    uniform, temperature = torch.tensor([0.0, 0.999, 0.5], dtype=torch.float64), torch.tensor([0.0, 0.0, 0.0])
    tokens, logprobs = draw(logits, uniform, temperature, torch.tensor([-1, -1, 2]))
    assert tokens.tolist() == [1, 1, 2]
    assert logprobs.exp().tolist() == pytest.approx([0.5, 0.5, 0.3])


def test_greedy_twice_gives_the_same_text_whatever_the_seeds(tiny_base: Path) -> None:
    others = [replace(request, seed=request.seed + 1) for request in REQUESTS]
    first, second = (generate(engine(tiny_base), asked, Sampling(0.0, 24)) for asked in (REQUESTS, others))
    assert [one.text for one in first] == [one.text for one in second]


def test_a_stop_token_ends_a_completion_and_is_not_in_its_text(tiny_base: Path) -> None:
    whole = generate(engine(tiny_base), REQUESTS[:1], Sampling(1.0, 24))[0]
    place = next(t for t in range(8, 24) if whole.tokens[t] not in whole.tokens[:t])
    cut = generate(engine(tiny_base), REQUESTS[:1], Sampling(1.0, 24, stop_ids=(whole.tokens[place],)))[0]
    assert cut.tokens == whole.tokens[: place + 1]
    assert (whole.stop_reason, cut.stop_reason) == ("length", "stop")
    assert cut.text == load_tokenizer(tiny_base).decode(whole.tokens[:place])


@pytest.mark.parametrize(
    ("prompt", "budget", "place"),
    [((40, THINK), 5, 5), ((40, THINK, 41, 42), 5, 5), ((40, THINK), 0, 0), ((40, THINK, 41, END_THINK), 5, None)],
    ids=["open", "begun in the prompt", "no budget at all", "closed"],
)
def test_an_open_think_is_closed_by_force_at_the_budget(
    tiny_base: Path, prompt: tuple[int, ...], budget: int, place: int | None
) -> None:
    """The tokens before it are those of an endless budget; its logprob is the policy's own."""
    requests = [Request(0, prompt, seed=3), REQUESTS[1]]
    free = generate(engine(tiny_base), requests, Sampling(1.0, 16))
    assert not {THINK, END_THINK} & {*free[0].tokens, *free[1].tokens}
    held = generate(engine(tiny_base), requests, Sampling(1.0, 16, thinking_tokens=budget))
    assert held[1].tokens == free[1].tokens and held[1].unsampled == ()
    if place is None:
        assert held[0] == free[0]
        return
    assert held[0].unsampled == ((place, place + 1),)
    assert held[0].tokens[: place + 1] == (*free[0].tokens[:place], END_THINK)
    assert held[0].tokens.count(END_THINK) == 1 and len(held[0].tokens) == 16
    assert off_by(load_model(tiny_base), requests[0], held[0]) < 1e-5


def markov(base: Path, after: dict[int, int]) -> PreTrainedModel:
    """A policy whose next token follows from the last one alone, with probability 1 in float32."""
    model = load_model(base)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.fill_(1.0 if "norm" in name else 0.0)
        for place, (token, following) in enumerate(after.items()):
            model.get_input_embeddings().weight[token, place] = 1.0
            model.get_output_embeddings().weight[following, place] = 10.0
    return model


def test_the_budget_counts_the_thoughts_of_every_think_block(tiny_base: Path) -> None:
    """A policy that thinks two tokens and opens the next block at once gains no token by that."""
    after = {40: THINK, THINK: 41, 41: 42, 42: END_THINK, END_THINK: THINK}
    request = [Request(0, (40,), seed=0)]
    free = generate(engine(tiny_base, model=markov(tiny_base, after)), request, Sampling(1.0, 9))[0]
    assert free.tokens == (THINK, 41, 42, END_THINK, THINK, 41, 42, END_THINK, THINK)
    held = generate(engine(tiny_base, model=markov(tiny_base, after)), request, Sampling(1.0, 9, thinking_tokens=3))[0]
    assert held.tokens == (THINK, 41, 42, END_THINK, THINK, 41, END_THINK, THINK, END_THINK)
    assert held.unsampled == ((6, 7), (8, 9))
    assert held.rollout_logprobs == pytest.approx([0, 0, 0, 0, 0, 0, -10 * 32**0.5, 0, -10 * 32**0.5], abs=1e-3)


def test_a_forced_token_may_be_a_stop_token(tiny_base: Path) -> None:
    sampling = Sampling(1.0, 9, thinking_tokens=2, stop_ids=(END_THINK,))
    done = generate(engine(tiny_base), [Request(0, (40, THINK), seed=3)], sampling)[0]
    assert (len(done.tokens), done.unsampled, done.stop_reason) == (3, ((2, 3),), "stop")


def test_a_push_takes_effect_between_two_tokens(tiny_base: Path) -> None:
    """Tokens before it are the old policy's; those after it are the new one's on the whole prefix."""
    wanted = generate(engine(tiny_base, batch=3), REQUESTS, Sampling(1.0, 40))
    sampler = engine(tiny_base, batch=3)
    sampler.submit(REQUESTS, Sampling(1.0, 40))
    for _ in range(10):
        assert sampler.collect(wait_s=0.0) == []
    pushed = other_weights(tiny_base)
    assert sampler.push(pushed, version=8) == tensor_hashes(pushed)
    ended: dict[int, Completion] = {}
    while len(ended) < len(REQUESTS):
        ended.update(sampler.collect())
    old = load_model(tiny_base)
    new = load_model(tiny_base)
    new.load_state_dict(pushed)
    for i, request in enumerate(REQUESTS):
        done, before = ended[i], 10 if i < 3 else 0
        assert done.policy_versions == (7,) * before + (8,) * (len(done.tokens) - before)
        assert done.policy_version == (7 if i < 3 else 8)
        assert done.tokens[:before] == wanted[i].tokens[:before]
        sampled_by = [fresh(model, request.prompt_tokens, done.tokens, 1.0) for model in (old, new)]
        logprobs = torch.tensor(done.rollout_logprobs)
        assert torch.allclose(logprobs[:before], sampled_by[0][:before], atol=1e-5)
        assert torch.allclose(logprobs[before:], sampled_by[1][before:], atol=1e-5)
        assert not torch.allclose(sampled_by[0], sampled_by[1], atol=1e-3)


def test_a_push_of_other_names_is_refused(tiny_base: Path) -> None:
    weights = weights_of(load_model(tiny_base))
    del weights["lm_head.weight"]
    with pytest.raises(ValueError, match=r"names differ from the model's, got \['lm_head.weight'\]"):
        engine(tiny_base).push(weights, version=8)


def test_cancel_forgets_what_is_in_flight(tiny_base: Path) -> None:
    sampler = engine(tiny_base, batch=2)
    sampler.submit(REQUESTS, Sampling(1.0, 24))
    sampler.collect(wait_s=0.0)
    assert sampler.cancel() == [request.id for request in REQUESTS]
    assert sampler.collect() == [] and sampler.cancel() == []
    wanted = generate(engine(tiny_base, batch=2), REQUESTS, Sampling(1.0, 24))
    assert generate(sampler, REQUESTS, Sampling(1.0, 24)) == wanted


@pytest.mark.parametrize("steps", [0, 1, 9])
def test_what_is_dropped_is_gone_and_the_others_go_on(tiny_base: Path, steps: int) -> None:
    """Rows under way and requests that wait; an id that nobody has is none."""
    wanted = generate(engine(tiny_base, batch=3), REQUESTS, Sampling(1.0, 24))
    sampler = engine(tiny_base, batch=3)
    sampler.submit(REQUESTS, Sampling(1.0, 24))
    ended: dict[int, Completion] = {}
    for _ in range(steps):
        ended.update(sampler.collect(wait_s=0.0))
    sampler.drop([1, 2, 5, 77])
    while sampler.in_flight:
        ended.update(sampler.collect(wait_s=0.0))
    assert ended == {i: wanted[i] for i in (0, 3, 4)}
    sampler.submit(REQUESTS[1:3], Sampling(1.0, 24))
    sampler.drop([1, 2])
    assert sampler.collect() == [] and not sampler.rows and generate(sampler, REQUESTS, Sampling(1.0, 24)) == wanted


@pytest.mark.parametrize("temperature", [1.0, 0.5, 0.0])
def test_the_likeliest_tokens_are_told_to_who_asks_and_change_nothing(tiny_base: Path, temperature: float) -> None:
    wanted = generate(engine(tiny_base), REQUESTS[:2], Sampling(temperature, 6))
    sampler, model = engine(tiny_base), load_model(tiny_base)
    sampler.submit(REQUESTS[:1], Sampling(temperature, 6, likeliest=4))
    sampler.submit(REQUESTS[1:2], Sampling(temperature, 6))
    rows = dict(sampler.in_flight)
    while sampler.in_flight:
        sampler.collect()
    assert [tuple(rows[i].tokens) for i in (0, 1)] == [done.tokens for done in wanted] and not rows[1].likeliest
    for place, told in enumerate(rows[0].likeliest):
        ids = torch.tensor([[*REQUESTS[0].prompt_tokens, *rows[0].tokens[:place]]])
        with torch.no_grad():
            logprobs = torch.log_softmax(model(input_ids=ids).logits[0, -1] / (temperature or 1.0), -1)
        assert [score for _, score in told] == pytest.approx(logprobs.topk(4).values.tolist(), abs=1e-5)
        assert [score for _, score in told] == pytest.approx([float(logprobs[token]) for token, _ in told], abs=1e-5)
    assert len(rows[0].likeliest) == len(rows[0].tokens)


def test_logprobs_are_those_of_one_forward_at_temperature_1(tiny_base: Path) -> None:
    rows = [((40, 41, 42), tuple(range(50, 80))), ((43,), (44,)), (tuple(range(60, 90)), (91, 92))]
    model = load_model(tiny_base)
    for (prompt, completion), got in zip(rows, engine(tiny_base).logprobs(rows), strict=True):
        assert got == pytest.approx(fresh(model, prompt, completion, 1.0).tolist(), abs=1e-5)


@pytest.mark.parametrize(
    ("requests", "message"),
    [
        ([Request(0, (40,), 1), Request(0, (41,), 2)], "request 0: is in flight already"),
        ([Request(5, (), 1)], "request 5: has an empty prompt"),
    ],
)
def test_requests_that_cannot_be_decoded_are_refused(tiny_base: Path, requests: list[Request], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        engine(tiny_base).submit(requests, Sampling(1.0, 4))


def test_a_budget_wants_think_tokens(tiny_base: Path) -> None:
    sampler = engine(tiny_base)
    sampler.think_ids = (23, -1)
    with pytest.raises(ValueError, match="thinking_tokens: the tokenizer lacks <think> or </think>"):
        sampler.submit(REQUESTS, Sampling(1.0, 4, thinking_tokens=2))
