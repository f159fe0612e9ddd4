"""Numbers in words, and words that multiply a number."""

import pytest

from temper.verifiers.latex.parsing.numerals import numbered
from temper.verifiers.latex.parsing.tokens import tokens_of


def read(text: str) -> str:
    return "".join(token.text + " " for token in numbered(tokens_of(f"\\text{{{text}}}"))).strip()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("seven", "7"),
        ("forty two", "42"),
        ("one hundred and five", "105"),
        ("two thousand three hundred", "2300"),
        ("three million", "3000000"),
        ("5 million", "5000000"),
        ("3.2 billion", "3200000000"),
        ("2 dozen", "24"),
        ("a dozen", "12"),
        ("half", "{ 1 / 2 }"),
        ("a third", "{ 1 / 3 }"),
        ("two thirds", "{ 2 / 3 }"),
        ("three quarters", "{ 3 / 4 }"),
        ("7 hundredths", "{ 7 / 100 }"),
        ("two and a half", "{ 5 / 2 }"),
        ("half a million", "500000"),
        ("twenty thirty", "20 30"),
        ("two and three", "2 and 3"),
        ("5 quarters", "5 quarters"),
        ("second", "second"),
        ("third", "third"),
        ("5 and 6", "5 and 6"),
    ],
)
def test_a_numeral_is_its_number_and_any_other_word_stays(text: str, expected: str) -> None:
    assert read(text) == expected
