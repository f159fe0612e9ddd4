"""The one file that talks to TRL's `GRPOTrainer` (1.16.0): our batches in, the objectives of `objective` out.

    L = -(1 / N) sum_it M(rho_it) min(r_it A_i, clip(r_it, 1 - clip_low, 1 + clip_high) A_i)
    r = pi_theta / pi_theta_old,  rho = pi_theta_old / pi_rollout,  M(rho) = rho inside `icepop`, else 0

is the report's (arXiv 2605.31268, section 4). N counts the tokens of every row in the loss, over all ranks, IcePop's
drops included. TRL computes it as loss type "dapo" with its own engine off: the batch is put in where the trainer would
generate and score. Advantages go in two-dimensional, A_i M(rho_it), which is exact because M >= 0. Rows out of the loss
are masked through `tool_mask`, which touches the loss alone and not attention. One optimizer step a batch, so r = 1 at
the update and the clip is inert there.

Where TRL takes a mean over rows (`grpo`, `gspo`, `dr_grpo`) it divides by those out of the loss as well. Advantages and
the KL's weight are multiplied by rows / rows in the loss to undo that (the loss is linear in both): with 6 of 8 rows in
the loss, TRL's sum / 8 times 8 / 6 is the mean over the 6.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import torch
from datasets import Dataset
from peft import PeftModel
from torch.optim.lr_scheduler import LRScheduler
from transformers import PrinterCallback
from trl import GRPOConfig, GRPOTrainer

from temper.policy.attention import count_positions
from temper.policy.checkpoint import load_tokenizer, trained_weights
from temper.policy.health import EMPTY, Health, hold_still, refuse_unless_finite
from temper.policy.lora import adapters, merged_weights
from temper.policy.optim.schedule import scheduler
from temper.policy.resume import last_checkpoint
from temper.policy.rope_probe import RopeProbe
from temper.policy.section import LearnersSection, ScheduleSection
from temper.policy.training import (
    Metrics,
    Progress,
    model_to_train,
    router_loss,
    save_final,
    trainer_arguments,
)
from temper.rlvr.engines.engine import TokenRow
from temper.rlvr.objective import Cispo, Objective
from temper.rlvr.proof import Probed, probe_rows, probed
from temper.rlvr.rollout import Batch, BatchRow
from temper.rlvr.section import RlvrSection
from temper.rlvr.transcript import outside

LOSS_TYPE = {"mellum": "dapo", "dapo": "dapo", "cispo": "cispo", "grpo": "grpo", "gspo": "grpo", "dr_grpo": "dr_grpo"}
MEAN_OVER_ROWS = ("grpo", "gspo", "dr_grpo")

CONTROLLER = "controller.bin"
"""The controller's state in a checkpoint's folder."""
POSITIONS = (64, 256, 1024, 4096, 16384)
"""Places in a completion at which the share that IcePop drops is told apart."""


Keep = Callable[[int, Sequence[Sequence[float]]], None]
"""Is told, step by step, the trainer's logprobs of the batch's rows."""


class Feed(Protocol):
    """What the trainer sees of the controller."""

    def push(self, weights: Mapping[str, torch.Tensor], version: int, probe: Probed) -> None:
        """Called on rank 0 before the batch of that step is taken, the weights as the engines hold them."""
        ...

    def take(self, step: int) -> Batch: ...

    def state(self) -> bytes: ...

    def restore(self, state: bytes | None) -> None: ...


def icepop(old_BT: torch.Tensor, rollout_BT: torch.Tensor, bounds: tuple[float, float]) -> torch.Tensor:
    """M(rho) per token from logprobs; 0 outside the bounds and wherever rho is not a number."""
    rho_BT = torch.exp(old_BT - rollout_BT)
    inside = (rho_BT >= bounds[0]) & (rho_BT <= bounds[1])
    return torch.where(inside, rho_BT, torch.zeros_like(rho_BT))


class SeamTrainer(GRPOTrainer):  # type: ignore[misc]
    """Trains on what `feed` gives, and pushes the weights to it in the type `sent_as`, adapters as they are or
    merged."""

    lr_scheduler: LRScheduler | None

    def __init__(
        self,
        *args: Any,
        feed: Feed,
        objective: Objective,
        schedule: ScheduleSection,
        sent_as: torch.dtype,
        merged: bool,
        longest: int,
        keep: Keep,
        **kwargs: Any,
    ) -> None:
        self.schedule, self.keep = schedule, keep
        super().__init__(*args, **kwargs)
        self.longest = longest
        """Tokens of the longest prompt and completion together."""
        self.feed = feed
        self.objective = objective
        self.sent_as = sent_as
        self.merged = merged
        self.probe: tuple[TokenRow, ...] = ()
        self.took = time.monotonic()
        """When the last batch was there: from then to the next push the trainer trains."""

    def create_scheduler(self, num_training_steps: int, optimizer: torch.optim.Optimizer | None = None) -> LRScheduler:
        if self.lr_scheduler is None:
            self.lr_scheduler = scheduler(self.schedule, num_training_steps, optimizer or self.optimizer)
        return self.lr_scheduler

    def _generate_and_score_completions(self, inputs: Any) -> dict[str, torch.Tensor]:
        step = self.state.global_step
        if step:
            self._metrics["train"]["seconds/train"].append(time.monotonic() - self.took)
        model = self.accelerator.unwrap_model(self.model_wrapped)
        model = model.get_base_model() if isinstance(model, PeftModel) else model
        weights = gather_weights(model, self.sent_as, self.accelerator.is_main_process, self.merged)
        refuse_unless_finite(weights, f"step {step}")
        self.probe = self.probe or probe_rows(model, self.args.seed, self.longest)
        # On every rank, though rank 0 alone pushes: under ZeRO-3 a forward gathers from all.
        probe = probed(model, self.probe)
        if self.accelerator.is_main_process:
            self.feed.push(weights, step, probe)
        # A take before its push is refused, so the other ranks wait for rank 0's.
        self.accelerator.wait_for_everyone()
        batch = self.feed.take(step)
        self.took = time.monotonic()
        tensors = self._tensors(self._rows_of_rank(batch))
        self._keep(batch, tensors["old_per_token_logps"])
        if self.objective.kind in MEAN_OVER_ROWS:
            scale = len(batch.rows) / max(1, sum(row.in_loss for row in batch.rows))
            tensors["advantages"] *= scale
            self.beta = self.objective.kl * scale
        if not self._learns(batch):
            hold_still(self.optimizer)
        self._metrics["train"][EMPTY].append(float(not self._learns(batch)))
        tensors["num_items_in_batch"] = torch.tensor(float(batch.loss_tokens), device=self.accelerator.device)
        for name, value in batch.metrics.items():
            self._metrics["train"][name].append(value)
        return tensors

    def _keep(self, batch: Batch, old_BT: torch.Tensor) -> None:
        """Hands on what the trainer said of every row of the batch; every rank must call it."""
        widest = max(len(row.completion_tokens) for row in batch.rows)
        whole_BT = self.accelerator.gather(torch.nn.functional.pad(old_BT, (0, widest - old_BT.size(1))))
        if self.accelerator.is_main_process:
            said = whole_BT.tolist()
            self.keep(batch.step, [of[: len(row.completion_tokens)] for of, row in zip(said, batch.rows, strict=True)])

    def _learns(self, batch: Batch) -> bool:
        """Whether the batch has a gradient."""
        if not batch.loss_tokens:
            return False
        advantage = any(row.in_loss and row.advantage for row in batch.rows)
        return advantage or bool(self.objective.kl or self.args.router_aux_loss_coef)

    def batch(self) -> str:
        """Where the rollouts of the step just made lie."""
        return f"rollouts/step-{self.state.global_step:06d}.parquet"

    def _rows_of_rank(self, batch: Batch) -> Sequence[BatchRow]:
        count = self.args.per_device_train_batch_size * self.args.steps_per_generation
        if len(batch.rows) != count * self.accelerator.num_processes:
            raise AssertionError(
                f"batch of {len(batch.rows)} rows, {count} on each of {self.accelerator.num_processes} ranks"
            )
        # 8 rows on 2 ranks: rank 1 has the rows 4 to 7.
        start = self.accelerator.process_index * count
        return batch.rows[start : start + count]

    def _tensors(self, rows: Sequence[BatchRow]) -> dict[str, torch.Tensor]:
        device = self.accelerator.device
        pad_id = self.processing_class.pad_token_id
        prompt_BT = _padded([row.prompt_tokens for row in rows], pad_id, left=True).to(device)
        completion_BT = _padded([row.completion_tokens for row in rows], pad_id).to(device)
        prompt_mask_BT = _padded([(1,) * len(row.prompt_tokens) for row in rows], 0, left=True).to(device)
        mask_BT = _padded([(1,) * len(row.completion_tokens) for row in rows], 0).to(device)
        rollout_BT = _padded([row.rollout_logprobs for row in rows], 0.0).to(device)
        loss_BT = _padded([_in_loss(row) for row in rows], 0).to(device)
        advantage_B1 = torch.tensor([[row.advantage] for row in rows], device=device)

        def logprobs(model: Any) -> torch.Tensor:
            with torch.no_grad():
                found: torch.Tensor = self._get_per_token_logps_and_entropies(
                    model,
                    torch.cat([prompt_BT, completion_BT], dim=1),
                    torch.cat([prompt_mask_BT, mask_BT], dim=1),
                    completion_BT.size(1),
                    batch_size=self.args.per_device_train_batch_size,
                )[0]
            return found

        # The trainer's own, not the engine's: so r is 1 at the update, and rho alone holds what the two differ by.
        old_BT = logprobs(self.model)
        reference = {}
        if self.ref_model is not None:
            reference = {"ref_per_token_logps": logprobs(self.ref_model)}
        elif self.objective.kl:
            with self.model.disable_adapter():
                reference = {"ref_per_token_logps": logprobs(self.model)}
        weight_BT = icepop(old_BT, rollout_BT, self.objective.icepop)
        self._log_gap(old_BT, rollout_BT, weight_BT, loss_BT)
        return {
            "prompt_ids": prompt_BT,
            "prompt_mask": prompt_mask_BT,
            "completion_ids": completion_BT,
            "completion_mask": mask_BT,
            "tool_mask": loss_BT,
            "advantages": advantage_B1 * weight_BT,
            "old_per_token_logps": old_BT,
            **reference,
        }

    def _log_gap(
        self, old_BT: torch.Tensor, rollout_BT: torch.Tensor, weight_BT: torch.Tensor, loss_BT: torch.Tensor
    ) -> None:
        """The mean logprob gap, and the share of tokens that IcePop drops: of all, and by their place."""
        # Of a token that was not sampled the engine's logprob is 0, which is no probability to compare with.
        gap = (old_BT.double() - rollout_BT).abs() * loss_BT
        dropped_BT = (weight_BT == 0) * loss_BT
        place_T = torch.arange(loss_BT.size(1), device=loss_BT.device)
        # Place 63 is in bucket 0 and place 64 in bucket 1: a bucket begins at its bound.
        bucket_T = torch.bucketize(place_T, torch.tensor(POSITIONS, device=place_T.device), right=True)
        parts = [[(x_BT * (bucket_T == i)).sum() for i in range(len(POSITIONS) + 1)] for x_BT in (dropped_BT, loss_BT)]
        sums = torch.stack([gap.sum(), *parts[0], *parts[1]]).double()
        sums = self.accelerator.reduce(sums, reduction="sum")
        dropped, tokens = sums[1:].chunk(2)
        metrics = self._metrics["train"]
        metrics["logprob_gap/mean"].append((sums[0] / tokens.sum().clamp(min=1)).item())
        metrics["icepop/dropped"].append((dropped.sum() / tokens.sum().clamp(min=1)).item())
        for i, start in enumerate((0, *POSITIONS)):
            if tokens[i]:
                metrics[f"icepop/dropped/{start}+"].append((dropped[i] / tokens[i]).item())


def _in_loss(row: BatchRow) -> list[int]:
    """1 for each completion token in the loss, else 0."""
    length = len(row.completion_tokens)
    return outside(row.unsampled, length) if row.in_loss else [0] * length


def _padded(rows: Sequence[Sequence[float]], value: float, left: bool = False) -> torch.Tensor:
    width = max(len(row) for row in rows)
    padding = [[value] * (width - len(row)) for row in rows]
    return torch.tensor([[*pad, *row] if left else [*row, *pad] for row, pad in zip(rows, padding, strict=True)])


def gather_weights(model: Any, sent_as: torch.dtype, keep: bool, merged: bool = False) -> dict[str, torch.Tensor]:
    """Every trained parameter whole (all weights, with adapters `merged` into them), on the CPU, as the engine holds
    it; nothing on a rank that does not `keep` them. Under ZeRO-3 they are gathered one after another (every rank must
    call it)."""
    if not any(hasattr(parameter, "ds_id") for parameter in model.parameters()):
        weights = merged_weights(model) if merged else trained_weights(model).items()
        return {name: tensor.to("cpu", sent_as) for name, tensor in weights} if keep else {}
    import deepspeed

    gathered = {}
    for name, parameter in model.named_parameters():
        with deepspeed.zero.GatheredParameters([parameter]):
            if keep:
                # A copy: behind the `with` a rank has its share of the parameter alone.
                gathered[name] = parameter.detach().to("cpu", sent_as, copy=True)
    return gathered


def make_trainer(
    section: RlvrSection,
    learners: LearnersSection,
    seed: int,
    base: Path,
    work: Path,
    feed: Feed,
    sent_as: torch.dtype = torch.float32,
    merged: bool = False,
    keep: Keep = lambda step, logprobs: None,
) -> SeamTrainer:
    """The trainer over `base`, or over the checkpoint under `work` that a killed run resumes from. Adapters are pushed
    in float32, or `merged` into the weights, whose type is `sent_as`."""
    # Adapters lie in checkpoints of their own, which the trainer restores.
    model = model_to_train(base, None if section.lora else last_checkpoint(work), learners)
    count_positions(model)
    model.config._name_or_path = str(base)  # where TRL loads the reference from, on resume as well
    objective = section.objective
    # 64 rollouts a step on 4 ranks: 16 a rank, in 2 passes of 8.
    rows = section.rollouts_per_step // learners.ranks
    arguments = GRPOConfig(
        **trainer_arguments(work, section.schedule, section.optimizer, learners, seed),
        per_device_train_batch_size=section.rollouts_per_micro_batch,
        gradient_accumulation_steps=rows // section.rollouts_per_micro_batch,
        max_steps=section.steps,
        max_grad_norm=section.max_grad_norm,
        save_steps=section.save_every,
        ignore_data_skip=True,
        num_generations=2,  # TRL's own grouping, unused: it must only divide the batch
        max_completion_length=section.max_completion_tokens,
        temperature=section.temperature,
        loss_type=LOSS_TYPE[objective.kind],
        importance_sampling_level="sequence" if objective.kind == "gspo" else "token",
        **_clip(objective),
        beta=objective.kl,
        use_bias_correction_kl=False,  # r k3 has another gradient than k3, at r = 1 as well
        disable_dropout=True,
        router_aux_loss_coef=router_loss(model, section.router_loss),
        use_vllm=False,
    )
    trainer = SeamTrainer(
        model=model,
        reward_funcs=_never_called,
        args=arguments,
        train_dataset=Dataset.from_dict({"prompt": [""] * section.rollouts_per_step}),
        processing_class=load_tokenizer(base),
        feed=feed,
        peft_config=adapters(section.lora, model) if section.lora else None,
        objective=objective,
        schedule=section.schedule,
        sent_as=torch.float32 if section.lora and not merged else sent_as,
        merged=merged,
        keep=keep,
        longest=section.longest,
    )
    if trainer.ref_model is not None:
        count_positions(trainer.accelerator.unwrap_model(trainer.ref_model))
    trainer.remove_callback(PrinterCallback)
    return trainer


def _clip(objective: Objective) -> dict[str, float]:
    if isinstance(objective, Cispo):
        return {"epsilon_high": objective.bound}
    return {"epsilon": objective.clip_low, "epsilon_high": objective.clip_high}


def train(
    section: RlvrSection,
    learners: LearnersSection,
    seed: int,
    base: Path,
    work: Path,
    out: Path,
    feed: Feed,
    sent_as: torch.dtype,
    merged: bool,
    report: Callable[[int, Metrics], None],
    keep: Keep = lambda step, logprobs: None,
) -> None:
    """Trains `base` for `section.steps`, sends its weights as the engines hold them (`make_trainer`), checkpoints under
    `work` (the controller's state with them), resumes from there, leaves the model in `out`."""
    resume = last_checkpoint(work)
    trainer = make_trainer(section, learners, seed, base, work, feed, sent_as, merged, keep)

    def save_controller(folder: Path) -> None:
        (folder / CONTROLLER).write_bytes(feed.state())

    health = Health(section.max_empty_share, trainer.batch)
    trainer.add_callback(Progress(learners, report, health, save_controller))
    trainer.add_callback(RopeProbe(base))
    if trainer.accelerator.is_main_process:
        feed.restore((resume / CONTROLLER).read_bytes() if resume else None)
    trainer.accelerator.wait_for_everyone()
    trainer.train(resume_from_checkpoint=str(resume) if resume else None)
    save_final(trainer, base, out)


def _never_called(**_: Any) -> list[float]:
    raise AssertionError("TRL scored completions by itself")
