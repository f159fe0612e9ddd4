import json
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from controllers import MADE

from temper.policy.checkpoint import tensor_hashes
from temper.policy.section import ScheduleSection
from temper.policy.sources import GeneratedRows
from temper.rlvr.controller import Controller
from temper.rlvr.doubles import ScriptedEngine, ScriptedVerifiers
from temper.rlvr.engines.channel import Offer
from temper.rlvr.engines.engine import Engine, EngineError, EngineLostError, TokenRow, generate
from temper.rlvr.engines.replicas import Replicas
from temper.rlvr.proof import Probed
from temper.rlvr.pushes import Pushes
from temper.rlvr.record import write_rollouts
from temper.rlvr.rollout import Batch, BatchRow, Completion, Group, Request, Sampling
from temper.rlvr.section import RlvrSection
from temper.verifiers.judging import Item, Judge, Judgement
from temper.verifiers.plugins import Plugins
from temper.verifiers.problem import Problem
from temper.verifiers.verdict import Verdict, VerifierError, abstained, scored
from temper.verifiers.verifier import Sandbox, Verifier

SAMPLING = Sampling(1.0, 8)
WEIGHTS = {"w": torch.tensor([1.0, 2.0])}


def section(**changes: object) -> RlvrSection:
    values = {
        "data": (GeneratedRows(rows=1),),
        "steps": 3,
        "problems_per_step": 2,
        "group_size": 4,
        "max_prompt_tokens": 8,
        "max_completion_tokens": 8,
        "max_staleness": 0,
        "schedule": ScheduleSection(learning_rate=1e-6),
        **changes,
    }
    return RlvrSection.model_validate(values)


def problems(count: int) -> list[Problem]:
    return [Problem(id=f"p{i}", prompt=f"{i}?", verifier="math", answer="1") for i in range(count)]


def made(
    engine: Engine,
    judge: ScriptedVerifiers,
    seen: list[Sequence[Group]] | None = None,
    **changes: object,
) -> Controller:
    def record(step: int, groups: Sequence[Group]) -> None:
        if seen is not None:
            seen.append(groups)

    controller = Controller(
        section(**changes), 0, problems(5), lambda p: (1, 2), SAMPLING, Pushes(engine), judge, record
    )  # fmt: skip
    MADE.append(controller)
    return controller


def push(controller: Controller, version: int) -> None:
    controller.push(WEIGHTS, version, tensor_hashes(WEIGHTS))


def test_a_batch_has_its_advantages_and_counts_its_loss_tokens() -> None:
    texts = ["1", "22", "1", "333", "1", "1", "1", "1"]
    engine = ScriptedEngine(lambda i: (texts[i], i != 3))
    controller = made(engine, ScriptedVerifiers(lambda p, text: Judgement(scored(float(text == "1")))))
    push(controller, 0)
    batch = controller.take(0)
    # Rewards 1 0 1 0 | 1 1 1 1; the fourth is truncated: in the baseline, out of the loss and of N.
    assert [row.advantage for row in batch.rows] == pytest.approx([2 / 3, -2 / 3, 2 / 3, 0, 0, 0, 0, 0])
    assert [row.in_loss for row in batch.rows] == [True] * 3 + [False] + [True] * 4
    assert batch.loss_tokens == 1 + 2 + 1 + 4
    assert batch.metrics["groups/mixed"] == 0.5 and batch.metrics["groups/all_correct"] == 0.5
    assert batch.metrics["completion/truncated"] == 1 / 8
    assert controller.take(0) is batch


def test_an_error_of_ours_and_an_abstention_leave_the_baseline_and_are_counted() -> None:
    verdicts = [scored(1.0), None, abstained("no key"), scored(0.0)] * 2

    def judge(problem: Problem, text: str) -> Judgement:
        verdict = verdicts[int(text)]
        return Judgement(verdict, "" if verdict else "sandbox: gone")

    engine = ScriptedEngine(lambda i: (str(i), True))
    controller = made(engine, ScriptedVerifiers(judge), max_error_share=0.5)
    push(controller, 0)
    batch = controller.take(0)
    assert [row.advantage for row in batch.rows] == [1.0, 0.0, 0.0, -1.0] * 2
    assert [row.in_loss for row in batch.rows] == [True, False, False, True] * 2
    assert len(batch.rows) == 8 and batch.loss_tokens == 4
    assert (batch.metrics["rollouts/errors"], batch.metrics["rollouts/abstained"]) == (2, 2)
    assert batch.metrics["reward"] == 0.5


def test_too_many_errors_of_ours_stop_the_run_and_say_which() -> None:
    engine = ScriptedEngine(lambda i: ("x", True))
    controller = made(engine, ScriptedVerifiers(lambda p, t: Judgement(None, "sandbox: gone")))
    push(controller, 0)
    with pytest.raises(VerifierError, match=r"(?s)8 of 8 rollouts lost.*8 x sandbox: gone"):
        controller.take(0)


def test_a_take_before_its_push_is_refused() -> None:
    controller = made(ScriptedEngine(lambda i: ("x", True)), ScriptedVerifiers(lambda p, t: Judgement(scored(0))))
    push(controller, 0)
    with pytest.raises(EngineError, match="take of step 1: the engine holds version 0"):
        controller.take(1)


def test_a_push_that_the_engine_holds_differently_is_caught() -> None:
    controller = made(ScriptedEngine(lambda i: ("x", True)), ScriptedVerifiers(lambda p, t: Judgement(scored(0))))
    with pytest.raises(EngineError, match="1 tensors differ"):
        controller.push(WEIGHTS, 0, tensor_hashes({"w": torch.tensor([1.0, 2.0000002])}))


@pytest.mark.parametrize("place", [0, 1])
def test_each_replica_has_to_prove_a_push(place: int) -> None:
    class Wrong(ScriptedEngine):
        def logprobs(self, rows: Sequence[TokenRow], temperature: float = 1.0) -> list[tuple[float, ...]]:
            return [(-1.5,) * len(completion) for _, completion in rows]

    engines = [ScriptedEngine(lambda i: ("x", True)) for _ in range(2)]
    probe = Probed((((1,), (2,) * 8),), ((-1.0,) * 8,))
    judge = ScriptedVerifiers(lambda p, t: Judgement(scored(0)))
    made(Replicas(engines), judge).push(WEIGHTS, 1, tensor_hashes(WEIGHTS), probe)
    engines[place] = Wrong(lambda i: ("x", True))
    with pytest.raises(EngineError, match="differ on the probe by 0.5 nats"):
        made(Replicas(engines), judge).push(WEIGHTS, 1, tensor_hashes(WEIGHTS), probe)


def test_every_problem_comes_once_a_pass_in_a_seeded_order() -> None:
    controller = made(ScriptedEngine(lambda i: ("x", True)), ScriptedVerifiers(lambda p, t: Judgement(scored(0))))
    ids = [controller.problem(index).id for index in range(10)]
    assert sorted(ids[:5]) == sorted(ids[5:]) == ["p0", "p1", "p2", "p3", "p4"]
    assert ids[:5] != ids[5:]
    assert controller.problem(3).id == ids[3]


class Raises(Verifier):
    def verify(self, problem: Problem, completion: str, sandbox: Sandbox | None = None) -> Verdict:
        raise ZeroDivisionError("mine")


def test_rollouts_are_recorded_whole(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    seen: list[Sequence[Group]] = []
    engine = ScriptedEngine(lambda i: (str(i % 2), True))
    controller = made(engine, ScriptedVerifiers(lambda p, t: Judgement(scored(float(t), "why"))), seen)
    push(controller, 0)
    controller.take(0)
    controller.recorder.wait()
    write_rollouts(tmp_path / "r" / "step-000001.parquet", 1, seen[0])
    rows = pq.read_table(tmp_path / "r" / "step-000001.parquet").to_pylist()
    assert len(rows) == 8 and [path.name for path in (tmp_path / "r").iterdir()] == ["step-000001.parquet"]
    assert json.loads(rows[1]["prompt"])[0]["role"] == "user"
    assert {k: rows[1][k] for k in ("completion", "score", "reward", "detail", "policy_version", "outcome")} == {
        "completion": "1", "score": 1.0, "reward": 1.0, "detail": "why", "policy_version": 0, "outcome": "scored",
    }  # fmt: skip
    assert rows[1]["advantage"] == pytest.approx(2 / 3)


def test_a_group_with_one_reward_has_no_baseline_and_leaves_the_loss() -> None:
    verdicts = [scored(1.0), abstained("no key"), abstained("no key"), abstained("no key"), *[scored(0.0)] * 4]
    engine = ScriptedEngine(lambda i: (str(i), True))
    controller = made(engine, ScriptedVerifiers(lambda p, text: Judgement(verdicts[int(text)])))
    push(controller, 0)
    batch = controller.take(0)
    assert [row.in_loss for row in batch.rows] == [True] * 4 + [False] * 4
    assert batch.loss_tokens == 4 and batch.metrics["groups/dropped"] == 1


def test_verdicts_are_counted_by_verifier_and_by_part() -> None:
    verdicts = [scored(0.5, parts={"math": 1.0, "choice": 0.0}), None, abstained("no key"), scored(1.0)] * 2

    def judge(problem: Problem, text: str) -> Judgement:
        verdict = verdicts[int(text)]
        return Judgement(verdict, "" if verdict else "sandbox: gone")

    controller = made(ScriptedEngine(lambda i: (str(i), True)), ScriptedVerifiers(judge), max_error_share=0.5)
    push(controller, 0)
    metrics = {k: v for k, v in controller.take(0).metrics.items() if k.startswith("verifier/")}
    assert metrics == {
        "verifier/math/scored": 4, "verifier/math/errors": 2, "verifier/math/abstained": 2,
        "verifier/math/score": 0.75, "verifier/math.math/score": 1.0, "verifier/math.choice/score": 0.0,
    }  # fmt: skip


def test_the_run_stops_with_the_traceback_of_the_verifier() -> None:
    rows = [problem.model_copy(update={"verifier": f"{__name__}:Raises"}) for problem in problems(5)]
    engine = ScriptedEngine(lambda i: ("x", True))
    controller = Controller(
        section(), 0, rows, lambda p: (1, 2), SAMPLING, Pushes(engine), Judge(plugins=Plugins((__name__,))),
        lambda step, groups: None,
    )  # fmt: skip
    MADE.append(controller)
    push(controller, 0)
    with pytest.raises(VerifierError, match=r"(?s)8 x verifier: ZeroDivisionError: mine.*raise ZeroDivisionError"):
        controller.take(0)


def test_groups_without_variance_give_their_places_to_others_of_the_request() -> None:
    # four problems asked for two places; the first and the third are flat
    scores = {0: [1, 1], 1: [1, 0], 2: [0, 0], 3: [0, 1]}
    seen: list[Sequence[Group]] = []
    engine = ScriptedEngine(lambda i: (str(i), True))
    judge = ScriptedVerifiers(lambda p, text: Judgement(scored(float(scores[int(text) // 2][int(text) % 2]))))
    controller = made(engine, judge, seen, group_size=2, oversampling=2.0)
    push(controller, 0)
    batch = controller.take(0)
    controller.recorder.wait()
    assert [row.advantage for row in batch.rows] == [1.0, -1.0, -1.0, 1.0]
    assert all(row.in_loss for row in batch.rows) and batch.loss_tokens == 4
    assert [group.rollouts[0].dropped for group in seen[0]] == [False, False, True, True], "those taken first"
    counted = {k.removeprefix("groups/"): v for k, v in batch.metrics.items() if k.startswith("groups/")}
    assert counted == {
        "mixed": 0.5, "all_correct": 0.25, "all_wrong": 0.25, "dropped": 2, "flat": 2, "refilled": 2, "missing": 0,
        "stale": 0, "waiting": 0,
    }  # fmt: skip
    assert len({group.problem.id for group in seen[0]}) == 4


def test_places_that_nothing_fills_are_empty_rows() -> None:
    engine = ScriptedEngine(lambda i: ("x", True))
    controller = made(engine, ScriptedVerifiers(lambda p, t: Judgement(scored(1.0))), group_size=2, oversampling=1.5)
    push(controller, 0)
    batch = controller.take(0)
    assert [(row.in_loss, row.advantage) for row in batch.rows] == [(False, 0.0)] * 4
    assert batch.loss_tokens == 0 and batch.metrics["groups/flat"] == 3


def test_groups_beyond_the_places_are_dropped_and_counted() -> None:
    engine = ScriptedEngine(lambda i: (str(i % 2), True))
    controller = made(engine, ScriptedVerifiers(lambda p, t: Judgement(scored(float(t)))), group_size=2, oversampling=2)
    push(controller, 0)
    metrics = controller.take(0).metrics
    names = ("dropped", "flat", "refilled", "stale", "waiting")
    assert [metrics[f"groups/{name}"] for name in names] == [2, 0, 0, 2, 0]


def test_the_reward_is_the_shaped_score_and_both_are_kept() -> None:
    seen: list[Sequence[Group]] = []
    shaping = {"concision": {"lexicon": ["wait"], "tiers": [{"words": 1, "factor": 0.5}]}}
    engine = ScriptedEngine(lambda i: ("wait" if i % 2 else "x", True))
    controller = made(engine, ScriptedVerifiers(lambda p, t: Judgement(scored(1.0))), seen, shaping=shaping)
    push(controller, 0)
    batch = controller.take(0)
    controller.recorder.wait()
    assert [r.score for r in seen[0][0].rollouts] == [1.0] * 4
    assert [r.reward for r in seen[0][0].rollouts] == [1.0, 0.5, 1.0, 0.5]
    assert [row.advantage for row in batch.rows[:4]] == pytest.approx([1 / 3, -1 / 3, 1 / 3, -1 / 3])
    assert batch.metrics["score"] == 1.0 and batch.metrics["reward"] == 0.75
    assert batch.metrics["groups/mixed"] == 1.0 and batch.metrics["groups/all_correct"] == 1.0


# -- what the other side raises or returns


class Broken(ScriptedVerifiers):
    """Its verdicts are what no pool should hand over."""

    def __init__(self, outcome: object) -> None:
        self.outcome = outcome

    def ask(self, items: Sequence[Item]) -> list[Future[Judgement]]:
        futures: list[Future[Judgement]] = [Future() for _ in items]
        for future in futures:
            if isinstance(self.outcome, BaseException):
                future.set_exception(self.outcome)
            else:
                future.set_result(self.outcome)  # type: ignore[arg-type]
        return futures


def within(seconds: float, ask: Callable[[], object]) -> object:
    """What a call gives or raises; fails where it does not come back, for which a test would wait for ever."""
    found: Future[object] = Future()

    def run() -> None:
        try:
            found.set_result(ask())
        except BaseException as error:
            found.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return found.result(seconds)


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (0.5, "AttributeError"),
        (None, "AttributeError"),
        ({"score": 1.0}, "AttributeError"),
        (Judgement(0.5), "AttributeError"),  # type: ignore[arg-type]
        (ValueError("bad"), "ValueError: bad"),
        (SystemExit(3), "SystemExit: 3"),
        (KeyboardInterrupt(), "KeyboardInterrupt"),
    ],
)
def test_whatever_comes_in_the_place_of_a_verdict_ends_the_wait_with_its_reason(outcome: object, said: str) -> None:
    controller = made(ScriptedEngine(lambda i: ("x", True)), Broken(outcome))
    push(controller, 0)
    with pytest.raises(EngineError, match=f"the generating loop ended: {said}"):
        within(10, lambda: controller.take(0))


def test_a_pool_that_raises_ends_the_wait_with_its_reason() -> None:
    class Raises(ScriptedVerifiers):
        def ask(self, items: Sequence[Item]) -> list[Future[Judgement]]:
            raise ConnectionResetError("nobody there")

    controller = made(ScriptedEngine(lambda i: ("x", True)), Raises(letters))
    push(controller, 0)
    with pytest.raises(EngineError, match="ended: ConnectionResetError: nobody there"):
        within(10, lambda: controller.take(0))


def test_whoever_waits_for_a_controller_that_is_closed_is_told() -> None:
    controller = made(Mute(lambda i: ("x", True)), ScriptedVerifiers(letters))
    push(controller, 0)
    threading.Timer(0.1, controller.close).start()
    with pytest.raises(EngineError, match="the controller was closed"):
        within(10, lambda: controller.take(0))


# -- asynchrony


def test_one_thread_generates_after_a_verdicts_failure_and_a_step_back() -> None:
    engine = ScriptedEngine(lambda i: ("x", True))
    controller = made(engine, ScriptedVerifiers(lambda p, t: Judgement(scored(0))))
    push(controller, 0)
    controller._fail(ValueError("what a verdict's callback raised"))
    with pytest.raises(EngineError, match="what a verdict's callback raised"):
        controller.take(0)
    controller.restore(None)
    push(controller, 0)
    assert controller.take(0).step == 0
    of_ours = [thread for thread in threading.enumerate() if thread is controller._thread or thread.name == "generate"]
    assert sum(thread.is_alive() for thread in of_ours) == 1


def flow(controller: Controller, steps: int) -> list[Batch]:
    """Pushes and takes as a trainer does."""
    batches = []
    for step in range(steps):
        push(controller, step)
        batches.append(controller.take(step))
    controller.recorder.wait()
    return batches


def letters(problem: Problem, text: str) -> Judgement:
    return Judgement(scored(float(int(text) % 2)))


@pytest.mark.parametrize(("staleness", "at_once"), [(0, None), (0, 1), (1, 1), (2, 3), (4, 5)])
def test_no_token_is_older_than_the_staleness_allows(staleness: int, at_once: int | None) -> None:
    seen: list[Sequence[Group]] = []
    engine = ScriptedEngine(lambda i: (str(i), True), at_once)
    controller = made(engine, ScriptedVerifiers(letters), seen, max_staleness=staleness, steps=12)
    batches = flow(controller, 12)
    assert [batch.metrics["staleness/max"] <= staleness for batch in batches] == [True] * 12
    taken = [g for groups in seen for g in groups if not g.rollouts[0].dropped]
    ids = [int(g.rollouts[0].text) for g in taken]
    assert ids == sorted(ids) and len(ids) == 24, "in the order of asking, each once"


def test_what_is_trained_at_staleness_0_is_the_same_however_completions_end() -> None:
    runs = []
    for at_once in (None, 1, 5):
        controller = made(ScriptedEngine(lambda i: (str(i), True), at_once), ScriptedVerifiers(letters), steps=4)
        runs.append([batch.rows for batch in flow(controller, 4)])
    assert runs[0] == runs[1] == runs[2]


def test_the_engine_works_ahead_while_the_trainer_trains_and_no_further() -> None:
    engine = ScriptedEngine(lambda i: (str(i), True))
    controller = made(engine, ScriptedVerifiers(letters), max_staleness=2, steps=9)
    push(controller, 0)
    controller.take(0)
    until(lambda: len(controller.groups.queue) == 4)
    assert controller.groups.asked == 6, "a batch taken, two versions ahead"
    assert all(group.closed for group in controller.groups.queue.values())


def test_nothing_is_asked_for_beyond_the_last_step() -> None:
    controller = made(ScriptedEngine(lambda i: (str(i), True)), ScriptedVerifiers(letters), max_staleness=4, steps=2)
    flow(controller, 2)
    assert controller.groups.asked == 4


def until(condition: Callable[[], bool]) -> None:
    for _ in range(1000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("never")


class Late(ScriptedVerifiers):
    """Verdicts that come when they are let go."""

    def __init__(self, script: Callable[[Problem, str], Judgement]) -> None:
        super().__init__(script)
        self.held: list[tuple[Future[Judgement], Judgement]] = []

    def ask(self, items: Sequence[Item]) -> list[Future[Judgement]]:
        futures: list[Future[Judgement]] = [Future() for _ in items]
        self.held += zip(futures, self.judge(items), strict=True)
        return futures

    def let_go(self, places: Sequence[int]) -> None:
        for place in places:
            future, judgement = self.held[place]
            future.set_result(judgement)


def test_a_group_waits_for_its_turn_however_early_it_closes() -> None:
    late = Late(letters)
    controller = made(ScriptedEngine(lambda i: (str(i), True)), late, max_staleness=1, steps=9)
    push(controller, 0)
    until(lambda: len(late.held) == 16)
    late.let_go(range(8, 16))
    until(lambda: sum(group.closed is not None for group in controller.groups.queue.values()) == 2)
    assert not controller.groups.ready(), "the first two groups are still open"
    assert controller.stalled(0.0)[0].startswith("8 verdicts: math on problem")
    standing = controller.standing()
    counts = {name: standing[name] for name in ("groups", "closed", "sampling", "verifying", "version", "taken")}
    assert counts == {"groups": 4, "closed": 2, "sampling": 0, "verifying": 8, "version": 0, "taken": -1}
    assert (standing["verdict_s"] or 0) > 0 and standing["pushed_s"] is not None and standing["turn_s"] == 0
    with ThreadPoolExecutor(1) as others, controller._changed:
        assert others.submit(controller.standing).result(10) == {"locked": 1.0}
    late.let_go(range(8))
    assert [row.advantage > 0 for row in controller.take(0).rows[:4]] == [False, True, False, True]


def test_a_stale_group_is_dropped_and_counted() -> None:
    late = Late(letters)
    controller = made(ScriptedEngine(lambda i: (str(i), True)), late, max_staleness=1, steps=9, problems_per_step=1)
    push(controller, 0)
    until(lambda: len(late.held) == 8)
    late.let_go(range(4))
    controller.take(0)
    push(controller, 2)  # two versions on when its verdicts come
    late.let_go(range(4, 8))
    until(lambda: len(late.held) >= 12)
    late.let_go(range(8, 12))
    metrics = controller.take(2).metrics
    assert (metrics["groups/stale"], metrics["groups/dropped"]) == (1, 1)


class Mute(ScriptedEngine):
    """Has requests and never ends one."""

    def collect(self, wait_s: float = 1.0) -> list[tuple[int, Completion]]:
        time.sleep(0.01)
        return []


def test_an_engine_that_ends_nothing_is_named() -> None:
    controller = made(Mute(lambda i: ("x", True)), ScriptedVerifiers(letters))
    push(controller, 0)

    def take() -> None:
        with pytest.raises(EngineError, match="closed"):
            controller.take(0)

    threading.Thread(target=take, daemon=True).start()
    until(lambda: any("8 completions under way, none ended for" in line for line in controller.stalled(0.0)))


class Dies(ScriptedEngine):
    """Is lost once, in the middle of a request."""

    deaths = 1
    revived = 0

    def collect(self, wait_s: float = 1.0) -> list[tuple[int, Completion]]:
        if self.deaths and len(self.waiting) == 5:
            self.deaths -= 1
            self.waiting = []
            raise EngineError("gone")
        return super().collect(wait_s)

    def revive(self) -> bool:
        self.revived += 1
        self.version = -1
        return super().revive()


def test_a_lost_engine_is_started_anew_and_no_rollout_is_counted_twice() -> None:
    engine = Dies(lambda i: (str(i), True), at_once=1)
    seen: list[Sequence[Group]] = []
    controller = made(engine, ScriptedVerifiers(letters), seen, steps=2)
    batches = flow(controller, 2)
    assert engine.revived == 1
    texts = [r.text for groups in seen for g in groups for r in g.rollouts]
    assert texts == [str(i) for i in range(16)]
    assert [batch.metrics["staleness/max"] for batch in batches] == [0, 0]


class DiesAndIsOffered(Dies):
    """Is sent its weights, which nobody keeps."""

    pushes = 0

    def push(self, weights: object, version: int) -> dict[str, str]:
        self.version = version
        self.pushes += 1
        return {}


@pytest.mark.parametrize("max_staleness", [0, 2])
def test_weights_that_nobody_keeps_are_asked_of_the_trainer_again_by_every_rank(max_staleness: int) -> None:
    engine = DiesAndIsOffered(lambda i: (str(i), True), at_once=1)
    seen: list[Sequence[Group]] = []
    controller = made(engine, ScriptedVerifiers(letters), seen, steps=2, max_staleness=max_staleness)

    def push_it(version: int) -> None:
        controller.push(Offer(("node", 1), ()), version, {})

    push_it(0)
    until(lambda: controller.bare)  # under staleness the first batch may be there before the engine dies
    with ThreadPoolExecutor(2) as ranks:
        both = [ranks.submit(controller.share, 0, rank, 2, 100) for rank in range(2)]
        assert [one.result() for one in both] == [None, None]
        assert controller.share(0, 0, 2, 100) is None  # till they push
        push_it(0)
        both = [ranks.submit(controller.share, 0, rank, 2, 100) for rank in range(2)]
        assert all(one.result() is not None for one in both)
    push_it(1)
    assert controller.share(1, 0, 1, 100) is not None
    controller.told(1)  # the rollouts are recorded by then
    assert engine.pushes == 3 and engine.revived == 1
    assert [r.text for groups in seen for g in groups for r in g.rollouts] == [str(i) for i in range(16)]


def test_a_trainer_that_pushes_the_next_version_is_not_asked_for_the_lost_one() -> None:
    engine = DiesAndIsOffered(lambda i: (str(i), True), at_once=1)
    engine.deaths = 0
    controller = made(engine, ScriptedVerifiers(letters), steps=3, max_staleness=2)
    controller.push(Offer(("node", 1), ()), 0, {})
    assert controller.share(0, 0, 1, 100) is not None
    with controller.pushes.alone():
        engine.deaths = 1  # among the groups of the steps to come
    until(lambda: controller.bare or len(engine.asked) == 24)
    controller.push(Offer(("node", 1), ()), 1, {})
    assert controller.share(1, 0, 1, 100) is not None and not controller.bare


def test_an_engine_that_dies_again_and_again_ends_the_run() -> None:
    engine = Dies(lambda i: (str(i), True), at_once=1)
    engine.deaths = 99
    controller = made(engine, ScriptedVerifiers(letters), problems_per_step=1, group_size=5)
    push(controller, 0)
    with pytest.raises(EngineError, match="the generating loop ended: gone"):
        controller.take(0)


class LostInPush(ScriptedEngine):
    """Is lost in the push of version 1, for `losses` times."""

    losses = 1
    revived = 0

    def push(self, weights: "Mapping[str, torch.Tensor]", version: int) -> dict[str, str]:
        if version == 1 and self.losses:
            self.losses -= 1
            self.waiting = []
            raise EngineLostError("gone")
        return super().push(weights, version)

    def revive(self) -> bool:
        self.revived += 1
        return super().revive()


def test_an_engine_that_is_lost_in_a_push_costs_the_trainer_nothing() -> None:
    engine = LostInPush(lambda i: (str(i), True), at_once=1)
    engine.losses = 2
    seen: list[Sequence[Group]] = []
    controller = made(engine, ScriptedVerifiers(letters), seen, steps=3, max_staleness=1)
    flow(controller, 3)
    assert engine.revived == 2
    texts = [r.text for groups in seen for g in groups for r in g.rollouts]
    assert texts == [str(i) for i in range(24)]


def test_an_engine_that_is_lost_in_each_push_ends_it() -> None:
    engine = LostInPush(lambda i: (str(i), True))
    engine.losses = 99
    controller = made(engine, ScriptedVerifiers(letters))
    push(controller, 0)
    with pytest.raises(EngineLostError, match="gone"):
        push(controller, 1)


def test_an_engine_that_cannot_take_the_last_weights_again_ends_the_wait() -> None:
    """The trainer that held them may be gone as well."""

    class Forgets(Dies):
        def push(self, weights: "Mapping[str, torch.Tensor]", version: int) -> dict[str, str]:
            if self.revived:
                raise RuntimeError("no such weights")
            return super().push(weights, version)

    controller = made(Forgets(lambda i: (str(i), True), at_once=1), ScriptedVerifiers(letters))
    push(controller, 0)
    with pytest.raises(EngineError, match="the generating loop ended: RuntimeError: no such weights"):
        controller.take(0)


def test_a_trainer_that_comes_back_finds_a_lost_engine_revived() -> None:
    class LostMeanwhile(ScriptedEngine):
        lost = False

        def cancel(self) -> list[int]:
            if self.lost:
                raise EngineLostError("gone")
            return super().cancel()

        def revive(self) -> bool:
            self.lost = False
            return super().revive()

    engine = LostMeanwhile(lambda i: (str(i), True), at_once=1)
    controller = made(engine, ScriptedVerifiers(letters), steps=2)
    engine.lost = True
    controller.restore(None)
    flow(controller, 2)


class Spans(ScriptedEngine):
    """Ends a request only at the second version that it sees."""

    def collect(self, wait_s: float = 1.0) -> list[tuple[int, Completion]]:
        time.sleep(0.01)
        return super().collect(wait_s) if self.version % 2 else []


@pytest.mark.parametrize("in_flight", ["keep", "restart"])
def test_completions_under_way_at_a_push_go_on_or_begin_anew(in_flight: str) -> None:
    cancelled: list[int] = []

    class Watched(Spans):
        def cancel(self) -> list[int]:
            gone = super().cancel()
            cancelled.extend(gone)
            return gone

    controller = made(
        Watched(lambda i: (str(i), True)), ScriptedVerifiers(letters), max_staleness=1, in_flight=in_flight
    )
    push(controller, 0)
    until(lambda: len(controller.requests) == 16)
    push(controller, 1)
    assert len(controller.take(1).rows) == 8
    assert cancelled == ([] if in_flight == "keep" else list(range(16)))


@pytest.mark.parametrize("experts", [False, True])
def test_a_restored_controller_takes_what_the_first_one_would_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, experts: bool
) -> None:
    monkeypatch.setitem(globals(), "SAMPLING", replace(SAMPLING, experts=experts))

    def verdicts(problem: Problem, text: str) -> Judgement:
        return Judgement(scored(float(random.Random(text).random() < 0.5)))

    changes: dict[str, Any] = {"max_staleness": 2, "steps": 8}
    whole = made(ScriptedEngine(lambda i: (str(i), True)), ScriptedVerifiers(verdicts), **changes)
    rows = [batch.rows for batch in flow(whole, 8)]
    first = made(ScriptedEngine(lambda i: (str(i), True), at_once=1), ScriptedVerifiers(verdicts), **changes)
    flow(first, 4)
    first.save(tmp_path / "controller")
    for controller in (first, made(ScriptedEngine(lambda i: (str(i), True)), ScriptedVerifiers(verdicts), **changes)):
        controller.restore(tmp_path / "controller")
        assert [[controller_take(controller, step) for step in range(4, 8)]] == [rows[4:]]
    for row in (row for batch in rows[4:] for row in batch if row.in_loss):
        whole_row = bytes([*row.prompt_tokens, *row.completion_tokens])
        assert row.experts.numbers == (whole_row[:-1] if experts else b"")


def controller_take(controller: Controller, step: int) -> tuple[BatchRow, ...]:
    push(controller, step)
    return controller.take(step).rows


def test_held_out_problems_are_scored_with_the_engine_to_themselves() -> None:
    engine = ScriptedEngine(lambda i: (str(i), True), at_once=1)

    def validate(step: int) -> dict[str, float]:
        assert not engine.waiting
        done = generate(engine, [Request(i, (1,), 0) for i in range(3)], Sampling(1.0, 4))
        return {"validation/score": float(len(done))}

    controller = Controller(
        section(max_staleness=2, steps=4), 0, problems(5), lambda p: (1, 2), SAMPLING, Pushes(engine),
        ScriptedVerifiers(letters), lambda step, groups: None, validate,
    )  # fmt: skip
    MADE.append(controller)
    assert [batch.metrics["validation/score"] for batch in flow(controller, 4)] == [3.0] * 4


def test_the_time_that_rewards_take_is_told_apart_from_what_generation_hides() -> None:
    late = Late(letters)
    controller = made(ScriptedEngine(lambda i: (str(i), True)), late, steps=2)
    push(controller, 0)
    until(lambda: len(late.held) == 8)
    threading.Timer(0.2, lambda: late.let_go(range(8))).start()
    metrics = controller.take(0).metrics
    assert 0.15 < metrics["seconds/wait/verify"] <= metrics["seconds/wait"] < 2


def test_what_is_in_flight_is_left_alone_where_no_validation_is_due() -> None:
    engine, scored_at = ScriptedEngine(lambda i: (str(i), True)), []
    cancelled: list[int] = []
    engine.cancel = lambda: cancelled.append(engine.version) or []  # type: ignore[method-assign, func-returns-value]

    def validate(step: int) -> dict[str, float]:
        scored_at.append(step)
        return {}

    controller = Controller(
        section(steps=4), 0, problems(5), lambda p: (1, 2), SAMPLING, Pushes(engine), ScriptedVerifiers(letters),
        lambda step, groups: None, validate, validate_every=3,
    )  # fmt: skip
    MADE.append(controller)
    flow(controller, 4)
    assert scored_at == cancelled == [0, 3]
