"""Each objective through TRL, against two rows of three tokens worked by hand and its formula in plain torch."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from temper.policy.checkpoint import load_model
from temper.policy.section import LearnersSection, ScheduleSection
from temper.policy.sources import GeneratedRows
from temper.rlvr.doubles import ScriptedFeed
from temper.rlvr.rollout import Batch, BatchRow
from temper.rlvr.section import RlvrSection
from temper.rlvr.trl_seam import SeamTrainer, make_trainer

PROMPT, COMPLETIONS = torch.tensor([[40, 41, 42]] * 2), torch.tensor([[80, 81, 82], [90, 91, 92]])
RATIOS = torch.tensor([[1.5, 1.0, 0.6], [0.7, 1.1, 1.3]])
ADVANTAGES = torch.tensor([[1.0], [-1.0]])
CAP = 8
S1, S2 = (1.5 * 1.0 * 0.6) ** (1 / 3), (0.7 * 1.1 * 1.3) ** (1 / 3)


def trainer_of(base: Path, work: Path, objective: dict[str, Any], **parts: Any) -> SeamTrainer:
    section = RlvrSection.model_validate(
        {
            "data": (GeneratedRows(rows=1),), "steps": 1, "problems_per_step": 1, "group_size": 2,
            "max_prompt_tokens": 8, "max_completion_tokens": CAP,
            "schedule": ScheduleSection(learning_rate=1e-6, decay="constant"), "max_grad_norm": 1e9,
            "objective": objective, **parts,
        }
    )  # fmt: skip
    made = make_trainer(section, LearnersSection(threads=1), 0, base, work, ScriptedFeed(lambda step: pytest.fail("")))
    made.current_gradient_accumulation_steps = 1
    made.model.train()
    return made


def logprobs_of(model: Any) -> torch.Tensor:
    logits = model(input_ids=torch.cat([PROMPT, COMPLETIONS], 1), use_cache=False).logits[:, 2:-1]
    picked: torch.Tensor = logits.log_softmax(-1).gather(-1, COMPLETIONS[..., None])[..., 0]
    return picked


def clipped(ratio: torch.Tensor, low: float, high: float) -> torch.Tensor:
    return torch.min(ratio * ADVANTAGES, ratio.clamp(1 - low, 1 + high) * ADVANTAGES)


def sequence(ratio: torch.Tensor) -> torch.Tensor:
    return ratio.log().mean(-1, keepdim=True).exp().expand_as(ratio)


Formula = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
OBJECTIVES: list[tuple[dict[str, Any], Formula, float | None]] = [
    # row 1: min(r, 1.28) = 1.28 1.0 0.6; row 2: -max(r, 0.8) = -0.8 -1.1 -1.3
    ({"kind": "mellum"}, lambda r, lp: -clipped(r, 0.2, 0.28).sum() / 6, (3.2 - 2.88) / 6),
    ({"kind": "dapo"}, lambda r, lp: -clipped(r, 0.2, 0.28).sum() / 6, (3.2 - 2.88) / 6),
    ({"kind": "grpo"}, lambda r, lp: -clipped(r, 0.2, 0.2).mean(-1).mean(), (3.2 / 3 - 2.8 / 3) / 2),
    ({"kind": "dr_grpo"}, lambda r, lp: -clipped(r, 0.2, 0.2).sum() / (2 * CAP), (3.2 - 2.8) / 16),
    ({"kind": "gspo"}, lambda r, lp: -clipped(sequence(r), 3e-4, 4e-4).mean(), -(S1 - S2) / 2),
    ({"kind": "cispo", "bound": 1.2}, lambda r, lp: -(r.detach().clamp(max=1.2) * ADVANTAGES * lp).sum() / 6, None),
]


@pytest.mark.parametrize(("objective", "formula", "by_hand"), OBJECTIVES, ids=[o["kind"] for o, _, _ in OBJECTIVES])
def test_loss_and_gradient_are_the_formulas_on_both_sides_of_the_clip(
    tiny_base: Path, tmp_path: Path, objective: dict[str, Any], formula: Formula, by_hand: float | None
) -> None:
    trainer = trainer_of(tiny_base, tmp_path, objective)
    old = logprobs_of(load_model(tiny_base)).detach() - RATIOS.log()
    loss = trainer._compute_loss(
        trainer.model,
        {
            "prompt_ids": PROMPT, "prompt_mask": torch.ones_like(PROMPT), "completion_ids": COMPLETIONS,
            "completion_mask": torch.ones_like(COMPLETIONS), "advantages": ADVANTAGES.expand(2, 3).clone(),
            "old_per_token_logps": old, "num_items_in_batch": torch.tensor(6.0),
        },
    )  # fmt: skip
    loss.backward()
    plain = load_model(tiny_base)
    logprobs = logprobs_of(plain)
    wanted = formula((logprobs - old).exp(), logprobs)
    wanted.backward()  # type: ignore[no-untyped-call]
    assert loss.item() == pytest.approx(wanted.item(), abs=1e-6)
    if by_hand is not None:
        assert loss.item() == pytest.approx(by_hand, abs=1e-5)
    assert largest_difference(trainer.model, plain) < 1e-6


KL = 0.5
GAPS = torch.tensor([[0.4, -0.3, 0.1], [-0.6, 0.2, 0.5]])
"""log(pi_ref / pi_theta)"""
MEAN_OF_KL: dict[str, Formula] = {
    "grpo": lambda k3, _: k3.mean(-1).mean(),
    "gspo": lambda k3, _: k3.mean(-1).mean(),
    "dr_grpo": lambda k3, _: k3.sum() / (2 * CAP),
}


@pytest.mark.parametrize("ratios", [RATIOS, torch.ones(2, 3)], ids=["moved", "at the update"])
@pytest.mark.parametrize(("objective", "formula", "_"), OBJECTIVES, ids=[o["kind"] for o, _, _ in OBJECTIVES])
def test_the_gradient_of_the_kl_is_that_of_k3_whatever_the_ratio(
    tiny_base: Path, tmp_path: Path, objective: dict[str, Any], formula: Formula, _: float | None, ratios: torch.Tensor
) -> None:
    trainer = trainer_of(tiny_base, tmp_path, {**objective, "kl": KL})
    now = logprobs_of(load_model(tiny_base)).detach()
    loss = trainer._compute_loss(
        trainer.model,
        {
            "prompt_ids": PROMPT, "prompt_mask": torch.ones_like(PROMPT), "completion_ids": COMPLETIONS,
            "completion_mask": torch.ones_like(COMPLETIONS), "advantages": ADVANTAGES.expand(2, 3).clone(),
            "old_per_token_logps": now - ratios.log(), "ref_per_token_logps": now + GAPS,
            "num_items_in_batch": torch.tensor(6.0),
        },
    )  # fmt: skip
    loss.backward()
    plain = load_model(tiny_base)
    logprobs = logprobs_of(plain)
    mean = MEAN_OF_KL.get(objective["kind"], lambda x, _: x.sum() / 6)
    # d k3 / d log pi = 1 - pi_ref / pi, by hand
    by_hand = KL * mean((1 - GAPS.exp()) * logprobs, logprobs)  # type: ignore[no-untyped-call]
    torch.autograd.backward(formula((logprobs - now + ratios.log()).exp(), logprobs) + by_hand)
    wanted = formula(ratios, now) + KL * mean(GAPS.exp() - GAPS - 1, now)  # type: ignore[no-untyped-call]
    assert loss.item() == pytest.approx(wanted.item(), abs=1e-6)
    assert largest_difference(trainer.model, plain) < 1e-6


def largest_difference(a: Any, b: Any) -> float:
    gradients = [
        (x.grad if x.grad is not None else torch.zeros_like(x), y.grad if y.grad is not None else torch.zeros_like(y))
        for x, y in zip(a.parameters(), b.parameters(), strict=True)
    ]
    return max(float((x - y).abs().max()) for x, y in gradients)


def batch_of(base: Path, in_loss: tuple[bool, bool], advantages: tuple[float, float]) -> Batch:
    """Rollouts of the policy itself, so that r = rho = 1."""
    logprobs = logprobs_of(load_model(base)).detach().tolist()
    rows = tuple(
        BatchRow((40, 41, 42), tuple(tokens), tuple(lps), advantage, loss)
        for tokens, lps, advantage, loss in zip(COMPLETIONS.tolist(), logprobs, advantages, in_loss, strict=True)
    )
    return Batch(0, rows, 3 * sum(in_loss))


def loss_of(trainer: SeamTrainer, batch: Batch) -> float:
    """Of a whole step."""
    trainer.feed = ScriptedFeed(lambda step: batch)
    return float(trainer.training_step(trainer.model, None))


@pytest.mark.parametrize("kind", ["mellum", "grpo", "dr_grpo", "gspo", "cispo"])
def test_a_row_out_of_the_loss_is_in_no_mean(tiny_base: Path, tmp_path: Path, kind: str) -> None:
    trainer = trainer_of(tiny_base, tmp_path, {"kind": kind, "kl": 0.0})
    loss = loss_of(trainer, batch_of(tiny_base, (True, False), (1.0, 0.0)))
    logprobs = logprobs_of(load_model(tiny_base)).detach()[0]
    alone = -1.0 if kind != "cispo" else -float(logprobs.mean())
    assert loss == pytest.approx(alone * (3 / CAP if kind == "dr_grpo" else 1.0), abs=1e-5)


@pytest.mark.parametrize("kind", ["mellum", "grpo"])
def test_the_kl_is_to_the_stages_base_whatever_the_policy_became(tiny_base: Path, tmp_path: Path, kind: str) -> None:
    trainer = trainer_of(tiny_base, tmp_path, {"kind": kind, "kl": 0.5, "icepop": (0.0, math.inf)})
    with torch.no_grad():
        trainer.model.lm_head.weight.mul_(8)
    now, base = logprobs_of(trainer.model).detach(), logprobs_of(load_model(tiny_base)).detach()
    k3 = (base - now).exp() - (base - now) - 1
    loss = loss_of(trainer, batch_of(tiny_base, (True, False), (0.0, 0.0)))
    assert float(k3[0].mean()) > 1e-3
    assert loss == pytest.approx(0.5 * float(k3[0].mean()), rel=1e-4)


def test_no_reference_is_held_without_a_kl(tiny_base: Path, tmp_path: Path) -> None:
    assert trainer_of(tiny_base, tmp_path, {"kind": "dapo"}).ref_model is None


@pytest.mark.parametrize(
    ("objective", "said"),
    [
        ({"kind": "mellum", "icepop": (1.5, 5.0)}, "the bounds must lie around 1"),
        ({"kind": "cispo", "clip_low": 0.2}, "clip_low"),
        ({"kind": "cispo", "bound": 0.28}, "bound"),
        ({"kind": "ppo"}, "kind"),
        ({"kind": "grpo", "kl": -1}, "kl"),
    ],
)
def test_an_objective_that_makes_no_sense_is_refused(objective: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=said):
        trainer_of(tmp_path, tmp_path, objective)
