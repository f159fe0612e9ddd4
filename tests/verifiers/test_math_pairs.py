"""`math` on how answer keys and answers differ: a table of kinds, what is made wrong from it, and whole completions.

`math_pairs.jsonl` holds keys as contests write them with right and wrong answers, `math_near.jsonl` those whose wrong
answers are nearly right, `math_shapes.jsonl` both in many shapes, `math_first_sight.jsonl` a table that was judged once
before anything was mended for it, `math_completions.jsonl` whole completions. Every right answer is also spoilt in each
way of `SPOILT`.
"""

import json
import random
import re
import string
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from temper.verifiers.math import Math
from temper.verifiers.problem import Problem
from temper.verifiers.reading.extract import find_answer

HERE = Path(__file__).parent


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (HERE / name).read_text().splitlines()]


PAIRS = [row for name in ("pairs", "near", "shapes", "first_sight") for row in rows(f"math_{name}.jsonl")]
KINDS = sorted({row["kind"] for row in PAIRS})


def score(answer: str, completion: str) -> float | None:
    row = Problem(id="p", prompt="How much is it?", verifier="math", answer=answer)
    return Math().verify(row, completion).score


@pytest.mark.parametrize("kind", KINDS)
def test_what_says_the_same_is_accepted(kind: str) -> None:
    pairs = [(row["answer"], given) for row in PAIRS if row["kind"] == kind for given in row["right"]]
    assert [pair for pair in pairs if score(pair[0], f"\\boxed{{{pair[1]}}}") != 1.0] == []


@pytest.mark.parametrize("kind", KINDS)
def test_what_says_something_else_is_refused(kind: str) -> None:
    pairs = [(row["answer"], given) for row in PAIRS if row["kind"] == kind for given in row["wrong"]]
    assert [pair for pair in pairs if score(pair[0], f"\\boxed{{{pair[1]}}}") != 0.0] == []


@pytest.mark.parametrize("row", rows("math_completions.jsonl"), ids=lambda row: row["completion"][:40])
def test_a_completion_is_judged_by_the_answer_that_it_gives(row: dict[str, Any]) -> None:
    assert score(row["answer"], row["completion"]) == row["score"]


def _other_digit(text: str, draw: random.Random) -> str:
    places = [match.start() for match in re.finditer(r"(?<![0-9_])[1-9](?![0-9])", text)]
    if not places:
        return text
    place = draw.choice(places)
    return text[:place] + str(int(text[place]) % 9 + 1) + text[place + 1 :]


def _longer(text: str, draw: random.Random) -> str:
    return re.sub(r"(?<![0-9_])([1-9])(?![0-9])", rf"\g<1>{draw.randint(1, 9)}", text, count=1)


def _one_more(text: str, draw: random.Random) -> str:
    return f"{text}+1"


def _two(text: str, draw: random.Random) -> str:
    return f"{text}, 17"


def _negative(text: str, draw: random.Random) -> str:
    return f"-({text})"


def _larger(text: str, draw: random.Random) -> str:
    return f"{text} \\text{{ million}}"


NUMBERS = ["3", "-7", "12", "\\frac{3}{4}", "2\\sqrt{3}", "5\\pi", "0.25", "x+4", "2^{n}", "\\ln 5", "\\sin 1", "3+4i"]
SPOILT = [_other_digit, _longer, _one_more, _two, _negative, _larger]


@pytest.mark.parametrize("spoil", SPOILT)
def test_a_spoilt_number_is_refused(spoil: Callable[[str, random.Random], str]) -> None:
    draw = random.Random(3)
    made = [(answer, spoil(answer, draw)) for answer in NUMBERS]
    made = [(answer, given) for answer, given in made if given != answer]
    assert len(made) >= 6
    assert [pair for pair in made if score(pair[0], f"\\boxed{{{pair[1]}}}") != 0.0] == []


SETS = ["(1,3)", "[1,3]", "(1,3]", "[1,3)"]


@pytest.mark.parametrize("answer", SETS)
def test_an_interval_is_itself_alone_by_its_ends_however_they_are_written(answer: str) -> None:
    for other in SETS:
        low, high = ("<" if other[0] == "(" else "\\le"), ("<" if other[-1] == ")" else "\\le")
        written = (f"1 {low} x {high} 3", f"\\{{x \\mid 1 {low} x {high} 3\\}}", f"x \\in {other}", other)
        for given in written:
            assert score(answer, f"\\boxed{{{given}}}") == float(answer == other), given
        turned = f"3 {high.replace('<', '>').replace('le', 'ge')} x {low.replace('<', '>').replace('le', 'ge')} 1"
        assert score(answer, f"\\boxed{{{turned}}}") == float(answer == other), turned


UNITS = {
    "m": "meters",
    "km": "kilometers",
    "cm": "centimeters",
    "ft": "feet",
    "s": "seconds",
    "h": "hours",
    "kg": "kilograms",
}


@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_is_itself_in_letters_and_words_and_no_other(unit: str) -> None:
    for other, name in UNITS.items():
        for given in (f"5\\text{{ {other}}}", f"5\\,\\mathrm{{{other}}}", f"5 \\text{{ {name}}}"):
            assert score(f"5 \\text{{ {unit}}}", f"\\boxed{{{given}}}") == float(unit == other), given
        square = f"5 \\text{{ square {name}}}"
        assert score(f"5 \\text{{ {unit}}}^2", f"\\boxed{{{square}}}") == float(unit == other), square
    assert score(f"5 \\text{{ {unit}}}", "\\boxed{5}") == 1.0
    assert score("5", f"\\boxed{{5 \\text{{ {unit}}}}}") == 1.0


@pytest.mark.parametrize(("word", "number"), [("seven", 7), ("twenty-one", 21), ("one hundred and five", 105)])
def test_a_number_in_words_is_the_number(word: str, number: int) -> None:
    assert score(str(number), f"\\boxed{{\\text{{{word}}}}}") == 1.0
    assert score(word, f"\\boxed{{{number}}}") == 1.0
    assert score(word, f"\\boxed{{{number + 1}}}") == 0.0


def test_an_unreadable_key_is_named_and_compared_as_text() -> None:
    row = Problem(id="p", prompt="?", verifier="math", answer="\\oint_\\gamma f\\,dz")
    assert Math().unread(row)
    assert Math().verify(row, "\\boxed{\\oint_\\delta f dz}").score == 0.0
    assert Math().verify(row, "\\boxed{$\\oint_{\\gamma} f dz$}").score == 1.0
    detail = Math().verify(row, "\\boxed{5}").detail
    assert "cannot be read" in detail and "compared as text" in detail
    verdict = Math(unreadable="abstain").verify(row, "\\boxed{5}")
    assert (verdict.outcome, verdict.score) == ("abstained", None) and "cannot be read" in verdict.detail
    assert Math(unreadable="abstain").probes(row) == []


@pytest.mark.parametrize(
    "answer", ["5", "\\frac{1}{2}", "ellipse", "x>2", "\\text{a right triangle}", "(1,2)", "9" * 300]
)
def test_a_readable_key_is_not_named(answer: str) -> None:
    assert Math().unread(Problem(id="p", prompt="?", verifier="math", answer=answer)) is None


def test_the_detail_says_what_was_taken() -> None:
    row = Problem(id="p", prompt="?", verifier="math", answer="4")
    assert "(<answer>)" in Math().verify(row, "<answer>\\frac{3}{4}</answer>").detail
    assert "the last value after 'answer is'" in Math().verify(row, "The answer is however you look at it 5.").detail
    assert "the boxes" in Math().verify(row, "\\boxed{4} or \\boxed{5}").detail


PIECES = [
    *"{}()[]<>=+-*/^_|!,;:%$&.'0123456789xyznkeifP", "\\frac", "\\sqrt", "\\{", "\\}", "\\pi", "\\infty", "12", "0.5",
    "\\le", "\\ne", " and ", " or ", "\\text{", "\\mathrm{", "km", "dollars", " is ", "the ", " for all ", "\\in",
    "\\mathbb{R}", "\\mathbb{Z}", "\\cup", "\\setminus", "^\\circ", "\\sin", "\\arcsin", "\\ln", "\\log_2", "\\lfloor",
    "\\rfloor", "\\sum_{k=1}^{n}", "\\prod_{k=1}^{5}", "\\binom{n}{k}", "\\begin{pmatrix}", "\\end{pmatrix}",
    "\\begin{cases}", "\\end{cases}", "\\\\", "\\pm", "\\approx", "\\equiv", "\\pmod{5}", " mod ", " odd ", " integer ",
    " where ", " except ", " at least ", " million ", " dozen ", " half ", " twenty ", "\\boxed{", "\\ldots", "10:30",
    "pm", "2041_5", "\\mid", "<sup>2</sup>", "&lt;", "\u00b2", "\u221a", "\u2264", "\u2208", "\u03c0", "\t", "\\",
    "\\mathbf{i}", "\\vec{a}", "f(x)", "\\max", "\\over", "\\choose", "0.\\overline{3}",
    "\\lim_{n\\to\\infty}", "\\lim_{x\\to 0^+}", "+\\cdots+n", "\\sum_{n\\ge 0}", "k=0,1,\\ldots,4",
    "^\\top", "\\times 4 m",
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_no_text_raises_or_takes_long(seed: int) -> None:
    """Random pieces of LaTeX and English, and answers of the table with pieces put in; 12,000 verdicts a seed."""
    draw = random.Random(seed)
    answers = [given for row in PAIRS for given in [row["answer"], *row["right"]]]
    for _ in range(3_000):
        text = "".join(draw.choice(PIECES) for _ in range(draw.choice((2, 5, 12, 40, 120))))
        known, other = draw.choice(answers), draw.choice(answers)
        place = draw.randrange(len(known) + 1)
        mixed = known[:place] + draw.choice(PIECES) + other[draw.randrange(len(other)) :]
        boxed = f"\\boxed{{{mixed}}}"
        for answer, completion in ((known, text), (text, boxed), (mixed, f"The answer is {text}"), (mixed, boxed)):
            started = time.process_time()
            assert score(answer, completion) in (0.0, 1.0, None)
            assert time.process_time() - started < 1.0, (seed, answer, completion)


GROWING: list[Callable[[int], str]] = [
    lambda n: "0" * n + "x",
    lambda n: "\\boxed{" * (n // 7),
    lambda n: "\\boxed{1}" * (n // 9),
    lambda n: "\\boxed{1}\n\n" * (n // 11),
    lambda n: "answer: " * (n // 8),
    lambda n: "answer" + " " * n,
    lambda n: "answer is not " * (n // 14) + "5",
    lambda n: "<answer>" * (n // 8),
    lambda n: "<answer>1</answer>" * (n // 18),
    lambda n: "$" * n,
    lambda n: "\\(" * (n // 2),
    lambda n: "\\[1" * (n // 3),
    lambda n: "1,234" * (n // 5),
    lambda n: "123 " * (n // 4),
    lambda n: "1." * (n // 2),
    lambda n: "0.3" * (n // 3),
    lambda n: " " * n + "1",
    lambda n: "a " * (n // 2) + "1",
    lambda n: "in  " * (n // 4) + "1",
    lambda n: "<sup>" * (n // 5),
    lambda n: "&lt" * (n // 3),
    lambda n: "\\" * n,
    lambda n: "{" * n,
    lambda n: "\\text{" * (n // 6),
    lambda n: "#### " * (n // 5),
    lambda n: "**" * (n // 2),
    lambda n: string.ascii_letters * (n // 52),
    lambda n: "\\frac{1}{" * (n // 9),
    lambda n: "\u2070" * n,
    lambda n: "yes, " * (n // 5),
    lambda n: "10 pm " * (n // 6),
    lambda n: "x = 1 \\quad " * (n // 12),
]


@pytest.mark.slow
@pytest.mark.parametrize("text_of", GROWING)
def test_the_time_of_a_verdict_grows_with_the_text_and_no_faster(text_of: Callable[[int], str]) -> None:
    """CPU at 10, 100 and 1,000 kB: ten times the text takes at most thirty times as long, once it can be measured."""

    def seconds(text: str) -> float:
        started = time.process_time()
        find_answer(text), score("5", text), score(text, "5"), score(text, f"\\boxed{{{text}}}")
        return time.process_time() - started

    times = [seconds(text_of(size)) for size in (10_000, 100_000, 1_000_000)]
    assert times[1] < max(30 * times[0], 0.05) and times[2] < max(30 * times[1], 0.5), times
