"""Accepts a completion whose answer reasoning-gym's own scorer for the row's dataset gives 1.

The answer is looked for after `</think>`, in this order: the last `<answer>...</answer>` (one that stands open is no
answer); the last `\\boxed{}`; what follows the last "final answer:" or "answer:" to the end of the text; the whole
text. A code fence, or a box inside the tags, is taken off. Nothing else is: the datasets state their format, and their
scorers forgive what they mean to.

The scorers of 0.1.25 execute text, and give 1 to answers that are wrong. So:
- they run only in the sandbox (`gym.scorer`), under limits, never in this process; `gym.gate` says what an answer may
  be made of before it gets there, and in the box `eval` itself is replaced by a reader of values. What comes back are
  builtin floats over the box's private channel; nothing printed counts.
- the entry with its answer **does** enter the box: most scorers compare with it or simulate from it. That is against
  the rule for programs, and safe only because no part of a completion is executed there: an answer is a text that our
  process looks at. If a completion ever ran in that process, it could read the answer and return any score.
- where a scorer gives 1 to what is wrong (any text, four numbers of another puzzle, `0` for every probability below
  one), `MORE` holds what must be true besides.
- a row whose own answer does not score 1 (an entry that lost its tuples in JSON, another release's metadata) abstains.

Not promised: propositional_logic accepts every formula that follows from the premises and is no tautology, a premise
itself too; text after a right answer is forgiven where the scorer reads numbers or moves out of it.
"""

import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import JsonValue

from temper.mistakes import nearest, shortened
from temper.sandboxes.box.values import decode, encode
from temper.sandboxes.job import Call, Job, Limits, Result, Sandbox, SandboxError
from temper.sandboxes.section import SandboxSection
from temper.sandboxes.slot import longest_s
from temper.verifiers.code import RUNS
from temper.verifiers.gym.gate import refused
from temper.verifiers.problem import Problem
from temper.verifiers.reading.extract import after_thinking, last_boxed
from temper.verifiers.reading.fences import unfenced
from temper.verifiers.verdict import Verdict, VerifierError, abstained, scored
from temper.verifiers.verifier import Probe, Verifier

PACKAGE = "reasoning_gym"
LIMITS = Limits(cpu_s=5, memory_mb=1024)
"""Over two hundred times what any own answer needs; the memory holds the loaded package."""
_NAMES = """
ab acre advanced_geometry aiw arc_1d arc_agi base_conversion basic_arithmetic bf binary_alternation
binary_matrix bitwise_arithmetic boxnet caesar_cipher calendar_arithmetic chain_sum circuit_logic codeio
coin_flip color_cube_rotation complex_arithmetic count_bits count_primes countdown course_schedule cryptarithm
decimal_arithmetic decimal_chain_sum dice emoji_mystery family_relationships figlet_font fraction_simplification
futoshiki game_of_life game_of_life_halting gcd graph_color group_anagrams gsm_symbolic intermediate_integration
isomorphic_strings jugs kakurasu knight_swap knights_knaves largest_island lcm leg_counting letter_counting
letter_jumble list_functions mahjong_puzzle manipulate_matrix maze mini_sudoku modulo_grid n_queens
needle_haystack number_filtering number_format number_sequence number_sorting palindrome_generation
palindrome_partitioning path_star polynomial_equations polynomial_multiplication pool_matrix power_function
prime_factorization products propositional_logic puzzle24 quantum_lock ransom_note rearc rectangle_count
rotate_matrix rotten_oranges rubiks_cube rush_hour self_reference sentence_reordering shortest_path
simple_equations simple_geometry simple_integration sokoban spell_backward spiral_matrix string_insertion
string_manipulation string_splitting string_synthesis sudoku survo syllogism time_intervals tower_of_hanoi
tsumego word_ladder word_sequence_reversal word_sorting zebra_puzzles
"""
DATASETS = frozenset(_NAMES.split())
"""Of reasoning-gym 0.1.25; `composite` is named by its parts."""
_TAG = re.compile(r"<answer>|</answer>")
_MARKER = re.compile(r"\b(?:final[ \t]+)?answer[*_]{0,2}[ \t]*:[*_ \t]{0,4}", re.IGNORECASE)


def _same_numbers(entry: Mapping[str, Any], answer: str) -> bool:
    # each number as often as the puzzle has it: `4 * 6 + 1 - 1` of 1, 1, 4, 6
    return sorted(map(int, re.findall(r"[0-9]+", answer))) == sorted(entry["metadata"]["numbers"])


def _same_word(entry: Mapping[str, Any], answer: str) -> bool:
    return answer.casefold() == str(entry["answer"]).casefold()


def _same_probability(entry: Mapping[str, Any], answer: str) -> bool:
    try:
        given = Fraction(answer.replace(",", ""))
    except (ValueError, ZeroDivisionError):
        return False
    wanted = Fraction(entry["answer"])
    # 0.001 may be off by 0.00001, a hundredth of it; 0.5 by 0.0001
    return abs(given - wanted) <= min(Fraction(1, 10_000), wanted / 100)


MORE: dict[str, Callable[[Mapping[str, Any], str], bool]] = {
    "puzzle24": _same_numbers,
    "game_of_life_halting": _same_word,
    "coin_flip": _same_probability,
}


class ReasoningGym(Verifier):
    """Asks the scorer of a dataset of reasoning-gym, in the sandbox."""

    dataset: str
    """A dataset of reasoning-gym 0.1.25."""
    entry: dict[str, JsonValue]
    """What the dataset generated: `question`, `answer`, `metadata`; encoded as the values of `call` tests are, so that
    tuples stay tuples."""
    config: dict[str, JsonValue] = {}
    """The fields of the dataset's configuration that differ from its defaults: some scorers take bounds from there."""
    score: Literal["exact", "partial"] = "exact"
    """`exact`: 1 where the scorer gives 1, else 0. `partial`: what the scorer gives, with its fractions for a part of
    the answer and its 0.01 to 0.1 for form alone."""

    def check(self, problem: Problem) -> None:
        if self.dataset not in DATASETS:
            raise ValueError(
                f"field 'params.dataset': no dataset {self.dataset!r} in reasoning-gym 0.1.25; "
                f"{nearest(self.dataset, DATASETS)}"
            )
        for field in ("question", "answer", "metadata"):
            if field not in self.entry:
                raise ValueError(f"field 'params.entry': {field!r} is missing; give the whole entry of the dataset")
        own = self._own(problem)
        if own is not None and not isinstance(own, str):
            raise ValueError(f"field 'answer': reasoning_gym expects text or nothing, got {shortened(own)}")
        try:
            decode([self.entry, self.config])
        except ValueError as error:
            raise ValueError(f"field 'params.entry': {error}") from error

    def check_sandbox(self, problem: Problem, section: SandboxSection) -> None:
        if PACKAGE not in section.packages:
            raise ValueError(
                f"field 'verifier': reasoning_gym needs its package in the box; add {PACKAGE!r} to sandbox.packages"
            )
        if section.kind != "local" and LIMITS.memory_mb > section.memory_mb:
            raise ValueError(
                f"field 'verifier': reasoning_gym needs {LIMITS.memory_mb} MiB in the box, got {section.memory_mb}; "
                "raise sandbox.memory_mb"
            )

    def longest_s(self, problem: Problem) -> float:
        return RUNS * longest_s(self._job(None, ""))

    def verify(self, problem: Problem, completion: str, sandbox: Sandbox | None = None) -> Verdict:
        if sandbox is None:
            raise VerifierError(f"reasoning_gym: {problem.id!r} needs a sandbox, got None; pass one")
        answer, why = find_answer(completion)
        own = self._own(problem)
        if not answer and (answer is None or own != ""):
            return scored(0.0, why)
        if reason := refused(self.dataset, answer):
            return scored(0.0, reason)
        if own is not None and refused(self.dataset, own):
            own = None  # an antiderivative that sympy left as an integral: no key, and none is needed
        (result,) = sandbox.run(self._job(own, answer))
        return self._verdict(result, answer)

    def _own(self, problem: Problem) -> Any:
        return problem.answer if problem.answer is not None else self.entry["answer"]

    def _job(self, own: str | None, answer: str) -> Job:
        arguments = [self.dataset, self.config, self.entry, own, answer]
        tests = Call(entry_point="judge", calls=((arguments, {}),), package=PACKAGE)
        return Job(source=_program(), tests=tests, limits=LIMITS)

    def _verdict(self, result: Result, answer: str) -> Verdict:
        if result.outcome != "finished":
            return scored(0.0, f"the scorer did not end well: {result.outcome}, {result.detail}"[:300])
        match result.value:
            case [None | float() | str() as own, float() | str() as given]:
                pass
            case _:
                raise SandboxError(f"sandbox: the scorer returned {shortened(result.value)}")
        if own is not None and own != 1.0:
            return abstained(f"the row's own answer does not score 1 but {own}"[:300])
        if isinstance(given, str):
            return scored(0.0, f"the scorer cannot read {shortened(answer)}: {given}")
        if not 0.0 <= given <= 1.0:
            return scored(0.0, f"the scorer gave {given} to {shortened(answer)}")
        if self.dataset in MORE and not MORE[self.dataset](decode(self.entry), answer):
            return scored(0.0, f"not an answer to this problem: {shortened(answer)}")
        detail = f"the scorer gave {given:g} to {shortened(answer)}"
        return scored(given if self.score == "partial" else float(given == 1.0), detail)

    def probes(self, problem: Problem) -> list[Probe]:
        own = self._own(problem)
        prompt = problem.prompt if isinstance(problem.prompt, str) else (problem.prompt[-1].content or "")
        wrong = 0.0 if self.score == "exact" else None
        evil = "__import__('os')._exit(0)"
        probes: list[Probe] = [
            ("empty", "", 0.0),
            ("whitespace", " \n\t ", 0.0),
            ("empty tags", "<answer></answer>", float(own == "")),
            ("garbage", "<answer>}{ \\boxed{</answer>", wrong),
            ("prompt", prompt, wrong),
            ("open reasoning", f"<think>\n<answer>{own}</answer>", 0.0),
            ("cut", f"<answer>{own}", 0.0),
            ("executes", f"<answer>{evil}</answer>", wrong),
            ("executes in a list", f"<answer>[{evil}]</answer>", wrong),
            ("sys.exit(0)", "<answer>import sys; sys.exit(0)</answer>", wrong),
            ("always equal", "<answer>class A:\n    def __eq__(self, other): return True</answer>", wrong),
            ("not a number", "<answer>nan</answer>", wrong),
            ("1 MB", "x" * 1_000_000, 0.0),
        ]
        if own is not None and not refused(self.dataset, own):
            probes.append(("answer", f"<answer>{own}</answer>", 1.0))
            probes.append(("answer after thinking", f"<think>\nhm\n</think>\n\n<answer>{own}</answer>", 1.0))
        return probes


def find_answer(completion: str) -> tuple[str | None, str]:
    """The answer's text, or None and why there is none; empty tags are an answer where a row's own is empty."""
    text = after_thinking(completion)
    if text is None:
        return None, "the reasoning does not end: no </think>"
    tags = list(_TAG.finditer(text))
    if tags:
        if tags[-1].group() == "<answer>":
            return None, "the last <answer> is cut"
        start = next((tag.end() for tag in reversed(tags[:-1]) if tag.group() == "<answer>"), None)
        if start is None:
            return None, "a </answer> without its <answer>"
        found = text[start : tags[-1].start()].strip()
        if found.startswith("\\boxed"):
            found = _unboxed(found) or ""
    elif last_boxed(text) is not None:
        found = _unboxed(text) or ""
    else:
        marked = list(_MARKER.finditer(text))
        found = text[marked[-1].end() if marked else 0 :].strip()
    if found.endswith("```"):  # also where the closing fence stands behind the answer
        found = found.removesuffix("```") + "\n```"
    found = unfenced(found).strip("\n")
    if not found.strip():
        return ("" if tags else None), "the answer is empty"
    return found, ""


def _unboxed(text: str) -> str | None:
    boxed = last_boxed(text)
    return boxed.text if boxed else None


def encoded(entry: Mapping[str, Any]) -> Any:
    """A generated entry as it stands in a row; numpy's scalars become what they hold."""

    def scalar(value: object) -> Any:
        return encode(value.item()) if type(value).__module__ == "numpy" else None  # type: ignore[attr-defined]

    return encode(dict(entry), scalar)


@cache
def _program() -> str:
    return (Path(__file__).parent / "gym/scorer.py").read_text("utf-8") + "\n\nload()\n"
