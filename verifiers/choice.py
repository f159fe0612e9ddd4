"""Accepts a completion whose one chosen letter is the row's.

The choice is looked for after `</think>`, in this order: the last `\\boxed{}`; the last "answer is ..." or
"answer: ..." that holds a letter; the last line, if it is a letter. A letter is read as models write it (`B`, `(B)`,
`**B.**`, `B) Paris`, `Option B`); a small one only in brackets or a box, so that the article "a" is none, and a letter
that words follow without a mark between is none either ("A dog"). Several letters in one place (`A or B`, `A, B, C`)
are no choice. Where the row gives the texts of its `choices`, such a text alone stands for its letter.
"""

import re
import string

from pydantic import Field

from temper.mistakes import shortened
from temper.sandboxes.job import Sandbox
from temper.verifiers.problem import Problem
from temper.verifiers.reading.extract import after_thinking, last_boxed
from temper.verifiers.verdict import Verdict, scored
from temper.verifiers.verifier import Probe, Verifier

TAIL = 8_000
"""Characters at the end in which "answer is ..." and the last line are looked for."""
_MARKER = re.compile(
    r"\banswer\b[ \t*_]{0,8}(?:choice[ \t]+)?(?:is\b|:|=)[ \t*_:]{0,8}\n?(?=([^\n]{0,300}))", re.IGNORECASE
)
_WRAP = re.compile(r"\\(?:text|textbf|mathrm|mathbf)\s*\{([^{}]*)\}")
_LETTER = re.compile(
    r"(?:(?:option|choice|answer)[ \t:]+)?"
    r"(?:[(\[{](?P<bracketed>[A-Za-z])[)\]}](?P<after_bracket>[.:,;]?\s.*)?|(?P<bare>[A-Z])(?P<after>[.:,;)](?:\s.*)?|[/&|+].*)?)"
    r"(?P<point>[.!]?)",
    re.DOTALL | re.IGNORECASE,
)
_SECOND = re.compile(
    r"\A[.:;)\s]*(?:[,/&|+]|and\b|or\b)\s*(?:option\s+)?[(\[]?[A-Z]\b|(?<![A-Za-z])[(\[][A-Z][)\]]|(?<![A-Za-z.])[A-Z][.:)](?:\s|\Z)"
)


class Choice(Verifier):
    """Compares the letter that the completion chose with `answer`."""

    choices: tuple[str, ...] = Field((), max_length=26)
    """The texts of the choices, A first; without them every letter may be chosen."""

    def check(self, problem: Problem) -> None:
        letters = self._letters()
        if not isinstance(problem.answer, str) or len(problem.answer) != 1 or problem.answer not in letters:
            raise ValueError(
                f"field 'answer': choice expects one capital letter of {letters}, got {shortened(problem.answer)}"
            )

    def verify(self, problem: Problem, completion: str, sandbox: Sandbox | None = None) -> Verdict:
        letter, why = self._chosen(completion)
        if letter is None:
            return scored(0.0, why)
        return scored(float(letter == problem.answer), f"{letter} ({why})")

    def _letters(self) -> str:
        return string.ascii_uppercase[: len(self.choices) or None]

    def _chosen(self, completion: str) -> tuple[str | None, str]:
        """The letter and where it stood, or why there is none."""
        text = after_thinking(completion)
        if text is None:
            return None, "the reasoning does not end: no </think>"
        boxed = last_boxed(text)
        if boxed is not None:
            return self._read(boxed.text or "", "\\boxed", small=True)
        tail = text[-TAIL:].strip()
        for match in reversed(list(_MARKER.finditer(tail))):
            letter, why = self._read(match.group(1), "after 'answer'")
            if letter is not None or why.startswith("several"):
                return letter, why
        if not tail:
            return None, "the completion is empty"
        return self._read(tail.rpartition("\n")[2], "the last line")

    def _read(self, span: str, where: str, small: bool = False) -> tuple[str | None, str]:
        span = _WRAP.sub(r"\1", span).strip().strip("*_$` ").strip()
        for i, text in enumerate(self.choices):
            if text.strip() and _plain(text) == _plain(span):
                return string.ascii_uppercase[i], where
        span = span.replace("*", "")
        match = _LETTER.fullmatch(span)
        if match is None:
            return None, f"no letter ({where}): {shortened(span, 40)}"
        rest = match["after_bracket"] or match["after"] or ""
        letter = match["bracketed"] or match["bare"]
        if _SECOND.search(rest):
            return None, f"several letters ({where}): {shortened(span, 40)}"
        if match["bare"] and letter.islower() and not small:
            return None, f"no letter ({where}): {shortened(span, 40)}"
        if letter.upper() not in self._letters():
            return None, f"{letter!r} is none of {self._letters()}"
        return letter.upper(), where

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


def _plain(text: str) -> str:
    return " ".join(text.split()).strip(".").casefold()
