"""What an engine wrote across a push, held against a fresh forward of its own."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
import torch

from temper.policy.chat import dress
from temper.policy.checkpoint import load_model, load_tokenizer, load_weights, tensor_hashes, weights_of
from temper.rlvr.doubles import ScriptedEngine
from temper.rlvr.engines.engine import EngineError, TokenRow
from temper.rlvr.engines.transformers_engine import TransformersEngine, draw
from temper.rlvr.proof import FunctionProof
from temper.rlvr.rollout import Completion, Request, Sampling
from temper.rlvr.spots import ROWS, TOKENS, Spots

PROMPTS = [(40, 41, 42), (50, 51), (60, 61, 62, 63), (70,)]
LENGTH = 24


def moved(base: Path, by: float) -> dict[str, torch.Tensor]:
    """The base's weights after something like a step."""
    generator = torch.Generator().manual_seed(0)
    return {
        name: tensor + by * torch.randn(tensor.shape, generator=generator)
        for name, tensor in weights_of(load_model(base)).items()
    }


class KeepsOldKeys(TransformersEngine):
    def push(self, weights: Mapping[str, torch.Tensor], version: int) -> dict[str, str]:
        load_weights(self.model, weights)
        self.version = version
        return tensor_hashes(weights_of(self.model))


def written(engine: TransformersEngine, base: Path, temperature: float = 1.0, push_after: int = 8) -> Spots:
    """Completions of version 0 and 1, the push after so many tokens."""
    spots, ended = Spots(), dict[int, Completion]()
    engine.push(weights_of(load_model(base)), 0)
    engine.submit([Request(i, prompt, i) for i, prompt in enumerate(PROMPTS)], Sampling(temperature, LENGTH))
    for _ in range(push_after):
        ended |= dict(engine.collect(0.0))
    engine.push(moved(base, 3e-3), 1)
    while len(ended) < len(PROMPTS):
        ended |= dict(engine.collect())
    for i, prompt in enumerate(PROMPTS):
        spots.add(prompt, ended[i])
    return spots


def engine_over(base: Path, kind: type[TransformersEngine] = TransformersEngine) -> TransformersEngine:
    return kind(load_model(base), dress(load_tokenizer(base), "instruct"), batch=4)


@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_a_completion_that_goes_on_from_new_keys_is_what_a_fresh_forward_gives(
    tiny_base: Path, temperature: float
) -> None:
    engine = engine_over(tiny_base)
    spots = written(engine, tiny_base, temperature)
    spots.check(engine, 1, temperature, FunctionProof())
    assert spots.metrics["spots/spanning"] >= 3
    assert spots.metrics["spots/gap_mean"] < 1e-5 and spots.metrics["spots/gap_max"] < 1e-4
    assert not spots.ended


def test_one_that_goes_on_from_old_keys_is_caught(tiny_base: Path) -> None:
    engine = engine_over(tiny_base, KeepsOldKeys)
    spots = written(engine, tiny_base)
    with pytest.raises(EngineError, match=r"version 1: the logprobs of completions that span versions differ from"):
        spots.check(engine, 1, 1.0, FunctionProof())


@pytest.mark.parametrize("push_after", [0, 8])
def test_logprobs_without_the_temperature_are_caught(
    tiny_base: Path, push_after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without(logits: torch.Tensor, uniform: torch.Tensor, temperature: torch.Tensor, forced: torch.Tensor):  # type: ignore[no-untyped-def]  # noqa: ANN202
        tokens, _ = draw(logits, uniform, temperature, forced)
        return tokens, logits.float().log_softmax(-1).gather(-1, tokens[:, None])[:, 0]

    monkeypatch.setattr("temper.rlvr.engines.transformers_engine.draw", without)
    engine = engine_over(tiny_base)
    with torch.no_grad():
        engine.model.lm_head.weight.mul_(20)  # an untrained model's distribution is flat at every temperature
    base = tiny_base.with_name(f"sharp-{push_after}")
    engine.model.save_pretrained(base)
    spots = written(engine, base, 0.7, push_after)
    with pytest.raises(EngineError, match="another temperature"):
        spots.check(engine, 1, 0.7, FunctionProof())


class Records(ScriptedEngine):
    def __init__(self) -> None:
        super().__init__(lambda i: ("", True))
        self.read_again: list[TokenRow] = []

    def logprobs(self, rows: Sequence[TokenRow], temperature: float = 1.0) -> list[tuple[float, ...]]:
        self.read_again = list(rows)
        return super().logprobs(rows, temperature)


def completion(*versions: int) -> Completion:
    tokens = tuple(range(len(versions)))
    return Completion("", tokens, (-1.0,) * len(tokens), "stop", versions)


def test_the_first_tokens_of_the_version_are_looked_at_behind_all_that_precedes_them() -> None:
    spots, engine = Spots(), Records()
    spots.add((9,), completion(3, 3))
    spots.add((8,), completion(1, 2, 3, 3))
    spots.add((7,), completion(1, 2))  # ended under other weights
    spots.check(engine, 3, 1.0, FunctionProof())
    assert engine.read_again == [((8, 0, 1), (2, 3))], "those that span versions alone"
    assert spots.metrics == {"spots/spanning": 1.0, "spots/gap_mean": 0.0, "spots/gap_max": 0.0}
    for i in range(2 * ROWS):
        spots.add((i,), completion(*[3] * 2 * TOKENS))
    spots.check(engine, 3, 1.0, FunctionProof())
    assert [(prompt, len(tokens)) for prompt, tokens in engine.read_again] == [((i,), TOKENS) for i in range(ROWS)]
    spots.check(engine, 3, 1.0, FunctionProof())
    assert spots.metrics == {"spots/spanning": 0.0}, "nothing ended since"


def test_the_share_of_guesses_that_came_true_is_of_what_ended_since_the_last_push() -> None:
    spots = Spots()
    for accepted in (1, 4):
        spots.add((9,), dataclasses.replace(completion(3, 3), drafted=5, accepted=accepted))
    spots.check(Records(), 3, 1.0, FunctionProof())
    assert spots.metrics["draft/accepted"] == 0.5
    spots.check(Records(), 3, 1.0, FunctionProof())
    assert "draft/accepted" not in spots.metrics
