"""What every verifier of the table keeps, whoever wrote it: no text makes it raise, the score stands in [0, 1], its
probes hold, and a verdict is the same wherever it is asked for.

The rows and tables are those of each verifier's own test file (`PROBLEMS`, `RIGHT`, `WRONG`), so a new one is covered
as soon as it has its line in the table, and a line without such a file fails here.
"""
# tables, one case a line
# ruff: noqa: E501

import asyncio
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from temper.sandboxes.job import Sandbox
from temper.sandboxes.pool import open_sandbox
from temper.sandboxes.section import SandboxSection
from temper.verifiers.doubles import Reply, says, scripted_endpoint
from temper.verifiers.problem import Problem
from temper.verifiers.rows import parse_problem
from temper.verifiers.table import VERIFIERS, verifier_for
from temper.verifiers.verdict import Verdict

SECTION = SandboxSection(kind="local", slots=1, packages=("reasoning_gym",))
SEEDS = ("0", "4294967295")


def own_tests(name: str) -> ModuleType:
    """The verifier's own test file."""
    return importlib.import_module(f"test_{name}")


def composed(**spec: Any) -> Problem:
    return Problem(id="p", prompt="How much is it?", verifier=spec, answer="42")


TITLED = {"verifier": "instructions", "params": {"instructions": [{"id": "detectable_format:title"}]}}
MATH: dict[str, Any] = {"verifier": "math"}
HALVES = [{**MATH, "weight": 0.5}, {**TITLED, "weight": 0.5}]
TURNS = {"state", "results"}
"""What judges turns and no text: its own file, and the rollouts' tests, have its probes."""
TESTED = [name for name in VERIFIERS if importlib.util.find_spec(f"test_{name}") and name not in TURNS]
ROWS: dict[str, list[Problem]] = {name: own_tests(name).PROBLEMS for name in TESTED} | {
    "sum": [composed(sum=[{**MATH, "weight": 1.0}]), composed(sum=HALVES)],
    "gate": [composed(gate=TITLED, then=MATH), composed(gate=MATH, then={"verifier": {"sum": HALVES}})],
}
EACH = [pytest.param(row, id=f"{name}-{i}") for name, rows in ROWS.items() for i, row in enumerate(rows)]

FRAGMENTS = [
    "<think>", "</think>", "\n", "\n\n", " ", "\\boxed{", "}", "{", "$", "\\(", "\\)", "\\frac{1}{0}", "\\sqrt", "^", "_", "\\text{", "\\left(", "9" * 400,
    "The answer is ", "Answer: ", "####", "(A)", "B", "A or B", "```", "```json\n", "```python\n", "```\n", "<tool_call>", "</tool_call>", '{"name": "f", "arguments": {}}',
    '{"a": ', "[", "]", ",", ":", '"', "'", "\\", "\\u0000", "NaN", "1e999", "-0", "null", "true", "0x1f", "1/0", "1,000", "50\\%", "\u221e", "\u2212", "\u00bd", "\uff11",
    "\x00", "\x1b[2J", "\x85", "\u2028", "\u202e", "\u200b", "\ufeff", "\u0130", "\u00df", "e\u0301", "\U0001f600", "\ud800", "\U0010ffff", "\udfff\ud800", "<<", ">>", "* ", "[x]",
    "P.S. ", "******", "import sys; sys.exit(0)", "raise SystemExit", "def add(a, b): return a + b", "print(3)", "__import__('os')", "{0.__class__}", "%s", "<|im_end|>", "score",
]  # fmt: skip
NASTY = [
    *FRAGMENTS, "".join(FRAGMENTS), "".join(reversed(FRAGMENTS)),
    "\\boxed{" + "(" * 3_000, "\\boxed{" + "9^" * 3_000 + "9}", "\\boxed{9^{9^{9^9}}}", "\\boxed{10^{10^{10}}!}", "\\frac{" * 3_000, "-" * 5_000 + "1", "\\boxed{" * 2_000,
    "[" * 5_000, '{"a":' * 5_000, "<think>" * 2_000, "<think></think>" * 2_000, "<tool_call>" * 2_000, "```\n" * 2_000, "`" * 5_000, "a," * 5_000, "1\n" * 5_000, "\ud800" * 5_000, "\x00" * 5_000,
]  # fmt: skip
HUGE = [
    "x" * 1_000_000,
    "9" * 1_000_000,
    "(" * 1_000_000,
    '[{"a":' * 150_000,
    "\\boxed{" * 140_000,
    "\n" * 1_000_000,
    "\U0001f600 " * 500_000,
    "\ud800" * 1_000_000,
]


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    opened = open_sandbox(SECTION)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def defaults() -> Iterator[dict[str, dict[str, Any]]]:
    """What a recipe gives: an endpoint that judges by the length of what it is shown."""

    def by_length(n: int, body: dict[str, Any]) -> Reply:
        shown = body["messages"][1]["content"] if "messages" in body else body["completion"]
        return says(json.dumps({"reason": "", "score": len(shown) % 11}))

    with scripted_endpoint(by_length) as endpoint:
        http = {"url": f"{endpoint.url}/score", "score_at": "choices.0.index"}
        yield {"judge": {"endpoint": endpoint.url, "model": "m"}, "http": http}


def as_read(row: Problem, defaults: dict[str, dict[str, Any]]) -> Problem:
    return parse_problem(row.model_dump(exclude_unset=True), "row", defaults, SECTION)


def judged(row: Problem, text: str, box: Sandbox) -> Verdict:
    verdict = verifier_for(row).verify(row, text, box)
    assert (verdict.outcome == "abstained") == (verdict.score is None)
    assert verdict.score is None or 0.0 <= verdict.score <= 1.0
    return verdict


@pytest.mark.parametrize("name", sorted(VERIFIERS))
def test_it_has_rows_and_more_that_must_be_refused_than_accepted(name: str) -> None:
    own = own_tests(name)
    assert {row.verifier for row in own.PROBLEMS} == {name}
    assert len(own.WRONG) > len(own.RIGHT) > 0


@pytest.mark.parametrize("name", ROWS)
def test_it_is_frozen_and_takes_no_other_field(name: str, defaults: dict[str, dict[str, Any]]) -> None:
    row = as_read(ROWS[name][0], defaults)
    verifier = verifier_for(row)
    for field in type(verifier).model_fields:
        with pytest.raises(ValidationError, match="frozen"):
            setattr(verifier, field, getattr(verifier, field))
    fields = {info.alias or key: getattr(verifier, key) for key, info in type(verifier).model_fields.items()}
    assert type(verifier).model_validate(fields) == verifier
    with pytest.raises(ValidationError, match="1 validation error.*\n.*no_such_field\n  Extra inputs"):
        type(verifier).model_validate({**fields, "no_such_field": 1})


@pytest.mark.parametrize("row", EACH)
def test_its_probes_hold(row: Problem, box: Sandbox, defaults: dict[str, dict[str, Any]]) -> None:
    row = as_read(row, defaults)
    probes = verifier_for(row).probes(row)
    assert {"", " \n\t "} <= {completion for _, completion, expected in probes if expected == 0.0}
    for name, completion, expected in probes:
        verdict = judged(row, completion, box)
        assert expected is None or verdict.score == expected, (name, verdict.detail)


@pytest.mark.parametrize("row", EACH)
@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(data=st.data())
def test_no_text_makes_it_raise(
    row: Problem, box: Sandbox, defaults: dict[str, dict[str, Any]], data: st.DataObject
) -> None:
    row = as_read(row, defaults)
    own = [text for _, text, _ in verifier_for(row).probes(row) if len(text) < 1_000]
    parts = st.sampled_from(own) | st.sampled_from(FRAGMENTS) | st.text(st.characters(), max_size=10)
    judged(row, "".join(data.draw(st.lists(parts, max_size=10))), box)


@pytest.mark.parametrize("row", EACH)
def test_no_nasty_text_makes_it_raise(row: Problem, box: Sandbox, defaults: dict[str, dict[str, Any]]) -> None:
    row = as_read(row, defaults)
    for text in [*NASTY, *HUGE]:
        judged(row, text, box)


Case = tuple[Problem, str]


@pytest.fixture(scope="module")
def cases(defaults: dict[str, dict[str, Any]]) -> list[Case]:
    """Every row with its probes and the nastiest texts, and the pairs of `math`, whose sets and sums have an order."""
    rows = [as_read(row, defaults) for each in ROWS.values() for row in each]
    nasty = NASTY[len(FRAGMENTS) :]
    probes = [[text for _, text, _ in verifier_for(row).probes(row) if len(text) < 10_000] for row in rows]
    cases = [(row, text) for row, own in zip(rows, probes, strict=True) for text in [*own, *nasty]]
    math = own_tests("math")
    return cases + [(math.problem(answer), text) for answer, text in math.RIGHT + math.WRONG]


@pytest.fixture(scope="module")
def here(cases: list[Case], box: Sandbox) -> list[Verdict]:
    """The verdicts of the main thread."""
    verdicts = [judged(row, text, box) for row, text in cases]
    assert len({verdict.score for verdict in verdicts}) > 2
    return verdicts


def test_a_verdict_is_the_same_in_a_thread_and_in_asyncio(cases: list[Case], here: list[Verdict], box: Sandbox) -> None:
    async def in_a_loop() -> list[Verdict]:
        return [judged(row, text, box) for row, text in cases]

    with ThreadPoolExecutor(8) as pool:
        judging = [pool.submit(judged, row, text, box) for row, text in cases]
        assert [one.result() for one in judging] == here
    assert asyncio.run(in_a_loop()) == here


JUDGE = """
import json, sys
from temper.sandboxes.pool import open_sandbox
from temper.sandboxes.section import SandboxSection
from temper.verifiers.problem import Problem
from temper.verifiers.table import verifier_for

section, cases = json.load(sys.stdin)
box = open_sandbox(SandboxSection(**section))
rows = [(Problem(**row), text) for row, text in cases]
verdicts = [verifier_for(row).verify(row, text, box).model_dump() for row, text in rows]
box.close()
print(json.dumps(verdicts))
"""


@pytest.mark.parametrize("seed", SEEDS)
def test_a_verdict_is_the_same_under_another_hash_seed(seed: str, cases: list[Case], here: list[Verdict]) -> None:
    rows = [(row.model_dump(exclude_unset=True), text) for row, text in cases]
    done = subprocess.run(
        [sys.executable, "-c", JUDGE],
        env={**os.environ, "PYTHONHASHSEED": seed},
        input=json.dumps([SECTION.model_dump(), rows]),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert [Verdict(**verdict) for verdict in json.loads(done.stdout)] == here


@pytest.mark.whole
def test_a_verdict_is_the_same_in_a_ray_actor(cases: list[Case], here: list[Verdict]) -> None:
    from temper.pipeline import cluster
    from temper.pipeline.judging import start_verifiers
    from temper.pipeline.recipe import ClusterSection

    cluster.start(None, [], {})
    try:
        verifiers = start_verifiers(SECTION, ClusterSection(verifiers=1))
        judgements = verifiers.judge(cases)
        verifiers.close()
    finally:
        cluster.stop()
    assert [judgement.error for judgement in judgements if judgement.error] == []
    assert [judgement.verdict for judgement in judgements] == here
