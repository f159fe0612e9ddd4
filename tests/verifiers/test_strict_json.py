"""JSON of strangers: numbers as they were written, and nothing that what follows could choke on."""

from decimal import Decimal

import pytest

from temper.verifiers.reading import exact_json, strict_json
from temper.verifiers.reading.exact_json import exact, is_multiple, same


@pytest.mark.parametrize("text, value", [("0.10", Decimal("0.10")), ("1E+2", Decimal(100)), ("-0.0", 0), ("7", 7)])
def test_a_number_is_what_was_written(text: str, value: Decimal | int) -> None:
    read = exact_json.read(text)
    assert read == value and not isinstance(read, float)


def test_what_was_read_as_a_float_is_the_shortest_number_of_it() -> None:
    assert exact({"a": [0.1, 1, True, "0.1"]}) == {"a": [Decimal("0.1"), 1, True, "0.1"]}
    assert repr(exact([0.1, 1e300])) == "[0.1, 1E+300]"


def test_equal_numbers_are_the_same_and_others_are_not() -> None:
    equal = ["1", "1.0", "10e-1", "0.1E1", "1.000000000000000000000000000000000000"]
    assert len({same(exact_json.read(text)) for text in equal}) == 1
    other = ["1", "-1", "1.1", "10", "0.1", "1.0000000000000000000000000000000000001", str(2**61), "0"]
    assert len({same(exact_json.read(text)) for text in other}) == len(other)


def test_multiples_of_nothing_are_none() -> None:
    assert not is_multiple(5, 0)
    assert is_multiple(-6, 3) and is_multiple(Decimal("-0.3"), Decimal("-0.1"))


@pytest.mark.parametrize("opened, closed, levels", [("[", "]", 1), ('{"a":', "}", 1), ('[{"a":', "}]", 2)])
def test_the_depth_is_bounded_wherever_it_is_read(opened: str, closed: str, levels: int) -> None:
    """Not by what is left of the interpreter's stack, which differs from caller to caller."""
    most = strict_json.MAX_DEPTH // levels
    assert strict_json.loads(opened * most + "1" + closed * most)
    for more in (most + 1, 2 * most, 100 * most):
        with pytest.raises(ValueError, match="nested too deep"):
            strict_json.loads(opened * more + "1" + closed * more)


def test_many_that_are_not_deep_are_read() -> None:
    assert len(strict_json.loads("[" + "[],{}," * 1_000 + "[[[]]]]")) == 2_001


def test_a_value_is_read_from_inside_a_text() -> None:
    assert strict_json.scan("a \n [1] b", 1) == ([1], 7)
    with pytest.raises(ValueError, match="more follows the value: 'b'"):
        strict_json.loads("[1] b")


@pytest.mark.parametrize(
    "text",
    ["NaN", "-Infinity", "1e999", '{"a": 1, "a": 1}', "9" * 5_000, "[" * 100_000, "01", "+1", ".5", "1.", "'a'", ""],
)
def test_what_no_reader_would_take_is_refused(text: str) -> None:
    for read in (strict_json.loads, exact_json.read):
        with pytest.raises(ValueError):
            read(text)
