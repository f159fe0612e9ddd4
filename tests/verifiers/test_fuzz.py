"""Generated texts through every verifier for TEMPER_FUZZ_S seconds (600): no error of ours, no verdict whose CPU here
is over a second. TEMPER_SEED repeats a run; it is printed, and stands in what fails.

A text is a right answer, a cheat or nothing, changed in a few places by the fragments that the tests of every verifier
share, and by those of its own tables.
"""

import importlib
import os
import random
import time
from collections.abc import Iterator
from typing import Any

import pytest

from temper.sandboxes.job import Sandbox
from temper.sandboxes.pool import open_sandbox
from temper.verifiers.doubles import says, scripted_endpoint
from temper.verifiers.judging import Judge
from temper.verifiers.problem import Problem
from temper.verifiers.table import VERIFIERS, verifier_for

every = importlib.import_module("test_every_verifier")
MOST_S = 1.0
LONGEST = 200_000
"""Characters of a text."""


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    opened = open_sandbox(every.SECTION)
    yield opened
    opened.close()


def texts_of(name: str, row: Problem) -> list[str]:
    """What a generated text for this row begins with."""
    own = every.own_tests(name) if name in VERIFIERS else None
    tables = [*own.RIGHT, *own.WRONG] if own else []
    told = [part for item in tables for part in (item if isinstance(item, tuple) else [item])]
    probed = [text for _, text, _ in verifier_for(row).probes(row)]
    return ["", *every.NASTY, *(text for text in (*told, *probed) if isinstance(text, str))]


def generated(draw: random.Random, beginnings: list[str]) -> str:
    text = draw.choice(beginnings)
    for _ in range(draw.choice((0, 1, 2, 3, 8, 30))):
        at, length = draw.randrange(len(text) + 1), draw.choice((0, 0, 1, 5))
        put = draw.choice((draw.choice(every.FRAGMENTS), draw.choice(beginnings)[:200]))
        text = text[:at] + put * draw.choice((1, 1, 1, 2, 40)) + text[at + length :]
        if draw.random() < 0.1:
            text = text[at:] + text[:at]
    return text[:LONGEST]


@pytest.mark.slow
def test_no_generated_text_is_an_error_of_ours_or_takes_a_second(box: Sandbox) -> None:
    seed = int(os.environ.get("TEMPER_SEED", random.SystemRandom().randrange(2**32)))
    print(f"TEMPER_SEED={seed}")
    draw, until = random.Random(seed), time.monotonic() + float(os.environ.get("TEMPER_FUZZ_S", "600"))
    with scripted_endpoint(lambda n, body: says('{"reason": "", "score": 5}')) as endpoint:
        http = {"url": f"{endpoint.url}/score", "score_at": "choices.0.index"}
        defaults: dict[str, dict[str, Any]] = {"judge": {"endpoint": endpoint.url, "model": "m"}, "http": http}
        rows = {name: [every.as_read(row, defaults) for row in found] for name, found in every.ROWS.items()}
        beginnings = {name: [texts_of(name, row) for row in found] for name, found in rows.items()}
        judge, found, counts = Judge(box), [], dict.fromkeys(rows, 0)
        loaded = "SOME WORDS, SO THAT WHAT IS LOADED ONCE IN A PROCESS COUNTS FOR NO TEXT."
        judge.judge(
            [(row, text) for found_rows in rows.values() for row in found_rows for text in (loaded, loaded.lower())]
        )
        while time.monotonic() < until:
            name = draw.choice(list(rows))
            place = draw.randrange(len(rows[name]))
            text = generated(draw, beginnings[name][place])
            begin = time.process_time()
            (judgement,) = judge.judge([(rows[name][place], text)])
            took = time.process_time() - begin
            counts[name] += 1
            if judgement.verdict is None or took > MOST_S:
                found.append((name, place, round(took, 2), judgement.error, text[:500]))
    print(counts)
    assert found == [], f"TEMPER_SEED={seed}"
