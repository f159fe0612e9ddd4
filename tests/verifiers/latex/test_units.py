"""Units of measure: dimension, factor, and what is no unit."""

from fractions import Fraction

import pytest

from temper.verifiers.latex.units import unit_of


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("km / h", "kph", 1),
        ("km / h", "kilometers per hour", 1),
        ("m / s ^2", "meters per second ^2", 1),
        ("cm ^2", "square centimeters", 1),
        ("mL", "cc", 1),
        ("kJ", "J", Fraction(1, 1000)),
        ("m", "km", 1000),
        ("dollars", "cents", Fraction(1, 100)),
        ("hours", "minutes", Fraction(1, 60)),
        ("inches", "feet", 12),
        ("square units", "cm ^2", 1),
        ("N", "kg * m / s ^2", 1),
    ],
)
def test_units_of_one_dimension_have_a_ratio(one: str, other: str, ratio: Fraction) -> None:
    assert unit_of(one).ratios(unit_of(other)) == {ratio}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("m", "s"),
        ("m", "m ^2"),
        ("km / h", "km"),
        ("celsius", "fahrenheit"),
        ("dollars", "euros"),
        ("square units", "m"),
    ],
)
def test_other_dimensions_have_none(one: str, other: str) -> None:
    assert unit_of(one).ratios(unit_of(other)) == set()


def test_the_case_of_a_symbol_counts() -> None:
    assert unit_of("MW").ratios(unit_of("mW")) == {Fraction(1, 10**9)}


def test_a_pound_is_a_weight_and_money() -> None:
    assert unit_of("pounds").ratios(unit_of("lb")) == {1}
    assert unit_of("pounds").ratios(unit_of("gbp")) == {1}


@pytest.mark.parametrize("words", ["clips", "stuffed goats", "in total", ""])
def test_a_noun_is_no_unit(words: str) -> None:
    assert unit_of(words).measures == frozenset() and unit_of(words).noun == words


def test_a_unit_keeps_the_noun_beside_it() -> None:
    unit = unit_of("minutes later")
    assert unit.noun == "later" and unit.ratios(unit_of("min")) == {1}
