"""The chosen letter: what must be read, the longer list of what must not."""
# ruff: noqa: E501

from typing import Any

import pytest

from temper.verifiers.problem import Problem
from temper.verifiers.rows import parse_problem
from temper.verifiers.table import verifier_for
from temper.verifiers.verdict import Verdict

CITIES = ["Oslo", "Paris", "Vitamin C", "None of the above"]


def judged(completion: str, answer: str = "B", **params: Any) -> Verdict:
    row = Problem(id="p", prompt="q", verifier="choice", answer=answer, params=params)
    return verifier_for(row).verify(row, completion)


RIGHT = [
    "B", "(B)", "[B]", "{B}", "B.", "B)", "B:", "**B**", "**(B)**", "*B*", "`B`", "$B$", " B \n", "Option B", "option (B)",
    "(b)", "B) Paris", "B. Paris", "B: Paris, the capital", "(B) Paris", "**B) Paris**", "**B.** Paris", "B) Vitamin C",
    "Answer: B", "**Answer:** B", "**Answer: B**", "answer: (b)", "ANSWER: B", "Answer:\nB", "Answer: B) Paris",
    "The answer is B.", "The answer is (B).", "The correct answer is B, because Paris is.", "The answer is: B",
    "So the answer is **B**.", "The answer is option B.", "The answer choice is B", "Answer = B",
    "\\boxed{B}", "$\\boxed{B}$", "\\boxed{b}", "\\boxed{\\text{B}}", "\\boxed{(B)}", "\\boxed{B. Paris}", "\\boxed{\\textbf{(B)}}",
    "A looks right at first.\nC too.\nB", "A is wrong. The answer is B", "The answer is A. No: the answer is B.",
    "<think>\nA? The answer is A.\n</think>\n\nB", "I choose \\boxed{B} and not A", "The answer is clear.\n\nB",
]  # fmt: skip

WRONG = [
    "", " \n", "A", "(A)", "C", "Answer: A", "\\boxed{A}", "The answer is A.", "b", "Beta", "BB", "B C", "B dog", "8", "ß",
    "A or B", "B or A", "A, B", "B, A", "A, B, C, D", "A/B", "B/C", "B & C", "(A) (B)", "(B) and (C)", "B and C", "A) B) C) D)",
    "A. B. C. D.", "(A) Oslo (B) Paris", "B) Paris C) Rome", "either B or C", "Answer: A or B", "Answer: B or C", "Answer: A, B, C, D",
    "The answer is either A or B.", "The answer is B or C.", "\\boxed{A, B}", "\\boxed{AB}", "\\boxed{B or C}", "\\boxed{}",
    "\\boxed{B", "\\boxed{B}\n\\boxed{A}", "The answer is B. No: the answer is A.", "B\nA", "B\nthat is it", "A dog",
    "The answer is a building.", "The answer is not B", "The answer is not (B)", "B is wrong", "Not B", "~B", "-B", "I think B",
    "<think>\nB", "<think>\nThe answer is B", "<think>B</think>", "<think>B</think>\nA", "All of them", "Answer:", "answer",
    "\u0392", "\uff22", "\u24b7", "B\u200b", "B\x00", "\ud800", "(B", "B]", "[[B]]", "'B'", "B?", "B==B", "__eq__ B",
]  # fmt: skip


@pytest.mark.parametrize("completion", RIGHT)
def test_the_letter_is_read(completion: str) -> None:
    assert judged(completion).score == 1.0, judged(completion).detail


@pytest.mark.parametrize("completion", WRONG)
def test_what_is_no_choice_of_the_letter_scores_0(completion: str) -> None:
    verdict = judged(completion)
    assert verdict.score == 0.0, verdict.detail
    assert verdict.detail


@pytest.mark.parametrize(
    "completion, answer, score",
    [
        ("Paris", "B", 1.0), ("The answer is paris.", "B", 1.0), ("\\boxed{\\text{Paris}}", "B", 1.0), ("Vitamin C", "C", 1.0),
        ("**None of the above**", "D", 1.0), ("Answer: D) None of the above", "D", 1.0), ("Paris, France", "B", 0.0), ("Pari", "B", 0.0),
        ("Oslo Paris", "B", 0.0), ("Oslo or Paris", "B", 0.0), ("Oslo", "B", 0.0), ("E", "B", 0.0), ("Vitamin", "C", 0.0),
    ],
)  # fmt: skip
def test_a_text_of_the_choices_stands_for_its_letter(completion: str, answer: str, score: float) -> None:
    assert judged(completion, answer, choices=CITIES).score == score


@pytest.mark.parametrize(
    "answer, params, message",
    [
        ("b", {}, "field 'answer': choice expects one capital letter of ABCDEFGHIJKLMNOPQRSTUVWXYZ, got 'b'"),
        ("AB", {}, "got 'AB'"), (None, {}, "got None"), (2, {}, "got 2"), ("E", {"choices": CITIES}, "letter of ABCD, got 'E'"),
        ("A", {"choices": "ABCD"}, "field 'params.choices'"), ("A", {"choice": []}, "did you mean 'choices'?"),
    ],
)  # fmt: skip
def test_a_bad_row_is_refused_with_its_field(answer: object, params: dict[str, Any], message: str) -> None:
    row = {"id": "p", "prompt": "q", "verifier": "choice", "answer": answer, "params": params}
    with pytest.raises(ValueError) as caught:
        parse_problem(row, "rows.jsonl:1")
    assert message in str(caught.value)


PROBLEMS = [
    Problem(id="p", prompt="q", verifier="choice", answer=answer, params={"choices": choices})
    for answer, choices in [("A", []), ("B", []), ("Z", []), ("C", CITIES), ("A", ["one", "two"]), ("A", ["one"])]
]


@pytest.mark.parametrize("row", PROBLEMS)
def test_the_probes_hold(row: Problem) -> None:
    for name, completion, expected in verifier_for(row).probes(row):
        assert expected is None or verifier_for(row).verify(row, completion).score == expected, name


@pytest.mark.parametrize("text", ["İ", "(İ)", "\\boxed{İ}", "Answer: ı-0", "The answer is K.", "ſ"])
def test_a_letter_that_is_only_nearly_one_chooses_nothing(text: str) -> None:
    row = Problem(id="p", prompt="q", verifier="choice", answer="A", params={"choices": ["red", "green"]})
    assert verifier_for(row).verify(row, text).score == 0.0
