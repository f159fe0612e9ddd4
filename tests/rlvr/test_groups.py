"""The queue by itself: how many groups may be asked for, which are taken, which are dropped, in which order."""

import pickle
from collections.abc import Sequence

import pytest

from temper.policy.section import ScheduleSection
from temper.policy.sources import GeneratedRows
from temper.rlvr.groups import GroupsInOrder, OpenGroup
from temper.rlvr.rollout import Completion
from temper.rlvr.section import RlvrSection
from temper.verifiers.judging import Judgement
from temper.verifiers.problem import Problem
from temper.verifiers.verdict import abstained, scored

MIXED, FLAT = (0.0, 1.0), (1.0, 1.0)


def queue(**changes: object) -> GroupsInOrder:
    values = {
        "data": (GeneratedRows(rows=1),), "steps": 9, "problems_per_step": 2, "group_size": 2,
        "max_prompt_tokens": 8, "max_completion_tokens": 8,
        "schedule": ScheduleSection(learning_rate=1e-6), "max_staleness": 1, **changes,
    }  # fmt: skip
    return GroupsInOrder(RlvrSection.model_validate(values))


def ask(groups: GroupsInOrder, count: int = 1) -> list[OpenGroup]:
    return [groups.add(Problem(id=f"p{groups.asked}", prompt="?", verifier="math"), (1, 2)) for _ in range(count)]


def close(groups: GroupsInOrder, group: OpenGroup, scores: Sequence[float | None] = MIXED, version: int = 0) -> None:
    """A score each; None abstains."""
    for place, score in enumerate(scores):
        group.end(place, group.wrote(place, Completion("x", (5,), (-1.0,), "stop", (version,))).rollout())
        verdict = abstained("no key") if score is None else scored(score)
        group.judge(place, Judgement(verdict), groups.section)


def ids(groups: Sequence[object]) -> list[str]:
    return [group.problem.id for group in groups]  # type: ignore[attr-defined]


def test_the_worked_example_of_room() -> None:
    groups = queue(oversampling=1.5)
    assert groups.section.problems_asked == 3
    mixed, flat, *_ = ask(groups, 4)
    close(groups, mixed, MIXED)
    close(groups, flat, FLAT)
    assert groups.room(versions=2) == 2


@pytest.mark.parametrize(
    ("oversampling", "versions", "closed", "opened", "room"),
    [
        (1.0, 1, [], 0, 2),
        (1.0, 3, [], 0, 6),
        (1.0, 3, [MIXED, FLAT], 3, 1),  # nothing could take a flat one's place, it counts
        (1.0, 3, [], 6, 0),
        (1.0, 0, [], 0, 0),
        (1.0, 1, [MIXED] * 5, 0, 0),  # more than there is room for is no negative number
        (2.0, 1, [], 0, 4),
        (2.0, 1, [FLAT] * 3, 0, 1),  # they are no use, but they are held
        (2.0, 2, [FLAT] * 3, 0, 5),
        (2.0, 2, [MIXED] * 3, 0, 2),  # one place left, two groups to fill it
        (2.0, 2, [MIXED] * 4, 0, 0),
        (1.5, 2, [], 6, 0),
    ],
)
def test_room_is_what_both_caps_leave(
    oversampling: float, versions: int, closed: list[tuple[float, float]], opened: int, room: int
) -> None:
    groups = queue(oversampling=oversampling)
    for scores in closed:
        close(groups, ask(groups)[0], scores)
    ask(groups, opened)
    assert groups.room(versions) == room


def test_groups_are_taken_in_the_order_of_asking_however_they_close() -> None:
    groups = queue()
    asked = ask(groups, 4)
    for group in (asked[3], asked[1], asked[2]):
        close(groups, group)
    assert not groups.ready(), "the first one is open"
    close(groups, asked[0])
    assert groups.ready()
    taken, dropped = groups.take(0)
    assert (ids(taken), dropped) == (["p0", "p1"], [])
    assert ids(list(groups.queue.values())) == ["p2", "p3"]


def test_a_request_at_staleness_0_closes_whole_before_any_of_it_is_taken() -> None:
    groups = queue(max_staleness=0, oversampling=2.0)
    asked = ask(groups, 4)
    for group in asked[:3]:
        close(groups, group)
    assert not groups.ready()
    close(groups, asked[3])
    taken, dropped = groups.take(0)
    assert ids(taken) == ["p0", "p1"]
    assert ids(dropped) == ["p2", "p3"] and groups.stale == 2, "the next step would be off-policy on them"
    assert {rollout.why_dropped for group in dropped for rollout in group.rollouts} == {"stale"}


def test_flat_groups_are_dropped_where_others_fill_their_places_and_kept_where_none_could() -> None:
    filled = queue(oversampling=2.0)
    for group, scores in zip(ask(filled, 4), (FLAT, MIXED, FLAT, MIXED), strict=True):
        close(filled, group, scores)
    taken, dropped = filled.take(0)
    assert (ids(taken), ids(dropped)) == (["p1", "p3"], ["p0", "p2"])
    assert {rollout.why_dropped for group in dropped for rollout in group.rollouts} == {"flat"}
    assert not any(rollout.in_loss for group in dropped for rollout in group.rollouts)
    kept = queue()
    for group, scores in zip(ask(kept, 2), (FLAT, MIXED), strict=True):
        close(kept, group, scores)
    assert ids(kept.take(0)[0]) == ["p0", "p1"]


def test_a_group_with_one_reward_is_never_trained_on() -> None:
    groups = queue()
    for group, scores in zip(ask(groups, 2), ((1.0, None), MIXED), strict=True):
        close(groups, group, scores)
    taken, dropped = groups.take(0)
    assert ids(taken) == ["p1"], "a place stays empty"
    assert ids(dropped) == ["p0"]


def test_a_group_is_too_old_by_its_oldest_token() -> None:
    groups = queue(max_staleness=1)
    old, young = ask(groups, 2)
    close(groups, old, version=3)
    close(groups, young, version=4)
    assert groups.drop_stale(version=4) == 0
    assert groups.drop_stale(version=5) == 1
    assert ids(list(groups.queue.values())) == ["p1"]
    assert groups.drop_stale(version=6) == 1 and groups.stale == 2


def test_an_open_group_is_not_too_old() -> None:
    groups = queue(max_staleness=0)
    ask(groups)
    assert groups.drop_stale(version=9) == 0


def test_a_checkpoint_holds_closed_groups_whole_and_open_ones_to_be_asked_for_again() -> None:
    groups = queue()
    closed, half = ask(groups, 2)
    close(groups, closed)
    half.end(0, half.wrote(0, Completion("x", (5,), (-1.0,), "stop", (0,))).rollout())
    half.judge(0, Judgement(scored(1.0)), groups.section)
    kept = pickle.loads(pickle.dumps(groups.kept()))  # noqa: S301 - our own
    assert kept.queue[0] == closed and kept.queue[0].closed is not None
    assert (kept.queue[1].rollouts, kept.queue[1].judged, kept.queue[1].prompt_tokens) == ({}, 0, (1, 2))
    assert kept.asked == 2 and half.judged == 1, "the queue itself goes on"
