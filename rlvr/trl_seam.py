"""The one file that talks to TRL's `GRPOTrainer` (1.16.0): our batches in, the objectives of `objective` out.

    L = -(1 / N) sum_it M(rho_it) min(r_it A_i, clip(r_it, 1 - clip_low, 1 + clip_high) A_i)
    r = pi_theta / pi_theta_old,  rho = pi_theta_old / pi_rollout,  M(rho) = rho inside `icepop`, else 0

is the report's (arXiv 2605.31268, section 4). N counts the tokens of every row in the loss, over all ranks, IcePop's
drops included. TRL computes it as loss type "dapo" with its own engine off. Advantages go in two-dimensional,
A_i M(rho_it), which is exact because M >= 0. Tokens that were not sampled are masked through `tool_mask`, which touches
the loss alone and not attention; rows out of the loss are not computed at all (`dealing`).

One call of `training_step` is a whole optimizer step: push, take, and as many micro-batches as the batch's tokens ask
for, where TRL and transformers know a fixed number of rows and of micro-steps and are told that there is one. A
micro-batch passes the model as one line of documents without padding, with the attention of SFT. One optimizer step a
batch, so pi_theta_old is pi_theta at the update: r = 1 in every objective, the clip is inert, and the loss pass itself
says the old logprobs.

Where TRL takes a mean over rows (`grpo`, `gspo`, `dr_grpo`) it is over those of one micro-batch on one rank. Advantages
and the KL's weight are multiplied by these rows times the ranks over all rows in the loss (the loss is linear in both):
3 of 12 rows on one of 2 ranks, TRL's sum / 3 times 3 x 2 / 12, averaged over the ranks, is the sum / 12.
"""

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from accelerate import DistributedType
from datasets import Dataset
from peft import PeftModel
from torch.nn.functional import pad
from torch.optim.lr_scheduler import LRScheduler
from transformers import PreTrainedModel, PrinterCallback, Trainer
from trl import GRPOConfig, GRPOTrainer

from temper.policy.attention import attend_by_document, borders
from temper.policy.checkpoint import load_tokenizer, weights_of
from temper.policy.health import EMPTY, Health, hold_still
from temper.policy.lora import adapters
from temper.policy.mtp import MTP_FILE, attach_mtp, write_mtp
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
from temper.rlvr.batches.columns import Column, Logprobs, Tokens
from temper.rlvr.batches.dealing import Share
from temper.rlvr.engines.engine import TokenRow
from temper.rlvr.engines.gathered import Gathered
from temper.rlvr.loss.gap import gap_metrics, gap_sums, icepop
from temper.rlvr.loss.head import UNASKED, add_head_loss, asked_of_head, give_own_groups, parameters_apart
from temper.rlvr.objective import Cispo, Objective
from temper.rlvr.proof import Probe, Probing, probe_rows
from temper.rlvr.rollout import BatchRow
from temper.rlvr.routing.replay import Replay, replay_metrics
from temper.rlvr.section import RlvrSection, RolloutMtpSection
from temper.rlvr.transcript import outside

LOSS_TYPE = {"mellum": "dapo", "dapo": "dapo", "cispo": "cispo", "grpo": "grpo", "gspo": "grpo", "dr_grpo": "dr_grpo"}
MEAN_OVER_ROWS = ("grpo", "gspo", "dr_grpo")

CONTROLLER = "controller.bin"
"""The controller's state in a checkpoint's folder."""
NOTHING = BatchRow((), (), (), 0.0, in_loss=False)
"""Fills up the rows of a micro-batch, without a token for the model."""
PLACEHOLDERS = 2
"""Rows that TRL draws on a rank each step, in the place of a batch; fewer it refuses."""

Scored = tuple[torch.Tensor, torch.Tensor | None, torch.Tensor | None]
"""Logprobs and entropies of the completions' tokens, and the router's loss."""

Keep = Callable[[int, Sequence[Sequence[float]]], None]
"""Is told, step by step, the trainer's logprobs of the batch's rows."""


@dataclass(frozen=True)
class Seen:
    """What a micro-batch showed of the trainer's logprobs."""

    said: list[torch.Tensor] = field(default_factory=list)
    """Those of each row's completion, on the CPU."""
    sums: torch.Tensor = field(default_factory=lambda: torch.zeros(0))
    """`gap_sums`."""
    head: torch.Tensor = field(default_factory=lambda: torch.zeros(2))
    """The sum of the head's loss, and its targets."""


class Feed(Protocol):
    """What the trainer sees of the controller."""

    def push(self, weights: Mapping[str, torch.Tensor], version: int, probe: Probe) -> None:
        """Called on rank 0 before the batch of that step is taken, the weights as the engines hold them; they are good
        until it returns, and so is a probe that nobody has asked for yet."""
        ...

    def take(self, step: int, rank: int, ranks: int, budget: int) -> Share | None:
        """What this rank of `ranks` trains on, in micro-batches of at most `budget` tokens; none, to every rank, where
        the engines ask for these weights once more."""
        ...

    def told(self, step: int) -> dict[str, float]:
        """What is known of the step once it is trained."""
        ...

    def save(self, path: Path) -> None:
        """Writes where the controller stands, on storage that its node shares with the learners'."""
        ...

    def restore(self, saved: Path | None) -> None: ...


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
        budget: int,
        keep: Keep,
        replays: bool,
        mtp: RolloutMtpSection | None = None,
        with_head: bool = False,
        **kwargs: Any,
    ) -> None:
        self.schedule, self.keep, self.mtp, self.with_head = schedule, keep, mtp, with_head
        super().__init__(*args, **kwargs)
        self.replay = Replay(_below_adapters(self.accelerator.unwrap_model(self.model)) if replays else None)
        self.longest = longest
        """Tokens of the longest prompt and completion together."""
        self.budget = budget
        """Tokens of a micro-batch at most."""
        self.scored: Scored | None = None
        """Of the micro-batch whose loss is asked of TRL."""
        self.head = torch.zeros(2)
        """The sum of the head's loss over the micro-batch that was scored last, and its targets."""
        self.seen: list[Seen] = []
        """Of each micro-batch of this step."""
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

    def create_optimizer(self, model: Any = None) -> torch.optim.Optimizer:
        new = self.optimizer is None
        optimizer: torch.optim.Optimizer = super().create_optimizer(model)
        if self.mtp and new:
            give_own_groups(optimizer, model or self.model, self.mtp)
        return optimizer

    def _clip_grad_norm(self, model: Any) -> Any:
        """By a norm of the head's own where it may not move the policy; the policy's is told."""
        if not self.mtp or not self.mtp.detach or self.accelerator.distributed_type == DistributedType.DEEPSPEED:
            return super()._clip_grad_norm(model)
        policy, head = parameters_apart(model)
        self.accelerator.clip_grad_norm_(head, self.args.max_grad_norm)
        return self.accelerator.clip_grad_norm_(policy, self.args.max_grad_norm)

    def _prepare_inputs(self, generation_batch: Any) -> Any:
        """What TRL draws from its data is a placeholder, and what the loss is given is made already."""
        return generation_batch

    def training_step(self, model: Any, inputs: Any, num_items_in_batch: Any = None) -> torch.Tensor:
        """One optimizer step: pushes, takes this rank's share of a batch, and sends its micro-batches through TRL's
        loss. How many there are is the batch's, the same on every rank; the last one lets gradients travel."""
        share = self._take()
        self.seen = [Seen() for _ in share.micro_batches]
        parts = []
        for place, rows in enumerate(share.micro_batches):
            last = place == len(share.micro_batches) - 1
            self.accelerator.gradient_state._set_sync_gradients(last)
            together = last or self.accelerator.distributed_type == DistributedType.DEEPSPEED
            kept = contextlib.nullcontext() if together else self.accelerator.no_sync(model)
            with kept, self.replay.by(rows, self.accelerator.device):
                # Not TRL's own, which adds a clock that knows a fixed number of micro-steps.
                parts.append(Trainer.training_step(self, model, self._tensors(rows, share, place)))
        self._tell(share)
        return torch.stack(parts).sum()

    def _take(self) -> Share:
        """The share of the next step, behind the push of this one's weights."""
        step = self.state.global_step
        if step:
            self._metrics["train"]["seconds/train"].append(time.monotonic() - self.took)
        model = _below_adapters(self.accelerator.unwrap_model(self.model_wrapped))
        # Where an engine was lost since the push every rank is told so, and all push again.
        while (share := self._pushed_and_taken(model, step)) is None:
            self.accelerator.wait_for_everyone()
        self.took = time.monotonic()
        # TRL adds the router's loss of each micro-step whole.
        self.router_aux_loss_coef = self.args.router_aux_loss_coef / len(share.micro_batches)
        learns = self._learns(share)
        if not learns:
            hold_still(self.optimizer)
        self._metrics["train"][EMPTY].append(float(not learns))
        for name, value in share.metrics.items():
            self._metrics["train"][name].append(value)
        return share

    def _pushed_and_taken(self, model: Any, step: int) -> Share | None:
        weights = Gathered(model, self.sent_as, self.merged, self.with_head, f"step {step}")
        self.probe = self.probe or probe_rows(model, self.args.seed, self.longest)
        probe = Probing(model, self.probe)
        if weights.sharded:
            _ = probe.logprobs  # on every rank, though rank 0 alone pushes: a forward gathers from all
        if self.accelerator.is_main_process:
            with weights.leading():
                self.feed.push(weights, step, probe)
        else:
            weights.follow()
        # A take before its push is refused, so the other ranks wait for rank 0's.
        self.accelerator.wait_for_everyone()
        return self.feed.take(step, self.accelerator.process_index, self.accelerator.num_processes, self.budget)

    def _learns(self, share: Share) -> bool:
        """Whether the batch has a gradient."""
        if not share.loss_tokens:
            return False
        return share.advantage or bool(self.objective.kl or self.args.router_aux_loss_coef)

    def batch(self) -> str:
        """Where the rollouts of the step just made lie."""
        return f"rollouts/step-{self.state.global_step:06d}.parquet"

    def _tensors(self, rows: Sequence[BatchRow], share: Share, place: int) -> dict[str, Any]:
        """A micro-batch as TRL's loss takes it, and what `compute_loss` adds to it. TRL gathers numbers of rows from
        the ranks, so all have as many: rows without a token, of which the model sees nothing, fill up."""
        device = self.accelerator.device
        pad_id = self.processing_class.pad_token_id
        rows = [*rows, *[NOTHING] * (share.rows_at_once[place] - len(rows))]
        scale = 1.0
        if self.objective.kind in MEAN_OVER_ROWS:
            scale = len(rows) * self.accelerator.num_processes / max(1, share.rows_in_loss)
        prompts = [Tokens(row.prompt_tokens) for row in rows]
        completions = [Tokens(row.completion_tokens) for row in rows]
        return {
            "prompt_ids": _padded(prompts, pad_id, left=True).long().to(device),
            "prompt_mask": _padded([Tokens([1]) * len(one) for one in prompts], 0, left=True).to(device),
            # Of two tokens at least: TRL takes one column for a number of the whole row.
            "completion_ids": _padded(completions, pad_id, least=2).long().to(device),
            "completion_mask": _padded([Tokens([1]) * len(one) for one in completions], 0, least=2).to(device),
            "tool_mask": _padded([Tokens(_in_loss(row)) for row in rows], 0, least=2).to(device),
            "advantages": torch.tensor([[row.advantage] for row in rows], device=device) * scale,
            "num_items_in_batch": torch.tensor(float(share.loss_tokens), device=device),
            "rollout_logprobs": _padded([Logprobs(row.rollout_logprobs) for row in rows], 0.0, least=2).to(device),
            "scale": scale,
            "place": place,
        }

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> torch.Tensor:
        """TRL's loss of a micro-batch, and the head's. It is scored here first: what the policy says now is what it
        said before the update, so r is 1 and needs no pass of its own, and rho alone holds what trainer and engine
        differ by."""
        ids_BT = torch.cat([inputs["prompt_ids"], inputs["completion_ids"]], dim=1)
        mask_BT = torch.cat([inputs["prompt_mask"], inputs["completion_mask"]], dim=1)
        what = (ids_BT, mask_BT, inputs["completion_ids"].size(1))
        inputs = {**inputs, **self._reference(*what)}
        scored = self._get_per_token_logps_and_entropies(
            model, *what, compute_entropy=True, compute_aux_loss=self.aux_loss_enabled,
            **({"target_BT": inputs["tool_mask"]} if self.mtp else {}),
        )  # fmt: skip
        own_BT, loss_BT = scored[0].detach(), inputs["tool_mask"]
        rollout_BT = inputs["rollout_logprobs"]
        weight_BT = icepop(own_BT, rollout_BT, self.objective.icepop)
        if self.replay.compares(self.state.global_step, inputs["place"]):
            with torch.no_grad(), self.replay.own():
                without_BT = self._get_per_token_logps_and_entropies(self.model, *what)[0]
            self.replay.compare(own_BT, without_BT, rollout_BT, loss_BT)
        counts = inputs["completion_mask"].sum(1).tolist()
        said = [own_T[:count] for own_T, count in zip(own_BT.float().cpu(), counts, strict=True)]
        sums = gap_sums(own_BT, rollout_BT, weight_BT, loss_BT)
        self.seen[inputs["place"]] = Seen(said, sums, self.head.detach())
        self.beta = self.objective.kl * inputs["scale"]
        self.scored = scored
        loss: torch.Tensor = self._compute_loss(model, {**inputs, "advantages": inputs["advantages"] * weight_BT})
        if self.mtp:
            # Averaged over R ranks, R times the sum over N tokens is the sum of all ranks over N.
            of_all = self.accelerator.num_processes / inputs["num_items_in_batch"].clamp(min=1)
            loss = loss + self.mtp.weight * self.head[0] * of_all
        return loss

    def _reference(self, ids_BT: torch.Tensor, mask_BT: torch.Tensor, kept: int) -> dict[str, torch.Tensor]:
        """The reference's logprobs, where the objective has a KL."""
        if not self.objective.kl:
            return {}
        whole = self.ref_model is None  # adapters: the model without them
        without = self.model.disable_adapter() if whole else contextlib.nullcontext()
        # The reference is another model: its probabilities are those of its own routing.
        with torch.no_grad(), without, self.replay.own():
            model = self.model if whole else self.ref_model
            return {"ref_per_token_logps": self._get_per_token_logps_and_entropies(model, ids_BT, mask_BT, kept)[0]}

    def _get_per_token_logps_and_entropies(
        self,
        model: Any,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        logits_to_keep: int,
        batch_size: int | None = None,
        compute_entropy: bool = False,
        compute_aux_loss: bool = False,
        target_BT: torch.Tensor | None = None,
        **_: Any,
    ) -> Scored:
        """TRL's, over the real tokens alone: the rows of `input_ids` (B, T) stand in one line, each a document with
        positions of its own, and what the fused head says of it is put back to its places (B, `logits_to_keep`). Of
        those, `target_BT` are asked of the head for one token more."""
        if self.scored is not None:
            scored, self.scored = self.scored, None
            return scored
        here_BT = attention_mask.bool()
        # The token before predicts: place 3 is asked for the token of place 4.
        asked_BT = here_BT[:, 1:] & here_BT[:, :-1]
        asked_BT[:, :-logits_to_keep] = False
        labels_BT = pad(input_ids[:, 1:].masked_fill(~asked_BT, UNASKED), (0, 1), value=UNASKED)
        positions_1T = (here_BT.cumsum(1) - 1)[here_BT][None]
        cu, longest = borders(positions_1T)
        ahead = {}
        if target_BT is not None:
            next_BT, after_BT = asked_of_head(input_ids, pad(target_BT, (input_ids.size(1) - logits_to_keep, 0)))
            ahead = {"mtp_ids": next_BT[here_BT][None], "mtp_labels": after_BT[here_BT][None]}
        with self.accelerator.autocast():
            said = model(
                input_ids=input_ids[here_BT][None], position_ids=positions_1T, cu_seq_lens_q=cu, max_length_q=longest,
                shift_labels=labels_BT[here_BT][None], fused_lm_head=True, **ahead,
                **({"output_router_logits": True} if compute_aux_loss else {}),
            )  # fmt: skip
        if ahead:
            self.head = torch.stack([said["mtp_sum"], (ahead["mtp_labels"] != UNASKED).sum()])
        logprobs_BT, entropy_BT = (
            x_1T.new_zeros(here_BT.shape).masked_scatter(here_BT, x_1T)[:, -logits_to_keep - 1 : -1]
            for x_1T in (said["log_probs"], said["entropy"] if compute_entropy else said["log_probs"].detach())
        )
        return logprobs_BT, entropy_BT if compute_entropy else None, said["aux_loss"] if compute_aux_loss else None

    def _tell(self, share: Share) -> None:
        """The gap of the step's logprobs over all ranks, and what the trainer said of every row that it computed; every
        rank must call it."""
        for name, value in self.feed.told(share.step).items():
            self._metrics["train"][name].append(value)
        sums = torch.stack([seen.sums for seen in self.seen]).sum(0)
        self._metrics["train"] |= gap_metrics(self.accelerator.reduce(sums, reduction="sum").tolist())
        routed = self.replay.take().to(sums.device)
        self._metrics["train"] |= replay_metrics(self.accelerator.reduce(routed, reduction="sum").tolist())
        if self.mtp:
            head = torch.stack([seen.head for seen in self.seen]).sum(0)
            summed, targets = self.accelerator.reduce(head, reduction="sum").tolist()
            self._metrics["train"]["mtp/loss"].append(summed / max(1.0, targets))
        own = share.deal[self.accelerator.process_index]
        # Without the rows that only filled up.
        said = [row for seen, rows in zip(self.seen, own, strict=True) for row in seen.said[: len(rows)]]
        longest = max(sum(share.tokens[i] for rows in of_rank for i in rows) for of_rank in share.deal)
        line_T = torch.cat([torch.zeros(0), *said])
        line_T = pad(line_T, (0, longest - len(line_T))).to(self.accelerator.device)
        whole_RT = self.accelerator.gather(line_T[None])
        if self.accelerator.is_main_process:
            self.keep(share.step, _by_row(share, whole_RT.cpu().numpy()))


def _below_adapters(model: Any) -> Any:
    return model.get_base_model() if isinstance(model, PeftModel) else model


def _by_row(share: Share, lines_RT: "np.ndarray[Any, Any]") -> list[Sequence[float]]:
    """The logprobs of each row of the batch out of the ranks' lines; of a row that was not dealt, none."""
    found: list[Sequence[float]] = [()] * share.rows
    for of_rank, line_T in zip(share.deal, lines_RT, strict=True):
        start = 0
        for place in (place for rows in of_rank for place in rows):
            found[place] = Logprobs(line_T[start : start + share.tokens[place]])
            start += share.tokens[place]
    return found


def _in_loss(row: BatchRow) -> list[int]:
    """1 for each completion token in the loss, else 0."""
    length = len(row.completion_tokens)
    return outside(row.unsampled, length) if row.in_loss else [0] * length


def _padded(rows: Sequence[Column[Any]], value: float, left: bool = False, least: int = 1) -> torch.Tensor:
    """Columns of one width as the rows of a matrix, filled up with `value` behind them, or before them (`left`)."""
    arrays = [np.frombuffer(row.buffer, row.CODE) for row in rows]
    width = max(least, *map(len, arrays))
    made = np.full((len(arrays), width), value, arrays[0].dtype)
    for row, array in zip(made, arrays, strict=True):
        start = width - len(array) if left else 0
        row[start : start + len(array)] = array
    return torch.from_numpy(made)


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
    with_head: bool = False,
) -> SeamTrainer:
    """The trainer over `base`, or over the checkpoint under `work` that a killed run resumes from. Adapters are pushed
    in float32, or `merged` into the weights, whose type is `sent_as`; a head that is trained goes along where the
    engines guess `with_head`. Raises ValueError where a head is to be trained and there is none."""
    resume = last_checkpoint(work)
    # Adapters lie in checkpoints of their own, which the trainer restores.
    model = model_to_train(base, None if section.lora else resume, learners)
    if section.mtp:
        if not (base / MTP_FILE).exists():
            raise ValueError(f"rlvr.mtp: {base} holds no head ({MTP_FILE}); train one by sft.mtp, or leave mtp out")
        attach_mtp(model, resume or base)
    model.config._name_or_path = str(base)  # where TRL loads the reference from, on resume as well
    trainer = SeamTrainer(
        model=model,
        reward_funcs=_never_called,
        args=_arguments(section, learners, seed, model, work),
        train_dataset=Dataset.from_dict({"prompt": [""] * PLACEHOLDERS * learners.ranks}),
        processing_class=load_tokenizer(base),
        feed=feed,
        peft_config=adapters(section.lora, model) if section.lora else None,
        objective=section.objective,
        schedule=section.schedule,
        sent_as=torch.float32 if section.lora and not merged else sent_as,
        merged=merged,
        keep=keep,
        longest=section.longest,
        budget=section.tokens_per_micro_batch,
        replays=section.router_replay,
        mtp=section.mtp,
        with_head=with_head,
    )
    attend_by_document(model)
    if section.mtp:
        attend_by_document(model.mtp.block)
        add_head_loss(model, section.mtp.detach)
    if trainer.ref_model is not None:
        attend_by_document(trainer.accelerator.unwrap_model(trainer.ref_model))
    trainer.remove_callback(PrinterCallback)
    return trainer


def _arguments(
    section: RlvrSection, learners: LearnersSection, seed: int, model: PreTrainedModel, work: Path
) -> GRPOConfig:
    objective = section.objective
    return GRPOConfig(
        **trainer_arguments(work, section.schedule, section.optimizer, learners, seed, section.precision),
        per_device_train_batch_size=PLACEHOLDERS,
        gradient_accumulation_steps=1,
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
    with_head: bool = False,
) -> None:
    """Trains `base` for `section.steps`, sends its weights as the engines hold them (`make_trainer`), checkpoints under
    `work` (the controller's state with them), resumes from there, leaves the model in `out`."""
    resume = last_checkpoint(work)
    trainer = make_trainer(section, learners, seed, base, work, feed, sent_as, merged, keep, with_head)

    def also_save(folder: Path) -> None:
        feed.save(folder / CONTROLLER)
        if learners.deepspeed == "none":  # whose own checkpoints hold the head
            write_mtp(weights_of(trainer.model), folder)

    health = Health(section.max_empty_share, trainer.batch)
    trainer.add_callback(Progress(learners, report, health, also_save))
    trainer.add_callback(RopeProbe(base))
    if trainer.accelerator.is_main_process:
        feed.restore(resume / CONTROLLER if resume else None)
    trainer.accelerator.wait_for_everyone()
    trainer.train(resume_from_checkpoint=str(resume) if resume else None)
    save_final(trainer, base, out)


def _never_called(**_: Any) -> list[float]:
    raise AssertionError("TRL scored completions by itself")
