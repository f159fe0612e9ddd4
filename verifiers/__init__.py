"""Programs that judge completions: `Problem` in, `Verdict` out, one file a verifier.

`Judge` runs any verifier and keeps whose failure it was; docs/python.md shows it at work. The names below are loaded
when they are asked for, so that importing this costs nothing; our own modules import from where a name is made.
"""

from importlib import import_module
from typing import TYPE_CHECKING

__all__ = [
    "EndpointError",
    "Judge",
    "Judgement",
    "Plugins",
    "Probe",
    "Problem",
    "Sandbox",
    "SandboxError",
    "Verdict",
    "Verifier",
    "VerifierError",
    "abstained",
    "parse_problem",
    "read_json_lines",
    "scored",
    "verifier_for",
]

if TYPE_CHECKING:
    from temper.verifiers.judging import Judge, Judgement
    from temper.verifiers.plugins import Plugins
    from temper.verifiers.problem import Problem
    from temper.verifiers.rows import parse_problem, read_json_lines
    from temper.verifiers.table import verifier_for
    from temper.verifiers.verdict import EndpointError, Verdict, VerifierError, abstained, scored
    from temper.verifiers.verifier import Probe, Sandbox, SandboxError, Verifier
else:

    def __getattr__(name: str) -> object:
        modules = ("plugins", "problem", "verdict", "verifier", "table", "rows", "judging") if name in __all__ else ()
        for module in modules:
            if found := vars(import_module(f"{__name__}.{module}")).get(name):
                return found
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
