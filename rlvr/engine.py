"""The protocol of an engine: samples completions, and takes the trainer's weights.

A push is proven: the engine hashes what it now holds, tensor by tensor, and the controller compares with the
trainer's hashes. Any difference is an `EngineError`.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from temper.rlvr.rollout import Completion, Request, Sampling

if TYPE_CHECKING:
    import torch


class EngineError(Exception):
    """The engine died or disagrees with the trainer; the controller decides."""


class Engine(Protocol):
    def push(self, weights: "Mapping[str, torch.Tensor]", version: int) -> dict[str, str]:
        """Takes the weights of `version`; returns a hash of each tensor as the engine now holds it."""
        ...

    def generate(self, requests: Sequence[Request], sampling: Sampling) -> list[Completion]:
        """One completion a request, in order, all by the weights of the last push."""
        ...
