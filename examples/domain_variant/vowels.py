"""A verifier of this folder: rows name it with "verifier": "vowels:Vowels"."""

from temper.verifiers.problem import Problem
from temper.verifiers.verdict import Verdict, scored
from temper.verifiers.verifier import Probe, Sandbox, Verifier


class Vowels(Verifier):
    """Scores the share of vowels among a completion's letters."""

    at_least: float = 0.0
    """Smallest share that scores at all, between 0 and 1; a row sets it in `params`."""

    def verify(self, problem: Problem, completion: str, sandbox: Sandbox | None = None) -> Verdict:
        letters = [letter for letter in completion.lower() if letter.isalpha()]
        share = sum(letter in "aeiou" for letter in letters) / max(len(letters), 1)
        return scored(share if share >= self.at_least else 0.0, f"{share:.2f} of {len(letters)} letters are vowels")

    def probes(self, problem: Problem) -> list[Probe]:
        """Completions whose score is known without a model; `temper audit` tries them."""
        return [("only vowels", "aeiou", 1.0), ("empty", "", 0.0), ("no letter", "123 !", 0.0)]
