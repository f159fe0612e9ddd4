"""A two-turn rollout of 3 + 4 sampled and 5 read tokens: advantages, mask, N and gradient, against plain torch."""

import math
import random
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from test_trl_seam import largest_difference, section, through_trl

from temper.policy.checkpoint import load_model
from temper.rlvr.controller import _row
from temper.rlvr.dialogue import Dialogue, of_one_turn
from temper.rlvr.groups import close
from temper.rlvr.metrics import step_metrics
from temper.rlvr.rollout import Batch, Completion, Group, Rollout
from temper.rlvr.transcript import Transcript, covered, outside, spans_of
from temper.rlvr.trl_seam import _in_loss
from temper.verifiers.problem import Problem
from temper.verifiers.verdict import scored

PROBLEM = Problem(id="p", prompt="?", verifier="math", answer="1")
PROMPT = (40, 41, 42)
FIRST, READ, SECOND = (80, 81, 82), (60, 61, 62, 63, 64), (90, 91, 92, 93)


def policy_logprobs(base: Path, tokens: tuple[int, ...], model: torch.nn.Module | None = None) -> torch.Tensor:
    model = model or load_model(base)
    logits = model(input_ids=torch.tensor([[*PROMPT, *tokens]]), use_cache=False).logits[0]
    logits = logits[len(PROMPT) - 1 : -1].log_softmax(-1)
    found: torch.Tensor = logits.gather(-1, torch.tensor(tokens)[:, None])[:, 0]
    return found


def completion(tokens: tuple[int, ...], logprobs: list[float], version: int, stop: str = "stop") -> Completion:
    return Completion("x", tokens, tuple(logprobs), "stop" if stop == "stop" else "length", (version,) * len(tokens))


def two_turns(base: Path, gaps: list[float]) -> Rollout:
    """`gaps`: by how much the engine's logprobs lie below the policy's, of the 7 sampled tokens."""
    own = policy_logprobs(base, FIRST + READ + SECOND).tolist()
    dialogue = Dialogue(PROBLEM, PROMPT)
    dialogue.wrote(completion(FIRST, [lp - g for lp, g in zip(own[:3], gaps[:3], strict=True)], 4))
    dialogue.read(READ)
    assert dialogue.next_prompt == PROMPT + FIRST + READ
    dialogue.wrote(completion(SECOND, [lp - g for lp, g in zip(own[8:], gaps[3:], strict=True)], 5))
    return dialogue.rollout()


def group(base: Path, gaps: list[float]) -> Group:
    """The two-turn rollout and three of one turn; scores 1, 0, 0 and 1."""
    others = []
    for tokens, score, stop in (((70, 71), 0.0, "stop"), ((72, 73, 74), 0.0, "length"), ((75,), 1.0, "stop")):
        own = policy_logprobs(base, tokens).tolist()
        others.append(replace(of_one_turn(PROBLEM, PROMPT, completion(tokens, own, 5, stop)), verdict=scored(score)))
    first = replace(two_turns(base, gaps), verdict=scored(1.0))
    return close(Group(PROBLEM, (first, *others)), section(4))


def batch_of(closed: Group) -> Batch:
    rows = tuple(_row(rollout) for rollout in closed.rollouts)
    return Batch(0, rows, sum(row.loss_tokens for row in rows))


SAMPLED = (0, 1, 2, 8, 9, 10, 11)


def by_the_formula(base: Path, gaps: list[float]) -> dict[str, torch.Tensor]:
    """Written out: leave-one-out advantages 2/3, -2/3 and 2/3, N = 7 + 2 + 1, the truncated row out."""
    model = load_model(base)
    loss = torch.tensor(0.0)
    first = policy_logprobs(base, FIRST + READ + SECOND, model)
    for place, gap in zip(SAMPLED, gaps, strict=True):
        rho = math.exp(gap)
        loss = loss - (rho if 0.5 <= rho <= 5.0 else 0.0) * (2 / 3) * first[place] / 10
    loss = loss + (2 / 3) * policy_logprobs(base, (70, 71), model).sum() / 10
    loss = loss - (2 / 3) * policy_logprobs(base, (75,), model).sum() / 10
    torch.autograd.backward(loss)
    return {n: torch.zeros_like(p) if p.grad is None else p.grad for n, p in model.named_parameters()}


SMALL = [0.1, -0.2, 0.0, 0.3, 0.05, -0.1, 0.0]
DROPS = [0.1, math.log(6), 0.0, math.log(0.4), 0.05, -0.1, 0.0]


def test_the_transcript_holds_both_turns_and_says_what_was_sampled(tiny_base: Path) -> None:
    made = two_turns(tiny_base, SMALL).transcript
    assert made.tokens == FIRST + READ + SECOND
    assert made.unsampled == ((3, 8),) and made.num_sampled == 7
    assert made.rollout_logprobs[3:8] == (0.0,) * 5
    assert made.policy_versions == (4,) * 8 + (5,) * 4  # what is read has the version of the last sampled token
    assert made.sampled_versions == {4: 3, 5: 4}


def test_advantages_mask_and_n_of_a_two_turn_rollout(tiny_base: Path) -> None:
    closed = group(tiny_base, SMALL)
    assert [r.advantage for r in closed.rollouts] == pytest.approx([2 / 3, -2 / 3, -2 / 3, 2 / 3])
    batch = batch_of(closed)
    assert [_in_loss(row) for row in batch.rows] == [[1] * 3 + [0] * 5 + [1] * 4, [1, 1], [0], [1]]
    assert batch.loss_tokens == 10


@pytest.mark.parametrize("gaps", [SMALL, DROPS], ids=["small", "icepop"])
@pytest.mark.parametrize("budget", [8, 100])
def test_the_gradient_of_turns_is_the_formulas(tiny_base: Path, tmp_path: Path, gaps: list[float], budget: int) -> None:
    gradient = through_trl(tiny_base, tmp_path, batch_of(group(tiny_base, gaps)), budget)
    assert largest_difference(gradient, by_the_formula(tiny_base, gaps)) < 1e-6


def test_what_is_read_is_in_no_count(tiny_base: Path) -> None:
    """Neither in the tokens of a completion nor in the staleness."""
    metrics = step_metrics([group(tiny_base, SMALL)], [], 5, 1)
    assert metrics["completion/tokens"] == (7 + 2 + 3 + 1) / 4
    assert metrics["staleness/1"] == 3 / 13 and metrics["staleness/max"] == 1
    assert group(tiny_base, SMALL).rollouts[0].policy_version == 4


def test_shaping_sees_what_was_sampled_alone() -> None:
    """The overlong penalty counts 4 sampled tokens, where the transcript has 10; no word of a tool is a trigger."""
    shaping = {
        "overlong": {"buffer_tokens": 4, "penalty": 1.0},
        "concision": {"lexicon": ["wait"], "tiers": [{"words": 2, "factor": 0.5}]},
    }
    rollouts = []
    for score in (1.0, 0.0):
        dialogue = Dialogue(PROBLEM, PROMPT)
        dialogue.wrote(replace(completion((1, 2), [-1.0, -1.0], 0), text="wait for it"))
        dialogue.read((7,) * 6)
        dialogue.wrote(completion((3, 4), [-1.0, -1.0], 0))
        rollouts.append(replace(dialogue.rollout(), verdict=scored(score)))
    close(Group(PROBLEM, tuple(rollouts)), section(2, shaping=shaping))
    assert [r.reward for r in rollouts] == [1.0, 0.0]
    rollouts[0].turns = (
        rollouts[0].turns[0],
        replace(rollouts[0].turns[1], completion=rollouts[0].turns[0].completion),
    )
    close(Group(PROBLEM, tuple(rollouts)), section(2, shaping=shaping))
    assert [r.reward for r in rollouts] == [0.5, 0.0]  # "wait" once a turn


def test_a_forced_token_and_results_are_one_mask() -> None:
    grown = Transcript().wrote((1, 2, 3), (-1.0, -2.0, -3.0), (0, 0, 1), ((2, 3),)).read((9, 9))
    assert grown.rollout_logprobs == (-1.0, -2.0, 0.0, 0.0, 0.0)
    assert grown.unsampled == ((2, 5),)
    again = grown.wrote((4, 5), (-4.0, -5.0), (2, 2), ((0, 1),))
    assert again.unsampled == ((2, 6),) and again.policy_versions == (0, 0, 1, 1, 1, 2, 2)
    assert again.num_sampled == 3


def test_a_transcript_only_grows_and_its_columns_have_one_length() -> None:
    """1,000 random dialogues."""
    chance = random.Random(0)
    for _ in range(1_000):
        made, sampled = Transcript(), list[int]()
        for turn in range(chance.randint(1, 5)):
            before, number = made, chance.randint(1, 6)
            forced = sorted(chance.sample(range(number), chance.randint(0, number - 1)))
            tokens = tuple(chance.choices(range(100), k=number))
            sampled += [len(made.tokens) + i for i in range(number) if i not in forced]
            made = made.wrote(tokens, (-1.0,) * number, (turn,) * number, spans_of(forced))
            assert made.tokens[: len(before.tokens)] == before.tokens
            made = made.read((5,) * chance.randint(0, 3))
        assert [i for i, own in enumerate(outside(made.unsampled, len(made.tokens))) if own] == sampled
        assert covered(made.unsampled) + len(sampled) == len(made.tokens)
        assert all(a[1] < b[0] for a, b in zip(made.unsampled, made.unsampled[1:], strict=False))
        assert list(made.policy_versions) == sorted(made.policy_versions)


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(AssertionError):
        Transcript((1, 2), (-1.0,), (0, 0))
