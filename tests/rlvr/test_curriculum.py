"""Problems that are learned: passed over, asked for again by chance, and forgotten by nobody after a restart."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from controllers import MADE
from test_controller import WEIGHTS, section

from temper.policy.checkpoint import tensor_hashes
from temper.rlvr.controller import Controller
from temper.rlvr.curriculum import Curriculum
from temper.rlvr.doubles import ScriptedEngine, ScriptedVerifiers
from temper.rlvr.pushes import Pushes
from temper.rlvr.rollout import Group, Rollout, Sampling
from temper.rlvr.section import CurriculumSection
from temper.rlvr.transcript import Transcript
from temper.verifiers.judging import Judgement
from temper.verifiers.problem import Problem
from temper.verifiers.verdict import scored

PROBLEMS = [Problem(id=f"p{i}", prompt=f"{i}?", verifier="math", answer="1") for i in range(6)]
EASY = ("p0", "p1", "p2")


def group_of(problem: Problem, scores: Sequence[float | None]) -> Group:
    """Rollouts with these scores; None: without a verdict."""
    return Group(
        problem,
        tuple(
            Rollout(problem, (1,), (), Transcript(), "stop", verdict=None if score is None else scored(score))
            for score in scores
        ),
    )


def test_a_problem_is_passed_over_after_its_groups_in_a_row_were_right() -> None:
    curriculum = Curriculum(CurriculumSection(solved=2, again=0), 0)

    def first_wanted() -> str:
        return PROBLEMS[curriculum.turn(0, lambda turn: PROBLEMS[turn % 6], 6) % 6].id

    for scores, wanted in [
        ((1.0, 1.0), "p0"),
        ((1.0, 0.5), "p0"),  # the row begins anew
        ((1.0, 1.0), "p0"),
        ((None, None), "p0"),  # says nothing
        ((1.0, None), "p0"),  # not every rollout: the row begins anew
        ((1.0, 1.0), "p0"),
        ((1.0, 1.0), "p1"),
        ((1.0, 0.0), "p0"),  # unlearned, as a group that was still under way shows
    ]:
        curriculum.saw([group_of(PROBLEMS[0], scores)])
        curriculum.passed_over = 0
        assert first_wanted() == wanted


def test_chance_brings_a_learned_problem_back_and_where_all_are_learned_the_first_is_asked_for() -> None:
    curriculum = Curriculum(CurriculumSection(solved=1, again=0.25), 0, solved={one.id: 1 for one in PROBLEMS[:5]})
    asked = Counter[str]()
    for number in range(2000):
        asked[PROBLEMS[curriculum.turn(number, lambda turn: PROBLEMS[turn % 6], 6) % 6].id] += 1
    # In a pass of six turns five come by a chance of 0.25 each and one always: 5 x 0.25 / 2.25 of the asks.
    assert sum(asked[f"p{i}"] for i in range(5)) / 2000 == pytest.approx(1.25 / 2.25, abs=0.05)
    all_learned = Curriculum(CurriculumSection(solved=1, again=0), 0, solved={one.id: 1 for one in PROBLEMS})
    turns = [all_learned.turn(number, lambda turn: PROBLEMS[turn % 6], 6) for number in range(12)]
    assert turns == list(range(12))


def test_without_a_section_every_turn_is_taken() -> None:
    curriculum = Curriculum(None, 0, solved={one.id: 9 for one in PROBLEMS})
    assert [curriculum.turn(number, lambda turn: PROBLEMS[turn % 6], 6) for number in range(9)] == list(range(9))


def made(seen: list[str], **changes: Any) -> Controller:
    def judged(problem: Problem, text: str) -> Judgement:
        return Judgement(scored(1.0 if problem.id in EASY else float(int(text) % 2)))

    pushes = Pushes(ScriptedEngine(lambda i: (str(i), True)))
    controller = Controller(
        section(steps=12, **changes), 0, PROBLEMS, lambda p: (1, 2), Sampling(1.0, 8), pushes,
        ScriptedVerifiers(judged), lambda step, groups: seen.extend(group.problem.id for group in groups),
    )  # fmt: skip
    MADE.append(controller)
    return controller


def steps(controller: Controller, first: int, end: int) -> list[Any]:
    taken = []
    for step in range(first, end):
        controller.push(WEIGHTS, step, tensor_hashes(WEIGHTS))
        taken.append(controller.take(step))
    controller.recorder.wait()
    return taken


def test_a_run_asks_for_what_is_not_learned_and_says_how_much_it_passed_over() -> None:
    plain: list[str] = []
    steps(made(plain), 0, 12)
    assert set(Counter(plain).values()) == {4}
    asked: list[str] = []
    batches = steps(made(asked, curriculum={"solved": 1, "again": 0.0}), 0, 12)
    counts = Counter(asked)
    assert all(counts[name] <= 2 for name in EASY) and sum(counts[name] for name in EASY) < 6
    assert batches[-1].metrics["problems/passed_over"] > 6


def test_a_run_that_was_restored_asks_for_the_same_problems(tmp_path: Path) -> None:
    changes = {"curriculum": {"solved": 1, "again": 0.5}}
    whole: list[str] = []
    steps(made(whole, **changes), 0, 12)
    first: list[str] = []
    controller = made(first, **changes)
    steps(controller, 0, 5)
    controller.save(tmp_path / "controller")
    rest: list[str] = []
    restored = made(rest, **changes)
    restored.restore(tmp_path / "controller")
    steps(restored, 5, 12)
    assert first + rest == whole
