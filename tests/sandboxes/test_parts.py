"""The count of a value's parts agrees with the value, whatever its texts hold."""

import json
import random
from typing import Any

import pytest

from temper.sandboxes.box.parts import has_more_parts, number_of_parts

MOST = 10_000
LETTERS = 'a,:[{}]"\\ \n\u00e9\ud800'


def separators(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(0, len(value) - 1) + len(value) + sum(map(separators, value.values()))
    return 1 + max(0, len(value) - 1) + sum(map(separators, value)) if isinstance(value, list) else 0


def some_value(chance: random.Random, depth: int = 0) -> Any:
    text = "".join(chance.choices(LETTERS, k=chance.randrange(6)))
    if depth > 4 or chance.random() < 0.4:
        return chance.choice([None, True, 0, -1.5, text, text, text])
    if chance.random() < 0.5:
        return [some_value(chance, depth + 1) for _ in range(chance.randrange(5))]
    return {f"{text}{number}": some_value(chance, depth + 1) for number in range(chance.randrange(4))}


def test_the_count_is_that_of_the_value() -> None:
    chance = random.Random(7)  # noqa: S311 - values, no secret
    for number in range(3_000):
        value = some_value(chance)
        text = json.dumps(value, ensure_ascii=number % 2 == 0).encode("utf-8", "surrogatepass")
        parts = separators(value) + 1
        assert number_of_parts(text) == parts, value
        assert [has_more_parts(text, most) for most in (parts - 1, parts)] == [True, False], value


@pytest.mark.parametrize(
    "text",
    [
        b"[" + b"[]," * MOST + b"[]]",
        b"[" + b"{}," * MOST + b"{}]",
        b"[" * MOST + b"]" * MOST,
        b"[" + b'"",' * MOST + b'""]',
        b"{" + b'"a":0,' * MOST + b'"b":0}',
        b'["\\\\",' + b"[]," * MOST + b"[]]",
        b'["\\\\\\"",' + b"[]," * MOST + b"[]]",
        b'["' + b'\\"' * 3 + b'",' + b"[]," * MOST + b"[]]",
        b'"a",' * MOST + b"\\" * 9,
    ],
)
def test_more_parts_than_may_be_are_more(text: bytes) -> None:
    assert has_more_parts(text, MOST)


@pytest.mark.parametrize(
    "text", [b'"%s"' % (b"[{,:" * MOST), b'["%s"]' % (b'\\"[,' * MOST), b'"%s"' % (b"\\\\," * MOST)]
)
def test_what_is_in_a_text_is_no_part(text: bytes) -> None:
    assert number_of_parts(text) <= 2
    assert not has_more_parts(text, 2)
