"""The way to an engine: one at a time, every push proven, a lost engine started anew with the last of them.

Whoever drives the engine, pushes to it or asks it for something has it to himself (`alone`); who waits at the gate goes
next, so a push comes between two `collect`s. A push is proven twice (`engine`): by hashes and by the probe. A lost
engine is started anew with the weights that it is to hold, `MAX_REVIVALS` times in a row at most; a push that is not
proven is never tried again: what is wrong with it would be wrong once more.
"""

import logging
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from temper.rlvr.engines.channel import Offer
from temper.rlvr.engines.engine import Engine, EngineError, EngineLostError
from temper.rlvr.engines.fair_lock import FairLock
from temper.rlvr.proof import FunctionProof, Probe

if TYPE_CHECKING:
    import torch

log = logging.getLogger(__name__)

MAX_REVIVALS = 3
NAMED = 5
"""Tensors that an error names."""


@dataclass(frozen=True)
class Pushed:
    weights: "Mapping[str, torch.Tensor] | Offer"
    version: int
    hashes: Mapping[str, str]
    """Of the trainer's tensors."""
    probe: Probe | None = None


class Pushes:
    def __init__(self, engine: Engine, proof: FunctionProof | None = None) -> None:
        self.engine = engine
        self.proof = proof or FunctionProof()
        self.last: Pushed | None = None
        """What an engine that starts anew is given; none where the trainer has to push again: it is about to, or what
        it sent is kept nowhere."""
        self.proven: tuple[float, float] = (0.0, 0.0)
        """Mean and largest difference on the probe at the last push."""
        self._lock = FairLock()

    @contextmanager
    def alone(self) -> Iterator[Engine]:
        """The engine to oneself."""
        with self._lock:
            yield self.engine

    def push(self, pushed: Pushed) -> None:
        """Gives the engine weights and proves that it holds them and computes with them. Raises EngineError."""
        # An engine in another process takes a seat of what is offered.
        held, wanted = self.engine.push(pushed.weights, pushed.version), pushed.hashes  # type: ignore[arg-type]
        # Names of both: a tensor that one side alone has differs as well.
        different = sorted(name for name in wanted.keys() | held.keys() if wanted.get(name) != held.get(name))
        if different:
            raise EngineError(
                f"push of version {pushed.version}: {len(different)} tensors differ from the trainer's, "
                f"got {different[:NAMED]}"
            )
        if pushed.probe:
            self.proven = self.proof.prove(pushed.probe, self._said(pushed.probe), pushed.version)
        # After both proofs: weights that failed one are never given to an engine that starts anew.
        self.last = None if isinstance(pushed.weights, Offer) else pushed

    def _said(self, probe: Probe) -> list[list[tuple[float, ...]]]:
        """What each replica gives for the probe."""
        replicas = self.engine.replicas
        with ThreadPoolExecutor(len(replicas)) as pool:
            return list(pool.map(lambda replica: replica.logprobs(probe.rows), replicas))

    def revive(self, error: EngineError, pushed: Pushed | None) -> bool:
        """Whether a new engine, which has nothing in hand, holds these weights (none: the trainer has to push).
        Raises EngineError where it does not prove them."""
        for _ in range(MAX_REVIVALS):
            log.warning("%s; starting another engine", error)
            if not self.engine.revive():
                return False
            try:
                if pushed is not None:
                    self.push(pushed)
            except EngineLostError as again:
                error = again
            else:
                return True
        return False
