"""`temper eval --suite needle`: what a checkpoint finds, by length of the text and depth of what it is asked for.

A checkpoint with a chat template is asked by a user's turn and may reason first; a base goes on behind `key=`. A length
counts every token of the sequence, the completion included, so that a length equal to the context fills it. Texts are
the same for every checkpoint of a tokenizer, so what `extend` changed is seen by running it before and after.
"""

import json
import random
import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from temper.pipeline.recipe import Recipe
from temper.policy.atomic import write_atomic
from temper.recipes.needle import VERSION, Needle, needle
from temper.rlvr.engines.engine import Engine, generate
from temper.rlvr.rollout import Request, Sampling

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

DEPTHS = (0.0, 0.25, 0.5, 0.75, 1.0)
GREEDY = 0.01
"""Temperature; vLLM samples at no lower one."""
ANSWER_TOKENS = 4
"""Of a base's completion: two digits and what a tokenizer may put before them."""
SLACK = 8
"""Tokens that a key or a joint of two texts may take more than the measured ones."""
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class Cell:
    length: int
    depth: float
    right: tuple[bool, ...]

    @property
    def score(self) -> float:
        return statistics.fmean(self.right)


def lengths_of(checkpoint: Path) -> tuple[int, ...]:
    """An eighth of the context that the configuration names, and its doubles up to the whole."""
    config = json.loads((checkpoint / "config.json").read_bytes())
    context = int(config.get("text_config", config)["max_position_embeddings"])
    return tuple(context // part for part in (8, 4, 2, 1))


def run_needle(
    engine: Engine,
    tokenizer: "PreTrainedTokenizerBase",
    lengths: Sequence[int],
    samples: int,
    seed: int,
    answer_tokens: int,
) -> list[Cell]:
    """`samples` texts of each length and depth. `answer_tokens` is what a model with a chat template may write. Raises
    ValueError for a length that the assignments alone exceed."""
    prompts = _Prompts(tokenizer, answer_tokens)
    asked = [
        (length, depth, prompts.needle(length, depth, random.Random(f"{seed}/{length}/{depth}/{sample}")))
        for length in lengths
        for depth in DEPTHS
        for sample in range(samples)
    ]
    requests = [Request(place, prompts.tokens(one), place) for place, (_, _, one) in enumerate(asked)]
    completions = generate(engine, requests, Sampling(GREEDY, prompts.answer_tokens))
    right = [
        found(completion.text, prompts.chat) == one.answer
        for (_, _, one), completion in zip(asked, completions, strict=True)
    ]
    return [Cell(*asked[start][:2], tuple(right[start : start + samples])) for start in range(0, len(asked), samples)]


def found(text: str, chat: bool) -> str | None:
    """The number that a completion gives: a base's first, a chat's last behind its reasoning."""
    # A base goes on writing after its answer; a chat model may name other numbers on its way to it.
    numbers = _NUMBER.findall(text.rpartition("</think>")[2] if chat else text)
    return numbers[-1 if chat else 0] if numbers else None


class _Prompts:
    def __init__(self, tokenizer: "PreTrainedTokenizerBase", answer_tokens: int) -> None:
        from temper.policy.rendering import Renderer

        self.chat = tokenizer.chat_template is not None
        self.answer_tokens = answer_tokens if self.chat else ANSWER_TOKENS
        self._renderer = Renderer(tokenizer) if self.chat else None
        self._cost = cache(lambda line: len(self._plain(tokenizer, line)))
        self._tokenizer = tokenizer

    def needle(self, length: int, depth: float, rng: random.Random) -> Needle:
        # What the chat template and the question add to any text, by way of an empty one.
        around = len(self.tokens(Needle("", "kaka", "", "kaka="))) + self.answer_tokens + SLACK
        made = needle(rng, length - around, depth, self._cost)
        if (need := len(self.tokens(made)) + self.answer_tokens) > length:
            raise ValueError(f"--lengths: the assignments and the answer take {need} tokens, got {length}; raise it")
        return made

    def tokens(self, one: Needle) -> tuple[int, ...]:
        if self._renderer is None:
            return tuple(self._plain(self._tokenizer, one.continued))
        return tuple(self._renderer.prompt_ids([{"role": "user", "content": one.question}]))

    @staticmethod
    def _plain(tokenizer: "PreTrainedTokenizerBase", text: str) -> list[int]:
        ids: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
        return ids


def table(cells: Sequence[Cell]) -> str:
    """Lengths down, depths across, and the mean of each length with its standard error over the texts."""
    lines = [f"{'length':>8}" + "".join(f"  {depth:5.0%}" for depth in DEPTHS) + "   mean  stderr"]
    for length in dict.fromkeys(cell.length for cell in cells):
        row = [cell for cell in cells if cell.length == length]
        right = [float(one) for cell in row for one in cell.right]
        # The texts of one length are independent: 40 of them, half right, have a standard error of 0.08.
        stderr = statistics.stdev(right) / len(right) ** 0.5 if len(right) > 1 else 0.0
        scores = "".join(f"  {cell.score:5.2f}" for cell in row)
        lines.append(f"{length:8,}{scores}  {statistics.fmean(right):5.2f}  {stderr:6.3f}")
    return "\n".join(lines)


def record(path: Path, checkpoint: Path, cells: Sequence[Cell]) -> None:
    """All cells as JSON."""
    found = [{"length": cell.length, "depth": cell.depth, "score": cell.score, "n": len(cell.right)} for cell in cells]
    write_atomic(path, json.dumps({"checkpoint": str(checkpoint), "version": VERSION, "cells": found}, indent=2) + "\n")


def evaluate(checkpoint: Path, recipe: Recipe, lengths: Sequence[int], samples: int) -> list[Cell]:
    """Scores a checkpoint on the engine of a recipe; Ray has been started."""
    from temper.pipeline import cluster
    from temper.policy.checkpoint import load_tokenizer
    from temper.rlvr.engines.replicas import as_one

    answer_tokens = recipe.eval.max_completion_tokens if recipe.eval else 64
    engines = cluster.start_engines(checkpoint, recipe.engine, recipe.cluster, 0)
    try:
        return run_needle(as_one(engines), load_tokenizer(checkpoint), lengths, samples, recipe.seed, answer_tokens)
    finally:
        cluster.close(engines)
