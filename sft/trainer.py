"""TRL's `SFTTrainer` over packs: its data, loop, checkpoints and scheduler, with attention by document, our loss and
our counts. Its own rendering, packing and head stay off.

With sequence ranks (DeepSpeed Ulysses) the ranks of a group draw the same packs and each holds its slice of every row;
parameters are the same on all, so the average of gradients over all ranks, which DDP and ZeRO take anyway, is that of
the whole batch.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.nn.functional import pad
from torch.optim.lr_scheduler import LRScheduler
from transformers import PreTrainedModel
from trl import SFTTrainer

from temper.policy.attention import attend_by_document, borders
from temper.policy.health import EMPTY, hold_still
from temper.policy.optim.schedule import scheduler
from temper.policy.section import ScheduleSection
from temper.sft.loss import RouterLoss, add_pack_loss
from temper.sft.packing import IGNORED

PACKS_SHOWN, TOKENS_SHOWN = 4, 32
"""Of a batch that is told in an error."""


@dataclass(frozen=True)
class Slice:
    """A rank's place among those that share each row."""

    ranks: int = 1
    rank: int = 0

    def of(self, rows_BT: torch.Tensor) -> torch.Tensor:
        return rows_BT.chunk(self.ranks, dim=1)[self.rank].contiguous()


@dataclass(frozen=True)
class Collator:
    """Tensors of a batch of packs: this rank's slice of the tokens, and the documents' borders in whole rows."""

    slice: Slice = Slice()
    mtp: bool = False
    """Adds what a head for one token more is asked: the next token, and the one after it where it is trained and the
    document is still the same."""

    def __call__(self, packs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        ids_BT, labels_BT, positions_BT = (
            torch.from_numpy(np.stack([pack[key] for pack in packs])).long()
            for key in ("input_ids", "labels", "position_ids")
        )
        cu, longest = borders(positions_BT)
        lengths = cu.diff()
        # Padding is a run of documents of one token; no real document is so short.
        real_BT = (lengths > 1).repeat_interleave(lengths).view_as(ids_BT)
        next_BT = self.slice.of(pad(labels_BT[:, 1:], (0, 1), value=IGNORED))
        ahead = {
            "mtp_ids": self.slice.of(pad(ids_BT[:, 1:], (0, 1))),
            "mtp_labels": self.slice.of(
                # A document's first two tokens have no position two before them inside it.
                pad(labels_BT.masked_fill(positions_BT < 2, IGNORED)[:, 2:], (0, 2), value=IGNORED)
            ),
        }
        return {
            "input_ids": self.slice.of(ids_BT),
            "position_ids": self.slice.of(positions_BT),
            "labels": next_BT,  # without them `Trainer` would not count the tokens of a step
            "shift_labels": next_BT,
            "real": self.slice.of(real_BT),
            "cu_seq_lens_q": cu,
            "max_length_q": longest,
            **(ahead if self.mtp else {}),
        }


class PackTrainer(SFTTrainer):  # type: ignore[misc]
    """`sequence_ranks` consecutive ranks share each row; `mtp` is the weight of the model's head for one token more, 0
    for a model without one."""

    lr_scheduler: LRScheduler | None

    def __init__(
        self,
        *,
        model: PreTrainedModel,
        router: RouterLoss,
        schedule: ScheduleSection,
        sequence_ranks: int = 1,
        mtp: float = 0.0,
        **arguments: Any,
    ) -> None:
        self.schedule, self.sequence_ranks, self.mtp = schedule, sequence_ranks, mtp
        super().__init__(model=model, data_collator=Collator(), **arguments)
        group, place = _sequence_group(sequence_ranks)
        self.data_collator = Collator(place, mtp=mtp > 0)
        attend_by_document(model, group)
        if mtp:
            attend_by_document(model.mtp.block, group)
        add_pack_loss(model, router)
        self._sums: dict[str, torch.Tensor] = {}
        self._seen: list[tuple[torch.Tensor, torch.Tensor]] = []
        """Loss and tokens of each micro-batch of this step."""

    def create_scheduler(self, num_training_steps: int, optimizer: torch.optim.Optimizer | None = None) -> LRScheduler:
        if self.lr_scheduler is None:
            self.lr_scheduler = scheduler(self.schedule, num_training_steps, optimizer or self.optimizer)
        return self.lr_scheduler

    def get_train_dataloader(self) -> Any:
        loader = super().get_train_dataloader()
        if self.sequence_ranks > 1:
            # Accelerate deals the batches out to ranks; here a group of ranks is dealt each.
            loader.batch_sampler.num_processes //= self.sequence_ranks
            loader.batch_sampler.process_index //= self.sequence_ranks
        return loader

    def get_batch_samples(self, *arguments: Any) -> tuple[list[Any], Any]:
        """What is drawn for a step; one without a trained token may move nothing."""
        batches, trained = super().get_batch_samples(*arguments)
        if batches and not trained:
            hold_still(self.optimizer)
        return batches, trained

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | None = None,
    ) -> torch.Tensor:
        assert num_items_in_batch is not None, "Trainer counts the trained tokens where a batch has labels"
        real = inputs["real"].sum()
        found = model(**{name: value for name, value in inputs.items() if name != "labels"}, pack_loss=True)
        # The gradients of the ranks are averaged, the tokens counted over all.
        summed = found["loss_sum"] + self.mtp * found["mtp_sum"] if self.mtp else found["loss_sum"]
        # Averaged over R ranks, R times the sum over N tokens is the sum of all ranks over N.
        loss: torch.Tensor = summed * self.accelerator.num_processes / num_items_in_batch.clamp(min=1)
        if "router" in found:
            loss = loss + found["router"] / self.current_gradient_accumulation_steps
        trained = (inputs["labels"] != IGNORED).sum()
        means = {f"router/{name}": found[name] for name in ("balance", "z") if name in found}
        if self.mtp:
            means |= {"mtp_loss": found["mtp_sum"].detach(), "mtp_tokens": (inputs["mtp_labels"] != IGNORED).sum()}
        self._seen.append((loss.detach(), inputs["input_ids"]))
        one = torch.ones((), device=loss.device)
        for name, value in {"tokens": real, "trained_tokens": trained, **means, "micro_batches": one}.items():
            self._sums[name] = self._sums.get(name, torch.zeros((), device=value.device)) + value.float()
        return loss

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Adds what was counted since the last line: tokens of documents, trained ones, the router's mean losses."""
        if self._sums:
            sums = self.accelerator.reduce(torch.stack(list(self._sums.values())), reduction="sum").tolist()
            batches = sums.pop()
            for name, value in zip(list(self._sums)[:-1], sums, strict=True):
                logs[name] = value / batches if name.startswith("router/") else value
            if self.mtp:
                logs["mtp_loss"] /= max(1.0, logs["mtp_tokens"])
            logs[EMPTY] = float(not logs["trained_tokens"])
            self._sums = {}
        super().log(logs, start_time)
        self._seen = []

    def batch(self) -> str:
        """The micro-batches of this rank's last step, those alone whose loss is no number where there are some, each by
        the beginning of its packs."""
        wrong = [(i, ids_BT) for i, (loss, ids_BT) in enumerate(self._seen) if not loss.isfinite()]
        shown = wrong or [(i, ids_BT) for i, (_, ids_BT) in enumerate(self._seen)]
        packs = [
            f"micro-batch {i + 1} of {len(self._seen)}, pack {place + 1}: {self._beginning(ids_T)!r}"
            for i, ids_BT in shown
            for place, ids_T in enumerate(ids_BT)
        ]
        return "; ".join(packs[:PACKS_SHOWN]) or "none on this rank"

    def _beginning(self, ids_T: torch.Tensor) -> str:
        text: str = self.processing_class.decode(ids_T[:TOKENS_SHOWN].tolist())
        return text


def _sequence_group(ranks: int) -> tuple[torch.distributed.ProcessGroup | None, Slice]:
    """The group of consecutive ranks that shares rows with this one (every rank must call it), and its place there."""
    if ranks == 1:
        return None, Slice()
    own, world = torch.distributed.get_rank(), torch.distributed.get_world_size()
    # Every rank makes every group, in one order: making one is itself a collective.
    groups = [torch.distributed.new_group(list(range(first, first + ranks))) for first in range(0, world, ranks)]
    return groups[own // ranks], Slice(ranks, own % ranks)
