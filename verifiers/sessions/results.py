"""Accepts a rollout whose calls came to every number of the row's answer.

`answer` lists numbers. Read are the results of calls in which nothing was wrong: a number, or a JSON object with one
under `key`. What the policy says counts for nothing, so it is for sessions whose results cannot be had without doing
the work, as those of `arithmetic` cannot.
"""

import math
from collections.abc import Sequence

from temper.mistakes import shortened
from temper.sandboxes.job import Sandbox
from temper.verifiers.problem import Problem
from temper.verifiers.reading import strict_json
from temper.verifiers.sessions.session import Answered, Exchange, Exchanges
from temper.verifiers.verdict import Verdict, scored
from temper.verifiers.verifier import Probe, TurnProbe, Verifier

WITHIN = 1e-12
"""Relative difference that is rounding."""


class Results(Verifier):
    """Looks for numbers among the results of calls."""

    key: str = "solution"
    """Where a result that is an object holds its number."""

    def check(self, problem: Problem) -> None:
        if problem.session is None:
            raise ValueError("field 'session': missing; `results` reads what calls come to")
        answer = problem.answer
        if not isinstance(answer, list) or not answer or not all(_is_number(one) for one in answer):
            raise ValueError(f"field 'answer': results expects a list of numbers, got {shortened(answer)}; give one")

    def reads_turns(self, problem: Problem) -> bool:
        return True

    def verify(self, problem: Problem, completion: str, sandbox: Sandbox | None = None) -> Verdict:
        return self.verify_turns(problem, (Exchange(completion),), sandbox)

    def verify_turns(self, problem: Problem, turns: Exchanges, sandbox: Sandbox | None = None) -> Verdict:
        found = self._numbers([one for turn in turns for one in turn.answered])
        for wanted in problem.answer:
            if not any(math.isclose(wanted, one, rel_tol=WITHIN) for one in found):
                return scored(0.0, f"no call came to {wanted!r}, among {len(found)} that came to a number")
        return scored(1.0, f"{len(problem.answer)} numbers, among those of {len(found)} calls")

    def _numbers(self, answered: Sequence[Answered]) -> list[float]:
        found: list[float] = []
        for one in answered:
            if one.fault:
                continue
            try:
                value = strict_json.loads(one.text)
            except ValueError:
                continue
            value = value.get(self.key) if isinstance(value, dict) else value
            if isinstance(value, int | float) and _is_number(value):
                found.append(float(value))
        return found

    def probes(self, problem: Problem) -> list[Probe]:
        """Of turns alone."""
        return []

    def turn_probes(self, problem: Problem) -> list[TurnProbe]:
        said = ", ".join(map(repr, problem.answer))
        text = "The values are " + said
        wrong = Answered("x", {}, f'{{"{self.key}": {problem.answer[0]}}}', "arguments")
        return [("no call", (Exchange(text),), 0.0), ("a refused call", (Exchange("x", (wrong,)), Exchange(text)), 0.0)]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
