"""Accepts a completion whose answer is the same value as the row's.

Both sides are read by our own tokenizer and parser into exact values under a budget of characters, digits,
nesting and work (`latex/`); no text is ever executed, the answer key's included, and there are no signals, so a verdict
does not depend on the thread. Values decide; texts are compared only where the key is words or cannot be read, and then
whole. What the completion got wrong is 0 with the reason. A key that cannot be read is named (`unread`), an empty one
abstains. Where `extract` finds the answer is stated there.

Not decided here: answers that need the question to be understood; identities beyond those of `latex/algebra` and of
many points (`latex/sampling`).
"""

import re
from typing import Literal

from temper.mistakes import shortened
from temper.sandboxes.job import Sandbox
from temper.verifiers.latex.algebra import UnreadableError
from temper.verifiers.latex.judgement import Key, read_key, same_answer, same_text
from temper.verifiers.latex.parsing.cursor import Node
from temper.verifiers.latex.parsing.mending import mended
from temper.verifiers.latex.parsing.readings import in_words, readings
from temper.verifiers.latex.quantities import Policy
from temper.verifiers.problem import Problem
from temper.verifiers.reading.extract import Stated, find_answer
from temper.verifiers.verdict import Verdict, abstained, scored
from temper.verifiers.verifier import Probe, Verifier

_INTEGER = re.compile(r"\$?([+-]?)([0-9]+|[1-9][0-9]{0,2}(?:,[0-9]{3})+)\$?", re.ASCII)
_BOX = re.compile(r"\\(?:boxed|fbox)\s*\{(.*)\}\s*\Z", re.DOTALL)


class Math(Verifier):
    """Compares the completion's final answer with `answer` as values, exactly."""

    percent: Literal["strict", "omitted", "optional"] = "omitted"
    """Whether 28 is 28%: `strict`: no, 28% is 0.28; `omitted`: where the answer key has the sign; `optional`: on
    either side."""
    units: Literal["agree", "ignore", "require", "convert"] = "agree"
    """`agree`: units of measure that both sides name are the same in dimension and factor (km/h is kph and not m/s),
    and the unit of the answer key may be left out, a degree sign too; `convert`: of one dimension, 5 km is 5000 m;
    `require`: both name the same; `ignore`."""
    rounding: Literal["shown", "exact", "answer"] | int = "shown"
    """`shown`: a decimal answer of three digits or more also stands for the fraction or radical that rounds to it (an
    exact answer is not met by a decimal, nor one decimal by another); `exact`; `answer`: equal when rounded to the
    decimal places of the answer; a number: of significant digits."""
    order: Literal["free", "strict"] = "free"
    """`free`: a bare list of answers counts in any order, `strict`: as written. Tuples are always ordered,
    sets never."""
    unreadable: Literal["text", "abstain"] = "text"
    """What happens to an answer key that cannot be read: compared as text, or no verdict."""

    def model_post_init(self, context: object) -> None:
        if isinstance(self.rounding, int) and not 1 <= self.rounding <= 15:
            raise ValueError(f"rounding: expected 1 to 15 significant digits, got {self.rounding}")

    def check(self, problem: Problem) -> None:
        answer = problem.answer
        if isinstance(answer, bool) or not (answer is None or isinstance(answer, str | int | float)):
            raise ValueError(f"field 'answer': math expects text or a number, got {answer!r:.80}; write it as text")

    def unread(self, problem: Problem) -> str | None:
        text = _key(problem.answer)
        if not text or _INTEGER.fullmatch(text):
            return None
        return read_key(text).reason or None

    def verify(self, problem: Problem, completion: str, sandbox: Sandbox | None = None) -> Verdict:
        text = _key(problem.answer)
        if not text:
            return abstained(f"the answer key is {problem.answer!r:.80}: there is nothing to compare with")
        if self.unreadable == "abstain" and (reason := self.unread(problem)) is not None:
            return abstained(f"the answer key {shortened(text)} cannot be read: {reason}")
        found = find_answer(mended(completion))
        if found.text is None:
            return scored(0.0, found.reason)
        fast = _same_integer(text, found.text) if not found.boxes else None
        if fast or (text == found.text and not found.joined):
            return scored(1.0, f"{shortened(found.text)} ({found.reason})")
        if fast is not None:
            return scored(0.0, f"{shortened(found.text)} ({found.reason}) is not {shortened(text)}")
        return self._judged(read_key(text), found)

    def _judged(self, key: Key, found: Stated) -> Verdict:
        unread = f"; the answer key cannot be read ({key.reason}) and was compared as text" if key.reason else ""
        policy = Policy(percent=self.percent, units=self.units, rounding=self.rounding, order=self.order)
        for given, reason, parts in _attempts(key, found):
            nodes, problem = _trees(parts)
            if (len(parts) == 1 and same_text(key, given)) or same_answer(key, nodes, policy):
                return scored(1.0, f"{shortened(given)} ({reason})")
            if found.value is not None and not all(map(in_words, nodes)):
                break  # a value, so that no part of it is the answer
        if problem and not unread:
            return scored(0.0, f"cannot read {shortened(given)} ({reason}): {problem}")
        return scored(0.0, f"{shortened(given)} ({reason}) is not {shortened(key.text)}{unread}")

    def probes(self, problem: Problem) -> list[Probe]:
        key = _key(problem.answer)
        if not key or (self.unreadable == "abstain" and self.unread(problem)):
            return []
        prompt = problem.prompt if isinstance(problem.prompt, str) else (problem.prompt[-1].content or "")
        echoed = None if _echoes(key, prompt) else 0.0
        return [
            ("answer", f"\\boxed{{{key}}}", 1.0),
            ("answer after thinking", f"<think>\nlet me see\n</think>\n\n\\boxed{{{key}}}", 1.0),
            ("empty", "", 0.0),
            ("whitespace", " \n\t ", 0.0),
            ("garbage", "qwxz }{ \\frac{", 0.0),
            ("prompt", prompt, echoed),
            ("cut", f"\\boxed{{{key}", 0.0),
            ("open reasoning", f"<think>\n\\boxed{{{key}}}", 0.0),
            ("sys.exit(0)", "import sys; sys.exit(0)", None if _same_integer(key, "0") else 0.0),
            ("always equal", "class A:\n    def __eq__(self, other): return True\n\\boxed{A()}", 0.0),
            ("1 MB", "x" * 1_000_000, 0.0),
        ]


def _key(answer: object) -> str:
    if isinstance(answer, str) and answer.isdigit() and answer.isascii():
        return answer
    text = "" if answer is None else repr(answer) if isinstance(answer, float) else str(answer)
    text = mended(text).strip()
    box = _BOX.match(text)
    return box.group(1).strip() if box else text


def _attempts(key: Key, found: Stated) -> list[tuple[str, str, tuple[str, ...]]]:
    """The readings of the answer, in order of trying: (text to show, where it stood, the texts that it consists of)."""
    assert found.text is not None
    alone = (found.text, found.reason, (found.text,))
    if found.boxes and (found.joined or key.values == len(found.boxes)):
        together = (", ".join(found.boxes), "the boxes", found.boxes)
        return [together] if found.joined else [together, alone]
    if found.sign:
        return [(found.text + found.sign, f"{found.reason} and the sign behind it", (found.text + found.sign,)), alone]
    if found.value is not None and not key.in_words:
        return [alone, (found.value, f"the last value {found.reason}", (found.value,))]
    return [alone]


def _trees(parts: tuple[str, ...]) -> tuple[list[Node], str]:
    """The readings of one text, or of several as a list; none with the reason where one cannot be read."""
    try:
        if len(parts) == 1:
            return readings(parts[0]), ""
        return [Node("list", tuple(readings(part)[0] for part in parts), ",")], ""
    except UnreadableError as error:
        return [], str(error)


def _same_integer(key: str, given: str) -> bool | None:
    """The common case without a parser; None when one side is not an integer."""
    if key.isdigit() and given.isdigit() and key.isascii() and given.isascii():
        return key.lstrip("0") == given.lstrip("0")
    left, right = _INTEGER.fullmatch(key), _INTEGER.fullmatch(given)
    if left is None or right is None:
        return None
    digits, others = (_digits(match) for match in (left, right))
    if "," in given or "," in key:
        # `1,234` may be a list of two; the parser tries both.
        return True if digits == others and _sign(left) == _sign(right) else None
    return digits == others and (_sign(left) == _sign(right) or not digits)


def _digits(match: re.Match[str]) -> str:
    return match.group(2).replace(",", "").lstrip("0")


def _sign(match: re.Match[str]) -> str:
    return "-" if match.group(1) == "-" else ""


def _echoes(key: str, prompt: str) -> bool:
    """Whether the answer key stands in the prompt."""
    left, right = (re.sub(r"[\s$\\]", "", text).casefold() for text in (key, prompt))
    return left in right
