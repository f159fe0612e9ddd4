"""Accepts a completion whose answer is the same value as the row's.

Both sides are read by our own tokenizer and parser into exact values under a budget of characters, digits,
nesting and work (`tokens`, `grammar`, `algebra`); no text is ever executed, the answer key's included, and
there are no signals, so a verdict does not depend on the thread. What the completion got wrong is 0 with the
reason. A key that this reader does not understand is compared as text; an empty one abstains. Where
`extract` finds the answer is stated there.

Not decided here: identities beyond those of `algebra` (they are refused, not abstained), conversions of
units, answers that need the question to be understood.
"""

import re
import unicodedata
from dataclasses import replace
from typing import Literal

from temper.sandboxes.job import Sandbox
from temper.verifiers.latex.algebra import Algebra, UnreadableError
from temper.verifiers.latex.compare import Comparison, Policy
from temper.verifiers.latex.expressions import Node
from temper.verifiers.latex.grammar import parse
from temper.verifiers.latex.tokens import MAX_TEXT
from temper.verifiers.latex.values import Reader, has_bare_log
from temper.verifiers.problem import Problem
from temper.verifiers.reading.extract import find_answer
from temper.verifiers.verdict import Verdict, abstained, scored
from temper.verifiers.verifier import Probe, Verifier

_INTEGER = re.compile(r"\$?([+-]?)0*([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)\$?", re.ASCII)
_GROUPED = re.compile(r"(?<![0-9.,])[0-9]{1,3}(?:,[0-9]{3})+(?![0-9,])", re.ASCII)
_BAD_GROUP = re.compile(r"[0-9],0[0-9]", re.ASCII)
_BOX = re.compile(r"\\(?:boxed|fbox)\s*\{(.*)\}\s*\Z", re.DOTALL)
_WRAPPERS = (("\\[", "\\]"), ("\\(", "\\)"))
_DAMAGED = re.compile("([\t\f\b\r])(?=(?:ext|extcirc|imes|heta|an|frac|rac|orall|inom|eta|ar|ho|ight)(?![a-z]))")
_CIRCLED = re.compile("[\u2460-\u2473]+")
_INFINITE = {"infinitely\0many", "infinite", "infinitely\0many\0solutions"}
_PARAMETERS = {"k", "n", "m"}
"""Letters that count the members of a family, as in pi/6 + k pi."""


class Math(Verifier):
    """Compares the completion's final answer with `answer` as values, exactly."""

    percent: Literal["strict", "optional"] = "strict"
    """`strict`: 28% is 0.28 and not 28; `optional`: the sign may be missing on one side."""
    units: Literal["agree", "ignore", "require"] = "agree"
    """`agree`: units of measure that both sides name must be the same; `require`: both must name the same words."""
    rounding: Literal["shown", "exact", "answer"] | int = "shown"
    """`shown`: a decimal answer of three digits or more also stands for the fraction or radical that rounds to it (an
    exact answer is not met by a decimal, nor one decimal by another); `exact`; `answer`: equal when rounded to the
    decimal places of the answer; a number: of significant digits."""
    order: Literal["free", "strict"] = "free"
    """`free`: a bare list of answers counts in any order, `strict`: as written. Tuples are always ordered,
    sets never."""

    def model_post_init(self, context: object) -> None:
        if isinstance(self.rounding, int) and not 1 <= self.rounding <= 15:
            raise ValueError(f"rounding: expected 1 to 15 significant digits, got {self.rounding}")

    def check(self, problem: Problem) -> None:
        answer = problem.answer
        if isinstance(answer, bool) or not (answer is None or isinstance(answer, str | int | float)):
            raise ValueError(f"field 'answer': math expects text or a number, got {answer!r:.80}; write it as text")

    def verify(self, problem: Problem, completion: str, sandbox: Sandbox | None = None) -> Verdict:
        key = _key(problem.answer)
        if not key:
            return abstained(f"the answer key is {problem.answer!r:.80}: there is nothing to compare with")
        found = find_answer(_mended(completion))
        if found.text is None:
            return scored(0.0, found.reason)
        given = found.text
        fast = _same_integer(key, given)
        if fast is None:
            given, same = self._compare(key, given, found.value)
        else:
            same = fast
        if isinstance(same, str):
            return scored(0.0, f"cannot read {_short(given)} ({found.reason}): {same}")
        if same:
            return scored(1.0, f"{_short(given)} ({found.reason})")
        return scored(0.0, f"{_short(given)} ({found.reason}) is not {_short(key)}")

    def _compare(self, key: str, given: str, inner: str | None) -> tuple[str, bool | str]:
        """What was taken as the answer, with whether it is the same, or why it cannot be read."""
        if _as_text(key) == _as_text(given):
            return given, True
        try:
            keys = _readings(key)
            key_is_words = all(map(_in_words, keys))
        except UnreadableError:
            return given, False
        try:
            nodes = _readings(given)
        except UnreadableError as error:
            nodes, reason = [], str(error)
        else:
            reason = ""
        if inner is not None and not key_is_words and all(map(_in_words, nodes)):
            given = inner
            try:
                nodes = _readings(inner)
            except UnreadableError as error:
                nodes, reason = [], str(error)
        if not nodes:
            return given, reason
        return given, any(self._same(a, b) for a in keys for b in nodes)

    def _same(self, key: Node, given: Node) -> bool:
        """Under one reading of `log`; what cannot be evaluated within the budget is not the same."""
        given = _with_parameter_of(key, given)
        policy = Policy(percent=self.percent, units=self.units, rounding=self.rounding, order=self.order)
        for base in ("e", "10") if has_bare_log(key) or has_bare_log(given) else ("e",):
            try:
                algebra = Algebra()
                reader = Reader(algebra, "e" if base == "e" else "10")
                if Comparison(algebra, policy).same(reader.read(key), reader.read(given)):
                    return True
            except (UnreadableError, RecursionError):
                continue
        return False

    def probes(self, problem: Problem) -> list[Probe]:
        key = _key(problem.answer)
        if not key:
            return []
        prompt = problem.prompt if isinstance(problem.prompt, str) else (problem.prompt[-1].content or "")
        echoed = None if _as_text(key) in _as_text(prompt) else 0.0
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


def _in_words(node: Node) -> bool:
    return node.kind == "words" or (node.kind == "list" and all(part.kind == "words" for part in node.args))


def _key(answer: object) -> str:
    text = "" if answer is None else repr(answer) if isinstance(answer, float) else str(answer)
    text = _mended(text).strip()
    box = _BOX.match(text)
    return box.group(1).strip() if box else text


def _same_integer(key: str, given: str) -> bool | None:
    """The common case without a parser; None when one side is not an integer."""
    left, right = _INTEGER.fullmatch(key), _INTEGER.fullmatch(given)
    if left is None or right is None:
        return None
    digits, others = (match.group(2).replace(",", "").lstrip("0") for match in (left, right))
    if "," in given or "," in key:
        # `1,234` may be a list of two; the parser tries both.
        return True if digits == others and _sign(left) == _sign(right) else None
    return digits == others and (_sign(left) == _sign(right) or not digits)


def _sign(match: re.Match[str]) -> str:
    return "-" if match.group(1) == "-" else ""


def _readings(text: str) -> list[Node]:
    """The trees of a text: commas as separators, and as thousands where the digits are grouped that way.

    Inside brackets a comma groups digits only where other commas are followed by a blank. `10,00` is neither.
    """
    if len(text) > MAX_TEXT:
        raise UnreadableError(f"an answer of {len(text)} characters")
    text = _unwrapped(text)
    if _as_text(text) in _INFINITE:
        text = "\\infty"
    readings, first = [], None
    grouped = _GROUPED.search(text)
    if grouped and (", " in text or not re.search(r"[(\[{]", text)):
        readings.append(_GROUPED.sub(lambda found: found.group().replace(",", ""), text))
    if not _BAD_GROUP.search(text):
        readings.append(text)
    nodes = []
    for reading in readings:
        try:
            nodes.append(parse(reading))
        except (UnreadableError, RecursionError) as error:
            first = first or UnreadableError(str(error))
    if not nodes:
        raise first or UnreadableError("digits that are grouped in no known way")
    return nodes


def _mended(text: str) -> str:
    """LaTeX that went through a string literal (a tab for the `\\t` of `\\text`), and circled digits as a list."""
    text = _DAMAGED.sub(lambda found: "\\" + {"\t": "t", "\f": "f", "\b": "b", "\r": "r"}[found.group(1)], text)
    return _CIRCLED.sub(lambda found: ", ".join(str(ord(one) - 0x245F) for one in found.group()), text)


def _with_parameter_of(key: Node, given: Node) -> Node:
    """A family of angles counts with any letter: one that only the completion has becomes the key's."""
    ours, theirs = _names(key), _names(given)
    left, right = ours & _PARAMETERS, theirs & _PARAMETERS
    if len(left) == len(right) == 1 and left != right and "pi" in ours and "pi" in theirs:
        return _renamed(given, *right, *left)
    return given


def _names(node: Node) -> set[str]:
    return set().union({node.text} if node.kind in ("name", "const") else set(), *map(_names, node.args))


def _renamed(node: Node, old: str, new: str) -> Node:
    text = new if node.kind == "name" and node.text == old else node.text
    return replace(node, text=text, args=tuple(_renamed(part, old, new) for part in node.args))


def _unwrapped(text: str) -> str:
    text = text.strip().strip("*").strip()
    for opening, closing in _WRAPPERS:
        if text.startswith(opening) and text.endswith(closing):
            text = text[2:-2]
    return text


def _as_text(text: str) -> str:
    """For answers in words and for keys that are no value: letters and digits decide, and signs between
    them."""
    text = unicodedata.normalize("NFKC", text[:MAX_TEXT]).casefold()
    text = re.sub(r"\\(?:text|mathrm|mbox|textbf|mathbf|operatorname)\s*\{([^{}]*)\}", r"\1", text)
    text = re.sub(
        r"\\(?:left|right|displaystyle|[,;:! ])",
        " ",
        text.replace("\\dfrac", "\\frac").replace("\\tfrac", "\\frac"),
    )
    text = re.sub(r"(?<=\w)\s+(?=\w)", "\0", text.replace("$", "").strip())
    return re.sub(r"\s+", "", text).strip(".")


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")
