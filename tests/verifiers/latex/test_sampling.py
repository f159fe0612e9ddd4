"""Expressions that are equal at many points, and near ones that are not."""

import decimal
import math
from decimal import Decimal

import pytest

from temper.verifiers.latex import decimals
from temper.verifiers.latex.parsing.cursor import Node
from temper.verifiers.latex.parsing.grammar import parse
from temper.verifiers.latex.sampling import agree


def tree(text: str) -> Node:
    return parse(text)[-1]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("\\arctan 1+\\arctan 2+\\arctan 3", "\\pi"),
        ("\\arcsin\\frac35", "\\arctan\\frac34"),
        ("\\sqrt{10+\\sqrt{24}+\\sqrt{40}+\\sqrt{60}}", "\\sqrt2+\\sqrt3+\\sqrt5"),
        ("\\sqrt[3]{2+\\sqrt5}+\\sqrt[3]{2-\\sqrt5}", "1"),
        ("\\cos 3x", "4\\cos^3 x-3\\cos x"),
        ("\\ln(x+\\sqrt{x^2+1})", "-\\ln(\\sqrt{x^2+1}-x)"),
        ("\\sum_{k=1}^{n}k^3", "\\frac{n^2(n+1)^2}{4}"),
        ("\\lceil n/2\\rceil", "\\lfloor (n+1)/2\\rfloor"),
        ("\\binom{n}{3}", "\\frac{n(n-1)(n-2)}{6}"),
        ("\\sqrt{x^2}", "|x|"),
        ("\\tanh x", "\\frac{e^{2x}-1}{e^{2x}+1}"),
        ("\\cos\\theta+i\\sin\\theta", "e^{i\\theta}"),
    ],
)
def test_an_identity_agrees(one: str, other: str) -> None:
    assert agree(tree(one), tree(other)) and agree(tree(other), tree(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("e^{\\pi\\sqrt{163}}", "262537412640768744"),
        ("\\pi", "\\frac{355}{113}"),
        ("\\sqrt2", "1.4142135623730950488016887242096980785696718753769"),
        ("\\sqrt{x^2}", "x"),
        ("\\lceil x\\rceil", "\\lfloor x\\rfloor+1"),
        ("\\frac{1}{50!}", "\\frac{1}{51!}"),
        ("\\arcsin(\\sin x)", "x"),
        ("\\sin x", "x-\\frac{x^3}{6}+\\frac{x^5}{120}-\\frac{x^7}{5040}"),
        ("\\binom{n}{k}", "\\binom{n}{k+1}"),
        ("(-1)^n", "1"),
        ("\\ln 0", "\\ln 0+1"),
        ("\\frac{1}{0}", "\\frac{1}{0}"),
    ],
)
def test_what_is_near_or_undefined_does_not(one: str, other: str) -> None:
    assert not agree(tree(one), tree(other))


def test_nothing_is_decided_for_long_numbers() -> None:
    digits = "1" * 200
    assert not agree(tree(f"\\sqrt{{{digits}}}"), tree(f"\\sqrt{{{digits}}}"))


@pytest.mark.parametrize("x", ["0.3", "-2.5", "7.25", "1000.125"])
def test_functions_of_many_digits_are_those_of_floats(x: str) -> None:
    with decimal.localcontext(prec=50):
        value = decimals.real(Decimal(x))
        assert math.isclose(float(decimals.sine(value)[0]), math.sin(float(x)), abs_tol=1e-12)
        assert math.isclose(float(decimals.cosine(value)[0]), math.cos(float(x)), abs_tol=1e-12)
        assert math.isclose(float(decimals.arctan(value)[0]), math.atan(float(x)))
        if x != "1000.125":
            assert math.isclose(float(decimals.exp(value)[0]), math.exp(float(x)))
    with decimal.localcontext(prec=50):
        sine, cosine = decimals.sine(value)[0], decimals.cosine(value)[0]
        assert abs(sine * sine + cosine * cosine - 1) < Decimal(10) ** -48


def test_pi_has_the_digits_of_its_context() -> None:
    with decimal.localcontext(prec=40):
        assert str(decimals.pi()) == "3.141592653589793238462643383279502884197"
