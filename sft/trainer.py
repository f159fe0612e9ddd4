"""TRL's `SFTTrainer` over packs: its data, loop, checkpoints and scheduler, with attention by document, our loss and
our counts. Its own rendering, packing and head stay off.

With sequence ranks (DeepSpeed Ulysses) the ranks of a group draw the same packs and each holds its slice of every row;
parameters are the same on all, so the average of gradients over all ranks, which DDP and ZeRO take anyway, is that of
the whole batch.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.nn.functional import pad
from torch.utils.data import Sampler
from transformers import PreTrainedModel
from trl import SFTTrainer

from temper.policy.attention import attend_by_document, borders
from temper.sft.loss import RouterLoss, add_pack_loss
from temper.sft.packing import IGNORED


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

    def __call__(self, packs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        ids_BT, labels_BT, positions_BT = (
            torch.from_numpy(np.stack([pack[key] for pack in packs])).long()
            for key in ("input_ids", "labels", "position_ids")
        )
        cu, longest = borders(positions_BT)
        lengths = cu.diff()
        real_BT = (lengths > 1).repeat_interleave(lengths).view_as(ids_BT)
        next_BT = self.slice.of(pad(labels_BT[:, 1:], (0, 1), value=IGNORED))
        return {
            "input_ids": self.slice.of(ids_BT),
            "position_ids": self.slice.of(positions_BT),
            "labels": next_BT,  # without them `Trainer` would not count the tokens of a step
            "shift_labels": next_BT,
            "real": self.slice.of(real_BT),
            "cu_seq_lens_q": cu,
            "max_length_q": longest,
        }


class Repeated(Sampler[int]):
    """Each batch of another sampler's indices `times` in a row: the ranks that share rows draw the same ones."""

    def __init__(self, indices: Sampler[int], batch: int, times: int) -> None:
        self.indices, self.batch, self.times = indices, batch, times

    def __len__(self) -> int:
        return len(self.indices) // self.batch * self.batch * self.times  # type: ignore[arg-type]

    def __iter__(self) -> Iterator[int]:
        drawn: list[int] = []
        for index in self.indices:
            drawn.append(index)
            if len(drawn) == self.batch:
                yield from drawn * self.times
                drawn = []


class PackTrainer(SFTTrainer):  # type: ignore[misc]
    """`sequence_ranks` consecutive ranks share each row."""

    def __init__(self, *, model: PreTrainedModel, router: RouterLoss, sequence_ranks: int = 1, **arguments: Any) -> None:
        self.sequence_ranks = sequence_ranks
        group, place = _sequence_group(sequence_ranks)
        super().__init__(model=model, data_collator=Collator(place), **arguments)
        attend_by_document(model, group)
        add_pack_loss(model, router)
        self._sums: dict[str, torch.Tensor] = {}

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        sampler = super()._get_train_sampler(train_dataset)
        if self.sequence_ranks == 1:
            return sampler
        return Repeated(sampler, self.args.per_device_train_batch_size, self.sequence_ranks)

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
        loss: torch.Tensor = found["loss_sum"] * self.accelerator.num_processes / num_items_in_batch.clamp(min=1)
        if "router" in found:
            loss = loss + found["router"] / self.current_gradient_accumulation_steps
        trained = (inputs["labels"] != IGNORED).sum()
        means = {f"router/{name}": found[name] for name in ("balance", "z") if name in found}
        for name, value in {"tokens": real, "trained_tokens": trained, **means}.items():
            self._sums[name] = self._sums.get(name, torch.zeros((), device=value.device)) + value.float()
        return loss

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Adds what was counted since the last line: tokens of documents, trained ones, and the router's mean losses."""
        if self._sums:
            sums = self.accelerator.reduce(torch.stack(list(self._sums.values())), reduction="sum")
            batches = self.args.gradient_accumulation_steps * self.accelerator.num_processes
            for name, value in zip(self._sums, sums.tolist(), strict=True):
                logs[name] = value / batches if name.startswith("router/") else value
            self._sums = {}
        super().log(logs, start_time)


def _sequence_group(ranks: int) -> tuple[torch.distributed.ProcessGroup | None, Slice]:
    """The group of consecutive ranks that shares rows with this one (every rank must call it), and its place there."""
    if ranks == 1:
        return None, Slice()
    own, world = torch.distributed.get_rank(), torch.distributed.get_world_size()
    groups = [torch.distributed.new_group(list(range(first, first + ranks))) for first in range(0, world, ranks)]
    return groups[own // ranks], Slice(ranks, own % ranks)
