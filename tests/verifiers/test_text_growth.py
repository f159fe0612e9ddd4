"""What a hostile text costs `instructions` and `choice`: CPU that grows as the text does, and no exception.

Every pattern of their files is tried by the methods that its file calls, every instruction and the choice as a whole,
on texts of 10, 100 and 1,000 kB. Ten times the text may take ten times the CPU, thirty at the most.
"""
# ruff: noqa: E501

import importlib
import os
import random
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from temper.verifiers import instruction
from temper.verifiers.problem import Problem
from temper.verifiers.table import verifier_for

pytestmark = pytest.mark.slow

styles, instructions = importlib.import_module("test_choice_styles"), importlib.import_module("test_instructions")
CASES, ask, judged = instructions.CASES, instructions.ask, instructions.judged

SIZES = (10_000, 100_000, 1_000_000)
GROWTH = 30
"""Times the CPU for ten times the text; a quadratic one needs a hundred."""
TOO_FAST_TO_TELL_S = 0.02

UNITS = [
    "a", "A ", "a. ", "e.g. ", ".", ". ", "\n", " ", " \n", "\t*", "*", "* ", "*a", "_", "_a_ ", "`", "~", "-", "- - ", "#", ">",
    "<", "<<a", "<b>", "<answer>", "[", "[a", "(", "(B) ", '"', '"a" ', "'B' ", "&#", "&a", "$", "\\", "\\(", "{", "\\boxed{",
    "\\boxed{B} ", "\\text{", "Answer: ", "the answer is B, ", "So B. ", "B is correct. ", "no, A. ", "Actually A\n", "1. ", "Part 1\n",
    "***a", "*" * 6, "।", "!?", "\u0301", "\u0316\u0301", "\u200b", "é", "сat ", "漢", "\ufdfa",
]  # fmt: skip
MODULES = [
    *("choice", "instructions", "reading.letter", "reading.statement"),
    *(f"instruction.{name}" for name in ("checks", "marks", "reader", "sentences", "table", "text", "trained")),
]


def cpu_s(call: Callable[[str], object], unit: str, size: int) -> float:
    """Of a text that begins as an answer does, repeats the unit and ends as nothing does."""
    text = f"Answer: B {unit * (size // len(unit))}?x"
    begin = time.process_time()
    call(text)
    return time.process_time() - begin


def grows_too_fast(call: Callable[[str], object], unit: str) -> str:
    """Empty when the CPU grows as the text does, else what it took."""
    before = TOO_FAST_TO_TELL_S / GROWTH
    for size in SIZES:
        took = cpu_s(call, unit, size)
        if took > GROWTH * max(before, TOO_FAST_TO_TELL_S):
            return f"{unit!r} x {size}: {took:.2f} s after {before:.2f} s"
        before = took
    return ""


def used(name: str, compiled: Any, source: str) -> list[Callable[[str], object]]:
    """The pattern's methods that its file calls."""
    ways: dict[str, Callable[[str], object]] = {
        "search": compiled.search,
        "match": compiled.match,
        "fullmatch": compiled.fullmatch,
        "findall": compiled.findall,
        "split": compiled.split,
        "finditer": lambda text: sum(1 for _ in compiled.finditer(text)),
        "sub": lambda text: compiled.sub("", text),
    }
    return [ways[method] for method in set(re.findall(rf"\b{name}\.(\w+)\(", source)) & ways.keys()]


def patterns() -> list[Any]:
    found = []
    for name in MODULES:
        module = importlib.import_module(f"temper.verifiers.{name}")
        source = Path(str(module.__file__)).read_text()
        for key, value in vars(module).items():
            if hasattr(value, "finditer") and f"{key} = " in source:
                found += [pytest.param(way, id=f"{name}.{key}") for way in used(key, value, source)]
    return found


def test_every_pattern_of_the_files_is_tried() -> None:
    here = Path(next(iter(instruction.__path__)))
    assert {path.stem for path in here.glob("*.py")} - {"__init__"} == {
        name.partition(".")[2] for name in MODULES if name.startswith("instruction.")
    }
    assert len(patterns()) > 50


@pytest.mark.parametrize("way", patterns())
def test_a_pattern_is_linear(way: Callable[[str], object]) -> None:
    assert [said for unit in UNITS if (said := grows_too_fast(way, unit))] == []


@pytest.mark.parametrize("name, kwargs", [(name, kwargs) for name, kwargs, _, _ in CASES])
def test_an_instruction_is_linear(name: str, kwargs: dict[str, Any]) -> None:
    judged("A model of languages is loaded by the first.", ask(name, **kwargs))
    assert [
        said for unit in UNITS if (said := grows_too_fast(lambda text: judged(text, ask(name, **kwargs)), unit))
    ] == []


ROW = Problem(id="p", prompt="q", verifier="choice", answer="B", params={"choices": ["red", "green", "blue"]})


def test_a_choice_is_linear() -> None:
    assert [
        said for unit in UNITS if (said := grows_too_fast(lambda text: verifier_for(ROW).verify(ROW, text), unit))
    ] == []


def test_no_text_raises_or_takes_a_second() -> None:
    seed = int(os.environ.get("TEMPER_SEED", random.SystemRandom().randrange(2**32)))
    print(f"TEMPER_SEED={seed}")
    draw = random.Random(seed)
    pieces = [
        *UNITS,
        *styles.HOSTILE,
        *styles.HONEST,
        *styles.AGAINST,
        "</think>",
        "\ud800",
        "\x00",
        "\U0010ffff",
        "\u2028",
        "9" * 500,
    ]
    pieces += [text for _, _, follows, misses in CASES for text in (*follows, *misses)]
    pieces += [text for style in styles.HONEST[:50] for text, _ in styles.filled(style)]
    slow = []
    for _ in range(3_000):
        text = "".join(draw.choice(pieces) * draw.choice((1, 1, 1, 2, 50)) for _ in range(draw.randrange(1, 30)))[
            :20_000
        ]
        begin = time.process_time()
        verifier_for(ROW).verify(ROW, text)
        for name, kwargs, _, _ in draw.sample(CASES, 8):
            judged(text, ask(name, **kwargs), mode=draw.choice(("strict", "loose")))
            took, begin = time.process_time() - begin, time.process_time()
            if took > 1:
                slow.append((took, name, text[:200]))
    assert slow == [], f"TEMPER_SEED={seed}"
