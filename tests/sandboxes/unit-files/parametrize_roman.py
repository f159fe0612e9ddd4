import pytest
from solution import from_roman, to_roman

CASES = [(1, "I"), (4, "IV"), (9, "IX"), (14, "XIV"), (40, "XL"), (90, "XC"), (400, "CD"), (1994, "MCMXCIV"), (3999, "MMMCMXCIX")]

@pytest.mark.parametrize(("number", "numeral"), CASES, ids=[numeral for _, numeral in CASES])
def test_to_roman(number, numeral):
    assert to_roman(number) == numeral

@pytest.mark.parametrize(("number", "numeral"), CASES)
def test_from_roman(number, numeral):
    assert from_roman(numeral) == number

@pytest.mark.parametrize("bad", [0, -1, 4000])
def test_out_of_range(bad):
    with pytest.raises(ValueError):
        to_roman(bad)

@pytest.mark.parametrize("number", range(1, 200, 7))
def test_round_trip(number):
    assert from_roman(to_roman(number)) == number
# ---- right
PARTS = [(1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")]

def to_roman(n):
    if not 0 < n < 4000:
        raise ValueError(n)
    out = ""
    for value, sign in PARTS:
        while n >= value:
            out += sign
            n -= value
    return out

def from_roman(text):
    values = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}
    total = 0
    for a, b in zip(text, text[1:] + "I"):
        total += -values[a] if values[a] < values[b] else values[a]
    return total
# ---- wrong
def to_roman(n):
    if n < 1: raise ValueError
    return "I" * n
def from_roman(text): return len(text)
