"""The report's objective through TRL, against the formula written out in plain torch."""

import inspect
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
import trl
from transformers import TrainerCallback

from temper.policy.checkpoint import load_model, tensor_hashes, weights_of
from temper.policy.health import NotFiniteError, NothingLearnedError
from temper.policy.section import LearnersSection, ScheduleSection
from temper.policy.sources import GeneratedRows
from temper.rlvr.doubles import ScriptedFeed
from temper.rlvr.loss.gap import icepop
from temper.rlvr.rollout import Batch, BatchRow
from temper.rlvr.section import RlvrSection
from temper.rlvr.trl_seam import SeamTrainer, make_trainer, train

PROMPTS = [(40, 41, 42), (50, 51), (60, 61, 62, 63), (70,)]
COMPLETIONS = [(80, 81, 82, 83), (90, 91), (100, 101, 102), (110,)]


def section(rows: int, budget: int = 100, **changes: Any) -> RlvrSection:
    return RlvrSection.model_validate(
        {
            "data": (GeneratedRows(rows=1),),
            "steps": 1,
            "problems_per_step": 1,
            "group_size": rows,
            "tokens_per_micro_batch": budget,
            "max_prompt_tokens": 8,
            "max_completion_tokens": 8,
            "schedule": ScheduleSection(learning_rate=1e-6, decay="constant"),
            "max_grad_norm": 1e9,
            **changes,
        }
    )


class Grab(TrainerCallback):  # type: ignore[misc]
    """Keeps the gradient that the optimizer is about to apply."""

    def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        parameters = kwargs["model"].named_parameters()
        self.gradient = {n: torch.zeros_like(p) if p.grad is None else p.grad.clone() for n, p in parameters}


def batch_of(
    advantages: Sequence[float], gaps: Sequence[Sequence[float]], base: Path, in_loss: Sequence[bool]
) -> Batch:
    """Rows whose rollout logprobs lie `gap` below the policy's, so that rho = exp(gap) a token."""
    logprobs = policy_logprobs(base)
    rows = [
        BatchRow(p, c, tuple(lp - g for lp, g in zip(lps.tolist(), gap, strict=True)), a, loss)
        for p, c, lps, gap, a, loss in zip(PROMPTS, COMPLETIONS, logprobs, gaps, advantages, in_loss, strict=True)
    ]
    return Batch(0, tuple(rows), sum(len(row.completion_tokens) for row in rows if row.in_loss))


def policy_logprobs(base: Path, model: Any = None) -> list[torch.Tensor]:
    model = model or load_model(base)
    found = []
    for prompt, completion in zip(PROMPTS, COMPLETIONS, strict=True):
        logits = model(input_ids=torch.tensor([[*prompt, *completion]]), use_cache=False).logits[0]
        logits = logits[len(prompt) - 1 : -1].log_softmax(-1)
        found.append(logits.gather(-1, torch.tensor(completion)[:, None])[:, 0])
    return found


def through_trl(base: Path, work: Path, batch: Batch, budget: int = 100, **changes: Any) -> dict[str, torch.Tensor]:
    grab = Grab()
    feed = ScriptedFeed(lambda step: batch)
    trainer = make_trainer(section(len(batch.rows), budget, **changes), LearnersSection(threads=1), 0, base, work, feed)
    trainer.add_callback(grab)
    trainer.train()
    assert list(feed.pushed) == [0]
    return grab.gradient


def by_the_formula(base: Path, batch: Batch, bounds: tuple[float, float] = (0.5, 5.0)) -> dict[str, torch.Tensor]:
    """-(1 / N) sum M(rho) A r with r = 1 at the update, so d r = d logprob."""
    model = load_model(base)
    loss = torch.tensor(0.0)
    for row, logprobs in zip(batch.rows, policy_logprobs(base, model), strict=True):
        rho = torch.exp(logprobs.detach() - torch.tensor(row.rollout_logprobs))
        kept = torch.where((rho >= bounds[0]) & (rho <= bounds[1]), rho, 0.0)
        loss = loss - int(row.in_loss) * (kept * row.advantage * logprobs).sum() / batch.loss_tokens
    torch.autograd.backward(loss)
    return {n: torch.zeros_like(p) if p.grad is None else p.grad for n, p in model.named_parameters()}


def largest_difference(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> float:
    return max(float((a[name] - b[name]).abs().max()) for name in a)


SMALL = [[0.1, -0.2, 0.0, 0.3], [0.0, 0.1], [-0.3, 0.2, 0.1], [0.05]]


@pytest.mark.parametrize("budget", [4, 8, 100])
def test_the_gradient_is_the_formulas_however_the_batch_is_split(tiny_base: Path, tmp_path: Path, budget: int) -> None:
    """Rows of 7, 4, 7 and 2 tokens: four micro-batches, three, one."""
    batch = batch_of([1.0, -0.5, 0.25, -0.75], SMALL, tiny_base, [True] * 4)
    gradient = through_trl(tiny_base, tmp_path, batch, budget)
    assert largest_difference(gradient, by_the_formula(tiny_base, batch)) < 1e-6


def test_tokens_outside_the_icepop_bounds_give_no_gradient_and_still_count(tiny_base: Path, tmp_path: Path) -> None:
    log6, log_04 = math.log(6), math.log(0.4)
    gaps = [[0.0, log6, 0.0, log_04], [0.0, 0.0], [log6, log6, log6], [0.0]]
    batch = batch_of([1.0, -0.5, 5.0, -0.75], gaps, tiny_base, [True] * 4)
    gradient = through_trl(tiny_base, tmp_path, batch)
    assert batch.loss_tokens == 10
    assert largest_difference(gradient, by_the_formula(tiny_base, batch)) < 1e-6
    without = batch_of([1.0, -0.5, 0.0, -0.75], gaps, tiny_base, [True] * 4)
    assert largest_difference(gradient, by_the_formula(tiny_base, without)) < 1e-6


def test_a_row_out_of_the_loss_gives_no_gradient_and_leaves_n(tiny_base: Path, tmp_path: Path) -> None:
    batch = batch_of([1.0, -0.5, 0.25, -0.75], SMALL, tiny_base, [True, False, True, True])
    assert batch.loss_tokens == 8
    gradient = through_trl(tiny_base, tmp_path, batch)
    assert largest_difference(gradient, by_the_formula(tiny_base, batch)) < 1e-6


def test_groups_without_variance_give_exactly_no_gradient(tiny_base: Path, tmp_path: Path) -> None:
    batch = batch_of([0.0] * 4, SMALL, tiny_base, [True] * 4)
    gradient = through_trl(tiny_base, tmp_path, batch)
    assert all(float(g.abs().max()) == 0.0 for g in gradient.values())


def test_the_router_loss_alone_moves_a_group_without_variance(tiny_base: Path, tmp_path: Path) -> None:
    batch = batch_of([0.0] * 4, SMALL, tiny_base, [True] * 4)
    gradient = through_trl(tiny_base, tmp_path, batch, router_loss=1e-3)
    assert float(gradient["model.layers.0.mlp.gate.weight"].abs().max()) > 0


@pytest.mark.parametrize(
    ("ratio", "advantage", "clipped"),
    [
        (1.29, 1.0, True),
        (1.27, 1.0, False),
        (0.79, -1.0, True),
        (0.81, -1.0, False),
        (1.5, -1.0, False),
        (0.5, 1.0, False),
    ],
)
def test_the_clip_stops_each_side_where_the_report_has_it(
    tiny_base: Path, tmp_path: Path, ratio: float, advantage: float, clipped: bool
) -> None:
    """r outside [0.8, 1.28] gives no gradient where the advantage pushes further out, by feeding old logprobs."""
    trainer = make_trainer(
        section(2), LearnersSection(threads=1), 0, tiny_base, tmp_path, ScriptedFeed(lambda step: pytest.fail(""))
    )
    trainer.current_gradient_accumulation_steps = 1
    trainer.model.train()
    prompt, completion = torch.tensor([[40, 41, 42]] * 2), torch.tensor([[80, 81, 82]] * 2)
    ones = torch.ones_like(completion)
    logits = trainer.model(input_ids=torch.cat([prompt, completion], 1), use_cache=False).logits[:, 2:-1]
    logprobs = logits.log_softmax(-1).gather(-1, completion[..., None])[..., 0].detach()
    loss = trainer._compute_loss(
        trainer.model,
        {
            "prompt_ids": prompt, "prompt_mask": torch.ones_like(prompt), "completion_ids": completion,
            "completion_mask": ones, "advantages": torch.full((2, 3), advantage),
            "old_per_token_logps": logprobs - math.log(ratio), "num_items_in_batch": torch.tensor(6.0),
        },
    )  # fmt: skip
    bound = 1.28 if advantage > 0 else 0.8
    assert loss.item() == pytest.approx(-advantage * (bound if clipped else ratio), rel=1e-4)
    loss.backward()
    moved = max(float(p.grad.abs().max()) for p in trainer.model.parameters() if p.grad is not None)
    assert (moved < 1e-9) == clipped


def trained(base: Path, folder: Path, batches: Sequence[Batch], **changes: Any) -> list[dict[str, float]]:
    """What each step of a whole training said; its model lies in `out`."""
    lines: list[dict[str, float]] = []
    train(
        section(4, steps=len(batches), **changes), LearnersSection(threads=1), 0, base, folder / "work",
        folder / "out", ScriptedFeed(lambda step: batches[step]), torch.float32, merged=False,
        report=lambda step, metrics: lines.append(metrics),
    )  # fmt: skip
    return lines


def hashes(folder: Path) -> dict[str, str]:
    return tensor_hashes(weights_of(load_model(folder)))


FULL: dict[str, Any] = {"schedule": {"learning_rate": 1e-2, "decay": "constant"}, "optimizer": {"weight_decay": 0.5}}
NOBODY = [False] * 4


@pytest.mark.parametrize(
    ("advantages", "in_loss", "changes"),
    [
        ([1.0, -0.5, 0.25, -0.75], NOBODY, {}),  # all truncated, or all abstained
        ([1.0, -0.5, 0.25, -0.75], NOBODY, {"router_loss": 0.1}),
        ([1.0, -0.5, 0.25, -0.75], NOBODY, {"objective": {"kind": "grpo", "kl": 0.5}}),
        ([0.0] * 4, [True] * 4, {}),  # no group with variance
        ([0.0, 1.0, 0.0, 0.0], [True, False, True, True], {}),
    ],
)
def test_a_step_without_a_gradient_moves_no_weight_and_is_counted(
    tiny_base: Path, tmp_path: Path, advantages: list[float], in_loss: list[bool], changes: dict[str, Any]
) -> None:
    """The first step gives the optimizer its momentum, which the second may not spend."""
    one = trained(tiny_base, tmp_path / "one", [batch_of([1.0] * 4, SMALL, tiny_base, [True] * 4)], **FULL, **changes)
    batches = [batch_of([1.0] * 4, SMALL, tiny_base, [True] * 4), batch_of(advantages, SMALL, tiny_base, in_loss)]
    two = trained(tiny_base, tmp_path / "two", batches, **FULL, **changes)
    assert [line["empty"] for line in (*one, *two)] == [0.0, 0.0, 1.0]
    assert hashes(tmp_path / "one/out") == hashes(tmp_path / "two/out") != hashes(tiny_base)


def test_too_many_steps_without_a_gradient_stop_the_stage(tiny_base: Path, tmp_path: Path) -> None:
    empty = batch_of([1.0] * 4, SMALL, tiny_base, NOBODY)
    told = replace(empty, metrics={"reward": 0.0, "completion/truncated": 1.0})
    said = r"step 2: nothing could be learned in 2 steps, .* 0.4 of 4; in this one: 100% of completions truncated; .*6"
    with pytest.raises(NothingLearnedError, match=said.replace("6", "rollouts/step-000002.parquet")):
        trained(tiny_base, tmp_path, [told] * 4, max_empty_share=0.4)


def test_a_batch_that_gives_no_number_stops_the_stage_and_is_named(tiny_base: Path, tmp_path: Path) -> None:
    good = batch_of([1.0] * 4, SMALL, tiny_base, [True] * 4)
    rows = (*good.rows[:3], replace(good.rows[3], advantage=math.nan))
    with pytest.raises(NotFiniteError, match=r"^step 2: loss nan and grad_norm nan.*rollouts/step-000002.parquet"):
        trained(tiny_base, tmp_path, [good, replace(good, rows=rows), good], save_every=1)
    assert [path.name for path in (tmp_path / "work").glob("checkpoint-*")] == ["checkpoint-1"]
    assert not (tmp_path / "out").exists()


def test_weights_that_are_no_numbers_are_not_pushed(tiny_base: Path, tmp_path: Path) -> None:
    feed = ScriptedFeed(lambda step: batch_of([1.0] * 4, SMALL, tiny_base, [True] * 4))
    trainer = make_trainer(section(4), LearnersSection(threads=1), 0, tiny_base, tmp_path, feed)
    with torch.no_grad():
        trainer.model.lm_head.weight[0, 0] = math.inf
    with pytest.raises(NotFiniteError, match=r"step 0: 1 of \d+ weights are not finite, first \['lm_head.weight'\]"):
        trainer.train()
    assert not feed.pushed


def test_icepop_drops_what_is_no_number() -> None:
    old = torch.tensor([[0.0, 0.0, 0.0, float("nan"), -float("inf")]])
    rollout = torch.tensor([[-math.log(4.99), -math.log(5.01), math.log(2.01), 0.0, -float("inf")]])
    assert icepop(old, rollout, (0.5, 5.0))[0].tolist() == pytest.approx([4.99, 0.0, 0.0, 0.0, 0.0])


def test_what_the_seam_leans_on_stands_in_this_trl() -> None:
    assert trl.__version__ == "1.16.0"
    assert "_prepare_inputs" in vars(trl.GRPOTrainer) and "training_step" in vars(trl.GRPOTrainer)
    wanted = ["self", "model", "input_ids", "attention_mask", "logits_to_keep", "batch_size"]
    assert list(inspect.signature(trl.GRPOTrainer._get_per_token_logps_and_entropies).parameters)[:6] == wanted
    source = inspect.getsource(trl.GRPOTrainer._compute_loss)
    for piece in (
        'inputs["tool_mask"]',
        "advantages.dim() == 1",
        'inputs["num_items_in_batch"]',
        "old_per_token_logps",
    ):
        assert piece in source, f"TRL's loss no longer has {piece}; read it again before raising the pin"
    assert issubclass(SeamTrainer, trl.GRPOTrainer)
