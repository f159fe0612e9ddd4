"""Rollouts of several turns through the controller: what is asked, in which order, and how they end."""

import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import cache
from typing import Any

import pytest
import tool_templates
from controllers import MADE
from test_controller import WEIGHTS, section

from temper.policy.checkpoint import tensor_hashes
from temper.policy.rendering import Renderer
from temper.policy.suffix import Result, Suffixes
from temper.rlvr.controller import Controller
from temper.rlvr.dialogue import Dialogues, Limits, seed_of
from temper.rlvr.doubles import ScriptedEngine, ScriptedVerifiers
from temper.rlvr.engines.engine import EngineLostError
from temper.rlvr.evaluate import evaluate
from temper.rlvr.pushes import Pushes
from temper.rlvr.rollout import Batch, Group, Request, Sampling
from temper.verifiers.judging import Judge, Judgement
from temper.verifiers.problem import Problem
from temper.verifiers.rows import parse_problem
from temper.verifiers.sessions.keeper import Asked, Heard, Keeper, Sessions
from temper.verifiers.verdict import scored

SUM = {"name": "sum_column", "arguments": {"table": "t", "column": "n"}}
SESSION = {"kind": "tables", "set": "row", "tables": {"t": [{"n": 1}, {"n": 2}]}}
TURNS = 3
LIMITS = Limits(TURNS, 10_000, 200)


@cache
def suffixes() -> Suffixes:
    tokenizer, ends = tool_templates.dressed("ours")
    return Suffixes(Renderer(tokenizer), ends)


def call(*calls: dict[str, Any]) -> str:
    return "".join(f"<tool_call>\n{json.dumps(one)}\n</tool_call>" for one in calls)


def problems() -> list[Problem]:
    row = {"prompt": "?", "verifier": "math", "answer": "3", "session": SESSION}
    return [parse_problem({**row, "id": f"p{i}"}, "test") for i in range(5)]


def made(
    engine: ScriptedEngine,
    sessions: Sessions | None = None,
    seen: list[Sequence[Group]] | None = None,
    validate: Callable[[int], dict[str, float]] | None = None,
    limits: Limits = LIMITS,
    **changes: object,
) -> Controller:
    def record(step: int, groups: Sequence[Group]) -> None:
        if seen is not None:
            seen.append(groups)

    controller = Controller(
        section(max_completion_tokens=10_000, max_turns=TURNS, **changes), 0, problems(), lambda p: (1, 2),
        Sampling(1.0, 10_000), Pushes(engine), Judge(), record, validate, 1, sessions, Dialogues(limits, suffixes()),
    )  # fmt: skip
    MADE.append(controller)
    return controller


def taken(controller: Controller, step: int = 0) -> Batch:
    controller.push(WEIGHTS, step, tensor_hashes(WEIGHTS))
    batch = controller.take(step)
    controller.recorder.wait()
    return batch


def test_a_call_is_answered_and_the_same_request_goes_on_behind_the_suffix() -> None:
    engine = ScriptedEngine(lambda i: (call(SUM) if i % 2 else "5", True), later=lambda r: ("It is 3.", True))
    seen: list[Sequence[Group]] = []
    batch = taken(made(engine, seen=seen))
    rollouts = [rollout for groups in seen for group in groups for rollout in group.rollouts]
    assert [r.text for r in rollouts] == ["5", "It is 3."] * 4 and [r.score for r in rollouts] == [0.0, 1.0] * 4
    second = rollouts[1]
    suffix = suffixes().ids([Result("sum_column", "3")], second.turns[0].completion.tokens[-1])
    assert second.turns[0].suffix == suffix and second.turns[0].answered[0].text == "3"
    first, last = (tuple(turn.completion.text.encode()) for turn in second.turns)
    assert second.transcript.tokens == first + suffix + last
    assert second.transcript.unsampled == ((len(first), len(first) + len(suffix)),)
    asked = [request for request in engine.asked if request.id == 1]
    assert [request.turn for request in asked] == [0, 1]
    assert asked[1].prompt_tokens == (1, 2) + first + suffix and asked[1].seed == seed_of(asked[0].seed, 1)
    assert asked[1].max_tokens is not None and asked[1].max_tokens <= 10_000 - len(first)
    assert batch.metrics["turns/mean"] == 1.5 and batch.metrics["turns/max"] == 2
    assert batch.metrics["calls/rollout"] == 0.5 and batch.metrics["calls/valid"] == 1.0
    assert batch.rows[1].loss_tokens == len(first) + len(last)


def test_a_turn_that_goes_on_is_sampled_before_new_groups() -> None:
    engine = ScriptedEngine(lambda i: (call(SUM), True), at_once=1, later=lambda r: ("3", True))
    taken(made(engine))
    order = [(request.turn, request.id) for request in engine.asked]
    assert order.index((1, 0)) < len(order) - 1
    assert engine.waiting == []


@pytest.mark.parametrize(
    ("said", "fault", "text"),
    [
        ("<tool_call>{no json</tool_call>", "unreadable", "Error: the call cannot be read"),
        (call({"name": "nothing", "arguments": {}}), "unknown", "no function 'nothing'"),
        (call({"name": "sum_column", "arguments": {"table": "t"}}), "arguments", "'column' is a required property"),
        (call({"name": "sum_column", "arguments": {"table": 1, "column": "n"}}), "arguments", "table"),
        (call({"name": "sum_column", "arguments": {"table": "no", "column": "n"}}), "arguments", "no table 'no'"),
    ],
)
def test_what_the_model_does_wrong_is_answered_and_counted(said: str, fault: str, text: str) -> None:
    engine = ScriptedEngine(lambda i: (said, True), later=lambda r: ("3", True))
    seen: list[Sequence[Group]] = []
    batch = taken(made(engine, seen=seen))
    answered = seen[0][0].rollouts[0].turns[0].answered
    assert [one.fault for one in answered] == [fault] and text in answered[0].text
    assert batch.metrics[f"calls/failed/{fault}"] == 8.0 and batch.metrics["calls/valid"] == 0.0
    assert batch.metrics["reward"] == 1.0


def test_calls_behind_a_bad_one_are_made_and_all_are_answered_in_order() -> None:
    said = call(SUM) + "<tool_call>{bad</tool_call>" + call({"name": "nothing", "arguments": {}}, SUM)
    engine = ScriptedEngine(lambda i: (said, True), later=lambda r: ("3", True))
    seen: list[Sequence[Group]] = []
    taken(made(engine, seen=seen))
    answered = seen[0][0].rollouts[0].turns[0].answered
    assert [one.fault for one in answered] == ["", "unreadable", "unknown", ""]
    assert [one.text for one in answered][::3] == ["3", "3"]


def test_turns_that_are_used_up_with_a_call_pending_are_truncated() -> None:
    engine = ScriptedEngine(lambda i: (call(SUM), True), later=lambda r: (call(SUM), True))
    seen: list[Sequence[Group]] = []
    batch = taken(made(engine, seen=seen))
    rollout = seen[0][0].rollouts[0]
    assert len(rollout.turns) == TURNS and rollout.stop_reason == "turns" and not rollout.in_loss
    assert rollout.turns[-1].answered == () and rollout.score == 0.0
    assert batch.loss_tokens == 0 and batch.metrics["completion/truncated"] == 1.0
    assert batch.metrics["turns/exhausted"] == 1.0


def test_tokens_that_are_used_up_are_a_length() -> None:
    most = len(call(SUM)) + 4
    engine = ScriptedEngine(lambda i: (call(SUM), True), later=lambda r: (call(SUM), True))
    seen: list[Sequence[Group]] = []
    taken(made(engine, seen=seen, limits=Limits(9, most, 200)))
    assert {r.stop_reason for g in seen[0] for r in g.rollouts} == {"length"}
    # What is read counts too: so much for each turn but the last.
    engine = ScriptedEngine(lambda i: (call(*[SUM] * 8), True), later=lambda r: ("3", True))
    taken(made(engine, seen=seen, limits=Limits(2, 10_000, 40)))
    assert {(r.stop_reason, len(r.turns)) for g in seen[1] for r in g.rollouts} == {("stop", 2)}
    engine = ScriptedEngine(lambda i: (call(*[SUM] * 20), True), later=lambda r: ("3", True))
    taken(made(engine, seen=seen, limits=Limits(2, len(call(*[SUM] * 20)) + 2, 16)))
    assert {(r.stop_reason, len(r.turns)) for g in seen[2] for r in g.rollouts} == {("length", 1)}


class Later:
    """Answers from another thread, once it is let go."""

    def __init__(self, answer: Callable[[Asked], Heard]) -> None:
        self.answer = answer
        self.waiting: list[tuple[Asked, Future[Heard]]] = []
        self.ended: list[str] = []
        self.at_once = False

    def ask(self, items: Sequence[Asked]) -> list[Future[Heard]]:
        futures = [Future[Heard]() for _ in items]
        self.waiting += zip(items, futures, strict=True)
        if self.at_once:
            self.let_go()
        return futures

    def end(self, keys: Any) -> None:
        self.ended += keys

    def let_go(self) -> None:
        waiting, self.waiting = self.waiting, []
        for asked, future in waiting:
            future.set_result(self.answer(asked))


def until(ready: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 30
    while not ready():
        assert time.monotonic() < give_up
        time.sleep(0.005)


def test_an_error_of_ours_leaves_the_baseline_and_a_broken_sandbox_scores_0() -> None:
    def answer(asked: Asked) -> Heard:
        place = int(asked.key.rpartition("/")[2])
        return [Heard(error="session: gone"), Heard(broke="broke the sandbox twice"), Heard()][min(place % 4, 2)]

    sessions = Later(answer)
    engine = ScriptedEngine(lambda i: ("3", True))
    seen: list[Sequence[Group]] = []
    controller = made(engine, sessions, seen, max_error_share=0.5)
    controller.push(WEIGHTS, 0, tensor_hashes(WEIGHTS))
    until(lambda: len(sessions.waiting) == 8)
    assert any("8 sessions: a turn on problem" in line for line in controller.stalled(0.0))
    sessions.let_go()
    batch = controller.take(0)
    rollouts = [r for g in seen[0] for r in g.rollouts]
    assert [r.score for r in rollouts] == [None, 0.0, 1.0, 1.0] * 2
    assert [r.advantage for r in rollouts[:4]] == pytest.approx([0.0, -1.0, 0.5, 0.5])
    assert batch.metrics["rollouts/errors"] == 2 and rollouts[0].error == "session: gone"
    assert len(sessions.ended) == 8


def test_a_slow_tool_holds_up_its_own_group_only() -> None:
    sessions = Later(Keeper().answer)
    engine = ScriptedEngine(lambda i: (call(SUM), True), later=lambda r: ("3", True))
    controller = made(engine, sessions, max_staleness=1)
    controller.push(WEIGHTS, 0, tensor_hashes(WEIGHTS))
    until(lambda: len(sessions.waiting) == 16)  # groups of the next step are sampled meanwhile
    while controller._thread is not None and any(g.closed is None for g in controller.groups.queue.values()):
        sessions.let_go()
        time.sleep(0.01)
    assert len(controller.take(0).rows) == 8


def test_a_validation_and_a_restart_repeat_one_turn() -> None:
    """What is in the engine when all begins anew: the turn, not the dialogue."""
    sessions = Later(Keeper().answer)
    engine = ScriptedEngine(lambda i: (call(SUM), True), later=lambda r: ("3", True), at_once=0)
    controller = made(engine, sessions)
    controller.push(WEIGHTS, 0, tensor_hashes(WEIGHTS))
    until(lambda: len(engine.waiting) == 8)
    engine.at_once = None
    until(lambda: len(sessions.waiting) == 8)
    engine.at_once = 0
    sessions.let_go()
    until(lambda: len(engine.waiting) == 8)
    before = {request.id: request for request in engine.waiting}
    with controller.pushes.alone() as held:
        cancelled = held.cancel()
        with controller._changed:
            controller.unasked += [controller.requests.pop(i) for i in cancelled]
            controller._changed.notify_all()
    sessions.at_once = True
    engine.at_once = None
    batch = controller.take(0)
    again = [request for request in engine.asked if request.turn == 1]
    assert [before[request.id] for request in again[8:]] == again[8:] and len(again) == 16
    assert batch.metrics["turns/mean"] == 2.0


def test_a_step_back_to_a_checkpoint_forgets_dialogues_and_their_sessions() -> None:
    sessions = Later(Keeper().answer)
    engine = ScriptedEngine(lambda i: (call(SUM), True), later=lambda r: ("3", True))
    controller = made(engine, sessions)
    controller.push(WEIGHTS, 0, tensor_hashes(WEIGHTS))
    until(lambda: len(sessions.waiting) == 8)
    old = sessions.waiting
    sessions.waiting = []
    controller.restore(None)
    for asked, future in old:
        future.set_result(Keeper().answer(asked))  # too late
    controller.push(WEIGHTS, 0, tensor_hashes(WEIGHTS))
    until(lambda: len(sessions.waiting) == 8)
    assert {a.key for a, _ in old}.isdisjoint({a.key for a, _ in sessions.waiting})
    sessions.at_once = True
    sessions.let_go()
    assert controller.take(0).metrics["turns/mean"] == 2.0


@pytest.mark.parametrize("stopped", [True, False])
def test_no_session_is_left_open_however_the_last_turn_ends(stopped: bool) -> None:
    keeper = Keeper()
    engine = ScriptedEngine(lambda i: (call(SUM), True), later=lambda r: ("3", stopped))
    metrics = taken(made(engine, keeper)).metrics
    assert metrics["sessions/open"] == 8.0 and metrics["turns/mean"] == 2.0
    until(lambda: keeper.num_open == 0)
    asked = (problems()[:2], 2, Sampling(1.0, 10_000), lambda p: (1, 2), engine, Judge(), 0)
    evaluate(*asked, Dialogues(LIMITS, suffixes()), keeper)
    assert keeper.num_open == 0


def test_an_evaluation_whose_engine_is_lost_leaves_no_session_open() -> None:
    def lost(request: Request) -> tuple[str, bool]:
        raise EngineLostError("gone")

    keeper = Keeper()
    engine = ScriptedEngine(lambda i: (call(SUM), True), later=lost)
    asked = (problems()[:2], 2, Sampling(1.0, 10_000), lambda p: (1, 2), engine, Judge(), 0)
    with pytest.raises(EngineLostError):
        evaluate(*asked, Dialogues(LIMITS, suffixes()), keeper)
    assert keeper.num_open == 0


def test_a_step_back_to_a_checkpoint_ends_the_sessions_of_what_was_in_hand() -> None:
    keeper = Keeper()
    engine = ScriptedEngine(lambda i: (call(SUM), True), later=lambda r: (call(SUM), True))
    controller = made(engine, keeper, limits=Limits(10**6, 10**9, 200))
    controller.push(WEIGHTS, 0, tensor_hashes(WEIGHTS))
    until(lambda: keeper.num_open == 8)
    controller.close()
    controller.restore(None)
    assert keeper.num_open == 0


def test_an_evaluation_converses_as_training_does() -> None:
    engine = ScriptedEngine(lambda i: (call(SUM) if i else "no", True), later=lambda r: ("3", True))
    dialogues = Dialogues(Limits(TURNS, 10_000, 200), suffixes())
    score, groups = evaluate(
        problems()[:2], 2, Sampling(1.0, 10_000), lambda p: (1, 2), engine, Judge(), 0, dialogues, Keeper()
    )
    assert [[r.score for r in group.rollouts] for group in groups] == [[0.0, 1.0], [1.0, 1.0]]
    assert [len(r.turns) for group in groups for r in group.rollouts] == [1, 2, 2, 2] and score.score == 0.75


def test_a_problem_without_a_session_is_answered_in_one_turn_whatever_it_says() -> None:
    plain = [Problem(id=f"p{i}", prompt="?", verifier="math", answer="3") for i in range(5)]
    engine = ScriptedEngine(lambda i: (call(SUM), True))
    judge = ScriptedVerifiers(lambda p, text: Judgement(scored(1.0)))
    controller = Controller(
        section(), 0, plain, lambda p: (1, 2), Sampling(1.0, 8), Pushes(engine), judge, lambda step, groups: None
    )
    MADE.append(controller)
    batch = taken(controller)
    assert all(request.turn == 0 for request in engine.asked)
    assert not any(name.startswith(("turns/", "calls/", "sessions/")) for name in batch.metrics)
    assert {row.unsampled for row in batch.rows} == {()}


def test_a_long_result_is_cut_to_its_tokens_head_and_tail_kept() -> None:
    found = suffixes().shortened("first " + "word " * 5_000 + "last", 100)
    tokens = suffixes().renderer.tokenizer(found, add_special_tokens=False)["input_ids"]
    assert len(tokens) <= 100 and found.startswith("first") and found.endswith("last") and "left out" in found
    assert suffixes().shortened("short", 100) == "short"


def test_requests_differ_in_their_seeds_from_turn_to_turn() -> None:
    first = Request(1, (1,), 7)
    assert seed_of(first.seed, 0) == 7
    assert len({seed_of(seed, turn) for seed in range(50) for turn in range(5)}) == 250
