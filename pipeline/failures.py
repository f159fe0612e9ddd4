"""What ended a stage, told as what it was: the first error with its whole message, and whether a process was lost.

Only a lost process is a reason to try again: a proof that fails, a verifier that raises or a bad row would do so once
more. Ray hands an error on in wrappers of its own, and when one rank fails the others fail of it.
"""

import time
from collections.abc import Callable, Iterable
from typing import TypeVar

import ray
from ray.exceptions import (
    ActorUnavailableError,
    NodeDiedError,
    ObjectLostError,
    RayActorError,
    RayTaskError,
    WorkerCrashedError,
)

from temper.pipeline.mistakes import StageError, StoppedError
from temper.rlvr.engines.engine import EngineError
from temper.sandboxes.job import SandboxError
from temper.verifiers.judging import described
from temper.verifiers.verdict import VerifierError


class LostError(Exception):
    """The actor was started anew: the process that answers now knows nothing of what was asked of the last one."""


LOST = (RayActorError, WorkerCrashedError, NodeDiedError, ObjectLostError, LostError)
OURS = (ValueError, EngineError, VerifierError, SandboxError, StoppedError)
"""Errors whose message says all; of any other one the traceback does."""


Made = TypeVar("Made")


def until_there(ask: Callable[[], Made], wait_s: float) -> Made:
    """What an actor answers, asked again while Ray starts it anew. Raises ActorUnavailableError when it is not there
    after so many seconds."""
    until = time.monotonic() + wait_s
    while True:
        try:
            return ask()
        except ActorUnavailableError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def missing(wanted: str) -> str:
    """What who waits for 1 of Ray's resource `wanted` lacks, as far as Ray says."""
    if not ray.cluster_resources().get(wanted):
        return f"no node offers {wanted!r}"
    free = ray.available_resources().get(wanted, 0)
    return f"{free:g} of {wanted!r} are free" if free < 1 else "its node does not answer"


def root(error: BaseException) -> BaseException:
    """The error that was raised, out of what Ray wraps it in."""
    while isinstance(error, RayTaskError):
        error = error.cause
    return error


def lost(errors: Iterable[BaseException]) -> bool:
    """Whether a process is gone, which then is why the others fail as well."""
    from ray.train.v2._internal.exceptions import (
        WorkerGroupStartupFailedError,
        WorkerHealthCheckFailedError,
        WorkerHealthCheckTimeoutError,
    )

    of_ranks = (WorkerGroupStartupFailedError, WorkerHealthCheckFailedError, WorkerHealthCheckTimeoutError)
    return any(isinstance(root(error), (*LOST, *of_ranks)) for error in errors)


def told(errors: Iterable[BaseException], trace: str) -> Exception:
    """What to raise for the errors of several ranks: the first that is one of ours, not what the others have because of
    it. A ValueError stays as it is, others become their class and message, with `trace` for a class not foreseen."""
    found = [root(error) for error in errors]
    # `min` keeps the first among equals: the first error of ours, and without any the first of all.
    first = min(found, key=lambda error: not isinstance(error, OURS))
    if isinstance(first, ValueError):
        return first
    return StageError(described(first) if isinstance(first, OURS) else f"{described(first)}\n{trace}")
