"""Accepts a completion that follows every instruction of the row, each checked by a program (IFEval, arXiv 2311.07911).

Judged is the text after `</think>`. `strict` takes it as it is; `loose` also takes it without its first line, without
its last, without both, and each of these without asterisks, as models add "Sure, here it is:" and bold type. An empty
text follows nothing. What each instruction means stands in `instruction.checks`, what a word or a sentence is in
`instruction.text`. An unknown id, a missing, an unknown or a bad argument is refused with the row; an argument that is
null counts as absent, for the published rows carry all of them. An instruction of your own is a class of `Instruction`,
and its id `package.module:Class` of a listed module; a class begins with a capital, so no misspelt id is taken for one.
"""

import re
from collections.abc import Iterator
from typing import Literal

from pydantic import (
    Field,
    JsonValue,
    PrivateAttr,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from temper.mistakes import nearest, shortened
from temper.sandboxes.job import Frozen, Sandbox
from temper.verifiers.instruction.checks import Instruction
from temper.verifiers.instruction.table import INSTRUCTIONS
from temper.verifiers.plugins import NO_PLUGINS, Plugins
from temper.verifiers.problem import Problem
from temper.verifiers.reading.extract import after_thinking
from temper.verifiers.table import class_at, explain
from temper.verifiers.verdict import Verdict, VerifierError, scored
from temper.verifiers.verifier import Probe, Verifier

_CLASS = re.compile(r"[A-Za-z_][\w.]*:[A-Z]\w*")


class Asked(Frozen):
    """An instruction of the prompt."""

    id: str
    """Its check (`docs/instructions.md`), or `package.module:Class` of a module in `verifiers.plugins`."""
    kwargs: dict[str, JsonValue] = {}
    """Arguments of the check."""
    _check: Instruction = PrivateAttr()

    @model_validator(mode="after")
    def _is_known(self, info: ValidationInfo) -> "Asked":
        """The context is the `Plugins` that say which classes a row may name."""
        self._check = self._made(info.context if isinstance(info.context, Plugins) else NO_PLUGINS)
        return self

    @property
    def check(self) -> Instruction:
        return self._check

    def _made(self, plugins: Plugins) -> Instruction:
        made = INSTRUCTIONS.get(self.id)
        if made is None and not _CLASS.fullmatch(self.id):
            raise ValueError(f"unknown instruction {self.id!r}; {nearest(self.id, INSTRUCTIONS)}")
        made = made or class_at(self.id, Instruction, f"instruction {self.id!r}", plugins)  # type: ignore[type-abstract]
        given = {key: value for key, value in self.kwargs.items() if value is not None}
        try:
            return made(**given)
        except ValidationError as error:
            raise ValueError(f"{self.id}: {explain(error, made, 'kwargs', given)}") from error


class Instructions(Verifier):
    """Checks what the prompt asked of the form."""

    instructions: tuple[Asked, ...] = Field(min_length=1)
    """`{"id", "kwargs"}` of each instruction."""
    mode: Literal["strict", "loose"] = "strict"
    """`loose`: a text that follows once an opening line, a closing line or asterisks are gone counts too."""
    score: Literal["all", "fraction"] = "all"
    """`all`: 1 when every instruction is followed, else 0; `fraction`: the share that is."""

    def verify(self, problem: Problem, completion: str, sandbox: Sandbox | None = None) -> Verdict:
        text = after_thinking(completion)
        if text is None:
            return scored(0.0, "the reasoning does not end: no </think>")
        if not text.strip():
            return scored(0.0, "the completion is empty")
        versions = list(_loosened(text)) if self.mode == "loose" else [text]
        findings = [_missed(asked.check, versions) for asked in self.instructions]
        kept = sum(not finding for finding in findings)
        first = next((f"{a.id}: {f}" for a, f in zip(self.instructions, findings, strict=True) if f), "")
        share = kept / len(findings) if self.score == "fraction" else float(kept == len(findings))
        return scored(share, f"{kept} of {len(findings)} instructions" + (f"; {first}" if first else ""))

    def probes(self, problem: Problem) -> list[Probe]:
        own: list[Probe] = []
        if isinstance(problem.answer, str):
            own = [
                ("answer", problem.answer, 1.0),
                ("answer after thinking", f"<think>\n,\n</think>\n{problem.answer}", 1.0),
            ]
        return [
            *own,
            ("empty", "", 0.0),
            ("whitespace", " \n\t ", 0.0),
            ("open reasoning", "<think>\nWell", 0.0),
            ("nothing after reasoning", "<think>\nWell\n</think>\n", 0.0),
            ("garbage", "}{ <|", None),
            ("1 MB", "x" * 1_000_000, None),
        ]


def _missed(instruction: Instruction, versions: list[str]) -> str:
    """Empty when one version follows; else what the first, the text as it is, misses."""
    first = _said(instruction, versions[0])
    return first if first and all(_said(instruction, version) for version in versions[1:]) else ""


def _said(instruction: Instruction, text: str) -> str:
    """Raises VerifierError for a check that forgot to say anything, which would read as followed."""
    said: object = instruction.missed(text)
    if not isinstance(said, str):
        raise VerifierError(
            f"{type(instruction).__name__}.missed: no text, got {shortened(said)}; return '' or what it misses"
        )
    return said


def _loosened(text: str) -> Iterator[str]:
    lines = text.strip().split("\n")
    cut = [text, "\n".join(lines[1:]), "\n".join(lines[:-1]), "\n".join(lines[1:-1])]
    for version in (*cut, *(version.replace("*", "") for version in cut)):
        if version.strip():
            # the text as it is keeps its blanks, as `strict` sees it
            yield version.strip() if version is not text else text
