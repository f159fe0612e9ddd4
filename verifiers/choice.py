"""Accepts a completion whose one chosen letter is the row's.

The choice is looked for after `</think>`: in the last box, tag or "answer is ...", whichever comes last; else in the
last line, if that is a letter; else in "B is correct", "I choose B", "Therefore, B". Where it may stand is in
`reading.statement`; how a letter may be written, and what names a second one, in `reading.letter`. Several letters in
one place (`A or B`, `B, possibly C`) are no choice. Where the row gives the texts of its `choices`, such a text alone
stands for its letter.
"""

import string

from pydantic import Field

from temper.mistakes import shortened
from temper.sandboxes.job import Sandbox
from temper.verifiers.problem import Problem
from temper.verifiers.reading.extract import after_thinking
from temper.verifiers.reading.letter import Offered
from temper.verifiers.reading.statement import stated_choice
from temper.verifiers.verdict import Verdict, scored
from temper.verifiers.verifier import Probe, Verifier


class Choice(Verifier):
    """Compares the letter that the completion chose with `answer`."""

    choices: tuple[str, ...] = Field((), max_length=26)
    """The texts of the choices, A first; without them every letter may be chosen."""

    def check(self, problem: Problem) -> None:
        letters = self._letters()
        if not isinstance(problem.answer, str) or len(problem.answer) != 1 or problem.answer not in letters:
            raise ValueError(
                f"field 'answer': choice expects one capital letter of {letters}, got {shortened(problem.answer)}; "
                "write the letter of the right choice"
            )

    def verify(self, problem: Problem, completion: str, sandbox: Sandbox | None = None) -> Verdict:
        text = after_thinking(completion)
        if text is None:
            return scored(0.0, "the reasoning does not end: no </think>")
        letter, where = stated_choice(text, Offered(self._letters(), self.choices))
        if letter is None:
            return scored(0.0, where)
        if letter not in self._letters():
            return scored(0.0, f"{letter!r} is none of {self._letters()}")
        return scored(float(letter == problem.answer), f"{letter} ({where})")

    def _letters(self) -> str:
        return string.ascii_uppercase[: len(self.choices) or None]

    def probes(self, problem: Problem) -> list[Probe]:
        answer = str(problem.answer)
        other = next(letter for letter in self._letters() + "AB" if letter != answer)
        listed = ", ".join(self._letters()[:4])
        prompt = problem.prompt if isinstance(problem.prompt, str) else (problem.prompt[-1].content or "")
        return [
            ("answer", answer, 1.0),
            ("answer in a sentence", f"Because of that, the answer is ({answer}).", 1.0),
            ("answer boxed after thinking", f"<think>\n{other}?\n</think>\n\n\\boxed{{{answer}}}", 1.0),
            ("another letter", other, 0.0),
            ("two letters", f"{answer} or {other}", 0.0),
            ("all letters", listed, 0.0 if len(listed) > 1 else None),
            ("all letters, a line each", "\n".join(f"{letter}) x" for letter in self._letters()[:4]) + "\nAll.", 0.0),
            ("open reasoning", f"<think>\n{answer}", 0.0),
            ("empty", "", 0.0),
            ("whitespace", " \n\t ", 0.0),
            ("garbage", "}{ \\boxed{", 0.0),
            ("prompt", prompt, None),
            ("sys.exit(0)", "import sys; sys.exit(0)", 0.0),
            ("always equal", "class A:\n    def __eq__(self, other): return True", 0.0),
            ("1 MB", "x" * 1_000_000, 0.0),
        ]
