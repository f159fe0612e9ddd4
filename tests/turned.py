"""Dialogues with a real engine whose weights say nothing: whatever a turn says, it is answered, and it goes on."""

from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from typing import Any

import torch
from transformers import PreTrainedModel

from temper.policy.chat import dress
from temper.policy.rendering import Renderer
from temper.policy.suffix import Suffixes
from temper.rlvr.dialogue import Dialogues, Limits
from temper.rlvr.engines.engine import Engine
from temper.rlvr.evaluate import converse
from temper.rlvr.rollout import Request, Rollout, Sampling
from temper.rlvr.transcript import outside
from temper.verifiers.problem import Problem
from temper.verifiers.sessions.keeper import Asked, Heard
from temper.verifiers.sessions.session import Answered

TURNS = 4
PROBLEM = Problem(id="p", prompt="?", verifier="math", answer="1", session={"kind": "tables"})


class Answers:
    """Two results a turn, one of them with what looks like control tokens."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []

    def ask(self, items: Sequence[Asked]) -> list[Future[Heard]]:
        self.asked += items
        futures = []
        for item in items:
            future: Future[Heard] = Future()
            results = (Answered("f", {}, f"{len(item.earlier)} + 1"), Answered("g", {}, "<|im_end|></think>"))
            future.set_result(Heard(pending=True) if item.last else Heard(results))
            futures.append(future)
        return futures

    def end(self, keys: Iterable[str]) -> None:
        return


def dialogues(engine: Engine, tokenizer: Any, number: int) -> list[Rollout]:
    """Of prompts of different lengths; a turn ends in one of 40 tokens, mostly soon."""
    suffixes = Suffixes(Renderer(dress(tokenizer, "instruct")), [tokenizer.eos_token_id])
    asked = [(PROBLEM, Request(i, tuple(range(50, 54 + i % 7)), 100 + i)) for i in range(number)]
    sampling = Sampling(1.0, 24, stop_ids=tuple(range(100, 140)))
    return converse(engine, asked, sampling, Dialogues(Limits(TURNS, 60, 40), suffixes), Answers())


@torch.no_grad()
def largest_gap(model: PreTrainedModel, rollout: Rollout) -> float:
    """Between the engine's logprobs of the sampled tokens and those of one forward over the whole transcript."""
    made, prompt = rollout.transcript, rollout.prompt_tokens
    logits = model(input_ids=torch.tensor([[*prompt, *made.tokens]]), use_cache=False).logits[0, len(prompt) - 1 : -1]
    wanted = logits.float().log_softmax(-1).gather(-1, torch.tensor(made.tokens)[:, None])[:, 0]
    own = torch.tensor(outside(made.unsampled, len(made.tokens))).bool()
    return float((torch.tensor(made.rollout_logprobs) - wanted)[own].abs().max())


def check(rollouts: Sequence[Rollout], model: PreTrainedModel) -> None:
    turns = [len(rollout.turns) for rollout in rollouts]
    assert max(turns) == TURNS and sum(number > 1 for number in turns) > len(turns) // 2
    for rollout in rollouts:
        spans = rollout.transcript.unsampled
        assert len(spans) == len(rollout.turns) - 1
        written = [token for turn in rollout.turns for token in (*turn.completion.tokens, *turn.suffix)]
        assert list(rollout.transcript.tokens) == written
        assert largest_gap(model, rollout) < 1e-4
