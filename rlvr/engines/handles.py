"""A push between processes of one GPU: each bucket is handed over as a handle of the memory where it lies (CUDA's, or a
CPU's shared memory), and copied from there on the device; nothing of it passes the host.

NCCL refuses two ranks on one GPU, and gloo sends through the host. A bucket stays where it is until all have copied it.
Not tried on a GPU: what is CUDA's here is `torch.multiprocessing`'s own pickling of tensors.
"""

import pickle
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.reduction import ForkingPickler
from typing import TYPE_CHECKING, Any

from temper.rlvr.engines.engine import EngineLostError

if TYPE_CHECKING:
    import torch

POLL_S = 0.0005


class MemberLostError(EngineLostError):
    """A process of the group is gone, so that nothing more arrives."""


@dataclass
class Handles:
    """A group of `size` members on one device, of which rank 0 sends; all call `broadcast` in the same order. `gone`
    tells whether one of them is known to be."""

    name: str
    size: int
    rank: int
    store: Any
    device: "torch.device"
    gone: Callable[[], bool]
    sent: int = 0

    def broadcast(self, flat: "torch.Tensor") -> None:
        """Raises MemberLostError."""
        key = f"{self.name}/{self.sent}"
        self.sent += 1
        try:
            self._hand_out(key, flat) if self.rank == 0 else self._copy(key, flat)
        except RuntimeError as error:  # what torch raises where the store is gone
            raise MemberLostError(f"push: a member is gone in the middle ({error})") from error

    def close(self) -> None:
        """Nothing is held between two buckets."""

    def _hand_out(self, key: str, flat: "torch.Tensor") -> None:
        self._finish()
        self.store.set(key, bytes(ForkingPickler.dumps(flat)))
        self._until(lambda: int(self.store.add(f"{key}/copied", 0)) == self.size - 1)

    def _copy(self, key: str, flat: "torch.Tensor") -> None:
        import torch.multiprocessing  # noqa: F401 - knows how a tensor is pickled

        self._until(lambda: bool(self.store.check([key])))
        theirs = pickle.loads(self.store.get(key))  # noqa: S301 - the learner's, from its own store
        flat.copy_(theirs)
        self._finish()
        del theirs
        self.store.add(f"{key}/copied", 1)

    def _until(self, there: Callable[[], bool]) -> None:
        while not there():
            if self.gone():
                raise MemberLostError("push: a member is gone in the middle")
            time.sleep(POLL_S)

    def _finish(self) -> None:
        """What the device was told to copy is copied."""
        import torch

        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
