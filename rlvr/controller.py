"""Drives generation, verification and training, which overlap as far as `max_staleness` lets them.

    generate:  asks for groups while there is room, samples, is blocked by a full queue; unblocked by a take or a push
    call:      a completion of a problem with a session is handed to it; the same request then goes on behind the
               results, ahead of new groups, or the rollout ends
    verify:    each rollout is handed to the verifiers as it ends, while its group still generates
    train:     `push(version)`, then `take(version)`: waits for the next batch of closed groups

Groups are asked for, taken and dropped in one order (`groups`), the same in every run of a seed. At `max_staleness` 0
a step's request closes before its batch is taken and nothing is in flight at a push: what is trained is then a function
of (seed, step, weights) alone. A rollout without a verdict (our error) or with an abstention leaves its group before
the baseline; above `max_error_share` of a step our errors stop the run.

The engine is driven by one thread, a push waits for its turn between two `collect`s (`pushes`). A lost engine is
started anew with the last weights, or with those that the trainer is just pushing, and asked again for what it had;
after `MAX_REVIVALS` in a row its error ends the run. What is held up, by whom and since when is said by `stalled`. Not
promised: that a run with `max_staleness` above 0 repeats bit for bit.
"""

import dataclasses
import pickle
import random
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from temper.rlvr.batches.dealing import Share, shares
from temper.rlvr.clock import Clock
from temper.rlvr.curriculum import Curriculum
from temper.rlvr.dialogue import Dialogue, Dialogues, limits_of
from temper.rlvr.engines.channel import Offer
from temper.rlvr.engines.engine import Engine, EngineError, EngineLostError
from temper.rlvr.groups import GroupsInOrder, OpenGroup
from temper.rlvr.metrics import step_metrics, stop_on_errors
from temper.rlvr.proof import Probe
from temper.rlvr.pushes import MAX_REVIVALS, Pushed, Pushes
from temper.rlvr.recorder import Record, Recorder
from temper.rlvr.rollout import Batch, BatchRow, Completion, Group, PromptTokens, Request, Rollout, Sampling
from temper.rlvr.section import RlvrSection
from temper.rlvr.spots import Spots
from temper.verifiers.judging import Judgement, Verifiers, answered, described
from temper.verifiers.problem import Problem
from temper.verifiers.sessions.keeper import Asked, Heard, Keeper, Sessions
from temper.verifiers.verdict import VerifierError

if TYPE_CHECKING:
    import torch

Waiting = tuple[float, Request, Dialogue]
"""Since when a turn waits for its results, the request that it came from, and the dialogue."""
Validate = Callable[[int], dict[str, float]]
"""Metrics of the held-out problems before a step."""


class PushAgainError(EngineError):
    """An engine started anew since the push, and only the trainer has its weights."""


class Controller:
    """Starts no thread before the first push; `close` ends the one that it has."""

    def __init__(
        self,
        section: RlvrSection,
        seed: int,
        problems: Sequence[Problem],
        prompt_tokens: PromptTokens,
        sampling: Sampling,
        pushes: Pushes,
        verifiers: Verifiers,
        record: Record,
        validate: Validate | None = None,
        validate_every: int = 1,
        sessions: Sessions | None = None,
        dialogues: Dialogues | None = None,
    ) -> None:
        self.section, self.seed, self.problems = section, seed, problems
        self.prompt_tokens, self.sampling, self.pushes, self.verifiers = prompt_tokens, sampling, pushes, verifiers
        self.recorder, self.validate, self.validate_every = Recorder(record), validate, validate_every
        self.sessions = sessions or Keeper()
        self.dialogues = dialogues or Dialogues(limits_of(section))
        self.groups = GroupsInOrder(section)
        self.curriculum = Curriculum(section.curriculum, seed)
        self.version = -1
        self.taken = -1
        """The last step whose batch was taken."""
        self.batch: Batch | None = None
        self.validated: tuple[int, dict[str, float]] = (-1, {})
        """The step that was validated last, and its scores."""
        self.bare = False
        """Whether an engine started anew and waits for the trainer to push this version again."""
        self.requests: dict[int, Request] = {}
        """In the engine, by id."""
        self.unasked: list[Request] = []
        """On their way to the engine."""
        self.verifying: dict[int, tuple[float, Problem]] = {}
        """Request id to since when, and the problem."""
        self.calling: dict[int, Waiting] = {}
        """Of the turns that wait for results, by request id."""
        self.open: set[int] = set()
        """Ids of the requests that go on behind results: those whose sessions are kept."""
        self.most_open = 0
        """Of them at a time, since the last take."""
        self.attempt = uuid.uuid4().hex
        """Names the sessions of what is in hand, apart from those of before a step back to a checkpoint."""
        self.clock = Clock()
        self.spots = Spots()
        """What ended under the weights that the engine holds."""
        self.last_end = 0.0
        """When a completion ended last (monotonic)."""
        self.pushed_at = 0.0
        """When a push was proven last (monotonic)."""
        self.failure: BaseException | None = None
        self._order: tuple[int, list[int]] = (-1, [])
        """An epoch and its order of problems."""
        self._changed = threading.Condition()
        self._taking = threading.Lock()
        self._dealt: tuple[Share, ...] | None = None
        """The shares of a step, once the first rank has asked."""
        self._thread: threading.Thread | None = None
        self._closed = False

    # -- the trainer's side

    def push(
        self,
        weights: "Mapping[str, torch.Tensor] | Offer",
        version: int,
        hashes: Mapping[str, str],
        probe: Probe | None = None,
    ) -> None:
        """Gives the engine the weights of `version` and proves that it holds them (their hashes) and computes with them
        (the probe, where one is given). Raises EngineError."""
        # Locks in one order everywhere, the engine's turn, then `_changed`: else two threads could block each other.
        with self.pushes.alone() as engine, self.clock.busy("push"):
            pushed = Pushed(weights, version, hashes, probe)
            try:
                # Before the weights change under which these tokens were sampled; at -1 there are none.
                if self.version >= 0 and not self.bare:
                    self.spots.check(engine, self.version, self.sampling.temperature, self.pushes.proof)
                restarted = engine.cancel() if self.section.in_flight == "restart" else []
                self.pushes.push(pushed)
            except EngineLostError as error:
                restarted = []
                if not self._revived(error, pushed):
                    raise
            with self._changed:
                self.unasked += [self.requests.pop(i) for i in restarted]
                self.version, self.bare, self.pushed_at = version, False, time.monotonic()
                self._changed.notify_all()
        if self._thread is None:
            self._thread = threading.Thread(target=self._generate, name="generate", daemon=True)
            self._thread.start()

    def take(self, step: int) -> Batch:
        """The batch of `step`, made on the first call and kept for the other ranks. Raises PushAgainError, to every
        rank, where an engine lost the weights of `step` before the batch was whole: push them again, and take again."""
        # Every rank asks: the first one makes the batch, the others wait here for it.
        with self._taking:
            if self.version != step:
                raise EngineError(f"take of step {step}: the engine holds version {self.version}; push {step} first")
            if self.batch is None or self.batch.step != step:
                # Once it raises for one rank it does for all: only the next push, which is theirs together, ends it.
                self.batch = self._take(step)
            return self.batch

    def share(self, step: int, rank: int, ranks: int, budget: int) -> Share | None:
        """What one of the ranks trains on at `step`: its own rows, in micro-batches of at most `budget` tokens; none
        where they have to push again."""
        try:
            batch = self.take(step)
        except PushAgainError:
            return None
        with self._taking:
            if self._dealt is None or self._dealt[0].step != step or len(self._dealt) != ranks:
                self._dealt = shares(batch, ranks, budget)
            return self._dealt[rank]

    def told(self, step: int) -> dict[str, float]:
        """What takes longer to say of a step than its learners may wait for; its rollouts are on disk by then."""
        return self.recorder.told(step)

    def _take(self, step: int) -> Batch:
        self._refuse_bare(step)
        if self.validated[0] != step:
            self.validated = step, self._validated(step)
        metrics = dict(self.validated[1])
        with self._changed, self.clock.busy("wait"):
            while not self._ready(step):
                self._refuse_bare(step)
                self._changed.wait()
            taken, dropped = self.groups.take(step)
            self.curriculum.saw([*taken, *dropped])
            metrics |= {"groups/stale": float(self.groups.stale), "groups/waiting": float(len(self.groups.queue))}
            if self.section.curriculum is not None:
                metrics["problems/passed_over"] = float(self.curriculum.passed_over)
            if self.section.max_turns > 1:
                metrics |= {"sessions/open": float(self.most_open)}
            self.groups.stale, self.taken, self.most_open = 0, step, len(self.open)
            self._changed.notify_all()
        self.recorder.put(step, [*taken, *dropped])
        try:
            stop_on_errors(f"step {step}", [*taken, *dropped], self.section.max_error_share, "rlvr.max_error_share")
        except VerifierError:
            self.recorder.wait()  # the run stops: its rollouts are there to be looked at
            raise
        metrics |= {"push/gap_mean": self.pushes.proven[0], "push/gap_max": self.pushes.proven[1]}
        metrics |= (
            self.spots.metrics | self.clock.take() | step_metrics(taken, dropped, step, self.section.problems_per_step)
        )
        return self._batch(step, taken, metrics)

    def _refuse_bare(self, step: int) -> None:
        if self.bare:
            raise PushAgainError(f"take of step {step}: an engine started anew, without its weights; push them again")

    def _ready(self, step: int) -> bool:
        # Before all else: a loop that failed closes no more groups, and whoever takes would wait for ever.
        if self.failure is not None:
            told = str(self.failure) if isinstance(self.failure, EngineError) else described(self.failure)
            raise EngineError(f"the generating loop ended: {told}") from self.failure
        if self._closed:
            raise EngineError("the controller was closed")
        if self.groups.drop_stale(step):
            self._changed.notify_all()  # there is room again
        return self.groups.ready()

    def _batch(self, step: int, taken: Sequence[Group], metrics: dict[str, float]) -> Batch:
        rows = [_row(rollout) for group in taken for rollout in group.rollouts]
        filler = rows[0] if rows else BatchRow(self.prompt_tokens(self.problems[0]), (0,), (0.0,), 0.0, in_loss=False)
        # Of 2 groups of 4 one is missing: 4 rows and 4 empty ones, so that the ranks share 8 as ever.
        rows += [_empty(filler.prompt_tokens, filler.completion_tokens)] * (self.section.rollouts_per_step - len(rows))
        loss_tokens = sum(row.loss_tokens for row in rows)
        return Batch(step, tuple(rows), loss_tokens, {**metrics, "loss_tokens": float(loss_tokens)})

    def _validated(self, step: int) -> dict[str, float]:
        """Scores the held-out problems, when due, with the engine to itself; what was in flight begins anew."""
        if self.validate is None or step % self.validate_every:
            return {}
        with self.pushes.alone() as engine:
            # A validation numbers its requests from 0 as well: nothing else may be in flight under these numbers.
            cancelled = engine.cancel()
            metrics = self.validate(step)
            with self._changed:
                self.unasked += [self.requests.pop(i) for i in cancelled]
                self._changed.notify_all()
        return metrics

    def save(self, path: Path) -> None:
        """Writes what a checkpoint after the last taken step needs: the order's place, closed groups, open ones to ask
        for anew."""
        self.recorder.wait()
        with self._changed:
            kept = self.groups.kept()
            first = pickle.dumps((self.taken, dataclasses.replace(kept, queue={}), self.curriculum))
        # A group at a time: each is pickled in one go, in which no other thread of this process moves, and 2,000
        # groups of 16 rollouts of 9,000 tokens are 2.3 GB.
        with path.open("wb") as file:
            file.write(first)
            for group in kept.queue.values():
                pickle.dump(group, file)

    def restore(self, saved: Path | None) -> None:
        """Goes back (or on) to what `save` wrote, or to the beginning: what is in flight is forgotten, open groups are
        asked for anew."""
        with self.pushes.alone() as engine:
            try:
                engine.cancel()
            except EngineLostError:
                if not engine.revive():
                    raise
            # Weights of before the step back: an engine that is lost from here on waits for the next push instead.
            self.pushes.last = None
            with self._changed:
                begin = (-1, GroupsInOrder(self.section), Curriculum(self.section.curriculum, self.seed))
                self.taken, self.groups, self.curriculum = _saved(saved) if saved else begin
                self.version, self.batch, self.failure, self._dealt = -1, None, None, None
                self.bare, self.validated = False, (-1, {})
                self.recorder.close()
                self.requests.clear()
                self.verifying.clear()
                self.calling.clear()
                gone, self.open = [self._key(i) for i in self.open], set()
                self.attempt = uuid.uuid4().hex
                self.spots.forget()
                self.unasked = [
                    r for group in self.groups.queue.values() if not group.closed for r in self._requests(group)
                ]
        self.sessions.end(gone)

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join()
        self.recorder.close()

    # -- the generating loop

    def _generate(self) -> None:
        revivals = 0
        while True:
            try:
                with self._changed:
                    while not self._closed and (self.bare or not (self._ask() or self.requests)):
                        self._changed.wait()
                    if self._closed:
                        return None
                with self.pushes.alone() as engine, self.clock.busy("collect"):
                    self._submit(engine)
                    ended = engine.collect()
                # Outside of the engine's turn, so that a push need not wait for it.
                self._take_completions(ended)
                # Only a completion shows a sound engine: one that dies before any ends counts on to MAX_REVIVALS.
                revivals = 0 if ended else revivals
            except EngineError as error:
                revivals += 1
                with self.pushes.alone():  # a trainer that comes back then finds the engine revived, or the failure
                    try:
                        if revivals > MAX_REVIVALS or not self._revived(error, self.pushes.last):
                            return self._end(error)
                    except BaseException as worse:
                        return self._end(worse)
            except BaseException as error:  # the top of the thread: whoever takes is told
                return self._end(error)

    def _end(self, error: BaseException) -> None:
        """The generating thread's last act: the next push starts another. After a verdict's failure it lives on."""
        with self._changed:
            self._thread = None
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        with self._changed:
            self.failure = self.failure or error  # the first one: what follows is mostly of its making
            self._changed.notify_all()

    def _ask(self) -> bool:
        """Puts the requests of as many groups on their way as there is room for; whether any is on its way."""
        if self.version < 0:
            return False
        # Once this version's batch is taken there is one version less to fill: with max_staleness 2, version 5 has work
        # for the steps 5, 6 and 7 before its take, for 6 and 7 after it.
        versions = self.section.max_staleness + 1 - (self.taken == self.version)
        left = self.section.steps - 1 - self.taken
        for _ in range(self.groups.room(min(versions, left))):
            turn = self.curriculum.turn(self.groups.asked, self.problem, len(self.problems))
            problem = self.problem(turn)
            self.unasked += self._requests(self.groups.add(problem, self.prompt_tokens(problem)))
        return bool(self.unasked)

    def _requests(self, group: OpenGroup) -> list[Request]:
        # Groups of 8: group 3 has the requests 24 to 31, whose seeds follow from these and the run's alone.
        first = group.index * self.section.group_size
        return [
            Request(i, group.prompt_tokens, random.Random(f"{self.seed}/{i}").getrandbits(62))
            for i in range(first, first + self.section.group_size)
        ]

    def problem(self, index: int) -> Problem:
        """The problem whose turn is the `index`-th: a seeded order for each pass over the data."""
        epoch, place = divmod(index, len(self.problems))
        if self._order[0] != epoch:
            order = list(range(len(self.problems)))
            random.Random(f"{self.seed}/order/{epoch}").shuffle(order)
            self._order = (epoch, order)
        return self.problems[self._order[1][place]]

    def _submit(self, engine: Engine) -> None:
        with self._changed:
            requests, self.unasked = self.unasked, []
            # Before the engine has them: where it is lost in `submit`, `_revived` asks for them again.
            self.requests |= {request.id: request for request in requests}
            self.clock.set("generate", bool(self.requests))
        if requests:
            engine.submit(requests, self.sampling)

    def _take_completions(self, ended: Sequence[tuple[int, Completion]]) -> None:
        """Hands what ended to its session, where there is one that it may call, or to its verifier."""
        with self._changed:
            calling: list[tuple[int, Waiting, Asked]] = []
            rollouts: list[tuple[int, Rollout]] = []
            if ended:
                self.last_end = time.monotonic()
            for i, completion in ended:
                index, place = divmod(i, self.section.group_size)
                # None: a step back to a checkpoint came between, and its group is asked for anew.
                if (request := self.requests.pop(i, None)) is None:
                    continue
                self.spots.add(request.prompt_tokens, completion)
                dialogue = (group := self.groups.queue[index]).wrote(place, completion)
                if dialogue.may_call:
                    self.calling[i] = waiting = (time.monotonic(), request, dialogue)
                    calling.append((i, waiting, self.dialogues.asked(dialogue, self._key(i))))
                else:
                    rollouts.append((i, group.end(place, dialogue.rollout())))
            self._verifying(rollouts)
        # Not under `_changed`: sessions may call back under a lock of their own, and the callback waits for ours.
        futures = self.sessions.ask([asked for _, _, asked in calling])
        for (i, waiting, asked), future in zip(calling, futures, strict=True):
            future.add_done_callback(partial(self._heard, i, waiting, asked.key))
        self._end_sessions(i for i, _ in rollouts)
        self._verify(rollouts)

    def _key(self, i: int) -> str:
        return f"{self.attempt}/{i}"

    def _end_sessions(self, ended: Iterable[int]) -> None:
        """Of rollouts that ended, those of them that have one."""
        with self._changed:
            gone = [i for i in ended if i in self.open]
            self.open.difference_update(gone)
        if gone:
            self.sessions.end([self._key(i) for i in gone])

    def _heard(self, i: int, waiting: Waiting, key: str, heard: Future[Heard]) -> None:
        """Called where results come from, which would swallow what is raised here: whoever takes is told."""
        try:
            if not self._take_results(i, waiting, heard):
                self.sessions.end([key])
        except BaseException as error:
            self._fail(error)

    def _take_results(self, i: int, waiting: Waiting, heard: Future[Heard]) -> bool:
        """The dialogue goes on, ahead of new groups, or it ends; whether it does the first."""
        index, place = divmod(i, self.section.group_size)
        with self._changed:
            if self.calling.get(i) is not waiting:
                return False  # asked for again since, after a step back to a checkpoint
            del self.calling[i]
            _, request, dialogue = waiting
            following = self.dialogues.go_on(dialogue, heard.result(), request)
            rollouts = []
            if isinstance(following, Request):
                self.unasked = [following, *self.unasked]
                self.open.add(i)
                self.most_open = max(self.most_open, len(self.open))
                self._changed.notify_all()
            else:
                self.open.discard(i)
                rollouts = [(i, self.groups.queue[index].end(place, following))]
            self._verifying(rollouts)
        self._verify(rollouts)
        return not rollouts

    def _verifying(self, rollouts: Sequence[tuple[int, Rollout]]) -> None:
        """Under `_changed`: these are with the verifiers from now on."""
        for i, rollout in rollouts:
            self.verifying[i] = (time.monotonic(), rollout.problem)
        self.clock.set("generate", bool(self.requests))
        self.clock.set("tools", bool(self.calling))
        self.clock.set("verify", bool(self.verifying))

    def _verify(self, rollouts: Sequence[tuple[int, Rollout]]) -> None:
        # Its session has settled what became of it.
        settled = [(i, rollout) for i, rollout in rollouts if rollout.verdict or rollout.error]
        for i, rollout in settled:
            self._judged(i, rollout, answered(Judgement(rollout.verdict, rollout.error)))
        left = [(i, rollout) for i, rollout in rollouts if not (rollout.verdict or rollout.error)]
        futures = self.verifiers.ask([(rollout.problem, rollout.text, rollout.exchanges) for _, rollout in left])
        for (i, rollout), future in zip(left, futures, strict=True):
            future.add_done_callback(partial(self._judged, i, rollout))

    def _judged(self, i: int, rollout: Rollout, judgement: Future[Judgement]) -> None:
        """Runs in a future's callback, which would swallow an exception: an error is kept, and raised to who takes."""
        try:
            self._take_verdict(i, rollout, judgement)
        except BaseException as error:
            self._fail(error)

    def _take_verdict(self, i: int, rollout: Rollout, judgement: Future[Judgement]) -> None:
        index, place = divmod(i, self.section.group_size)
        with self._changed:
            group = self.groups.queue.get(index)
            if group is None or group.rollouts.get(place) is not rollout:
                return  # asked for again since, after a step back to a checkpoint
            del self.verifying[i]
            self.clock.set("verify", bool(self.verifying))
            group.judge(place, judgement.result(), self.section)
            if group.closed is not None:
                self._changed.notify_all()

    def _revived(self, error: EngineError, pushed: Pushed | None) -> bool:
        """Whether a new engine holds these weights; the lost engine's requests are then submitted to it again."""
        if not self.pushes.revive(error, pushed):
            return False
        with self._changed:
            # In front: the lost engine had them before the others.
            self.unasked = [*self.requests.values(), *self.unasked]
            self.requests.clear()
            self.bare = pushed is None and self.version >= 0
            if self.bare:
                self.spots.forget()  # what it computes with now sampled none of them
            self._changed.notify_all()
        return True

    def stalled(self, after_s: float) -> list[str]:
        """Who has been at one thing for longer: what, and since when."""
        now, found = time.monotonic(), []
        for name in ("collect", "push"):
            if now - (since := self.clock.since.get(name, now)) > after_s:
                found.append(f"the engine: one {name} for {now - since:.0f} s")
        with self._changed:
            slow = [(since, problem) for since, problem in self.verifying.values() if now - since > after_s]
            # From the later of the two; while nobody waits for a batch it is 0, since nobody is held up.
            waited = now - max(self.last_end, self.clock.since.get("wait", now))
            if self.requests and waited > after_s:
                found.append(f"the engine: {len(self.requests)} completions under way, none ended for {waited:.0f} s")
            calling = [
                (since, dialogue.problem) for since, _, dialogue in self.calling.values() if now - since > after_s
            ]
        if calling:
            since, problem = min(calling, key=lambda one: one[0])
            found.append(f"{len(calling)} sessions: a turn on problem {problem.id!r} for {now - since:.0f} s")
        if slow:
            since, problem = min(slow, key=lambda one: one[0])
            found.append(f"{len(slow)} verdicts: {problem.verifier} on problem {problem.id!r} for {now - since:.0f} s")
        # The batch of this version is taken and no push has followed: it is the trainer's turn.
        if self.taken == self.version >= 0 and now - self.clock.last_take > after_s:
            found.append(f"the trainer: step {self.taken} for {now - self.clock.last_take:.0f} s")
        return found

    def standing(self) -> dict[str, float | None]:
        """Depths of its queues, versions, and for how many seconds what it waits for has been under way; `locked` alone
        where a thread of its own has held the lock for a second."""
        if not self._changed.acquire(timeout=1.0):
            return {"locked": 1.0}
        try:
            now, queue = time.monotonic(), self.groups.queue.values()
            oldest = {
                "verdict_s": min((since for since, _ in self.verifying.values()), default=now),
                "turn_s": min((since for since, _, _ in self.calling.values()), default=now),
                "ended_s": max(self.last_end, self.clock.since.get("wait", now)),
                "take_s": self.clock.last_take,
            } | {f"{name}_s": self.clock.since.get(name, now) for name in ("push", "collect", "wait")}
            return {
                "groups": len(queue), "closed": sum(group.closed is not None for group in queue),
                "sampling": len(self.requests), "unasked": len(self.unasked), "verifying": len(self.verifying),
                "calling": len(self.calling), "version": self.version, "taken": self.taken,
                "pushed_s": now - self.pushed_at if self.pushed_at else None,
                **{name: now - since for name, since in oldest.items()},
            }  # fmt: skip
        finally:
            self._changed.release()


def _saved(path: Path) -> tuple[int, GroupsInOrder, Curriculum]:
    with path.open("rb") as file:
        taken, groups, curriculum = pickle.load(file)  # noqa: S301 - our own
        while file.peek(1):
            group = pickle.load(file)  # noqa: S301 - our own
            groups.queue[group.index] = group
    return taken, groups, curriculum


def _row(rollout: Rollout) -> BatchRow:
    """The row that the trainer takes; the place of a rollout that leaves the loss is an empty row."""
    done = rollout.transcript
    if not rollout.in_loss:
        return _empty(rollout.prompt_tokens, done.tokens)
    return BatchRow(
        rollout.prompt_tokens, done.tokens, done.rollout_logprobs, rollout.advantage, True, done.unsampled,
        rollout.experts,
    )  # fmt: skip


def _empty(prompt_tokens: Sequence[int], tokens: Sequence[int]) -> BatchRow:
    return BatchRow(prompt_tokens, tokens[:1], (0.0,), 0.0, in_loss=False)
