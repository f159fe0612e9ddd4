"""The protocol of a verifier: one frozen class, its fields are its parameters, `verify` is plain sync code.

Retries, timeouts and killing are the caller's. What the completion did wrong is score 0 with the reason; what
the problem did wrong abstains; anything else raises and is ours.
"""

from abc import ABC, abstractmethod
from typing import ClassVar

from temper.sandboxes.job import Frozen, Sandbox, SandboxError
from temper.sandboxes.section import SandboxSection
from temper.verifiers.problem import Problem
from temper.verifiers.sessions.session import Exchanges
from temper.verifiers.verdict import Verdict

__all__ = ["Probe", "Sandbox", "SandboxError", "Verifier"]

Probe = tuple[str, str, float | None]
"""(name, completion, expected score; None where the probe says nothing of this row)."""
TurnProbe = tuple[str, Exchanges, float | None]
"""(name, the turns of a rollout, expected score)."""


class Verifier(Frozen, ABC):
    recipe_only: ClassVar[frozenset[str]] = frozenset()
    """Params that no row of a recipe's data may set: they say where a secret goes."""

    @abstractmethod
    def verify(self, problem: Problem, completion: str, sandbox: Sandbox | None = None) -> Verdict:
        """Judges the completion's text. Raises SandboxError or VerifierError for what is ours."""

    def reads_turns(self, problem: Problem) -> bool:
        """Whether it judges all turns of a rollout (`verify_turns`) and not what the last one says alone."""
        return False

    def verify_turns(self, problem: Problem, turns: Exchanges, sandbox: Sandbox | None = None) -> Verdict:
        """Judges a rollout by its turns, calls and results included. Raises as `verify`."""
        return self.verify(problem, turns[-1].text, sandbox)

    def check(self, problem: Problem) -> None:
        """Raises ValueError naming the field when the row lacks what is needed; before anything runs."""
        return

    def check_sandbox(self, problem: Problem, section: SandboxSection) -> None:
        """Raises ValueError naming the field when a sandbox of this section lacks what the row needs."""
        return

    def longest_s(self, problem: Problem) -> float:
        """The longest that an honest verdict on this row can take, in seconds; 0 where a caller's own limit is enough.
        A caller must wait at least this long: with a shorter timeout a slow completion would turn its 0 into an error
        of ours, which is not counted."""
        return 0.0

    def unread(self, problem: Problem) -> str | None:
        """Why the row's answer cannot be read as what this verifier compares, so that its verdicts and probes say
        little; None where it can."""
        return None

    def turn_probes(self, problem: Problem) -> list[TurnProbe]:
        """The same of whole rollouts, for a verifier that judges turns."""
        return []

    def probes(self, problem: Problem) -> list[Probe]:
        """Completions whose score is known without a model, for `temper audit`."""
        return []
