"""Guesses of the head change how long a completion takes and nothing else."""

import math
import random
from collections import Counter
from pathlib import Path

import pytest
import torch

from temper.pipeline.packs import prepare
from temper.policy.bases import TinyBase
from temper.policy.checkpoint import load_model, load_tokenizer, load_weights, trained_weights
from temper.policy.mtp import Mtp, detached_head
from temper.policy.section import LearnersSection
from temper.policy.tiny import write_untrained
from temper.recipes import texts
from temper.rlvr.engines.drafting import DraftingEngine
from temper.rlvr.engines.engine import generate
from temper.rlvr.engines.tempo import Tempo
from temper.rlvr.engines.transformers_engine import TransformersEngine
from temper.rlvr.rollout import Completion, Request, Sampling
from temper.sft.section import PretrainSection
from temper.sft.shard import Shard
from temper.sft.train import train


@pytest.fixture(scope="module")
def trained_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Trained for a few steps together with its head."""
    folder = tmp_path_factory.mktemp("drafting")
    section = PretrainSection.model_validate(
        {
            "data": [{"kind": "generated", "generator": "math", "rows": 600}], "pack_tokens": 128, "packs_per_step": 8,
            "packs_per_micro_batch": 8, "phases": [{"share": 1, "weights": [1]}], "steps": 60, "save_every": 60,
            "schedule": {"learning_rate": 8e-3, "warmup_steps": 5, "decay": "hold", "decay_steps": 30},
        }
    )  # fmt: skip
    base = TinyBase(layers=4, hidden=32, heads=2, kv_heads=1, experts=2, expert_width=32, vocabulary=384, context=128)
    write_untrained(base, texts.tokenizer_lines(), 0, folder / "untrained")
    tokenizer = load_tokenizer(folder / "untrained")
    shard = Shard(tokenizer, section, "instruct", 0)
    prepare([lambda block: lambda: shard.render(block)], section, 0, tokenizer.pad_token_id, folder / "packs")
    train(
        section, LearnersSection(threads=1), 0, "instruct", folder / "untrained", folder / "packs", folder / "work",
        folder / "base", lambda step, line: None,
    )  # fmt: skip
    return folder / "base"


def requests(number: int, seed: int = 0) -> list[Request]:
    rng = random.Random(seed)
    return [
        Request(i, tuple(rng.randrange(40, 380) for _ in range(rng.randrange(1, 40))), seed=i) for i in range(number)
    ]


def engines(base: Path, draft_rows: int = 8, batch: int = 8) -> tuple[TransformersEngine, DraftingEngine]:
    model = load_model(base)
    drafting = DraftingEngine(model, load_tokenizer(base), batch, Mtp(model), draft_rows)
    return TransformersEngine(load_model(base), load_tokenizer(base), batch), drafting


def same(found: list[Completion], wanted: list[Completion]) -> None:
    for one, other in zip(found, wanted, strict=True):
        assert (one.tokens, one.stop_reason, one.unsampled) == (other.tokens, other.stop_reason, other.unsampled)
        assert one.rollout_logprobs == pytest.approx(other.rollout_logprobs, abs=1e-5)


@pytest.mark.parametrize(("temperature", "draft_rows"), [(0.0, 8), (0.7, 4), (1.0, 1), (1.0, 8)])
def test_completions_are_those_without_guesses(tiny_base: Path, temperature: float, draft_rows: int) -> None:
    plain, drafting = engines(tiny_base, draft_rows)
    asked, sampling = requests(24), Sampling(temperature, 48)
    wanted = generate(plain, asked, sampling)
    found = generate(drafting, asked, sampling)
    same(found, wanted)


def rates(of: list[Completion]) -> float:
    return sum(one.accepted for one in of) / max(1, sum(one.drafted for one in of))


def test_the_guesses_of_a_head_that_was_trained_come_true_and_a_broken_ones_do_not(trained_base: Path) -> None:
    asked, sampling = requests(8), Sampling(0.3, 64)
    plain = TransformersEngine(load_model(trained_base), load_tokenizer(trained_base), 8)
    wanted = generate(plain, asked, sampling)
    assert all(one.drafted == one.accepted == 0 for one in wanted)
    found: dict[str, float] = {}
    for kind in ("trained", "broken"):
        model = load_model(trained_base)
        head = detached_head(model, trained_base)
        if kind == "broken":
            for weights in head.parameters():
                torch.nn.init.normal_(weights, std=0.5)
        drafting = DraftingEngine(model, load_tokenizer(trained_base), 8, head, 8)
        done = generate(drafting, asked, sampling)
        same(done, wanted)
        found[kind] = rates(done)
        for one in done:
            # A step is one token, or two where a guess came true; the last of a completion may be a guess that ends it.
            assert 0 <= one.accepted <= one.drafted <= len(one.tokens)
    assert found["trained"] > 0.3 > found["broken"]


def test_forced_tokens_stops_and_what_is_likeliest_are_those_without_guesses(trained_base: Path) -> None:
    tokenizer = load_tokenizer(trained_base)
    think = tokenizer.get_vocab()["<think>"]
    asked = [Request(r.id, (*r.prompt_tokens, think), seed=r.seed) for r in requests(6)]
    stop = tokenizer("=")["input_ids"][0]
    sampling = Sampling(1.0, 40, thinking_tokens=7, stop_ids=(stop,), likeliest=3)
    model = load_model(trained_base)
    drafting = DraftingEngine(model, tokenizer, 8, detached_head(model, trained_base), 8)
    plain = TransformersEngine(load_model(trained_base), tokenizer, 8)
    found, wanted = generate(drafting, asked, sampling), generate(plain, asked, sampling)
    same(found, wanted)
    assert any(one.unsampled for one in found) and any(one.stop_reason == "stop" for one in found)


def test_a_push_between_two_tokens_goes_on_under_the_new_weights(trained_base: Path) -> None:
    model = load_model(trained_base)
    engine = DraftingEngine(model, load_tokenizer(trained_base), 4, detached_head(model, trained_base), 4, version=0)
    asked = requests(4)
    engine.submit(asked, Sampling(1.0, 60))
    ended = dict(engine.collect(wait_s=0.02))
    noise = torch.Generator().manual_seed(0)
    moved = {
        name: weights + 0.02 * torch.randn(weights.shape, generator=noise)
        for name, weights in trained_weights(load_model(trained_base)).items()
    }
    assert engine.push(moved, 1).keys() == moved.keys(), "the head is no part of what is pushed"
    while len(ended) < 4:
        ended.update(engine.collect())
    spanning = 0
    for version, weights in ((0, None), (1, moved)):
        said = load_model(trained_base)
        if weights:
            load_weights(said, weights)
        judge = TransformersEngine(said, load_tokenizer(trained_base), 4)
        for request in asked:
            done = ended[request.id]
            forced = judge.logprobs([(request.prompt_tokens, tuple(done.tokens))])[0]
            own = [i for i, of in enumerate(done.policy_versions) if of == version]
            spanning += 0 < len(own) < len(done.tokens)
            assert [done.rollout_logprobs[i] for i in own] == pytest.approx([forced[i] for i in own], abs=1e-4)
    assert spanning


@pytest.mark.slow
def test_two_hundred_thousand_tokens_are_those_without_guesses(trained_base: Path) -> None:
    """Token for token, but where a uniform number falls within rounding of a border; and by position no other
    distribution (chi-square)."""
    sampling, same_ones, tokens, pairs = Sampling(1.0, 64), 0, 0, list[tuple[Completion, Completion]]()
    model = load_model(trained_base)
    drafting = DraftingEngine(model, load_tokenizer(trained_base), 8, detached_head(model, trained_base), 8)
    plain = TransformersEngine(load_model(trained_base), load_tokenizer(trained_base), 8)
    for round_ in range(500):
        asked = [Request(i, r.prompt_tokens, seed=1000 * round_ + i) for i, r in enumerate(requests(8, round_))]
        pairs += zip(generate(drafting, asked, sampling), generate(plain, asked, sampling), strict=True)
        tokens = sum(len(one.tokens) for one, _ in pairs)
        if tokens >= 200_000:
            break
    same_ones = sum(one.tokens == other.tokens for one, other in pairs)
    print(f"{tokens} tokens; {same_ones} of {len(pairs)} completions the same; {rates([one for one, _ in pairs]):.3f}")
    assert tokens >= 200_000 and same_ones / len(pairs) > 0.999
    for low in range(0, 64, 16):
        counts = [
            Counter(token for pair in pairs for token in pair[side].tokens[low : low + 16] if token) for side in (0, 1)
        ]
        common = [token for token, count in (counts[0] + counts[1]).most_common(40) if count >= 20]
        x2 = sum((counts[0][t] - counts[1][t]) ** 2 / (counts[0][t] + counts[1][t]) for t in common)
        free = len(common) - 1
        # Of 39 degrees of freedom chi-square is 39 on average with a deviation of 8.8: p is above 0.001 below 67.
        assert (x2 - free) / math.sqrt(2 * free) < 3.1


def test_an_engine_that_measures_keeps_the_faster_way_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    """Of 5 to 8 in flight guesses give 1.5 tokens a second, and none 1; of 9 to 16 it is the other way round."""
    caplog.set_level("INFO")
    tempo, made = Tempo(), list[tuple[int, bool]]()
    for in_flight, with_, without in ((8, 1.5, 1.0), (12, 1.0, 1.5)):
        for _ in range(60):
            guessing = tempo.guesses(in_flight)
            made.append((in_flight, guessing))
            tempo.add(in_flight, guessing, 60, 60 / (with_ if guessing else without))
    assert [made.count((8, way)) for way in (False, True)] == [17, 43]
    assert [made.count((12, way)) for way in (False, True)] == [43, 17]
    said = [record.getMessage() for record in caplog.records]
    assert said == [
        "engine.draft: with 5 to 8 requests in flight 2 tokens a second with guesses and 1 without: guesses stay on",
        "engine.draft: with 9 to 16 requests in flight 1 tokens a second with guesses and 2 without: guesses are off",
    ]


def test_completions_are_the_same_while_the_engine_measures(trained_base: Path) -> None:
    model = load_model(trained_base)
    drafting = DraftingEngine(model, load_tokenizer(trained_base), 8, detached_head(model, trained_base), None)
    plain = TransformersEngine(load_model(trained_base), load_tokenizer(trained_base), 8)
    asked, sampling = requests(16), Sampling(1.0, 60)
    found = generate(drafting, asked, sampling)
    same(found, generate(plain, asked, sampling))
    # Both ways were tried with many in flight, so some tokens had a guess and others none.
    drafted = sum(one.drafted for one in found)
    assert 0 < drafted < sum(len(one.tokens) for one in found) / 2
    assert {16} <= {high for high, ways in drafting.tempo.ways.items() if ways[False].steps == ways[True].steps == 16}
