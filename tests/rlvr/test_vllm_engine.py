"""A real vLLM, in a process of its own: it alters classes of `transformers` that other tests use."""

import math
import os
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from multiprocessing import get_context
from multiprocessing.managers import BaseManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from transformers import AutoConfig
from turned import check, dialogues

from temper.policy.bases import TinyBase
from temper.policy.checkpoint import load_model, load_tokenizer, tensor_hashes, weights_of
from temper.policy.export import export
from temper.policy.rope import extend
from temper.policy.rope_probe import check_rope, rotary_modules
from temper.policy.section import ExtendSection
from temper.policy.tiny import write_untrained
from temper.recipes import tiny
from temper.rlvr.engines import vllm_engine
from temper.rlvr.engines.engine import EngineError, TokenRow, generate
from temper.rlvr.engines.stepping import Stepping
from temper.rlvr.engines.vllm_engine import VllmEngine
from temper.rlvr.proof import FunctionProof, differences, probe_rows, probed
from temper.rlvr.rollout import Completion, Request, Sampling

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

pytestmark = pytest.mark.vllm
CONTEXT = 320
"""More than two blocks of vLLM's cache."""


class Doctored(VllmEngine):
    """An engine into which faults can be planted behind its own back."""

    def swap_layers(self, first: int, second: int) -> None:
        layers = self.weights.model.model.layers
        one, other = (layers[place].self_attn.o_proj.weight.data for place in (first, second))
        kept = one.clone()
        one.copy_(other)
        other.copy_(kept)

    def corrupt_expert(self, layer: int, expert: int) -> None:
        experts = self.weights.model.model.layers[layer].mlp.experts.routed_experts
        experts.w2_weight.data[expert].mul_(-1)

    def probed_rope(self, checkpoint: str, scale: float) -> list[str]:
        """What the probe compares once every inverse frequency is `scale` times itself."""
        for _, module in rotary_modules(self.weights.model):
            for name, buffer in module.named_buffers():
                if name.endswith("attention_inv_freq"):
                    buffer.mul_(scale)
        return check_rope(self.weights.model, AutoConfig.from_pretrained(checkpoint))

    def held(self) -> dict[str, str]:
        return self.weights.hashes()

    def told(self, request: Request, sampling: Sampling) -> tuple[Any, ...]:
        """(tokens, logprobs, the likeliest of each place) of a request by itself."""
        self.submit([request], sampling)
        row = self.in_flight[request.id]
        while self.in_flight:
            self.collect()
        return row.tokens, row.logprobs, row.likeliest

    def by_itself(
        self, requests: list[Request], sampling: Sampling, weights: "dict[str, torch.Tensor]"
    ) -> list[Completion]:
        """As in a run: the engine samples in a thread of its own, with a push in the middle."""
        stepping = Stepping(self)
        stepping.submit(requests, sampling)
        ended: dict[int, Completion] = dict(stepping.collect())
        assert stepping.push(weights, self.version)
        while len(ended) < len(requests):
            ended.update(stepping.collect())
        return [ended[request.id] for request in requests]

    def step(self, times: int) -> None:
        for _ in range(times):
            self._step()


class Process(BaseManager):
    pass


Process.register("engine", Doctored)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """vLLM's attention on CPU wants heads of 32 or more."""
    section = TinyBase(
        hidden=128, heads=4, kv_heads=2, experts=4, expert_width=48, vocabulary=384, window=16, context=CONTEXT,
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("base") / "checkpoint"
    write_untrained(section, list(tiny.text(300, 0)), seed=0, out=folder)
    return folder


@pytest.fixture(scope="module")
def engine(base: Path) -> Iterator[Any]:
    if lack := vllm_engine.lacking():
        if os.environ.get("TEMPER_REQUIRE_VLLM") == "1":
            pytest.fail(lack)
        pytest.skip(lack)
    manager = Process(ctx=get_context("spawn"))
    with pytest.MonkeyPatch.context() as patch:  # its threads and ours would wait for each other by spinning
        patch.setenv("OMP_WAIT_POLICY", "PASSIVE")
        patch.setenv("OMP_NUM_THREADS", "1")
        manager.start()
    yield manager.engine(str(base), 32, 0.5)  # type: ignore[attr-defined]
    manager.shutdown()


@pytest.fixture(scope="module")
def trainer(base: Path) -> "PreTrainedModel":
    return load_model(base)


def moved(model: "PreTrainedModel", seed: int, size: float) -> "dict[str, torch.Tensor]":
    """The model's weights after a step that moves each by about `size`."""
    import torch

    torch.manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(size * torch.randn_like(parameter))
    return weights_of(model)


def sampled_gap(model: "PreTrainedModel", row: TokenRow, completion: Completion, temperature: float) -> float:
    """Largest difference between a completion's logprobs and those of `transformers` at that temperature."""
    import torch

    ids = torch.tensor([[*row[0], *row[1]]])
    with torch.no_grad():
        logits = model(input_ids=ids, use_cache=False).logits[0, len(row[0]) - 1 : -1].float()
    theirs = (logits / temperature).log_softmax(-1).gather(-1, torch.tensor(row[1])[:, None])[:, 0]
    apart = (abs(a - b) for a, b in zip(completion.rollout_logprobs, theirs.tolist(), strict=True))
    return float(max(apart))


def requests(count: int, seed: int = 0) -> list[Request]:
    draw = random.Random(seed)
    prompts = [tuple(draw.randrange(40, 384) for _ in range(4 + place % 5)) for place in range(count)]
    return [Request(place, prompt, 100 * seed + place) for place, prompt in enumerate(prompts)]


def collected(engine: Any, count: int) -> dict[int, Completion]:
    ended: dict[int, Completion] = {}
    while len(ended) < count:
        ended.update(engine.collect())
    return ended


def test_twenty_pushes_are_held_and_computed_with(engine: Any, trainer: "PreTrainedModel") -> None:
    for version in range(20):
        weights = moved(trainer, version, 0.02)
        assert engine.push(weights, version) == tensor_hashes(weights)
        proof = probed(trainer, probe_rows(trainer, seed=version))
        mean, largest = differences(proof.logprobs, engine.logprobs(proof.rows))
        assert mean < 1e-5 and largest < 1e-3
        FunctionProof().prove(proof, [engine.logprobs(proof.rows)], version)


def test_a_stale_push_falls_to_the_hashes_however_small_the_step(engine: Any, trainer: "PreTrainedModel") -> None:
    """At a learning rate of 1e-6 the probabilities move less than the function proof sees."""
    engine.push(weights_of(trainer), 1)
    stale = engine.push(weights_of(trainer), 2)
    hashes = tensor_hashes(moved(trainer, 0, 1e-6))
    assert stale.keys() == hashes.keys()
    assert all(stale[name] != held for name, held in hashes.items() if "norm" not in name)
    proof = probed(trainer, probe_rows(trainer, seed=0))
    FunctionProof().prove(proof, [engine.logprobs(proof.rows)], 2)


@pytest.mark.parametrize(
    "fault",
    [
        lambda engine: engine.swap_layers(0, 1),
        *(lambda engine, layer=layer: engine.corrupt_expert(layer, 2) for layer in range(4)),
    ],
    ids=["layers swapped", *(f"expert of layer {layer}" for layer in range(4))],
)
def test_what_is_computed_with_other_weights_falls_to_both_proofs(
    fault: Callable[[Any], None], engine: Any, trainer: "PreTrainedModel"
) -> None:
    weights = weights_of(trainer)
    proof = probed(trainer, probe_rows(trainer, seed=1))
    assert engine.push(weights, 3) == tensor_hashes(weights)
    fault(engine)
    with pytest.raises(EngineError, match="differ on the probe"):
        FunctionProof().prove(proof, [engine.logprobs(proof.rows)], 3)
    assert engine.held() != tensor_hashes(weights)
    engine.push(weights, 4)
    FunctionProof().prove(proof, [engine.logprobs(proof.rows)], 4)


@pytest.mark.parametrize("temperature", [0.7, 1.0, 1.3])
def test_logprobs_are_those_of_the_sampling_distribution(
    temperature: float, engine: Any, trainer: "PreTrainedModel"
) -> None:
    engine.push(weights_of(trainer), 5)
    asked = requests(40)
    completions = generate(engine, asked, Sampling(temperature, 24))
    for request, completion in zip(asked, completions, strict=True):
        assert sampled_gap(trainer, (request.prompt_tokens, tuple(completion.tokens)), completion, temperature) < 1e-4
        assert set(completion.policy_versions) == {5} and not completion.unsampled
        stopped = completion.tokens[-1] == trainer.config.eos_token_id
        assert completion.stop_reason == ("stop" if stopped else "length")
        assert stopped or len(completion.tokens) == 24


def test_prompts_may_have_more_tokens_than_a_step_takes(engine: Any, trainer: "PreTrainedModel") -> None:
    """vLLM would cut the last one in two, and then fail to rewind its generator on CPU."""
    engine.push(weights_of(trainer), 5)
    draw = random.Random(0)
    asked = [Request(place, tuple(draw.randrange(40, 384) for _ in range(90)), place) for place in range(32)]
    for request, completion in zip(asked, generate(engine, asked, Sampling(1.0, 6)), strict=True):
        assert sampled_gap(trainer, (request.prompt_tokens, tuple(completion.tokens)), completion, 1.0) < 1e-4


def test_a_seed_says_what_is_drawn(engine: Any, trainer: "PreTrainedModel") -> None:
    engine.push(weights_of(trainer), 5)
    sampling = Sampling(1.0, 24)
    alone = [generate(engine, [Request(0, (50, 60), seed)], sampling)[0].tokens for seed in (1, 1, 2)]
    together = generate(engine, [Request(place, (50, 60), place) for place in range(20)], sampling)
    assert alone[0] == alone[1] == together[1].tokens
    assert alone[2] == together[2].tokens != alone[0]


def test_draws_follow_the_distribution(engine: Any, trainer: "PreTrainedModel") -> None:
    """The frequencies of 4,000 first tokens, within five standard errors of their probabilities."""
    engine.push(weights_of(trainer), 5)
    asked = [Request(place, (70, 80, 90), place) for place in range(4000)]
    drawn = Counter(completion.tokens[0] for completion in generate(engine, asked, Sampling(1.0, 1)))
    likely = [token for token, _ in drawn.most_common(5)]
    for token, (logprob,) in zip(likely, engine.logprobs([((70, 80, 90), (token,)) for token in likely]), strict=True):
        expected = math.exp(logprob)
        assert abs(drawn[token] / 4000 - expected) < 5 * math.sqrt(expected / 4000)


def test_turns_go_on_behind_results_with_the_trainers_logprobs(
    engine: Any, base: Path, trainer: "PreTrainedModel"
) -> None:
    """Over whole transcripts: what was sampled before a result is not computed anew, and what stands behind it is."""
    engine.push(weights_of(trainer), 5)
    check(dialogues(engine, load_tokenizer(base), 40), trainer)


def test_a_stop_token_ends_a_completion_and_stands_in_it(engine: Any, trainer: "PreTrainedModel") -> None:
    engine.push(weights_of(trainer), 5)
    free = generate(engine, requests(8), Sampling(1.0, 24))
    stop = free[0].tokens[5]
    stopped = generate(engine, requests(8), Sampling(1.0, 24, stop_ids=(stop,)))
    for before, after in zip(free, stopped, strict=True):
        end = before.tokens.index(stop) + 1 if stop in before.tokens else len(before.tokens)
        assert after.tokens == before.tokens[:end]
    assert stopped[0].stop_reason == "stop" and stopped[0].tokens[-1] == stop


def test_what_is_in_flight_goes_on_under_a_push_with_its_keys_computed_anew(
    engine: Any, trainer: "PreTrainedModel"
) -> None:
    """Every later token has the probability that the new weights give it after all that stands before it."""
    old = {name: tensor.clone() for name, tensor in weights_of(trainer).items()}
    asked = requests(40, seed=3)
    engine.push(old, 6)
    engine.submit(asked, Sampling(1.0, 24))
    engine.step(10)
    new = moved(trainer, 7, 0.02)
    assert engine.push(new, 7) == tensor_hashes(new)
    ended = collected(engine, 40)
    assert {6, 7} == {version for completion in ended.values() for version in completion.policy_versions}
    late = 0
    for request in asked:
        completion = ended[request.id]
        assert list(completion.policy_versions) == sorted(completion.policy_versions)
        first = completion.policy_versions.count(6)
        late += len(completion.tokens) - first
        if first < len(completion.tokens):
            (theirs,) = engine.logprobs(
                [((*request.prompt_tokens, *completion.tokens[:first]), tuple(completion.tokens[first:]))]
            )
            assert completion.rollout_logprobs[first:] == pytest.approx(theirs, abs=1e-4)
            row = ((*request.prompt_tokens, *completion.tokens[:first]), tuple(completion.tokens[first:]))
            part = replace(completion, rollout_logprobs=completion.rollout_logprobs[first:])
            assert sampled_gap(trainer, row, part, 1.0) < 1e-4
    assert late > 100


def test_a_prompt_that_was_computed_under_older_weights_is_computed_anew(
    engine: Any, trainer: "PreTrainedModel"
) -> None:
    """Between pushes a group shares the keys and values of its prompt; none of them may outlive a push."""
    draw = random.Random(0)
    prompt = tuple(draw.randrange(40, 384) for _ in range(280))
    for version in (8, 9):
        engine.push(moved(trainer, version, 0.02), version)
        asked = [Request(place, prompt, place) for place in range(8)]
        for _ in range(2):
            for completion in generate(engine, asked, Sampling(1.0, 8)):
                assert sampled_gap(trainer, (prompt, tuple(completion.tokens)), completion, 1.0) < 1e-4


def test_cancelled_requests_are_gone_and_their_ids_free(engine: Any, trainer: "PreTrainedModel") -> None:
    engine.push(weights_of(trainer), 8)
    engine.submit(requests(40), Sampling(1.0, 24))
    engine.step(3)
    left = sorted(set(range(40)) - {id for id, _ in engine.collect()})
    assert engine.cancel() == left
    assert engine.collect() == []
    assert len(generate(engine, requests(4), Sampling(1.0, 4))) == 4


def test_it_samples_the_same_in_a_thread_of_its_own(engine: Any, trainer: "PreTrainedModel") -> None:
    engine.push(weights_of(trainer), 9)
    asked = requests(12)
    wanted = generate(engine, asked, Sampling(1.0, 24))
    found = engine.by_itself(asked, Sampling(1.0, 24), weights_of(trainer))
    assert [done.tokens for done in found] == [done.tokens for done in wanted]


def test_a_thinking_budget_forces_the_end_and_says_where(engine: Any, base: Path, trainer: "PreTrainedModel") -> None:
    """Forced after five thoughts; the probability of each token, the forced one's too, is that of the weights."""
    engine.push(weights_of(trainer), 9)
    vocabulary = load_tokenizer(base).get_vocab()
    start, end = vocabulary["<think>"], vocabulary["</think>"]
    asked = [Request(place, (60, start), place) for place in range(24)]
    forced = 0
    for request, completion in zip(asked, generate(engine, asked, Sampling(0.8, 20, thinking_tokens=5)), strict=True):
        tokens = tuple(completion.tokens)
        if end not in tokens[:5] and start not in tokens and len(tokens) > 5:
            assert completion.unsampled == ((5, 6),) and tokens[5] == end
            forced += 1
        assert sampled_gap(trainer, (request.prompt_tokens, tokens), completion, 0.8) < 1e-4
        assert len(tokens) == 20 or completion.stop_reason == "stop"
    assert forced > 10


def test_a_row_that_goes_on_after_a_forced_token_draws_other_numbers(
    engine: Any, base: Path, trainer: "PreTrainedModel"
) -> None:
    """Weights that ignore what stands before: the same numbers would draw the same tokens again."""
    flat = {name: tensor * 0 if name == "lm_head.weight" else tensor for name, tensor in weights_of(trainer).items()}
    engine.push(flat, 10)
    vocabulary = trainer.config.vocab_size
    (completion,) = generate(
        engine, [Request(0, (60, load_tokenizer(base).get_vocab()["<think>"]), 1)], Sampling(1.0, 40, thinking_tokens=5)
    )
    place = completion.unsampled[0][0]
    assert completion.tokens[:place] != completion.tokens[place + 1 : 2 * place + 1]
    assert completion.rollout_logprobs == pytest.approx([-math.log(vocabulary)] * len(completion.tokens), abs=1e-5)


@pytest.mark.parametrize(
    ("asked", "sampling", "message"),
    [
        (Request(0, (), 1), Sampling(1.0, 4), "empty prompt"),
        (Request(0, (50,) * CONTEXT, 1), Sampling(1.0, 4), "exceed the context"),
        (Request(0, (50,), 1), Sampling(0.001, 4), "temperature"),
    ],
    ids=["empty", "long", "cold"],
)
def test_a_request_that_vllm_would_alter_is_refused(
    asked: Request, sampling: Sampling, message: str, engine: Any
) -> None:
    with pytest.raises(ValueError, match=message):
        engine.submit([asked], sampling)
    assert engine.cancel() == []


def test_other_weights_are_refused_by_name_and_shape(engine: Any, trainer: "PreTrainedModel") -> None:
    weights = weights_of(trainer)
    engine.push(weights, 11)
    name = next(iter(weights))
    with pytest.raises(ValueError, match="names differ"):
        engine.push({**weights, "extra": weights[name]}, 12)
    with pytest.raises(ValueError, match="shape"):
        engine.push({**weights, name: weights[name][1:]}, 12)
    assert engine.push(weights, 12) == tensor_hashes(weights)


def test_a_probe_may_fill_the_context(engine: Any, trainer: "PreTrainedModel") -> None:
    engine.push(weights_of(trainer), 13)
    draw = random.Random(0)
    tokens = tuple(draw.randrange(384) for _ in range(CONTEXT))
    (scores,) = engine.logprobs([(tokens[:1], tokens[1:])])
    assert (
        sampled_gap(trainer, (tokens[:1], tokens[1:]), Completion("", tokens[1:], scores, "length", (13,)), 1.0) < 1e-4
    )


def test_the_rope_of_each_layer_type_is_probed_in_vllm(engine: Any, base: Path) -> None:
    assert sorted(engine.probed_rope(str(base), 1.0)) == ["full_attention", "sliding_attention"]
    with pytest.raises(ValueError, match="RoPE of .*_attention: inverse frequency 0 is 1 by the config, got 1.5;"):
        engine.probed_rope(str(base), 1.5)
    engine.probed_rope(str(base), 1 / 1.5)


def test_an_export_of_an_extended_model_has_the_learners_logprobs_in_vllm(base: Path, tmp_path: Path) -> None:
    import torch

    extend(base, tmp_path / "long", ExtendSection(factor=4))
    export(tmp_path / "long", tmp_path / "export", {"README.md": "# A card\n"})
    learner = load_model(tmp_path / "long")
    draw = random.Random(0)
    tokens = tuple(draw.randrange(33, 384) for _ in range(640))
    row: TokenRow = (tokens[:600], tokens[600:])
    manager = Process(ctx=get_context("spawn"))
    manager.start()
    theirs = manager.engine(str(tmp_path / "export"), 4, 0.5).logprobs([row])[0]  # type: ignore[attr-defined]
    manager.shutdown()
    with torch.no_grad():
        logits = learner(input_ids=torch.tensor([[*row[0], *row[1]]]), use_cache=False).logits[0, 599:-1].float()
    ours = logits.log_softmax(-1).gather(-1, torch.tensor(row[1])[:, None])[:, 0]
    assert list(theirs) == pytest.approx(ours.tolist(), abs=1e-4)


def test_what_is_dropped_is_gone_and_the_others_go_on(engine: Any) -> None:
    requests = [Request(i, tuple(range(40, 48 + i)), seed=i) for i in range(4)]
    wanted = generate(engine, requests, Sampling(1.0, 12))
    engine.submit(requests, Sampling(1.0, 12))
    engine.step(3)
    engine.drop([1, 3, 99])
    ended: dict[int, Completion] = {}
    while len(ended) < 2:
        ended.update(engine.collect())
    assert engine.collect() == [] and {i: done.tokens for i, done in ended.items()} == {
        i: wanted[i].tokens for i in (0, 2)
    }


def test_the_likeliest_tokens_are_told_to_who_asks(engine: Any) -> None:
    request = Request(0, tuple(range(40, 50)), seed=1)
    tokens, logprobs, likeliest = engine.told(request, Sampling(0.7, 8, likeliest=3))
    assert [len(told) for told in likeliest] == [3] * len(tokens)
    for token, logprob, told in zip(tokens, logprobs, likeliest, strict=True):
        scores = [score for _, score in told]
        assert scores == sorted(scores, reverse=True) and dict(told).get(token, logprob) == pytest.approx(logprob)
        assert logprob <= scores[0] + 1e-6
