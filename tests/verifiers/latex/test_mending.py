"""Other spellings of the same signs, and damage with one remedy."""

import pytest

from temper.verifiers.latex.parsing.mending import mended, plain


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.\\overline{3}", "{\\frac{1}{3}}"),
        ("1.2\\overline{34}", "{\\frac{611}{495}}"),
        ("0.\\dot{1}4285\\dot{7}", "{\\frac{1}{7}}"),
        ("0.1666\\ldots", "{\\frac{1}{6}}"),
        ("3.14159...", "3.14159"),
        ("24,\\! 500", "24500"),
        ("12 345", "12345"),
        ("7 2", "7 2"),
        ("x<sup>2</sup>", "x^{2}"),
        ("x\u00b2+y\u2083", "x^{2}+y_{3}"),
        ("\\\\frac{1}{2}", "\\frac{1}{2}"),
        ("90^", "90^\\circ"),
        ("\\frac{1}{2", "\\frac{1}{2}"),
        ("$12.55", "\\$12.55"),
        ("$x$", "$x$"),
        ("5{:}20 p.m.", "5:20 PM"),
        ("y^{\\prime\\prime}", "y''"),
        ("{}^{10}C_3", "\\binom{10}{3}"),
        ("3x10^8", "3 \\times 10^8"),
        ("\\left( 1 \\right)", "( 1 )"),
        ("\uff15", "5"),
    ],
)
def test_a_spelling_becomes_the_one_that_is_read(text: str, expected: str) -> None:
    assert " ".join(plain(text).split()) == expected


def test_a_command_that_went_through_a_string_literal_is_mended() -> None:
    assert mended("\text{a} \frac12 \theta") == "\\text{a} \\frac12 \\theta"
    assert mended("\u2461\u2462") == "2, 3"
