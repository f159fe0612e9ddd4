"""Run a program that nobody trusts, and say what it did: the job, the image, the slots, the pool.

`open_sandbox` gives a place that runs a `Job` and answers with a `Result` a test; docs/python.md shows it at work. The
names below are loaded when they are asked for, as those of `temper.verifiers` are.
"""

from importlib import import_module
from typing import TYPE_CHECKING

__all__ = [
    "Call",
    "Job",
    "Limits",
    "Outcome",
    "Result",
    "Sandbox",
    "SandboxError",
    "SandboxSection",
    "Stdio",
    "Unit",
    "open_sandbox",
    "sweep",
]

if TYPE_CHECKING:
    from temper.sandboxes.job import Call, Job, Limits, Outcome, Result, Sandbox, SandboxError, Stdio, Unit
    from temper.sandboxes.pool import open_sandbox, sweep
    from temper.sandboxes.section import SandboxSection
else:

    def __getattr__(name: str) -> object:
        modules = ("job", "section", "pool") if name in __all__ else ()
        for module in modules:
            if found := vars(import_module(f"{__name__}.{module}")).get(name):
                return found
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
