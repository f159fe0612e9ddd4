"""The trainer's weights as engines hold them, read from the live parameters one after another.

No rank holds a second model: a parameter is cast, under ZeRO-3 gathered, when it is its turn, and is good until the
next one is asked for. The first pass, which hashes them for the engines, also finds what is no finite number: at its
end, before anything is sent. Under ZeRO-3 that takes every rank: rank 0 reads inside of `leading`, the others `follow`
through each of its passes.
"""

from collections.abc import ItemsView, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import distributed

from temper.policy.checkpoint import trained_weights
from temper.policy.health import refuse
from temper.policy.lora import merged_weights
from temper.policy.mtp import of_head


class Gathered(Mapping[str, torch.Tensor]):
    """Every trained parameter whole, in the type `sent_as`, on the device where it is; with adapters all weights, these
    `merged` into them. Of a model with a head for one token more, the head's alone `with_head`. `where` is said of
    weights that are not finite (NotFiniteError)."""

    def __init__(
        self, model: Any, sent_as: torch.dtype, merged: bool = False, with_head: bool = False, where: str = "push"
    ) -> None:
        self.model, self.sent_as, self.merged, self.with_head, self.where = model, sent_as, merged, with_head, where
        self.checked = False
        self.sharded = any(hasattr(parameter, "ds_id") for parameter in model.parameters())

    @property
    def device(self) -> torch.device:
        device: torch.device = next(self.model.parameters()).device
        return device

    def __len__(self) -> int:
        return sum(1 for _ in self.items())

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self.items())

    def __getitem__(self, name: str) -> torch.Tensor:
        return {n: tensor.clone() for n, tensor in self.items()}[name]

    def items(self) -> ItemsView[str, torch.Tensor]:
        return _Pass(self)

    @contextmanager
    def leading(self) -> Iterator[None]:
        """Rank 0 reads inside of it, as often as it likes."""
        try:
            yield
        finally:
            if self.sharded:
                _told(self.device, False)

    def follow(self) -> None:
        """On the other ranks, while rank 0 leads."""
        while self.sharded and _told(self.device):
            for _ in self._whole():
                pass

    def read(self) -> Iterator[tuple[str, torch.Tensor]]:
        """One pass; where it is left early the others' is brought to its end all the same."""
        if self.sharded:
            _told(self.device, True)
        whole = self._whole()
        wrong, count = list[str](), 0
        try:
            for name, tensor in whole:
                sent, count = tensor.detach().to(self.sent_as), count + 1
                if not self.checked and not bool(sent.isfinite().all()):
                    wrong.append(name)
                yield name, sent
            refuse(wrong, count, self.where)
            self.checked = True
        finally:
            if self.sharded:
                for _ in whole:
                    pass

    def _whole(self) -> Iterator[tuple[str, torch.Tensor]]:
        if not self.sharded:
            whole = merged_weights(self.model) if self.merged else iter(trained_weights(self.model).items())
            yield from ((name, tensor) for name, tensor in whole if self._sent(name))
            return
        import deepspeed

        for name, parameter in self.model.named_parameters():
            if self._sent(name):
                with deepspeed.zero.GatheredParameters([parameter]):
                    yield name, parameter

    def _sent(self, name: str) -> bool:
        return self.with_head or not of_head(name)


class _Pass(ItemsView[str, torch.Tensor]):
    _mapping: Gathered

    def __iter__(self) -> Iterator[tuple[str, torch.Tensor]]:
        return self._mapping.read()


def _told(device: torch.device, another: bool = False) -> bool:
    """Rank 0 tells the others whether another pass follows."""
    flag = torch.tensor([another], dtype=torch.int32, device=device)
    distributed.broadcast(flag, src=0)
    return bool(flag.item())
