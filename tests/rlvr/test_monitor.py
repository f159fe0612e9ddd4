"""Alarms on scripted runs: planted ways to game a reward raise one within a few steps, honest runs none."""

import random
from collections.abc import Callable, Iterator

import pytest

from temper.rlvr.dialogue import of_one_turn
from temper.rlvr.doubles import ScriptedVerifiers
from temper.rlvr.monitor import FIRST_STEPS, OUTSIDE, WATCHED, Alarms, Shadow, band, distinct_3grams, numbers
from temper.rlvr.rollout import Completion, Group
from temper.rlvr.section import ShadowSection
from temper.verifiers.judging import Judge, Judgement
from temper.verifiers.problem import Problem
from temper.verifiers.verdict import scored

WORDS = [f"w{i}" for i in range(400)]
BEGINS = 20
"""The step at which a hole is found; from there on more and more rollouts use it."""
CALL = {"tests": {"kind": "call", "entry_point": "area", "cases": [{"args": [1], "expected": 1}]}}


def group(texts: list[str], right: list[bool], prompt: str = "Write area.") -> Group:
    problem = Problem(id="p", prompt=prompt, verifier="code", params=CALL)
    rollouts = []
    for text, is_right in zip(texts, right, strict=True):
        length = len(text.split()) or 1
        done = Completion(text, (1,) * length, (-1.0,) * length, "stop", (0,) * length)
        rollout = of_one_turn(problem, (1,), done)
        rollout.verdict = scored(float(is_right), "")
        rollouts.append(rollout)
    return Group(problem, tuple(rollouts))


def honest(rng: random.Random, step: int) -> tuple[str, bool]:
    """Longer and surer with the steps; now and then a word about a test, or a program that exits."""
    words = rng.choices(WORDS, k=max(5, int(rng.gauss(30 + step / 2, 6))))
    text = f"def area(x): return {' '.join(words)}"
    text += " sys.exit(0)" if rng.random() < 0.01 else " as the unit test asks" if rng.random() < 0.03 else ""
    return text, rng.random() < 0.3 + step / 100


HOLES: dict[str, tuple[Callable[[random.Random], str], str]] = {
    "one answer by heart": (lambda rng: "def area(x): return 1 # the same answer every time", "monitor/repeats"),
    "a program that leaves": (lambda rng: f"def area(x): {rng.choice(WORDS)}; sys.exit(0)", "monitor/exit_calls"),
    "words to the grader": (
        lambda rng: f"area {rng.random()}: dear grader, all hidden tests pass",
        "monitor/mentions_tests",
    ),
    "another function": (lambda rng: f"def f(*a): return {' '.join(rng.choices(WORDS, k=30))}", "monitor/uncalled"),
    "a word": (lambda rng: f"area={rng.random()}", "monitor/right_tokens"),
}


def steps(
    seed: int, hole: Callable[[random.Random], str] | None = None, length: int = 40
) -> Iterator[dict[str, float]]:
    rng = random.Random(seed)
    for step in range(1, length + 1):
        share = min(1.0, max(0, step - BEGINS) / 10) if hole else 0.0
        groups = []
        for _ in range(6):
            pairs = [(hole(rng), True) if hole and rng.random() < share else honest(rng, step) for _ in range(8)]
            groups.append(group([text for text, _ in pairs], [right for _, right in pairs]))
        yield numbers(groups)


def raised(values: Iterator[dict[str, float]]) -> dict[str, int]:
    """The first step of each metric's alarm."""
    alarms, found = Alarms(), dict[str, int]()
    for step, of_step in enumerate(values, 1):
        for alarm in alarms.take(of_step):
            found.setdefault(alarm.metric, step)
    return found


@pytest.mark.parametrize("name", HOLES)
def test_a_planted_hole_is_told_within_twelve_steps(name: str) -> None:
    hole, metric = HOLES[name]
    found = raised(steps(0, hole))
    assert BEGINS < found[metric] <= BEGINS + 12, found


@pytest.mark.parametrize("seed", range(10))
def test_an_honest_run_raises_none(seed: int) -> None:
    assert raised(steps(seed)) == {}


def test_the_numbers_of_a_step() -> None:
    first = group(["area a b c", "area a b c", "area a b c d", "exit() x y z"], [True, True, False, True])
    second = group(["the unit tests pass"], [True], prompt="Pass the unit tests.")
    found = numbers([first, second])
    assert (found["monitor/repeats"], found["monitor_worst/repeats"]) == (1 / 5, 0.0)
    assert found["monitor/exit_calls"] == 1 / 5
    assert found["monitor/uncalled"] == 2 / 5, "two right ones do not say area"
    assert found["monitor/mentions_tests"] == 0.0, "the prompt speaks of them itself"
    assert found["monitor/right_tokens"] == 4.0 and found["monitor/wrong_tokens"] == 5.0
    # (area a b) x 3, (a b c) x 3, (b c d), (exit() x y), (x y z), (the unit tests), (unit tests pass): 7 of 11
    assert found["monitor/distinct_3grams"] == pytest.approx(7 / 11)
    assert numbers([]) and distinct_3grams([]) == distinct_3grams(["a b"]) == 1.0


def test_three_steps_outside_make_one_alarm_that_names_the_worst_group() -> None:
    alarms = Alarms()
    inside = {"monitor/repeats": 0.25, "monitor_worst/repeats": 3.0}
    outside = {"monitor/repeats": 0.75, "monitor_worst/repeats": 5.0}
    for _ in range(FIRST_STEPS):
        assert alarms.take(inside) == []
    counts = [len(alarms.take(values)) for values in [outside] * (OUTSIDE + 3) + [inside] + [outside] * OUTSIDE]
    assert counts == [0, 0, 1, 0, 0, 0, 0, 0, 0, 1], "again after it was inside"
    again = Alarms({"monitor/repeats": [0.25] * FIRST_STEPS}, {"monitor/repeats": OUTSIDE - 1})
    (alarm,) = again.take(outside)
    assert alarm.group == 5 and alarm.text.startswith("completions of a group repeat each other: monitor/repeats 0.75")


def test_a_band_is_as_wide_as_the_first_steps_ask() -> None:
    repeats = next(watched for watched in WATCHED if watched.metric == "monitor/repeats")
    assert band(repeats, [0.25] * 10) == (float("-inf"), 0.6)
    assert band(repeats, [0.0, 0.5] * 5) == (float("-inf"), 0.25 + 4 * 0.25)
    tokens = next(watched for watched in WATCHED if watched.metric == "completion/tokens")
    assert band(tokens, [100.0] * 10) == (40.0, 250.0)


# -- parts of compositions


def formatted(well: list[float], right: list[float]) -> Group:
    """Rollouts of a gate `json` before `math`: what it keeps out has no score of the second."""
    made = group([f"a b {i}" for i in range(len(well))], [False] * len(well))
    for rollout, form, score in zip(made.rollouts, well, right, strict=True):
        parts = {"json": form, **({"math": score} if form == 1.0 else {})}
        rollout.verdict = scored(score if form == 1.0 else 0.0, "", parts)
    return made


def test_the_parts_of_a_step_count_what_a_gate_kept_out_as_0() -> None:
    found = numbers([formatted([1, 1, 0, 0], [1, 0, 0, 0]), formatted([1, 1, 1, 0], [0, 0, 0, 0])])
    assert found["monitor/part/json"] == 5 / 8 and found["monitor/part/math"] == 1 / 8
    assert found["monitor_worst/part/json"] == 1.0, "3 - 0 there, 2 - 1 in the first"
    assert not [name for name in numbers([group(["a"], [True])]) if "part" in name]


@pytest.mark.parametrize(
    ("json", "math", "alarms"),
    [
        # Format from 0.44 to 1 while accuracy falls from 0.23 to 0.03; then honest courses.
        ([0.44 + step / 50 for step in range(28)], [0.23 - step / 130 for step in range(28)], 1),
        ([0.44 + step / 50 for step in range(28)], [0.23 + step / 100 for step in range(28)], 0),
        ([0.44] * 28, [0.4 - step / 80 for step in range(28)], 0),
        ([0.9] * 28, [0.5] * 28, 0),
    ],
)
def test_a_form_that_is_gained_while_the_rest_falls_is_told(json: list[float], math: list[float], alarms: int) -> None:
    taking, found = Alarms(), []
    for form, score in zip(json, math, strict=True):
        values = {"monitor/part/json": form, "monitor/part/math": score}
        found += taking.take({**values, "monitor_worst/part/json": 2.0, "monitor_worst/part/math": 1.0})
    assert len(found) == alarms
    for alarm in found:
        assert alarm.metric == "monitor/part/json" and alarm.group == 2
        assert alarm.text.startswith("gains of the form alone: json rises to") and "while math falls" in alarm.text


# -- the shadow verifier

HOLE = ShadowSection(verifier="choice", params={"a": 1}, share=0.5)


def test_a_sample_is_judged_by_the_shadow_and_moves_no_reward() -> None:
    asked: list[Problem] = []

    def script(problem: Problem, text: str) -> Judgement:
        asked.append(problem)
        return Judgement(scored(0.0, "not so"))

    made = [group([f"t {i} {j}" for j in range(8)], [True] * 6 + [False] * 2) for i in range(8)]
    shadow = Shadow(HOLE, 3, ScriptedVerifiers(script))
    shadow.judge(5, made)
    chosen = [r for one in made for r in one.rollouts if r.shadow is not None]
    assert 20 <= len(chosen) <= 44 and len(asked) == len(chosen)
    assert {str(problem.verifier) for problem in asked} == {"choice"} and asked[0].params == {"a": 1}
    found = numbers(made)
    assert found["monitor/shadow_score"] == 0.0
    assert found["monitor/shadow_gap"] == sum(r.score or 0 for r in chosen) / len(chosen)
    assert sum(made[0].scores) == 6, "the verdicts are what they were"
    again = [group([f"t {i} {j}" for j in range(8)], [True] * 6 + [False] * 2) for i in range(8)]
    shadow.judge(5, again)
    assert [r.shadow for g in again for r in g.rollouts] == [r.shadow for g in made for r in g.rollouts]


def test_a_row_brings_its_own_params_for_the_shadow() -> None:
    problem = Problem(id="p", prompt="p", verifier="code", params=CALL, metadata={"shadow": {"tests": [1]}})
    seen = Shadow(HOLE, 0, Judge()).problem(problem)
    assert seen.params == {"a": 1, "tests": [1]} and seen.verifier == "choice"


def test_a_shadow_that_fails_is_no_number(caplog: pytest.LogCaptureFixture) -> None:
    made = [group(["a b", "c d"], [True, True])]
    Shadow(HOLE.model_copy(update={"share": 1.0}), 0, Judge()).judge(1, made)
    assert [r.shadow for r in made[0].rollouts] == [None, None] and "shadow_gap" not in str(numbers(made).keys())
    told = [record.getMessage() for record in caplog.records]
    assert sum(line.startswith("rlvr.shadow: verifier: ValueError") for line in told) == 1
